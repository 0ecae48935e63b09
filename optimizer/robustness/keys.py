"""Keys that are given values: `KEY=A:B`, `KEY*=A:B`, `KEY=V,V,...`; and what is wrong with them, all of it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.errors import Fault, InstanceError, Where
from optimizer.instance.changes import source_of
from optimizer.instance.instance import Instance
from optimizer.instance.override import assign, multiply
from optimizer.instance.sound import sound
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import scalar

_GIVEN = re.compile(r"\s*(?P<key>[^=<>*\s][^=<>\s]*?)\s*(?P<sign>\*?=)\s*(?P<values>\S.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Keyed:
    """A key and the values that it may have: a range, or a list.

    Attributes:
        key: as `--set` takes it.
        factor: values multiply what the instance has there.
        low: least value; None where values are listed.
        high: largest.
        values: that are listed; empty where there is a range.
    """

    key: str
    factor: bool = False
    low: float | None = None
    high: float | None = None
    values: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        """What it is called in tables: `x` stands after a key that is multiplied."""
        return f"{self.key} x" if self.factor else self.key

    @property
    def ends(self) -> tuple[Any, ...]:
        """The two ends of the range, or all that is listed."""
        return self.values or (self.low, self.high)

    @property
    def said(self) -> list[Any]:
        """As plain data."""
        return [self.name, list(self.values) if self.values else f"{self.low!r}:{self.high!r}"]

    def at(self, share: float) -> Any:
        """The value at a share of the way from one end to the other; each of a list is as likely."""
        if self.values:
            return self.values[min(len(self.values) - 1, int(share * len(self.values)))]
        assert self.low is not None
        assert self.high is not None
        return self.low + (self.high - self.low) * share

    def give(self, source: Source, value: Any, option: str) -> None:
        """Give the key a value; what is wrong is noted in the source."""
        if self.factor:
            multiply(source, self.key, float(value), Where(option))
        else:
            assign(source, self.key, value, Where(option))


def keyed(given: Sequence[str] | Mapping[str, Any], option: str, *, lists: bool) -> tuple[list[Keyed], list[Fault]]:
    """What is said of keys, and every fault in the saying.

    Args:
        given: `KEY=A:B` and the like; or key -> (A, B), or a list of values; a key that ends in `*` multiplies.
        option: what it was given with, for messages.
        lists: whether values may be listed.
    """
    right = f"{option} KEY=A:B, such as scenarios.embargo.probability=0:0.2; KEY*=A:B multiplies"
    found: list[Keyed] = []
    faults: list[Fault] = []
    for key, factor, values, ranged in _parts(given):
        if values is None or not (ranged or lists):
            faults.append(Fault(Where(option), key, "not of the form KEY=A:B", right))
            continue
        wrong = _wrong_range(values) if ranged else _wrong_list(values, factor=factor)
        if wrong:
            faults.append(Fault(Where(option), key, wrong, right))
        elif ranged:
            found.append(Keyed(key, factor, float(values[0]), float(values[1])))
        else:
            found.append(Keyed(key, factor, values=tuple(values)))
    names = [one.key for one in found]
    twice = [key for key in dict.fromkeys(names) if names.count(key) > 1]
    return found, faults + [Fault(Where(option), key, "the key is given twice", "name it once") for key in twice]


def faults_at_ends(instance: Instance, given: Sequence[Keyed], option: str) -> list[Fault]:
    """What is wrong with an instance at either end of each key by itself, each fault said once."""
    faults: list[Fault] = []
    for one in given:
        for value in one.ends:
            try:
                instance_at(instance, one, value, option)
            except InstanceError as error:
                faults += error.faults
    return list(dict.fromkeys(faults))


def instance_at(instance: Instance, one: Keyed, value: Any, option: str) -> Instance:
    """An instance with a key at a value.

    Raises:
        InstanceError: with every fault found.
    """
    source = source_of(instance)
    one.give(source, value, option)
    return sound(source, instance.name)


def _parts(given: Sequence[str] | Mapping[str, Any]) -> Iterator[tuple[str, bool, Sequence[Any] | None, bool]]:
    """Key, whether it multiplies, its values (None where they cannot be read), whether they are the ends of a range."""
    if isinstance(given, Mapping):
        for key, values in given.items():
            listed = isinstance(values, Sequence) and not isinstance(values, str)
            yield key.rstrip("*"), key.endswith("*"), values if listed else None, isinstance(values, tuple)
        return
    for text in given:
        match = _GIVEN.fullmatch(text)
        if match is None:
            yield text, False, None, False
            continue
        words, ranged = match["values"].strip(), ":" in match["values"]
        parts = [scalar(part.strip()) for part in words.split(":" if ranged else ",")]
        yield match["key"], match["sign"] == "*=", parts, ranged


def _wrong_range(values: Sequence[Any]) -> str:
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v)]
    if len(values) != 2 or len(numbers) != 2:
        return f"'{':'.join(map(str, values))}' is not A:B with two numbers"
    low, high = numbers
    if low == high:
        return f"the range {low:g}:{high:g} is empty; A is less than B"
    return f"the range {low:g}:{high:g} goes down; A is less than B" if low > high else ""


def _wrong_list(values: Sequence[Any], *, factor: bool) -> str:
    if len(values) < 2:
        return f"one value, {values[0] if values else 'none'}, leaves nothing to choose from"
    if len(set(map(repr, values))) < len(values):
        return "a value is listed twice"
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return "what multiplies is a number" if factor and len(numbers) < len(values) else ""
