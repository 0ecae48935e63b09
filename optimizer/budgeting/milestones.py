"""Dated things that a funding meets when it is made in one year, and misses in a later one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from optimizer.instance.instance import Instance
from optimizer.instance.series import Series
from optimizer.near_optimal.rows import Option
from optimizer.network.starts import Start
from optimizer.network.tables import Funding, Network
from optimizer.plan.rules import label_of


@dataclass(frozen=True, slots=True)
class Milestone:
    """A dated thing of an instance.

    Attributes:
        year: capacity must be there in this year to count.
        what: in words.
    """

    year: int
    what: str


def milestones_of(instance: Instance) -> list[Milestone]:
    """Years in which a rule, a target, a demand or a scenario asks for more than the year before, in order."""
    found: list[Milestone] = []
    for number, rule in enumerate(instance.policy.rules):
        by = getattr(rule, "by", None)
        if isinstance(by, int):
            found.append(Milestone(by, f"rule {number} by {by}: {label_of(rule)}"))
        share = getattr(rule, "share", None)
        if isinstance(share, Series):
            found += [Milestone(year, f"rule {number} from {year}: {label_of(rule)}") for year in _steps(share)]
    for name, store in instance.stockpiles.items():
        for target in store.targets:
            for series in (target.share, target.tonnes):
                if isinstance(series, Series):
                    found += [Milestone(year, f"target of {name} for {target.material}") for year in _steps(series)]
    found += [Milestone(item.onset, f"onset of {item.id}") for item in instance.scenarios if item.effects]
    return sorted(dict.fromkeys(found), key=lambda item: (item.year, item.what))


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
        qualified: first year in which it may serve the strictest channel that has a market, where it must wait for that.
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


def missed(network: Network, option: Option, early: int, late: int, found: Collection[Milestone]) -> list[str]:
    """What is met when an option is funded in the one year and missed in the other.

    Args:
        network: of the instance.
        option: which.
        early: year of funding.
        late: a later year.
        found: milestones of the instance.
    """
    one, other = dates_of(network, option, early), dates_of(network, option, late)
    words = [f"{item.what} ({item.year})" for item in found if one.online <= item.year < other.online]
    if one.qualified is not None and other.qualified is not None:
        strict = network.instance.served_channels[0]
        words += [
            f"{item.what} ({item.year}, qualified for {strict})"
            for item in found
            if one.qualified <= item.year < other.qualified and not one.online <= item.year < other.online
        ]
    return words


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
