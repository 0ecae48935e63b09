"""optimizer solve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs import plans, survival
from optimizer.briefs.survival import listed
from optimizer.cli.options import (
    AsJson,
    ClusterAt,
    InstancePath,
    LossOnsets,
    LossYears,
    Quiet,
    Seed,
    ServedMarkets,
    Threads,
)
from optimizer.cli.output import EXITS, FAILED, STOPPED, end, err, print_json, records, show, written_to
from optimizer.cli.progress import Ticker
from optimizer.errors import OptionsError, PlanError
from optimizer.folders import may_be_written
from optimizer.losses import KINDS
from optimizer.losses import survive as run_survive
from optimizer.plan.plan import Plan, may_replace
from optimizer.run import checkpoint_of, load, solve_with
from optimizer.solver.highs import Stop
from optimizer.solver.options import Options


def solve(
    instance: InstancePath,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Result folder; default results/NAME.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one value before solving.")
    ] = None,
    method: Annotated[str, typer.Option(help="auto, extensive, benders or hedging.")] = "auto",
    gap: Annotated[float, typer.Option(help="Stop at this relative gap.")] = 1e-4,
    gap_usd: Annotated[float | None, typer.Option("--gap-usd", help="Stop at this gap in USD.")] = None,
    start: Annotated[
        Path | None, typer.Option(metavar="PLAN", help="Result folder whose portfolio is tried first.")
    ] = None,
    time_limit: Annotated[float | None, typer.Option("--time-limit", help="Stop after this many seconds.")] = None,
    threads: Threads = None,
    cluster: ClusterAt = None,
    seed: Seed = 0,
    survive: Annotated[
        int | None, typer.Option(metavar="K", help="Named markets are served in full after any K losses.")
    ] = None,
    of: Annotated[str | None, typer.Option(help=f"What is lost: {', '.join(KINDS)}; default facilities.")] = None,
    duration: LossYears = None,
    onset: LossOnsets = None,
    markets: ServedMarkets = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Find the portfolio, verify it, and write the result folder.

    Ctrl-C keeps the best plan found. A large problem that was stopped, or killed, goes on from DIR.checkpoint when the
    command is given again; another instance takes what is still true of it, and says so. With --survive K the plan is
    the cheapest that serves the named markets in full after any K losses; one that was stopped before that is proved
    ends with 3, and --start with its folder goes on with the losses that it knows.
    Example: optimizer solve instances/starter --gap 1e-3
    """
    checked = load(instance, set_ or ())
    folder = output if output is not None else Path("results") / checked.name
    if not may_replace(folder):
        raise PlanError(f"{folder} is there already and is no result folder; name another one with -o")
    may_be_written(folder.absolute())
    if survive is None and any(value is not None for value in (of, duration, onset, markets)):
        raise OptionsError("--of, --duration, --onset and --markets say what --survive K means; K is missing")
    known = None if start is None else Plan.read(start)
    stop = Stop()
    # Beside the result, which is written whole or not at all.
    named = folder if folder.name not in ("", "..") else folder.resolve()
    kept = checkpoint_of(checked, named.with_name(f"{named.name}.checkpoint"))
    with stop.listening():
        with Ticker(enabled=not quiet) as ticker:
            options = Options(method, gap, gap_usd, time_limit, threads, seed)
            if survive is None:
                plan = solve_with(checked, options, known, ticker.report, stop, checkpoint=kept, cluster=cluster)
            else:
                plan = run_survive(
                    checked,
                    losses=survive,
                    of=of or "facilities",
                    duration=1 if duration is None else duration,
                    onsets=onset or (),
                    markets=listed(markets or ()),
                    options=options,
                    start=known,
                    report=ticker.report,
                    stop=stop,
                    checkpoint=kept,
                    cluster=cluster,
                )
        if plan.tables:
            plan.save(folder)
    _tell(plan, folder, as_json)
    code = EXITS[plan.status]
    if plan.tables and not plan.info["verdict"]["ok"]:
        code = FAILED
    if not code and survive is not None and not plan.info["survive"]["proved"]:
        code = STOPPED
    end(code)


def _tell(plan: Plan, folder: Path, as_json: bool) -> None:
    if plan.info["start"] not in ("", "used"):
        err.print(f"the plan to start from: {plan.info['start']}", style="yellow", markup=False)
    if plan.info["resumed"]:
        err.print(plan.info["resumed"], style="yellow", markup=False)
    if as_json:
        document = dict(plan.info)
        if plan.tables:
            document["folder"] = str(folder)
            for table in ("portfolio", "reactions"):
                document[table] = records(plan.tables[table])
        print_json(document)
    elif plan.tables:
        show(plans.say, plan)
        show(survival.say, plan)
        written_to(folder)
    else:
        show(plans.say_no_plan, plan, err)
        show(survival.say, plan, err)
