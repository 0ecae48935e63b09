"""Pyomo block -> arrays, and blocks -> one problem.

Blocks come from sheets (`written`); where a family says what a sheet does not understand, and in tests, Pyomo's block
is compiled by `LinearStandardFormCompiler` here. Pyomo's solver interfaces are not used: they cost many times as much
as either road (see benchmarks/).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from optimizer.model.declare import Costs, Key, Model
from optimizer.model.risk import COST

Vector = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

LARGEST_COST = 3
"""The largest cost coefficient inside the solver has at most this many digits before the point."""


def dot(one: Vector, other: Vector) -> float:
    """The sum of products of two vectors, pairwise, in one order on every machine.

    BLAS, behind `@`, adds in an order that goes by the kind of processor and the number of its cores. The last digits
    of a cost then go by them too, and with them the plan that is found within the gap.
    """
    return float(np.add.reduce(one * other))


@dataclass(slots=True)
class Block:
    """A compiled model.

    Attributes:
        name: `investment`, `trunk`, a scenario or `risk`.
        columns: (component, index) of each column.
        lower: least values, by column.
        upper: highest values, by column.
        integer: whether a column is integer.
        matrix: rows x columns.
        row_lower: least activity, by row.
        row_upper: highest activity, by row.
        rows: (component, index) of each row.
        cost: (category, period) x columns, discounted USD.
        cost_keys: (category, period) of each cost row.
        cost_constant: discounted USD that no decision changes, by cost row.
        owners: local column -> (block, key) it stands for.
        objective: coefficients by column, for the block over futures.
    """

    name: str
    columns: list[Key]
    lower: Vector
    upper: Vector
    integer: npt.NDArray[np.bool_]
    matrix: sp.csr_array
    row_lower: Vector
    row_upper: Vector
    rows: list[Key]
    cost: sp.csr_array
    cost_keys: list[tuple[str, int]]
    cost_constant: Vector
    owners: dict[int, tuple[str, Key]]
    objective: Vector

    def cost_of(self, period: int | None) -> tuple[Vector, float]:
        """Discounted cost by column, and the constant, of one period or of all."""
        rows = [i for i, (_, t) in enumerate(self.cost_keys) if period is None or t == period]
        if not rows:
            return np.zeros(len(self.columns)), 0.0
        total = np.asarray(self.cost[rows].sum(axis=0), dtype=np.float64).ravel()
        return total, float(self.cost_constant[rows].sum())


def compile_block(m: Model, costs: Costs) -> Block:
    """Compile one model.

    Args:
        m: model from `optimizer.model.assemble`.
        costs: its costs.
    """
    form = LinearStandardFormCompiler().write(m, mixed_form=True, set_sense=None)
    position = {id(var): i for i, var in enumerate(form.columns)}
    variables = list(form.columns)
    for _, _, _, var in costs:
        if var is not None and id(var) not in position:
            position[id(var)] = len(variables)
            variables.append(var)
    columns: list[Key] = [(var.parent_component().local_name, var.index()) for var in variables]
    lower = np.array([-np.inf if var.lb is None else var.lb for var in variables], dtype=float)
    upper = np.array([np.inf if var.ub is None else var.ub for var in variables], dtype=float)
    integer = np.array([not var.is_continuous() for var in variables], dtype=bool)
    raw = sp.coo_array(form.A)
    shape = (len(form.rows), len(variables))
    matrix = sp.csr_array((raw.data, (raw.coords[0], raw.coords[1])), shape=shape)
    rhs = np.asarray(form.rhs, dtype=float)
    kinds = np.array([row.bound_type for row in form.rows], dtype=int)
    cost, keys, constant = _costs(costs, position, len(variables))
    objective = np.zeros(len(variables))
    if form.c is not None and form.c.shape[0] == 1:
        found = sp.coo_array(form.c)
        objective[found.coords[1]] = found.data
    owners = {i: m.owners[name][index] for i, (name, index) in enumerate(columns) if name in m.owners}
    return Block(
        name=m.block,
        columns=columns,
        lower=lower,
        upper=upper,
        integer=integer,
        matrix=matrix,
        row_lower=np.where(kinds <= 0, rhs, -np.inf),
        row_upper=np.where(kinds >= 0, rhs, np.inf),
        rows=[(row.constraint.parent_component().local_name, row.constraint.index()) for row in form.rows],
        cost=cost,
        cost_keys=keys,
        cost_constant=constant,
        owners=owners,
        objective=objective,
    )


def _costs(costs: Costs, position: Mapping[int, int], width: int) -> tuple[sp.csr_array, list[tuple[str, int]], Vector]:
    keys = sorted({(category, period) for category, period, _, _ in costs})
    number = {key: i for i, key in enumerate(keys)}
    constant = np.zeros(len(keys))
    rows: list[int] = []
    cols: list[int] = []
    data: list[float] = []
    for category, period, usd, var in costs:
        row = number[category, period]
        if var is None:
            constant[row] += usd
        elif usd:
            rows.append(row)
            cols.append(position[id(var)])
            data.append(usd)
    return sp.csr_array((data, (rows, cols)), shape=(len(keys), width)), keys, constant


def period_of(key: Key) -> int | None:
    """The period of a link to a block's cost; None where it is the cost of the whole block."""
    return int(str(key[1])) or None


