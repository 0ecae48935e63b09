"""The page of a study of measures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.briefs.measures import say
from optimizer.briefs.words import rough, rough_tonnes
from optimizer.effectiveness import Measures
from optimizer.effectiveness.tables import DONE
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content, counted
from optimizer.pages.pictures import Picture, axis, bars

TABLES = {
    "measures": Columns(
        "plan kind measure unit worst strictest status",
        "options",
        "capacity capex outlay outlay_discounted windfall system saved avoided worst_avoided public_per_capacity "
        "public_per_avoided system_per_avoided public_per_strictest system_per_strictest stock_kept",
    ),
    "futures": Columns("plan kind measure future channel material", "", "probability short without avoided"),
    "capacity": Columns(
        "plan kind measure stage materials",
        "options",
        "capacity capex outlay_discounted public_per_capacity capex_per_capacity",
    ),
    "authorities": Columns("plan kind measure appropriation authority", "", "usd discounted"),
    "outlay": Columns(
        "plan appropriation authority account instrument recipient item", "year", "usd nominal discounted"
    ),
    "owed": Columns("plan instrument kind", "year facilities", "usd public"),
}
MOST = 15
"""Bars of a picture."""


def read(folder: Path, info: dict[str, Any]) -> Measures:
    """A study of measures from its folder."""
    return Measures(info, **{name: read_table(folder, name, columns) for name, columns in TABLES.items()})


def _alerts(found: Measures) -> Iterator[str]:
    if found.info["status"] == "stopped":
        yield "Stopped early: what was not operated by then is blank. The same command goes on from there."


def _answer(found: Measures) -> Iterator[str]:
    done = found.measures[found.measures["status"] == DONE]
    if not len(done):
        yield "No measure could be told."
        return
    some = done[done["avoided"] > 0]
    number = len(some)
    yield (
        f"Of {counted(len(done), 'measure')} {number} avoid{'s' if number == 1 else ''} a shortage on the mean over "
        "futures, each as the last one taken in."
    )
    for column, payer in (("public_per_avoided", "governments"), ("system_per_avoided", "the system")):
        priced = some[some[column] > 0]
        if len(priced):
            ordered = priced.sort_values(column, kind="stable")
            least, most = ordered.iloc[0], ordered.iloc[-1]
            yield (
                f"A tonne avoided costs {payer} between {rough(float(least[column]))} ({least['measure']}) and "
                f"{rough(float(most[column]))} ({most['measure']})."
            )
    paid = float(found.outlay["usd"].sum())
    if paid:
        yield f"Public outlay of all is {rough(paid)}, undiscounted."


def _pictures(found: Measures) -> Iterator[Picture]:
    for name, mine in found.measures.groupby("plan", sort=False):
        some = mine[mine["avoided"] > 0].sort_values("avoided", ascending=False, kind="stable").head(MOST)
        tiers = [k for k in found.info["tiers"] if some[f"avoided_{k}"].notna().any()]
        if len(some):
            names = [f"{row['kind']} {row['measure']}" for _, row in some.iterrows()]
            words = "; ".join(
                f"{said} {rough_tonnes(float(tonnes))}" for said, tonnes in zip(names, some["avoided"], strict=True)
            )
            series = {k: ([None] * len(some), _or_none(some[f"avoided_{k}"])) for k in tiers}
            title = f"Shortage avoided by each measure of {found.info['instances'][name]}, as the last one taken in"
            yield bars(title, f"T avoided on the mean over futures: {words}.", names, series, axis("t"), stacked=True)


def _or_none(tonnes: pd.Series[Any]) -> list[float | None]:
    return [None if pd.isna(amount) else float(amount) for amount in tonnes]


CONTENT: Content[Measures] = Content(
    title=lambda found: f"Measures of {found.info['instance']}, by what they cost and what they avoid",
    say=say,
    alerts=_alerts,
    answer=_answer,
    pictures=_pictures,
    settings=("status", "by", "tiers", "operated", "seconds"),
)
