"""Blocks -> a master and parts: what is decided here and now, and operations that answer it.

The master holds the investment, and of every course the columns that others look at or that tie its periods together
(stock above all), the rows over these alone, and a column for the cost of each part. A part is a linear program of its
own once the master's columns are given: one period of a course whose periods weigh differently (the trunk, a branch
that another leaves on the way), else a whole branch. Nothing is formulated here: rows and columns are only dealt out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from optimizer.model.caps import SHORT
from optimizer.model.declare import Key
from optimizer.network.tables import INVESTMENT, TRUNK, Network
from optimizer.solver.compile import Block, Indices

LONG = 8
"""Periods from which a branch is dealt out by period: its stock becomes the master's, and its program falls apart."""
RECOURSE = "recourse"
"""Component of the master's column for the cost of a part; its index is the part's period, 0 for a whole branch."""
ACROSS = ("stock", "missing")
"""Components that tie the periods of a course together: they are the master's where a course is dealt out by period."""


GIVEN = (*ACROSS, SHORT)
"""Components of a plan that the master begins with where it has them."""


@dataclass(frozen=True, slots=True)
class Part:
    """A linear program that answers the master.

    Attributes:
        course: the course it is of.
        period: its period; 0 for a whole branch.
        block: its columns and rows; linked columns are the master's.
        columns: of the course's block, by column of the part.
        rows: of the course's block, by row of the part.
    """

    course: str
    period: int
    block: Block
    columns: Indices
    rows: Indices

    @property
    def recourse(self) -> tuple[str, Key]:
        """(block, key) of the master's column for its cost."""
        return self.course, (RECOURSE, self.period)


@dataclass(frozen=True, slots=True)
class Split:
    """A problem dealt out.

    Attributes:
        master: the master's blocks by name, to be joined with the block over futures.
        parts: in a fixed order.
        kept: course -> column of its own block, by column of its master block; -1 for costs of parts.
    """

    master: dict[str, Block]
    parts: list[Part]
    kept: dict[str, Indices]


def undivided(blocks: Mapping[str, Block]) -> str | None:
    """Why a problem cannot be dealt out: what answers the master must be a linear program. None where it can."""
    for name, block in blocks.items():
        if name != INVESTMENT and block.integer.any():
            return f"'{name}' takes decisions of its own that are whole numbers"
    return None


def split(network: Network, blocks: Mapping[str, Block], unit: float) -> Split:
    """Deal out compiled blocks.

    Args:
        network: what is solved.
        blocks: investment, trunk and branches; others are kept whole in the master.
        unit: USD of one unit of a part's cost in the master.
    """
    asked: dict[str, set[Key]] = {}
    for block in blocks.values():
        for owner, key in block.owners.values():
            asked.setdefault(owner, set()).add(key)
    master: dict[str, Block] = {}
    parts: list[Part] = []
    kept: dict[str, Indices] = {}
    midway = _left_midway(network)
    for name, block in blocks.items():
        if name != TRUNK and name not in network.windows:
            master[name] = block
            continue
        by_period = name == TRUNK or name in midway or len(network.windows[name].periods) >= LONG
        mine = _masters_columns(block, asked.get(name, set()), by_period)
        found, rows = _parts(block, mine, by_period)
        parts += found
        master[name], kept[name] = _master_of(block, mine, rows, found, unit)
    return Split(master, parts, kept)


def _left_midway(network: Network) -> set[str]:
    """Branches that some future is on in one of their periods and not in another: those weigh differently then."""
    windows = network.windows
    return {
        window.leaves
        for window in windows.values()
        if window.leaves is not None and (window.leaves in network.path or window.onset != windows[window.leaves].until)
    }


def _masters_columns(block: Block, asked: set[Key], by_period: bool) -> np.ndarray:
    """Which columns of a course the master has: linked ones, those others look at, those that tie periods together."""
    mine = np.zeros(len(block.columns), dtype=bool)
    for i, key in enumerate(block.columns):
        mine[i] = i in block.owners or key in asked or (by_period and key[0] in ACROSS)
    if not by_period:
        return mine
    period = _periods(block)
    matrix = block.matrix.tocsr()
    for row in range(matrix.shape[0]):
        columns = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        own = columns[~mine[columns]]
        if len(own) and (period[own] != period[own[0]]).any():
            mine[own] = True
    return mine


