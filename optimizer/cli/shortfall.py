"""optimizer shortfall."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from optimizer.cli.options import AsJson, ClusterAt, Quiet, Workers, folder_beside, folder_option
from optimizer.cli.output import DONE, STOPPED, end, out, print_json, records, tonnes, written_to
from optimizer.cli.progress import counted
from optimizer.cli.screen import headed
from optimizer.errors import OptionsError
from optimizer.ladder import NetShortfall
from optimizer.ladder import shortfall as run
from optimizer.ladder.study import COLUMNS, EXPECTED, PLANNED
from optimizer.network.tables import BASE
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

SHOWN = 12
SMALL = 1e-3
"""Tonnes below which nothing is short."""


def shortfall(
    plan: Annotated[Path, typer.Argument(help="A result folder.")],
    future: Annotated[
        str, typer.Option(metavar="ID", help="The future that is shown: base, a scenario, or expected, the mean.")
    ] = EXPECTED,
    output: Annotated[Path | None, folder_option("PLAN_shortfall")] = None,
    workers: Workers = 2,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """What is short by material, channel and year: gross, then net of each of the plan's measures in turn.

    Gross is with what stands alone: nothing funded, nothing in stock. Then come options under construction, all that
    is funded, working stock, the reserve. A stopped run goes on where it was when it is called again.
    Example: optimizer shortfall results/starter
    """
    folder = folder_beside(output, plan, "shortfall")
    read = Plan.read(plan)
    known = [EXPECTED, BASE, *(scenario.id for scenario in read.instance.scenarios)]
    if future not in known:
        raise OptionsError(f"there is no future '{future}'; there is {', '.join(known)}")
    with counted(enabled=not quiet, every=50) as tell:
        found = run(read, folder=folder, workers=workers, cluster=cluster, tell=tell)
    if as_json:
        print_json(found.info | {name: records(getattr(found, name)) for name in COLUMNS if name != "measures"}
                   | {"by_measure": records(found.measures)})  # fmt: skip
    else:
        _print(found, future)
        written_to(folder)
    end(STOPPED if found.info["status"] == "stopped" else DONE)


def _print(found: NetShortfall, future: str) -> None:
    words = {EXPECTED: "on the mean over futures", BASE: "without a disruption"}.get(future, f"in {future}")
    out.print(f"{found.info['instance']}: what is short {words}, t", style="bold", markup=False)
    if found.info["status"] == "stopped":
        out.print("stopped early: call it again to go on", style="yellow")
    for row in rows_of(found.measures):
        if row.status not in ("done", "stopped"):
            out.print(f"{row.measure}: {row.status}", style="yellow", markup=False)
    rows = found.shortfall[found.shortfall["future"] == future]
    names = list(dict.fromkeys(rows["measure"]))
    shown = [name for name in names if name != PLANNED]
    _measures(found, rows, shown)
    _lines("\nBy channel and material, over the horizon", ["channel", "material"], rows, shown)
    _lines("\nBy channel and year", ["channel", "period"], rows, shown)
    last = rows[rows["measure"] == shown[-1]]["short"].sum(skipna=False) if shown else 0.0
    planned = rows[rows["measure"] == PLANNED]["short"].sum()
    if abs(last - planned) > max(1.0, 0.01 * planned):
        text = f"the plan's own tables have {tonnes(planned)} t short: it was not operated at least cost, or it ties"
        out.print(text, style="yellow", markup=False)
    _stops(found)


def _measures(found: NetShortfall, rows: pd.DataFrame, shown: list[str]) -> None:
    """Each measure with all before it, by channel."""
    channels = list(dict.fromkeys(rows["channel"]))
    heads = ["with", "adds", *(f"short, {channel}" for channel in channels), "taken off"]
    table = headed("\nGross, then net of each measure in turn", *heads, right=tuple(heads[2:]))
    adds = dict(zip(found.measures["measure"], found.measures["adds"], strict=True))
    for number, name in enumerate(shown):
        mine = rows[rows["measure"] == name]
        parts = [_told(mine.loc[mine["channel"] == channel, "short"].sum(skipna=False)) for channel in channels]
        taken = "" if number == 0 else _told(mine["taken_off"].sum(skipna=False))
        table.add_row(f"{name} (gross)" if number == 0 else name, adds[name], *parts, taken)
    out.print(table)


def _lines(title: str, by: list[str], rows: pd.DataFrame, shown: list[str]) -> None:
    sums = rows.groupby([*by, "measure"], as_index=False, sort=False)[["demand", "short"]].sum(min_count=1)
    heads = [*by, "asked for", *shown]
    table = headed(title, *(head.replace("period", "year") for head in heads), right=("year", *heads[2:]))
    count = 0
    for key, mine in sums.groupby(by, sort=False):
        short = dict(zip(mine["measure"], mine["short"], strict=True))
        if not mine["short"].gt(SMALL).any():
            continue
        count += 1
        if count <= SHOWN:
            cells = ["0" if short[name] <= SMALL else _told(short[name]) for name in shown]
            table.add_row(*map(str, key), tonnes(float(mine["demand"].iloc[0])), *cells)
    if not count:
        out.print(f"{title}: nothing is short", markup=False)
        return
    out.print(table)
    if count > SHOWN:
        out.print(f"... and {count - SHOWN} more in shortfall.csv")


def _told(amount: float) -> str:
    return "-" if pd.isna(amount) else tonnes(amount)


def _stops(found: NetShortfall) -> None:
    """The market of the strictest channels that stops first in each future."""
    strictest = found.info["tiers"][:-1] or found.info["tiers"]
    stops = found.stops[found.stops["channel"].isin(strictest)]
    if stops.empty:
        return
    heads = ["future", "from", "first to stop", "after weeks", "for want of", "short t", "of t"]
    table = headed(
        f"\nFirst to stop ({', '.join(strictest)})", *heads, right=("from", "after weeks", "short t", "of t")
    )
    for name, mine in stops.groupby("future", sort=False):
        first = next(iter(rows_of(mine)))
        if pd.isna(first.weeks):
            table.add_row(str(name), str(first.onset), "none", "", "", "", "")
            continue
        ties = int((mine["weeks"] <= first.weeks + 0.05).sum()) - 1
        market = f"{first.market} and {ties} more" if ties else first.market
        cells = (f"{first.weeks:,.0f}", first.product, tonnes(first.short), tonnes(first.demand))
        table.add_row(str(name), str(first.onset), market, *cells)
    out.print(table)
    if found.info["stops_of"] == PLANNED:
        text = "by the plan's own tables, for not every future is operated with all measures"
        out.print(text, style="yellow")
    note = "weeks: deliveries of a year as if made at the full rate until they are used up"
    out.print(note, style="dim", markup=False)
