"""Rules on funding."""

from __future__ import annotations

from optimizer.instance.policy import Count, Exclusive, Forbid, Implies, Require, Starts
from optimizer.verifier.case import Case
from optimizer.verifier.verdict import At


def check_funding_rules(case: Case) -> None:
    """Every rule on funding."""
    for number, rule in enumerate(case.instance.policy.rules):
        at = At(f"rule {number}")
        if isinstance(rule, Count):
            _count(case, at, rule)
        elif isinstance(rule, Require):
            ok = _in_time(case, rule.facility, rule.option, rule.by)
            text = f"{rule.facility} is not funded and on line in time"
            case.ledger.holds("require", at, ok, text)
        elif isinstance(rule, Forbid):
            funded = [
                option for name, option in case.built.funded if name == rule.facility and rule.option in (None, option)
            ]
            case.ledger.holds("forbid", at, not funded, f"{rule.facility} is funded: {', '.join(funded)}")
        elif isinstance(rule, Exclusive):
            both = [name for name in dict.fromkeys(rule.facilities) if _in_time(case, name, None, None)]
            case.ledger.holds("exclusive", at, len(both) <= 1, f"{', '.join(both)} are funded")
        elif isinstance(rule, Implies):
            asked = _in_time(case, rule.if_, None, None)
            ok = not asked or _in_time(case, rule.then, None, rule.by)
            case.ledger.holds("implies", at, ok, f"{rule.if_} is funded, {rule.then} is not on line in time")
        elif isinstance(rule, Starts):
            _starts(case, at, rule)


def _in_time(case: Case, facility: str, option: str | None, by: int | None) -> bool:
    """Whether a facility is funded (by an option without `after`, or the one named) and on line by a year's end."""
    for record, funded in case.built.options_of(facility):
        named = record.id == option if option is not None else record.after is None
        if named and (by is None or funded + record.lead <= by):
            return True
    return False


def _count(case: Case, at: At, rule: Count) -> None:
    count = 0
    for name, facility in case.instance.facilities.items():
        fits = (
            (rule.stage is None or facility.stage == rule.stage)
            and (rule.materials is None or not case.facts.makes[name].isdisjoint(rule.materials))
            and (rule.countries is None or facility.country in rule.countries)
        )
        count += fits and _in_time(case, name, None, rule.by)
    low, high = rule.min or 0, rule.max
    ok = low <= count and (high is None or count <= high)
    text = f"{count} facilities are funded, should be {low} to {'any' if high is None else high}"
    case.ledger.holds("count", at, ok, text)


def _starts(case: Case, at: At, rule: Starts) -> None:
    for period in case.instance.periods:
        if not all(rule.max.given(year) for year in period.span):
            continue  # the rule does not apply before its first year
        started = 0
        for (name, _), funded in case.built.funded.items():
            facility = case.instance.facilities[name]
            fits = (rule.stage is None or facility.stage == rule.stage) and (
                rule.countries is None or facility.country in rule.countries
            )
            started += fits and funded in period.span
        limit = case.facts.mean(rule.max, period) * period.years
        case.ledger.at_most("starts", At(at.place, period.year), started, limit, "options funded", "rows")
