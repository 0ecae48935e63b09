"""On which course each future is in each period, as the tables of a plan have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.network.tables import BASE, TRUNK
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Future:
    """A future.

    Attributes:
        id: its name in the tables.
        name: for readers.
        when: from when to when it is off the trunk, in words; empty for the undisrupted one.
        path: the course on which it is, by period.
    """

    id: str
    name: str
    when: str
    path: tuple[str, ...]


def name_of(plan: Plan, facility: str) -> str:
    """A facility's name for readers; one that the instance does not know is told as the table has it."""
    known = plan.instance.facilities.get(facility)
    return facility if known is None else known.name or facility


def option_of(plan: Plan, facility: str, option: str) -> str:
    """An option for readers: the facility's name alone where there is no other, else with the option's id in words."""
    known = plan.instance.facilities.get(facility)
    name = name_of(plan, facility)
    return name if known is not None and len(known.options) == 1 else f"{name}: {option.replace('_', ' ')}"


def periods_of(plan: Plan) -> tuple[int, ...]:
    """First years of the periods."""
    costs = plan.costs
    return tuple(sorted({int(year) for year in costs.loc[costs["scenario"] == TRUNK, "period"]}))


def futures_of(plan: Plan, periods: Sequence[int]) -> tuple[Future, ...]:
    """Every future, the undisrupted one first: a branch where it has rows of cost, else what it has left."""
    costs = plan.costs
    own = {(str(course), int(year)) for course, year in zip(costs["scenario"], costs["period"], strict=True)}
    given = {scenario.id: scenario for scenario in plan.instance.scenarios}
    made = []
    for row in rows_of(plan.scenarios):
        name = str(row.scenario)
        path = tuple(_course(name, year, own, {one: given[one].parent for one in given}) for year in periods)
        scenario = given.get(name)
        words = "No disruption" if name == BASE else (scenario.name if scenario and scenario.name else name)
        made.append(Future(name, words, "" if name == BASE else _when(row.onset, row.until), path))
    return tuple(made)


def _course(name: str, year: int, own: set[tuple[str, int]], parents: dict[str, str | None]) -> str:
    at: str | None = name
    while at is not None and at != BASE:
        if (at, year) in own:
            return at
        at = parents.get(at)
    return TRUNK


def _when(onset: Any, until: Any) -> str:
    if pd.isna(onset):
        return ""
    return f"from {onset}" if pd.isna(until) else f"from {onset}, over by {until}"


def courses_of(futures: Sequence[Future]) -> tuple[str, ...]:
    """The courses that any future is on, the trunk first."""
    return tuple(dict.fromkeys([TRUNK, *(course for future in futures for course in future.path)]))
