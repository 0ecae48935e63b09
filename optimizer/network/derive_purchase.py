"""What may be bought for stockpiles on the trunk, of whom, and what is paid for it above the reference price."""

from __future__ import annotations

import math
from collections import defaultdict

from optimizer.instance.finance import Purchase
from optimizer.network.derive_markets import factor_at, price_at
from optimizer.network.eligible import eligible_years, most_of
from optimizer.network.tables import CapacityTables, Network, RunIndex
from optimizer.network.tables_finance import BoughtIndex, FinanceTables, SoldIndex


def purchases_of(n: Network) -> list[Purchase]:
    """The instruments that buy."""
    finance = n.instance.finance
    return [] if finance is None else [one for one in finance.instruments if isinstance(one, Purchase)]


def may_sell(n: Network) -> list[tuple[str, str]]:
    """(instrument, facility) of who must pay its way, makes what is bought, has a way to it and is ever eligible.

    Nobody else needs more than the reference price, which whoever fills the stockpile has of it in any case.
    """
    finance, instance = n.instance.finance, n.instance
    if finance is None or not finance.viability:
        return []
    fundable = {facility for facility, option in n.starts.options if n.starts.years[facility, option]}
    return [
        (one.id, name)
        for one in purchases_of(n)
        for name, facility in instance.facilities.items()
        if name in fundable
        and any(
            material in one.material and arrives(n, one.stockpile, name, material)
            for recipe in facility.recipes
            for material in instance.recipes[recipe].outputs
        )
        and any(eligible_years(n, one, name, state, t) for state in n.trust.states[name] for t in n.calendar.periods)
    ]


def few_sellers(n: Network) -> list[tuple[str, str]]:
    """(instrument, facility) of purchases that buy of so many facilities at most."""
    few = {one.id for one in purchases_of(n) if one.recipients is not None}
    return [pair for pair in may_sell(n) if pair[0] in few]


def arrives(n: Network, stockpile: str, facility: str, material: str) -> bool:
    """Whether a facility's output may come into a stockpile: by a lane of its own, or through hubs."""
    places, record = n.places, n.instance.stockpiles[stockpile]
    if material in places.laned:
        ends = (facility, stockpile, material)
        return any((arc.start, arc.end, arc.material) == ends for arc in places.arcs)
    source, draw = places.source(facility, material), places.draw(stockpile, record.country, material)
    known: dict[tuple[str, str, str], bool] = places.known.setdefault("arrives", {})
    if (source, draw, material) not in known:
        reached, before = {source}, 0
        while len(reached) > before:
            before = len(reached)
            for arc in places.arcs:
                if arc.start in reached and places.carries(arc, material, record.holds[0]):
                    reached.add(arc.end)
        known[source, draw, material] = draw in reached
    return known[source, draw, material]


def buy(network: Network, capacity: CapacityTables, tables: FinanceTables) -> None:
    """What each purchase may take of each sale, its premium, and what limits it."""
    sellers = set(may_sell(network))
    for one in purchases_of(network):
        for sale in tables.sold:
            if (one.id, sale[0]) in sellers and sale[2] in one.material:
                _buy_of(network, one, tables, sale)
    by_sale: dict[SoldIndex, list[BoughtIndex]] = defaultdict(list)
    for index in tables.bought:
        by_sale[index[1:]].append(index)
    for sale, mine in by_sale.items():
        for year in sorted(frozenset[int]().union(*(tables.bought_years[index] for index in mine))):
            tables.once[*sale, year] = [index for index in mine if year in tables.bought_years[index]]
            for part in tables.premium_of.get(sale, ()):
                strict = network.places.stricter_or_equal(part[4])
                at_price = [index for index in tables.once[*sale, year] if tables.bought_as[index] in strict]
                if at_price:
                    tables.at_price[*sale[:-1], *part[4:], year] = at_price
    limits = {one.id: one.tonnes for one in purchases_of(network)}
    for index, years in tables.bought_years.items():
        limit = limits[index[0]]
        if limit is not None:
            tables.bought_in |= {(index[0], year): network.calendar.at(limit, year) for year in years}
    _most(network, capacity, tables)
    _arrivals(network, tables)


