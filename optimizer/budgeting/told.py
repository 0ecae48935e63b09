"""What a plan leaves short and spends, beside what another does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from optimizer.network.network import network_of
from optimizer.network.starts import Start
from optimizer.network.tables import TRUNK
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

EXPECTED = "expected"
"""Stands for the mean over futures, by probability."""
PUBLIC, PRIVATE, STOCKPILES = "public capex", "private capex", "public stockpiles"
"""Accounts."""
WORSE = 1e-3
"""Share of a year's demand for a product from which its service is worse; as `shortfall` says when a market stops."""
SHOWN = 1e-3
"""Tonnes by which service must differ to be told."""

Key = tuple[str, str, str, str, int]
"""Future, market, channel, product, period."""


def short_of(plan: Plan) -> dict[Key, float]:
    """Tonnes short by future (and on the mean), market, channel, product and period; those that are served are 0."""
    network = network_of(plan.instance)
    by: dict[tuple[str, int], list[Any]] = {}
    for row in rows_of(plan.demand):
        by.setdefault((row.scenario, int(row.period)), []).append(row)
    found: dict[Key, float] = {}
    for future, path in network.path.items():
        weight = network.probability[future]
        for period, course in path.items():
            for row in by.get((course, period), ()):
                cell = (row.market, plan.instance.markets[row.market].channel, row.product, period)
                found[EXPECTED, *cell] = found.get((EXPECTED, *cell), 0.0) + weight * float(row.short)
                found[future, *cell] = found.get((future, *cell), 0.0) + float(row.short)
    return found


def demand_of(plan: Plan) -> dict[tuple[str, str, int], float]:
    """Tonnes asked for on the trunk, by market, product and period."""
    found: dict[tuple[str, str, int], float] = {}
    for row in rows_of(plan.demand):
        if row.scenario == TRUNK:
            key = (row.market, row.product, int(row.period))
            found[key] = found.get(key, 0.0) + float(row.demand)
    return found


def missed_of(plan: Plan) -> dict[tuple[str, str, str, int], float]:
    """Tonnes missing to soft targets: stockpile, material, channel, period."""
    found: dict[tuple[str, str, str, int], float] = {}
    for row in rows_of(plan.targets):
        key = (row.stockpile, row.material, "" if pd.isna(row.channel) else str(row.channel), int(row.period))
        found[key] = found.get(key, 0.0) + float(row.short)
    return found


def outlay_of(plan: Plan) -> dict[tuple[int, str], float]:
    """Undiscounted USD by calendar year and account: public capex, private capex, public stockpiles."""
    found: dict[tuple[int, str], float] = {}

    def add(year: int, account: str, usd: float) -> None:
        found[year, account] = found.get((year, account), 0.0) + usd

    for row in rows_of(plan.outlay):
        add(int(row.year), PUBLIC if row.account == "capex" else STOCKPILES, float(row.usd))
    starts = network_of(plan.instance).starts
    for row in rows_of(plan.portfolio):
        share = starts.options[row.facility, row.option].public_share
        for year, usd in starts.spend(Start(row.facility, row.option, (int(row.funded),))):
            add(year, PRIVATE, usd * (1.0 - share))
    return {key: usd for key, usd in sorted(found.items()) if usd}


def differences(now: Mapping[Any, float], before: Mapping[Any, float]) -> list[tuple[Any, float, float]]:
    """(key, now, before) of what differs; what is not there is 0."""
    found = [(key, now.get(key, 0.0), before.get(key, 0.0)) for key in dict.fromkeys([*before, *now])]
    return [item for item in found if abs(item[1] - item[2]) > SHOWN]


def strictest(plan: Plan) -> str:
    """The strictest channel that has a market."""
    return plan.instance.served_channels[0]
