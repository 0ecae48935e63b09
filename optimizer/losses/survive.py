"""The cheapest plan whose named markets are served in full after any K losses.

A plan is found, then stressed. Each set of losses that leaves it short by v at fundings and stock x gives a row
v + slope (y - x) <= 0 for any fundings and stock y: the operator's shortage is convex in what it is given, so at any y
it is at least the left side, and a plan that survives the set obeys the row. The rows cut off x; the plan is found
again with all rows so far, until the stress test finds nothing short. No row cuts off a plan that survives, so the last
plan is the cheapest of those that do, within the gap (generalised Benders decomposition: Geoffrion 1972, J. Optim.
Theory Appl. 10), and the last stress test is its proof.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.losses.ask import Asked, check
from optimizer.losses.operators import Operators
from optimizer.losses.rounds import Rounds
from optimizer.losses.rows import kept_in
from optimizer.plan.plan import Plan
from optimizer.run import checkpoint_of, solve_with
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.compile import Block
from optimizer.solver.highs import Progress, Report, Stop
from optimizer.solver.options import Options
from optimizer.solver.refusals import regret_refused
from optimizer.workers import Cluster, on_cluster


@on_cluster
def survive(
    instance: Instance,
    *,
    losses: int,
    of: str = "facilities",
    duration: int = 1,
    onsets: Sequence[int] = (),
    markets: Sequence[str] = (),
    options: Options | None = None,
    start: Plan | None = None,
    report: Report | None = None,
    stop: Stop | None = None,
    checkpoint: Checkpoint | None = None,
    cluster: Cluster = None,
) -> Plan:
    """Find the cheapest plan whose named markets are served in full after any K losses.

    Args:
        instance: from `load`.
        losses: K.
        of: `facilities`, `owners`, `countries`, `lanes` or `tags`.
        duration: years of a loss.
        onsets: first years of periods in which it may begin; default all.
        markets: to be served; default all whose channel is not the loosest.
        options: how to solve; the time limit is that of all rounds together.
        start: what the same search found before it was stopped; it goes on with the rows of that plan.
        report: called with progress.
        stop: asks it to stop.
        checkpoint: where Benders keeps what it knows, from round to round and for a later run; by default in memory.
        cluster: whose workers answer for Benders's parts while a plan is sought: the address of a dask scheduler, its
            scheduler file, or a client. Losses are tried here.

    Returns:
        The plan. `info["survive"]` says what it survives, what that costs, the rounds and rows it took; without a plan,
        which losses cannot be survived and what is missing.

    Raises:
        OptionsError: what is asked makes no sense, or the measure is regret, or the cluster cannot be used.
        SolveError: the solver failed, or the cluster was lost.
        PlanError: the plan to start from was not made by this search.
    """
    options = options or Options()
    asked = Asked(losses, of, duration, tuple(onsets), tuple(markets))
    scope = check(instance, asked)
    instance.priced("survive")
    if faults := regret_refused("survive", instance):
        raise OptionsError(*faults)
    known = [] if start is None else kept_in(start, instance, asked, scope)
    kept = checkpoint or checkpoint_of(instance)
    limit, began = options.time_limit, time.monotonic()

    def over() -> bool:
        asked_to = stop is not None and stop.asked.is_set()
        return asked_to or (limit is not None and time.monotonic() - began >= limit)

    def say(phase: str) -> None:
        if report is not None:
            report(Progress(phase, time.monotonic() - began, None, None, 0))

    given = ""

    def solve(rows: Block | None, last: Plan | None) -> Plan:
        nonlocal given
        left = None if limit is None else max(1.0, limit - (time.monotonic() - began))
        # Rows of losses change no part, so that every cut of one round holds in the next.
        plan = solve_with(
            instance, replace(options, time_limit=left), last or start, report, stop, rows, checkpoint=kept,
            cluster=cluster,
        )  # fmt: skip
        if last is None:
            given = plan.info["start"]
        plan.info["start"] = given  # what became of the plan that was given, not of one that a round began with
        return plan

    before = None if start is None else start.info["survive"]
    operators = Operators(instance, of, duration, scope)
    return Rounds(asked, operators, known, solve, options, over, say, stop, before).plan()
