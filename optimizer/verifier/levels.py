"""What comes before cost, service and public outlay: the levels of plan.json against the tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from optimizer.verifier.case import Case
from optimizer.verifier.futures import course
from optimizer.verifier.objective import number, probabilities
from optimizer.verifier.verdict import At

PLAN = "plan.json"


def check_levels(case: Case) -> None:
    """Every level is there in its order, says what the tables say, and keeps its cap."""
    rule, finance = case.instance.lexicographic, case.instance.finance
    least = finance is not None and finance.perspective == "public"
    stated = case.plan.get("levels")
    if rule is None and not least:
        if stated:
            case.ledger.holds("levels", At(PLAN), False, "it states levels, and the instance asks for none")
        return
    asked, demand, short = _expected(case)
    wanted: list[tuple[str, str | None]] = []
    if rule is not None:
        wanted += [("service", k) for k in case.instance.channels if k in asked]
    wanted += [("outlay", None)] if least else []
    wanted.append(("cost", None))
    rows = [row for row in stated if isinstance(row, Mapping)] if isinstance(stated, list) else []
    got = [(row.get("level"), row.get("channel")) for row in rows]
    text = f"the levels are {got}, should be {wanted}"
    if not case.ledger.holds("levels", At(PLAN), got == wanted, text):
        return
    for row in rows[:-1]:
        if row.get("level") == "outlay":
            _outlay(case, row)
            continue
        channel = str(row["channel"])
        assert rule is not None
        _service(case, row, channel, demand[channel], short[channel], rule.tolerance)
    if case.plan.get("status") == "optimal":
        late = [str(row.get("channel") or "cost") for row in rows if row.get("status") != "optimal"]
        text = f"called optimal, but not the levels {', '.join(late)}"
        case.ledger.holds("status", At(PLAN), not late, text)


def _expected(case: Case) -> tuple[set[str], dict[str, float], dict[str, float]]:
    """Channels with demand that may be short; expected demand and expected t short of each channel."""
    chances = probabilities(case)
    weight: dict[tuple[str, int], float] = {}
    for name, chance in chances.items():
        for year, period in case.facts.periods.items():
            key = (course(case.blocks, name, period).name, year)
            weight[key] = weight.get(key, 0.0) + chance
    asked: set[str] = set()
    demand: dict[str, float] = {}
    short: dict[str, float] = {}
    for row in case.rows.demand:
        market = case.instance.markets[row.market]
        chance = weight.get((row.scenario, row.period), 0.0)
        demand[market.channel] = demand.get(market.channel, 0.0) + chance * row.demand
        short[market.channel] = short.get(market.channel, 0.0) + chance * row.short
        if 0 <= row.line < len(market.demand):
            hard = case.facts.null_in(market.demand[row.line].shortage_cost, case.facts.periods[row.period])
            if not hard and row.demand > 0:
                asked.add(market.channel)
    return asked, demand, short


def _outlay(case: Case, row: Mapping[str, Any]) -> None:
    """What governments pay, from the table of outlay, and the most that it was held to.

    The table itself is held against all others; what an instrument earns in a year is no less than nothing.
    """
    ledger, at = case.ledger, At("outlay")
    finance = case.instance.finance
    kinds = {} if finance is None else {one.id: str(one.kind) for one in finance.instruments}
    paid = 0.0
    for line in case.rows.outlay:
        usd = max(0.0, line.usd) if kinds.get(line.instrument) == line.account else line.usd
        period = case.facts.period_of(line.year)
        paid += usd * case.facts.discount(line.year if period is None else period.year)
    said = number(row.get("value"))
    ledger.equal("outlay_level", at, math.nan if said is None else said, paid, "public outlay, discounted", "USD")
    if row.get("status") == "not reached":
        ledger.holds("levels", at, row.get("cap") is None, "a level that was not reached has a cap")
        return
    best, bound, cap, tolerance = (number(row.get(name)) for name in ("best", "bound", "cap", "tolerance"))
    if not ledger.holds(
        "levels", at, None not in (best, cap, tolerance), "it lacks its best, its cap or its tolerance"
    ):
        return
    assert best is not None
    assert cap is not None
    assert tolerance is not None
    ledger.at_most("outlay_level", at, paid, cap, "public outlay, discounted", "USD")
    least = best if bound is None else bound
    ledger.at_most("levels", at, cap, max(best, least + tolerance), "the cap", "USD")
    asked = case.plan.get("options")
    gaps = asked if isinstance(asked, Mapping) else {}
    most = max(1.0, (number(gaps.get("gap")) or 0.0) * abs(best), number(gaps.get("gap_usd")) or 0.0)
    ledger.at_most("levels", at, tolerance, most, "the tolerance", "USD")
    if row.get("status") == "optimal":
        ok = bound is not None and best - bound <= tolerance + ledger.allowed("USD", abs(best))
        ledger.holds("levels", at, ok, f"called optimal at {best:,.0f} USD with a bound of {bound} USD")


def _service(case: Case, row: Mapping[str, Any], channel: str, demand: float, short: float, share: float) -> None:
    ledger, at = case.ledger, At(channel)
    said = {name: math.nan if number(row.get(name)) is None else number(row.get(name)) for name in ("value", "demand")}
    ledger.equal("service_level", at, said["demand"] or 0.0, demand, "expected demand")
    ledger.equal("service_level", at, said["value"] or 0.0, short, "expected t short", scale=demand)
    if row.get("status") == "not reached":
        ledger.holds("levels", at, row.get("cap") is None, "a level that was not reached has a cap")
        return
    best, bound, cap, tolerance = (number(row.get(name)) for name in ("best", "bound", "cap", "tolerance"))
    ok = best is not None and cap is not None and tolerance is not None
    if not ledger.holds("levels", at, ok, "it lacks its best, its cap or its tolerance"):
        return
    assert best is not None
    assert cap is not None
    assert tolerance is not None
    ledger.equal("levels", at, tolerance, max(1e-6, share * demand), "the tolerance", scale=demand)
    ledger.at_most("service_level", at, short, cap, "expected t short", scale=demand)
    most = best if bound is None else max(best, bound + tolerance)
    ledger.at_most("levels", at, cap, most, "the cap", scale=demand)
    if bound is not None:
        ledger.at_most("levels", at, bound, best, "the bound", scale=demand)
    if row.get("status") == "optimal":
        ok = bound is not None and best - bound <= tolerance + ledger.allowed("t", demand)
        ledger.holds("levels", at, ok, f"called optimal at {best:g} t with a bound of {bound} t")
