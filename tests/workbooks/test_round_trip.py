"""An instance -> its workbook -> the same instance, to the last bit and letter."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.cases import OWN, contract
from support.params import some_fast

import optimizer
from optimizer.errors import OptionsError, Where
from optimizer.instance.cells import LIST, SETTING, TEXT, read_cell, write_cell
from optimizer.instance.write import sha256
from optimizer.workbooks.book import Book, Entry, Options

from .conftest import ROOT

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.integers(1900, 2200), inner, max_size=3),
    max_leaves=6,
)
ODD = [
    "",
    " a",
    "a ",
    '"',
    '""',
    '"a"',
    "007",
    "true",
    "~",
    "1e5",
    "a;b",
    "[a",
    "{",
    "=1+1",
    "_x0041_",
    "\t",
    "a\rb",
    "\x00",
]


def same(instance: optimizer.Instance, folder: Path) -> bool:
    """Whether an instance comes back from a workbook."""
    file = optimizer.workbook(instance, folder / f"{sha256(instance)}.xlsx")
    back = optimizer.load(file)
    return back == instance and sha256(back) == sha256(instance)


SMALL = [
    *sorted(OWN.glob("*/instance.yaml"))[::8],
    *sorted(file for file in contract().glob("*/instance.yaml") if file.parent.name != "broken")[::8],
]


@pytest.mark.parametrize("file", some_fast(SMALL, 4), ids=lambda file: str(file.parent.name))
def test_small_cases_come_back(file: Path, tmp_path: Path) -> None:
    """A sample of the cases whose optimum is known; the slow test has all."""
    assert same(optimizer.load(file), tmp_path)


@pytest.mark.slow
def test_every_instance_comes_back(tmp_path: Path) -> None:
    """A fifth of our cases, all agreed ones, the starter, the reference instance and some of its variants."""
    reference = ROOT / "instances" / "us_allied_2026"
    files = [
        *sorted(OWN.glob("*/instance.yaml"))[::5],
        *contract().glob("[!b]*/instance.yaml"),
        ROOT / "instances" / "starter",
    ]
    files += [reference, *sorted((reference / "variants").glob("*.yaml"))[::24]]
    assert [str(file) for file in files if not same(optimizer.load(file), tmp_path)] == []


@pytest.mark.slow
def test_the_plan_is_the_same(exported: Path) -> None:
    """Solved from the workbook and from YAML."""
    plans = [
        optimizer.solve(optimizer.load(file), gap=0) for file in (exported, ROOT / "docs/examples/two_plants.yaml")
    ]
    assert plans[0].objective == plans[1].objective
    assert plans[0].portfolio.equals(plans[1].portfolio)


@given(value=VALUES, kind=st.sampled_from(["", SETTING]))
@example(value="007", kind="")
def test_a_cell_says_what_its_value_is(value: Any, kind: str) -> None:
    """Words that look like numbers, lists or formulas, and every float."""
    assert_back(value, kind)


@pytest.mark.parametrize("text", ODD)
def test_odd_words(text: str) -> None:
    """In a column of text, of lists, and of anything."""
    for kind in ("", SETTING, TEXT):
        assert_back(text, kind)
        assert_back([text, "b"], LIST)


def assert_back(value: Any, kind: str) -> None:
    """A value as it is read from its cell is the same, and of the same type."""
    written = write_cell(value, kind)
    found, wrong = read_cell(written, kind, Where()) if isinstance(written, str) else (written, [])
    assert not wrong
    assert repr(found) == repr(value)


@given(
    texts=st.lists(TEXTS.filter(lambda text: text != ""), max_size=4),
    numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=4),
)
@example(
    texts=["=1+1", "+a", "-a", "@a", "_x0041_", "<r>a</r>", "a\nb"], numbers=[0.1 + 0.2, 5e-324, 1.7976931348623157e308]
)
def test_a_file_holds_words_and_floats_to_the_last_bit(
    texts: list[str], numbers: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Written and read through the file itself; no word becomes a formula."""
    file = tmp_path_factory.mktemp("cells") / "cells.xlsx"
    book = Book("cells", "test")
    words = [str(write_cell(text, TEXT)) for text in texts]
    book.add(book.names.take("cells"), [[Entry(text) for text in words], [*map(Entry, numbers)]], Options())
    book.save(file)
    rows = list(openpyxl.load_workbook(file)["cells"].iter_rows())
    cells = [cell for row in rows for cell in row if cell.value is not None]
    assert all(cell.data_type in "sn" for cell in cells)
    found = [cell.value for cell in cells if cell.data_type == "n"]
    assert [float(value).hex() for value in found] == [value.hex() for value in numbers]
    assert len(cells) - len(found) == len(texts)


def test_words_that_begin_like_formulas_stay_words(tmp_path: Path) -> None:
    """Through an instance: string cells, marked so that a program that edits them keeps them words."""
    instance = optimizer.load(ROOT / "docs/examples/two_plants.yaml")
    evil = '=HYPERLINK("http://example.com","click")'
    noted = instance.replace({"facilities.home.note": evil, "title": "@SUM(1)", "facilities.home.source": "-1+1|cmd"})
    file = optimizer.workbook(noted, tmp_path / "evil.xlsx")
    assert optimizer.load(file) == noted
    book = openpyxl.load_workbook(file)
    cells = [cell for sheet in book for row in sheet for cell in row if str(cell.value)[:1] in "=+-@" and cell.value]
    assert {evil, "@SUM(1)", "-1+1|cmd"} <= {cell.value for cell in cells}
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in cells)
    links = [cell.hyperlink for sheet in book for row in sheet for cell in row if cell.hyperlink]
    assert links
    assert all(link.target is None and link.location for link in links)


def test_what_no_cell_holds_is_refused(tmp_path: Path) -> None:
    """A value longer than a cell is named; nothing is written."""
    instance = optimizer.load(ROOT / "docs/examples/two_plants.yaml")
    long = instance.replace({"facilities.home.note": "\U0001f9f2" * 20_000})
    with pytest.raises(OptionsError, match=r"facilities\.home\.note"):
        optimizer.workbook(long, tmp_path / "long.xlsx")
    assert not list(tmp_path.iterdir())


def test_whole_numbers_beyond_those_of_a_sheet_are_words() -> None:
    """A double does not hold them."""
    assert write_cell(2**53 + 1) == str(2**53 + 1)
    assert write_cell(-(2**53)) == -(2**53)
    assert write_cell(math.inf) == ".inf"
