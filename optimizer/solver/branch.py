"""One course of operations as a linear program of its own, with all that is decided elsewhere given.

A branch shares with the rest what is funded, the trunk's stock and, where facilities cannot change at once, their
activity on the trunk; nothing else. Once these are given it is a linear program, solved again and again from its last
basis as what is given, its limits or its costs change. Where it may fund something itself it is a mixed-integer
program, and has no slopes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from optimizer.errors import SolveError
from optimizer.solver.apart import share_cores
from optimizer.solver.compile import Block, Indices, Vector, dot
from optimizer.solver.given import Given
from optimizer.solver.highs import INTERIOR_POINT_FROM
from optimizer.solver.limit import Limit
from optimizer.solver.loading import answered, new_highs

TOLERANCES = {"primal_feasibility_tolerance": 1e-8, "dual_feasibility_tolerance": 1e-8}
WIDER = 1e-7
"""The solver's own tolerance, for programs that it cannot settle by those."""
FLAT = 1e-9
"""Slopes below this are rounding of the solver's duals."""
CLOSE = 1e-6
"""Relative gap to which a branch that may fund something is answered."""


class VagueError(SolveError):
    """HiGHS cannot tell whether a program has an answer, in none of the ways in which it was asked."""


@dataclass(frozen=True, slots=True)
class Response:
    """The best answer of a course to what is given.

    Attributes:
        value: of the objective, in its own units; None where what must hold cannot.
        values: by column; None without an answer.
        slope: by linked column, what one more of it adds to the value: the value at any other point is at least
            value + slope * (other - given), for it is convex in what is given. Not a number where the branch may fund
            something: then it is not.
    """

    value: float | None
    values: Vector | None
    slope: Vector


