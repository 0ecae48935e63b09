"""Reading sources, refusing what was known too late, and writing tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

Row = dict[str, str]
Out = dict[str, Any]

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


def whole(value: float, digits: int = 6) -> int | float:
    """A number without noise: rounded to significant digits, whole where it can be."""
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded == int(rounded) else rounded


def plain(value: Any) -> str:
    """A value as a cell: YAML flow form for lists and mappings."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {plain(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return "[" + ", ".join(plain(item) for item in value) + "]"
    return repr(whole(value)) if isinstance(value, float) else str(value)


def table(rows: Iterable[Out], columns: Sequence[str]) -> str:
    """The text of a CSV table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        unknown = set(row) - set(columns)
        if unknown:
            raise ValueError(f"columns {sorted(unknown)} are not in {columns}")
        writer.writerow([plain(row.get(column)) for column in columns])
    return out.getvalue()
