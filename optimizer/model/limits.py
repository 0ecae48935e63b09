"""Limits in amounts (G): what is released."""

from __future__ import annotations

from optimizer.model.declare import Costs, Model, constraint, total
from optimizer.network.tables import Tables


def variables(m: Model, t: Tables) -> None:
    """None of its own."""


def constraints(m: Model, t: Tables) -> None:
    """G1."""
    constraint(m, t, t.rules.released, released_within_cap)


def costs(m: Model, t: Tables) -> Costs:  # noqa: ARG001
    """None: charges on releases are part of the cost of activity."""
    return []


def released_within_cap(m: Model, t: Tables, i: int, group: str, y: int) -> object:
    r"""G1. $\sum_{f \in G} \sum_{s, r, k} \omega_{ft} e_{fr} z_{fsrkt} \le \bar E_{lt} y_t$: what the facilities of a group release of something is capped; $\omega$ is the share of the period's years in which a facility matches."""
    most, terms = t.rules.released[i, group, y]
    return total((amount, m.run[run]) for run, amount in terms) <= most
