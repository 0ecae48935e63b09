"""Grants (I): a share of capex, decided for each funding."""

from __future__ import annotations

from optimizer.instance.finance import MILLION, Grant
from optimizer.model.declare import Costs, Index, Model, constraint, total, variable
from optimizer.network.derive_finance import may_grant
from optimizer.network.tables import Network

GrantIndex = tuple[str, str, str, int]
"""(instrument, facility, option, period of funding)."""


def variables(m: Model, n: Network) -> None:
    """G."""
    m.grants = grants_of(n)
    most: dict[Index, float] = {
        (i, f, o, t): m.grants[i].max_share * n.starts.options[f, o].capex / MILLION for i, f, o, t in granted(n)
    }
    variable(m, "grant", most, upper=most, unit="M USD", doc="G: grant of instrument i to what is funded in period t")


def constraints(m: Model, n: Network) -> None:
    """I1 to I4."""
    constraint(m, n, m.grant, grant_within_share)
    constraint(m, n, dict.fromkeys((f, o, t) for _, f, o, t in m.grant), grants_within_capex)
    capped = [i for i, grant in m.grants.items() if grant.cap is not None]
    constraint(m, n, [i for i in capped if any(index[0] == i for index in m.grant)], grants_within_cap)
    each = {(i, f) for i, f, _, _ in m.grant if m.grants[i].cap_per_recipient is not None}
    constraint(m, n, sorted(each), grants_within_cap_per_recipient)


def costs(m: Model, n: Network) -> Costs:  # noqa: ARG001
    """None: who pays for a plant changes nothing in what it costs the system."""
    return []


def grants_of(n: Network) -> dict[str, Grant]:
    """The instruments that are grants."""
    finance = n.instance.finance
    return {} if finance is None else {one.id: one for one in finance.instruments if isinstance(one, Grant)}


def granted(n: Network) -> list[GrantIndex]:
    """What may be granted: by each instrument, to each funding that is eligible and costs something."""
    return [
        (i, f, o, t)
        for i, grant in grants_of(n).items()
        for (f, o), years in n.starts.years.items()
        for t in years
        if n.starts.options[f, o].capex > 0 and may_grant(n, grant, f, t)
    ]


def grant_within_share(m: Model, n: Network, i: str, f: str, o: str, t: int) -> object:
    r"""I1. $G_{ifot} \le \bar g_i K_{fo} x_{fot}$: a grant is at most its share of the capex of what is funded."""
    most = m.grants[i].max_share * n.starts.options[f, o].capex / MILLION
    return total([(1.0, m.grant[i, f, o, t]), (-most, m.fund[f, o, t])]) <= 0


def grants_within_capex(m: Model, n: Network, f: str, o: str, t: int) -> object:
    r"""I2. $\sum_i G_{ifot} \le (1 - \phi_{fo}) K_{fo} x_{fot}$: grants and the public share pay for no more than there is."""
    option = n.starts.options[f, o]
    terms = [(1.0, m.grant[i, f, o, t]) for i in m.grants if (i, f, o, t) in m.grant]
    return total([*terms, (-(1.0 - option.public_share) * option.capex / MILLION, m.fund[f, o, t])]) <= 0


def grants_within_cap(m: Model, n: Network, i: str) -> object:  # noqa: ARG001
    r"""I3. $\sum_{f,o,t} G_{ifot} \le \bar G_i$: a programme has so much."""
    return total((1.0, m.grant[index]) for index in m.grant if index[0] == i) <= m.grants[i].cap / MILLION


def grants_within_cap_per_recipient(m: Model, n: Network, i: str, f: str) -> object:  # noqa: ARG001
    r"""I4. $\sum_{o,t} G_{ifot} \le \bar G^1_i$: and a facility gets at most so much of it."""
    terms = [(1.0, m.grant[index]) for index in m.grant if index[:2] == (i, f)]
    return total(terms) <= m.grants[i].cap_per_recipient / MILLION
