"""Stakes (I): a share of what a facility earns, profit or loss, for who paid in for it."""

from __future__ import annotations

from optimizer.instance.finance import MILLION
from optimizer.model.declare import Costs, Index, Model, Term, constraint, linked, total, variable
from optimizer.network.derive_capital import may_hold, stakes_of
from optimizer.network.tables import INVESTMENT, Tables


def variables(m: Model, t: Tables) -> None:
    """Q and L; who holds what is the investment's."""
    finance = t.finance
    shared = [
        (i, f, y)
        for i, f in (may_hold(t.network) if finance.loss else ())
        for y in t.periods
        if finance.loss[f, y] + finance.gain[f, y] > 0
    ]
    most: dict[Index, float] = {(i, f, y): spread(t, f, y) for i, f, y in shared}
    held = "Q: what facility f earns in period t, above the most that it can lose, while stake i is held"
    variable(m, "shared", most, upper=most, unit="M USD", doc=held)
    m.stakes = stakes_of(t.network)
    losses: dict[Index, float] = {
        (i, f, y): m.stakes[i].share * finance.loss[f, y] / MILLION for i, f, y in shared if finance.loss[f, y] > 0
    }
    borne = "L: what the government bears of a loss of facility f in period t by stake i"
    variable(m, "borne", losses, upper=losses, unit="M USD", doc=borne)
    owners = {index: (INVESTMENT, ("held", index)) for index in shared}
    linked(m, "holds", owners, unit="0 or 1", doc="H: stake i in facility f is held in period t")


def constraints(m: Model, t: Tables) -> None:
    """I29 to I32."""
    constraint(m, t, m.shared, shared_while_held)
    constraint(m, t, m.shared, shared_is_earned)
    constraint(m, t, m.shared, shared_in_full)
    constraint(m, t, m.borne, loss_is_borne)


def costs(m: Model, t: Tables) -> Costs:  # noqa: ARG001
    """None: what one pays another gets."""
    return []


def spread(t: Tables, f: str, y: int) -> float:
    """M USD between the most that a facility loses in a period and the most that it earns."""
    return (t.finance.loss[f, y] + t.finance.gain[f, y]) / MILLION


def result_terms(m: Model, t: Tables, i: str, f: str, y: int) -> list[Term]:
    """A stake's share of what a facility earns in a period, profit or loss, M USD: exact where H is 0 or 1."""
    share = m.stakes[i].share
    return [
        (share, m.shared[i, f, y]),
        (-share * t.finance.loss[f, y] / MILLION, m.holds[i, f, y]),
    ]


def shared_while_held(m: Model, t: Tables, i: str, f: str, y: int) -> object:
    r"""I29. $Q_{ift} \le (\Lambda_{ft} + \Gamma_{ft}) H_{ift}$: only a stake that is held has a share; $\Gamma$ is the most that can be earned, by capacity."""
    return total([(1.0, m.shared[i, f, y]), (-spread(t, f, y), m.holds[i, f, y])]) <= 0


def shared_is_earned(m: Model, t: Tables, i: str, f: str, y: int) -> object:  # noqa: ARG001
    r"""I30. $Q_{ift} \le E_{ft}$: of what is earned, and no more."""
    return total([(1.0, m.shared[i, f, y]), (-1.0, m.earned[f, y])]) <= 0


def shared_in_full(m: Model, t: Tables, i: str, f: str, y: int) -> object:
    r"""I31. $Q_{ift} \ge E_{ft} - (\Lambda_{ft} + \Gamma_{ft}) (1 - H_{ift})$: and of all of it; McCormick's rows, which are exact for a product with a binary."""
    most = spread(t, f, y)
    return total([(1.0, m.earned[f, y]), (-1.0, m.shared[i, f, y]), (most, m.holds[i, f, y])]) <= most


def loss_is_borne(m: Model, t: Tables, i: str, f: str, y: int) -> object:
    r"""I32. $L_{ift} \ge \sigma_i (\Lambda_{ft} H_{ift} - Q_{ift})$: of a loss the government bears its share, as outlay."""
    share = result_terms(m, t, i, f, y)
    return total([(-1.0, m.borne[i, f, y]), *((-each, var) for each, var in share)]) <= 0
