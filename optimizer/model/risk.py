"""Risk (Y): what is minimised over futures."""

from __future__ import annotations

from collections.abc import Mapping

import pyomo.environ as pyo

from optimizer.instance.policy import Cvar, Expected, Regret, WorstCase
from optimizer.model.declare import Model, Term, constraint, linked, total, variable
from optimizer.network.tables import BASE, INVESTMENT, TRUNK, Network

COST = "cost"
"""Component of a block's cost in a period; the joiner knows what it stands for."""


def futures(n: Network) -> list[str]:
    """The futures that a measure counts: the base if it has probability, and every scenario with effects."""
    return ([BASE] if n.probability[BASE] > 0 else []) + list(n.windows)


def cost_terms(m: Model, n: Network, future: str) -> list[Term]:
    """Cost of a future: investment, trunk before the onset, branch, trunk after it. Source: design.md 4.3."""
    terms: list[Term] = [(1.0, m.investment_cost[0])]
    window = n.windows.get(future)
    inside = window.periods if window is not None else ()
    terms += [(1.0, m.trunk_cost[t]) for t in n.calendar.periods if t not in inside]
    if window is not None:
        terms.append((1.0, m.branch_cost[future]))
    return terms


def expected_terms(m: Model, n: Network) -> list[Term]:
    """Expected cost: P(t) weighs the trunk, probabilities the branches."""
    terms: list[Term] = [(1.0, m.investment_cost[0])]
    terms += [(n.weight[t], m.trunk_cost[t]) for t in n.calendar.periods]
    terms += [(n.probability[s], m.branch_cost[s]) for s in n.windows]
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
    linked(m, "investment_cost", {0: (INVESTMENT, (COST, 0))}, unit="USD", doc="investment")
    linked(m, "trunk_cost", {t: (TRUNK, (COST, t)) for t in n.calendar.periods}, unit="USD", doc="trunk, by period")
    linked(m, "branch_cost", {s: (s, (COST, 0)) for s in n.windows}, unit="USD", doc="branch")
    counted = futures(n)
    m.hindsight = dict(hindsight)
    free: list[int] = [0] if isinstance(risk, WorstCase | Regret) else []
    m.worst = pyo.Var(free, doc="W: cost or regret of the worst future [USD]")
    tail: list[int] = [0] if isinstance(risk, Cvar) else []
    m.level = pyo.Var(tail, doc="eta: cost level that the tail is measured from [USD]")
    variable(m, "excess", counted if tail else [], unit="USD", doc="xi: cost of a future above the level")
    constraint(m, n, counted if isinstance(risk, WorstCase) else [], worst_case)
    constraint(m, n, counted if isinstance(risk, Regret) else [], largest_regret)
    constraint(m, n, counted if tail else [], excess_over_level)
    measure = measure_terms(m, n)
    m.ceiling = ceiling
    constraint(m, n, [] if ceiling is None else [0], measure_within_ceiling)
    m.objective = pyo.Objective(expr=total(measure if ceiling is None else expected_terms(m, n)))


def declare_one(m: Model, n: Network, future: str) -> None:
    """Objective of someone who knows which future comes: its cost alone."""
    linked(m, "investment_cost", {0: (INVESTMENT, (COST, 0))}, unit="USD", doc="investment")
    linked(m, "trunk_cost", {t: (TRUNK, (COST, t)) for t in n.calendar.periods}, unit="USD", doc="trunk, by period")
    branches = {future: (future, (COST, 0))} if future in n.windows else {}
    linked(m, "branch_cost", branches, unit="USD", doc="branch")
    m.objective = pyo.Objective(expr=total(cost_terms(m, n, future)))


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
