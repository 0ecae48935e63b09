"""What a net shortfall says."""

from __future__ import annotations

import pandas as pd

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import plan_beside, tonnes
from optimizer.ladder import NetShortfall
from optimizer.ladder.beside import SAME
from optimizer.ladder.measures import PLANNED
from optimizer.ladder.study import EXPECTED
from optimizer.network.tables import BASE
from optimizer.plan.columns import rows_of

SHOWN = 24
UNTIERED = "no tier"
"""Stands for the markets that no tier of demand is given."""
SMALL = 1e-3
"""Tonnes below which nothing is short."""


def say(out: Brief, found: NetShortfall, future: str = EXPECTED) -> None:
    """What a net shortfall says."""
    words = {EXPECTED: "on the mean over futures", BASE: "without a disruption"}.get(future, f"in {future}")
    out.print(f"{found.info['instance']}: what is short {words}, t", style="bold")
    if found.info["status"] == "stopped":
        out.print("stopped early: call it again to go on", style="yellow")
    for row in rows_of(found.measures):
        if row.status not in ("done", "stopped"):
            out.print(f"{row.measure}: {row.status}", style="yellow")
    by = by_of(found)
    rows = ordered(found, found.shortfall[found.shortfall["future"] == future])
    names = list(dict.fromkeys(rows["measure"]))
    shown = [name for name in names if name != PLANNED]
    _measures(out, found, rows, shown)
    _lines(out, f"\nBy {by} and material, over the horizon", [by, "material"], rows, shown)
    _lines(out, f"\nBy {by} and year", [by, "period"], rows, shown)
    last = rows[rows["measure"] == shown[-1]]["short"].sum(skipna=False) if shown else 0.0
    planned = rows[rows["measure"] == PLANNED]["short"].sum()
    if abs(last - planned) > max(1.0, 0.01 * planned):
        text = f"the plan's own tables have {tonnes(planned)} t short: it was not operated at least cost, or it ties"
        out.print(text, style="yellow")
    _stops(out, found)
    if found.info.get("baseline"):
        _beside(out, found, future)


def by_of(found: NetShortfall) -> str:
    """What shortage is told by: tiers of demand where there are some, else channels."""
    return "tier" if found.info.get("demand_tiers") else "channel"


