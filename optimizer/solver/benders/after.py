"""What is asked once the search is over: what rules are worth, and the second pass."""

from __future__ import annotations

import dataclasses
import math
from contextlib import suppress

import numpy as np

from optimizer.errors import SolveError
from optimizer.solver.benders.dealt import Best, Dealt
from optimizer.solver.benders.master import Master, Point
from optimizer.solver.benders.search import Search
from optimizer.solver.extensive import ZERO, problem_of
from optimizer.solver.limit import Stopped
from optimizer.solver.row_prices import PRICED

SETTLING_LAST = 100
"""Rounds in which the stock of a portfolio settles in the second pass."""


def prices(dealt: Dealt) -> dict[tuple[str, str, object], float]:
    """(course, constraint, index) -> USD per unit of right side, with the fundings of the best plan.

    Raises:
        SolveError: HiGHS failed.
        Stopped: the limit was reached.
    """
    z = dealt.best.z
    assert z is not None
    if dealt.master.with_portfolio(z[dealt.master.problem.integer]) is None:
        return {}
    own, weight = dealt.master.duals()
    found: dict[tuple[str, str, object], float] = {}
    problem = dealt.master.problem
    for name, block in problem.blocks.items():
        first = problem.row_start[name]
        for i, (component, index) in enumerate(block.rows):
            if component in PRICED and abs(own[first + i]) > ZERO:
                found[name, component, index] = float(own[first + i]) / dealt.money
    weights = dealt.weights(weight)
    asked = {
        number: dealt.freed(part)
        for number, part in enumerate(dealt.parts)
        if weights[number] > ZERO and any(row[0] in PRICED for row in part.part.block.rows)
    }
    for number, duals in dealt.asking.prices(z, asked).items():
        part = dealt.parts[number].part
        for (component, index), usd in zip(part.block.rows, duals * weights[number], strict=False):
            if component in PRICED and abs(usd) > ZERO:
                found[part.course, component, index] = float(usd)
    return found


def second_pass(search: Search) -> None:
    """Least expected cost at the value reached, with the fundings as they are.

    For measures that give some futures no weight, so that their operations are arbitrary.
    """
    first, found = search.master, search.best
    assert found.z is not None
    ceiling = found.objective + max(1e-3, 1e-10 * abs(found.objective))
    problem = problem_of(search.network, search.dealt.master, search.hindsight, ceiling, search.money)
    search.master = Master(problem, search.options.seed, search.limit)
    # The same blocks have the same columns; only those of costs, which no cut looks at, may lie elsewhere.
    there = {column: search.master.column[key] for key, column in first.column.items()}
    place = np.array([there.get(i, -1) for i in range(first.problem.columns)], dtype=np.int64)
    z = np.zeros(problem.columns)
    z[place[place >= 0]] = found.z[place >= 0]
    search.deal_anew(place)
    for cut in first.cuts:
        theta = None if cut.theta is None else int(place[cut.theta])
        search.master.add(dataclasses.replace(cut, columns=place[cut.columns], theta=theta, in_use=True, idle=0))
    search.ceiling, search.best, search.bound = ceiling, Best(), -math.inf
    search.keep(z, found.answers)
    with suppress(SolveError, Stopped):  # the first pass's plan stands
        search.settle(Point(z, -math.inf, math.inf), SETTLING_LAST)
    second = search.best if search.best.z is not None else Best(found.objective, z, found.answers)
    search.ceiling, search.best = None, second
    assert second.z is not None
    second.objective = min(found.objective, search.value(second.z, second.answers))
