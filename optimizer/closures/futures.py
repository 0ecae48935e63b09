"""The futures of the test: on which course each is in each period, and at what prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from optimizer.closures.asked import Crash
from optimizer.network.derive_markets import price_at
from optimizer.network.effects import Disruption
from optimizer.network.tables import BASE, TRUNK, Network


@dataclass(frozen=True, slots=True)
class Tested:
    """A future that is tested.

    Attributes:
        name: `base`, a scenario, or a crash.
        probability: of it; None for a crash that is only asked about.
        onset: the first period in which it is not the trunk's, from which on a plant asks whether it goes on; for the
            base the first of the horizon.
        path: period -> course whose operations it has.
        crash: what happens to its prices alone, over the whole horizon; None but for a crash.
    """

    name: str
    probability: float | None
    onset: int
    path: Mapping[int, str]
    crash: Disruption | None = None

    def at(self, period: int) -> Key:
        """Operations and prices of a period: futures that have both in common share what follows from them."""
        return (self.path[period], self.name if self.crash is not None else "", period)


Key = tuple[str, str, int]
"""Course, the crash whose prices hold (blank: the course's own), period."""


def weightless(network: Network) -> list[str]:
    """Futures in which some operations have no weight in the plan's cost: it may run them in any way.

    The base is none of them: it is what the others are held against.
    """
    return [
        name
        for name, path in network.path.items()
        if name != BASE and any(network.weight[course, t] <= 0 for t, course in path.items())
    ]


def futures_of(network: Network, crashes: Iterable[Crash]) -> list[Tested]:
    """The instance's futures, the base first, then crashes. What is only a beginning, or has no weight, is none."""
    found: list[Tested] = []
    left_out = weightless(network)
    for name, path in network.path.items():
        if name in left_out:
            continue
        off = [t for t, course in path.items() if course != TRUNK]
        onset = network.calendar.first_year if name == BASE or not off else min(off)
        found.append(Tested(name, network.probability[name], onset, path))
    for crash in crashes:
        begins = network.calendar.period_of(crash.first)
        assert begins is not None  # it was asked for within the horizon
        prices = Disruption(network.calendar, (crash.effect,))
        found.append(Tested(crash.name, None, begins, network.path[BASE], prices))
    return found


@dataclass(slots=True)
class Prices:
    """Prices by course or crash.

    Attributes:
        network: with the reference prices.
        crashes: by name.
    """

    network: Network
    crashes: Mapping[str, Disruption]
    _known: dict[tuple[str, str, str, str, int], float | None] = field(default_factory=dict)
    _courses: dict[str, Disruption | None] = field(default_factory=lambda: {TRUNK: None})

    def at(self, key: Key, material: str, country: str) -> float | None:
        """Price in a country's region, USD per t, the mean over the period; None without one."""
        course, crash, period = key
        region = self.network.places.region_of.get(country, "")
        index = (course, crash, material, region, period)
        if index not in self._known:
            happening = self.crashes[crash] if crash else self.course(course)
            self._known[index] = price_at(self.network, material, country, period, happening)
        return self._known[index]

    def over(self, key: Key, material: str, country: str, years: frozenset[int]) -> float:
        """Price where what happens to it is the mean over some years of the period, USD per t; 0 without one."""
        course, crash, period = key
        happening = self.crashes[crash] if crash else self.course(course)
        return price_at(self.network, material, country, period, happening, years) or 0.0

    def reference(self, material: str, country: str, period: int) -> float | None:
        """The trunk's price."""
        return self.at((TRUNK, "", period), material, country)

    def course(self, course: str) -> Disruption | None:
        """What happens on a course; None on the trunk."""
        if course not in self._courses:
            self._courses[course] = Disruption(self.network.calendar, self.network.windows[course].effects)
        return self._courses[course]
