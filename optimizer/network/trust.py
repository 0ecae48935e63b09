"""Who may run which channel: exposures from the ownership graph and from what is given, by state and year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from optimizer.instance.fields import EXPOSURE_KINDS, Holding
from optimizer.instance.instance import Instance
from optimizer.instance.records import Channel, Facility, Option
from optimizer.instance.series import Series
from optimizer.network.calendar import Calendar

TOLERANCE = 1e-9
ADVERSARY = "adversary"


@dataclass(frozen=True, slots=True)
class State:
    """Which of a facility's options with `sets` are on line.

    Attributes:
        id: their ids joined by `+`; empty for the facility as it stands.
        options: their ids, in the order of the file.
    """

    id: str
    options: tuple[str, ...]


def setting_options(facility: Facility) -> tuple[Option, ...]:
    """The options that change exposures or holders."""
    return tuple(option for option in facility.options if option.sets is not None)


def states_of(facility: Facility) -> tuple[State, ...]:
    """The states a facility can be in: sets of options that may be on line together."""
    setting = setting_options(facility)
    roots = {option.id for option in setting if option.after is None}
    found = []
    for size in range(len(setting) + 1):
        for chosen in combinations(setting, size):
            ids = tuple(option.id for option in chosen)
            if sum(name in roots for name in ids) <= 1:
                found.append(State("+".join(ids), ids))
    return tuple(found)


@dataclass(slots=True)
class Trust:
    """Exposures of facilities, and what follows from them.

    Attributes:
        instance: the instance.
        calendar: its calendar.
        states: states of each facility.
        facts: what a facility says of itself in a year, once it was asked for (`network.facility_facts`).
    """

    instance: Instance
    calendar: Calendar
    states: dict[str, tuple[State, ...]] = field(default_factory=dict)
    facts: dict[tuple[str, int], Mapping[str, frozenset[str]]] = field(default_factory=dict)
    _persons: dict[tuple[str, int, float], float] = field(default_factory=dict)
    _exposures: dict[tuple[str, str, str, int, float], float | None] = field(default_factory=dict)
    _counted: dict[tuple[str, str, str, int, float], float] = field(default_factory=dict)
    _may_run: dict[tuple[str, str, str, int], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.states = {name: states_of(facility) for name, facility in self.instance.facilities.items()}

    def tier(self, country: str, year: int) -> str:
        """Trust tier of a country in a year."""
        series = self.instance.countries[country]
        return str(series.raw(year, self.calendar.first_year))

    def person(self, owner: str, year: int, unlisted: float) -> float:
        """Exposure of a legal person in a year.

        Args:
            owner: its id.
            year: calendar year.
            unlisted: what an unlisted share counts, 0 or 1.
        """
        key = (owner, year, unlisted)
        if key not in self._persons:
            record = self.instance.owners[owner]
            if self.tier(record.country, year) == ADVERSARY:
                self._persons[key] = 1.0
            elif not record.owners:
                self._persons[key] = 0.0
            else:
                self._persons[key] = self.held(record.owners, year, unlisted)
        return self._persons[key]

    def held(self, holdings: Mapping[str, Holding], year: int, unlisted: float) -> float:
        """Exposure of what is held so, by the instance's ownership rule.

        look_through: sum over holders of share x exposure of the holder. control: the same sum, which counts in
        full at or over the threshold. Source: design.md 3, `ownership_rule`.
        """
        listed = sum(holding.share for holding in holdings.values())
        total = sum(holding.share * self.person(owner, year, unlisted) for owner, holding in holdings.items())
        total += max(0.0, 1.0 - listed) * unlisted
        rule = self.instance.ownership_rule
        if rule.method == "control" and rule.threshold is not None:
            if total >= rule.threshold - TOLERANCE:
                return 1.0
            return 0.0 if rule.below == "zero" else min(total, 1.0)
        return min(total, 1.0)

    def given(self, facility: Facility, state: State, kind: str) -> Series | None:
        """The series an exposure is given by in a state; None where it is computed or not given."""
        series = {str(name): given for name, given in facility.exposure.items()}.get(kind)
        for option in setting_options(facility):
            if option.id in state.options and option.sets is not None and kind in option.sets.exposure:
                series = {str(name): set_ for name, set_ in option.sets.exposure.items()}[kind]
        return series

    def exposure(self, name: str, state: State, kind: str, year: int, unlisted: float = 0.0) -> float | None:
        """Exposure of a facility in a state and year.

        Args:
            name: facility.
            state: its state.
            kind: one of `EXPOSURE_KINDS`.
            year: calendar year.
            unlisted: what unlisted shares count, for ownership.

        Returns:
            A share in [0, 1]; None where it is unknown.
        """
        key = (name, state.id, kind, year, unlisted)
        if key not in self._exposures:
            self._exposures[key] = self._exposure(name, state, kind, year, unlisted)
        return self._exposures[key]

    def _exposure(self, name: str, state: State, kind: str, year: int, unlisted: float) -> float | None:
        facility = self.instance.facilities[name]
        series = self.given(facility, state, kind)
        if series is not None:
            value = series.raw(year, self.calendar.first_year)
            return None if value == "unknown" else float(value or 0.0)
        if kind == "location":
            return 1.0 if self.tier(facility.country, year) == ADVERSARY else 0.0
        if kind == "ownership":
            return self.held(self.holders(facility, state), year, unlisted)
        return 0.0

    def holders(self, facility: Facility, state: State) -> Mapping[str, Holding]:
        """The direct holders of a facility in a state."""
        holdings: Mapping[str, Holding] = facility.owners
        for option in setting_options(facility):
            if option.id in state.options and option.sets is not None and option.sets.owners is not None:
                holdings = option.sets.owners
        return holdings

    def counted(
        self,
        name: str,
        state: State,
        kind: str,
        period: int,
        channel: Channel,
        changed: Mapping[int, Mapping[str, float]] | None = None,
    ) -> float:
        """Exposure as a channel counts it: the mean over a period, unknown as the channel says.

        Args:
            name: facility.
            state: its state.
            kind: kind of exposure.
            period: first year of the period.
            channel: the channel.
            changed: exposures that effects set, by year and kind.
        """
        unknown = 1.0 if channel.unknown == ADVERSARY else 0.0
        key = (name, state.id, kind, period, unknown)
        if not changed and key in self._counted:
            return self._counted[key]

        def value(year: int) -> float:
            if changed is not None and kind in changed.get(year, {}):
                return changed[year][kind]
            found = self.exposure(name, state, kind, year, unknown)
            return unknown if found is None else found

        found = self.calendar.mean_of(period, value)
        if not changed:
            self._counted[key] = found
        return found

    def shut_out(
        self,
        name: str,
        state: State,
        channel: str,
        period: int,
        changed: Mapping[int, Mapping[str, float]] | None = None,
    ) -> Iterator[tuple[str, float, float]]:
        """The conditions of a channel that a facility fails.

        Yields:
            (kind, exposure, cap) for each cap it is over; ("tier", 1, 0) where its tier is not listed.
        """
        record = self.instance.channels[channel]
        facility = self.instance.facilities[name]
        if record.tiers is not None and any(
            self.tier(facility.country, year) not in record.tiers for year in self.calendar.span[period]
        ):
            yield ("tier", 1.0, 0.0)
        caps = {str(name): cap for name, cap in record.max_exposure.items()}
        for kind in EXPOSURE_KINDS:
            cap = caps.get(kind)
            if cap is None:
                continue
            exposure = self.counted(name, state, kind, period, record, changed)
            if exposure > cap + TOLERANCE:
                yield (kind, exposure, cap)

    def may_run(
        self,
        name: str,
        state: State,
        channel: str,
        period: int,
        changed: Mapping[int, Mapping[str, float]] | None = None,
    ) -> bool:
        """Whether a facility in a state may run a channel in a period."""
        if changed:
            return next(self.shut_out(name, state, channel, period, changed), None) is None
        key = (name, state.id, channel, period)
        if key not in self._may_run:
            self._may_run[key] = next(self.shut_out(name, state, channel, period), None) is None
        return self._may_run[key]
