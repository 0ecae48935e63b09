"""Weak duality in whole numbers: what multipliers on rows prove of a problem, with no rounding anywhere.

A double is a whole number times a power of two. So a problem whose numbers are doubles is one of whole numbers once all
are multiplied by the same power, and what multipliers prove of it is a whole number too.

Source: weak duality with bounded columns, as in Neumaier and Shcherbina 2004, Mathematical Programming 99, who use
directed rounding where whole numbers stand here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.solver.compile import Problem, Vector

Whole = npt.NDArray[Any]
"""Whole numbers of any size."""
FINE = 60
"""Multipliers are whole multiples of 2 ** -FINE; what is finer is cut."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One side of a split: a sum of integer columns is at most a whole number, or at least the next.

    Attributes:
        columns: whose sum it is.
        number: the whole number.
        least: whether the sum is at least that, else at most.
        multiplier: of the row, where it is of more than one column.
    """

    columns: tuple[int, ...]
    number: int
    least: bool
    multiplier: float = 0.0


class Rows:
    """A problem in whole numbers.

    Args:
        problem: the extensive form.

    Attributes:
        rows: their number.
        columns: their number.
    """

    def __init__(self, problem: Problem) -> None:
        by_column = sp.csc_array(problem.matrix)
        by_column.sum_duplicates()
        self.rows, self.columns = by_column.shape
        self._start = by_column.indptr
        self._row = by_column.indices
        self._filled = np.flatnonzero(np.diff(self._start))
        self._matrix, shift = _whole(by_column.data)
        self._cost, more = _whole(problem.objective)
        self._lower, self._no_lower, at_lower = _bounds(problem.lower)
        self._upper, self._no_upper, at_upper = _bounds(problem.upper)
        self._least, self._no_least, at_least = _bounds(problem.row_lower)
        self._most, self._no_most, at_most = _bounds(problem.row_upper)
        self._shift, self._cost_shift = shift, more
        self._place = max(at_lower, at_upper, at_least, at_most)
        self._lower = self._lower << (self._place - at_lower)
        self._upper = self._upper << (self._place - at_upper)
        self._least = self._least << (self._place - at_least)
        self._most = self._most << (self._place - at_most)
        self._offset = Fraction(problem.offset)

    def proved(self, multipliers: Vector, splits: Sequence[Cut] = ()) -> Fraction | None:
        """The least that the objective can be, by these multipliers.

        Args:
            multipliers: one a row; above 0 on what a row is at least, below 0 on what it is at most. One on a side that
                a row does not have is taken as 0.
            splits: what holds beside the rows. Of one column it narrows that column's limits, whatever its multiplier.

        Returns:
            The bound in the solver's money, offset included; None where the multipliers prove nothing, for a
            column without an upper limit would pay for more of itself.
        """
        taken = _times(np.asarray(multipliers, dtype=float))
        taken[((taken > 0) & self._no_least) | ((taken < 0) & self._no_most)] = 0
        activity = np.zeros(self.columns, dtype=object)
        if len(self._filled):
            activity[self._filled] = np.add.reduceat(self._matrix * taken[self._row], self._start[self._filled])
        # All that follows is in units of 2 ** -unit, and of 2 ** -(unit + place) once a limit is multiplied in.
        unit = max(self._shift + FINE, self._cost_shift)
        reduced = (self._cost << (unit - self._cost_shift)) - (activity << (unit - self._shift - FINE))
        total = int((taken * np.where(taken > 0, self._least, self._most)).sum()) << (unit - FINE)
        lower, upper, no_upper = self._lower, self._upper, self._no_upper
        narrow = [cut for cut in splits if len(cut.columns) == 1]
        if narrow:
            lower, upper, no_upper = lower.copy(), upper.copy(), no_upper.copy()
        for cut in splits:
            if len(cut.columns) == 1:
                (column,) = cut.columns
                limit = cut.number << self._place
                if cut.least:
                    lower[column] = max(lower[column], limit)
                else:
                    upper[column] = limit if no_upper[column] else min(upper[column], limit)
                    no_upper[column] = False
                continue
            mine = int(_times(np.array([cut.multiplier]))[0])
            if (mine > 0) != cut.least:
                continue
            for column in cut.columns:
                reduced[column] -= mine << (unit - FINE)
            total += (mine * cut.number) << (unit - FINE + self._place)
        if ((reduced < 0) & no_upper).any() or ((reduced > 0) & self._no_lower).any():
            return None
        total += int((reduced * np.where(reduced > 0, lower, upper)).sum())
        return Fraction(total, 1 << (unit + self._place)) + self._offset


def _times(values: Vector) -> Whole:
    """Values in units of 2 ** -FINE; what is finer is cut, what is no number is 0."""
    taken = np.trunc(np.ldexp(np.where(np.isfinite(values), values, 0.0), FINE))
    return np.array([int(value) for value in taken], dtype=object)


def _whole(values: Vector) -> tuple[Whole, int]:
    """Values times 2 ** shift, the least shift that makes all of them whole."""
    ratios = [float(value).as_integer_ratio() for value in values]
    shift = max((below.bit_length() - 1 for _, below in ratios), default=0)
    return np.array([above << (shift - below.bit_length() + 1) for above, below in ratios], dtype=object), shift


def _bounds(values: Vector) -> tuple[Whole, npt.NDArray[np.bool_], int]:
    """Values, 0 for what is infinite; which are infinite; the shift."""
    without = ~np.isfinite(values)
    whole, shift = _whole(np.where(without, 0.0, values))
    return whole, without, shift
