"""What is served and what is short in each future, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from optimizer.comparison.columns import SMALL, Plans, table
from optimizer.network.calendar import calendar_of
from optimizer.network.tree import paths_of, windows_of
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

EXPECTED = "expected"
"""Stands for the mean over futures, by probability."""

Cells = dict[tuple[Any, ...], tuple[float, float]]
"""Key -> t asked for, t short."""


def service_of(plans: Plans) -> pd.DataFrame:
    """Over the horizon, by future, channel of the market and product."""
    names = list(plans)
    cells = {name: _over(_cells(plan), (0, 2, 3)) for name, plan in plans.items()}
    base = cells[names[0]]
    rows = []
    for name in names[1:]:
        for key in dict.fromkeys([*base, *cells[name]]):
            now, before = cells[name].get(key), base.get(key)
            row = dict(zip(("future", "channel", "product"), key, strict=True)) | {"plan": name}
            for head, cell in (("", now), ("baseline_", before)):
                row[f"{head}demand"], row[f"{head}short"] = (None, None) if cell is None else cell
                row[f"{head}service"] = _share(cell)
            row["difference"] = None if now is None or before is None else now[1] - before[1]
            rows.append(row)
    numbers = ("demand", "baseline_demand", "short", "baseline_short", "difference", "service", "baseline_service")
    return table("service", rows).astype(dict.fromkeys(numbers, float))


def short_of(plans: Plans) -> pd.DataFrame:
    """By future, market, product and period, where any of the two plans is short."""
    names = list(plans)
    cells = {name: _cells(plan) for name, plan in plans.items()}
    base = cells[names[0]]
    rows = []
    for name in names[1:]:
        for key in dict.fromkeys([*base, *cells[name]]):
            now, before = cells[name].get(key, (0.0, 0.0))[1], base.get(key, (0.0, 0.0))[1]
            if max(now, before) > SMALL:
                row = dict(zip(("future", "market", "channel", "product", "period"), key, strict=True))
                rows.append(row | {"plan": name, "short": now, "baseline": before, "difference": now - before})
    return table("short", rows)


def futures_of(plans: Plans) -> pd.DataFrame:
    """The cost of each future, discounted USD; blank where an instance has no such future."""
    names = list(plans)
    known = {name: {str(row.scenario): row for row in rows_of(plan.scenarios)} for name, plan in plans.items()}
    base = known[names[0]]
    rows = []
    for name in names[1:]:
        for future in dict.fromkeys([*base, *known[name]]):
            now, before = known[name].get(future), base.get(future)
            row: dict[str, Any] = {"future": future, "plan": name}
            row["probability"], row["cost"] = (None, None) if now is None else (now.probability, now.cost)
            both = (None, None) if before is None else (before.probability, before.cost)
            row["baseline_probability"], row["baseline"] = both
            row["difference"] = None if now is None or before is None else now.cost - before.cost
            rows.append(row)
    numbers = ("probability", "baseline_probability", "cost", "baseline", "difference")
    return table("futures", rows).astype(dict.fromkeys(numbers, float))


def _cells(plan: Plan) -> Cells:
    """By future (and on the mean), market, channel, product and period."""
    asked: dict[tuple[str, int], list[Any]] = {}
    for row in rows_of(plan.demand):
        asked.setdefault((row.scenario, int(row.period)), []).append(row)
    calendar = calendar_of(plan.instance)
    paths = paths_of(plan.instance, calendar, windows_of(plan.instance, calendar))
    probability = {str(row.scenario): float(row.probability) for row in rows_of(plan.scenarios)}

    def every() -> Iterable[tuple[tuple[Any, ...], float, float]]:
        for future, path in paths.items():
            weight = probability.get(future, 0.0)
            for period, course in path.items():
                for row in asked.get((course, period), ()):
                    rest = (row.market, plan.instance.markets[row.market].channel, row.product, period)
                    yield (EXPECTED, *rest), weight * row.demand, weight * row.short
                    yield (future, *rest), row.demand, row.short

    found = _added(every())
    return dict(sorted(found.items(), key=lambda item: _rank(paths, item[0][0])))


def _rank(paths: Mapping[str, Any], future: str) -> int:
    """The mean first, then futures as the instance has them, the base before all."""
    return -1 if future == EXPECTED else list(paths).index(future)


def _over(cells: Cells, keep: tuple[int, ...]) -> Cells:
    """Sums over the parts of keys that are not kept."""
    return _added((tuple(key[i] for i in keep), *cell) for key, cell in cells.items())


def _added(rows: Iterable[tuple[tuple[Any, ...], float, float]]) -> Cells:
    sums: dict[tuple[Any, ...], list[float]] = {}
    for key, demand, short in rows:
        cell = sums.setdefault(key, [0.0, 0.0])
        cell[0] += demand
        cell[1] += short
    return {key: (demand, short) for key, (demand, short) in sums.items()}


def _share(cell: tuple[float, float] | None) -> float | None:
    """Share of demand served; None where nothing is asked for."""
    if cell is None or cell[0] <= SMALL:
        return None
    return 1.0 - cell[1] / cell[0]
