"""The workbook of a result folder: what is on which sheet, and that it is what the folder says."""

from __future__ import annotations

import csv
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import optimizer
from optimizer.errors import OptionsError, PlanError
from optimizer.pages.front import led
from optimizer.pages.kinds import kind_of
from optimizer.plan.columns import COLUMNS
from optimizer.workbooks.book import HEIGHT, HIGHEST, LONGEST_NAME, Entry, Look, Names, height_of
from optimizer.workbooks.results import ABOUT, book_of
from optimizer.workbooks.summary import WORDS
from optimizer.workbooks.tables import table_of

from .conftest import ROOT


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan, and why a plant is not funded."""
    folder = tmp_path_factory.mktemp("results")
    instance = optimizer.load(ROOT / "docs" / "examples" / "two_plants.yaml")
    optimizer.solve(instance, gap=0).save(folder / "plan")
    optimizer.why(instance, "abroad", folder=folder / "why")
    return folder


@pytest.fixture(scope="module")
def book(folders: Path) -> Any:
    """The workbook of the plan, as it is opened."""
    return openpyxl.load_workbook(optimizer.workbook(folders / "plan"))


def texts(sheet: Any) -> list[str]:
    """All words of a sheet."""
    return [cell.value for row in sheet for cell in row if isinstance(cell.value, str)]


@pytest.mark.slow
def test_the_cover_says_what_the_report_says(book: Any, folders: Path) -> None:
    """The answer in the same sentences, and where it comes from."""
    page = kind_of(folders / "plan").page(folders / "plan")
    said = texts(book["cover"])
    assert said[0] == page.title
    assert set(page.answer) <= set(said)
    assert {value for _, value in page.provenance} <= set(said)
    assert any(words.startswith("verified:") for words in said)
    assert book.sheetnames[:3] == ["cover", "contents", "summary"]


def test_every_table_has_a_sheet_with_its_numbers(book: Any, folders: Path) -> None:
    """To the last digit, units in the heads, heads frozen, filters on."""
    files = sorted((folders / "plan").glob("*.csv"))
    assert {file.stem for file in files} == set(book.sheetnames) - {"cover", "contents", "summary"}
    for file in files:
        with file.open(encoding="utf-8", newline="") as there:
            heads, *rows = csv.reader(there)
        sheet = book[file.stem]
        found = [list(row) for row in sheet.iter_rows(values_only=True)]
        assert [str(head).partition(" [")[0] for head in found[0]] == heads
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref
        for line, row in zip(rows, found[1:], strict=True):
            for text, value in zip(line, row, strict=True):
                same = float(text) == value if isinstance(value, int | float) else text == (value or "")
                assert same, (file.stem, text, value)
    heads = [cell.value for cell in book["portfolio"][1]]
    assert heads[4:9] == ["funded [year]", "online [year]", "capacity [t/yr]", "capex [USD]", "public_outlay [USD]"]
    assert book["portfolio"]["H2"].number_format == "#,##0"
    assert isinstance(book["portfolio"]["H2"].value, int | float)


def test_the_contents_lead_to_every_sheet(book: Any) -> None:
    """By links inside the file; tables without rows come last and say so."""
    links = [cell.hyperlink for row in book["contents"] for cell in row if cell.hyperlink]
    assert [link.location for link in links] == [f"'{name}'!A1" for name in book.sheetnames if name != "contents"]
    assert not any(link.target for link in links)
    counts = [row[1] for row in book["contents"].iter_rows(min_row=6, values_only=True) if row[1] is not None]
    assert counts == sorted(counts, key=lambda count: count == 0)
    assert "instance/" in texts(book["contents"])


def test_the_summary_has_money_in_millions(book: Any, folders: Path) -> None:
    """As numbers, with the unit in the head."""
    rows = list(book["summary"].iter_rows(values_only=True))
    head = next(n for n, row in enumerate(rows) if "capex, M USD" in row)
    place = rows[head].index("capex, M USD")
    plan = optimizer.Plan.read(folders / "plan")
    found = [row[place] for row in rows[head + 1 : head + 1 + len(plan.portfolio)]]
    assert sorted(found) == sorted(plan.portfolio["capex"] / 1e6)


def test_other_results_have_a_workbook_too(folders: Path) -> None:
    """From the same code; money is known by name, and what is not known has no unit."""
    file = optimizer.workbook(folders / "why", folders / "why.xlsx")
    book = openpyxl.load_workbook(file)
    assert set(kind_of(folders / "why").page(folders / "why").answer) <= set(texts(book["cover"]))
    assert len(book.sheetnames) == 3 + len(list((folders / "why").glob("*.csv")))


@pytest.fixture(scope="module")
def known(folders: Path) -> Path:
    """Verdicts and alternatives on the plan's instance."""
    instance = optimizer.load(ROOT / "docs" / "examples" / "two_plants.yaml")
    optimizer.verdicts(instance, folders / "sure", samples=2, workers=1)
    optimizer.alternatives(instance, folder=folders / "alternatives", within_usd=1e6)
    return folders


