"""What is short beside a baseline: another plan, named and dated, taken through the same measures."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.ladder.measures import ORDER
from optimizer.plan.columns import rows_of

if TYPE_CHECKING:
    from optimizer.ladder.study import NetShortfall

AMONG = ("future", "tier", "channel", "material", "period")
COLUMNS: dict[str, tuple[str, ...]] = {
    "differences": ("measure", *AMONG, "demand", "baseline_demand", "short", "baseline_short", "difference"),
    "stop_differences": ("future", "market", "tier", "channel", "weeks", "baseline_weeks", "later", "change"),
}
"""Columns of each table; tonnes of a period, weeks."""
STOPS, STOPS_NO_MORE, LATER, SOONER, SAME, APART = (
    "stops now", "stops no more", "later", "sooner", "the same", "not in both",
)  # fmt: skip
SMALL = 0.05
"""Weeks by which a stop is not told to be later or sooner."""


def beside(found: NetShortfall, base: NetShortfall) -> dict[str, pd.DataFrame]:
    """Two net shortfalls side by side.

    A measure that only one of them has adds nothing in the other: what is short there stays as it was before.

    Args:
        found: of the plan.
        base: of the baseline, by the same tiers of demand.

    Returns:
        differences: measure, future, tier, channel, material, period; demand and short, t, of both, and the plan's less
        the baseline's. Blank where one of them knows no such row: no such future, or demand. stop_differences: future,
        market; weeks until it stops in both; later by so many weeks; change.
    """
    return {"differences": _differences(found, base), "stop_differences": _stops(found.stops, base.stops)}


def _differences(found: NetShortfall, base: NetShortfall) -> pd.DataFrame:
    names = [name for name in ORDER if any(name in one.shortfall["measure"].array for one in (found, base))]
    mine, other = (_cells(one.shortfall, names) for one in (found, base))
    rows = []
    for key in _both(mine, other):
        (demand, short), (then_demand, then_short) = (of.get(key, (None, None)) for of in (mine, other))
        difference = None if short is None or then_short is None else short - then_short
        rows.append((*key, demand, then_demand, short, then_short, difference))
    frame = pd.DataFrame(rows, columns=list(COLUMNS["differences"]))
    return frame.astype(dict.fromkeys(COLUMNS["differences"][-5:], float))


def _cells(table: pd.DataFrame, names: Iterable[str]) -> dict[tuple[Hashable, ...], tuple[float, float | None]]:
    """(measure, future, ...) -> demand and short, t, for every measure of either; None where it is not known."""
    by_name: dict[str, dict[tuple[Any, ...], tuple[float, float | None]]] = {}
    for row in rows_of(table):
        key = (row.future, row.tier, row.channel, row.material, int(row.period))
        by_name.setdefault(row.measure, {})[key] = (float(row.demand), None if pd.isna(row.short) else float(row.short))
    found: dict[tuple[Hashable, ...], tuple[float, float | None]] = {}
    last: Mapping[tuple[Any, ...], tuple[float, float | None]] = {}
    for name in names:
        last = by_name.get(name, last)
        found |= {(name, *key): cell for key, cell in last.items()}
    return found


def _stops(mine: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    now, then = ({(row.future, row.market): row for row in rows_of(table)} for table in (mine, other))
    rows = []
    for key in _both(now, then):
        one = now.get(key, then.get(key))
        assert one is not None
        weeks, before = (_weeks(of.get(key)) for of in (now, then))
        later = None if weeks is None or before is None else weeks - before
        change = _change(weeks, before, later) if key in now and key in then else APART
        rows.append((*key, one.tier, one.channel, weeks, before, later, change))
    frame = pd.DataFrame(rows, columns=list(COLUMNS["stop_differences"]))
    return frame.astype(dict.fromkeys(("weeks", "baseline_weeks", "later"), float))


def _both(mine: Mapping[Any, object], other: Mapping[Any, object]) -> list[Any]:
    """Keys of both, those of the plan first."""
    return [*mine, *(key for key in other if key not in mine)]


def _weeks(row: Any) -> float | None:
    return None if row is None or pd.isna(row.weeks) else float(row.weeks)


def _change(weeks: float | None, before: float | None, later: float | None) -> str:
    if later is None:
        return SAME if weeks == before else STOPS_NO_MORE if weeks is None else STOPS
    return SAME if abs(later) <= SMALL else LATER if later > 0 else SOONER
