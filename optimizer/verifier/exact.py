"""Exact arithmetic: numbers as the decimals that files say, and no floating point after them.

A float that was read from a decimal of up to fifteen digits is written back as that decimal (`repr`), so an instance
that was read has its decimals still. Of tables and plan.json the text itself is read.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, Self, TypeVar

from pydantic import BaseModel

T = TypeVar("T")


class Exact(Fraction):
    """A rational number that stays one.

    Floats in an expression, which are constants of the code such as 0.0 and 1e-12, count as the decimals that they are
    written as; infinity and what is no number stay as they are. Nothing can turn it into a float unseen: `float()`, and
    what calls it, fails.
    """

    __slots__ = ()

    def __new__(cls, value: int | float | str | Fraction = 0) -> Self:
        """A number of its text or of its shortest decimal.

        Args:
            value: a finite number, or the text of one.

        Raises:
            ValueError: it is none.
        """
        if isinstance(value, float):
            if not math.isfinite(value):
                raise ValueError(f"{value} is no rational number")
            value = repr(value)
        return super().__new__(cls, value)

    @classmethod
    def of(cls, value: Fraction) -> Exact:
        """A rational as one that stays exact."""
        made = object.__new__(cls)
        made._numerator, made._denominator = value.numerator, value.denominator  # type: ignore[attr-defined]
        return made

    def approximate(self) -> float:
        """The float next to it, for people; infinite where there is none so large."""
        try:
            return self.numerator / self.denominator
        except OverflowError:
            return math.copysign(math.inf, self.numerator)

    def __float__(self) -> float:
        """Refused: it would be the end of exactness, unseen."""
        raise TypeError("an exact number must not become a float in a check")

    def __format__(self, spec: str) -> str:
        return format(self.approximate(), spec)

    def __str__(self) -> str:
        return f"{self.approximate()!r}"

    def __repr__(self) -> str:
        return f"Exact('{self.numerator}/{self.denominator}')"

    def __neg__(self) -> Exact:
        return Exact.of(Fraction.__neg__(self))

    def __abs__(self) -> Exact:
        return Exact.of(Fraction.__abs__(self))

    def __pow__(self, power: Any, _: None = None) -> Exact:  # type: ignore[override]
        if isinstance(power, Fraction) and power.denominator == 1:
            power = power.numerator
        if not isinstance(power, int):
            raise TypeError(f"a power of {power} is not rational")
        return Exact.of(Fraction.__pow__(self, power))

    __hash__ = Fraction.__hash__


def _operator(name: str) -> Callable[[Exact, Any], Any]:
    rational = getattr(Fraction, name)

    def operate(mine: Exact, other: Any) -> Any:
        if isinstance(other, float):
            if not math.isfinite(other):
                return getattr(float, name)(mine.approximate(), other)
            other = _constant(other)
        found = rational(mine, other)
        return Exact.of(found) if isinstance(found, Fraction) else found

    operate.__name__ = name
    return operate


for _name in ("__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__", "__rtruediv__",
              "__eq__", "__lt__", "__le__", "__gt__", "__ge__"):  # fmt: skip
    setattr(Exact, _name, _operator(_name))

_CONSTANTS: dict[float, Exact] = {}


def _constant(value: float) -> Exact:
    """A float of the code, as the decimal that it is written as."""
    found = _CONSTANTS.get(value)
    if found is None:
        found = _CONSTANTS[value] = Exact(value)
    return found


def standing_for_float(value: Exact) -> float:
    """The same, for checks that are typed for floats and compute with either."""
    return value  # type: ignore[return-value]


def exactly(value: T) -> T:
    """The same with every float in it as the exact number of its shortest decimal; infinite ones stay.

    Args:
        value: an instance, or anything inside one: records, mappings, sequences.
    """
    found: Any = value
    if isinstance(value, float):
        found = Exact(value) if math.isfinite(value) else value
    elif isinstance(value, BaseModel):
        found = value.model_copy()
        for name, inside in value.__dict__.items():
            found.__dict__[name] = exactly(inside)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        found = dataclasses.replace(value, **{one.name: exactly(getattr(value, one.name)) for one in fields})
    elif isinstance(value, Mapping):
        found = {exactly(key): exactly(inside) for key, inside in value.items()}
    elif isinstance(value, list | tuple):
        found = type(value)(map(exactly, value))
    return found  # type: ignore[no-any-return]


def total(values: Iterable[float]) -> float:
    """The sum, exact of exact numbers; of floats without rounding on the way."""
    every = list(values)
    return sum(every) if any(isinstance(value, Exact) for value in every) else math.fsum(every)


def plain(value: float) -> float:
    """A number for people: the float next to an exact one."""
    return value.approximate() if isinstance(value, Exact) else value
