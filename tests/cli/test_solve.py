"""optimizer solve: answers, limits, exit codes, and what is written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from optimizer.solver.benders import search as searching

from .conftest import HEARING, STARTER, TINY_COST, Called, Solved, call


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_the_starter_is_solved_verified_and_written(solved: Solved) -> None:
    """The starter solves to the default gap, and the checker confirms the plan."""
    assert solved.called.code == 0, solved.called.err
    info = json.loads((solved.results / "plan.json").read_text(encoding="utf-8"))
    assert info["status"] == "optimal"
    assert info["gap"] <= 1e-4
    assert info["verdict"]["ok"]
    assert (solved.results / "instance" / "instance.yaml").is_file()
    assert "written to results/starter" in solved.called.err
    assert "written to" not in solved.called.out


def test_the_starter_shows_what_the_walkthrough_speaks_of(solved: Solved) -> None:
    """Its answer has a shortfall early on, fundings for a rule and for a disruption, and rules that bind."""
    portfolio = pd.read_csv(solved.results / "portfolio.csv")
    assert {"lcm_lacq", "white_mesa"} <= set(portfolio["facility"])
    demand = pd.read_csv(solved.results / "demand.csv")
    early = demand[(demand["scenario"] == "trunk") & (demand["market"] == "programs") & (demand["short"] > 1)]
    assert set(early["period"]) == {2029}
    rules = json.loads((solved.results / "plan.json").read_text(encoding="utf-8"))["rules"]
    assert "binding" in {rule["status"] for rule in rules}


def test_the_tiny_case_costs_what_a_hand_works_out(tiny: Path) -> None:
    """One plant, one option, two years: 750 USD."""
    called = call("solve", "tiny.yaml", "--json", folder=tiny)
    assert called.code == 0, called.err
    assert called.document["objective"] == pytest.approx(TINY_COST)
    assert [row["option"] for row in called.document["portfolio"]] == ["build"]
    assert called.document["folder"] == "results/tiny"
    assert (tiny / "results" / "tiny" / "plan.json").is_file()


def test_json_is_one_document_and_messages_go_to_standard_error(tiny: Path) -> None:
    """With --json nothing but the document stands on standard output, progress included."""
    called = call("solve", "tiny.yaml", "--json", folder=tiny)
    assert called.document["status"] == "optimal"
    assert "building" in called.err
    assert call("solve", "tiny.yaml", "--json", "--quiet", folder=tiny).err == ""


def test_set_changes_a_value_for_one_run(tiny: Path) -> None:
    """Where the option costs more than what it saves nothing is funded: 1000 short, 100 for activity."""
    called = call("solve", "tiny.yaml", "--json", "--set", "facilities.plant.options.0.capex=1000", folder=tiny)
    assert called.document["objective"] == pytest.approx(1000 + 10 * 10)
    assert called.document["portfolio"] == []


def test_a_gap_in_usd_is_enough(tiny: Path) -> None:
    """Either gap may be reached: a wide one in USD stops a run that asks for a gap of 0."""
    called = call("solve", "tiny.yaml", "--json", "--gap", 0, "--gap-usd", 1e9, folder=tiny)
    assert called.code == 0, called.err
    assert called.document["status"] == "optimal"
    assert called.document["gap_usd"] <= 1e9


def test_no_plan_exits_1_and_says_what_is_missing(tiny: Path) -> None:
    """Demand that must be met and cannot is named with product, year and tonnes; nothing is written."""
    hard = "markets.programs.demand.0.shortage_cost=null"
    before = listing(tiny)
    called = call("solve", "tiny.yaml", "--set", hard, folder=tiny)
    assert called.code == 1
    assert "infeasible" in called.err
    for word in ("magnet", "2027", "5 t"):
        assert word in called.err
    assert called.out == ""
    assert listing(tiny) == before
    document = call("solve", "tiny.yaml", "--json", "--set", hard, folder=tiny).document
    assert document["status"] == "infeasible"
    assert document["shortfall"]


def limited(called: Called, results: Path) -> None:
    """What a run that was stopped early may have left."""
    if called.code == 3:
        assert called.document["status"] == "no_plan"
        assert not results.exists()
        return
    assert called.code == 0
    info = called.document
    assert info["status"] == "feasible" or (info["status"] == "optimal" and info["gap"] <= 1e-4)
    assert (results / "plan.json").is_file()


@pytest.mark.parametrize("seconds", [0.01, 1.5])
def test_a_time_limit_is_never_called_optimal(desk: Path, tmp_path: Path, seconds: float) -> None:
    """Stopped early it is feasible, or no plan with exit 3 and nothing written; optimal only at the gap."""
    results = tmp_path / "out"
    called = call("solve", STARTER, "--json", "--time-limit", seconds, "-o", results, folder=desk)
    limited(called, results)
    if seconds < 0.1:
        assert called.code == 3


def test_a_folder_that_is_no_result_is_left_alone(tiny: Path) -> None:
    """A folder with other things in it is refused before the solve, and nothing in it changes."""
    mine = tiny / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("ten years of work", encoding="utf-8")
    called = call("solve", "tiny.yaml", "-o", "mine", folder=tiny)
    assert called.code == 2
    assert "no result folder" in called.err
    assert listing(mine) == ["thesis.txt"]
    assert (mine / "thesis.txt").read_text(encoding="utf-8") == "ten years of work"


def test_an_earlier_result_is_replaced(tiny: Path) -> None:
    """A second run takes the place of the first, whole."""
    assert call("solve", "tiny.yaml", folder=tiny).code == 0
    assert call("solve", "tiny.yaml", "--set", "name=tiny", "--set", "discount_rate=0.5", folder=tiny).code == 0
    info = json.loads((tiny / "results" / "tiny" / "plan.json").read_text(encoding="utf-8"))
    assert info["objective"] < TINY_COST
    assert [path.name for path in (tiny / "results").iterdir()] == ["tiny"]


def test_an_earlier_plan_may_be_the_start(tiny: Path) -> None:
    """A start changes no answer; what is no result folder is refused."""
    assert call("solve", "tiny.yaml", folder=tiny).code == 0
    called = call("solve", "tiny.yaml", "--json", "--start", "results/tiny", "-o", "again", folder=tiny)
    assert called.code == 0, called.err
    assert called.document["objective"] == pytest.approx(TINY_COST)
    assert call("solve", "tiny.yaml", "--start", ".", "-o", "third", folder=tiny).code == 2
    assert not (tiny / "third").exists()


def test_the_same_command_goes_on_from_the_checkpoint_beside_the_folder(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder holds what it always does; a second run says where it went on from, another instance what it took."""
    words = ("solve", "tiny.yaml", "--method", "benders")
    plain = call("solve", "tiny.yaml", "-o", "plain", folder=tiny)
    assert call(*words, "-o", "moment", folder=tiny).code == 0
    assert not (tiny / "moment.checkpoint").exists()  # what is done in a moment keeps no file
    monkeypatch.setattr(searching, "EVERY", 0.0)
    first = call(*words, folder=tiny)
    assert first.code == plain.code == 0, first.err
    assert listing(tiny / "results" / "tiny") == listing(tiny / "plain")
    assert listing(tiny / "results")[0] == "tiny"
    assert [path.name for path in (tiny / "results").iterdir() if path.is_file()] == ["tiny.checkpoint"]
    again = call(*words, "--json", folder=tiny)
    assert again.code == 0, again.err
    assert "gone on from results/tiny.checkpoint" in again.err
    assert "gone on from results/tiny.checkpoint" in again.document["resumed"]
    assert again.document["objective"] == pytest.approx(TINY_COST)
    other = call(*words, "--json", "--set", "facilities.plant.options.0.capex=1000", folder=tiny)
    assert "of another instance" in other.document["resumed"]
    assert other.document["objective"] == pytest.approx(1000 + 10 * 10)


