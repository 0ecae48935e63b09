"""Releases: how much there is of each at every facility, what it is charged, and the caps on it."""

from __future__ import annotations

from typing import Any

from optimizer.instance.amounts import ReleaseCap, ReleaseCharge
from optimizer.instance.instance import Period
from optimizer.verifier.case import Case
from optimizer.verifier.futures import matches
from optimizer.verifier.verdict import At

Key = tuple[str, int, str, str]
"""Scenario, period, facility, what is released."""


def charge_of(case: Case, period: Period, facility: str, release: str) -> float:
    """USD per unit released at a facility, the mean over the years of a period."""
    found = 0.0
    for rule in case.instance.policy.rules:
        if isinstance(rule, ReleaseCharge) and rule.release == release:
            for year in period.span:
                if _fits(case, rule.where, facility, year):
                    found += rule.cost.at(year, case.facts.first) / period.years
    return found


def charges_of(case: Case, period: Period, facility: str, recipe: str) -> float:
    """USD per unit of activity for all that it releases."""
    out = case.facts.releases.get((facility, recipe), {})
    return sum(amount * charge_of(case, period, facility, release) for release, amount in out.items())


def check_releases(case: Case) -> None:
    """The table of releases, both ways; then every cap, from activity."""
    made: dict[Key, float] = {}
    for run in case.rows.runs:
        for release, amount in case.facts.releases.get((run.facility, run.recipe), {}).items():
            key = (run.scenario, run.period, run.facility, release)
            made[key] = made.get(key, 0.0) + run.run * amount
    stated = {(row.scenario, row.period, row.facility, row.release): row for row in case.rows.releases}
    for key in dict.fromkeys([*made, *stated]):
        scenario, year, facility, release = key
        at, row = At(facility, year, scenario), stated.get(key)
        amount = made.get(key, 0.0)
        got = 0.0 if row is None else row.released
        case.ledger.equal("released", at, got, amount, f"{release} released", "units")
        usd = amount * charge_of(case, case.facts.periods[year], facility, release)
        charged = 0.0 if row is None else row.charge
        case.ledger.equal("release_charge", at, charged, usd, f"charge on {release}", "USD")
    for number, rule in enumerate(case.instance.policy.rules):
        if isinstance(rule, ReleaseCap):
            _cap(case, f"rule {number}", rule, made)


def _cap(case: Case, place: str, rule: ReleaseCap, made: dict[Key, float]) -> None:
    for block, period in case.each_period():
        # What is not given for all of a period sets no limit in it.
        if (block is not case.trunk and not rule.in_disruption) or not all(rule.most.given(y) for y in period.span):
            continue
        found: dict[str, float] = {}
        for name, facility in case.instance.facilities.items():
            amount = made.get((block.name, period.year, name, rule.release), 0.0)
            years = sum(_fits(case, rule.where, name, year) for year in period.span)
            group = {"facility": name, "country": facility.country}.get(rule.by or "", "all that match")
            found[group] = found.get(group, 0.0) + amount * years / period.years
        limit = case.facts.mean(rule.most, period) * period.years
        for group, amount in found.items():
            what = f"{rule.release} released by {group}"
            case.ledger.at_most("release_cap", At(place, period.year, block.name), amount, limit, what, "units")


def _fits(case: Case, where: dict[str, Any], facility: str, year: int) -> bool:
    return matches(where, case.factors.facility_fields(facility, year))
