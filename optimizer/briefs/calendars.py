"""What a decision calendar says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import Span, number_of, plan_beside, usd
from optimizer.budgeting import DecisionCalendar
from optimizer.budgeting.line_tables import CAN_WAIT, NOT_NEEDED, NOW, OPEN
from optimizer.plan.columns import rows_of

SHOWN = 60
WORDS = 110
"""Letters of a list on a line; the whole stands in lines.csv."""


def say(out: Brief, found: DecisionCalendar) -> None:
    """What a decision calendar says."""
    info = found.info
    style = {"done": "bold", "partial": "bold yellow", "stopped": "bold yellow"}.get(info["status"], "bold red")
    out.print(f"{info['instance']}: {info['status']} ({info['why']})", style=style)
    if info["plan_cost"] is None:
        if info["status"] == "infeasible":
            out.print("optimizer solve says what cannot be met")
        return
    gap = "" if info["bound"] is None else f", at most {usd(max(0.0, info['best'] - info['bound']))} more than any"
    out.print(
        f"the best plan found costs {usd(info['best'])}{gap}; as good is what costs at most "
        f"{usd(info['within_usd'])} more",
    )
    dearer = info["plan_cost"] - info["best"]
    if dearer > info["within_usd"]:
        text = f"the plan costs {usd(dearer)} more than the best: some of its fundings are late, or not needed, already"
        out.print(text, style="yellow")
    if info["baseline"] is not None:
        base = info["baseline"]
        gone = f"; it funds what this one does not: {', '.join(base['no_longer_funded'])}"
        text = f"beside {plan_beside(base)}"
        out.print(text + (gone if base["no_longer_funded"] else ""))
    titles = {
        NOW: "\nNow: to wait a year costs more than that",
        CAN_WAIT: "\nCan wait",
        OPEN: "\nNot proved: the last year lies between; a smaller gap tells",
        NOT_NEEDED: "\nNever needed: a plan without it is as good",
    }
    for verdict, title in titles.items():
        lines = found.lines[found.lines["verdict"] == verdict]
        _table(out, title, lines, verdict, info["strictest"], beside=info["baseline"] is not None)
    note = "waiting: the least cost if it is funded in no earlier year, all else planned anew, less the least cost"
    out.print(note, style="dim")


def _table(out: Brief, title: str, lines: pd.DataFrame, verdict: str, strict: str, *, beside: bool) -> None:
    if lines.empty:
        return
    heads = ("option", "capex", "public", "funded", "on line", "last year", f"last year, {strict}",
             "a year later costs", "never costs", *(["in the baseline"] if beside else []))  # fmt: skip
    table = headed(title, *heads, right=heads[1:])
    for row in rows_of(lines.head(out.most(SHOWN))):
        last = "never" if verdict == NOT_NEEDED else str(row.last_year)
        if verdict == OPEN:
            last += f" to {'never' if pd.isna(row.last_year_at_most) else row.last_year_at_most}"
        served = "any" if pd.isna(row.last_year_served) else str(row.last_year_served)
        table.add_row(
            f"{row.facility}:{row.option}", usd(row.capex), usd(row.public_outlay), str(row.funded), str(row.online),
            last, served, _costs(row.wait_1_at_least, row.wait_1_at_most),
            _costs(row.never_at_least, row.never_at_most),
            *(["no" if pd.isna(row.baseline_funded) else str(row.baseline_funded)] if beside else []),
        )  # fmt: skip
    out.print(table)
    for row in rows_of(lines.head(out.most(SHOWN))) if verdict != NOT_NEEDED else ():
        out.print(f"  {row.facility}:{row.option}: {row.dates}")
        then = [f"after {row.last_year}: {_cut(row.instead)}"] if row.instead else []
        then += [f"short {row.then_short}"] if row.then_short else []
        if then:
            out.print(f"    {'; '.join(then)}")
    if len(lines) > out.most(SHOWN):
        out.print(f"... and {len(lines) - out.most(SHOWN)} more in lines.csv")


def _cut(words: str) -> str:
    return words if len(words) <= WORDS else f"{words[:WORDS].rsplit(', ', 1)[0]}, ..."


def _costs(least: Any, most: Any) -> str:
    """What waiting costs between bounds."""
    low, high = number_of(least), number_of(most)
    if low is None and high is None:
        return "no plan"
    if high is None:
        return Span(f"at least {usd(low)}", low, None)
    if usd(low) == usd(high):
        return usd(low)
    return Span(f"at most {usd(high)}", None, high) if not low else Span(f"{usd(low)} to {usd(high)}", low, high)
