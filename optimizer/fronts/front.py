"""What solves at some points say of all points: brackets, what is settled, what is solved next, what is dominated.

Where a key limits, every plan of a point is a plan of each looser one. So the cost at a point is at most that of any
plan known at a stricter point, and at least any bound proved at a looser one.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from optimizer.errors import OptionsError
from optimizer.fronts.sweeps import At, Sweep, points_of, tighter

FRONT, WITHIN, DOMINATED, CURVE = "front", "within the gap", "dominated", "curve"
INFEASIBLE = "infeasible"
ROUNDING = 1e-6
"""Relative: by so much a bound may pass the cost of a plan."""
EQUAL = 1e-9
"""Relative: plans that differ by no more cost the same."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a solve at a point found.

    Attributes:
        at: the point.
        status: `optimal`, `feasible`, `infeasible` or `no_plan`.
        why: in words.
        objective: of the plan, USD; None without one.
        bound: no plan of the point costs less, USD; None where nothing was proved.
        holds: stricter points at which the same plan holds, checked.
        gap: relative gap that was asked for.
        gap_usd: gap in USD that was.
        time_limit: seconds that it had.
        funded: facility:option:year.
        capex: USD.
        public_outlay: of the capex, USD.
        start: point of the plan that it began with; None without one.
        began: what became of that plan.
        limits: what the plan leaves of each sweep's limit, in words.
        cannot: losses that cannot be survived, where that is why there is no plan, as `survive` tells them.
        none_from: without a plan for the same reason is every point from this one on; None where `at` is that.
        rows: rows of losses that this solve came to, as JSON has them.
        resumed: cuts of Benders that it went on with, in words.
        seconds: time taken.
        cpu_seconds: processor time taken.
    """

    at: At
    status: str
    why: str
    objective: float | None = None
    bound: float | None = None
    holds: tuple[At, ...] = ()
    gap: float = 0.0
    gap_usd: float | None = None
    time_limit: float | None = None
    funded: tuple[str, ...] = ()
    capex: float = 0.0
    public_outlay: float = 0.0
    start: At | None = None
    began: str = ""
    limits: tuple[str, ...] = ()
    cannot: tuple[dict[str, Any], ...] = ()
    none_from: At | None = None
    rows: tuple[Any, ...] = ()
    resumed: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Bracket:
    """What is known of the least cost at a point.

    Attributes:
        low: it is at least this, USD; None where nothing is proved.
        high: it is at most this, USD; None where no plan is known.
        plan: of whose solve the plan is.
        infeasible: the solve that proved that there is no plan; None where that was not.
    """

    low: float | None
    high: float | None
    plan: Fact | None
    infeasible: Fact | None


@dataclass(slots=True)
class Front:
    """The grid and all that is known.

    Attributes:
        sweeps: what is swept.
        gap: relative gap at which a point is settled.
        gap_usd: gap in USD at which it is; None for off.
        time_limit: seconds of a solve; None for none.
        facts: solves so far; they may lie off the grid.
    """

    sweeps: Sequence[Sweep]
    gap: float
    gap_usd: float | None = None
    time_limit: float | None = None
    facts: list[Fact] = field(default_factory=list)
    _order: list[At] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Put the points in the order in which they are asked: ends before what is between them."""
        levels = [dict(zip(sweep.values, _levels(len(sweep.values)), strict=True)) for sweep in self.sweeps]
        place = {at: number for number, at in enumerate(points_of(self.sweeps))}

        def rank(at: At) -> tuple[int, int]:
            return max(level[value] for level, value in zip(levels, at, strict=True)), place[at]

        self._order = sorted(place, key=rank)

    @property
    def points(self) -> list[At]:
        """All points of the grid, in order."""
        return list(points_of(self.sweeps))

    def add(self, fact: Fact) -> None:
        """Take in what a solve found.

        Raises:
            OptionsError: a stricter point has a plan that costs less than every plan of a looser one can: the keys are
                no limit the way that was said.
        """
        self.facts.append(fact)
        if not any(sweep.claimed for sweep in self.sweeps):
            return
        for other in self.facts:
            for strict, loose in ((fact, other), (other, fact)):
                if strict.at == loose.at or not tighter(self.sweeps, strict.at, loose.at):
                    continue
                no_plan = loose.status == INFEASIBLE and strict.objective is not None
                if no_plan or _below(strict.objective, loose.bound):
                    names = " and ".join(sweep.name for sweep in self.sweeps if sweep.claimed)
                    raise OptionsError(
                        f"{names} did not limit {' and '.join(s.sense for s in self.sweeps if s.claimed)}: "
                        f"{_words(strict.at)} has a plan of {strict.objective:,.0f} USD, below all plans of "
                        f"{_words(loose.at)}; write KEY= instead of KEY<= or KEY>="
                    )

    def bracket(self, at: At) -> Bracket:
        """What is known of a point."""
        low: float | None = None
        high: float | None = None
        plan: Fact | None = None
        infeasible: Fact | None = None
        for fact in self.facts:
            nowhere = fact.status == INFEASIBLE and tighter(self.sweeps, at, fact.none_from or fact.at)
            if nowhere and (infeasible is None or fact.at == at):
                infeasible = fact
            if fact.bound is not None and tighter(self.sweeps, at, fact.at):  # what is proved of a looser point
                low = fact.bound if low is None else max(low, fact.bound)
            if fact.objective is None or not any(tighter(self.sweeps, q, at) for q in (fact.at, *fact.holds)):
                continue
            if high is None or fact.objective < high or (fact.objective == high and fact.at == at):
                high, plan = fact.objective, fact
        if low is not None and high is not None:
            low = min(low, high)
        return Bracket(low, high, plan, infeasible)

    def reached(self, bracket: Bracket) -> bool:
        """Whether a point's bracket is as narrow as was asked for."""
        if bracket.low is None or bracket.high is None:
            return False
        gap = bracket.high - bracket.low
        return gap <= self.gap * abs(bracket.high) or (self.gap_usd is not None and gap <= self.gap_usd)

    def settled(self, at: At) -> bool:
        """Whether a point needs no solve."""
        found = self.bracket(at)
        if found.infeasible is not None or self.reached(found):
            return True
        return any(self.stands(fact) for fact in self.facts if fact.at == at)

    def next(self, busy: Collection[At]) -> At | None:
        """The point that is solved next, given those that are being solved."""
        return next((at for at in self._order if at not in busy and not self.settled(at)), None)

    def left(self) -> int:
        """How many points are not settled."""
        return sum(not self.settled(at) for at in self._order)

    def start(self, at: At) -> Fact | None:
        """The solve whose plan a point begins with: of the nearest point, one that is known to hold before others."""
        index = [{value: i for i, value in enumerate(sweep.values)} for sweep in self.sweeps]

        def far(fact: Fact) -> tuple[float, bool, float]:
            steps = sum(
                abs(place.get(a, math.inf) - place[b]) if a != b else 0
                for place, a, b in zip(index, fact.at, at, strict=True)
            )
            holds = any(tighter(self.sweeps, q, at) for q in (fact.at, *fact.holds))
            return steps, not holds, fact.objective or 0.0

        return min((fact for fact in self.facts if fact.objective is not None), key=far, default=None)

    def stricter(self, at: At) -> list[At]:
        """Points that are not settled at which a plan of this point may hold, the nearest first."""
        found = [p for p in self.points if p != at and tighter(self.sweeps, p, at) and not self.settled(p)]
        index = [{value: i for i, value in enumerate(sweep.values)} for sweep in self.sweeps]
        return sorted(found, key=lambda p: (sum(place[v] for place, v in zip(index, p, strict=True)), p))

    def verdict(self, at: At) -> str:
        """Whether a point is on the front.

        `front`: every stricter point of the grid costs more, proved. `dominated`: a stricter point has a plan that
        costs no more than the best one known here. `within the gap`: the plan here costs less than those of all
        stricter points, but the gaps are too wide to prove that it must. `infeasible`; `no_plan`: none was found in
        time. `curve`: no key is known to limit, so that nothing dominates.
        """
        found = self.bracket(at)
        if found.infeasible is not None:
            return INFEASIBLE
        if found.high is None:
            return "no_plan"
        if not any(sweep.sense for sweep in self.sweeps):
            return CURVE
        verdict = FRONT
        for other in self.points:
            if other == at or not tighter(self.sweeps, other, at):
                continue
            there = self.bracket(other)
            if there.high is not None and there.high <= found.high + EQUAL * max(1.0, abs(found.high)):
                return DOMINATED
            if there.infeasible is None and (there.low is None or there.low <= found.high):
                verdict = WITHIN
        return verdict

    def stands(self, fact: Fact) -> bool:
        """Whether the same solve, asked now, would end no better."""
        if fact.status == INFEASIBLE:
            return True
        if fact.status == "optimal":
            return fact.gap <= self.gap and (fact.gap_usd or 0.0) <= (self.gap_usd or 0.0)
        return fact.time_limit is not None and self.time_limit is not None and fact.time_limit >= self.time_limit


def _levels(count: int) -> list[int]:
    """For each of so many values in a row: after how many halvings it is met; both ends are met at once."""
    found = [0] * count

    def halve(first: int, last: int, level: int) -> None:
        if last - first < 2:
            return
        middle = (first + last) // 2
        found[middle] = level
        halve(first, middle, level + 1)
        halve(middle, last, level + 1)

    halve(0, count - 1, 1)
    return found


def _below(cost: float | None, bound: float | None) -> bool:
    return cost is not None and bound is not None and cost < bound - ROUNDING * max(1.0, abs(bound))


def _words(at: Iterable[float]) -> str:
    return ", ".join(f"{value:g}" for value in at)
