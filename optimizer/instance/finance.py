"""Money that moves private money: whether funded plants pay their way, and the instruments that help them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from optimizer.instance.fields import Amount, AmountSeries, Id, Kind, Record, Row, Share, ShareSeries, Text, Truth, Year
from optimizer.instance.policy import Where

MILLION = 1e6
"""USD in the unit of money of a solve's columns, so that they are of the size of tonnes."""

Rate = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _plain_names(value: tuple[str, ...]) -> Any:
    return value[0] if len(value) == 1 else list(value)


_NAMES_JSON: dict[str, Any] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
    "description": "a name, or a list of names",
}

Names = Annotated[
    tuple[Id, ...],
    Field(min_length=1),
    BeforeValidator(_names),
    PlainSerializer(_plain_names),
    WithJsonSchema(_NAMES_JSON),
]


class Bonus(Record):
    """What is paid instead per tonne made in a channel or a stricter one."""

    amount: AmountSeries
    """USD per t."""
    channel: Id
    """Channel in which it is made."""


class _Instrument(Row):
    """What instruments have in common."""

    id: Id
    """Name, as results have it."""
    name: Text | None = None
    """Name for readers."""
    where: Where = Field(default_factory=dict)
    """Fields of a facility, a value or a list each; all must match. `tiers` is the same as `tier`."""
    max_exposure: dict[Kind, Share] = Field(default_factory=dict)
    """A facility with a higher exposure is not eligible, in the years in which it has it; unknown counts as 1."""
    from_: Year | None = Field(default=None, alias="from")
    """First year: of funding for grants, of production for the others; default the first of the horizon."""
    until: Year | None = None
    """Last year; default the last of the horizon."""
    budget: Truth = True
    """It counts in `policy.budget`; false for tax credits that are not appropriated."""


class Grant(_Instrument):
    """A share of capex, decided for each funding; paid as the capex is spent."""

    kind: Literal["grant"]
    max_share: Share
    """Of capex at most."""
    cap: Amount | None = None
    """USD over all recipients at most, undiscounted."""
    cap_per_recipient: Amount | None = None
    """USD for one facility at most, undiscounted."""


class ProductionCredit(_Instrument):
    """So much for every eligible tonne made and used, whoever makes it."""

    kind: Literal["production_credit"]
    material: Names
    """What is made."""
    amount: AmountSeries
    """USD per t, by year."""
    bonus: Bonus | None = None
    """Paid instead where the tonne is made in a channel or a stricter one."""


class CostCredit(_Instrument):
    """A share of what production costs, of every eligible plant."""

    kind: Literal["cost_credit"]
    stage: Names
    """Of the recipes that are run."""
    share: ShareSeries
    """Of the cost, by year."""
    counts: tuple[Literal["activity", "inputs"], ...] = Field(default=("activity",), min_length=1)
    """What counts as cost: activity with custody, inputs at reference prices."""


class Depletion(_Instrument):
    """Percentage depletion: a share of gross income is free of income tax."""

    kind: Literal["depletion"]
    stage: Names
    """Of the materials that are sold."""
    rate: Rate
    """Share of gross income."""
    tax_rate: Rate
    """Income tax saved on it."""


class PriceFloor(_Instrument):
    """A contract for difference: the government pays up to the floor, and may share what the price is above it."""

    kind: Literal["price_floor"]
    material: Names
    """What is sold."""
    floor: AmountSeries
    """USD per t, by year; no floor in a year where it is 0."""
    upside: Share = 0.0
    """Share of what the price is above the floor that goes to the government."""


Instrument = Annotated[
    Grant | ProductionCredit | CostCredit | Depletion | PriceFloor,
    Field(discriminator="kind"),
]
PerTonne = ProductionCredit | Depletion | PriceFloor
"""Instruments that pay by the tonne sold."""


class Finance(Record):
    """Instruments, and whether what is funded must pay its way."""

    perspective: Literal["system"] = "system"
    """Whose cost is least: that of the whole system."""
    hurdle_rate: Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
    """Real return that private money asks for, per year."""
    viability: Truth = False
    """Each funded facility must break even at the hurdle rate, with its instruments."""
    instruments: tuple[Instrument, ...] = ()
    """What a government pays, and for what."""
