"""Reads YAML with the scalars of YAML 1.2, with the line of every value, and refuses what is hostile.

PyYAML resolves scalars as YAML 1.1 does (`on` and `no` are booleans, `4e8` is a string, `1:30` is ninety).
Here only the parser's events are taken from it; scalars follow the core schema of YAML 1.2, restricted to
`true` and `false` for booleans. Anchors, aliases and tags are refused: an instance needs none, and they are
how a small file becomes a large one.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from optimizer.errors import Fault, Where

UNREADABLE = {
    "cannot start any token":
        "lines are set in with spaces, not with tabs; a text that begins with a sign such as % or @ stands in quotes",
    "did not find expected":
        "look at this line and the one above: keys of one block begin in the same column, and what "
        "is opened by [, { or a quote is closed",
    "could not find expected ':'":
        "a key is followed by a colon and a space; look at this line and the one above",
    "mapping values are not allowed":
        "there is a second colon in this line, or it is set in too far; a text with a colon stands in quotes",
}  # fmt: skip
"""What a planner looks for where a file is not readable, by what the parser says of it."""
MAX_DEPTH = 24
MAX_NODES = 2_000_000

Path = tuple[Hashable, ...]

_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_SPECIAL = re.compile(r"([-+]?\.(inf|Inf|INF))\Z|\.(nan|NaN|NAN)\Z")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_LONGEST_INT = 300


def scalar(text: str) -> Any:
    """The value of a plain scalar by the core schema of YAML 1.2; text where nothing else fits."""
    if text in _NULLS:
        return None
    if text == "true":
        return True
    if text == "false":
        return False
    if _INT.match(text):
        return int(text) if len(text) <= _LONGEST_INT else float(text)
    if _OCTAL.match(text) and len(text) <= _LONGEST_INT:
        return int(text[2:], 8)
    if _HEX.match(text) and len(text) <= _LONGEST_INT:
        return int(text[2:], 16)
    if _FLOAT.match(text):
        return float(text)
    if _SPECIAL.match(text):
        return float(text.replace(".", ""))
    return text


@dataclass(slots=True)
class Document:
    """A parsed text: plain Python data, the place of every value by its path, and the faults found on the way."""

    data: Any = None
    places: dict[Path, Where] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


class _StopError(Exception):
    """Reading cannot go on; the fault is already noted."""


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Reader:
    """Builds data from parser events. Recursion is bounded by `MAX_DEPTH`."""

    def __init__(self, text: str, file: str, line_offset: int = 0, depth: int = 0) -> None:
        self.file = file
        self.offset = line_offset
        self.last_line = text.rstrip().count("\n")
        self.base_depth = depth
        self.out = Document()
        self.nodes = 0
        self.events: Iterator[Any] = iter(yaml.parse(text, Loader=_Loader))

    def where(self, event: Any) -> Where:
        return Where(self.file, event.start_mark.line + 1 + self.offset)

    def refuse(self, event: Any, wrong: str, right: str = "", key: str = "") -> None:
        self.out.faults.append(Fault(self.where(event), key, wrong, right))

    def read(self) -> Document:
        try:
            event = next(self.events)  # stream start
            event = next(self.events)
            if isinstance(event, yaml.DocumentStartEvent):
                self.out.data = self.node(next(self.events), (), 0)
                next(self.events)  # document end
                event = next(self.events)
                if isinstance(event, yaml.DocumentStartEvent):
                    self.refuse(event, "a second document begins here", "one file holds one document")
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = min(mark.line, self.last_line) + 1 + self.offset if mark is not None else 0
            problem = getattr(error, "problem", None) or str(error).splitlines()[0]
            # libyaml 0.2.6 has a limit of its own, and can meet that before it gives the first event.
            deep = "maximum nesting depth" in problem
            wrong = f"the file is more than {MAX_DEPTH} levels deep" if deep else f"not readable as YAML: {problem}"
            right = next((words for sign, words in UNREADABLE.items() if sign in problem), "")
            self.out.faults.append(Fault(Where(self.file, line), "", wrong, right))
        except UnicodeEncodeError as error:
            wrong = f"not readable as YAML: character {error.start + 1} is no text"
            self.out.faults.append(Fault(Where(self.file), "", wrong))
        except _StopError:
            pass
        return self.out

    def node(self, event: Any, path: Path, depth: int) -> Any:
        self.nodes += 1
        if depth + self.base_depth > MAX_DEPTH or self.nodes > MAX_NODES:
            what = f"more than {MAX_DEPTH} levels deep" if depth > MAX_DEPTH else f"more than {MAX_NODES} values"
            self.refuse(event, f"the file is {what}")
            raise _StopError
        if isinstance(event, yaml.AliasEvent):
            self.refuse(event, f"alias '*{event.anchor}'", "anchors and aliases are not read; write the value out")
            return None
        if event.anchor is not None:
            self.refuse(event, f"anchor '&{event.anchor}'", "anchors and aliases are not read; write the value out")
        if event.tag is not None and event.tag != "!":
            self.refuse(event, f"tag '{event.tag}'", "tags are not read; write plain values")
        self.out.places.setdefault(path, self.where(event))
        if isinstance(event, yaml.ScalarEvent):
            return scalar(event.value) if event.implicit[0] else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path, depth)
        return self.mapping(path, depth)

    def sequence(self, path: Path, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, (*path, len(items)), depth + 1))
        return items

    def mapping(self, path: Path, depth: int) -> dict[Hashable, Any]:
        items: dict[Hashable, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            where = self.where(event)
            if isinstance(event, yaml.ScalarEvent) and event.anchor is None and event.tag in (None, "!"):
                key = scalar(event.value) if event.implicit[0] else event.value
            else:
                self.refuse(event, "a key that is not a plain word or number")
                self.node(event, (*path, "?"), depth + 1)
                key = f"?{len(items)}"
            if key in items:  # so are 2027 and 2027.0
                first = self.out.places.get((*path, key), Where(self.file))
                dotted = ".".join(str(part) for part in (*path, key))
                fault = Fault(where, dotted, f"'{key}' is given twice", f"the first is at line {first.line}; keep one")
                self.out.faults.append(fault)
                self.node(next(self.events), (*path, f"{key} (again)"), depth + 1)
                continue
            self.out.places[*path, key] = where
            items[key] = self.node(next(self.events), (*path, key), depth + 1)
        return items


def read_yaml(text: str, file: str) -> Document:
    """Read one YAML text.

    Args:
        text: the file's content.
        file: its name, for messages.

    Returns:
        The data with places and faults; data may be partial where there are faults.
    """
    return _Reader(text, file).read()


def read_flow(text: str, file: str, line: int) -> Document:
    """Read a cell that holds a list or mapping in flow form; places point to `line`."""
    return _Reader(text, file, line_offset=line - 1, depth=4).read()
