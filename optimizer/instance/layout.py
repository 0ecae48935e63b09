"""Which sheets the workbook of an instance has, and the columns of each."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from optimizer.instance import finance, policy
from optimizer.instance.cells import SETTING, TEXT
from optimizer.instance.fields import Record, Row, flatten
from optimizer.instance.instance import Instance
from optimizer.instance.marks import MARKING, MARKINGS
from optimizer.instance.series import Series
from optimizer.instance.table import SECTIONS, SIDE_TABLES, Section, column_kinds, kinds_of

SETTINGS, KEY, VALUE = "instance", "key", "value"
"""The sheet of all that is no table, and its columns."""
UNIT, MEANING = "unit", "meaning"
GUIDES = ("about", "keys")
"""Sheets for readers; they are passed over when a workbook is read."""

SHEETS: tuple[Section, ...] = (
    *SECTIONS,
    Section(("finance", "instruments"), kinds_of(finance.Instrument), key=None),
    Section(("policy", "budget", "appropriations"), (policy.Appropriation,), key=None),
)
"""Sections that have a sheet. Two of them have no CSV."""

_FREE = ("title", "description", "source", "note", "banner")
"""Keys of settings that hold free text."""
_UNITS = (
    "USD per unit of activity", "USD per unit released", "USD per t and year", "USD per gross t", "USD per year",
    "USD per t", "USD", "units of capacity_use per year", "t of element per t", "t per unit of activity",
    "Gross t per year", "t per year", "Years", "Share", "share", "t", "degrees",
)  # fmt: skip
"""Units as the descriptions of keys name them, the longer before those that begin alike."""
_UNIT = re.compile(rf"(?<![\w`])({'|'.join(map(re.escape, _UNITS))})(?![\w`])")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet.

    Attributes:
        name: the key.
        kind: how its cells are read.
        unit: of its numbers; empty where it has none or holds words.
        meaning: in words.
        words: that may stand there, where only some may; the first few ways to write it otherwise.
        needed: whether every row has it.
    """

    name: str
    kind: str = ""
    unit: str = ""
    meaning: str = ""
    words: tuple[str, ...] = ()
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A sheet of an instance.

    Attributes:
        name: of the sheet.
        columns: in order.
    """

    name: str
    columns: tuple[Column, ...]


def sheet_of(section: Section) -> str:
    """The name of the sheet of a section."""
    return section.path[-1]


def layouts(*, marked: bool = True) -> list[Layout]:
    """The sheets that are tables, in the order in which a workbook has them.

    Args:
        marked: whether there are labels, so that there is a sheet of them, and a column in the others.
    """
    found = [
        Layout(sheet_of(section), tuple(_columns(section.records, () if section.key is None else (section.key,))))
        for section in SHEETS
    ]
    after = {side.name: side for side in SIDE_TABLES}
    for side in after.values():
        parent = next(number for number, layout in enumerate(found) if layout.name == side.parent)
        later = sum(other.parent == side.parent for other in SIDE_TABLES[: SIDE_TABLES.index(side)])
        found.insert(parent + 1 + later, Layout(side.name, tuple(_columns(side.records, side.keys))))
    if marked:
        return found
    without = ((one.name, tuple(column for column in one.columns if column.name != MARKING)) for one in found)
    return [Layout(name, columns) for name, columns in without if name != MARKINGS]


def inside(layout: Layout) -> frozenset[str]:
    """Columns of a sheet whose values have a sheet of their own, and stand in a cell only where no row can say them."""
    return frozenset(side.field for side in SIDE_TABLES if side.parent == layout.name)


def settings() -> dict[str, Column]:
    """Keys of the sheet of settings that records name, by dotted path."""
    found: dict[str, Column] = {}
    for column in _settings(Instance, ""):
        there = found.get(column.name)
        if there is not None:  # records of a union have it
            column = replace(there, words=(*there.words, *column.words))  # noqa: PLW2901
        found[column.name] = column
    return found


def _settings(record: type[Record], above: str) -> Iterator[Column]:
    tables = {".".join(section.path) for section in SHEETS}
    for name, info in record.model_fields.items():
        path = above + (info.alias or name)
        if path in tables:
            continue
        inner = [kind for kind in flatten(info.annotation) if isinstance(kind, type) and issubclass(kind, Record)]
        yield _column(path, name, [info], SETTING, needed=info.is_required())
        for kind in inner:
            yield from _settings(kind, f"{path}.")


def _columns(records: tuple[type[Record], ...], keys: tuple[str, ...]) -> Iterator[Column]:
    """Columns of a table: what says whose row it is, what its records say, and where that comes from."""
    kinds = column_kinds(records)
    fields: dict[str, list[Any]] = {}
    for record in records:
        for name, info in record.model_fields.items():
            fields.setdefault(info.alias or name, []).append((name, info))
    last = [name for name in Row.model_fields if name in fields]
    tags = [name for name in fields if all(_tag(info) for _, info in fields[name]) and len(records) > 1]
    for key in keys:
        if key not in fields:
            yield Column(key, meaning="Id." if len(keys) == 1 else "Whose row this is.", needed=True)
    first = [*(key for key in keys if key in fields), *tags]
    order = dict.fromkeys([*first, *(name for name in fields if name not in last), *last])
    for name in order:
        given = fields[name]
        needed = len(given) == len(records) and all(info.is_required() for _, info in given)
        yield _column(name, given[0][0], [info for _, info in given], kinds.get(name, ""), needed=needed)


def _tag(info: Any) -> bool:
    return get_origin(info.annotation) is Literal and info.is_required() and len(get_args(info.annotation)) == 1


def _column(path: str, name: str, infos: list[Any], kind: str, *, needed: bool) -> Column:
    said = dict.fromkeys(info.description for info in infos if info.description)
    words = tuple(dict.fromkeys(word for info in infos for word in _words(info.annotation)))
    only_words = all(_only_words(info.annotation) for info in infos)
    units = {_unit(info.description or "") for info in infos if _has_number(info)}
    unit = units.pop() if len(units) == 1 and not only_words else ""
    kind = known_kind(name) if kind == SETTING else kind
    return Column(path, kind, unit, " / ".join(said), words if only_words else (), needed)


def _unit(meaning: str) -> str:
    """The unit that a description names first; empty where it names none."""
    found = _UNIT.search(meaning)
    return "" if found is None else found[1] if found[1].startswith("USD") else found[1][0].lower() + found[1][1:]


def _parts(annotation: Any) -> Iterator[Any]:
    """What an annotation is made of, down to its last parts."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _parts(get_args(annotation)[0])
    elif origin is Literal or origin is None:
        yield annotation
    else:
        if origin not in (Union, types.UnionType):
            yield origin
        for part in get_args(annotation):
            yield from _parts(part)


def _has_number(info: Any) -> bool:
    return any(part in (float, int, Series) for part in _parts(info.annotation))


def _words(annotation: Any) -> Iterator[str]:
    for part in _parts(annotation):
        if get_origin(part) is Literal:
            yield from (str(word) for word in get_args(part))


def _only_words(annotation: Any) -> bool:
    """Whether a value is one of some words, and nothing else."""
    return all(get_origin(part) is Literal or part is type(None) for part in _parts(annotation))


def known_kind(name: str) -> str:
    """How the value of a dotted key is read."""
    return TEXT if name.rpartition(".")[2] in _FREE else SETTING
