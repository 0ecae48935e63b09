"""Recycling rules: what of the feed of a facility with funded capacity is recycled."""

from __future__ import annotations

from optimizer.instance.amounts import Recycling
from optimizer.instance.instance import Period
from optimizer.verifier.case import Case
from optimizer.verifier.futures import matches
from optimizer.verifier.verdict import At


def check_recycling(case: Case) -> None:
    """Every rule, for each facility and period of the trunk in which capacity of an option is on line."""
    for number, rule in enumerate(case.instance.policy.rules):
        if not isinstance(rule, Recycling):
            continue
        for period in case.instance.periods:
            for name in case.instance.facilities:
                fields = [case.factors.facility_fields(name, year) for year in period.span]
                if all(matches(rule.where, one) for one in fields) and _funded(case, name, period):
                    _recycled(case, number, rule, name, period)


def _funded(case: Case, name: str, period: Period) -> bool:
    """Whether an option gives some capacity in a period, an expansion too."""
    return any(
        any(size > 0 for size in option.capacity.values())
        and any(case.built.ramp(case.trunk, name, option, year) > 0 for year in period.span)
        for option, _ in case.built.options_of(name)
    )


def _recycled(case: Case, number: int, rule: Recycling, name: str, period: Period) -> None:
    feed = recycled = 0.0
    for run in case.rows.runs:
        if (run.scenario, run.period, run.facility) == (case.trunk.name, period.year, name):
            for material, tonnes in case.instance.recipes[run.recipe].inputs.items():
                if rule.materials is None or material in rule.materials:
                    feed += run.run * tonnes
                    if case.instance.materials[material].stage == rule.stage:
                        recycled += run.run * tonnes
    least = case.facts.mean(rule.share, period) * feed
    at = At(f"rule {number}", period.year, case.trunk.name)
    case.ledger.at_least("recycling", at, recycled, least, f"recycled feed of {name}", "t", feed)
