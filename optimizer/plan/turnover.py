"""Stock that goes out and comes in at one place within a period: only the difference moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimizer.network.tables import Tables

Values = Mapping[str, Mapping[Any, float]]


def without_turnover(tables: Mapping[str, Tables], values: Mapping[str, Values]) -> dict[str, Values]:
    """Values in which no stockpile takes in and releases the same material in one period.

    To release a tonne and to take it in again costs nothing and changes no balance, so a solver's answer may hold any
    amount of it. Left as it is: what moves by lanes, which is paid for; and what is drawn elsewhere than it is released
    to, since what lies between would have to follow.

    Args:
        tables: tables by course.
        values: course and `investment` -> component -> index -> value.
    """
    found = dict(values)
    for course, mine in values.items():
        into, out = dict(mine.get("stock_in", {})), dict(mine.get("stock_out", {}))
        if course not in tables or not into.keys() & out.keys():
            continue
        t = tables[course]
        taken = {(*cell[1:], p): cell[0] for cell, stores in t.flow.stores_in.items() for p in stores}
        given = {(*cell[1:], p): cell[0] for cell, stores in t.flow.stores_out.items() for p in stores}
        for index in into.keys() & out.keys():
            p, material, k, _ = index
            place = taken.get((material, k, p))
            if place is None or place != given.get((material, k, p)):
                continue
            both = min(into[index], out[index])
            into[index] -= both
            out[index] -= both
        found[course] = {**mine, "stock_in": into, "stock_out": out}
    return found
