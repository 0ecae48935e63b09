"""optimizer stress."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from optimizer.briefs.brief import headed
from optimizer.briefs.survival import listed
from optimizer.briefs.words import tonnes
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
from optimizer.cli.output import DONE, STOPPED, end, err, out, print_json, records, written_to
from optimizer.losses import KINDS, Stress
from optimizer.losses import stress as run
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

SHOWN = 10
OPTIONS = 5


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
        _print(found)
        written_to(folder)
    end(STOPPED if found.info["lower"] is None and found.info["worst"] is None else DONE)


def _print(found: Stress) -> None:
    info = found.info
    good = found.proved and not info["worst"] and not info["short_without_loss"]
    out.print(info["verdict"], style="bold green" if good else "bold", markup=False)
    served = ", ".join(info["weights"])
    out.print(f"Markets: {served}", style="dim", markup=False)
    for row in info["short_without_loss"]:
        text = f"  short even without a loss: {row['market']}, {tonnes(row['tonnes'])} t from {row['onset']}"
        out.print(text, style="yellow", markup=False)
    _worst(found)
    _singles(found)
    _restores(info)
    _proof(info)


def _worst(found: Stress) -> None:
    rows = found.worst[found.worst["short"] > found.worst["short_without_loss"] + 1e-6]
    if rows.empty:
        return
    heads = ("market", "product", "year", "t", "of t")
    table = headed("\nShort after the worst loss", *heads, right=heads[2:])
    for row in rows_of(rows.sort_values("short", ascending=False).head(SHOWN)):
        table.add_row(row.market, row.product, str(row.period), tonnes(row.short), tonnes(row.demand))
    out.print(table)
    if len(rows) > SHOWN:
        out.print(f"... and {len(rows) - SHOWN} more rows in worst.csv")


def _singles(found: Stress) -> None:
    hurt = found.losses[found.losses["single_point_of_failure"] == "yes"]
    one = KINDS[str(found.info["of"])]
    if hurt.empty:
        return
    heads = (one, "from", "t short", "covered for")
    table = headed(f"\nWorst single losses ({len(hurt)} of {len(found.losses)} make it short)", *heads, right=heads[1:])
    for row in rows_of(hurt.head(SHOWN)):
        short = "no answer" if row.answerable == "no" else tonnes(row.tonnes_short)
        years = "" if pd.isna(row.survives_years) else f"{row.survives_years} yr"
        table.add_row(row.loss, str(row.worst_onset), short, years)
    out.print(table)


def _restores(info: dict[str, Any]) -> None:
    found = info["restores"]
    if found is None:
        return
    out.print("\nWhat would restore service after the worst loss", style="bold")
    held = [f"{tonnes(row['tonnes'])} t of {row['material']} at {row['stockpile']}" for row in found["stock"]]
    if held and found["stock_alone"]:
        out.print("  in stock at the onset, beside the plan's: " + ", ".join(held), markup=False)
    else:
        left = found["stock_left_short"]
        still = "" if left is None else f": {tonnes(left)} t would be short still"
        out.print(f"  stock alone does not{still}", markup=False)
    whole = [row for row in found["options"] if row["restores"]]
    for row in whole[:OPTIONS]:
        out.print(f"  {_option(row)}", markup=False)
    if len(whole) > OPTIONS:
        out.print(f"  ... and {len(whole) - OPTIONS} more in stress.json")
    if not whole:
        part = found["options"][:OPTIONS]
        words = "; ".join(f"{_option(row)} leaves {tonnes(row['short'])} t" for row in part)
        out.print(f"  no option not funded does it alone{'; ' + words if words else ''}", markup=False)


def _option(row: dict[str, Any]) -> str:
    more = f" with {', '.join(row['with'])}" if row["with"] else ""
    return f"{row['facility']}:{row['option']}{more}, on line {row['online']}"


def _proof(info: dict[str, Any]) -> None:
    done = sum(row["proved"] for row in info["onsets"])
    text = f"{info['status']}: {done} of {len(info['onsets'])} onsets searched to the end, {info['sets']} sets answered"
    text += f" of {info['candidates']} {info['of']}, {info['lps']} linear programs, {info['seconds']:,.0f} s"
    bounds = [("at least", info["lower"]), ("at most", info["upper"])]
    if info["status"] == "stopped":
        known = [f"{word} {tonnes(value)} t" for word, value in bounds if value is not None]
        text += f"; the worst is {' and '.join(known) or 'not bounded'}"
    out.print(f"\n{text}", style="green" if info["status"] == "proved" else "yellow", markup=False)
    if info["left_out"]:
        years = ", ".join(str(year) for year in info["left_out"])
        out.print(f"left out, for a loss would end inside a period: {years}", style="yellow", markup=False)
