"""From the strikes of a future to scenarios: groups, episodes, nodes, and their ids.

Strikes of one onset are one group. A group leaves the branch of the group before it if that still runs, else the trunk;
the groups from one leaving of the trunk to the next return are an episode. A node is a group with the groups of its
episode before it: what happens there is the same in every future that has it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

from optimizer.futures.events import Events, struck
from optimizer.instance.policy import Effect, Scenario
from optimizer.network.calendar import Calendar
from optimizer.network.effects import active

LONGEST_ID = 80
_DIGITS = 10
_SPELT_OUT = 2
"""Events of a group that its id names; the others are counted."""


class Occurrence(NamedTuple):
    """A strike that does something: an event, when, for how many years of the horizon, how hard."""

    onset: int
    event: str
    duration: int
    severity: float


Group = tuple[Occurrence, ...]
"""Occurrences of one onset, by event."""
Path = tuple[Group, ...]
"""Groups in the order of their onsets."""


@dataclass(frozen=True, slots=True)
class Episode:
    """What happens between leaving the trunk and being back on it.

    Attributes:
        id: that of its last node; equal episodes of different futures have equal ids.
        nodes: ids of its nodes, in the order of their onsets.
        onset: first year.
        until: first year back on the trunk; None where it runs to the horizon's end.
        path: its groups.
    """

    id: str
    nodes: tuple[str, ...]
    onset: int
    until: int | None
    path: Path


@dataclass(frozen=True)
class Node:
    """A point at which a branch leaves the trunk or another branch.

    Attributes:
        id: its name, that of its scenario.
        parent: the node before it in its episode; None for one that leaves the trunk.
        path: the groups of its episode so far; the last is its own.
    """

    id: str
    parent: str | None
    path: Path
    chains: Chains

    @cached_property
    def scenario(self) -> Scenario:
        """Its own group as a scenario, probability 0: what it inherits is its parent's to say."""
        return self.chains.scenario(self.id, self.path)


