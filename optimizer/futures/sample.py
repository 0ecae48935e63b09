"""Samples a set of futures from events."""

from __future__ import annotations

from pathlib import Path as FilePath

import numpy as np
import pandas as pd

from optimizer.errors import OptionsError
from optimizer.futures.chain import Chains, Occurrence, Path
from optimizer.futures.distribution import GRID
from optimizer.futures.draw import Strikes, draw, expected
from optimizer.futures.file import EventsFile, read_events
from optimizer.futures.futures import FutureSet, together
from optimizer.futures.reduce import Tell
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.network.calendar import Calendar, calendar_of

MOST = 200_000
TOLD_EVERY = 100
"""Futures between two words of progress."""


def sample(
    instance: Instance,
    events: FilePath | str | EventsFile,
    *,
    number: int = 10_000,
    seed: int = 0,
    name: str | None = None,
    reduce: int | None = None,
    costs: pd.DataFrame | None = None,
    tell: Tell = lambda *_: None,
) -> FutureSet:
    """Sample futures from events.

    Args:
        instance: from `load`.
        events: an events file, or a folder with `events.yaml`.
        number: how many futures are drawn; equal ones become one.
        seed: the same seed gives the same futures, and the first of a longer set are those of a shorter one.
        name: of the set; default that of the instance with `_futures`.
        reduce: keep so many that stand for all (`FutureSet.reduce`).
        costs: for the reduction: what each episode costs, columns episode and usd.
        tell: called with progress: what is done, how many, of how many.

    Raises:
        InstanceError: the events have faults, or do not fit the instance.
        OptionsError: an option makes no sense.
        FuturesError: the table of costs does not fit.
    """
    if not 1 <= number <= MOST:
        raise OptionsError(f"number is {number}; it is from 1 to {MOST:,}")
    if reduce is not None and reduce < 1:
        raise OptionsError(f"reduce is {reduce}; keep at least one future")
    if costs is not None and reduce is None:
        raise OptionsError("costs are for a reduction; say to how many futures with reduce")
    file = events if isinstance(events, EventsFile) else read_events(events, instance)
    calendar = calendar_of(instance)
    strikes = draw(file.events, calendar, number, seed)
    found = _futures(file, calendar, strikes, number, tell)
    names = list(file.events.events)
    drawn = np.bincount(strikes.event, minlength=len(names)) / number
    hoped = expected(file.events, calendar)
    info = about(instance, None, file.events) | {
        "seed": seed,
        "number": number,
        "strikes": {
            event: {"expected": round(hoped[event], 9), "drawn": round(float(drawn[index]), 9)}
            for index, event in enumerate(names)
        },
    }
    paths, probability = together((future, chain, 1 / number) for future, chain in found)
    made = FutureSet(name or f"{instance.name}_futures", instance, file, paths, probability, info)
    return made if reduce is None else made.reduce(reduce, costs, tell=tell)


def _futures(file: EventsFile, calendar: Calendar, strikes: Strikes, number: int, tell: Tell) -> list[tuple[str, Path]]:
    """The futures by name, each with what happens in it; a strike that changes nothing is left out."""
    chains = Chains(file.events, calendar)
    names = list(file.events.events)
    digits = max(5, len(str(number)))
    held: list[list[Occurrence]] = [[] for _ in range(number)]
    known: dict[tuple[int, ...], Occurrence | None] = {}
    columns = (strikes.onset, strikes.event, strikes.years, strikes.steps)
    for future, *key in zip(strikes.future.tolist(), *(column.tolist() for column in columns), strict=True):
        onset, event, years, steps = key
        if tuple(key) not in known:
            one = Occurrence(onset, names[event], min(years, calendar.end_year - onset), steps / GRID)
            known[tuple(key)] = one if steps and chains.effects(one) else None
        found = known[tuple(key)]
        if found is not None:
            held[future].append(found)
    drawn: list[tuple[str, Path]] = []
    for index, strikes_of in enumerate(held, 1):
        drawn.append((f"f{index:0{digits}}", chains.groups(strikes_of)))
        if index % TOLD_EVERY == 0 or index == number:
            tell("futures drawn", index, number)
    return drawn
