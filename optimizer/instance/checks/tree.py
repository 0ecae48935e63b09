"""Scenarios that leave another's branch: the parent is there, has a branch, and begins earlier."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.instance.checks.base import listed, orderly, raw, removal
from optimizer.instance.faults import did_you_mean
from optimizer.instance.instance import Instance
from optimizer.instance.policy import Scenario
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path


def parents_exist(source: Source, instance: Instance) -> None:
    """A parent is another scenario of the instance."""
    written = raw(source, "scenarios")
    if not isinstance(written, list):
        return
    known = [str(row["id"]) for row in written if isinstance(row, dict) and "id" in row]
    for path, scenario in _children(source, instance):
        place, name = (*path, "parent"), scenario.parent or ""
        others = [other for other in known if other != scenario.id]
        if name == scenario.id:
            right = "another scenario; without parent it leaves the trunk"
            source.fault(place, f"'{name}' is its own parent", right)
        elif name not in others:
            right = removal(source, ("scenarios",), name) or did_you_mean(name, others)
            source.fault(place, f"there is no scenario '{name}'", right or "without parent it leaves the trunk")


def parents_go_in_no_circle(source: Source, instance: Instance) -> None:
    """Whoever goes from parent to parent comes to a scenario without one."""
    places = {scenario.id: (*path, "parent") for path, scenario in _children(source, instance)}
    for circle in _circles(instance):
        if len(circle) > 1:
            follows = ", ".join(f"'{a}' follows '{b}'" for a, b in zip(circle, [*circle[1:], circle[0]], strict=True))
            right = "one of them has another parent, or none"
            source.fault(places[circle[0]], f"parents go in a circle: {follows}", right)


def parents_begin_earlier(source: Source, instance: Instance) -> None:
    """A scenario's onset is later than its parent's."""
    scenarios = _by_id(instance)
    starts = [period.year for period in instance.periods] if orderly(source, instance) else []
    in_circle = {name for circle in _circles(instance) for name in circle}
    for path, scenario in _children(source, instance):
        parent = scenarios.get(scenario.parent or "")
        if parent is None or scenario.id in in_circle or scenario.onset > parent.onset:
            continue
        wrong = f"'{scenario.id}' begins in {scenario.onset}, not after its parent '{parent.id}' in {parent.onset}"
        later = [str(year) for year in starts if year > parent.onset]
        right = f"one of {', '.join(later)}" if later else f"no period begins after {parent.onset}: leave parent out"
        source.fault((*path, "onset"), wrong, right)


def who_leaves_a_branch_has_effects(source: Source, instance: Instance) -> None:
    """A parent has effects, so that there is a branch to leave, and so has its child, or it would not leave it."""
    scenarios = _by_id(instance)
    for path, scenario in _children(source, instance):
        parent = scenarios.get(scenario.parent or "")
        if parent is not None and parent is not scenario and not parent.effects and _whole(source, instance, parent):
            wrong = f"the parent '{parent.id}' has no effects, so it has no branch to leave"
            source.fault((*path, "parent"), wrong, "name a scenario with effects; without parent it leaves the trunk")
        if not scenario.effects and _whole(source, instance, scenario):
            wrong = f"'{scenario.id}' has a parent and no effects: it is the future of '{scenario.parent}' once more"
            right = f"give it effects, or leave it out and add its probability to that of '{scenario.parent}'"
            source.fault((*path, "effects"), wrong, right)


def beginnings_are_left(source: Source, instance: Instance) -> None:
    """What is only a beginning has no probability, and some scenario begins with it."""
    parents = {scenario.parent for scenario in instance.scenarios}
    for path, scenario in listed(source, ("scenarios",), instance.scenarios):
        if not scenario.beginning:
            continue
        if scenario.probability > 0:
            wrong = f"'{scenario.id}' is only a beginning and has probability {scenario.probability:g}"
            right = "probability 0, or no 'beginning': a future that may end there is a scenario like any other"
            source.fault((*path, "probability"), wrong, right)
        if scenario.id not in parents:
            wrong = f"'{scenario.id}' is only a beginning, and no scenario has it as parent"
            source.fault((*path, "beginning"), wrong, "leave 'beginning' out, or name it as the parent of another")


def _children(source: Source, instance: Instance) -> Iterator[tuple[Path, Scenario]]:
    """The scenarios with a parent."""
    for path, scenario in listed(source, ("scenarios",), instance.scenarios):
        if scenario.parent is not None:
            yield path, scenario


def _by_id(instance: Instance) -> dict[str, Scenario]:
    return {scenario.id: scenario for scenario in reversed(instance.scenarios)}


def _circles(instance: Instance) -> list[list[str]]:
    """The circles in which parents go, each from the first of its scenarios on."""
    scenarios = _by_id(instance)
    circles: list[list[str]] = []
    done: set[str] = set()
    for scenario in instance.scenarios:
        walked: dict[str, None] = {}
        name: str | None = scenario.id
        while name in scenarios and name not in done and name not in walked:
            walked[name] = None
            name = scenarios[name].parent
        if name in walked:
            steps = list(walked)
            circles.append(steps[steps.index(name) :])
        done.update(walked)
    return circles


def _whole(source: Source, instance: Instance, scenario: Scenario) -> bool:
    """Whether no effect of a scenario was left out, so that one without effects has none as written."""
    paths = [path for path, other in listed(source, ("scenarios",), instance.scenarios) if other is scenario]
    return not any(gone[: len(path) + 1] == (*path, "effects") for path in paths for gone in source.removed)


CHECKS = (
    parents_exist,
    parents_go_in_no_circle,
    parents_begin_earlier,
    beginnings_are_left,
    who_leaves_a_branch_has_effects,
)
