"""Whether some requirements can be met together: asked of the linear relaxation first, then of the integer problem."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.conflict.case import Unit, held
from optimizer.errors import SolveError
from optimizer.solver.compile import Indices, Problem, Vector
from optimizer.solver.highs import Progress, Raw, Report, run
from optimizer.solver.limit import Limit, Stopped
from optimizer.solver.options import Options

Names = frozenset[Hashable]

CLEAR = 1e-9
"""A requirement holds at a point where its rows do within this share of their size; else it is not relied on."""
LEAST_DUAL = 1e-7
"""A dual, in units of its row's largest coefficient, below which a row has no part in a proof."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a set of requirements.

    Attributes:
        feasible: whether they can be met together.
        core: where not, those of them that suffice for that.
        relaxed: where not, whether the linear relaxation proves it.
        point: where they can, a plan's columns; None where a set with more of them was known to be feasible.
    """

    feasible: bool
    core: Names = frozenset()
    relaxed: bool = False
    point: Vector | None = None


@dataclass(slots=True)
class Oracle:
    """Answers whether sets of units can hold together, and remembers.

    Attributes:
        problem: with all units on or off.
        units: by name, in order: what a planner wants first.
        options: of the solver.
        limit: what ends it early.
        report: called with progress.
        phase: what is being done, for progress.
        idle: columns of operations: where a plan that operates nothing will do, it is found in no time.
        tests: sets put to the solver.
        linear: of these, settled as infeasible by the linear relaxation.
    """

    problem: Problem
    units: Mapping[Hashable, Unit]
    options: Options
    limit: Limit
    report: Report | None = None
    phase: str = "testing"
    idle: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    tests: int = 0
    linear: int = 0
    _can: list[Names] = field(default_factory=list)
    _cannot: list[tuple[Names, bool]] = field(default_factory=list)

    def ask(self, names: Collection[Hashable]) -> Answer:
        """Whether some units can hold together.

        Raises:
            Stopped: the limit was reached.
            SolveError: the solver failed.
        """
        asked = frozenset(names)
        if any(asked <= known for known in self._can):
            return Answer(True)
        for known, relaxed in self._cannot:
            if known <= asked:
                return Answer(False, known, relaxed)
        self.tests += 1
        answer = self._solve(asked)
        if answer.feasible:
            assert answer.point is not None
            self._can.append(self.holding(answer.point) | asked)
        else:
            self._cannot.append((answer.core, answer.relaxed))
        return answer

    def ways_out(self) -> list[Names]:
        """Sets of units without which the rest is known to hold."""
        everything = frozenset(self.units)
        return [everything - known for known in self._can]

    def holding(self, point: Vector) -> Names:
        """The units that hold at a point beyond doubt."""
        activity = self.problem.matrix @ point
        size = np.maximum(1.0, abs(self.problem.matrix) @ abs(point))
        lower, upper = self.problem.row_lower, self.problem.row_upper
        with np.errstate(invalid="ignore"):
            broken = (activity < lower - CLEAR * size) | (activity > upper + CLEAR * size)
        used = point > CLEAR
        return frozenset(
            name for name, unit in self.units.items() if not broken[unit.rows].any() and not used[unit.columns].any()
        )

    def _solve(self, asked: Names) -> Answer:
        problem = held(self.problem, self.units, asked)
        if self.idle.size:
            most = problem.upper.copy()
            most[self.idle] = np.minimum(most[self.idle], 0.0)
            raw = self._run(dataclasses.replace(problem, upper=most), "nothing operated")
            if raw.values is not None:
                return Answer(True, point=raw.values)
        relaxed = dataclasses.replace(problem, integer=np.zeros_like(problem.integer))
        if self._run(relaxed, "relaxed").ended == "infeasible":
            self.linear += 1
            return Answer(False, self._core(asked), True)
        raw = self._run(problem, "whole")
        if raw.ended == "infeasible":
            return Answer(False, asked)
        return Answer(True, point=raw.values)

    def _run(self, problem: Problem, what: str, clean: bool = True) -> Raw:
        """Solve; a limit reached is an exception.

        Raises:
            Stopped: the limit was reached.
        """
        if how := self.limit.reached():
            raise Stopped(how)
        raw = run(
            problem,
            self.options,
            phase=self.phase,
            report=self._named(what),
            stop=self.limit.stop,
            deadline=self.limit.deadline,
            clean=clean,
            interior=False,
        )
        if raw.ended in ("limit", "interrupted"):
            raise Stopped(raw.ended)
        return raw

    def _named(self, what: str) -> Report | None:
        """Progress of a solve whose objective means nothing to a reader."""
        report = self.report
        if report is None:
            return None
        phase = f"{self.phase}, test {self.tests} ({what})"
        report(Progress(phase, 0.0, None, None, 0))
        return lambda _: report(Progress(phase, 0.0, None, None, 0))

    def _core(self, asked: Names) -> Names:
        """Those of some units that suffice for the relaxation to be infeasible.

        The least sum of what is missing is a linear program; rows without a dual and columns that would not be used
        have no part in it. That the rest is infeasible is asked again.
        """
        problem, _ = elastic(self.problem, self.units, frozenset(), asked, whole=False)
        raw = self._run(problem, "why")
        if raw.values is None or raw.duals is None:
            raise SolveError("what is missing at least could not be found")
        scale = scale_of(problem)
        priced = abs(raw.duals) * scale > LEAST_DUAL
        wanted = (self.problem.matrix.T @ raw.duals)[: self.problem.columns] > LEAST_DUAL
        core = {name for name in asked if priced[self.units[name].rows].any()}
        open_: npt.NDArray[np.bool_] = wanted.copy()
        for name in core:
            open_[self.units[name].columns] = False
        rest = [name for name in self.units if name in asked and name not in core]
        while rest:  # each column that would be used needs one of those that keep it at 0
            best = max(rest, key=lambda name: int(open_[self.units[name].columns].sum()))
            if not open_[self.units[best].columns].any():
                break
            core.add(best)
            open_[self.units[best].columns] = False
            rest.remove(best)
        found = frozenset(core)
        if found == asked:
            return asked
        less = held(self.problem, self.units, found)
        proof = self._run(dataclasses.replace(less, integer=np.zeros_like(less.integer)), "checking")
        return found if proof.ended == "infeasible" else asked

    def nearest(self, hard: Names) -> Answer:
        """A point where some units hold and the others fail by little in all; those that hold there come with it.

        Raises:
            Stopped: the limit was reached.
        """
        rest = frozenset(self.units) - hard
        problem, _ = elastic(self.problem, self.units, hard, rest, whole=True)
        self.tests += 1
        loose = dataclasses.replace(self.options, gap=0.05)
        if how := self.limit.reached():
            raise Stopped(how)
        named = self._named("nearest")
        raw = run(
            problem,
            loose,
            phase=self.phase,
            report=named,
            stop=self.limit.stop,
            deadline=self.limit.deadline,
            interior=False,
        )
        if raw.ended in ("limit", "interrupted"):
            raise Stopped(raw.ended)
        if raw.values is None:
            return Answer(False, hard)
        point = raw.values[: self.problem.columns]
        holding = self.holding(point) | hard
        self._can.append(holding)
        return Answer(True, holding, point=point)


def scale_of(problem: Problem) -> Vector:
    """The largest coefficient of each row."""
    largest: Vector = np.asarray(abs(problem.matrix).max(axis=1).todense(), dtype=np.float64).ravel()
    return np.maximum(largest, 1e-9)


def elastic(
    problem: Problem, units: Mapping[Hashable, Unit], hard: Names, soft: Collection[Hashable], *, whole: bool
) -> tuple[Problem, list[tuple[int, int]]]:
    """The problem in which some units hold, some may fail at a price, and the rest are off.

    Args:
        problem: without objective.
        units: by name.
        hard: units that hold.
        soft: units that may fail: 1 a unit of the row, over its largest coefficient; 1 a unit of a column.
        whole: keep the integers.

    Returns:
        The problem, and (column, row) of each way out.
    """
    made = held(problem, units, hard | frozenset(soft))
    upper = made.upper.copy()
    cost = np.zeros(problem.columns)
    kept_at_0 = np.zeros(problem.columns, dtype=bool)
    rows: list[int] = []
    for name in hard:
        kept_at_0[units[name].columns] = True
    for name in soft:
        free = units[name].columns[~kept_at_0[units[name].columns]]
        upper[free] = problem.upper[free]
        cost[free] = 1.0
        rows.extend(int(row) for row in units[name].rows)
    scale = scale_of(problem)
    ways = [(row, sign) for row in sorted(set(rows)) for sign in _signs(made, row)]
    count = len(ways)
    signs = [sign for _, sign in ways]
    numbers = [row for row, _ in ways]
    added = sp.csr_array((signs, (numbers, range(count))), shape=(made.matrix.shape[0], count))
    weights = [1.0 / scale[row] for row in numbers]
    result = dataclasses.replace(
        made,
        matrix=sp.csr_array(sp.hstack([made.matrix, added], format="csr")),
        lower=np.append(made.lower, np.zeros(count)),
        upper=np.append(upper, np.full(count, np.inf)),
        integer=np.append(made.integer if whole else np.zeros_like(made.integer), np.zeros(count, dtype=bool)),
        objective=np.append(cost, weights),
        offset=0.0,
    )
    return result, [(problem.columns + j, row) for j, row in enumerate(numbers)]


def _signs(problem: Problem, row: int) -> list[float]:
    signs = [1.0] if np.isfinite(problem.row_lower[row]) else []
    return signs + ([-1.0] if np.isfinite(problem.row_upper[row]) else [])
