"""What is funded and when it is on line, in the trunk and in every branch."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.instance.instance import Period
from optimizer.instance.records import Option
from optimizer.verifier.facts import Facts
from optimizer.verifier.futures import TRUNK, Block, Factors
from optimizer.verifier.reacted import Reacted
from optimizer.verifier.trust import State


class Built:
    """The portfolio, with what follows from it. Years on line are computed here, not read.

    Args:
        facts: the instance.
        factors: effects.
        funded: year of funding by facility and option.
        reacted: what branches fund themselves.
    """

    def __init__(self, facts: Facts, factors: Factors, funded: Mapping[tuple[str, str], int], reacted: Reacted) -> None:
        self.facts = facts
        self.factors = factors
        self.funded = dict(funded)
        self.reacted = reacted
        self._online: dict[tuple[str, str, str], int] = {}

    def option(self, facility: str, option: str) -> Option:
        """An option's record."""
        return next(one for one in self.facts.instance.facilities[facility].options if one.id == option)

    def options_of(self, facility: str) -> list[tuple[Option, int]]:
        """A facility's funded options and their years of funding."""
        return [
            (option, self.funded[facility, option.id])
            for option in self.facts.instance.facilities[facility].options
            if (facility, option.id) in self.funded
        ]

    def planned(self, facility: str, option: str) -> int:
        """First year on line as planned."""
        return self.funded[facility, option] + self.option(facility, option).lead

    def online(self, block: Block, facility: str, option: str) -> int:
        """First year on line in a block: as planned, later where effects delay it or what it waits for."""
        key = (block.name, facility, option)
        if key not in self._online:
            self._online[key] = self._online_in(block, facility, option)
        return self._online[key]

    def _online_in(self, block: Block, facility: str, option: str) -> int:
        record = self.option(facility, option)
        funded, planned = self.funded[facility, option], self.planned(facility, option)
        if block.name == TRUNK:
            return planned
        start = funded
        base = record.after
        if base is not None and (facility, base) in self.funded:
            base_online = self.online(block, facility, base)
            if base_online > self.planned(facility, base):
                start = max(funded, base_online)
        ready = start + record.lead
        return ready + self.factors.delay(block, facility, option, funded, ready)

    def ramp(self, block: Block, facility: str, option: Option, year: int) -> float:
        """The share of an option's size that is on line in a year."""
        age = year - self.online(block, facility, option.id)
        if not self._lives(option, age):
            return 0.0
        return option.ramp[age] if age < len(option.ramp) else 1.0

    def lives(self, block: Block, facility: str, option: Option, year: int) -> bool:
        """Whether an option is on line in a year."""
        return self._lives(option, year - self.online(block, facility, option.id))

    @staticmethod
    def _lives(option: Option, age: int) -> bool:
        return age >= 0 and (option.life is None or age < option.life)

    def existing(self, facility: str, unit: str, period: Period) -> float:
        """Existing capacity per year, mean over a period."""
        return sum(self.existing_in(facility, unit, year) for year in period.span) / period.years

    def existing_in(self, facility: str, unit: str, year: int) -> float:
        """Existing capacity in a year."""
        series = self.facts.instance.facilities[facility].capacity.get(unit)
        return series.at(year, self.facts.first) if series is not None else 0.0

    def added(self, block: Block, facility: str, unit: str, period: Period, channel: str | None = None) -> float:
        """Funded capacity per year, mean over a period; with a channel, only what is qualified for it."""
        return sum(self.added_in(block, facility, unit, year, channel) for year in period.span) / period.years

    def added_in(self, block: Block, facility: str, unit: str, year: int, channel: str | None = None) -> float:
        """Funded capacity in a year; with a channel, only what is qualified for it."""
        total = 0.0
        for option, _ in self.options_of(facility):
            size = option.capacity.get(unit, 0.0)
            wait = self.qualifies_after(option, channel) if channel is not None else 0
            if size and year - self.online(block, facility, option.id) >= wait:
                total += size * self.ramp(block, facility, option, year)
        options = self.facts.instance.facilities[facility].options
        waits = {one.id: self.qualifies_after(one, channel) for one in options} if channel is not None else {}
        return total + self.reacted.added_in(block, facility, unit, year, waits)

    def qualifies_after(self, option: Option, channel: str) -> int:
        """Years on line before an option may serve a channel: what it or any looser channel asks."""
        return max(
            (years for asked, years in option.qualification.items() if self.facts.as_strict(channel, asked)),
            default=0,
        )

    def state(self, block: Block, facility: str, year: int) -> State:
        """The state of a facility in a year."""
        return frozenset(
            option.id
            for option, _ in self.options_of(facility)
            if option.sets is not None and self.lives(block, facility, option, year)
        )

    def states(self, block: Block, facility: str, period: Period) -> dict[State, float]:
        """The states of a facility in a period, each with its share of the years."""
        shares: dict[State, float] = {}
        for year in period.span:
            state = self.state(block, facility, year)
            shares[state] = shares.get(state, 0.0) + 1.0 / period.years
        return shares
