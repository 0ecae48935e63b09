"""The words of a page as sheets: the answer with where it comes from, and what the command says in full."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from optimizer.briefs.brief import Grid
from optimizer.briefs.words import Money, Span
from optimizer.instance.marks import Markings, banner_of, lines_of
from optimizer.pages.blocks import columns_of, head_of, is_money, millions, texts_of
from optimizer.pages.page import Page
from optimizer.workbooks.book import (
    HEAD,
    HEAD_RIGHT,
    HEADING,
    NUMBER,
    PLAIN,
    TITLE,
    WRAPPED,
    Book,
    Entry,
    Look,
    Options,
    width_of,
)

COVER, IN_FULL = "cover", "summary"
LABELS, WORDS = 36, 100
"""Letters of the cover's two columns."""
ROUNDED = "Rounded as in a report, money in M USD. The other sheets hold every digit."

_ALERT = Look(bold=True, ink="9C0006", fill="FFE7E9", wrap=True)
_ANSWER = Look(size=12, wrap=True)
_LABEL = Look(bold=True, wrap=True)
_NOTE = Look(ink="595959", wrap=True)
_TONES = {"warn": "7F6000", "bad": "9C0006", "good": "375623", "note": "595959"}
_NUMBER = re.compile(r"[-+]?[0-9][0-9,]*(\.[0-9]+)?\Z")
MILLION = "#,##0.00;-#,##0.00;0"


def add_cover(book: Book, page: Page, figures: list[tuple[str, float | str, str]], notes: list[str]) -> None:
    """Write the cover: what must be known first, the answer, and where it comes from.

    Args:
        book: the workbook.
        page: of the result.
        figures: name, number or words, and format, of what the answer rests on.
        notes: on how to read the workbook.
    """

    def rows() -> Iterator[list[Entry]]:
        yield from marked_lines(page.markings)
        yield [Entry(page.title, TITLE)]
        yield []
        yield from ([Entry("Note", _ALERT), Entry(text, _ALERT)] for text in page.alerts)
        for number, text in enumerate(page.answer):
            yield [Entry("" if number else "The answer", _LABEL), Entry(text, _ANSWER)]
        if figures:
            yield []
            yield [Entry("In figures", HEADING)]
        yield from (
            [Entry(name, _LABEL), Entry(value, Look(format=shown, wrap=True))] for name, value, shown in figures
        )
        yield []
        yield [Entry("Where this comes from", HEADING)]
        yield from ([Entry(name, _LABEL), Entry(text, WRAPPED)] for name, text in page.provenance)
        yield []
        yield [Entry("How to read this", HEADING)]
        yield from ([Entry("", PLAIN), Entry(text, _NOTE)] for text in notes)

    book.add(book.names.take(COVER), rows(), Options(widths=(LABELS, WORDS), landscape=False))


def marked_lines(markings: Markings) -> Iterator[list[Entry]]:
    """The banner as the first line of a sheet, and what each label of it means; nothing where no row is marked."""
    if markings:
        yield [Entry("Marking", _ALERT), Entry(banner_of(markings), _ALERT)]
        yield from ([Entry("", PLAIN), Entry(line, WRAPPED)] for line in lines_of(markings))
        yield []


def add_summary(book: Book, name: str, page: Page) -> None:
    """Write what the command says in full, its tables with numbers as numbers; name is that of the sheet."""
    grids = [part for part in page.brief.parts if isinstance(part, Grid)]
    widths: dict[int, float] = {}
    for grid in grids:
        for place, n in enumerate(columns_of(grid)):
            cells = [grid.heads[n], *(row[n] for row in grid.rows)]
            widths[place] = max(widths.get(place, 0), width_of(cells))
    book.add(name, _in_full(page), Options(widths=[widths[place] for place in sorted(widths)]))


def _in_full(page: Page) -> Iterator[list[Entry]]:
    yield [Entry(page.title, TITLE)]
    yield [Entry(ROUNDED, Look(ink=_TONES["note"]))]
    for part in page.brief.parts:
        if isinstance(part, Grid):
            yield from _grid(part)
            continue
        for text in texts_of(part):
            if text.heading:
                yield []
            look = HEADING if text.heading else Look(ink=_TONES.get(text.tone, "000000"), indent=text.depth)
            yield [Entry(text.text, look)]


def _grid(grid: Grid) -> Iterator[list[Entry]]:
    kept = columns_of(grid)
    money = {n for n in kept if is_money(grid, n)}
    right = {n for n in kept if grid.heads[n] in grid.right and (grid.heads[n] or n == 0)}
    yield []
    if grid.title.strip():
        yield [Entry(grid.title.strip(), HEADING)]
    yield [Entry(head_of(grid.heads[n], n, n in money), HEAD_RIGHT if n in right - {kept[0]} else HEAD) for n in kept]
    for row, style in zip(grid.rows, grid.styles, strict=True):
        bold = "bold" in (style or "")
        yield [_entry(row[n], money=n in money, right=n in right, first=n == kept[0], bold=bold) for n in kept]
    yield []


def _entry(cell: str, *, money: bool, right: bool, first: bool, bold: bool) -> Entry:
    """A cell of a table of words, as a number where it is one.

    The first column is as wide as any table of the sheet asks for; a number at its right end would stand alone.
    """
    number = Look(left=True, bold=bold) if first else replace(NUMBER, bold=bold)
    words = replace(NUMBER, bold=bold) if right and not first else Look(bold=bold)
    if money and isinstance(cell, Money):
        return Entry(cell.usd / 1e6, replace(number, format=MILLION))
    if money and isinstance(cell, Span):
        return Entry(millions(cell), words)
    if right and not isinstance(cell, Money) and _NUMBER.match(cell):
        _, _, decimals = cell.partition(".")
        shown = ("#,##0" if "," in cell else "0") + ("." + "0" * len(decimals) if decimals else "")
        return Entry(float(cell.replace(",", "")), replace(number, format=shown))
    return Entry(str(cell), words)
