"""When options can be funded, and when they then come on line, on the trunk and under delays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from optimizer.instance.fields import WHOLE
from optimizer.instance.instance import Instance
from optimizer.instance.records import Facility, Option
from optimizer.network.calendar import Calendar

Delays = Mapping[tuple[str, str], tuple[tuple[tuple[int, int, int], ...], ...]]
"""(facility, option) -> (from, end, years) of each delay, by scenario, the first to begin first."""


@dataclass(frozen=True, slots=True, order=True)
class Start:
    """One way to fund an option.

    Attributes:
        facility: facility.
        option: option.
        path: years of funding of the options before it, then its own; only its own where no delay can
            reach the options before it.
        course: the branch that funds it; empty where the plan does.
    """

    facility: str
    option: str
    path: tuple[int, ...]
    course: str = ""

    @property
    def year(self) -> int:
        """Year of funding."""
        return self.path[-1]

    @property
    def label(self) -> str:
        """The path as an index of a variable."""
        return ">".join(str(year) for year in self.path)


def chain(facility: Facility, option: Option) -> tuple[Option, ...]:
    """The options that must come before an option, first to last, the option itself included."""
    by_id = {item.id: item for item in facility.options}
    found = [option]
    while found[0].after is not None:
        found.insert(0, by_id[found[0].after])
    return tuple(found)


def ramp(option: Option, age: int) -> float:
    """Share of an option's size in a year of its life, from 0 in its first; 0 outside its life."""
    if age < 0 or (option.life is not None and age >= option.life):
        return 0.0
    return option.ramp[age] if age < len(option.ramp) else 1.0


def on_line(option: Option, age: int) -> float:
    """1 while an option is on line, else 0."""
    return 1.0 if age >= 0 and (option.life is None or age < option.life) else 0.0


@dataclass(slots=True)
class Starts:
    """All starts of an instance.

    Attributes:
        options: (facility, option) -> record, in the order of the files.
        years: (facility, option) -> periods in which it can be funded.
        paths: (facility, option) -> starts whose sum is 1 when it is funded.
        sequenced: the options whose starts know the options before them.
    """

    instance: Instance
    calendar: Calendar
    options: dict[tuple[str, str], Option]
    years: dict[tuple[str, str], tuple[int, ...]]
    paths: dict[tuple[str, str], tuple[Start, ...]]
    sequenced: frozenset[tuple[str, str]]

    def base(self, facility: str, option: str) -> str | None:
        """The option that must come before."""
        return self.options[facility, option].after

    def online(self, start: Start, delays: Delays | None = None) -> int:
        """First year on line. A delayed option's expansions begin when it is on line (design.md 3, delays)."""
        facility = self.instance.facilities[start.facility]
        option = self.options[start.facility, start.option]
        if delays is None or len(start.path) == 1:
            return self._delayed(start.facility, option, start.year, start.year + self.lead(start), delays)
        ready = start.path[0]
        steps = chain(facility, option)[-len(start.path) :]
        for step, year in zip(steps, start.path, strict=True):
            begun = max(year, ready)
            online = self._delayed(start.facility, step, year, begun + step.lead, delays)
            ready = online if online > year + step.lead else year
        return online

    def lead(self, start: Start) -> int:
        """Years from funding to first output; a branch may hurry."""
        option = self.options[start.facility, start.option]
        hurried = option.react.lead if start.course and option.react is not None else None
        return option.lead if hurried is None else hurried

    def _delayed(self, facility: str, option: Option, funded: int, online: int, delays: Delays | None) -> int:
        # A scenario that leaves another's branch finds what that one has delayed already.
        for blow in delays.get((facility, option.id), ()) if delays is not None else ():
            online += sum(years for since, end, years in blow if online >= since and funded < end)
        return online

    def size(self, start: Start, unit: str, period: int, online: int) -> float:
        """Capacity per year that a start gives a unit, the mean over a period."""
        option = self.options[start.facility, start.option]
        size = option.capacity.get(unit, 0.0)
        return size * self.calendar.mean_of(period, lambda year: ramp(option, year - online)) if size else 0.0

    def qualified(self, start: Start, unit: str, period: int, online: int, channel: str) -> float:
        """As `size`, for capacity that has been on line long enough to serve a channel."""
        option = self.options[start.facility, start.option]
        wait = self.wait(option, channel)
        size = option.capacity.get(unit, 0.0)
        return size * self.calendar.mean_of(
            period, lambda year: ramp(option, year - online) if year - online >= wait else 0.0
        )

    def share_on_line(self, start: Start, period: int, online: int) -> float:
        """Share of a period in which a start is on line."""
        option = self.options[start.facility, start.option]
        return self.calendar.mean_of(period, lambda year: on_line(option, year - online))

    def wait(self, option: Option, channel: str) -> int:
        """Years on line before an option may serve a channel: the longest asked by it or a looser channel."""
        order = list(self.instance.channels)
        return max(
            (years for name, years in option.qualification.items() if order.index(name) >= order.index(channel)),
            default=0,
        )

    def credit(self, start: Start) -> float:
        """End-of-horizon credit, USD of the base year: unexpired life, straight-line. Source: design.md 3, `life`.

        What a branch paid for hurry is worth nothing then.
        """
        option = self.options[start.facility, start.option]
        online = self.online(start)
        end = self.calendar.end_year
        if option.life is None or online >= end:
            return 0.0
        unexpired = max(0, online + option.life - end)
        return option.capex * unexpired / option.life * self.calendar.discount_of(end)

    def spend(self, start: Start) -> tuple[tuple[int, float], ...]:
        """(year, USD) of capex, undiscounted."""
        option = self.options[start.facility, start.option]
        shares = option.spend if option.spend is not None else (1.0,)
        capex = option.capex
        if start.course and option.react is not None:
            capex *= option.react.capex_factor
        return tuple((start.year + index, capex * share) for index, share in enumerate(shares) if share > 0)

    def capex(self, start: Start) -> float:
        """Discounted capex, USD of the base year."""
        return math.fsum(usd * self.calendar.discount_of(year) for year, usd in self.spend(start))


