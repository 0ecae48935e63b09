"""Screens waivers in the relaxation and solves instances without them, in processes of their own."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.errors import InstanceError
from optimizer.instance.instance import Instance
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.run import checkpoint_of, solve_with
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.compile import Problem
from optimizer.solver.options import Options
from optimizer.solver.start import Start
from optimizer.sweep.relaxation import Relaxation, problem_from
from optimizer.waiving.conditions import Waiver, waivers_of

SCREEN, SOLVE = "screen", "solve"
SAFE = 1e-7
"""Relative: by so much a bound may pass what it bounds."""

Portfolio = tuple[tuple[str, str, int], ...]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """A waiver to screen or to solve, by its key."""

    step: str
    key: str


@dataclass(slots=True)
class Home:
    """What a process keeps."""

    instance: Instance
    options: Options
    portfolio: Portfolio | None
    waivers: dict[str, Waiver]
    checkpoint: Checkpoint
    relaxation: Relaxation = field(default_factory=Relaxation)
    problem: Problem | None = None
    relaxed: float | None = None


def begin(instance: Instance, options: Options, portfolio: Portfolio | None) -> Home:
    """What a process keeps.

    Args:
        instance: with all its conditions.
        options: of whole solves.
        portfolio: what the base plan funds; None where there is no plan.
    """
    waivers = {waiver.key: waiver for waiver in waivers_of(instance)}
    return Home(instance, options, portfolio, waivers, checkpoint_of(instance))


def do(home: Home, task: Task) -> list[Row]:
    """A task's row."""
    began, cpu = time.monotonic(), time.process_time()
    row: Row = {"step": task.step, "key": task.key}
    try:
        instance = home.waivers[task.key].instance(home.instance)
    except InstanceError as error:
        row |= {"status": "not alone", "why": str(error.faults[0].wrong)}
    else:
        row |= _screened(home, instance) if task.step == SCREEN else _solved(home, instance)
    return [row | {"seconds": time.monotonic() - began, "cpu_seconds": time.process_time() - cpu}]


def _screened(home: Home, instance: Instance) -> Row:
    """What the relaxation says: no plan without the condition costs less than `relaxed`."""
    if home.problem is None:
        home.problem = problem_from(home.instance)
        home.relaxed = home.relaxation.solve(home.problem).objective
    problem = problem_from(instance)
    if same(home.problem, problem):
        return {"status": "same", "why": "nothing of the problem depends on it", "relaxed": home.relaxed}
    found = home.relaxation.solve(problem).objective
    status = "infeasible" if found is None else "screened"
    return {"status": status, "why": "", "relaxed": found, "relaxed_base": home.relaxed}


def same(one: Problem, other: Problem) -> bool:
    """Whether two problems are the same, number by number."""
    if one.matrix.shape != other.matrix.shape or one.money != other.money or one.offset != other.offset:
        return False
    for name in ("lower", "upper", "row_lower", "row_upper", "objective", "integer"):
        if not np.array_equal(getattr(one, name), getattr(other, name)):
            return False
    arrays = ("indptr", "indices", "data")
    return all(np.array_equal(getattr(one.matrix, name), getattr(other.matrix, name)) for name in arrays)


def _solved(home: Home, instance: Instance) -> Row:
    start = None if home.portfolio is None else Start(frozenset(home.portfolio), frozenset(), {})
    options = home.options if home.options.threads else dataclasses.replace(home.options, threads=1)
    plan = solve_with(instance, options, start, checkpoint=home.checkpoint, explain=False)
    row: Row = {"status": plan.status, "why": str(plan.info["why"]), "objective": plan.objective, "bound": plan.bound}
    if plan.tables:
        now, before = portfolio_of(plan), home.portfolio or ()
        row["comes"] = _named(set(now) - set(before))
        row["goes"] = _named(set(before) - set(now))
        row["capex"] = float(plan.portfolio["capex"].sum())
    return row


def portfolio_of(plan: Plan) -> Portfolio:
    """What a plan funds: (facility, option, year) of each."""
    return tuple((str(row.facility), str(row.option), int(row.funded)) for row in rows_of(plan.portfolio))


def _named(fundings: set[tuple[str, str, int]]) -> str:
    return " ".join(f"{facility}:{option}:{year}" for facility, option, year in sorted(fundings))
