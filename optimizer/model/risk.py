"""Risk (Y): what is minimised over futures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from optimizer.instance.policy import Cvar, Expected, Regret, WorstCase
from optimizer.model.declare import Model, Term, constraint, linked, objective, total, variable
from optimizer.network.tables import BASE, INVESTMENT, TRUNK, Network

COST = "cost"
"""Component of a block's cost in a period; the joiner knows what it stands for."""


def futures(n: Network) -> list[str]:
    """The futures that a measure counts: the base if it has probability, and every scenario that is a future."""
    return [future for future in n.path if future != BASE or n.probability[BASE] > 0]


def parts_of(n: Network, future: str) -> list[tuple[str, int | None]]:
    """The parts of a future's cost: (block, period), or (block, None) for the whole of it. Source: design.md 4.3.

    Investment, the trunk where the future is on it, and the branches on its path: by period where some other future
    leaves them, else whole.
    """
    path = n.path[future]
    parts: list[tuple[str, int | None]] = [(INVESTMENT, None)]
    parts += [(TRUNK, t) for t, course in path.items() if course == TRUNK]
    for branch in branches_of(n, future):
        if branch in n.left:
            parts += [(branch, t) for t, course in path.items() if course == branch]
        else:
            parts.append((branch, None))
    return parts


def branches_of(n: Network, future: str) -> list[str]:
    """The branches that a future is on, first to last."""
    return [course for course in dict.fromkeys(n.path[future].values()) if course != TRUNK]


def cost_terms(m: Model, n: Network, future: str) -> list[Term]:
    """Cost of a future."""
    return [(1.0, _cost(m, *part)) for part in parts_of(n, future)]


def _cost(m: Model, block: str, period: int | None) -> Any:
    """The variable that stands for a block's cost."""
    if block == INVESTMENT:
        return m.investment_cost[0]
    if block == TRUNK:
        return m.trunk_cost[period]
    return m.branch_cost[block] if period is None else m.branch_period_cost[block, period]


def expected_terms(m: Model, n: Network) -> list[Term]:
    """Expected cost: a course weighs in each period the probability of the futures that are on it."""
    terms: list[Term] = [(1.0, m.investment_cost[0])]
    terms += [(n.weight[TRUNK, t], m.trunk_cost[t]) for t in n.calendar.periods]
    for s, window in n.windows.items():
        if s in n.left:
            terms += [(n.weight[s, t], m.branch_period_cost[s, t]) for t in window.periods]
        else:  # whoever is on it stays to its end
            terms.append((n.weight[s, window.onset], m.branch_cost[s]))
    return terms


def declare(m: Model, n: Network, hindsight: Mapping[str, float], ceiling: float | None = None) -> None:
    """Variables, rows and objective of the instance's risk measure.

    Args:
        m: the risk block.
        n: network.
        hindsight: each future's own optimum, for regret.
        ceiling: for the second pass: the measure's value is at most this, and expected cost is minimised.
    """
    risk = n.instance.risk
    _declare_costs(m, n, n.windows)
    counted = futures(n)
    m.hindsight = dict(hindsight)
    worst: list[int] = [0] if isinstance(risk, WorstCase | Regret) else []
    variable(m, "worst", worst, free=True, unit="USD", doc="W: cost or regret of the worst future")
    tail: list[int] = [0] if isinstance(risk, Cvar) else []
    variable(m, "level", tail, free=True, unit="USD", doc="eta: cost level that the tail is measured from")
    variable(m, "excess", counted if tail else [], unit="USD", doc="xi: cost of a future above the level")
    constraint(m, n, counted if isinstance(risk, WorstCase) else [], worst_case)
    constraint(m, n, counted if isinstance(risk, Regret) else [], largest_regret)
    constraint(m, n, counted if tail else [], excess_over_level)
    measure = measure_terms(m, n)
    m.ceiling = ceiling
    constraint(m, n, [] if ceiling is None else [0], measure_within_ceiling)
    objective(m, measure if ceiling is None else expected_terms(m, n))


def declare_one(m: Model, n: Network, future: str) -> None:
    """Objective of someone who knows which future comes: its cost alone."""
    _declare_costs(m, n, branches_of(n, future))
    objective(m, cost_terms(m, n, future))


def _declare_costs(m: Model, n: Network, branches: Iterable[str]) -> None:
    """The costs of investment, trunk and branches: those of a branch that is left by period, else in one."""
    linked(m, "investment_cost", {0: (INVESTMENT, (COST, 0))}, unit="USD", doc="investment")
    linked(m, "trunk_cost", {t: (TRUNK, (COST, t)) for t in n.calendar.periods}, unit="USD", doc="trunk, by period")
    whole = {s: (s, (COST, 0)) for s in branches if s not in n.left}
    linked(m, "branch_cost", whole, unit="USD", doc="branch that none leaves")
    parts = {(s, t): (s, (COST, t)) for s in branches if s in n.left for t in n.windows[s].periods}
    linked(m, "branch_period_cost", parts, unit="USD", doc="branch that another leaves, by period")


def measure_terms(m: Model, n: Network) -> list[Term]:
    """Terms of the risk measure's value."""
    risk = n.instance.risk
    if isinstance(risk, Expected):
        return expected_terms(m, n)
    if isinstance(risk, Cvar):
        tail: list[Term] = [(risk.weight, m.level[0])]
        tail += [(risk.weight * n.probability[s] / (1.0 - risk.alpha), m.excess[s]) for s in futures(n)]
        return [((1.0 - risk.weight) * coef, var) for coef, var in expected_terms(m, n)] + tail
    return [(1.0, m.worst[0])]


def needs_second_pass(n: Network) -> bool:
    """Whether the measure gives some futures no weight, so that their operations are arbitrary."""
    risk = n.instance.risk
    return isinstance(risk, WorstCase | Regret) or (isinstance(risk, Cvar) and risk.weight == 1.0)


def worst_case(m: Model, n: Network, s: str) -> object:
    r"""Y1. $W \ge C_s$: no future costs more."""
    return total([(1.0, m.worst[0]), *((-coef, var) for coef, var in cost_terms(m, n, s))]) >= 0


def largest_regret(m: Model, n: Network, s: str) -> object:
    r"""Y2. $W \ge C_s - C^*_s$: no future is regretted more; $C^*_s$ is its own optimum with hindsight."""
    return total([(1.0, m.worst[0]), *((-coef, var) for coef, var in cost_terms(m, n, s))]) >= -m.hindsight[s]


def excess_over_level(m: Model, n: Network, s: str) -> object:
    r"""Y3. $\xi_s \ge C_s - \eta$: with $\eta + \sum_s p_s \xi_s / (1 - \alpha)$ the tail mean (Rockafellar and Uryasev 2000)."""
    terms = [(1.0, m.excess[s]), (1.0, m.level[0])]
    return total([*terms, *((-coef, var) for coef, var in cost_terms(m, n, s))]) >= 0


def measure_within_ceiling(m: Model, n: Network, _: int) -> object:
    r"""Y4. $\rho \le \rho^*$: second pass, least expected cost at the value reached."""
    return total(measure_terms(m, n)) <= m.ceiling
