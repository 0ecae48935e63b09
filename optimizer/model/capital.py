"""Capital (I): what is given for each funding, by grants, loans, preferred shares and stakes; and who is chosen for what."""

from __future__ import annotations

from optimizer.instance.finance import MILLION, Decidable, Purchase, Stake
from optimizer.model.declare import Costs, Index, Model, constraint, total, variable
from optimizer.network.derive_capital import capital_of, excluded, given, may_hold, most_given, recipients
from optimizer.network.derive_finance import may_receive
from optimizer.network.derive_purchase import few_sellers
from optimizer.network.tables import Network


def variables(m: Model, n: Network) -> None:
    """G and P."""
    m.instruments = capital_of(n)
    most: dict[Index, float] = {(i, f, o, t): most_given(n, m.instruments[i], f, o) for i, f, o, t in given(n)}
    gives = "G: what instrument i gives for what is funded in period t"
    variable(m, "capital", most, upper=most, unit="M USD", doc=gives)
    chosen = "P: facility f is a recipient of instrument i"
    variable(m, "recipient", recipients(n), binary=True, unit="0 or 1", doc=chosen)


def constraints(m: Model, n: Network) -> None:
    """I1 to I4, I10 to I12."""
    constraint(m, n, m.capital, capital_within_share)
    constraint(m, n, dict.fromkeys((f, o, t) for _, f, o, t in m.capital), capital_within_capex)
    capped = [i for i, one in m.instruments.items() if one.cap is not None]
    constraint(m, n, [i for i in capped if any(index[0] == i for index in m.capital)], capital_within_cap)
    each = {(i, f) for i, f, _, _ in m.capital if m.instruments[i].cap_per_recipient is not None}
    constraint(m, n, sorted(each), capital_within_cap_per_recipient)
    chosen = dict.fromkeys((i, f, o) for i, f, o, _ in m.capital if (i, f) in m.recipient)
    constraint(m, n, chosen, capital_to_recipients)
    facilities = dict.fromkeys(f for _, f in m.recipient)
    pairs = [(i, j, f) for i, j in excluded(n) for f in facilities if {(i, f), (j, f)} <= set(m.recipient)]
    constraint(m, n, pairs, not_with)
    constraint(m, n, dict.fromkeys(i for i, _ in (*may_receive(n), *few_sellers(n), *may_hold(n))), recipients_at_most)


def costs(m: Model, n: Network) -> Costs:  # noqa: ARG001
    """None: who pays for a plant changes nothing in what it costs the system."""
    return []


def capital_within_share(m: Model, n: Network, i: str, f: str, o: str, t: int) -> object:
    r"""I1. $G_{ifot} \le \bar g_i K_{fo} x_{fot}$: what an instrument gives is at most its share of the capex of what is funded."""
    most = most_given(n, m.instruments[i], f, o)
    return total([(1.0, m.capital[i, f, o, t]), (-most, m.fund[f, o, t])]) <= 0


def capital_within_capex(m: Model, n: Network, f: str, o: str, t: int) -> object:
    r"""I2. $\sum_i G_{ifot} \le (1 - \phi_{fo}) K_{fo} x_{fot}$: grants, loans, preferred shares, stakes and the public share pay for no more than there is."""
    option = n.starts.options[f, o]
    terms = [(1.0, m.capital[i, f, o, t]) for i in m.instruments if (i, f, o, t) in m.capital]
    return total([*terms, (-(1.0 - option.public_share) * option.capex / MILLION, m.fund[f, o, t])]) <= 0


def capital_within_cap(m: Model, n: Network, i: str) -> object:  # noqa: ARG001
    r"""I3. $\sum_{f,o,t} G_{ifot} \le \bar G_i$: a programme has so much."""
    return total((1.0, m.capital[index]) for index in m.capital if index[0] == i) <= m.instruments[i].cap / MILLION


def capital_within_cap_per_recipient(m: Model, n: Network, i: str, f: str) -> object:  # noqa: ARG001
    r"""I4. $\sum_{o,t} G_{ifot} \le \bar G^1_i$: and a facility gets at most so much of it."""
    terms = [(1.0, m.capital[index]) for index in m.capital if index[:2] == (i, f)]
    return total(terms) <= m.instruments[i].cap_per_recipient / MILLION


def capital_to_recipients(m: Model, n: Network, i: str, f: str, o: str) -> object:
    r"""I10. $\sum_t G_{ifot} \le \bar g_i K_{fo} P_{if}$: where something excludes another, and of stakes, only a recipient is given anything; an option is funded once."""
    most = most_given(n, m.instruments[i], f, o)
    terms = [(1.0, m.capital[index]) for index in m.capital if index[:3] == (i, f, o)]
    return total([*terms, (-most, m.recipient[i, f])]) <= 0


def not_with(m: Model, n: Network, i: str, j: str, f: str) -> object:  # noqa: ARG001
    r"""I11. $P_{if} + P_{jf} \le 1$: of two instruments of which one excludes the other a facility takes one."""
    return total([(1.0, m.recipient[i, f]), (1.0, m.recipient[j, f])]) <= 1


def recipients_at_most(m: Model, n: Network, i: str) -> object:
    r"""I12. $\sum_f P_{if} \le N_i$: an instrument chooses no more facilities than it may, or than there are."""
    assert n.instance.finance is not None
    mine = [index for index in m.recipient if index[0] == i]
    one = next(one for one in n.instance.finance.instruments if one.id == i)
    most = one.recipients if isinstance(one, Decidable | Purchase | Stake) else None
    return total((1.0, m.recipient[index]) for index in mine) <= (len(mine) if most is None else most)
