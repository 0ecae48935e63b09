"""What is wrong with a study is named by file, line and key, all of it in one pass, before anything is solved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.build import instance_of

import optimizer
from optimizer.errors import InstanceError

from .conftest import ALPHA, design, rivals, write

OVERLAYS = {"policy": {"overlays": {"free": None, "no_alpha": "no_alpha.yaml"}}}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({}, "the design is empty: it says no runs"),
        ({"grid": {}}, "grid: the design is empty: the grid has no factor"),
        ({"list_": []}, "list: the design is empty: the list has no row"),
        ({"grid": {ALPHA: []}}, "the design is empty: there is no value"),
        ({"grid": {"discont_rate": [0.1]}}, "unknown key 'discont_rate'; did you mean 'discount_rate'?"),
        ({"grid": {"facilities.gamma.capacity": [1]}}, "'facilities' has no 'gamma'"),
        ({"grid": {ALPHA: [-1]}}, "-1 is out of range"),
        ({"grid": {ALPHA: {"from": 1, "to": 2}}}, "neither values nor from, to and count"),
        ({"grid": {ALPHA: {"from": 0, "to": 2, "count": 3, "scale": "log"}}}, "equal ratios need both ends above 0"),
        ({"set_": {"risk": {"measure": "luck"}}, "list_": [{}]}, "luck"),
        ({"factors": {"a": {}}, "list_": [{}]}, "the factor does not say what it changes"),
        ({"factors": {"a": {"set": "x", "times": "y"}}, "grid": {"a": [1]}}, "the factor says set and times"),
        ({"factors": {"a": {"set": ALPHA}}, "list_": [{}]}, "no part of the design gives 'a' a value"),
        ({"factors": {"a": {"times": ALPHA}}, "grid": {"a": ["x"]}}, "'x' is no number to multiply by"),
        ({"factors": {"a": {"times": "facilities.*.kapa"}}, "grid": {"a": [2]}}, "nothing is written there"),
        ({"factors": {"a": {"overlays": {"x": "gone.yaml"}}}, "grid": {"a": "all"}}, "there is no overlay 'gone.yaml'"),
        ({"factors": {"a": {"overlays": {"x": "beta.csv"}}}, "grid": {"a": "all"}}, "beta.csv"),
        ({"factors": OVERLAYS, "grid": {"policy": ["fre"]}}, "there is no label 'fre'; did you mean 'free'?"),
        ({"factors": {"p": {"portfolios": {"x": "gone.csv"}}}, "grid": {"p": "all"}}, "gone.csv is neither a result"),
        ({"grid": {ALPHA: [1]}, "list_": [{ALPHA: 2}]}, "has its values from 'grid' already"),
        ({"latin_hypercube": {"runs": 2, "over": {ALPHA: [5, 1]}}}, "the range goes from 5 to 1"),
        ({"latin_hypercube": {"runs": 0, "over": {ALPHA: [1, 5]}}}, "0 is out of range; 1 or more"),
        ({"grid": {ALPHA: [1, 2]}, "at_most": 1}, "the design has 2 runs, and at most 1 are allowed"),
        ({"grid": {ALPHA: [1]}, "options": {"gap": 3}}, "options: gap is 3"),
        ({"grid": {ALPHA: [1]}, "options": {"method": "hedging"}}, "hedging begins processes of its own"),
        ({"grid": {ALPHA: [1]}, "seed": 3}, "unknown key 'seed'"),
    ],
)
def test_a_fault_is_named(parts: dict[str, Any], words: str, desk: Path) -> None:
    """With the file that has it; nothing is written."""
    with pytest.raises(InstanceError) as caught:
        optimizer.study(write(desk, **parts), desk / "study", workers=1)
    assert words in str(caught.value)
    assert len(caught.value.faults) == 1, str(caught.value)
    assert caught.value.faults[0].where.file in ("turning.yaml", "beta.csv")
    assert not (desk / "study").exists()


def test_a_file_of_nothing_is_refused(tmp_path: Path) -> None:
    """With what is missing."""
    (tmp_path / "study.yaml").write_text("{}", encoding="utf-8")
    with pytest.raises(InstanceError, match="'study' is missing"):
        optimizer.study(tmp_path / "study.yaml", tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_all_faults_come_at_once_with_their_lines(desk: Path) -> None:
    """One pass names those of the file, of what it names, and of the runs."""
    text = """study: wrong
