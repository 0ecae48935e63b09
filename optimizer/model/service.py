"""Service (V): tonnes short by channel, where service comes before cost."""

from __future__ import annotations

from collections import defaultdict

from optimizer.model.declare import Costs, Model, constraint, total, variable
from optimizer.network.tables import Tables


def variables(m: Model, t: Tables) -> None:
    """U, where the instance is lexicographic."""
    m.shorts_of = shorts_of(t)
    most = {key: sum(t.demand.tonnes[index] for index in lines) for key, lines in m.shorts_of.items()}
    doc = "U: t short of demand in markets of channel k, at most"
    variable(m, "channel_short", m.shorts_of, upper=most, unit="t", doc=doc)


def constraints(m: Model, t: Tables) -> None:
    """V1."""
    constraint(m, t, m.shorts_of, short_of_channel)


def costs(m: Model, t: Tables) -> Costs:  # noqa: ARG001
    """None: service has no price."""
    return []


def shorts_of(t: Tables) -> dict[tuple[str, int], list[tuple[str, int, int]]]:
    """(k, t) -> demand lines of its markets that may be short, (d, i, t); nothing where service has no level."""
    found: dict[tuple[str, int], list[tuple[str, int, int]]] = defaultdict(list)
    if t.instance.lexicographic is not None:
        for d, i, y in t.demand.lines:
            if (d, i, y) in t.demand.shortage_cost and t.demand.tonnes[d, i, y] > 0:
                found[t.instance.markets[d].channel, y].append((d, i, y))
    return dict(found)


def short_of_channel(m: Model, t: Tables, k: str, y: int) -> object:  # noqa: ARG001
    r"""V1. $\sum_{d: k_d = k} \sum_i u_{dit} \le U_{kt}$: what its markets are short of, over all their lines."""
    return total([*((1.0, m.short[index]) for index in m.shorts_of[k, y]), (-1.0, m.channel_short[k, y])]) <= 0
