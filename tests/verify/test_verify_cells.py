"""No cell of a table is free: whatever is changed in a correct plan is noticed, and nothing raises."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from plan_maker import Plan
from support.params import some_fast
from verify_plans import PLANS

JUNK: tuple[Any, ...] = ("", "junk", None, math.nan, math.inf, -3, 1e300, "trunk", "owed:a", True, "2027", b"\x00", ())

FREE = {("exposure", "period")}
"""The table may show states that do not run."""


def _cells(plan: Plan) -> Iterator[tuple[str, int, str]]:
    for table, frame in plan.tables.items():
        for row in range(len(frame)):
            for column in frame.columns:
                if (table, column) not in FREE:
                    yield table, row, column


def _changed(value: Any) -> Any:
    if isinstance(value, str):
        return value + "x"
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "x"
    return value + 1


def _put(plan: Plan, table: str, row: int, column: str, value: Any) -> Plan:
    frame = plan.tables[table].astype(object)
    values = list(frame[column])
    values[row] = value
    tables = plan.tables | {table: frame.assign(**{column: values})}
    return Plan(plan.text, plan.plan, tables)


def _check(name: str, step: int) -> None:
    plan = PLANS[name]()
    for number, (table, row, column) in enumerate(_cells(plan)):
        if number % step:
            continue
        value = plan.tables[table][column].iloc[row]
        verdict = _put(plan, table, row, column, _changed(value)).verdict()
        assert not verdict.ok, f"{table}.{column} row {row}: {value!r} may be {_changed(value)!r}"
        if step > 1 or number % 3 == 0:  # that junk raises nothing needs no look at every cell
            _put(plan, table, row, column, JUNK[number // step % len(JUNK)]).verdict()


@pytest.mark.parametrize("name", some_fast(PLANS, 3))
def test_some_cells(name: str) -> None:
    _check(name, 61)


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANS)
def test_every_cell(name: str) -> None:
    _check(name, 1)


@pytest.mark.parametrize("name", some_fast(PLANS, 3))
def test_no_row_is_free(name: str) -> None:
    """Every row taken out is missed; rows that only say what is not zero anyway are the exception."""
    plan = PLANS[name]()
    for table, frame in plan.tables.items():
        for row in range(len(frame)):
            verdict = Plan(plan.text, plan.plan, plan.tables | {table: frame.drop(index=row)}).verdict()
            spare = _spare(table, frame.iloc[row])
            assert verdict.ok == spare, f"{table} row {row}"


def _spare(table: str, row: pd.Series[Any]) -> bool:
    """A unit that can do nothing; the exposure of a state that does not run; what the stock table says already."""
    if table == "capacity":
        return bool(row["capacity"] == 0)
    if table == "downgrades":
        return bool(row["place"] == "depot")
    return bool(table == "exposure" and row["equipment"] == 1)
