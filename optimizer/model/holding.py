"""Holding (I): stakes that are taken, what is paid in for them, and from when on."""

from __future__ import annotations

from optimizer.model.declare import Costs, Model, constraint, total, variable
from optimizer.network.derive_capital import may_hold, most_given, stakes_of
from optimizer.network.tables import Network


def variables(m: Model, n: Network) -> None:
    """H; recipients and what is given are capital's."""
    held = [(i, f, t) for i, f in may_hold(n) for t in n.calendar.periods]
    variable(m, "held", held, upper=1.0, unit="0 or 1", doc="H: stake i in facility f is held in period t")


def constraints(m: Model, n: Network) -> None:
    """I23 to I28."""
    stakes, holders = stakes_of(n), may_hold(n)
    options = dict.fromkeys((i, f, o) for i, f, o, _ in m.capital if i in stakes)
    constraint(m, n, options, stake_is_paid_in)
    constraint(m, n, holders, stake_in_what_is_funded)
    constraint(m, n, m.held, held_by_recipients)
    constraint(m, n, m.held, held_once_paid_in)
    constraint(m, n, [(i, f, o, t) for i, f, o in options for t in n.calendar.periods], held_from_then_on)
    facilities = dict.fromkeys(f for _, f in holders)
    constraint(m, n, [f for f in facilities if sum(stakes[i].share for i, g in holders if g == f) > 1], stakes_in_one)


def costs(m: Model, n: Network) -> Costs:  # noqa: ARG001
    """None: who earns what a plant earns changes nothing in what it costs the system."""
    return []


def stake_is_paid_in(m: Model, n: Network, i: str, f: str, o: str) -> object:
    r"""I23. $\sum_t G_{ifot} \ge \bar g_i K_{fo} (P_{if} + \sum_t x_{fot} - 1)$: whoever takes a stake pays in its part for each option that is funded; with I1 and I10 exactly that."""
    most = most_given(n, m.instruments[i], f, o)
    mine = [index for index in m.capital if index[:3] == (i, f, o)]
    terms = [(-1.0, m.capital[index]) for index in mine] + [(most, m.fund[index[1:]]) for index in mine]
    return total([*terms, (most, m.recipient[i, f])]) <= most


def stake_in_what_is_funded(m: Model, n: Network, i: str, f: str) -> object:  # noqa: ARG001
    r"""I24. $P_{if} \le \sum_{o,t} x_{fot}$: a stake is taken where something is funded that it pays for."""
    mine = [index for index in m.capital if index[:2] == (i, f)]
    return total([(1.0, m.recipient[i, f]), *((-1.0, m.fund[index[1:]]) for index in mine)]) <= 0


def held_by_recipients(m: Model, n: Network, i: str, f: str, t: int) -> object:  # noqa: ARG001
    r"""I25. $H_{ift} \le P_{if}$: a stake that is not taken is not held."""
    return total([(1.0, m.held[i, f, t]), (-1.0, m.recipient[i, f])]) <= 0


def held_once_paid_in(m: Model, n: Network, i: str, f: str, t: int) -> object:  # noqa: ARG001
    r"""I26. $H_{ift} \le \sum_{o, t' \le t} x_{fot'}$: nor before something is funded that it pays for."""
    mine = [index for index in m.capital if index[:2] == (i, f) and index[-1] <= t]
    return total([(1.0, m.held[i, f, t]), *((-1.0, m.fund[index[1:]]) for index in mine)]) <= 0


def held_from_then_on(m: Model, n: Network, i: str, f: str, o: str, t: int) -> object:  # noqa: ARG001
    r"""I27. $H_{ift} \ge P_{if} + \sum_{t' \le t} x_{fot'} - 1$: from then on it is."""
    mine = [index for index in m.capital if index[:3] == (i, f, o) and index[-1] <= t]
    terms = [(1.0, m.fund[index[1:]]) for index in mine]
    return total([*terms, (1.0, m.recipient[i, f]), (-1.0, m.held[i, f, t])]) <= 1


def stakes_in_one(m: Model, n: Network, f: str) -> object:
    r"""I28. $\sum_i \sigma_i P_{if} \le 1$: several stakes in a facility have no more than all of it."""
    stakes = stakes_of(n)
    return total((stakes[i].share, m.recipient[i, g]) for i, g in m.recipient if g == f and i in stakes) <= 1
