"""What near-equal portfolios say."""

from __future__ import annotations

import pandas as pd

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import number_of, tonnes, usd
from optimizer.near_optimal import Alternatives
from optimizer.near_optimal.facts import ALL, NONE, OPEN, SOME
from optimizer.plan.columns import rows_of

SHOWN = 8
ROWS = 25
_LEAST = ["forced_in_at_least", "left_out_at_least"]
_MOST = ["forced_in_at_most", "left_out_at_most"]


def say(out: Brief, found: Alternatives) -> None:
    """What near-equal portfolios say."""
    info = found.info
    style = {"optimal": "bold", "feasible": "bold yellow", "stopped": "bold yellow"}.get(info["status"], "bold red")
    out.print(f"{info['instance']}: {info['status']} ({info['why']})", style=style)
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
    )
    _portfolios(out, found)
    _verdicts(out, found)


def _portfolios(out: Brief, found: Alternatives) -> None:
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
            out.print(f"  {row.portfolio} is 0 {' and '.join(changes)}")
    kind = "" if info["lean"] is False else " in which nothing is funded for nothing"
    if info["no_others"]:
        out.print(f"  proved: there is no other near-equal portfolio{kind}", style="bold")
    note = (
        "differs: options that it or portfolio 0 funds and the other does not; apart: the same to the nearest above it"
    )
    out.print(f"  {note}, and the most that is not excluded", style="dim")


def _apart(reached: int, at_most: int) -> str:
    return str(reached) if reached >= at_most else f"{reached} of {at_most}"


def _some(words: str) -> str:
    names = words.split(";")
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _verdicts(out: Brief, found: Alternatives) -> None:
    info, table = found.info, found.options
    counts = info["verdicts"]
    words = ", ".join(f"{counts[word]} {word}" for word in (ALL, SOME, NONE, OPEN))
    out.print(f"\nOf {info['options']} options: {words}", style="bold")
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
        for row in rows_of(mine.head(out.most(ROWS))):
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
        if len(mine) > out.most(ROWS):
            out.print(f"... and {len(mine) - out.most(ROWS)} more in options.csv")
