"""optimizer flip."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs.flips import say
from optimizer.cli.options import (
    AsJson,
    ClusterAt,
    GapOfEach,
    GapUsdOfEach,
    InstancePath,
    MethodOfEach,
    Quiet,
    SecondsOfEach,
    Seed,
    SetValues,
    ThreadsOfEach,
    Workers,
    folder_of,
    folder_option,
)
from optimizer.cli.output import DONE, FAILED, STOPPED, end, print_json, records, show, written_to
from optimizer.cli.progress import counted
from optimizer.robustness import Flips
from optimizer.robustness import flip as run
from optimizer.run import load


def flip(
    instance: InstancePath,
    key: Annotated[
        list[str],
        typer.Option("--key", metavar="KEY=A:B", help="A key and the values to look between; KEY*=A:B multiplies."),
    ],
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="FACILITY[:OPTION]",
            help="Options asked about; default what the best plans at A, at B and now differ in.",
        ),
    ] = None,
    count: Annotated[int, typer.Option(metavar="N", help="Of those by default at most so many, by capex.")] = 5,
    within_usd: Annotated[
        float, typer.Option("--within-usd", metavar="U", help="A plan counts as optimal at most so much off, USD.")
    ] = 0.0,
    close: Annotated[float, typer.Option(help="Share of B - A to which brackets are closed.")] = 0.01,
    output: Annotated[Path | None, folder_option("results/NAME_flips")] = None,
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
    """The number that flips an option: at which value of a key it enters or leaves the optimal plan, with proof.

    Ctrl-C keeps the values that are solved; the same command goes on from there.
    Example: optimizer flip instances/starter --key scenarios.heavies_embargo.probability=0:0.3
    """
    checked = load(instance, set_ or ())
    folder = folder_of(output, checked.name, "flips")
    with counted(enabled=not quiet, every=1) as tell:
        found = run(
            checked,
            key,
            folder,
            option=option or (),
            count=count,
            within_usd=within_usd,
            close=close,
            method=method,
            gap=gap,
            gap_usd=gap_usd,
            time_limit=time_limit,
            threads=threads,
            seed=seed,
            workers=workers,
            cluster=cluster,
            tell=tell,
        )
    if as_json:
        print_json(found.info | {"by_option": records(found.flips), "by_value": records(found.values)})
    else:
        show(say, found)
        written_to(folder)
    end(code_of(found))


def code_of(found: Flips) -> int:
    """Stopped where not all is done, or no value was solved; failed where no value has a plan."""
    if found.info["status"] == "stopped":
        return STOPPED
    states = found.info["by_status"]
    if states["solved"]:
        return DONE
    return FAILED if states["infeasible"] and not states["limit"] else STOPPED