def ordered(found: NetShortfall, table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table with the most urgent tier first, those without one last and called so."""
    tiers = found.info.get("demand_tiers")
    if not tiers:
        return table
    named = table.assign(tier=table["tier"].where(table["tier"].isin(tiers), UNTIERED))
    order = {tier: number for number, tier in enumerate([*tiers, UNTIERED])}
    return named.sort_values("tier", key=lambda column: column.map(order), kind="stable")


def urgent_of(found: NetShortfall) -> tuple[str, list[str]]:
    """What stops are told by, and of which: all tiers or channels but the last, or the only one."""
    by = by_of(found)
    names = list(found.info["demand_tiers"] if by == "tier" else found.info["tiers"])
    return by, names[:-1] or names


def _measures(out: Brief, found: NetShortfall, rows: pd.DataFrame, shown: list[str]) -> None:
    """Each measure with all before it, by tier of demand or channel."""
    by = by_of(found)
    groups = list(dict.fromkeys(rows[by]))
    heads = ["with", "adds", *(f"short, {group}" for group in groups), "taken off"]
    table = headed("\nGross, then net of each measure in turn", *heads, right=tuple(heads[2:]))
    adds = dict(zip(found.measures["measure"], found.measures["adds"], strict=True))
    for number, name in enumerate(shown):
        mine = rows[rows["measure"] == name]
        parts = [_told(mine.loc[mine[by] == group, "short"].sum(skipna=False)) for group in groups]
        taken = "" if number == 0 else _told(mine["taken_off"].sum(skipna=False))
        table.add_row(f"{name} (gross)" if number == 0 else name, adds[name], *parts, taken)
    out.print(table)
    if (rows.groupby("measure")["taken_off"].sum() < -SMALL).any():
        note = (
            "taken off, below 0: what fills a stock, or moves material to the dearer shortage, leaves others more short"
        )
        out.print(note, style="dim")
    if "books" in found.info:
        out.print(f"books {found.info['books']}", style="dim")


def _lines(out: Brief, title: str, by: list[str], rows: pd.DataFrame, shown: list[str]) -> None:
    sums = rows.groupby([*by, "measure"], as_index=False, sort=False)[["demand", "short"]].sum(min_count=1)
    heads = [*by, "asked for", *shown]
    table = headed(title, *(head.replace("period", "year") for head in heads), right=("year", *heads[2:]))
    count = 0
    order = {name: number for number, name in enumerate(dict.fromkeys(sums[by[0]]))}
    if by[1] == "period":
        sums = sums.sort_values(by, key=lambda column: column.map(order) if column.name == by[0] else column)
    for key, mine in sums.groupby(by, sort=False):
        short = dict(zip(mine["measure"], mine["short"], strict=True))
        if not mine["short"].gt(SMALL).any():
            continue
        count += 1
        if count <= out.most(SHOWN):
            cells = ["0" if short[name] <= SMALL else _told(short[name]) for name in shown]
            table.add_row(*map(str, key), tonnes(float(mine["demand"].iloc[0])), *cells)
    if not count:
        out.print(f"{title}: nothing is short")
        return
    out.print(table)
    if count > out.most(SHOWN):
        out.print(f"... and {count - out.most(SHOWN)} more in shortfall.csv")


def _told(amount: float) -> str:
    return "-" if pd.isna(amount) else tonnes(amount)


def _stops(out: Brief, found: NetShortfall) -> None:
    """The market of the most urgent tiers, or strictest channels, that stops first in each future."""
    by, strictest = urgent_of(found)
    stops = found.stops[found.stops[by].isin(strictest)]
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
    out.print(note, style="dim")


def _beside(out: Brief, found: NetShortfall, future: str) -> None:
    """What is short less the baseline's, by measure and tier; markets of the urgent tiers that stop otherwise."""
    words = f"\nBeside {plan_beside(found.info['baseline'])}"
    rows = ordered(found, found.differences[found.differences["future"] == future])
    if rows.empty:
        out.print(f"{words}: not known, for it was stopped before, or has no such future", style="yellow")
        return
    by = by_of(found)
    groups = list(dict.fromkeys(rows[by]))
    title = f"{words}: t short less its own, with each measure and all before it"
    table = headed(title, "with", *groups, "asked for", right=(*groups, "asked for"))
    for name, mine in rows.groupby("measure", sort=False):
        sums = [mine.loc[mine[by] == group, "difference"].sum(min_count=1) for group in groups]
        asked = mine["demand"].sum() - mine["baseline_demand"].sum()
        table.add_row(str(name), *map(_signed, sums), _signed(asked))
    out.print(table)
    if rows["difference"].isna().any():
        out.print("rows that only one of the two knows are left out of the differences", style="dim")
    _stop_differences(out, found)


def _stop_differences(out: Brief, found: NetShortfall) -> None:
    by, strictest = urgent_of(found)
    urgent = found.stop_differences[found.stop_differences[by].isin(strictest)]
    stops = urgent[urgent["change"] != SAME]
    if stops.empty:
        out.print(f"No market of {', '.join(strictest)} stops sooner or later than in the baseline.")
        return
    heads = ["future", "market", "after weeks", "in the baseline", "change"]
    title = f"\nStops otherwise than in the baseline ({', '.join(strictest)})"
    table = headed(title, *heads, right=("after weeks", "in the baseline"))
    for row in rows_of(stops.head(out.most(SHOWN))):
        weeks = ["" if pd.isna(one) else f"{one:,.0f}" for one in (row.weeks, row.baseline_weeks)]
        table.add_row(row.future, row.market, *weeks, row.change)
    out.print(table)
    if len(stops) > out.most(SHOWN):
        out.print(f"... and {len(stops) - out.most(SHOWN)} more in stop_differences.csv")


def _signed(amount: float) -> str:
    if pd.isna(amount):
        return "-"
    return "0" if abs(amount) <= SMALL else f"{'+' if amount > 0 else '-'}{tonnes(abs(amount))}"
