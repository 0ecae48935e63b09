"""Stockpiles: stock from period to period, release, discards, costs, and the return to the trunk."""

from __future__ import annotations

import math
from collections.abc import Iterator

from optimizer.instance.instance import Period
from optimizer.verifier.case import Case
from optimizer.verifier.columns import Stock
from optimizer.verifier.futures import Block
from optimizer.verifier.residual import price_at_the_end
from optimizer.verifier.verdict import At


def check_stock(case: Case) -> None:
    """Every store, material and channel in every period of every block."""
    for row in case.rows.stock:
        record = case.instance.stockpiles[row.stockpile]
        held = row.material in record.materials and row.channel in record.holds
        text = f"it does not hold {row.material} in {row.channel}"
        case.ledger.holds("stock_held", _at(row), held, text, max(row.closing, row.in_), "t")
    moved = _downgrades(case)
    for block, period in case.each_period():
        for name, record in case.instance.stockpiles.items():
            for material in record.materials:
                rows = [case.stock_row(block.name, period.year, name, material, held) for held in record.holds]
                for row in rows:
                    _row(case, block, period, row, moved)
                _downgraded(case, At(name, period.year, block.name), material, rows)
                limit = record.capacity.get(material)
                if limit is not None:
                    at = At(name, period.year, block.name)
                    total = sum(row.closing for row in rows)
                    case.ledger.at_most("stock_capacity", at, total, limit, f"stock of {material}")


def _at(row: Stock) -> At:
    return At(row.stockpile, row.period, row.scenario)


def _downgrades(case: Case) -> dict[tuple[str, int, str, str, str], tuple[float, float]]:
    """Tonnes downgraded into and out of a channel inside stores, from the table of downgrades."""
    moved: dict[tuple[str, int, str, str, str], tuple[float, float]] = {}
    for row in case.rows.downgrades:
        if row.place in case.instance.stockpiles:
            for channel, into, out in ((row.to_channel, row.tonnes, 0.0), (row.from_channel, 0.0, row.tonnes)):
                key = (row.scenario, row.period, row.place, row.material, channel)
                known = moved.get(key, (0.0, 0.0))
                moved[key] = (known[0] + into, known[1] + out)
    return moved


def _row(
    case: Case,
    block: Block,
    period: Period,
    row: Stock,
    moved: dict[tuple[str, int, str, str, str], tuple[float, float]],
) -> None:
    ledger, at = case.ledger, _at(row)
    record = case.instance.stockpiles[row.stockpile]
    what = f"{row.material} ({row.channel})"
    ledger.equal("stock_opening", at, row.opening, _opening(case, block, period, row), f"opening stock of {what}")
    loss = row.opening * (1.0 - (1.0 - case.facts.loss(row.material)) ** period.years)
    ledger.equal("stock_loss", at, row.lost, loss, f"loss of {what}", scale=row.opening)
    plus = row.opening + row.in_ + row.downgraded_in
    minus = row.lost + row.out + row.downgraded_out + row.discarded
    ledger.equal("stock_balance", at, row.closing, plus - minus, f"closing stock of {what}", scale=plus + minus)
    key = (row.scenario, row.period, row.stockpile, row.material, row.channel)
    if key in moved:
        into, out = moved[key]
        ledger.equal("stock_downgrade", at, row.downgraded_in, into, f"{what} downgraded in")
        ledger.equal("stock_downgrade", at, row.downgraded_out, out, f"{what} downgraded out")
    if case.facts.pooled(row.material):
        ledger.equal("stock_discard", at, row.discarded, 0.0, f"{what} discarded in a store of pooled material")
    if record.release == "disruption":
        if not block.disrupted(period):
            ledger.equal("reserve_release", at, row.out, 0.0, f"release of {what} without a disruption")
        if block.scenario is None:
            ledger.equal("reserve_discard", at, row.discarded, 0.0, f"{what} discarded in the trunk")
    _back(case, block, period, row)
    ledger.equal("stock_cost", at, row.cost, sum(stock_money(case, row)), f"cost of {what}", "USD")


