"""Sets what a brief says for a page: headings, lines, and tables with a unit in the head of each column of money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from optimizer.briefs.brief import Brief, Grid, Line
from optimizer.briefs.words import Money, Span

SHORT, LONG = 18, 36
"""Letters up to which a cell stays on one line, and from which it has room."""
SMALL, CENTS = 0.0005, 5e-7
"""M USD below which money is told as under 0.001, and as 0."""
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
    """A cell of a table.

    Attributes:
        text: its words.
        number: whether it stands at the right.
        width: `short` where words are not broken into lines, `middle` and `long` where they are, with more room.
    """

    text: str
    number: bool
    width: str


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


def blocks_of(brief: Brief, title: str) -> Iterator[Text | Table]:
    """What a brief says, in the order in which it says it.

    Args:
        brief: of the result.
        title: of the page; a table that has none of its own, and none above it, takes it.
    """
    for part in brief.parts:
        if isinstance(part, Grid):
            yield table_of(part, title)
        else:
            for block in texts_of(part):
                title = block.text if block.heading else title
                yield block


def texts_of(line: Line) -> Iterator[Text]:
    """The paragraphs and headings of a line."""
    style = line.style or ""
    tone = next((tone for word, tone in TONES.items() if word in style), "")
    apart = line.text.startswith("\n")
    for text in line.text.strip("\n").split("\n"):
        words = text.lstrip(" ")
        if words:
            yield Text(words, tone, apart and style == "bold", (len(text) - len(words)) // 2)


def table_of(grid: Grid, title: str) -> Table:
    """A table as a page sets it.

    Args:
        grid: what it says.
        title: its caption, where it has none of its own.
    """
    kept = columns_of(grid)
    money = {n for n in kept if is_money(grid, n)}
    right = {n for n in kept if grid.heads[n] in grid.right and (grid.heads[n] or n == 0)}
    heads = [_cell(head_of(grid.heads[n], n, n in money), number=n in right) for n in kept]
    rows = []
    for cells, style in zip(grid.rows, grid.styles, strict=True):
        made = [_cell(millions(cells[n]) if n in money else cells[n], number=n in right) for n in kept]
        rows.append((tuple(made), next((tone for word, tone in TONES.items() if word in (style or "")), style or "")))
    return Table(grid.title.strip() or title, tuple(heads), tuple(rows))


def columns_of(grid: Grid) -> list[int]:
    """The columns of a table of words that hold anything."""
    return [n for n, head in enumerate(grid.heads) if head or any(row[n] for row in grid.rows)]


def head_of(head: str, number: int, money: bool) -> str:
    """The head of a column, with its unit where it holds money."""
    words = head or ("no." if number == 0 else "note")
    return words if not money else "M USD" if words == "USD" else f"{words}, M USD"


def _cell(text: str, *, number: bool) -> Cell:
    return Cell(text, number, "long" if len(text) > LONG else "short" if len(text) <= SHORT else "middle")


def is_money(grid: Grid, number: int) -> bool:
    """Whether a column holds amounts of money, and besides them only words without a unit."""
    cells = [row[number] for row in grid.rows]
    return any(isinstance(cell, (Money, Span)) for cell in cells) and all(
        isinstance(cell, (Money, Span)) or "USD" not in cell for cell in cells
    )


def millions(cell: str) -> str:
    """A cell of a column in M USD."""
    if isinstance(cell, Span):
        least, most = (None if end is None else _three(end) for end in (cell.least, cell.most))
        if least is None or most is None:
            if most is None:
                return f"at least {least}"
            return most if most.startswith("<") else f"at most {most}"
        return most if least == most else f"{least} to {most}"
    if not isinstance(cell, Money):
        return cell
    return f"+{_three(cell.usd)}" if cell.startswith("+") else _three(cell.usd)


def _three(usd: float) -> str:
    """USD in M USD, to three digits or whole millions."""
    value = usd / 1e6
    if abs(value) < SMALL:
        return "0" if abs(value) < CENTS else "< 0.001" if value > 0 else "> -0.001"
    places: Sequence[tuple[float, int]] = ((100.0, 0), (10.0, 1), (1.0, 2))
    digits = next((digits for least, digits in places if abs(value) >= least), 3)
    return f"{value:,.{digits}f}"
