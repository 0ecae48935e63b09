"""Distributions of a duration or a severity: a number, weighted values, a uniform or a triangular one.

Values are drawn by the inverse of the distribution function, so that one uniform number gives one value and a
distribution that lies higher gives a higher value from the same number.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

Numbers = NDArray[np.float64]

GRID = 20
"""Severities are kept in steps of one over this, so that equal futures are seen to be equal."""
LONGEST = 1000
"""Years that a disruption may last at most, as in an instance."""
FORMS = "a number, {values: {1: 3, 2: 1}} (value: weight), {uniform: [1, 3]} or {triangular: [1, 2, 4]}"
_NAMES = {"uniform": ("from", "to"), "triangular": ("from", "mode", "to")}


def _error(wrong: str, right: str) -> PydanticCustomError:
    return PydanticCustomError("distribution", "{wrong}|{right}", {"wrong": wrong, "right": right})


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution of numbers.

    Attributes:
        kind: `values`, `uniform` or `triangular`; a single number is one value.
        numbers: the values in ascending order; or from and to; or from, mode and to.
        weights: of the values.
    """

    kind: str
    numbers: tuple[float, ...]
    weights: tuple[float, ...] = ()

    def quantile(self, share: Numbers) -> Numbers:
        """The value that each share in [0, 1) of the mass lies below."""
        if self.kind == "values":
            edges = np.cumsum(self.weights) / math.fsum(self.weights)
            found = np.searchsorted(edges, share, side="right")
            return np.asarray(self.numbers)[np.minimum(found, self._last())]
        low, high = self.numbers[0], self.numbers[-1]
        width = high - low
        if self.kind == "uniform" or width == 0:
            return low + width * share
        mode = self.numbers[1]
        rising = (mode - low) / width
        up = low + np.sqrt(share * width * (mode - low))
        down = high - np.sqrt((1.0 - share) * width * (high - mode))
        return np.where(share < rising, up, down)

    def below(self, value: float) -> float:
        """The share of the mass at or below a value."""
        if self.kind == "values":
            inside = math.fsum(w for v, w in zip(self.numbers, self.weights, strict=True) if v <= value)
            return inside / math.fsum(self.weights)
        low, high = self.numbers[0], self.numbers[-1]
        if value >= high:
            return 1.0
        if value < low:
            return 0.0
        if self.kind == "uniform":
            return (value - low) / (high - low)
        mode = self.numbers[1]
        if value < mode:
            return (value - low) ** 2 / ((high - low) * (mode - low))
        return 1.0 - (high - value) ** 2 / ((high - low) * (high - mode))

    def years(self, share: Numbers) -> NDArray[np.int64]:
        """Durations: rounded up to whole years, at least one."""
        return np.maximum(1, np.ceil(self.quantile(share) - 1e-9)).astype(np.int64)

    def chance_of_years(self, most: int) -> list[float]:
        """Probability of a duration of 1, 2, ... years; the last entry holds all from `most` years on."""
        below = [0.0, *(self.below(year + 1e-9) for year in range(1, most)), 1.0]
        return [after - before for before, after in itertools.pairwise(below)]

    def steps(self, share: Numbers) -> NDArray[np.int64]:
        """Severities in steps of the grid; one over 0 is at least one step."""
        drawn = self.quantile(share)
        rounded = np.floor(drawn * GRID + 0.5 + 1e-9).astype(np.int64)
        return np.where(drawn > 0, np.maximum(1, rounded), 0)

    def plain(self) -> Any:
        """The distribution as it is written."""
        if self.kind == "values":
            if len(self.numbers) == 1:
                return _plain(self.numbers[0])
            pairs = zip(self.numbers, self.weights, strict=True)
            return {"values": {_plain(value): _plain(weight) for value, weight in pairs}}
        return {self.kind: [_plain(number) for number in self.numbers]}

    def _last(self) -> int:
        """The last value that has weight."""
        return max(index for index, weight in enumerate(self.weights) if weight > 0)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return _schema(Between())

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"description": FORMS}


@dataclass(frozen=True, slots=True)
class Between:
    """Annotation for a field that holds a distribution: the range of its numbers."""

    low: float = 0.0
    high: float = math.inf
    what: str = "number"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return _schema(self)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"description": FORMS}


def _schema(between: Between) -> core_schema.CoreSchema:
    return core_schema.no_info_plain_validator_function(
        lambda value: distribution_of(value, between),
        serialization=core_schema.plain_serializer_function_ser_schema(lambda held: held.plain()),
    )


def distribution_of(value: Any, between: Between | None = None) -> Distribution:
    """A distribution from what is written.

    Raises:
        PydanticCustomError: it is none, with what is wrong and what would be right.
    """
    between = between or Between()
    if isinstance(value, Distribution):
        return value
    if not isinstance(value, dict):
        return Distribution("values", (_number(value, between, ""),), (1.0,))
    if len(value) != 1 or next(iter(value)) not in ("values", *_NAMES):
        raise _error(f"{', '.join(map(repr, value)) or 'an empty mapping'} is no distribution", FORMS)
    kind, given = next(iter(value.items()))
    if kind == "values":
        return _values(given, between)
    names = _NAMES[kind]
    if not isinstance(given, list | tuple) or len(given) != len(names):
        raise _error(f"{kind} is a list of {len(names)} numbers", f"{{{kind}: [{', '.join(names)}]}}")
    numbers = tuple(_number(item, between, f"'{name}' of {kind}: ") for name, item in zip(names, given, strict=True))
    for index in range(len(numbers) - 1):
        if numbers[index] > numbers[index + 1]:
            wrong = f"{kind}: '{names[index]}' {numbers[index]:g} is over '{names[index + 1]}' {numbers[index + 1]:g}"
            ordered = ", ".join(f"{number:g}" for number in sorted(numbers))
            raise _error(wrong, f"in ascending order, such as {{{kind}: [{ordered}]}}")
    if numbers[0] == numbers[-1]:
        return Distribution("values", (numbers[0],), (1.0,))
    return Distribution(kind, numbers)


def _values(given: Any, between: Between) -> Distribution:
    if not isinstance(given, dict) or not given:
        raise _error("'values' is a mapping of values to weights", "{values: {1: 3, 2: 1}}")
    pairs = sorted(
        (_number(value, between, ""), _number(weight, Between(), f"the weight of {value}: "))
        for value, weight in given.items()
    )
    if math.fsum(weight for _, weight in pairs) <= 0:
        raise _error(
            "the weights add up to 0, so the distribution has no mass", "give at least one value a weight over 0"
        )
    return Distribution("values", tuple(value for value, _ in pairs), tuple(weight for _, weight in pairs))


def _number(value: Any, between: Between, of: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _error(f"{of}{value!r} is not a number", "a number" if of else FORMS)
    if not math.isfinite(value):
        raise _error(f"{of}{value!r} is not a finite number", "a finite number")
    if not between.low <= value <= between.high:
        right = (
            f"{between.low:g} or more"
            if math.isinf(between.high)
            else f"{between.what} in [{between.low:g}, {between.high:g}]"
        )
        raise _error(f"{of}{value:g} is out of range", right)
    return float(value)


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number
