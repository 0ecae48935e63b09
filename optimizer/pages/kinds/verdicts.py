"""The page of verdicts on options."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.briefs.verdicts import say, troubles_of
from optimizer.briefs.words import rough
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content, Sure, counted, listed
from optimizer.pages.pictures import MOST_BARS, Picture, axis, bars
from optimizer.plan.columns import rows_of
from optimizer.robustness import Verdicts
from optimizer.robustness.tally import MUST, NEVER, TOSS_UP, UNDECIDED

TABLES = {
    "options": Columns(
        "facility option stage country verdict as_data_stand",
        "samples in_all in_some in_none not_proved no_plan_without samples_to_decide",
        "capex in_all_low in_all_high in_none_low in_none_high regret_mean_at_least regret_mean_at_most "
        "regret_largest_at_least regret_largest_at_most forced_in_mean_at_least forced_in_mean_at_most",
    ),
    "by_variant": Columns("group label facility option", "samples in_all in_some in_none not_proved"),
    "samples": Columns("status why", "sample"),
}
COUNTS = {"in all": "in_all", "in some": "in_some", "in none": "in_none", "not proved": "not_proved"}


def read(folder: Path, info: dict[str, Any]) -> Verdicts:
    """Verdicts from their folder; what was drawn and funded in each sample is not read."""
    tables = {name: read_table(folder, name, columns) for name, columns in TABLES.items()}
    return Verdicts(info, **tables, draws=pd.DataFrame(), funded=pd.DataFrame())


def _names(found: Verdicts, verdict: str) -> list[str]:
    mine = found.options[found.options["verdict"] == verdict]
    return [f"{row.facility}:{row.option}" for row in rows_of(mine)]


def _answer(found: Verdicts) -> Iterator[str]:
    info = found.info
    yield (
        f"Over {counted(info['by_status']['solved'], 'sample')} of what the data may be; near-optimal is a plan that "
        f"costs at most {rough(info['within_usd'])} more than the best."
    )
    must, never, toss, open_ = (_names(found, verdict) for verdict in (MUST, NEVER, TOSS_UP, UNDECIDED))
    yield f"Must fund: {listed(must, 8) or 'none'}."
    yield f"Toss-up, where the data decide or it matters little: {listed(toss) or 'none'}."
    yield f"Never: {listed(never) or 'none'}."
    if open_:
        yield f"Undecided: {listed(open_)}: these samples do not tell."


def _sure(found: Verdicts) -> Sure | None:
    info = found.info
    if not info["by_status"]["solved"]:
        return None
    must, toss, never, open_ = (tuple(_names(found, verdict)) for verdict in (MUST, TOSS_UP, NEVER, UNDECIDED))
    groups = list(info.get("groups") or ())
    moved = f"of the data, with variants of {' and '.join(groups)}," if groups else "of the data"
    near = f"{counted(info['by_status']['solved'], 'sample')} {moved} within {rough(info['within_usd'])} of the best"
    needed = found.options[found.options["no_plan_without"] == found.options["samples"]]
    required = {f"{row.facility}:{row.option}" for row in rows_of(needed)}
    return Sure(near, True, must, toss, never, open_, tuple(name for name in must if name in required))


def _pictures(found: Verdicts) -> Iterator[Picture]:
    order = {MUST: 0, TOSS_UP: 1, UNDECIDED: 2, NEVER: 3}
    rows = found.options.assign(place=found.options["verdict"].map(order))
    rows = rows.sort_values(["place", "in_all", "in_some"], ascending=[True, False, False], kind="stable")
    rows = rows.head(MOST_BARS)
    if rows.empty:
        return
    names = [f"{row.facility}:{row.option}" for row in rows_of(rows)]
    series = {words: ([0.0] * len(rows), [int(value) for value in rows[column]]) for words, column in COUNTS.items()}
    said = listed((f"{name} {row.in_all} of {row.samples} ({row.verdict})"
                   for name, row in zip(names, rows_of(rows), strict=True)), 8)  # fmt: skip
    yield bars(
        "In how many samples all, some or none of the near-optimal plans fund it",
        f"Samples in which all near-optimal plans fund an option: {said}.",
        names,
        series,
        axis("samples"),
        stacked=True,
    )


CONTENT: Content[Verdicts] = Content(
    title=lambda found: f"Verdicts on the options of {found.info['instance']}",
    say=say,
    alerts=troubles_of,
    answer=_answer,
    pictures=_pictures,
    sure=_sure,
    settings=(
        "status",
        "samples",
        "share",
        "level",
        "within_usd",
        "confidence",
        "ranges",
        "only",
        "together",
        "vary",
        "groups",
        "method",
        "gap",
        "seed",
        "seconds",
    ),
)
