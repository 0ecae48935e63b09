"""optimizer verdicts and flip: what they print, their exit codes, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import TINY, call

CAPEX = "facilities.plant.options.build.capex"


@pytest.mark.slow
def test_verdicts_as_a_planner_sees_them(tiny: Path) -> None:
    """Building costs 100 USD and saves 450: worth it whatever 30 percent do to that."""
    words = ("verdicts", "tiny.yaml", "--samples", "20", "--within-usd", "20", "--workers", "1", "--only", "*.capex")
    called = call(*words, folder=tiny)
    assert called.code == 0, called.err
    for part in ("20 samples of the data: 20 solved", "1 must fund, 0 toss-up, 0 never, 0 undecided",
                 "Must fund: in all near-optimal plans in 80%", "plant:build", "83% to 100%",
                 "Never: none"):  # fmt: skip
        assert part in called.out, part
    assert "samples: 21 of 21" in called.err
    folder = tiny / "results" / "tiny_verdicts"
    assert sorted(path.name for path in folder.iterdir()) == [
        "by_variant.csv", "draws.csv", "funded.csv", "options.csv", "samples.csv", "samples.jsonl", "verdicts.json",
    ]  # fmt: skip
    again = call(*words, "--json", folder=tiny)
    assert again.document["taken"] == 21
    assert again.document["by_option"][0]["verdict"] == "must fund"
    few = call(*words[:3], "3", *words[4:], folder=tiny)  # what is there serves fewer too
    assert "17 like these would tell" in few.out


@pytest.mark.slow
def test_flips_as_a_planner_sees_them(tiny: Path) -> None:
    """Building pays as long as it costs less than the 450 USD that it saves."""
    called = call("flip", "tiny.yaml", "--key", f"{CAPEX}=100:900", "--gap", "1e-9", folder=tiny)
    assert called.code == 0, called.err
    for part in (f"{CAPEX} from 100 to 900, now 100", "plant:build", "or less, not if it is"):
        assert part in called.out, part
    called = call("flip", "tiny.yaml", "--key", f"{CAPEX}=100:900", "--gap", "1e-9", "--json", folder=tiny)
    row = called.document["by_option"][0]
    assert row["last"] < 450 < row["first"]
    assert called.document["asked"] == 0


def test_what_is_wrong_ends_with_2_before_anything_is_written(tiny: Path) -> None:
    called = call("verdicts", "tiny.yaml", "--vary", "policy.budgte.total=0:1", "--option", "plan", folder=tiny)
    assert called.code == 2
    assert "did you mean 'budget'" in called.err
    assert "no facility 'plan'; there is plant" in called.err
    called = call("flip", "tiny.yaml", "--key", f"{CAPEX}=9:1", folder=tiny)
    assert called.code == 2
    assert "goes down" in called.err
    assert not (tiny / "results").exists()


def test_no_plan_ends_with_1(tiny: Path) -> None:
    """Demand that must be met and cannot be."""
    (tiny / "hard.yaml").write_text(TINY.replace(", shortage_cost: 100", ""), encoding="utf-8")
    called = call("verdicts", "hard.yaml", "--samples", "2", "--workers", "1", folder=tiny)
    assert called.code == 1, called.out
    assert "there is nothing to say of options" in called.err
    called = call("flip", "hard.yaml", "--key", f"{CAPEX}=1:2", folder=tiny)
    assert called.code == 1, called.out
