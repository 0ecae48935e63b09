"""Series: a number, a mapping of years that holds until the next year given, or a start with growth."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from optimizer.instance.written import written_out

FIRST_YEAR, LAST_YEAR = 1900, 2200

_FORMS = "a number, a mapping of years such as {2027: 10, 2030: 20}, or {start: 10, growth: 0.02}"


@dataclass(frozen=True, slots=True)
class Series:
    """Values by year.

    Attributes:
        steps: (year, value) in ascending years; a value holds until the next year given. A value may be
            `None` (null) where the key says what null means.
        start: value in the year of the first period, for the growing form.
        growth: share per calendar year, for the growing form.
        constant: the one value, for the plain form.
    """

    constant: float | str | None = None
    steps: tuple[tuple[int, float | str | None], ...] = ()
    start: float | None = None
    growth: float = 0.0

    @property
    def first_year(self) -> int | None:
        """The first year given, or None for the forms that hold in every year."""
        return self.steps[0][0] if self.steps else None

    @property
    def values(self) -> tuple[float | str | None, ...]:
        """The values as written, for range checks."""
        if self.steps:
            return tuple(value for _, value in self.steps)
        return (self.start if self.start is not None else self.constant,)

    def given(self, year: int) -> bool:
        """Whether a value is given by this year."""
        return not self.steps or year >= self.steps[0][0]

    def raw(self, year: int, first_period: int) -> float | str | None:
        """The value in a year as written: number, word or null; 0 before the first year given."""
        if self.start is not None:
            grown: float = self.start * (1.0 + self.growth) ** (year - first_period)
            return grown
        if not self.steps:
            return self.constant
        found: float | str | None = 0.0
        for since, value in self.steps:
            if since > year:
                break
            found = value
        return found

    def at(self, year: int, first_period: int) -> float:
        """The number in a year; null and words count as 0."""
        value = self.raw(year, first_period)
        return 0.0 if value is None or isinstance(value, str) else value

    def mean(self, years: range, first_period: int) -> float:
        """The mean over the years of a period."""
        if len(years) == 1:
            return self.at(years[0], first_period)
        return math.fsum(self.at(year, first_period) for year in years) / len(years)

    def mean_of(self, years: range, value: Callable[[int], float]) -> float:
        """The mean over the years of a period of a function of the year."""
        return math.fsum(value(year) for year in years) / len(years)

    def plain(self) -> Any:
        """The series as it is written in an instance."""
        if self.steps:
            return dict(self.steps)
        if self.start is not None:
            return {"start": self.start, "growth": self.growth}
        return self.constant

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return series_schema()

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return json_schema()


def _error(text: str, right: str = _FORMS) -> PydanticCustomError:
    return PydanticCustomError("series", "{wrong}|{right}", {"wrong": text, "right": right})


def _forms(value: object) -> str:
    """What a series may be; a number that is written as words, first of all as a number."""
    return f"a number{hint}" if (hint := written_out(value)) else _FORMS


def _number(value: Any, low: float, high: float, null: bool, words: tuple[str, ...], of: str) -> float | str | None:
    if value is None and null:
        return None
    if isinstance(value, str) and value in words:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        extra = "".join(f" or '{word}'" for word in words) + (" or null" if null else "")
        raise _error(f"{of}{value!r} is not a number", f"a number{extra}" if of else _forms(value) + extra)
    if abs(value) > sys.float_info.max or math.isnan(value):  # whole numbers may be too large for a float
        shown = f"{value!r}" if isinstance(value, float) else "a number of that many digits"
        raise _error(f"{of}{shown} is not a finite number", "a finite number")
    if value < low or value > high:
        raise _error(f"{of}{value:g} is out of range", _range(low, high))
    return float(value)


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return f"{low:g} or more"
    return f"a number in [{low:g}, {high:g}]"


def _validate(value: Any, low: float, high: float, null: bool, words: tuple[str, ...]) -> Series:
    if isinstance(value, Series):
        return value
    if not isinstance(value, dict):
        return Series(constant=_number(value, low, high, null, words, ""))
    if not value:
        raise _error("an empty mapping")
    if "start" in value or "growth" in value:
        if set(value) != {"start", "growth"}:
            raise _error(f"keys {', '.join(map(str, value))} do not go together", "{start: 10, growth: 0.02}")
        start = _number(value["start"], low, high, False, (), "start ")
        growth = _number(value["growth"], -1.0, 10.0, False, (), "growth ")
        assert isinstance(start, float)
        assert isinstance(growth, float)
        return Series(start=start, growth=growth)
    steps: list[tuple[int, float | str | None]] = []
    for year, item in value.items():
        if isinstance(year, bool) or not isinstance(year, int) or not FIRST_YEAR <= year <= LAST_YEAR:
            raise _error(f"{year!r} is not a year", f"years from {FIRST_YEAR} to {LAST_YEAR} as keys")
        steps.append((year, _number(item, low, high, null, words, f"in {year} ")))
    return Series(steps=tuple(sorted(steps, key=lambda step: step[0])))


def series_schema(
    low: float = 0.0, high: float = math.inf, null: bool = False, words: tuple[str, ...] = ()
) -> core_schema.CoreSchema:
    """The core schema of a series whose numbers lie in [low, high]."""
    return core_schema.no_info_plain_validator_function(
        lambda value: _validate(value, low, high, null, words),
        serialization=core_schema.plain_serializer_function_ser_schema(lambda series: series.plain()),
    )


def json_schema(
    low: float = 0.0, high: float = math.inf, null: bool = False, words: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The JSON Schema of a series, for editors."""
    number: dict[str, Any] = {"type": "number", "minimum": low}
    if math.isfinite(high):
        number["maximum"] = high
    kinds: list[dict[str, Any]] = [number]
    if null:
        kinds.append({"type": "null"})
    if words:
        kinds.append({"enum": list(words)})
    value: dict[str, Any] = {"anyOf": kinds} if len(kinds) > 1 else number
    by_year = {"type": "object", "patternProperties": {"^[0-9]{4}$": value}, "additionalProperties": False}
    growing = {
        "type": "object",
        "properties": {"start": number, "growth": {"type": "number", "minimum": -1}},
        "required": ["start", "growth"],
        "additionalProperties": False,
    }
    return {"anyOf": [*kinds, by_year, growing], "description": _FORMS}


@dataclass(frozen=True)
class Range:
    """Annotation for a series field: the range of its numbers, and whether null or words may stand for one."""

    low: float = 0.0
    high: float = math.inf
    null: bool = False
    words: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return series_schema(self.low, self.high, self.null, self.words)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return json_schema(self.low, self.high, self.null, self.words)
