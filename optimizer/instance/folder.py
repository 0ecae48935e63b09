"""Reads one YAML file of an instance, and the tables it names."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from optimizer.errors import Fault, Where
from optimizer.instance.faults import did_you_mean, dotted
from optimizer.instance.fields import Record
from optimizer.instance.source import Source
from optimizer.instance.table import (
    MAX_BYTES,
    SECTIONS,
    SIDE_TABLES,
    Section,
    SideTable,
    column_kinds,
    known_columns,
    read_table,
)
from optimizer.instance.yaml12 import Path, read_yaml

MAX_TOTAL_BYTES = 256 * 1024 * 1024

Rows = list[tuple[dict[str, Any], Where]]
Tables = Callable[[Source, Path, str, tuple[type[Record], ...], tuple[str, ...]], Rows | None]
"""Reads the table that a path of the source names, made of these records and key columns; None where it cannot."""


def read_document(main: FilePath, label: str = "", right: str = "an instance begins with 'schema: 1'") -> Source:
    """Read one YAML file; the tables that it names are not read yet.

    Args:
        main: the file.
        label: what stands before its name, and those of its tables, in messages.
        right: what to say of a file that holds no mapping.

    Returns:
        The source; with faults and without data where the file holds no mapping.
    """
    source = Source(file=label + main.name, label=label, unread=True)
    text = _text_of(main, source, Where(source.file))
    if text is None:
        return source
    document = read_yaml(text, source.file)
    source.places = document.places
    source.faults.extend(document.faults)
    if isinstance(document.data, dict):
        source.data = {str(key): value for key, value in document.data.items()}
        source.unread = False
    elif not source.faults:
        wrong = "the file is empty" if document.data is None else "the file is not a mapping"
        source.fault((), wrong, right)
    return source


def load_tables(source: Source, tables: Tables, sections: tuple[Section, ...] = SECTIONS) -> None:
    """Read the tables that an instance names, and put every row where it belongs."""
    load_sections(source, tables, sections)
    for table in SIDE_TABLES:
        if table.name not in source.data:
            continue
        rows = side_rows(source, tables, table, source.data.pop(table.name))
        if rows is None:
            source.removed.add((table.parent, "", table.field))
        parents = source.data.get(table.parent)
        places = _places_of(parents)
        for row, where in rows or []:
            _attach(source, table, parents, places, row, where)


def load_sections(source: Source, tables: Tables, sections: tuple[Section, ...] = SECTIONS) -> None:
    """Read the sections that are tables."""
    for section in sections:
        _load_section(source, tables, section)


def _close_to(file: FilePath) -> str:
    """What is there under nearly the same name."""
    try:
        hint = did_you_mean(file.name, [one.name for one in file.parent.iterdir()])
    except OSError:
        return ""
    return f"; {hint}" if hint.startswith("did you mean") else ""


def _text_of(file: FilePath, source: Source, named_at: Where) -> str | None:
    """The text of a file, or a fault."""
    name = source.label + file.name
    try:
        if not file.is_file():
            where = f"looked in {file.parent}"
            if (file.parent / "plan.json").is_file():
                where += f", which is a result folder; the instance of its plan is {file.parent / 'instance'}"
            source.faults.append(Fault(named_at, "", f"there is no file {name}", where + _close_to(file)))
            return None
        size = file.stat().st_size
        if size > MAX_BYTES:
            wrong = f"{name} has {size:,} bytes"
            source.faults.append(Fault(named_at, "", wrong, f"a file of an instance has at most {MAX_BYTES:,}"))
            return None
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        source.faults.append(Fault(named_at, "", f"{name} is not UTF-8 (byte {error.start})", "save it as UTF-8"))
    except OSError as error:
        source.faults.append(Fault(named_at, "", f"{name} cannot be read: {error.strerror}"))
    return None


def _table_file(source: Source, folder: FilePath, path: Path, name: str) -> FilePath | None:
    """The file that a section names, if it lies in the instance's folder."""
    if not name.endswith(".csv"):
        source.fault(path, f"'{name}' is not a table", "name a .csv file, or write the section out")
        return None
    target = folder / name
    if FilePath(name).is_absolute() or ".." in FilePath(name).parts:
        source.fault(
            path, f"'{name}' lies outside the instance's folder", "a table lies in the folder of instance.yaml"
        )
        return None
    try:
        outside = target.exists() and not target.resolve().is_relative_to(folder.resolve())
    except OSError as error:  # such as a name that no file can have
        source.fault(path, f"'{name}' cannot be read: {error.strerror}", "name a .csv file, or write the section out")
        return None
    if outside:
        source.fault(
            path, f"'{name}' lies outside the instance's folder", "a table lies in the folder of instance.yaml"
        )
        return None
    return target


def csv_tables(folder: FilePath) -> Tables:
    """Tables that are CSV files in a folder."""
    total = 0

    def rows_of(
        source: Source, path: Path, name: str, kinds: tuple[type[Record], ...], keys: tuple[str, ...]
    ) -> Rows | None:
        nonlocal total
        file = _table_file(source, folder, path, name)
        if file is None:
            return None
        text = _text_of(file, source, source.where(*path))
        if text is None:
            return None
        total += len(text)
        if total > MAX_TOTAL_BYTES:
            source.fault(path, "the files are too large together", f"at most {MAX_TOTAL_BYTES:,} bytes")
            return None
        rows, faults = read_table(text, source.label + name, column_kinds(kinds), known_columns(kinds, keys))
        source.faults.extend(faults)
        return rows

    return rows_of