@pytest.mark.parametrize(("other", "words"), [("sure", "over 2 samples"), ("alternatives", "for the data as they st")])
def test_verdicts_lead_the_cover(known: Path, tmp_path: Path, other: str, words: str) -> None:
    """In the words of a report of both, with where they are from; every option has a row on a sheet of its own."""
    file = optimizer.workbook(known / "plan", tmp_path / "both.xlsx", verdicts=known / other)
    book = openpyxl.load_workbook(file)
    said = texts(book["cover"])
    pages = led([kind_of(known / name).page(known / name) for name in ("plan", other)])
    assert set(pages[0].answer) <= set(said)
    assert any(line.startswith("Must fund") and words in line for line in said)
    assert any(line.startswith(f"{known / other}; instance, SHA-256 ") for line in said)
    assert book.sheetnames[3] == "verdicts"
    assert any(line.startswith("whether to fund each option") for line in texts(book["contents"]))
    with (known / other / "options.csv").open(encoding="utf-8", newline="") as there:
        heads, *rows = csv.reader(there)
    found = list(book["verdicts"].iter_rows(values_only=True))
    assert [str(head).partition(" [")[0] for head in found[0]] == heads
    assert [row[:2] for row in found[1:]] == [tuple(row[:2]) for row in rows]


@pytest.mark.parametrize(
    ("of", "by", "words"),
    [
        ("plan", "plan", "plan holds no verdicts on options"),
        ("plan", "why", "why holds no verdicts on options"),
        ("sure", "sure", "sure holds no plan, so no verdicts"),
        ("other", "sure", "sure is on two_plants, and the plan is of another"),
        ("plan", "nowhere", "nowhere is no folder"),
    ],
)
def test_verdicts_that_say_nothing_of_the_plan(known: Path, tmp_path: Path, of: str, by: str, words: str) -> None:
    """Nothing is written."""
    if of == "other":
        instance = optimizer.load(ROOT / "docs" / "examples" / "two_plants.yaml").replace({"name": "another"})
        optimizer.solve(instance, gap=0).save(known / "other")
    with pytest.raises(PlanError, match=words):
        optimizer.workbook(known / of, tmp_path / "both.xlsx", verdicts=known / by)
    assert not list(tmp_path.iterdir())


def test_verdicts_do_not_go_with_an_instance(known: Path, tmp_path: Path) -> None:
    """Its workbook has no answer."""
    file = ROOT / "docs" / "examples" / "two_plants.yaml"
    with pytest.raises(OptionsError, match="that of an instance has none"):
        optimizer.workbook(file, tmp_path / "instance.xlsx", verdicts=known / "sure")


def test_a_table_longer_than_a_sheet_is_split_and_said(folders: Path, tmp_path: Path) -> None:
    """With sheets of fewer rows than the table of costs has."""
    columns = table_of(folders / "plan", "costs", plan=True)
    count = len(columns[0].cells)
    most = count // 2 + 1
    book_of(folders / "plan", most=most).save(tmp_path / "split.xlsx")
    book = openpyxl.load_workbook(tmp_path / "split.xlsx")
    assert {"costs", "costs_2"} <= set(book.sheetnames)
    cells = [row for name in ("costs", "costs_2") for row in book[name].iter_rows(min_row=2, values_only=True)]
    assert cells == list(zip(*(column.cells for column in columns), strict=True))
    said = texts(book["contents"])
    assert any(f"rows {most + 1:,} to {count:,} of {count:,}, more than a sheet holds" in words for words in said)


