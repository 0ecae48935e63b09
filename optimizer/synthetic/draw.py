"""Random draws that stay the same: by seed and by what they are for.

Each purpose has a stream of its own, so that a larger set of futures begins with the smaller one, and asking for one
thing more leaves the others as they were. Only `random.Random.random` is called, whose values Python promises to keep.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """One stream of draws."""

    def __init__(self, seed: int, purpose: str) -> None:
        self._next = random.Random(f"{seed}/{purpose}").random

    def within(self, low: float, high: float) -> float:
        """A number between two others, to three significant digits."""
        return rounded(low + (high - low) * self._next())

    def chance(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self._next() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._next() * (high - low + 1))

    def one_of(self, items: Sequence[T]) -> T:
        """One of several, all alike."""
        return items[int(self._next() * len(items))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One of several, by weight."""
        left = self._next() * sum(weights.values())
        for item, weight in weights.items():
            left -= weight
            if left < 0:
                return item
        return next(reversed(list(weights)))

    def some_of(self, items: Sequence[T], number: int) -> list[T]:
        """Several different ones, in the order given; all of them where there are no more."""
        ranked = sorted(range(len(items)), key=lambda i: (self._next(), i))
        return [items[i] for i in sorted(ranked[:number])]

    def shares(self, number: int, spread: float = 0.5) -> list[float]:
        """Numbers that add up to 1, each at most (1 + spread) / (1 - spread) times another."""
        raw = [1 - spread + 2 * spread * self._next() for _ in range(number)]
        total = sum(raw)
        return [value / total for value in raw]


def rounded(value: float, digits: int = 3) -> float:
    """A number to so many significant digits, whole where it is."""
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short
