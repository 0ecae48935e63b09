"""A set of futures: what happens in each, how probable it is, and what futures have in common."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pandas as pd

from optimizer.errors import FuturesError, OptionsError
from optimizer.futures.chain import Chains, Episode, Node, Path
from optimizer.futures.file import EventsFile
from optimizer.futures.folder import FUTURES, OCCURRENCES, load, write
from optimizer.futures.reduce import CostDistances, SeverityDistances, Tell, select
from optimizer.instance.instance import Instance
from optimizer.network.calendar import calendar_of

COSTS = ("episode", "usd")
UNDISTURBED = "undisturbed"


@dataclass(frozen=True)
class FutureSet:
    """Futures with their probabilities, which add up to 1.

    The cost of a future, beyond that of the trunk, is the sum over its episodes of what their branches cost more than
    the trunk costs there; equal episodes of different futures are one.

    Attributes:
        name: of the set.
        instance: whose horizon and network they belong to.
        file: the events, as given.
        paths: what happens in each future: its occurrences, by onset; empty where nothing does.
        probability: of each future.
        info: what set.yaml says besides (docs/futures.md).
    """

    name: str
    instance: Instance
    file: EventsFile
    paths: Mapping[str, Path]
    probability: Mapping[str, float]
    info: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: FilePath | str) -> FilePath:
        """Write the folder of the set, whole or not at all.

        Args:
            folder: where; it must not exist, or be an earlier set, which is then replaced.

        Raises:
            FuturesError: something else is there.
        """
        tables = {"futures": self.futures, "occurrences": self.occurrences}
        return write(folder, {"name": self.name} | self.info | {"futures": len(self)}, self.file, tables)

    @classmethod
    def read(cls, folder: FilePath | str, instance: Instance) -> FutureSet:
        """Read the folder of a set.

        Args:
            folder: as `save` wrote it.
            instance: the one it was drawn for, or another with the same horizon that its events fit.

        Raises:
            FuturesError: it is not there, incomplete, not ours, or does not fit the instance.
        """
        parts = load(folder, instance)
        said = {key: value for key, value in parts.info.items() if key not in ("format", "name", "futures")}
        return cls(str(parts.info["name"]), instance, parts.file, parts.paths, parts.probability, said)

    def __len__(self) -> int:
        return len(self.paths)

    def __repr__(self) -> str:
        return f"FutureSet({self.name}, {len(self)} futures of {self.instance.name})"

    @cached_property
    def chains(self) -> Chains:
        """Makes scenarios of occurrences."""
        return Chains(self.file.events, calendar_of(self.instance))

    @property
    def futures(self) -> pd.DataFrame:
        """A row per future: future, probability."""
        return pd.DataFrame([(name, self.probability[name]) for name in self.paths], columns=list(FUTURES))

    @property
    def occurrences(self) -> pd.DataFrame:
        """A row per disruption of a future: future, event, onset, duration (within the horizon), severity."""
        rows = [
            (name, one.event, one.onset, one.duration, one.severity)
            for name, path in self.paths.items()
            for group in path
            for one in group
        ]
        return pd.DataFrame(rows, columns=list(OCCURRENCES))

    def episodes_of(self, future: str) -> tuple[Episode, ...]:
        """The episodes of a future, in their order; none where nothing happens."""
        if future not in self.paths:
            raise FuturesError(f"the set {self.name} has no future '{future}'")
        return tuple(self.chains.episode(path) for path in self.chains.split(self.paths[future]))

    @cached_property
    def by_future(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of the episodes of each future."""
        return {
            name: tuple(self.chains.name(part) for part in self.chains.split(path)) for name, path in self.paths.items()
        }

    @cached_property
    def episodes(self) -> Mapping[str, Episode]:
        """All episodes by id, each once however many futures have it."""
        found: dict[str, Episode] = {}
        for path in self.paths.values():
            for part in self.chains.split(path):
                name = self.chains.name(part)
                if name not in found:
                    found[name] = self.chains.episode(part)
                elif found[name].path != part:
                    raise FuturesError(f"two episodes are called '{name}'; rename an event")
        return found

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """All nodes of all episodes by id, each once; a parent stands before its children."""
        found: dict[str, Node] = {}
        for episode in self.episodes.values():
            for length, name in enumerate(episode.nodes, 1):
                if name not in found:
                    found[name] = self.chains.node(episode.path[:length])
                elif found[name].path != episode.path[:length]:
                    raise FuturesError(f"two nodes are called '{name}'; rename an event")
        return found

    @property
    def undisturbed(self) -> float:
        """Probability that nothing happens."""
        return math.fsum(self.probability[name] for name, path in self.paths.items() if not path)

    @property
    def mean_disruptions(self) -> float:
        """Mean number of disruptions in a future."""
        counted = {name: sum(map(len, path)) for name, path in self.paths.items()}
        return math.fsum(self.probability[name] * number for name, number in counted.items())

    def costs(self, table: pd.DataFrame) -> dict[str, float]:
        """The cost of each future beyond the trunk's, from that of its episodes.

        Args:
            table: with the columns `episode` and `usd`; a row per episode of the set.

        Raises:
            FuturesError: a column or an episode is missing, or a cost is no number.
        """
        if missing := [column for column in COSTS if column not in table.columns]:
            raise FuturesError(f"the table of costs lacks the column {', '.join(missing)}; it has episode and usd")
        by_id = dict(zip(table["episode"].astype(str), pd.to_numeric(table["usd"], errors="coerce"), strict=True))
        needed = {name for names in self.by_future.values() for name in names}
        if lost := sorted(needed - set(by_id)):
            more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
            raise FuturesError(f"the table of costs has no row for {', '.join(lost[:3])}{more}")
        if odd := sorted(name for name in needed if not math.isfinite(by_id[name])):
            raise FuturesError(f"the table of costs has no number for {', '.join(odd[:3])}")
        return {name: math.fsum(by_id[one] for one in names) for name, names in self.by_future.items()}

    def reduce(self, number: int, costs: pd.DataFrame | None = None, *, tell: Tell = lambda *_: None) -> FutureSet:
        """Keep few futures that stand for all, by fast forward selection (docs/futures.md).

        Args:
            number: how many futures to keep.
            costs: what each episode costs beyond the trunk (columns episode, usd), from an evaluation. Futures are then
                as far apart as their costs; default is the difference in severity, over events and years.
            tell: called with progress: what is done, how many, of how many.

        Returns:
            The futures kept, each with the probability of those nearest to it; `info["reduced"]` says how far
            they are from the whole set.

        Raises:
            OptionsError: number is under 1.
            FuturesError: the table of costs does not fit.
        """
        if number < 1:
            raise OptionsError(f"reduce is {number}; keep at least one future")
        names = list(self.paths)
        probability = np.array([self.probability[name] for name in names])
        if costs is None:
            weights = {name: event.weight for name, event in self.file.events.events.items()}
            found = select(SeverityDistances(list(self.paths.values()), weights), probability, number, tell)
        else:
            by_future = self.costs(costs)
            found = select(CostDistances(np.array([by_future[name] for name in names])), probability, number, tell)
        parts: dict[int, list[float]] = {index: [] for index in sorted(found.kept)}
        for index, stands in enumerate(found.nearest):
            parts[stands].append(float(probability[index]))
        share = {index: math.fsum(values) for index, values in parts.items()}
        said = {
            "method": "fast forward selection",
            "by": "severity" if costs is None else "cost",
            "unit": "severity-years" if costs is None else "USD",
            "from": len(names),
            "to": len(share),
            "distance": found.distance,
            "distance_of_one": found.of_one,
        }
        return FutureSet(
            self.name,
            self.instance,
            self.file,
            {names[index]: self.paths[names[index]] for index in share},
            whole({names[index]: value for index, value in share.items()}),
            self.info | {"reduced": said},
        )


def whole(probability: Mapping[str, float]) -> dict[str, float]:
    """Probabilities to 15 places, so that sums of equal shares are the decimals that they should be."""
    return {name: round(value, 15) for name, value in probability.items()}


def together(futures: Iterable[tuple[str, Path, float]]) -> tuple[dict[str, Path], dict[str, float]]:
    """Futures in which the same happens as one, under the first one's name."""
    first: dict[Path, str] = {}
    paths: dict[str, Path] = {}
    shares: dict[str, list[float]] = {}
    for name, path, share in futures:
        known = first.setdefault(path, name)
        paths.setdefault(known, path)
        shares.setdefault(known, []).append(share)
    return paths, whole({name: math.fsum(values) for name, values in shares.items()})
