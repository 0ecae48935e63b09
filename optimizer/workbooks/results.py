"""The workbook of a result folder: cover, contents, what the command says in full, and every table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from optimizer.errors import PlanError
from optimizer.instance.marks import banner_of, together
from optimizer.pages.folder import as_written
from optimizer.pages.front import led
from optimizer.pages.kinds import PLAN, Kind, kind_of
from optimizer.pages.page import Page
from optimizer.pages.proofs import with_proofs
from optimizer.plan.columns import COLUMNS
from optimizer.plan.plan import read_info
from optimizer.workbooks.book import (
    HEAD,
    HEAD_RIGHT,
    HEADING,
    LINKED,
    NUMBER,
    TITLE,
    WRAPPED,
    Book,
    Entry,
    Look,
    Options,
)
from optimizer.workbooks.summary import COVER, IN_FULL, add_cover, add_summary
from optimizer.workbooks.tables import MOST, Column, add_table, table_of

CATEGORY = "workbook of a result"
CONTENTS = "contents"
VERDICTS = "verdicts"
FAINT = Look(ink="595959")

ABOUT = {
    "portfolio": "what is funded, when, at what size and capex",
    "reactions": "what a disruption's branch funds itself",
    "capacity": "capacity by facility, unit and period, and how much is used",
    "runs": "what each facility runs, and its cost",
    "flows": "what moves from where to where, and its cost",
    "stock": "each stockpile over each period",
    "demand": "what markets ask for, get and go short of",
    "downgrades": "material passed on to looser channels",
    "surplus": "what is left over, and what it costs or earns",
    "releases": "residue and emissions, and charges on them",
    "makers": "what users have from each maker, where requalification binds them",
    "targets": "levels that stockpiles are to reach, and what is missing",
    "residual": "stock that counts at the horizon's end",
    "goals": "goals for the scale of a programme",
    "exposure": "exposure of each facility by kind, and the channels it may run",
    "costs": "cost by category, course and period",
    "scenarios": "each future: probability, cost, service",
    "outlay": "public outlay by year, account and instrument",
    "stock_payers": "what stockpiles cost whom: governments, and who holds them",
    "appropriations": "what was given, spent, lost and left, in USD of the time",
    "grants": "grants by facility",
    "financing": "loans, guarantees, shares and stakes, and what the government is charged",
    "owed": "what is owed at the end of each year",
    "recipients": "whom instruments that choose are paid to",
    "purchases": "guaranteed purchases",
    "stakes": "what stakes cost and earn",
    "sales": "what is sold, and at what price",
    "premiums": "what users of stricter channels pay above the reference price",
    "strict_runs": "activity that is for users of stricter channels",
    "books": "books of each facility",
}
"""What each table of a plan is about."""
BESIDES = {VERDICTS: "whether to fund each option whatever the data turn out to be, as far as that was asked"}
"""What a table is about that comes from another folder."""
NOTES = (
    "Each sheet after the summary is a table of the result folder, with every row and digit; units stand in the heads.",
    "USD are of the base year. Tonnes are of a period, t/yr of a year. A blank cell means: does not apply, or nothing.",
    "Numbers are values: nothing is calculated in this file, and changing it changes no plan.",
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a table.

    Attributes:
        name: of the sheet.
        table: whose rows it has.
        begin: the first of them, from 0.
        end: the one after the last.
        rows: of the whole table.
    """

    name: str
    table: str
    begin: int
    end: int
    rows: int

    @property
    def about(self) -> str:
        """What it holds, and which part where one sheet does not hold the table."""
        said = (ABOUT | BESIDES).get(self.table, f"{self.table}.csv of the result folder")
        if self.end - self.begin == self.rows:
            return said
        return f"{said}; rows {self.begin + 1:,} to {self.end:,} of {self.rows:,}, more than a sheet holds"


def book_of(folder: Path, verdicts: Path | None = None, most: int = MOST) -> Book:
    """The workbook of a result folder, written but for its file.

    Args:
        folder: the result folder.
        verdicts: a result folder whose verdicts on the plan's options lead its answer; they have a sheet too.
        most: rows of a table on a sheet.

    Raises:
        OptionsError: openpyxl is not installed.
        PlanError: a folder holds no result that has a page, or is broken; or the verdicts are none on this plan.
    """
    kind = kind_of(folder)
    with as_written(folder / kind.note, kind.what):
        return _book_of(kind, folder, verdicts, most)


