"""What the page takes from `benchmarks/results`: the newest record of each measurement."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from figures import short_name

from optimizer.instance.instance import Instance

SHOWN = 5
"""How many of the numbers that the portfolio is most sensitive to are shown."""


def newest(folder: Path, name: str, kind: str) -> Path:
    """The newest result of a benchmark; their names begin with the date."""
    found = sorted(folder.glob(f"*-{name}.{kind}"))
    return found[-1] if found else folder / f"{name}.{kind}"


def rows_in(file: Path) -> list[dict[str, str]]:
    """The rows of a table; none where it is not there."""
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def backcast(file: Path) -> list[dict[str, str]]:
    """Published and modelled figures of 2025."""
    return rows_in(file)


def library(file: Path) -> list[dict[str, Any]]:
    """What each disruption of the library does to the undisrupted plan, dearest first."""
    if not file.is_file():
        return []
    results: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["results"]
    return sorted(results, key=lambda row: -float(row["cost_musd"]))


def library_made(file: Path, sha: str) -> str:
    """When the effects of the library were measured, and whether on another state of the instance; in words."""
    if not file.is_file():
        return ""
    same = json.loads(file.read_text(encoding="utf-8")).get("instance_sha256") == sha
    return file.name[:10] if same else f"{file.name[:10]} and of an earlier state of the instance"


def survived(folder: Path, name: str, plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What plans of an instance were proved to survive without shortage.

    Each kind of loss is told by the latest run that tested it: one of fewer kinds does not hide the others.

    Args:
        folder: where results are kept.
        name: the instance; files are named `DATE-NAME-stress.json`.
        plan: `instance_sha256` and `objective` of the plan that the page is about.

    Returns:
        A row per date, newest first: `date`, `plan` in words (this one, another of this instance, or of an earlier
        state of the instance), `words` of the hardest losses of each kind.
    """
    found: list[dict[str, Any]] = []
    told: set[str] = set()
    documents = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob(f"*-{name}-stress.json")]
    for document in sorted(documents, key=lambda document: str(document["date"]), reverse=True):
        best: dict[str, tuple[int, int]] = {}
        for test in document["tests"]:
            if test["of"] not in told and test["status"] == "proved" and test["upper"] == 0:
                best[test["of"]] = max(best.get(test["of"], (0, 0)), (test["losses"], test["duration"]))
        told |= {test["of"] for test in document["tests"]}
        if best:
            made = (
                "this plan"
                if document["plan"].get("objective") == plan.get("objective")
                else "another plan of the instance"
            )
            if document["plan"].get("instance_sha256") != plan.get("instance_sha256"):
                made = "a plan of an earlier state of the instance"
            found.append({"date": document["date"][:10], "plan": made, "words": [lost(k, *n) for k, n in best.items()]})
    return found


def lost(of: str, losses: int, years: int) -> str:
    """A number of losses of a kind, in words."""
    return f"any {losses} of the {of} lost for {years} year{'s' if years > 1 else ''}"


def qualified(file: Path) -> dict[str, Any]:
    """The worst loss of one facility for a year where new makers must be qualified; empty without such a test."""
    if not file.is_file():
        return {}
    document = json.loads(file.read_text(encoding="utf-8"))
    for test in document["tests"]:
        if (test["of"], test["losses"], test["duration"]) == ("facilities", 1, 1) and test["worst"]:
            worst = test["worst"]
            return {"short": worst["tonnes_short"], "onset": worst["onset"], "date": document["date"][:10]}
    return {}


def sensitive(screen: Path, confirmed: Path, instance: Instance) -> dict[str, Any]:
    """The numbers at whose ends the base portfolio is most too dear, by whole solves; then those that move most capex.

    Returns:
        `numbers` swept, `moving` how many move more than 1 M USD of capex in the relaxation, `solved` how many whole,
        `date` of the sweep, `rows` of the first ones: words, factor, change_usd and moved_usd of the relaxation at its
        worse end, verdict of the whole solves at either end.
    """
    worst: dict[str, dict[str, str]] = {}
    for row in rows_in(screen):
        size = (float(row["moved_usd"] or 0), abs(float(row["change_usd"] or 0)))
        known = worst.get(row["key"])
        if known is None or size > (float(known["moved_usd"] or 0), abs(float(known["change_usd"] or 0))):
            worst[row["key"]] = row
    verdicts: dict[str, dict[str, Mapping[str, str]]] = {}
    for row in rows_in(confirmed):
        verdicts.setdefault(row["key"], {})[row["end"]] = row

    def rank(row: Mapping[str, str]) -> tuple[float, float, float]:
        ends = verdicts.get(row["key"], {}).values()
        shown = [float(end["saves_at_least"] or 0) for end in ends if end["verdict"] == "changes"]
        return max(shown, default=0.0), float(row["moved_usd"] or 0), abs(float(row["change_usd"] or 0))

    order = sorted(worst.values(), key=rank, reverse=True)
    return {
        "date": screen.name[:10],
        "numbers": len(worst),
        "solved": len(verdicts),
        "moving": sum(float(row["moved_usd"] or 0) > 1e6 for row in worst.values()),
        "rows": [
            {
                "words": words(row["key"], instance),
                "factor": row["factor"],
                "change_usd": float(row["change_usd"] or 0),
                "moved_usd": float(row["moved_usd"] or 0),
                "verdict": "; ".join(
                    verdict(verdicts[row["key"]][end]) for end in ("low", "high") if end in verdicts.get(row["key"], {})
                ),
            }
            for row in order[:SHOWN]
        ],
    }


def verdict(row: Mapping[str, str]) -> str:
    """What the whole solves say of the base portfolio at an end of a number's range."""
    said = f"x {float(row['factor']):g}: {row['verdict']}"
    if row["verdict"] == "changes" and row["saves_at_least"]:
        said += f", {float(row['saves_at_least']) / 1e6:,.0f} M USD too dear"
    return said


FIELDS = {
    ("demand", "tonnes"): "demand for",
    ("demand", "shortage_cost"): "cost of a shortage of",
    ("options", "capex"): "capex of",
    ("options", "capacity"): "size of",
    ("options", "fixed_cost"): "fixed cost of",
}


def words(key: str, instance: Instance) -> str:
    """A key as `--set` takes it, in words."""
    parts: Sequence[str] = key.split(".")
    if parts[0] == "markets" and parts[2] == "demand" and parts[1] in instance.markets:
        return f"{FIELDS['demand', parts[4]]} {short_name(parts[3])}: {instance.markets[parts[1]].name or parts[1]}"
    if parts[0] == "facilities" and parts[1] in instance.facilities:
        name = instance.facilities[parts[1]].name or parts[1]
        if parts[2] == "options":
            return f"{FIELDS['options', parts[4]]} {name} ({parts[3]})"
        return f"costs of recipes at {name}" if parts[2] == "recipes" else f"{parts[2].replace('_', ' ')} of {name}"
    return f"`{key}`"
