"""optimizer validate: faults and findings."""

from __future__ import annotations

from pathlib import Path

from .conftest import TINY, call


def test_the_starter_has_no_faults(desk: Path) -> None:
    """Nothing is wrong, and what a planner should know is said: on standard output, the count on standard error."""
    called = call("validate", "instances/starter", folder=desk)
    assert called.code == 0, called.err
    assert "no faults" in called.err
    assert "browns_range (exposure 0.104" in called.out
    assert "cannot:" not in called.out


def test_findings_as_json(desk: Path) -> None:
    """One document with the findings, and nothing else on standard output."""
    called = call("validate", "instances/starter", "--json", folder=desk)
    assert called.code == 0
    assert called.document["ok"]
    assert called.document["faults"] == []
    assert {"severity", "text"} <= set(called.document["findings"][0])


def test_every_fault_is_told_at_once(tiny: Path) -> None:
    """Three faults of three kinds come in one pass, each with file, line, key and the way out."""
    broken = TINY.replace("capex: 100", "capex: -100").replace("channel: mdap", "channel: mdab")
    (tiny / "tiny.yaml").write_text(broken.replace("lead: 1", "laed: 1"), encoding="utf-8")
    called = call("validate", "tiny.yaml", folder=tiny)
    assert called.code == 2
    assert called.out == ""
    assert "3 faults" in called.err
    for words in ("capex", "did you mean 'mdap'", "laed", "tiny.yaml:17"):
        assert words in called.err
    faults = call("validate", "tiny.yaml", "--json", folder=tiny).document["faults"]
    assert len(faults) == 3
    assert all({"file", "line", "key", "wrong", "right"} == set(fault) for fault in faults)


def test_a_value_can_be_changed_before_checking(tiny: Path) -> None:
    """--set changes a value, and a fault in it is told as one of --set."""
    assert call("validate", "tiny.yaml", "--set", "discount_rate=0.07", folder=tiny).code == 0
    called = call("validate", "tiny.yaml", "--set", "discount_rate=7", folder=tiny)
    assert called.code == 2
    assert "--set" in called.err


def test_an_overlay_at_fault_ends_with_two(tiny: Path) -> None:
    """A slip in an overlay is bad input: file, row and reason, exit 2; a sound one is validated like any instance."""
    (tiny / "more.yaml").write_text("extends: tiny.yaml\nname: more\nfacilities: {plnt: {capacity: 6}}\n", "utf-8")
    called = call("validate", "more.yaml", folder=tiny)
    assert called.code == 2
    assert "more.yaml:3 facilities.plnt: there is no 'plnt'; did you mean 'plant'?" in called.out + called.err
    (tiny / "more.yaml").write_text("extends: tiny.yaml\nname: more\nfacilities: {plant: {capacity: 6}}\n", "utf-8")
    assert call("validate", "more.yaml", folder=tiny).code == 0
