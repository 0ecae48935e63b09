"""Who is eligible for an instrument, and what all of a facility's capacity makes of something at most."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

from optimizer.errors import Fault, Where
from optimizer.instance.checks.finance import makes_what_is_paid_on
from optimizer.instance.finance import Capital, Decidable, Instrument, Purchase
from optimizer.instance.instance import Instance
from optimizer.network.calendar import calendar_of
from optimizer.network.effects import matches
from optimizer.network.network import facility_facts
from optimizer.network.tables import CapacityTables, Network, RunIndex
from optimizer.network.trust import TOLERANCE, State, Trust

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
    trust, span = network.trust, network.calendar.span[period]
    return [year for year in span if _in_year(trust, instrument, facility, state, year)]


def _in_year(trust: Trust, instrument: Instrument, facility: str, state: State, year: int) -> bool:
    where = {("tier" if key == "tiers" else key): value for key, value in instrument.where.items()}
    if instrument.from_ is not None and year < instrument.from_:
        return False
    if instrument.until is not None and year > instrument.until:
        return False

    def exposure(kind: str) -> float | None:
        return trust.exposure(facility, state, kind, year)

    if not matches(where, facility_facts(trust.instance, trust, facility, year), exposure):
        return False
    return not any(
        counted(trust, facility, state, kind, year) > cap + TOLERANCE for kind, cap in instrument.max_exposure.items()
    )


def counted(trust: Trust, facility: str, state: State, kind: str, year: int) -> float:
    """Exposure of a facility as `max_exposure` of an instrument counts it: what is not known is all of it."""
    found = trust.exposure(facility, state, kind, year, 1.0)
    return 1.0 if found is None else found


def ineligible(instance: Instance) -> list[Fault]:
    """Instruments that nobody is eligible for in any year, once exposures and tiers by year are worked out.

    What `where` says of fields that do not change is judged with the records (`somebody_is_eligible`).
    """
    finance, calendar = instance.finance, calendar_of(instance)
    trust = Trust(instance, calendar)
    faults: list[Fault] = []
    for number, one in enumerate(() if finance is None else finance.instruments):
        loose = one.model_copy(update={"max_exposure": {}})
        makers = [name for name in instance.facilities if makes_what_is_paid_on(instance, one, name)]
        near: list[tuple[float, str, str]] = []  # how far over its caps, who, in words
        for name in makers:
            states = trust.states[name][:1] if isinstance(one, Capital) else trust.states[name]
            when = [(state, year) for state in states for t in calendar.periods for year in calendar.span[t]]
            when = [(state, year) for state, year in when if _in_year(trust, loose, name, state, year)]
            for state, year in when:
                over = [(counted(trust, name, state, kind, year) - cap, kind) for kind, cap in one.max_exposure.items()]
                worst, kind = max(over, default=(0.0, ""))
                held = "" if not kind else f"{counted(trust, name, state, kind, year):g} of {kind} exposure in {year}"
                near.append((worst, name, held))
        if any(worst <= TOLERANCE for worst, _, _ in near):
            continue
        if near:
            _, name, held = min(near)
            wrong = f"nobody is eligible for {one.id}: all are over its max_exposure; nearest is {name} with {held}"
            right = "what is not known counts as 1; raise the cap, or give holders and exposures"
        else:
            wrong = f"nobody is eligible for {one.id} in any year, by exposures, tiers and its years"
            right = "widen its where, or its years"
        faults.append(Fault(Where(), f"finance.instruments.{number}", wrong, right))
    return faults


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
