"""optimizer sample: what it writes and prints, and how it refuses."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

import optimizer
from optimizer import FutureSet

from .conftest import TINY, call

EVENTS = """
events:
  fire:
    hazard: {2027: 0, 2028: 0.5}
    duration: 1
    severity: 0.8
    effects: [{affects: facilities, where: {id: plant}, available: 0}]
  strike: {hazard: 0.1, duration: 2, effects: [{affects: facilities, where: {id: plant}, available: 0.5}]}
"""


@pytest.fixture
def place(tiny: Path) -> Path:
    (tiny / "events.yaml").write_text(EVENTS, encoding="utf-8")
    return tiny


def test_a_set_is_written_and_told(place: Path) -> None:
    """The folder holds the set; the screen says how many futures, how quiet, how often what strikes."""
    called = call("sample", "tiny.yaml", "events.yaml", "-n", 2000, "--seed", 7, "-o", "set", folder=place)
    assert called.code == 0, called.err
    found = FutureSet.read(place / "set", optimizer.load(place / "tiny.yaml"))
    assert found.info["number"] == 2000
    assert found.paths == optimizer.sample(found.instance, place / "events.yaml", number=2000, seed=7).paths
    strikes = found.info["strikes"]
    assert strikes["fire"]["expected"] == 0.5
    assert f"2,000 futures of tiny, seed 7: {len(found)} distinct" in called.out
    assert f"without any disruption: {found.undisturbed:.1%}" in called.out
    for name in ("fire", "strike"):
        row = next(line.split() for line in called.out.splitlines() if line.startswith(name))
        assert row[1:] == [f"{strikes[name][key]:.4f}" for key in ("drawn", "expected")]
    assert "written to set" in called.err


def test_one_json_document(place: Path) -> None:
    """With the reduction and the places; the default folder is named after the instance."""
    words = ("sample", "tiny.yaml", "events.yaml", "-n", 100, "--reduce", 2, "--json")
    called = call(*words, folder=place)
    assert called.code == 0, called.err
    said = called.document
    assert said["reduced"]["to"] == said["futures"] == 2
    assert said["reduced"]["from"] == said["distinct"]
    assert said["folder"] == "results/tiny_futures"
    assert said["overlay"] is None
    assert set(said["strikes"]) == {"fire", "strike"}
    assert (place / "results" / "tiny_futures" / "set.yaml").is_file()


def test_progress_is_told_unless_asked_not_to(place: Path) -> None:
    """Futures drawn, then futures kept, of how many; the counts are those of the set."""
    words = ("sample", "tiny.yaml", "events.yaml", "-n", 400, "--reduce", 2)
    told = call(*words, folder=place)
    assert told.code == 0, told.err
    assert "futures drawn: 400 of 400" in told.err
    assert "futures kept: 2 of 2" in told.err
    silent = call(*words, "--quiet", folder=place)
    assert silent.code == 0
    assert "futures" not in silent.err


def test_an_overlay_can_be_solved(place: Path) -> None:
    """Its expected cost is the mean of its futures' costs: a fire of severity 0.8 leaves a fifth of the plant."""
    (place / "events.yaml").write_text(EVENTS.partition("  strike")[0], encoding="utf-8")
    words = ("sample", "tiny.yaml", "events.yaml", "-n", 1000, "-o", "out/set", "--overlay", "out/futures.yaml")
    called = call(*words, folder=place)
    assert called.code == 0, called.err
    document = yaml.safe_load((place / "out" / "futures.yaml").read_text(encoding="utf-8"))
    assert document["extends"] == "../tiny.yaml"
    instance = optimizer.load(place / "out" / "futures.yaml")
    (scenario,) = instance.scenarios
    assert (scenario.id, scenario.onset) == ("fire_2028_1y_s80", 2028)
    drawn = FutureSet.read(place / "out" / "set", optimizer.load(place / "tiny.yaml"))
    assert scenario.probability == pytest.approx(1 - drawn.undisturbed)
    plan = optimizer.solve(instance, gap=1e-9, threads=1)
    # 2027: 5 t made and 5 short. 2028: 15 t of capacity undisturbed, 3 t in the fire.
    quiet, fire = 100 + 5 * 10 + 5 * 100 + 10 * 10, 100 + 5 * 10 + 5 * 100 + 3 * 10 + 7 * 100
    share = scenario.probability
    assert plan.objective == pytest.approx((1 - share) * quiet + share * fire)
    again = call(*words, "--seed", 3, "--quiet", folder=place)
    assert (again.code, again.out, again.err) == (0, "", "")


