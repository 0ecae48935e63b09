"""Demand (D): demand is met or short."""

from __future__ import annotations

from collections import defaultdict

from optimizer.model.declare import Costs, Model, constraint, total, variable
from optimizer.network.tables import Tables


def variables(m: Model, t: Tables) -> None:
    """V and u."""
    doc = "v: material m of channel k delivered to line i of market d"
    variable(m, "deliver", t.demand.deliveries, unit="t", doc=doc)
    short = [key for key in t.demand.lines if key in t.demand.shortage_cost and t.demand.tonnes[key] > 0]
    variable(m, "short", short, unit="t", doc="u: demand of line i of market d that is not met")
    found: dict[tuple[str, int, int], list[tuple[str, int, str, str, int]]] = defaultdict(list)
    for index in t.demand.deliveries:
        found[index[0], index[1], index[4]].append(index)
    m.deliveries_of = dict(found)


def constraints(m: Model, t: Tables) -> None:
    """D1."""
    constraint(m, t, t.demand.lines, demand_is_met_or_short)


def costs(m: Model, t: Tables) -> Costs:
    """Shortage."""
    return [("shortage", i[2], t.discount(i[2]) * t.demand.shortage_cost[i], m.short[i]) for i in m.short]


def demand_is_met_or_short(m: Model, t: Tables, d: str, i: int, y: int) -> object:
    r"""D1. $\sum_{m \in A_i, k \preceq k_d} v_{dimkt} + u_{dit} = D_{dit}$: what is not delivered is short, where it may be."""
    terms = [(1.0, m.deliver[index]) for index in m.deliveries_of.get((d, i, y), ())]
    if (d, i, y) in m.short:
        terms.append((1.0, m.short[d, i, y]))
    return total(terms) == t.demand.tonnes[d, i, y]
