"""Where, over the values of a key, what is proved of an option changes; and which value to ask for next.

What is proved at two neighbouring values differs: then it changes between them, and the bracket is halved. A value at
which neither is proved lies in an open zone; then both edges of that are sought. Nothing is taken for granted between
values: what changes twice between two of them that agree is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from optimizer.robustness.values import OPEN


@dataclass(frozen=True, slots=True)
class Change:
    """Where what is proved changes.

    Attributes:
        before: what is proved up to `last`.
        after: what is proved from `first` on.
        last: the last value known at which `before` is; None where nothing is proved below the open zone.
        first: the first at which `after` is; None where nothing is proved above it.
        open_from: the first value between them at which nothing is proved; None where there is none.
        open_to: the last one.
    """

    before: str
    after: str
    last: float | None
    first: float | None
    open_from: float | None
    open_to: float | None

    def wide(self, close: float) -> Iterator[tuple[float, float]]:
        """The gaps in it that are wider than they should be."""
        if self.open_from is None:
            edges = [(self.last, self.first)]
        else:
            edges = [(self.last, self.open_from), (self.open_to, self.first)]
        for low, high in edges:
            if low is not None and high is not None and high - low > close:
                yield low, high


def changes(states: Mapping[float, str]) -> list[Change]:
    """Where what is proved changes, from the least value to the largest.

    Args:
        states: what is proved at each value.
    """
    values = sorted(states)
    proved = [value for value in values if states[value] != OPEN]
    found: list[Change] = []
    if not proved:
        return [Change(OPEN, OPEN, None, None, values[0], values[-1])] if values else []
    if values[0] < proved[0]:
        found.append(Change(OPEN, states[proved[0]], None, proved[0], values[0], _below(values, proved[0])))
    for low, high in pairwise(proved):
        between = [value for value in values if low < value < high]
        if states[low] != states[high]:
            ends = (between[0], between[-1]) if between else (None, None)
            found.append(Change(states[low], states[high], low, high, *ends))
    if values[-1] > proved[-1]:
        found.append(Change(states[proved[-1]], OPEN, proved[-1], None, _above(values, proved[-1]), values[-1]))
    return found


def next_value(states: Mapping[float, str], close: float) -> float | None:
    """The value to ask for next; None where every bracket is closed.

    Args:
        states: what is proved at each value.
        close: width to which brackets are closed.
    """
    wide = [gap for change in changes(states) for gap in change.wide(close)]
    if not wide:
        return None
    low, high = max(wide, key=lambda gap: gap[1] - gap[0])
    middle = (low + high) / 2
    return middle if low < middle < high else None


def _below(values: list[float], at: float) -> float:
    return max(value for value in values if value < at)


def _above(values: list[float], at: float) -> float:
    return min(value for value in values if value > at)
