"""Very many futures of one disruption each: every event of an events file, from every year, at several severities.

    python benchmarks/single_events.py INSTANCE OVERLAY.yaml [--severities 0.33 0.67 1] [--disrupted 0.6]

It writes an overlay of the instance; `optimizer solve OVERLAY.yaml` solves it. A future is as likely as its event
strikes in a year, by the event's hazard and that of its causes; all of them together have the given probability. Such a
set is what a planner has who asks of a portfolio that it be good whatever single thing happens, whenever. Futures of
one event and year differ in severity alone, so they are more alike than as many drawn ones.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from pathlib import Path

import optimizer
from optimizer.futures.chain import Chains, Occurrence
from optimizer.futures.draw import chance
from optimizer.futures.file import read_events
from optimizer.futures.futures import FutureSet, whole
from optimizer.futures.overlay import overlay_text
from optimizer.network.calendar import calendar_of

UNDISTURBED = "undisturbed"


def main() -> None:
    """Write the overlay."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instance", type=Path)
    parser.add_argument("overlay", type=Path)
    parser.add_argument("--events", type=Path, help="default INSTANCE/events.yaml")
    parser.add_argument("--severities", type=float, nargs="+", default=[0.33, 0.67, 1.0])
    parser.add_argument("--duration", type=int, default=1)
    parser.add_argument("--disrupted", type=float, default=0.6)
    given = parser.parse_args()
    instance = optimizer.load(given.instance)
    file = read_events(given.events or given.instance / "events.yaml", instance)
    calendar = calendar_of(instance)
    chains = Chains(file.events, calendar)
    paths: dict[str, tuple[tuple[Occurrence, ...], ...]] = {UNDISTURBED: ()}
    weight: dict[str, float] = {}
    for name in file.events.events:
        for year in calendar.periods:
            likely = chance(file.events, name, year, calendar.first_year)
            for severity in given.severities:
                one = Occurrence(year, name, given.duration, severity)
                if likely > 0 and chains.effects(one):
                    future = f"{name}_{year}_{round(100 * severity)}"
                    paths[future], weight[future] = chains.groups([one]), likely
    total = sum(weight.values())
    probability = {UNDISTURBED: 1 - given.disrupted} | {key: given.disrupted * w / total for key, w in weight.items()}
    futures = FutureSet("single", instance, file, paths, whole(probability), {})
    base = Path(os.path.relpath(given.instance.resolve(), given.overlay.absolute().parent.resolve()))
    given.overlay.write_text(overlay_text(futures, base.as_posix(), given.overlay.stem), encoding="utf-8")
    by_event = Counter(future.rsplit("_", 2)[0] for future in weight)
    rest = f"undisturbed {probability[UNDISTURBED]:g}"
    print(f"{len(weight)} futures of one disruption, of {len(by_event)} events; {rest}")  # noqa: T201


if __name__ == "__main__":
    main()
