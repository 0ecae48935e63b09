"""Arrays -> a HiGHS object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from optimizer.errors import SolveError
from optimizer.network.tables import NEEDS
from optimizer.solver.compile import Problem, Vector


class _Highs(highspy.Highs):  # type: ignore[misc]
    """HiGHS without its banner, which it prints to standard output while callbacks are enabled on construction."""

    def enableCallbacks(self) -> None:  # noqa: N802
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()

    def run(self) -> Any:
        """Run; whatever goes wrong inside is an error of the solver."""
        try:
            return super().run()
        except Exception as error:
            raise SolveError(f"HiGHS failed: {error}") from error


def answered(found: npt.ArrayLike, count: int) -> Vector:
    """What HiGHS gave, an entry a column or row.

    Raises:
        SolveError: it is not as many, or some are no numbers: no answer, whatever the status says.
    """
    values: Vector = np.array(found, dtype=np.float64)
    if len(values) != count:
        raise SolveError(f"HiGHS gave {len(values):,} values where there are {count:,}")
    if not np.isfinite(values).all():
        raise SolveError(f"of {count:,} values that HiGHS gave {int((~np.isfinite(values)).sum()):,} are no numbers")
    return values


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
    by_column = matrix.tocsc()
    whole = np.zeros(len(cost), dtype=bool) if integer is None else integer
    highs = _Highs()
    # As arrays: fields of a HighsLp are filled number by number, which takes several times as long.
    status = highs.passModel(
        len(cost),
        len(rows[0]),
        by_column.nnz,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        offset,
        cost,
        *bounds,
        *rows,
        by_column.indptr.astype(np.int32, copy=False),
        by_column.indices.astype(np.int32, copy=False),
        by_column.data,
        whole.astype(np.int32),
    )
    if status == highspy.HighsStatus.kError:
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


def written_as_mps(highs: Any, columns: Sequence[str], rows: Sequence[str], file: Path) -> Path:
    """The file to which HiGHS wrote what it holds, in MPS.

    Args:
        highs: with a problem.
        columns: a name for each, without blanks, no two alike.
        rows: the same.
        file: where.

    Raises:
        SolveError: HiGHS could not write it.
    """
    for place, name in enumerate(columns):
        highs.passColName(place, name)
    for place, name in enumerate(rows):
        highs.passRowName(place, name)
    if highs.writeModel(str(file)) == highspy.HighsStatus.kError or not file.is_file():
        raise SolveError(f"HiGHS could not write {file}")
    return file


def without_needs(problem: Problem) -> Problem:
    """A problem with fixed fundings, without the rows that then follow from others and could share their prices."""
    block = problem.blocks.get(NEEDS)
    if block is None:
        return problem
    first = problem.row_start[NEEDS]
    lower = problem.row_lower.copy()
    lower[first : first + len(block.rows)] = -np.inf
    return replace(problem, row_lower=lower)
