"""`optimizer benchmark`: list, copy, hold values against the table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import optimizer
from optimizer.benchmark import benchmarks

from .conftest import call

NAME = "s60_5_1"


def test_all_are_listed(tmp_path: Path) -> None:
    """On the screen with sizes and values, and as JSON."""
    called = call("benchmark", folder=tmp_path)
    assert called.code == 0
    for one in benchmarks().values():
        line = next(line for line in called.out.splitlines() if line.startswith(f"{one.name} "))
        assert f"{one.rows:,}" in line
        assert f"{one.objective.usd / 1e6:,.2f}" in line
    listed = call("benchmark", "--json", folder=tmp_path).document["benchmarks"]
    assert [one["name"] for one in listed] == list(benchmarks())


def test_one_is_told_with_the_commands_that_gave_its_values_and_copied(tmp_path: Path) -> None:
    """The copy is an instance."""
    called = call("benchmark", NAME, "-o", "mine", folder=tmp_path)
    assert called.code == 0
    assert f"optimizer solve instances/benchmarks/{NAME}" in called.out
    assert "written to mine" in called.err
    assert optimizer.load(tmp_path / "mine").name == NAME


def test_values_that_cannot_be_true_end_with_1(tmp_path: Path) -> None:
    """And what is possible with 0."""
    best = benchmarks()[NAME].objective.usd
    assert call("benchmark", NAME, "--objective", best * 1.01, "--bound", best * 0.9, folder=tmp_path).code == 0
    called = call("benchmark", NAME, "--objective", best * 0.9, "--json", folder=tmp_path)
    assert called.code == 1
    assert called.document["standing"]["contradictions"]


@pytest.mark.slow
def test_a_plan_is_checked_before_it_counts(tmp_path: Path) -> None:
    """One whose cost was edited is no better plan."""
    plan = optimizer.solve(benchmarks()[NAME].load(), gap=1e-2, threads=1).save(tmp_path / "plan")
    called = call("benchmark", "--plan", plan, "--json", folder=tmp_path)
    assert (called.code, called.document["name"]) == (0, NAME)
    assert 0 <= called.document["standing"]["above_bound"] <= 0.011
    file = plan / "plan.json"
    changed = json.loads(file.read_text(encoding="utf-8"))
    changed["objective"] = changed["bound"] = benchmarks()[NAME].bound.usd + 1
    file.write_text(json.dumps(changed), encoding="utf-8")
    called = call("benchmark", "--plan", plan, folder=tmp_path)
    assert called.code == 1
    assert "not verified" in called.out
    other = call("benchmark", "s60_5_10", "--plan", plan, folder=tmp_path)
    assert other.code == 2
    assert "not the frozen instance s60_5_10" in other.err


def test_options_that_say_nothing_of_an_instance_are_refused(tmp_path: Path) -> None:
    """With what would be right."""
    assert "did you mean" in call("benchmark", "s60_5_2", folder=tmp_path).err
    assert "name the instance" in call("benchmark", "--objective", 1, folder=tmp_path).err
    assert "leave out" in call("benchmark", "--plan", "x", "--bound", 1, folder=tmp_path).err
