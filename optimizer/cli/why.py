"""optimizer why."""

from __future__ import annotations

from typing import Annotated, Any

import pandas as pd
import typer

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
from optimizer.cli.output import FAILED, STOPPED, number_of, out, print_json, records, usd
from optimizer.cli.progress import Ticker
from optimizer.near_optimal import Why
from optimizer.near_optimal import why as run
from optimizer.near_optimal.why import CANNOT, ENTERS, FUNDED
from optimizer.plan.columns import rows_of
from optimizer.run import load
from optimizer.solver.options import Options


def why(
    instance: InstancePath,
    plant: Annotated[str, typer.Argument(metavar="FACILITY[:OPTION]", help="Whose options, or which one.")],
    within_usd: Annotated[
        float, typer.Option("--within-usd", metavar="U", help="It comes in at the best plan's cost and so much more.")
    ] = 0.0,
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
    """Why a plant is not funded: what funding it costs, and the capex or lead at which it would be.

    Example: optimizer why instances/starter browns_range:build
    """
    checked = load(instance, set_ or ())
    facility, _, option = plant.partition(":")
    options = Options(method, gap, gap_usd, time_limit, threads, seed)
    with Ticker(enabled=not quiet) as ticker:
        found = run(checked, facility, option or None, within_usd=within_usd, options=options, report=ticker.report)
    if as_json:
        print_json(found.info | {"by_option": records(found.options)})
    else:
        _print(found)
    if found.info["best"] is None:
        raise typer.Exit(FAILED if found.info["status"] == "infeasible" else STOPPED)
    if found.info["status"] == "stopped":
        raise typer.Exit(STOPPED)


def _print(found: Why) -> None:
    info = found.info
    if info["best"] is None:
        out.print(f"{info['instance']}: {info['status']}: there is no plan to compare with", style="bold red")
        return
    gap = "" if info["bound"] is None else f", at most {usd(max(0.0, info['best'] - info['bound']))} more than any"
    out.print(f"{info['instance']}: the best plan found costs {usd(info['best'])}{gap}", style="bold", markup=False)
    if info["status"] == "stopped":
        so_far = "what was asked until then follows" if len(found.options) else "nothing was answered by then"
        out.print(f"stopped early: {so_far}", style="yellow")
    for row in rows_of(found.options):
        out.print(f"{row.facility}:{row.option}, capex {usd(row.capex)}, lead {row.lead}: {row.status}", markup=False)
        for line in _lines(row, info["within_usd"]):
            out.print(f"  {line}", markup=False)


def _lines(row: Any, within: float) -> list[str]:
    least, most, comes, stays = (
        number_of(value) for value in (row.costs_at_least, row.costs_at_most, row.enters_at_capex, row.not_at_capex)
    )
    extra = f"between {usd(least)} and {usd(most)} more" if most is not None else f"at least {usd(least)} more"
    if row.status == FUNDED:
        return [f"leaving it out costs {extra}" if least is not None else "there is no plan without it"]
    lead = "" if pd.isna(row.enters_at_lead) else f"it comes in with a lead of {_years(int(row.enters_at_lead))}"
    shorter = [lead or "at no shorter lead does it come in"]
    if row.status == CANNOT:
        return ["no plan funds it", *shorter]
    lines = [f"funding it costs {extra}"]
    if row.status == ENTERS:
        return [*lines, f"that is within {usd(within)} of the best" if within else "that is as good as the best"]
    if comes is not None and stays is not None:
        lines.append(f"it comes in at a capex of {usd(comes)} or less, and not at {usd(stays)} or more")
    elif comes is not None:
        lines.append(f"it comes in at a capex of {usd(comes)} or less; at how much more was not proved")
    elif stays is not None:
        lines.append(f"it does not come in at a capex of {usd(stays)} or more" if stays else "not even at no capex")
    return [*lines, *shorter]


def _years(count: int) -> str:
    return "1 year" if count == 1 else f"{count} years"