instance: rivals.yaml
options: {gap: 3}
factors:
  policy: {overlays: {x: gone.yaml}}
grid:
  facilities.gamma.capacity: [1, 2, 3]
  policy: [y]
  discount_rate: [0.1, 1.5]
at_most: 2
"""
    (desk / "wrong.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InstanceError) as caught:
        optimizer.study(desk / "wrong.yaml", workers=1)
    lines = [fault.where.line for fault in caught.value.faults]
    assert lines == [3, 5, 6, 7, 8, 9], str(caught.value)


def test_a_fault_that_only_some_runs_have_says_which(desk: Path) -> None:
    """Two values that are each allowed, and not together."""
    scenarios = "scenarios:\n" + "".join(
        f"  - {{id: {name}, probability: 0.1, onset: 2028, effects: [{{affects: demand, factor: 1.1}}]}}\n"
        for name in ("flood", "storm")
    )
    with (desk / "rivals.yaml").open("a", encoding="utf-8") as file:
        file.write(scenarios)
    grid = {"scenarios.flood.probability": [0.2, 0.6], "scenarios.storm.probability": [0.2, 0.6]}
    with pytest.raises(InstanceError, match=r"in run 4: scenarios.flood.probability 0.6, scenarios.storm") as caught:
        optimizer.study(write(desk, grid=grid), workers=1)
    assert len(caught.value.faults) == 1


def test_a_fault_of_the_instance_is_told_once(desk: Path) -> None:
    """And not for every run."""
    text = (desk / "rivals.yaml").read_text(encoding="utf-8").replace('"magnet": 1', '"magnett": 1')
    (desk / "rivals.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InstanceError, match="magnett") as caught:
        optimizer.study(write(desk, grid={ALPHA: [1, 2, 3]}), workers=1)
    assert "run" not in str(caught.value).replace("runs.", "")


def test_a_portfolio_that_does_not_fit_some_runs(desk: Path) -> None:
    """It names facilities that the instance of the run does not have, or years that it does not allow."""
    factors = {"held": {"portfolios": {"beta": "beta.csv"}}}
    grid = {"held": ["beta"], "facilities.beta.options.build.latest": [2027, 2028]}
    grid["facilities.beta.options.build.earliest"] = [2028]
    with pytest.raises(InstanceError, match="'beta:build' cannot be funded in 2027"):
        optimizer.study(write(desk, factors=factors, grid=grid), workers=1)


def test_from_python_there_is_no_file_to_name() -> None:
    """The study is named instead; its paths are seen from the working folder."""
    with pytest.raises(InstanceError, match="1 fault in the study\n  the study discont_rate: unknown key"):
        optimizer.study(design(grid={"discont_rate": [0.1]}), instance=instance_of(rivals()), workers=1)
    with pytest.raises(InstanceError, match="'instance' is missing"):
        optimizer.study(design(grid={"discount_rate": [0.1]}), workers=1)
    with pytest.raises(InstanceError, match="the instance is given already"):
        optimizer.study(design(instance="x", list_=[{}]), instance=instance_of(rivals()), workers=1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"workers": 0}, "workers is 0"),
        ({"at_most": 0}, "at_most is 0"),
        ({"anew": True, "reuse": True}, "leave one of the two out"),
        ({"plans": True}, "plans are kept in a folder"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], words: str) -> None:
    """They are refused before anything is read."""
    with pytest.raises(optimizer.OptionsError, match=words):
        optimizer.study(design(list_=[{}]), instance=instance_of(rivals()), **{"workers": 1, **options})
