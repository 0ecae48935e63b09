"""optimizer verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs.verdicts import say
from optimizer.cli.options import (
    AsJson,
    ClusterAt,
    GapOrTenth,
    InstancePath,
    MethodOfEach,
    Quiet,
    SecondsOfEach,
    SetValues,
    ThreadsOfEach,
    Workers,
    folder_of,
    folder_option,
    keyed_numbers,
)
from optimizer.cli.output import DONE, FAILED, STOPPED, end, err, print_json, records, show, written_to
from optimizer.cli.progress import timed
from optimizer.robustness import Verdicts
from optimizer.robustness import verdicts as run
from optimizer.run import load


def verdicts(
    instance: InstancePath,
    samples: Annotated[int, typer.Option(metavar="N", help="How many samples of the data.")] = 20,
    within_usd: Annotated[
        float | None,
        typer.Option("--within-usd", metavar="U", help="What a near-optimal plan may cost more than the best, USD."),
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(
            "--within", metavar="SHARE", help="The same as a share of the best plan's cost; default 5 % of its capex."
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="FACILITY[:OPTION]", help="Verdicts on these alone; default all."),
    ] = None,
    confidence: Annotated[
        list[str] | None, typer.Option(help="Grades whose numbers move: A, B, C, none. Default C and none.")
    ] = None,
    range_: Annotated[
        list[str] | None,
        typer.Option(
            "--range", metavar="GRADE=SHARE", help="How far either way; default C=0.3 none=0.3 B=0.15 A=0.05."
        ),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Keys, such as 'facilities.*.options.*.capex'.")
    ] = None,
    together: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Numbers that move as one, up or down together.")
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=A:B", help="A key and its own range; KEY*=A:B multiplies, KEY=V,V,... lists."),
    ] = None,
    overlay: Annotated[
        list[str] | None,
        typer.Option(
            "--overlay", metavar="[GROUP=]FILE", help="Variants: of each group one overlay or none is laid, by draw."
        ),
    ] = None,
    share: Annotated[
        float, typer.Option(help="Of the draws in which all near-optimal plans fund what must be, or none what never.")
    ] = 0.8,
    level: Annotated[float, typer.Option(help="Of the intervals of these shares.")] = 0.95,
    price: Annotated[
        bool, typer.Option("--price", help="Solve on to the gap for what leaving out and forcing in costs.")
    ] = False,
    output: Annotated[Path | None, folder_option("results/NAME_verdicts")] = None,
    set_: SetValues = None,
    method: MethodOfEach = "auto",
    gap: GapOrTenth = None,
    gap_usd: Annotated[float | None, typer.Option("--gap-usd", help="Gap of each solve in USD.")] = None,
    time_limit: SecondsOfEach = None,
    threads: ThreadsOfEach = 1,
    seed: Annotated[int, typer.Option(help="Seed of the draws and of the solver.")] = 0,
    workers: Workers = 2,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Which options to fund whatever the data turn out to be: must fund, toss-up, never, undecided.

    Ctrl-C keeps the samples that are done; the same command goes on, and more samples are added to them.
    Example: optimizer verdicts instances/starter --set 'scenarios=[]' --samples 40
    """
    checked = load(instance, set_ or ())
    folder = folder_of(output, checked.name, "verdicts")
    with timed(enabled=not quiet) as tell:
        found = run(
            checked,
            folder,
            samples=samples,
            within_usd=within_usd,
            within=within,
            option=option or (),
            confidence=tuple(confidence or ("C", "none")),
            ranges=keyed_numbers("--range", range_ or (), "GRADE=SHARE", "C=0.3"),
            only=only or (),
            together=together or (),
            vary=vary or (),
            overlays=overlay or (),
            share=share,
            level=level,
            price=price,
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
        tables = {"by_option": found.options, "by_variant": found.by_variant, "by_sample": found.samples}
        print_json(found.info | {name: records(table) for name, table in tables.items()})
    elif not found.info["plan"]:
        words = f"{checked.name}: {found.info['why']}"
        err.print(f"{words}: there is nothing to say of options; optimizer solve says more", style="bold red")
    else:
        show(say, found)
    if found.info["written"] and not as_json:
        written_to(folder)
    end(code_of(found))


def code_of(found: Verdicts) -> int:
    """Failed where the data as they stand, or all samples, have no plan; stopped where not all is done."""
    info = found.info
    if not info["plan"]:
        return FAILED if info["status"] == "infeasible" else STOPPED
    return STOPPED if info["status"] == "stopped" else DONE
