"""Sets what a brief says for a page: headings, lines, and tables with a unit in the head of each column of money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from optimizer.briefs.brief import Brief, Grid, Line
from optimizer.briefs.words import Money

BLANK = ("", "-")
SMALL = 0.0005
"""M USD below which money is told as 0."""
TONES = {"yellow": "warn", "red": "bad", "green": "good", "dim": "note"}


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, or a heading.

    Attributes:
        text: its words.
        tone: class of the paragraph.
        heading: whether it is one.
        depth: how far it is set in, from 0.
    """

    text: str
    tone: str = ""
    heading: bool = False
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table."""

    text: str
    number: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        caption: above it.
        heads: of the columns, with their units, as cells.
        rows: cells, and class, of each.
    """

    caption: str
    heads: tuple[Cell, ...]
    rows: tuple[tuple[tuple[Cell, ...], str], ...]


def blocks_of(brief: Brief) -> Iterator[Text | Table]:
    """What a brief says, in the order in which it says it."""
    title = ""
    for part in brief.parts:
        if isinstance(part, Grid):
            yield _table(part, title)
        else:
            for block in _texts(part):
                title = block.text if block.heading else title
                yield block


def _texts(line: Line) -> Iterator[Text]:
    style = line.style or ""
    tone = next((tone for word, tone in TONES.items() if word in style), "")
    apart = line.text.startswith("\n")
    for text in line.text.strip("\n").split("\n"):
        words = text.lstrip(" ")
        if words:
            yield Text(words, tone, apart and style == "bold", (len(text) - len(words)) // 2)


def _table(grid: Grid, title: str) -> Table:
    plain = [_in_millions(grid, number) for number in range(len(grid.heads))]
    heads = []
    for number, head in enumerate(grid.heads):
        words = head or ("no." if number == 0 else "note")
        heads.append(Cell(f"{words}, M USD" if plain[number] else words, head in grid.right))
    rows = []
    for cells, style in zip(grid.rows, grid.styles, strict=True):
        made = [
            Cell(_millions(cell) if plain[number] else cell, grid.heads[number] in grid.right)
            for number, cell in enumerate(cells)
        ]
        rows.append((tuple(made), next((tone for word, tone in TONES.items() if word in (style or "")), style or "")))
    return Table(grid.title.strip() or title or "Table", tuple(heads), tuple(rows))


def _in_millions(grid: Grid, number: int) -> bool:
    """Whether a column holds amounts of money and nothing else."""
    cells = [row[number] for row in grid.rows if number < len(row) and row[number] not in BLANK]
    return bool(cells) and all(isinstance(cell, Money) for cell in cells)


def _millions(cell: str) -> str:
    """Money in M USD, to three digits or whole millions."""
    if not isinstance(cell, Money):
        return cell
    value = cell.usd / 1e6
    if abs(value) < SMALL:
        return "0"
    places: Sequence[tuple[float, int]] = ((100.0, 0), (10.0, 1), (1.0, 2))
    digits = next((digits for least, digits in places if abs(value) >= least), 3)
    return f"{value:,.{digits}f}"
