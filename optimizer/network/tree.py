"""The tree of futures: on which course each future is in each period, and what each course weighs.

A scenario leaves at its onset the course on which its parent's future then is: the parent's branch while that lasts,
the trunk before and after. Source: design.md 4.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from optimizer.instance.instance import Instance
from optimizer.instance.policy import Expected, Scenario
from optimizer.network.calendar import Calendar
from optimizer.network.effects import Window, window
from optimizer.network.tables import BASE, TRUNK, Network

Path = dict[int, str]
"""Period -> course."""


def windows_of(instance: Instance, calendar: Calendar) -> dict[str, Window]:
    """The branch of every scenario with effects, in the order of the instance."""
    scenarios = {scenario.id: scenario for scenario in instance.scenarios if scenario.effects}
    found: dict[str, Window] = {}
    # A parent's onset is before its child's: whoever is sought has its parent's branch at hand.
    for name in sorted(scenarios, key=lambda s: scenarios[s].onset):
        parent = scenarios[name].parent
        found[name] = window(scenarios[name], calendar, None if parent is None else found[parent])
    children: dict[str, list[Window]] = {}
    for name, scenario in scenarios.items():
        if scenario.parent is not None:
            children.setdefault(scenario.parent, []).append(found[name])
    return {name: _ending(one, found[name], children.get(name, [])) for name, one in scenarios.items()}


def _ending(scenario: Scenario, mine: Window, children: Sequence[Window]) -> Window:
    """A branch; what is only a beginning ends when the last of those that begin with it leaves."""
    if not scenario.beginning or not children or any(child.leaves != scenario.id for child in children):
        return mine
    last = max(child.onset for child in children)
    return replace(mine, periods=tuple(t for t in mine.periods if t < last), until=last, restores=False)


def paths_of(instance: Instance, calendar: Calendar, windows: Mapping[str, Window]) -> dict[str, Path]:
    """The course of every future in every period; that of a scenario without effects is the base's.

    What is only a beginning is no future.
    """
    parents = {scenario.id: scenario.parent for scenario in instance.scenarios}
    beginnings = {scenario.id for scenario in instance.scenarios if scenario.beginning}
    found: dict[str, Path] = {BASE: dict.fromkeys(calendar.periods, TRUNK)}
    for name in sorted(windows, key=lambda s: windows[s].onset):
        mine = windows[name]
        before = found[parents[name] or BASE]
        found[name] = {
            t: before[t] if t < mine.onset else name if t in mine.periods else TRUNK for t in calendar.periods
        }
    return {name: found[name] for name in (BASE, *windows) if name not in beginnings}


def weights_of(paths: Mapping[str, Path], probability: Mapping[str, float]) -> dict[tuple[str, int], float]:
    """The probability that the future is on a course in a period; the trunk's is what the branches leave."""
    exact: dict[tuple[str, int], Decimal] = {(TRUNK, t): Decimal(1) for t in paths[BASE]}
    for future, path in paths.items():
        if future == BASE:
            continue
        share = Decimal(repr(probability[future]))
        for t, course in path.items():
            if course != TRUNK:
                exact[course, t] = exact.get((course, t), Decimal(0)) + share
                exact[TRUNK, t] -= share
    return {key: float(share) for key, share in exact.items()}


def foreseen(network: Network, future: str) -> Network:
    """The network of someone who knows which future comes: it has the whole probability. Source: design.md 4.3, regret.

    Its branches are those on the future's path; one that the path leaves is a future too, of probability 0, unless it
    is only a beginning.

    Args:
        network: with every future.
        future: `base`, or a scenario with effects.
    """
    branches = [course for course in dict.fromkeys(network.path[future].values()) if course != TRUNK]
    windows = {name: network.windows[name] for name in branches}
    paths = {name: network.path[name] for name in (BASE, *branches) if name in network.path}
    probability = {name: float(name == future) for name in paths}
    # Where others leave what is only a beginning later than this future does, nobody is on it.
    nobody = {(name, t): 0.0 for name, branch in windows.items() for t in branch.periods}
    return replace(
        network,
        instance=network.instance.model_copy(update={"risk": Expected()}),
        windows=windows,
        probability=probability,
        path=paths,
        weight=nobody | weights_of(paths, probability),
        left=frozenset(branch.leaves for branch in windows.values() if branch.leaves is not None),
        reactions={name: starts for name, starts in network.reactions.items() if name in windows},
    )