class Chains:
    """Makes scenarios of the occurrences of an instance's horizon."""

    def __init__(self, events: Events, calendar: Calendar) -> None:
        self.events = events
        self.calendar = calendar
        self._effects: dict[Occurrence, tuple[Effect, ...]] = {}
        self._spans: dict[Occurrence, tuple[int, int]] = {}
        self._names: dict[Path, str] = {}

    def effects(self, occurrence: Occurrence) -> tuple[Effect, ...]:
        """What an occurrence does within the horizon; empty where nothing is left of it."""
        if occurrence not in self._effects:
            event = self.events.events[occurrence.event]
            found = (
                struck(effect, occurrence.severity, occurrence.onset, occurrence.duration) for effect in event.effects
            )
            end = self.calendar.end_year
            kept = (one for one in found if one is not None and (one.from_ or 0) < end) if occurrence.severity else ()
            self._effects[occurrence] = tuple(kept)
        return self._effects[occurrence]

    def span(self, occurrence: Occurrence) -> tuple[int, int]:
        """The first year after the effects of an occurrence, and the first after its recovery."""
        if occurrence not in self._spans:
            end = self.calendar.end_year
            ends = [(effect.from_ or 0) + (effect.duration or 0) for effect in self.effects(occurrence)]
            over = min(max(ends), end)
            self._spans[occurrence] = over, over + self.events.events[occurrence.event].recovery
        return self._spans[occurrence]

    def groups(self, occurrences: Sequence[Occurrence]) -> Path:
        """The groups of a future."""
        ordered = sorted(occurrences)
        return tuple(tuple(group) for _, group in groupby(ordered, key=lambda one: one.onset))

    def split(self, path: Path) -> list[Path]:
        """The groups of a future by episode."""
        found: list[list[Group]] = []
        stop = 0
        for group in path:
            if not found or group[0].onset >= stop:
                found.append([])
            found[-1].append(group)
            stop = max(stop, *(self.span(one)[1] for one in group))
        return [tuple(groups) for groups in found]

    def episode(self, path: Path) -> Episode:
        """The episode of groups that `split` found together."""
        nodes = tuple(self.name(path[: length + 1]) for length in range(len(path)))
        stop = max(self.span(one)[1] for group in path for one in group)
        periods = [period for period in self.calendar.periods if period < stop]
        until = self.calendar.span[periods[-1]].stop
        return Episode(nodes[-1], nodes, path[0][0].onset, until if until < self.calendar.end_year else None, path)

    def node(self, path: Path) -> Node:
        """The node at the end of a path within an episode."""
        return Node(self.name(path), self.name(path[:-1]) if len(path) > 1 else None, path, self)

    def name(self, path: Path) -> str:
        """The id of the last group of a path: what strikes, when, for how long; a hash tells apart what came before."""
        if path not in self._names:
            first, *others = path[-1]
            words = f"{first.event}_{first.onset}_{first.duration}y{_hard(first)}"
            if len(others) < _SPELT_OUT:
                words += "".join(f"_and_{one.event}_{one.duration}y{_hard(one)}" for one in others)
            else:
                words += f"_and_{len(others)}_more"
            if len(path) > 1 or len(others) >= _SPELT_OUT or len(words) > LONGEST_ID:
                digest = hashlib.blake2b(repr([list(map(tuple, group)) for group in path]).encode()).hexdigest()
                words = f"{words[: LONGEST_ID - _DIGITS - 1]}_{digest[:_DIGITS]}"
            self._names[path] = words
        return self._names[path]

    def scenario(self, name: str, path: Path, probability: float = 0.0) -> Scenario:
        """The last group of a path as a scenario: its own effects, and the recovery of its episode so far.

        Args:
            name: id of the scenario.
            path: groups; only those of the last episode in it count.
            probability: of the scenario.
        """
        group = path[-1]
        labels = dict.fromkeys(label for one in group for label in self.events.events[one.event].marking or ())
        effects = [effect for one in group for effect in self.effects(one)]
        episode = [one for group in self.split(path)[-1] for one in group]
        over, stop = (max(values) for values in zip(*map(self.span, episode), strict=True))
        onset = group[0].onset
        end = self.calendar.end_year
        longest = max(active(effect, _NOTHING, end).stop for effect in effects) - onset
        return Scenario(
            id=name,
            name=self._said(group),
            marking=tuple(labels) if labels else None,
            probability=probability,
            onset=onset,
            duration=longest,
            effects=tuple(_without_defaults(effect, onset, longest) for effect in effects),
            recovery=stop - over,
        )

    def row(
        self, name: str, path: Path, parent: str | None, probability: float, *, beginning: bool = False
    ) -> dict[str, Any]:
        """A scenario as an instance writes it, with its parent, and whether it is only what others begin with."""
        scenario = self.scenario(name, path, probability)
        row = scenario.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)
        row["probability"] = probability
        if beginning:
            row["beginning"] = True
        row["effects"] = row.pop("effects")  # last
        row["effects"] = [{key: one[key] for key in sorted(one, key=_place)} for one in row["effects"]]
        if parent is None:
            return row
        head = {key: row.pop(key) for key in ("id", "name")}
        return head | {"parent": parent} | row

    def _said(self, group: Group) -> str:
        """A group in words."""
        events = self.events.events
        return "; ".join(
            f"{events[one.event].name or one.event}" + (f" (severity {one.severity:g})" if one.severity < 1 else "")
            for one in group
        )


_NOTHING = Scenario(id="nothing", probability=0.0, onset=2000, effects=())


def _without_defaults(effect: Effect, onset: int, longest: int) -> Effect:
    """An effect without the years that it has from its scenario."""
    years: Mapping[str, Any] = {
        "from_": None if effect.from_ == onset else effect.from_,
        "duration": None if effect.duration == longest else effect.duration,
    }
    return effect.model_copy(update=dict(years))


def _place(key: str) -> int:
    """Where a key of an effect stands when it is written."""
    return {"affects": 0, "where": 1, "from": 3, "duration": 4}.get(key, 2)


def _hard(one: Occurrence) -> str:
    return "" if one.severity == 1 else f"_s{round(100 * one.severity)}"
