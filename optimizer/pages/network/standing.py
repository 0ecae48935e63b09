"""What each facility is in each period of a course: standing, funded, not trusted, lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from optimizer.network.tables import TRUNK
from optimizer.pages.network.courses import Future, courses_of, futures_of, periods_of
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

NOTHING, STANDS, BUILDING, ON_LINE, UNTRUSTED, CUT, LOST = "0123456"
"""What a facility is. A letter for each period of a course is what a page has of it."""
WORDS = {
    STANDS: "standing, nothing funded",
    BUILDING: "funded, being built or expanded",
    ON_LINE: "funded, on line, new or expanded",
    UNTRUSTED: "not trusted (exposure 1)",
    CUT: "cut back in this future",
    LOST: "lost, or late, in this future",
}
LEAST = 1e-9
"""Capacity, or loss of it, that counts."""


@dataclass(slots=True)
class Standing:
    """What every facility is.

    Attributes:
        periods: first years.
        futures: the undisrupted one first.
        courses: the trunk first.
        of: facility -> course -> a letter for each period.
        kept: (course, period, facility) -> share of its capacity on the trunk that is left, where it is under 1.
        orders: (course, facility) -> (option, funded, on line) of each that is funded.
    """

    periods: tuple[int, ...]
    futures: tuple[Future, ...]
    courses: tuple[str, ...]
    of: dict[str, dict[str, str]] = field(default_factory=dict)
    kept: dict[tuple[str, int, str], float] = field(default_factory=dict)
    orders: dict[tuple[str, str], list[tuple[str, int, int]]] = field(default_factory=lambda: defaultdict(list))

    def counts(self, future: int, period: int) -> dict[str, int]:
        """How many facilities are what, in a period (by number) of a future (by number)."""
        course = self.futures[future].path[period]
        found = dict.fromkeys(WORDS, 0)
        for letters in self.of.values():
            letter = letters.get(course, letters[TRUNK])[period]
            if letter != NOTHING:
                found[letter] += 1
        return found


def standing_of(plan: Plan) -> Standing:
    """What every facility is in every period of every course, from the tables of a plan."""
    periods = periods_of(plan)
    futures = futures_of(plan, periods)
    made = Standing(periods, futures, courses_of(futures))
    size: dict[tuple[str, int, str], float] = defaultdict(float)
    stands, on_line = set(), set()
    for row in rows_of(plan.capacity):
        key = (row.scenario, int(row.period), row.facility)
        size[key] += float(row.capacity)
        if row.existing > LEAST:
            stands.add(key)
        if row.funded > LEAST:
            on_line.add(key)
    for row in rows_of(plan.portfolio):
        made.orders[TRUNK, row.facility].append((row.option, int(row.funded), int(row.online)))
    for row in rows_of(plan.reactions):
        made.orders[row.scenario, row.facility].append((row.option, int(row.funded), int(row.online)))
    untrusted = _untrusted(plan)
    covered = {(course, year) for course, year, _ in size}
    for course in made.courses:
        for facility in plan.instance.facilities:
            orders = [*made.orders.get((TRUNK, facility), []), *made.orders.get((course, facility), [])]
            letters = ""
            for year in periods:
                key, usual = (course, year, facility), size.get((TRUNK, year, facility), 0.0)
                if (course, year) in covered and size.get(key, 0.0) < usual * (1.0 - LEAST):
                    made.kept[key] = size.get(key, 0.0) / usual
                letters += _letter(
                    stands=key in stands or (TRUNK, year, facility) in stands,
                    on_line=key in on_line or any(online <= year for _, _, online in orders),
                    building=any(funded <= year < online for _, funded, online in orders),
                    untrusted=(year, facility) in untrusted,
                    kept=made.kept.get(key, 1.0),
                )
            mine = made.of.setdefault(facility, {})
            if course == TRUNK or letters != mine[TRUNK]:
                mine[course] = letters
    return made


def _letter(*, stands: bool, on_line: bool, building: bool, untrusted: bool, kept: float) -> str:
    if not (stands or on_line or building):
        return NOTHING
    if kept < 1.0 and (stands or on_line):
        return LOST if kept <= LEAST else CUT
    if untrusted:
        return UNTRUSTED
    return BUILDING if building and not on_line else ON_LINE if on_line else STANDS


def _untrusted(plan: Plan) -> set[tuple[int, str]]:
    """Facilities whose exposure by location or ownership is 1 in a period, whatever is funded there."""
    least: dict[tuple[int, str], float] = {}
    for row in rows_of(plan.exposure):
        key = (int(row.period), row.facility)
        worst = max((float(one) for one in (row.location, row.ownership) if one == one), default=0.0)  # noqa: PLR0124
        least[key] = min(least.get(key, 1.0), worst)
    return {key for key, worst in least.items() if worst >= 1.0 - LEAST}


def told(counts: Mapping[str, int]) -> str:
    """Numbers of facilities in words."""
    return ", ".join(f"{counts[letter]} {words}" for letter, words in WORDS.items() if counts[letter])


def changes(standing: Standing, years: Sequence[int]) -> Iterator[tuple[int, dict[str, int]]]:
    """What facilities are in each year without a disruption."""
    for number, year in enumerate(years):
        yield year, standing.counts(0, number)
