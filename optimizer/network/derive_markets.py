"""Demand and stockpiles of one course."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from optimizer.instance.fields import WHOLE
from optimizer.instance.movement import PriceStep, Target
from optimizer.network.calendar import Calendar
from optimizer.network.effects import Disruption
from optimizer.network.places import Cell, initial_stock
from optimizer.network.tables import TRUNK, DemandTables, Network, StockTables


def demand_tables(network: Network, periods: tuple[int, ...], disruption: Disruption | None) -> DemandTables:
    """Markets of a course."""
    instance, calendar, places = network.instance, network.calendar, network.places
    tables = DemandTables()
    for name, market in instance.markets.items():
        for index, line in enumerate(market.demand):
            facts = {
                "market": frozenset({name}),
                "product": frozenset({line.product}),
                "channel": frozenset({market.channel}),
                "country": frozenset({market.country}),
            }
            for t in periods:
                key = (name, index, t)
                factor = 1.0 if disruption is None else disruption.mean_factor("demand", "factor", facts, t)
                tables.tonnes[key] = calendar.mean(line.tonnes, t) * factor * calendar.years[t]
                tables.lines.append(key)
                costs = [line.shortage_cost.raw(year, calendar.first_year) for year in calendar.span[t]]
                if all(cost is not None for cost in costs):
                    mean = math.fsum(float(cost or 0.0) for cost in costs) / len(costs)
                    tables.shortage_cost[key] = mean if instance.lexicographic is None else 0.0
            for material in line.accepts or (line.product,):
                for channel in places.stricter_or_equal(market.channel):
                    cell = (places.draw(name, market.country, material), material, channel)
                    if cell in places.reached:
                        tables.at.setdefault(cell, []).append((name, index))
                        tables.deliveries.extend((name, index, material, channel, t) for t in periods)
    return tables


def price_at(
    network: Network,
    material: str,
    country: str,
    period: int,
    disruption: Disruption | None = None,
    years: Collection[int] | None = None,
) -> float | None:
    """Reference price of a material in a country's region, USD per t, the mean over a period; None without one.

    What happens to it is the mean over some years of the period, by default all.
    """
    record = network.instance.materials[material]
    if record.price is None:
        return None
    region = network.places.region_of.get(country, "")
    series = record.price.get(WHOLE) or record.price.get(region)
    if series is None:
        return None
    facts = {
        "material": frozenset({material}),
        "stage": frozenset({record.stage}),
        "region": frozenset({region}),
    }
    if disruption is None:
        factor = 1.0
    elif years is None:
        factor = disruption.mean_factor("prices", "factor", facts, period)
    else:
        factor = math.fsum(disruption.factor("prices", "factor", facts, year) for year in years) / len(years)
    return network.calendar.mean(series, period) * factor


def priced_channels(network: Network, material: str) -> list[str]:
    """Channels with a price of their own for a material, loosest first."""
    named = network.instance.materials[material].channel_factor
    return [channel for channel in reversed(network.places.channels) if channel in named]


def factor_at(network: Network, material: str, channel: str, period: int) -> float:
    """What users of a channel pay for a material, times its reference price: the mean over a period, 1 or more.

    A channel without a factor has that of the next looser one with one; before its first year a factor is 1.
    """
    named, calendar = network.instance.materials[material].channel_factor, network.calendar
    for looser in (channel, *network.places.looser(channel)) if named else ():
        if looser in named:
            years = calendar.span[period]
            return math.fsum(max(1.0, calendar.at(named[looser], year)) for year in years) / len(years)
    return 1.0


def stock_tables(network: Network, periods: tuple[int, ...], disruption: Disruption | None, course: str) -> StockTables:
    """Stockpiles of a course."""
    instance, calendar, places = network.instance, network.calendar, network.places
    tables = StockTables()
    order = {channel: rank for rank, channel in enumerate(instance.channels)}
    tables.stores = sorted(places.stocked, key=lambda store: (store[0], store[1], order[store[2]]))
    for store in tables.stores:
        tables.opening[store] = initial_stock(instance, *store)
        name, material, channel = store
        looser = [k for k in places.looser(channel) if (name, material, k) in places.stocked]
        if looser:
            tables.next_channel[store] = looser[0]
    for name, stockpile in instance.stockpiles.items():
        if stockpile.is_public:
            tables.public[name] = stockpile.public_share
        for t in periods:
            if stockpile.release == "always" or (disruption is not None and disruption.any_active(t)):
                tables.releases.add((name, t))
        for material in stockpile.materials:
            storage = instance.materials[material].storage
            held = stockpile.holding_cost.get(material, storage.cost if storage is not None else 0.0)
            loss = storage.loss if storage is not None else 0.0
            tables.disposal[material] = instance.materials[material].disposal
            if material in places.laned:
                tables.laned.add((name, material))
            if material in stockpile.capacity:
                tables.capacity[name, material] = stockpile.capacity[material]
            for t in periods:
                tables.keep[name, material, t] = (1.0 - loss) ** calendar.years[t]
                tables.holding[name, material, t] = held * calendar.years[t]
                price = price_at(network, material, stockpile.country, t, disruption)
                if price is not None:
                    tables.price[name, material, t] = price
                    for k in stockpile.holds:
                        factor = factor_at(network, material, k, t) if stockpile.is_public_reserve else 1.0
                        tables.paid[name, material, k, t] = price * factor
                    tables.buy_back[name, material, t] = price * stockpile.buy_back
        if course == TRUNK:
            for index, target in enumerate(stockpile.targets):
                _target(network, tables, name, index, target)
            for material, steps in stockpile.price_steps.items():
                _steps(network, tables, name, material, steps)
    return tables


def _steps(network: Network, tables: StockTables, name: str, material: str, steps: tuple[PriceStep, ...]) -> None:
    """What a tonne above each step costs more than one below it, where anything can be taken in."""
    if not any(store[:2] == (name, material) for store in tables.stores):
        return
    for j, step in enumerate(steps):
        more = step.factor - (steps[j - 1].factor if j else 1.0)
        for t in network.calendar.periods:
            above = step.above * network.calendar.years[t]
            tables.steps[name, material, j, t] = above, more * tables.price[name, material, t]


def _target(network: Network, tables: StockTables, name: str, index: int, target: Target) -> None:
    calendar = network.calendar
    tables.counts[name, index] = counted_stores(network, tables.stores, name, target)
    for t in calendar.periods:
        level = target_level(network, target, t)
        if level <= 0:
            continue
        tables.targets[name, index, t] = level
        costs = [target.shortage_cost.raw(year, calendar.first_year) for year in calendar.span[t]]
        if all(cost is not None for cost in costs):
            mean = math.fsum(float(cost or 0.0) for cost in costs) / len(costs)
            tables.target_cost[name, index, t] = mean * calendar.years[t]


def counted_stores(network: Network, stores: Sequence[Cell], name: str, target: Target) -> list[Cell]:
    """The stores of a stockpile whose stock counts for a target."""
    order = list(network.instance.channels)
    channel = target.channel
    if channel is None and target.of is not None:
        channel = min((network.instance.markets[market].channel for market in target.of), key=order.index)
    counted = set(order if channel is None else network.places.stricter_or_equal(channel))
    return [store for store in stores if store[:2] == (name, target.material) and store[2] in counted]


def target_level(network: Network, target: Target, period: int) -> float:
    """Level of a target at the end of a period, t.

    For `years_of_demand`: share x demand of the named markets over the next years, the last value of a stepped
    series held on. Source: design.md 3, `targets`.
    """
    calendar = network.calendar
    if target.tonnes is not None:
        return calendar.mean(target.tonnes, period)
    share = calendar.mean(target.share, period)
    return share * coming_demand(network, target, calendar.span[period].stop, calendar)


def coming_demand(network: Network, target: Target, since: int, calendar: Calendar) -> float:
    """Demand of a target's markets over its years from a year on, t."""
    years = target.years_of_demand or 0.0
    whole = int(years + 1e-9)
    parts = [(since + step, 1.0) for step in range(whole)]
    if years - whole > 1e-9:
        parts.append((since + whole, years - whole))
    return math.fsum(
        calendar.at(line.tonnes, year) * part
        for market in target.of or ()
        for line in network.instance.markets[market].demand
        if line.product == target.material
        for year, part in parts
    )
