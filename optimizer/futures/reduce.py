"""Chooses few futures that stand for many: fast forward selection.

Source: H. Heitsch and W. Römisch, Scenario reduction algorithms in stochastic programming, Computational Optimization
and Applications 24 (2003) 187-206, algorithm 2.4; the distance of Kantorovich between the two sets, with the
probability of each future left out given to the nearest one kept, is the sum of probability times distance to that one.
How much the next future kept would lower it can only shrink as others are kept, so an old value bounds a new one and
most futures need not be looked at again; the choice is the same as if all were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from optimizer.futures.chain import Path
from optimizer.futures.distribution import GRID, Numbers

Floats = NDArray[Any]
Tell = Callable[[str, int, int], None]
"""Told what is done, how many, of how many."""

BATCH = 256
FINE = 4_000
"""Futures up to which distances are kept in double precision; more are kept in single."""
KEPT = 16_000
"""Futures up to which all distances are kept in memory (1 GB); for more they are reckoned each time."""
CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class Reduction:
    """What a selection came to.

    Attributes:
        kept: numbers of the futures kept, in the order in which they were chosen.
        nearest: for every future, the number of the one kept that stands for it.
        distance: that of Kantorovich between the whole set and the one kept.
        of_one: the same if only the first of them had been kept.
    """

    kept: tuple[int, ...]
    nearest: tuple[int, ...]
    distance: float
    of_one: float


class Distances(Protocol):
    """Distances between futures, by rows."""

    @property
    def count(self) -> int:
        """Number of futures."""

    def rows(self, which: NDArray[np.int64]) -> Floats:
        """The distances of some futures to all."""


class SeverityDistances:
    """The sum over events and years of the difference in severity, times the weight of the event."""

    def __init__(self, paths: Sequence[Path], weights: Mapping[str, float]) -> None:
        """Spread the futures out over event, year and step of severity.

        The lesser of two severities is the sum of the steps that both reach: a matrix product gives it for all pairs.
        """
        self.count = len(paths)
        steps: dict[tuple[str, int], dict[int, int]] = {}
        for number, path in enumerate(paths):
            for one in (one for group in path for one in group):
                for year in range(one.onset, one.onset + one.duration):
                    reached = steps.setdefault((one.event, year), {})
                    reached[number] = max(round(one.severity * GRID), reached.get(number, 0))
        columns: list[tuple[list[int], float]] = []
        for (event, _), reached in steps.items():
            below = 0
            for level in sorted(set(reached.values())):
                height = (level - below) / GRID * weights[event]
                if height > 0:
                    columns.append(([number for number, step in reached.items() if step >= level], height))
                below = level
        kind: type[np.floating[Any]] = np.float64 if self.count <= FINE else np.float32
        self._reached = np.zeros((self.count, len(columns)), dtype=kind)
        for column, (numbers, _) in enumerate(columns):
            self._reached[numbers, column] = 1.0
        self._heights = np.array([height for _, height in columns], dtype=kind)
        self._sizes = self._reached @ self._heights

    def rows(self, which: NDArray[np.int64]) -> Floats:
        """The distances of some futures to all."""
        both = (self._reached[which] * self._heights) @ self._reached.T
        found = self._sizes[which, None] + self._sizes[None, :] - 2.0 * both
        np.maximum(found, 0.0, out=found)
        found[np.arange(len(which)), which] = 0.0
        return np.asarray(found)


class CostDistances:
    """The difference in cost, USD."""

    def __init__(self, costs: Numbers) -> None:
        self.count = len(costs)
        self._costs = costs

    def rows(self, which: NDArray[np.int64]) -> Floats:
        """The distances of some futures to all."""
        return np.abs(self._costs[which, None] - self._costs[None, :])


def select(distances: Distances, probability: Numbers, number: int, tell: Tell = lambda *_: None) -> Reduction:
    """Choose futures by fast forward selection.

    Args:
        distances: between futures.
        probability: of each future.
        number: how many to keep, at least one.
        tell: told of progress.
    """
    held = _Held(distances)
    count = distances.count
    number = min(number, count)
    total = held.weighed(np.arange(count), None, probability)
    kept = [int(np.argmin(total))]
    to_kept = held.rows(np.array(kept))[0].astype(np.float64)
    of_one = float(to_kept @ probability)
    nearest = np.zeros(count, dtype=np.int64)
    most = np.full(count, np.inf)  # bounds on how much each future would lower the distance
    most[kept[0]] = -np.inf
    while len(kept) < number:
        tell("futures kept", len(kept), number)
        now = float(to_kept @ probability)
        close = CLOSE * now  # gains nearer than this are equal, and the first of them is taken
        gain, fresh = -np.inf, np.zeros(count, dtype=bool)
        order = np.argsort(-most, kind="stable")
        for start in range(0, count - len(kept), BATCH):
            which = order[start : min(start + BATCH, count - len(kept))]
            if most[which[0]] < gain - close:
                break
            most[which] = now - held.weighed(which, to_kept, probability)
            fresh[which] = True
            gain = max(gain, float(most[which].max()))
        best = int(np.flatnonzero(fresh & (most >= gain - close))[0])
        row = held.rows(np.array([best]))[0].astype(np.float64)
        nearest[row < to_kept] = len(kept)
        nearest[best] = len(kept)
        to_kept = np.minimum(to_kept, row)
        to_kept[best] = 0.0
        kept.append(best)
        most[best] = -np.inf
    tell("futures kept", len(kept), number)
    chosen = np.array(kept)
    return Reduction(tuple(kept), tuple(chosen[nearest].tolist()), float(to_kept @ probability), of_one)


class _Held:
    """Distances, kept in memory where there is room."""

    def __init__(self, distances: Distances) -> None:
        self._distances = distances
        self._all: Floats | None = None
        if distances.count <= KEPT:
            kind: type[np.floating[Any]] = np.float64 if distances.count <= FINE else np.float32
            self._all = np.empty((distances.count, distances.count), dtype=kind)
            for start in range(0, distances.count, BATCH):
                which = np.arange(start, min(start + BATCH, distances.count))
                self._all[which] = distances.rows(which)

    def rows(self, which: NDArray[np.int64]) -> Floats:
        """The distances of some futures to all."""
        return self._distances.rows(which) if self._all is None else self._all[which]

    def weighed(self, which: NDArray[np.int64], to_kept: Numbers | None, probability: Numbers) -> Numbers:
        """The distance of Kantorovich if each of some futures were kept too."""
        found = np.empty(len(which))
        for start in range(0, len(which), BATCH):
            rows = self.rows(which[start : start + BATCH])
            if to_kept is not None:
                rows = np.minimum(rows, to_kept.astype(rows.dtype))
            found[start : start + BATCH] = rows @ probability.astype(rows.dtype)
        return found
