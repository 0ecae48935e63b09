"""Reads CSV tables by the same scalar rules as YAML, and says which tables an instance may have."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_origin

from optimizer.errors import Fault, Where
from optimizer.instance import movement, policy, records
from optimizer.instance.faults import did_you_mean
from optimizer.instance.fields import Holding, Record, flatten
from optimizer.instance.yaml12 import read_flow, scalar

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 400


class _Tier(Record):
    """A country's row."""

    tier: str
    """Trust tier."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section that may name a CSV instead of standing in the main file.

    Attributes:
        path: its keys from the top.
        records: the records its rows are made of.
        key: the column with the id; None for a plain list.
        value: where a row is a single value, its column.
    """

    path: tuple[str, ...]
    records: tuple[type[Record], ...]
    key: str | None = "id"
    value: str | None = None


@dataclass(frozen=True, slots=True)
class SideTable:
    """A table whose rows belong to the records of another section.

    Attributes:
        name: its key in the main file.
        parent: the section.
        column: the column that names the record.
        field: the record's field that the rows go to.
        records: the records its rows are made of.
        item: the column that is the key in that field; None where the field is a list.
    """

    name: str
    parent: str
    column: str
    field: str
    records: tuple[type[Record], ...]
    item: str | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that say where a row belongs."""
        return (self.column,) if self.item is None else (self.column, self.item)


def kinds_of(union: Any) -> tuple[type[Record], ...]:
    """The records that a union of them is made of."""
    return tuple(kind for kind in flatten(union) if isinstance(kind, type) and issubclass(kind, Record))


SECTIONS: tuple[Section, ...] = (
    Section(("markings",), (records.Marking,)),
    Section(("countries",), (_Tier,), value="tier"),
    Section(("materials",), (records.Material,)),
    Section(("recipes",), (records.Recipe,)),
    Section(("facilities",), (records.Facility,)),
    Section(("owners",), (records.Owner,)),
    Section(("channels",), (records.Channel,)),
    Section(("markets",), (movement.Market,)),
    Section(("stockpiles",), (movement.Stockpile,)),
    Section(("lanes",), (movement.Lane,), key=None),
    Section(("scenarios",), (policy.Scenario,), key=None),
    Section(("logistics", "freight"), (movement.Freight,), key=None),
    Section(("policy", "rules"), kinds_of(policy.Rule), key=None),
)

SIDE_TABLES: tuple[SideTable, ...] = (
    SideTable("options", "facilities", "facility", "options", (records.Option,)),
    SideTable("facility_recipes", "facilities", "facility", "recipes", (records.RecipeUse,), "recipe"),
    SideTable("facility_owners", "facilities", "facility", "owners", (Holding,), "owner"),
    SideTable("claims", "facilities", "facility", "claims", (records.Claim,)),
    SideTable("owner_owners", "owners", "held", "owners", (Holding,), "owner"),
    SideTable("demand", "markets", "market", "demand", (movement.DemandLine,)),
    SideTable("targets", "stockpiles", "stockpile", "targets", (movement.Target,)),
    SideTable("effects", "scenarios", "scenario", "effects", kinds_of(policy.Effect)),
)


def known_columns(kinds: tuple[type[Record], ...], keys: tuple[str, ...]) -> set[str]:
    """The columns a table of these records may have."""
    return {info.alias or name for kind in kinds for name, info in kind.model_fields.items()} | set(keys)


def column_kinds(kinds: tuple[type[Record], ...]) -> dict[str, str]:
    """What a column holds where that decides how a cell is read: 'list' or 'text'."""
    found: dict[str, str] = {}
    for kind in kinds:
        for name, info in kind.model_fields.items():
            if name in ("name", "source", "note", "banner"):
                found[name] = "text"
            elif name == "recipes" or any(get_origin(option) is tuple for option in flatten(info.annotation)):
                found[info.alias or name] = "list"
    return found


def read_table(
    text: str, file: str, kinds: Mapping[str, str], columns: set[str]
) -> tuple[list[tuple[dict[str, Any], Where]], list[Fault]]:
    """Read a CSV text into rows.

    Args:
        text: the content.
        file: its name, for messages.
        kinds: columns that hold lists or free text.
        columns: all columns there may be.

    Returns:
        The rows, each with its place, and the faults. An empty cell is a key that is absent.
    """
    rows: list[tuple[dict[str, Any], Where]] = []
    faults: list[Fault] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            where, line = Where(file, line), reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = _header(cells, where, columns, faults)
                if not header:
                    break
                continue
            if len(rows) >= MAX_ROWS:
                faults.append(Fault(where, "", f"more than {MAX_ROWS:,} rows", "split the table"))
                break
            if len(cells) > len(header):
                wrong = f"{len(cells)} cells under {len(header)} columns"
                faults.append(Fault(where, "", wrong, "quote cells that hold a comma"))
                continue
            row = _row(cells, header, columns, kinds, where, faults)
            rows.append((row, where))
    except csv.Error as error:
        faults.append(Fault(Where(file, line), "", f"not readable as CSV: {error}"))
    if not header and not faults:
        faults.append(Fault(Where(file, 1), "", "the table is empty", "the first row names the columns"))
    return rows, faults


def _header(cells: list[str], where: Where, columns: set[str], faults: list[Fault]) -> list[str]:
    names = [cell.strip() for cell in cells]
    if len(names) > MAX_COLUMNS:
        faults.append(Fault(where, "", f"{len(names)} columns", f"at most {MAX_COLUMNS}"))
        return []
    for index, name in enumerate(names):
        if name in names[:index]:
            faults.append(Fault(where, name, f"column '{name}' is given twice", "keep one"))
        elif name not in columns:
            faults.append(Fault(where, name, f"unknown column '{name}'", did_you_mean(name, columns)))
    return names


def _row(
    cells: list[str],
    header: list[str],
    columns: set[str],
    kinds: Mapping[str, str],
    where: Where,
    faults: list[Fault],
) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, written in zip(header, cells, strict=False):
        cell = written.strip()
        if not cell or name not in columns or name in row:
            continue
        kind = kinds.get(name, "")
        if kind == "text":
            row[name] = cell
        elif cell[0] in "[{":
            document = read_flow(cell, where.file, where.line)
            faults.extend(Fault(fault.where, name, fault.wrong, fault.right) for fault in document.faults)
            if not document.faults:
                row[name] = document.data
        elif ";" in cell or kind == "list":
            row[name] = [scalar(part.strip()) for part in cell.split(";") if part.strip()]
        else:
            row[name] = scalar(cell)
    return row
