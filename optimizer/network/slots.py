"""The numbers that effects put on data: each a factor of its own, so that one branch serves many scenarios.

An effect multiplies availability, cost, demand or price. Which things a scenario multiplies, and by how much, is all
that tells it from another of the same onset, the same length and the same delays and changes of ownership. A *slot* is
the factor on one thing in one period.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from optimizer.instance.fields import EXPOSURE_KINDS
from optimizer.network.effects import Disruption, Facts

SlotKey = tuple[Any, ...]
"""What is multiplied: kind, attribute, what the thing says of itself, period."""

NEUTRAL = 1.0


@dataclass(slots=True)
class Slots:
    """The slots of one branch.

    Attributes:
        number: slot -> its number, in the order met.
        values: how to ask a scenario's effects for the value of each.
    """

    number: dict[SlotKey, int] = field(default_factory=dict)
    values: list[Callable[[Disruption], float]] = field(default_factory=list)

    def of(self, key: SlotKey, value: Callable[[Disruption], float]) -> int:
        """The number of a slot."""
        if key not in self.number:
            self.number[key] = len(self.values)
            self.values.append(value)
        return self.number[key]

    def read(self, disruption: Disruption) -> list[float]:
        """What a scenario puts on each slot."""
        return [value(disruption) for value in self.values]


@dataclass(frozen=True, slots=True)
class Probe(Disruption):
    """A disruption whose factors are given by slot; delays, changes of ownership and years are the scenario's own.

    Attributes:
        slots: where slots are numbered.
        given: slot number -> factor.
    """

    slots: Slots = field(default_factory=Slots)
    given: Callable[[int], float] = field(default=lambda _: NEUTRAL)

    def mean_factor(self, affects: str, attribute: str, facts: Facts, period: int) -> float:
        """The factor given to a thing in a period."""
        key = (affects, attribute, _said(facts), period)
        return self.given(self.slots.of(key, lambda real: real.mean_factor(affects, attribute, facts, period)))

    def facility(
        self, facts: Callable[[int], Facts], exposure: Callable[[str, int], float | None], year: int
    ) -> tuple[float, dict[str, float]]:
        """The factor given to a facility, and the exposures that the scenario sets."""
        period = self.calendar.period_of(year)
        assert period is not None
        exposures = tuple(exposure(kind, period) for kind in sorted(EXPOSURE_KINDS))
        key = ("facilities", "available", _said(facts(period)), exposures, period)

        def value(real: Disruption) -> float:
            return real.calendar.mean_of(period, lambda y: real.facility(facts, exposure, y)[0])

        _, changed = Disruption.facility(self, facts, exposure, year)
        return self.given(self.slots.of(key, value)), changed

    @classmethod
    def of(cls, real: Disruption, slots: Slots, given: Callable[[int], float]) -> Probe:
        """The probe of what happens in a branch."""
        return cls(real.calendar, real.happening, slots, given)


def _said(facts: Facts) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, tuple(sorted(values))) for name, values in sorted(facts.items()))
