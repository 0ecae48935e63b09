"""Who makes and who uses each material, by stage and channel: runs times what recipes say, matched within a material.

Nothing here is decided: a material that two stages make goes to its users in proportion, and what a channel does not
use itself goes to the laxer ones, as custody allows. What is left over is on its way to a later period, or lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

USERS, INTO_STOCK, OUT_OF_STOCK, SURPLUS, OTHER, BEFORE = (
    "users", "into stock", "out of stock", "not used", "later or lost", "from earlier years",
)  # fmt: skip
SOURCES, SINKS = (OUT_OF_STOCK, BEFORE), (USERS, INTO_STOCK, SURPLUS, OTHER)
LEAST = 1e-3
"""Tonnes that are shown."""

Node = tuple[str, str]
"""(stage, or one of the names above; channel)."""
Moved = tuple[Node, Node, str, float]
"""From, to, material, tonnes."""
Amounts = dict[Node, float]


@dataclass(slots=True)
class _Pool:
    """Of a material in a period of a course: what each node puts in and takes, by channel of the material."""

    made: dict[str, Amounts] = field(default_factory=lambda: defaultdict(lambda: defaultdict(float)))
    used: dict[str, Amounts] = field(default_factory=lambda: defaultdict(lambda: defaultdict(float)))


def moved_of(plan: Plan) -> dict[tuple[str, int], list[Moved]]:
    """What moves from stage to stage, by course and period; what a stage hands to itself is left out."""
    instance = plan.instance
    pools: dict[tuple[str, int, str], _Pool] = defaultdict(_Pool)
    keys = ["scenario", "period", "recipe", "channel"]
    for row in rows_of(pd.DataFrame(plan.runs.groupby(keys, as_index=False)["run"].sum())):
        recipe = instance.recipes[row.recipe]
        node = (recipe.stage, row.channel)
        for material, amount in recipe.outputs.items():
            pools[row.scenario, row.period, material].made[row.channel][node] += amount * row.run
        for material, amount in recipe.inputs.items():
            pools[row.scenario, row.period, material].used[row.channel][node] += amount * row.run
    for row in rows_of(plan.demand):
        if row.delivered > 0:
            node = (USERS, instance.markets[row.market].channel)
            pools[row.scenario, row.period, row.material].used[row.channel][node] += row.delivered
    stored: dict[tuple[str, int, str, str], float] = defaultdict(float)
    for scenario, period, _, material, channel, *rest in plan.stock.itertuples(index=False, name=None):
        amounts = dict(zip(list(plan.stock.columns)[5:], rest, strict=True))
        stored[scenario, period, material, channel] += amounts["in"] - amounts["out"]
    for (scenario, period, material, channel), net in stored.items():
        # What one stockpile gives to another of the channel moves through no stage.
        pool = pools[scenario, period, material]
        if net > 0:
            pool.used[channel][INTO_STOCK, channel] += net
        else:
            pool.made[channel][OUT_OF_STOCK, channel] -= net
    for row in rows_of(plan.surplus):
        pools[row.scenario, row.period, row.material].used[row.channel][SURPLUS, row.channel] += row.tonnes
    made: dict[tuple[str, int], list[Moved]] = defaultdict(list)
    for (course, period, material), pool in pools.items():
        found: dict[tuple[Node, Node], float] = defaultdict(float)
        for begin, end, tonnes in _matched(pool, list(instance.channels)):
            found[begin, end] += tonnes
        made[course, int(period)] += [(a, b, material, t) for (a, b), t in found.items() if t > LEAST and a[0] != b[0]]
    return dict(made)


def _matched(pool: _Pool, channels: Sequence[str]) -> Iterable[tuple[Node, Node, float]]:
    """What goes from whom to whom: within a channel first, then from stricter ones."""
    carried: Amounts = {}
    for channel in channels:
        made, used = dict(pool.made.get(channel, {})), dict(pool.used.get(channel, {}))
        yield from _shared(made, used)
        yield from _shared(carried, used)
        for node, tonnes in made.items():
            carried[node] = carried.get(node, 0.0) + tonnes
        for node, tonnes in used.items():
            if tonnes > LEAST:
                yield (BEFORE, channel), node, tonnes
    for node, tonnes in carried.items():
        if tonnes > LEAST:
            yield node, (OTHER, node[1]), tonnes


def _shared(made: Amounts, used: Amounts) -> Iterable[tuple[Node, Node, float]]:
    """What is made, in proportion, to what uses it; both are less by it afterwards."""
    supply, demand = sum(made.values()), sum(used.values())
    both = min(supply, demand)
    if both <= 0:
        return
    for begin, much in made.items():
        for end, asked in used.items():
            yield begin, end, much / supply * asked / demand * both
    for amounts, total in ((made, supply), (used, demand)):
        for node in amounts:
            amounts[node] *= 1.0 - both / total


def stages_in_order(moved: Mapping[tuple[str, int], Iterable[Moved]], stages: Sequence[str]) -> list[str]:
    """Stages such that as little as can be goes back: each is moved to where that is least, until nothing is gained.

    Args:
        moved: see `moved_of`.
        stages: as the instance names them.
    """
    weight: dict[tuple[str, str], float] = defaultdict(float)
    for many in moved.values():
        for (begin, _), (end, _), _, tonnes in many:
            weight[begin, end] += tonnes
    order = list(stages)

    def back(names: Sequence[str]) -> float:
        return sum(weight[b, a] for n, a in enumerate(names) for b in names[n + 1 :])

    best, better = back(order), True
    while better:
        better = False
        for name in stages:
            rest = [one for one in order if one != name]
            tried = [[*rest[:n], name, *rest[n:]] for n in range(len(order))]
            least = min(tried, key=back)
            if back(least) < best - LEAST:
                order, best, better = least, back(least), True
    return order
