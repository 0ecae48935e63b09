"""What a stress test says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import tonnes
from optimizer.losses import KINDS, Stress
from optimizer.plan.columns import rows_of

SHOWN = 10
OPTIONS = 5


def say(out: Brief, found: Stress) -> None:
    """What a stress test says."""
    info = found.info
    good = found.proved and not info["worst"] and not info["short_without_loss"]
    out.print(info["verdict"], style="bold green" if good else "bold")
    served = ", ".join(info["weights"])
    out.print(f"Markets: {served}", style="dim")
    for row in info["short_without_loss"]:
        text = f"  short even without a loss: {row['market']}, {tonnes(row['tonnes'])} t from {row['onset']}"
        out.print(text, style="yellow")
    _worst(out, found)
    _singles(out, found)
    _restores(out, info)
    _proof(out, info)


def _worst(out: Brief, found: Stress) -> None:
    rows = found.worst[found.worst["short"] > found.worst["short_without_loss"] + 1e-6]
    if rows.empty:
        return
    heads = ("market", "product", "year", "t", "of t")
    table = headed("\nShort after the worst loss", *heads, right=heads[2:])
    for row in rows_of(rows.sort_values("short", ascending=False).head(out.most(SHOWN))):
        table.add_row(row.market, row.product, str(row.period), tonnes(row.short), tonnes(row.demand))
    out.print(table)
    if len(rows) > out.most(SHOWN):
        out.print(f"... and {len(rows) - SHOWN} more rows in worst.csv")


def _singles(out: Brief, found: Stress) -> None:
    hurt = found.losses[found.losses["single_point_of_failure"] == "yes"]
    one = KINDS[str(found.info["of"])]
    if hurt.empty:
        return
    heads = (one, "from", "t short", "covered for")
    table = headed(f"\nWorst single losses ({len(hurt)} of {len(found.losses)} make it short)", *heads, right=heads[1:])
    for row in rows_of(hurt.head(out.most(SHOWN))):
        short = "no answer" if row.answerable == "no" else tonnes(row.tonnes_short)
        years = "" if pd.isna(row.survives_years) else f"{row.survives_years} yr"
        table.add_row(row.loss, str(row.worst_onset), short, years)
    out.print(table)


def _restores(out: Brief, info: dict[str, Any]) -> None:
    found = info["restores"]
    if found is None:
        return
    out.print("\nWhat would restore service after the worst loss", style="bold")
    held = [f"{tonnes(row['tonnes'])} t of {row['material']} at {row['stockpile']}" for row in found["stock"]]
    if held and found["stock_alone"]:
        out.print("  in stock at the onset, beside the plan's: " + ", ".join(held))
    else:
        left = found["stock_left_short"]
        still = "" if left is None else f": {tonnes(left)} t would be short still"
        out.print(f"  stock alone does not{still}")
    whole = [row for row in found["options"] if row["restores"]]
    for row in whole[:OPTIONS]:
        out.print(f"  {_option(row)}")
    if len(whole) > OPTIONS:
        out.print(f"  ... and {len(whole) - OPTIONS} more in stress.json")
    if not whole:
        part = found["options"][:OPTIONS]
        words = "; ".join(f"{_option(row)} leaves {tonnes(row['short'])} t" for row in part)
        out.print(f"  no option not funded does it alone{'; ' + words if words else ''}")


def _option(row: dict[str, Any]) -> str:
    more = f" with {', '.join(row['with'])}" if row["with"] else ""
    return f"{row['facility']}:{row['option']}{more}, on line {row['online']}"


def _proof(out: Brief, info: dict[str, Any]) -> None:
    done = sum(row["proved"] for row in info["onsets"])
    text = f"{info['status']}: {done} of {len(info['onsets'])} onsets searched to the end, {info['sets']} sets answered"
    text += f" of {info['candidates']} {info['of']}, {info['lps']} linear programs, {info['seconds']:,.0f} s"
    bounds = [("at least", info["lower"]), ("at most", info["upper"])]
    if info["status"] == "stopped":
        known = [f"{word} {tonnes(value)} t" for word, value in bounds if value is not None]
        text += f"; the worst is {' and '.join(known) or 'not bounded'}"
    out.print(f"\n{text}", style="green" if info["status"] == "proved" else "yellow")
    if info["left_out"]:
        years = ", ".join(str(year) for year in info["left_out"])
        out.print(f"left out, for a loss would end inside a period: {years}", style="yellow")
