"""An instance as read, before its records are judged."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from optimizer.errors import Fault, Where
from optimizer.instance.faults import dotted, place_of
from optimizer.instance.yaml12 import Path


@dataclass(slots=True)
class Source:
    """An instance as read: data, the place of each value, and what was found on the way.

    Attributes:
        file: name of the main file, for messages.
        data: the whole as plain data, tables included.
        places: file and line by path.
        faults: faults found so far.
        removed: paths that were left out because they were at fault, so that checks can go on.
        gone: rows that an overlay removed, by the path of what held them: id or row as written, and where.
        label: what stands before the names of this source's files in messages, `../` for a base.
        unread: whether the file holds nothing that could be judged; a fault says why.
    """

    file: str
    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Path, Where] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    removed: set[Path] = field(default_factory=set)
    gone: dict[Path, list[tuple[Any, Where]]] = field(default_factory=dict)
    label: str = ""
    unread: bool = False

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
