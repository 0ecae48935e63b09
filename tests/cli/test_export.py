"""`optimizer export`, as it is typed."""

from __future__ import annotations

from pathlib import Path

from support.build import instance_of
from support.generate import generate

from optimizer.instance.write import yaml_text

from .conftest import call


def test_it_is_written_and_told(tiny: Path) -> None:
    """Where, how large, in which unit; the same as JSON."""
    called = call("export", "tiny.yaml", folder=tiny)
    assert called.code == 0, called.err
    assert "written to tiny.mps" in called.err
    assert "a unit of the objective is" in called.out
    told = call("export", "tiny.yaml", "-o", "again.mps", "--json", folder=tiny).document
    assert (tiny / "again.mps").read_bytes() == (tiny / "tiny.mps").read_bytes()
    assert told["file"] == "again.mps"
    assert told["rows"] > 0
    assert f"{told['rows']:,} rows" in called.out


def test_what_is_not_one_problem_ends_with_2(tiny: Path) -> None:
    """Bad input, told with the way out."""
    called = call("export", "tiny.yaml", "--set", "risk={measure: regret}", folder=tiny)
    assert called.code == 2
    assert "--set 'risk={measure: expected}'" in called.err
    assert not list(tiny.glob("*.mps"))


def test_two_stages_are_a_folder(tmp_path: Path) -> None:
    """Named after the instance; how many scenarios is told."""
    (tmp_path / "made.yaml").write_text(yaml_text(instance_of(generate(1, scenarios=2))), encoding="utf-8")
    called = call("export", "made.yaml", "--format", "smps", folder=tmp_path)
    assert called.code == 0, called.err
    assert "3 scenarios, which change" in called.out
    files = {"problem.cor", "problem.tim", "problem.sto", "names.csv"}
    assert {file.name for file in (tmp_path / "made_1.smps").iterdir()} == files
    called = call("export", "made.yaml", "--format", "smps", "--set", "risk={measure: worst_case}", folder=tmp_path)
    assert called.code == 2
    assert "--set 'risk={measure: expected}'" in called.err
