"""optimizer frontier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs.fronts import say
from optimizer.briefs.survival import listed
from optimizer.cli.options import (
    AsJson,
    ClusterAt,
    InstancePath,
    LossOnsets,
    LossYears,
    Quiet,
    SecondsOfEach,
    Seed,
    ServedMarkets,
    SetValues,
    ThreadsOfEach,
    Workers,
    folder_of,
    folder_option,
)
from optimizer.cli.output import DONE, FAILED, STOPPED, end, print_json, records, show, written_to
from optimizer.cli.progress import counted
from optimizer.fronts import Frontier
from optimizer.fronts import frontier as run
from optimizer.losses import KINDS
from optimizer.run import load


def frontier(
    instance: InstancePath,
    sweep: Annotated[
        list[str],
        typer.Option(
            metavar="KEY=A:B:N",
            help="A key and N values from A to B, or KEY=V,V,...; once or twice. KEY,KEY=... moves keys together, "
            "KEY*=... multiplies, KEY<=... or KEY>=... says which way a key limits. survive=K,K,... sweeps how many "
            "losses the named markets survive.",
        ),
    ],
    output: Annotated[Path | None, folder_option("results/NAME_frontier")] = None,
    set_: SetValues = None,
    plans: Annotated[bool, typer.Option("--plans", help="Keep a result folder for each plan, in DIR/plans.")] = False,
    method: Annotated[str, typer.Option(help="auto, extensive, benders or hedging.")] = "auto",
    gap: Annotated[float, typer.Option(help="Relative gap at which a point is settled.")] = 1e-3,
    gap_usd: Annotated[float | None, typer.Option("--gap-usd", help="Gap in USD at which it is.")] = None,
    time_limit: SecondsOfEach = None,
    threads: ThreadsOfEach = 1,
    seed: Seed = 0,
    of: Annotated[
        str | None, typer.Option(help=f"What is lost where survive is swept: {', '.join(KINDS)}; default facilities.")
    ] = None,
    duration: LossYears = None,
    onset: LossOnsets = None,
    markets: ServedMarkets = None,
    workers: Workers = 1,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """A Pareto front: least cost against what one or two keys limit, or how many losses are survived, with brackets.

    A stopped front goes on where it was when it is called again; so does one with more values or a smaller gap.
    Example: optimizer frontier instances/starter --sweep policy.budget.annual=1e8:2e8:5
    """
    checked = load(instance, set_ or ())
    folder = folder_of(output, checked.name, "frontier")
    with counted(enabled=not quiet, every=1) as tell:
        found = run(
            checked,
            sweep,
            folder,
            gap=gap,
            gap_usd=gap_usd,
            method=method,
            time_limit=time_limit,
            threads=threads,
            seed=seed,
            plans=plans,
            workers=workers,
            cluster=cluster,
            tell=tell,
            of=of,
            duration=duration,
            onsets=onset or (),
            markets=listed(markets or ()),
        )
    if as_json:
        print_json(found.info | {"table": records(found.points)})
    else:
        show(say, found)
        written_to(folder)
    end(code_of(found))


def code_of(found: Frontier) -> int:
    """Done where any point has a plan; else failed where it is proved that none has."""
    status = found.points["status"]
    if status.isin(("optimal", "feasible")).any():
        return DONE
    return FAILED if (status == "infeasible").all() else STOPPED