def _load_section(source: Source, tables: Tables, section: Section) -> None:
    holder: Any = source.data
    for part in section.path[:-1]:
        holder = holder.get(part) if isinstance(holder, dict) else None
    name = holder.get(section.path[-1]) if isinstance(holder, dict) else None
    if not isinstance(name, str):
        return
    rows = tables(source, section.path, name, section.records, (section.key,) if section.key else ())
    filled: Any = {} if section.key else []
    for row, where in _with_plain_keys(source, rows or [], (section.key,) if section.key else ()):
        if section.key is None:
            source.places[*section.path, len(filled)] = where
            filled.append(row)
            continue
        key = row.pop(section.key, None)
        if key is None:
            right = f"fill the column '{section.key}'"
            source.faults.append(Fault(where.at(section.key), section.key, "the row has no id", right))
        elif key in filled:
            first = source.where(*section.path, key)
            wrong = f"'{key}' is given twice"
            at = where.at(section.key)
            source.faults.append(Fault(at, dotted(section.path), wrong, f"the first is at {first}; keep one"))
        else:
            source.places[*section.path, key] = where.at(section.value) if section.value else where
            filled[key] = row[section.value] if section.value and section.value in row else row
    if rows is None:
        source.removed.add(section.path)
    holder[section.path[-1]] = filled


def _with_plain_keys(source: Source, rows: Rows, keys: tuple[str, ...]) -> Iterator[tuple[dict[str, Any], Where]]:
    """The rows whose key columns hold a single value each; a list or mapping there is a fault."""
    for row, where in rows:
        odd = [key for key in keys if isinstance(row.get(key), list | dict)]
        for key in odd:
            source.faults.append(Fault(where.at(key), key, f"{row[key]!r} is no id", "one id, made of a-z, 0-9 and _"))
        if not odd:
            yield row, where


def side_rows(source: Source, tables: Tables, table: SideTable, given: Any) -> Rows | None:
    """The rows of a side table, each with its place; None where it cannot be read."""
    path: Path = (table.name,)
    rows: Rows = []
    if isinstance(given, str):
        read = tables(source, path, given, table.records, table.keys)
        if read is None:
            return None
        rows = read
    elif isinstance(given, list):
        for index, item in enumerate(given):
            if isinstance(item, dict):
                rows.append((dict(item), source.where(table.name, index)))
            else:
                source.fault((table.name, index), "a row is a mapping")
    else:
        source.fault(path, f"'{table.name}' is a list of rows or the name of a .csv file")
        return None
    return list(_with_plain_keys(source, rows, table.keys))


def _attach(
    source: Source,
    table: SideTable,
    parents: Any,
    places: Mapping[Hashable, Hashable],
    row: dict[str, Any],
    where: Where,
) -> None:
    """Put a row of a side table where it belongs."""
    owner = row.pop(table.column, None)
    index = places.get(owner)
    parent = None if index is None else parents[index]
    if parent is None:
        known = [str(key) for key in parents] if isinstance(parents, Mapping) else list_ids(parents)
        wrong = f"{table.parent} has no '{owner}'" if owner is not None else f"the row has no {table.column}"
        source.faults.append(Fault(where.at(table.column), table.column, wrong, did_you_mean(owner, known)))
        return
    path: Path = (table.parent, index, table.field)
    if table.item is None:
        items = parent.setdefault(table.field, [])
        if isinstance(items, list):
            source.places[*path, len(items)] = where
            items.append(row)
        return
    item = row.pop(table.item, None)
    if item is None:
        source.faults.append(Fault(where.at(table.item), table.item, f"the row has no {table.item}"))
        return
    items = parent.get(table.field)
    if isinstance(items, list) and all(isinstance(name, str) for name in items):
        items = dict.fromkeys(items)
    items = {} if items is None else items
    if not isinstance(items, dict):
        return  # the record itself is at fault
    if items.get(item):
        first = source.where(*path, item)
        wrong = f"{table.column} '{owner}' has '{item}' twice"
        source.faults.append(Fault(where.at(table.item), table.name, wrong, f"the first is at {first}; keep one"))
        return
    source.places[*path, item] = where
    items[item] = row
    parent[table.field] = items


def _places_of(parents: Any) -> dict[Hashable, Hashable]:
    """Key or number of each record of a section, by its id; the first where two have one id."""
    if isinstance(parents, dict):
        return {name: name for name, item in parents.items() if isinstance(item, dict)}
    found: dict[Hashable, Hashable] = {}
    for index, item in enumerate(parents if isinstance(parents, list) else ()):
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            found.setdefault(item["id"], index)
    return found


def list_ids(parents: Any) -> list[str]:
    """The ids of a list of records as written."""
    return [str(item["id"]) for item in parents if isinstance(item, dict) and "id" in item] if parents else []
