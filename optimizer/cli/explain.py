"""optimizer explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs.explanations import say
from optimizer.cli.options import AsJson, InstancePath, Quiet, Seed, Threads
from optimizer.cli.output import DONE, FAILED, STOPPED, end, print_json, show, written_to
from optimizer.cli.progress import Ticker
from optimizer.conflict import explain as run
from optimizer.run import load
from optimizer.solver.highs import Stop

CODES = {"plan": DONE, "explained": FAILED, "stopped": STOPPED, "unknown": STOPPED}


def explain(
    instance: InstancePath,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Folder for the answer; default none is written."),
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one value before it is explained.")
    ] = None,
    repairs: Annotated[
        bool, typer.Option("--repairs/--no-repairs", help="Also seek the least changes that restore a plan.")
    ] = True,
    time_limit: Annotated[float | None, typer.Option("--time-limit", help="Stop after this many seconds.")] = None,
    threads: Threads = None,
    seed: Seed = 0,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Say why an instance has no plan: what cannot be met together, and the least changes that restore a plan.

    Exit code 0: there is a plan; 1: there is none, and it is explained; 3: stopped before that, with what is proved.
    Example: optimizer explain instances/starter --set policy.budget.annual=1e6
    """
    checked = load(instance, set_ or ())
    with Ticker(enabled=not quiet) as ticker:
        found = run(
            checked,
            repairs=repairs,
            time_limit=time_limit,
            threads=threads,
            seed=seed,
            folder=output,
            report=ticker.report,
            stop=Stop(),
        )
    if as_json:
        print_json(found.info)
    else:
        show(say, found)
    if output is not None:
        written_to(output)
    end(CODES[found.status])
