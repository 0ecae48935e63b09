"""A run of a study, in a process of its own: resolve, solve, and say what came of it, whatever that is."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass

from optimizer.errors import SolveError
from optimizer.plan.plan import Plan
from optimizer.run import solve_with
from optimizer.studies.case import Case
from optimizer.studies.held import held_rows
from optimizer.studies.read import Run
from optimizer.studies.record import Record, failure, record_of
from optimizer.workers import BlamedError

BROKEN = "the portfolio that is held breaks a rule, or leaves something unmet that must be met"


@dataclass(frozen=True, slots=True)
class Desk:
    """What a process keeps.

    Attributes:
        case: the study.
        plans: whether plans are kept.
    """

    case: Case
    plans: bool


@dataclass(frozen=True, slots=True)
class Done:
    """A run that ended.

    Attributes:
        run: which.
        record: what came of it.
        plan: where plans are kept, and it found one.
    """

    run: Run
    record: Record
    plan: Plan | None = None


def done(desk: Desk, run: Run) -> list[Done]:
    """Do a run; an error is told in its record."""
    began = time.monotonic()
    try:
        plan = _plan(desk.case, run)
        record = record_of(plan)
    except Exception as error:
        return [Done(run, failure("failed", error, traceback.format_exc(), time.monotonic() - began))]
    record["seconds"] = round(time.monotonic() - began, 3)
    return [Done(run, record, plan if desk.plans and plan.tables else None)]


def _plan(case: Case, run: Run) -> Plan:
    instance, held = case.instance(run.point), case.portfolio(run.point)
    rows = None if held is None else held_rows(instance, held)
    plan = solve_with(instance, case.options, rows=rows)
    if plan.info["instance_sha256"] != run.instance_sha256:
        raise SolveError("the run's instance is another one here than where the study was read")
    if held is not None and plan.status == "infeasible":
        plan.info["why"] = BROKEN
    return plan


def given_up(run: Run, error: BlamedError) -> list[Done]:
    """A run over which processes died."""
    return [Done(run, failure("died", error, f"{error}\n", 0.0))]
