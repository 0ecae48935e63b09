"""From strikes to scenarios: groups, parents, episodes, ids, overlays."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.build import instance_of, text_of

import optimizer
from optimizer import FutureSet
from optimizer.futures import overlay_text, scenario_rows
from optimizer.futures.chain import Occurrence
from optimizer.futures.overlay import decimals
from optimizer.instance.policy import Scenario
from optimizer.network.effects import active, window

from .conftest import CLOSED, FIRE, YARD, drawn, event, plain, yard

ODD = [2027, 2028, {"year": 2029, "years": 2}, {"year": 2031, "years": 3}, 2034, 2035, 2036]


def at(onset: int, name: str, duration: int = 1, severity: float = 1.0) -> Occurrence:
    return Occurrence(onset, name, duration, severity)


def chained(folder: Path, *futures: list[Occurrence], **options: Any) -> FutureSet:
    """A set whose futures are these, with two events that restore stocks within a year."""
    events = {"fire": event(0.5, recovery=1), "storm": event(0.5, 1, [CLOSED], recovery=1)} | options.pop("events", {})
    made = drawn(folder, events, number=1, **options)
    paths = {f"f{number}": made.chains.groups(future) for number, future in enumerate(futures, 1)}
    return FutureSet("made", made.instance, made.file, paths, dict.fromkeys(paths, 1 / len(paths)))


def test_strikes_of_one_year_are_one_scenario(tmp_path: Path) -> None:
    """It has the effects of both, each for as long as it lasts."""
    futures = chained(tmp_path, [at(2029, "fire", 2), at(2029, "storm")])
    (episode,) = futures.episodes_of("f1")
    assert episode.nodes == ("fire_2029_2y_and_storm_1y",)
    scenario = futures.nodes[episode.id].scenario
    years = {effect.affects: list(active(effect, scenario, 2037)) for effect in scenario.effects}
    assert years == {"facilities": [2029, 2030], "lanes": [2029]}
    assert (scenario.onset, scenario.recovery, scenario.probability) == (2029, 1, 0.0)


def test_a_second_blow_is_a_child(tmp_path: Path) -> None:
    """While the branch of the first runs, recovery included, the next leaves it; after that it leaves the trunk."""
    first = at(2028, "fire", 2)
    futures = chained(tmp_path, [first, at(2030, "storm")], [first, at(2031, "storm")])
    (together,) = futures.episodes_of("f1")
    assert (together.onset, together.until, len(together.nodes)) == (2028, 2032, 2)
    parent, child = together.nodes
    assert futures.nodes[parent].parent is None
    assert futures.nodes[child].parent == parent == "fire_2028_2y"
    assert re.fullmatch(r"storm_2030_1y_[0-9a-f]{10}", child)
    assert [effect.affects for effect in futures.nodes[child].scenario.effects] == ["lanes"]
    apart = futures.episodes_of("f2")
    assert [(one.id, one.onset, one.until) for one in apart] == [
        ("fire_2028_2y", 2028, 2031),
        ("storm_2031_1y", 2031, 2033),
    ]


def test_equal_episodes_of_different_futures_are_one(tmp_path: Path) -> None:
    """After a return to the trunk what came before does not matter, and beginnings are shared."""
    late = [at(2034, "storm"), at(2035, "fire")]
    futures = chained(tmp_path, [at(2028, "fire"), *late], late, [at(2028, "fire")], [at(2034, "storm")])
    assert futures.by_future["f1"] == (futures.by_future["f3"][0], futures.by_future["f2"][0])
    assert len(futures.episodes) == 3
    assert len(futures.nodes) == 3
    names = list(futures.nodes)
    assert all(
        node.parent is None or names.index(node.parent) < names.index(node.id) for node in futures.nodes.values()
    )


def test_a_child_restores_with_the_slowest_of_its_lineage(tmp_path: Path) -> None:
    """Its recovery counts from the last effect, own or inherited, to the year in which all have recovered."""
    slow = {"slow": event(0.1, 3, recovery=4)}
    futures = chained(tmp_path, [at(2028, "slow", 3), at(2029, "fire", 4)], events=slow)
    (episode,) = futures.episodes_of("f1")
    assert futures.nodes[episode.nodes[0]].scenario.recovery == 4  # 2031 to 2035
    assert futures.nodes[episode.nodes[1]].scenario.recovery == 2  # 2033 to 2035
    assert episode.until == 2035


@pytest.mark.parametrize("periods", [list(range(2027, 2037)), ODD], ids=["years", "odd_periods"])
def test_branches_end_when_the_network_says(periods: Any, tmp_path: Path) -> None:
    """An episode's groups and its end are those that `window` gives for a scenario with all effects of the lineage."""
    events = {
        "fire": event(0.06, {"values": {1: 2, 3: 1}}, recovery=1, severity={"uniform": [0.1, 1]}),
        "storm": event(0.05, 1, [CLOSED, FIRE | {"after": 1, "duration": 2}], recovery=2),
        "flood": event(0.04, {"uniform": [1, 4]}, recovery=0),
    }
    futures = drawn(tmp_path, events, instance=yard(periods=periods), number=300)
    calendar, end = futures.chains.calendar, futures.instance.end_year
    seen: Counter[int] = Counter()
    for name in futures.paths:
        running: Any = None
        counted = 0
        for episode in futures.episodes_of(name):
            inherited: list[Any] = []
            for node in map(futures.nodes.__getitem__, episode.nodes):
                scenario = node.scenario
                runs = running is not None and scenario.onset in running.periods
                assert runs == (node.parent is not None), (name, node.id)
                own = [
                    effect.model_copy(update={"from_": years.start, "duration": len(years)})
                    for effect in scenario.effects
                    for years in [active(effect, scenario, end)]
                ]
                inherited += own
                whole = Scenario(
                    id="whole", probability=0.0, onset=scenario.onset, effects=tuple(inherited),
                    recovery=scenario.recovery,
                )  # fmt: skip
                running = window(whole, calendar)
                counted += 1
            assert running.until == episode.until, (name, episode.id)
        assert counted == len(futures.paths[name])
        seen[len(futures.episodes_of(name))] += 1
    assert seen[1] > 20
    assert seen[2] > 20


