"""Where multipliers have to be right to the last bit: columns without any limit, and columns without one together.

Of what is put into stock and taken out at once there can be any number of tonnes, and of what goes to and fro between
two places at no cost; and what a future costs, or the threshold of a risk measure, may be any number. Multipliers that
prove anything make such columns worth what they cost, neither more nor less; those of a solver do so but for rounding.
So some of them are set from others.
"""

from __future__ import annotations

from fractions import Fraction

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.solver.compile import Problem, Vector
from optimizer.solver.loading import new_highs

CONSTANT = -1
"""In place of a row, of what is added whatever the multipliers are."""
GRID = 2.0**-40
"""Multipliers are moved to whole multiples of it first, so that sums of them are exact."""
SOME = 1e-6


def in_rays(problem: Problem) -> npt.NDArray[np.bool_]:
    """Which columns without an upper limit can grow for ever, together, at no cost.

    One linear program: how much of each, up to 1, in a direction that every row and limit allows.
    """
    loose = np.isinf(problem.upper) | np.isinf(problem.lower)
    if not (problem.objective[loose] < 0).any():
        loose &= problem.objective == 0.0
    upper = np.where(loose & np.isinf(problem.upper), 1.0, 0.0)
    lower = np.where(loose & np.isinf(problem.lower), -1.0, 0.0)
    cost = sp.csr_array(problem.objective[None, :])
    highs = new_highs(
        cost=-upper,
        bounds=(lower, upper),
        rows=(
            np.append(np.where(np.isinf(problem.row_lower), -np.inf, 0.0), -np.inf),
            np.append(np.where(np.isinf(problem.row_upper), np.inf, 0.0), 0.0),
        ),
        matrix=sp.csr_array(sp.vstack([problem.matrix, cost])),
    )
    highs.setOptionValue("threads", 1)
    highs.run()
    found = np.zeros(problem.columns, dtype=bool)
    if highs.getModelStatus() == highspy.HighsModelStatus.kOptimal:
        found = np.abs(np.array(highs.getSolution().col_value)) > SOME
    return found


class Balanced:
    """Sets some multipliers from others, so that columns without limits are worth what they cost.

    Args:
        problem: the extensive form.
        columns: which are in rays; those that may be any number are added.
    """

    def __init__(self, problem: Problem, columns: npt.NDArray[np.bool_]) -> None:
        by_column = sp.csc_array(problem.matrix)
        solved: dict[int, dict[int, Fraction]] = {}
        for j in np.flatnonzero(columns | (np.isinf(problem.lower) & np.isinf(problem.upper))):
            at = slice(by_column.indptr[j], by_column.indptr[j + 1])
            equation = {CONSTANT: -Fraction(problem.objective[j])}
            for row, coefficient in zip(by_column.indices[at].tolist(), by_column.data[at].tolist(), strict=True):
                for other, times in solved.get(row, {row: Fraction(1)}).items():
                    equation[other] = equation.get(other, Fraction(0)) + Fraction(coefficient) * times
            equation = {row: coefficient for row, coefficient in equation.items() if coefficient}
            if not any(row != CONSTANT for row in equation):
                continue
            pivot = min(equation, key=lambda row: (row == CONSTANT, abs(equation[row]) != 1, -row))
            share = -1 / equation.pop(pivot)
            mine = {row: coefficient * share for row, coefficient in equation.items()}
            solved[pivot] = mine
            for row, others in solved.items():
                if row != pivot and pivot in others:
                    by = others.pop(pivot)
                    for other, coefficient in mine.items():
                        others[other] = others.get(other, Fraction(0)) + by * coefficient
                    solved[row] = {other: value for other, value in others.items() if value}
        self._pivots = np.array(sorted(solved), dtype=np.int64)
        entries = [
            (i, row, float(value))
            for i, pivot in enumerate(self._pivots.tolist())
            for row, value in solved[pivot].items()
            if row != CONSTANT
        ]
        self._constant = np.array([float(solved[pivot].get(CONSTANT, 0)) for pivot in self._pivots.tolist()])
        at_row, at_column, data = zip(*entries, strict=True) if entries else ((), (), ())
        self._matrix = sp.csr_array(
            (np.array(data, dtype=float), (np.array(at_row, dtype=int), np.array(at_column, dtype=int))),
            shape=(len(self._pivots), problem.rows),
        )

    def of(self, multipliers: Vector) -> Vector:
        """Multipliers nearby, some of them set from the others."""
        found: Vector = np.round(multipliers / GRID) * GRID
        found[self._pivots] = self._matrix @ found + self._constant
        return found
