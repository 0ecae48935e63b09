"""Stress tests that lie beside plans, side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.comparison.columns import Plans, table
from optimizer.losses.case import case_of
from optimizer.losses.report import PROVED
from optimizer.network.calendar import calendar_of

NOTE = "stress.json"
ANY = "any"
Question = tuple[str, int, int, str, str]
"""What is lost, how many at once, for how many years, from when (`any` of the horizon), markets with their weights."""


def survival_of(plans: Plans, folders: Mapping[str, Path]) -> pd.DataFrame:
    """A row for each plan and each question that it, or the baseline, was asked by `optimizer stress`.

    Args:
        plans: by name.
        folders: of those that were read from one. Stress tests are looked for in `FOLDER_stress*` beside it, and count
            where they are of the same fundings and stock.
    """
    names = list(plans)
    found = {name: _tests(plans, name, folders.get(name)) for name in names}
    base = found[names[0]]
    rows = []
    for name in names[1:]:
        for key in dict.fromkeys([*base, *found[name]]):
            now, before = found[name].get(key, {}), base.get(key, {})
            row: dict[str, Any] = dict(zip(("of", "losses", "duration", "onsets", "markets"), key, strict=True)) | {
                "plan": name
            }
            for head, test in (("", now), ("baseline_", before)):
                worst = test.get("worst") or {}
                row[f"{head}status"] = test.get("status", "not asked")
                row[f"{head}worst"] = ";".join(worst.get("losses", ()))
                row[f"{head}short"] = test.get("lower")
                row[f"{head}at_most"] = test.get("upper")
                row[f"{head}single_points"] = len(test["single_points_of_failure"]) if test else None
            both = row["short"] is not None and row["baseline_short"] is not None
            row["difference"] = row["short"] - row["baseline_short"] if both else None
            rows.append(row)
    numbers = ("short", "at_most", "baseline_short", "baseline_at_most", "difference")
    counts = ("single_points", "baseline_single_points")
    return table("survival", rows).astype(dict.fromkeys(numbers, float) | dict.fromkeys(counts, "Int64"))


def _tests(plans: Plans, name: str, folder: Path | None) -> dict[Question, Mapping[str, Any]]:
    """The stress tests of a plan, by question."""
    if folder is None:
        return {}
    whole = folder.resolve()
    notes = sorted(whole.parent.glob(f"{whole.name}_stress*/{NOTE}"))
    found: dict[Question, Mapping[str, Any]] = {}
    mine = case_of(plans[name], {}, {}).plan_hash() if notes else ""
    horizon = set(calendar_of(plans[name].instance).periods)
    for note in notes:
        try:
            test = json.loads(note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if not isinstance(test, dict) or test.get("plan_sha256") != mine or "lower" not in test:
            continue
        if test.get("instance_sha256") != plans[name].info.get("instance_sha256"):
            continue
        markets = ";".join(f"{market}={weight:g}" for market, weight in test["weights"].items())
        years = [one["onset"] for one in test["onsets"]]
        onsets = ANY if {*years, *test["left_out"]} == horizon else ";".join(map(str, years))
        key = (test["of"], int(test["losses"]), int(test["duration"]), onsets, markets)
        if key not in found or test["status"] == PROVED:  # the same test in two folders, one of them stopped
            found[key] = test
    return found
