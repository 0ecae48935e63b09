"""optimizer sensitivity: what it prints, its exit codes, and how it is stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from optimizer.briefs.brief import headed

from .conftest import HEARING, STARTER, TINY, call

SHORTAGE = "markets.programs.demand.magnet.shortage_cost"


def test_a_long_key_stays_whole_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns of many words leave little room; a key and the names of options are broken nowhere, and can be sought."""
    key = "facilities.a_plant_with_a_long_name.options.expansion.capacity"
    names = [f"another_plant_with_a_long_name:expansion_{number}" for number in range(5)]
    table = headed("", "number", "comes", "goes", "shifts")
    table.add_row(key, *[" ".join(names)] * 3)
    Console(width=160, soft_wrap=True).print(table)
    text = capsys.readouterr().out
    assert key in text
    assert [text.count(name) for name in names] == [3] * 5


def test_the_number_that_decides_is_named(tiny: Path) -> None:
    """At a tenth of the shortage cost building no longer pays: 300 against 200 USD."""
    words = ("sensitivity", "tiny.yaml", "--range", "none=0.9", "--only", SHORTAGE, "--workers", "1", "--json")
    called = call(*words, folder=tiny)
    assert called.code == 0, called.err
    rows = {row["end"]: row for row in called.document["confirmed"]}
    assert rows["low"]["verdict"] == "changes"
    assert rows["low"]["saves_at_least"] == pytest.approx(100)
    assert rows["low"]["goes"] == "plant:build"
    assert rows["high"]["verdict"] == "keeps"
    folder = tiny / "results" / "tiny_sensitivity"
    assert sorted(path.name for path in folder.iterdir()) == [
        "base", "confirmed.csv", "screen.csv", "sensitivity.json",
    ]  # fmt: skip


def test_what_a_reader_sees(tiny: Path) -> None:
    """The screen says what was swept how far, what moves, and what it would save."""
    words = ("sensitivity", "tiny.yaml", "--range", "none=0.9", "--only", SHORTAGE, "--workers", "1")
    called = call(*words, folder=tiny)
    assert called.code == 0, called.err
    for part in ("1 of confidence none by 90% either way", SHORTAGE, "x 0.1", "changes", "100 USD", "plant:build"):
        assert part in called.out, part
    assert "written to" in called.err


def test_a_number_that_leaves_no_plan_is_told_apart(tiny: Path) -> None:
    """With hard demand, more of it leaves no plan: that is said, and not counted among what moves nothing."""
    hard = TINY.replace(", shortage_cost: 100", "").replace("tonnes: 10", "tonnes: {2027: 5, 2028: 14}")
    (tiny / "hard.yaml").write_text(hard, encoding="utf-8")
    only = ("--only", "markets.*.tonnes", "--only", "recipes.*")
    called = call("sensitivity", "hard.yaml", *only, "--workers", "1", folder=tiny)
    assert called.code == 0, called.err
    assert "markets.programs.demand.magnet.tonnes x 1.3: no plan" in called.out
    assert "1 do not at either end" in called.out
    assert "infeasible" in called.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--range", "C"), "--range C is not of the form GRADE=SHARE"),
        (("--range", "C=2"), "the range of C is 2"),
        (("--range", "C=0.2", "--range", "C=0.4"), "--range C is given twice: 0.2 and 0.4"),
        (("--confidence", "Z"), "confidence 'Z' is none of A, B, C, none"),
        (("--only", "nothing.*"), "matches 'nothing.*'"),
    ],
)
def test_bad_usage(words: tuple[str, ...], said: str, tiny: Path) -> None:
    """What makes no sense ends with 2, says why, and writes nothing."""
    called = call("sensitivity", "tiny.yaml", *words, folder=tiny)
    assert called.code == 2
    assert said in called.err
    assert not (tiny / "results").exists()


def test_an_instance_without_a_plan(tiny: Path) -> None:
    """Where there is no base plan the command ends with 1, as solve does."""
    (tiny / "hard.yaml").write_text(TINY.replace(", shortage_cost: 100", ""), encoding="utf-8")
    called = call("sensitivity", "hard.yaml", "--workers", "1", folder=tiny)
    assert called.code == 1
    assert "infeasible" in called.err


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_done_and_goes_on(tmp_path: Path) -> None:
    """Who stops a sweep has the rows so far, and the same command goes on from there."""
    words = ["-c", HEARING, "sensitivity", str(STARTER.with_name("minimal")), "-o", "study", "--top", "0"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen([sys.executable, *words], cwd=tmp_path, env=environment, stderr=subprocess.PIPE)
    screen = tmp_path / "study" / "screen.csv"
    until = time.monotonic() + 120
    while time.monotonic() < until and not (screen.exists() and len(screen.read_text().splitlines()) > 5):
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    info = json.loads((tmp_path / "study" / "sensitivity.json").read_text(encoding="utf-8"))
    rows = screen.read_text(encoding="utf-8").splitlines()
    assert info["stopped_early"]
    assert 5 < len(rows) - 1 < 2 * info["numbers"]
    again = subprocess.run([sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert again.returncode == 0, again.stderr
    after = screen.read_text(encoding="utf-8").splitlines()
    assert after[0] == rows[0]
    assert set(rows) < set(after)  # what was kept is not solved again, and stands where it belongs by now
    assert len(after) - 1 == 2 * info["numbers"]
