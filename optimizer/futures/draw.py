"""Draws futures: which event strikes in which year of which future, how long and how hard.

The draws of a future, an event and a year come from the seed, the number of the future, the event's id and the year,
and from nothing else: each stream is a Philox generator (Salmon, Moraes, Dror and Shaw 2011) whose key is a hash of
seed, purpose, id and year, and whose n-th number belongs to the n-th future. So a set with more futures begins with the
same ones, and an event that is added, changed or taken away leaves the draws of the others as they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.futures.distribution import Numbers
from optimizer.futures.events import Cause, Event, Events
from optimizer.network.calendar import Calendar

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Strikes:
    """The strikes of all futures, one entry each in every array.

    Attributes:
        future: number of the future, from 0.
        event: number of the event in the file, from 0.
        onset: first year of the period of the strike.
        years: duration drawn.
        steps: severity in steps of the grid; 0 for a strike without effect.
    """

    future: Whole
    event: Whole
    onset: Whole
    years: Whole
    steps: Whole


def uniforms(seed: int, number: int, *words: object) -> Numbers:
    """Numbers in [0, 1), the n-th for the n-th future, that depend on the seed and the words alone."""
    text = "\n".join(map(str, (seed, *words)))
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")
    raw = np.random.Philox(key=key).random_raw(number)
    return np.asarray(raw >> np.uint64(11), dtype=np.float64) * 2.0**-53


def draw(events: Events, calendar: Calendar, number: int, seed: int) -> Strikes:
    """Draw the strikes of a number of futures.

    In each year of the horizon an event that is not active strikes with its hazard, or because a cause does that it
    follows. It is active for its duration from the first year of the period in which it struck, and strikes once a
    period at most.
    """
    followed = _followed(events, calendar, number, seed)
    parts: list[Strikes] = []
    for index, (name, event) in enumerate(events.events.items()):
        free = np.full(number, calendar.first_year)
        for year, period in _years(calendar):
            struck = uniforms(seed, number, "strike", name, year) < event.hazard.at(year, calendar.first_year)
            if (name, year) in followed:
                struck |= followed[name, year]
            which = np.flatnonzero(struck & (free <= year))
            if not len(which):
                continue
            years = event.duration.years(uniforms(seed, number, "duration", name, year)[which])
            steps = event.severity.steps(uniforms(seed, number, "severity", name, year)[which])
            free[which] = np.maximum(period + years, calendar.span[period].stop)
            same = np.ones(len(which), dtype=np.int64)
            parts.append(Strikes(which, index * same, period * same, years, steps))
    return _joined(parts)


def expected(events: Events, calendar: Calendar) -> dict[str, float]:
    """How often each event strikes per future, exactly: what a sample's frequencies come to."""
    return {name: _expected(events, calendar, name, event) for name, event in events.events.items()}


def chance(events: Events, name: str, year: int, first_year: int) -> float:
    """Probability that an event which is not active strikes in a year, its causes included."""
    spared = 1.0 - events.events[name].hazard.at(year, first_year)
    for cause in events.causes.values():
        spared *= 1.0 - cause.hazard.at(year, first_year) * cause.hits.get(name, 0.0)
    return 1.0 - spared


def _expected(events: Events, calendar: Calendar, name: str, event: Event) -> float:
    lasts = event.duration.chance_of_years(calendar.end_year - calendar.first_year + 1)
    busy = dict.fromkeys(range(calendar.first_year, calendar.end_year), 0.0)
    total = 0.0
    for year, period in _years(calendar):
        strikes = (1.0 - busy[year]) * chance(events, name, year, calendar.first_year)
        total += strikes
        for years, share in enumerate(lasts, 1):
            for later in range(year + 1, min(max(period + years, calendar.span[period].stop), calendar.end_year)):
                busy[later] += strikes * share
    return total


def _followed(events: Events, calendar: Calendar, number: int, seed: int) -> dict[tuple[str, int], NDArray[np.bool_]]:
    """Futures in which an event follows a cause, by event and year."""
    found: dict[tuple[str, int], NDArray[np.bool_]] = {}
    for name, cause in events.causes.items():
        for year, _ in _years(calendar):
            struck = uniforms(seed, number, "cause", name, year) < cause.hazard.at(year, calendar.first_year)
            if not struck.any():
                continue
            for event, follows in _follows(cause, name, year, number, seed):
                before = found.get((event, year))
                found[event, year] = struck & follows if before is None else before | (struck & follows)
    return found


def _follows(cause: Cause, name: str, year: int, number: int, seed: int) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Which futures' events follow a cause, should it strike."""
    if not cause.exclusive:
        for event, share in cause.hits.items():
            yield event, uniforms(seed, number, "follow", name, event, year) < share
        return
    drawn = uniforms(seed, number, "one of", name, year)
    edge = 0.0
    for event in sorted(cause.hits):
        below, edge = edge, edge + cause.hits[event]
        yield event, (below <= drawn) & (drawn < edge)


def _years(calendar: Calendar) -> Iterator[tuple[int, int]]:
    """The years of the horizon, each with its period."""
    return ((year, period) for period in calendar.periods for year in calendar.span[period])


def _joined(parts: list[Strikes]) -> Strikes:
    """All strikes, by future, onset and event."""
    empty = np.empty(0, dtype=np.int64)
    columns = [
        np.concatenate([empty, *(getattr(part, column) for part in parts)])
        for column in ("future", "event", "onset", "years", "steps")
    ]
    order = np.lexsort((columns[1], columns[2], columns[0]))
    return Strikes(*(column[order] for column in columns))
