"""Rows of rules in amounts, reckoned from a plan."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from optimizer.network.tables import Tables

TAKEN = 0.5


class Reckoned(NamedTuple):
    """A row of a rule in amounts.

    Attributes:
        component: constraint.
        key: its index.
        period: first year of the period.
        group: facility, country, or nothing.
        slack: how far it is from binding.
        asked: what it limits or asks for.
        scale: size of what it compares.
    """

    component: str
    key: Any
    period: int
    group: str
    slack: float
    asked: float
    scale: float


def amounts_of(
    t: Tables, values: Mapping[str, Mapping[Any, float]], fund: Mapping[Any, float], number: int
) -> Iterator[Reckoned]:
    """The rows of a rule in amounts in a course.

    Args:
        t: tables of the course.
        values: component -> index -> value.
        fund: what is funded, by (facility, option, period).
        number: of the rule.
    """
    runs = values.get("run", {})
    for released, (most, terms) in t.rules.released.items():
        if released[0] == number:
            amount = math.fsum(runs.get(run, 0.0) * each for run, each in terms)
            yield Reckoned(
                "released_within_cap", released, released[2], released[1], most - amount, most, max(most, 1.0)
            )
    for goal, (level, terms) in t.rules.goals.items():
        if goal[0] == number:
            made = math.fsum(runs.get(run, 0.0) * tonnes for run, tonnes in terms)
            missing = values.get("goal_missing", {}).get(goal, 0.0)
            yield Reckoned("goal_is_reached", goal, goal[1], "", made + missing - level, level, level)
    for filled, (share, lines) in t.rules.filled.items():
        if filled[0] == number:
            asked = math.fsum(t.demand.tonnes[*line, filled[1]] for line in lines)
            short = math.fsum(values.get("short", {}).get((*line, filled[1]), 0.0) for line in lines)
            slack = (1.0 - share) * asked - short
            yield Reckoned("fill_rate", filled, filled[1], "", slack, share * asked, asked)
    for index, row in t.rules.recycled.items():
        bound = any(fund.get((s.facility, s.option, s.year), 0.0) > TAKEN for s in row.starts)
        if index[0] == number and bound:
            feed = math.fsum(runs.get(run, 0.0) * total for run, total, _ in row.feed)
            recycled = math.fsum(runs.get(run, 0.0) * part for run, _, part in row.feed)
            asked = row.share * feed
            yield Reckoned("feed_is_recycled", index, index[3], index[1], recycled - asked, asked, feed)
