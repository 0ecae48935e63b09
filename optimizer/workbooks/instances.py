"""The workbook of an instance, to be edited and read back: a sheet for each table, and one for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from optimizer.errors import OptionsError, letters
from optimizer.instance.cells import LONGEST, units_of_length, write_cell
from optimizer.instance.instance import Instance
from optimizer.instance.layout import (
    GUIDES,
    KEY,
    MEANING,
    SETTINGS,
    SHEETS,
    UNIT,
    VALUE,
    Column,
    Layout,
    inside,
    known_kind,
    layouts,
    settings,
    sheet_of,
)
from optimizer.instance.marks import MARKING, banner_of, markings_of
from optimizer.instance.read import read_source
from optimizer.instance.sound import sound
from optimizer.instance.table import SIDE_TABLES, Section, SideTable
from optimizer.instance.write import sha256
from optimizer.instance.yaml12 import scalar
from optimizer.workbooks.book import (
    HEAD,
    HEAD_RIGHT,
    HEADING,
    LINKED,
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
from optimizer.workbooks.summary import marked_lines

CATEGORY = "workbook of an instance"
ABOUT, KEYS = GUIDES
SPARE = 1_000
"""Rows below the last that drop-downs reach too, for what is added."""
LARGE, THOUSANDS = 1e4, replace(NUMBER, format="#,##0")
"""Whole numbers from which thousands are set apart."""
MOST_WIDE = 40
"""Letters of a column at most."""
MOST_CHOICE = 255
"""Letters of a list of words that a drop-down may have."""
NAMED = {
    "facility": "facilities", "material": "materials", "product": "materials", "recipe": "recipes", "owner": "owners",
    "held": "owners", "channel": "channels", "market": "markets", "stockpile": "stockpiles", "scenario": "scenarios",
    "country": "countries",
}  # fmt: skip
"""Columns that name a record of a section; a name that is not there yet is warned of, and may stay."""
HOW = (
    "Change, add or take away rows; then give this file to any command in place of the instance: "
    "optimizer validate FILE.xlsx names every fault with its cell.",
    "An empty cell is a key that is not given. A column that is not there is a key that no row has. The order of rows "
    "counts.",
    "Years, lists and mappings stand in one cell: {2027: 10, 2030: 20} holds from each year to the next; a; b is a "
    "list; {a: 1, b: 2} gives a value by name.",
    "Units stand in the heads in brackets; what a key means stands on the sheet 'keys'.",
    "A text in double quotes is what stands between them: so a name that looks like a number is kept a name.",
    "Formulas are read by the result that was saved with them. Dates, errors, merged cells, links to other files, and "
    "sheets or columns of other names are refused. The sheets 'about' and 'keys' are for readers, and are not read.",
)
_LABEL = Look(bold=True, wrap=True)
_NEEDED = Look(bold=True, ink="FFFFFF", fill="9C5700", wrap=True)


def save_instance(instance: Instance, file: Path) -> None:
    """Write the workbook of an instance, and read it back before it takes its place.

    Args:
        instance: whole: what overlays changed is in it.
        file: where.

    Raises:
        OptionsError: a value is too long for a cell, or openpyxl is not installed.
    """

    def check(made: Path) -> None:
        if sha256(sound(read_source(made), str(file))) != sha256(instance):
            raise OptionsError(f"{instance.name} does not come back from a workbook as it is; keep it in YAML and CSV")

    _Writer(instance).book().save(file, check)


class _Writer:
    """Takes an instance apart into sheets."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.data: dict[str, Any] = _listed(instance.plain())
        self.long: list[str] = []
        self.markings = markings_of(instance)
        self.layouts = layouts(marked=bool(instance.markings))
        self.rows: dict[str, list[dict[str, Any]]] = {layout.name: [] for layout in self.layouts}
        for section in SHEETS:
            self._take(section)

    def _take(self, section: Section) -> None:
        """The rows of a section, out of the data."""
        holder: Any = self.data
        for part in section.path[:-1]:
            holder = holder.get(part, {})
        given = holder.pop(section.path[-1], None)
        sides = [side for side in SIDE_TABLES if section.path == (side.parent,)]
        rows = self.rows.setdefault(sheet_of(section), [])
        for name, item in given.items() if isinstance(given, dict) else [(None, item) for item in given or []]:
            row = {} if section.key is None else {section.key: name}
            row |= {section.value: item} if section.value else dict(item)
            for side in sides:
                self._take_side(side, row)
            rows.append(row)

    def _take_side(self, side: SideTable, row: dict[str, Any]) -> None:
        """The rows that a field of a record becomes; where it is empty it stays, for no row says so."""
        given = row.get(side.field)
        if not given:
            return
        del row[side.field]
        if side.item is None:
            made = [{side.column: row["id"]} | item for item in given]
        else:
            items = {name: {} for name in given} if isinstance(given, list) else given
            made = [
                {side.column: row["id"], side.item: name} | (item if isinstance(item, dict) else {"share": item})
                for name, item in items.items()
            ]
        self.rows[side.name].extend(made)

    def book(self) -> Book:
        """The workbook.

        Raises:
            OptionsError: values are too long for a cell, all of them named.
        """
        book = Book(self.instance.title or self.instance.name, CATEGORY, banner_of(self.markings))
        sheets = [layout for layout in self.layouts if self.rows[layout.name]]
        sheets += [layout for layout in self.layouts if not self.rows[layout.name]]  # empty ones come last
        self._add_about(book, sheets)
        self._add_settings(book)
        for layout in sheets:
            self._add_table(book, layout)
        self._add_keys(book)
        if self.long:
            raise OptionsError(
                f"{self.instance.name} does not fit into a workbook: longer than the {LONGEST:,} letters of a cell: "
                + ", ".join(self.long)
            )
        return book

    def _entry(self, value: Any, column: str, kind: str, row: str) -> Entry:
        written = write_cell(value, kind)
        if isinstance(written, str) and units_of_length(written) > LONGEST:
            self.long.append(f"{row}.{column}" if row else column)
            return Entry("")
        if isinstance(written, str):
            return Entry(written, WRAPPED if "\n" in written else PLAIN)
        if isinstance(written, bool):
            return Entry(written)
        large = abs(written) >= LARGE and written == round(written)
        return Entry(written, THOUSANDS if large else NUMBER)

    def _add_about(self, book: Book, sheets: list[Layout]) -> None:
        names = book.names.take(ABOUT)

        def lines() -> Iterator[list[Entry]]:
            yield from marked_lines(self.markings)
            yield [Entry(self.instance.title or self.instance.name, TITLE)]
            yield []
            yield [Entry("instance", _LABEL), Entry(self.instance.name, WRAPPED)]
            yield [Entry("SHA-256", _LABEL), Entry(sha256(self.instance), WRAPPED)]
            yield [Entry("", _LABEL), Entry("of the content as it was exported; a changed cell changes it", WRAPPED)]
            yield []
            yield [Entry("How to edit this", HEADING)]
            yield from ([Entry(""), Entry(text, WRAPPED)] for text in HOW)
            yield []
            yield [Entry("sheet", HEAD), Entry("rows", HEAD)]
            yield [Entry(SETTINGS, LINKED, SETTINGS), Entry("horizon, rates, budget and all that is no table", WRAPPED)]
            for layout in sheets:
                count = len(self.rows[layout.name])
                yield [Entry(layout.name, LINKED, layout.name), Entry(f"{count:,}" if count else "none yet", WRAPPED)]
            yield [Entry(KEYS, LINKED, KEYS), Entry("what each key means, its unit, and what may stand there", WRAPPED)]

        book.add(names, lines(), Options(widths=(24, 110), landscape=False))

    def _add_settings(self, book: Book) -> None:
        known = settings()
        rows = list(_flat(self.data, ""))

        def lines() -> Iterator[list[Entry]]:
            yield [Entry(head, HEAD) for head in (KEY, VALUE, UNIT, MEANING)]
            for key, value in rows:
                column = known.get(key, Column(key))
                written = self._entry(value, key, known_kind(key), "")
                yield [
                    Entry(key),
                    Entry(written.value, replace(written.look, wrap=True, right=False, indent=0)),
                    Entry(column.unit),
                    Entry(column.meaning, WRAPPED),
                ]

        lists = [
            (f"B{number}", _choice(known[key].words), True)
            for number, (key, _) in enumerate(rows, 2)
            if key in known and len(known[key].words) > 1
        ]
        book.add(book.names.take(SETTINGS), lines(), Options((34, 60, 12, 80), "B2", lists=lists))

    def _add_table(self, book: Book, layout: Layout) -> None:
        rows = self.rows[layout.name]
        said = {name for row in rows for name in row}
        columns = [column for column in layout.columns if column.name not in inside(layout) or column.name in said]
        made = [[self._cell(row, column, layout) for column in columns] for row in rows]
        heads = [_head(column) for column in columns]
        widths = [
            min(width_of([*head.split(" ["), *(str(cell.value) for cell in cells if cell)]), MOST_WIDE)
            for head, *cells in zip(heads, *made, strict=True)
        ]
        last = len(rows) + 1
        lists = [
            (f"{letters(n)}2:{letters(n)}{last + SPARE}", formula, strict)
            for n, column in enumerate(columns, 1)
            for formula, strict in self._choices(column)
        ]
        looks = [_NEEDED if column.needed else HEAD_RIGHT if column.unit else HEAD for column in columns]
        keys = sum(
            column.needed and column.name in ("id", "facility", "owner", "held", "recipe") for column in columns[:2]
        )
        book.add(
            book.names.take(layout.name),
            [[Entry(head, look) for head, look in zip(heads, looks, strict=True)], *made],
            Options(
                widths,
                frozen=f"{letters(1 + keys)}2",
                filtered=f"A1:{letters(len(columns))}{last}",
                repeated=True,
                lists=lists,
            ),
        )

    def _cell(self, row: Mapping[str, Any], column: Column, layout: Layout) -> Entry | None:
        if column.name not in row:
            return None
        of = f"{layout.name}.{next(iter(row.values()))}"
        return self._entry(row[column.name], column.name, column.kind, of)

    def _choices(self, column: Column) -> Iterator[tuple[str, bool]]:
        """The list that a column offers: its words, or what a section names."""
        if column.words:  # where they are more letters than a drop-down holds, the sheet of keys has them
            yield from [(_choice(column.words), True)] if len(_choice(column.words)) <= MOST_CHOICE else []
        elif column.name in NAMED and self.rows[NAMED[column.name]]:
            yield f"{NAMED[column.name]}!$A$2:$A${len(self.rows[NAMED[column.name]]) + 1 + SPARE}", False

    def _add_keys(self, book: Book) -> None:
        known = [one for one in settings().values() if self.instance.markings or not one.name.endswith(f".{MARKING}")]

        def lines() -> Iterator[list[Entry]]:
            yield [Entry(head, HEAD) for head in ("sheet", "key", "unit", "needed", "one of", "meaning")]
            for sheet, column in [
                *((SETTINGS, column) for column in known),
                *((layout.name, column) for layout in self.layouts for column in layout.columns),
            ]:
                needed = Entry("yes" if column.needed else "")
                words = Entry(", ".join(column.words), WRAPPED)
                yield [Entry(sheet, LINKED, sheet), Entry(column.name), Entry(column.unit), needed, words,
                       Entry(column.meaning, WRAPPED)]  # fmt: skip

        count = len(known) + sum(len(layout.columns) for layout in self.layouts)
        options = Options((18, 34, 26, 9, 40, 90), "A2", f"A1:F{count + 1}", repeated=True)
        book.add(book.names.take(KEYS), lines(), options)


def _head(column: Column) -> str:
    return f"{column.name} [{column.unit}]" if column.unit else column.name


def _choice(words: tuple[str, ...]) -> str:
    """A list of words as a drop-down has it."""
    return f'"{",".join(words)}"'


def _flat(data: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    """Keys and values of what is no table; a mapping by names is a row for each, another stays whole."""
    for key, value in data.items():
        names = list(value) if isinstance(value, dict) else []
        series = {"start", "growth"} & set(names)
        if (
            names
            and not series
            and all(isinstance(n, str) and isinstance(scalar(n), str) and "." not in n for n in names)
        ):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _listed(value: Any) -> Any:
    """Plain data with lists where there are tuples."""
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value
