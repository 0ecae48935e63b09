"""optimizer measures."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs.measures import say
from optimizer.cli.options import AsJson, ClusterAt, Quiet, Workers, folder_beside, folder_option
from optimizer.cli.output import DONE, STOPPED, end, print_json, records, show, written_to
from optimizer.cli.progress import counted
from optimizer.effectiveness import measures as run
from optimizer.effectiveness.measure import GROUPS
from optimizer.effectiveness.tables import COLUMNS


def measures(
    plans: Annotated[list[Path], typer.Argument(metavar="PLAN ...", help="Result folders.")],
    by: Annotated[
        str, typer.Option(metavar="GROUP", help=f"What options are taken together by: {', '.join(GROUPS)}.")
    ] = GROUPS[0],
    outlay: Annotated[
        bool, typer.Option("--outlay", help="Show public outlay by year, appropriation, instrument and recipient.")
    ] = False,
    output: Annotated[Path | None, folder_option("PLAN_measures")] = None,
    workers: Workers = 2,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """What each measure of a plan costs, and the shortage that it avoids.

    Measures are stockpiles, funded options, instruments and substitution. Each is taken away alone, and the rest
    operated in every future. A stopped run goes on where it was when it is called again. Of several plans the folder
    is that of the first.
    Example: optimizer measures results/starter
    """
    folder = folder_beside(output, plans[0], "measures")
    with counted(enabled=not quiet, every=1) as tell:
        found = run(plans, by=by, folder=folder, workers=workers, cluster=cluster, tell=tell)
    if as_json:
        print_json(found.info | {name: records(getattr(found, name)) for name in COLUMNS})
    else:
        show(partial(say, outlay=outlay), found)
        written_to(folder)
    end(STOPPED if found.info["status"] == "stopped" else DONE)
