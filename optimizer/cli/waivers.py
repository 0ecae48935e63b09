"""optimizer waivers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs.waivers import say
from optimizer.cli.options import (
    AsJson,
    ClusterAt,
    GapOfEach,
    GapUsdOfEach,
    InstancePath,
    Quiet,
    SecondsOfEach,
    Seed,
    SetValues,
    ThreadsOfEach,
    Workers,
    folder_of,
    folder_option,
)
from optimizer.cli.output import EXITS, end, print_json, records, show, written_to
from optimizer.cli.progress import counted
from optimizer.run import load
from optimizer.waiving import waivers as run


def waivers(
    instance: InstancePath,
    output: Annotated[Path | None, folder_option("results/NAME_waivers")] = None,
    set_: SetValues = None,
    only: Annotated[list[str] | None, typer.Option(metavar="PATTERN", help="Keys, such as 'channels.*'.")] = None,
    top: Annotated[int, typer.Option(help="How many single waivers are solved whole.")] = 5,
    gap: GapOfEach = 1e-3,
    gap_usd: GapUsdOfEach = None,
    time_limit: SecondsOfEach = None,
    threads: ThreadsOfEach = 1,
    seed: Seed = 0,
    workers: Workers = 1,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """What each rule, target, budget and trust condition costs, and what single waivers would save; with brackets.

    A stopped run goes on where it was when it is called again.
    Example: optimizer waivers instances/starter --set 'scenarios=[]'
    """
    checked = load(instance, set_ or ())
    folder = folder_of(output, checked.name, "waivers")
    with counted(enabled=not quiet, every=10) as tell:
        found = run(
            checked,
            folder,
            top=top,
            only=only or (),
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
        print_json(found.info | {"table": records(found.table)})
    else:
        show(say, found)
        written_to(folder)
    end(EXITS[found.info["base"]["status"]])
