"""Reading sources, and writing values and the words that rows are made of."""

from __future__ import annotations

import copy
import csv
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from writing import Out, number, plain, table  # noqa: F401 - the modules here take all of it from this one

Row = dict[str, str]

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
