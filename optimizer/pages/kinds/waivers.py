"""The page of waivers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimizer.briefs.waivers import say
from optimizer.briefs.words import rough
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content, counted
from optimizer.pages.pictures import M, Picture, axis, bars
from optimizer.plan.columns import rows_of
from optimizer.waiving import Waivers

TABLE = Columns(
    "key group kind label verdict status why comes goes", "", "saves_at_least saves_at_most objective bound"
)
MOST, CUT = 15, 60
"""Bars of a picture, and letters of a label in it."""


def read(folder: Path, info: dict[str, Any]) -> Waivers:
    """Waivers from their folder."""
    return Waivers(info, read_table(folder, "waivers", TABLE))


def _alerts(found: Waivers) -> Iterator[str]:
    info = found.info
    if info["stopped_early"]:
        yield "Stopped early: what was not reached has no verdict. The same command goes on from there."
    if info["base"]["status"] != "optimal":
        yield f"The base plan is {info['base']['status']}: what waivers save is known no better than that allows."


def _answer(found: Waivers) -> Iterator[str]:
    base, table = found.info["base"], found.table
    if base["objective"] is None:
        yield f"With all its conditions the instance has no plan ({base['status']})."
    else:
        open_ = rough(base["gap_usd"])
        yield f"The plan under all conditions costs {rough(base['objective'])}, with {open_} left open."
    saves = table[table["verdict"] == "saves"].sort_values("saves_at_least", ascending=False, kind="stable")
    restores = table[table["verdict"] == "restores a plan"]
    for row in rows_of(restores.head(2)):
        yield f"Without {row.label} there is a plan."
    for row in rows_of(saves.head(2)):
        yield f"Without {row.label} it costs {rough(row.saves_at_least)} to {rough(row.saves_at_most)} less."
    if saves.empty and restores.empty:
        yield "No waiver is proved to save anything."
    nothing = int((table["verdict"] == "nothing").sum())
    unknown = int(table["verdict"].isin(("screened", "within the gap", "no more than the gap", "")).sum())
    yield (
        f"Of {counted(len(table), 'waiver')}, {len(saves)} save for certain, {nothing} save nothing, proved, and of "
        f"{unknown} the gaps do not tell."
    )


def _pictures(found: Waivers) -> Iterator[Picture]:
    rows = found.table[found.table["verdict"] == "saves"]
    rows = rows.sort_values("saves_at_least", ascending=False, kind="stable").head(MOST)
    if rows.empty:
        return
    every = list(rows_of(rows))
    names = [
        f"{number}. {row.label[:CUT]}{'...' if len(row.label) > CUT else ''}" for number, row in enumerate(every, 1)
    ]
    series = {
        "saves at least": ([0.0] * len(every), [row.saves_at_least / M for row in every]),
        "at most": (
            [row.saves_at_least / M for row in every],
            [(row.saves_at_most - row.saves_at_least) / M for row in every],
        ),
    }
    said = "; ".join(f"{row.label} {rough(row.saves_at_least)} to {rough(row.saves_at_most)}" for row in every[:8])
    yield bars("What is saved for certain without a condition", f"Savings that are proved: {said}.", names, series,
               axis("saves, M USD"))  # fmt: skip


CONTENT: Content[Waivers] = Content(
    title=lambda found: f"Waivers of {found.info['instance']}",
    say=say,
    alerts=_alerts,
    answer=_answer,
    pictures=_pictures,
    settings=("base", "gap", "gap_usd", "time_limit", "waivers", "solved", "verdicts", "seconds"),
)
