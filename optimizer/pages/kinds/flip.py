"""The page of what flips options."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimizer.briefs.flips import say
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content
from optimizer.pages.pictures import AROUND, BAR, MOST_BARS, Picture, axis, label
from optimizer.plan.columns import rows_of
from optimizer.robustness import Flips

TABLES = {
    "flips": Columns("key facility option before after words", "", "now last first open_from open_to closed"),
    "values": Columns("key status why facility option state", "", "value objective bound"),
}
MARKS = {"funded": "circle", "not funded": "x", "open": "circle-open", "": "circle-open"}


def read(folder: Path, info: dict[str, Any]) -> Flips:
    """Flips from their folder."""
    return Flips(info, **{name: read_table(folder, name, columns) for name, columns in TABLES.items()})


def _alerts(found: Flips) -> Iterator[str]:
    if found.info["status"] == "stopped":
        yield "Stopped early: the same command goes on from there."
    states = found.info["by_status"]
    troubles = [f"{count} {state}" for state, count in states.items() if state != "solved" and count]
    if troubles:
        yield f"Of the values that were looked at, {states['solved']} solved and {', '.join(troubles)}."


def _answer(found: Flips) -> Iterator[str]:
    if found.flips.empty:
        yield "The best plans at both ends of each key fund the same."
    for row in rows_of(found.flips):
        yield f"{row.facility}:{row.option}: {row.words}."


def _pictures(found: Flips) -> Iterator[Picture]:
    for key in found.info["keys"]:
        mine = found.values[(found.values["key"] == key["key"]) & (found.values["facility"] != "")]
        names = list(dict.fromkeys(f"{row.facility}:{row.option}" for row in rows_of(mine)))[:MOST_BARS]
        if not names:
            continue
        data = []
        for number, state in enumerate(dict.fromkeys(mine["state"])):
            there = [row for row in rows_of(mine) if row.state == state and f"{row.facility}:{row.option}" in names]
            data.append({
                "type": "scatter", "mode": "markers", "name": label(state or "open"), "meta": number,
                "x": [row.value for row in there], "y": [label(f"{row.facility}:{row.option}") for row in there],
                "marker": {"symbol": MARKS.get(state, "diamond-open"), "size": 11},
            })  # fmt: skip
        layout: dict[str, Any] = {
            "xaxis": axis(key["key"]), "yaxis": {"type": "category", "autorange": "reversed"}, "showlegend": True,
        }  # fmt: skip
        if key["now"] is not None and key["low"] <= key["now"] <= key["high"]:
            line = {"type": "line", "x0": key["now"], "x1": key["now"], "y0": 0, "y1": 1, "yref": "paper",
                    "line": {"dash": "dot", "width": 1.5}}  # fmt: skip
            note = {"x": key["now"], "y": 1, "yref": "paper", "text": "now", "showarrow": False, "yanchor": "bottom"}
            layout |= {"shapes": [line], "annotations": [note]}
        words = "; ".join(row.words for row in rows_of(found.flips[found.flips["key"] == key["key"]]))
        title = f"What is proved at each value of {key['key']}"
        yield Picture(title, f"{title}: {words}.", tuple(data), layout, AROUND + 40 + BAR * len(names))


CONTENT: Content[Flips] = Content(
    title=lambda found: f"What flips options of {found.info['instance']}",
    say=say,
    alerts=_alerts,
    answer=_answer,
    pictures=_pictures,
    settings=("status", "within_usd", "close", "option", "method", "gap", "seed", "options_of_solves", "seconds"),
)
