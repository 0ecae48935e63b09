"""optimizer why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs.reasons import say
from optimizer.cli.options import (
    AsJson,
    GapOfEach,
    GapUsdOfEach,
    InstancePath,
    MethodOfEach,
    Quiet,
    SecondsOfEach,
    Seed,
    SetValues,
    Threads,
)
from optimizer.cli.output import FAILED, STOPPED, print_json, records, show, written_to
from optimizer.cli.progress import Ticker
from optimizer.near_optimal import why as run
from optimizer.run import load
from optimizer.solver.options import Options


def why(
    instance: InstancePath,
    plant: Annotated[str, typer.Argument(metavar="FACILITY[:OPTION]", help="Whose options, or which one.")],
    within_usd: Annotated[
        float, typer.Option("--within-usd", metavar="U", help="It comes in at the best plan's cost and so much more.")
    ] = 0.0,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Folder for the answer; default none is written."),
    ] = None,
    set_: SetValues = None,
    method: MethodOfEach = "auto",
    gap: GapOfEach = 1e-4,
    gap_usd: GapUsdOfEach = None,
    time_limit: SecondsOfEach = None,
    threads: Threads = None,
    seed: Seed = 0,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Why a plant is not funded: what funding it costs, and the capex, payment per tonne or lead at which it would be.

    Example: optimizer why instances/starter browns_range:build
    """
    checked = load(instance, set_ or ())
    facility, _, option = plant.partition(":")
    options = Options(method, gap, gap_usd, time_limit, threads, seed)
    with Ticker(enabled=not quiet) as ticker:
        found = run(
            checked,
            facility,
            option or None,
            within_usd=within_usd,
            options=options,
            folder=output,
            report=ticker.report,
        )
    if as_json:
        print_json(found.info | {"by_option": records(found.options)})
    else:
        show(say, found)
        if output is not None:
            written_to(output)
    if found.info["best"] is None:
        raise typer.Exit(FAILED if found.info["status"] == "infeasible" else STOPPED)
    if found.info["status"] == "stopped":
        raise typer.Exit(STOPPED)
