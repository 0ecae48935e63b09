"""Reads an instance from a workbook: a sheet for each table, and one of keys and values for the rest.

What is read goes the way of YAML and CSV from here on, so that every check is the same; a place is a cell of a sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from optimizer.errors import Fault, Where
from optimizer.instance.cells import LIST, TEXT, read_cell
from optimizer.instance.faults import did_you_mean
from optimizer.instance.fields import Record
from optimizer.instance.folder import Rows, load_tables
from optimizer.instance.layout import (
    GUIDES,
    KEY,
    MEANING,
    SETTINGS,
    SHEETS,
    UNIT,
    VALUE,
    known_kind,
    layouts,
    settings,
    sheet_of,
)
from optimizer.instance.sheets import NAMES, Book, Cell, RefusedError
from optimizer.instance.source import Source
from optimizer.instance.table import MAX_COLUMNS, MAX_ROWS, SIDE_TABLES, column_kinds, known_columns
from optimizer.instance.yaml12 import Path

SHOWN = 5
"""Ranges of merged cells that a fault names."""

_UNIT_IN_HEAD = re.compile(r"\s*\[([^\[\]]*)\]\Z")
_YEAR = re.compile(r"0|[1-9][0-9]{0,3}")
"""A part of a dotted key that is a number: a year, or a place in a list."""
_LAYERED = ("extends", "add", "replace", "remove")
_TABLES: dict[str, tuple[Path, tuple[type[Record], ...], tuple[str, ...]]] = {
    sheet_of(section): (section.path, section.records, (section.key,) if section.key else ()) for section in SHEETS
} | {side.name: ((side.name,), side.records, side.keys) for side in SIDE_TABLES}
"""Path, records and key columns of each sheet that is a table."""


def is_workbook(file: FilePath) -> bool:
    """Whether a file is a workbook by its name, of a kind that is read or not."""
    return file.suffix.lower() in NAMES


def read_workbook(file: FilePath, label: str = "") -> Source:
    """Read a workbook, its tables included.

    Args:
        file: the workbook.
        label: what stands before its name in messages.

    Returns:
        The source; with faults and without data where it is no workbook, or has no settings.

    Raises:
        OptionsError: openpyxl is not installed.
    """
    source = Source(file=label + file.name, label=label, unread=True)
    if not file.is_file():
        wrong = f"there is no file {source.file}"
        source.faults.append(Fault(Where(source.file), "", wrong, f"looked in {file.parent}"))
        return source
    try:
        with Book(file) as book:
            _read(book, source)
    except RefusedError as error:
        source.faults.append(Fault(Where(source.file), "", error.wrong, error.right))
    except OSError as error:
        source.faults.append(Fault(Where(source.file), "", f"the file cannot be read: {error.strerror}"))
    source.unread = not source.data and bool(source.faults)
    return source


def _read(book: Book, source: Source) -> None:
    known = [SETTINGS, *_TABLES]
    for name in book.names:
        if name not in known and name not in GUIDES:
            right = did_you_mean(name, known)
            source.faults.append(Fault(Where(f"{source.file} {name}"), "", f"unknown sheet '{name}'", right))
    if SETTINGS not in book.names:
        right = f"it has the columns '{KEY}' and '{VALUE}', and a row for each key: schema, name, base_year, ..."
        source.faults.append(Fault(Where(source.file), "", f"there is no sheet '{SETTINGS}'", right))
        return
    _read_settings(book, source)
    found = {name: _table(book, source, name) for name in _TABLES if name in book.names}
    for name, rows in found.items():
        path = _TABLES[name][0]
        if rows or rows is None or len(path) == 1:  # an empty sheet opens no section around it
            _put(source, path, name, Where(f"{source.file} {name}", 1, 1), sheet=True)

    def rows_of(_: Source, path: Path, name: str, kinds: Any, keys: Any) -> Rows | None:  # noqa: ARG001 (as all tables)
        return found.get(name) if name in _TABLES and _TABLES[name][0] == path else None

    load_tables(source, rows_of, SHEETS)


def _read_settings(book: Book, source: Source) -> None:
    """Keys and values, one a row."""
    tables = {".".join(map(str, path)): name for name, (path, _, _) in _TABLES.items()}
    given: dict[str, Where] = {}
    units = settings()
    for where, cells in _rows(book, source, SETTINGS, {KEY, VALUE, UNIT, MEANING}, needed=(KEY, VALUE)):
        key, faults = _value(cells.get(KEY), TEXT, where.at(KEY))
        source.faults.extend(faults)
        if key is None:
            if VALUE in cells and not faults:
                source.faults.append(Fault(where.at(KEY), "", "a value without a key", "name its key"))
            continue
        name = str(key)
        if name in given:
            wrong = f"'{name}' is given twice"
            source.faults.append(Fault(where.at(KEY), name, wrong, f"the first is at {given[name]}; keep one"))
            continue
        given[name] = where.at(KEY)
        if name in tables:
            source.faults.append(Fault(where.at(KEY), name, "this has a sheet", f"fill the sheet '{tables[name]}'"))
            continue
        if name in _LAYERED:
            right = "a workbook is an instance of its own; an overlay is a YAML file, and may extend a workbook"
            source.faults.append(Fault(where.at(KEY), name, f"'{name}' is for overlays", right))
            continue
        if UNIT in cells and str(cells[UNIT].value).strip() != (units[name].unit if name in units else ""):
            unit = units[name].unit if name in units else ""
            source.faults.append(_other_unit(where.at(UNIT), name, str(cells[UNIT].value).strip(), unit))
        value, faults = _value(cells.get(VALUE), known_kind(name), where.at(VALUE))
        source.faults.extend(Fault(fault.where, name, fault.wrong, fault.right) for fault in faults)
        if value is not None and not faults:
            path = tuple(int(part) if _YEAR.fullmatch(part) else part for part in name.split("."))
            _put(source, path, value, replace(where.at(VALUE), columns={}))


def _put(source: Source, path: Path, value: Any, where: Where, *, sheet: bool = False) -> None:
    """Give a value its place in the data, and the place its cell."""
    holder: Any = source.data
    for number, part in enumerate(path[:-1], 1):
        holder = holder.setdefault(part, {})
        if not isinstance(holder, dict):
            above = ".".join(map(str, path[:number]))
            wrong = f"'{above}' has a value already, at {source.where(*path[:number])}"
            source.faults.append(Fault(where, ".".join(map(str, path)), wrong, "give the whole or its parts"))
            return
        source.places.setdefault(path[:number], where)
    if path[-1] in holder:
        wrong = f"{'the sheet' if sheet else 'a part'} is given twice: '{'.'.join(map(str, path))}' has a value already"
        first = source.where(*path)
        source.faults.append(Fault(where, ".".join(map(str, path)), wrong, f"the first is at {first}; keep one"))
        return
    holder[path[-1]] = value
    source.places[path] = where


def _table(book: Book, source: Source, name: str) -> Rows | None:
    """The rows of a table; None where the sheet cannot be read, which is noted."""
    _, records, keys = _TABLES[name]
    kinds, columns = column_kinds(records), known_columns(records, keys)
    count = len(source.faults)
    found: Rows = []
    for where, cells in _rows(book, source, name, columns):
        row: dict[str, Any] = {}
        for head, cell in cells.items():
            value, faults = _value(cell, kinds.get(head, ""), where.at(head))
            source.faults.extend(Fault(fault.where, head, fault.wrong, fault.right) for fault in faults)
            if value is not None and not faults:
                row[head] = value
        found.append((row, where))
    return found if found or len(source.faults) == count else None


def _value(cell: Cell | None, kind: str, where: Where) -> tuple[Any, list[Fault]]:
    if cell is None:
        return None, []
    if cell.wrong:
        return None, [Fault(where, "", cell.wrong, cell.right)]
    if isinstance(cell.value, str):
        return read_cell(cell.value, kind, where)
    return [cell.value] if kind == LIST else cell.value, []


def _rows(
    book: Book, source: Source, name: str, columns: set[str], needed: tuple[str, ...] = ()
) -> Iterator[tuple[Where, Mapping[str, Cell]]]:
    """The rows of a sheet below its heads: where, and the cells by head. What cannot be read is noted."""
    file = f"{source.file} {name}"
    heads: dict[int, str] | None = None
    count = 0
    places: dict[str, int] = {}
    try:
        if merged := book.merged(name):
            shown = ", ".join(merged[:SHOWN]) + (" and more" if len(merged) > SHOWN else "")
            right = "unmerge them, and fill each cell"
            source.faults.append(Fault(Where(file, 1, 1), "", f"cells are merged: {shown}", right))
        for number, cells in book.rows(name):
            if heads is None:
                heads = _heads(source, file, number, cells, columns, _units(name))
                places = {head: column for column, head in heads.items()}
                for head in needed:
                    if head not in places:
                        source.faults.append(Fault(Where(file, number, 1), head, f"there is no column '{head}'"))
                if len(heads) > MAX_COLUMNS or any(head not in places for head in needed):
                    return
                continue
            count += 1
            if count > MAX_ROWS:
                source.faults.append(Fault(Where(file, number, 1), "", f"more than {MAX_ROWS:,} rows"))
                return
            where = Where(file, number, 1, places)
            for cell in cells:
                if cell.column not in heads:
                    at = Where(file, number, cell.column)
                    source.faults.append(Fault(at, "", "a cell without a head", "name its column, or empty it"))
            yield where, {heads[cell.column]: cell for cell in cells if heads.get(cell.column) in columns}
    except RefusedError as error:
        source.faults.append(Fault(Where(file, 1, 1), "", error.wrong, error.right))
        return
    if heads is None:
        source.faults.append(Fault(Where(file, 1, 1), "", "the sheet is empty", "the first row names the columns"))


def _other_unit(where: Where, name: str, given: str, unit: str) -> Fault:
    """A unit is read nowhere: one that is changed would be a silent factor."""
    right = f"give values in {unit}, and name that or no unit" if unit else "name no unit; it has none of its own"
    return Fault(where, name, f"the unit is {unit}, not {given}" if unit else f"'{given}' is no unit of {name}", right)


def _units(name: str) -> dict[str, str]:
    """Unit of each column of a sheet that is a table."""
    return next(({one.name: one.unit for one in layout.columns} for layout in layouts() if layout.name == name), {})


def _heads(
    source: Source, file: str, number: int, cells: list[Cell], columns: set[str], units: Mapping[str, str]
) -> dict[int, str]:
    """Names of the columns, without their units; of one that is there twice the first."""
    found: dict[int, str] = {}
    for cell in cells:
        where = Where(file, number, cell.column)
        unit = _UNIT_IN_HEAD.search(str(cell.value))
        name = _UNIT_IN_HEAD.sub("", str(cell.value)).strip()
        if cell.wrong:
            source.faults.append(Fault(where, "", cell.wrong, "the first row names the columns"))
            name = ""
        elif name in found.values():
            source.faults.append(Fault(where, name, f"column '{name}' is given twice", "keep one"))
            name = ""
        elif name not in columns:
            source.faults.append(Fault(where, name, f"unknown column '{name}'", did_you_mean(name, columns)))
        elif unit and unit[1].strip() != units.get(name, ""):
            source.faults.append(_other_unit(where, name, unit[1].strip(), units.get(name, "")))
        found[cell.column] = name
    if len(found) > MAX_COLUMNS:
        source.faults.append(Fault(Where(file, number, 1), "", f"{len(found)} columns", f"at most {MAX_COLUMNS}"))
    return found