def test_a_file_in_the_checkpoints_place_is_left_alone(tiny: Path) -> None:
    """What is no checkpoint is refused before the solve, whatever the method, and stays."""
    thesis = tiny / "mine.checkpoint"
    thesis.write_text("ten years of work", encoding="utf-8")
    called = call("solve", "tiny.yaml", "-o", "mine", folder=tiny)
    assert called.code == 2
    assert "no checkpoint" in called.err
    assert not (tiny / "mine").exists()
    assert thesis.read_text(encoding="utf-8") == "ten years of work"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--set", "facilities.plant.options.0.capx=1"), "capx"),
        (("--set", "facilities.plant"), "="),
        (("--method", "guess"), "method"),
        (("--gap", "2"), "gap"),
        (("--gap-usd", "-1"), "gap_usd"),
        (("--time-limit", "0"), "time_limit"),
        (("--threads", "0"), "threads"),
        (("--nonsense",), "nonsense"),
    ],
)
def test_a_run_that_is_refused_writes_nothing(tiny: Path, words: tuple[str, ...], told: str) -> None:
    """Bad input and bad usage exit 2, name what is wrong, and leave the folder as it was."""
    before = listing(tiny)
    called = call("solve", "tiny.yaml", *words, folder=tiny)
    assert called.code == 2
    assert told in called.err
    assert called.out == ""
    assert listing(tiny) == before


def test_a_missing_instance_exits_2(tmp_path: Path) -> None:
    """A path that is not there is bad input."""
    called = call("solve", "nowhere.yaml", folder=tmp_path)
    assert called.code == 2
    assert "nowhere.yaml" in called.err


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_scheduler_keep_the_best_plan(tmp_path: Path, how: signal.Signals) -> None:
    """SIGINT and SIGTERM end a run that would go on for long with the plan found so far, which says so."""
    results = tmp_path / "out"
    words = [
        "solve",
        str(STARTER),
        "--gap",
        "0",
        "--method",
        "extensive",
        "--threads",
        "1",
        "--json",
        "-o",
        str(results),
    ]
    with subprocess.Popen(
        [sys.executable, "-c", HEARING, *words, "--json", "-o", str(results)],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
    ) as process:  # fmt: skip
        assert process.stderr is not None
        for line in process.stderr:
            if "plan" in line:
                break
        process.send_signal(how)
        out, err = process.communicate(timeout=120)
    called = Called(process.returncode, out, err)
    limited(called, results)
    assert called.document["status"] == "feasible"
    assert "interrupted" in called.document["why"]
    assert "Traceback" not in err
