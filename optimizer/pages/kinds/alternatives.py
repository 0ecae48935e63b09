"""The page of near-equal portfolios."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.briefs.alternatives import say
from optimizer.briefs.words import number_of, rough
from optimizer.near_optimal import Alternatives
from optimizer.near_optimal.facts import ALL, NONE, OPEN, SOME
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content, Sure, counted, listed
from optimizer.pages.pictures import MOST_BARS, M, Picture, axis, bars
from optimizer.plan.columns import rows_of

TABLES = {
    "portfolios": Columns(
        "leaves_out funds_instead",
        "portfolio options differs apart apart_at_most",
        "cost costs_more capex public_outlay shortage_usd",
    ),
    "options": Columns(
        "facility option stage country verdict",
        "found_with found_without listed_with",
        "capex in_best forced_in_at_least forced_in_at_most left_out_at_least left_out_at_most",
    ),
    "funded": Columns("facility option"),
}


def read(folder: Path, info: dict[str, Any]) -> Alternatives:
    """Alternatives from their folder; the plans themselves are not read."""
    tables: dict[str, Any] = {name: read_table(folder, name, columns) for name, columns in TABLES.items()}
    return Alternatives(info, **tables)


def _alerts(found: Alternatives) -> Iterator[str]:
    info = found.info
    if info["status"] != "optimal":
        yield f"{str(info['status']).capitalize()}: {info['why']}."


def _names(found: Alternatives) -> dict[str, tuple[str, ...]]:
    """Options by their verdict."""
    table = found.options
    return {
        verdict: tuple(f"{row.facility}:{row.option}" for row in rows_of(table[table["verdict"] == verdict]))
        for verdict in (ALL, SOME, NONE, OPEN)
    }


def _sure(found: Alternatives) -> Sure | None:
    if found.portfolios.empty:
        return None
    names = _names(found)
    over = f"plans within {rough(found.info['within_usd'])} of the best for the data as they stand"
    return Sure(over, False, names[ALL], names[SOME], names[NONE], names[OPEN])


def _answer(found: Alternatives) -> Iterator[str]:
    info = found.info
    if found.portfolios.empty:
        yield f"There is no plan: {info['why']}."
        return
    names = _names(found)
    capex = info["capex"]
    share = f", {info['within_usd'] / capex:.1%} of the capex that the best funds" if capex else ""
    yield (
        f"Near-equal is what costs at most {rough(info['within_usd'])} more than the best plan found, "
        f"{rough(info['best'])}{share}."
    )
    yield f"In all near-equal portfolios, proved: {listed(names[ALL], 8) or 'no option'}."
    yield f"In none, proved: {listed(names[NONE]) or 'no option'}."
    some, still = len(names[SOME]), len(names[OPEN])
    yield f"Of {counted(info['options'], 'option')}, {some} are in some and not in others, and {still} are not proved."
    if info["no_others"]:
        yield f"There is no near-equal portfolio besides the {len(found.portfolios)} listed: proved."
    else:
        yield f"{counted(len(found.portfolios), 'portfolio')} listed, that differ as much as was found."


def _pictures(found: Alternatives) -> Iterator[Picture]:
    table = found.options[found.options["verdict"].isin((ALL, NONE))] if len(found.options) else found.options
    series: dict[str, tuple[list[float | None], list[float | None]]] = {}
    names: list[str] = []
    for verdict, side, words in (
        (ALL, "left_out", "in all: leaving it out"),
        (NONE, "forced_in", "in none: forcing it in"),
    ):
        mine = table[table["verdict"] == verdict].dropna(subset=[f"{side}_at_least", f"{side}_at_most"])
        mine = mine.sort_values(f"{side}_at_least", ascending=False, kind="stable").head(MOST_BARS - len(names))
        if mine.empty:
            continue
        before = len(names)
        names += [f"{row.facility}:{row.option}" for row in rows_of(mine)]
        least = [number_of(value) for value in mine[f"{side}_at_least"]]
        most = [number_of(value) for value in mine[f"{side}_at_most"]]
        blank: list[float | None] = [None] * before
        series[words] = (
            blank + [(low or 0.0) / M for low in least],
            blank + [max((high or 0.0) - (low or 0.0), 0.0) / M for low, high in zip(least, most, strict=True)],
        )
    if not names:
        return
    said = listed((f"{row.facility}:{row.option} {_span(row)}" for row in rows_of(table)), 8)
    yield bars(
        "What an option costs that is decided, from the least to the most that the proofs leave",
        f"What leaving out costs of options that are in all, and forcing in of those in none: {said}.",
        names,
        series,
        axis("costs more, M USD", rangemode="tozero"),
    )


def _span(row: Any) -> str:
    side = "left_out" if row.verdict == ALL else "forced_in"
    ends = (getattr(row, f"{side}_at_least"), getattr(row, f"{side}_at_most"))
    if any(pd.isna(end) for end in ends):
        return f"({row.verdict})"
    return f"({row.verdict}) {rough(ends[0])} to {rough(ends[1])}"


CONTENT: Content[Alternatives] = Content(
    title=lambda found: f"Alternatives to the plan of {found.info['instance']}",
    say=say,
    alerts=_alerts,
    answer=_answer,
    pictures=_pictures,
    sure=_sure,
    settings=(
        "status",
        "tolerance",
        "within_usd",
        "gap",
        "lean",
        "count",
        "best",
        "bound",
        "solves",
        "options_of_solves",
        "seconds",
    ),
)
