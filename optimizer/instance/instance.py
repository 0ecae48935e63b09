"""The instance: the whole problem, checked record by record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from optimizer.errors import OptionsError
from optimizer.instance.fields import Id, Iso3, Record, Text, Tier, Year
from optimizer.instance.finance import Finance, Purchase
from optimizer.instance.lexicographic import Levels
from optimizer.instance.movement import Lane, Logistics, Market, Stockpile
from optimizer.instance.policy import Expected, PlanningCase, Policy, Risk, Scenario
from optimizer.instance.records import Channel, Facility, Friction, Marking, Material, Owner, OwnershipRule, Recipe


class Period(Record):
    """One or more years of the horizon."""

    year: Year
    """First year."""
    years: Annotated[int, Field(strict=True, ge=1, le=100)] = 1
    """Number of years."""

    @property
    def span(self) -> range:
        """Its calendar years."""
        return range(self.year, self.year + self.years)

    @property
    def end(self) -> int:
        """The first year after it."""
        return self.year + self.years


def _period(value: Any) -> Any:
    return {"year": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _plain_period(period: Period) -> Any:
    return period.year if period.years == 1 else {"year": period.year, "years": period.years}


_PERIOD_JSON: dict[str, Any] = {
    "anyOf": [
        {"type": "integer"},
        {
            "type": "object",
            "properties": {"year": {"type": "integer"}, "years": {"type": "integer", "minimum": 1}},
            "required": ["year"],
            "additionalProperties": False,
        },
    ]
}

PeriodField = Annotated[Period, BeforeValidator(_period), PlainSerializer(_plain_period), WithJsonSchema(_PERIOD_JSON)]


class Instance(Record):
    """The whole problem. Frozen: a changed instance is a new one."""

    schema_: Literal[1] = Field(alias="schema")
    """Version of the format."""
    name: Id
    """Name of the instance."""
    title: Text | None = None
    """Title for readers."""
    description: Text | None = None
    """What it is about."""
    markings: dict[Id, Marking] = Field(default_factory=dict)
    """Labels that rows may have, in the order in which they are shown."""
    base_year: Year
    """Year of the dollars, and to which cash flows are discounted."""
    discount_rate: Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
    """Real, per year."""
    periods: tuple[PeriodField, ...] = Field(min_length=1)
    """The horizon, without gaps: years, or {year, years}."""
    domestic: tuple[Iso3, ...]
    """Countries that count as domestic in rules."""
    countries: dict[Iso3, Tier]
    """Trust tier of each country, or tier by year."""
    materials: dict[Id, Material]
    """Commodities."""
    recipes: dict[Id, Recipe]
    """Processes."""
    facilities: dict[Id, Facility]
    """Places."""
    owners: dict[Id, Owner] = Field(default_factory=dict)
    """Legal persons."""
    ownership_rule: OwnershipRule = OwnershipRule()
    """How ownership exposure follows from holdings."""
    channels: dict[Id, Channel] = Field(min_length=1)
    """Classes of custody, strictest first."""
    markets: dict[Id, Market]
    """Demand nodes."""
    logistics: Logistics = Logistics()
    """Regions and freight."""
    lanes: tuple[Lane, ...] = ()
    """Links between places."""
    stockpiles: dict[Id, Stockpile] = Field(default_factory=dict)
    """Storage nodes."""
    policy: Policy = Policy()
    """Budget and rules."""
    frictions: dict[Id, Friction] = Field(default_factory=dict)
    """What a branch cannot change at once, by stage of facilities; what a facility says itself goes before."""
    scenarios: tuple[Scenario, ...] = ()
    """Disruption futures."""
    risk: Risk = Expected()
    """How futures are weighed."""
    lexicographic: Levels | None = None
    """Service first, without a price: `[service, cost]`, or a mapping with `levels` and `tolerance`."""
    finance: Finance | None = None
    """Instruments, and whether what is funded must pay its way."""
    planning_case: PlanningCase | None = None
    """What a requirement study must state."""

    @property
    def first_year(self) -> int:
        """First year of the horizon."""
        return self.periods[0].year

    @property
    def end_year(self) -> int:
        """The first year after the horizon."""
        return self.periods[-1].end

    @property
    def served_channels(self) -> list[str]:
        """Channels that a market draws on, strictest first: those whose service can be spoken of."""
        drawn_on = {market.channel for market in self.markets.values()}
        return [k for k in self.channels if k in drawn_on]

    @property
    def stored_for(self) -> set[tuple[str, str]]:
        """(stockpile, material) that a target asks for, a guaranteed purchase buys for, or that counts at the end."""
        instruments = () if self.finance is None else self.finance.instruments
        aims = {(name, target.material) for name, record in self.stockpiles.items() for target in record.targets}
        aims |= {(name, m) for name, one in self.stockpiles.items() for m in one.materials if one.counts_at_the_end(m)}
        return aims | {(one.stockpile, m) for one in instruments if isinstance(one, Purchase) for m in one.material}

    def priced(self, asker: str) -> Instance:
        """This instance, for what compares plans by their cost, shortage at its price.

        Args:
            asker: who does, such as 'evaluate'.

        Raises:
            OptionsError: something comes before cost here.
        """
        if faults := self.unpriced(asker):
            raise OptionsError(*faults)
        return self

    def unpriced(self, asker: str) -> list[str]:
        """What is wrong where service or public outlay comes before cost, in words; nothing where cost is all."""
        found = []
        if self.lexicographic is not None:
            found.append(
                f"{self.name} is lexicographic: it gives shortage no price, and {asker} weighs shortage by its price; "
                "--set lexicographic=null asks with the prices stated"
            )
        if self.finance is not None and self.finance.perspective == "public":
            found.append(
                f"{self.name} takes the public perspective: outlay comes before cost, and {asker} compares plans by "
                "their cost; --set finance.perspective=system asks so"
            )
        return found

    def replace(self, changes: Mapping[str, Any] | None = None, /, **fields: Any) -> Instance:
        """This instance with values given anew; checked as one that is read, and this one stays as it is.

        Args:
            changes: key -> value, for keys as `--set` takes them: dotted, rows of a list by id, product or number, `*`
                for every name. Values are plain data; years may be the index of a pandas series, and records of an
                instance stand for what they would say in a file.
            fields: the same for keys of one part.

        Raises:
            InstanceError: with every fault found.

        Example:
            >>> import optimizer
            >>> instance = optimizer.load("instances/starter")
            >>> dearer = instance.replace({"policy.budget.annual": 1e8}, discount_rate=0.09)
            >>> dearer.discount_rate, instance.discount_rate
            (0.09, 0.07)
            >>> instance.replace(discont_rate=0.09)
            Traceback (most recent call last):
            ...
            optimizer.errors.InstanceError: 1 fault in starter
              replace discont_rate: unknown key 'discont_rate'; did you mean 'discount_rate'?
        """
        from optimizer.instance.changes import replaced  # noqa: PLC0415  (it needs this class)

        return replaced(self, {**(changes or {}), **fields})

    def overlay(self, overlay: Path | str | Mapping[str, Any]) -> Instance:
        """This instance with an overlay laid on it; checked as one that is read, and this one stays as it is.

        Args:
            overlay: a file or folder (docs/overlays.md), or what it would say as plain data. What a file `extends` is
                taken to be this instance: of a chain of overlays comes what stands after the one with this
                instance's name, or after the first. Plain data need neither `extends` nor a name.

        Raises:
            InstanceError: with every fault found.

        Example:
            >>> import optimizer
            >>> instance = optimizer.load("instances/starter")
            >>> quiet = instance.overlay({"name": "quiet", "remove": {"scenarios": ["conflict", "separation_outage"]}})
            >>> [scenario.id for scenario in quiet.scenarios]
            ['heavies_embargo']
            >>> instance.overlay("docs/studies/waived.yaml").name
            'waived'
        """
        from optimizer.instance.changes import overlaid  # noqa: PLC0415  (it needs this class)

        return overlaid(self, overlay)

    def plain(self) -> dict[str, Any]:
        """The instance as plain data, as it would be written in one file."""
        return self.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True) | {"schema": 1}
