"""The least that a government pays for a plan as it is: who pays whom is nothing to the system, and left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.instance.finance import MILLION
from optimizer.network.derive_capital import capital_of, given, may_hold, recipients, terms_of
from optimizer.network.tables import INVESTMENT, TRUNK, Network, Tables
from optimizer.network.tables_finance import PAYS
from optimizer.solver.compile import Block, Vector, join
from optimizer.solver.extensive import Values
from optimizer.solver.loading import new_highs

OPEN = frozenset(
    {
        "capital",
        "recipient",
        "held",
        "sold",
        "earned",
        "credited",
        "awarded",
        "shared",
        "borne",
        "bought",
        "premium",
        "strict",
        "public_outlay",
        "stock_above",
    }
)
"""Components that say who pays whom; all others are what a plan does."""
NEEDLESS = 1e-5
"""M USD for each M USD given, and for each recipient: nobody is lent, or chosen, for nothing."""
SECONDS = 60.0
"""In which recipients are chosen; after that they stay as the best that was found, or as the plan has them."""
GAP = 1e-6
"""Relative, within which what is paid is least where recipients are chosen."""
LOOSE = 1e-6
"""By which rows may be off while recipients are chosen: t, M USD; amounts follow by the rows as they are."""
SLACK = 1e-8
"""Relative, by which rows may be off: a plan's own rounding leaves them off by less."""


def with_least_outlay(
    network: Network, blocks: Mapping[str, Block], t: Tables, values: Mapping[str, Values]
) -> tuple[dict[str, Values], bool]:
    """Values in which what instruments give and pay on the trunk is least, discounted; all else stays.

    Args:
        network: what was solved.
        blocks: compiled, the investment and the trunk among them.
        t: tables of the trunk.
        values: of a plan, by block, component and index.

    Returns:
        The values, and whether they are least; where the program cannot be solved they are the plan's own, and where
        recipients cannot be chosen in time the least for those there are.
    """
    found = dict(values)
    finance = network.instance.finance
    if finance is None or not (finance.instruments or t.finance.premium):
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
    stands = mine[rows] @ known[columns]  # what is open, as the plan has it: its own rounding is none of ours
    slack = SLACK * (abs(problem.matrix) @ np.abs(known))[rows]
    lower, upper, whole = problem.lower[columns], problem.upper[columns], problem.integer[columns]
    limited = np.array([names[int(column)][1] == "public_outlay" for column in columns])
    upper[limited] = known[columns][limited] * (1.0 + SLACK)  # a level before: no more of it than the plan has
    nets = _nets(network, t, [names[int(column)] for column in columns])
    more, none = nets.shape[0], np.zeros(nets.shape[0])
    table = sp.block_array([[mine[rows], None], [nets, -sp.eye_array(more)]]) if more else mine[rows]
    row_lower = np.append(np.minimum(problem.row_lower[rows] - brought, stands) - slack, none - np.inf)
    row_upper = np.append(np.maximum(problem.row_upper[rows] - brought, stands) + slack, none)

    def least(
        bounds: tuple[Vector, Vector], integer: npt.NDArray[np.bool_], loose: float = 0.0
    ) -> tuple[Vector | None, bool]:
        """The amounts of least cost, if there are any, and whether they are proved so."""
        highs = new_highs(
            cost=np.append(cost[columns], none + 1.0),
            bounds=(np.append(bounds[0], none), np.append(bounds[1] + loose * limited, none + np.inf)),
            rows=(row_lower - loose, row_upper + loose),
            matrix=sp.csr_array(table),
            integer=np.append(integer, none.astype(bool)),
        )
        if integer.any():
            highs.setOptionValue("time_limit", SECONDS)
            highs.setOptionValue("mip_rel_gap", GAP)
        highs.run()
        proved = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        if not proved and highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None, False
        return np.array(highs.getSolution().col_value)[: len(columns)], proved

    def amounts_for(whom: Vector) -> Vector | None:
        """The least amounts for given recipients."""
        held = np.round(whom)
        fixed = np.where(whole, held, lower), np.where(whole, held, upper)
        amounts, solved = least(fixed, np.zeros(len(columns), dtype=bool))
        return amounts if solved else None

    amounts, proved = None, not whole.any()
    for loose in (0.0, LOOSE) if whole.any() else ():  # where rows hold by rounding alone, it may find none as they are
        tried, proved = least((lower, upper), whole, loose)
        amounts = None if tried is None else amounts_for(tried)
        if amounts is not None:
            break
    if amounts is None:
        amounts, proved = amounts_for(known[columns]), not whole.any()
    if amounts is None:
        return dict(values), False
    for name in (INVESTMENT, TRUNK):
        found[name] = {key: dict(mine) for key, mine in values[name].items() if key not in OPEN}
    for place, amount in zip(columns, amounts, strict=True):
        name, component, index = names[int(place)]
        if abs(amount) > 0:
            found[name].setdefault(component, {})[index] = float(amount)
    return found, proved


def _nets(network: Network, t: Tables, names: Sequence[tuple[str, str, object]]) -> Any:
    """A row for each recipient there may be: what it is paid less what it owes, discounted, M USD.

    It costs what is left, and nothing where less is paid than is owed: nobody is chosen for what the government earns.
    """
    pairs = {pair: row for row, pair in enumerate(dict.fromkeys((i, f) for i, f, _, _ in t.finance.award_most))}
    found = sp.lil_array((len(pairs), len(names)))
    place = {index: column for column, (_, component, index) in enumerate(names) if component == "awarded"}
    for i, f, way, y in t.finance.award_most:
        worth = network.calendar.discount[y]
        if (column := place.get((i, f, way, y))) is not None:
            found[pairs[i, f], column] = worth if way == PAYS else -worth
    return sp.csr_array(found)


def _usd(network: Network, t: Tables) -> dict[tuple[str, object], float]:
    """Discounted USD of public outlay for a unit of each component that is open, (component, index)."""
    calendar = network.calendar
    found: dict[tuple[str, object], float] = {}
    for (_, sale), usd in t.finance.per_tonne.items():
        found["sold", sale] = found.get(("sold", sale), 0.0) + usd * calendar.discount[sale[-1]]
    for index, usd in t.finance.bought.items():
        found["bought", index] = usd * (calendar.discount[index[-1]] + NEEDLESS)
    for part, usd in t.finance.premium.items():  # of what pays for itself, all that its users pay
        found["premium", part] = -usd * NEEDLESS * calendar.discount[part[-1]]
    for (_, part), usd in t.finance.depleted.items():
        found["premium", part] += usd * calendar.discount[part[-1]]
    for i, f in recipients(network):
        found["recipient", (i, f)] = MILLION * NEEDLESS
    for i, f in may_hold(network):
        for y in t.periods:
            found["borne", (i, f, y)] = MILLION * calendar.discount[y]
    instruments = capital_of(network)
    for i, f, o, y in given(network):
        outlay = terms_of(network, instruments[i], f, o, y).outlay
        usd = sum(share * calendar.discount_of(year) for year, share in outlay)
        found["capital", (i, f, o, y)] = MILLION * (usd + NEEDLESS)
    return found
