"""Numbers that remember on which slots they depend, and how.

A branch that is derived and built with such numbers in place of a scenario's serves all scenarios of its shape: see
`optimizer.network.slots`. They are no floats: what cannot keep track of them (`math.fsum`, an array) refuses them, so
no dependence is lost without a word.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

HALF = 0.5

Monomial = tuple[int, ...]
"""Slot numbers whose values are multiplied, ascending; none for what depends on no slot."""


class Slotted:
    """A sum of products of slots.

    Attributes:
        terms: product of slots -> its coefficient; None where the number is known to depend on slots and not how.
        ones: its value with all slots at 1.
        halves: its value with all slots at one half.
    """

    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]
    __slots__ = ("halves", "ones", "terms")

    def __init__(self, terms: dict[Monomial, float] | None, ones: float, halves: float) -> None:
        """Take its terms and its values."""
        self.terms, self.ones, self.halves = terms, ones, halves

    @classmethod
    def slot(cls, number: int) -> Slotted:
        """The value of a slot."""
        return cls({(number,): 1.0}, 1.0, HALF)

    def __mul__(self, other: Any) -> Any:
        if type(other) is float:
            if not other:
                return 0.0
            terms = self.terms
            if terms is not None:
                terms = {slots: coef * other for slots, coef in terms.items()}
            return Slotted(terms, self.ones * other, self.halves * other)
        if isinstance(other, Slotted):
            terms = None if self.terms is None or other.terms is None else _product(self.terms, other.terms)
            return Slotted(terms, self.ones * other.ones, self.halves * other.halves)
        return self * float(other) if isinstance(other, int | float) else NotImplemented

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Slotted):
            added = other
        elif isinstance(other, int | float):
            if not other:
                return self
            added = Slotted({(): float(other)}, float(other), float(other))
        else:
            return NotImplemented
        terms = None
        if self.terms is not None and added.terms is not None:
            terms = dict(self.terms)
            for slots, coef in added.terms.items():
                terms[slots] = terms.get(slots, 0.0) + coef
        return Slotted(terms, self.ones + added.ones, self.halves + added.halves)

    __radd__ = __add__

    def __neg__(self) -> Any:
        return self * -1.0

    def __sub__(self, other: Any) -> Any:
        return self + other * -1.0

    def __rsub__(self, other: Any) -> Any:
        return self * -1.0 + other

    def __truediv__(self, other: Any) -> Any:
        return self * (1.0 / other) if isinstance(other, int | float) else NotImplemented

    def __bool__(self) -> bool:
        return self._against(0.0) != 0

    def __gt__(self, other: Any) -> bool:
        return self._against(_plain(other)) > 0

    def __ge__(self, other: Any) -> bool:
        return self._against(_plain(other)) >= 0

    def __lt__(self, other: Any) -> bool:
        return self._against(_plain(other)) < 0

    def __le__(self, other: Any) -> bool:
        return self._against(_plain(other)) <= 0

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        raise TypeError("whether two numbers are equal depends on slots")

    def _against(self, other: float) -> int:
        """Whether it is less (-1), equal or more than a number, at all positive slots.

        A number of which it is not known how it depends on slots is asked with all at 1 and with all at one half.

        Raises:
            TypeError: at some it is less and at others more; which indices there are must not depend on slots.
        """
        if self.terms is None:
            found = {(self.ones > other) - (self.ones < other), (self.halves > other) - (self.halves < other)}
        else:
            rest = self.terms.get((), 0.0) - other
            parts = (rest, *(coef for slots, coef in self.terms.items() if slots))
            found = {(part > 0) - (part < 0) for part in parts if part} or {0}
        if len(found) > 1:
            raise TypeError("the shape depends on a number that depends on slots")
        return found.pop()


def mean(values: Iterable[Any]) -> Any:
    """The arithmetic mean; of numbers with slots it is a number with slots."""
    found = list(values)
    if any(isinstance(value, Slotted) for value in found):
        if all(value is found[0] for value in found):
            return found[0]
        return sum(found[1:], start=found[0]) / len(found)
    return math.fsum(found) / len(found)


def largest(values: Iterable[Any], default: float | None = None) -> Any:
    """The largest number; of numbers with slots it is known to depend on them and not how."""
    found = list(values)
    if len(found) <= 1 or not any(isinstance(value, Slotted) for value in found):
        return max(found) if default is None else max(found, default=default)
    if all(value is found[0] for value in found):
        return found[0]
    points = [(v.ones, v.halves) if isinstance(v, Slotted) else (v, v) for v in found]
    return Slotted(None, max(one for one, _ in points), max(half for _, half in points))


def _plain(other: Any) -> float:
    if not isinstance(other, int | float):
        raise TypeError("two numbers that depend on slots cannot be compared")
    return float(other)


def _product(one: dict[Monomial, float], other: dict[Monomial, float]) -> dict[Monomial, float]:
    found: dict[Monomial, float] = {}
    for slots, coef in one.items():
        for more, factor in other.items():
            key = tuple(sorted(slots + more))
            found[key] = found.get(key, 0.0) + coef * factor
    return found
