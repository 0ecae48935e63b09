"""Dated things that a funding meets when it is made in one year, and misses in a later one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from optimizer.instance.instance import Instance
from optimizer.instance.records import Facility
from optimizer.instance.series import Series
from optimizer.near_optimal.rows import Option
from optimizer.network.starts import Start
from optimizer.network.tables import Funding, Network


@dataclass(frozen=True, slots=True)
class Milestone:
    """A dated thing of an instance.

    Attributes:
        year: capacity must be there in this year to count.
        what: in words.
    """

    year: int
    what: str


def milestones_of(network: Network, option: Option) -> list[Milestone]:
    """Years in which a rule or target begins to ask, or a disruption begins, of those that an option can do with.

    Left out are rules of another stage, country, facility or material, and of channels that the facility may not run.
    """
    instance = network.instance
    found: list[Milestone] = []
    for number, rule in enumerate(instance.policy.rules):
        by, share = getattr(rule, "by", None), getattr(rule, "share", None)
        years = [by] if isinstance(by, int) else []
        years += _steps(share) if isinstance(share, Series) else []
        words = f"rule {number} ({rule.rule})"
        found += [Milestone(year, words) for year in years if _concerns(network, option, rule, year)]
    for name, store in instance.stockpiles.items():
        steps = [series for target in store.targets for series in (target.share, target.tonnes) if series is not None]
        found += [Milestone(year, f"targets of {name}") for series in steps for year in _steps(series)]
    found += [Milestone(item.onset, f"onset of {item.id}") for item in instance.scenarios if item.effects]
    return sorted(dict.fromkeys(found), key=lambda item: (item.year, item.what))


def _concerns(network: Network, option: Option, rule: Any, year: int) -> bool:
    """Whether what an option adds may count for a rule."""
    instance, facility = network.instance, network.instance.facilities[option[0]]
    named = [getattr(rule, key, None) for key in ("facility", "then")]
    if any(named) and option[0] not in named:
        return False
    channel = getattr(rule, "channel", None)
    period = network.calendar.period_of(year)
    if channel is not None and period is not None:
        trust = network.trust
        if not any(trust.may_run(option[0], state, channel, period) for state in trust.states[option[0]]):
            return False
    stage = getattr(rule, "stage", None)
    if stage is not None and stage not in _stages(instance, facility):
        return False
    countries = getattr(rule, "countries", None)
    return not countries or facility.country in countries


def _stages(instance: Instance, facility: Facility) -> set[str]:
    """Stages of a facility, and of what its recipes make."""
    made = (material for name in facility.recipes for material in instance.recipes[name].outputs)
    return {facility.stage, *(instance.materials[material].stage for material in made)}


def _steps(series: Series) -> Iterator[int]:
    """Years in which a series changes."""
    before: object = None
    for year, value in series.steps:
        if value != before and value not in (None, 0):
            yield year
        before = value


@dataclass(frozen=True, slots=True)
class Dates:
    """What follows from the year in which an option is funded.

    Attributes:
        online: first year on line.
        qualified: first year in which it may serve the strictest channel with a market, where it must wait for that.
        full: first year at full size.
    """

    online: int
    qualified: int | None
    full: int


def dates_of(network: Network, option: Option, year: int) -> Dates:
    """The dates of a funding on the undisturbed course."""
    starts = network.starts
    record = starts.options[option]
    online = starts.online(Start(*option, (year,)))
    served = network.instance.served_channels
    wait = starts.wait(record, served[0]) if served else 0
    return Dates(online, online + wait if wait else None, online + len(record.ramp))


def missed(network: Network, option: Option, early: int, late: int) -> list[str]:
    """What is met when an option is funded in the one year and missed in the other, by year.

    Args:
        network: of the instance.
        option: which.
        early: year of funding.
        late: a later year.
    """
    found = milestones_of(network, option)
    one, other = dates_of(network, option, early), dates_of(network, option, late)
    by: dict[tuple[int, str], list[str]] = {}
    for item in found:
        if one.online <= item.year < other.online:
            by.setdefault((item.year, ""), []).append(item.what)
        elif one.qualified is not None and other.qualified is not None and one.qualified <= item.year < other.qualified:
            strict = f" with what is qualified for {network.instance.served_channels[0]}"
            by.setdefault((item.year, strict), []).append(item.what)
    return [f"{year}{how}: {', '.join(words)}" for (year, how), words in by.items()]


def window(network: Network, option: Option) -> str:
    """Why an option cannot be funded later than its last year."""
    record, calendar = network.starts.options[option], network.calendar
    years = network.starts.years[option]
    if record.latest is not None and years and years[-1] >= max(t for t in calendar.periods if t <= record.latest):
        return f"its window ends in {record.latest}"
    return f"with a lead of {record.lead} it must be funded by {years[-1]} to be on line within the horizon"


def expansions(network: Network, option: Option, funded: Collection[Funding]) -> list[str]:
    """Options of a plan that wait for this one to be on line."""
    facility, name = option
    return [f"{f}:{o} funded in {year}" for f, o, year in funded
            if f == facility and network.starts.options[f, o].after == name]  # fmt: skip
