"""Need (N): what standing capacity does not cover of a demand.

These rows follow from the others wherever fundings are whole, so no plan breaks them. Of fractions of fundings they
say more than the others do, and the relaxation is tighter for it (docs/decisions/0022-needs.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.model.declare import Model, Term, constraint, linked, total
from optimizer.model.funding import started
from optimizer.network.needs import Need
from optimizer.network.tables import INVESTMENT, TRUNK, Tables

Needs = tuple[Tables, Sequence[Need]]
"""Tables of the trunk, and its needs."""


def variables(m: Model, n: Needs) -> None:
    """What is funded is the investment's, what is short and released the trunk's."""
    t, needs = n
    starts = sorted({start for need in needs for start, _ in need.terms})
    fund = [(s.facility, s.option, s.year) for s in starts if len(s.path) == 1]
    paths = [(s.facility, s.option, s.label) for s in starts if len(s.path) > 1]
    linked(m, "fund", {i: (INVESTMENT, ("fund", i)) for i in fund}, unit="0 or 1", doc="x: funded in period t")
    owners = {i: (INVESTMENT, ("sequence", i)) for i in paths}
    linked(m, "sequence", owners, unit="0 or 1", doc="w: funded after the options before it")
    short = {(d, i, need.period) for need in needs for d, i in need.short}
    soft = sorted(key for key in short if key in t.demand.shortage_cost and t.demand.tonnes[key] > 0)
    linked(m, "short", {key: (TRUNK, ("short", key)) for key in soft}, unit="t", doc="u: demand that is not met")
    out = dict.fromkeys(store for need in needs for store in _stores(t, need))
    linked(m, "stock_out", {i: (TRUNK, ("stock_out", i)) for i in out}, unit="t", doc="o: released")


def constraints(m: Model, n: Needs) -> None:
    """N1."""
    constraint(m, n, [(i, need.period) for i, need in enumerate(n[1])], need_is_covered)


def _stores(t: Tables, need: Need) -> list[tuple[str, str, str, int]]:
    """What can be released of the materials and channels of a need in its period."""
    return [
        (*store, need.period)
        for store in t.stock.stores
        if store[1] in need.released and store[2] in need.channels and (store[0], need.period) in t.stock.releases
    ]


def need_is_covered(m: Model, n: Needs, i: int, y: int) -> object:
    r"""N1. $\sum_\sigma \min(1, \kappa^N_{\sigma t}) x_\sigma + \sum_{d,i} \upsilon_{di} u_{dit} + \sum_{p,m,k' \preceq k} \pi_m o_{pmk't} \ge 1$: what standing capacity does not cover of a demand is made by what is funded, is short or released; in shares of what it does not cover, and an option larger than that covers no more."""
    t, needs = n
    need = needs[i]
    terms: list[Term] = [(min(1.0, share), started(m, start)) for start, share in need.terms]
    terms += [(share, m.short[d, line, y]) for (d, line), share in need.short.items() if (d, line, y) in m.short]
    terms += [(need.released[store[1]], m.stock_out[store]) for store in _stores(t, need)]
    return total(terms) >= 1
