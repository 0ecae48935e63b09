"""`optimizer prove` and `optimizer verify --bound`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import call


@pytest.fixture
def solved(tiny: Path) -> Path:
    """The tiny instance with a plan in `plan`."""
    called = call("solve", "tiny.yaml", "-o", "plan", "-q", folder=tiny)
    assert called.code == 0, called.err
    return tiny


def test_it_is_proved_told_and_gone_through_again(solved: Path) -> None:
    """The same words, and the same as JSON."""
    called = call("prove", "plan", folder=solved)
    assert called.code == 0, called.err
    assert "written to plan/proof.npz" in called.err.replace("\\", "/")
    assert "proved without a solver: no plan costs less than" in called.out
    assert "the gap was reached" in called.out
    again = call("verify", "plan", "--bound", folder=solved)
    assert again.code == 0, again.err
    assert "proved without a solver: no plan costs less than" in again.out
    assert "the gap was reached" not in again.out
    leaves = json.loads(call("verify", "plan", "--bound", "--json", "-q", folder=solved).out)["proof"]["leaves"]
    assert f"leaves of the proof: {leaves} of {leaves}" in again.err
    quiet = call("verify", "plan", "--bound", "-q", folder=solved)
    assert (quiet.code, quiet.err, quiet.out) == (0, "", again.out)
    told = call("verify", "plan", "--bound", "--json", folder=solved).document
    assert told["ok"]
    assert told["proof"]["gap"] <= 1e-3
    assert told["proof"]["leaves"] == told["proof"]["splits"] + 1


def test_less_than_asked_for_is_told(solved: Path) -> None:
    """A gap of nothing is never quite proved; what is, is kept."""
    called = call("prove", "plan", "--gap", "0", "--json", folder=solved)
    assert called.code == 3
    assert called.document["gap"] > 0
    assert call("verify", "plan", "--bound", folder=solved).code == 0


def test_without_a_proof_it_says_how_to_make_one(solved: Path) -> None:
    """Bad input, after which there is nothing to be seen on standard output that looks like an answer."""
    called = call("verify", "plan", "--bound", folder=solved)
    assert called.code == 2
    assert "there is no proof; `optimizer prove plan` makes one" in called.err


def test_a_plan_that_is_too_cheap_ends_with_1(solved: Path) -> None:
    """Its stated cost is below what any plan costs; the check of its rows says so too."""
    assert call("prove", "plan", folder=solved).code == 0
    file = solved / "plan" / "plan.json"
    about = json.loads(file.read_text(encoding="utf-8"))
    about["objective"] *= 0.5
    file.write_text(json.dumps(about), encoding="utf-8")
    called = call("verify", "plan", "--bound", folder=solved)
    assert called.code == 1
    assert "no plan costs less than" in called.out
    assert "it breaks a row, or the proof is of other rows" in called.out
    assert call("prove", "plan", folder=solved).code == 1


def test_what_is_no_gap_is_refused(solved: Path) -> None:
    """With what would be one."""
    called = call("prove", "plan", "--gap", "2", folder=solved)
    assert called.code == 2
    assert "a relative gap lies in [0, 1)" in called.err
