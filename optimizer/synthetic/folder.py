"""Writes a synthetic instance as a folder: instance.yaml and CSV tables."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer.errors import OptionsError
from optimizer.folders import write_whole
from optimizer.instance.write import plain_text

if TYPE_CHECKING:
    from optimizer.synthetic.make import Synthetic

HEAD = "# Synthetic: made by `optimizer generate`; no place, company or number in it is real.\n"


def save(made: Synthetic, folder: Path) -> Path:
    """Write the folder, whole or not at all.

    Raises:
        OptionsError: the folder is there and holds something else than a synthetic instance.
    """
    may_write(folder)
    target = folder.absolute()
    write_whole(target, lambda at: _fill(made, at))
    return folder


def may_write(folder: Path) -> None:
    """Raise OptionsError where a folder is there and is no synthetic instance."""
    if not folder.exists():
        return
    main = folder / "instance.yaml"
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if not main.is_file() or not main.read_text(encoding="utf-8", errors="replace").startswith(HEAD):
        raise OptionsError(f"{folder} is there already and is no synthetic instance; name another folder")


def _fill(made: Synthetic, folder: Path) -> None:
    named = {table: f"{table}.csv" for table in made.tables if table != "freight"}  # that one stands in logistics
    text = HEAD + plain_text(made.document | named)
    (folder / "instance.yaml").write_text(text, encoding="utf-8", newline="\n")
    if made.known is not None:
        text = json.dumps(made.known.to_dict(), indent=2) + "\n"
        (folder / "known.json").write_text(text, encoding="utf-8", newline="\n")
        _write_portfolio(folder / "known_portfolio.csv", made.known.portfolio)
    if made.planted:
        _write_portfolio(folder / "planted_portfolio.csv", made.planted)
    for table, rows in made.tables.items():
        (folder / f"{table}.csv").write_text(table_text(rows), encoding="utf-8", newline="\n")


def _write_portfolio(file: Path, portfolio: Sequence[tuple[str, str, int]]) -> None:
    lines = ["facility,option,year", *(",".join(map(str, funding)) for funding in portfolio)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def table_text(rows: list[dict[str, Any]]) -> str:
    """Rows as CSV: lists and mappings in flow form, what is missing as an empty cell."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    used = [key for key in columns if any(row.get(key) is not None for row in rows)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(used)
    writer.writerows([_cell(row.get(key)) for key in used] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_cell(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_cell(item) for item in value) + "]"
    return str(value)