class Branch:
    """A course of operations that answers what is given.

    Attributes:
        block: the compiled course.
        linked: columns that other blocks own, by position in `Response.slope`.
    """

    def __init__(self, block: Block, *, threads: int = 1, limit: Limit | None = None, apart: bool = False) -> None:
        """Load a course; nothing is funded and nothing in stock until it is given.

        Args:
            block: the compiled course.
            threads: cores that HiGHS may use.
            limit: heard while HiGHS runs.
            apart: what is given stands on the right side of the rows and not in the matrix. Its coefficients may then
                change without the solver losing its factors.
        """
        self.block = block
        self.linked: Indices = np.array(sorted(block.owners), dtype=np.int64)
        self._lower, self._upper = block.lower.copy(), block.upper.copy()
        self._row_lower, self._row_upper = block.row_lower, block.row_upper
        self.cost_by_period = block.cost
        self._lower[self.linked] = self._upper[self.linked] = 0.0
        self._cost, self._constant = block.cost_of(None)
        self._scale = 10.0 ** -max(0.0, np.ceil(np.log10(max(1.0, float(np.abs(self._cost).max(initial=0.0))))) - 3)
        matrix = block.matrix
        self._outer: sp.csr_array | None = None
        if apart:
            inside = np.ones(len(block.columns))
            inside[self.linked] = 0.0
            self._outer = sp.csr_array(matrix[:, self.linked])
            matrix = sp.csr_array(matrix @ sp.diags_array(inside))
            matrix.eliminate_zeros()
        self._given = np.zeros(len(self.linked))
        self._right = block.row_lower, block.row_upper
        self._inner = matrix
        self._whole = np.flatnonzero(block.integer)
        self._charged = self._cost
        self._threads = threads
        self._limit = limit
        self._unit = self._scale
        self._solved = False
        self._basis: Any = None
        self._loaded: Any = self._load()

    def _load(self) -> Any:
        highs = new_highs(
            cost=self._charged * self._unit,
            bounds=(self._lower, self._upper),
            rows=self._right,
            matrix=self._inner,
            integer=self.block.integer,
        )
        if self._limit is not None:
            self._limit.heard_by(highs)
        return self._with(highs, threads=self._threads, **TOLERANCES)

    @property
    def _highs(self) -> Any:
        if self._loaded is None:
            self._loaded = self._load()
            if self._basis is not None:
                self._loaded.setBasis(self._basis)
        return self._loaded

    def park(self) -> None:
        """Give the solver's memory back; the next answer begins at the last basis. Rows must be as they were loaded."""
        if self._loaded is not None:
            self._basis = self._loaded.getBasis() if self._solved else None
            self._loaded = None

    @property
    def row_lower(self) -> Vector:
        """Least activity, by row, as it is now."""
        return self._row_lower

    def give(self, given: Given) -> None:
        """Say what is decided elsewhere."""
        values = np.array([given.get(self.block.owners[int(i)], 0.0) for i in self.linked])
        self.give_values(values)

    def give_values(self, values: Vector) -> None:
        """As `give`, by position in `linked`."""
        self._given = values
        self._lower[self.linked] = self._upper[self.linked] = values
        self._highs.changeColsBounds(len(self.linked), self.linked.astype(np.int32), values, values)

    def limit(self, columns: Indices, upper: Vector | float) -> None:
        """Hold own columns to at most something; what they had comes back with `release`."""
        values = np.broadcast_to(np.asarray(upper, dtype=np.float64), columns.shape).copy()
        self._upper[columns] = values
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), self._lower[columns], values)

    def fix(self, columns: Indices, values: Vector) -> None:
        """Hold own columns at given values."""
        self._lower[columns] = self._upper[columns] = values
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), values, values)

    def hold(self, columns: Indices, lower: Vector, upper: Vector) -> None:
        """Hold own columns between given values."""
        self._lower[columns], self._upper[columns] = lower, upper
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)

    def upper_of(self, columns: Indices) -> Vector:
        """What columns are held to now."""
        return self._upper[columns].copy()

    @property
    def charged(self) -> Vector:
        """What is minimised now, by column."""
        return self._charged.copy()

    def excuse(self, names: Collection[str], values: Vector) -> None:
        """Let rows be as far over their limit as what is given alone brings them, by position in `linked`.

        Args:
            names: of the rows; all they hold is at most something.
            values: what is given.
        """
        rows = np.array([i for i, (name, _) in enumerate(self.block.rows) if name in names], dtype=np.int64)
        if not len(rows):
            return
        brought = self.block.matrix[rows][:, self.linked] @ values
        upper = np.maximum(self.block.row_upper[rows], brought)
        self._highs.changeRowsBounds(len(rows), rows.astype(np.int32), self.block.row_lower[rows], upper)

    def move(self, lower: Vector, upper: Vector) -> None:
        """Set the limits of all rows; not together with `apart`, nor where it is parked."""
        self._set_right(lower, upper)

    def release(self, columns: Indices) -> None:
        """Take a limit away."""
        self.limit(columns, self.block.upper[columns])

    def charge(self, cost: Vector | None) -> None:
        """Minimise something else than the discounted cost, by column; None is the cost again."""
        self._unit = self._scale if cost is None else 1.0
        self._charged = self._cost if cost is None else cost
        self._highs.changeColsCost(
            len(self._charged), np.arange(len(self._charged), dtype=np.int32), self._charged * self._unit
        )

    def recost(self, cost: Vector) -> None:
        """Set the discounted cost, by column."""
        self._cost = cost
        self.charge(None)

    def cost_in(self, values: Vector) -> dict[int, float]:
        """Discounted USD by period of an answer."""
        by_key = self.cost_by_period @ values + self.block.cost_constant
        found: dict[int, float] = {}
        for (_, period), usd in zip(self.block.cost_keys, by_key, strict=True):
            found[period] = found.get(period, 0.0) + float(usd)
        return found

    def columns_of(self, component: str) -> dict[Any, int]:
        """Index -> column of a component."""
        return {index: i for i, (name, index) in enumerate(self.block.columns) if name == component}

    def solve(self) -> Response:
        """The best answer to what is given, from the last basis.

        Raises:
            VagueError: HiGHS cannot tell whether there is one.
            SolveError: HiGHS failed, or the objective is unbounded.
            Stopped: the limit was reached.
        """
        if len(self._whole):
            return self._with_fundings()
        self._move_right()
        if self._solved:
            self._set(solver="simplex", presolve="off")
        elif len(self.block.columns) > INTERIOR_POINT_FROM:
            self._set(solver="ipx", run_crossover="on")
        status = self._run()
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible):
            # A hot basis can lead nowhere after a large change: once more from nothing, with presolve.
            self._highs.clearSolver()
            self._set(solver="choose", presolve="choose")
            status = self._run()
        vague = (highspy.HighsModelStatus.kUnboundedOrInfeasible, highspy.HighsModelStatus.kUnknown)
        for way in ("simplex", "ipx"):  # presolve cannot tell; simplex can, and where it cannot either, interior point
            if status not in vague:
                break
            self._highs.clearSolver()
            self._set(solver=way, presolve="off", run_crossover="on")
            status = self._run()
        if status in vague:  # where what is given is just out of reach, narrow tolerances may not settle it
            self._highs.clearSolver()
            self._set(solver="choose", presolve="on", **dict.fromkeys(TOLERANCES, WIDER))
            status = self._run()
            self._set(**TOLERANCES)
        if status == highspy.HighsModelStatus.kInfeasible:
            return Response(None, None, np.zeros(len(self.linked)))
        if status != highspy.HighsModelStatus.kOptimal:
            text = self._highs.modelStatusToString(status)
            failed = VagueError if status in vague else SolveError
            raise failed(f"HiGHS ended the operations of '{self.block.name}' with '{text}'")
        self._solved = True
        solution = self._highs.getSolution()
        values = answered(solution.col_value, self._highs.getNumCol())
        slope = answered(solution.col_dual, self._highs.getNumCol())[self.linked] / self._unit
        if self._outer is not None:
            slope -= self._outer.T @ np.array(solution.row_dual) / self._unit
        constant = self._constant if self._charged is self._cost else 0.0
        return Response(dot(self._charged, values) + constant, values, np.where(abs(slope) < FLAT, 0.0, slope))

    def _move_right(self) -> None:
        """Move what is given to the right side of the rows, where it stands apart."""
        if self._outer is None:
            return
        brought = self._outer @ self._given
        self._set_right(self._row_lower - brought, self._row_upper - brought)

    def _set_right(self, lower: Vector, upper: Vector) -> None:
        rows = np.flatnonzero((lower != self._right[0]) | (upper != self._right[1]))
        if len(rows):
            self._highs.changeRowsBounds(len(rows), rows.astype(np.int32), lower[rows], upper[rows])
        self._right = lower, upper

    def row_duals(self) -> Vector:
        """USD per unit of right side, by row, of the last answer."""
        duals: Vector = np.array(self._highs.getSolution().row_dual, dtype=np.float64) / self._unit
        return duals

    def _with_fundings(self) -> Response:
        """The best answer where the branch may fund something: what it funds first, then the linear program left."""
        whole, none = self._whole, np.full(len(self.linked), np.nan)
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        self._highs.changeColsIntegrality(len(whole), whole.astype(np.int32), [kinds[1]] * len(whole))
        self._highs.clearSolver()
        self._set(solver="choose", presolve="choose", mip_rel_gap=CLOSE, mip_abs_gap=0.0)
        status = self._run()
        if status == highspy.HighsModelStatus.kUnboundedOrInfeasible:
            self._set(presolve="off")
            status = self._run()
        if status == highspy.HighsModelStatus.kInfeasible:
            return Response(None, None, none)
        if status != highspy.HighsModelStatus.kOptimal:
            text = self._highs.modelStatusToString(status)
            raise SolveError(f"HiGHS ended the operations of '{self.block.name}' with '{text}'")
        chosen = np.round(np.array(self._highs.getSolution().col_value)[whole])
        lower, upper = self._lower[whole].copy(), self._upper[whole].copy()
        self._highs.changeColsIntegrality(len(whole), whole.astype(np.int32), [kinds[0]] * len(whole))
        self._highs.changeColsBounds(len(whole), whole.astype(np.int32), chosen, chosen)
        self._highs.clearSolver()
        status = self._run()
        self._highs.changeColsBounds(len(whole), whole.astype(np.int32), lower, upper)
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolveError(f"what the branch of '{self.block.name}' funds does not hold once it is exactly 0 or 1")
        values = answered(self._highs.getSolution().col_value, self._highs.getNumCol())
        constant = self._constant if self._charged is self._cost else 0.0
        return Response(dot(self._charged, values) + constant, values, none)

    def _run(self) -> Any:
        share_cores(self._threads)
        self._highs.run()
        if self._limit is not None:
            self._limit.check(self._highs)
        return self._highs.getModelStatus()

    def _set(self, **settings: Any) -> None:
        self._with(self._highs, **settings)

    @staticmethod
    def _with(highs: Any, **settings: Any) -> Any:
        for name, value in settings.items():
            if highs.setOptionValue(name, value) == highspy.HighsStatus.kError:
                raise SolveError(f"HiGHS does not take {name} = {value!r}")
        return highs
