"""The page of why plants are funded or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimizer.briefs.reasons import lines_of, say, wide_of
from optimizer.briefs.words import rough
from optimizer.near_optimal import Why
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content, listed
from optimizer.pages.pictures import Picture
from optimizer.plan.columns import rows_of

TABLES = {
    "options": Columns(
        "facility option status",
        "lead enters_at_lead not_at_lead",
        "capex costs_at_least costs_at_most enters_at_capex not_at_capex enters_at_price not_at_price",
    )
}


def read(folder: Path, info: dict[str, Any]) -> Why:
    """Reasons from their folder."""
    return Why(info, **{name: read_table(folder, name, columns) for name, columns in TABLES.items()})


def _alerts(found: Why) -> Iterator[str]:
    if found.info["status"] == "stopped":
        yield "Stopped early: only what was asked until then is here."
    elif found.info["best"] is None:
        yield f"There is no plan to compare with: {found.info['status']}."
    if wide := wide_of(found):
        yield f"{wide[0].upper()}{wide[1:]}."


def _answer(found: Why) -> Iterator[str]:
    for row in rows_of(found.options.head(4)):
        said = "; ".join(lines_of(row, found.info["within_usd"]))
        yield f"{row.facility}:{row.option}, capex {rough(row.capex)}: {row.status}; {said}."


def _pictures(_: Why) -> Iterator[Picture]:
    return iter(())


CONTENT: Content[Why] = Content(
    title=lambda found: f"Why {listed(dict.fromkeys(found.options['facility'])) or 'a plant'} is funded or not",
    say=say,
    alerts=_alerts,
    answer=_answer,
    pictures=_pictures,
    settings=("status", "within_usd", "best", "bound", "options_of_solves", "solves", "seconds"),
)
