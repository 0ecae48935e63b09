"""Caps on service (V): a level keeps the service that the levels before it reached."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.model.declare import Costs, Key, Model, Term, constraint, linked, total
from optimizer.network.tables import Network

SHORT = "channel_short"
"""Component of a course with the tonnes short of a channel in a period."""


def declare(m: Model, n: Network, caps: Mapping[str, float], columns: Mapping[str, list[Key]]) -> None:
    """V2.

    Args:
        m: the block of caps.
        n: network.
        caps: channel -> expected t short at most.
        columns: course -> its columns of tonnes short by channel and period.
    """
    owners = {
        (course, *key[1]): (course, key)  # type: ignore[misc]
        for course, keys in columns.items()
        for key in keys
        if key[1][0] in caps  # type: ignore[index]
    }
    m.caps = dict(caps)
    m.counted = list(owners)
    linked(m, "short_in_course", owners, unit="t", doc="U: t short in markets of channel k, by course")
    constraint(m, n, caps, short_within_cap)


def costs(m: Model, n: Network) -> Costs:  # noqa: ARG001
    """None: it says how much may be short, not what that costs."""
    return []


def weight_of(n: Network, course: str, period: int) -> float:
    """Probability of being on a course in a period."""
    return n.weight[course, period]


def short_within_cap(m: Model, n: Network, k: str) -> object:
    r"""V2. $\sum_c \sum_t P_{ct} \, U^c_{kt} \le \bar U_k$: a channel is expected to be no shorter than its level allows."""
    terms: list[Term] = [
        (weight_of(n, course, t), m.short_in_course[course, j, t]) for course, j, t in m.counted if j == k
    ]
    return total(terms) <= m.caps[k]
