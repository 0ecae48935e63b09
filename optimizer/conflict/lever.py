"""Levers: requirements that can be loosened by a number, as columns of the problem: tonnes, dollars, options.

A lever's columns stand for what is changed in the instance, the same in every course: demand lowered by x t in a year
is lower in that year of every branch too, by what the branch makes of it.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from optimizer.conflict.case import DEMAND, Case
from optimizer.conflict.change import (
    Change,
    by_year,
    said_by_year,
    with_budget,
    with_line,
    with_link,
    with_more,
    with_rule,
    with_stockpile,
    with_target,
)
from optimizer.conflict.requirement import Requirement
from optimizer.findings.finding import amount as told
from optimizer.findings.finding import dollars
from optimizer.instance.amounts import ReleaseCap, ScaleGoal
from optimizer.instance.policy import Count, Starts
from optimizer.instance.series import Series
from optimizer.network.derive_markets import target_level
from optimizer.network.derive_rules import goal_of
from optimizer.solver.compile import Problem

Key = int | None
"""First year of the period that a column is about; None where it is about all."""


@dataclass(slots=True)
class Lever:
    """Columns by which a requirement can be loosened.

    Attributes:
        requirement: what is loosened.
        unit: of the columns.
        rows: column -> row -> coefficient.
        most: highest value of a column.
        whole: whether the columns are whole numbers.
        change: values that are over 0, and the least sum of them -> the change.
    """

    requirement: Requirement
    unit: str
    rows: dict[Key, dict[int, float]]
    most: dict[Key, float]
    change: Callable[[dict[Key, float], float], Change]
    whole: bool = False
    keys: list[Key] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = list(self.rows)

    def attached(self, problem: Problem) -> Problem:
        """The problem with the lever's columns, whose sum is minimised."""
        rows, cols, data = [], [], []
        for j, key in enumerate(self.keys):
            for row, coef in self.rows[key].items():
                rows.append(row)
                cols.append(j)
                data.append(coef)
        count = len(self.keys)
        added = sp.csr_array((data, (rows, cols)), shape=(problem.matrix.shape[0], count))
        scale = self.size
        return dataclasses.replace(
            problem,
            matrix=sp.csr_array(sp.hstack([problem.matrix, added], format="csr")),
            lower=np.append(problem.lower, np.zeros(count)),
            upper=np.append(problem.upper, [self.most[key] for key in self.keys]),
            integer=np.append(problem.integer, np.full(count, self.whole)),
            objective=np.append(np.zeros(problem.columns), np.full(count, 1.0 / scale)),
        )

    @property
    def size(self) -> float:
        """What its sum is measured by in the objective, for HiGHS's tolerances are absolute."""
        return 1e6 if self.unit == "USD" else 1.0


def up(value: float) -> float:
    """A number rounded up to four digits."""
    if value <= 0:
        return 0.0
    digits = 4 - math.ceil(math.log10(value))
    factor = 10.0**digits
    return math.ceil(value * factor - 1e-6) / factor


def lever_of(case: Case, requirement: Requirement) -> Lever | None:
    """The lever of a requirement; None where it cannot be loosened by a number of the problem."""
    kind = requirement.kind
    if kind == "rule":
        rule = case.instance.policy.rules[int(requirement.parts[0])]
        levers: dict[Any, Callable[[Case, Requirement, Any], Lever]] = {
            Starts: _starts, Count: _count, ReleaseCap: _released, ScaleGoal: _goal
        }  # fmt: skip
        return levers[type(rule)](case, requirement, rule) if type(rule) in levers else None
    makers: dict[str, Callable[[Case, Requirement], Lever]] = {
        "demand": _demand, "target": _target, "budget": _budget, "link": _link, "room": _room
    }  # fmt: skip
    return makers[kind](case, requirement) if kind in makers else None


def _atoms(case: Case, name: str) -> dict[tuple[str, int | None], list[int]]:
    return {atom[1:]: [int(row) for row in rows] for atom, rows in case.rows.items() if atom[0] == name}


def _empty(case: Case, row: int) -> bool:
    """Whether nothing can fill a row: it stands for a contradiction, 'nothing >= 1'."""
    first, last = case.problem.matrix.indptr[row : row + 2]
    return last - first == 1 and _key(case, int(case.problem.matrix.indices[first]))[0] == "nothing"


def _key(case: Case, column: int) -> tuple[str, Any]:
    for name, place in case.problem.place.items():
        found = np.flatnonzero(place == column)
        if found.size:
            return case.problem.blocks[name].columns[int(found[0])]
    return "", None


