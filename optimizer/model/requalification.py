"""Requalification (Q): what users of a channel cannot yet take from a maker that is new to them."""

from __future__ import annotations

from collections import defaultdict

from optimizer.model.capacity import capacity_terms
from optimizer.model.declare import Costs, Model, Term, constraint, linked, total, variable
from optimizer.network.tables import TRUNK, Tables


def variables(m: Model, t: Tables) -> None:
    """The trunk's n; in a branch n', which is that of the trunk."""
    doc = "n: t of material m that users of channel k count as had from facility f"
    variable(m, "known", t.requalification.known if t.is_trunk else [], unit="t", doc=doc)
    owners = {} if t.is_trunk else {index: (TRUNK, ("known", index)) for index in t.requalification.known}
    linked(m, "trunk_known", owners, unit="t", doc="n': t that users count as had from facility f on the trunk")
    makers: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for f, material, k, y in t.requalification.known:
        makers[material, k, y].append(f)
    m.makers = dict(makers)


def constraints(m: Model, t: Tables) -> None:
    """Q1 and Q2 on the trunk, Q3 in a branch."""
    trunk = t.is_trunk
    constraint(m, t, t.requalification.known if trunk else [], known_is_made)
    constraint(m, t, m.makers if trunk else [], known_is_taken)
    constraint(m, t, t.requalification.waits, new_makers_wait)


def costs(m: Model, t: Tables) -> Costs:  # noqa: ARG001
    """None of its own."""
    return []


def _made(m: Model, t: Tables, f: str, material: str, k: str, y: int) -> list[Term]:
    return [(tonnes, m.run[run]) for run, tonnes in t.requalification.made[f, material, k, y]]


def known_is_made(m: Model, t: Tables, f: str, material: str, k: str, y: int) -> object:
    r"""Q1. $n_{fmkt} \le \sum_{r, s, k' \preceq k} b^+_{rm} z_{fsrk't}$: no more is counted as had from a maker than it makes in the channel and stricter ones."""
    made = [(-tonnes, run) for tonnes, run in _made(m, t, f, material, k, y)]
    return total([(1.0, m.known[f, material, k, y]), *made]) <= 0


def known_is_taken(m: Model, t: Tables, material: str, k: str, y: int) -> object:
    r"""Q2. $\sum_f n_{fmkt} \le \sum_{k_d \preceq k} v_{dimk't} + \sum_{f, s, r, k' \preceq k} b^-_{rm} z_{fsrk't} + \sum_{p, k' \preceq k} i_{pmk't}$: and in all no more than markets, processes and reserves of these channels take."""
    s, index = t.requalification, (material, k, y)
    had = [(1.0, m.known[f, material, k, y]) for f in m.makers[index]]
    taken = [(-1.0, m.deliver[i]) for i in s.delivered.get(index, ())]
    taken += [(-tonnes, m.run[run]) for run, tonnes in s.used.get(index, ())]
    taken += [(-1.0, m.stock_in[i]) for i in s.reserved.get(index, ())]
    return total([*had, *taken]) <= 0


def new_makers_wait(m: Model, t: Tables, f: str, material: str, k: str, y: int) -> object:
    r"""Q3. $\sum_{r, s, k' \preceq k} b^+_{rm} z_{fsrk't} \le \tau_{mkt} (\mu_{mk} n'_{fmkt} + \nu_{mk} y_t) + (1 - \tau_{mkt}) y_t \sum_u g_{fum} (\bar K_{fut} + \sum_\sigma \kappa_{\sigma ut} x_\sigma)$: while new makers wait a maker makes no more than a multiple of what its users know it for, and trial lots."""
    index = (f, material, k, y)
    row, share, years = t.requalification.asked[material, k], t.requalification.waits[index], t.calendar.years[y]
    terms = _made(m, t, *index)
    if index in m.trunk_known:
        terms.append((-share * row.multiple, m.trunk_known[index]))
    most = share * row.lots * years
    for unit, best in t.requalification.yields.get(index, ()):
        part = (1.0 - share) * years * best
        terms += capacity_terms(m, t.capacity.sizes[f, unit, y], part)
        most += part * t.capacity.existing[f, unit, y]
    return total(terms) <= most