def _buy_of(network: Network, one: Purchase, tables: FinanceTables, sale: SoldIndex) -> None:
    name, state, material, k, t = sale
    places = network.places
    held = [store for store in network.places.stocked if store[:2] == (one.stockpile, material)]
    if not any(k in places.stricter_or_equal(store[2]) for store in held):
        return
    if not arrives(network, one.stockpile, name, material):
        return
    reference = price_at(network, material, network.instance.facilities[name].country, t)
    if reference is None:
        return
    into = paid_in(network, one, k)
    above = above_reference(network, one, name, state, t, reference * factor_at(network, material, into, t))
    if above:
        index = (one.id, *sale)
        tables.bought[index] = math.fsum(above.values()) / len(above)
        tables.bought_years[index] = frozenset(above)
        tables.bought_as[index] = into


def paid_in(network: Network, one: Purchase, channel: str) -> str:
    """The strictest channel of the stockpile into which what is made in one may come: it pays that price anyway."""
    holds = network.instance.stockpiles[one.stockpile].holds
    return next(each for each in (channel, *network.places.looser(channel)) if each in holds)


def above_reference(
    network: Network, one: Purchase, facility: str, state: str, t: int, reference: float
) -> dict[int, float]:
    """USD per t that a purchase pays above what the stockpile pays anyway, by year in which it buys of a seller."""
    found = next(each for each in network.trust.states[facility] if each.id == state)
    above: dict[int, float] = {}
    for year in eligible_years(network, one, facility, found, t):
        price = one.price.raw(year, network.calendar.first_year)
        some = one.tonnes is None or network.calendar.at(one.tonnes, year) > 0
        if some and isinstance(price, int | float) and price > reference:
            above[year] = price - reference
    return above


def _most(network: Network, capacity: CapacityTables, tables: FinanceTables) -> None:
    """What is bought at most, of a sale and of a facility in a period, from capacity and from what a purchase buys."""
    by_facility: dict[tuple[str, str, int], dict[RunIndex, float]] = defaultdict(lambda: defaultdict(float))
    for index in tables.bought:
        i, sale = index[0], index[1:]
        years = tables.bought_years[index]
        share = len(years) / network.calendar.years[sale[-1]]
        runs = {run: share * tonnes for run, tonnes in tables.sold[sale]}
        limit = len(years) * min(tables.bought_in.get((i, year), math.inf) for year in years)
        tables.bought_most[index] = min(limit, most_of(network, capacity, sale[0], sale[-1], runs))
        for run, tonnes in runs.items():
            by_facility[i, sale[0], sale[-1]][run] += tonnes
    for (i, name, t), runs in by_facility.items():
        limit = math.fsum(tables.bought_in.get((i, year), math.inf) for year in _open(tables, i, t))
        tables.seller_most[i, name, t] = min(limit, most_of(network, capacity, name, t, runs))


def _open(tables: FinanceTables, instrument: str, t: int) -> frozenset[int]:
    """Years of a period in which a purchase buys of anybody."""
    years = (tables.bought_years[index] for index in tables.bought if (index[0], index[-1]) == (instrument, t))
    return frozenset[int]().union(*years)


def _arrivals(network: Network, tables: FinanceTables) -> None:
    """What comes into a stockpile by the lanes of a maker, or through hubs, that a purchase may take.

    What is made in a channel may come in that or a looser one. Source: Hall's theorem, over channels in their order.
    """
    places = network.places
    into = {one.id: one.stockpile for one in purchases_of(network)}
    exact: dict[tuple[str, str, str, str, int], list[BoughtIndex]] = defaultdict(list)
    for index in tables.bought:
        i, name, _, material, k, t = index
        country = network.instance.stockpiles[into[i]].country
        place = name if material in places.laned else places.draw(into[i], country, material)
        exact[into[i], place, material, k, t].append(index)
    for stockpile, place, material, k, t in exact:
        looser = (k, *places.looser(k))
        tables.arrivals[stockpile, place, material, k, t] = [
            index for other in looser for index in exact.get((stockpile, place, material, other, t), ())
        ]
