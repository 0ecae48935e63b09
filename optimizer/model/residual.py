"""Residual value of stock (S): what stands at the horizon's end counts, as what is left of plants does."""

from __future__ import annotations

from optimizer.model.declare import Costs, Index, Model, Term, constraint, total, variable
from optimizer.network.tables import Tables


def variables(m: Model, t: Tables) -> None:
    """h^e, in courses that are there at the horizon's end."""
    most: dict[Index, float] = dict(t.residual.most.items())
    doc = "h^e: of stock at the horizon's end, what counts; at most H"
    variable(m, "residual", most, upper=most, unit="t", doc=doc)


def constraints(m: Model, t: Tables) -> None:
    """S5."""
    constraint(m, t, t.residual.rows, counted_is_held)


def costs(m: Model, t: Tables) -> Costs:
    """Less what counts, at its price in the year after the horizon, discounted from that year."""
    return [("residual_stock", index[2], -usd, m.residual[index]) for index, usd in t.residual.worth.items()]


def counted_is_held(m: Model, t: Tables, p: str, material: str, i: int, y: int) -> object:
    r"""S5. $h^e_{pmT} \le \sum_{k \preceq k_i} h_{pmkT} + H_{pm} - H_{pmi}$: what counts at the horizon's end is held; $H_{pmi}$ is what level i asks for then, $H_{pm} \ge h^e_{pmT}$ the most that any does, and stock of looser channels counts only for what level i leaves of it; in a branch that restores its stock the trunk's counts."""
    room, stores = t.residual.rows[p, material, i, y]
    terms: list[Term] = [(1.0, m.residual[p, material, y])]
    if t.restores:
        terms += [(-1.0, m.trunk_level[store]) for store in stores]
    else:
        terms += [(-1.0, m.stock[(*store, y)]) for store in stores]
    return total(terms) <= room
