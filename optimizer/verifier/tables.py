"""The result tables as typed rows, with every fault of form on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd

from optimizer.instance.amounts import ScaleGoal
from optimizer.verifier.columns import (
    ROWS,
    Capacity,
    Cost,
    Demand,
    Downgrade,
    Exposure,
    Flow,
    Future,
    GoalRow,
    Maker,
    Outlay,
    Portfolio,
    ReactionRow,
    ReleaseRow,
    ResidualRow,
    Run,
    Stock,
    Surplus,
    TargetRow,
)
from optimizer.verifier.columns_finance import (
    AppropriationRow,
    Book,
    FinancingRow,
    GrantRow,
    OwedRow,
    PremiumRow,
    PurchaseRow,
    RecipientRow,
    Sale,
    StakeRow,
    StockPayerRow,
    StrictRun,
)
from optimizer.verifier.exact import Exact, standing_for_float
from optimizer.verifier.facts import Facts
from optimizer.verifier.futures import BASE, TRUNK, Block, is_future
from optimizer.verifier.markings import Marked
from optimizer.verifier.verdict import At, Ledger

SERVICE = "service_"


@dataclass(slots=True)
class Rows:
    """All tables. `service` holds the service columns by future and channel; None where blank."""

    told: frozenset[str] = frozenset()
    """The tables that there are; one that is empty is told too."""
    portfolio: list[Portfolio] = field(default_factory=list)
    reactions: list[ReactionRow] = field(default_factory=list)
    capacity: list[Capacity] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    stock: list[Stock] = field(default_factory=list)
    demand: list[Demand] = field(default_factory=list)
    downgrades: list[Downgrade] = field(default_factory=list)
    surplus: list[Surplus] = field(default_factory=list)
    releases: list[ReleaseRow] = field(default_factory=list)
    makers: list[Maker] = field(default_factory=list)
    targets: list[TargetRow] = field(default_factory=list)
    goals: list[GoalRow] = field(default_factory=list)
    residual: list[ResidualRow] = field(default_factory=list)
    exposure: list[Exposure] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    scenarios: list[Future] = field(default_factory=list)
    outlay: list[Outlay] = field(default_factory=list)
    stock_payers: list[StockPayerRow] = field(default_factory=list)
    appropriations: list[AppropriationRow] = field(default_factory=list)
    grants: list[GrantRow] = field(default_factory=list)
    financing: list[FinancingRow] = field(default_factory=list)
    stakes: list[StakeRow] = field(default_factory=list)
    owed: list[OwedRow] = field(default_factory=list)
    recipients: list[RecipientRow] = field(default_factory=list)
    purchases: list[PurchaseRow] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    premiums: list[PremiumRow] = field(default_factory=list)
    strict_runs: list[StrictRun] = field(default_factory=list)
    books: list[Book] = field(default_factory=list)
    service: dict[tuple[str, str], float | None] = field(default_factory=dict)


def _text(value: Any) -> str:
    """A cell as text; what pandas makes of a blank one is an empty text."""
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value).strip()


def _number(value: Any) -> float:
    """A cell as a finite number.

    Raises:
        ValueError: it is none.
    """
    text = value if isinstance(value, int | float) else _text(value)
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _decimal(value: Any) -> float:
    """A cell as the exact number of its text.

    Raises:
        ValueError: it is no finite number.
    """
    number = _number(value)
    return standing_for_float(Exact(number if isinstance(value, int | float) else _text(value)))


def _whole(value: Any) -> int:
    number = _number(value)
    if not number.is_integer():
        raise ValueError(value)
    return int(number)


def _maybe_whole(value: Any) -> int | None:
    return None if _text(value) == "" else _whole(value)


def _maybe_number(value: Any) -> float | None:
    return None if _text(value) == "" else _number(value)


def _maybe_decimal(value: Any) -> float | None:
    return None if _text(value) == "" else _decimal(value)


_Parsers = dict[str, Callable[[Any], Any]]

_PARSERS: _Parsers = {
    "amount": _number,
    "money": _number,
    "whole": _whole,
    "money?": _maybe_number,
    "whole?": _maybe_whole,
    "period": _whole,
}
_EXACT: _Parsers = _PARSERS | {"amount": _decimal, "money": _decimal, "money?": _maybe_decimal}


def _kinds(parsers: _Parsers) -> dict[str, tuple[tuple[str, str, Callable[[Any], Any]], ...]]:
    """Column, kind and parser of each cell of a row, by table."""
    return {
        table: tuple((one.name, one.metadata["kind"], parsers.get(one.metadata["kind"], _text)) for one in fields(row))
        for table, row in ROWS.items()
    }


_KINDS, _EXACT_KINDS = _kinds(_PARSERS), _kinds(_EXACT)


class _Reader:
    """Reads one plan's tables."""

    def __init__(self, facts: Facts, blocks: Mapping[str, Block], ledger: Ledger, exact: bool) -> None:
        self.facts = facts
        self.kinds, self.number = (_EXACT_KINDS, _decimal) if exact else (_KINDS, _number)
        self.blocks = blocks
        self.ledger = ledger
        instance = facts.instance
        self.marked = Marked(instance)
        futures = {BASE, *(scenario.id for scenario in filter(is_future, instance.scenarios))}
        self.known: dict[str, set[Any]] = {
            "facility": set(instance.facilities),
            "material": set(instance.materials),
            "recipe": set(instance.recipes),
            "channel": set(instance.channels),
            "stockpile": set(instance.stockpiles),
            "market": set(instance.markets),
            "period": set(facts.periods),
            "block": {TRUNK, *(scenario.id for scenario in instance.scenarios)},
            "account": {TRUNK, "investment", *(scenario.id for scenario in instance.scenarios)},
            "future": futures,
        }

    def read(self, tables: Mapping[str, pd.DataFrame]) -> Rows:
        rows = Rows(told=frozenset(map(str, tables)))
        for name in ROWS:
            if name in self._may_lack() and name not in tables:
                continue
            self.ledger.holds("table_present", At(name), name in tables, f"there is no table {name}")
            if name in tables:
                getattr(rows, name).extend(self._table(name, tables[name], rows))
        for name in tables:
            self.ledger.holds("table_present", At(str(name)), name in ROWS, f"{name} is no result table")
        return rows

    def _may_lack(self) -> frozenset[str]:
        """Tables that a plan may do without: of what its instance says nothing of."""
        instance = self.facts.instance
        asks = any(record.requalification for record in instance.materials.values())
        lacks = frozenset() if asks else frozenset(["makers"])
        lacks |= frozenset() if self.facts.releases else {"releases"}
        lacks |= frozenset() if any(isinstance(one, ScaleGoal) for one in instance.policy.rules) else {"goals"}
        lacks |= frozenset() if any(one.public_share < 1 for one in instance.stockpiles.values()) else {"stock_payers"}
        lacks |= frozenset() if any(one.residual for one in instance.stockpiles.values()) else {"residual"}
        finance = self.facts.instance.finance
        if finance is None:
            return lacks | {
                "grants", "financing", "owed", "recipients", "purchases", "stakes", "sales", "premiums", "strict_runs",
                "books",
            }  # fmt: skip
        # Tables of what an instance does not have are lacking in folders of earlier versions.
        kinds = {one.kind for one in finance.instruments}
        lacks |= frozenset() if kinds & {"loan", "equity"} else {"owed"}
        lacks |= frozenset() if kinds & {"loan", "equity", "stake"} else {"financing"}
        lacks |= frozenset() if "stake" in kinds else {"stakes"}
        priced = any(record.channel_factor for record in instance.materials.values())
        lacks |= frozenset() if priced else {"premiums", "strict_runs"}
        lacks |= frozenset() if "purchase" in kinds else {"purchases"}
        return lacks if any(getattr(one, "decided", False) for one in finance.instruments) else lacks | {"recipients"}

    def _table(self, name: str, frame: pd.DataFrame, rows: Rows) -> list[Any]:
        row_type = ROWS[name]
        columns = {one.name: one.name.rstrip("_") for one in fields(row_type)}
        there = [str(column) for column in frame.columns]
        wanted = [*columns.values(), *self.marked.columns]
        if name == "scenarios":
            wanted += [f"{SERVICE}{channel}" for channel in self._served() if f"{SERVICE}{channel}" not in wanted]
        missing = [column for column in wanted if column not in there]
        allowed = set(wanted)
        if name == "scenarios":
            allowed |= {f"{SERVICE}{channel}" for channel in self.facts.channels}
        extra = [column for column in there if column not in allowed or there.count(column) > 1]
        text = "; ".join([f"no column {column}" for column in missing] + [f"extra column {column}" for column in extra])
        self.ledger.holds("table_columns", At(name), not text, text)
        if any(column not in there or there.count(column) > 1 for column in columns.values()):
            return []
        if frame.empty:
            return []
        # All columns at once: one by one they take pandas most of the time of a check.
        values = {
            column: cells
            for column, cells in zip(there, zip(*frame.to_numpy(dtype=object).tolist(), strict=True), strict=True)
            if there.count(column) == 1
        }
        found: list[Any] = []
        seen: set[tuple[Any, ...]] = set()
        for number in range(len(frame)):
            row = self._row(name, columns, values, number)
            if row is None:
                continue
            for column in self.marked.columns:
                self._marking(row, values.get(column), At(f"{name} row {number}"), number)
            key = tuple(getattr(row, column) for column in row_type.key)
            if key:
                where = At(f"{name} row {number}")
                self.ledger.holds("duplicate_row", where, key not in seen, f"a second row for {key}")
                if key in seen:
                    continue
                seen.add(key)
            found.append(row)
            if name == "scenarios":
                self._service(row, values, number, rows)
        return found

    def _marking(self, row: Any, cells: Sequence[Any] | None, where: At, number: int) -> None:
        """The labels in a row are those of what it names; that the column is missing is told already."""
        if cells is not None:
            stated, due = _text(cells[number]), self.marked.of(row)
            self.ledger.holds("cell_values", where, stated == due, f"marking is {stated!r}, should be {due!r}")

    def _served(self) -> list[str]:
        """Channels of markets that ask for anything: these have a service column."""
        return list(dict.fromkeys(m.channel for m in self.facts.instance.markets.values() if m.demand))

    def _service(self, row: Future, values: Mapping[str, Sequence[Any]], number: int, rows: Rows) -> None:
        for channel in self.facts.channels:
            column = values.get(f"{SERVICE}{channel}")
            if column is None:
                continue
            try:
                value = None if _text(column[number]) == "" else self.number(column[number])
            except ValueError:
                where = At(f"scenarios row {number}")
                self.ledger.holds("cell_values", where, False, f"{SERVICE}{channel} is {column[number]!r}")
                continue
            rows.service[row.scenario, channel] = value

    def _row(self, table: str, columns: Mapping[str, str], values: Mapping[str, Sequence[Any]], number: int) -> Any:
        build: Callable[..., Any] = ROWS[table]
        where = At(f"{table} row {number}")
        cells: dict[str, Any] = {}
        for name, kind, parse in self.kinds[table]:
            column = columns[name]
            value = values[column][number]
            try:
                cell = cells[name] = parse(value)
            except (ValueError, TypeError, OverflowError):
                return self._refuse("cell_values", where, f"{column} is {value!r}")
            if kind == "place":
                if not self.facts.kind_of_place(cell):
                    return self._refuse("known_ids", where, f"there is no place {cell!r} ({column})")
            elif kind in self.known and cell not in self.known[kind]:
                return self._refuse("known_ids", where, f"there is no {kind} {cell!r} ({column})")
            if kind == "amount":
                limit = -self.ledger.tolerance.absolute
                self.ledger.holds("nonnegative", where, cell >= limit, f"{column} is {value}", -cell, "t")
        self.ledger.holds("cell_values", where, True, "")
        self.ledger.holds("known_ids", where, True, "")
        return self._covered(build(**cells), where)

    def _refuse(self, name: str, where: At, text: str) -> None:
        self.ledger.holds(name, where, False, text)

    def _covered(self, row: Any, where: At) -> Any:
        """The row, unless it lies in periods that its branch does not cover."""
        name = getattr(row, "scenario", None)
        period = self.facts.periods.get(getattr(row, "period", -1))
        if name is None or name in (TRUNK, BASE, "investment") or isinstance(row, Future | ReactionRow):
            return row
        block = self.blocks.get(name)
        ok = block is not None and period is not None and block.covers(period)
        at = At(where.place, getattr(row, "period", None), name)
        self.ledger.holds("branch_periods", at, ok, "a row in a period that the branch does not cover")
        return row if ok else None


def read_tables(
    facts: Facts,
    blocks: Mapping[str, Block],
    ledger: Ledger,
    tables: Mapping[str, pd.DataFrame],
    *,
    exact: bool = False,
) -> Rows:
    """Turn result tables into typed rows; what is at fault is a violation and left out.

    Args:
        facts: of the instance.
        blocks: courses of operations.
        ledger: takes what is at fault.
        tables: by name.
        exact: numbers are the decimals of the cells' text.
    """
    return _Reader(facts, blocks, ledger, exact).read(tables)
