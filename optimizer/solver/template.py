"""One compiled branch that answers every scenario of its shape, for a portfolio: HiGHS goes on from the last basis."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.solver.branch import Branch
from optimizer.solver.compile import Indices, Vector
from optimizer.solver.mould import Mould


class Template(Branch):
    """A branch of a portfolio that can be bound to any scenario of its shape.

    Attributes:
        mould: where a scenario's numbers stand in it.
    """

    def __init__(self, mould: Mould, course: str, *, threads: int = 1) -> None:
        """Load the branch of a mould, bound to a scenario of its shape; it has no basis to go on from.

        Args:
            mould: the branch, and where a scenario's numbers stand in it.
            course: one scenario of the shape; its own numbers are set.
            threads: cores that HiGHS may use.

        Raises:
            SolveError: the scenario lets a facility run a channel that it could not run before.
        """
        self.mould = mould
        self._coordinates = mould.plain.matrix.tocoo().coords
        self._closed: Indices = np.zeros(0, dtype=np.int64)
        super().__init__(mould.plain, threads=threads, apart=True)
        self._linked_entry = np.flatnonzero(np.isin(self._coordinates[1], self.linked))
        self._values = np.ones(self.mould.slots + 1)
        self.bind(course)

    def bind(self, course: str) -> None:
        """Set the numbers of a scenario of this shape.

        Raises:
            SolveError: the scenario lets a facility run a channel that it could not run before.
        """
        values, closed = self.mould.numbers(course)
        changed = values != self._values
        self._values = values
        if changed.any():
            self._write(values, changed)
        self._close(closed)

    def _write(self, values: Vector, changed: Any) -> None:
        """Write the entries of the slots that changed."""
        matrix = self.mould.sites["matrix"]
        touched = changed[matrix.factor] | changed[matrix.timed]
        entry, numbers = matrix.entry[touched], matrix.values(values)[touched]
        given = np.isin(entry, self._linked_entry)
        assert self._outer is not None
        self._outer.data[np.searchsorted(self._linked_entry, entry[given])] = numbers[given]
        for position, number in zip(entry[~given], numbers[~given], strict=True):
            row, column = self._coordinates[0][position], self._coordinates[1][position]
            self._highs.changeCoeff(int(row), int(column), float(number))
        self._row_lower, self._row_upper = self.mould.array("row_lower", values), self.mould.array("row_upper", values)
        # the solver hears of them with what is given
        self.cost_by_period = self.block.cost.copy()
        self.cost_by_period.data[:] = self.mould.array("cost", values)
        self.recost(np.asarray(self.cost_by_period.sum(axis=0), dtype=np.float64).ravel())

    def _close(self, closed: Indices) -> None:
        opened = np.setdiff1d(self._closed, closed)
        if len(opened):
            self.release(opened)
        fresh = np.setdiff1d(closed, self._closed)
        if len(fresh):
            self.limit(fresh, 0.0)
        self._closed = closed
