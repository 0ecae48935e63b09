"""Repairs: for each requirement of a conflict the least change of it that, by itself, restores a plan."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.conflict.case import Case, held
from optimizer.conflict.change import (
    Change,
    with_channel,
    with_options,
    with_rule,
    without,
)
from optimizer.conflict.lever import Lever, lever_of
from optimizer.conflict.oracle import Oracle
from optimizer.conflict.requirement import Requirement
from optimizer.conflict.share import Shares, shares_of
from optimizer.findings.finding import some
from optimizer.instance.policy import Forbid
from optimizer.solver.compile import Problem, Vector
from optimizer.solver.highs import run as solve
from optimizer.solver.limit import Stopped
from optimizer.solver.options import Options

FINE = 1e-3
"""Shares are sought to this."""
GAP = 1e-4
"""Relative gap within which a least change is the least."""


@dataclass(slots=True)
class Repairer:
    """Seeks repairs in a case in which all requirements hold but the one that is loosened.

    Attributes:
        case: the courses looked at.
        oracle: over the case's requirements.
        off: requirements that are taken not to hold, for other conflicts stand in them.
    """

    case: Case
    oracle: Oracle
    off: frozenset[str] = frozenset()

    def of(self, requirement: Requirement) -> Iterator[Change]:
        """The least changes of one requirement, each by itself; none where even without it there is no plan.

        Raises:
            Stopped: the limit was reached.
        """
        name = requirement.name
        rest = [other for other in self.case.names if other != name and other not in self.off]
        answer = self.oracle.ask(rest)
        if not answer.feasible:
            return
        lever = lever_of(self.case, requirement)
        if lever is not None:
            yield from self._least(lever)
        number = int(requirement.parts[0]) if requirement.kind == "rule" else None
        shares = None if number is None else shares_of(self.case, number)
        if shares is not None:
            yield from self._shares(requirement, shares)
        if requirement.kind == "trust":
            yield from self._trust(requirement)
        elif requirement.kind == "window":
            yield from self._window(requirement)
        elif lever is None and shares is None:
            yield self._dropped(requirement)

    def _dropped(self, requirement: Requirement) -> Change:
        made = without(self.case.instance, requirement)
        words = {
            "claim": "the claim were given up", "rejoin": "it had a price, so that it could be bought back",
            "friction": "it could", "requalification": "they need not", "qualification": "it were qualified at once",
        }  # fmt: skip
        text = words.get(requirement.kind, "it were dropped")
        if requirement.kind == "rule":
            rule = self.case.instance.policy.rules[int(requirement.parts[0])]
            text = (
                f"{rule.facility} might be funded"
                if isinstance(rule, Forbid)
                else f"rule {requirement.parts[0]} were dropped"
            )
        return Change(requirement.name, requirement.path, None, "", None, text, made)

    def all_on(self) -> Problem:
        """The problem in which all requirements hold."""
        return held(self.case.problem, self.oracle.units, [n for n in self.oracle.units if n not in self.off])

    def _least(self, lever: Lever) -> Iterator[Change]:
        found = self.least_of(lever)
        if found is not None and found[0]:
            yield lever.change(*found)

    def least_of(self, lever: Lever) -> tuple[dict[int | None, float], float] | None:
        """The values of a lever's columns that are over 0 where their sum is least, and a bound on it.

        Returns:
            None where no values give a plan.

        Raises:
            Stopped: the limit was reached.
        """
        raw = self.run(lever.attached(self.all_on()), GAP)
        if raw is None:
            return None
        values, bound = raw
        own = values[-len(lever.keys) :]
        tiny = 1e-7 * max(1.0, float(np.max(own, initial=0.0)))
        chosen = {key: float(x) for key, x in zip(lever.keys, own, strict=True) if x > tiny}
        return chosen, bound * lever.size

    def run(self, problem: Problem, gap: float) -> tuple[Vector, float] | None:
        """A point and a bound; None where the problem has none.

        Raises:
            Stopped: the limit was reached.
        """
        limit = self.oracle.limit
        if how := limit.reached():
            raise Stopped(how)
        options = dataclasses.replace(self.oracle.options, gap=gap)
        raw = solve(problem, options, phase=self.oracle.phase, stop=limit.stop, deadline=limit.deadline, interior=False)
        if raw.ended in ("limit", "interrupted"):
            raise Stopped(raw.ended)
        if raw.values is None or raw.objective is None:
            return None
        return raw.values, raw.bound if raw.bound is not None else raw.objective

    def possible(self, problem: Problem) -> Vector | None:
        """A point of a problem; None where there is none.

        Raises:
            Stopped: the limit was reached.
        """
        found = self.run(dataclasses.replace(problem, objective=np.zeros(problem.columns)), GAP)
        return None if found is None else found[0]

    def _shares(self, requirement: Requirement, shares: Shares) -> Iterator[Change]:
        base = self.all_on()
        rule, instance = shares.rule, self.case.instance
        good, bad = (1.0, shares.strictest) if shares.at_most else (0.0, shares.strictest)
        while abs(good - bad) > FINE * 1.5:
            middle = round((good + bad) / 2, 3)
            if middle in (good, bad):
                break
            if self.possible(shares.asked(base, middle)) is None:
                bad = middle
            else:
                good = middle
        series = shares.loosened(good)
        nothing = good in (0.0, 1.0) and good != shares.strictest
        word = "more" if shares.at_most else "less"
        text = f"rule {shares.number} asked for {word}: {good:.3g} instead of {shares.strictest:.3g}"
        text = f"rule {shares.number} were dropped" if nothing else text
        path = f"{requirement.path}.share"
        made = with_rule(instance, shares.number, rule.model_copy(update={"share": series}))
        yield Change(
            requirement.name,
            path,
            abs(good - shares.strictest),
            "share",
            abs(bad - shares.strictest),
            text,
            made,
            series.plain(),
        )
        years = sorted(set(shares.period))
        later = [t for t in self.case.network.calendar.periods if t > years[0]]
        first = self._first(later, lambda t: self.possible(shares.since(base, t)) is not None)
        if first is not None:
            begun = shares.begun(first)
            by = first - years[0]
            made = with_rule(instance, shares.number, rule.model_copy(update={"share": begun}))
            text = f"rule {shares.number} began in {first} and not in {years[0]}"
            yield Change(requirement.name, path, float(by), "years", float(by), text, made, begun.plain())

    @staticmethod
    def _first(values: Sequence[int], works: Callable[[int], bool]) -> int | None:
        """The first of rising values that works, where all after one that works do too."""
        low, high = 0, len(values)
        while low < high:
            middle = (low + high) // 2
            if works(values[middle]):
                high = middle
            else:
                low = middle + 1
        return values[low] if low < len(values) else None

    def _opened(self, name: str, opened: Callable[[int], bool]) -> Problem:
        """The problem in which a requirement lets go of some of its columns."""
        problem = self.all_on()
        most = problem.upper.copy()
        kept = np.zeros(problem.columns, dtype=bool)
        for other, unit in self.oracle.units.items():
            if other != name and other not in self.off:
                kept[unit.columns] = True
        for column in self.oracle.units[name].columns:
            if opened(int(column)) and not kept[column]:
                most[column] = self.case.problem.upper[column]
        return dataclasses.replace(problem, upper=most)

    def _trust(self, requirement: Requirement) -> Iterator[Change]:
        name, channel, kind = requirement.name, str(requirement.parts[0]), str(requirement.parts[1])
        if kind == "tier":
            yield from self._tiers(requirement)
            return
        exposure = self.case.exposure
        mine = self.case.columns[name]
        levels = sorted({math.ceil(exposure[name, int(c)] * 1e6 - 1e-6) / 1e6 for c in mine})

        def point(cap: float) -> Vector | None:
            return self.possible(self._opened(name, lambda c: exposure[name, c] <= cap + 1e-9))

        number = self._first(range(len(levels)), lambda i: point(levels[i]) is not None)
        if number is None:
            return
        cap = levels[number]
        who = self._runs_there(point(cap), mine)
        now = {str(k): value for k, value in self.case.instance.channels[channel].max_exposure.items()}
        made = with_channel(self.case.instance, channel, {"max_exposure": {**now, kind: cap}})
        text = f"{channel} allowed exposure by {kind} of {cap:.4g} instead of {now[kind]:g}: {some(who)} could make it"
        yield Change(name, requirement.path, cap - now[kind], "share", cap - now[kind], text, made, cap)

    def _tiers(self, requirement: Requirement) -> Iterator[Change]:
        name, channel = requirement.name, str(requirement.parts[0])
        instance, calendar = self.case.instance, self.case.network.calendar
        listed = instance.channels[channel].tiers or ()
        seen = {
            str(s.raw(y, calendar.first_year))
            for s in instance.countries.values()
            for t in calendar.periods
            for y in calendar.span[t]
        }
        trust = self.case.network.trust
        where = {}
        for course in self.case.courses:
            place = self.case.problem.place[course]
            for i, (component, index) in enumerate(self.case.problem.blocks[course].columns):
                if component == "run":
                    where[int(place[i])] = index
        for tier in sorted(seen - set(listed)):
            allowed = {*listed, tier}

            def opened(column: int, allowed: set[str] = allowed) -> bool:
                run_index: tuple[str, str, str, str, int] = where[column]  # type: ignore[assignment]
                country = instance.facilities[run_index[0]].country
                return all(trust.tier(country, y) in allowed for y in calendar.span[run_index[4]])

            point = self.possible(self._opened(name, opened))
            if point is None:
                continue
            made = with_channel(instance, channel, {"tiers": (*listed, tier)})
            who = self._runs_there(point, self.case.columns[name])
            text = f"{channel} might be made in countries of tier {tier} too: {some(who)} could make it"
            yield Change(name, requirement.path, None, "", None, text, made, [*listed, tier])

    def _runs_there(self, point: Vector | None, columns: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[str]:
        """Facilities that run in some columns, those that run most first."""
        if point is None:
            return []
        among = set(columns.tolist())
        found: dict[str, float] = {}
        for course in self.case.courses:
            place = self.case.problem.place[course]
            for i, (component, index) in enumerate(self.case.problem.blocks[course].columns):
                column = int(place[i])
                if component == "run" and column in among and point[column] > 1e-6:
                    key: tuple[str, str, str, str, int] = index  # type: ignore[assignment]
                    found[key[0]] = found.get(key[0], 0.0) + float(point[column])
        return sorted(found, key=lambda f: -found[f])

    def _window(self, requirement: Requirement) -> Iterator[Change]:
        name, (f, o) = requirement.name, (str(requirement.parts[0]), str(requirement.parts[1]))
        instance = self.case.instance
        option = next(item for item in instance.facilities[f].options if item.id == o)
        year_of = {
            column: t
            for t in self.case.network.starts.years[f, o]
            if (column := self.case.column("investment", "fund", (f, o, t))) is not None
        }
        mine = {int(c): year_of[int(c)] for c in self.case.columns[name] if int(c) in year_of}
        early = sorted((y for y in mine.values() if option.earliest is not None and y < option.earliest), reverse=True)
        late = sorted(y for y in mine.values() if option.latest is not None and y > option.latest)

        def works(low: float, high: float) -> bool:
            return self.possible(self._opened(name, lambda c: c in mine and low <= mine[c] <= high)) is not None

        sooner = self._first(range(len(early)), lambda i: works(early[i], option.earliest or 0))
        if sooner is not None and option.earliest is not None:
            year = early[sooner]
            by = option.earliest - year
            text = f"{f}'s {o} could be funded {years_of(by)} earlier, in {year}"
            made = with_options(instance, f, lambda x: {"earliest": year} if x.id == o else {})
            yield Change(name, f"{requirement.path}.earliest", float(by), "years", float(by), text, made, year)
        later = self._first(range(len(late)), lambda i: works(option.latest or 0, late[i]))
        if later is not None and option.latest is not None:
            last = late[later]
            by = last - option.latest
            text = f"{f}'s {o} could be funded {years_of(by)} later, in {last}"
            made = with_options(instance, f, lambda x: {"latest": last} if x.id == o else {})
            yield Change(name, f"{requirement.path}.latest", float(by), "years", float(by), text, made, last)


def years_of(number: int) -> str:
    """So many years in words."""
    return "a year" if number == 1 else f"{number} years"


def options_for(time_limit: float | None, threads: int | None, seed: int) -> Options:
    """Options of the small solves: any plan will do."""
    return Options("extensive", GAP, None, time_limit, threads, seed)
