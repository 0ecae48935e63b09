"""Futures and the objective: what each future costs, how well it is served, and what the risk measure makes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from optimizer.instance.policy import Cvar, Expected, Regret
from optimizer.verifier.case import Case
from optimizer.verifier.exact import Exact, standing_for_float, total
from optimizer.verifier.futures import BASE, TRUNK, Block, course, is_future
from optimizer.verifier.money import INVESTMENT, Money
from optimizer.verifier.verdict import At

_REACHED = ("optimal", "feasible")


def _block_at(case: Case, name: str, year: int) -> Block:
    """The block in which a future is in a period."""
    return course(case.blocks, name, case.facts.periods[year])


def future_costs(case: Case, money: Money) -> dict[str, float]:
    """Discounted cost of the base and of every scenario; one without effects costs what the base does."""
    investment = money.total(INVESTMENT)
    costs = {BASE: investment + money.total(TRUNK)}
    for scenario in filter(is_future, case.instance.scenarios):
        years: dict[str, set[int]] = {}
        for year in case.facts.periods:
            years.setdefault(_block_at(case, scenario.id, year).name, set()).add(year)
        costs[scenario.id] = investment + sum(money.total(name, inside) for name, inside in years.items())
    return costs


def probabilities(case: Case) -> dict[str, float]:
    """Probability of the base and of every scenario with effects; the base takes what remains."""
    found = {s.id: s.probability for s in case.instance.scenarios if s.effects and is_future(s)}
    remaining = 1.0 - total(found.values())
    return {BASE: remaining if remaining > 1e-12 else 0.0} | found


def check_scenarios(case: Case, costs: Mapping[str, float]) -> None:
    """The scenarios table."""
    ledger = case.ledger
    table = {row.scenario: row for row in case.rows.scenarios}
    all_remaining = 1.0 - total(scenario.probability for scenario in case.instance.scenarios)
    chances, served = probabilities(case), _served(case)
    for name in costs:
        at = At(name, None, name)
        row = table.get(name)
        if row is None:
            # A scenario without effects is the base under another name.
            ledger.holds("scenario_facts", at, name not in chances, "there is no row for this future")
            continue
        scenario = next((one for one in case.instance.scenarios if one.id == name), None)
        stated = scenario.probability if scenario is not None else chances[BASE]
        if scenario is None and abs(row.probability - all_remaining) <= ledger.tolerance.absolute:
            stated = all_remaining
        ledger.equal("scenario_facts", at, row.probability, stated, "probability", "share")
        wrong = _years_wrong(case, name, row.onset, row.until)
        ledger.holds("scenario_facts", at, not wrong, wrong, unit="years")
        ledger.equal("scenario_cost", at, row.cost, costs[name], "cost", "USD")
        _service(case, name, served)
    first = case.rows.scenarios[0].scenario if case.rows.scenarios else ""
    ledger.holds("scenario_facts", At("scenarios"), first == BASE, "the base is not first")


def _years_wrong(case: Case, name: str, onset: int | None, until: int | None) -> str:
    block = case.blocks.get(name)
    if name == BASE:
        return "" if onset is None and until is None else "the base has no onset and no return"
    if block is None:
        return ""  # without effects there is no branch to leave or return from
    wrong = []
    assert block.scenario is not None
    if onset != block.scenario.onset:
        wrong.append(f"onset is {onset}, should be {block.scenario.onset}")
    back = block.periods[-1].end
    never = {None} if back < case.facts.end else {None, back}
    expected = never if back >= case.facts.end else {back}
    if until not in expected:
        wrong.append(f"until is {until}, should be {back if back < case.facts.end else 'blank'}")
    return "; ".join(wrong)


def _served(case: Case) -> dict[tuple[str, int], dict[str, tuple[float, float]]]:
    """(block, year) -> channel of the market -> demand and deliveries, t."""
    found: dict[tuple[str, int], dict[str, tuple[float, float]]] = {}
    for row in case.rows.demand:
        channel = case.instance.markets[row.market].channel
        there = found.setdefault((row.scenario, row.period), {})
        asked, got = there.get(channel, (0.0, 0.0))
        there[channel] = asked + row.demand, got + row.delivered
    return found


def _service(case: Case, name: str, served: Mapping[tuple[str, int], Mapping[str, tuple[float, float]]]) -> None:
    """Demand and deliveries over the horizon, by the channel of the market."""
    demand: dict[str, float] = {}
    delivered: dict[str, float] = {}
    for year in case.facts.periods:
        for channel, (asked, got) in served.get((_block_at(case, name, year).name, year), {}).items():
            demand[channel] = demand.get(channel, 0.0) + asked
            delivered[channel] = delivered.get(channel, 0.0) + got
    for channel in case.instance.channels:
        if (name, channel) not in case.rows.service:
            continue
        stated = case.rows.service[name, channel]
        at = At(channel, None, name)
        asked = demand.get(channel, 0.0)
        if asked <= case.ledger.tolerance.absolute:
            # Nothing is asked: a blank, or whatever share of nothing the table gives.
            case.ledger.holds("scenario_service", at, stated is None or 0.0 <= stated <= 1.0, f"service is {stated}")
            continue
        given = math.nan if stated is None else stated
        case.ledger.equal("scenario_service", at, given, delivered[channel] / asked, "service", "share")


def tail_mean(costs: Mapping[str, float], chances: Mapping[str, float], alpha: float) -> float:
    """The mean cost over the worst 1 - alpha of the probability."""
    left = wanted = 1.0 - alpha
    total = 0.0
    for name in sorted(costs, key=lambda future: -costs[future]):
        taken = min(left, chances[name])
        total += taken * costs[name]
        left -= taken
    return total / wanted


def check_objective(case: Case, costs: Mapping[str, float]) -> None:
    """Risk measure, objective, bound, gap and status of plan.json."""
    ledger, plan = case.ledger, case.plan
    risk = case.instance.risk
    stated = plan.get("risk")
    named = stated.get("measure") if isinstance(stated, Mapping) else stated
    text = f"plan.json says {named}, the instance {risk.measure}"
    ledger.holds("risk_measure", At("plan.json"), named in (None, risk.measure), text)
    chances = probabilities(case)
    counted = {name: costs[name] for name in chances if name != BASE or chances[BASE] > 0}
    mean = sum(chances[name] * cost for name, cost in counted.items())
    if isinstance(risk, Expected):
        expected: float | None = mean
    elif isinstance(risk, Cvar):
        expected = (1.0 - risk.weight) * mean + risk.weight * tail_mean(counted, chances, risk.alpha)
    elif isinstance(risk, Regret):
        expected = _regret(case, counted)
    else:
        expected = max(counted.values())
    objective = number(plan.get("objective"))
    scale = max(abs(cost) for cost in counted.values())
    if expected is not None:
        got = math.nan if objective is None else objective
        ledger.equal("objective", At("plan.json"), got, expected, f"{risk.measure} cost", "USD", scale)
    if objective is not None:
        _gap(case, objective, scale)


def _regret(case: Case, costs: Mapping[str, float]) -> float | None:
    """The largest regret, over optima with hindsight that are taken as given: they need a solver."""
    hindsight = case.plan.get("hindsight")
    given = hindsight if isinstance(hindsight, Mapping) else {}
    best = {name: number(given.get(name)) for name in costs}
    missing = [name for name, value in best.items() if value is None]
    text = f"no hindsight optimum of {', '.join(missing)}"
    if not case.ledger.holds("objective", At("plan.json"), not missing, text):
        return None
    case.ledger.notes.append("the optima with hindsight of the futures are taken as plan.json gives them")
    return max(cost - (best[name] or 0.0) for name, cost in costs.items())


def _gap(case: Case, objective: float, scale: float) -> None:
    ledger, plan, at = case.ledger, case.plan, At("plan.json")
    status, bound = plan.get("status"), number(plan.get("bound"))
    gap, gap_usd = number(plan.get("gap")), number(plan.get("gap_usd"))
    ledger.holds("status", at, status in _REACHED, f"status is {status!r}, a plan's is optimal or feasible")
    if bound is None:
        ledger.holds("gap", at, status == "feasible" and gap is None, f"a gap of {plan.get('gap')} without a bound")
        return
    ledger.at_most("gap", at, bound, objective, "the bound", "USD", scale)
    off = max(0.0, objective - bound)
    slack = ledger.allowed("USD", scale)
    if gap_usd is not None:
        ledger.equal("gap", at, gap_usd, off, "gap_usd", "USD", scale)
    if gap is not None:
        # Solvers divide by the plan's or by the bound's value; either is a fair reading of a relative gap.
        near = min(abs(gap * abs(value) - off) for value in (objective, bound))
        both_zero = max(abs(objective), abs(bound)) <= slack
        ok = near <= slack or both_zero
        ledger.holds("gap", at, ok, f"gap is {gap:g}, but {off:g} USD of {objective:g}", near, "USD")
    if status == "optimal":
        paid = price_of_change(plan)  # the gap asked for is that of what was minimised
        _optimal(case, plan.get("options"), objective + paid, bound + paid, slack)


def price_of_change(plan: Mapping[str, Any]) -> float:
    """What a re-planned plan minimised beside its cost, USD; 0 for any other."""
    said = plan.get("roll")
    found = number(said.get("change")) if isinstance(said, Mapping) else None
    return found or 0.0


def _optimal(case: Case, options: Any, objective: float, bound: float, slack: float) -> None:
    """Where the gaps asked for are on record, one of them is reached."""
    if not isinstance(options, Mapping):
        return
    asked, asked_usd = number(options.get("gap")), number(options.get("gap_usd"))
    limits = [asked * max(abs(objective), abs(bound))] if asked is not None else []
    limits += [asked_usd] if asked_usd is not None else []
    if limits:
        ok = objective - bound <= max(limits) + slack
        text = f"called optimal, but {objective - bound:g} USD from its bound"
        case.ledger.holds("status", At("plan.json"), ok, text, objective - bound - max(limits), "USD")


def number(value: Any) -> float | None:
    """A finite number; None for anything else."""
    if isinstance(value, Exact):
        return standing_for_float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
