"""Whom users of a channel know as makers of a product, and for how long a new one waits once a disruption strikes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from optimizer.instance.instance import Instance
from optimizer.instance.records import Requalification
from optimizer.network.derive_capacity import capacity_of
from optimizer.network.effects import Window
from optimizer.network.tables import CapacityTables, DemandTables, Network, RequalificationTables, RunIndex, StockTables


def waits_of(instance: Instance) -> dict[tuple[str, str], Requalification]:
    """What must be requalified: (material, channel) -> how; none where no material asks for it."""
    return {
        (material, channel): row
        for material, record in instance.materials.items()
        for channel, row in record.requalification.items()
        if row.years > 0
    }


def requalification_tables(
    network: Network, window: Window | None, capacity: CapacityTables, demand: DemandTables, stock: StockTables
) -> RequalificationTables:
    """Who can be counted as known on the trunk, or who waits in a branch.

    Args:
        network: what all courses share.
        window: of the branch; None for the trunk.
        capacity: the course's own.
        demand: the course's own.
        stock: the course's own.
    """
    tables = RequalificationTables()
    waits = waits_of(network.instance)
    if not waits:
        return tables
    tables.asked = waits
    tables.made = _made(network, waits, capacity)
    if window is None:
        tables.known = list(tables.made)
        _taken(network, waits, tables, capacity, demand, stock)
        return tables
    for f, m, k, t in tables.made:
        row = waits[m, k]
        share = network.calendar.mean_of(t, lambda y, n=row.years: max(0.0, min(1.0, n - (y - window.first))))  # type: ignore[misc]
        if share > 0:
            tables.waits[f, m, k, t] = share
        if 0 < share < 1:
            tables.yields[f, m, k, t] = _yields(capacity, tables.made[f, m, k, t])
    makers = sorted({f for f, _, _, _ in tables.waits})
    on_trunk = _made(network, waits, capacity_of(network, makers, window.periods, None))
    tables.known = [index for index in on_trunk if index in tables.waits]
    return tables


def _made(
    network: Network, waits: Mapping[tuple[str, str], Requalification], capacity: CapacityTables
) -> dict[tuple[str, str, str, int], list[tuple[RunIndex, float]]]:
    """Activity that makes what must be requalified, at facilities that are not known for it."""
    instance = network.instance
    found: dict[tuple[str, str, str, int], list[tuple[RunIndex, float]]] = defaultdict(list)
    strict = {k: set(network.places.stricter_or_equal(k)) for _, k in waits}
    by_material: dict[str, list[str]] = defaultdict(list)
    for m, k in waits:
        by_material[m].append(k)
    for run in capacity.runs:
        f, _, r, channel, t = run
        for m, tonnes in instance.recipes[r].outputs.items():
            for k in by_material.get(m, ()):
                if channel in strict[k] and m not in instance.facilities[f].known_for.get(k, ()):
                    found[f, m, k, t].append((run, tonnes))
    return dict(found)


def _taken(
    network: Network,
    waits: Mapping[tuple[str, str], Requalification],
    tables: RequalificationTables,
    capacity: CapacityTables,
    demand: DemandTables,
    stock: StockTables,
) -> None:
    """What users of a channel and of stricter ones take on the trunk: processes, markets, reserves.

    What a working stock takes in is not counted: it may release it again at once, in a looser channel.
    """
    instance = network.instance
    for m, k in waits:
        strict = set(network.places.stricter_or_equal(k))
        for run in capacity.runs:
            tonnes = instance.recipes[run[2]].inputs.get(m)
            if tonnes and run[3] in strict:
                tables.used.setdefault((m, k, run[4]), []).append((run, tonnes))
        for delivery in demand.deliveries:
            if delivery[2] == m and instance.markets[delivery[0]].channel in strict:
                tables.delivered.setdefault((m, k, delivery[4]), []).append(delivery)
        for store in stock.stores:
            if store[1] == m and store[2] in strict and instance.stockpiles[store[0]].release == "disruption":
                for t in network.calendar.periods:
                    tables.reserved.setdefault((m, k, t), []).append((*store, t))


def _yields(capacity: CapacityTables, made: list[tuple[RunIndex, float]]) -> list[tuple[str, float]]:
    """The most that each unit makes of a material per unit of its capacity."""
    best: dict[str, float] = {}
    for (f, _, r, _, _), tonnes in made:
        unit = capacity.unit[f, r]
        best[unit] = max(best.get(unit, 0.0), tonnes / capacity.use[f, r])
    return sorted(best.items())
