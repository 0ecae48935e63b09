"""Solves points, in processes of their own; each keeps what Benders and losses came to from point to point."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optimizer.digits import digits
from optimizer.errors import InstanceError
from optimizer.fronts.front import Fact
from optimizer.fronts.survival import Found, Losses, Survival, none_from, written
from optimizer.fronts.sweeps import At, Sweep, instance_at, tighter
from optimizer.instance.instance import Instance
from optimizer.instance.policy import Expected
from optimizer.instance.write import sha256
from optimizer.losses.rounds import Solve
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.run import checkpoint_of, solve_with
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.compile import Block
from optimizer.solver.highs import Progress, Report, Stop
from optimizer.solver.options import Options
from optimizer.solver.start import Start
from optimizer.verifier import verify_tables

SAFE = 0.98
"""Share of the gap at which a search is stopped whose bound is known from another point: its plan is cleaned after."""
BINDING = "binding"
OTHER_COST = ("relaxing", "second pass", "hindsight")
"""How phases begin whose incumbents may be none of the whole problem."""


@dataclass(frozen=True, slots=True)
class Task:
    """A point to solve.

    Attributes:
        at: the point.
        start: the solve whose plan it begins with; None for none.
        low: no plan of the point costs less, as is known from a looser one, USD.
        stricter: points at which the plan may hold too, the nearest first.
        keep: give the plan back whole.
        rows: rows of losses that other points came to.
    """

    at: At
    start: Fact | None
    low: float | None
    stricter: tuple[At, ...]
    keep: bool
    rows: tuple[Found, ...] = ()


@dataclass(slots=True)
class Home:
    """What a process keeps."""

    instance: Instance
    sweeps: Sequence[Sweep]
    options: Options
    checkpoint: Checkpoint
    losses: Losses | None = None


Done = tuple[Fact, Plan | None]


def begin(instance: Instance, sweeps: Sequence[Sweep], options: Options, survival: Survival | None = None) -> Home:
    """What a process keeps."""
    losses = None if survival is None else Losses(survival, options)
    return Home(instance, sweeps, options, checkpoint_of(instance), losses)


def solve_point(home: Home, task: Task) -> Done:
    """Solve a point, and find at which stricter points its plan holds too."""
    began, cpu = time.monotonic(), time.process_time()
    options, losses = home.options, home.losses
    instance = instance_at(home.instance, home.sweeps, task.at)
    most = 0 if losses is None else losses.survival.losses(task.at)
    solve = _solver(home, task, instance)
    new: list[Found] = []
    words = "not asked"
    if losses is not None and most:
        plan, new, words = losses.plan(instance, most, task.rows, solve)
    else:
        plan = solve(None, None)
    fact = Fact(
        at=task.at,
        status=plan.status,
        why=str(plan.info["why"]),
        bound=plan.bound,
        gap=options.gap,
        gap_usd=options.gap_usd,
        time_limit=options.time_limit,
        start=None if task.start is None else task.start.at,
        began=str(plan.info["start"]),
        resumed=str(plan.info["resumed"]),
    )
    survive = plan.info.get("survive", {})
    if "cannot" in survive and losses is not None:
        cannot = tuple(survive["cannot"])
        fact = replace(fact, cannot=cannot, none_from=none_from(task.at, losses.survival, cannot))
    if plan.tables and most and not survive["proved"]:  # what is not known to survive is no plan of this point
        fact = replace(fact, status="no_plan")
    elif plan.tables:
        portfolio = plan.portfolio
        limits = tuple(words if sweep.survives else _left(plan, sweep) for sweep in home.sweeps)
        binds = [BINDING in text and not sweep.survives for sweep, text in zip(home.sweeps, limits, strict=True)]
        held, more = _holding(home, plan, replace(task, rows=(*task.rows, *new)), binds)
        new += more
        fact = replace(
            fact,
            objective=plan.objective,
            holds=tuple(held),
            funded=tuple(f"{row.facility}:{row.option}:{row.funded}" for row in rows_of(portfolio)),
            limits=limits,
            capex=float(portfolio["capex"].sum()),
            public_outlay=float(portfolio["public_outlay"].sum()),
        )
    fact = replace(fact, rows=written(new), seconds=time.monotonic() - began, cpu_seconds=time.process_time() - cpu)
    return fact, plan if task.keep and fact.objective is not None else None


def _solver(home: Home, task: Task, instance: Instance) -> Solve:
    """Finds plans of a point; one after another where rows of losses come from each."""
    began = time.monotonic()
    start = None if task.start is None else _start(task.start.funded)
    low = task.low

    def solve(rows: Block | None, last: Plan | None) -> Plan:
        nonlocal start, low
        options, stop = home.options, Stop()
        if options.time_limit is not None and rows is not None:
            options = replace(options, time_limit=max(1.0, options.time_limit - (time.monotonic() - began)))
        report = _stopper(stop, options, low) if isinstance(instance.risk, Expected) else None
        plan = solve_with(
            instance, options, last or start, report, stop, rows, checkpoint=home.checkpoint, explain=False
        )
        _complete(plan, options, low, began_by_us=stop.asked.is_set())
        if plan.bound is not None:  # more rows leave fewer plans
            low = plan.bound if low is None else max(low, plan.bound)
        return plan

    return solve


def _left(plan: Plan, sweep: Sweep) -> str:
    """What a plan leaves of a limit: binding, slack by how much, or inactive; empty where no rule states it."""
    words = []
    for key in sweep.keys:
        parts = key.split(".")
        for rule in plan.info["rules"]:
            if _states(rule, parts):
                slack = ""
                if rule["status"] == "slack":
                    slack = f" by {digits(rule['slack'], 3)} {rule['unit']}"
                words.append(f"{rule['status']}{slack}")
    return ", ".join(dict.fromkeys(words))


def _states(rule: Mapping[str, Any], parts: Sequence[str]) -> bool:
    """Whether an entry of the rule report is of what a key names."""
    if parts[:2] == ["policy", "rules"]:
        return str(rule["rule"]) == parts[2]
    if parts[:2] == ["policy", "budget"]:
        return bool(rule["label"] == f"{parts[2]} budget")
    if parts[0] == "stockpiles" and parts[2:3] == ["targets"]:
        return str(rule["label"]).startswith(f"target {parts[3]} of {parts[1]} ")
    return False


def _start(funded: Sequence[str]) -> Start:
    """The portfolio of an earlier solve; its stock follows from the fundings."""
    parts = [name.split(":") for name in funded]
    return Start(frozenset((facility, option, int(year)) for facility, option, year in parts), frozenset(), {})


def _stopper(stop: Stop, options: Options, low: float | None) -> Report | None:
    """Stops a search as soon as its plan is within the gap of a bound known from another point."""
    if low is None:
        return None

    def look(progress: Progress) -> None:
        cost = progress.incumbent
        if cost is not None and not progress.phase.startswith(OTHER_COST) and _near(cost, low, options, SAFE):
            stop.asked.set()

    return look


def _near(cost: float, low: float, options: Options, share: float = 1.0) -> bool:
    gap = cost - low
    return gap <= share * options.gap * abs(cost) or (options.gap_usd is not None and gap <= share * options.gap_usd)


def _complete(plan: Plan, options: Options, low: float | None, *, began_by_us: bool) -> None:
    """Say how it ended where a bound of another point ended it."""
    cost = plan.objective
    if not began_by_us or low is None or cost is None or not plan.tables:
        return
    bound = min(cost, max(low, plan.bound if plan.bound is not None else low))
    if not _near(cost, bound, options):
        plan.info["why"] = "it was stopped at a bound of a looser point, which it just missed"
        return
    plan.info |= {
        "status": "optimal",
        "why": "the gap asked for is reached, by the bound of a looser point",
        "bound": bound,
        "gap_usd": cost - bound,
        "gap": (cost - bound) / abs(cost) if cost else 0.0,
    }


def _holding(home: Home, plan: Plan, task: Task, binds: Sequence[bool]) -> tuple[list[At], list[Found]]:
    """Stricter points at which the plan holds as it is, at the same cost, and rows of losses that it does not survive.

    Every constraint is checked, and every loss tried. Points are not asked where a limit that binds would be stricter.
    """
    held: list[At] = []
    failed: list[At] = []
    new: list[Found] = []
    for at in task.stricter:
        if any(bound and a != b for bound, a, b in zip(binds, at, task.at, strict=True)):
            continue
        if any(tighter(home.sweeps, at, other) for other in failed):
            continue
        if any(tighter(home.sweeps, other, at) for other in held):  # a stricter one holds: so does this
            held.append(at)
            continue
        holds, rows = _holds(home, plan, replace(task, rows=(*task.rows, *new)), at)
        new += rows
        (held if holds else failed).append(at)
    return held, new


def _holds(home: Home, plan: Plan, task: Task, at: At) -> tuple[bool, list[Found]]:
    """Whether the plan holds at a point; and rows of losses that it does not survive there."""
    losses = home.losses
    try:
        instance = instance_at(home.instance, home.sweeps, at)
    except InstanceError:
        return False, []
    name = sha256(instance)
    info = plan.info | {"instance_sha256": name}
    if name != plan.info["instance_sha256"] and not verify_tables(instance, info, plan.tables).ok:
        return False, []
    if losses is None or not (most := losses.survival.losses(at)):
        return True, []
    if most == losses.survival.losses(task.at) and losses.alike(plan.instance, instance):
        return True, []
    return losses.survives(instance, most, task.rows, plan)