def _demand(case: Case, requirement: Requirement) -> Lever:
    d, i = str(requirement.parts[0]), int(requirement.parts[1])
    calendar, instance = case.network.calendar, case.instance
    line = instance.markets[d].demand[i]
    asked = {t: calendar.mean(line.tonnes, t) * calendar.years[t] for t in calendar.periods}
    rows: dict[Key, dict[int, float]] = defaultdict(dict)
    for (course, t), found in _atoms(case, requirement.name).items():
        assert t is not None
        if asked[t] <= 0:
            continue
        here = case.tables[course].demand.tonnes[d, i, t]
        for row in found:
            rows[t][row] = (1.0 if _empty(case, row) else here) / asked[t]
    _lowers_targets(case, d, i, asked, rows)
    # What is delivered or short is no more than what is asked, which falls as well.
    for row, course, index in _upper_rows(case):
        if index[:2] == (d, i) and index[2] in rows:
            rows[index[2]][row] = case.tables[course].demand.tonnes[index] / asked[index[2]]

    def change(values: dict[Key, float], least: float) -> Change:
        values = {t: min(up(x), asked[t or 0]) for t, x in values.items()}
        left = {t: 1.0 - x / asked[t or 0] for t, x in values.items()}
        series = by_year(line.tonnes, calendar, lambda y, raw: raw * left.get(calendar.period_of(y), 1.0), beyond=True)
        said = said_by_year({t: f"by {told(x)} t to {told(asked[t or 0] - x)} t" for t, x in values.items()}, "in")
        text = f"{d} asked for less {line.product}: {said}"
        made = with_line(instance, d, i, {"tonnes": series})
        return Change(
            requirement.name, f"{requirement.path}.tonnes", sum(values.values()), "t", least, text, made, series.plain()
        )

    return Lever(requirement, "t", dict(rows), {t: asked[t or 0] for t in rows}, change)


def _upper_rows(case: Case) -> list[tuple[int, str, Any]]:
    """(row, course, index) of the second half of demand, in the order in which `case` appends them."""
    found = []
    row = sum(len(block.rows) for block in case.problem.blocks.values())
    for course, block in case.problem.blocks.items():
        for component, index in block.rows:
            if component == DEMAND:
                found.append((row, course, index))
                row += 1
    return found


def _lowers_targets(case: Case, d: str, i: int, asked: dict[int, float], rows: dict[Key, dict[int, float]]) -> None:
    """Targets of so many years of a market's demand fall with it."""
    instance, calendar = case.instance, case.network.calendar
    line = instance.markets[d].demand[i]
    trunk = case.problem.row_start["trunk"]
    numbers: dict[Any, int] = {
        index: trunk + r
        for r, (component, index) in enumerate(case.problem.blocks["trunk"].rows)
        if component == "target_is_reached"
    }
    for (p, j, t), row in numbers.items():
        target = instance.stockpiles[p].targets[j]
        if target.of is None or d not in target.of or line.product != target.material:
            continue
        share, since = calendar.mean(target.share, t), calendar.span[t].stop
        years = target.years_of_demand or 0.0
        for step in range(math.ceil(years - 1e-9)):
            period = calendar.period_of(since + step)
            if period is not None and period in rows:
                part = min(1.0, years - step)
                gain = share * part * calendar.at(line.tonnes, since + step) / asked[period]
                rows[period][row] = rows[period].get(row, 0.0) + gain


def _target(case: Case, requirement: Requirement) -> Lever:
    p, i = str(requirement.parts[0]), int(requirement.parts[1])
    calendar, instance = case.network.calendar, case.instance
    target = instance.stockpiles[p].targets[i]
    level = {t: target_level(case.network, target, t) for t in calendar.periods}
    rows: dict[Key, dict[int, float]] = defaultdict(dict)
    for (_, t), found in _atoms(case, requirement.name).items():
        for row in found:
            rows[t][row] = 1.0 / level[t or 0] if _empty(case, row) else 1.0

    def change(values: dict[Key, float], least: float) -> Change:
        values = {t: min(up(x), level[t or 0]) for t, x in values.items()}
        left = {t: 1.0 - x / level[t or 0] for t, x in values.items()}
        key = "tonnes" if target.tonnes is not None else "share"
        series = by_year(
            target.tonnes if target.tonnes is not None else target.share,
            calendar,
            lambda y, raw: raw * left.get(calendar.period_of(y), 1.0),
        )
        said = {t: f"by {told(x)} t to {told(level[t or 0] - x)} t" for t, x in values.items()}
        text = f"{p}'s target {i} for {target.material} were lower: {said_by_year(said, 'at the end of')}"
        made = with_target(instance, p, i, {key: series})
        return Change(
            requirement.name, f"{requirement.path}.{key}", sum(values.values()), "t", least, text, made, series.plain()
        )

    return Lever(requirement, "t", dict(rows), {t: level[t or 0] for t in rows}, change)


