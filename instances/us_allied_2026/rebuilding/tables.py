"""Reading sources, and writing values the way the instance format reads them."""

from __future__ import annotations

import copy
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Row = dict[str, str]
Out = dict[str, Any]

FOLDER = Path(__file__).resolve().parent.parent
SOURCES = FOLDER / "sources"


@cache
def _read(name: str) -> tuple[Row, ...]:
    text = (SOURCES / f"{name}.csv").read_text(encoding="utf-8")
    return tuple({key: (cell or "").strip() for key, cell in row.items()} for row in csv.DictReader(io.StringIO(text)))


def read(name: str) -> list[Row]:
    """The rows of a table in `sources`."""
    return [dict(row) for row in _read(name)]


def by(name: str, key: str) -> dict[str, Row]:
    """The rows of a table by a column that is unique."""
    rows = read(name)
    found = {row[key]: row for row in rows}
    if len(found) != len(rows):
        raise ValueError(f"{name}.csv: column '{key}' is not unique")
    return found


@cache
def _flow(cell: str) -> Any:
    return yaml.safe_load(cell)


def flow(cell: str) -> Any:
    """A list or mapping that stands in a cell."""
    return copy.deepcopy(_flow(cell))


def number(value: float, digits: int = 6) -> int | float:
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
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(number(value))
    return str(value)


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


def slug(name: str) -> str:
    """An id made of a name."""
    word = re.sub(r"\(.*?\)", "", name.lower().replace("&", " and "))
    return re.sub(r"[^a-z0-9]+", "_", word).strip("_")[:48].strip("_")


def letter(confidence: str) -> str:
    """The confidence letter with which a dossier cell begins."""
    return confidence[:1] if confidence[:1] in ("A", "B", "C") else "C"


def cite(file: str, row: str, text: str = "") -> str:
    """A source: the row it came from and what that row cites."""
    return f"sources/{file}.csv {row}" + (f": {text}" if text else "")


def joined(*parts: str) -> str:
    """Remarks put together, empty ones left out."""
    return "; ".join(part for part in parts if part)
