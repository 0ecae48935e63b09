"""What a requirement asks where it stands in a conflict: years, courses and amounts, and what there is instead."""

from __future__ import annotations

from collections.abc import Iterable

from optimizer.conflict.case import Atom, Case
from optimizer.conflict.requirement import Requirement
from optimizer.findings import supply_of
from optimizer.findings.finding import amount as told
from optimizer.findings.finding import dollars, some
from optimizer.findings.survey import Survey
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT, TRUNK


def where_of(case: Case, atoms: Iterable[Atom]) -> list[dict[str, object]]:
    """Courses and years of the parts of a requirement that are needed for a conflict.

    Returns:
        `course` (`trunk` or a scenario), `period` (None where it is about the whole course).
    """
    found: list[dict[str, object]] = []
    for _, course, period in atoms:
        if course in case.courses:
            found.append({"course": course, "period": period})
    return sorted(found, key=lambda row: (case.courses.index(str(row["course"])), int(str(row["period"] or 0))))


class Words:
    """Says what requirements ask, in the instance's own words."""

    def __init__(self, case: Case) -> None:
        """Say it of a case."""
        self.case = case
        self._survey: Survey | None = None

    def detail(self, requirement: Requirement, atoms: Iterable[Atom]) -> str:
        """What a requirement asks in the parts that are needed; empty where its text says all."""
        rows = where_of(self.case, atoms)
        kind = requirement.kind
        if kind == "demand":
            return self._demand(requirement, rows)
        if kind == "trust":
            return self._shut_out(requirement)
        by_course: dict[str, dict[str, list[int]]] = {}
        for row in rows:
            amounts = by_course.setdefault(str(row["course"]), {})
            if row["period"] is not None:
                amount = self._amount(requirement, str(row["course"]), int(str(row["period"])))
                amounts.setdefault(amount, []).append(int(str(row["period"])))
        return "; ".join(
            _at(course, ", ".join(f"{amount}{self._years(years)}" for amount, years in amounts.items()))
            for course, amounts in by_course.items()
            if amounts or course != TRUNK
        )

    def _years(self, years: list[int]) -> str:
        """Years in a row as a range."""
        periods = self.case.network.calendar.periods
        first, last = periods.index(years[0]), periods.index(years[-1])
        if len(years) > 2 and last - first + 1 == len(years):
            return f"{years[0]} to {years[-1]}"
        return ", ".join(map(str, years))

    def _amount(self, requirement: Requirement, course: str, period: int) -> str:
        case = self.case
        if requirement.kind == "target":
            level = case.tables[TRUNK].stock.targets[str(requirement.parts[0]), int(requirement.parts[1]), period]
            return f"{told(level)} t at the end of "
        budget = case.instance.policy.budget
        if requirement.name == "budget:annual" and budget.annual is not None:
            calendar = case.network.calendar
            return f"{dollars(calendar.mean(budget.annual, period) * calendar.years[period])} in "
        del course
        return ""

    def _demand(self, requirement: Requirement, rows: list[dict[str, object]]) -> str:
        d, i = str(requirement.parts[0]), int(requirement.parts[1])
        parts: dict[str, list[str]] = {}
        first: int | None = None
        for row in rows:
            course, period = str(row["course"]), int(str(row["period"]))
            tonnes = self.case.tables[course].demand.tonnes[d, i, period]
            parts.setdefault(course, []).append(f"{told(tonnes)} t in {period}")
            first = period if first is None else min(first, period)
        text = "; ".join(_at(course, ", ".join(found)) for course, found in parts.items())
        return text if first is None else f"{text}. {self._supply(d, i, first)}"

    def _supply(self, market: str, line: int, period: int) -> str:
        if self._survey is None:
            self._survey = Survey(network_of(self.case.instance))
        supply = supply_of(self._survey.network, market, line, period, survey=self._survey)
        text = (
            f"Trusted capacity on line in {period}: {told(supply.existing)} t/yr, "
            f"with every option {told(supply.possible)} t/yr"
        )
        soon = [f"{f} ({o}, on line {year})" for f, o, year in supply.earliest[:3]]
        return f"{text}; earliest: {', '.join(soon)}" if soon else f"{text}; no option could add to it"

    def _shut_out(self, requirement: Requirement) -> str:
        """Facilities that it alone keeps out somewhere, those with the most such activity first."""
        mine = self.case.columns.get(requirement.name)
        if mine is None:
            return ""
        others = {int(c) for name, columns in self.case.columns.items() if name != requirement.name for c in columns}
        alone = {int(c) for c in mine} - others
        found: dict[str, int] = {}
        for course in self.case.courses:
            place = self.case.problem.place[course]
            for i, (component, index) in enumerate(self.case.problem.blocks[course].columns):
                if component == "run" and int(place[i]) in alone:
                    key: tuple[str, str, str, str, int] = index  # type: ignore[assignment]
                    found[key[0]] = found.get(key[0], 0) + 1
        names = sorted(found, key=lambda f: (-found[f], f))
        return f"by itself it keeps out {some(names)}" if names else ""


def _at(course: str, text: str) -> str:
    if course in (TRUNK, INVESTMENT):
        return text
    return f"in scenario {course}{': ' if text else ''}{text}"
