"""Reads an instance: a YAML file, or a folder with `instance.yaml` and the tables it names."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from optimizer.errors import Fault, InstanceError, Where
from optimizer.instance.faults import did_you_mean, dotted, place_of
from optimizer.instance.fields import Record
from optimizer.instance.instance import Instance
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
from optimizer.instance.yaml12 import Path, read_yaml, scalar

MAX_TOTAL_BYTES = 256 * 1024 * 1024


@dataclass(slots=True)
class Source:
    """An instance as read: data, the place of each value, and what was found on the way.

    Attributes:
        file: name of the main file, for messages.
        data: the whole as plain data, tables included.
        places: file and line by path.
        faults: faults found so far.
        removed: paths that were left out because they were at fault, so that checks can go on.
    """

    file: str
    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Path, Where] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    removed: set[Path] = field(default_factory=set)

    def where(self, *path: Hashable) -> Where:
        """The place of a path."""
        return place_of(path, self.places, self.file)

    def fault(self, path: Path, wrong: str, right: str = "") -> None:
        """Note a fault at a path."""
        self.faults.append(Fault(self.where(*path), dotted(path), wrong, right))

    def ids(self, section: str) -> set[str]:
        """The ids of a section as written, those of records at fault included."""
        named = self.data.get(section)
        found = {str(key) for key in named} if isinstance(named, Mapping) else set()
        return found | {str(path[1]) for path in self.removed if len(path) == 2 and path[0] == section}


def read_source(path: FilePath | str, overrides: Sequence[str] = ()) -> Source:
    """Read files into one document, without judging the records.

    Args:
        path: file or folder.
        overrides: `KEY=VALUE` texts, KEY a dotted path.

    Raises:
        InstanceError: there is no such file, or it is not readable at all.
    """
    path = FilePath(path)
    main = path / "instance.yaml" if path.is_dir() else path
    source = Source(file=main.name)
    text = _text_of(main, source, Where(main.name))
    if text is None:
        raise InstanceError(str(path), source.faults)
    document = read_yaml(text, main.name)
    source.places = document.places
    source.faults.extend(document.faults)
    if not isinstance(document.data, dict):
        if not source.faults:
            wrong = "the file is empty" if document.data is None else "the file is not a mapping"
            source.fault((), wrong, "an instance begins with 'schema: 1'")
        raise InstanceError(str(path), source.faults)
    source.data = {str(key): value for key, value in document.data.items()}
    folder = main.parent
    total = [len(text)]
    for section in SECTIONS:
        _load_section(source, folder, section, total)
    for table in SIDE_TABLES:
        _load_side_table(source, folder, table, total)
    for override in overrides:
        _override(source, override)
    return source


def _text_of(file: FilePath, source: Source, named_at: Where) -> str | None:
    """The text of a file, or a fault."""
    name = file.name
    try:
        if not file.is_file():
            source.faults.append(Fault(named_at, "", f"there is no file {name}", f"looked in {file.parent}"))
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
    if target.exists() and not target.resolve().is_relative_to(folder.resolve()):
        source.fault(
            path, f"'{name}' lies outside the instance's folder", "a table lies in the folder of instance.yaml"
        )
        return None
    return target


def _rows_of(
    source: Source,
    folder: FilePath,
    path: Path,
    name: str,
    kinds: tuple[type[Record], ...],
    keys: tuple[str, ...],
    total: list[int],
) -> list[tuple[dict[str, Any], Where]] | None:
    file = _table_file(source, folder, path, name)
    if file is None:
        return None
    text = _text_of(file, source, source.where(*path))
    if text is None:
        return None
    total[0] += len(text)
    if total[0] > MAX_TOTAL_BYTES:
        source.fault(path, "the files are too large together", f"at most {MAX_TOTAL_BYTES:,} bytes")
        return None
    rows, faults = read_table(text, name, column_kinds(kinds), known_columns(kinds, keys))
    source.faults.extend(faults)
    return rows


def _load_section(source: Source, folder: FilePath, section: Section, total: list[int]) -> None:
    holder: Any = source.data
    for part in section.path[:-1]:
        holder = holder.get(part) if isinstance(holder, dict) else None
    name = holder.get(section.path[-1]) if isinstance(holder, dict) else None
    if not isinstance(name, str):
        return
    rows = _rows_of(source, folder, section.path, name, section.records, (section.key,) if section.key else (), total)
    filled: Any = {} if section.key else []
    for row, where in _with_plain_keys(source, rows or [], (section.key,) if section.key else ()):
        if section.key is None:
            source.places[*section.path, len(filled)] = where
            filled.append(row)
            continue
        key = row.pop(section.key, None)
        if key is None:
            source.faults.append(Fault(where, section.key, "the row has no id", f"fill the column '{section.key}'"))
        elif key in filled:
            first = source.where(*section.path, key)
            wrong = f"'{key}' is given twice"
            source.faults.append(Fault(where, dotted(section.path), wrong, f"the first is at {first}; keep one"))
        else:
            source.places[*section.path, key] = where
            filled[key] = row[section.value] if section.value and section.value in row else row
    if rows is None:
        source.removed.add(section.path)
    holder[section.path[-1]] = filled


def _with_plain_keys(
    source: Source, rows: list[tuple[dict[str, Any], Where]], keys: tuple[str, ...]
) -> Iterator[tuple[dict[str, Any], Where]]:
    """The rows whose key columns hold a single value each; a list or mapping there is a fault."""
    for row, where in rows:
        odd = [key for key in keys if isinstance(row.get(key), list | dict)]
        for key in odd:
            source.faults.append(Fault(where, key, f"{row[key]!r} is no id", "one id, made of a-z, 0-9 and _"))
        if not odd:
            yield row, where


def _load_side_table(source: Source, folder: FilePath, table: SideTable, total: list[int]) -> None:
    given = source.data.pop(table.name, None)
    if given is None:
        return
    path: Path = (table.name,)
    if isinstance(given, str):
        rows = _rows_of(source, folder, path, given, table.records, table.keys, total)
    elif isinstance(given, list):
        rows = []
        for index, item in enumerate(given):
            if isinstance(item, dict):
                rows.append((dict(item), source.where(table.name, index)))
            else:
                source.fault((table.name, index), "a row is a mapping")
    else:
        source.fault(path, f"'{table.name}' is a list of rows or the name of a .csv file")
        rows = None
    if rows is None:
        source.removed.add((table.parent, "", table.field))
    parents = source.data.get(table.parent)
    for row, where in _with_plain_keys(source, rows or [], table.keys):
        _attach(source, table, parents, row, where)


def _attach(source: Source, table: SideTable, parents: Any, row: dict[str, Any], where: Where) -> None:
    """Put a row of a side table where it belongs."""
    owner = row.pop(table.column, None)
    index, parent = _find_parent(parents, owner)
    if parent is None:
        known = [str(key) for key in parents] if isinstance(parents, Mapping) else _list_ids(parents)
        wrong = f"{table.parent} has no '{owner}'" if owner is not None else f"the row has no {table.column}"
        source.faults.append(Fault(where, table.column, wrong, did_you_mean(owner, known)))
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
        source.faults.append(Fault(where, table.item, f"the row has no {table.item}"))
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
        source.faults.append(Fault(where, table.name, wrong, f"the first is at {first}; keep one"))
        return
    source.places[*path, item] = where
    items[item] = row
    parent[table.field] = items


def _find_parent(parents: Any, owner: Any) -> tuple[Hashable, dict[str, Any] | None]:
    if isinstance(parents, dict) and isinstance(parents.get(owner), dict):
        return owner, parents[owner]
    if isinstance(parents, list):
        for index, item in enumerate(parents):
            if isinstance(item, dict) and item.get("id") == owner:
                return index, item
    return owner, None


def _list_ids(parents: Any) -> list[str]:
    return [str(item["id"]) for item in parents if isinstance(item, dict) and "id" in item] if parents else []


def _override(source: Source, override: str) -> None:
    """Apply one KEY=VALUE."""
    key, equals, text = override.partition("=")
    where = Where("--set", 0)
    if not equals or not key:
        source.faults.append(Fault(where, override, "not of the form KEY=VALUE", "--set policy.budget.annual=5e9"))
        return
    document = read_yaml(text, "--set") if text[:1] in ("{", "[", '"', "'") else None
    value = document.data if document is not None else scalar(text)
    if document is not None and document.faults:
        source.faults.extend(document.faults)
        return
    holder: Any = source.data
    path: list[Hashable] = []
    parts = key.split(".")
    for part in parts[:-1]:
        found = _step(holder, part)
        if found is None:
            if not _may_begin(holder, path, part):
                known = [str(name) for name in holder] if isinstance(holder, Mapping) else _list_ids(holder)
                wrong = f"'{dotted(tuple(path)) or 'the instance'}' has no '{part}'"
                source.faults.append(Fault(where, key, wrong, did_you_mean(part, known)))
                return
            holder[part] = {}
            found = part
        path.append(found)
        holder = holder[found]
    last = _step(holder, parts[-1])
    if last is None:
        if not isinstance(holder, dict):
            source.faults.append(Fault(where, key, f"'{parts[-1]}' is not there"))
            return
        last = scalar(parts[-1]) if parts[-1].isdigit() else parts[-1]
    holder[last] = value
    source.places[*path, last] = where


def _may_begin(holder: Any, path: list[Hashable], part: str) -> bool:
    """Whether an override may begin a mapping that is not written yet."""
    if not isinstance(holder, dict):
        return False
    if not path:
        return part in Instance.model_fields
    return path[0] in ("policy", "logistics", "planning_case")


def _step(holder: Any, part: str) -> Hashable | None:
    """The key or index in a holder that a part of a dotted path names."""
    if isinstance(holder, dict):
        if part in holder:
            return part
        number = scalar(part)
        return number if isinstance(number, int) and number in holder else None
    if isinstance(holder, list):
        for index, item in enumerate(holder):
            if isinstance(item, dict) and part in (item.get("id"), item.get("product")):
                return index
        if part.isdigit() and int(part) < len(holder):
            return int(part)
    return None
