"""optimizer frontier and waivers: what they print, their exit codes, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import TINY, TINY_COST, call

BUDGET = "policy.budget.total"


def test_a_front_as_a_reader_sees_it(tiny: Path) -> None:
    """Below 100 USD nothing can be built: 1,100 more is short. What is between is not solved."""
    called = call("frontier", "tiny.yaml", "--sweep", f"{BUDGET}=0,50,100,200", "--plans", folder=tiny)
    assert called.code == 0, called.err
    for part in ("4 points", "limits: at most", "dominated", "front", "750 USD", "1,100 USD", "350 USD"):
        assert part in called.out, part
    assert "points settled: 4 of 4" in called.err
    folder = tiny / "results" / "tiny_frontier"
    assert sorted(path.name for path in folder.iterdir()) == ["frontier.json", "plans", "points.csv", "solves.jsonl"]
    again = call("frontier", "tiny.yaml", "--sweep", f"{BUDGET}=0,50,100,200", "--json", folder=tiny)
    rows = {row[BUDGET]: row for row in again.document["table"]}
    assert rows[200.0]["objective"] == pytest.approx(TINY_COST)
    assert [rows[b]["verdict"] for b in (200.0, 100.0, 50.0, 0.0)] == ["dominated", "front", "dominated", "front"]
    assert again.document["solves"] < 4


def test_bad_sweeps_end_with_2_before_anything_is_written(tiny: Path) -> None:
    """A key that is not there and one that is no number, both named."""
    words = ("--sweep", "policy.budgte.total=0:1:2", "--sweep", "name=0:1:2")
    called = call("frontier", "tiny.yaml", *words, folder=tiny)
    assert called.code == 2
    assert "did you mean 'budget'" in called.err
    assert "holds text, not a number" in called.err
    assert not (tiny / "results").exists()


def test_no_point_with_a_plan_ends_with_1(tiny: Path) -> None:
    """Demand that must be met and cannot be."""
    (tiny / "hard.yaml").write_text(TINY.replace(", shortage_cost: 100", ""), encoding="utf-8")
    called = call("frontier", "hard.yaml", "--sweep", f"{BUDGET}=0:1000:3", folder=tiny)
    assert called.code == 1, called.out
    assert called.out.count("infeasible") >= 3


def test_waivers_as_a_reader_sees_them(tiny: Path) -> None:
    """A budget of nothing costs what building saves; a cap on nobody's exposure saves nothing."""
    text = TINY.replace("channels: {mdap: {}}", "channels: {mdap: {max_exposure: {ownership: 0.5}}}")
    (tiny / "bound.yaml").write_text(text + "policy: {budget: {total: 0}}\n", encoding="utf-8")
    called = call("waivers", "bound.yaml", folder=tiny)
    assert called.code == 0, called.err
    for part in ("the total budget", "saves", "350 USD", "plant:build:2027", "save nothing, proved: channels.mdap"):
        assert part in called.out, part
    bare = call("waivers", "tiny.yaml", folder=tiny)
    assert bare.code == 2
    assert "has no rule, target, budget or condition" in bare.err


def test_losses_survived_as_a_reader_sees_them(tiny: Path) -> None:
    """One plant makes all: it is not spared, and its loss is told in tonnes; words without a sweep are refused."""
    words = ("--sweep", "survive=0,1", "--markets", "programs", "--quiet")
    called = call("frontier", "tiny.yaml", *words, folder=tiny)
    assert called.code == 0, called.err
    for part in ("how many facilities may be lost for 1 year, and programs served in full", "than with fewer losses"):
        assert part in called.out, part
    assert "1 and stricter: the loss of plant from 2027 for 1 year cannot be survived: at least" in called.out
    assert "infeasible" in called.out
    again = call("frontier", "tiny.yaml", *words, "--json", folder=tiny)
    assert again.document["cannot"][0]["losses"] == ["plant"]
    assert again.document["duration"] == 1
    bare = call("frontier", "tiny.yaml", "--sweep", f"{BUDGET}=0,1", "--of", "owners", folder=tiny)
    assert bare.code == 2
    assert "no sweep asks for any" in bare.err
