"""Merges one overlay into an instance as read: what it removes, replaces, changes and adds, each said explicitly."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from optimizer.errors import Fault, Where
from optimizer.instance.faults import did_you_mean, dotted
from optimizer.instance.nodes import Node, plain
from optimizer.instance.shapes import INSTANCE, Fields, Ids, Rows, Shape, Whole
from optimizer.instance.table import SideTable
from optimizer.instance.yaml12 import Path

ALL = "all"
"""Stands for every row of a section under `remove`."""

VERBS = ("remove", "replace", "change", "add")
"""In the order in which they are done."""


@dataclass(slots=True)
class Merge:
    """An instance that overlays are merged into.

    Attributes:
        root: the instance so far.
        faults: what was found at fault.
        gone: what was removed, by the path of what held it: id or row, and where that was said.
    """

    root: Node
    faults: list[Fault] = field(default_factory=list)
    gone: dict[Path, list[tuple[Any, Where]]] = field(default_factory=dict)
    file: str = ""
    """The overlay's file, for messages."""

    def section(self, verb: str, given: Node) -> None:
        """Do what one verb of an overlay asks for."""
        act = {"change": self._change, "add": self._add, "replace": self._replace, "remove": self._remove}[verb]
        act(INSTANCE, self.root, given, ())

    def rows(self, verb: str, table: SideTable, rows: Iterable[tuple[Node, Where]]) -> None:
        """Do what one verb asks for, for rows of a side table.

        Args:
            verb: one of `VERBS`.
            table: the table.
            rows: the rows as mappings of nodes.
        """
        for row, where in rows:
            owner = row.value.pop(table.column, None)
            if verb == "remove":
                self._remove_side(table, owner, row, where)
                continue
            name = plain(owner) if owner is not None else None
            found = [item for item in self._records(table.parent) if item[0] == name]
            if not found:
                known = [str(item[0]) for item in self._records(table.parent)]
                wrong = f"there is no {table.column} '{name}'" if name is not None else f"the row has no {table.column}"
                self._fault(where, table.name, wrong, did_you_mean(name, known))
                continue
            given = self._as_given(table, row, where)
            if given is None:
                continue
            _, record, path = found[0]
            act: Callable[[Shape, Node, Node, Path], None]
            act = {"change": self._change, "add": self._add, "replace": self._replace}[verb]
            act(_shape(table), self._held(record, table), given, (*path, table.field))

    def _records(self, section: str) -> Iterator[tuple[Hashable, Node, Path]]:
        """The records of a section: id, record, path."""
        held = self.root.value.get(section)
        if held is None:
            return
        if isinstance(held.value, dict):
            for key, record in held.value.items():
                if isinstance(record.value, dict):
                    yield key, record, (section, key)
        elif isinstance(held.value, list):
            for index, record in enumerate(held.value):
                if isinstance(record.value, dict) and "id" in record.value:
                    yield plain(record.value["id"]), record, (section, index)

    def _held(self, record: Node, table: SideTable) -> Node:
        """The rows that a record holds, as a list or as a mapping by id."""
        held: Node = record.value.setdefault(table.field, Node([] if table.item is None else {}))
        _by_id(held, _shape(table))
        return held

    def _as_given(self, table: SideTable, row: Node, where: Where) -> Node | None:
        row.where = where
        if table.item is None:
            return Node([row], where)
        item = row.value.pop(table.item, None)
        if item is None:
            self._fault(where, table.name, f"the row has no {table.item}")
            return None
        return Node({plain(item): row}, where)

    def _remove_side(self, table: SideTable, owner: Node | None, row: Node, where: Where) -> None:
        """Remove rows of a side table by what they say; without its first column, from all records."""
        removed, seen = 0, False
        for name, record, path in list(self._records(table.parent)):
            if (owner is not None and name != plain(owner)) or table.field not in record.value:
                continue
            seen = True
            held = self._held(record, table)
            said = plain(row)
            if table.item is None:
                removed += self._drop_rows(held, said, (*path, table.field), where)
            else:
                removed += self._drop_ids(held, said, table.item, (*path, table.field), where)
        if not removed and not self._earlier(table.field, plain(row)):
            said = ({} if owner is None else {table.column: plain(owner)}) | plain(row)
            why = (
                "no row says that"
                if seen or owner is None
                else f"there is no such {table.column}, or it has no such row"
            )
            self._fault(where, table.name, f"{why}: {_said(said)}", "name what is there, or leave it out")

    def _earlier(self, field_name: str, said: Any) -> bool:
        """Whether an overlay before this one removed such a row already."""
        return any(
            path[-1:] == (field_name,) and _agrees(row, said)
            for path, rows in self.gone.items()
            for row, _ in rows
            if isinstance(row, dict)
        )

    def _change(self, shape: Shape, old: Node, new: Node, path: Path) -> None:
        if isinstance(shape, Fields):
            if not self._is_mapping(new, path):
                return
            for key, child in new.value.items():
                inner = shape.inside.get(str(key), Whole())
                if child.value is None:
                    old.value.pop(key, None)
                elif isinstance(inner, Whole):
                    old.value[key] = child
                else:
                    held = old.value.setdefault(key, Node([] if isinstance(inner, Rows) else {}))
                    if isinstance(held.value, dict | list):
                        _by_id(held, inner)
                        self._change(inner, held, child, (*path, key))
                    else:
                        old.value[key] = child
        elif isinstance(shape, Ids):
            _by_id(new, shape)
            if self._is_mapping(new, path):
                for key, child in new.value.items():
                    if self._is_there(old, key, child, path) and child.value is not None:
                        self._change_one(shape, old, key, child, path)
        elif isinstance(shape, Rows):
            for row in self._rows_given(new, path):
                index = self._match(shape, old, row, path)
                if index is not None:
                    self._change(shape.of, old.value[index], row, (*path, index))

    def _change_one(self, shape: Ids, old: Node, key: Hashable, child: Node, path: Path) -> None:
        held = old.value[key]
        if isinstance(shape.of, Whole) or not isinstance(held.value, dict):
            old.value[key] = child
        else:
            self._change(shape.of, held, child, (*path, key))

    def _add(self, shape: Shape, old: Node, new: Node, path: Path) -> None:
        if isinstance(shape, Fields):
            if not self._is_mapping(new, path):
                return
            for key, child in new.value.items():
                inner = shape.inside.get(str(key), Whole())
                if isinstance(inner, Whole):
                    if key in old.value:
                        self._there_already(child, (*path, key), "give it as a plain key to change it")
                    else:
                        old.value[key] = child
                else:
                    held = old.value.setdefault(key, Node([] if isinstance(inner, Rows) else {}))
                    self._add(inner, held, child, (*path, key))
        elif isinstance(shape, Ids):
            _by_id(new, shape)
            if self._is_mapping(new, path):
                for key, child in new.value.items():
                    if key in old.value:
                        way = f"plain '{dotted(path)}' changes it, 'replace' replaces it"
                        self._there_already(child, (*path, key), way)
                    else:
                        old.value[key] = child
        elif isinstance(shape, Rows):
            for row in self._rows_given(new, path):
                if shape.unique and self._same_key(shape, old, row):
                    way = f"plain '{dotted(path)}' changes it, 'replace' replaces it"
                    self._there_already(row, (*path, *_key_of(shape, row)), way)
                else:
                    old.value.append(row)

    def _replace(self, shape: Shape, old: Node, new: Node, path: Path) -> None:
        if isinstance(shape, Fields):
            if not self._is_mapping(new, path):
                return
            for key, child in new.value.items():
                inner = shape.inside.get(str(key), Whole())
                if key not in old.value:
                    self._fault(child.where, dotted((*path, key)), "there is none to replace", "'add' adds it")
                elif isinstance(inner, Whole):
                    old.value[key] = child
                else:
                    _by_id(old.value[key], inner)
                    self._replace(inner, old.value[key], child, (*path, key))
        elif isinstance(shape, Ids):
            if self._is_mapping(new, path):
                for key, child in new.value.items():
                    if self._is_there(old, key, child, path):
                        old.value[key] = child
        elif isinstance(shape, Rows):
            for row in self._rows_given(new, path):
                index = self._match(shape, old, row, path)
                if index is not None:
                    old.value[index] = row

    def _remove(self, shape: Shape, old: Node, new: Node, path: Path) -> None:
        if isinstance(shape, Fields) or (isinstance(shape, Ids) and isinstance(new.value, dict)):
            if not self._is_mapping(new, path):
                return
            for key, child in new.value.items():
                inner = shape.of if isinstance(shape, Ids) else shape.inside.get(str(key), Whole())
                if isinstance(shape, Ids) and not child.value:
                    self._remove_id(old, key, child, path)
                elif key not in old.value:
                    self._is_there(old, key, child, path)
                elif isinstance(inner, Whole):
                    wrong = "this is a field and no row"
                    self._fault(child.where, dotted((*path, key)), wrong, "give it as a plain key with the value null")
                else:
                    _by_id(old.value[key], inner)
                    self._remove(inner, old.value[key], child, (*path, key))
        elif not isinstance(new.value, list):
            right = "a list of ids, or all" if isinstance(shape, Ids) else "a list of what the rows say, or all"
            self._fault(new.where, dotted(path), f"{plain(new)!r} does not say what to remove", right)
        elif [plain(item) for item in new.value] == [ALL]:
            self._all_gone(old, path, new.value[0].where or new.where)
        elif isinstance(shape, Ids):
            for item in new.value:
                self._remove_id(old, plain(item), item, path)
        elif isinstance(shape, Rows):
            for item in new.value:
                said = plain(item) if isinstance(item.value, dict) else {"id": plain(item)}
                if (not self._drop_rows(old, said, path, item.where or new.where)) and not self._earlier(
                    str(path[-1]), said
                ):
                    right = "name what is there, or leave it out"
                    if set(said) == {"id"}:
                        right = did_you_mean(said["id"], [str(plain(r).get("id", "")) for r in old.value])
                    self._fault(item.where or new.where, dotted(path), f"no row has {_said(said)}", right)

    def _remove_id(self, old: Node, key: Hashable, said: Node, path: Path) -> None:
        if key in old.value:
            del old.value[key]
            self.gone.setdefault(path, []).append((key, said.where or Where(self.file)))
        elif not any(row == key for row, _ in self.gone.get(path, ())):
            self._is_there(old, key, said, path)

    def _all_gone(self, old: Node, path: Path, where: Where | None) -> None:
        items = list(old.value) if isinstance(old.value, dict) else [plain(row) for row in old.value]
        if not items:
            self._fault(where, dotted(path), "there is nothing to remove", "leave it out")
        self.gone.setdefault(path, []).extend((item, where or Where(self.file)) for item in items)
        old.value.clear()

    def _drop_rows(self, held: Node, said: Any, path: Path, where: Where | None) -> int:
        """Drop the rows of a list that agree with what is said; their number."""
        kept = [row for row in held.value if not _agrees(plain(row), said)]
        dropped = [plain(row) for row in held.value if _agrees(plain(row), said)]
        self.gone.setdefault(path, []).extend((row, where or Where(self.file)) for row in dropped)
        held.value[:] = kept
        return len(dropped)

    def _drop_ids(self, held: Node, said: dict[str, Any], item: str, path: Path, where: Where) -> int:
        """Drop the entries of a mapping that agree with what is said of id and row; their number."""
        wanted = dict(said)
        name = wanted.pop(item, None)
        dropped = 0
        for key in list(held.value):
            row = plain(held.value[key])
            if (name is None or key == name) and _agrees(row if isinstance(row, dict) else {}, wanted):
                del held.value[key]
                self.gone.setdefault(path, []).append(({item: key}, where))
                dropped += 1
        return dropped

    def _match(self, shape: Rows, old: Node, row: Node, path: Path) -> int | None:
        """The one row that is meant."""
        if not shape.keys:
            right = "take it away with 'remove', by what it says, and give it anew under 'add'"
            self._fault(row.where, dotted(path), "rows here have no id by which one could be meant", right)
            return None
        said = {key: plain(row.value[key]) for key in shape.keys if key in row.value}
        if not said:
            self._fault(
                row.where, dotted(path), f"the row does not say which it is: it has no {' or '.join(shape.keys)}"
            )
            return None
        found = [index for index, held in enumerate(old.value) if _agrees(plain(held), said)]
        if len(found) == 1:
            return found[0]
        if found:
            places = ", ".join(str(old.value[i].where or "") for i in found[:6])
            right = f"they are at {places}; say more, or remove and add"
            self._fault(row.where, dotted(path), f"{len(found)} rows have {_said(said)}", right)
        else:
            first = next(iter(said))
            known = [str(plain(held).get(first)) for held in old.value if isinstance(held.value, dict)]
            right = did_you_mean(said[first], known) if len(said) == 1 else ""
            self._fault(row.where, dotted(path), f"no row has {_said(said)}", _or_add(right))
        return None

    def _same_key(self, shape: Rows, old: Node, row: Node) -> bool:
        said = {key: plain(row.value[key]) for key in shape.keys if key in row.value}
        return bool(said) and any(_agrees(plain(held), said) for held in old.value)

    def _rows_given(self, new: Node, path: Path) -> list[Node]:
        if not isinstance(new.value, list):
            self._fault(new.where, dotted(path), "this is a list of rows", "write each row after a dash")
            return []
        odd = [row for row in new.value if not isinstance(row.value, dict)]
        for row in odd:
            self._fault(row.where or new.where, dotted(path), "a row is a mapping")
        return [row for row in new.value if isinstance(row.value, dict)]

    def _is_mapping(self, new: Node, path: Path) -> bool:
        if isinstance(new.value, dict):
            return True
        self._fault(new.where, dotted(path), "this is a mapping", "give what differs, key by key")
        return False

    def _is_there(self, old: Node, key: Hashable, child: Node, path: Path) -> bool:
        if key in old.value:
            if child.value is None and child.where is not None:
                right = f"'remove: {_nested(path, f'[{key}]')}' removes it"
                self._fault(child.where, dotted((*path, key)), "nothing is said of it", right)
            return True
        removed = [where for row, where in self.gone.get(path, ()) if row == key]
        wrong = f"there is no '{key}'" + (f": {removed[0]} removed it" if removed else "")
        self._fault(child.where, dotted((*path, key)), wrong, _or_add(did_you_mean(key, [str(k) for k in old.value])))
        return False

    def _there_already(self, child: Node, path: Path, way: str) -> None:
        self._fault(child.where, dotted(path), "it is there already", way)

    def _fault(self, where: Where | None, key: str, wrong: str, right: str = "") -> None:
        self.faults.append(Fault(where or Where(self.file), key, wrong, right))


