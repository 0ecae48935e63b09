"""Reads result folders back: a note, and tables whose columns are words, whole numbers or numbers."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import PlanError

FORMAT = 1
"""Of notes; those of some studies say none."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of a table, by what they hold. Each must be there; there may be more, of numbers.

    Attributes:
        words: text, blank where there is none.
        whole: whole numbers such as years and counts, or blank.
        numbers: numbers, or blank.
    """

    words: str = ""
    whole: str = ""
    numbers: str = ""

    @property
    def all(self) -> list[str]:
        """Their names."""
        return [*self.words.split(), *self.whole.split(), *self.numbers.split()]


@contextlib.contextmanager
def as_written(note: Path | str, what: str) -> Iterator[None]:
    """Tell whatever a damaged result leads to as what it is.

    Args:
        note: of the result.
        what: it is, in words, with its article.

    Raises:
        PlanError: with what went wrong.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError) as error:
        raise PlanError(f"{note} is no note of {what} as this version writes it: {error!r}") from error


def read_note(folder: Path, note: str, what: str) -> dict[str, Any]:
    """The note of a result folder.

    Args:
        folder: the result folder.
        note: name of the file.
        what: the result in words, with its article.

    Raises:
        PlanError: it cannot be read, is of another format, or tells of no result yet.
    """
    file = folder / note
    try:
        info = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PlanError(f"{file} cannot be read: {error}") from error
    if not isinstance(info, dict):
        raise PlanError(f"{file} is no note of {what}: it holds no keys")
    if info.get("format", FORMAT) != FORMAT:
        raise PlanError(f"{file} has format {info['format']!r}; this version reads {FORMAT}")
    if "made" not in info:
        raise PlanError(f"{folder} is the beginning of {what} that has no result yet; call its command again to go on")
    return info


def read_table(folder: Path, name: str, columns: Columns) -> pd.DataFrame:
    """A table of a result folder.

    Args:
        folder: the result folder.
        name: of the file, without `.csv`.
        columns: that it must have.

    Raises:
        PlanError: it is not there, lacks a column, or holds words where a number belongs.
    """
    file = folder / f"{name}.csv"
    if not file.is_file():
        raise PlanError(f"{folder} is incomplete: it has no {name}.csv")
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise PlanError(f"{file} cannot be read: {error}") from error
    missing = [column for column in columns.all if column not in table.columns]
    if missing:
        raise PlanError(f"{file} lacks the column {', '.join(missing)}")
    words, whole = set(columns.words.split()), set(columns.whole.split())
    made: dict[str, Any] = {}
    for column in table.columns:
        text = table[column]
        if column in words:
            made[column] = text.astype(object)
            continue
        try:
            made[column] = _numbers(text)
            if column in whole:
                made[column] = made[column].astype("Int64")
        except (ValueError, TypeError, OverflowError) as error:
            if column in columns.all:
                raise PlanError(f"{file}: column {column} holds what is no number: {error}") from error
            made[column] = text.astype(object)
    return pd.DataFrame(made, columns=table.columns)


def _numbers(text: pd.Series[str]) -> pd.Series[Any]:
    values = set(text)
    if values and values <= {"True", "False"}:
        return text == "True"
    return pd.to_numeric(text.where(text != "", None)).astype(float)
