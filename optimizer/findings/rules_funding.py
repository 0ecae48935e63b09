"""Rules on funding that cannot hold, or hold by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optimizer.findings.finding import CANNOT, NOTE, Finding, count, some
from optimizer.findings.rule_facts import funded_years, hollow, matching, name_of, path_of
from optimizer.findings.survey import Survey
from optimizer.instance.policy import Count, Exclusive, Forbid, FundingRule, Implies, Reactions, Require, Starts
from optimizer.network.starts import chain


def required_of(survey: Survey) -> dict[str, int]:
    """Facility that a rule requires by an option without `after` -> the year by which it must be on line."""
    found: dict[str, int] = {}
    last = survey.calendar.end_year - 1
    for rule in survey.instance.policy.rules:
        if not isinstance(rule, Require):
            continue
        options = {o.id: o for o in survey.instance.facilities[rule.facility].options}
        if rule.option is None or options[rule.option].after is None:
            by = min(rule.by if rule.by is not None else last, last)
            found[rule.facility] = min(by, found.get(rule.facility, by))
    return found


def by_of(survey: Survey, by: int | None) -> int:
    """The last year that counts for a rule."""
    last = survey.calendar.end_year - 1
    return last if by is None else min(by, last)


def hollow_funding(survey: Survey, number: int, rule: FundingRule) -> Iterator[Finding]:
    """Whether a rule on funding holds whatever is funded, or forbids where it should bind."""
    required = required_of(survey)
    if isinstance(rule, Count):
        names = matching(survey, rule)
        by = by_of(survey, rule.by)
        able = [name for name in names if any(year <= by for year in funded_years(survey, name))]
        have = [name for name in names if name in required and required[name] <= by]
        if rule.min is not None and rule.min > 0 and len(have) >= rule.min:
            why = (
                f"adds nothing: its least number of {rule.min} is met by facilities that are required anyway "
                f"({some(have)})"
            )
            yield hollow(number, rule, "already_required", why, {"min": rule.min, "required": have})
        elif rule.min == 0 and rule.max is None:
            yield hollow(number, rule, "never_binds", "does nothing: its least number is 0", {"min": 0})
        if rule.max is not None and rule.max >= len(able):
            why = f"never binds: at most {rule.max} may be funded, and only {len(able)} can be on line by {by}"
            yield hollow(number, rule, "never_binds", why, {"max": rule.max, "able": able}, NOTE)
    elif isinstance(rule, Forbid):
        starts = survey.network.starts
        options = [o.id for o in survey.instance.facilities[rule.facility].options if rule.option in (None, o.id)]
        if not any(starts.years[rule.facility, o] for o in options):
            why = f"does nothing: no option of {rule.facility} that it forbids could be on line within the horizon"
            yield hollow(number, rule, "never_binds", why, {"facility": rule.facility, "options": options}, NOTE)
    elif isinstance(rule, Exclusive):
        able = [name for name in rule.facilities if funded_years(survey, name)]
        if len(able) < 2:
            why = f"does nothing: of its facilities {'only ' + able[0] if able else 'none'} can ever be funded"
            yield hollow(number, rule, "never_binds", why, {"able": able})
    elif isinstance(rule, Implies):
        yield from _implies(survey, number, rule, required)
    elif isinstance(rule, Starts):
        yield from _starts(survey, number, rule)
    elif isinstance(rule, Reactions):
        yield from _reactions(survey, number, rule)


def _implies(survey: Survey, number: int, rule: Implies, required: dict[str, int]) -> Iterator[Finding]:
    by = by_of(survey, rule.by)
    data = {"if": rule.if_, "then": rule.then, "by": by}
    if not funded_years(survey, rule.if_):
        yield hollow(number, rule, "never_binds", f"does nothing: {rule.if_} can never be funded", data)
    elif rule.then in required and required[rule.then] <= by:
        yield hollow(number, rule, "already_required", f"adds nothing: {rule.then} is required anyway", data)
    elif not any(year <= by for year in funded_years(survey, rule.then)):
        why = f"forbids {rule.if_}: {rule.then} can never be funded and on line by {by}"
        yield hollow(number, rule, "forbids", why, data)


def _starts(survey: Survey, number: int, rule: Starts) -> Iterator[Finding]:
    starts = survey.network.starts
    names = set(matching(survey, rule))
    most = 0
    for t in survey.periods:
        able = 0
        for name in names:
            options = [o for o in survey.instance.facilities[name].options if t in starts.years[name, o.id]]
            after = sum(1 for option in options if option.after is not None)
            able += after + (1 if len(options) > after else 0)
        if able > survey.calendar.mean(rule.max, t) * survey.calendar.years[t] + 1e-9:
            return
        most = max(most, able)
    why = f"never binds: at most {count(most, 'option')} that it counts could be funded in one period"
    yield hollow(number, rule, "never_binds", why, {"most": most}, NOTE)


def _reactions(survey: Survey, number: int, rule: Reactions) -> Iterator[Finding]:
    names = set(matching(survey, rule))
    most = 0
    for found in survey.network.reactions.values():
        for t in {start.year for start in found}:
            able = sum(start.year == t and start.facility in names for start in found)
            if able > survey.calendar.mean(rule.max, t) * survey.calendar.years[t] + 1e-9:
                return
            most = max(most, able)
    why = f"never binds: no branch may fund more than {count(most, 'option')} that it counts in one period"
    yield hollow(number, rule, "never_binds", why, {"most": most}, NOTE)


def funding_cannot_hold(survey: Survey, number: int, rule: FundingRule) -> Iterator[Finding]:
    """Whether a rule on funding can hold at all."""
    required = required_of(survey)
    if isinstance(rule, Count):
        names = matching(survey, rule)
        by = by_of(survey, rule.by)
        able = [name for name in names if any(year <= by for year in funded_years(survey, name))]
        if rule.min is not None and len(able) < rule.min:
            late = {name: years[0] for name in names if name not in able and (years := funded_years(survey, name))}
            more = f"; later: {some([f'{name} ({year})' for name, year in late.items()])}" if late else ""
            why = (
                f"asks for {rule.min} funded facilities on line by {by}, and only {len(able)} can be"
                f"{' (' + some(able) + ')' if able else ''}{more}"
            )
            yield cannot(number, rule, why, {"min": rule.min, "by": by, "able": able, "later": late})
        have = [name for name in names if name in required and required[name] <= by]
        if rule.max is not None and len(have) > rule.max:
            why = f"allows {rule.max} facilities, and {len(have)} are required ({some(have)})"
            yield cannot(number, rule, why, {"max": rule.max, "required": have})
    elif isinstance(rule, Require):
        yield from _require(survey, number, rule)
    elif isinstance(rule, Exclusive):
        both = [name for name in rule.facilities if name in required]
        if len(both) > 1:
            yield cannot(number, rule, f"allows one of {some(both)}, and each is required", {"required": both})
    elif isinstance(rule, Implies) and rule.if_ in required:
        by = by_of(survey, rule.by)
        if not any(year <= by for year in funded_years(survey, rule.then)):
            why = f"asks for {rule.then} on line by {by}, which cannot be, since {rule.if_} is required"
            yield cannot(number, rule, why, {"if": rule.if_, "then": rule.then, "by": by})


def _excluded(survey: Survey, number: int, rule: Require) -> Iterator[Finding]:
    """An earlier rule requires an option of the same facility that excludes this one: options without `after` do."""
    facility = survey.instance.facilities[rule.facility]
    first = {option.id: chain(facility, option)[0].id for option in facility.options}
    for earlier, other in enumerate(survey.instance.policy.rules[:number]):
        if not isinstance(other, Require) or other.facility != rule.facility or not (other.option and rule.option):
            continue
        if first[other.option] != first[rule.option]:
            needs = {o: "" if first[o] == o else f" (which needs {first[o]})" for o in (rule.option, other.option)}
            why = (
                f"requires option {rule.option}{needs[rule.option]} of {rule.facility}, and rule {earlier} its option "
                f"{other.option}{needs[other.option]}: of options without `after` one at most can be funded"
            )
            yield cannot(number, rule, why, {"facility": rule.facility, "options": [other.option, rule.option]})
            return


def _require(survey: Survey, number: int, rule: Require) -> Iterator[Finding]:
    yield from _excluded(survey, number, rule)
    by = by_of(survey, rule.by)
    found = funded_years(survey, rule.facility, rule.option)
    if found and found[0] <= by:
        return
    what = f"{rule.facility} (option {rule.option})" if rule.option else rule.facility
    options = [
        o.id
        for o in survey.instance.facilities[rule.facility].options
        if (o.after is None if rule.option is None else o.id == rule.option)
    ]
    if options and all((rule.facility, option) in survey.forbidden for option in options):
        why = f"requires {what}, which another rule forbids"
    elif found:
        why = f"requires {what} on line by {by}; the earliest is {found[0]}"
    else:
        why = f"requires {what}, which cannot be on line within the horizon"
    yield cannot(number, rule, why, {"facility": rule.facility, "by": by, "earliest": found[0] if found else None})


def cannot(number: int, rule: Any, why: str, data: dict[str, Any]) -> Finding:
    """A finding on a rule that cannot hold as written."""
    text = f"{name_of(number, rule)} cannot hold: it {why}."
    return Finding("rule_cannot_hold", path_of(number), text, {"rule": number, **data}, CANNOT)
