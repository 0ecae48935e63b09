"""What a result folder must hold to be read as a plan: a damaged one is refused here, and breaks nothing later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from optimizer.errors import PlanError
from optimizer.instance.instance import Instance
from optimizer.plan.columns import COLUMNS, TEXT

NUMBERS = frozenset(column for columns in COLUMNS.values() for column in columns) - TEXT
"""Columns that hold numbers."""
BLANK = {
    "exposure": ("location", "ownership", "equipment", "finance", "technology", "feed"),
    "sales": ("price",),
    "scenarios": ("onset", "until"),
}
"""Columns of numbers in which there may be none."""
WHOLE = ("period", "year")
FUNDED = ("portfolio", "reactions", "grants", "financing")
"""Tables in which `funded` and `online` are years."""
COURSES = ("trunk", "base", "investment")
"""What a scenario may be called that is none of the instance."""
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Word = Annotated[str, Field(strict=True)]


class _Loose(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Rule(_Loose):
    kind: Word
    label: Word
    status: Word


class _Confidence(_Loose):
    of: Word
    unit: Word
    total: Number


class _Note(_Loose):
    """Of plan.json what is read again."""

    status: Word
    why: Word = ""
    objective: Number | None = None
    bound: Number | None = None
    gap: Number | None = None
    gap_usd: Number | None = None
    cost: dict[str, Number] = Field(default_factory=dict)
    rules: list[_Rule] = Field(default_factory=list)
    confidence: list[_Confidence] = Field(default_factory=list)
    risk: dict[str, Any] = Field(default_factory=dict)
    verdict: dict[str, Any] | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    versions: dict[str, Any] = Field(default_factory=dict)


def check_note(file: Path, info: Mapping[str, Any]) -> None:
    """Hold plan.json against what it must be.

    Raises:
        PlanError: with the first key that is not so.
    """
    try:
        _Note.model_validate(info)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise PlanError(f"{file} {key}: {first['msg'][:1].lower()}{first['msg'][1:]}") from error


def finite(given: pd.Series[Any], file: Path, *, blank: bool) -> pd.Series[Any]:
    """The numbers of a column.

    Args:
        given: as read.
        file: of the table.
        blank: whether there may be none.

    Raises:
        PlanError: something else than a number is there, with its row.
    """
    numbers = given
    if not pd.api.types.is_numeric_dtype(given):  # of a whole number beyond all others pandas makes an object
        numbers = pd.to_numeric(given.astype("string"), errors="coerce").astype(float)
    odd = ~np.isfinite(numbers.astype(float)) & (given.notna() | (not blank))
    whole = given.name in WHOLE or (given.name in ("funded", "online") and file.stem in FUNDED)
    if whole:
        odd |= numbers.astype(float) % 1 != 0
    if odd.any():
        row = int(np.flatnonzero(odd)[0])
        word = "" if pd.isna(given.iloc[row]) else str(given.iloc[row])
        raise PlanError(f"{file}:{row + 2} {given.name}: {word!r} is no {'year' if whole else 'number'}")
    return numbers


def check_names(folder: Path, instance: Instance, tables: Mapping[str, pd.DataFrame]) -> None:
    """Hold what tables name against the instance of the plan.

    Raises:
        PlanError: a table names something that is not there, with the row.
    """
    known = _known(instance)
    options = {(name, option.id) for name, one in instance.facilities.items() for option in one.options}
    for table, frame in tables.items():
        for column in frame.columns:
            if column not in known:
                continue
            odd = ~frame[column].isin(known[column]) & (frame[column] != "")
            if odd.any():
                row = int(np.flatnonzero(odd)[0])
                where = f"{folder / table}.csv:{row + 2} {column}"
                raise PlanError(f"{where}: the plan's instance has no {frame[column].iloc[row]!r}")
        if {"facility", "option"} <= set(frame.columns):
            pairs = zip(frame["facility"], frame["option"], strict=True)
            for row, (facility, option) in enumerate(pairs):
                if (facility, option) not in options:
                    where = f"{folder / table}.csv:{row + 2} option"
                    raise PlanError(f"{where}: {facility} of the plan's instance has no option {option!r}")


def _known(instance: Instance) -> dict[str, set[str]]:
    """What columns of ids may hold."""
    found: dict[str, set[str]] = {"scenario": {*COURSES, *(scenario.id for scenario in instance.scenarios)}}
    found |= dict(_sections(instance))
    return found


def _sections(instance: Instance) -> Iterator[tuple[str, set[str]]]:
    yield "facility", set(instance.facilities)
    yield "recipe", set(instance.recipes)
    yield "market", set(instance.markets)
    yield "stockpile", set(instance.stockpiles)
    for name in ("material", "product"):
        yield name, set(instance.materials)
    for name in ("channel", "from_channel", "to_channel"):
        yield name, set(instance.channels)