def _book_of(kind: Kind, folder: Path, verdicts: Path | None, most: int) -> Book:
    plan = kind.note == PLAN
    page, *sure = led(
        with_proofs([kind.page(folder), *([] if verdicts is None else [kind_of(verdicts).page(verdicts)])])
    )
    for other in sure:
        _fits(page, other)
        known = dict(other.provenance)
        told = "; ".join(
            [other.source, *(f"{key} {known[key]}" for key in ("instance, SHA-256", "made") if key in known)]
        )
        provenance = (*page.provenance, (VERDICTS, told))
        page = replace(page, provenance=provenance, markings=together([page.markings, other.markings]))
    book = Book(page.title, CATEGORY, banner_of(page.markings))
    add_cover(book, page, _figures(read_info(folder), page) if plan else [], list(NOTES))
    tables = {name: table_of(folder, name, plan=plan) for name in _names(folder, plan=plan)}
    tables = {name: columns for name, columns in tables.items() if _count(columns)} | tables  # empty ones come last
    if verdicts is not None:
        tables = {VERDICTS: table_of(verdicts, "options", plan=False)} | tables
    contents, in_full = book.names.take(CONTENTS), book.names.take(IN_FULL)
    sheets = [
        Sheet(book.names.take(name), name, begin, min(begin + most, _count(columns)), _count(columns))
        for name, columns in tables.items()
        for begin in range(0, max(_count(columns), 1), most)
    ]
    _add_contents(book, contents, in_full, sheets, folder)
    add_summary(book, in_full, page)
    for sheet in sheets:
        add_table(book, sheet.name, tables[sheet.table], sheet.begin, sheet.end)
    return book


def _fits(page: Page, sure: Page) -> None:
    """Refuse verdicts that say nothing of a plan."""
    if page.plan is None or not page.plan.tables:
        raise PlanError(f"{page.source} holds no plan, so no verdicts lead its answer")
    if sure.sure is None:
        raise PlanError(f"{sure.source} holds no verdicts on options; optimizer verdicts and alternatives make some")
    if sure.instance[0] != page.instance[0]:
        raise PlanError(f"{sure.source} is on {sure.instance[0]}, and the plan is of {page.instance[0]}")


def _count(columns: list[Column]) -> int:
    return len(columns[0].cells) if columns else 0


def _names(folder: Path, *, plan: bool) -> list[str]:
    """The tables of a folder: of a plan in the order of docs/results.md, of others by name."""
    there = sorted(file.stem for file in folder.glob("*.csv"))
    known = [name for name in COLUMNS if name in there] if plan else []
    return [*known, *(name for name in there if name not in known)]


def _figures(info: dict[str, Any], page: Page) -> list[tuple[str, float | str, str]]:
    """What a plan's answer rests on, as numbers, and what the verifier said of it."""
    named = (
        ("objective", "cost by the risk measure, M USD", 1e-6, "#,##0.000"),
        ("bound", "no plan costs less than, M USD", 1e-6, "#,##0.000"),
        ("gap_usd", "gap, M USD", 1e-6, "#,##0.000"),
        ("gap", "gap", 1.0, "0.000%"),
    )
    found: list[tuple[str, float | str, str]] = [
        (words, info[key] * factor, shown) for key, words, factor, shown in named if info.get(key) is not None
    ]
    if page.proof is not None and page.proof.bound_usd is not None and page.proof.gap is not None:
        found += [
            ("proved without a solver: no plan costs less than, M USD", page.proof.bound_usd / 1e6, "#,##0.000"),
            ("gap that is proved", page.proof.gap, "0.000%"),
        ]
    verdict = info.get("verdict") or {}
    return [*found, *([("verifier", str(verdict["summary"]), "General")] if "summary" in verdict else [])]


def _add_contents(book: Book, name: str, in_full: str, sheets: list[Sheet], folder: Path) -> None:
    """Write the list of sheets, each with a link."""

    def lines() -> Iterator[list[Entry]]:
        yield [Entry("Contents", TITLE)]
        yield []
        yield [Entry("sheet", HEAD), Entry("rows", HEAD_RIGHT), Entry("what it holds", HEAD)]
        yield [Entry(COVER, LINKED, COVER), Entry(None), Entry("the answer, and where it comes from", WRAPPED)]
        yield [Entry(in_full, LINKED, in_full), Entry(None), Entry("the report's tables, rounded, in M USD", WRAPPED)]
        for sheet in sheets:
            look = LINKED if sheet.rows else FAINT
            rows = Entry(sheet.end - sheet.begin, replace(NUMBER, format="#,##0"))
            yield [Entry(sheet.name, look, sheet.name), rows, Entry(sheet.about, WRAPPED)]
        others = _others(folder)
        if others:
            yield []
            yield [Entry("In the result folder, and not here", HEADING)]
            yield from ([Entry(there), Entry(None), Entry(said, WRAPPED)] for there, said in others)

    book.add(name, lines(), Options(widths=(26, 12, 80), frozen="A4", landscape=False))


def _others(folder: Path) -> list[tuple[str, str]]:
    """What else is in a result folder."""
    said = {
        "instance": "the instance: optimizer workbook FOLDER/instance writes its workbook",
        PLAN: "the plan's note: options, sizes, rules and what binds, the verifier's verdict in full",
    }
    return [
        (f"{file.name}/" if file.is_dir() else file.name, said.get(file.name, ""))
        for file in sorted(folder.iterdir())
        if file.suffix != ".csv" and not file.name.startswith(".")
    ]
