"""Demand and stockpile targets: what is asked, what is met, what being short costs."""

from __future__ import annotations

import math

from optimizer.instance.amounts import ScaleGoal
from optimizer.instance.instance import Period
from optimizer.instance.movement import DemandLine, Target
from optimizer.verifier.case import Case
from optimizer.verifier.columns import Demand, TargetRow
from optimizer.verifier.exact import plain
from optimizer.verifier.verdict import TOO_FINE, At


def check_demand(case: Case) -> None:
    """Every demand line in every period of every block."""
    by_line: dict[tuple[str, int, str, int], list[Demand]] = {}
    for row in case.rows.demand:
        lines = case.instance.markets[row.market].demand
        at = At(row.market, row.period, row.scenario)
        there = 0 <= row.line < len(lines) and lines[row.line].product == row.product
        text = f"it has no line {row.line} of {row.product}"
        if case.ledger.holds("known_ids", at, there, text):
            by_line.setdefault((row.scenario, row.period, row.market, row.line), []).append(row)
    fine = 10.0 * case.ledger.tolerance.absolute
    least: tuple[float, str] | None = None
    for block, period in case.each_period():
        for name, market in case.instance.markets.items():
            for number, line in enumerate(market.demand):
                factor = case.factors.demand(block, period, name, number)
                demand = case.facts.mean(line.tonnes, period) * factor * period.years
                rows = by_line.get((block.name, period.year, name, number), [])
                _line(case, At(name, period.year, block.name), period, line, rows, demand)
                if 0 < demand < fine and (least is None or demand < least[0]):
                    least = demand, f"demand of {name} for {line.product} is {plain(demand):.3g} t in {period.year}"
    if least is not None:
        case.ledger.notes.append(f"{TOO_FINE}: {least[1]}, and a row may be off by {fine / 10:g} t")
    for found in by_line.values():
        for row in found:
            _delivery(case, row)


def _line(case: Case, at: At, period: Period, line: DemandLine, rows: list[Demand], demand: float) -> None:
    ledger = case.ledger
    stated, short = sum(row.demand for row in rows), sum(row.short for row in rows)
    delivered, cost = sum(row.delivered for row in rows), sum(row.cost for row in rows)
    ledger.equal("demand_level", at, stated, demand, f"demand for {line.product}")
    ledger.equal("demand_met", at, delivered + short, demand, f"delivered and short of {line.product}")
    if case.facts.null_in(line.shortage_cost, period):
        ledger.equal("hard_demand", at, short, 0.0, f"{line.product} short, which must be met", scale=demand)
    expected = short * shortage_price(case, period, line)
    ledger.equal("shortage_cost", at, cost, expected, f"cost of {line.product} short", "USD")


def shortage_price(case: Case, period: Period, line: DemandLine | Target | ScaleGoal) -> float:
    """USD per t short; 0 where nothing may be, and for demand where service comes before cost."""
    if isinstance(line, DemandLine) and case.instance.lexicographic is not None:
        return 0.0
    if case.facts.null_in(line.shortage_cost, period):
        return 0.0
    return case.facts.mean(line.shortage_cost, period)


def _delivery(case: Case, row: Demand) -> None:
    market = case.instance.markets[row.market]
    line = market.demand[row.line]
    at = At(row.market, row.period, row.scenario)
    slack = case.ledger.tolerance.absolute
    takes = row.material in (line.accepts or (line.product,)) or row.delivered <= slack
    text = f"the line of {line.product} does not accept {row.material}"
    case.ledger.holds("demand_material", at, takes, text, row.delivered, "t")
    strict = case.facts.as_strict(row.channel, market.channel) or row.delivered <= slack
    text = f"{row.material} drawn from {row.channel}, the market's channel is {market.channel}"
    case.ledger.holds("demand_channel", at, strict, text, row.delivered, "t")


def check_targets(case: Case) -> None:
    """Every target in every period of the trunk."""
    table = {(row.period, row.stockpile, row.target): row for row in case.rows.targets}
    for period in case.instance.periods:
        for name, stockpile in case.instance.stockpiles.items():
            for number, target in enumerate(stockpile.targets):
                row = table.pop((period.year, name, number), None)
                _target(case, period, name, number, target, row)
    for year, name, number in table:
        case.ledger.holds("known_ids", At(name, year), False, f"it has no target {number}")


def counting_channel(case: Case, target: Target) -> str:
    """The channel whose stock, or stricter, counts; empty for all channels."""
    if target.channel is not None:
        return target.channel
    if target.of is None:
        return ""
    return min((case.instance.markets[market].channel for market in target.of), key=lambda c: case.facts.rank[c])


def target_level(case: Case, period: Period, target: Target) -> float:
    """The level at a period's end."""
    if target.tonnes is not None:
        return case.facts.mean(target.tonnes, period)
    years = target.years_of_demand or 0.0
    coming = 0.0
    for ahead in range(math.ceil(years)):
        weight = min(1.0, years - ahead)
        for market in target.of or ():
            for line in case.instance.markets[market].demand:
                if line.product == target.material:
                    coming += weight * line.tonnes.at(period.end + ahead, case.facts.first)
    return case.facts.mean(target.share, period) * coming


def _target(case: Case, period: Period, name: str, number: int, target: Target, row: TargetRow | None) -> None:
    ledger, at = case.ledger, At(name, period.year, case.trunk.name)
    channel = counting_channel(case, target)
    level = target_level(case, period, target)
    counts = [
        held for held in case.instance.stockpiles[name].holds if not channel or case.facts.as_strict(held, channel)
    ]
    stock = sum(case.stock_row(case.trunk.name, period.year, name, target.material, held).closing for held in counts)
    short = row.short if row is not None else 0.0
    what = f"target {number} for {target.material}"
    ledger.at_least("target_met", at, stock + short, level, f"stock and what is short of {what}")
    if case.facts.null_in(target.shortage_cost, period):
        ledger.equal("target_met", at, short, 0.0, f"what is short of the hard {what}", scale=level)
    if row is None:
        ledger.equal("target_level", at, 0.0, level, f"level of {what}, which has no row")
        return
    named = row.material == target.material and row.channel in {channel, target.channel or ""}
    text = f"{what} is in channel {channel or 'any'}, not {row.material} in {row.channel or 'any'}"
    ledger.holds("known_ids", at, named, text)
    ledger.equal("target_level", at, row.level, level, f"level of {what}")
    ledger.equal("target_stock", at, row.stock, stock, f"stock for {what}")
    expected = row.short * shortage_price(case, period, target) * period.years
    ledger.equal("target_cost", at, row.cost, expected, f"cost of {what}", "USD")
