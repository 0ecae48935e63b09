"""The page of a cut list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimizer.briefs.cut_lists import say
from optimizer.briefs.words import number_of, rough, rough_tonnes
from optimizer.budgeting import CutList
from optimizer.budgeting.cut_tables import NESTED
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content, counted, listed
from optimizer.pages.pictures import MOST_BARS, M, Picture, axis, bars
from optimizer.plan.columns import rows_of

TABLES = {
    "levels": Columns(
        "status gives_up moves loses_service best_funds_instead best_leaves_out missing plan",
        "options",
        "cut most grants stock costs_more costs_more_at_least costs_more_at_most nesting_at_least nesting_at_most",
    ),
    "order": Columns(
        "facility option stage country goes note", "rank funded", "saves costs_at_least costs_at_most per_usd"
    ),
    "funded": Columns("facility option", "", "capex"),
    "outlay": Columns("account", "year", "cut before saved"),
    "short": Columns("future market channel product", "period", "cut more"),
    "targets": Columns("stockpile material channel", "period", "cut more"),
}

SMALL = 0.5
"""Tonnes from which a difference is told."""


def read(folder: Path, info: dict[str, Any]) -> CutList:
    """A cut list from its folder; its portfolios are not read."""
    tables: dict[str, Any] = {name: read_table(folder, name, columns) for name, columns in TABLES.items()}
    return CutList(info, **tables)


def _alerts(found: CutList) -> Iterator[str]:
    info = found.info
    if info["status"] != "done":
        yield f"{str(info['status']).capitalize()}: {info['why']}."


def _answer(found: CutList) -> Iterator[str]:
    info = found.info
    if found.levels.empty:
        yield f"There is no plan to cut: {info['why']}."
        return
    yield f"What is cut is {info['money']}: the plan spends {rough(info['of_which_counts'])} of it."
    for row in rows_of(found.levels.head(3)):
        if row.status != NESTED:
            yield f"At -{row.cut:g} % there is no nested portfolio: {row.status or 'not reached'}."
            continue
        names = [name for name in row.gives_up.split(";") if name]
        gone = f"{counted(len(names), 'option')} ({listed(names, 3)})" if names else "no option"
        column = next((str(name) for name in found.levels.columns if str(name).startswith("more_")), "")
        more = float(getattr(row, column)) if column else 0.0
        where = column.removeprefix("more_")
        short = f", and leaves {rough_tonnes(more)} more short in {where}" if more > SMALL else ""
        yield f"At -{row.cut:g} %, {rough(row.most)} left, it gives up {gone}, costs {_costs(row)}{short}."
    goes = found.order[found.order["goes"] != "kept"] if len(found.order) else found.order
    if len(goes):
        first = goes.iloc[0]
        yield f"The first to give up is {first['facility']}:{first['option']}."


def _costs(row: Any) -> str:
    """What a cut costs more, as both gaps allow."""
    least, most = number_of(row.costs_more_at_least), number_of(row.costs_more_at_most)
    if most is None:
        return f"{rough(row.costs_more)} more as it stands"
    if least is None or least <= 0:
        return f"at most {rough(most)} more" if most > 0 else f"at least {rough(-most)} less"
    return f"{rough(least)} to {rough(most)} more" if rough(least) != rough(most) else f"{rough(most)} more"


def _pictures(found: CutList) -> Iterator[Picture]:
    if found.order.empty:
        return
    rows = [row for row in rows_of(found.order) if number_of(row.saves)][:MOST_BARS]
    names = [f"{row.facility}:{row.option}" for row in rows]
    places = dict.fromkeys(row.goes for row in rows)
    series = {
        ("kept at every cut" if goes == "kept" else f"goes at {goes}"): (
            [0.0] * len(rows),
            [row.saves / M if row.goes == goes else None for row in rows],
        )
        for goes in places
    }
    said = listed((f"{name} {row.goes}, {row.saves / M:,.1f} M USD" for name, row in zip(names, rows, strict=True)), 8)
    yield bars(
        "What each option saves, the first to give up first",
        f"Options in the order in which they are given up, with the cut at which each goes and what it saves: {said}.",
        names,
        series,
        axis("saves, M USD"),
    )


CONTENT: Content[CutList] = Content(
    title=lambda found: f"Cut list of {found.info['instance']}",
    say=say,
    alerts=_alerts,
    answer=_answer,
    pictures=_pictures,
    settings=("status", "plan", "baseline", "of", "levels_at", "weights", "measure", "options_of_solves", "seconds"),
)
