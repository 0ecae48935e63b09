"""The optimum found by branch and bound is the best of all portfolios, tried one by one."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from support.build import Data, instance_of, optimum
from support.generate import generate

from optimizer.network.network import network_of
from optimizer.solver.compile import Problem
from optimizer.solver.extensive import compile_all, problem_of
from optimizer.solver.highs import run
from optimizer.solver.options import Options


def few_options(seed: int, children: int = 0) -> Data:
    """A generated instance with three options at most, each in one year or the other."""
    data = generate(seed, scenarios=1, children=children)
    left = 3
    for record in data["facilities"].values():
        kept = record.get("options", [])[: max(left, 0)]
        left -= len(kept)
        record["options"] = [{**option, "latest": 2028} for option in kept]
    return data


def cost_of(problem: Problem, portfolio: tuple[float, ...]) -> float | None:
    """Least cost with a portfolio fixed; None where it breaks a rule on funding."""
    lower, upper = problem.lower.copy(), problem.upper.copy()
    lower[problem.integer] = upper[problem.integer] = portfolio
    fixed = dataclasses.replace(problem, lower=lower, upper=upper, integer=np.zeros_like(problem.integer))
    return run(fixed, Options(threads=1)).objective


@pytest.mark.parametrize(("seed", "children"), [(1, 0), (2, 0), (4, 0), (2, 2)])
def test_optimum_is_the_best_of_all_portfolios(seed: int, children: int) -> None:
    """Nothing is cheaper than the optimum, and some portfolio costs just that; in a tree of futures too."""
    data = few_options(seed, children)
    network = network_of(instance_of(data))
    problem = problem_of(network, compile_all(network)[0], {})
    width = int(problem.integer.sum())
    assert 2 <= width <= 6
    costs = [cost_of(problem, portfolio) for portfolio in itertools.product((0.0, 1.0), repeat=width)]
    possible = [cost for cost in costs if cost is not None]
    assert len(possible) > 1
    assert min(possible) < max(possible)
    assert optimum(data) == pytest.approx(min(possible), rel=1e-6)
