"""Rows that every plan obeys which survives some losses: as a block, and as JSON keeps them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from optimizer.errors import PlanError
from optimizer.instance.instance import Instance
from optimizer.instance.write import sha256
from optimizer.losses.ask import Asked, Scope
from optimizer.losses.search import Names
from optimizer.model.declare import Key
from optimizer.plan.plan import Plan
from optimizer.solver.compile import Block

SURVIVAL = "survival"
"""Name of the block of rows."""

Lost = tuple[int, Names]
"""Onset and losses."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that every plan obeys which serves the markets in full after some losses.

    Attributes:
        lost: onset and losses.
        slopes: (block, key) -> tonnes short per unit, those that are not zero.
        most: the slopes times what is given are at most this.
    """

    lost: Lost
    slopes: dict[tuple[str, Key], float]
    most: float


def block_of(rows: Sequence[Row], *, broken: bool = False) -> Block:
    """Rows as a block over other blocks' columns.

    Args:
        rows: at least one.
        broken: each set's rows may be broken, by as many tonnes as the block's objective then counts.
    """
    keys = list(dict.fromkeys(key for row in rows for key in row.slopes))
    sets = list(dict.fromkeys(row.lost for row in rows)) if broken else []
    columns = {key: i for i, key in enumerate(keys)}
    width = len(keys) + len(sets)
    entries = [(i, columns[key], slope) for i, row in enumerate(rows) for key, slope in row.slopes.items()]
    entries += [(i, len(keys) + sets.index(row.lost), -1.0) for i, row in enumerate(rows) if broken]
    where, which, data = zip(*entries, strict=True) if entries else ((), (), ())
    most = np.array([row.most for row in rows])
    free = np.full(width, np.inf)
    return Block(
        name=SURVIVAL,
        columns=[key for _, key in keys] + [("broken", lost) for lost in sets],
        lower=np.where(np.arange(width) < len(keys), -free, 0.0),
        upper=free,
        integer=np.zeros(width, dtype=bool),
        matrix=sp.csr_array((list(data), (list(where), list(which))), shape=(len(rows), width)),
        row_lower=np.full(len(rows), -np.inf),
        row_upper=most,
        rows=[("survives", (i, *row.lost)) for i, row in enumerate(rows)],
        cost=sp.csr_array((0, width)),
        cost_keys=[],
        cost_constant=np.zeros(0),
        owners={i: key for key, i in columns.items()},
        objective=np.where(np.arange(width) < len(keys), 0.0, 1.0),
    )


def plain(row: Row) -> list[Any]:
    """A row as JSON has it."""
    slopes = [[block, component, list(index), slope] for (block, (component, index)), slope in row.slopes.items()]  # type: ignore[call-overload]
    return [row.lost[0], sorted(row.lost[1]), row.most, slopes]


def row_of(item: Sequence[Any]) -> Row:
    """A row from JSON."""
    onset, names, most, slopes = item
    found: dict[tuple[str, Key], float] = {
        (block, (component, tuple(index))): slope for block, component, index, slope in slopes
    }
    return Row((onset, frozenset(names)), found, most)


def kept_in(start: Plan, instance: Instance, asked: Asked, scope: Scope) -> list[Row]:
    """The rows that an earlier plan of the same search came to.

    Raises:
        PlanError: it was not made by this search.
    """
    info = start.info.get("survive")
    if info is None or "kept" not in info:
        raise PlanError("the plan to start from was not made by solve --survive; leave --start out")
    this = {"losses": asked.losses, "of": asked.of, "duration": asked.duration, "onsets": list(scope.onsets)}
    this |= {"markets": list(scope.weights), "instance_sha256": sha256(instance)}
    that = info | {"instance_sha256": start.info.get("instance_sha256")}
    if other := [f"{key} is {this[key]}, there {that.get(key)}" for key in this if this[key] != that.get(key)]:
        raise PlanError(f"the plan to start from is of another search: {'; '.join(other)}")
    return [row_of(item) for item in json.loads(info["kept"])]