def _shape(table: SideTable) -> Shape:
    held = INSTANCE.inside[table.parent]
    record = held.of if isinstance(held, Ids | Rows) else held
    return record.inside[table.field] if isinstance(record, Fields) else Whole()


def _by_id(node: Node, shape: Shape) -> None:
    """A list of names, where a mapping by id is meant, becomes one."""
    names = node.value if isinstance(shape, Ids) and isinstance(node.value, list) else ()
    if names and all(isinstance(item.value, str) for item in names):
        node.value = {item.value: Node(None, item.where) for item in names}


def _agrees(row: Any, said: Any) -> bool:
    """Whether a row has what is said of it; of a list it is enough to hold a word that is said."""
    if not isinstance(row, dict):
        return False
    return all(
        key in row and (row[key] == value or (isinstance(row[key], list) and value in row[key]))
        for key, value in said.items()
    )


def _key_of(shape: Rows, row: Node) -> tuple[Hashable, ...]:
    return tuple(str(plain(row.value[key])) for key in shape.keys if key in row.value)


def _nested(path: Path, inner: str) -> str:
    """A path as one writes it in a file: {facilities: {plant_a: ...}}."""
    for part in reversed(path):
        inner = f"{{{part}: {inner}}}"
    return inner


def _said(said: Any) -> str:
    return ", ".join(f"{key}: {value}" for key, value in said.items()) if isinstance(said, dict) else str(said)


def _or_add(right: str) -> str:
    return f"{right}; what is new goes under 'add'" if right else "what is new goes under 'add'"
