"""What is kept of a run: the figures of its plan and its portfolio; and the tables of all runs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from optimizer.network.network import network_of
from optimizer.plan.columns import COLUMNS, rows_of, with_units
from optimizer.plan.plan import Plan
from optimizer.studies.design import Point

Record = dict[str, Any]
"""Figures of a run by name; what is JSON."""

FAILED = ("failed", "died")
"""Status of a run that ended with an error, or over which processes died."""
ZERO = 1e-6
"""Tonnes below which nothing is short."""

FIRST = ("status", "why", "error", "objective", "bound", "gap", "gap_usd")
LAST = ("public_outlay", "capex", "funded", "targets_missed", "target_short", "verified", "method", "seconds")
UNITS: Mapping[str, str] = {
    "objective": "USD", "bound": "USD", "gap_usd": "USD", "gap": "share", "public_outlay": "USD, undiscounted",
    "capex": "USD, undiscounted", "funded": "number", "targets_missed": "number", "target_short": "t",
    "seconds": "s",
}  # fmt: skip
COST, SHORT, SHORT_OF = "cost_", "short_", "short_of_"
PORTFOLIO = ("run", *COLUMNS["portfolio"])


def record_of(plan: Plan) -> Record:
    """The figures of a run that ended.

    Cost is expected and discounted. What is short is the expected tonnes over the horizon: by course and period, times
    the probability that the future is on that course then. Targets are counted by period, on the trunk.
    """
    info = plan.info
    record: Record = {name: info[name] for name in ("status", "why", "objective", "bound", "gap", "gap_usd", "method")}
    record |= {"instance_sha256": info["instance_sha256"], "error": ""}
    if not plan.tables:
        return record
    weight = network_of(plan.instance).weight
    channels = dict.fromkeys(plan.instance.served_channels, 0.0)
    products = {line.product: 0.0 for market in plan.instance.markets.values() for line in market.demand}
    for row in rows_of(plan.demand):
        tonnes = row.short * weight[row.scenario, row.period]
        channels[plan.instance.markets[row.market].channel] += tonnes
        products[row.product] += tonnes
    missed = plan.targets["short"]
    return record | {
        "cost": info["cost"],
        "short": channels,
        "short_of": products,
        "public_outlay": math.fsum(plan.outlay["usd"]),
        "capex": math.fsum(plan.portfolio["capex"]),
        "funded": len(plan.portfolio),
        "targets_missed": int((missed > ZERO).sum()),
        "target_short": math.fsum(missed),
        "verified": bool(info["verdict"]["ok"]),
        "portfolio": [list(row) for row in rows_of(plan.portfolio[list(COLUMNS["portfolio"])])],
    }


def failure(status: str, error: BaseException, text: str, seconds: float) -> Record:
    """The record of a run that failed.

    Args:
        status: one of `FAILED`.
        error: why.
        text: its traceback.
        seconds: time taken.
    """
    words = " ".join(str(error).split())
    return {
        "status": status, "why": "", "error": f"{type(error).__name__}: {words}", "traceback": text,
        "seconds": round(seconds, 3),
    }  # fmt: skip


def results_of(factors: Sequence[str], runs: Iterable[tuple[int, Point, Record | None]]) -> pd.DataFrame:
    """The table of all runs, a row each (docs/study.md); `attrs["units"]` has the unit of every column that has one.

    Args:
        factors: names of the factors, in order.
        runs: number, point and record of each; None where it has not ended.
    """
    listed = list(runs)
    known = [record for _, _, record in listed if record is not None and record.get("cost") is not None]
    inner = {
        head: list(dict.fromkeys(name for record in known for name in record[field]))
        for head, field in ((COST, "cost"), (SHORT, "short"), (SHORT_OF, "short_of"))
    }
    rows = []
    for number, point, record in listed:
        row: dict[str, Any] = {"run": number}
        row |= {column_of(name): point[name].value if name in point else None for name in factors}
        found = record or {"status": "not run"}
        row |= {name: found.get(name) for name in (*FIRST, *LAST)}
        for head, field in ((COST, "cost"), (SHORT, "short"), (SHORT_OF, "short_of")):
            has = found.get(field)
            row |= {f"{head}{name}": None if has is None else has.get(name, 0.0) for name in inner[head]}
        row["instance_sha256"] = found.get("instance_sha256")
        rows.append(row)
    sums = [f"{head}{name}" for head, names in inner.items() for name in names]
    columns = ["run", *map(column_of, factors), *FIRST, *sums, *LAST, "instance_sha256"]
    frame = pd.DataFrame(rows, columns=columns)
    words = ("status", "why", "error", "method", "instance_sha256")
    numbers = [name for name in (*FIRST, *LAST, *sums) if name not in (*words, "funded", "targets_missed", "verified")]
    frame = frame.astype(dict.fromkeys(numbers, "float64"))
    frame = frame.astype({"run": "int64", "funded": "Int64", "targets_missed": "Int64", "verified": "boolean"})
    for name in map(column_of, factors):
        frame[name] = _plain_column(frame[name])
    frame[["why", "error"]] = frame[["why", "error"]].fillna("")
    units = {name: "USD, expected, discounted" if name.startswith(COST) else "t, expected" for name in sums}
    frame.attrs["units"] = {name: (units | dict(UNITS)).get(name) for name in columns if name in (units | dict(UNITS))}
    return frame


def portfolios_of(runs: Iterable[tuple[int, Record | None]]) -> pd.DataFrame:
    """What each run funds, a row each: run, then the columns of the table `portfolio` of a plan."""
    rows = [(number, *row) for number, record in runs if record is not None for row in record.get("portfolio", ())]
    frame = pd.DataFrame(rows, columns=list(PORTFOLIO))
    frame = with_units("portfolio", frame)
    del frame.attrs["units"]["run"]  # here it is a number, there an activity
    return frame


def column_of(name: str) -> str:
    """The column of a factor; one that has the name of a figure is told apart."""
    taken = name in (*FIRST, *LAST, "run", "folder", "instance_sha256") or name.startswith((COST, SHORT))
    return f"factor_{name}" if taken else name


def _plain_column(values: pd.Series[Any]) -> pd.Series[Any]:
    """Values of a factor as one kind: numbers, truths, or text."""
    given = [value for value in values.tolist() if not _missing(value)]
    if given and all(isinstance(value, bool) for value in given):
        return values.astype("boolean")
    if given and all(isinstance(value, int) and not isinstance(value, bool) for value in given):
        return values.astype("Int64")
    if given and all(isinstance(value, int | float) and not isinstance(value, bool) for value in given):
        return values.astype("float64")
    texts = [None if _missing(v) else v if isinstance(v, str) else json.dumps(v, default=str) for v in values.tolist()]
    return pd.Series(texts, index=values.index, dtype=object)


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
