"""optimizer alternatives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs.alternatives import say
from optimizer.cli.options import (
    AsJson,
    GapOrTenth,
    GapUsdOfEach,
    InstancePath,
    MethodOfEach,
    Quiet,
    SecondsOfEach,
    Seed,
    SetValues,
    Threads,
    folder_of,
    folder_option,
)
from optimizer.cli.output import FAILED, STOPPED, print_json, records, show, written_to
from optimizer.cli.progress import Ticker
from optimizer.errors import OptionsError
from optimizer.near_optimal import alternatives as run
from optimizer.near_optimal.study import default_options
from optimizer.run import load
from optimizer.solver.options import Options


def alternatives(
    instance: InstancePath,
    within_usd: Annotated[
        float | None, typer.Option("--within-usd", metavar="U", help="What they may cost more than the best, USD.")
    ] = None,
    within: Annotated[
        float | None, typer.Option("--within", metavar="SHARE", help="The same as a share of the best plan's cost.")
    ] = None,
    count: Annotated[int, typer.Option(metavar="N", help="Portfolios besides the best; 0 for verdicts alone.")] = 5,
    padded: Annotated[
        bool, typer.Option("--padded", help="List portfolios that fund something for nothing as well.")
    ] = False,
    price: Annotated[
        bool, typer.Option("--price", help="Solve on to the gap for what forcing in or leaving out costs.")
    ] = False,
    output: Annotated[Path | None, folder_option("results/NAME_alternatives")] = None,
    set_: SetValues = None,
    method: MethodOfEach = "auto",
    gap: GapOrTenth = None,
    gap_usd: GapUsdOfEach = None,
    time_limit: SecondsOfEach = None,
    threads: Threads = None,
    seed: Seed = 0,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """What else is nearly as good: portfolios that differ, and what all, some or none of them fund, with proof.

    Ctrl-C keeps what is done; the same command goes on from there.
    Example: optimizer alternatives instances/starter --within-usd 5e7
    """
    if (within_usd is None) == (within is None):
        which = "not both" if within is not None else "one of the two"
        raise OptionsError(
            f"give a tolerance, {which}: --within-usd in USD, such as 5e7, or --within as a share of the best plan's "
            "cost, such as 0.002"
        )
    checked = load(instance, set_ or ())
    folder = folder_of(output, checked.name, "alternatives")
    options = _options(within_usd, method, gap, gap_usd, time_limit, threads, seed)
    with Ticker(enabled=not quiet) as ticker:
        found = run(
            checked,
            within_usd=within_usd,
            within=within,
            count=count,
            lean=not padded,
            price=price,
            options=options,
            folder=folder,
            report=ticker.report,
        )
    if as_json:
        tables = {"by_portfolio": found.portfolios, "by_option": found.options, "funded": found.funded}
        print_json(found.info | {name: records(table) for name, table in tables.items()})
    else:
        show(say, found)
        written_to(folder)
    if found.portfolios.empty:
        raise typer.Exit(FAILED if found.info["status"] == "infeasible" else STOPPED)


def _options(
    within_usd: float | None,
    method: str,
    gap: float | None,
    gap_usd: float | None,
    time_limit: float | None,
    threads: int | None,
    seed: int,
) -> Options:
    """Those given; the gap by default to a tenth of the tolerance."""
    if gap is None and gap_usd is None and (within_usd is None or within_usd >= 0):  # else it is refused soon
        known = default_options(within_usd)
        gap, gap_usd = known.gap, known.gap_usd
    return Options(method, 0.0 if gap is None else gap, gap_usd, time_limit, threads, seed)