def test_names_that_look_like_numbers_stay_words(folders: Path, tmp_path: Path) -> None:
    """An id of digits, and words that begin as a formula does."""
    folder = shutil.copytree(folders / "plan", tmp_path / "plan")
    text = (folder / "outlay.csv").read_text(encoding="utf-8").splitlines()
    (folder / "outlay.csv").write_text(f"{text[0]}\n2027,007,=1+1,5\n2027,1e5,@a,5\n", encoding="utf-8")
    columns = {column.name: column for column in table_of(folder, "outlay", plan=True)}
    assert columns["account"].cells == ["007", "1e5"]
    sheet = openpyxl.load_workbook(optimizer.workbook(folder))["outlay"]
    assert [cell.data_type for cell in sheet[2]][:3] == ["n", "s", "s"]
    assert sheet["C2"].value == "=1+1"


def test_names_of_sheets_are_legal_and_apart() -> None:
    """Letters that are not allowed, length, and case."""
    names = Names()
    taken = [names.take(wanted) for wanted in ("a/b:c", "A_B_C", "x" * 40, "x" * 41, "", "History", "'q'")]
    assert taken[:2] == ["a_b_c", "A_B_C_2"]
    assert all(0 < len(name) <= LONGEST_NAME for name in taken)
    assert len({name.lower() for name in taken}) == len(taken)
    assert not any(letter in name for name in taken for letter in "[]:*?/\\'")
    assert "History" not in taken


def test_every_table_of_a_plan_is_told_of() -> None:
    """What it is about, for the contents."""
    assert set(ABOUT) == set(COLUMNS)


def test_rows_are_as_high_as_their_words(book: Any) -> None:
    """A program that takes heights as they stand cuts nothing off: more words than fit on a line have more lines."""
    heads, cover = book["portfolio"], book["cover"]
    assert heads.row_dimensions[1].height == 2 * HEIGHT  # capacity [t/yr]
    assert heads.row_dimensions[2].height is None  # that of the sheet
    for row in cover:
        words = max((len(str(cell.value)) for cell in row if cell.value and cell.alignment.wrap_text), default=0)
        lines = (cover.row_dimensions[row[0].row].height or HEIGHT) / HEIGHT
        assert lines >= words // WORDS


def test_a_row_is_no_higher_than_a_sheet_allows() -> None:
    """By broken lines, words without a space, larger letters, and words that are not wrapped."""
    wrapped = Look(wrap=True)
    assert height_of([Entry("a\nb\nc", wrapped)], [20]) == 3 * HEIGHT
    assert height_of([Entry("x" * 100, wrapped)], [23]) == 5 * HEIGHT
    assert height_of([Entry("x" * 100)], [23]) == HEIGHT
    assert height_of([None, Entry("x", Look(size=22))], []) == 2 * HEIGHT
    assert height_of([Entry("a b " * 5_000, wrapped)], [10]) == HIGHEST


@pytest.mark.slow
def test_what_is_there_is_not_replaced(folders: Path, tmp_path: Path) -> None:
    """But an earlier workbook of a result that nobody has saved since."""
    target = tmp_path / "plan.xlsx"
    optimizer.workbook(folders / "plan", target)
    optimizer.workbook(folders / "plan", target)
    edited = openpyxl.load_workbook(target)
    edited.properties.lastModifiedBy = "A planner"
    edited.save(target)
    with pytest.raises(PlanError, match="is there already"):
        optimizer.workbook(folders / "plan", target)
    by_script = tmp_path / "script.xlsx"
    optimizer.workbook(folders / "plan", by_script)
    edited = openpyxl.load_workbook(by_script)
    assert edited.properties.modified - edited.properties.created <= timedelta(seconds=1)
    edited.properties.created -= timedelta(
        seconds=2
    )  # a script that comes two seconds later and says nothing of itself
    edited.save(by_script)
    with pytest.raises(PlanError, match="is there already"):
        optimizer.workbook(folders / "plan", by_script)
    instance = optimizer.workbook(folders / "plan" / "instance", tmp_path / "instance.xlsx")
    with pytest.raises(PlanError, match="is there already"):
        optimizer.workbook(folders / "plan" / "instance", instance)
