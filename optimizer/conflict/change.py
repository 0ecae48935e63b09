"""Changes of an instance that a planner could make: what they are in words, as `--set`, and the instance they give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.conflict.requirement import Requirement
from optimizer.instance.instance import Instance
from optimizer.instance.movement import DemandLine, Target
from optimizer.instance.policy import Budget, Count, Rule
from optimizer.instance.records import Facility, Option
from optimizer.instance.series import Series
from optimizer.network.calendar import Calendar

BEYOND = 20
"""Years after the horizon for which a series that is changed is still written out: targets look that far."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an instance.

    Attributes:
        requirement: name of the requirement that is loosened; empty for what is no requirement.
        path: what is changed, as `--set` names it.
        amount: how much, in `unit`.
        unit: `t`, `USD`, `share`, `years`, `options`, `facilities`, `t/yr`, what is released, or empty where
            there is no less or more.
        least: no smaller change does it, where that is known.
        text: the change in words, after "if".
        instance: the instance so changed.
        to: the value that `path` then has, as it is written; None where `--set` cannot say it.
    """

    requirement: str
    path: str
    amount: float | None
    unit: str
    least: float | None
    text: str
    instance: Instance
    to: Any = None


def said_by_year(said: Mapping[int | None, str], when: str) -> str:
    """What is said of years, those of which the same is said together."""
    years: dict[str, list[str]] = defaultdict(list)
    for year, text in said.items():
        years[text].append(str(year))
    parts = []
    for text, found in years.items():
        joined = found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"
        parts.append(f"{text} {when} {joined}")
    return "; ".join(parts)


def by_year(
    series: Series, calendar: Calendar, value: Callable[[int, float], float], *, beyond: bool = False
) -> Series:
    """A series with another value in each year of the horizon.

    Args:
        series: as written.
        calendar: the horizon.
        value: of a year, and of what the series says there.
        beyond: keep what it says after the horizon; by default the last value holds on.
    """
    steps: list[tuple[int, float | str | None]] = []
    for year in range(calendar.first_year, calendar.end_year + (BEYOND if beyond else 0)):
        raw = calendar.at(series, year)
        at = value(year, raw) if year < calendar.end_year else raw
        if not steps or steps[-1][1] != at:
            steps.append((year, at))
    return Series(steps=tuple(steps))


def _with(instance: Instance, **parts: Any) -> Instance:
    return instance.model_copy(update=parts)


def with_line(instance: Instance, market: str, number: int, change: Mapping[str, Any]) -> Instance:
    """The instance with a demand line changed."""
    record = instance.markets[market]
    lines: list[DemandLine] = list(record.demand)
    lines[number] = lines[number].model_copy(update=dict(change))
    return _with(instance, markets={**instance.markets, market: record.model_copy(update={"demand": tuple(lines)})})


def with_target(instance: Instance, name: str, number: int, change: Mapping[str, Any] | None) -> Instance:
    """The instance with a target of a stockpile changed, or so small that it asks for nothing."""
    record = instance.stockpiles[name]
    targets: list[Target] = list(record.targets)
    targets[number] = targets[number].model_copy(update=dict(change or {"share": Series(constant=0.0)}))
    if change is None and targets[number].tonnes is not None:
        targets[number] = targets[number].model_copy(update={"tonnes": Series(constant=0.0)})
    return with_stockpile(instance, name, {"targets": tuple(targets)})


def with_stockpile(instance: Instance, name: str, change: Mapping[str, Any]) -> Instance:
    """The instance with a stockpile changed."""
    record = instance.stockpiles[name].model_copy(update=dict(change))
    return _with(instance, stockpiles={**instance.stockpiles, name: record})


def with_budget(instance: Instance, change: Mapping[str, Any]) -> Instance:
    """The instance with another budget."""
    budget: Budget = instance.policy.budget.model_copy(update=dict(change))
    return _with(instance, policy=instance.policy.model_copy(update={"budget": budget}))


def with_more(
    instance: Instance, calendar: Calendar, name: str, more: Mapping[int | None, float]
) -> tuple[Instance, Series]:
    """The instance with more of an appropriation, USD by first year of a period; and the appropriation by year."""
    held = instance.policy.budget.appropriations
    one = next(one for one in held if one.id == name)
    series = by_year(one.usd, calendar, lambda y, raw: raw + more.get(y, 0.0))
    larger = one.model_copy(update={"usd": series})
    return with_budget(instance, {"appropriations": tuple(larger if each is one else each for each in held)}), series


def with_rule(instance: Instance, number: int, rule: Rule) -> Instance:
    """The instance with another rule in the place of one."""
    rules = list(instance.policy.rules)
    rules[number] = rule
    return _with(instance, policy=instance.policy.model_copy(update={"rules": tuple(rules)}))


def with_channel(instance: Instance, name: str, change: Mapping[str, Any]) -> Instance:
    """The instance with a channel changed."""
    record = instance.channels[name].model_copy(update=dict(change))
    return _with(instance, channels={**instance.channels, name: record})


def with_options(instance: Instance, facility: str, change: Callable[[Option], Mapping[str, Any]]) -> Instance:
    """The instance with options of a facility changed."""
    record: Facility = instance.facilities[facility]
    options = tuple(option.model_copy(update=dict(change(option))) for option in record.options)
    return with_facility(instance, facility, {"options": options})


def with_facility(instance: Instance, name: str, change: Mapping[str, Any]) -> Instance:
    """The instance with a facility changed."""
    record = instance.facilities[name].model_copy(update=dict(change))
    return _with(instance, facilities={**instance.facilities, name: record})


NOTHING = Count(rule="count")
"""A rule that asks for nothing, to stand where one is dropped, so that the others keep their numbers."""


def looser_than(instance: Instance, channel: str) -> Iterable[str]:
    """Channels looser than one: whoever runs it must be able to run them, so they are loosened along."""
    order = list(instance.channels)
    return order[order.index(channel) + 1 :]


def without(instance: Instance, requirement: Requirement) -> Instance:
    """The instance in which a requirement does not hold, all others as they are.

    A channel without a trust condition of its own has those of the looser ones still: an instance in which a facility
    may run a channel and not a looser one is refused.
    """
    kind, parts = requirement.kind, requirement.parts
    first, last = str(parts[0]), parts[-1]
    if kind == "demand":
        return with_line(instance, first, int(last), {"shortage_cost": Series(constant=0.0)})
    if kind == "target":
        return with_target(instance, first, int(last), None)
    if kind == "budget" and first == "appropriation":
        kept = tuple(one for one in instance.policy.budget.appropriations if one.id != last)
        return with_budget(instance, {"appropriations": kept})
    if kind == "budget":
        return with_budget(instance, {first: None})
    if kind == "rule":
        return with_rule(instance, int(last), NOTHING)
    if kind == "claim":
        claims = tuple(claim for claim in instance.facilities[first].claims if claim.to != last)
        return with_facility(instance, first, {"claims": claims})
    if kind == "trust":
        return _without_trust(instance, first, str(last))
    if kind == "room":
        capacity = {m: t for m, t in instance.stockpiles[first].capacity.items() if m != last}
        return with_stockpile(instance, first, {"capacity": capacity})
    if kind == "link":
        return with_link(instance, first, None)
    if kind == "rejoin":
        record = instance.materials[str(last)]
        priced = record.model_copy(update={"price": {"": Series(constant=0.0)}})
        return _with(instance, materials={**instance.materials, str(last): priced})
    if kind == "requalification":
        record = instance.materials[first]
        rows = {k: row for k, row in record.requalification.items() if k != last}
        return _with(
            instance, materials={**instance.materials, first: record.model_copy(update={"requalification": rows})}
        )
    if kind == "friction":
        return with_facility(instance, first, {"raise_": 1.0, "contracted": 0.0})
    if kind == "qualification":
        return with_options(instance, first, lambda _: {"qualification": {}})
    assert kind == "window"
    return with_options(instance, first, lambda option: {"earliest": None, "latest": None} if option.id == last else {})


def _without_trust(instance: Instance, channel: str, kind: str) -> Instance:
    own = instance.channels[channel]
    caps = {str(name): cap for name, cap in own.max_exposure.items() if name != kind}
    tiers = None if kind == "tier" else own.tiers
    for k in looser_than(instance, channel):
        looser = instance.channels[k]
        for name, cap in looser.max_exposure.items():
            caps[str(name)] = min(cap, caps.get(str(name), cap))
        if looser.tiers is not None:
            tiers = tuple(tier for tier in looser.tiers if tiers is None or tier in tiers)
    return with_channel(instance, channel, {"tiers": tiers, "max_exposure": caps})


def with_link(instance: Instance, link: str, capacity: float | None) -> Instance:
    """The instance with another capacity of a lane or freight row."""
    kind, _, number = link.partition(":")
    i = int(number)
    if kind == "lane":
        lanes = list(instance.lanes)
        lanes[i] = lanes[i].model_copy(update={"capacity": capacity})
        return _with(instance, lanes=tuple(lanes))
    rows = list(instance.logistics.freight)
    rows[i] = rows[i].model_copy(update={"capacity": capacity})
    return _with(instance, logistics=instance.logistics.model_copy(update={"freight": tuple(rows)}))
