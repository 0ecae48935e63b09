"""Reads the slots of scenario after scenario: what an effect matches is asked once, not in every scenario.

Thousands of scenarios share a few effects, at other severities and in other years. Which things an effect matches
depends on neither, so it is kept by what the effect says of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.network.calendar import Calendar
from optimizer.network.effects import Disruption, matches
from optimizer.network.network import option_facts
from optimizer.network.slots import NEUTRAL, Ask, Slots
from optimizer.network.starts import Delays, Start
from optimizer.network.tables import Network

Vector = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


class Factors:
    """The factors that scenarios put on a list of things and periods."""

    def __init__(self, asks: Sequence[Ask], calendar: Calendar) -> None:
        """Take the list.

        Args:
            asks: of what the factors are.
            calendar: of the instance.
        """
        self._asks = asks
        pairs = [(number, year) for number, ask in enumerate(asks) for year in calendar.span[ask.period]]
        self._number: Places = np.array([number for number, _ in pairs], dtype=np.int64)
        self._year: Places = np.array([year for _, year in pairs], dtype=np.int64)
        self._first = np.flatnonzero(np.diff(self._number, prepend=-1))
        self._years = np.bincount(self._number, minlength=len(asks)).astype(float)
        self._kinds: dict[str, dict[str, list[int]]] = {}
        for place, (number, _) in enumerate(pairs):
            ask = asks[number]
            self._kinds.setdefault(ask.affects, {}).setdefault(ask.attribute, []).append(place)
        self._matched: dict[tuple[str, str, str], Places] = {}

    def read(self, happening: Disruption) -> Vector:
        """The factor on each thing: the product over effects, the mean over the years of its period."""
        product = np.ones(len(self._number))
        for effect, years, _ in happening.happening:
            for attribute in self._kinds.get(effect.affects, ()):
                value = getattr(effect, attribute, None)
                if value is None:
                    continue
                places = self._places(effect, attribute)
                product[places[(self._year[places] >= years.start) & (self._year[places] < years.stop)]] *= value
        return np.add.reduceat(product, self._first) / self._years if len(product) else product

    def _places(self, effect: Any, attribute: str) -> Places:
        key = (effect.affects, attribute, repr(effect.where))
        if key not in self._matched:
            found = [place for place in self._kinds[effect.affects][attribute] if self._matches(effect.where, place)]
            self._matched[key] = np.array(found, dtype=np.int64)
        return self._matched[key]

    def _matches(self, where: Any, place: int) -> bool:
        ask, year = self._asks[self._number[place]], int(self._year[place])
        if ask.exposure is None:
            return matches(where, ask.facts(year))
        exposure = ask.exposure
        return matches(where, ask.facts(year), lambda kind: exposure(kind, year))


class Reader:
    """The numbers that scenarios put on the slots of a branch."""

    def __init__(self, network: Network, slots: Slots) -> None:
        """Take the slots, once all are numbered."""
        self._network = network
        self._count = len(slots.number)
        self._most = dict(slots.most)
        self._at: Places = np.array(list(slots.factors), dtype=np.int64)
        self._factors = Factors(list(slots.factors.values()), network.calendar)
        self._timed: dict[Start, list[tuple[int, Callable[[int], float]]]] = {}
        for number, (start, value) in slots.timed.items():
            self._timed.setdefault(start, []).append((number, value))
        self._values: dict[tuple[Start, int], tuple[Places, Vector]] = {}
        self._delayed: dict[str, list[tuple[str, str]]] = {}
        self._late: dict[Hashable, tuple[Places, Vector]] = {}
        self._nowhere: Places = np.zeros(0, dtype=np.int64)

    def read(self, happening: Disruption) -> Vector:
        """The value of each slot, by number."""
        found = np.full(self._count, NEUTRAL)
        found[self._at] = self._factors.read(happening)
        delays = self._delays(happening)
        key = tuple(sorted(delays.items()))
        if key not in self._late:
            when = [self._when(start, self._network.starts.online(start, delays)) for start in self._timed]
            self._late[key] = (
                np.concatenate([self._nowhere, *(numbers for numbers, _ in when)]),
                np.concatenate([np.zeros(0), *(values for _, values in when)]),
            )
        numbers, values = self._late[key]
        found[numbers] = values
        for number, of in self._most.items():
            found[number] = max(found[slot] for slot in of)
        return found

    def _when(self, start: Start, online: int) -> tuple[Places, Vector]:
        """The timed slots of a start that is on line from a year on."""
        if (start, online) not in self._values:
            mine = self._timed[start]
            numbers = np.array([number for number, _ in mine], dtype=np.int64)
            self._values[start, online] = numbers, np.array([value(online) for _, value in mine])
        return self._values[start, online]

    def _delays(self, happening: Disruption) -> Delays:
        """As `delays_in`."""
        found: dict[tuple[str, str], dict[str, list[tuple[int, int, int]]]] = {}
        for effect, years, scenario in happening.happening:
            if effect.affects == "options" and effect.delay:
                for key in self._options(effect.where):
                    blows = found.setdefault(key, {}).setdefault(scenario, [])
                    blows.append((years.start, years.stop, effect.delay))
        return {key: tuple(tuple(blow) for blow in blows.values()) for key, blows in found.items()}

    def _options(self, where: Any) -> list[tuple[str, str]]:
        said = repr(where)
        if said not in self._delayed:
            network = self._network
            facts = {key: option_facts(network.instance, *key) for key in network.starts.options}
            self._delayed[said] = [key for key, about in facts.items() if matches(where, about)]
        return self._delayed[said]
