"""The master's own branch and bound: the least, with rows that come while it works; no bound that is not proved."""

from __future__ import annotations

import itertools
import math

import highspy
import numpy as np
import pytest
import scipy.sparse as sp
from support.params import first_fast

from optimizer.solver.benders.master import Cut, Master
from optimizer.solver.benders.tree import Tree
from optimizer.solver.compile import Problem, Vector
from optimizer.solver.loading import load

WHOLE, FREE = 14, 4


def drawn(seed: int, rows: int) -> tuple[Problem, Problem]:
    """A random covering problem with all rows, and with the first few only."""
    draw = np.random.default_rng(seed)
    columns = WHOLE + FREE
    matrix = draw.uniform(0.0, 5.0, (rows, columns)) * (draw.random((rows, columns)) < 0.6)
    matrix[:, WHOLE:] *= 0.2
    right = matrix[:, :WHOLE].sum(axis=1) * draw.uniform(0.3, 0.7, rows)
    cost = draw.uniform(1.0, 6.0, columns)
    integer = np.arange(columns) < WHOLE
    upper = np.where(integer, 1.0, 3.0)

    def problem(count: int) -> Problem:
        return Problem(
            blocks={}, place={}, row_start={"risk": count}, matrix=sp.csr_array(matrix[:count]),
            row_lower=right[:count], row_upper=np.full(count, np.inf), lower=np.zeros(columns), upper=upper,
            integer=integer, objective=cost, offset=0.0, money=1.0,
        )  # fmt: skip

    return problem(rows), problem(rows // 3)


def least(problem: Problem) -> float:
    """What HiGHS finds."""
    highs = load(problem)
    highs.setOptionValue("threads", 1)  # the pool of this thread is made once; others here ask for one too
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return math.inf
    return float(highs.getInfo().objective_function_value)


def searched(whole: Problem, some: Problem, gap: float = 1e-6, patience: int = 10**6) -> tuple[float, list[float]]:
    """The least that the tree finds when rows come as points break them; and the bounds it gave at every node."""
    master = Master(some, 0)
    rest = range(some.rows, whole.rows)
    best, bounds, asked = math.inf, [], 0

    def over() -> bool:
        nonlocal asked
        asked += 1
        bounds.append(tree.bound)
        return asked > patience

    tree = Tree(master, lambda: (best, gap))
    while True:
        point = tree.next(over)
        bounds.append(tree.bound)
        if point is None or not len(point.z):
            return best, bounds
        broken = [row for row in rest if whole.matrix[[row]] @ point.z < whole.row_lower[row] - 1e-7]
        for row in broken:
            master.add(Cut(np.arange(whole.columns), coefs(whole, row), float(whole.row_lower[row]), 0))
        if not broken:
            best = min(best, point.value)


def coefs(problem: Problem, row: int) -> Vector:
    """A row as numbers."""
    return np.asarray(problem.matrix[[row]].toarray()).ravel()


@pytest.mark.slow
@pytest.mark.parametrize("seed", first_fast(range(25), 10))
def test_it_finds_the_least_and_proves_no_more(seed: int) -> None:
    """Rows that come late bring the same optimum as rows that were always there."""
    whole, some = drawn(seed, rows=18)
    optimum = least(whole)
    assert optimum < math.inf
    best, bounds = searched(whole, some)
    assert best == pytest.approx(optimum, abs=2e-6)
    assert all(bound <= optimum + 1e-6 for bound in bounds)
    assert all(later >= sooner - 1e-9 for sooner, later in itertools.pairwise(bounds))
    assert bounds[-1] >= optimum - 2e-6


@pytest.mark.parametrize("seed", range(5))
def test_a_coarse_gap_is_kept_and_not_claimed_smaller(seed: int) -> None:
    """Nodes within the gap are given up, and the bound says so."""
    whole, some = drawn(seed, rows=18)
    optimum = least(whole)
    best, bounds = searched(whole, some, gap=0.1 * optimum)
    assert bounds[-1] <= optimum + 1e-6
    assert optimum - 1e-6 <= best <= bounds[-1] + 0.1 * optimum + 1e-6


def test_stopped_early_it_keeps_a_bound() -> None:
    """After a few nodes there is a bound, and it holds."""
    whole, some = drawn(3, rows=18)
    _, bounds = searched(whole, some, patience=6)
    assert 0.0 < bounds[-1] <= least(whole) + 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_another_run_goes_on_from_what_was_kept(seed: int) -> None:
    """Stopped every few nodes and gone on with by a new master, it finds the same, and its bound never falls."""
    whole, _ = drawn(seed, rows=18)
    best, bounds, kept = math.inf, [-math.inf], None
    while True:
        tree, asked = Tree(Master(whole, 0), lambda: (best, 1e-6)), itertools.count()  # noqa: B023
        if kept is not None:
            tree.take(kept)
            assert tree.bound == bounds[-1]
        point = tree.next(lambda: next(asked) > 8)  # noqa: B023
        if point is not None and len(point.z):
            best = min(best, point.value)
            tree.settled()
        bounds.append(tree.bound)
        kept = tree.kept()
        if point is None:
            break
    assert best == pytest.approx(least(whole), abs=2e-6)
    assert all(later >= sooner - 1e-9 for sooner, later in itertools.pairwise(bounds))
    assert bounds[-1] >= best - 2e-6


def test_nothing_is_possible() -> None:
    """No point at all: no node is left, and the bound is infinite."""
    whole, some = drawn(1, rows=18)
    some.row_lower[:] = 1e3
    best, bounds = searched(whole, some)
    assert best == math.inf
    assert bounds[-1] == math.inf
