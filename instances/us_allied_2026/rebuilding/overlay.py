"""Overlays as text: YAML that a person can read, with one row a line where it fits."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .tables import number

WIDTH = 118
PLAIN = re.compile(r"[A-Za-z][\w ./()-]*")
WORDS = {"true", "false", "null"}


@dataclass(frozen=True)
class Overlay:
    """A file in `variants`."""

    name: str
    title: str
    about: str
    body: Mapping[str, Any]
    extends: Sequence[str] = ("..",)

    def text(self) -> str:
        """The file."""
        lines = ["# Written by rebuild.py; do not edit by hand."]
        bases = list(self.extends)
        head = {
            "extends": bases[0] if len(bases) == 1 else bases,
            "name": self.name,
            "title": self.title,
        }
        lines += block(head, 0)
        lines += ["description: >-", *textwrap.wrap(self.about, WIDTH, initial_indent="  ", subsequent_indent="  ")]
        lines += ["", *block(self.body, 0)]
        return "\n".join(lines) + "\n"


def flow(value: Any) -> str:
    """A value in flow form."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        plain = PLAIN.fullmatch(value) and value not in WORDS and value == value.strip()
        return value if plain or value == ".." else json.dumps(value, ensure_ascii=False)
    if value is None:
        return "null"
    if isinstance(value, Sequence):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(number(value)) if isinstance(value, float) else str(value)


def wrapped(start: str, parts: Sequence[str], end: str) -> list[str]:
    """Parts in brackets, broken between them."""
    pad = " " * len(start)
    lines, line = [], start
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        piece = part + (end if last else ",")
        if line.strip(" -{[") and len(line) + len(piece) + 1 > WIDTH:
            lines.append(line.rstrip())
            line = pad + piece
        else:
            line += piece if line == start else f" {piece}"
        if not last and line == start:
            line += " "
    lines.append(line.rstrip())
    return lines


def row(value: Mapping[str, Any], indent: int) -> list[str]:
    """A row of a list, over several lines where it is long."""
    return wrapped(" " * indent + "- {", [f"{key}: {flow(item)}" for key, item in value.items()], "}")


def block(value: Mapping[str, Any], indent: int) -> list[str]:
    """A mapping in block form; what fits on a line stays on one."""
    lines: list[str] = []
    for key, item in value.items():
        start = " " * indent + f"{key}:"
        one = f"{start} {flow(item)}"
        rows = isinstance(item, Sequence) and not isinstance(item, str) and any(isinstance(x, Mapping) for x in item)
        if rows:
            lines.append(start)
            for entry in item:
                lines += row(entry, indent + 2)
        elif isinstance(item, Mapping) and (indent == 0 or len(one) > WIDTH):
            lines += [start, *block(item, indent + 2)]
        elif isinstance(item, Sequence) and not isinstance(item, str) and len(one) > WIDTH:
            lines += wrapped(f"{start} [", [flow(entry) for entry in item], "]")
        else:
            lines.append(one)
    return lines
