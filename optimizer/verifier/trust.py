"""Who depends on whom: ownership exposure, the exposures of a state, and the channels that a facility may run."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.instance.fields import EXPOSURE_KINDS, Holding
from optimizer.instance.instance import Period
from optimizer.instance.policy import FacilityEffect
from optimizer.instance.series import Series
from optimizer.verifier.facts import Facts
from optimizer.verifier.futures import Block, Factors, matches, product

State = frozenset[str]
"""The options with `sets` that are on line at a facility."""

_ROUNDS = 10_000
_THRESHOLD_SLACK = 1e-9


class Trust:
    """Exposures by facility, state, kind and year."""

    def __init__(self, facts: Facts, factors: Factors, slack: float) -> None:
        self.facts = facts
        self.factors = factors
        self.slack = slack
        self._persons: dict[tuple[int, float], dict[str, float]] = {}
        self._plain: dict[tuple[str, State, str, int, float], float] = {}
        self._hits: dict[tuple[str, str, State, int], list[FacilityEffect]] = {}

    # Ownership

    def _share(self, holders: Mapping[str, Holding], known: Mapping[str, float], unlisted: float) -> float:
        """The adversaries' share through given holders; what is not listed counts as said."""
        listed = sum(holding.share for holding in holders.values())
        total = sum(holding.share * known.get(holder, 0.0) for holder, holding in holders.items())
        total += max(0.0, 1.0 - listed) * unlisted
        rule = self.facts.instance.ownership_rule
        if rule.method == "control" and rule.threshold is not None:
            if total >= rule.threshold - _THRESHOLD_SLACK:
                return 1.0
            return total if rule.below == "share" else 0.0
        return total

    def persons(self, year: int, unlisted: float) -> dict[str, float]:
        """The exposure of every legal person in a year."""
        known = self._persons.get((year, unlisted))
        if known is not None:
            return known
        owners = self.facts.instance.owners
        adverse = {name: self.facts.tier(owner.country, year) == "adversary" for name, owner in owners.items()}
        values = {name: 1.0 if adverse[name] else 0.0 for name in owners}
        # Values only grow from round to round, so this ends, also where holdings go in a circle.
        for _ in range(_ROUNDS):
            fresh = {
                name: 1.0 if adverse[name] else self._share(owner.owners, values, unlisted) if owner.owners else 0.0
                for name, owner in owners.items()
            }
            settled = all(abs(fresh[name] - values[name]) <= 1e-15 for name in owners)
            values = fresh
            if settled:
                break
        self._persons[year, unlisted] = values
        return values

    # Exposures

    def plain_exposure(self, facility: str, state: State, kind: str, year: int, unknown: float) -> float:
        """The exposure of a facility in a state and year, before any effect."""
        key = (facility, state, kind, year, unknown)
        if key not in self._plain:
            self._plain[key] = self._plain_exposure(facility, state, kind, year, unknown)
        return self._plain[key]

    def _plain_exposure(self, facility: str, state: State, kind: str, year: int, unknown: float) -> float:
        record = self.facts.instance.facilities[facility]
        given: Series | None = record.exposure.get(kind)  # type: ignore[call-overload]
        holders: Mapping[str, Holding] = record.owners
        for option in record.options:
            if option.id not in state or option.sets is None:
                continue
            if option.sets.owners is not None:
                holders = option.sets.owners
                given = None if kind == "ownership" else given
            given = option.sets.exposure.get(kind, given)  # type: ignore[call-overload]
        if given is not None:
            value = given.raw(year, self.facts.first)
            return unknown if value == "unknown" else 0.0 if value is None or isinstance(value, str) else value
        if kind == "location":
            return 1.0 if self.facts.tier(record.country, year) == "adversary" else 0.0
        if kind == "ownership":
            return self._share(holders, self.persons(year, unknown), unknown)
        return 0.0

    def _effects(self, block: Block, facility: str, state: State, year: int) -> list[FacilityEffect]:
        """The effects on facilities that hit a facility in a state in a year."""
        key = (block.name, facility, state, year)
        if key not in self._hits:
            self._hits[key] = self._effects_on(block, facility, state, year)
        return self._hits[key]

    def _effects_on(self, block: Block, facility: str, state: State, year: int) -> list[FacilityEffect]:
        hit = []
        for effect in block.active(year):
            if isinstance(effect, FacilityEffect):
                exposures = {
                    kind: self.plain_exposure(facility, state, kind, year, 0.0)
                    for kind in EXPOSURE_KINDS
                    if kind in effect.where
                }
                if matches(effect.where, self.factors.facility_fields(facility, year), exposures):
                    hit.append(effect)
        return hit

    def exposure(self, block: Block, facility: str, state: State, kind: str, period: Period, unknown: float) -> float:
        """The mean exposure over a period, with the effects of the block."""
        total = 0.0
        for year in period.span:
            set_to: list[float] = []
            for effect in self._effects(block, facility, state, year):
                set_to += [share for name, share in effect.exposure.items() if name == kind]
            plain = self.plain_exposure(facility, state, kind, year, unknown)
            total += max(set_to) if set_to else plain
        return total / period.years

    def available(self, block: Block, facility: str, state: State, period: Period) -> float:
        """The mean factor on capacity over a period, for a facility in a state."""
        return sum(self.available_in(block, facility, state, year) for year in period.span) / period.years

    def available_in(self, block: Block, facility: str, state: State, year: int) -> float:
        """The factor on capacity in a year, for a facility in a state."""
        effects = self._effects(block, facility, state, year)
        return product(effect.available for effect in effects if effect.available is not None)

    def unknown(self, channel: str) -> float:
        """What unknown exposures count in a channel."""
        return 1.0 if self.facts.instance.channels[channel].unknown == "adversary" else 0.0

    def barred(self, block: Block, facility: str, state: State, channel: str, period: Period) -> str:
        """Why a facility in a state may not run a channel; empty if it may."""
        record = self.facts.instance.channels[channel]
        country = self.facts.instance.facilities[facility].country
        if record.tiers is not None:
            for year in period.span:
                tier = self.facts.tier(country, year)
                if tier not in record.tiers:
                    return f"{country} is {tier or 'of no tier'} in {year}"
        for kind, cap in record.max_exposure.items():
            exposure = self.exposure(block, facility, state, kind, period, self.unknown(channel))
            if exposure > cap + self.slack:
                return f"exposure {kind} is {exposure:.6g}, over the cap of {cap:g}"
        return ""
