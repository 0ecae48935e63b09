"""An instance as a workbook, to be broken cell by cell."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import optimizer
from optimizer.errors import InstanceError

ROOT = Path(__file__).resolve().parents[2]
Edit = Callable[[Any], None]


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook of a small instance."""
    return optimizer.workbook(
        ROOT / "docs" / "examples" / "two_plants.yaml", tmp_path_factory.mktemp("books") / "two.xlsx"
    )


@pytest.fixture
def edited(exported: Path, tmp_path: Path) -> Callable[[Edit], Path]:
    """The workbook with an edit, as a spreadsheet program would leave it."""

    def make(edit: Edit) -> Path:
        book = openpyxl.load_workbook(exported)
        edit(book)
        file = tmp_path / "two.xlsx"
        book.save(file)
        return file

    return make


def column(sheet: Any, name: str) -> int:
    """The column of a head, units aside."""
    heads = [str(cell.value).partition(" [")[0] for cell in sheet[1]]
    return heads.index(name) + 1


def cell(book: Any, sheet: str, name: str, row: int = 2) -> Any:
    """The cell of a key in a row."""
    return book[sheet].cell(row, column(book[sheet], name))


def setting(book: Any, key: str) -> Any:
    """The cell of a setting's value."""
    return next(row[1] for row in book["instance"].iter_rows(min_row=2) if row[0].value == key)


def faults(file: Path) -> str:
    """What is said of a workbook that is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InstanceError) as refused:
            optimizer.load(file)
    return str(refused.value)
