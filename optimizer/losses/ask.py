"""What is asked of a stress test: settings, and every fault of them at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from optimizer.errors import OptionsError, PlanError
from optimizer.instance.instance import Instance
from optimizer.losses.candidates import KINDS, losses_of
from optimizer.losses.case import lost_periods
from optimizer.network.calendar import Calendar, calendar_of
from optimizer.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Asked:
    """What a stress test is asked.

    Attributes:
        losses: K, how many may be lost at once.
        of: kind of loss, one of `KINDS`.
        duration: years of a loss.
        onsets: first years in which losses begin; empty for every period's.
        markets: markets to be served; empty for all whose channel is not the loosest.
        weights: market -> weight of a tonne short there; 1 where none is given.
        time_to_survive: longest loss tried for the time to survive, years; None for the duration.
        time_limit: seconds.
        workers: processes.
    """

    losses: int = 1
    of: str = "facilities"
    duration: int = 1
    onsets: tuple[int, ...] = ()
    markets: tuple[str, ...] = ()
    weights: Mapping[str, float] | None = None
    time_to_survive: int | None = None
    time_limit: float | None = None
    workers: int = 2

    @property
    def longest(self) -> int:
        """Longest loss tried, years."""
        return max(self.duration, self.time_to_survive or 0)


@dataclass(frozen=True, slots=True)
class Scope:
    """What follows from it for a plan.

    Attributes:
        weights: market to be served -> weight.
        onsets: first years of the losses tried.
        left_out: periods in which a loss of the duration would begin or end inside a period.
    """

    weights: dict[str, float]
    onsets: tuple[int, ...]
    left_out: tuple[int, ...]


def scope_of(plan: Plan, asked: Asked) -> Scope:
    """What is tried.

    Args:
        plan: to be tried.
        asked: what is asked.

    Raises:
        OptionsError: with every fault of what is asked.
        PlanError: there is no plan in the folder.
    """
    if not plan.tables:
        raise PlanError(f"the run on '{plan.instance.name}' ended without a plan ({plan.status}): nothing to stress")
    return check(plan.instance, asked)


def check(instance: Instance, asked: Asked) -> Scope:
    """As `scope_of`, for any plan of an instance.

    Raises:
        OptionsError: with every fault of what is asked.
    """
    if faults := faults_of(instance, asked):
        raise OptionsError("; ".join(faults))
    onsets, fits = _onsets(calendar_of(instance), asked)
    return Scope(_weights(instance, asked), fits, tuple(t for t in onsets if t not in fits))


def faults_of(instance: Instance, asked: Asked) -> list[str]:
    """Every fault of what is asked of any plan of an instance, in words."""
    calendar = calendar_of(instance)
    weights = _weights(instance, asked)
    faults = [*_size(instance, asked), *_markets(instance, asked, weights), *_time(calendar, asked)]
    if not faults and not _onsets(calendar, asked)[1]:
        faults.append(f"a loss of {_years(asked.duration)} begins or ends inside a period, whenever it begins")
    return faults


def _onsets(calendar: Calendar, asked: Asked) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """First years asked for, and those of losses that neither begin nor end inside a period."""
    onsets = asked.onsets or calendar.periods
    fits = (t for t in dict.fromkeys(onsets) if lost_periods(calendar, t, max(1, asked.duration)) is not None)
    return onsets, tuple(fits)


def _years(count: int) -> str:
    return "1 year" if count == 1 else f"{count} years"


def _size(instance: Instance, asked: Asked) -> list[str]:
    if asked.of not in KINDS:
        return [f"of is '{asked.of}'; it is one of {', '.join(KINDS)}"]
    count = len(losses_of(instance, asked.of))
    if not count:
        return [f"the instance has no {asked.of}"]
    if not 1 <= asked.losses <= count:
        return [f"losses is {asked.losses}; it is 1 to {count}: the instance has {count} {asked.of}"]
    return []


def _weights(instance: Instance, asked: Asked) -> dict[str, float]:
    loosest = list(instance.channels)[-1]
    named = asked.markets or tuple(name for name, market in instance.markets.items() if market.channel != loosest)
    return {name: (asked.weights or {}).get(name, 1.0) for name in named}


def _markets(instance: Instance, asked: Asked, weights: Mapping[str, float]) -> list[str]:
    known = ", ".join(instance.markets)
    unknown = [name for name in asked.markets if name not in instance.markets]
    faults = [f"there is no market '{name}'; there is {known}" for name in unknown]
    if not weights:
        faults.append(f"every market draws on the loosest channel: name those to be served, of {known}")
    for name, weight in (asked.weights or {}).items():
        if name not in weights:
            faults.append(f"weight names '{name}', which is none of the markets to be served: {', '.join(weights)}")
        if not 0 < weight < float("inf"):
            faults.append(f"the weight of {name} is {weight:g}; it is over 0")
    return faults


def _time(calendar: Calendar, asked: Asked) -> list[str]:
    horizon = calendar.end_year - calendar.first_year
    faults = []
    for name, years in (("duration", asked.duration), ("time_to_survive", asked.time_to_survive)):
        if years is not None and not 1 <= years <= horizon:
            faults.append(f"{name} is {years}; it is 1 to {horizon}: the horizon has {_years(horizon)}")
    for year in asked.onsets:
        if year not in calendar.periods:
            faults.append(f"onset {year} is no first year of a period; these are {_listed(calendar.periods)}")
        elif 1 <= asked.duration <= horizon and lost_periods(calendar, year, asked.duration) is None:
            faults.append(f"a loss of {_years(asked.duration)} from {year} ends inside a period")
    if asked.time_limit is not None and not asked.time_limit > 0:
        faults.append(f"time_limit is {asked.time_limit:g}; it is over 0")
    if asked.workers < 1:
        faults.append(f"workers is {asked.workers}; it is 1 or more")
    return faults


def _listed(values: Collection[int]) -> str:
    return ", ".join(str(value) for value in values)
