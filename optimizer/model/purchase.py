"""Purchases (I): what governments buy for a stockpile, of whom, at more than the reference price."""

from __future__ import annotations

from optimizer.model.declare import Costs, Index, Model, constraint, linked, total, variable
from optimizer.network.derive_capital import recipients
from optimizer.network.eligible import ALL, cap_of, capped
from optimizer.network.tables import INVESTMENT, Tables

THOUSAND = 1e3
"""Parts of a cap in which its row counts: a solver's tolerance is the same share of each."""


def variables(m: Model, t: Tables) -> None:
    """U; sellers are the investment's."""
    most = dict[Index, float](t.finance.bought_most.items())
    variable(m, "bought", most, upper=most, unit="t", doc="U: what purchase i takes of what facility f sells")
    limited = set(recipients(t.network)) if most else set()
    sellers = {(i, f): (INVESTMENT, ("recipient", (i, f))) for i, f, _ in t.finance.seller_most if (i, f) in limited}
    linked(m, "seller", sellers, unit="0 or 1", doc="P: purchase i buys of facility f")


def constraints(m: Model, t: Tables) -> None:
    """I18 to I22."""
    finance = t.finance
    constraint(m, t, finance.once, bought_once)
    constraint(m, t, [index for index in finance.seller_most if index[:2] in m.seller], bought_of_sellers)
    constraint(m, t, finance.arrivals, bought_arrives)
    constraint(m, t, finance.bought_in, bought_at_most)
    paid = dict.fromkeys(index[:2] for index in finance.bought)
    constraint(m, t, capped(t.network, paid), premiums_within_cap)


def costs(m: Model, t: Tables) -> Costs:  # noqa: ARG001
    """None: what one pays another gets."""
    return []


def bought_once(m: Model, t: Tables, f: str, s: str, material: str, k: str, y: int, year: int) -> object:
    r"""I18. $\sum_{i \in I_\tau} U_{ifsmkt} / n_{ift} \le S_{fsmkt} / y_t$: a tonne that is sold is bought once; in each calendar year $\tau$ purchases that are open take no more than is sold, and each buys as much in every one of its $n$ years."""
    years = t.finance.bought_years
    terms = [(1.0 / len(years[index]), m.bought[index]) for index in t.finance.once[f, s, material, k, y, year]]
    return total([*terms, (-1.0 / t.calendar.years[y], m.sold[f, s, material, k, y])]) <= 0


def bought_of_sellers(m: Model, t: Tables, i: str, f: str, y: int) -> object:
    r"""I19. $\sum_{s,m,k} U_{ifsmkt} \le \bar U_{ift} P_{if}$: where sellers are few, or a purchase excludes something, it buys of recipients only; $\bar U$ is by capacity."""
    mine = [index for index in t.finance.bought if index[:2] == (i, f) and index[-1] == y]
    return total([*((1.0, m.bought[index]) for index in mine), (-t.finance.seller_most[i, f, y], m.seller[i, f])]) <= 0


def bought_arrives(m: Model, t: Tables, stockpile: str, p: str, material: str, k: str, y: int) -> object:
    r"""I20. $\sum_{i,f,s} \sum_{k' \succeq k} U_{ifsmk't} \le \sum_{k' \succeq k} i_{pmk't}$, by lanes $\sum_{i,s} \sum_{k' \succeq k} U_{ifsmk't} \le \sum_{a : f \to p} \sum_{k' \succeq k} q_{amk't}$: what is bought comes into the stockpile, in its channel or a looser one; of a material with lanes by those of who sells it."""
    looser = (k, *t.places.looser(k))
    into = [(stockpile, material, other, y) for other in looser]
    terms = [(-1.0, m.stock_in[index]) for index in into if index in m.stock_in]
    if material in t.places.laned:
        arcs = [a for a, arc in enumerate(t.places.arcs) if arc.start == p and arc.end == stockpile]
        flows = [(a, material, other, y) for a in arcs for other in looser]
        terms = [(-1.0, m.flow[index]) for index in flows if index in m.flow]
    mine = t.finance.arrivals[stockpile, p, material, k, y]
    return total([*((1.0, m.bought[index]) for index in mine), *terms]) <= 0


def bought_at_most(m: Model, t: Tables, i: str, year: int) -> object:
    r"""I21. $\sum_{f,s,m,k} U_{ifsmkt} / n_{ift} \le \bar b_{i\tau}$: a purchase takes so much in a calendar year, of all sellers."""
    years = t.finance.bought_years
    mine = [index for index in t.finance.bought if index[0] == i and year in years[index]]
    return total((1.0 / len(years[index]), m.bought[index]) for index in mine) <= t.finance.bought_in[i, year]


def premiums_within_cap(m: Model, t: Tables, i: str, f: str) -> object:
    r"""I22. $\sum_{f,s,m,k,t} \psi_{ifsmkt} U_{ifsmkt} \le \bar G_i$ and $\sum_{s,m,k,t} \psi_{ifsmkt} U_{ifsmkt} \le \bar G^1_i$: and pays so much above reference prices over all years, and so much to one facility."""
    most = cap_of(t.network, i, f)
    assert most is not None
    part = most / THOUSAND or 1.0
    bought = t.finance.bought.items()
    mine = [(usd / part, m.bought[index]) for index, usd in bought if index[0] == i and f in (ALL, index[1])]
    return total(mine) <= most / part
