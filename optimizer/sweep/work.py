"""The work of a sweep, in processes of their own: one relaxation, or one whole solve, per task."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from optimizer.instance.instance import Instance
from optimizer.plan.columns import rows_of
from optimizer.run import solve
from optimizer.solver.compile import Problem
from optimizer.solver.first_plan import plan_of
from optimizer.solver.options import Options
from optimizer.sweep.numbers import Number, scaled
from optimizer.sweep.relaxation import Funding, Relaxation, Relaxed, beyond, moved, problem_from
from optimizer.workers import Cluster, Workers, workers_of

Portfolio = tuple[tuple[str, str, int], ...]
Row = dict[str, Any]

MOVED = 0.05
"""Share of an option that must come or go in the relaxation to be named."""


@dataclass(frozen=True, slots=True)
class Task:
    """One number at the ends of its range.

    Attributes:
        step: `screen` or `confirm`.
        number: the number.
        ends: name of an end -> factor.
    """

    step: str
    number: Number
    ends: Mapping[str, float]


def pool_of(instance: Instance, portfolio: Portfolio, gap: float, workers: int, cluster: Cluster) -> Workers:
    """Workers that each keep the instance and the basis of its relaxation."""
    return workers_of(workers, cluster, _begin, instance, portfolio, gap)


def rows_by(pool: Workers, tasks: Sequence[Task]) -> Iterator[Row]:
    """The rows of all tasks, as they are done."""
    return pool.results(_do, tasks)


@dataclass(slots=True)
class _Home:
    """What a process keeps."""

    instance: Instance
    portfolio: Portfolio
    gap: float
    relaxation: Relaxation
    problem: Problem | None = None
    base: Relaxed | None = None


def _begin(instance: Instance, portfolio: Portfolio, gap: float) -> _Home:
    return _Home(instance, portfolio, gap, Relaxation())


def _do(home: _Home, task: Task) -> list[Row]:
    if task.step == "screen":
        return _screened(home, task)
    return [_confirmed(home, task.number, end, factor) for end, factor in task.ends.items()]


def _row(number: Number, end: str, factor: float) -> Row:
    return {
        "key": number.key,
        "kind": number.kind,
        "field": number.field,
        "confidence": number.confidence,
        "value": None if isinstance(number.value, dict) else number.value,
        "end": end,
        "factor": factor,
    }


def _screened(home: _Home, task: Task) -> list[Row]:
    if home.problem is None:
        home.problem = problem_from(home.instance)
        home.base = home.relaxation.solve(home.problem)
    rows: list[Row] = []
    other: tuple[Problem, float] | None = None
    for end, factor in task.ends.items():
        began = time.monotonic()
        row = _row(task.number, end, factor)
        try:
            instance = scaled(home.instance, task.number, factor)
        except ValidationError:
            rows.append(row | {"status": "not allowed", "seconds": time.monotonic() - began})
            continue
        problem = None
        if other is not None and task.number.kind != "scenarios":  # a probability may have been cut to what is left
            problem = beyond(home.problem, other[0], (factor - 1.0) / (other[1] - 1.0))
        if problem is None:
            problem = problem_from(instance)
            other = problem, factor
        row |= _compared(home, home.relaxation.solve(problem))
        rows.append(row | {"seconds": time.monotonic() - began})
    return rows


def _compared(home: _Home, found: Relaxed) -> Row:
    """What a relaxation says beside that of the base."""
    assert home.base is not None
    if found.objective is None or home.base.objective is None:
        return {"status": "no plan", "change_usd": None, "moved_usd": None}
    moves = moved(home.base.funded, found.funded)
    capex = _capex(home.instance)
    return {
        "status": "solved",
        "objective": found.objective,
        "change_usd": found.objective - home.base.objective,
        "moved_usd": sum(most * capex[option] for option, (most, _) in moves.items()),
        "comes": _named({option: by for option, (_, by) in moves.items() if by > MOVED}),
        "goes": _named({option: -by for option, (_, by) in moves.items() if by < -MOVED}),
        "shifts": _named({option: most for option, (most, by) in moves.items() if most > abs(by) + MOVED}),
    }


def _confirmed(home: _Home, number: Number, end: str, factor: float) -> Row:
    began = time.monotonic()
    row = _row(number, end, factor)
    try:
        instance = scaled(home.instance, number, factor)
    except ValidationError:
        return row | {"status": "not allowed", "seconds": time.monotonic() - began}
    return row | _resolved(home, instance) | {"seconds": time.monotonic() - began}


def _resolved(home: _Home, instance: Instance) -> Row:
    """The whole problem with the number moved, and what the base portfolio costs there."""
    options = Options(gap=home.gap, threads=1)
    kept = plan_of(problem_from(instance), home.portfolio, options, None, None)
    plan = solve(instance, gap=home.gap, threads=1)
    row: Row = {"status": plan.status, "base_portfolio_usd": kept.objective}
    row |= {"objective": plan.objective, "bound": plan.bound, "saves_at_least": None, "saves_at_most": None}
    if not plan.tables or plan.objective is None or plan.bound is None:
        return row
    if kept.objective is not None:
        # A plan that is worse than the base portfolio shows that the base portfolio is as good, within the gap.
        row["saves_at_least"] = max(0.0, kept.objective - plan.objective)
        row["saves_at_most"] = max(0.0, kept.objective - plan.bound)
    now = {(r.facility, r.option): int(r.funded) for r in rows_of(plan.portfolio)}
    before = {(facility, option): year for facility, option, year in home.portfolio}
    row["comes"] = _named(dict.fromkeys(now.keys() - before.keys(), 1.0))
    row["goes"] = _named(dict.fromkeys(before.keys() - now.keys(), 1.0))
    shifts = {key: now[key] - before[key] for key in sorted(now.keys() & before.keys()) if now[key] != before[key]}
    row["shifts"] = " ".join(f"{facility}:{option}:{by:+d}" for (facility, option), by in shifts.items())
    return row


def _capex(instance: Instance) -> dict[Funding, float]:
    return {
        (name, option.id): option.capex for name, facility in instance.facilities.items() for option in facility.options
    }


def _named(shares: dict[Funding, float]) -> str:
    """Options with how much of each: `plant_a:build`, or `plant_a:build:0.4` of it."""
    parts = (
        f"{facility}:{option}" + ("" if share > 0.995 else f":{share:.2f}")
        for (facility, option), share in sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    )
    return " ".join(parts)
