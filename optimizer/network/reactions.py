"""What branches may fund once their disruption has struck: when, and when it is then on line.

A branch funds from its own onset on, within an option's window of years, what can come on line before the future is
back on the trunk. Whoever leaves a branch takes along what that one has funded by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from optimizer.instance.instance import Instance
from optimizer.instance.policy import Forbid
from optimizer.instance.records import Option
from optimizer.network.calendar import Calendar
from optimizer.network.effects import Window
from optimizer.network.starts import Delays, Start, Starts, chain, may_fund

Reactions = Mapping[str, tuple[Start, ...]]
"""Branch -> what it may fund itself; branches that may fund nothing are left out."""


def without_reactions(instance: Instance) -> Instance:
    """The instance in which no branch funds anything; the same one where none may."""
    if not any(option.react is not None for record in instance.facilities.values() for option in record.options):
        return instance
    facilities = {}
    for name, record in instance.facilities.items():
        options = tuple(option.model_copy(update={"react": None}) for option in record.options)
        facilities[name] = record.model_copy(update={"options": options})
    return instance.model_copy(update={"facilities": facilities})


def reacting(instance: Instance) -> list[tuple[str, Option]]:
    """Facility and option of all that a branch may fund, each after the options that must come before it."""
    forbidden = {(rule.facility, rule.option) for rule in instance.policy.rules if isinstance(rule, Forbid)}
    return [
        (name, option)
        for name, record in instance.facilities.items()
        for option in sorted(record.options, key=lambda item: len(chain(record, item)))
        if option.react is not None and not forbidden & {(name, None), (name, option.id)}
    ]


def reactions_of(
    starts: Starts, windows: Mapping[str, Window], delays: Callable[[Window], Delays | None]
) -> dict[str, tuple[Start, ...]]:
    """What each branch may fund itself.

    Args:
        starts: when options can be funded.
        windows: scenario -> its branch.
        delays: of a branch.
    """
    options = reacting(starts.instance)
    if not options:
        return {}
    found: dict[str, tuple[Start, ...]] = {}
    for course in sorted(windows, key=lambda name: windows[name].onset):
        mine = windows[course]
        late = delays(mine)
        known = list(inherited(found, windows, course))
        own: list[Start] = []
        for name, option in options:
            for t in mine.periods:
                start = Start(name, option.id, (t,), course)
                ready = option.after is None or any(
                    starts.online(before, late) < starts.calendar.span[t].stop
                    for before in (*starts.paths[name, option.after], *known, *own)
                    if (before.facility, before.option) == (name, option.after)
                )
                last = _until(starts.calendar, windows, course, t)
                if ready and may_fund(option, t) and starts.online(start, late) < last:
                    own.append(start)
        if own:
            found[course] = tuple(own)
    return {course: found[course] for course in windows if course in found}


def inherited(reactions: Reactions, windows: Mapping[str, Window], course: str) -> Iterator[Start]:
    """What the branches that a branch comes from may have funded before it left them."""
    mine = windows[course]
    while mine.leaves is not None:
        left, before = mine.leaves, mine.onset
        yield from (start for start in reactions.get(left, ()) if start.year < before)
        mine = windows[left]


def _until(calendar: Calendar, windows: Mapping[str, Window], course: str, t: int) -> int:
    """The first year in which no future that has a funding of a branch in t is in a branch any more."""
    until = windows[course].until
    ends = [calendar.end_year if until is None else until]
    ends += [
        _until(calendar, windows, name, t)
        for name, other in windows.items()
        if other.leaves == course and other.onset > t
    ]
    return max(ends)