def _periods(block: Block) -> Indices:
    """The period of each column of a course's own: the last of its index, else of its costs; 0 if neither.

    What is bought back at the end of a branch has no period in its index; its cost must weigh what that end weighs.
    """
    last = (key[1][-1] if isinstance(key[1], tuple) else 0 for key in block.columns)
    period = np.array([item if isinstance(item, int) else 0 for item in last], dtype=np.int64)
    rows, columns = sp.coo_array(block.cost).coords
    of_cost = np.zeros(len(block.columns), dtype=np.int64)
    np.maximum.at(of_cost, columns, np.array([t for _, t in block.cost_keys], dtype=np.int64)[rows])
    return np.where(period > 0, period, of_cost)


def _parts(block: Block, mine: np.ndarray, by_period: bool) -> tuple[list[Part], Indices]:
    """The parts of a course, and the rows that are the master's."""
    own = np.flatnonzero(~mine)
    of_row = np.full(len(block.rows), -1, dtype=np.int64)
    of_column = np.full(len(block.columns), -1, dtype=np.int64)
    of_column[own] = _periods(block)[own] if by_period else 0
    coo = sp.coo_array(block.matrix)
    rows, columns = coo.coords
    inner = of_column[columns] >= 0
    of_row[rows[inner]] = of_column[columns[inner]]
    parts = []
    for period in sorted({int(p) for p in of_column[own]}):
        here = np.flatnonzero(of_row == period)
        matrix = sp.csr_array(block.matrix[here])
        used = np.zeros(len(block.columns), dtype=bool)
        used[matrix.indices] = True
        used &= mine
        used |= of_column == period
        parts.append(_part(block, period, np.flatnonzero(used), here, mine))
    return parts, np.flatnonzero(of_row < 0)


def _part(block: Block, period: int, columns: Indices, rows: Indices, mine: np.ndarray) -> Part:
    """Some columns and rows of a course as a block; the master's columns are linked and cost nothing here."""
    outer = mine[columns]
    cost = sp.csr_array(block.cost[:, columns] @ sp.diags_array((~outer).astype(float)))
    cost.eliminate_zeros()
    owners = {
        i: block.owners.get(int(column), (block.name, block.columns[column]))
        for i, column in enumerate(columns)
        if outer[i]
    }
    inner = Block(
        name=f"{block.name} {period}" if period else block.name,
        columns=[block.columns[i] for i in columns],
        lower=block.lower[columns],
        upper=block.upper[columns],
        integer=block.integer[columns],
        matrix=sp.csr_array(block.matrix[rows][:, columns]),
        row_lower=block.row_lower[rows],
        row_upper=block.row_upper[rows],
        rows=[block.rows[i] for i in rows],
        cost=cost,
        cost_keys=block.cost_keys,
        cost_constant=np.zeros(len(block.cost_keys)),
        owners=owners,
        objective=np.zeros(len(columns)),
    )
    return Part(block.name, period, inner, columns, rows)


def _master_of(block: Block, mine: np.ndarray, rows: Indices, parts: list[Part], unit: float) -> tuple[Block, Indices]:
    """What the master has of a course: its columns and rows, and a column for the cost of each part."""
    columns = np.flatnonzero(mine)
    count = len(parts)
    place = {int(column): i for i, column in enumerate(columns)}
    first = min(period for _, period in block.cost_keys) if block.cost_keys else 0
    keys = [(RECOURSE, part.period or first) for part in parts]
    nothing = np.zeros(count)
    cost = sp.block_diag((block.cost[:, columns], unit * sp.eye_array(count)), format="csr")
    reduced = replace(
        block,
        columns=[*(block.columns[i] for i in columns), *(part.recourse[1] for part in parts)],
        lower=np.append(block.lower[columns], np.full(count, -np.inf)),
        upper=np.append(block.upper[columns], np.full(count, np.inf)),
        integer=np.append(block.integer[columns], np.zeros(count, dtype=bool)),
        matrix=sp.csr_array(sp.hstack([block.matrix[rows][:, columns], sp.csr_array((len(rows), count))])),
        row_lower=block.row_lower[rows],
        row_upper=block.row_upper[rows],
        rows=[block.rows[i] for i in rows],
        cost=sp.csr_array(cost),
        cost_keys=[*block.cost_keys, *keys],
        cost_constant=np.append(block.cost_constant, nothing),
        owners={place[i]: owner for i, owner in block.owners.items()},
        objective=np.append(block.objective[columns], nothing),
    )
    return reduced, np.append(columns, np.full(count, -1))
