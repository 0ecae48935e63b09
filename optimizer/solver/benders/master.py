"""The master: fundings, stock and what the parts are known to cost at least."""

from __future__ import annotations

import dataclasses
import math
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from optimizer.errors import SolveError
from optimizer.model.declare import Key
from optimizer.solver.compile import Indices, Problem, Vector, dot
from optimizer.solver.limit import LeftBehind, Limit
from optimizer.solver.loading import answered, load, new_highs

SLACK_ROUNDS = 12
"""Rounds not met with equality after which a cut is put aside, until a point that it cuts off comes back."""
TIGHT, LOOSE = 1e-9, 1e-7
"""Tolerances of the master, and those it falls back on."""
KNOWN = (
    highspy.HighsModelStatus.kOptimal,
    highspy.HighsModelStatus.kInfeasible,
    highspy.HighsModelStatus.kTimeLimit,
    highspy.HighsModelStatus.kInterrupt,
)
"""Ends of a run that say something."""
MET = 1e-7
"""Relative distance at which a cut counts as met with equality."""


@dataclass(slots=True)
class Cut:
    """theta >= constant + slope @ z over some columns; without theta, 0 >= constant + slope @ z.

    Attributes:
        columns: of the master.
        coefs: by column, on the left side of `coefs @ columns >= constant`.
        constant: right side.
        group: number of the group of parts that it came from.
        theta: column of the cost that it bounds, where it bounds one; its coefficient is 1.
        idle: rounds in which it was not met with equality.
        in_use: whether the master has it.
    """

    columns: Indices
    coefs: Vector
    constant: float
    group: int
    theta: int | None = None
    idle: int = 0
    in_use: bool = True

    def misses(self, z: Vector) -> float:
        """By how much a point violates it; negative where it holds."""
        return self.constant - dot(self.coefs, z[self.columns])


@dataclass(frozen=True, slots=True)
class Point:
    """What the master proposes.

    Attributes:
        z: by column; empty where it was stopped before it had any.
        bound: proven bound on the measure, in the problem's money.
        value: the master's own objective there.
    """

    z: Vector
    bound: float
    value: float


@dataclass(frozen=True, slots=True)
class Kept:
    """A basis, and what rows the master had.

    Attributes:
        basis: of HiGHS.
        stamp: changes when rows are taken out: the basis does not fit then.
        rows: rows it was of.
    """

    basis: Any
    stamp: int
    rows: int


