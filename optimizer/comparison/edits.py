"""What differs between two instances, key by key and row by row, and an instance with a part of it.

Both are taken as plain data, defaults left out, and lists of rows are matched by what names a row. So the order of
rows, and a default written out, make no edit.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.instance.instance import Instance

WORDS = frozenset({"source", "confidence", "note", "marking", "name", "title", "description"})
"""Fields that readers see and the model does not."""
UNUSED = frozenset({"planning_case", "markings"})
"""Sections that are kept and reported, and that the model does not read."""

ROWS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("scenarios",): ("id",),
    ("scenarios", "*", "effects"): ("affects",),
    ("lanes",): ("from", "to", "material", "channel"),
    ("logistics", "freight"): ("from", "to", "material"),
    ("facilities", "*", "options"): ("id",),
    ("facilities", "*", "claims"): ("to", "materials"),
    ("markets", "*", "demand"): ("product",),
    ("stockpiles", "*", "targets"): ("material", "channel", "of"),
    ("policy", "rules"): (),
}
"""Lists of rows, and the fields that name a row; a rule is named by all but its numbers."""
NUMBERS = frozenset({"share", "min", "max"})
HELD = (("facilities", "*", "recipes"), ("facilities", "*", "owners"), ("owners", "*", "owners"))
"""Mappings that have a shorter form too."""
WHOLE = frozenset({"risk", "periods"})
"""Sections that are one thing."""

TABLES: dict[tuple[str, ...], tuple[str, int]] = {
    ("facilities", "*", "options"): ("options", 4),
    ("facilities", "*", "recipes"): ("facility_recipes", 4),
    ("facilities", "*", "owners"): ("facility_owners", 4),
    ("facilities", "*", "claims"): ("claims", 4),
    ("owners", "*", "owners"): ("owner_owners", 4),
    ("markets", "*", "demand"): ("demand", 4),
    ("stockpiles", "*", "targets"): ("targets", 4),
    ("scenarios", "*", "effects"): ("effects", 4),
    ("logistics", "freight"): ("freight", 3),
    ("policy", "rules"): ("rules", 3),
    ("policy",): ("budget", 1),
}
"""Tables inside sections, and how many parts of a path name one of their rows."""
BY_ID = ("materials", "recipes", "facilities", "owners", "channels", "markets", "stockpiles", "scenarios", "lanes")
ORDER = (
    "general", "countries", "materials", "recipes", "owners", "owner_owners", "channels", "facilities",
    "facility_recipes", "facility_owners", "claims", "options", "markets", "demand", "freight", "lanes", "logistics",
    "stockpiles", "targets", "budget", "rules", "frictions", "scenarios", "effects", "risk",
)  # fmt: skip
"""The order in which tables are taken: what is referred to comes before what refers to it."""

Path = tuple[str, ...]
ORDER_OF_CHANNELS: Path = ("channels", "(order)")
_GONE: Any = object()


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that differs.

    Attributes:
        path: where, with rows of lists named by what names them.
        change: `changed`, `added` or `removed`.
        old: as the first instance has it; None where it has none.
        new: as the second has it.
    """

    path: Path
    change: str
    old: Any
    new: Any

    @property
    def key(self) -> str:
        """The dotted path."""
        return ".".join(self.path)

    @property
    def table(self) -> str:
        """The table it stands in."""
        return _placed(self.path)[0]

    @property
    def row(self) -> str:
        """The row of that table; empty where the table has none."""
        return _placed(self.path)[1]

    @property
    def field(self) -> str:
        """The field of that row; empty where the whole row is meant."""
        return _placed(self.path)[2]

    @property
    def words(self) -> bool:
        """Whether only readers see it: no number of a plan depends on it."""
        if self.path[0] in UNUSED:
            return True
        given = self.old if self.new is None else self.new
        return self.path[-1] in WORDS and isinstance(given, str | list) and "where" not in self.path


def edits_of(old: Instance, new: Instance) -> list[Edit]:
    """Everything that differs, in the order of `ORDER`."""
    first, second = _keyed_pair(_even(old.plain()), _even(new.plain()), ())
    found = list(_differences(first, second, ()))
    before, after = list(old.channels), list(new.channels)
    added = [name for name in after if name not in old.channels]
    if [*(name for name in before if name in new.channels), *added] != after:
        # Strictest first: their order says which is which, and one that is added comes last unless it is said where.
        found.append(Edit(ORDER_OF_CHANNELS, "changed", before, after))
    return sorted(found, key=lambda edit: ORDER.index(edit.table) if edit.table in ORDER else len(ORDER))


