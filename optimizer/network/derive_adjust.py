"""What a branch cannot yet do otherwise than the trunk: who is limited, when, and against what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from optimizer.instance.instance import Instance
from optimizer.network.derive_capacity import capacity_of
from optimizer.network.effects import Disruption, Window
from optimizer.network.tables import AdjustTables, CapacityTables, Network

FREE = 1.0
"""A rise of the whole capacity is no limit."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How slowly a facility changes.

    Attributes:
        rise: share of capacity per year by which it may run above the trunk.
        contracted: share of what it runs in looser channels that no stricter one may take in the first year.
    """

    rise: float = FREE
    contracted: float = 0.0


def limits_of(instance: Instance) -> dict[str, Limit]:
    """The facilities that a branch is tied to the trunk by; none where no key asks for it."""
    found: dict[str, Limit] = {}
    for name, record in instance.facilities.items():
        stage = instance.frictions.get(record.stage)
        rises = (record.raise_, stage.raise_ if stage is not None else None)
        shares = (record.contracted, stage.contracted if stage is not None else None)
        limit = Limit(
            next((share for share in rises if share is not None), FREE),
            next((share for share in shares if share is not None), 0.0),
        )
        if limit != Limit():
            found[name] = limit
    return found


def adjust_tables(
    network: Network, window: Window | None, disruption: Disruption | None, capacity: CapacityTables
) -> AdjustTables:
    """What ties a branch to the trunk.

    Args:
        network: what all courses share.
        window: of the branch; None for the trunk, which is tied to nothing.
        disruption: what happens in it.
        capacity: the course's own.
    """
    tables = AdjustTables()
    limits = limits_of(network.instance) if window is not None else {}
    if window is None or disruption is None or not limits:
        return tables
    channels: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for f, _, r, k, t in capacity.runs:
        if f in limits:
            channels[f, capacity.unit[f, r], t].add(k)
    for (f, u, t), run_in in channels.items():
        rise = network.calendar.mean_of(t, lambda y, rise=limits[f].rise: min(FREE, rise * (y - window.first + 1)))  # type: ignore[misc]
        if rise < FREE:
            tables.rise[f, u, t] = rise
        share = limits[f].contracted * network.calendar.mean_of(t, lambda y: float(y == window.first))
        for channel in list(network.instance.channels)[:-1]:
            if share > 0 and run_in.intersection(network.places.stricter_or_equal(channel)):
                tables.contracted[f, u, channel, t] = share
                by_state = [capacity.available[f, state.id, t] for state in capacity.states[f]]
                tables.available[f, t] = disruption.largest(by_state)
    _of_trunk(network, window, tables)
    for f, u, t in tables.sizes:
        # What the branch has funded itself is under no contract.
        tables.sizes[f, u, t] += [(start, size) for start, size in capacity.sizes[f, u, t] if start.course]
    return tables


def _of_trunk(network: Network, window: Window, tables: AdjustTables) -> None:
    """Activity and capacity of the trunk that the rows look at."""
    contracted = {(f, u, t) for f, u, _, t in tables.contracted}
    tied = contracted | set(tables.rise)
    there = capacity_of(network, sorted({f for f, _, _ in tied}), window.periods, None)
    tables.trunk = [run for run in there.runs if (run[0], there.unit[run[0], run[2]], run[4]) in tied]
    for key in sorted(contracted):
        tables.existing[key] = there.existing[key]
        tables.sizes[key] = there.sizes[key]
