"""Who is eligible for an instrument, and what all of a facility's capacity makes of something at most."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

from optimizer.instance.finance import Decidable, Instrument, Purchase
from optimizer.network.effects import matches
from optimizer.network.network import facility_facts
from optimizer.network.tables import CapacityTables, Network, RunIndex
from optimizer.network.trust import TOLERANCE, State

ALL = ""
"""In place of a facility: all of them together."""


def capped(network: Network, paid: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """(instrument, facility) of what is capped among who may be paid; for all facilities together under `ALL`."""
    some = {(i, ALL): None for i, _ in paid} | dict.fromkeys(paid)
    return [pair for pair in some if cap_of(network, *pair) is not None]


def cap_of(network: Network, instrument: str, facility: str) -> float | None:
    """USD that an instrument pays at most over all years, to a facility or to all; None without a limit."""
    named = () if network.instance.finance is None else network.instance.finance.instruments
    one = next(one for one in named if one.id == instrument)
    assert isinstance(one, Decidable | Purchase)
    return one.cap if facility == ALL else one.cap_per_recipient


def eligible_years(network: Network, instrument: Instrument, facility: str, state: State, period: int) -> list[int]:
    """Years of a period in which a facility in a state is eligible: years from..until, `where`, exposures."""
    trust = network.trust
    where = {("tier" if key == "tiers" else key): value for key, value in instrument.where.items()}

    def in_year(year: int) -> bool:
        if instrument.from_ is not None and year < instrument.from_:
            return False
        if instrument.until is not None and year > instrument.until:
            return False

        def exposure(kind: str) -> float | None:
            return trust.exposure(facility, state, kind, year)

        if not matches(where, facility_facts(network.instance, trust, facility, year), exposure):
            return False
        for kind, cap in instrument.max_exposure.items():
            found = trust.exposure(facility, state, kind, year, 1.0)
            if (1.0 if found is None else found) > cap + TOLERANCE:
                return False
        return True

    return [year for year in network.calendar.span[period] if in_year(year)]


def eligible(network: Network, instrument: Instrument, facility: str, state: State, period: int) -> float:
    """Share of a period in which a facility in a state is eligible."""
    years = eligible_years(network, instrument, facility, state, period)
    return len(years) / network.calendar.years[period]


def most_of(
    network: Network, capacity: CapacityTables, facility: str, period: int, each: Mapping[RunIndex, float]
) -> float:
    """What all units of a facility bring at most in a period, at the best of their recipes.

    Args:
        network: what is solved.
        capacity: of the course.
        facility: whose units.
        period: in which.
        each: what a unit of activity brings.
    """
    by_unit: dict[str, float] = defaultdict(float)
    for run, amount in each.items():
        unit, available = capacity.unit[facility, run[2]], capacity.available[facility, run[1], period]
        by_unit[unit] = max(by_unit[unit], amount * available / capacity.use[facility, run[2]])
    years = network.calendar.years[period]
    return math.fsum(amount * capacity.most[facility, unit, period] * years for unit, amount in by_unit.items())
