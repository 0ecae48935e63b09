"""What a front says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.survival import SHOWN, cannot_words, for_years, say_left_out
from optimizer.briefs.words import Span, number_of, plain, usd
from optimizer.fronts import Frontier
from optimizer.fronts.sweeps import SURVIVE
from optimizer.plan.columns import rows_of


def say(out: Brief, found: Frontier) -> None:
    """What a front says."""
    info = found.info
    out.print(f"{info['instance']}: {info['points']} points, {info['solves']} solves", style="bold")
    for sweep in info["sweeps"]:
        words = f"limits: {sweep['limits']}" if sweep["limits"] in ("at most", "at least") else sweep["limits"]
        if sweep["key"] == SURVIVE:
            lasting = for_years(info["duration"])
            words = f"how many {info['of']} may be lost for {lasting}, and {', '.join(info['markets'])} served in full"
        out.print(f"  {sweep['key']} ({words})")
    if info["stopped_early"]:
        out.print("stopped early; call it again with the same folder to go on", style="yellow")
    names = [sweep["key"] for sweep in info["sweeps"]]
    shown = [name.rpartition(",")[2].split(".", 1)[-1] if len(name) > 40 else name for name in names]
    fewer = ("than with fewer losses",) if SURVIVE in names else ()
    heads = (*shown, "cost", "gap", "dearer than the loosest", *fewer, "verdict", "options", "capex", "limit")
    table = headed("", *heads, right=(*shown, "cost", "gap", "options", "capex"))
    # Column names of the sweeps are dotted keys, which are no names of a tuple.
    points = found.points.rename(columns={name: f"sweep{i}" for i, name in enumerate(names)})
    for row in rows_of(points):
        values = [plain(getattr(row, f"sweep{i}")) for i in range(len(names))]
        verdict = row.verdict or row.status
        style = {"front": "bold", "within the gap": "yellow", "infeasible": "red"}.get(verdict)
        more = [_between(row.dearer_at_least, row.dearer_at_most)]
        if fewer:
            more.append(_between(row.than_fewer_at_least, row.than_fewer_at_most))
        cells = (*values, usd(number_of(row.objective)), usd(number_of(row.gap_usd)), *more, verdict)
        rest = ("-" if pd.isna(row.options) else str(row.options), usd(number_of(row.capex)), row.limit)
        table.add_row(*cells, *rest, style=style)
    out.print(table)
    if fewer:
        for item in info["cannot"][:SHOWN]:
            text = f"{item['from_point']} and stricter: {cannot_words(item, for_years(info['duration']))}"
            out.print(text, style="red")
        if len(info["cannot"]) > SHOWN:
            out.print(f"... and {len(info['cannot']) - SHOWN} more (--json lists all)", style="red")
        say_left_out(out, info)
    for note in _notes(info):
        out.print(note, style="dim")


def _between(least: Any, most: Any) -> str:
    low, high = number_of(least), number_of(most)
    if low is None or high is None:
        return "-"
    return Span(f"{usd(low)} to {usd(high)}", low, high) if high > low else usd(high)


def _notes(info: dict[str, Any]) -> list[str]:
    words = {
        "front": "front: every stricter point costs more, proved",
        "within the gap": "within the gap: its plan costs less than those of stricter points, but by less than the "
        "gaps; a smaller --gap would tell",
        "dominated": "dominated: a stricter point has a plan that costs no more",
        "curve": "curve: that a key limits is not known, so points are not compared; KEY<=... or KEY>=... says it",
    }
    notes = [text for name, text in words.items() if name in info["verdicts"]]
    return [*notes, f"{info['solve_seconds']:,.0f} s in solves, {info['solve_cpu_seconds']:,.0f} s of processor time"]
