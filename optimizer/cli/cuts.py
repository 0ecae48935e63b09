"""optimizer cuts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs.cut_lists import say
from optimizer.budgeting import CutList
from optimizer.budgeting import cuts as run
from optimizer.budgeting.cut_tables import NESTED
from optimizer.budgeting.cuts import AT, BRANCHES
from optimizer.budgeting.money import MONEY, OUTLAY
from optimizer.cli.given import PlanOrInstance, plan_or_instance
from optimizer.cli.options import (
    AsJson,
    ClusterAt,
    GapOfEach,
    GapUsdOfEach,
    MethodOfEach,
    Quiet,
    SecondsOfEach,
    Seed,
    SetValues,
    ThreadsOfEach,
    Workers,
    folder_option,
)
from optimizer.cli.output import FAILED, STOPPED, end, print_json, records, show, written_to
from optimizer.cli.progress import Ticker, counted
from optimizer.solver.options import Options

TABLES = ("levels", "order", "funded", "outlay", "short", "targets")


def cuts(
    plan: PlanOrInstance,
    at: Annotated[
        list[float] | None, typer.Option(metavar="PERCENT", help="A cut, percent of what is spent; default 10, 25, 50.")
    ] = None,
    of: Annotated[str, typer.Option(metavar="MONEY", help=f"Which dollars: {', '.join(MONEY)}.")] = OUTLAY,
    weight: Annotated[
        list[float] | None, typer.Option(metavar="W", help="Weight of each --at, in the choice of portfolios.")
    ] = None,
    order: Annotated[bool, typer.Option("--order/--no-order", help="Rank the options within each cut too.")] = True,
    branches: Annotated[
        int, typer.Option(metavar="N", help="Branches in which a better nesting is sought.")
    ] = BRANCHES,
    baseline: Annotated[
        Path | None, typer.Option(metavar="PLAN", help="A plan to which all is the difference; default the plan cut.")
    ] = None,
    output: Annotated[Path | None, folder_option("PLAN_cuts")] = None,
    set_: SetValues = None,
    method: MethodOfEach = "auto",
    gap: GapOfEach = 1e-4,
    gap_usd: GapUsdOfEach = None,
    time_limit: SecondsOfEach = None,
    threads: ThreadsOfEach = 1,
    seed: Seed = 0,
    workers: Workers = 1,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """What to give up first when there is less money: nested portfolios, in order, and what nesting costs.

    Ctrl-C keeps what is done; the same command goes on from there.
    Example: optimizer cuts results/starter --at 10 --at 25 --at 50
    """
    given, folder = plan_or_instance(plan, set_ or (), output, "cuts")
    options = Options(method, gap, gap_usd, time_limit, threads, seed)
    alone = workers == 1 and cluster is None
    with Ticker(enabled=not quiet and alone) as ticker, counted(enabled=not quiet and not alone, every=1) as tell:
        found = run(
            given,
            at=tuple(at) if at else AT,
            of=of,
            weights=weight or None,
            order=order,
            branches=branches,
            baseline=baseline,
            options=options,
            folder=folder,
            workers=workers,
            cluster=cluster,
            report=ticker.report if alone else None,
            tell=None if alone else tell,
        )
    if as_json:
        print_json(found.info | {f"by_{name}": records(getattr(found, name)) for name in TABLES})
    else:
        show(say, found)
        written_to(folder)
    end(_code(found))


def _code(found: CutList) -> int:
    """Done where some cut has a plan; no plan exists where it is proved that none has; else stopped."""
    if not found.levels.empty and (found.levels["status"] == NESTED).any():
        return STOPPED if found.info["status"] == "stopped" else 0
    none = found.info["status"] == "infeasible" or (
        not found.levels.empty and found.levels["status"].isin(("no plan", "only with other options")).all()
    )
    return FAILED if none else STOPPED
