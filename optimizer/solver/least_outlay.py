"""The least that a government pays for a plan as it is: who pays whom is nothing to the system, and left open."""

from __future__ import annotations

from collections.abc import Mapping

import highspy
import numpy as np
import scipy.sparse as sp

from optimizer.instance.finance import MILLION
from optimizer.network.starts import Start
from optimizer.network.tables import INVESTMENT, TRUNK, Network, Tables
from optimizer.solver.compile import Block, join
from optimizer.solver.extensive import Values
from optimizer.solver.loading import new_highs

OPEN = frozenset({"grant", "sold", "earned", "credited"})
"""Components that say who pays whom; all others are what a plan does."""
SLACK = 1e-8
"""Relative, by which rows may be off: a plan's own rounding leaves them off by less."""


def with_least_outlay(
    network: Network, blocks: Mapping[str, Block], t: Tables, values: Mapping[str, Values]
) -> tuple[dict[str, Values], bool]:
    """Values in which grants, and what else instruments pay on the trunk, are least, discounted; all else stays.

    Args:
        network: what was solved.
        blocks: compiled, the investment and the trunk among them.
        t: tables of the trunk.
        values: of a plan, by block, component and index.

    Returns:
        The values, and whether they are least; where the program cannot be solved they are the plan's own.
    """
    found = dict(values)
    finance = network.instance.finance
    if finance is None or not finance.instruments:
        return found, True
    problem = join([blocks[INVESTMENT], blocks[TRUNK]])
    count = problem.columns
    known, free, cost = np.zeros(count), np.zeros(count, dtype=bool), np.zeros(count)
    names: dict[int, tuple[str, str, object]] = {}
    for name in (INVESTMENT, TRUNK):
        block = problem.blocks[name]
        for i, (component, index) in enumerate(block.columns):
            column = int(problem.place[name][i])
            if i in block.owners:
                continue
            known[column] = values[name].get(component, {}).get(index, 0.0)
            if component in OPEN:
                free[column], names[column] = True, (name, component, index)
    pays = _usd(network, t)
    for column, (_, component, index) in names.items():
        cost[column] = pays.get((component, index), 0.0) / MILLION
    columns = np.flatnonzero(free)
    if not len(columns) or not cost[columns].any():
        return found, True
    matrix = sp.csc_array(problem.matrix)
    mine = sp.csr_array(matrix[:, columns])
    rows = np.flatnonzero(np.diff(mine.indptr))
    brought = (problem.matrix @ np.where(free, 0.0, known))[rows]
    slack = SLACK * np.abs(brought)
    highs = new_highs(
        cost=cost[columns],
        bounds=(problem.lower[columns], problem.upper[columns]),
        rows=(problem.row_lower[rows] - brought - slack, problem.row_upper[rows] - brought + slack),
        matrix=sp.csr_array(mine[rows]),
        integer=np.zeros(len(columns), dtype=bool),
    )
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return found, False
    amounts = np.array(highs.getSolution().col_value)
    for name in (INVESTMENT, TRUNK):
        found[name] = {key: dict(mine) for key, mine in values[name].items() if key not in OPEN}
    for place, amount in zip(columns, amounts, strict=True):
        name, component, index = names[int(place)]
        if abs(amount) > 0:
            found[name].setdefault(component, {})[index] = float(amount)
    return found, True


def _usd(network: Network, t: Tables) -> dict[tuple[str, object], float]:
    """Discounted USD of public outlay for a unit of each component that is open, (component, index)."""
    calendar = network.calendar
    found: dict[tuple[str, object], float] = {}
    for (_, sale), usd in t.finance.per_tonne.items():
        found["sold", sale] = found.get(("sold", sale), 0.0) + usd * calendar.discount[sale[-1]]
    for (f, o), years in network.starts.years.items():
        capex = network.starts.options[f, o].capex
        for y in years if capex else ():
            worth = network.starts.capex(Start(f, o, (y,))) / capex
            for i in () if network.instance.finance is None else network.instance.finance.instruments:
                found["grant", (i.id, f, o, y)] = MILLION * worth
    return found