class Master:
    """The master as a problem that grows by cuts.

    Attributes:
        problem: without cuts.
        column: (block, key) -> column.
        cuts: all that were found, in the order in which they came.
        fixed: columns that are fixed for good.
    """

    def __init__(self, problem: Problem, seed: int, limit: Limit | None = None) -> None:
        """Begin without cuts.

        Args:
            problem: the master's blocks joined; every column but those of costs has limits.
            seed: random seed of the solver.
            limit: heard while HiGHS runs; every method that asks it something may raise `Stopped`.
        """
        self.problem = problem
        self._limit = limit or Limit()
        self.column: dict[tuple[str, Key], int] = {}
        for name, block in problem.blocks.items():
            for i, key in enumerate(block.columns):
                if i not in block.owners:
                    self.column[name, key] = int(problem.place[name][i])
        self.cuts: list[Cut] = []
        self.fixed: Indices = np.zeros(0, dtype=np.int64)
        self._rows: list[Cut] = []
        self._highs = load(dataclasses.replace(problem, integer=np.zeros_like(problem.integer)))
        self._lower, self._upper = problem.lower, problem.upper
        self._stamp = 0
        self._lost: LeftBehind | None = None
        self._limit.heard_by(self._highs)
        _set(self._highs, random_seed=seed, threads=1)
        _set(self._highs, primal_feasibility_tolerance=TIGHT, dual_feasibility_tolerance=TIGHT)

    def add(self, cut: Cut) -> None:
        """Take a cut; one that is not in use is put aside until a point that it cuts off comes."""
        self.cuts.append(cut)
        if cut.in_use:
            self._take(cut)

    def add_row(self, lower: float, upper: float, coefs: dict[int, float]) -> None:
        """Take a row that holds for every plan, for good."""
        self._row(lower, upper, np.array(list(coefs), dtype=np.int64), np.array(list(coefs.values())))

    def relaxed(self) -> Point | None:
        """Least of the relaxation; None where nothing meets the cuts.

        Raises:
            SolveError: HiGHS failed.
        """
        self._run()
        return self._point()

    def limits(self, columns: Indices) -> tuple[Vector, Vector]:
        """Least and most of columns, as they are for longer."""
        return self._lower[columns].copy(), self._upper[columns].copy()

    def within(self, columns: Indices, lower: Vector, upper: Vector) -> Point | None:
        """Least of the relaxation with columns held between values, which stay so until they are released."""
        self.hold(columns, lower, upper)
        return self.relaxed()

    def tried(self, columns: Indices, lower: Vector, upper: Vector, iterations: int) -> tuple[float, bool]:
        """The value of the relaxation with columns held, after some iterations at most; and whether it is the least.

        Infinite where nothing meets the cuts.
        """
        self.hold(columns, lower, upper)
        _set(self._highs, simplex_iteration_limit=iterations)
        self._go()
        _set(self._highs, simplex_iteration_limit=highspy.kHighsIInf)
        self._limit.check(self._highs)
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return math.inf, True
        return float(self._highs.getInfo().objective_function_value), status == highspy.HighsModelStatus.kOptimal

    def basis(self) -> Kept:
        """Where the linear program ended."""
        return Kept(self._highs.getBasis(), self._stamp, self._highs.getNumRow())

    def begin_with(self, kept: Kept) -> None:
        """Begin the next linear program at a basis; rows that came since are slack. One that does not fit is left."""
        if kept.stamp != self._stamp:
            return
        more = self._highs.getNumRow() - kept.rows
        if more:
            kept.basis.row_status = [*kept.basis.row_status, *[highspy.HighsBasisStatus.kBasic] * more]
            kept = dataclasses.replace(kept, rows=kept.rows + more)
        self._highs.setBasis(kept.basis)

    def with_portfolio(self, fundings: Vector) -> Point | None:
        """Least with the whole numbers fixed."""
        which = np.flatnonzero(self.problem.integer)
        self.hold(which, fundings, fundings)
        try:
            return self.relaxed()
        finally:
            self.release(which)

    def hold(self, columns: Indices, lower: Vector, upper: Vector) -> None:
        """Hold columns between values, until they are released."""
        if self._lost is not None:
            return
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)

    def release(self, columns: Indices) -> None:
        """Give columns the limits again that they have for longer."""
        self.hold(columns, self._lower[columns], self._upper[columns])

    def whole_near(self, z: Vector) -> Vector | None:
        """The whole point that obeys the rows which are no cuts and has fundings nearest to given ones."""
        problem = self.problem
        rows = slice(0, problem.row_start["risk"])
        cost = np.where(problem.integer, 1.0 - 2.0 * z, 0.0)
        paths = [c for (_, key), c in self.column.items() if key[0] == "sequence"]
        cost[paths] = 0.0
        lower, upper = problem.lower.copy(), problem.upper.copy()
        costs = ~np.isfinite(lower)
        lower[costs] = upper[costs] = 0.0
        highs = new_highs(
            cost=cost,
            bounds=(lower, upper),
            rows=(problem.row_lower[rows], problem.row_upper[rows]),
            matrix=problem.matrix[rows],
            integer=problem.integer,
        )
        if not self._near(highs):
            return None
        found = np.array(highs.getSolution().col_value)
        found[problem.integer] = np.round(found[problem.integer])
        return found

    def near(self, z: Vector, fundings: Vector, *, every: bool = False) -> Vector | None:
        """The point with given fundings that obeys the rows which are no cuts and is nearest to another.

        Nearest by the sum of distances; None where there is none. Costs of parts are left as they are.

        Args:
            z: the other.
            fundings: those given.
            every: whether columns without an upper limit, such as what is short, are to be near too.
        """
        problem = self.problem
        rows = slice(0, problem.row_start["risk"])
        limited = np.isfinite(problem.lower) & (every | np.isfinite(problem.upper))
        free = np.flatnonzero(~problem.integer & limited & (problem.lower < problem.upper))
        count = len(free)
        eye = sp.csr_array((np.ones(count), (np.arange(count), free)), shape=(count, problem.columns))
        far = sp.eye_array(count)
        none = sp.csr_array((problem.row_start["risk"], 2 * count))
        matrix = sp.vstack([sp.hstack([problem.matrix[rows], none]), sp.hstack([eye, -far, far])], format="csr")
        lower, upper = problem.lower.copy(), problem.upper.copy()
        lower[problem.integer] = upper[problem.integer] = fundings
        highs = new_highs(
            cost=np.append(np.zeros(problem.columns), np.ones(2 * count)),
            bounds=(np.append(lower, np.zeros(2 * count)), np.append(upper, np.full(2 * count, np.inf))),
            rows=(np.append(problem.row_lower[rows], z[free]), np.append(problem.row_upper[rows], z[free])),
            matrix=matrix,
        )
        highs.setOptionValue("primal_feasibility_tolerance", 1e-9)
        if not self._near(highs):
            return None
        found = np.array(highs.getSolution().col_value)[: problem.columns]
        found[problem.integer] = fundings
        costs = ~np.isfinite(problem.lower)
        found[costs] = z[costs]
        return found

    def _near(self, highs: Any) -> bool:
        highs.setOptionValue("threads", 1)
        self._limit.heard_by(highs)
        self._limit.run(highs)
        self._limit.check(highs)
        return bool(highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def duals(self) -> tuple[Vector, dict[int, float]]:
        """After a linear program: of the problem's own rows; and the weight of each part's cost, by its column."""
        found = np.array(self._highs.getSolution().row_dual)
        weight: dict[int, float] = {}
        for cut, dual in zip(self._rows, found[len(found) - len(self._rows) :], strict=True):
            if cut.theta is not None:
                weight[cut.theta] = weight.get(cut.theta, 0.0) + float(dual)
        return found[: self.problem.rows], weight

    def reduced_costs(self) -> Vector:
        """By column, after a linear program."""
        return np.array(self._highs.getSolution().col_dual)

    def fix(self, columns: Indices, values: Vector) -> None:
        """Fix columns for good."""
        lower, upper = self.problem.lower.copy(), self.problem.upper.copy()
        lower[columns] = upper[columns] = values
        self.fixed = np.union1d(self.fixed, columns)
        self.problem = dataclasses.replace(self.problem, lower=lower, upper=upper)
        self._lower, self._upper = lower, upper
        self.release(columns)

    def tidy(self, z: Vector) -> None:
        """Put cuts aside that have long been idle, and take back those that a point violates."""
        for cut in self.cuts:
            met = cut.misses(z) > -MET * max(1.0, abs(cut.constant))
            cut.idle = 0 if met else cut.idle + 1
            if not cut.in_use and cut.misses(z) > MET * max(1.0, abs(cut.constant)):
                self._take(cut)
        idle = [i for i, cut in enumerate(self._rows) if cut.idle > SLACK_ROUNDS]
        if not idle:
            return
        first = self._highs.getNumRow() - len(self._rows)
        self._highs.deleteRows(len(idle), np.array([first + i for i in idle], dtype=np.int32))
        self._stamp += 1
        for i in idle:
            self._rows[i].in_use = False
        self._rows = [cut for cut in self._rows if cut.in_use]

    def _take(self, cut: Cut) -> None:
        cut.in_use, cut.idle = True, 0
        self._rows.append(cut)
        self._row(cut.constant, highspy.kHighsInf, cut.columns, cut.coefs)

    def _point(self) -> Point | None:
        status = self._highs.getModelStatus()
        kinds = highspy.HighsModelStatus
        if status == kinds.kInfeasible:
            return None
        if status not in (kinds.kOptimal, kinds.kTimeLimit, kinds.kInterrupt):
            raise SolveError(f"HiGHS ended the master with '{self._highs.modelStatusToString(status)}'")
        value = float(self._highs.getInfo().objective_function_value)
        z = np.array(self._highs.getSolution().col_value)
        if status == kinds.kOptimal:
            z = answered(z, self._highs.getNumCol())
        return Point(z, value if status == kinds.kOptimal else -math.inf, value)

    def _go(self) -> None:
        """Run HiGHS; not again once it was left behind, for it may be running still."""
        if self._lost is not None:
            raise self._lost
        try:
            self._limit.run(self._highs)
        except LeftBehind as lost:
            self._lost = lost
            raise

    def _run(self) -> None:
        """Solve from what is known of the last time; from nothing where that leads nowhere."""
        highs = self._highs
        with suppress(SolveError):
            self._go()
        if highs.getModelStatus() not in KNOWN:
            highs.clearSolver()
            with suppress(SolveError):
                self._go()
        if highs.getModelStatus() not in KNOWN:  # many cuts are nearly alike: the last digits cannot be had
            highs.clearSolver()
            _set(highs, primal_feasibility_tolerance=LOOSE, dual_feasibility_tolerance=LOOSE)
            self._go()
            _set(highs, primal_feasibility_tolerance=TIGHT, dual_feasibility_tolerance=TIGHT)
        self._limit.check(highs)

    def _row(self, lower: float, upper: float, columns: Indices, coefs: Vector) -> None:
        status = self._highs.addRow(lower, upper, len(columns), columns.astype(np.int32), coefs)
        if status == highspy.HighsStatus.kError:
            raise SolveError("HiGHS does not take a row of the master")


def _set(highs: Any, **settings: object) -> None:
    for name, value in settings.items():
        if highs.setOptionValue(name, value) == highspy.HighsStatus.kError:
            raise SolveError(f"HiGHS does not take {name} = {value!r}")
