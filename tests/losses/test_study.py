"""A stress test can be stopped and gone on with, its bounds hold, and what makes no sense is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.build import solve

import optimizer
from optimizer.losses.report import LOSSES, WORST
from optimizer.plan.plan import Plan

from .conftest import coast, tried

ASKED: dict[str, Any] = {"losses": 2, "duration": 2}


def test_a_stopped_test_tells_bounds_and_goes_on(plan: Plan, folder: Path) -> None:
    """Ctrl-C at any time: lower and upper bound hold the truth, and the same test goes on from the rows it has."""
    whole = tried(plan, folder.parent / "whole", **ASKED)
    for after in (1, 3, 4):
        calls = [0]

        def stop(_what: str, _done: int, _of: int, calls: list[int] = calls, after: int = after) -> None:
            calls[0] += 1
            if calls[0] > after:
                raise KeyboardInterrupt

        found = tried(plan, folder, **ASKED, tell=stop)
        assert found.info["status"] == "stopped"
        assert "interrupted" in found.info["verdict"]
        assert (found.info["lower"] or 0.0) <= whole.info["lower"] <= found.info["upper"]
        assert (folder / "stress.json").is_file()
    before = (folder / "sets.csv").read_text(encoding="utf-8").splitlines()
    again = tried(plan, folder, **ASKED)
    after_ = (folder / "sets.csv").read_text(encoding="utf-8").splitlines()
    assert set(before) < set(after_)
    assert again.proved
    assert again.info["lower"] == pytest.approx(whole.info["lower"])
    assert again.info["worst"]["losses"] == whole.info["worst"]["losses"]


def test_half_a_row_is_answered_again(plan: Plan, folder: Path) -> None:
    """A row that a killed run left unfinished is dropped; the rest is not answered twice."""
    first = tried(plan, folder, **ASKED)
    sets = folder / "sets.csv"
    lines = sets.read_text(encoding="utf-8").splitlines(keepends=True)
    sets.write_text("".join(lines[:-1]) + lines[-1][: len(lines[-1]) // 2], encoding="utf-8")
    second = tried(plan, folder, **ASKED)
    assert second.info["lower"] == first.info["lower"]
    assert len(sets.read_text(encoding="utf-8").splitlines()) == len(lines)


def test_more_losses_go_on_in_the_same_folder(plan: Plan, folder: Path) -> None:
    """What was answered for one loss serves for two, and everything is the same as in a fresh folder."""
    tried(plan, folder, losses=1, duration=2)
    more = tried(plan, folder, **ASKED)
    fresh = tried(plan, folder.parent / "fresh", **ASKED)
    assert more.losses.equals(fresh.losses)
    assert more.worst.equals(fresh.worst)


def test_a_time_limit_of_nothing(plan: Plan, folder: Path) -> None:
    """Nothing is known then but what the markets ask for, and that is said."""
    found = tried(plan, folder, **ASKED, time_limit=1e-9)
    assert found.info["status"] == "stopped"
    assert found.info["lower"] is None
    assert found.info["upper"] == pytest.approx(45.0)  # three years of 15 t
    assert set(found.losses["complete"]) == {"no"}


@pytest.mark.slow
def test_processes_find_the_same(plan: Plan, folder: Path) -> None:
    """Two processes and one give the same tables."""
    one = tried(plan, folder.parent / "one", **ASKED, time_to_survive=3)
    two = tried(plan, folder, **ASKED, time_to_survive=3, workers=2)
    assert two.losses.equals(one.losses)
    assert two.worst.equals(one.worst)
    assert two.info["worst"] == one.info["worst"]


def test_what_is_written(plan: Plan, folder: Path) -> None:
    """The certificate and its tables, with the columns that are documented."""
    found = tried(plan, folder, **ASKED)
    assert sorted(file.name for file in folder.iterdir()) == ["losses.csv", "sets.csv", "stress.json", "worst.csv"]
    info = json.loads((folder / "stress.json").read_text(encoding="utf-8"))
    assert info == found.info
    assert (info["status"], info["lps"] > 0, info["sets"] > 0) == ("proved", True, True)
    assert (folder / "losses.csv").read_text(encoding="utf-8").splitlines()[0] == ",".join(LOSSES)
    assert (folder / "worst.csv").read_text(encoding="utf-8").splitlines()[0] == ",".join(WORST)


def test_another_plan_is_not_mixed_in(plan: Plan, folder: Path) -> None:
    """A folder with the test of another plan, or with something else, is left alone."""
    tried(plan, folder)
    data = coast()
    data["stockpiles"]["vault"]["initial"] = {"magnet": 6}
    with pytest.raises(optimizer.PlanError, match="another instance sha256 and plan sha256"):
        tried(solve(data), folder)
    with pytest.raises(optimizer.PlanError, match="another of"):
        tried(plan, folder, of="owners")
    (folder.parent / "other").mkdir()
    (folder.parent / "other" / "letter.txt").write_text("dear reader", encoding="utf-8")
    with pytest.raises(optimizer.PlanError, match="holds no stress test"):
        tried(plan, folder.parent / "other")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"losses": 0}, "losses is 0; it is 1 to 4"),
        ({"losses": 5}, "losses is 5; it is 1 to 4: the instance has 4 facilities"),
        ({"of": "ships"}, "of is 'ships'"),
        ({"markets": ["moon"]}, "there is no market 'moon'; there is programs, cars"),
        ({"onsets": [2035]}, "onset 2035 is no first year of a period; these are 2027, 2028, 2029"),
        ({"duration": 0}, "duration is 0"),
        ({"duration": 4}, "duration is 4; it is 1 to 3: the horizon has 3 years"),
        ({"time_to_survive": 9}, "time_to_survive is 9"),
        ({"weights": {"cars": 2}}, "weight names 'cars'"),
        ({"weights": {"programs": 0}}, "the weight of programs is 0"),
        ({"workers": 0}, "workers is 0"),
        ({"time_limit": 0}, "time_limit is 0"),
    ],
)
def test_what_makes_no_sense(plan: Plan, folder: Path, asked: dict[str, Any], words: str) -> None:
    """It is refused before anything is written."""
    with pytest.raises(optimizer.OptionsError) as caught:
        tried(plan, folder, **asked)
    assert words in str(caught.value)
    assert not folder.exists()


def test_all_faults_at_once(plan: Plan, folder: Path) -> None:
    """One message names every fault."""
    with pytest.raises(optimizer.OptionsError) as caught:
        tried(plan, folder, losses=9, markets=["moon"], duration=7, onsets=[1999], weights={"sun": -1})
    for word in ("losses is 9", "'moon'", "duration is 7", "1999", "'sun'", "weight of sun is -1"):
        assert word in str(caught.value), word


def test_a_run_without_a_plan(folder: Path) -> None:
    """Where nothing was found there is nothing to stress."""
    data = coast()
    data["markets"]["programs"]["demand"] = [{"product": "magnet", "tonnes": 500}]
    with pytest.raises(optimizer.PlanError, match="ended without a plan"):
        tried(solve(data), folder)
    data = coast()
    data["markets"]["programs"]["channel"] = "open"
    with pytest.raises(optimizer.OptionsError, match="name those to be served, of programs, cars"):
        tried(solve(data), folder)


def test_an_instance_without_the_kind(folder: Path) -> None:
    """Without lanes there is no lane to lose."""
    data = coast()
    data["lanes"] = []
    with pytest.raises(optimizer.OptionsError, match="the instance has no lanes"):
        tried(solve(data), folder, of="lanes")
