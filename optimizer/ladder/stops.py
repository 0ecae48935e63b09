"""Which market stops first in each future, and after how many weeks."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from optimizer.network.network import network_of
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

WEEKS = 52.0
SHORT = 1e-3
"""Share of a year's demand short from which a market stops."""
COLUMNS = ("future", "market", "tier", "channel", "onset", "weeks", "product", "period", "short", "demand")


def stops_of(plan: Plan, short: pd.DataFrame | None, tier_of: Mapping[str, str]) -> pd.DataFrame:
    """A row for each future and market: the weeks from the onset until it stops; blank where it does not.

    Deliveries of a year are taken as made at the full rate until they are used up. A market stops when the first of
    its products does: a programme lacks a part as soon as it lacks one grade of magnet.

    Args:
        plan: with tables.
        short: what each branch leaves short, as `evaluate` found it at least cost (the plan's own tables say nothing of
            a future of probability 0); None takes the plan's tables.
        tier_of: market -> its tier of demand.

    Returns:
        future (the base, without a disruption, from the first year of the horizon), market, tier, channel, onset,
        weeks, product (that stops it), period (in which), short and demand (t of that product then); the first to
        stop of each future first.
    """
    network = network_of(plan.instance)
    cells: dict[tuple[str, int, str, str], list[float]] = {}
    for row in rows_of(plan.demand):
        cell = cells.setdefault((row.scenario, int(row.period), row.market, row.product), [0.0, 0.0])
        cell[0] += row.demand
        cell[1] += row.short if short is None else 0.0
    for row in () if short is None else rows_of(short):
        key = (row.branch, int(row.period), row.market, row.product)
        cells.setdefault(key, [float(row.demand), 0.0])[1] = float(row.short)
    rows = []
    for future, path in network.path.items():
        onset = network.windows[future].onset if future in network.windows else network.calendar.first_year
        for market, record in plan.instance.markets.items():
            found = None
            for product in dict.fromkeys(line.product for line in record.demand):
                weeks = 0.0
                for period in (t for t in path if t >= onset):
                    demand, lacks = cells.get((path[period], period, market, product), [0.0, 0.0])
                    length = WEEKS * network.calendar.years[period]
                    if demand > 0 and lacks > SHORT * demand:
                        weeks += length * (1.0 - lacks / demand)
                        if found is None or weeks < found[0]:
                            found = (weeks, product, period, lacks, demand)
                        break
                    weeks += length
            rows.append((future, market, tier_of.get(market, ""), record.channel, onset, *(found or (None,) * 5)))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table = table.astype({"weeks": float, "short": float, "demand": float, "period": "Int64"})
    order = {name: number for number, name in enumerate(network.path)}
    return table.sort_values(
        ["future", "weeks"], key=lambda column: column.map(order) if column.name == "future" else column, kind="stable"
    ).reset_index(drop=True)
