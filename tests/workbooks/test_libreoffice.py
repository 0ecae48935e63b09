"""Workbooks opened and saved by a spreadsheet program that is not ours: LibreOffice, where the machine has it."""

from __future__ import annotations

import copy
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from support.build import instance_of
from support.cases import contract

import optimizer
from optimizer.errors import PlanError

from .conftest import ROOT

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
EXAMPLE = ROOT / "docs" / "examples" / "two_plants.yaml"
DIGITS = 1e-14
"""Of a number: LibreOffice writes 15 digits."""
# Not "_x0041_", which is how a workbook writes odd letters: LibreOffice 7.4 reads it right and saves it as A.
ODD = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://example.org")', "007", "1e5", "TRUE", " a ", "'a",
       "2027-01-01", "1/2", "50%", '"a"', "é, 釹", "a\nb"]  # fmt: skip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SOFFICE is None, reason="there is no LibreOffice (soffice) on this machine"),
]


def saved_again(folder: Path, *files: Path) -> list[Path]:
    """What LibreOffice makes of workbooks when it opens and saves them."""
    out = folder / "again"
    done = subprocess.run(
        [str(SOFFICE), "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}",
         "--convert-to", "xlsx", "--outdir", str(out), *map(str, files)],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    made = [out / file.name for file in files]
    assert all(file.is_file() for file in made), done.stdout + done.stderr
    return made


def rows(book: Any, sheet: str) -> list[list[Any]]:
    """The values of a sheet, without what is empty at the ends of its rows."""
    found = []
    for row in book[sheet].iter_rows(values_only=True):
        values = [None if value == "" else value for value in row]
        while values and values[-1] is None:
            values.pop()
        found.append(values)
    return found


def alike(one: Any, other: Any) -> bool:
    """Whether two cells say the same."""
    if isinstance(one, bool) or isinstance(other, bool):
        return (one is True) == (other in (True, "=TRUE()"))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=DIGITS)
    return bool(one == other)


def test_instances_come_back(tmp_path: Path) -> None:
    """The starter, the reference instance and agreed cases: the same to the last bit, since they say decimals."""
    cases = [file.parent for file in sorted(contract().glob("*/instance.yaml")) if file.parent.name != "broken"]
    given = [ROOT / "instances" / "starter", ROOT / "instances" / "us_allied_2026", EXAMPLE, *cases[::6]]
    instances = [optimizer.load(one) for one in given]
    files = [optimizer.workbook(one, tmp_path / f"{number}.xlsx") for number, one in enumerate(instances)]
    back = [optimizer.load(file) for file in saved_again(tmp_path, *files)]
    assert [one.name for one, other in zip(instances, back, strict=True) if one != other] == []


def test_odd_words_come_back_as_words(tmp_path: Path) -> None:
    """What looks like a formula, a number or a date, in the titles of facilities, is neither worked out nor changed."""
    data = optimizer.load(EXAMPLE).plain()
    first = next(iter(data["facilities"].values()))
    named = {f"plant_{number}": copy.deepcopy(first) | {"name": text} for number, text in enumerate(ODD)}
    several = instance_of(data | {"facilities": data["facilities"] | named})
    (again,) = saved_again(tmp_path, optimizer.workbook(several, tmp_path / "odd.xlsx"))
    back = optimizer.load(again)
    assert [back.facilities[name].name for name in named] == ODD


def test_a_plan_says_the_same(tmp_path: Path) -> None:
    """Every sheet, cell by cell, and no cell is a formula; the heads stay heads."""
    optimizer.solve(optimizer.load(ROOT / "instances" / "starter"), gap=1e-3).save(tmp_path / "plan")
    file = optimizer.workbook(tmp_path / "plan")
    (again,) = saved_again(tmp_path, file)
    ours, theirs = openpyxl.load_workbook(file), openpyxl.load_workbook(again)
    assert theirs.sheetnames == ours.sheetnames
    for sheet in ours.sheetnames:
        for mine, found in zip(rows(ours, sheet), rows(theirs, sheet), strict=True):
            assert len(mine) == len(found), (sheet, mine, found)
            assert all(map(alike, mine, found)), (sheet, mine, found)
        assert not any(cell.data_type == "f" for row in theirs[sheet] for cell in row)
    assert theirs["portfolio"].auto_filter.ref == ours["portfolio"].auto_filter.ref
    assert theirs["portfolio"]["H2"].number_format == ours["portfolio"]["H2"].number_format
    assert theirs["contents"]["A5"].hyperlink.location.startswith(("'summary'", "summary", "#"))


def test_what_it_saved_is_a_planners(tmp_path: Path) -> None:
    """A workbook of a result that went through it is not replaced."""
    optimizer.solve(optimizer.load(EXAMPLE), gap=0).save(tmp_path / "plan")
    file = optimizer.workbook(tmp_path / "plan")
    (again,) = saved_again(tmp_path, file)
    again.replace(file)
    with pytest.raises(PlanError, match="is there already"):
        optimizer.workbook(tmp_path / "plan")
