"""Reads an events file against an instance: every fault in one pass."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from optimizer.errors import InstanceError
from optimizer.futures.events import EFFECT, HAZARD, Events
from optimizer.instance.checks import effects as effect_checks
from optimizer.instance.checks.markings import check_labels
from optimizer.instance.faults import did_you_mean
from optimizer.instance.folder import read_document
from optimizer.instance.instance import Instance
from optimizer.instance.judge import made_of
from optimizer.instance.marks import markings_of, see
from optimizer.instance.policy import Scenario
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path

FILE = "events.yaml"


@dataclass(frozen=True, slots=True)
class EventsFile:
    """An events file that fits an instance.

    Attributes:
        events: what it says.
        text: the file as given.
    """

    events: Events
    text: str

    @property
    def sha256(self) -> str:
        """A hash of the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_events(path: FilePath | str, instance: Instance) -> EventsFile:
    """Read an events file and check it against an instance.

    Args:
        path: the file, or a folder with `events.yaml`.
        instance: whose facilities, lanes, ... the effects name.

    Raises:
        InstanceError: with every fault found.
    """
    file = FilePath(path)
    file = file / FILE if file.is_dir() else file
    source = read_document(file, right="an events file begins with 'events:'")
    events = made_of(Events, copy.deepcopy(source.data), source) if not source.unread else None
    _hazards(source, instance)
    _causes(source)
    _effects(source, instance)
    if events is not None:
        check_labels(source, events, instance.markings)
    if source.faults or events is None:
        faults = sorted(dict.fromkeys(source.faults), key=lambda fault: fault.where)
        raise InstanceError(str(path), faults)
    see(markings_of(instance, events))
    return EventsFile(events, file.read_bytes().decode("utf-8-sig"))


def _records(source: Source, section: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The records of a section as written: what is wrong with one part of a record hides nothing of another."""
    written = source.data.get(section)
    for name, record in written.items() if isinstance(written, dict) else ():
        if isinstance(record, dict):
            yield str(name), record


def _hazards(source: Source, instance: Instance) -> None:
    """A hazard that grows stays a probability over the horizon."""
    for section in ("events", "causes"):
        for name, record in _records(source, section):
            try:
                hazard = HAZARD.validate_python(record.get("hazard", 0.0))
            except ValidationError:
                continue
            for year in range(instance.first_year, instance.end_year):
                value = hazard.at(year, instance.first_year)
                if value > 1:
                    wrong = f"the hazard grows to {value:.3g} in {year}"
                    source.fault((section, name, "hazard"), wrong, "a number in [0, 1] in every year of the horizon")
                    break


def _causes(source: Source) -> None:
    """A cause hits events that there are, and an exclusive one at most one of them."""
    known = source.ids("events")
    for name, cause in _records(source, "causes"):
        path: Path = ("causes", name, "hits")
        hits = cause.get("hits")
        if not isinstance(hits, dict):
            continue
        if not hits:
            source.fault(path, f"the cause '{name}' hits no event", "name the events that follow it, or leave it out")
        for event in hits:
            if event not in known:
                source.fault((*path, event), f"there is no event '{event}'", did_you_mean(event, known))
        total = sum(share for share in hits.values() if isinstance(share, int | float))
        if cause.get("exclusive") is True and total > 1 + 1e-9:
            wrong = f"the probabilities of the events of '{name}' add up to {total:g}"
            source.fault(path, wrong, "1 or less, since at most one of them follows")


def _effects(source: Source, instance: Instance) -> None:
    """What an instance's own scenarios must keep to: effects change something, and match something.

    The instance's checks run over its records with the events in the place of its scenarios. Each effect that is sound
    by itself takes part, whatever else is wrong with its event.
    """
    written = source.data.get("events")
    names = [str(name) for name in written] if isinstance(written, dict) else []
    lists = [_listed(source, name) for name in names]
    other = Source(source.file, instance.plain() | {"scenarios": [{"effects": effects} for effects in lists]})
    for path, where in source.places.items():
        if len(path) >= 2 and path[0] == "events" and path[1] in names:
            other.places["scenarios", names.index(str(path[1])), *path[2:]] = where
    scenarios = []
    for number, (name, effects) in enumerate(zip(names, lists, strict=True)):
        sound = []
        for index, effect in enumerate(effects):
            try:
                sound.append(EFFECT.validate_python(effect))
            except ValidationError:
                other.removed.add(("scenarios", number, "effects", index))
        onset = instance.first_year
        scenarios.append(Scenario.model_construct(id=name, probability=0.0, onset=onset, effects=tuple(sound)))
    scene = instance.model_copy(update={"scenarios": tuple(scenarios)})
    for check in effect_checks.CHECKS:
        check(other, scene)
    for fault in other.faults:
        _, at, *rest = fault.key.split(".")
        source.faults.append(replace(fault, key=".".join(["events", names[int(at)], *rest])))


def _listed(source: Source, name: str) -> list[Any]:
    event = source.data["events"].get(name)
    effects = event.get("effects") if isinstance(event, dict) else None
    return effects if isinstance(effects, list) else []
