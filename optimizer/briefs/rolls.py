"""What planning again says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import number_of, usd
from optimizer.plan.columns import rows_of
from optimizer.replanning import Rolled

SMALL = 0.1
"""Share of the price of a change up to which the gap is not told beside it."""
SHOWN = 6
"""Fundings that are named in a line."""


def notes_of(found: Rolled) -> list[str]:
    """What a planner must know of how the past was read."""
    info, notes = found.info, []
    if info["passed"]:
        names = ", ".join(info["passed"])
        notes.append(
            f"begins before {info['year']} and is still a scenario at its probability: {names}; leave out what has not "
            "happened by now, and put into the data what has"
        )
    if info["slipped"]:
        notes.append(f"planned before {info['year']} and not funded so: {_some(info['slipped'])}")
    return notes


def _some(fundings: list[list[Any]]) -> str:
    """The first of some fundings, and how many more there are."""
    more = f" and {len(fundings) - SHOWN} more" if len(fundings) > SHOWN else ""
    return ", ".join(f"{f}:{o} ({t})" for f, o, t in fundings[:SHOWN]) + more


def say(out: Brief, found: Rolled) -> None:
    """What planning again says."""
    info = found.info
    name, year = found.plan.instance.name, info["year"]
    out.print(f"{name}, planned again from {year}; the last plan: {info['last']['source']}", style="bold")
    frozen = _some(info["frozen"]) or "nothing"
    held = "" if not info["stock"] else f"; stock at the end of {info['stock'][0][3]} as the last plan has it"
    out.print(f"frozen, by {info['frozen_by']}: {frozen}{held}")
    if found.changes.empty:
        text, wide = nothing_of(info)
        out.print(f"\n{text}", style="yellow" if wide else None)
    else:
        _changes(out, found)
    _bracket(out, found.bracket, info)


def nothing_of(info: Mapping[str, Any]) -> tuple[str, bool]:
    """What it means that nothing changes, and whether the gap is so wide that it means little."""
    head = "Nothing changes against the last plan: no change is worth"
    cost, bound = info["minimised"], info["minimised_bound"]
    gap = math.inf if cost is None or bound is None else max(0.0, cost - bound)
    if gap <= SMALL * info["change_usd"]:
        return f"{head} its price.", False
    if math.isinf(gap):
        return f"{head} its price, of those tried; nothing is proved.", True
    words = f"{head} {usd(gap)} more than its price; what is worth less the gap leaves open (--gap-usd)."
    return words, gap > info["change_usd"]


def _changes(out: Brief, found: Rolled) -> None:
    each = bool(found.changes["without_status"].notna().any())
    heads = ("facility", "option", "change", "was", "now", "price", *(("saves, alone",) if each else ()))
    table = headed("\nChanges against the last plan", *heads, right=heads[3:])
    cost = found.plan.objective or 0.0
    for row in rows_of(found.changes):
        years = ("-" if pd.isna(year) else str(year) for year in (row.was, row.now))
        alone = number_of(row.without)
        none = "no plan without" if row.without_status == "infeasible" else "-"
        saves = (none if alone is None else usd(alone - cost),) if each else ()
        table.add_row(row.facility, row.option, row.change, *years, usd(row.usd), *saves)
    out.print(table)


def _bracket(out: Brief, bracket: pd.DataFrame, info: dict[str, Any]) -> None:
    heads = ("plan", "changes", "cost", "price of change", "together", "gap", "")
    table = headed("\nWhat changing is worth", *heads, right=heads[1:6])
    known: dict[str, float | None] = {}
    for row in rows_of(bracket):
        together = number_of(row.together)
        known[row.plan] = number_of(row.cost)
        cells: tuple[str, ...] = ("-",) * 5
        if together is not None:
            bound = number_of(row.bound)
            gap = "-" if bound is None else usd(max(0.0, together - bound))
            cells = (str(int(row.changes)), usd(row.cost), usd(row.change), usd(together), gap)
        table.add_row(row.plan, *cells, "" if row.status == "optimal" else f"{row.status}: {row.why}")
    out.print(table)
    before, after = known.get("no change"), known.get("re-planned")
    if before is not None and after is not None and info["change"]:
        saved = before - after
        out.print(f"changing saves {usd(saved)} of cost for {usd(info['change'])} of change")
    elif before is None and after is not None:
        out.print("the last plan cannot be kept as it is: some change is no choice")
