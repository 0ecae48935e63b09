"""What follows from the instance alone: time, channels, regions, prices, places, claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimizer.instance.fields import WHOLE
from optimizer.instance.instance import Instance, Period
from optimizer.instance.series import Series

ONE_HUB = "world"


class Facts:
    """The instance, with what every check asks of it."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.first = instance.first_year
        self.end = instance.end_year
        self.periods: dict[int, Period] = {period.year: period for period in instance.periods}
        self.channels = list(instance.channels)
        self.rank = {channel: place for place, channel in enumerate(self.channels)}
        self.lane_materials = {lane.material for lane in instance.lanes}
        self.region_of_country = {
            country: region for region, countries in (instance.logistics.regions or {}).items() for country in countries
        }
        self.regions = list(instance.logistics.regions or {ONE_HUB: ()})
        self.makes = {
            name: {material for recipe in facility.recipes for material in instance.recipes[recipe].outputs}
            for name, facility in instance.facilities.items()
        }
        self.releases = self._releases()
        self.claims = self._claims()
        self.owing = {(facility, material) for facility, material, _ in self.claims}
        self.claimed = {(region, material) for _, material, region in self.claims}
        self.pairs_owed = {
            (start, region) for region in {region for region, _ in self.claimed} for start in self.regions
        }

    # Time

    def mean(self, series: Series, period: Period) -> float:
        """The mean of a series over the years of a period."""
        return sum(series.at(year, self.first) for year in period.span) / period.years

    def mean_given(self, series: Series, period: Period, before: float) -> float:
        """The mean over a period, with another value than 0 for the years before the first one given."""
        values = [series.at(year, self.first) if series.given(year) else before for year in period.span]
        return sum(values) / period.years

    def null_in(self, series: Series, period: Period) -> bool:
        """Whether a series is null in any year of a period."""
        return any(series.raw(year, self.first) is None for year in period.span)

    def discount(self, year: int) -> float:
        """What a dollar of a year is worth in the base year."""
        worth: float = (1.0 + self.instance.discount_rate) ** -(year - self.instance.base_year)
        return worth

    def period_of(self, year: int) -> Period | None:
        """The period that a year lies in."""
        return next((period for period in self.periods.values() if year in period.span), None)

    def before(self, period: Period) -> Period | None:
        """The period before."""
        return next((other for other in self.periods.values() if other.end == period.year), None)

    # Trust

    def tier(self, country: str, year: int) -> str:
        """The trust tier of a country in a year."""
        series = self.instance.countries.get(country)
        return "" if series is None else str(series.raw(year, self.first))

    def as_strict(self, channel: str, than: str) -> bool:
        """Whether a channel is another or a stricter one."""
        return self.rank[channel] <= self.rank[than]

    # Places

    def region(self, country: str) -> str:
        """The region of a country; without regions there is one."""
        if self.instance.logistics.regions is None:
            return ONE_HUB
        return self.region_of_country.get(country, "")

    def pooled(self, material: str) -> bool:
        """Whether a material moves over hubs, not on lanes."""
        return material not in self.lane_materials

    def hub(self, country: str) -> str:
        """The hub of a country."""
        return f"hub:{self.region(country)}"

    def made_at(self, facility: str, material: str) -> str:
        """Where a facility's output of a material lies."""
        if not self.pooled(material) or (facility, material) in self.owing:
            return facility
        return self.hub(self.instance.facilities[facility].country)

    def drawn_from(self, place: str, country: str, material: str) -> str:
        """Where a facility, market or stockpile takes a material from."""
        if not self.pooled(material):
            return place
        region = self.region(country)
        return f"users:{region}" if (region, material) in self.claimed else f"hub:{region}"

    def country_of(self, place: str) -> str | None:
        """The country of a facility, market or stockpile."""
        instance = self.instance
        tables: tuple[Mapping[str, Any], ...] = (instance.facilities, instance.markets, instance.stockpiles)
        for table in tables:
            if place in table:
                return str(table[place].country)
        return None

    def region_of_place(self, place: str) -> str:
        """The region that any place of a result table lies in."""
        kind, _, rest = place.partition(":")
        if rest:
            return rest.partition(">")[0] if kind == "owed" else rest
        return self.region(self.country_of(place) or "")

    def kind_of_place(self, place: str) -> str:
        """One of facility, market, stockpile, hub, users, owed; empty if there is no such place."""
        kind, _, rest = place.partition(":")
        if rest:
            if kind in ("hub", "users") and rest in self.regions:
                return kind
            start, _, to = rest.partition(">")
            return "owed" if kind == "owed" and (start, to) in self.pairs_owed else ""
        if place in self.instance.facilities:
            return "facility"
        if place in self.instance.markets:
            return "market"
        return "stockpile" if place in self.instance.stockpiles else ""

    # Claims

    def _claims(self) -> dict[tuple[str, str, str], list[tuple[float, int | None]]]:
        """By facility, material and region: share and last year of each claim."""
        found: dict[tuple[str, str, str], list[tuple[float, int | None]]] = {}
        for name, facility in self.instance.facilities.items():
            for claim in facility.claims:
                for material in self.makes[name]:
                    if claim.materials is None or material in claim.materials:
                        found.setdefault((name, material, claim.to), []).append((claim.share, claim.until))
        return found

    def claimed_share(self, facility: str, material: str, region: str, period: Period) -> float:
        """The share of an output that is owed to a region, mean over the period's years."""
        total = 0.0
        for share, until in self.claims.get((facility, material, region), ()):
            years = sum(1 for year in period.span if until is None or year <= until)
            total += share * years / period.years
        return total

    # Releases

    def _releases(self) -> dict[tuple[str, str], dict[str, float]]:
        """By facility and recipe: what a unit of activity releases, where the recipe or the facility says so."""
        found: dict[tuple[str, str], dict[str, float]] = {}
        for name, facility in self.instance.facilities.items():
            for recipe, use in facility.recipes.items():
                said = dict(self.instance.recipes[recipe].releases)
                said.update(use.releases)
                if said:
                    found[name, recipe] = said
        return found

    # Prices and sizes

    def price_series(self, material: str, region: str) -> Series | None:
        """The reference price of a material in a region, if it has one."""
        prices = self.instance.materials[material].price
        if prices is None:
            return None
        return prices.get(WHOLE, prices.get(region))

    def factor(self, material: str, channel: str, period: Period) -> float:
        """What users of a channel pay for a material, times its reference price."""
        given = self.instance.materials[material].channel_factor
        mine = [named for named in given if self.as_strict(channel, named)]
        if not mine:
            return 1.0
        series = given[min(mine, key=lambda named: self.rank[named])]
        return sum(max(1.0, series.at(year, self.first)) for year in period.span) / period.years

    def paid_price(self, stockpile: str, material: str, channel: str, period: Period) -> float:
        """USD per t that a public stockpile pays for what it takes in: a reserve pays the price of the channel."""
        record = self.instance.stockpiles[stockpile]
        series = self.price_series(material, self.region(record.country))
        if series is None:
            return 0.0
        return self.mean(series, period) * (self.factor(material, channel, period) if record.is_public_reserve else 1.0)

    def units(self, facility: str) -> list[str]:
        """The units of a facility; a plain capacity is one unit without a name."""
        record = self.instance.facilities[facility]
        named = [unit for unit in record.capacity if unit != WHOLE]
        for option in record.options:
            named += [unit for unit in option.capacity if unit != WHOLE and unit not in named]
        return named or [WHOLE]

    def unit_of(self, facility: str, recipe: str) -> str:
        """The unit of a facility that a recipe runs on."""
        units = self.units(facility)
        if units == [WHOLE]:
            return WHOLE
        use = self.instance.facilities[facility].recipes[recipe]
        return str(use.unit or self.instance.recipes[recipe].unit or WHOLE)

    def holding_cost(self, stockpile: str, material: str) -> float:
        """USD per t and year."""
        given = self.instance.stockpiles[stockpile].holding_cost.get(material)
        if given is not None:
            return given
        storage = self.instance.materials[material].storage
        return storage.cost if storage else 0.0

    def loss(self, material: str) -> float:
        """Share lost per year in store."""
        storage = self.instance.materials[material].storage
        return storage.loss if storage else 0.0

    def initial(self, stockpile: str, material: str, channel: str) -> float:
        """Stock before the first period. An amount without a channel is of the strictest that is held."""
        record = self.instance.stockpiles[stockpile]
        given = record.initial.get(material, 0.0)
        if isinstance(given, dict):
            return given.get(channel, 0.0)
        strictest = min(record.holds, key=lambda held: self.rank[held])
        return given if channel == strictest else 0.0
