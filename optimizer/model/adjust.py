"""Adjustment (A): what a branch cannot yet do otherwise than the trunk."""

from __future__ import annotations

from collections import defaultdict

from optimizer.model.capacity import capacity_terms, used_terms
from optimizer.model.declare import Costs, Model, constraint, linked, total
from optimizer.network.tables import TRUNK, RunIndex, Tables


def variables(m: Model, t: Tables) -> None:
    """z'; what the trunk runs is its own."""
    owners = {run: (TRUNK, ("run", run)) for run in t.adjust.trunk}
    linked(m, "trunk_run", owners, unit="units of activity", doc="z': activity on the trunk in the same period")
    m.now = _by_unit(t, t.capacity.runs)
    m.then = _by_unit(t, t.adjust.trunk)


def constraints(m: Model, t: Tables) -> None:
    """A1 to A3."""
    constraint(m, t, t.adjust.rise, activity_rises_slowly)
    constraint(m, t, t.adjust.contracted, contracts_hold_capacity)
    both = [index for index in t.adjust.contracted if (index[0], index[1], index[3]) in t.adjust.rise]
    constraint(m, t, both, stricter_channels_gain_slowly)


def costs(m: Model, t: Tables) -> Costs:  # noqa: ARG001
    """None of its own."""
    return []


def _by_unit(t: Tables, runs: list[RunIndex]) -> dict[tuple[str, str, int], list[RunIndex]]:
    found: dict[tuple[str, str, int], list[RunIndex]] = defaultdict(list)
    for run in runs:
        found[run[0], t.capacity.unit[run[0], run[2]], run[4]].append(run)
    return dict(found)


def activity_rises_slowly(m: Model, t: Tables, f: str, u: str, y: int) -> object:
    r"""A1. $\sum_{r \in u, s, k} a_{fr} z_{fsrkt} \le \sum_{r \in u, s, k} a_{fr} z'_{fsrkt} + \rho_{ft} y_t (\bar K_{fut} + \sum_\sigma \kappa_{\sigma ut} x_\sigma)$: a unit runs above the trunk by no more than what it can have raised since the onset."""
    part = t.adjust.rise[f, u, y] * t.calendar.years[y]
    then = [(-coef, var) for coef, var in used_terms(t, m.trunk_run, m.then.get((f, u, y), []))]
    terms = [*used_terms(t, m.run, m.now[f, u, y]), *then, *capacity_terms(m, t.capacity.sizes[f, u, y], part)]
    return total(terms) <= part * t.capacity.existing[f, u, y]


def contracts_hold_capacity(m: Model, t: Tables, f: str, u: str, k: str, y: int) -> object:
    r"""A2. $\sum_{r \in u, s, k' \preceq k} a_{fr} z_{fsrk't} + \alpha_{ft} \chi_{ft} \sum_{r \in u, s, k' \succ k} a_{fr} z'_{fsrk't} \le \alpha_{ft} y_t (\bar K'_{fut} + \sum_\sigma \kappa'_{\sigma ut} x_\sigma)$: a channel and all stricter ones run on capacity that is not under contract for looser ones."""
    available = t.adjust.available[f, y]
    factor = available * t.calendar.years[y]
    strict = set(t.places.stricter_or_equal(k))
    now = used_terms(t, m.run, [run for run in m.now[f, u, y] if run[3] in strict])
    looser = [run for run in m.then.get((f, u, y), []) if run[3] not in strict]
    held = available * t.adjust.contracted[f, u, k, y]
    bound = [(held * coef, var) for coef, var in used_terms(t, m.trunk_run, looser)]
    terms = [*now, *bound, *capacity_terms(m, t.adjust.sizes[f, u, y], factor)]
    return total(terms) <= factor * t.adjust.existing[f, u, y]


def stricter_channels_gain_slowly(m: Model, t: Tables, f: str, u: str, k: str, y: int) -> object:
    r"""A3. $\sum_{r \in u, s, k' \preceq k} a_{fr} z_{fsrk't} \le \sum_{r \in u, s} a_{fr} (\sum_{k' \preceq k} z'_{fsrk't} + (1 - \chi_{ft}) \sum_{k' \succ k} z'_{fsrk't}) + \rho_{ft} y_t (\bar K_{fut} + \sum_\sigma \kappa_{\sigma ut} x_\sigma)$: what a channel and all stricter ones gain comes from activity that is not under contract, or is raised."""
    part = t.adjust.rise[f, u, y] * t.calendar.years[y]
    strict = set(t.places.stricter_or_equal(k))
    now = used_terms(t, m.run, [run for run in m.now[f, u, y] if run[3] in strict])
    free = 1.0 - t.adjust.contracted[f, u, k, y]
    then = [
        (-coef * (1.0 if run[3] in strict else free), var)
        for run in m.then.get((f, u, y), [])
        for coef, var in used_terms(t, m.trunk_run, [run])
    ]
    terms = [*now, *then, *capacity_terms(m, t.capacity.sizes[f, u, y], part)]
    return total(terms) <= part * t.capacity.existing[f, u, y]