def _downgraded(case: Case, at: At, material: str, rows: list[Stock]) -> None:
    """Inside a store, as much arrives as leaves, and from the strictest on never more than has left so far."""
    left = arrived = 0.0
    for row in sorted(rows, key=lambda one: case.facts.rank[one.channel]):
        arrived += row.downgraded_in
        what = f"{material} downgraded into {row.channel} and stricter"
        case.ledger.at_most("stock_downgrade", at, arrived, left, what)
        left += row.downgraded_out
    case.ledger.equal("stock_downgrade", at, arrived, left, f"{material} downgraded inside the store")


def _opening(case: Case, block: Block, period: Period, row: Stock) -> float:
    before = case.facts.before(period)
    if before is None:
        return case.facts.initial(row.stockpile, row.material, row.channel)
    source = block if block.covers(before) or block.leaves is None else block.leaves
    return case.stock_row(source.name, before.year, row.stockpile, row.material, row.channel).closing


def _back(case: Case, block: Block, period: Period, row: Stock) -> None:
    """At a branch's end stock is restored or bought back; nowhere else is anything bought back."""
    at, what = _at(row), f"{row.material} ({row.channel})"
    if not block.restores or period != block.periods[-1]:
        case.ledger.equal("buy_back", at, row.bought_back, 0.0, f"{what} bought back, but not at a branch's end")
        return
    if _price_at(case, row) is None:
        case.ledger.equal("buy_back", at, row.bought_back, 0.0, f"{what} bought back, which has no price")
    level = case.stock_row(case.trunk.name, period.year, row.stockpile, row.material, row.channel).closing
    what = f"stock and what is bought back of {what}"
    case.ledger.at_least("rejoin", at, row.closing + row.bought_back, level, what)


def _price_at(case: Case, row: Stock) -> float | None:
    block, period = case.blocks[row.scenario], case.facts.periods[row.period]
    region = case.facts.region(case.instance.stockpiles[row.stockpile].country)
    return case.factors.price(block, period, row.material, region)


def stock_money(case: Case, row: Stock) -> tuple[float, float, float]:
    """USD of holding, of disposal, and of buying back."""
    years = case.facts.periods[row.period].years
    holding = row.closing * case.facts.holding_cost(row.stockpile, row.material) * years
    disposal = row.discarded * case.instance.materials[row.material].disposal
    price = price_at_the_end(case, row) if row.bought_back else None
    if price is None:
        price = (_price_at(case, row) or 0.0) * case.instance.stockpiles[row.stockpile].buy_back
    back = row.bought_back * price
    return holding, disposal, back


def price_steps_paid(case: Case) -> Iterator[tuple[str, str, int, float]]:
    """Stockpile, material, period and USD that price steps add on the trunk, on what is taken in over all channels.

    Tonne by tonne: what lies between a step and the next costs the factor of the first, less what it costs anyway.
    """
    taken: dict[tuple[str, str, int], float] = {}
    for row in case.rows.stock:
        if row.scenario == case.trunk.name:
            key = (row.stockpile, row.material, row.period)
            taken[key] = taken.get(key, 0.0) + row.in_
    for (name, material, year), tonnes in taken.items():
        record = case.instance.stockpiles[name]
        steps = record.price_steps.get(material, ())
        price = case.facts.price_series(material, case.facts.region(record.country))
        if not record.is_public or not steps or price is None:
            continue
        period = case.facts.periods[year]
        ends = [*(step.above for step in steps[1:]), math.inf]
        a_year = tonnes / period.years
        more = sum(
            (step.factor - 1.0) * (min(a_year, end) - step.above)
            for step, end in zip(steps, ends, strict=True)
            if a_year > step.above
        )
        yield name, material, year, more * period.years * case.facts.mean(price, period)
