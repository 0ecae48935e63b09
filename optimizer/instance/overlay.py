"""Instances that say what differs from another one: `extends`. Rules: docs/decisions/0010."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from optimizer.errors import Fault, Where
from optimizer.instance.folder import Rows, csv_tables, load_sections, load_tables, read_document, side_rows
from optimizer.instance.merge import ALL, VERBS, Merge
from optimizer.instance.nodes import Node, node_of, places_of, plain
from optimizer.instance.source import Source
from optimizer.instance.table import SIDE_TABLES
from optimizer.instance.workbook import is_workbook, read_workbook
from optimizer.instance.yaml12 import Path

EXTENDS = "extends"
TITLES = ("schema", "name", "title", "description")
"""What an overlay says of itself; by these alone it changes nothing."""


@dataclass(slots=True)
class _Chain:
    """The files that make up an instance, from the one without a base to the one asked for."""

    main: FilePath
    layers: list[tuple[Source, FilePath]] = field(default_factory=list)
    known: set[FilePath] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def gather(self, file: FilePath, above: tuple[FilePath, ...] = ()) -> None:
        """Take in a file after all that it extends."""
        resolved = _real(file)
        if resolved in self.known:
            return
        relative = os.path.relpath(file.parent, self.main.parent)
        read = read_workbook if is_workbook(file) else read_document
        source = read(file, "" if relative == "." else FilePath(relative).as_posix() + "/")
        bases = source.data.get(EXTENDS)
        if bases is None and self.layers and not source.unread:
            first = self.layers[0][0].file
            wrong = f"{source.file} is another instance than {first}"
            source.fault((), wrong, "what one overlay extends comes from one instance; give this one an 'extends'")
        for index, base in enumerate(bases if isinstance(bases, list) else [] if bases is None else [bases]):
            self._gather_base(source, file, base, index, (*above, resolved))
        self.known.add(resolved)
        self.layers.append((source, file.parent))

    def _gather_base(self, source: Source, file: FilePath, base: Any, index: int, above: tuple[FilePath, ...]) -> None:
        where = source.where(EXTENDS, index)
        if not isinstance(base, str):
            right = "a path as seen from this file, or a list of paths"
            self.faults.append(Fault(where, EXTENDS, f"{base!r} is no path", right))
            return
        target = file.parent / base
        try:
            target = target / "instance.yaml" if target.is_dir() else target
            there = target.is_file()
        except OSError:  # a name that no file can have
            there = False
        if not there:
            right = f"paths are seen from the folder of {FilePath(source.file).name}"
            self.faults.append(Fault(where, EXTENDS, f"there is no instance '{base}'", right))
        elif _real(target) in above:
            self.faults.append(Fault(where, EXTENDS, f"'{base}' extends this file in turn", "one of them must not"))
        else:
            self.gather(target, above)


def _real(file: FilePath) -> FilePath:
    """A file behind all links; itself where they lead in a circle, which reading it then tells."""
    return FilePath(os.path.realpath(file))


def read_chain(main: FilePath, overlays: Sequence[FilePath] = ()) -> Source:
    """Read an instance with all that it extends.

    Args:
        main: the YAML file asked for.
        overlays: further ones laid on it, in their order, each after what it extends; what occurs twice is taken once.

    Returns:
        The merged whole, with every fault found on the way.
    """
    chain = _Chain(main)
    for file in (main, *overlays):
        chain.gather(file)
    last = chain.layers[-1][0]
    root, folder = chain.layers[0]
    faults = [fault for source, _ in chain.layers for fault in source.faults] + chain.faults
    if chain.faults or any(source.unread for source, _ in chain.layers):
        last.data, last.faults, last.unread = {}, faults, True
        return last
    load_tables(root, csv_tables(folder))
    if len(chain.layers) == 1:
        return root
    merge = Merge(node_of(root.data, root.places), list(root.faults))
    for source, folder in chain.layers[1:]:
        _lay(merge, source, folder)
    whole = Source(last.file, plain(merge.root), places_of(merge.root), merge.faults, root.removed, merge.gone)
    whole.places[()] = Where(last.file, 1)
    return whole


def lay_on(source: Source, overlays: Sequence[FilePath]) -> Source:
    """Lay overlays on an instance that is there already.

    What an overlay extends is taken to be this instance: of its chain comes what stands after the one with this
    instance's name, or after the first where none has that name.

    Args:
        source: the instance.
        overlays: files, in their order; each has an `extends`.

    Returns:
        The merged whole, with every fault found on the way.
    """
    merge = Merge(node_of(source.data, source.places), list(source.faults), dict(source.gone))
    laid: set[FilePath] = set()
    for file in overlays:
        chain = _Chain(file)
        chain.gather(file)
        faults = [fault for layer, _ in chain.layers for fault in layer.faults] + chain.faults
        first = chain.layers[0][0]
        if not faults and len(chain.layers) == 1:
            right = "an overlay says with 'extends' what it differs from"
            faults.append(Fault(Where(first.file), "", "this is an instance of its own, and no overlay", right))
        if faults:
            merge.faults.extend(faults)
            continue
        names = [layer.data.get("name") for layer, _ in chain.layers]
        name = source.data.get("name")
        since = names.index(name) + 1 if name in names else 1
        for layer, folder in chain.layers[since:]:
            resolved = _real(folder / FilePath(layer.file).name)
            if resolved not in laid:
                laid.add(resolved)
                _lay(merge, layer, folder)
    return Source(source.file, plain(merge.root), places_of(merge.root), merge.faults, set(source.removed), merge.gone)


def lay_data(source: Source, data: Mapping[str, Any], file: str) -> Source:
    """Lay an overlay given as plain data on an instance; it needs neither `extends` nor a name.

    Args:
        source: the instance.
        data: what an overlay says; the tables that it names lie in the working folder.
        file: what the data are called in messages.
    """
    merge = Merge(node_of(source.data, source.places), list(source.faults), dict(source.gone))
    layer = Source(file, {"name": source.data.get("name")} | copy.deepcopy(dict(data)))
    _lay(merge, layer, FilePath())
    return Source(source.file, plain(merge.root), places_of(merge.root), merge.faults, set(source.removed), merge.gone)


def _lay(merge: Merge, source: Source, folder: FilePath) -> None:
    """Merge one overlay."""
    merge.file = source.file
    merge.faults.extend(source.faults)
    before = _content(merge.root)
    count = len(merge.faults)
    groups = {verb: source.data.pop(verb, None) for verb in VERBS if verb != "change"}
    bases = source.data.pop(EXTENDS, None)
    if "name" not in source.data:
        right = f"such as 'name: {FilePath(source.file).stem.lower()}'"
        merge.faults.append(Fault(source.where(), "name", "an overlay has a name of its own", right))
    groups["change"] = source.data
    tables = csv_tables(folder)
    for verb in VERBS:
        given = groups[verb]
        if given is None:
            continue
        if not isinstance(given, dict):
            wrong = f"'{verb}' is a mapping of sections"
            merge.faults.append(Fault(source.where(verb), verb, wrong, f"{verb}: {{facilities: ...}}"))
            continue
        base: Path = () if verb == "change" else (verb,)
        places = {path[len(base) :]: where for path, where in source.places.items() if path[: len(base)] == base}
        group = Source(source.file, _alls(given) if verb == "remove" else given, places, label=source.label)
        load_sections(group, tables)
        sides = {table.name: group.data.pop(table.name) for table in SIDE_TABLES if table.name in group.data}
        merge.section(verb, node_of(group.data, group.places))
        for table in SIDE_TABLES:
            if table.name not in sides:
                continue
            given_rows = sides[table.name]
            if given_rows == [ALL]:
                rows: Rows | None = [({}, group.where(table.name))]
            else:
                rows = side_rows(group, tables, table, given_rows)
            merge.rows(verb, table, [(node_of(row, {(): where}), where) for row, where in rows or []])
        merge.faults.extend(group.faults)
    combines = isinstance(bases, list) and len(bases) > 1  # says by its list alone what it is
    if not combines and len(merge.faults) == count and _content(merge.root) == before:
        wrong = "the overlay changes nothing of what it extends"
        merge.faults.append(Fault(source.where(EXTENDS), EXTENDS, wrong, "say what differs, or leave the overlay out"))


def _alls(given: Any) -> Any:
    """What is to be removed, with the word `all` as a list, so that it is not taken for the name of a table."""
    if isinstance(given, dict):
        return {key: _alls(value) for key, value in given.items()}
    return [ALL] if given == ALL else given


def _content(root: Node) -> Any:
    return plain(Node({key: value for key, value in root.value.items() if key not in TITLES}))
