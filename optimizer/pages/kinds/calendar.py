"""The page of a decision calendar."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.briefs.calendars import say
from optimizer.briefs.words import number_of, rough
from optimizer.budgeting import DecisionCalendar
from optimizer.budgeting.line_tables import CAN_WAIT, NOT_NEEDED, NOW, OPEN
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content, counted, listed
from optimizer.pages.pictures import MOST_BARS, Picture, bars, years
from optimizer.plan.columns import rows_of

TABLES = {
    "lines": Columns(
        "facility option stage country verdict wait_1 dates instead then_short",
        "funded online qualified last_year last_year_at_most too_late last_year_served baseline_funded years_later",
        "capex public_outlay wait_1_at_least wait_1_at_most never_at_least never_at_most",
    ),
    "waits": Columns("facility option status", "funded not_before waits", "costs_at_least costs_at_most"),
}


def read(folder: Path, info: dict[str, Any]) -> DecisionCalendar:
    """A decision calendar from its folder."""
    return DecisionCalendar(info, **{name: read_table(folder, name, columns) for name, columns in TABLES.items()})


def _alerts(found: DecisionCalendar) -> Iterator[str]:
    info = found.info
    if info["status"] != "done":
        yield f"{str(info['status']).capitalize()}: {info['why']}."


def _answer(found: DecisionCalendar) -> Iterator[str]:
    lines, info = found.lines, found.info
    if info["plan_cost"] is None:
        yield f"There is no plan to ask about: {info['why']}."
        return
    names = {row: [f"{one.facility}:{one.option}" for one in rows_of(lines[lines["verdict"] == row])]
             for row in (NOW, CAN_WAIT, OPEN, NOT_NEEDED)}  # fmt: skip
    within = rough(info["within_usd"])
    yield (
        f"Of {counted(len(lines), 'funding')}, {len(names[NOW])} cannot wait a year at {within} or less"
        + (f": {listed(names[NOW])}." if names[NOW] else ".")
    )
    waits = [f"{row.facility}:{row.option} until {row.last_year}"
             for row in rows_of(lines[lines["verdict"] == CAN_WAIT])]  # fmt: skip
    if waits:
        yield f"Can wait: {listed(waits)}."
    if names[NOT_NEEDED]:
        yield f"Never needed, for a plan without it is as good: {listed(names[NOT_NEEDED])}."
    if names[OPEN]:
        yield f"Not proved: {listed(names[OPEN])}."
    known = lines.dropna(subset=["wait_1_at_least"])
    if len(known):
        row = known.sort_values("wait_1_at_least", ascending=False, kind="stable").iloc[0]
        most = number_of(row["wait_1_at_most"])
        least = rough(row["wait_1_at_least"])
        said = f"at least {least}" if most is None else least if least == rough(most) else f"{least} to {rough(most)}"
        yield f"A year's wait costs most for {row['facility']}:{row['option']}: {said}."


def _pictures(found: DecisionCalendar) -> Iterator[Picture]:
    lines = found.lines.sort_values(["funded", "last_year"], kind="stable").head(MOST_BARS)
    if lines.empty:
        return
    end = int(max(lines["online"].max(), lines["last_year_at_most"].max(), lines["last_year"].max())) + 1
    rows = list(rows_of(lines))
    names = [f"{row.facility}:{row.option}" for row in rows]
    wait = [_until(row, end) - int(row.funded) + 1 for row in rows]
    series = {
        "may be funded": ([int(row.funded) - 0.5 for row in rows], wait),
    }
    said = listed(
        (f"{name} from {row.funded} to {'the end' if row.verdict == NOT_NEEDED else row.last_year}"
         for name, row in zip(names, rows, strict=True)), 8,
    )  # fmt: skip
    picture = bars(
        "From the year planned to the last responsible one",
        f"Years in which each option may be funded: {said}.",
        names,
        series,
        years() | {"range": [int(lines["funded"].min()) - 0.6, end + 0.6]},
    )
    marks = {
        "type": "scatter", "mode": "markers", "name": "on line, as planned", "meta": 1,
        "x": [int(row.online) for row in rows], "y": picture.data[0]["y"],
        "marker": {"symbol": "diamond", "size": 10},
    }  # fmt: skip
    layout = picture.layout | {"showlegend": True}
    yield Picture(picture.title, picture.words, (*picture.data, marks), layout, picture.height)


def _until(row: Any, end: int) -> int:
    if row.verdict == NOT_NEEDED or pd.isna(row.last_year):
        return end
    return int(row.last_year)


CONTENT: Content[DecisionCalendar] = Content(
    title=lambda found: f"Decision calendar of {found.info['instance']}",
    say=say,
    alerts=_alerts,
    answer=_answer,
    pictures=_pictures,
    settings=("status", "plan", "baseline", "within_usd", "waits", "priced", "options_of_solves", "seconds"),
)
