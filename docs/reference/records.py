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


def survived(file: Path) -> list[str]:
    """What a plan of the instance was proved to survive without shortage; empty without a stress test."""
    if not file.is_file():
        return []
    tests = json.loads(file.read_text(encoding="utf-8"))["tests"]
    best: dict[str, tuple[int, int]] = {}
    for test in tests:
        if test["status"] == "proved" and test["upper"] == 0:
            best[test["of"]] = max(best.get(test["of"], (0, 0)), (test["losses"], test["duration"]))
    return [f"any {losses} of the {of} lost for {years} years" for of, (losses, years) in best.items()]


def sensitive(screen: Path, confirmed: Path, instance: Instance) -> dict[str, Any]:
    """The numbers that move most capex of the relaxed portfolio, each at its worse end, with what whole solves say.

    Returns:
        `numbers` swept, `moving` how many move more than 1 M USD, `date` of the sweep, `rows` of the first ones: words,
        factor, change_usd and moved_usd of the relaxation, verdict of the whole solves at either end.
    """
    worst: dict[str, dict[str, str]] = {}
    for row in rows_in(screen):
        size = (float(row["moved_usd"] or 0), abs(float(row["change_usd"] or 0)))
        known = worst.get(row["key"])
        if known is None or size > (float(known["moved_usd"] or 0), abs(float(known["change_usd"] or 0))):
            worst[row["key"]] = row
    order = sorted(worst.values(), key=lambda r: (-float(r["moved_usd"] or 0), -abs(float(r["change_usd"] or 0))))
    verdicts: dict[str, dict[str, Mapping[str, str]]] = {}
    for row in rows_in(confirmed):
        verdicts.setdefault(row["key"], {})[row["end"]] = row
    return {
        "date": screen.name[:10],
        "numbers": len(worst),
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