def edited(old: Instance, new: Instance, edits: Iterable[Edit]) -> dict[str, Any]:
    """The first instance with some of the edits towards the second.

    Args:
        old: the first.
        new: the second; what rows are named by depends on both.
        edits: of `edits_of(old, new)`.

    Returns:
        Plain data, which may not be a sound instance.
    """
    data, _ = _keyed_pair(_even(old.plain()), _even(new.plain()), ())
    data = copy.deepcopy(data)
    for edit in sorted(edits, key=lambda edit: edit.path == ORDER_OF_CHANNELS):  # once all that are added are there
        if edit.path == ORDER_OF_CHANNELS:
            channels = data["channels"]
            data["channels"] = {name: channels[name] for name in [*edit.new, *channels] if name in channels}
            continue
        holder = data
        for part in edit.path[:-1]:
            holder = holder.setdefault(part, {})
        if edit.change == "removed":
            holder.pop(edit.path[-1], None)
        else:
            holder[edit.path[-1]] = copy.deepcopy(edit.new)
    plain: dict[str, Any] = _unkeyed(data, ())
    return plain


def counts(edits: Iterable[Edit]) -> dict[str, int]:
    """How many edits there are in each table."""
    found: dict[str, int] = {}
    for edit in edits:
        found[edit.table] = found.get(edit.table, 0) + 1
    return found


def told(edit: Edit) -> str:
    """An edit in words."""
    where = " ".join(part for part in (edit.table, edit.row, edit.field) if part)
    if edit.change == "changed":
        if isinstance(edit.old, list) and isinstance(edit.new, list) and edit.path != ORDER_OF_CHANNELS:
            comes = [item for item in edit.new if item not in edit.old]
            goes = [item for item in edit.old if item not in edit.new]
            parts = [f"with {', '.join(map(written, comes))}"] if comes else []
            parts += [f"without {', '.join(map(written, goes))}"] if goes else []
            return f"{where}: {', '.join(parts) or 'in another order'}"
        return f"{where}: {written(edit.old)} -> {written(edit.new)}"
    if not edit.field:
        return f"{where} {edit.change}"
    return f"{where} {edit.change}: {written(edit.new if edit.change == 'added' else edit.old)}"


