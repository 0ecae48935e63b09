"""The numbers that effects put on data, each apart, so that one branch serves many scenarios.

An effect multiplies availability, cost, demand or price, or moves the year in which an option is on line. Which things
a scenario multiplies or moves, and by how much, tells it from another of the same onset and length. A *slot*
is one such number: the factor on one thing in one period, or the capacity that a start gives in one period, which
depends on when it is on line.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from optimizer.instance.fields import EXPOSURE_KINDS
from optimizer.network.effects import Disruption, Facts, OnLine
from optimizer.network.slotted import Slotted, largest
from optimizer.network.starts import Start

SlotKey = tuple[Any, ...]
"""What it is a number of: kind, attribute, what the thing says of itself, period."""

NEUTRAL = 1.0


class Ask(NamedTuple):
    """A question to what happens: the factor on one thing in one period.

    Attributes:
        affects: its kind.
        attribute: of the effect, which multiplies it.
        facts: year -> what it says of itself.
        exposure: (kind, year) -> its exposure; None for what has none.
        period: the period.
    """

    affects: str
    attribute: str
    facts: Callable[[int], Facts]
    exposure: Callable[[str, int], float | None] | None
    period: int


@dataclass(slots=True)
class Slots:
    """The slots of one branch.

    Attributes:
        number: slot -> its number, in the order met.
        factors: slot number -> what is asked for it, for factors.
        timed: slot number -> start, and its number by the year on line.
        most: slot number -> the slots, met before it, whose largest it is.
    """

    number: dict[SlotKey, int] = field(default_factory=dict)
    factors: dict[int, Ask] = field(default_factory=dict)
    timed: dict[int, tuple[Start, OnLine]] = field(default_factory=dict)
    most: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def of(self, key: SlotKey) -> tuple[int, bool]:
        """The number of a slot, and whether it is met for the first time."""
        known = key in self.number
        return self.number.setdefault(key, len(self.number)), not known


@dataclass(frozen=True, slots=True)
class Probe(Disruption):
    """What happens in a branch, with numbers given by slot in place of its own.

    Attributes:
        slots: where slots are numbered.
        given: slot number -> its value, or the slot itself (`slotted`), which stands where a float would.
        taken: starts that are funded; no others have capacity.
        apart: (facility, option) whose delays are the scenario's own: they change more than numbers.
        moves: whether effects may set exposures.
    """

    slots: Slots = field(default_factory=Slots)
    given: Callable[[int], float] = field(default=lambda _number: NEUTRAL)
    taken: frozenset[Start] = frozenset()
    apart: frozenset[tuple[str, str]] = frozenset()
    moves: bool = True

    def sets_exposures(self) -> bool:
        """Whether the scenario sets an exposure, where effects may."""
        return self.moves and Disruption.sets_exposures(self)

    def any_active(self, period: int) -> bool:  # noqa: ARG002
        """Reserves may release in all periods; those in which they may not are closed by `Mould.read`."""
        return True

    def mean_factor(self, affects: str, attribute: str, facts: Facts, period: int) -> float:
        """The factor given to a thing in a period."""
        number, fresh = self.slots.of((affects, attribute, _said(facts), period))
        if fresh:
            self.slots.factors[number] = Ask(affects, attribute, lambda _year: facts, None, period)
        return self.given(number)

    def facility(
        self, facts: Callable[[int], Facts], exposure: Callable[[str, int], float | None], year: int
    ) -> tuple[float, dict[str, float]]:
        """The factor given to a facility, and the exposures that the scenario sets."""
        period = self.calendar.period_of(year)
        assert period is not None
        # Of every year, as effects are asked: states of one facility may differ in the second alone.
        exposures = tuple(exposure(kind, at) for at in self.calendar.span[period] for kind in sorted(EXPOSURE_KINDS))
        number, fresh = self.slots.of(("facilities", "available", _said(facts(period)), exposures, period))
        if fresh:
            self.slots.factors[number] = Ask("facilities", "available", facts, exposure, period)
        changed = Disruption.facility(self, facts, exposure, year)[1] if self.moves else {}
        return self.given(number), changed

    def largest(self, factors: Iterable[float]) -> float:
        """The largest of factors on one thing: a slot of its own, where each of them is one."""
        found: list[Any] = list(factors)
        alone = {_slot_of(factor) for factor in found}
        if None in alone or len(alone) == 1:
            most: float = largest(found) if None in alone else found[0]
            return most
        of = tuple(sorted(slot for slot in alone if slot is not None))
        number, _ = self.slots.of(("largest", of))
        self.slots.most[number] = of
        return self.given(number)

    def timed(self, key: tuple[Hashable, ...], start: Hashable, period: int, online: int, value: OnLine) -> float:
        """The number given to a start in a period; 0 before it could be on line without delay."""
        assert isinstance(start, Start)
        if start not in self.taken or self.calendar.span[period].stop <= online:
            return 0.0
        if (start.facility, start.option) in self.apart:
            return value(online)
        number, fresh = self.slots.of(key)
        if fresh:
            self.slots.timed[number] = (start, value)
        return self.given(number)

    def delays(self, facts: Facts) -> tuple[tuple[tuple[int, int, int], ...], ...]:
        """The scenario's own delays, where they change more than numbers."""
        (facility,), (option,) = facts["facility"], facts["id"]
        return Disruption.delays(self, facts) if (facility, option) in self.apart else ()


def _slot_of(factor: Any) -> int | None:
    """The slot that a factor is; None where it is more, or less."""
    terms = factor.terms if isinstance(factor, Slotted) else None
    (product, times), *more = (terms or {(): 0.0}).items()
    return product[0] if len(product) == 1 and times == 1 and not more else None


def _said(facts: Facts) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple(facts.items())  # things of one kind tell their fields in one order
