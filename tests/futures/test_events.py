"""The events file: what it may say, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic_core import PydanticCustomError

from optimizer import InstanceError
from optimizer.futures import read_events
from optimizer.futures.distribution import distribution_of
from optimizer.futures.events import EFFECT, struck
from optimizer.instance.instance import Instance

from .conftest import CLOSED, FIRE, event, file_of

EVEN = (np.arange(100_000) + 0.5) / 100_000


@pytest.mark.parametrize(
    ("written", "mean", "years"),
    [
        (2, 2.0, {2: 1.0}),
        (0.3, 0.3, {1: 1.0}),
        ({"values": {1: 3, 4: 1}}, 1.75, {1: 0.75, 4: 0.25}),
        ({"values": {1: 0, 3: 2}}, 3.0, {3: 1.0}),
        ({"uniform": [0.5, 2.5]}, 1.5, {1: 0.25, 2: 0.5, 3: 0.25}),
        ({"uniform": [2, 2]}, 2.0, {2: 1.0}),
        ({"triangular": [0, 1, 4]}, 5 / 3, {1: 0.25, 2: 5 / 12, 3: 0.25, 4: 1 / 12}),
        ({"triangular": [1, 1, 3]}, 5 / 3, {2: 0.75, 3: 0.25}),
    ],
)
def test_durations_are_drawn_as_stated_and_rounded_up(written: Any, mean: float, years: dict[int, float]) -> None:
    """Evenly spread draws have the mean of the distribution, and whole years with the chances that follow."""
    found = distribution_of(written)
    assert found.quantile(EVEN).mean() == pytest.approx(mean, abs=1e-3)
    counts = np.bincount(found.years(EVEN)) / len(EVEN)
    assert {year: share for year, share in enumerate(counts) if share > 1e-4} == pytest.approx(years, abs=1e-3)
    chances = found.chance_of_years(11)
    assert {year: share for year, share in enumerate(chances, 1) if share > 1e-6} == pytest.approx(years)
    assert distribution_of(found.plain()) == found


def test_severities_lie_on_the_grid() -> None:
    """A severity is rounded to a twentieth; a small one is not lost, and nothing stays nothing."""
    drawn = distribution_of({"values": {0: 1, 0.001: 1, 0.33: 1, 0.62: 1, 1: 1}}).steps(np.arange(0.1, 1, 0.2))
    assert (drawn / 20).tolist() == [0, 0.05, 0.35, 0.6, 1]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"values": {1: 0, 2: 0.0}}, "the weights add up to 0, so the distribution has no mass"),
        ({"values": {1: -1, 2: 3}}, "the weight of 1: -1 is out of range"),
        ({"values": {}}, "a mapping of values to weights"),
        ({"values": {"one": 1}}, "'one' is not a number"),
        ({"uniform": [3, 1]}, r"'from' 3 is over 'to' 1\|in ascending order, such as \{uniform: \[1, 3\]\}"),
        ({"triangular": [1, 5, 3]}, "'mode' 5 is over 'to' 3"),
        ({"triangular": [1, 3]}, "a list of 3 numbers"),
        ({"normal": [1, 3]}, r"'normal' is no distribution\|a number, \{values"),
        ({"uniform": [1, 2], "values": {1: 1}}, "is no distribution"),
        (float("inf"), "not a finite number"),
        (-1, "-1 is out of range"),
        ("long", "'long' is not a number"),
        (True, "True is not a number"),
    ],
)
def test_what_is_no_distribution_is_refused(written: Any, said: str) -> None:
    """What is wrong with a distribution is said, and what would be right."""
    with pytest.raises(PydanticCustomError, match=said):
        distribution_of(written)


@pytest.mark.parametrize(
    ("effect", "severity", "left"),
    [
        (FIRE, 1.0, {"available": 0.4}),
        (FIRE, 0.5, {"available": 0.7}),
        (FIRE | {"scale": "none"}, 0.5, {"available": 0.4}),
        (FIRE | {"available": 1.0}, 0.5, None),
        (CLOSED | {"available": None, "cost": 3}, 0.25, {"cost": 1.5}),
        ({"affects": "demand", "factor": 1.5}, 0.4, {"factor": 1.2}),
        ({"affects": "prices", "factor": 0.5}, 0.4, {"factor": 0.8}),
        ({"affects": "recipes", "cost": 2}, 0.1, {"cost": 1.1}),
        ({"affects": "options", "delay": 3}, 0.5, {"delay": 2}),
        ({"affects": "options", "delay": 2}, 0.2, None),
        ({"affects": "options", "delay": 2, "scale": "none"}, 0.2, {"delay": 2}),
        ({"affects": "facilities", "exposure": {"ownership": 0.8}}, 0.05, {"exposure": {"ownership": 0.8}}),
    ],
)
def test_severity_scales_what_an_effect_states(effect: Any, severity: float, left: dict[str, Any] | None) -> None:
    """From no change at 0 to the effect as stated at 1; exposures as stated; what changes nothing is no effect."""
    found = struck(EFFECT.validate_python(effect), severity, 2030, 2)
    if left is None:
        assert found is None
    else:
        assert found is not None
        assert all(getattr(found, key) == pytest.approx(value) for key, value in left.items())


def test_effects_have_the_years_of_their_strike() -> None:
    """An effect may begin later than its event strikes, and last as long as it says itself."""
    later = struck(EFFECT.validate_python(FIRE | {"after": 2, "duration": 4}), 1.0, 2030, 1)
    assert later is not None
    assert (later.from_, later.duration) == (2032, 4)
    plain = struck(EFFECT.validate_python(FIRE), 1.0, 2030, 3)
    assert plain is not None
    assert (plain.from_, plain.duration) == (2030, 3)


BAD: dict[str, Any] = {
    "fire": event(1.5, {"values": {1: 0}}, [FIRE | {"where": {"id": "plnt"}}], hazzard=0.1),
    "closed": event(
        {"start": 0.5, "growth": 0.5}, {"uniform": [3, 2]}, [CLOSED | {"from": 2030}, FIRE | {"available": None}]
    ),
    "quiet": {"hazard": 0.1, "duration": 1, "severity": 2, "effects": []},
}
BAD_CAUSES: dict[str, Any] = {
    "war": {"hazard": -0.1, "hits": {"fires": 0.5}},
    "peace": {"hazard": 0.1, "hits": {}},
    "either": {"hazard": 0.1, "exclusive": True, "hits": {"fire": 0.6, "closed": 0.5}},
}


def test_every_fault_is_told_in_one_pass(tmp_path: Path, instance: Instance) -> None:
    """File and line, key, what is wrong, what would be right: of everything at once."""
    file = file_of(tmp_path, BAD, BAD_CAUSES)
    with pytest.raises(InstanceError) as caught:
        read_events(file, instance)
    found = {(fault.key, f"{fault.wrong}; {fault.right}") for fault in caught.value.faults}
    wanted = {
        ("events.fire.hazard", "1.5 is out of range; a number in [0, 1]"),
        ("events.fire.duration", "the weights add up to 0"),
        ("events.fire.hazzard", "unknown key 'hazzard'; did you mean 'hazard'?"),
        ("events.fire.effects.0.where.id", "the 1st effect of 'fire': there is no facility 'plnt'"),
        ("events.closed.hazard", "the hazard grows to 1.12 in 2029; a number in [0, 1] in every year"),
        ("events.closed.duration", "uniform: 'from' 3 is over 'to' 2; in ascending order"),
        ("events.closed.effects.0.from", "'from' 2030 is a year of one future, and an event may strike in any;"),
        ("events.closed.effects.1", "the 2nd effect of 'closed' changes nothing; give available or exposure"),
        ("events.quiet.severity", "2 is out of range; a number in [0, 1]"),
        ("events.quiet.effects", "an event without effects changes nothing; say what happens"),
        ("causes.war.hazard", "-0.1 is out of range"),
        ("causes.war.hits.fires", "there is no event 'fires'; did you mean 'fire'?"),
        ("causes.peace.hits", "the cause 'peace' hits no event"),
        ("causes.either.hits", "the probabilities of the events of 'either' add up to 1.1; 1 or less"),
    }  # fmt: skip
    assert [one for one in wanted if not any(one[0] == key and text.startswith(one[1]) for key, text in found)] == []
    assert len(found) == len(wanted)
    assert all(fault.where.file == "events.yaml" and fault.where.line for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty; an events file begins with 'events:'"),
        ("hello", "the file is not a mapping; an events file begins with 'events:'"),
        ("schema: 1", "'events' is missing"),
        ("{}", "'events' is missing"),
        ("events: {}", "there is no event; name at least one"),
        ("schema: 2\nevents: {}", "2 is not known; one of 1"),
        ("event: {}", "unknown key 'event'; did you mean 'events'?"),
    ],
)
def test_a_file_without_events_is_refused(text: str, said: str, tmp_path: Path, instance: Instance) -> None:
    """It says how an events file begins."""
    (tmp_path / "events.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InstanceError) as caught:
        read_events(tmp_path, instance)
    assert said in str(caught.value)


def test_an_effect_that_matches_nothing_is_refused(tmp_path: Path, instance: Instance) -> None:
    """As in the scenarios of an instance, with the key that fails."""
    file = file_of(tmp_path, {"storm": event(0.1, 1, [CLOSED | {"where": {"tags": "canal"}}])})
    with pytest.raises(InstanceError, match="matches nothing: no lane or freight row has tags 'canal'") as caught:
        read_events(file, instance)
    assert caught.value.faults[0].key == "events.storm.effects.0.where.tags"


def test_a_missing_file_is_told(tmp_path: Path, instance: Instance) -> None:
    """With the folder that was looked in."""
    with pytest.raises(InstanceError, match=r"there is no file none\.yaml"):
        read_events(tmp_path / "none.yaml", instance)
