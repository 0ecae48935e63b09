"""What a person writes of materials, recipes, facilities, owners and channels.

A field's docstring is its documentation and its description in the JSON Schema. Quantities are tonnes, tonnes
per year, US dollars of the base year, years.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from optimizer.instance.fields import (
    NAMES_JSON,
    Amount,
    AmountSeries,
    CapacitySeries,
    CapacitySize,
    ExposureSeries,
    FactorSeries,
    GivenKind,
    Holdings,
    Id,
    Iso3,
    Kind,
    Positive,
    PriceSeries,
    Record,
    Row,
    Share,
    Text,
    Truth,
    Whole,
    Year,
)
from optimizer.instance.series import Series

LONGEST_BANNER = 60
"""Letters that a banner has at most, so that it fits into the head of a printed page."""


def _banner(value: Any) -> Any:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_BANNER or not value.isprintable():
        right = f"one line of words, of 1 to {LONGEST_BANNER} letters, such as CUI"
        raise PydanticCustomError("banner", "{wrong}|{right}", {"wrong": f"{value!r} is no banner", "right": right})
    return value.strip()


Banner = Annotated[str, BeforeValidator(_banner)]


class Marking(Record):
    """A label that rows may have: controlled, proprietary to somebody, under export control."""

    name: Text
    """Name for readers."""
    banner: Banner
    """The line that every output shows while a row has the label, at most 60 letters."""


class Storage(Record):
    """What keeping a material costs."""

    cost: Amount = 0.0
    """USD per t and year."""
    loss: Share = 0.0
    """Share lost per year."""


class Requalification(Row):
    """How long users of a channel go without a maker that is new to them, once a disruption strikes."""

    years: Amount
    """Years since the onset in which no new maker is qualified; parts of a year count."""
    multiple: Annotated[float, Field(strict=True, ge=1, allow_inf_nan=False)]
    """What a known maker may make meanwhile: t per t that these users have from it on the trunk."""
    lots: Amount = 0.0
    """t per year that every maker may make besides: trial lots, waivers."""


class Material(Row):
    """A commodity."""

    name: Text | None = None
    """Name for readers."""
    stage: Id
    """Step of the chain that makes it."""
    content: dict[str, Share] = Field(default_factory=dict)
    """t of element per t of material, by chemical symbol."""
    price: PriceSeries | None = None
    """Reference market price, USD per t: a series, or a series by region."""
    channel_factor: dict[Id, FactorSeries] = Field(default_factory=dict)
    """By channel: times the reference price, what its users and those of stricter ones pay; 1 before its first year."""
    storage: Storage | None = None
    """May be stored, at this cost."""
    disposal: Amount = 0.0
    """USD per t of surplus."""
    sell: Truth = False
    """Surplus earns its price."""
    freight_factor: Positive = 1.0
    """Gross tonnes shipped per tonne."""
    requalification: dict[Id, Requalification] = Field(default_factory=dict)
    """By channel: how its users, and those of stricter ones, are bound to their makers in a branch; default: not."""

    @model_validator(mode="after")
    def _content_adds_up(self) -> Material:
        if sum(self.content.values()) > 1 + 1e-9:
            raise PydanticCustomError(
                "content", "{wrong}|{right}", {"wrong": "content adds up to over 1", "right": "t of element per t"}
            )
        return self


class Recipe(Row):
    """A process: inputs and outputs per unit of activity."""

    name: Text | None = None
    """Name for readers."""
    stage: Id
    """Step of the chain it belongs to."""
    inputs: dict[Id, Positive] = Field(default_factory=dict)
    """t per unit of activity; none makes it a source."""
    outputs: dict[Id, Positive] = Field(min_length=1)
    """t per unit of activity; coproducts are ordinary outputs."""
    cost: Amount = 0.0
    """USD per unit of activity."""
    capacity_use: Positive = 1.0
    """Capacity taken by a unit of activity."""
    unit: Id | None = None
    """The facility's unit it runs on, where facilities have units."""
    channels: tuple[Id, ...] | None = None
    """Channels it may run in; default all."""
    releases: dict[Id, Amount] = Field(default_factory=dict)
    """What it releases (residue, emissions) per unit of activity, by names and in units of your own; for rules."""


