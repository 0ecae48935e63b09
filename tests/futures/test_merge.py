"""Sets put together, and sets made of the scenarios that an instance has written out."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.build import instance_of

import optimizer
from optimizer import FutureSet, OptionsError
from optimizer.futures import merge, with_written, written
from optimizer.network.calendar import calendar_of
from optimizer.network.effects import active, window

from .conftest import CLOSED, FIRE, YARD, drawn, event, yard

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS: list[dict[str, Any]] = [
    {"id": "fire", "probability": 0.2, "onset": 2029, "duration": 2, "effects": [FIRE], "recovery": 1},
    {"id": "late", "probability": 0.1, "onset": 2030,
     "effects": [CLOSED | {"from": 2032, "duration": 2}, {"affects": "options", "delay": 1}]},
    {"id": "calm", "probability": 0.3, "onset": 2030, "effects": []},
]  # fmt: skip


def test_two_sets_have_the_shares_that_are_stated(tmp_path: Path) -> None:
    """Each keeps its futures with its weight, and equal ones are one."""
    events = {"fire": event({2030: 0.5, 2031: 0})}
    one = drawn(tmp_path, events, number=100, seed=1)
    other = drawn(tmp_path, events | {"storm": event(0.2, 1, [CLOSED])}, number=100, seed=2)
    found = merge(one, other, 0.25)
    assert math.fsum(found.probability.values()) == pytest.approx(1)
    expected = {path: 0.75 * one.probability[name] for name, path in one.paths.items()}
    for name, path in other.paths.items():
        expected[path] = expected.get(path, 0.0) + 0.25 * other.probability[name]
    assert {path: found.probability[name] for name, path in found.paths.items()} == pytest.approx(expected)
    assert [part["weight"] for part in found.info["merged"]] == [0.75, 0.25]
    assert [part["seed"] for part in found.info["merged"]] == [1, 2]
    folder = found.save(tmp_path / "merged")
    assert FutureSet.read(folder, found.instance).probability == found.probability


@pytest.mark.parametrize("weight", [0.0, 1.0, -0.5, 2.0])
def test_a_weight_lies_between_0_and_1(weight: float, tmp_path: Path) -> None:
    """A set of weight 0 or 1 is no merger."""
    one = drawn(tmp_path, {"fire": event(0.5)}, number=10)
    with pytest.raises(OptionsError, match="it lies between 0 and 1"):
        merge(one, one, weight)


def test_sets_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    """Another event by the same name, or another horizon."""
    one = drawn(tmp_path, {"fire": event(0.5)}, number=10)
    with pytest.raises(OptionsError, match="the event 'fire' is not the same in both sets"):
        merge(one, drawn(tmp_path, {"fire": event(0.4)}, number=10), 0.5)
    short = drawn(tmp_path, {"fire": event(0.5)}, number=10, instance=yard(periods=[2027, 2028]))
    with pytest.raises(OptionsError, match="different periods"):
        merge(one, short, 0.5)


def test_written_scenarios_are_futures(tmp_path: Path) -> None:
    """Each with its probability; what they leave, and a scenario without effects, is the future without disruption."""
    instance = instance_of(YARD | {"scenarios": SCENARIOS})
    found = written(instance)
    assert {name: round(share, 12) for name, share in found.probability.items()} == {
        "fire": 0.2, "late": 0.1, "calm": 0.7,
    }  # fmt: skip
    assert found.undisturbed == pytest.approx(0.7)
    folder = found.save(tmp_path / "written")
    assert FutureSet.read(folder, instance).paths == found.paths


def test_a_written_scenario_beside_an_event_of_its_name(tmp_path: Path) -> None:
    """Both are kept, under different names."""
    instance = instance_of(YARD | {"scenarios": SCENARIOS})
    one = drawn(tmp_path, {"fire": event(0.5)}, number=50, instance=instance)
    found = with_written(one, 0.4)
    assert set(found.file.events.events) == {"fire", "written_fire", "late"}
    late = found.futures.set_index("future")["probability"]["late"]
    assert late == pytest.approx(0.4 * 0.1)
    assert math.fsum(found.probability.values()) == pytest.approx(1)


def test_an_instance_without_scenarios_has_none_to_merge(tmp_path: Path) -> None:
    """That is said."""
    one = drawn(tmp_path, {"fire": event(0.5)}, number=10)
    with pytest.raises(OptionsError, match="yard has no scenarios to merge with"):
        with_written(one, 0.5)


@pytest.mark.parametrize("name", ["starter", "us_allied_2026", "yard"])
def test_a_written_scenario_does_what_it_did(name: str) -> None:
    """As an event that strikes at its onset it has the same effects in the same years, and the same branch."""
    instance = (
        instance_of(YARD | {"scenarios": SCENARIOS}) if name == "yard" else optimizer.load(ROOT / "instances" / name)
    )
    found = written(instance)
    calendar, end = calendar_of(instance), instance.end_year
    said = {"from_", "duration", "source", "confidence", "note"}
    for scenario in instance.scenarios:
        if not scenario.effects:
            continue
        (episode,) = found.episodes_of(scenario.id)
        again = found.nodes[episode.id].scenario

        def does(one: Any) -> list[Any]:
            return [
                (effect.model_dump(exclude=said), min(years.start, end), min(years.stop, end))
                for effect in one.effects
                for years in [active(effect, one, end)]
            ]

        assert does(again) == does(scenario)
        here, there = (replace(window(one, calendar), effects=()) for one in (again, scenario))
        assert here == there
