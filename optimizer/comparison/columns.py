"""The tables of a comparison and their columns, said once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from optimizer.plan.plan import Plan

Plans = Mapping[str, Plan]
"""By name; the first is the baseline."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "plans": (
        "plan", "baseline", "instance", "instance_sha256", "made", "status", "measure", "objective", "bound",
        "gap_usd", "difference", "difference_at_least", "difference_at_most", "verdict", "fundings", "capex",
        "public_outlay", "survives", "verified",
    ),
    "options": (
        "facility", "option", "stage", "country", "funded_in", "plans", "first_year", "last_year",
    ),
    "fundings": (
        "facility", "option", "stage", "country", "plan", "change", "funded", "baseline_funded", "years_later",
        "online", "baseline_online", "capacity", "baseline_capacity", "capex", "baseline_capex",
    ),
    "costs": ("category", "plan", "usd", "baseline", "difference", "tie"),
    "outlay": ("year", "account", "plan", "usd", "baseline", "difference"),
    "service": (
        "future", "channel", "product", "plan", "demand", "baseline_demand", "short", "baseline_short", "difference",
        "service", "baseline_service",
    ),
    "short": ("future", "market", "channel", "product", "period", "plan", "short", "baseline", "difference"),
    "futures": ("future", "plan", "probability", "baseline_probability", "cost", "baseline", "difference"),
    "exposure": (
        "channel", "stage", "kind", "period", "plan", "exposure", "baseline", "difference", "tonnes",
        "baseline_tonnes",
    ),
    "stock": ("stockpile", "material", "period", "plan", "tonnes", "baseline", "difference"),
    "survival": (
        "of", "losses", "duration", "onsets", "markets", "plan", "status", "baseline_status", "worst", "baseline_worst",
        "short", "baseline_short", "difference", "at_most", "baseline_at_most", "single_points",
        "baseline_single_points",
    ),
    "rules": (
        "kind", "label", "plan", "status", "baseline_status", "changed", "slack", "baseline_slack", "unit",
        "last_percent_usd", "baseline_last_percent_usd",
    ),
    "edits": ("plan", "table", "row", "field", "change", "old", "new", "ratio", "counts", "key"),
    "regret": (
        "instance_of", "plan", "held", "cost", "regret", "regret_at_most", "best", "largest_regret",
        "largest_regret_in", "not_met", "breaks", "why",
    ),
    "regret_by_future": ("instance_of", "plan", "future", "probability", "cost", "least", "regret"),
    "attribution": (
        "plan", "order", "group", "edits", "what", "in_order", "in_order_at_least", "in_order_at_most",
        "in_order_verdict", "alone", "alone_at_least", "alone_at_most", "alone_verdict", "interaction",
        "interaction_at_least", "interaction_at_most", "comes",
        "goes", "shifts", "alone_comes", "alone_goes", "alone_shifts", "status", "why", "alone_status", "alone_why",
    ),
}  # fmt: skip
"""Columns of each table (docs/results.md); tonnes, USD, years, shares."""

SMALL = 1e-6
"""Tonnes and USD below which a difference is rounding."""


def beside(
    name: str, by: Sequence[str], value: str, plans: Plans, read: Callable[[Plan], Mapping[Any, float]]
) -> pd.DataFrame:
    """A row for each plan but the baseline and each key that either has, the baseline's value beside it.

    Args:
        name: of the table.
        by: columns of a key.
        value: the column of the value.
        plans: by name.
        read: a plan's values by key, one for each column of `by`; what is not there is 0.
    """
    names = list(plans)
    base = read(plans[names[0]])
    rows = []
    for other in names[1:]:
        mine = read(plans[other])
        for key in dict.fromkeys([*base, *mine]):
            now, before = mine.get(key, 0.0), base.get(key, 0.0)
            row = dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True))
            rows.append(row | {"plan": other, value: now, "baseline": before, "difference": now - before})
    return table(name, rows)


def table(name: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """A table with its columns."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS[name]))


def summed(rows: Iterable[tuple[Any, float]]) -> dict[Any, float]:
    """Sums by key, in order of appearance."""
    parts: dict[Any, list[float]] = {}
    for key, value in rows:
        parts.setdefault(key, []).append(value)
    return {key: math.fsum(values) for key, values in parts.items()}