def test_sets_are_merged(place: Path) -> None:
    """With a saved set and with the scenarios of the instance, each with its weight."""
    scenarios = "\nscenarios: [{id: known, probability: 0.5, onset: 2027, duration: 1, effects: [" + (
        "{affects: facilities, available: 0.1}]}]\n"
    )
    (place / "tiny.yaml").write_text(TINY + scenarios, encoding="utf-8")
    assert call("sample", "tiny.yaml", "events.yaml", "-n", 50, "-o", "one", folder=place).code == 0
    words = ("sample", "tiny.yaml", "events.yaml", "-n", 50, "--seed", 4, "-o", "two")
    called = call(*words, "--scenarios", 0.4, "--merge", "one=0.5", folder=place)
    assert called.code == 0, called.err
    assert "merged:" in called.out
    found = FutureSet.read(place / "two", optimizer.load(place / "tiny.yaml"))
    assert found.probability["known"] == pytest.approx(0.5 * 0.4 * 0.5)


def test_reduced_by_cost(place: Path) -> None:
    """A table of what episodes cost takes the place of severities."""
    found = optimizer.sample(optimizer.load(place / "tiny.yaml"), place / "events.yaml", number=200, seed=0)
    table = pd.DataFrame({"episode": list(found.episodes), "usd": range(len(found.episodes))})
    table.to_csv(place / "cost.csv", index=False)
    words = ("sample", "tiny.yaml", "events.yaml", "-n", 200, "--reduce", 2, "-o", "set")
    called = call(*words, "--costs", "cost.csv", folder=place)
    assert called.code == 0, called.err
    assert "by cost: distance" in called.out
    table[1:].to_csv(place / "cost.csv", index=False)
    called = call(*words, "--costs", "cost.csv", folder=place)
    assert called.code == 2
    assert "the table of costs has no row for" in called.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--number", "0"), "number is 0"),
        (("--reduce", "0"), "keep at least one future"),
        (("--costs", "cost.csv"), "--costs is for a reduction"),
        (("--reduce", "2", "--costs", "none.csv"), "none.csv cannot be read as a table of costs"),
        (("--merge", "one"), "--merge one is not of the form DIR=WEIGHT"),
        (("--merge", "none=0.5"), "none is no set of futures"),
        (("--scenarios", "0.5"), "tiny has no scenarios to merge with"),
        (("--overlay", "x.csv"), "an overlay is a .yaml file"),
        (("--overlay", "tiny.yaml"), "is there already and was not written by this command"),
        (("-o", "."), "is there already and is no set of futures"),
    ],
)
def test_bad_usage(words: tuple[str, ...], said: str, place: Path) -> None:
    """What makes no sense ends with 2, says why, and writes nothing."""
    before = sorted(path.name for path in place.iterdir())
    called = call("sample", "tiny.yaml", "events.yaml", "-n", "10", *words, folder=place)
    assert called.code == 2
    assert said in called.err
    assert sorted(path.name for path in place.iterdir()) == before


def test_faults_of_events_are_told_all_at_once(place: Path) -> None:
    """With file and line; the command ends with 2."""
    bad = EVENTS.replace("0.5}", "1.5}", 1).replace("id: plant}, available: 0.5", "id: plan}, available: 0.5")
    (place / "events.yaml").write_text(bad, encoding="utf-8")
    called = call("sample", "tiny.yaml", "events.yaml", "--json", folder=place)
    assert called.code == 2
    faults = called.document["faults"]
    assert [(fault["key"], fault["file"]) for fault in faults] == [
        ("events.fire.hazard", "events.yaml"),
        ("events.strike.effects.0.where.id", "events.yaml"),
    ]
    assert "did you mean 'plant'?" in called.err
    assert not (place / "results").exists()
