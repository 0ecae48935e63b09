"""What stock counts at the horizon's end: how much of it at most, in which channels, at what price."""

from __future__ import annotations

from optimizer.instance.fields import WHOLE
from optimizer.network.derive_markets import counted_stores, price_at, target_level
from optimizer.network.places import Cell, initial_stock
from optimizer.network.tables import Network, ResidualTables, StockTables

Asked = list[tuple[float, tuple[Cell, ...]]]
"""Levels, t, each with the stores that count for it."""


def residual_tables(network: Network, periods: tuple[int, ...], stock: StockTables) -> ResidualTables:
    """What counts in a course that is there at the horizon's end; nothing in others."""
    tables = ResidualTables()
    if periods[-1] != network.calendar.periods[-1]:
        return tables
    last = periods[-1]
    for name, stockpile in network.instance.stockpiles.items():
        for material in stockpile.materials:
            usd = stockpile.residual * end_price(network, material, stockpile.country)
            asked = _asked(network, stock, name, material) if usd > 0 else []
            most = max((level for level, _ in asked), default=0.0)
            if most <= 0:
                continue
            tables.worth[name, material, last] = usd * network.calendar.discount_of(network.calendar.end_year)
            tables.most[name, material, last] = most
            for i, (level, stores) in enumerate(asked):
                tables.rows[name, material, i, last] = (most - level, stores)
    return tables


def bought_back_as_it_counts(network: Network, stock: StockTables, residual: ResidualTables) -> None:
    """What is bought back at the horizon's end costs its price whatever scenarios do, and what it counts at least.

    So does what counts; else stock is made dear on the trunk to be bought back cheaply in a branch.
    """
    for p, material, t in residual.worth:
        stockpile = network.instance.stockpiles[p]
        price = price_at(network, material, stockpile.country, t) or 0.0
        worth = residual.worth[p, material, t] / network.calendar.discount[t]
        stock.buy_back[p, material, t] = max(price * stockpile.buy_back, worth)


def end_price(network: Network, material: str, country: str) -> float:
    """Reference price of a material in a country's region in the year after the horizon, USD per t; 0 without one.

    No scenario changes it: what stock is worth to those who come later is the same whatever has happened.
    """
    record, calendar = network.instance.materials[material], network.calendar
    if record.price is None:
        return 0.0
    series = record.price.get(WHOLE) or record.price.get(network.places.region_of.get(country, ""))
    return 0.0 if series is None else calendar.at(series, calendar.end_year)


def _asked(network: Network, stock: StockTables, name: str, material: str) -> Asked:
    """What is asked of a material at the horizon's end: `residual_tonnes`, else its targets, else the initial stock."""
    instance = network.instance
    stockpile = instance.stockpiles[name]
    mine = [store for store in stock.stores if store[:2] == (name, material)]
    if material in stockpile.residual_tonnes:
        return [(stockpile.residual_tonnes[material], tuple(mine))]
    last = network.calendar.periods[-1]
    aims = [target for target in stockpile.targets if target.material == material]
    if aims:
        levels = ((target_level(network, one, last), counted_stores(network, mine, name, one)) for one in aims)
        return [(level, tuple(stores)) for level, stores in levels if level > 0]
    found: Asked = []
    total = 0.0
    for k in instance.channels:
        if k in stockpile.holds and (given := initial_stock(instance, name, material, k)) > 0:
            total += given
            stricter = network.places.stricter_or_equal(k)
            found.append((total, tuple(store for store in mine if store[2] in stricter)))
    return found
