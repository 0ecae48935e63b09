"""Reactions that no branch can make."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.findings.finding import NOTE, WARNING, Finding, some, years
from optimizer.findings.survey import Survey
from optimizer.instance.records import Option
from optimizer.network.effects import Window
from optimizer.network.starts import may_fund


def idle_reaction(survey: Survey) -> Iterator[Finding]:
    """Every option that reacts could be funded in some branch, and be on line before that is over."""
    network = survey.network
    reacts = [
        (name, number, option)
        for name, record in survey.instance.facilities.items()
        for number, option in enumerate(record.options)
        if option.react is not None
    ]
    if reacts and not network.windows:
        names = [f"{name}:{option.id}" for name, _, option in reacts]
        text = f"What may react ({some(names)}) never does: no scenario has effects, so there is no branch to fund it."
        yield Finding("idle_reaction", ("scenarios",), text, {"options": names, "why": "no_branch"}, NOTE)
        return
    able = {(start.facility, start.option) for found in network.reactions.values() for start in found}
    for name, number, option in reacts:
        if (name, option.id) not in able:
            why, words = _why(survey, name, option)
            text = f"Option {option.id} of {name} may react and never can: {words}."
            data = {"facility": name, "option": option.id, "why": why}
            yield Finding("idle_reaction", ("facilities", name, "options", number, "react"), text, data, WARNING)


def _why(survey: Survey, facility: str, option: Option) -> tuple[str, str]:
    """Why no branch can fund an option: a word, and in words."""
    if (facility, option.id) in survey.forbidden:
        return "forbidden", "a rule forbids it"
    windows = survey.network.windows.values()
    within = sorted({t for window in windows for t in window.periods if may_fund(option, t)})
    if not within:
        early, late = option.earliest or "", option.latest or ""
        when = years(t for window in windows for t in window.periods)
        return "window", f"it may be funded in {early}..{late}, and branches run in {when}"
    assert option.react is not None
    lead = option.lead if option.react.lead is None else option.react.lead
    if not any(_in_time(survey, window, option, lead) for window in windows):
        last = max(survey.calendar.span[window.periods[-1]].stop - 1 for window in windows)
        words = f"funded in {within[0]} at the earliest it is on line in {within[0] + lead}, when no branch"
        return "late", f"{words} that could fund it lasts any more (the last ends with {last})"
    return "after", "what it follows is never on line in time in a branch, or what happens there delays it"


def _in_time(survey: Survey, window: Window, option: Option, lead: int) -> bool:
    """Whether an option could be on line before a branch is over, if nothing delayed it and it followed nothing."""
    stop = survey.calendar.span[window.periods[-1]].stop
    return any(may_fund(option, t) and t + lead < stop for t in window.periods)