def written(value: Any) -> str:
    """A value in one line, as flow YAML without quotes."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _even(data: Any) -> Any:
    """Lists for tuples, and one form where the format has two."""
    if isinstance(data, Mapping):
        return {key: _even(value) for key, value in data.items()}
    return [_even(value) for value in data] if isinstance(data, list | tuple) else data


def _shape(path: Path) -> tuple[str, ...]:
    """A path with `*` for the ids that are not names of sections."""
    if len(path) >= 2 and (path[0] in BY_ID or path[0] in ("countries", "frictions")):
        return (path[0], "*", *path[2:])
    return path


def _keyed_pair(old: Any, new: Any, path: Path) -> tuple[Any, Any]:
    """Both with lists of rows as mappings by what names a row; rows that are alike get the same name."""
    shape = _shape(path)
    if shape in ROWS and (isinstance(old, list) or isinstance(new, list)):
        old, new = _named(old, new, ROWS[shape])
    elif shape in HELD:
        old, new = _held(old), _held(new)
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return _alone(old, path), _alone(new, path)
    first, second = dict(old), dict(new)
    for key in old.keys() & new.keys():
        if isinstance(key, str):
            first[key], second[key] = _keyed_pair(old[key], new[key], (*path, key))
    for mine, other in ((first, second), (second, first)):
        for key in mine.keys() - other.keys():
            if isinstance(key, str):
                mine[key] = _alone(mine[key], (*path, key))
                if isinstance(mine[key], dict) and _by_rows((*path, key)):
                    other[key] = {}  # so that its rows are told one by one
    return first, second


def _by_rows(path: Path) -> bool:
    """Whether what stands there is a table of rows."""
    shape = _shape(path)
    return shape in ROWS or shape in HELD or (len(path) == 1 and path[0] in (*BY_ID, "policy", "logistics"))


def _alone(data: Any, path: Path) -> Any:
    """One side by itself."""
    shape = _shape(path)
    if shape in ROWS and isinstance(data, list):
        data = _named(data, [], ROWS[shape])[0]
    elif shape in HELD:
        data = _held(data)
    if not isinstance(data, dict):
        return data
    return {key: _alone(value, (*path, key)) if isinstance(key, str) else value for key, value in data.items()}


def _held(data: Any) -> Any:
    """Recipes as a list, and holdings as bare shares, in their longer form."""
    if isinstance(data, list):
        return {name: {} for name in data}
    if isinstance(data, dict):
        return {name: item if isinstance(item, dict) else {"share": item} for name, item in data.items()}
    return data


def _named(old: Any, new: Any, by: Sequence[str]) -> tuple[Any, Any]:
    """Rows of two lists as mappings; of rows that have the same name those that are equal are paired first."""
    left: dict[str, list[Any]] = defaultdict(list)
    right: dict[str, list[Any]] = defaultdict(list)
    for rows, into in ((old or [], left), (new or [], right)):
        for row in rows:
            into[_name(row, by)].append(row)
    first: dict[str, Any] = {}
    second: dict[str, Any] = {}
    for name in dict.fromkeys([*left, *right]):
        mine, other = list(left[name]), list(right[name])
        pairs: list[tuple[Any, Any]] = []
        for row in [row for row in mine if row in other]:
            mine.remove(row)
            other.remove(row)
            pairs.append((row, row))
        longer = max(len(mine), len(other))
        padded = [[*rows, *[_GONE] * (longer - len(rows))] for rows in (mine, other)]
        pairs += zip(*padded, strict=True)
        for number, (one, two) in enumerate(pairs):
            token = name if number == 0 else f"{name}#{number + 1}"
            if one is not _GONE:
                first[token] = one
            if two is not _GONE:
                second[token] = two
    return (None if old is None else first), (None if new is None else second)


def _name(row: Mapping[str, Any], by: Sequence[str]) -> str:
    """What names a row."""
    if by == ("id",):
        return str(row["id"])
    if not by:
        rest = {key: value for key, value in row.items() if key not in WORDS | NUMBERS | {"rule"}}
        return f"{row['rule']}({written(rest)[1:-1]})"
    parts = [written(row[key]) for key in by if row.get(key) is not None]
    return " ".join(parts).replace(".", "·")


def _unkeyed(data: Any, path: Path) -> Any:
    """Lists of rows as lists again."""
    if not isinstance(data, dict):
        return data
    shape = _shape(path)
    whole = {key: _unkeyed(value, (*path, key)) if isinstance(key, str) else value for key, value in data.items()}
    return list(whole.values()) if shape in ROWS else whole


def _differences(old: Any, new: Any, path: Path) -> Iterator[Edit]:
    if old == new:
        return
    if _goes_on(old) and _goes_on(new) and not (len(path) == 1 and path[0] in WHOLE):
        for key in dict.fromkeys([*old, *new]):
            yield from _differences(old.get(key, _GONE), new.get(key, _GONE), (*path, key))
        return
    if old is _GONE:
        yield Edit(path, "added", None, new)
    elif new is _GONE:
        yield Edit(path, "removed", old, None)
    else:
        yield Edit(path, "changed", old, new)


def _goes_on(data: Any) -> bool:
    """Whether a mapping is one of keys and not a series."""
    if not isinstance(data, dict) or not data:
        return isinstance(data, dict)
    keys: set[Hashable] = set(data)
    return all(isinstance(key, str) for key in keys) and not ({"start", "growth"} <= keys)


def _placed(path: Path) -> tuple[str, str, str]:
    """Table, row and field of a path."""
    shape = _shape(path)
    for length in (3, 2, 1):
        found = TABLES.get(shape[:length])
        if found is None or len(path) < found[1]:
            continue
        table, parts = found
        if table == "budget":
            return table, "", ".".join(path[1:])
        row = path[parts - 1] if path[0] in ("logistics", "policy") else f"{path[1]}:{path[3]}"
        return table, row, ".".join(path[parts:])
    if path[0] in BY_ID or path[0] in ("countries", "frictions"):
        return path[0], path[1] if len(path) > 1 else "", ".".join(path[2:])
    table = path[0] if path[0] in (*ORDER, *UNUSED) else "general"
    return table, "", ".".join(path if table == "general" else path[1:])
