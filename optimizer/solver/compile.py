"""Pyomo block -> arrays, and blocks -> one problem.

One Pyomo block a course; each is compiled by `LinearStandardFormCompiler` and dropped before the next is built. Pyomo's
solver interfaces are not used: they cost 50 to 400 times as much as this road (see benchmarks/).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
    place: dict[str, Indices] = {}
    known: dict[tuple[str, Key], int] = {}
    count = 0
    for name, block in by_name.items():
        mine = np.full(len(block.columns), -1, dtype=np.int64)
        for i, key in enumerate(block.columns):
            if i not in block.owners:
                mine[i] = count
                known[name, key] = count
                count += 1
        place[name] = mine
    lower, upper = np.zeros(count), np.zeros(count)
    integer = np.zeros(count, dtype=bool)
    for name, block in by_name.items():
        own = place[name] >= 0
        lower[place[name][own]] = block.lower[own]
        upper[place[name][own]] = block.upper[own]
        integer[place[name][own]] = block.integer[own]
    objective = np.zeros(count)
    offset = 0.0
    extra: list[tuple[str, int | None]] = []
    for name, block in by_name.items():
        used = np.asarray(abs(block.matrix).sum(axis=0)).ravel() > 0
        for i, (owner, key) in block.owners.items():
            if key[0] != COST:
                place[name][i] = known[owner, key]
            elif used[i]:
                target = (owner, period_of(key))
                place[name][i] = len(lower)
                extra.append(target)
                lower, upper = np.append(lower, -np.inf), np.append(upper, np.inf)
                integer, objective = np.append(integer, False), np.append(objective, 0.0)
    width = len(lower)
    cost_columns: dict[tuple[str, int | None], int] = {}
    for name, block in by_name.items():
        for i, coef in enumerate(block.objective):
            if not coef:
                continue
            link = block.owners.get(i)
            if link is not None and link[1][0] == COST and place[name][i] < 0:
                vector, constant = by_name[link[0]].cost_of(period_of(link[1]))
                np.add.at(objective, place[link[0]], coef * vector * money)
                offset += coef * constant * money
            else:
                objective[place[name][i]] += coef
    matrices, lows, highs, row_start = [], [], [], {}
    rows = 0
    for name, block in by_name.items():
        coo = sp.coo_array(block.matrix)
        cols = place[name][coo.coords[1]]
        matrices.append(sp.csr_array((coo.data, (coo.coords[0], cols)), shape=(len(block.rows), width)))
        lows.append(block.row_lower)
        highs.append(block.row_upper)
        row_start[name] = rows
        rows += len(block.rows)
    first_cost = width - len(extra)
    for number, (owner, period) in enumerate(extra):
        column = first_cost + number
        cost_columns[owner, period] = column
        vector, constant = by_name[owner].cost_of(period)
        used_columns = np.flatnonzero(vector)
        data = np.append(-vector[used_columns] * money, 1.0)
        cols = np.append(place[owner][used_columns], column)
        matrices.append(sp.csr_array((data, (np.zeros(len(cols), dtype=int), cols)), shape=(1, width)))
        lows.append(np.array([constant * money]))
        highs.append(np.array([constant * money]))
    return Problem(
        blocks=by_name,
        place=place,
        row_start=row_start,
        matrix=sp.csr_array(sp.vstack(matrices, format="csr")),
        row_lower=np.concatenate(lows),
        row_upper=np.concatenate(highs),
        lower=lower,
        upper=upper,
        integer=integer,
        objective=objective,
        offset=offset,
        money=money,
        cost_columns=cost_columns,
    )
