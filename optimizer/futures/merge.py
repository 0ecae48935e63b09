"""Puts sets together: two of them, or one with the scenarios that an instance has written out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimizer.errors import OptionsError
from optimizer.futures.chain import Chains, Occurrence, Path
from optimizer.futures.distribution import Distribution
from optimizer.futures.events import EFFECT, Event, Events
from optimizer.futures.file import EventsFile
from optimizer.futures.futures import UNDISTURBED, FutureSet, together
from optimizer.instance import marks
from optimizer.instance.instance import Instance
from optimizer.instance.policy import Scenario
from optimizer.instance.write import plain_text
from optimizer.network.calendar import calendar_of


def merge(one: FutureSet, other: FutureSet, weight: float) -> FutureSet:
    """Two sets of futures of one instance as one.

    Args:
        one: keeps its name.
        other: its futures get new names where the first set has the same.
        weight: of the other set, between 0 and 1; the first has the rest.

    Raises:
        OptionsError: the weight makes no sense, or both sets have another event by the same name.
    """
    if not 0 < weight < 1:
        raise OptionsError(f"the weight of {other.name} is {weight:g}; it lies between 0 and 1")
    _one_horizon(one, other)
    events = Events(
        events=_both("event", one.file.events.events, other.file.events.events),
        causes=_both("cause", one.file.events.causes, other.file.events.causes),
    )
    futures = [(name, path, (1 - weight) * one.probability[name]) for name, path in one.paths.items()]
    taken = set(one.paths)
    for name, path in other.paths.items():
        free = name if name not in taken else f"{other.name}_{name}"
        while free in taken:
            free += "_2"
        taken.add(free)
        futures.append((free, path, weight * other.probability[name]))
    paths, probability = together(futures)
    shared = ("instance", "instance_sha256", marks.MARKINGS)
    info: dict[str, Any] = {key: one.info[key] for key in shared if key in one.info}
    if markings := marks.together(part.info.get(marks.MARKINGS, {}) for part in (one, other)):
        info[marks.MARKINGS] = markings
    parts = ((one, 1 - weight), (other, weight))
    info["merged"] = [
        {"name": part.name, "weight": round(share, 15), "events_sha256": part.file.sha256}
        | {key: value for key, value in part.info.items() if key not in shared}
        for part, share in parts
    ]
    return FutureSet(one.name, one.instance, _file(events), paths, probability, info)


def written(instance: Instance, beside: Events | None = None) -> FutureSet:
    """The scenarios of an instance as a set: each is a future, and what they leave is the one without disruption.

    A scenario becomes an event that strikes by itself never (hazard 0), once, at its onset. Its branch restores stocks
    within the scenario's own recovery; where it leaves another's branch, within the later of the two.

    Args:
        instance: whose scenarios are taken.
        beside: events of a set with which this one is to be merged; names they have are not used twice.
    """
    taken = set(beside.events) if beside is not None else set()
    ids = {one.id: one.id if one.id not in taken else f"written_{one.id}" for one in instance.scenarios}
    end = instance.end_year
    events = {ids[one.id]: _event(one, end) for one in instance.scenarios if one.effects}
    chains = Chains(Events(events=events) if events else Events.model_construct(events={}), calendar_of(instance))
    by_id = {one.id: one for one in instance.scenarios}
    futures: list[tuple[str, Path, float]] = []
    rest = 1.0
    for scenario in instance.scenarios:
        rest -= scenario.probability
        chain: list[Occurrence] = []
        ancestor: Scenario | None = scenario
        while ancestor is not None:
            if ancestor.effects:
                chain.append(_occurrence(ids[ancestor.id], ancestor, end))
            ancestor = by_id.get(str(getattr(ancestor, "parent", None)))
        futures.append(
            (scenario.id, chains.groups([one for one in chain if chains.effects(one)]), scenario.probability)
        )
    futures.append((UNDISTURBED, (), max(0.0, rest)))
    paths, probability = together((name, path, share) for name, path, share in futures if share > 0)
    info = marks.about(instance) | {"written": len(futures) - 1}
    return FutureSet("written", instance, _file(chains.events), paths, probability, info)


def with_written(one: FutureSet, weight: float) -> FutureSet:
    """A set merged with the scenarios that its instance has written out.

    Args:
        one: the set.
        weight: of the instance's scenarios and of the future that they leave undisturbed, between 0 and 1.

    Raises:
        OptionsError: the weight makes no sense, or the instance has no scenario.
    """
    if not one.instance.scenarios:
        raise OptionsError(f"{one.instance.name} has no scenarios to merge with")
    return merge(one, written(one.instance, one.file.events), weight)


def _event(scenario: Scenario, end: int) -> Event:
    lasts = scenario.duration if scenario.duration is not None else end - scenario.onset
    effects = []
    for effect in scenario.effects:
        given = effect.model_dump(by_alias=True, exclude_none=True)
        since = given.pop("from", scenario.onset)
        effects.append(EFFECT.validate_python(given | {"after": since - scenario.onset}))
    return Event(
        name=scenario.name,
        duration=Distribution("values", (float(lasts),), (1.0,)),
        effects=tuple(effects),
        recovery=scenario.recovery,
        source=scenario.source,
        confidence=scenario.confidence,
        note=scenario.note,
        marking=scenario.marking,
    )


def _occurrence(name: str, scenario: Scenario, end: int) -> Occurrence:
    lasts = scenario.duration if scenario.duration is not None else end - scenario.onset
    return Occurrence(scenario.onset, name, min(lasts, end - scenario.onset), 1.0)


def _one_horizon(one: FutureSet, other: FutureSet) -> None:
    if one.instance.periods != other.instance.periods:
        raise OptionsError(f"{one.name} and {other.name} have different periods; a set has one horizon")


def _both(what: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Records of two sets by name; one that both have must be the same."""
    odd = sorted(name for name in one.keys() & other.keys() if one[name] != other[name])
    if odd:
        names = ", ".join(f"'{name}'" for name in odd)
        raise OptionsError(f"the {what} {names} is not the same in both sets; rename it in one of them")
    return {**one, **other}


def _file(events: Events) -> EventsFile:
    return EventsFile(events, plain_text(events.plain()))
