"""The folder of a set: what is written is read back, and what does not fit is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from optimizer import FuturesError, FutureSet, sample
from optimizer.instance.instance import Instance

from .conftest import CLOSED, FIRE, drawn, event, file_of, plain, yard

EVENTS = {
    "fire": event(0.2, {"values": {1: 1, 3: 1}}, severity={"uniform": [0.2, 1]}),
    "storm": event(0.1, 1, [CLOSED]),
}
Spoil = Callable[[Path], None]


@pytest.fixture
def futures(tmp_path: Path) -> FutureSet:
    return drawn(tmp_path, EVENTS, number=200)


def test_a_set_reads_back_as_it_was(futures: FutureSet, tmp_path: Path, instance: Instance) -> None:
    """Futures, probabilities, occurrences, events and what is said of them; and it can be saved over itself."""
    folder = futures.save(tmp_path / "set")
    found = FutureSet.read(folder, instance)
    assert found.paths == futures.paths
    assert found.probability == futures.probability
    assert (found.name, found.info, found.file) == (futures.name, futures.info, futures.file)
    assert found.occurrences.equals(futures.occurrences)
    assert found.by_future == futures.by_future
    assert sorted(path.name for path in folder.iterdir()) == [
        "events.yaml", "futures.csv", "occurrences.csv", "set.yaml",
    ]  # fmt: skip
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    found.save(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_set_says_where_it_comes_from(futures: FutureSet, tmp_path: Path) -> None:
    """Instance, seed, number, and the events file as given, with its hash."""
    folder = futures.reduce(5).save(tmp_path / "set")
    said = plain(folder / "set.yaml")
    assert (said["format"], said["instance"], said["seed"], said["number"], said["futures"]) == (1, "yard", 1, 200, 5)
    given = (folder / "events.yaml").read_bytes()
    assert given == (tmp_path / "events.yaml").read_bytes()
    assert said["events_sha256"] == hashlib.sha256(given).hexdigest()
    assert said["reduced"]["to"] == 5
    assert 0 < said["reduced"]["distance"] < said["reduced"]["distance_of_one"]


def test_a_set_may_be_read_for_another_instance_that_it_fits(futures: FutureSet, tmp_path: Path) -> None:
    """A variant of the instance takes it; the cost of futures is the variant's."""
    folder = futures.save(tmp_path / "set")
    assert FutureSet.read(folder, yard(name="variant")).paths == futures.paths


def edited(name: str, old: str, new: str) -> Spoil:
    def spoil(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def added(name: str, line: str) -> Spoil:
    def spoil(folder: Path) -> None:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    return spoil


def gone(name: str) -> Spoil:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (gone("set.yaml"), "is no set of futures: it has no set.yaml"),
        (gone("futures.csv"), "is incomplete: it has no futures.csv"),
        (gone("events.yaml"), "there is no file events.yaml"),
        (edited("set.yaml", "format: 1", "format: 9"), "has format 9; this version reads 1"),
        (edited("set.yaml", "name: ", "nome: "), "it has no name"),
        (edited("events.yaml", "0.2", "0.3"), "is not the one that the set was drawn from"),
        (edited("futures.csv", "probability", "chance"), "lacks the column probability"),
        (added("futures.csv", "f99999,0.5"), "the probabilities add up to 1.5; it should be 1"),
        (added("futures.csv", "f00001,0"), "the future is there already"),
        (added("futures.csv", "f99999,x"), "the probability is no number"),
        (added("occurrences.csv", "f99999,fire,2030,1,1.0"), "futures.csv has no such future"),
        (added("occurrences.csv", "f00001,flood,2030,1,1.0"), "events.yaml has no such event"),
        (added("occurrences.csv", "f00001,fire,2050,1,1.0"), "no period of yard starts with this onset"),
        (added("occurrences.csv", "f00001,storm,2036,2,1.0"), "it lasts beyond the horizon"),
        (added("occurrences.csv", "f00001,storm,2036,0.5,1.0"), "the duration is no whole number"),
        (added("occurrences.csv", "f00001,storm,2036,1,0.33"), "the severity is none of 0.05, 0.1, ..., 1"),
        (added("occurrences.csv", "f00001,storm,2036,1,"), "the severity is none of"),
    ],
)
def test_a_spoilt_folder_is_refused(
    spoil: Spoil, said: str, futures: FutureSet, tmp_path: Path, instance: Instance
) -> None:
    """What is missing or does not fit is told, with the row."""
    folder = futures.save(tmp_path / "set")
    spoil(folder)
    with pytest.raises(FuturesError, match=said):
        FutureSet.read(folder, instance)


def test_a_set_whose_events_do_not_match_is_refused(futures: FutureSet, tmp_path: Path) -> None:
    """An instance without the lanes or the years that the set is about says so."""
    folder = futures.save(tmp_path / "set")
    lanes = [{"from": "mill", "to": "plant", "material": "oxide", "cost": 1, "tags": ["canal"]}]
    with pytest.raises(FuturesError, match=r"its events do not fit yard: events\.yaml:\d+ events\.storm\.effects\.0"):
        FutureSet.read(folder, yard(lanes=lanes))
    with pytest.raises(FuturesError, match="no period of yard starts with this onset"):
        FutureSet.read(folder, yard(periods=[2027, {"year": 2028, "years": 9}]))


def test_a_strike_that_changes_nothing_is_refused(tmp_path: Path, instance: Instance) -> None:
    """A delay whose severity leaves no year is no occurrence."""
    late = {"affects": "options", "where": {"facility": "plant"}, "delay": 1}
    folder = drawn(tmp_path, {"late": event(0.5, 1, [late])}, number=3).save(tmp_path / "set")
    edited("occurrences.csv", "1.0", "0.2")(folder)
    with pytest.raises(FuturesError, match=r"late at severity 0\.2 changes nothing"):
        FutureSet.read(folder, instance)


def test_what_is_not_a_set_is_not_replaced(futures: FutureSet, tmp_path: Path) -> None:
    """A folder with something else stays as it is, and nothing half written is left."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FuturesError, match="is there already and is no set of futures"):
        futures.save(tmp_path / "other")
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["notes.txt"]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_events_may_come_from_the_folder_of_a_set(futures: FutureSet, tmp_path: Path, instance: Instance) -> None:
    """The same events, seed and number give the same futures again."""
    folder = futures.save(tmp_path / "set")
    file_of(tmp_path, {"fire": event(0.9, 1, [FIRE])})
    assert sample(instance, folder, number=200, seed=1).paths == futures.paths
