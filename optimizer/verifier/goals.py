"""Scale goals: how much is asked for, how much is made of it by whom, and what is missing."""

from __future__ import annotations

from optimizer.instance.amounts import ScaleGoal
from optimizer.instance.instance import Period
from optimizer.verifier.case import Case
from optimizer.verifier.columns import GoalRow
from optimizer.verifier.futures import matches
from optimizer.verifier.service import shortage_price
from optimizer.verifier.verdict import At


def goal_level(case: Case, period: Period, rule: ScaleGoal) -> float:
    """Tonnes asked for in a period: of every year its share of the world's output."""
    first = case.facts.first
    return sum(rule.world_output.at(year, first) * rule.share.at(year, first) for year in period.span)


def goal_cost(case: Case, row: GoalRow) -> float:
    """USD for what a row says is missing; nothing where the goal must be reached, or the row is of no goal."""
    rules = case.instance.policy.rules
    rule = rules[row.rule] if row.rule < len(rules) else None
    if not isinstance(rule, ScaleGoal):
        return 0.0
    return row.short * shortage_price(case, case.facts.periods[row.period], rule)


def check_goals(case: Case) -> None:
    """Every goal in every period of the trunk."""
    table = {(row.period, row.rule): row for row in case.rows.goals}
    for number, rule in enumerate(case.instance.policy.rules):
        if isinstance(rule, ScaleGoal):
            for period in case.instance.periods:
                _goal(case, period, number, rule, table.pop((period.year, number), None))
    for year, number in table:
        case.ledger.holds("known_ids", At(f"rule {number}", year), False, f"rule {number} is no scale goal")


def _goal(case: Case, period: Period, number: int, rule: ScaleGoal, row: GoalRow | None) -> None:
    ledger, at = case.ledger, At(f"rule {number}", period.year, case.trunk.name)
    level, made = goal_level(case, period, rule), _made(case, period, rule)
    short = row.short if row is not None else 0.0
    ledger.at_least("scale_goal", at, made + short, level, "what is made and what is short of the goal")
    if case.facts.null_in(rule.shortage_cost, period):
        ledger.equal("scale_goal", at, short, 0.0, "what is short of a goal that must be reached", scale=level)
    if row is None:
        ledger.equal("goal_level", at, 0.0, level, "the level of a goal that has no row")
        return
    ledger.equal("goal_level", at, row.level, level, "the level of the goal")
    ledger.equal("goal_made", at, row.made, made, "what is made for the goal")
    ledger.equal("goal_cost", at, row.cost, goal_cost(case, row), "the cost of what is short", "USD")


def _made(case: Case, period: Period, rule: ScaleGoal) -> float:
    """Tonnes made on the trunk that count, before any downgrade."""
    materials = case.instance.materials
    counted = rule.materials or [name for name, record in materials.items() if record.stage == rule.stage]
    total = 0.0
    for run in case.rows.runs:
        if (run.scenario, run.period) != (case.trunk.name, period.year):
            continue
        if rule.channel is not None and not case.facts.as_strict(run.channel, rule.channel):
            continue
        fields = [case.factors.facility_fields(run.facility, year) for year in period.span]
        years = sum(matches(rule.where, one) for one in fields)
        outputs = case.instance.recipes[run.recipe].outputs
        total += run.run * sum(outputs.get(material, 0.0) for material in counted) * years / period.years
    return total
