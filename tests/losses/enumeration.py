"""Every set of losses, one by one: written as effects of a scenario, each a problem built and solved from scratch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from optimizer.instance.instance import Instance
from optimizer.instance.policy import Scenario
from optimizer.model import assemble
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.plan.plan import Plan
from optimizer.solver.branch import Branch
from optimizer.solver.given import given_by
from optimizer.solver.written import build_block

Effects = list[dict[str, Any]]


def names_of(instance: Instance, of: str) -> dict[str, Effects]:
    """What may be lost, and the effects that say so."""
    if of == "facilities":
        return {name: [_facilities(id=name)] for name in instance.facilities}
    if of == "countries":
        return {f.country: [_facilities(country=f.country)] for f in instance.facilities.values()}
    if of == "owners":
        owners = dict.fromkeys(owner for f in instance.facilities.values() for owner in f.owners)
        return {owner: [_facilities(owner=owner)] for owner in owners}
    rows = [(r.from_, r.to, r.tags) for r in instance.lanes]
    rows += [(r.from_, r.to, r.tags) for r in instance.logistics.freight]
    if of == "tags":
        return {tag: [_lanes(tags=tag)] for *_, tags in rows for tag in tags}
    return {f"{start}>{end}": [_lanes(**{"from": start, "to": end})] for start, end, _ in rows}


def _facilities(**where: str) -> dict[str, Any]:
    return {"affects": "facilities", "where": where, "available": 0.0}


def _lanes(**where: str) -> dict[str, Any]:
    return {"affects": "lanes", "where": where, "available": 0.0}


def short_after(plan: Plan, effects: Effects, onset: int, duration: int, weights: Mapping[str, float]) -> float:
    """Least weighted tonnes short in a branch with these effects; infinite without an answer."""
    nothing = {"affects": "demand", "where": {}, "factor": 1.0}
    text = {"id": "lost", "probability": 0.0, "onset": onset, "duration": duration, "effects": [nothing, *effects]}
    instance = plan.instance.model_copy(update={"scenarios": (Scenario.model_validate(text),)})
    network = network_of(instance)
    branch = Branch(build_block(assemble.operations, tables_of(network, "lost")))
    branch.give(given_by(network, plan))
    cost = np.zeros(len(branch.block.columns))
    for (market, *_), column in branch.columns_of("short").items():
        cost[column] = weights.get(market, 0.0)
    branch.charge(cost)
    value = branch.solve().value
    return math.inf if value is None else value


def every_set(
    plan: Plan, of: str, most: int, onsets: Iterable[int], duration: int, weights: Mapping[str, float]
) -> Iterator[tuple[tuple[str, ...], int, float]]:
    """(losses, onset, weighted tonnes short beyond those without a loss) of every set of at most `most` losses."""
    names = names_of(plan.instance, of)
    for onset in onsets:
        bare = short_after(plan, [], onset, duration, weights)
        for size in range(1, most + 1):
            for lost in itertools.combinations(names, size):
                effects = [effect for name in lost for effect in names[name]]
                yield lost, onset, short_after(plan, effects, onset, duration, weights) - bare


def worst_of_all(plan: Plan, of: str, most: int, duration: int, weights: Mapping[str, float]) -> float:
    """The most that any set of losses makes short, at any onset."""
    onsets = [
        period.year
        for period in plan.instance.periods
        if any(p.year + p.years == period.year + duration for p in plan.instance.periods)
        or period.year + duration > plan.instance.periods[-1].year + plan.instance.periods[-1].years
    ]
    return max(harm for *_, harm in every_set(plan, of, most, onsets, duration, weights))
