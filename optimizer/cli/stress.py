"""optimizer stress."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from optimizer.briefs.stresses import say
from optimizer.briefs.survival import listed
from optimizer.cli.options import (
    AsJson,
    ClusterAt,
    LossOnsets,
    Quiet,
    ServedMarkets,
    Workers,
    folder_beside,
    folder_option,
    keyed_numbers,
)
from optimizer.cli.output import DONE, STOPPED, end, err, print_json, records, show, written_to
from optimizer.losses import KINDS
from optimizer.losses import stress as run
from optimizer.plan.plan import Plan


def stress(
    plan: Annotated[Path, typer.Argument(help="A result folder.")],
    losses: Annotated[int, typer.Option(metavar="K", help="How many may be lost at once.")] = 1,
    of: Annotated[str, typer.Option(help=f"What is lost: {', '.join(KINDS)}.")] = "facilities",
    duration: Annotated[int, typer.Option(metavar="YEARS", help="How long a loss lasts.")] = 1,
    onset: LossOnsets = None,
    markets: ServedMarkets = None,
    weight: Annotated[
        list[str] | None, typer.Option(metavar="MARKET=W", help="What a tonne short there counts; default 1.")
    ] = None,
    time_to_survive: Annotated[
        int | None,
        typer.Option("--time-to-survive", metavar="YEARS", help="Longest loss tried for it; default the duration."),
    ] = None,
    time_limit: Annotated[float | None, typer.Option("--time-limit", help="Stop after this many seconds.")] = None,
    workers: Workers = 2,
    cluster: ClusterAt = None,
    output: Annotated[Path | None, folder_option("PLAN_stress_OF")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Find the worst loss of K facilities, owners, countries, lanes or tags, with proof.

    Ctrl-C ends with the bounds reached; the same command goes on from there.
    Example: optimizer stress results/starter --losses 2 --of countries --duration 2
    """
    weights = keyed_numbers("--weight", weight or (), "MARKET=W", "programs=3")
    folder = folder_beside(output, plan, f"stress_{of}")
    read = Plan.read(plan)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=err,
        disable=quiet or not err.is_terminal,
    )  # fmt: skip
    with bar:
        line = bar.add_task("", total=None)
        last: list[tuple[int, str]] = []

        def tell(what: str, done: int, of_: int) -> None:
            bar.update(line, description=what, completed=done, total=of_)
            key = (done, what.partition(":")[0])
            if not quiet and not err.is_terminal and last[-1:] != [key]:
                last.append(key)
                err.print(f"{what} {done} of {of_}", markup=False)

        found = run(
            read,
            folder,
            losses=losses,
            of=of,
            duration=duration,
            onsets=onset or (),
            markets=listed(markets or ()),
            weights=weights,
            time_to_survive=time_to_survive,
            time_limit=time_limit,
            workers=workers,
            cluster=cluster,
            tell=tell,
        )
    if as_json:
        print_json(found.info | {"single_losses": records(found.losses), "short": records(found.worst)})
    else:
        show(say, found)
        written_to(folder)
    end(STOPPED if found.info["lower"] is None and found.info["worst"] is None else DONE)
