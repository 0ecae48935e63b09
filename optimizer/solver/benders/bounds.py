"""What the master's columns can be at most, and rows of parts as the master alone can see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp

from optimizer.network.tables import TRUNK, Network, Tables
from optimizer.solver.benders.split import Part
from optimizer.solver.compile import Block, Vector

Made = dict[tuple[str, int], float]
"""(material, period) -> t that can be made at most, whatever is funded."""


def most_made(t: Tables) -> Made:
    """What can be made of each material in a period if everything is funded and on line. Source: row C1."""
    capacity = t.capacity
    most: dict[tuple[str, str, int], float] = {}
    for key, existing in capacity.existing.items():
        best: dict[tuple[str, str], float] = defaultdict(float)
        for start, size in capacity.sizes[key]:
            option = (start.facility, start.option)
            best[option] = max(best[option], size)
        most[key] = (existing + sum(best.values())) * t.calendar.years[key[2]]
    found: Made = defaultdict(float)
    counted: set[tuple[str, str, int]] = set()
    for f, _, r, _, y in capacity.runs:
        if (f, r, y) in counted:
            continue
        counted.add((f, r, y))
        available = max(capacity.available[f, state.id, y] for state in capacity.states[f])
        activity = available * most[f, capacity.unit[f, r], y] / capacity.use[f, r]
        for material, amount in t.instance.recipes[r].outputs.items():
            found[material, y] += activity * amount
    return dict(found)


def most_stock(network: Network, tables: Mapping[str, Tables]) -> dict[tuple[str, str, int], float]:
    """(course, material, period) -> t of a material that all stockpiles together can hold at most.

    No stockpile gives back more than it took in, so all of them hold at most what they began with and what was made
    since. A branch begins with what the trunk can hold.
    """
    found: dict[tuple[str, str, int], float] = {}
    order = [TRUNK, *sorted(network.windows, key=lambda s: network.windows[s].onset)]
    for course in order:
        t = tables[course]
        made = most_made(t)
        materials = {material for _, material, _ in t.stock.stores}
        before = t.calendar.previous[t.periods[0]]
        left = TRUNK if t.window is None else t.window.leaves or TRUNK
        for material in materials:
            if t.window is None or before is None:
                held = sum(t.stock.opening.get(store, 0.0) for store in t.stock.stores if store[1] == material)
            else:
                held = found[left, material, before]
            for y in t.periods:
                held += made.get((material, y), 0.0)
                found[course, material, y] = held
    return found


def limited(block: Block, course: str, most: Mapping[tuple[str, str, int], float], made: Made) -> Block:
    """A course's block with stock, what is taken into it and known makers limited by what there can be.

    Without a limit of its own the master may count on ever more known makers where cuts say that they help.
    """
    upper = block.upper.copy()
    for i, (component, index) in enumerate(block.columns):
        if component in ("stock", "stock_in") and i not in block.owners:
            key = (course, index[1], index[3])  # type: ignore[index]
            if key in most:
                upper[i] = min(upper[i], most[key])
        elif component == "known" and i not in block.owners:
            upper[i] = min(upper[i], made.get((index[1], index[3]), 0.0))  # type: ignore[index]
    block.upper = upper
    return block


def projected(part: Part, columns: Mapping[int, int], upper: Vector) -> list[tuple[float, float, dict[int, float]]]:
    """Rows of a part with its own columns at their limits: what the master's columns must obey by themselves.

    Args:
        part: the part.
        columns: linked column -> the master's.
        upper: upper limits of the master's columns.

    Returns:
        (lower, upper, the master's column -> coefficient) of each row that is not met anyway.
    """
    block = part.block
    matrix = sp.csr_array(block.matrix)
    found = []
    for row in range(matrix.shape[0]):
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        indices, data = matrix.indices[span], matrix.data[span]
        outer = np.array([int(i) in columns for i in indices], dtype=bool)
        if not outer.any():
            continue
        own, coefs = indices[~outer], data[~outer]
        with np.errstate(invalid="ignore"):
            ends = np.where(coefs > 0, coefs * block.upper[own], coefs * block.lower[own])
            starts = np.where(coefs > 0, coefs * block.lower[own], coefs * block.upper[own])
        lower, high = block.row_lower[row] - ends.sum(), block.row_upper[row] - starts.sum()
        mine: dict[int, float] = defaultdict(float)
        for i, coef in zip(indices[outer], data[outer], strict=True):
            mine[columns[int(i)]] += float(coef)
        least = sum(min(0.0, coef * upper[column]) for column, coef in mine.items())
        most = sum(max(0.0, coef * upper[column]) for column, coef in mine.items())
        lower = lower if lower > least else -np.inf
        high = high if high < most else np.inf
        if np.isfinite(lower) or np.isfinite(high):
            found.append((float(lower), float(high), mine))
    return found
