"""What a result says, in lines and tables: a screen prints them, and a page is set from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, ConsoleOptions
from rich.markup import escape
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Line:
    """A line of words.

    Attributes:
        text: one line or several; it may begin with an empty one, or with spaces where it belongs to the line above.
        style: as rich has it: bold, dim, yellow, red, green, or two of them.
    """

    text: str
    style: str | None = None


@dataclass(slots=True)
class Grid:
    """A table of words.

    Attributes:
        title: above it; it may begin with an empty line.
        heads: of the columns.
        right: those that hold numbers.
        rows: cells, one for each column.
        styles: of the rows.
    """

    title: str
    heads: tuple[str, ...]
    right: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)
    styles: list[str | None] = field(default_factory=list)

    def add_row(self, *cells: str, style: str | None = None) -> None:
        """Add a row."""
        self.rows.append(cells)
        self.styles.append(style)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table]:
        """Set it for a screen. Only a terminal has an end of line: elsewhere words are not broken."""
        table = Table(
            title=escape(self.title),
            title_justify="left",
            title_style="bold",
            box=None,
            pad_edge=False,
            padding=(0, 2, 0, 0),
        )
        for number, head in enumerate(self.heads):
            width = 0 if console.is_terminal else max((self._longest(row, number) for row in self.rows), default=0)
            justify: Any = "right" if head in self.right else "left"
            table.add_column(escape(head), justify=justify, overflow="fold", min_width=width or None)
        for cells, style in zip(self.rows, self.styles, strict=True):
            table.add_row(*map(escape, cells), style=style)
        yield table

    @staticmethod
    def _longest(row: tuple[str, ...], number: int) -> int:
        return max(map(len, row[number].split(" "))) if number < len(row) else 0


def headed(title: str, *columns: str, right: tuple[str, ...] = ()) -> Grid:
    """An empty table with a title and columns; those in `right` hold numbers."""
    return Grid(title, columns, right)


class Brief:
    """Keeps what it is told.

    Attributes:
        parts: lines and tables, in order.
        rows: that a table has at most, where a screen shows fewer.
    """

    def __init__(self, rows: int = 0) -> None:
        """Begin with nothing."""
        self.parts: list[Line | Grid] = []
        self.rows = rows

    def print(self, what: str | Grid = "", style: str | None = None) -> None:
        """Take a line or a table. Words are words: no markup is read in them."""
        self.parts.append(what if isinstance(what, Grid) else Line(what, style))

    def most(self, shown: int) -> int:
        """Rows of a table that are shown, where a screen shows so many."""
        return max(self.rows, shown)

    def print_to(self, console: Console) -> None:
        """Print it all on a screen."""
        for part in self.parts:
            if isinstance(part, Grid):
                console.print(part)
            else:
                console.print(part.text, style=part.style, markup=False)
