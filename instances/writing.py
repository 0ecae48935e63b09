"""What the scripts that rebuild instances share: values and tables as text, and writing the files or checking them."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Out = dict[str, Any]
"""A row to be written, by column."""


def number(value: float, digits: int = 6) -> int | float:
    """A number without noise: rounded to significant digits, whole where it can be."""
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded == int(rounded) else rounded


def plain(value: Any) -> str:
    """A value as a cell: YAML flow form for lists and mappings."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {plain(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return "[" + ", ".join(plain(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(number(value))
    return str(value)


def table(rows: Iterable[Out], columns: Sequence[str]) -> str:
    """The text of a CSV table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        unknown = set(row) - set(columns)
        if unknown:
            raise ValueError(f"columns {sorted(unknown)} are not in {columns}")
        writer.writerow([plain(row.get(column)) for column in columns])
    return out.getvalue()


def write(folder: Path, files: Mapping[str, str], *, check: bool) -> int:
    """Write the texts of files by name, or only compare them; the exit code, 1 where a check finds one that differs."""
    differing = []
    for name, text in files.items():
        path = folder / name
        if not (path.is_file() and path.read_text(encoding="utf-8") == text):
            differing.append(name)
            if not check:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
    if check:
        for name in differing:
            sys.stderr.write(f"{name} differs from what sources/ give; run rebuild.py\n")
        return 1 if differing else 0
    sys.stderr.write(f"{len(differing)} of {len(files)} files written\n")
    return 0
