"""How much of a product trusted facilities could make for a market, whatever a plan decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optimizer.findings.survey import Survey
from optimizer.network.places import Cell, initial_stock
from optimizer.network.tables import Network


@dataclass(frozen=True, slots=True)
class Supply:
    """What could be supplied in a period, at most.

    Attributes:
        existing: t/yr by capacity that stands.
        possible: t/yr with every option that can be on line by then.
        earliest: (facility, option, first year it can add to it), earliest first, over the whole horizon.
        stock: t in working stocks before the first period.
    """

    existing: float
    possible: float
    earliest: tuple[tuple[str, str, int], ...] = ()
    stock: float = 0.0


@dataclass(frozen=True, slots=True)
class Maker:
    """A unit of a facility that can make what is wanted.

    Attributes:
        facility: its id.
        unit: its unit.
        channels: channels it could make it in, as far as the recipes go.
        ratio: most tonnes of it per unit of capacity.
    """

    facility: str
    unit: str
    channels: tuple[str, ...]
    ratio: float


@dataclass(frozen=True, slots=True)
class Pool:
    """Who can make what is wanted, and which working stocks can carry it over.

    Attributes:
        makers: units of facilities.
        stock: t in working stocks before the first period.
        room: most that working stocks hold, t; 0 without one.
    """

    makers: tuple[Maker, ...]
    stock: float
    room: float


Line = tuple[str, int]
"""(market, number of the demand line)."""


def draws_of(survey: Survey, line: Line) -> set[Cell]:
    """The cells a demand line can draw from."""
    name, index = line
    market = survey.instance.markets[name]
    record = market.demand[index]
    return {
        (survey.places.draw(name, market.country, material), material, channel)
        for material in record.accepts or (record.product,)
        for channel in survey.places.stricter_or_equal(market.channel)
    }


def pool_of(survey: Survey, lines: Sequence[Line], channels: Sequence[str] | None = None) -> Pool:
    """Who can make what demand lines accept.

    Args:
        survey: of the network.
        lines: demand lines.
        channels: only material of these channels counts; default what the markets draw from.
    """
    cells = {cell for line in lines for cell in draws_of(survey, line)}
    if channels is not None:
        cells = {cell for cell in cells if cell[2] in channels}
    return pool_at(survey, cells, ())


def pool_at(survey: Survey, cells: Iterable[Cell], stores: Iterable[Cell]) -> Pool:
    """Who can make what given cells and stores can draw."""
    seen, seen_stores = survey.leading_to(set(cells), set(stores))
    wanted = {material for _, material, _ in seen} | {material for _, material, _ in seen_stores}
    found: dict[tuple[str, str], tuple[dict[str, None], float]] = {}
    recipes = dict.fromkeys(recipe for material in sorted(wanted) for recipe in survey.recipes_of.get(material, ()))
    for recipe in recipes:
        outputs = survey.instance.recipes[recipe].outputs
        for facility in survey.facilities_of.get(recipe, ()):
            for channel in survey.places.channels:
                if (facility, recipe, channel) not in survey.places.runs:
                    continue
                tonnes = sum(
                    amount
                    for material, amount in outputs.items()
                    if (survey.places.source(facility, material), material, channel) in seen
                )
                if tonnes <= 0:
                    continue
                key = (facility, survey.unit(facility, recipe))
                known, ratio = found.get(key, ({}, 0.0))
                found[key] = ({**known, channel: None}, max(ratio, tonnes / survey.use(facility, recipe)))
    makers = tuple(Maker(f, u, tuple(known), ratio) for (f, u), (known, ratio) in found.items())
    working = [store for store in seen_stores if survey.instance.stockpiles[store[0]].release == "always"]
    stock = sum(initial_stock(survey.instance, *store) for store in working)
    limits = {store[:2]: survey.instance.stockpiles[store[0]].capacity.get(store[1]) for store in working}
    room = sum(float("inf") if limit is None else limit for limit in limits.values())
    return Pool(makers, stock, room)


def rates(survey: Survey, pool: Pool, period: int) -> tuple[float, float]:
    """The most a pool makes in a period, t/yr: existing, and with every option.

    An upper bound: a unit runs its best recipe at the capacity of the channel that may use most of it, with all feed.
    """
    existing, possible = 0.0, 0.0
    for maker in pool.makers:
        pairs = [survey.capacity(maker.facility, maker.unit, channel, period) for channel in maker.channels]
        existing += maker.ratio * max(pair[0] for pair in pairs)
        possible += maker.ratio * max(pair[1] for pair in pairs)
    return existing, possible


def earliest_of(survey: Survey, pool: Pool) -> tuple[tuple[str, str, int], ...]:
    """(facility, option, year) of the options that could add to a pool, the earliest first."""
    found: dict[tuple[str, str], int] = {}
    for maker in pool.makers:
        for option in survey.instance.facilities[maker.facility].options:
            key = (maker.facility, option.id)
            for channel in maker.channels:
                year = _adds_from(survey, maker, option.id, channel)
                if year is not None:
                    found[key] = min(year, found.get(key, year))
    ordered = sorted((year, facility, option) for (facility, option), year in found.items())
    return tuple((facility, option, year) for year, facility, option in ordered)


def _adds_from(survey: Survey, maker: Maker, option: str, channel: str) -> int | None:
    """The first year in which an option adds to what a unit can do in a channel, by size or by trust."""
    for period in survey.periods:
        for state in survey.network.trust.states[maker.facility]:
            if not survey.trusted(maker.facility, state, channel, period):
                continue
            if not survey.attainable(maker.facility, state, period):
                continue
            chosen = {item.id for items in survey.allowed(maker.facility, state).values() for item in items}
            if option not in chosen:
                continue
            if survey.size(maker.facility, option, maker.unit, channel, period) > 0:
                year = survey.first_year(maker.facility, option, channel)
            elif option in state.options and survey.capacity(maker.facility, maker.unit, channel, period)[1] > 0:
                year = survey.on_line_from(maker.facility, option)
            else:
                continue
            return None if year is None else max(year, period)
    return None


def supply_of(network: Network, market: str, line_index: int, period: int, survey: Survey | None = None) -> Supply:
    """What trusted facilities could supply to a demand line in a period of the trunk, at most.

    Args:
        network: of the instance.
        market: market.
        line_index: number of its demand line.
        period: first year of the period.
        survey: of the same network, if there is one already.
    """
    survey = survey or Survey(network)
    pool = pool_of(survey, [(market, line_index)])
    existing, possible = rates(survey, pool, period)
    return Supply(existing, possible, earliest_of(survey, pool), pool.stock)
