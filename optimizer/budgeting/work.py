"""Answers questions to one instance under rows over its fundings, in this process or another."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.budgeting.rows import Column, Row, block_of
from optimizer.instance.instance import Instance
from optimizer.lacking import why_infeasible
from optimizer.near_optimal.solves import INTERRUPTED, Answer, Solves
from optimizer.network.tables import TRUNK, Funding, Network
from optimizer.plan.plan import Plan
from optimizer.plan.turnover import Values, without_turnover
from optimizer.run import checkpoint_of
from optimizer.solver.highs import Report, Stop
from optimizer.solver.options import Options

SMALL = 1e-6
"""Tonnes below which nothing is short."""

Cells = dict[tuple[str, str, int], float]
"""Market, product, period -> t short on the mean over futures."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the plan of least cost under rows, or what is missing where there is none.

    Attributes:
        name: in words, for progress.
        rows: that the plan obeys.
        start: fundings that are tried first, by the extensive form.
        keep: give the plan back whole.
        missing: ask what is missing at least, where the rows leave no plan.
        stock: what a tonne in each column of public stockpiles counts, USD; the reply adds it up.
        target: stop as soon as it is known whether a plan costs at most this, USD.
    """

    name: str
    rows: tuple[Row, ...]
    start: tuple[Funding, ...] | None = None
    keep: bool = False
    missing: bool = False
    stock: tuple[tuple[Column, float], ...] = ()
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Reply(Answer):
    """What was found.

    Attributes:
        short: what it leaves short: (market, product, period, t on the mean over futures).
        missing: what is missing at least, in words; only where it was asked.
        stock: what that plan spends on public stockpiles, USD; only where it was asked.
    """

    short: tuple[tuple[str, str, int, float], ...] = ()
    missing: tuple[str, ...] = ()
    stock: float = 0.0

    @property
    def cells(self) -> Cells:
        """What is short, by market, product and period."""
        return {(market, product, period): tonnes for market, product, period, tonnes in self.short}


@dataclass(slots=True)
class Home:
    """What a process keeps."""

    solves: Solves
    options: Options
    stop: Stop
    report: Report | None


Done = tuple[Question, Reply, Plan | None]


def begin(instance: Instance, options: Options, checkpoint: Path | None, report: Report | None, stop: Stop) -> Home:
    """What a process keeps."""
    return Home(Solves(instance, options, report, stop, checkpoint_of(instance, checkpoint)), options, stop, report)


def begin_elsewhere(instance: Instance, options: Options) -> Home:
    """What a process of its own keeps; it does not hear Ctrl-C."""
    return begin(instance, options, None, None, Stop())


def do(home: Home, question: Question) -> list[Done]:
    """The answer to a question."""
    solves = home.solves
    block = block_of(question.rows) if question.rows else None
    if question.missing:
        with home.stop.listening():
            found = why_infeasible(solves.network, home.options, home.report, home.stop, block)
        why = INTERRUPTED if home.stop.asked.is_set() else "what is missing at least"
        return [(question, Reply("infeasible", why, None, None, missing=tuple(item.text for item in found)), None)]
    answer, solved = solves.solve(question.name, target=question.target, start=question.start, further=block)
    plan = solves.plan(solved) if question.keep and solved.values else None
    if plan is not None:  # of `rows` a reader of plan.json should know
        plan.info["under"] = question.name
    reply = Reply(**{item.name: getattr(answer, item.name) for item in dataclasses.fields(answer)})
    values: Mapping[str, Values] = solved.values
    if question.stock and values:
        values = without_turnover({TRUNK: solved.tables[TRUNK]}, values)
    reply = dataclasses.replace(reply, short=_short(solves.network, values), stock=_added(question.stock, values))
    return [(question, reply, plan)]


def _added(usd: Sequence[tuple[Column, float]], values: Mapping[str, Values]) -> float:
    """Columns by what each counts."""
    return math.fsum(
        amount * values.get(block, {}).get(name, {}).get(index, 0.0) for (block, (name, index)), amount in usd
    )


def _short(network: Network, values: Mapping[str, Values]) -> tuple[tuple[str, str, int, float], ...]:
    """What is short on the mean over futures."""
    found: Cells = {}
    for (course, period), weight in network.weight.items():
        for key, tonnes in values.get(course, {}).get("short", {}).items():
            index: Any = key
            market, line, when = index
            if when == period:
                cell = (market, network.instance.markets[market].demand[line].product, period)
                found[cell] = found.get(cell, 0.0) + weight * tonnes
    return tuple((*cell, tonnes) for cell, tonnes in sorted(found.items()) if tonnes > SMALL)
