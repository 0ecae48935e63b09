"""What an appropriation pays for, and what of it there is in any years."""

from __future__ import annotations

from optimizer.instance.policy import Appropriation
from optimizer.network.calendar import Calendar
from optimizer.network.effects import matches
from optimizer.network.network import facility_facts
from optimizer.network.starts import Start
from optimizer.network.tables import Network

AppropriationIndex = tuple[str, int, int]
"""Appropriation, first and last period of the years."""


def appropriations_of(network: Network) -> dict[str, Appropriation]:
    """All of an instance, by id."""
    return {one.id: one for one in network.instance.policy.budget.appropriations}


def periods_together(network: Network) -> list[AppropriationIndex]:
    """The runs of periods in which an appropriation must hold.

    What is spent can be paid by years that are available if and only if, in every run of years, it is no more than what
    is available in one of them (Hall's condition, for each year serves a run of years). Where money is lost at the
    end of its year, single periods say it all.
    """
    periods = network.calendar.periods
    return [
        (name, first, last)
        for name, one in appropriations_of(network).items()
        for i, first in enumerate(periods)
        for last in (periods[i:] if one.available_for > 1 else (first,))
    ]


def available(calendar: Calendar, one: Appropriation, first: int, last: int) -> float:
    """What may be spent in some year of a run of periods, USD of the years in which it is given.

    Args:
        calendar: the horizon; nothing is given before it.
        one: the appropriation.
        first: first period of the run.
        last: its last period.
    """
    earliest = max(calendar.first_year, first - one.available_for + 1)
    return sum(calendar.at(one.usd, year) for year in range(earliest, calendar.span[last].stop))


def pays_capex(network: Network, one: Appropriation, start: Start) -> bool:
    """Whether it pays the public share of a funding, by what the facility is when it is funded."""
    if one.capex is None:
        return False
    return matches(one.capex, facility_facts(network.instance, network.trust, start.facility, start.year))


def deflator_in(network: Network, year: int) -> float:
    """Dollars of a year for a dollar of the base year."""
    series = network.instance.policy.budget.deflator
    return 1.0 if series is None else network.calendar.at(series, year)


def deflator_of(network: Network, period: int) -> float:
    """The mean over the years of a period."""
    series = network.instance.policy.budget.deflator
    return 1.0 if series is None else network.calendar.mean(series, period)
