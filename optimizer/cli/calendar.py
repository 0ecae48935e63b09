"""optimizer calendar."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs.calendars import say
from optimizer.budgeting import calendar as run
from optimizer.budgeting.waiting import WAITS, options_for
from optimizer.cli.given import PlanOrInstance, plan_or_instance
from optimizer.cli.options import (
    AsJson,
    ClusterAt,
    GapOrTenth,
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
from optimizer.errors import OptionsError
from optimizer.near_optimal.rows import Option


def calendar(
    plan: PlanOrInstance,
    within_usd: Annotated[
        float | None, typer.Option("--within-usd", metavar="U", help="As good is what costs at most so much more, USD.")
    ] = None,
    waits: Annotated[int, typer.Option(metavar="N", help="Years of waiting that are priced at least.")] = WAITS,
    price: Annotated[
        bool, typer.Option("--price/--no-price", help="Solve on for what waiting costs; else only until when.")
    ] = True,
    only: Annotated[
        list[str] | None, typer.Option(metavar="FACILITY:OPTION", help="A funding that is asked about; default all.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="PLAN", help="A plan whose years stand beside those of this one.")
    ] = None,
    output: Annotated[Path | None, folder_option("PLAN_calendar")] = None,
    set_: SetValues = None,
    method: MethodOfEach = "auto",
    gap: GapOrTenth = None,
    gap_usd: GapUsdOfEach = None,
    time_limit: SecondsOfEach = None,
    threads: ThreadsOfEach = 1,
    seed: Seed = 0,
    workers: Workers = 1,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Until when each funding of a plan can wait, what waiting costs, and what comes in its place; with proof.

    Ctrl-C keeps what is done; the same command goes on from there.
    Example: optimizer calendar results/starter --within-usd 1e6
    """
    if within_usd is None:
        raise OptionsError("give a tolerance: --within-usd in USD, such as 1e6: what costs no more is as good")
    given, folder = plan_or_instance(plan, set_ or (), output, "calendar")
    options = options_for(within_usd, method, gap, gap_usd, time_limit, threads, seed)
    alone = workers == 1 and cluster is None
    with Ticker(enabled=not quiet and alone) as ticker, counted(enabled=not quiet and not alone, every=1) as tell:
        found = run(
            given,
            within_usd=within_usd,
            waits=waits,
            price=price,
            only=[_option(words) for words in only or ()],
            baseline=baseline,
            options=options,
            folder=folder,
            workers=workers,
            cluster=cluster,
            report=ticker.report if alone else None,
            tell=None if alone else tell,
        )
    if as_json:
        print_json(found.info | {"by_line": records(found.lines), "by_wait": records(found.waits)})
    else:
        show(say, found)
        written_to(folder)
    status = found.info["status"]
    end(FAILED if status == "infeasible" else STOPPED if status in ("stopped", "no_plan") else 0)


def _option(words: str) -> Option:
    facility, _, option = words.partition(":")
    if not facility or not option:
        raise OptionsError(f"--only {words} is not of the form FACILITY:OPTION, such as white_mesa:heavy_pilot")
    return facility, option
