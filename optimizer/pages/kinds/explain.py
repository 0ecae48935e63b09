"""The page of why there is no plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimizer.briefs.explanations import say
from optimizer.conflict import Explanation
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content, counted
from optimizer.pages.pictures import Picture

TABLES = {
    "conflict": Columns("requirement kind path text detail years scenarios", "conflict"),
    "repairs": Columns("requirement path text unit restores to", "conflict", "amount least"),
}


def read(folder: Path, info: dict[str, Any]) -> Explanation:
    """An explanation from its folder."""
    return Explanation(info, **{name: read_table(folder, name, columns) for name, columns in TABLES.items()})


def _alerts(found: Explanation) -> Iterator[str]:
    if found.status in ("stopped", "unknown"):
        yield f"{found.status.capitalize()}: {found.info['why']}."


def _answer(found: Explanation) -> Iterator[str]:
    info = found.info
    if found.status == "plan":
        yield f"There is a plan ({info['why']}): nothing is to be explained."
        return
    if not info["conflicts"]:
        yield f"Whether there is a plan was not found out: {info['why']}."
        return
    first = info["conflicts"][0]["requirements"]
    texts = "; ".join(row["text"] for row in first[:4])
    yield f"There is no plan: {counted(len(first), 'requirement')} cannot be met together: {texts}."
    if len(info["conflicts"]) > 1 or info["more_conflicts"]:
        more = " and there are more" if info["more_conflicts"] else ""
        yield f"{counted(len(info['conflicts']), 'conflict')} found{more}."
    restoring = [row for row in info["repairs"] if row["restores"] == "yes"]
    for row in restoring[:2]:
        yield f"There is a plan again if {row['text']}."
    if not restoring:
        yield "No single change was found that restores a plan."


def _pictures(_: Explanation) -> Iterator[Picture]:
    return iter(())


CONTENT: Content[Explanation] = Content(
    title=lambda found: (
        f"Why {found.info['instance']} has no plan"
        if found.status != "plan"
        else f"{found.info['instance']} has a plan"
    ),
    say=say,
    alerts=_alerts,
    answer=_answer,
    pictures=_pictures,
    settings=("status", "courses", "size", "smallest_at_least", "more_conflicts", "tests", "options", "seconds"),
)
