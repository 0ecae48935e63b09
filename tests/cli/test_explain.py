"""optimizer explain: what it prints, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import TINY, call

HARD = TINY.replace(", shortage_cost: 100", "")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    (tmp_path / "hard.yaml").write_text(HARD, encoding="utf-8")
    return tmp_path


def test_there_is_a_plan(tiny: Path) -> None:
    """It says so and ends with 0."""
    called = call("explain", "tiny.yaml", folder=tiny)
    assert called.code == 0, called.err
    assert "tiny: there is a plan that meets all that must be met; nothing is to be explained" in called.out


def test_there_is_no_plan(tiny: Path) -> None:
    """What conflicts, in years and tonnes, and what would restore a plan; 1 is the code of no plan."""
    called = call("explain", "hard.yaml", "-o", "why", folder=tiny)
    assert called.code == 1, called.err
    for part in (
        "tiny: there is no plan",
        "programs must have its magnet (mdap)  [markets.programs.demand.magnet]",
        "10 t in 2027. Trusted capacity on line in 2027: 5 t/yr",
        "programs asked for less magnet: by 5 t to 5 t in 2027",
        "plant's build came on line a year earlier, 0 years after its funding",
        "no conflict is smaller: proved",
    ):
        assert part in called.out, part
    assert "written to why" in called.err
    assert (tiny / "why" / "repairs.csv").is_file()


def test_json_and_no_repairs(tiny: Path) -> None:
    """One document."""
    called = call("explain", "hard.yaml", "--no-repairs", "--json", "--quiet", folder=tiny)
    assert called.code == 1
    assert called.document["status"] == "explained"
    assert [row["kind"] for row in called.document["conflicts"][0]["requirements"]] == ["demand"]
    assert called.document["repairs"] == []
    assert called.err == ""


def test_limit(tiny: Path) -> None:
    """Stopped before anything is known: 3."""
    called = call("explain", "hard.yaml", "--time-limit", "0.001", folder=tiny)
    assert called.code == 3
    assert "the time limit was reached before it was known whether there is a plan" in called.out


def test_solve_points_to_it(tiny: Path) -> None:
    """Where there is no plan, `solve` says who explains it."""
    called = call("solve", "hard.yaml", folder=tiny)
    assert called.code == 1
    assert "optimizer explain" in called.err


def test_bad_limit_and_foreign_folder(tiny: Path) -> None:
    """Both are named, before anything is sought."""
    assert "time_limit is -1" in call("explain", "hard.yaml", "--time-limit", "-1", folder=tiny).err
    called = call("explain", "hard.yaml", "-o", ".", folder=tiny)
    assert called.code == 2
    assert "holds no explanation" in called.err
