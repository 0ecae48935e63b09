"""The labels that a row of a result table must show, worked out from the instance alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optimizer.instance.instance import Instance
from optimizer.instance.marks import MARKING, Markings, markings_of

_SAME_NAME = ("facility", "recipe", "material", "market", "stockpile", "instrument", "appropriation", "scenario")
"""Columns that name what they are called after."""
_CHANNELS = ("channel", "from_channel", "to_channel", "users")
_PLACES = ("place", "from_", "to")


class Marked:
    """Labels by what has them.

    Attributes:
        told: what plan.json must say of the markings.
    """

    def __init__(self, instance: Instance) -> None:
        self.told: Markings = markings_of(instance)
        self._order = {label: place for place, label in enumerate(instance.markings)}
        self._labels: dict[tuple[Any, ...], tuple[str, ...]] = {}
        self._gather(instance)

    @property
    def columns(self) -> list[str]:
        """What every table has besides: the column, where a row of the instance is marked."""
        return [MARKING] if self.told else []

    def _gather(self, instance: Instance) -> None:
        for kind, records in (
            ("facility", instance.facilities),
            ("recipe", instance.recipes),
            ("material", instance.materials),
            ("market", instance.markets),
            ("stockpile", instance.stockpiles),
            ("channel", instance.channels),
        ):
            for name, record in records.items():
                self._take((kind, name), record)
        for name, facility in instance.facilities.items():
            for option in facility.options:
                self._take(("option", name, option.id), option)
            for recipe, use in facility.recipes.items():
                self._take(("use", name, recipe), use)
        for name, market in instance.markets.items():
            for number, line in enumerate(market.demand):
                self._take(("line", name, number), line)
        for name, stockpile in instance.stockpiles.items():
            for number, target in enumerate(stockpile.targets):
                self._take(("target", name, number), target)
        for kind, rows in (("lane", instance.lanes), ("freight", instance.logistics.freight)):
            for number, row in enumerate(rows):
                self._take(("link", f"{kind}:{number}"), row)
        for number, rule in enumerate(instance.policy.rules):
            self._take(("rule", number), rule)
        for scenario in instance.scenarios:
            self._take(("scenario", scenario.id), scenario)
        for appropriation in instance.policy.budget.appropriations:
            self._take(("appropriation", appropriation.id), appropriation)
        for instrument in () if instance.finance is None else instance.finance.instruments:
            self._take(("instrument", instrument.id), instrument)

    def _take(self, key: tuple[Any, ...], record: Any) -> None:
        if record.marking:
            self._labels[key] = record.marking

    def of(self, row: Any) -> str:
        """What the column says in a row."""
        found = {label for key in _named(row) for label in self._labels.get(key, ())}
        return " ".join(sorted(found, key=lambda label: self._order.get(label, -1)))


def _named(row: Any) -> Iterator[tuple[Any, ...]]:
    """What a row names, by kind."""
    for kind in _SAME_NAME:
        yield kind, getattr(row, kind, "")
    yield "material", getattr(row, "product", "")
    yield "link", getattr(row, "link", "")
    yield "rule", getattr(row, "rule", None)
    yield from (("channel", getattr(row, column, "")) for column in _CHANNELS)
    yield from (("channel", channel) for channel in getattr(row, "channels", "").split(";"))
    for column in _PLACES:
        yield from ((kind, getattr(row, column, "")) for kind in ("facility", "market", "stockpile"))
    facility = getattr(row, "facility", "")
    yield "use", facility, getattr(row, "recipe", "")
    yield from (("option", facility, option) for option in (getattr(row, "option", ""), *_options(row)))
    yield "line", getattr(row, "market", ""), getattr(row, "line", None)
    yield "target", getattr(row, "stockpile", ""), getattr(row, "target", None)


def _options(row: Any) -> list[str]:
    """Options that the state of a row names."""
    return [part.strip() for part in getattr(row, "state", "").split("+")]