class RecipeUse(Row):
    """A recipe at a facility, with what differs there."""

    cost: Amount | None = None
    """USD per unit of activity, instead of the recipe's."""
    capacity_use: Positive | None = None
    """Capacity taken by a unit of activity, instead of the recipe's."""
    unit: Id | None = None
    """The unit it runs on here, instead of the recipe's."""
    releases: dict[Id, Amount] = Field(default_factory=dict)
    """What it releases here, name by name instead of what the recipe says; 0 for nothing of it."""


def _uses(value: Any) -> Any:
    if isinstance(value, list | tuple):
        seen: dict[Any, Any] = {}
        for item in value:
            if not isinstance(item, str):
                continue
            if item in seen:
                wrong = {"wrong": f"'{item}' is listed twice", "right": "list it once"}
                raise PydanticCustomError("twice", "{wrong}|{right}", wrong)
            seen[item] = {}
        return seen
    if isinstance(value, dict):
        return {name: {} if item is None else item for name, item in value.items()}
    return value


def _plain_uses(value: dict[str, RecipeUse]) -> Any:
    plain = {name: use.model_dump(exclude_none=True) for name, use in value.items()}
    return plain if any(plain.values()) else list(plain)


_USES_JSON: dict[str, Any] = {
    "anyOf": [
        {"type": "array", "items": {"type": "string"}},
        {
            "type": "object",
            "additionalProperties": {
                "type": ["object", "null"],
                "properties": {
                    "cost": {"type": "number", "minimum": 0},
                    "capacity_use": {"type": "number", "exclusiveMinimum": 0},
                    "unit": {"type": "string"},
                    "releases": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
                    "source": {"type": "string"},
                    "confidence": {"enum": ["A", "B", "C"]},
                    "note": {"type": "string"},
                    "marking": NAMES_JSON,
                },
                "additionalProperties": False,
            },
        },
    ]
}

RecipeUses = Annotated[
    dict[Id, RecipeUse], BeforeValidator(_uses), PlainSerializer(_plain_uses), WithJsonSchema(_USES_JSON)
]


class Sets(Record):
    """What changes at a facility once an option is on line."""

    exposure: dict[Kind, ExposureSeries] = Field(default_factory=dict)
    """Exposure by kind, from then on."""
    owners: Holdings | None = None
    """Direct holders and their shares, from then on."""


class React(Record):
    """How a branch funds an option once a disruption has struck."""

    lead: Whole | None = None
    """Years from funding to first output when it is hurried; default the option's own."""
    capex_factor: Annotated[float, Field(strict=True, ge=1, allow_inf_nan=False)] = 1.0
    """What hurry makes of capex, 1 or more."""


def _react(value: Any) -> Any:
    if isinstance(value, bool):
        return {} if value else None
    if value is None or isinstance(value, dict | React):
        return value
    right = "true, or a mapping such as {lead: 1, capex_factor: 1.5}"
    raise PydanticCustomError("react", "{wrong}|{right}", {"wrong": f"{value!r} says no way to react", "right": right})


_REACT_JSON: dict[str, Any] = {
    "anyOf": [
        {"type": "boolean"},
        {
            "type": "object",
            "properties": {
                "lead": {"type": "integer", "minimum": 0, "maximum": 1000},
                "capex_factor": {"type": "number", "minimum": 1},
            },
            "additionalProperties": False,
        },
    ]
}

Reacting = Annotated[React | None, BeforeValidator(_react), WithJsonSchema(_REACT_JSON)]


class Option(Row):
    """One fundable increment of a facility."""

    id: Id
    """Name within the facility."""
    capacity: CapacitySize
    """Size, units of capacity_use per year; a number, or by unit."""
    capex: Amount
    """USD, spent when funded or as `spend` says."""
    fixed_cost: Amount = 0.0
    """USD per year on line."""
    lead: Whole = 0
    """Years from funding to first output."""
    ramp: tuple[Share, ...] = ()
    """Share of size in the first, second, ... year on line; then 1."""
    earliest: Year | None = None
    """First year it may be funded."""
    latest: Year | None = None
    """Last year it may be funded."""
    life: Annotated[int, Field(strict=True, ge=1, le=1000)] | None = None
    """Years on line; default for ever, without end-of-horizon credit."""
    public_share: Share = 1.0
    """Share of capex that is public outlay."""
    after: Id | None = None
    """Option of this facility that must be on line first."""
    qualification: dict[Id, Whole] = Field(default_factory=dict)
    """Years on line before its capacity may serve that channel, or any stricter one."""
    sets: Sets | None = None
    """What changes once it is on line."""
    spend: tuple[Share, ...] | None = None
    """Shares of capex by year from funding; they add up to 1."""
    react: Reacting = None
    """A branch may fund it too: true, or what hurry makes of lead and capex; default false."""


