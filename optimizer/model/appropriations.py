"""Appropriations (B): what is given for some purposes, and for some years."""

from __future__ import annotations

from optimizer.model.budget import of_instruments, of_stock, outlay_of
from optimizer.model.declare import Costs, Model, Term, constraint, total
from optimizer.network.appropriations import (
    appropriations_of,
    available,
    deflator_in,
    deflator_of,
    pays_capex,
    periods_together,
)
from optimizer.network.starts import Start
from optimizer.network.tables import Tables


def variables(m: Model, t: Tables) -> None:
    """None of its own: those of the budget."""


def constraints(m: Model, t: Tables) -> None:
    """B4: on the trunk."""
    constraint(m, t, periods_together(t.network) if t.is_trunk else [], appropriation_is_kept)


def costs(m: Model, t: Tables) -> Costs:  # noqa: ARG001
    """None: outlay is no system cost of its own."""
    return []


def appropriation_is_kept(m: Model, t: Tables, a: str, first: int, last: int) -> object:
    r"""B4. $\sum_{t = t_1}^{t_2} \psi_t \, \text{outlay}_{at} \le \sum_{t = t_1 - n_a + 1}^{t_2} A_{at}$: in no run of periods is more spent, in dollars of the time, than may be spent in one of its years; $n_a$ years are the money available."""
    n, one = t.network, appropriations_of(t.network)[a]
    terms: list[Term] = []
    for y in t.periods:
        if first <= y <= last:
            terms += _spent(m, t, a, y)
    return total(terms) <= available(n.calendar, one, first, last)


def _spent(m: Model, t: Tables, a: str, y: int) -> list[Term]:
    """What an appropriation pays in a period, in dollars of the time."""
    n, one = t.network, appropriations_of(t.network)[a]
    terms: list[Term] = []
    for f, o, year in m.public_fund:
        start = Start(f, o, (year,))
        if pays_capex(n, one, start):
            spent = sum(usd * deflator_in(n, when) for when, usd in outlay_of(t, start) if when in n.calendar.span[y])
            terms += [(spent, m.public_fund[f, o, year])] if spent else []
    for when in n.calendar.span[y]:
        given = of_instruments(m, t, range(when, when + 1), (), one.instruments)
        terms += [(usd * deflator_in(n, when), var) for usd, var in given]
    flows = of_stock(m, t, y, one.purchases, one.holding) + of_instruments(m, t, range(0), [y], one.instruments)
    return terms + [(usd * deflator_of(n, y), var) for usd, var in flows]
