"""Shares that rules ask for, as numbers of the problem: a row is part - share x total; only the share is changed."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import Any

import numpy as np
import scipy.sparse as sp

from optimizer.conflict.case import OUTPUT_RULES, Case
from optimizer.conflict.change import by_year
from optimizer.instance.amounts import FillRate
from optimizer.instance.policy import DeliveredContent, Diversify, DomesticContent, ExposureCap, HeavyContent
from optimizer.instance.series import Series
from optimizer.network.derive_rules import AT_MOST, RARE_EARTHS
from optimizer.network.tables import OutputRow, Tables
from optimizer.solver.compile import Problem

ShareRule = DomesticContent | ExposureCap | HeavyContent | Diversify | DeliveredContent | FillRate
Lines = dict[tuple[str, int, int], list[int]]
SHARES = (DomesticContent, ExposureCap, HeavyContent, Diversify, DeliveredContent, FillRate)


@dataclasses.dataclass(slots=True)
class Shares:
    """The rows of a rule that asks for a share.

    Attributes:
        number: of the rule.
        rule: the rule.
        rows: global rows.
        period: first year of the period of each.
        share: what each asks for.
        total: rows x columns: what the share is of, by column.
    """

    case: Case
    number: int
    rule: ShareRule
    rows: list[int]
    period: list[int]
    share: list[float]
    total: sp.csr_array

    @property
    def at_most(self) -> bool:
        """Whether the rule asks for no more than its share."""
        return isinstance(self.rule, AT_MOST)

    @property
    def strictest(self) -> float:
        """The share of the strictest row."""
        return min(self.share) if self.at_most else max(self.share)

    def asked(self, problem: Problem, share: float) -> Problem:
        """The problem in which no row asks for more than a share (for a cap: for less)."""
        delta = np.zeros(problem.matrix.shape[0])
        for row, now in zip(self.rows, self.share, strict=True):
            delta[row] = (max(now, share) if self.at_most else min(now, share)) - now
        shift = sp.diags_array(delta) @ self.total
        wide = problem.matrix.shape[1] - shift.shape[1]
        if wide:
            shift = sp.hstack([shift, sp.csr_array((shift.shape[0], wide))])
        return dataclasses.replace(problem, matrix=sp.csr_array(problem.matrix - shift))

    def since(self, problem: Problem, year: int) -> Problem:
        """The problem in which rows of periods before a year ask for nothing."""
        off = [row for row, t in zip(self.rows, self.period, strict=True) if t < year]
        lower, upper = problem.row_lower.copy(), problem.row_upper.copy()
        lower[off], upper[off] = -np.inf, np.inf
        return dataclasses.replace(problem, row_lower=lower, row_upper=upper)

    def loosened(self, share: float) -> Series:
        """The series that asks for no more than a share."""
        rule = self.rule
        pick = max if self.at_most else min
        if rule.share.given(self.case.network.calendar.first_year):
            return by_year(rule.share, self.case.network.calendar, lambda _, raw: pick(raw, share))
        steps = [(year, None if value is None else pick(float(value), share)) for year, value in rule.share.steps]
        return Series(steps=tuple(steps))

    def begun(self, year: int) -> Series:
        """The series that asks for nothing before a year, and for what is written from then on."""
        calendar = self.case.network.calendar
        steps: list[tuple[int, float | str | None]] = [(year, calendar.at(self.rule.share, year))]
        for later in range(year + 1, calendar.end_year):
            value = calendar.at(self.rule.share, later)
            if value != steps[-1][1]:
                steps.append((later, value))
        return Series(steps=tuple(steps))


def shares_of(case: Case, number: int) -> Shares | None:
    """The rows of a rule that asks for a share; None for another rule, or one without rows."""
    rule = case.instance.policy.rules[number]
    if not isinstance(rule, SHARES):
        return None
    rows: list[int] = []
    period: list[int] = []
    share: list[float] = []
    coords: tuple[list[int], list[int], list[float]] = ([], [], [])
    for course in case.courses:
        block, start = case.problem.blocks[course], case.problem.row_start[course]
        tables = case.tables[course]
        runs, deliveries, short = _columns(case, course)
        for i, (component, index) in enumerate(block.rows):
            key: Any = index
            if component == "delivered_content" and key[0] == number:
                rows.append(start + i)
                period.append(key[3])
                share.append(tables.rules.delivered[key][0])
                _, d, _, t = key
                lines = tables.rules.delivered[key][2]
                found = [(column, 1.0) for line in lines for column in deliveries.get((d, line, t), ())]
            elif component == "fill_rate" and key[0] == number:
                rows.append(start + i)
                period.append(key[1])
                asked, counted = tables.rules.filled[key]
                share.append(asked)
                cells = [(*line, key[1]) for line in counted]
                found = [
                    (column, 1.0) for cell in cells for column in (*deliveries.get(cell, ()), *short.get(cell, ()))
                ]
            elif component in OUTPUT_RULES and tables.rules.output[key].rule == number:
                row = tables.rules.output[key]
                rows.append(start + i)
                period.append(row.period)
                share.append(row.share)
                found = _made(tables, row, runs.get((row.channel, row.period), []))
            else:
                continue
            for column, tonnes in found:
                coords[0].append(start + i)
                coords[1].append(column)
                coords[2].append(tonnes)
    if not rows:
        return None
    shape = case.problem.matrix.shape
    total = sp.csr_array((coords[2], (coords[0], coords[1])), shape=shape)
    return Shares(case, number, rule, rows, period, share, total)


def _columns(case: Case, course: str) -> tuple[dict[tuple[str, int], list[tuple[Any, int]]], Lines, Lines]:
    """Columns of activity by (channel, period); of deliveries, and of what is short, by (market, line, period)."""
    runs: dict[tuple[str, int], list[tuple[Any, int]]] = defaultdict(list)
    deliveries: Lines = defaultdict(list)
    short: Lines = {}
    place = case.problem.place[course]
    for i, (component, index) in enumerate(case.problem.blocks[course].columns):
        key: Any = index
        if component == "run":
            runs[key[3], key[4]].append((key, int(place[i])))
        elif component == "deliver":
            deliveries[key[0], key[1], key[4]].append(int(place[i]))
        elif component == "short":
            short[key] = [int(place[i])]
    return runs, deliveries, short


def _made(tables: Tables, row: OutputRow, runs: list[tuple[Any, int]]) -> list[tuple[int, float]]:
    """What counts in the total of a row per unit of each activity."""
    instance = tables.instance
    found = []
    for (_, _, recipe, _, _), column in runs:
        tonnes = 0.0
        for material, amount in instance.recipes[recipe].outputs.items():
            if material not in row.total:
                continue
            if isinstance(row.record, HeavyContent):
                content = instance.materials[material].content
                tonnes += amount * sum(share for element, share in content.items() if element in RARE_EARTHS)
            else:
                tonnes += amount
        if tonnes:
            found.append((column, tonnes))
    return found
