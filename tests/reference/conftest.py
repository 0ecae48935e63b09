"""The reference instance: its committed tables, its sources, and the code that rebuilds it."""

from __future__ import annotations

import csv
import importlib
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "us_allied_2026"

Row = dict[str, str]


@cache
def rows(name: str) -> tuple[Row, ...]:
    """A table of the instance, or of its sources (`sources/prices`)."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple({key: cell or "" for key, cell in row.items()} for row in csv.DictReader(file))


def cell(text: str) -> Any:
    """What stands in a cell in YAML flow form."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if text else {}


def of_year(size: Any, year: int) -> float:
    """A capacity of the year: a number, or the last value given up to it."""
    if not isinstance(size, dict):
        return float(size)
    return float(size[max(key for key in size if key <= year)])


def existing(unit: str, year: int, *, china: bool | None = None, country: str = "") -> float:
    """Existing capacity of a unit over the facilities asked for."""
    total = 0.0
    for row in rows("facilities"):
        size = cell(row["capacity"]).get(unit)
        here = (china is None or (row["country"] == "CHN") == china) and country in ("", row["country"])
        if size is not None and here:
            total += of_year(size, year)
    return total


@pytest.fixture(scope="session")
def rebuild() -> ModuleType:
    """The script `rebuild.py` as a module."""
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module("rebuild")
    finally:
        sys.path.remove(str(FOLDER))


@pytest.fixture(scope="session")
def built(rebuild: ModuleType) -> dict[str, str]:
    """Every file as rebuilt from the sources, by name."""
    files: dict[str, str] = rebuild.build()
    return files
