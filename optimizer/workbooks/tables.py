"""The tables of a result folder as sheets: units in the heads, and numbers as numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import PlanError, letters
from optimizer.instance.sheets import MAX_ROWS
from optimizer.plan.columns import COLUMNS, RATES, TEXT, UNITS
from optimizer.workbooks.book import HEAD, HEAD_RIGHT, NUMBER, PLAIN, Book, Entry, Look, Options, width_of

MOST = MAX_ROWS - 1
"""Rows of a sheet below its head."""
ALIKE = frozenset(["USD", "year"])
"""Units that a column of this name has in the tables of every study; of tonnes and shares it is the study that says."""
SAMPLE = 2_000
"""Rows that the width of a column is taken from."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_WORDS = TEXT | {"future", "group", "key", "kind", "measure", "name", "old", "new", "plan", "row", "table"}
_FORMATS = {
    "USD": "#,##0", "USD/t": "#,##0", "t": "#,##0.0", "t/yr": "#,##0.0", "year": "0", "share": "0.0%", "factor": "0.00",
    "units of activity": "#,##0.0",
}  # fmt: skip
FINE = 10.0
"""Amounts under which tonnes are shown to the kilogram."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: as in the folder.
        unit: empty where it has none, or where nothing says which.
        cells: numbers, words, or None where blank.
        number: whether it holds numbers.
    """

    name: str
    unit: str
    cells: list[Any]
    number: bool

    @property
    def head(self) -> str:
        """The name with the unit."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    @property
    def look(self) -> Look:
        """How its cells look."""
        if not self.number:
            return PLAIN
        shown = _FORMATS.get(self.unit, "General")
        if self.unit in ("t", "t/yr") and max((abs(cell) for cell in self.cells if cell is not None), default=0) < FINE:
            shown = "0.000"
        return replace(NUMBER, format=shown)

    @property
    def width(self) -> float:
        """Letters that it is wide."""
        digits = {"USD": 0, "year": 0, "share": 2}.get(self.unit, 3)
        seen = self.cells[:SAMPLE]
        texts = [f"{cell:,.{digits}f}" if self.number else str(cell) for cell in seen if cell is not None]
        return max(width_of(texts), *(len(word) + 3 for word in self.head.split(" ")), 0)


def table_of(folder: Path, name: str, *, plan: bool) -> list[Column]:
    """The columns of a table of a result folder.

    Args:
        folder: the result folder.
        name: of the file, without `.csv`.
        plan: whether it is that of a plan, whose units are known by column.

    Raises:
        PlanError: it cannot be read.
    """
    file = folder / f"{name}.csv"
    try:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise PlanError(f"{file} cannot be read: {error}") from error
    mine = plan and name in COLUMNS
    found = []
    for head in map(str, frame.columns):
        texts: list[str] = frame[head].tolist()
        number = head not in _WORDS and any(texts) and all(_is_number(text) for text in texts if text)
        unit = "share" if mine and head.startswith("service_") else UNITS.get(head, "")
        unit = "t/yr" if mine and head in RATES.get(name, ()) else unit
        known = mine or unit in ALIKE
        cells: list[Any] = [(_value(text) if number else text) if text else None for text in texts]
        found.append(Column(head, unit if known and head not in _WORDS else "", cells, number))
    return found


def _is_number(text: str) -> bool:
    """Whether a sheet can hold it as a number."""
    return bool(_NUMBER.match(text)) and math.isfinite(float(text))


def _value(text: str) -> float:
    return float(text) if set(text) & set(".eE") else int(text)


def add_table(book: Book, name: str, columns: Sequence[Column], begin: int, end: int) -> None:
    """Write rows of a table as a sheet.

    Args:
        book: the workbook.
        name: of the sheet.
        columns: of the table.
        begin: the first row, from 0.
        end: the row after the last.
    """
    options = Options(
        widths=[column.width for column in columns],
        frozen="A2",
        filtered=f"A1:{letters(len(columns))}{end - begin + 1}" if columns else "",
        repeated=True,
    )
    book.add(name, _rows(columns, begin, end), options)


def _rows(columns: Sequence[Column], begin: int, end: int) -> Iterator[list[Entry]]:
    yield [Entry(column.head, HEAD_RIGHT if column.number else HEAD) for column in columns]
    looks = [column.look for column in columns]
    for number in range(begin, end):
        yield [Entry(column.cells[number], look) for column, look in zip(columns, looks, strict=True)]
