"""The budget against what rules require."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.findings.finding import CANNOT, SMALL, WARNING, Finding, dollars, some
from optimizer.findings.rules_funding import by_of
from optimizer.findings.survey import Survey
from optimizer.instance.policy import Require
from optimizer.network.starts import Start

Outlay = dict[int, float]
"""Public outlay in USD by period; what falls after the horizon is under its end year."""


def _outlay(survey: Survey, start: Start) -> Outlay:
    share = survey.network.starts.options[start.facility, start.option].public_share
    found: Outlay = {}
    for year, usd in survey.network.starts.spend(start):
        period = survey.calendar.period_of(year)
        key = survey.calendar.end_year if period is None else period
        found[key] = found.get(key, 0.0) + usd * share
    return found


def _ways(survey: Survey, facility: str, option: str | None, by: int) -> list[Outlay]:
    """The outlays of all ways to fund a facility in time."""
    starts = survey.network.starts
    return [
        _outlay(survey, start)
        for record in survey.instance.facilities[facility].options
        if (record.after is None if option is None else record.id == option)
        for start in starts.paths[facility, record.id]
        if starts.online(start) <= by
    ]


def _annual(survey: Survey) -> Outlay | None:
    annual = survey.instance.policy.budget.annual
    if annual is None:
        return None
    return {t: survey.calendar.mean(annual, t) * survey.calendar.years[t] for t in survey.periods}


def budget_too_small(survey: Survey) -> Iterator[Finding]:
    """The public outlay of what is required is within the budget: by each period's end, in each one, and in total."""
    budget = survey.instance.policy.budget
    required: dict[tuple[str, str | None], list[Outlay]] = {}
    for rule in survey.instance.policy.rules:
        if isinstance(rule, Require):
            ways = _ways(survey, rule.facility, rule.option, by_of(survey, rule.by))
            if ways:
                required[rule.facility, rule.option] = ways
    # A facility may be required twice, by option and in general: it counts once, by its dearest requirement.
    annual = _annual(survey)
    if annual is not None:
        allowed = 0.0
        for t in survey.periods:
            allowed += annual[t]
            least = {
                key: min(sum(usd for period, usd in way.items() if period <= t) for way in ways)
                for key, ways in required.items()
            }
            spent = _by_facility(least)
            if sum(spent.values()) > allowed + SMALL * max(1.0, allowed):
                last = survey.calendar.span[t].stop - 1
                yield _tell(("policy", "budget", "annual"), spent, allowed, f"by the end of {last}")
                break
        yield from _lumps(required, annual)
    if budget.total is not None:
        least = {key: min(sum(way.values()) for way in ways) for key, ways in required.items()}
        spent = _by_facility(least)
        if sum(spent.values()) > budget.total + SMALL * max(1.0, budget.total):
            yield _tell(("policy", "budget", "total"), spent, budget.total, "over the horizon")


def _by_facility(least: dict[tuple[str, str | None], float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for (facility, _), usd in least.items():
        found[facility] = max(usd, found.get(facility, 0.0))
    return found


def _tell(subject: tuple[str, ...], spent: dict[str, float], allowed: float, when: str) -> Finding:
    names = sorted((name for name in spent if spent[name] > 0), key=lambda name: -spent[name])
    text = (
        f"What is required costs at least {dollars(sum(spent.values()))} of public money {when}, and the budget allows "
        f"{dollars(allowed)}: {some([f'{name} {dollars(spent[name])}' for name in names])}."
    )
    data = {"when": when, "least": sum(spent.values()), "allowed": allowed, "by_facility": spent}
    return Finding("budget_too_small", subject, text, data, CANNOT)


def _lumps(required: dict[tuple[str, str | None], list[Outlay]], annual: Outlay) -> Iterator[Finding]:
    for (facility, _), ways in required.items():
        if any(_fits(way, annual) for way in ways):
            continue
        period = next(t for t in ways[0] if ways[0][t] > annual.get(t, float("inf")))
        text = (
            f"{facility} is required, and no way to fund it in time fits the annual budget: funded as early as may be "
            f"it takes {dollars(ways[0][period])} of public money in {period}, and {dollars(annual[period])} is there."
        )
        data = {"facility": facility, "period": period, "least": ways[0][period], "allowed": annual[period]}
        yield Finding("budget_too_small", ("policy", "budget", "annual"), text, data, CANNOT)


def _fits(way: Outlay, annual: Outlay) -> bool:
    return all(usd <= annual.get(t, float("inf")) * (1 + SMALL) + SMALL for t, usd in way.items())


def option_over_budget(survey: Survey) -> Iterator[Finding]:
    """Every option fits the budget by itself, in some year of funding."""
    annual = _annual(survey)
    total = survey.instance.policy.budget.total
    if annual is None and total is None:
        return
    for (facility, option), paths in survey.network.starts.paths.items():
        ways = [_outlay(survey, start) for start in paths]
        if not ways:
            continue
        over_total = total is not None and all(sum(way.values()) > total * (1 + SMALL) + SMALL for way in ways)
        over_annual = annual is not None and not any(_fits(way, annual) for way in ways)
        if not over_total and not over_annual:
            continue
        index = [item.id for item in survey.instance.facilities[facility].options].index(option)
        if over_total and total is not None:
            cost, allowed, which = min(sum(way.values()) for way in ways), total, "the total budget"
        else:
            assert annual is not None
            cost, allowed, which = (
                min(max(way.values()) for way in ways),
                max(annual.values()),
                "the budget of any period",
            )
        text = (
            f"Option {option} of {facility} can never be funded: it takes {dollars(cost)} of public money at once, and "
            f"{which} is at most {dollars(allowed)}."
        )
        data = {"facility": facility, "option": option, "outlay": cost, "allowed": allowed}
        yield Finding("option_over_budget", ("facilities", facility, "options", index), text, data, WARNING)
