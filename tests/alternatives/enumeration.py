"""Every portfolio, one by one: each fixed in the whole problem, which leaves a linear program."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from optimizer.instance.instance import Instance
from optimizer.near_optimal.facts import ALL, NONE, SOME
from optimizer.near_optimal.rows import Chosen, Option
from optimizer.network.network import network_of
from optimizer.solver.extensive import compile_all, problem_of
from optimizer.solver.first_plan import fundings_of
from optimizer.solver.highs import run
from optimizer.solver.options import Options

Costs = dict[Chosen, float]
"""Least cost of each set of options that can be funded together, USD; whatever the years."""


def every_portfolio(instance: Instance) -> Costs:
    """What every set of options costs at least."""
    network = network_of(instance)
    blocks, _ = compile_all(network)
    problem = problem_of(network, blocks, {})
    columns = fundings_of(problem)
    keys = [
        key[1] for key, whole in zip(blocks["investment"].columns, blocks["investment"].integer, strict=True) if whole
    ]
    found: Costs = {}
    for portfolio in itertools.product((0.0, 1.0), repeat=len(columns)):
        lower, upper, integer = problem.lower.copy(), problem.upper.copy(), problem.integer.copy()
        lower[columns] = upper[columns] = portfolio
        integer[columns] = False
        fixed = dataclasses.replace(problem, lower=lower, upper=upper, integer=integer)
        cost = run(fixed, Options(threads=1, gap=0.0)).objective
        if cost is None:
            continue
        chosen = frozenset((str(k[0]), str(k[1])) for k, x in zip(keys, portfolio, strict=True) if x)  # type: ignore[index]
        found[chosen] = min(cost, found.get(chosen, np.inf))
    return found


def near(costs: Costs, within: float) -> Costs:
    """Those within a tolerance of the best."""
    best = min(costs.values())
    return {chosen: cost for chosen, cost in costs.items() if cost <= best + within}


def lean(costs: Costs, within: float) -> set[Chosen]:
    """Those of them that fund nothing for nothing: no part of them costs less."""
    return {
        chosen
        for chosen, cost in near(costs, within).items()
        if all(other >= cost for part, other in costs.items() if part < chosen)
    }


def verdicts(costs: Costs, within: float, options: list[Option]) -> dict[Option, str]:
    """What all, some or none of them fund."""
    sets = list(near(costs, within))
    counts = {option: sum(option in chosen for chosen in sets) for option in options}
    return {o: ALL if n == len(sets) else NONE if n == 0 else SOME for o, n in counts.items()}


def forced(costs: Costs, option: Option, *, funded: bool) -> float | None:
    """What it costs to force an option in, or to leave it out; None where that leaves no plan."""
    mine = [cost for chosen, cost in costs.items() if (option in chosen) == funded]
    return min(mine) - min(costs.values()) if mine else None