@dataclass(slots=True)
class Problem:
    """All blocks as one problem.

    Attributes:
        blocks: by name.
        place: block -> global column of each local one.
        row_start: block -> number of its first row.
        money: units of money inside the solver per USD, a power of ten; USD everywhere else.
        cost_columns: (block, period) -> column that holds a block's cost, where a row needs it.
    """

    blocks: dict[str, Block]
    place: dict[str, Indices]
    row_start: dict[str, int]
    matrix: sp.csr_array
    row_lower: Vector
    row_upper: Vector
    lower: Vector
    upper: Vector
    integer: npt.NDArray[np.bool_]
    objective: Vector
    offset: float
    money: float
    cost_columns: dict[tuple[str, int | None], int] = field(default_factory=dict)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.lower)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.row_lower)

    def local(self, block: str, values: Vector) -> Vector:
        """The values of a block's own columns."""
        return values[self.place[block]]

    def name_of_row(self, row: int) -> tuple[str, Key]:
        """(block, (component, index)) of a row; rows that define a cost have component `cost`."""
        for name, start in self.row_start.items():
            if start <= row < start + len(self.blocks[name].rows):
                return name, self.blocks[name].rows[row - start]
        return "risk", (COST, row)


def money_of(blocks: Iterable[Block]) -> float:
    """Units of money that suit a problem, per USD: tolerances of the solver are absolute, instances are not alike."""
    largest = max((float(np.max(np.abs(block.cost.data), initial=0.0)) for block in blocks), default=0.0)
    digits = math.floor(math.log10(largest)) + 1 if largest > 0 else 0
    return 10.0 ** -max(0, digits - LARGEST_COST)


