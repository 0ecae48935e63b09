"""Balance (M): nothing appears or vanishes at a place; links (L) and claims (O) on what moves."""

from __future__ import annotations

from collections import defaultdict

from optimizer.model.declare import Costs, Model, Term, constraint, total, variable
from optimizer.network.tables import Tables


def variables(m: Model, t: Tables) -> None:
    """q, d and g."""
    variable(m, "flow", t.flow.flows, unit="t", doc="q: material m moved on arc a in channel k")
    doc = "d: material m moved to the next looser channel at place p"
    variable(m, "downgrade", t.flow.downgrades, unit="t", doc=doc)
    variable(m, "surplus", t.flow.surplus, unit="t", doc="g: material m thrown away or sold at place p")
    states: dict[tuple[str, str, str, int], list[str]] = defaultdict(list)
    for f, s, r, k, y in t.capacity.runs:
        states[f, r, k, y].append(s)
    m.states_of = dict(states)


def constraints(m: Model, t: Tables) -> None:
    """M1, L1, O1."""
    constraint(m, t, t.flow.cells, balance)
    constraint(m, t, t.flow.limits, link_within_capacity)
    constraint(m, t, t.flow.owed, claim_is_served)


def costs(m: Model, t: Tables) -> Costs:
    """Freight; disposal or sale of surplus."""
    found: Costs = []
    arcs = t.places.arcs
    for a, material, k, y in t.flow.flows:
        usd = t.flow.cost[a, y] * t.flow.gross[material]
        if usd and arcs[a].link not in ("hub", "claim"):
            found.append(("freight", y, t.discount(y) * usd, m.flow[a, material, k, y]))
    for p, material, k, y in t.flow.surplus:
        usd = t.flow.surplus_cost[p, material, y]
        category = "sales" if t.instance.materials[material].sell else "disposal"
        if usd:
            found.append((category, y, t.discount(y) * usd, m.surplus[p, material, k, y]))
    return found


def made(m: Model, t: Tables, p: str, material: str, k: str, y: int, sign: float = 1.0) -> list[Term]:
    """Terms of what fills a cell from activity."""
    return [
        (sign * amount, m.run[f, s, r, k, y])
        for f, r, amount in t.flow.made.get((p, material, k), ())
        for s in m.states_of.get((f, r, k, y), ())
    ]


def balance(m: Model, t: Tables, p: str, material: str, k: str, y: int) -> object:
    r"""M1. $\sum b^+ z + \sum_{a \to p} q_a + d_{k^+ \to k} + o = \sum b^- z + \sum_{p \to a} q_a + d_{k \to k^-} + v + i + g$: in, made, downgraded in and released equal used, out, downgraded out, delivered, stored and surplus, for each place, material and channel."""
    cell = (p, material, k)
    terms = made(m, t, p, material, k, y)
    terms += [(1.0, m.flow[a, material, k, y]) for a in t.flow.incoming.get(cell, ()) if (a, material, k, y) in m.flow]
    stricter = t.places.stricter_or_equal(k)[:-1]
    if stricter and (p, material, stricter[-1], y) in m.downgrade:
        terms.append((1.0, m.downgrade[p, material, stricter[-1], y]))
    terms += [
        (1.0, m.stock_out[d, material, k, y])
        for d in t.flow.stores_out.get(cell, ())
        if (d, material, k, y) in m.stock_out
    ]
    for f, r, amount in t.flow.used.get(cell, ()):
        terms += [(-amount, m.run[f, s, r, k, y]) for s in m.states_of.get((f, r, k, y), ())]
    terms += [(-1.0, m.flow[a, material, k, y]) for a in t.flow.outgoing.get(cell, ()) if (a, material, k, y) in m.flow]
    if (*cell, y) in m.downgrade:
        terms.append((-1.0, m.downgrade[p, material, k, y]))
    terms += [(-1.0, m.deliver[d, i, material, k, y]) for d, i in t.demand.at.get(cell, ())]
    terms += [(-1.0, m.stock_in[d, material, k, y]) for d in t.flow.stores_in.get(cell, ())]
    if (*cell, y) in m.surplus:
        terms.append((-1.0, m.surplus[p, material, k, y]))
    return total(terms) == 0


def link_within_capacity(m: Model, t: Tables, link: str, y: int) -> object:
    r"""L1. $\sum_{a \in link} \sum_{m,k} \gamma_m q_{amkt} \le \alpha_{link,t} C_{link} y_t$: gross tonnes over all materials and channels."""
    terms = [(t.flow.gross[index[1]], m.flow[index]) for index in _flows_of(m, t).get((link, y), ())]
    return total(terms) <= t.flow.limits[link, y]


def _flows_of(m: Model, t: Tables) -> dict[tuple[str, int], list[tuple[int, str, str, int]]]:
    if not hasattr(m, "flows_of"):
        found: dict[tuple[str, int], list[tuple[int, str, str, int]]] = defaultdict(list)
        for index in t.flow.flows:
            found[t.places.arcs[index[0]].link, index[3]].append(index)
        m.flows_of = dict(found)
    flows: dict[tuple[str, int], list[tuple[int, str, str, int]]] = m.flows_of
    return flows


def claim_is_served(m: Model, t: Tables, f: str, region: str, material: str, y: int) -> object:
    r"""O1. $\sum_k \sum_{a : f \to R} q_{amkt} \ge \theta_{fRmt} \sum_k \sum b^+ z$: what is owed of the output goes to the claimant's region."""
    share = t.flow.owed[f, region, material, y]
    terms: list[Term] = []
    country_region = t.places.region_of
    for k in t.places.channels:
        cell = (f, material, k)
        for a in t.flow.outgoing.get(cell, ()):
            arc = t.places.arcs[a]
            if (a, material, k, y) not in m.flow:
                continue
            if arc.link == "claim":
                served = arc.end in (f"users:{region}",) or arc.end.endswith(f">{region}")
            elif arc.link == "hub":
                served = False
            else:
                served = country_region[_country(t, arc.end)] == region
            if served:
                terms.append((1.0, m.flow[a, material, k, y]))
        source = t.places.source(f, material)
        terms += made_by(m, t, source, f, material, k, y, -share)
    return total(terms) >= 0


def made_by(m: Model, t: Tables, p: str, f: str, material: str, k: str, y: int, factor: float) -> list[Term]:
    """Terms of what one facility makes."""
    return [
        (factor * amount, m.run[f, s, r, k, y])
        for g, r, amount in t.flow.made.get((p, material, k), ())
        if g == f
        for s in m.states_of.get((f, r, k, y), ())
    ]


def _country(t: Tables, place: str) -> str:
    instance = t.instance
    for section in (instance.facilities, instance.markets, instance.stockpiles):
        if place in section:
            return section[place].country
    raise KeyError(place)
