"""Plans that stand side by side: each with its name, the problem that it answers, its futures, what is short there."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from optimizer.comparison.comparison import names_of
from optimizer.comparison.edits import counts
from optimizer.comparison.same import changes_from, distinct
from optimizer.pages.network.courses import Future, futures_of, periods_of
from optimizer.pages.network.figures import KILOGRAM
from optimizer.pages.page import Page, counted, listed
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

SMALL = 1e-6
"""Tonnes below which nothing is asked for."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
HASH = 8
"""Letters of a SHA-256 that tell states of an instance apart."""

Cell = tuple[float, float]
"""T asked for, t short."""


@dataclass(frozen=True, slots=True)
class Side:
    """A plan beside others.

    Attributes:
        name: that of its folder, with the letter of its problem where the plans answer several.
        plan: as the folder has it.
        page: its own page in the report.
        problem: number of the problem that it answers.
        periods: first years.
        futures: the undisrupted one first.
        asked: t asked for and short, by course, market and first year.
        strictest: the strictest channel that has users; empty where nothing is asked for.
        worst: the future in which most is short, in the strictest channel before all others; None where nothing is.
    """

    name: str
    plan: Plan
    page: Page
    problem: int
    periods: tuple[int, ...]
    futures: tuple[Future, ...]
    asked: Mapping[tuple[str, str, int], Cell]
    strictest: str = ""
    worst: Future | None = None

    @property
    def channels(self) -> list[str]:
        """Those that have users, the strictest first."""
        asking = {market for _, market, _ in self.asked}
        there = {one.channel for name, one in self.plan.instance.markets.items() if name in asking}
        return [channel for channel in self.plan.instance.channels if channel in there]

    def markets(self, channel: str = "") -> list[str]:
        """Those of a channel, or all."""
        return [name for name, one in self.plan.instance.markets.items() if channel in ("", one.channel)]

    def served(self, future: Future, markets: Collection[str]) -> dict[int, Cell]:
        """T asked for and short by some markets in a future, by first year of the period."""
        found = {}
        for year, course in zip(self.periods, future.path, strict=True):
            cells = [self.asked[key] for market in markets if (key := (course, market, year)) in self.asked]
            found[year] = (math.fsum(demand for demand, _ in cells), math.fsum(short for _, short in cells))
        return found

    def short(self, future: Future, channel: str = "") -> float:
        """T short over the horizon in a future, in a channel or in all."""
        return math.fsum(short for _, short in self.served(future, self.markets(channel)).values())


@dataclass(frozen=True, slots=True)
class Problem:
    """What some of the plans answer: an instance in one state; words that only readers see aside.

    Attributes:
        instance: its name.
        digest: its SHA-256, the first letters.
        plans: names of those that answer it.
        differs: how many values it has otherwise than the first problem, by table.
    """

    instance: str
    digest: str
    plans: tuple[str, ...]
    differs: Mapping[str, int] = field(default_factory=dict)


def named(pages: Sequence[Page]) -> dict[str, Page]:
    """Pages of plans by a short name of their folders."""
    names = names_of([Path(page.source) for page in pages])
    return dict(zip(names, pages, strict=True))


def problems_of(plans: Mapping[str, Plan]) -> list[Problem]:
    """The problems that plans answer, in the order of their first plans."""
    changes = changes_from(plans)
    firsts = distinct(plans, changes)
    made = []
    for first in dict.fromkeys(firsts.values()):
        edits = [edit for edit in changes.get(first, []) if not edit.words]
        made.append(
            Problem(
                plans[first].instance.name,
                str(plans[first].info.get("instance_sha256"))[:HASH],
                tuple(name for name, of in firsts.items() if of == first),
                counts(edits),
            )
        )
    return made


def sides_of(pages: Mapping[str, Page], problems: Sequence[Problem]) -> list[Side]:
    """The plans, in the order given."""
    number = {name: n for n, problem in enumerate(problems) for name in problem.plans}
    made = []
    for name, page in pages.items():
        if name in number and page.plan is not None:
            label = name if len(problems) == 1 else f"{name} ({letter(number[name])})"
            made.append(_side(label, page, page.plan, number[name]))
    return made


def letter(number: int) -> str:
    """Of a problem."""
    return LETTERS[number] if number < len(LETTERS) else str(number + 1)


def told(problems: Sequence[Problem]) -> str:
    """Which plans answer which problem, where there are several."""
    parts = []
    for number, one in enumerate(problems):
        words = f"{letter(number)} is {one.instance} of SHA-256 {one.digest} ({listed(one.plans)})"
        if number:
            several = sum(one.differs.values())
            tables = listed((f"{table} {count}" for table, count in one.differs.items()), 3)
            words += f", with {counted(several, 'value')} otherwise than A ({tables})"
        parts.append(words)
    return (
        "These plans answer different problems, so what differs may come from the data, and no cost is set against one "
        f"of another problem: {'; '.join(parts)}."
    )


def _side(name: str, page: Page, plan: Plan, problem: int) -> Side:
    periods = periods_of(plan)
    sums: dict[tuple[str, str, int], list[float]] = {}
    for row in rows_of(plan.demand):
        cell = sums.setdefault((str(row.scenario), str(row.market), int(row.period)), [0.0, 0.0])
        cell[0] += float(row.demand)
        cell[1] += float(row.short)
    asked = {key: (demand, short) for key, (demand, short) in sums.items()}
    bare = Side(name, plan, page, problem, periods, futures_of(plan, periods), asked)
    strictest = next(iter(bare.channels), "")
    short = {one: (_known(bare.short(one, strictest)), _known(bare.short(one))) for one in bare.futures}
    worst = max(short, key=lambda one: short[one], default=None)
    found = worst if worst is not None and short[worst][1] else None
    return Side(name, plan, page, problem, periods, bare.futures, asked, strictest, found)


def _known(tonnes: float) -> float:
    """What is short, without what rounding leaves."""
    return tonnes if tonnes > KILOGRAM else 0.0
