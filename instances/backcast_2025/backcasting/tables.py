"""Reading sources and refusing what was known too late."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

Row = dict[str, str]

FOLDER = Path(__file__).resolve().parent.parent
LAST_DAY = date(2024, 12, 31)


def read(name: str, folder: Path = FOLDER / "sources") -> list[Row]:
    """The rows of a table in `sources`; refused where a row lacks its source or was known too late."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows, start=2):
        place = f"sources/{name}.csv line {number}"
        if None in row or any(cell is None for cell in row.values()):
            raise ValueError(f"{place}: not as many cells as the heading")
        if not row["source"] or row["confidence"][:1] not in ("A", "B", "C"):
            raise ValueError(f"{place}: no source or no confidence")
        if date.fromisoformat(row["known"]) > LAST_DAY:
            raise ValueError(f"{place}: known on {row['known']}, after {LAST_DAY}")
    return rows
