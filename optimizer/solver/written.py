"""Families -> arrays, by a sheet: the same that Pyomo's compiler gives, from rows that are numbers already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from pyomo.common.gc_manager import PauseGC

from optimizer.model.declare import Costs, Model
from optimizer.model.sheet import Sheet
from optimizer.network.slotted import Slotted
from optimizer.solver.compile import Block, Indices, Vector, compile_block

Found = dict[str, list[tuple[int, Slotted]]]
"""Array of a block -> (position, number) of the numbers that depend on slots."""


def build_block(build: Callable[..., tuple[Model, Costs]], *about: Any) -> Block:
    """The block that families say, by a sheet; by Pyomo where they say what a sheet does not understand.

    Args:
        build: one of `assemble`: `investment`, `operations`, `needs`, `measure` or `one_future`.
        about: what it is of.
    """
    try:
        with PauseGC():
            return written(*build(*about, new=Sheet))[0]
    except (AttributeError, TypeError):
        return compile_block(*build(*about))


def written(m: Sheet, costs: Costs) -> tuple[Block, Found]:
    """The block of a sheet, and which of its numbers depend on slots.

    Columns and rows are in the order of Pyomo's compiler: variables as the objective and rows first name them, each
    whole, without the columns that stand in neither; then those that only cost something.

    Args:
        m: what the families said.
        costs: and what it costs.

    Raises:
        TypeError: a number is none, or a constant cost depends on slots.
    """
    coefs, in_rows = _numbers(m.coefs)
    columns = np.array(m.columns, dtype=np.int64)
    goal = np.zeros(len(m.keys))
    for coef, at in m.objective:
        goal[at] += coef
    rows = np.repeat(np.arange(len(m.rows)), np.diff([0, *m.ends]))
    width = len(m.keys)
    matrix = sp.csr_array((coefs, (rows, columns)), shape=(len(m.rows), width))
    matrix.eliminate_zeros()
    order = _order(m, columns, matrix, costs, goal)
    place = np.full(width, -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    matrix = sp.csr_array((matrix.data, place[matrix.indices], matrix.indptr), shape=(len(m.rows), len(order)))
    matrix.sort_indices()
    cost, keys, constant, in_cost = _costs(costs, place, len(order))
    kinds = np.array(m.kinds, dtype=np.int64)
    side, in_sides = _numbers(m.sides)
    upper, in_upper = _numbers([m.upper[i] for i in order])
    numbers = [m.keys[i] for i in order]
    block = Block(
        name=m.block,
        columns=numbers,
        lower=np.array([m.lower[i] for i in order], dtype=float),
        upper=upper,
        integer=np.array([m.binary[i] for i in order], dtype=bool),
        matrix=matrix,
        row_lower=np.where(kinds <= 0, side, -np.inf),
        row_upper=np.where(kinds >= 0, side, np.inf),
        rows=m.rows,
        cost=cost,
        cost_keys=keys,
        cost_constant=constant,
        owners={i: m.owners[name][index] for i, (name, index) in enumerate(numbers) if name in m.owners},
        objective=goal[order],
    )
    found: Found = {
        "row_lower": [(i, number) for i, number in in_sides if kinds[i] <= 0],
        "row_upper": [(i, number) for i, number in in_sides if kinds[i] >= 0],
        "lower": [],
        "upper": in_upper,
        "matrix": _placed(matrix, rows, place[columns], m.coefs, in_rows),
        "cost": in_cost,
    }
    return block, found


def _numbers(values: Sequence[Any]) -> tuple[Vector, list[tuple[int, Slotted]]]:
    """Numbers with all slots at 1, and those that depend on slots with their positions."""
    found = [(i, value) for i, value in enumerate(values) if type(value) is Slotted]
    if not found:
        return np.array(values, dtype=float), found
    return np.array([value.ones if type(value) is Slotted else value for value in values], dtype=float), found


def _order(m: Sheet, columns: Indices, matrix: Any, costs: Costs, goal: Vector) -> Indices:
    """The columns that there are, in their order."""
    used: npt.NDArray[np.bool_] = (np.bincount(matrix.indices, minlength=len(m.keys)) > 0) | (goal != 0)
    first = np.array(m.first, dtype=np.int64)
    columns = np.concatenate([np.array([at for _, at in m.objective], dtype=np.int64), columns])
    variables, met = np.unique(np.searchsorted(first, columns, side="right") - 1, return_index=True)
    # Two variables without columns begin at one number: the last of them is the one that has it.
    ends = np.append(first[1:], len(m.keys))
    found = [np.arange(first[v], ends[v]) for v in variables[np.argsort(met)]]
    order = np.concatenate([np.zeros(0, dtype=np.int64), *found])
    order = order[used[order]]
    more = dict.fromkeys(var.at for _, _, _, var in costs if var is not None and not used[var.at])
    return np.concatenate([order, np.array(list(more), dtype=np.int64)])


def _costs(
    costs: Costs, place: Indices, width: int
) -> tuple[sp.csr_array, list[tuple[str, int]], Vector, list[tuple[int, Slotted]]]:
    keys = sorted({(category, period) for category, period, _, _ in costs})
    number = {key: i for i, key in enumerate(keys)}
    constant = np.zeros(len(keys))
    rows: list[int] = []
    at: list[int] = []
    usd: list[Any] = []
    for category, period, each, var in costs:
        if var is None:
            constant[number[category, period]] += each
        elif each:
            rows.append(number[category, period])
            at.append(var.at)
            usd.append(each)
    data, found = _numbers(usd)
    columns = place[np.array(at, dtype=np.int64)]
    cost = sp.csr_array((data, (rows, columns)), shape=(len(keys), width))
    return cost, keys, constant, _placed(cost, np.array(rows, dtype=np.int64), columns, usd, found)


def _placed(
    matrix: Any, rows: Indices, columns: Indices, numbers: Sequence[Any], found: list[tuple[int, Slotted]]
) -> list[tuple[int, Slotted]]:
    """Positions in the matrix of the numbers that depend on slots; of several at one place the sum."""
    if not found:
        return []
    width = matrix.shape[1]
    at = np.array([i for i, _ in found], dtype=np.int64)
    keys = rows * width + columns
    there = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)) * width + matrix.indices
    asked, times = np.unique(keys[np.isin(keys, keys[at])], return_counts=True)
    several = set(asked[times > 1].tolist())
    placed = dict(zip(keys[at].tolist(), (number for _, number in found), strict=True))
    for key in several:
        whole: Any = sum(numbers[int(i)] for i in np.flatnonzero(keys == key))
        placed[key] = whole if isinstance(whole, Slotted) else Slotted({(): whole}, whole, whole)
    positions = np.searchsorted(there, list(placed))
    if not np.array_equal(np.append(there, -1)[positions], list(placed)):
        raise TypeError("the shape depends on a number that depends on slots")
    return list(zip(positions.tolist(), placed.values(), strict=True))