def _budget(case: Case, requirement: Requirement) -> Lever:
    which = str(requirement.parts[0])
    calendar, instance = case.network.calendar, case.instance
    rows: dict[Key, dict[int, float]] = defaultdict(dict)
    for (_, t), found in _atoms(case, requirement.name).items():
        for row in found:
            rows[t][row] = -1.0

    def change(values: dict[Key, float], least: float) -> Change:
        values = {t: up(x) for t, x in values.items()}
        budget = instance.policy.budget
        if which == "appropriation":
            name = str(requirement.parts[1])
            made, series = with_more(instance, calendar, name, values)
            said = said_by_year({t: f"by {dollars(x)}" for t, x in values.items()}, "in")
            text = f"the appropriation {name} were more: {said}"
            path = f"{requirement.path}.usd"
            return Change(requirement.name, path, sum(values.values()), "USD", least, text, made, series.plain())
        if which == "total":
            assert budget.total is not None
            to = budget.total + values[None]
            text = f"the total budget were {dollars(values[None])} more, {dollars(to)}"
            made = with_budget(instance, {"total": to})
            return Change(requirement.name, requirement.path, values[None], "USD", least, text, made, to)
        assert budget.annual is not None
        more = {t: x / calendar.years[t or 0] for t, x in values.items()}
        series = by_year(budget.annual, calendar, lambda y, raw: raw + more.get(calendar.period_of(y), 0.0))
        said = said_by_year({t: f"by {dollars(x)}" for t, x in values.items()}, "in")
        text = f"the annual budget were more: {said}"
        made = with_budget(instance, {"annual": series})
        return Change(
            requirement.name, requirement.path, sum(values.values()), "USD", least, text, made, series.plain()
        )

    return Lever(requirement, "USD", dict(rows), dict.fromkeys(rows, math.inf), change)


def _starts(case: Case, requirement: Requirement, rule: Starts) -> Lever:
    calendar, number = case.network.calendar, int(requirement.parts[0])
    rows: dict[Key, dict[int, float]] = defaultdict(dict)
    for (_, t), found in _atoms(case, requirement.name).items():
        for row in found:
            rows[t][row] = -1.0

    def change(values: dict[Key, float], least: float) -> Change:
        whole = {t: round(x) for t, x in values.items()}
        more = {t: x / calendar.years[t or 0] for t, x in whole.items()}
        series = by_year(rule.max, calendar, lambda y, raw: raw + more.get(calendar.period_of(y), 0.0))
        said = said_by_year({t: f"{x} more" for t, x in whole.items()}, "in")
        text = f"more could be started: {said}"
        made = with_rule(case.instance, number, rule.model_copy(update={"max": series}))
        return Change(
            requirement.name, f"{requirement.path}.max", float(sum(whole.values())), "options", least, text, made,
            series.plain(),
        )  # fmt: skip

    return Lever(requirement, "options", dict(rows), dict.fromkeys(rows, 1000.0), change, whole=True)


def _released(case: Case, requirement: Requirement, rule: ReleaseCap) -> Lever:
    calendar, number = case.network.calendar, int(requirement.parts[0])
    rows: dict[Key, dict[int, float]] = defaultdict(dict)
    for (_, t), found in _atoms(case, requirement.name).items():
        for row in found:
            rows[t][row] = -calendar.years[t or 0]

    def change(values: dict[Key, float], least: float) -> Change:
        more = {t: up(x) for t, x in values.items()}
        years = [y for y in range(calendar.first_year, calendar.end_year) if rule.most.given(y)]
        steps = [(y, calendar.at(rule.most, y) + more.get(calendar.period_of(y), 0.0)) for y in years]
        series = Series(steps=tuple(step for i, step in enumerate(steps) if not i or step[1] != steps[i - 1][1]))
        said = said_by_year({t: f"{told(x)} a year more of {rule.release}" for t, x in more.items()}, "in")
        text = f"rule {number} ({rule.rule}) allowed {said}"
        made = with_rule(case.instance, number, rule.model_copy(update={"most": series}))
        return Change(
            requirement.name, f"{requirement.path}.most", sum(more.values()), rule.release, least, text, made,
            series.plain(),
        )  # fmt: skip

    return Lever(requirement, rule.release, dict(rows), dict.fromkeys(rows, math.inf), change)


