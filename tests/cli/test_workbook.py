"""`optimizer workbook`, as it is typed, and a workbook in place of an instance."""

from __future__ import annotations

import sys
from pathlib import Path

import openpyxl
import pytest

from .conftest import TINY_COST, call


@pytest.mark.slow
def test_an_instance_goes_out_is_edited_and_solved(tiny: Path) -> None:
    """Exported, changed in a cell, solved from the workbook; the plan has a workbook beside it."""
    called = call("workbook", "tiny.yaml", folder=tiny)
    assert called.code == 0, called.err
    assert "written to tiny.xlsx" in called.err
    book = openpyxl.load_workbook(tiny / "tiny.xlsx")
    sheet = book["options"]
    capex = next(cell for cell in sheet[1] if str(cell.value).startswith("capex"))
    sheet.cell(2, capex.column).value = 90
    book.save(tiny / "tiny.xlsx")
    assert call("solve", "tiny.xlsx", folder=tiny).code == 0
    shown = call("verify", "results/tiny", "--json", folder=tiny)
    assert shown.code == 0
    assert call("workbook", "results/tiny", folder=tiny).code == 0
    cover = openpyxl.load_workbook(tiny / "results" / "tiny.xlsx")["cover"]
    figures = {row[0]: row[1] for row in cover.iter_rows(values_only=True, max_col=2)}
    assert figures["cost by the risk measure, M USD"] == pytest.approx((TINY_COST - 10) / 1e6)


def test_faults_are_told_by_cell(tiny: Path) -> None:
    """On the screen, and as JSON."""
    assert call("workbook", "tiny.yaml", "-o", "tiny.xlsx", folder=tiny).code == 0
    book = openpyxl.load_workbook(tiny / "tiny.xlsx")
    book["facilities"]["A2"].value = "pl-ant"
    book.save(tiny / "tiny.xlsx")
    called = call("validate", "tiny.xlsx", folder=tiny)
    assert called.code == 2
    assert "tiny.xlsx options!A2 facility: facilities has no 'plant'; did you mean 'pl-ant'?" in called.err
    faults = call("validate", "tiny.xlsx", "--json", folder=tiny).document["faults"]
    assert {"file", "line", "key", "wrong", "right", "cell"} == set(faults[0])
    assert "A2" in {fault["cell"] for fault in faults}


def test_what_cannot_be_written_ends_with_2(tiny: Path) -> None:
    """Another kind of file; a folder of nothing; a result without a page."""
    assert "a workbook is a .xlsx file" in call("workbook", "tiny.yaml", "-o", "a.csv", folder=tiny).err
    (tiny / "empty").mkdir()
    called = call("workbook", "empty", folder=tiny)
    assert called.code == 2
    assert "is neither an instance" in called.err
    (tiny / "empty" / "value.json").write_text("{}", encoding="utf-8")
    assert "has no page in a report" in call("workbook", "empty", folder=tiny).err


def test_without_openpyxl_the_extra_is_named(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In writing, and in reading."""
    assert call("workbook", "tiny.yaml", folder=tiny).code == 0
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    for words in (("workbook", "tiny.yaml", "-o", "b.xlsx"), ("validate", "tiny.xlsx")):
        called = call(*words, folder=tiny)
        assert called.code == 2
        assert "needs openpyxl, which is not installed; install it with: pip install '.[workbook]'" in called.err
