"""optimizer alternatives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

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
from optimizer.cli.output import FAILED, STOPPED, number_of, out, print_json, records, tonnes, usd, written_to
from optimizer.cli.progress import Ticker
from optimizer.cli.screen import headed
from optimizer.errors import OptionsError
from optimizer.near_optimal import Alternatives
from optimizer.near_optimal import alternatives as run
from optimizer.near_optimal.facts import ALL, NONE, OPEN, SOME
from optimizer.near_optimal.study import default_options
from optimizer.plan.columns import rows_of
from optimizer.run import load
from optimizer.solver.options import Options

SHOWN = 8
ROWS = 25


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
        _print(found)
        written_to(folder)
    if found.portfolios.empty:
        raise typer.Exit(FAILED if found.info["status"] == "infeasible" else STOPPED)


def _print(found: Alternatives) -> None:
    info = found.info
    style = {"optimal": "bold", "feasible": "bold yellow", "stopped": "bold yellow"}.get(info["status"], "bold red")
    out.print(f"{info['instance']}: {info['status']} ({info['why']})", style=style, markup=False)
    if found.portfolios.empty:
        if info["status"] == "infeasible":
            out.print("optimizer solve says what cannot be met")
        return
    capex = info["capex"]
    share = f", {info['within_usd'] / capex:.1%} of the capex that it funds" if capex else ""
    gap = "" if info["bound"] is None else f", at most {usd(max(0.0, info['best'] - info['bound']))} more than any"
    out.print(
        f"the best plan found costs {usd(info['best'])}{gap}; near-equal is what costs at most "
        f"{usd(info['within_usd'])} more{share}",
        markup=False,
    )
    _portfolios(found)
    _verdicts(found)


def _portfolios(found: Alternatives) -> None:
    table, info = found.portfolios, found.info
    shorts = [name for name in table.columns if name.startswith("short_")]
    heads = ("", "costs more", "funds", "differs", "apart", "capex", "public", "shortage",
             *(f"t short, {name.removeprefix('short_')}" for name in shorts))  # fmt: skip
    screen = headed("\nPortfolios that differ as much as can be", *heads, right=heads[1:])
    best = min(rows_of(table), key=lambda row: row.costs_more).portfolio
    for row in rows_of(table):
        apart = "" if pd.isna(row.apart) else _apart(int(row.apart), int(row.apart_at_most))
        name = f"{row.portfolio} best" if row.portfolio == best else str(row.portfolio)
        money = (usd(row.capex), usd(row.public_outlay), usd(row.shortage_usd))
        lacks = [tonnes(getattr(row, short)) for short in shorts]
        screen.add_row(name, usd(row.costs_more), str(row.options), str(row.differs), apart, *money, *lacks)
    out.print(screen)
    for row in rows_of(table):
        if row.portfolio:
            changes = [f"without {_some(row.leaves_out)}"] if row.leaves_out else []
            changes += [f"with {_some(row.funds_instead)}"] if row.funds_instead else []
            out.print(f"  {row.portfolio} is 0 {' and '.join(changes)}", markup=False)
    kind = "" if info["lean"] is False else " in which nothing is funded for nothing"
    if info["no_others"]:
        out.print(f"  proved: there is no other near-equal portfolio{kind}", style="bold", markup=False)
    note = (
        "differs: options that it or portfolio 0 funds and the other does not; apart: the same to the nearest above it"
    )
    out.print(f"  {note}, and the most that is not excluded", style="dim", markup=False)


def _apart(reached: int, at_most: int) -> str:
    return str(reached) if reached >= at_most else f"{reached} of {at_most}"


def _some(words: str) -> str:
    names = words.split(";")
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _verdicts(found: Alternatives) -> None:
    info, table = found.info, found.options
    counts = info["verdicts"]
    words = ", ".join(f"{counts[word]} {word}" for word in (ALL, SOME, NONE, OPEN))
    out.print(f"\nOf {info['options']} options: {words}", style="bold", markup=False)
    heads = ("option", "capex", "at least", "at most", "")
    titles = {
        ALL: "In all near-equal portfolios: what leaving it out costs",
        OPEN: "Not proved: what leaving it out or forcing it in costs",
        SOME: "In some: what leaving it out of the best or forcing it in costs",
        NONE: "In none: what forcing it in costs",
    }
    for verdict, title in titles.items():
        order = _LEAST if verdict in (ALL, NONE) else _MOST
        mine = table[table["verdict"] == verdict]
        mine = mine.assign(usd=mine[order].max(axis=1))
        if mine.empty:
            continue
        mine = mine.sort_values("usd", ascending=verdict != ALL, kind="stable", na_position="last")
        screen = headed(f"\n{title}", *heads, right=heads[1:4])
        for row in rows_of(mine.head(ROWS)):
            side = "left_out" if row.in_best else "forced_in"
            least, most = (number_of(getattr(row, f"{side}_{end}")) for end in ("at_least", "at_most"))
            how = f"{'the best funds it' if row.in_best else ''}"
            if verdict in (SOME, OPEN):
                how = f"in {row.found_with} of {row.found_with + row.found_without} found" + (how and f"; {how}")
                if info["lean"] and info["no_others"] and not row.listed_with:
                    how += "; only ever for nothing"
            least_words = (
                "no plan without" if least is None and row.in_best else "no plan with" if least is None else ""
            )
            screen.add_row(f"{row.facility}:{row.option}", usd(row.capex), least_words or usd(least), usd(most), how)
        out.print(screen)
        if len(mine) > ROWS:
            out.print(f"... and {len(mine) - ROWS} more in options.csv")


_LEAST = ["forced_in_at_least", "left_out_at_least"]
_MOST = ["forced_in_at_most", "left_out_at_most"]


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