def units_of(facility: Facility) -> tuple[str, ...]:
    """Units of a facility; one nameless unit where capacity is plain."""
    named = [*facility.capacity, *(unit for option in facility.options for unit in option.capacity)]
    found = [unit for unit in dict.fromkeys(named) if unit != WHOLE]
    return tuple(found) if found else (WHOLE,)


def unit_of(instance: Instance, facility: str, recipe: str) -> str:
    """The unit of a facility that a recipe runs on."""
    record = instance.facilities[facility]
    if units_of(record) == (WHOLE,):
        return WHOLE
    return record.recipes[recipe].unit or instance.recipes[recipe].unit or WHOLE


def starts_of(instance: Instance, calendar: Calendar, delayed: frozenset[tuple[str, str]]) -> Starts:
    """All starts of an instance.

    Args:
        instance: the instance.
        calendar: its calendar.
        delayed: options that some scenario delays; expansions of these need to know when those were funded.
    """
    options = {(name, o.id): o for name, f in instance.facilities.items() for o in f.options}
    years: dict[tuple[str, str], tuple[int, ...]] = {}
    paths: dict[tuple[str, str], tuple[Start, ...]] = {}
    sequenced: set[tuple[str, str]] = set()
    for name, facility in instance.facilities.items():
        for option in sorted(facility.options, key=lambda item: len(chain(facility, item))):
            key = (name, option.id)
            possible = [t for t in calendar.periods if may_fund(option, t) and t + option.lead < calendar.end_year]
            before = chain(facility, option)[:-1]
            if before:
                base = options[name, before[-1].id]
                ready = [t + base.lead for t in years[name, base.id]]
                possible = [t for t in possible if any(year < calendar.span[t].stop for year in ready)]
            years[key] = tuple(possible)
            if any((name, item.id) in delayed for item in before):
                sequenced.add(key)
                base_paths = _paths_of(paths, name, before[-1].id, years)
                paths[key] = tuple(
                    Start(name, option.id, (*path, t))
                    for path in base_paths
                    for t in possible
                    if path[-1] + before[-1].lead < calendar.span[t].stop
                )
            else:
                paths[key] = tuple(Start(name, option.id, (t,)) for t in possible)
    return Starts(instance, calendar, options, years, paths, frozenset(sequenced))


def _paths_of(
    paths: Mapping[tuple[str, str], tuple[Start, ...]],
    name: str,
    base: str,
    years: Mapping[tuple[str, str], tuple[int, ...]],
) -> list[tuple[int, ...]]:
    known = paths[name, base]
    return [start.path for start in known] if known else [(t,) for t in years[name, base]]


def may_fund(option: Option, year: int) -> bool:
    """Whether a year lies in an option's window."""
    return (option.earliest is None or year >= option.earliest) and (option.latest is None or year <= option.latest)
