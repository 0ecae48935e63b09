"""What scenarios do: when they last, what they match, by how much they change it."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from optimizer.instance.fields import EXPOSURE_KINDS
from optimizer.instance.policy import Effect, FacilityEffect, Scenario
from optimizer.network.calendar import Calendar

_COMPARISON = re.compile(r"\s*(>=|<=|==|>|<)\s*([0-9.eE+-]+)\s*\Z")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda a, b: a >= b - 1e-9,
    "<=": lambda a, b: a <= b + 1e-9,
    "==": lambda a, b: abs(a - b) <= 1e-9,
    ">": lambda a, b: a > b + 1e-9,
    "<": lambda a, b: a < b - 1e-9,
}

Facts = Mapping[str, frozenset[str]]
OnLine = Callable[[int], float]
"""First year on line -> a number that depends on it."""


def matches(where: Mapping[str, object], facts: Facts, exposure: Callable[[str], float | None] | None = None) -> bool:
    """Whether a thing fits all conditions of `where`.

    Args:
        where: field -> value, list of values, or a comparison such as `>=0.25` for exposures.
        facts: what the thing says of itself.
        exposure: exposure by kind, for facilities; None where it is unknown (then nothing matches).
    """
    for key, wanted in where.items():
        if exposure is not None and key in EXPOSURE_KINDS:
            value = exposure(key)
            if not _compares(wanted, value or 0.0):
                return False
            continue
        values = wanted if isinstance(wanted, list | tuple) else (wanted,)
        if not any(str(item) in facts.get(key, frozenset()) for item in values):
            return False
    return True


def _compares(wanted: object, value: float) -> bool:
    if isinstance(wanted, int | float):
        return _COMPARE["=="](value, float(wanted))
    found = _COMPARISON.match(str(wanted))
    return found is not None and _COMPARE[found.group(1)](value, float(found.group(2)))


class Active(NamedTuple):
    """An effect, the years in which it is active, and the scenario whose effect it is."""

    effect: Effect
    years: range
    scenario: str


@dataclass(frozen=True, slots=True)
class Window:
    """When a scenario's branch runs, and what happens in it.

    Attributes:
        onset: first year.
        first: the onset of the first of the branches that it comes from by leaving one another; its own without any.
        over: the first year in which no effect is active any more.
        periods: the periods of the branch.
        until: the first year after it: back on the trunk, or on other branches where it is only a beginning; None where
            it runs to the horizon's end.
        restores: whether stocks must be at the trunk's level at its end.
        leaves: the scenario whose branch it leaves; None where it leaves the trunk.
        effects: the scenario's own effects, after those it inherits.
    """

    onset: int
    first: int
    over: int
    periods: tuple[int, ...]
    until: int | None
    restores: bool
    leaves: str | None
    effects: tuple[Active, ...]


def active(effect: Effect, scenario: Scenario, end_year: int) -> range:
    """The years in which an effect is active; open-ended ones end with the horizon."""
    start = effect.from_ if effect.from_ is not None else scenario.onset
    duration = effect.duration if effect.duration is not None else scenario.duration
    return range(start, end_year if duration is None else start + duration)


def window(scenario: Scenario, calendar: Calendar, parent: Window | None = None) -> Window:
    """The branch of a scenario with effects. Source: design.md 4.3.

    Args:
        scenario: the scenario.
        calendar: of the instance.
        parent: its parent's branch; None where it has no parent.

    Returns:
        Its branch. It leaves the parent's while that one lasts, and inherits what happens there; else the trunk.
    """
    end = calendar.end_year
    left = parent if parent is not None and scenario.onset in parent.periods else None
    inherited = left.effects if left is not None else ()
    own = (Active(effect, active(effect, scenario, end), scenario.id) for effect in scenario.effects)
    effects = (*inherited, *own)
    over = max(min(item.years.stop, end) for item in effects)
    stop = over + scenario.recovery
    periods = tuple(t for t in calendar.periods if t >= scenario.onset and calendar.span[t].start < stop)
    last = calendar.span[periods[-1]].stop
    return Window(
        onset=scenario.onset,
        first=left.first if left is not None else scenario.onset,
        over=over,
        periods=periods,
        until=last if last < end else None,
        restores=over < end,
        leaves=scenario.parent if left is not None else None,
        effects=effects,
    )


@dataclass(frozen=True, slots=True)
class Disruption:
    """What happens in a branch, ready to be asked.

    Attributes:
        calendar: of the instance.
        happening: effects with their years.
    """

    calendar: Calendar
    happening: tuple[Active, ...]

    def effects(self, affects: str, year: int) -> Iterable[Effect]:
        """The effects of a kind that are active in a year."""
        for item in self.happening:
            if item.effect.affects == affects and year in item.years:
                yield item.effect

    def sets_exposures(self) -> bool:
        """Whether any effect sets an exposure of a facility."""
        return any(isinstance(item.effect, FacilityEffect) and item.effect.exposure for item in self.happening)

    def largest(self, factors: Iterable[float]) -> float:
        """The largest of factors on one thing."""
        return max(factors)

    def any_active(self, period: int) -> bool:
        """Whether any effect is active in any year of a period."""
        span = self.calendar.span[period]
        return any(year in item.years for item in self.happening for year in span)

    def factor(self, affects: str, attribute: str, facts: Facts, year: int) -> float:
        """Product of the factors of the effects that match a thing in a year."""
        product = 1.0
        for effect in self.effects(affects, year):
            value = getattr(effect, attribute)
            if value is not None and matches(effect.where, facts):
                product *= value
        return product

    def mean_factor(self, affects: str, attribute: str, facts: Facts, period: int) -> float:
        """As `factor`, the mean over the years of a period."""
        return self.calendar.mean_of(period, lambda year: self.factor(affects, attribute, facts, year))

    def facility(
        self, facts: Callable[[int], Facts], exposure: Callable[[str, int], float | None], year: int
    ) -> tuple[float, dict[str, float]]:
        """What happens to a facility in a year: its availability, and exposures that are set."""
        available, changed = 1.0, dict[str, float]()
        for effect in self.effects("facilities", year):
            assert isinstance(effect, FacilityEffect)
            if not matches(effect.where, facts(year), lambda kind: exposure(kind, year)):
                continue
            if effect.available is not None:
                available *= effect.available
            for kind, value in effect.exposure.items():
                changed[kind] = max(value, changed.get(kind, 0.0))
        return available, changed

    def timed(self, _key: tuple[Hashable, ...], _start: Hashable, _period: int, online: int, value: OnLine) -> float:
        """A number that depends on when a start is on line."""
        return value(online)

    def delays(self, facts: Facts) -> tuple[tuple[tuple[int, int, int], ...], ...]:
        """(from, end, years) of every delay that hits an option, by scenario, the first to begin first."""
        found: dict[str, list[tuple[int, int, int]]] = {}
        for effect, years, scenario in self.happening:
            if effect.affects == "options" and effect.delay and matches(effect.where, facts):
                found.setdefault(scenario, []).append((years.start, years.stop, effect.delay))
        return tuple(tuple(delays) for delays in found.values())
