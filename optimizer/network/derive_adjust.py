"""What a branch cannot yet do otherwise than the course it leaves: who is limited, when, and against what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from optimizer.instance.instance import Instance
from optimizer.network.derive_capacity import capacity_of
from optimizer.network.effects import Disruption, Window
from optimizer.network.tables import TRUNK, AdjustTables, CapacityTables, Network, RunIndex

FREE = 1.0
"""A rise of the whole capacity is no limit."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How slowly a facility changes.

    Attributes:
        rise: share of capacity per year by which it may run above the course left.
        contracted: share of what it runs in looser channels that no stricter one may take in the first year.
    """

    rise: float = FREE
    contracted: float = 0.0


def limits_of(instance: Instance) -> dict[str, Limit]:
    """The facilities that a branch is tied to the course it leaves by; none where no key asks for it."""
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


def adjust_tables(network: Network, window: Window | None, capacity: CapacityTables) -> AdjustTables:
    """What ties a course to the one it leaves.

    Args:
        network: what all courses share.
        window: of the branch; None for the trunk, which is tied to nothing.
        capacity: the course's own.
    """
    tables = AdjustTables()
    limits = limits_of(network.instance) if window is not None else {}
    if window is None or not limits:
        return tables
    runs: dict[tuple[str, str, int], list[RunIndex]] = defaultdict(list)
    for run in capacity.runs:
        if run[0] in limits:
            runs[run[0], capacity.unit[run[0], run[2]], run[4]].append(run)
    for (name, unit, t), mine in runs.items():
        rise = network.calendar.mean_of(t, lambda y, n=name: min(FREE, limits[n].rise * (y - window.onset + 1)))  # type: ignore[misc]
        if rise < FREE:
            tables.rise[name, unit, t] = rise
        share = limits[name].contracted * network.calendar.mean_of(t, lambda y: float(y == window.onset))
        if share > 0:
            for channel in list(network.instance.channels)[:-1]:
                if set(network.places.stricter_or_equal(channel)) & {run[3] for run in mine}:
                    tables.contracted[name, unit, channel, t] = share
    _left(network, window, tables)
    for name, _, _, t in tables.contracted:
        states = capacity.states[name]
        tables.available[name, t] = max(capacity.available[name, state.id, t] for state in states)
    return tables


def _left(network: Network, window: Window, tables: AdjustTables) -> None:
    """Activity and capacity of the course left: another branch while that lasts, else the trunk."""
    tied = {(name, unit, t) for name, unit, t in tables.rise} | {(f, u, t) for f, u, _, t in tables.contracted}
    names = sorted({name for name, _, _ in tied})
    other = network.windows[window.leaves] if window.leaves is not None else None
    shared = set(other.periods) if other is not None else set()
    courses: list[tuple[str, tuple[int, ...], Disruption | None]] = [
        (TRUNK, tuple(t for t in window.periods if t not in shared), None)
    ]
    if window.leaves is not None and other is not None:
        there = tuple(t for t in window.periods if t in shared)
        courses.append((window.leaves, there, Disruption(network.calendar, other.effects)))
    contracted = {(f, u, t) for f, u, _, t in tables.contracted}
    for course, periods, disruption in courses:
        if not periods:
            continue
        found = capacity_of(network, names, periods, disruption)
        for run in found.runs:
            if (run[0], found.unit[run[0], run[2]], run[4]) in tied:
                tables.left[run] = course
        for key in contracted:
            if key[2] in periods:
                tables.existing[key] = found.existing[key]
                tables.sizes[key] = found.sizes[key]