def _goal(case: Case, requirement: Requirement, rule: ScaleGoal) -> Lever:
    calendar, number = case.network.calendar, int(requirement.parts[0])
    asked = {t: goal_of(case.network, rule, t) for t in calendar.periods}
    rows: dict[Key, dict[int, float]] = defaultdict(dict)
    for (_, t), found in _atoms(case, requirement.name).items():
        for row in found:
            rows[t][row] = 1.0 / asked[t or 0] if _empty(case, row) else 1.0

    def change(values: dict[Key, float], least: float) -> Change:
        values = {t: min(up(x), asked[t or 0]) for t, x in values.items()}
        left = {t: 1.0 - x / asked[t or 0] for t, x in values.items()}
        series = by_year(rule.share, calendar, lambda y, raw: raw * left.get(calendar.period_of(y), 1.0))
        said = {t: f"by {told(x)} t to {told(asked[t or 0] - x)} t" for t, x in values.items()}
        text = f"rule {number} ({rule.rule}) asked for less: {said_by_year(said, 'in')}"
        made = with_rule(case.instance, number, rule.model_copy(update={"share": series}))
        return Change(
            requirement.name, f"{requirement.path}.share", sum(values.values()), "t", least, text, made, series.plain()
        )

    return Lever(requirement, "t", dict(rows), {t: asked[t or 0] for t in rows}, change)


def _count(case: Case, requirement: Requirement, rule: Count) -> Lever:
    number = int(requirement.parts[0])
    start = case.problem.row_start["investment"]
    signs = {"count_at_least": 1.0, "count_at_most": -1.0}
    rows: dict[int, float] = {}
    for r, (component, index) in enumerate(case.problem.blocks["investment"].rows):
        if component in signs and index == number:
            rows[start + r] = 1.0 / (rule.min or 1) if _empty(case, start + r) else signs[component]

    def change(values: dict[Key, float], least: float) -> Change:
        by = round(values[None])
        low = max(0, (rule.min or 0) - by) if rule.min is not None else None
        high = rule.max + by if rule.max is not None else None
        said = [f"{low} facilities were enough instead of {rule.min}"] if low is not None else []
        said += [f"{high} facilities were allowed instead of {rule.max}"] if high is not None else []
        made = with_rule(case.instance, number, rule.model_copy(update={"min": low, "max": high}))
        key = "min" if low is not None else "max"
        return Change(
            requirement.name, f"{requirement.path}.{key}", float(by), "facilities", least, " and ".join(said), made,
            low if low is not None else high,
        )  # fmt: skip

    return Lever(requirement, "facilities", {None: rows}, {None: 1000.0}, change, whole=True)


def _link(case: Case, requirement: Requirement) -> Lever:
    link = str(requirement.parts[0])
    kind, _, number = link.partition(":")
    records: Any = case.instance.lanes if kind == "lane" else case.instance.logistics.freight
    record = records[int(number)]
    rows: dict[int, float] = {}
    for (course, t), found in _atoms(case, requirement.name).items():
        limit = case.tables[course].flow.limits[link, t or 0]
        for row in found:
            rows[row] = -(limit / record.capacity if record.capacity else case.network.calendar.years[t or 0])

    def change(values: dict[Key, float], least: float) -> Change:
        to = record.capacity + up(values[None])
        text = f"{record.from_} > {record.to} carried {told(up(values[None]))} t/yr more, {told(to)}"
        made = with_link(case.instance, link, to)
        return Change(requirement.name, requirement.path, up(values[None]), "t/yr", least, text, made, to)

    return Lever(requirement, "t/yr", {None: rows}, {None: math.inf}, change)


def _room(case: Case, requirement: Requirement) -> Lever:
    p, m = str(requirement.parts[0]), str(requirement.parts[1])
    rows = {row: -1.0 for found in _atoms(case, requirement.name).values() for row in found}

    def change(values: dict[Key, float], least: float) -> Change:
        capacity = case.instance.stockpiles[p].capacity
        to = capacity[m] + up(values[None])
        text = f"{p} had room for {told(up(values[None]))} t more {m}, {told(to)} t"
        made = with_stockpile(case.instance, p, {"capacity": {**capacity, m: to}})
        return Change(requirement.name, requirement.path, up(values[None]), "t", least, text, made, to)

    return Lever(requirement, "t", {None: rows}, {None: math.inf}, change)
