"""What the master's columns can be at most, and rows of parts as the master alone can see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from optimizer.instance.policy import FacilityEffect
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
    undisturbed = most_made(tables[TRUNK])
    for course in order:
        raised = _raised(network, course)
        t = tables[TRUNK if raised is not None else course]
        periods = network.calendar.periods if course == TRUNK else network.windows[course].periods
        window = None if course == TRUNK else network.windows[course]
        made = most_made(t) if raised is None else {key: raised * amount for key, amount in undisturbed.items()}
        materials = {material for _, material, _ in t.stock.stores}
        before = t.calendar.previous[periods[0]]
        left = TRUNK if window is None else window.leaves or TRUNK
        for material in materials:
            if window is None or before is None:
                held = sum(t.stock.opening.get(store, 0.0) for store in t.stock.stores if store[1] == material)
            else:
                held = found[left, material, before]
            for y in periods:
                held += made.get((material, y), 0.0)
                found[course, material, y] = held
    return found


def _raised(network: Network, course: str) -> float | None:
    """By what a course can make more than the trunk at most; None where the trunk does not tell.

    Effects multiply availability and delay starts; only one that sets an exposure can let something run that could not
    before, and only a reaction can fund what the trunk has not.
    """
    if course == TRUNK:
        return 1.0
    factor = 1.0
    for effect, _, _ in network.windows[course].effects:
        if isinstance(effect, FacilityEffect):
            if effect.exposure:
                return None
            factor *= max(1.0, effect.available if effect.available is not None else 1.0)
    return None if network.reactions else factor


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
    return replace(block, upper=upper)


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
    outer = np.zeros(len(block.columns), dtype=bool)
    outer[list(columns)] = True
    matrix = sp.csr_array(block.matrix)
    seen = np.flatnonzero(abs(matrix) @ outer.astype(float) > 0)
    some = matrix[seen]
    own = sp.csr_array(some[:, ~outer])
    own_lower, own_upper = block.lower[~outer], block.upper[~outer]
    lower = block.row_lower[seen] - _ends(own, own_upper, own_lower)
    high = block.row_upper[seen] - _ends(own, own_lower, own_upper)
    linked = np.flatnonzero(outer)
    place = np.array([columns[int(i)] for i in linked], dtype=np.int64)
    # Several linked columns may be one of the master's.
    gather = sp.csr_array((np.ones(len(linked)), (np.arange(len(linked)), place)), shape=(len(linked), len(upper)))
    mine = sp.csr_array(some[:, linked] @ gather)
    none = np.zeros(len(upper))
    with np.errstate(invalid="ignore"):
        lower = np.where(lower > _ends(mine, none, upper), lower, -np.inf)
        high = np.where(high < _ends(mine, upper, none), high, np.inf)
    found = []
    for row in np.flatnonzero(np.isfinite(lower) | np.isfinite(high)):
        span = slice(mine.indptr[row], mine.indptr[row + 1])
        coefs = dict(zip(mine.indices[span].tolist(), mine.data[span].tolist(), strict=True))
        found.append((float(lower[row]), float(high[row]), coefs))
    return found


def _ends(matrix: sp.csr_array, above: Vector, below: Vector) -> Vector:
    """Activity by row with columns at `above` where their coefficient is positive, at `below` where it is negative."""
    up, down = matrix.copy(), matrix.copy()
    up.data, down.data = np.maximum(matrix.data, 0.0), np.maximum(-matrix.data, 0.0)
    finite = [np.where(np.isfinite(limit), limit, 0.0) for limit in (above, below)]
    found: Vector = up @ finite[0] - down @ finite[1]
    most = up @ (above == np.inf).astype(float) + down @ (below == -np.inf).astype(float) > 0
    least = up @ (above == -np.inf).astype(float) + down @ (below == np.inf).astype(float) > 0
    found[most], found[least], found[most & least] = np.inf, -np.inf, np.nan
    return found
