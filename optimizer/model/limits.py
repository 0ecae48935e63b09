"""Limits and goals in amounts (G): what is released, what is made of the world's output, what feed is recycled."""

from __future__ import annotations

from optimizer.model.declare import Costs, Model, Term, constraint, total, variable
from optimizer.model.funding import started
from optimizer.network.tables import Tables


def variables(m: Model, t: Tables) -> None:
    """S of goals."""
    variable(m, "goal_missing", t.rules.goal_cost, unit="t", doc="s: missing to a goal")


def constraints(m: Model, t: Tables) -> None:
    """G1 to G3."""
    constraint(m, t, t.rules.released, released_within_cap)
    constraint(m, t, t.rules.goals, goal_is_reached)
    constraint(m, t, t.rules.recycled, feed_is_recycled)


def costs(m: Model, t: Tables) -> Costs:
    """What is missing to goals; charges on releases are part of the cost of activity."""
    return [("goal_shortage", i[1], t.discount(i[1]) * usd, m.goal_missing[i]) for i, usd in t.rules.goal_cost.items()]


def released_within_cap(m: Model, t: Tables, i: int, group: str, y: int) -> object:
    r"""G1. $\sum_{f \in G} \sum_{s, r, k} \omega_{ft} e_{fr} z_{fsrkt} \le \bar E_{lt} y_t$: what the facilities of a group release of something is capped; $\omega$ is the share of the period's years in which a facility matches."""
    most, terms = t.rules.released[i, group, y]
    return total((amount, m.run[run]) for run, amount in terms) <= most


def goal_is_reached(m: Model, t: Tables, i: int, y: int) -> object:
    r"""G2. $\sum_f \sum_{s, r, k} \omega_{ft} b z_{fsrkt} + s_{lt} \ge \sum_{y \in t} \beta_{ly} W_{ly}$: facilities that match make a share of the world's output; soft goals may be missed."""
    goal, made = t.rules.goals[i, y]
    terms: list[Term] = [(tonnes, m.run[run]) for run, tonnes in made]
    if (i, y) in t.rules.goal_cost:
        terms.append((1.0, m.goal_missing[i, y]))
    return total(terms) >= goal


def feed_is_recycled(m: Model, t: Tables, i: int, f: str, o: str, y: int) -> object:
    r"""G3. $\sum_{s, r, k} (\rho_r - \beta_{lt} a_r) z_{fsrkt} \ge -\beta_{lt} \bar A_{fot} (1 - \sum_\sigma x_\sigma)$: who has capacity of an option on line takes a share of its feed from recycling; without the option it takes in no more than $\bar A$."""
    row = t.rules.recycled[i, f, o, y]
    free = row.share * row.most
    terms: list[Term] = [(recycled - row.share * feed, m.run[run]) for run, feed, recycled in row.feed]
    terms += [(-free, started(m, start)) for start in row.starts]
    return total(terms) >= -free
