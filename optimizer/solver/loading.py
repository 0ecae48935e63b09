"""Arrays -> a HiGHS object."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from optimizer.errors import SolveError
from optimizer.solver.compile import Problem, Vector


class _Highs(highspy.Highs):  # type: ignore[misc]
    """HiGHS without its banner, which it prints to standard output while callbacks are enabled on construction."""

    def enableCallbacks(self) -> None:  # noqa: N802
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


def new_highs(
    *,
    cost: Vector,
    bounds: tuple[Vector, Vector],
    rows: tuple[Vector, Vector],
    matrix: Any,
    offset: float = 0.0,
    integer: npt.NDArray[np.bool_] | None = None,
) -> Any:
    """A HiGHS object that holds a problem.

    Args:
        cost: by column.
        bounds: lower and upper, by column.
        rows: lower and upper, by row.
        matrix: rows x columns, sparse.
        offset: constant of the objective.
        integer: whether a column is integer.

    Raises:
        SolveError: HiGHS refused it.
    """
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(cost), len(rows[0])
    model.col_cost_ = cost
    model.col_lower_, model.col_upper_ = bounds
    model.row_lower_, model.row_upper_ = rows
    model.offset_ = offset
    by_column = matrix.tocsc()
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = by_column.indptr
    model.a_matrix_.index_ = by_column.indices
    model.a_matrix_.value_ = by_column.data
    if integer is not None and integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[int(flag)] for flag in integer]
    highs = _Highs()
    if highs.passModel(model) == highspy.HighsStatus.kError:
        raise SolveError("HiGHS refused the model")
    return highs


def load(problem: Problem) -> Any:
    """A HiGHS object that holds a whole problem."""
    return new_highs(
        cost=problem.objective,
        bounds=(problem.lower, problem.upper),
        rows=(problem.row_lower, problem.row_upper),
        matrix=problem.matrix,
        offset=problem.offset,
        integer=problem.integer,
    )