class Claim(Row):
    """A share of a facility's output that is owed to a region's markets."""

    to: Id
    """Region of `logistics`."""
    share: Share
    """Share of the output of each material."""
    materials: tuple[Id, ...] | None = None
    """Materials it is about; default all that the facility makes."""
    until: Year | None = None
    """Last year of the claim; default for ever."""


class Facility(Row):
    """A place that runs recipes under a shared capacity."""

    name: Text | None = None
    """Name for readers."""
    stage: Id
    """Its step of the chain; its recipes may belong to others."""
    country: Iso3
    """ISO 3166 alpha-3."""
    location: tuple[float, float] | None = None
    """Latitude and longitude, degrees."""
    recipes: RecipeUses
    """Recipes it can run: a list, or a mapping with what differs here."""
    capacity: CapacitySeries
    """Existing capacity, units of capacity_use per year: a series, or a series by unit."""
    fixed_cost: AmountSeries = Series(constant=0.0)
    """USD per year of existing capacity."""
    owners: Holdings = Field(default_factory=dict)
    """Direct holders and their shares."""
    exposure: dict[GivenKind, ExposureSeries] = Field(default_factory=dict)
    """Given exposures by kind; what is not given is 0, `unknown` counts as the channel says."""
    claims: tuple[Claim, ...] = ()
    """What of its output is owed to a region."""
    raise_: Share | None = Field(default=None, alias="raise")
    """Share of capacity per year since the onset by which a branch may run above the trunk; see `frictions`."""
    contracted: Share | None = None
    """Share of what runs in looser channels that no stricter one may take in a branch's first year; see `frictions`."""
    known_for: dict[Id, tuple[Id, ...]] = Field(default_factory=dict)
    """By channel: products that its users know from here already, so that no `requalification` binds them."""
    tags: tuple[Id, ...] = ()
    """Words for effects to match."""
    options: tuple[Option, ...] = ()
    """What can be funded here."""


class Friction(Row):
    """How slowly facilities of a stage change what they do when a disruption strikes, unless they say so themselves."""

    raise_: Share | None = Field(default=None, alias="raise")
    """Share of capacity a unit may run above the trunk, per year since the onset: 0.25, then 0.5; 1 is no limit."""
    contracted: Share | None = None
    """Share of what looser channels run on the trunk that no stricter one may take in the first year; 0 is none."""


class Owner(Row):
    """A legal person."""

    name: Text | None = None
    """Name for readers."""
    country: Iso3
    """ISO 3166 alpha-3."""
    owners: Holdings = Field(default_factory=dict)
    """Who holds what share of it."""


class OwnershipRule(Record):
    """How ownership exposure follows from holdings."""

    method: Literal["look_through", "control"] = "look_through"
    """look_through: the adversaries' effective share. control: at or over the threshold in full."""
    threshold: Annotated[float, Field(strict=True, gt=0, le=1)] | None = None
    """Sum of the adversaries' holdings from which they control."""
    below: Literal["share", "zero"] = "share"
    """What holdings below the threshold count."""

    @model_validator(mode="after")
    def _threshold_goes_with_control(self) -> OwnershipRule:
        if (self.method == "control") != (self.threshold is not None):
            wrong = "control without threshold" if self.threshold is None else "threshold without control"
            right = "{method: control, threshold: 0.25} or {method: look_through}"
            raise PydanticCustomError("rule", "{wrong}|{right}", {"wrong": wrong, "right": right})
        return self


class Channel(Row):
    """A class of custody; the instance lists them strictest first."""

    tiers: tuple[Id, ...] | None = None
    """Tiers whose facilities may run it; default all."""
    max_exposure: dict[Kind, Share] = Field(default_factory=dict)
    """Highest exposure allowed, by kind."""
    unknown: Literal["adversary", "neutral"] = "neutral"
    """How unknown exposures and unlisted shares of owners count."""
    custody_cost: Amount = 0.0
    """USD per t made in it, for keeping it apart."""
