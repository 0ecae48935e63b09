"""How a workbook says what is marked: first on the cover, and in the head and foot of every printed sheet."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

import optimizer
from optimizer.workbooks.book import LONGEST_HEAD, Book, Options

from .conftest import ROOT

LABELS = {
    "cui": {"name": "Controlled", "banner": "R&D CUI"},
    "acme": {"name": "Of Acme", "banner": "ACME PROPRIETARY"},
}
BANNER = "R&D CUI; ACME PROPRIETARY"


@pytest.fixture(scope="module")
def marked() -> optimizer.Instance:
    two = optimizer.load(ROOT / "docs" / "examples" / "two_plants.yaml")
    return two.replace({"markings": LABELS, "facilities.home.marking": ["cui", "acme"]})


def test_a_workbook_of_an_instance(marked: optimizer.Instance, tmp_path: Path) -> None:
    """The banner on the first sheet and on each when printed; labels in a sheet, rows with a column; it comes back."""
    file = optimizer.workbook(marked, tmp_path / "marked.xlsx")
    book = openpyxl.load_workbook(file)
    assert [cell.value for cell in book["about"][1]] == ["Marking", BANNER]
    assert book["about"]["B2"].value == "R&D CUI: Controlled (1 row)"
    for sheet in book:
        assert sheet.oddHeader.center.text == sheet.oddFooter.center.text == BANNER.replace("&", "&&"), sheet.title
        assert "page &P of &N" in sheet.oddFooter.right.text
    assert [row[0].value for row in book["markings"]] == ["id", "cui", "acme"]
    heads = [cell.value for cell in book["facilities"][1]]
    assert book["facilities"].cell(2, heads.index("marking") + 1).value == "cui; acme"
    assert optimizer.load(file) == marked


@pytest.mark.slow
def test_a_workbook_of_a_plan(marked: optimizer.Instance, tmp_path: Path) -> None:
    """The cover says it before its title, tables have the column as words."""
    folder = optimizer.solve(marked, gap=0).save(tmp_path / "plan")
    book = openpyxl.load_workbook(optimizer.workbook(folder))
    assert [cell.value for cell in book["cover"][1]] == ["Marking", BANNER]
    assert book["cover"]["A5"].value == "Plan of two_plants"
    assert {sheet.oddHeader.center.text for sheet in book} == {BANNER.replace("&", "&&")}
    rows = list(book["portfolio"].iter_rows(values_only=True))
    assert rows[0][-1] == "marking"
    assert rows[1][-1] == "cui acme"


@pytest.mark.slow
def test_what_is_marked_in_verdicts_marks_the_workbook(marked: optimizer.Instance, tmp_path: Path) -> None:
    """Also where the plan is of the instance without its marks."""
    plan = optimizer.solve(marked.replace({"markings": {}, "facilities.home.marking": None}), gap=0)
    folder = plan.save(tmp_path / "plan")
    optimizer.verdicts(marked, tmp_path / "sure", samples=2, workers=1)
    alone = openpyxl.load_workbook(optimizer.workbook(folder, tmp_path / "alone.xlsx"))
    assert alone["cover"]["A1"].value == "Plan of two_plants"
    book = openpyxl.load_workbook(optimizer.workbook(folder, tmp_path / "both.xlsx", verdicts=tmp_path / "sure"))
    assert [cell.value for cell in book["cover"][1]] == ["Marking", BANNER]
    assert {sheet.oddHeader.center.text for sheet in book} == {BANNER.replace("&", "&&")}


def test_a_banner_too_long_for_a_head_says_where_it_is(tmp_path: Path) -> None:
    """Excel cuts a head at 255 letters; a banner that is cut would be another one."""
    for banner, due in (
        ("C" * LONGEST_HEAD, "C" * LONGEST_HEAD),
        ("C" * (LONGEST_HEAD + 1), "MARKED: THE FIRST SHEET SAYS HOW"),
    ):
        book = Book("title", "category", banner)
        book.add(book.names.take("one"), [["a"]], Options())
        book.save(tmp_path / "one.xlsx")
        assert openpyxl.load_workbook(tmp_path / "one.xlsx")["one"].oddHeader.center.text == due
