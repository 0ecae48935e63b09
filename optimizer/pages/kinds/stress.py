"""The page of a stress test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimizer.briefs.stresses import say
from optimizer.briefs.words import rough_tonnes
from optimizer.losses import KINDS, Stress
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content, counted, listed
from optimizer.pages.pictures import Picture, axis, bars
from optimizer.plan.columns import rows_of

TABLES = {
    "losses": Columns(
        "loss takes answerable single_point_of_failure survives_or_more complete",
        "worst_onset survives_years",
        "tonnes_short",
    ),
    "worst": Columns("market product", "period", "demand short short_without_loss"),
}
MOST = 15
"""Bars of a picture."""


def read(folder: Path, info: dict[str, Any]) -> Stress:
    """A stress test from its folder."""
    return Stress(info, **{name: read_table(folder, name, columns) for name, columns in TABLES.items()})


def _alerts(found: Stress) -> Iterator[str]:
    info = found.info
    if not found.proved:
        yield f"{str(info['status']).capitalize()}: {info['why']}."
    if info["short_without_loss"]:
        names = listed(dict.fromkeys(row["market"] for row in info["short_without_loss"]))
        yield f"Short even without a loss: {names}."
    if info["left_out"]:
        yield f"Left out, for a loss would end inside a period: {listed(info['left_out'])}."


def _answer(found: Stress) -> Iterator[str]:
    info = found.info
    yield str(info["verdict"])
    hurt = found.losses[found.losses["single_point_of_failure"] == "yes"]
    one = KINDS[str(info["of"])]
    if len(hurt):
        row = next(iter(rows_of(hurt)))
        short = "leaves no answer" if row.answerable == "no" else f"leaves {rough_tonnes(row.tonnes_short)} short"
        yield (
            f"Single points of failure: {len(hurt)} of {len(found.losses)}; the worst {one}, {row.loss} lost from "
            f"{row.worst_onset}, {short}."
        )
    restores = info["restores"]
    if restores is not None:
        whole = [f"{row['facility']}:{row['option']}" for row in restores["options"] if row["restores"]]
        stock = "stock alone restores service" if restores["stock_alone"] else "stock alone does not restore service"
        yield f"After the worst loss {stock}; of options not funded {listed(whole) or 'none'} would by itself."
    done = sum(row["proved"] for row in info["onsets"])
    yield (
        f"{counted(info['candidates'], 'candidate')}, {info['losses']} lost at once, for {info['duration']} yr: "
        f"{done} of {counted(len(info['onsets']), 'onset')} searched to the end."
    )


def _pictures(found: Stress) -> Iterator[Picture]:
    rows = found.losses[found.losses["tonnes_short"] > 0].head(MOST)
    if rows.empty:
        return
    every = list(rows_of(rows))
    names = [str(row.loss) for row in every]
    series = {"short": ([0.0] * len(every), [float(row.tonnes_short) for row in every])}
    said = listed((f"{row.loss} from {row.worst_onset} {rough_tonnes(row.tonnes_short)}" for row in every), 8)
    yield bars(
        "What each single loss leaves short, at its worst onset",
        f"Single losses and what they leave short: {said}.",
        names,
        series,
        axis("short, t"),
    )


CONTENT: Content[Stress] = Content(
    title=lambda found: f"Stress test of {found.info['instance']}: {found.info['of']}",
    say=say,
    alerts=_alerts,
    answer=_answer,
    pictures=_pictures,
    settings=("status", "of", "losses", "duration", "weights", "candidates", "left_out", "plan_sha256", "seconds"),
)
