"""What a newcomer is told who mistakes a number, a line, a name or a folder: what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.instance.written import written_out

from .conftest import TINY, call


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("6,000", " without commas: 6000"),
        ("1,234,567.5", " without commas: 1234567.5"),
        ("5%", ", a share of 1: 0.05"),
        ("12.5 %", ", a share of 1: 0.125"),
        ("40 M USD", " alone, without its unit"),
        ("$40", " alone, without its unit"),
        ("300t", " alone, without its unit"),
        ("many", ""),
        ("1,23", ""),
        (12, ""),
    ],
)
def test_a_number_that_is_written_as_words(value: object, hint: str) -> None:
    assert written_out(value) == hint


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("discount_rate: 0\n", "discount_rate: 5%\n", "discount_rate: '5%' does not fit; a number, a share of 1: 0.05"),
        ("    capacity: ", "\tcapacity: ", "lines are set in with spaces, not with tabs"),
        ("    capacity: ", "   capacity: ", "keys of one block begin in the same column"),
        ("    capacity: ", "    capacity ", "a key is followed by a colon and a space; look at this line and the one"),
        (
            "schema: 1\n",
            "schema: 1\nchange: {}\n",
            "unknown key 'change'; what is changed stands under its own section",
        ),
    ],
)
def test_a_file_that_is_not_right(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in TINY
    (tmp_path / "tiny.yaml").write_text(TINY.replace(old, new, 1), encoding="utf-8")
    called = call("validate", "tiny.yaml", folder=tmp_path)
    assert called.code == 2
    assert says in called.err


def test_a_name_or_a_folder_that_is_another(tmp_path: Path) -> None:
    """An instance for its plan, the folder of all results for one, a name with letters the wrong way round."""
    (tmp_path / "chain").mkdir()
    (tmp_path / "chain" / "instance.yaml").write_text(TINY, encoding="utf-8")
    (tmp_path / "results" / "chain").mkdir(parents=True)
    (tmp_path / "results" / "chain" / "plan.json").write_text("{}", encoding="utf-8")
    assert "did you mean 'chain'?" in call("solve", "chian", folder=tmp_path).err
    solve_first = "it is an instance: solve it first (optimizer solve chain)"
    for command in ("report", "verify", "prove"):
        called = call(command, "chain", folder=tmp_path)
        assert called.code == 2
        assert solve_first in called.err
    for command in ("report", "workbook"):
        assert "there are result folders in it: results/chain" in call(command, "results", folder=tmp_path).err


def test_one_of_a_kind_is_told_as_one(tmp_path: Path) -> None:
    """1 option; and several are several."""
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    assert "\n1 option, capex 100 USD" in call("solve", "tiny.yaml", "-q", folder=tmp_path).out
    said = call("validate", "tiny.yaml", folder=tmp_path).err
    notes = call("validate", "tiny.yaml", folder=tmp_path).out.count("note: ")
    assert notes > 1
    assert f"{notes} notes" in said
