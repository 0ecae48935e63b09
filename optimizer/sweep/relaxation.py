"""The linear relaxation of an instance, solved again and again from the last basis."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, cast

import highspy
import numpy as np

from optimizer.errors import SolveError
from optimizer.instance.instance import Instance
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT
from optimizer.solver.compile import Problem, Vector
from optimizer.solver.extensive import compile_all, problem_of
from optimizer.solver.highs import INTERIOR_POINT_FROM
from optimizer.solver.loading import load

Funding = tuple[str, str]
"""Facility, option."""

Fundings = dict[Funding, dict[int, float]]
"""How much of each option is funded, by year."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """What the relaxation of an instance says.

    Attributes:
        objective: USD; None where there is no plan even so.
        funded: how much of each option is funded, by year.
    """

    objective: float | None
    funded: Fundings


def problem_from(instance: Instance) -> Problem:
    """The whole problem of an instance, by expected cost.

    Raises:
        SolveError: its risk measure needs more than one problem.
    """
    network = network_of(instance)
    blocks, _ = compile_all(network)
    return problem_of(network, blocks, {})


def beyond(base: Problem, moved_: Problem, times: float) -> Problem | None:
    """The problem at another value of a number, from those at two: every number swept enters in the first power.

    Args:
        base: the problem at the number's own value.
        moved_: the problem at another value.
        times: how far to go, in steps from the first value to the second; -1 is as far to the other side.

    Returns:
        The problem; None where the two differ in more than numbers.
    """
    a, b = base.matrix, moved_.matrix
    same = a.shape == b.shape and base.money == moved_.money and np.array_equal(a.indptr, b.indptr)
    if not same or not np.array_equal(a.indices, b.indices) or _columns(base) != _columns(moved_):
        return None

    bounds = ("row_lower", "row_upper", "lower", "upper")
    if any((np.isfinite(getattr(base, n)) != np.isfinite(getattr(moved_, n))).any() for n in bounds):
        return None

    def along(first: Vector, second: Vector) -> Vector:
        finite = np.isfinite(first)
        out = first.copy()
        out[finite] += times * (second[finite] - first[finite])
        return out

    matrix = a.copy()
    matrix.data = along(a.data, b.data)
    return dataclasses.replace(
        base,
        matrix=matrix,
        row_lower=along(base.row_lower, moved_.row_lower),
        row_upper=along(base.row_upper, moved_.row_upper),
        lower=along(base.lower, moved_.lower),
        upper=along(base.upper, moved_.upper),
        objective=along(base.objective, moved_.objective),
        offset=base.offset + times * (moved_.offset - base.offset),
    )


def _columns(problem: Problem) -> list[object]:
    """What each block's columns and rows are."""
    return [(name, block.columns, block.rows) for name, block in problem.blocks.items()]


class Relaxation:
    """Solves relaxations; those of the same shape begin at the basis of the first."""

    def __init__(self, threads: int = 1) -> None:
        """Without a basis yet."""
        self._threads = threads
        self._basis: Any = None
        self._shape: tuple[int, int] | None = None

    def solve(self, problem: Problem) -> Relaxed:
        """Solve the relaxation of a problem.

        Raises:
            SolveError: HiGHS failed.
        """
        relaxed = dataclasses.replace(problem, integer=np.zeros_like(problem.integer))
        highs = load(relaxed)
        highs.setOptionValue("threads", self._threads)
        shape = (problem.rows, problem.columns)
        if self._basis is not None and shape == self._shape:
            highs.setOptionValue("solver", "simplex")
            highs.setBasis(self._basis)
        elif problem.columns > INTERIOR_POINT_FROM:
            highs.setOptionValue("solver", "ipx")
        highs.run()
        status = highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return Relaxed(None, {})
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolveError(f"HiGHS ended the relaxation with '{highs.modelStatusToString(status)}'")
        if self._basis is None:
            self._basis, self._shape = highs.getBasis(), shape
        values = np.array(highs.getSolution().col_value)
        objective = highs.getInfo().objective_function_value / problem.money
        return Relaxed(objective, fundings(problem, values))


def fundings(problem: Problem, values: Vector) -> Fundings:
    """How much of each option is funded, by year."""
    found: Fundings = {}
    block = problem.blocks[INVESTMENT]
    for (component, index), value in zip(block.columns, problem.local(INVESTMENT, values), strict=True):
        if component == "fund" and value > 1e-9:
            facility, option, year = cast("tuple[str, str, int]", index)
            found.setdefault((facility, option), {})[year] = float(value)
    return found


def moved(before: Fundings, after: Fundings) -> dict[Funding, tuple[float, float]]:
    """What moves between two portfolios, options that stay left out.

    Returns:
        By option: the largest difference, in any year, of what is funded by then, so that earlier and later count as
        well as coming and going; and the difference over all years.
    """
    found: dict[Funding, tuple[float, float]] = {}
    for option in sorted(before.keys() | after.keys()):
        old, new = before.get(option, {}), after.get(option, {})
        most, by_then = 0.0, 0.0
        for year in sorted(old.keys() | new.keys()):
            by_then += new.get(year, 0.0) - old.get(year, 0.0)
            most = max(most, abs(by_then))
        if most > 1e-9:
            found[option] = (most, by_then)
    return found
