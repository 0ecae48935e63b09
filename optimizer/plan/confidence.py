"""How much of a plan rests on numbers of which confidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pandas as pd

from optimizer.instance.fields import Record
from optimizer.network.tables import TRUNK, Network
from optimizer.plan.columns import rows_of

GRADES = ("A", "B", "C", "none")
"""Confidence of a row: filed or official, press or public study, estimate; none stated."""


def confidence_of_plan(network: Network, tables: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """What a plan rests on, by the confidence of the rows behind it.

    Returns:
        A row per subject: `of` (capacity of a stage in the trunk's last period, t per year; capex, activity, freight
        and shortage, USD, expected and discounted where they run over years; short, t, expected), `unit`, `total`, and
        the share of each of `GRADES`.
    """
    instance = network.instance
    found: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))

    def add(of: str, unit: str, record: Record | None, amount: float) -> None:
        found[of, unit][getattr(record, "confidence", None) or "none"] += amount

    last = network.calendar.periods[-1]
    capacity = tables["capacity"]
    for row in rows_of(capacity[(capacity["scenario"] == TRUNK) & (capacity["period"] == last)]):
        facility = instance.facilities[row.facility]
        add(f"capacity: {facility.stage}", "t/yr", facility, row.existing)
    options = {(name, o.id): o for name, facility in instance.facilities.items() for o in facility.options}
    for row in rows_of(tables["portfolio"]):
        add("capex", "USD", options[row.facility, row.option], row.capex)
        if row.online <= last:
            add(f"capacity: {row.stage}", "t/yr", options[row.facility, row.option], row.capacity)

    def weight(row: Any) -> float:
        return network.weight[row.scenario, row.period]

    def usd(row: Any) -> float:
        return weight(row) * network.calendar.discount[row.period] * float(row.cost)

    for row in rows_of(tables["runs"]):
        own = instance.facilities[row.facility].recipes.get(row.recipe)
        priced = own if own is not None and own.cost is not None else instance.recipes[row.recipe]
        add("activity", "USD", priced, usd(row))
    for row in rows_of(tables["flows"]):
        kind, _, number = row.link.partition(":")
        links = {"lane": instance.lanes, "freight": instance.logistics.freight}.get(kind)
        if links is not None and row.cost:
            add("freight", "USD", links[int(number)], usd(row))
    for row in rows_of(tables["demand"]):
        line = instance.markets[row.market].demand[row.line]
        add("demand", "t", line, weight(row) * row.demand)
        add("short", "t", line, weight(row) * row.short)
        add("shortage", "USD", line, usd(row))
    rows = []
    for (of, unit), by in sorted(found.items()):
        total = sum(by.values())
        if total > 0:
            rows.append({"of": of, "unit": unit, "total": total} | {g: by.get(g, 0.0) / total for g in GRADES})
    return rows
