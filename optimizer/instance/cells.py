"""What stands in a cell of a sheet for a value of an instance, and back. Words follow the rules of CSV tables.

A text in double quotes is read as JSON reads it. So a word that would be taken for a number, a text with a space at its
end, and an empty text have a form of their own; nothing else is ever quoted.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import yaml

from optimizer.errors import Fault, Where
from optimizer.instance.write import Dumper
from optimizer.instance.yaml12 import read_flow, scalar

LONGEST = 32_767
"""Letters of a cell at most, as Excel counts them."""
EXACT = 2**53
"""Whole numbers beyond this are not all numbers of a sheet."""
TEXT, LIST, SETTING = "text", "list", "setting"
"""What a column holds, where that decides how a cell is read: free text; a list; the value of a dotted key."""

_ODD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""Characters that a sheet, or the programs that read it, do not keep."""


def write_cell(value: Any, kind: str = "") -> bool | int | float | str:
    """The value of a cell that is read back the same.

    Args:
        value: plain data.
        kind: what the column holds.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else _flow(value)
    if value is None:
        return "null"
    if isinstance(value, str):
        return _word(value, kind)
    if kind == LIST and isinstance(value, list) and value:
        line = "; ".join(map(str, value))
        if all(isinstance(item, str) for item in value) and _read(line, kind) == value:
            return line
    return _flow(value)


def _word(text: str, kind: str) -> str:
    """A text as it is, or quoted where it would be read as something else; in a list it may stand for a list of one."""
    odd = bool(_ODD.search(text))
    plain = text == text.strip() and text and not odd
    return text if plain and _read(text, kind) in (text, [text]) else json.dumps(text, ensure_ascii=odd)


def _read(text: str, kind: str) -> Any:
    value, faults = read_cell(text, kind, Where())
    return None if faults else value


def _flow(value: Any) -> str:
    text: str = yaml.dump(
        value, Dumper=Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=math.inf
    )
    return text.removesuffix("\n...\n").strip()


def read_cell(text: str, kind: str, where: Where) -> tuple[Any, list[Fault]]:
    """The value of a cell that holds words.

    Args:
        text: the words.
        kind: what the column holds.
        where: the cell.

    Returns:
        The value, None where the cell is empty, and the faults.
    """
    cell = text.strip()
    quoted = _unquoted(cell)
    if quoted is not None:
        return quoted, []
    if not cell or kind == TEXT:
        return cell or None, []
    if cell[0] in "[{":
        document = read_flow(cell, where.file, where.line)
        return document.data, [Fault(where, "", fault.wrong, fault.right) for fault in document.faults]
    if kind != SETTING and (";" in cell or kind == LIST):
        return [scalar(part.strip()) for part in cell.split(";") if part.strip()], []
    return scalar(cell), []


def _unquoted(cell: str) -> str | None:
    """The text of a cell in double quotes; None where it is none."""
    if len(cell) < 2 or cell[0] != '"' or cell[-1] != '"':
        return None
    try:
        found = json.loads(cell)
    except ValueError:
        return None
    return found if isinstance(found, str) else None


def units_of_length(text: str) -> int:
    """How long a text is to Excel, which counts units of UTF-16."""
    return len(text) + sum(ord(letter) > 0xFFFF for letter in text)