def test_ids_are_readable_short_and_tell_futures_apart(tmp_path: Path) -> None:
    """Small letters, digits and _, at most 80 of them; severity is named where it is not whole."""
    long = "a" * 70
    events = {name: event(0.1) for name in ("one", "two", "three", long)}
    both = [at(2028, "one"), at(2028, "two"), at(2028, "three", 2)]
    futures = chained(
        tmp_path, [at(2030, "fire", 2, 0.35)], both, [*both[:2], at(2028, "three")],
        [at(2028, long), at(2028, "two")], [at(2028, long), at(2028, "one")], events=events,
    )  # fmt: skip
    first, *others = (names[0] for names in futures.by_future.values())
    assert first == "fire_2030_2y_s35"
    assert len(set(others)) == 4
    assert all(re.fullmatch(r"[a-z0-9_]{1,80}", name) for name in others)
    assert re.fullmatch(r"one_2028_1y_and_2_more_[0-9a-f]{10}", others[0])


def test_an_overlay_holds_the_futures_as_scenarios(tmp_path: Path) -> None:
    """Chains by parent; what is only a beginning has probability 0; an instance's own scenarios go."""
    data = YARD | {"scenarios": [{"id": "old", "probability": 0.1, "onset": 2028, "effects": [FIRE]}]}
    fire, storm = at(2028, "fire"), at(2035, "storm")
    futures = chained(tmp_path, [fire, storm], [storm], [], [fire, at(2029, "storm")], instance=instance_of(data))
    overlay = tmp_path / "futures.yaml"
    overlay.write_text(overlay_text(futures, "../yard", "futures"), encoding="utf-8")
    found = plain(overlay)
    assert (found["extends"], found["name"], found["remove"]) == ("../yard", "futures", {"scenarios": "all"})
    rows = {row["id"]: (row.get("parent"), row["probability"], row["onset"]) for row in found["add"]["scenarios"]}
    assert {row["id"] for row in found["add"]["scenarios"] if row.get("beginning")} == {"fire_2028_1y"}
    assert rows.pop("fire_2028_1y") == (None, 0.0, 2028)
    assert rows.pop("storm_2035_1y") == (None, 0.25, 2035)
    assert sorted(rows.values()) == [("fire_2028_1y", 0.25, 2029), ("fire_2028_1y", 0.25, 2035)]


def test_an_overlay_is_an_instance(tmp_path: Path) -> None:
    """Where no future has a second blow, it can be loaded today; its probabilities are those of the futures."""
    (tmp_path / "yard.yaml").write_text(text_of(YARD), encoding="utf-8")
    futures = drawn(tmp_path, {"fire": event({2029: 0.3, 2030: 0}, 2, severity={"uniform": [0.3, 1]})}, number=3000)
    overlay = tmp_path / "futures.yaml"
    overlay.write_text(overlay_text(futures, "yard.yaml", "futures"), encoding="utf-8")
    loaded = optimizer.load(overlay)
    exact = sum((Decimal(repr(one.probability)) for one in loaded.scenarios), Decimal(0))
    assert float(exact) == pytest.approx(1 - futures.undisturbed, abs=1e-9)
    assert {one.id for one in loaded.scenarios} == set(futures.nodes)
    for one in loaded.scenarios:
        node = futures.nodes[one.id].scenario
        assert (one.effects, one.onset, one.duration) == (node.effects, node.onset, node.duration)


@pytest.mark.parametrize("number", [3, 7, 3000, 10_000])
def test_probabilities_of_an_overlay_never_exceed_one(number: int) -> None:
    """Summed as exact decimals, whatever share each future has."""
    found = decimals([1 / number] * number)
    total = sum((Decimal(repr(share)) for share in found), Decimal(0))
    assert 1 - Decimal("1e-8") < total <= 1


def test_futures_without_disruption_make_no_overlay(tmp_path: Path) -> None:
    """It would change nothing, which is said."""
    futures = drawn(tmp_path, {"fire": event(0.0)}, number=5)
    assert futures.undisturbed == 1
    assert scenario_rows(futures) == []
    with pytest.raises(optimizer.OptionsError, match="no future has a disruption"):
        overlay_text(futures, "..", "none")