def join(blocks: Iterable[Block], money: float = 1.0) -> Problem:
    """Join blocks into one problem: linked columns are the owner's, cost columns stand for a block's cost.

    Args:
        blocks: compiled blocks, the owners of linked columns among them.
        money: units of money inside the solver per USD.
    """
    by_name = {block.name: block for block in blocks}
    place, count = _places(by_name)
    lower, upper = np.zeros(count), np.zeros(count)
    integer = np.zeros(count, dtype=bool)
    for name, block in by_name.items():
        own = _own(block)
        mine = place[name][own]
        lower[mine] = block.lower[own]
        upper[mine] = block.upper[own]
        integer[mine] = block.integer[own]
    cost_columns: dict[tuple[str, int | None], int] = {}
    for name, block in by_name.items():
        costs = [(i, owner, key) for i, (owner, key) in block.owners.items() if key[0] == COST]
        used = np.bincount(block.matrix.indices[block.matrix.data != 0], minlength=len(block.columns)) if costs else ()
        for i, owner, key in costs:
            if used[i]:
                place[name][i] = cost_columns.setdefault((owner, period_of(key)), count + len(cost_columns))
    more = len(cost_columns)
    width = count + more
    objective = np.zeros(width)
    offset = 0.0
    for name, block in by_name.items():
        for i in np.flatnonzero(block.objective).tolist():
            coef = float(block.objective[i])
            link = block.owners.get(i)
            if link is not None and link[1][0] == COST and place[name][i] < 0:
                vector, constant = by_name[link[0]].cost_of(period_of(link[1]))
                np.add.at(objective, place[link[0]], coef * vector * money)
                offset += coef * constant * money
            else:
                objective[place[name][i]] += coef
    data, columns, lengths = [], [], []
    lows, highs, row_start = [], [], {}
    rows = 0
    for name, block in by_name.items():
        data.append(block.matrix.data)
        columns.append(place[name][block.matrix.indices])
        lengths.append(np.diff(block.matrix.indptr))
        lows.append(block.row_lower)
        highs.append(block.row_upper)
        row_start[name] = rows
        rows += len(block.rows)
    for (owner, period), column in cost_columns.items():
        vector, constant = by_name[owner].cost_of(period)
        used_columns = np.flatnonzero(vector)
        data.append(np.append(-vector[used_columns] * money, 1.0))
        columns.append(np.append(place[owner][used_columns], column))
        lengths.append(np.array([len(used_columns) + 1]))
        lows.append(np.array([constant * money]))
        highs.append(np.array([constant * money]))
    starts = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    # Numbers of 32 bits, as long as they suffice: HiGHS takes no others, and they are half as large.
    kind = np.int32 if starts[-1] < np.iinfo(np.int32).max else np.int64
    arrays = (np.concatenate(data), np.concatenate(columns).astype(kind), starts.astype(kind))
    matrix = sp.csr_array(arrays, shape=(len(starts) - 1, width))
    matrix.sum_duplicates()
    return Problem(
        blocks=by_name,
        place=place,
        row_start=row_start,
        matrix=matrix,
        row_lower=np.concatenate(lows),
        row_upper=np.concatenate(highs),
        lower=np.concatenate([lower, np.full(more, -np.inf)]),
        upper=np.concatenate([upper, np.full(more, np.inf)]),
        integer=np.concatenate([integer, np.zeros(more, dtype=bool)]),
        objective=objective,
        offset=offset,
        money=money,
        cost_columns=cost_columns,
    )


def charged(block: Block, rows: Block) -> Block:
    """A block that bears what another one charges for its columns.

    Args:
        block: owner of columns.
        rows: links to them, and may charge for them; what it charges for columns of others is left out.
    """
    if not rows.cost_keys:
        return block
    at = {key: i for i, key in enumerate(block.columns)}
    linked = [(i, at[key]) for i, (owner, key) in rows.owners.items() if owner == block.name]
    shape = (len(rows.columns), len(block.columns))
    here, there = np.array(linked, dtype=np.int64).reshape(-1, 2).T
    place = sp.csr_array((np.ones(len(linked)), (here, there)), shape=shape)
    return replace(
        block,
        cost=sp.csr_array(sp.vstack([block.cost, rows.cost @ place])),
        cost_keys=[*block.cost_keys, *rows.cost_keys],
        cost_constant=np.append(block.cost_constant, rows.cost_constant),
    )


def _own(block: Block) -> npt.NDArray[np.bool_]:
    """Which columns are the block's own."""
    own = np.ones(len(block.columns), dtype=bool)
    own[list(block.owners)] = False
    return own


def _places(blocks: Mapping[str, Block]) -> tuple[dict[str, Indices], int]:
    """The global column of each local one, -1 for what stands for a cost; and how many there are.

    Blocks of one mould share what they are linked to, which is then looked up once.
    """
    place: dict[str, Indices] = {}
    count = 0
    for name, block in blocks.items():
        own = _own(block)
        mine = np.full(len(own), -1, dtype=np.int64)
        here = int(own.sum())
        mine[own] = np.arange(count, count + here)
        count += here
        place[name] = mine
    at: dict[str, dict[Key, int]] = {}
    known: dict[int, tuple[Indices, Indices]] = {}
    for name, block in blocks.items():
        if id(block.owners) not in known:
            linked = [(i, owner, key) for i, (owner, key) in block.owners.items() if key[0] != COST]
            for owner in {owner for _, owner, _ in linked} - at.keys():
                at[owner] = {key: i for i, key in enumerate(blocks[owner].columns) if i not in blocks[owner].owners}
            found = [int(place[owner][at[owner][key]]) for _, owner, key in linked]
            local = np.array([i for i, _, _ in linked], dtype=np.int64)
            known[id(block.owners)] = (local, np.array(found, dtype=np.int64))
        local, there = known[id(block.owners)]
        place[name][local] = there
    return place, count
