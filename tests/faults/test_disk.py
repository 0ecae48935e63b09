"""A full disk, a folder that cannot be written, a clock that jumps: told, nothing half-written, nothing lost."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import TINY, call
from support.build import instance_of
from support.generate import generate

import optimizer
from optimizer.folders import whole_lines, write_new, write_whole
from optimizer.instance.write import yaml_text
from optimizer.solver.benders import checkpoint as checkpointing

STUDY = """
study: two
instance: tiny.yaml
factors: {capex: {times: "facilities.*.options.*.capex"}}
grid: {capex: [1, 30]}
"""
COMMANDS = {
    "solve": ("solve", "tiny.yaml", "-o", "out"),
    "study": ("study", "study.yaml", "-o", "out", "--workers", "1"),
    "evaluate": ("evaluate", "tiny.yaml", "--portfolio", "plan", "-o", "out", "--workers", "1"),
    "sensitivity": ("sensitivity", "tiny.yaml", "-o", "out", "--workers", "1"),
    "alternatives": ("alternatives", "tiny.yaml", "--within-usd", "100", "-o", "out"),
    "compare": ("compare", "plan", "other", "--different-instances", "-o", "out"),
    "value": ("value", "made.yaml", "-o", "out", "--workers", "1"),
    "shortfall": ("shortfall", "plan", "-o", "out"),
    "viability": ("viability", "plan", "--hurdle-rate", "0.08", "-o", "out"),
    "report": ("report", "plan", "-o", "out.html"),
    "workbook": ("workbook", "plan", "-o", "out.xlsx"),
    "export": ("export", "tiny.yaml", "-o", "out.mps"),
    "scenarios": ("export", "made.yaml", "--format", "smps", "-o", "out"),
    "generate": ("generate", "out"),
    "new": ("new", "out"),
    "prove": ("prove", "plan"),
}
QUICK = ("solve", "study", "export", "new")
SIZES = (0, 300, 3000)
"""Bytes that a file may have: where the system allows no more, writing ends as on a full disk."""


@contextlib.contextmanager
def full(size: int) -> Iterator[None]:
    """No file may grow over a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with a plan of it, and another."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "tiny.yaml").write_text(TINY, encoding="utf-8")
    (folder / "made.yaml").write_text(yaml_text(instance_of(generate(1, scenarios=1))), encoding="utf-8")
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    for name, set_ in (("plan", []), ("other", ["--set", "discount_rate=0.05"])):
        assert call("solve", "tiny.yaml", "-o", name, *set_, folder=folder).code == 0
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """All files that are there, by their path."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def empty(desk: Path) -> None:
    """Take away what other commands wrote."""
    for left in desk.glob("out*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in COMMANDS]
)
def test_a_full_disk_is_told_and_leaves_nothing_half_written(name: str, desk: Path) -> None:
    """With 2 and the file; what was there before is there, and with space the same command does it all."""
    empty(desk)
    before = content(desk)
    for size in SIZES:
        with full(size):
            called = call(*COMMANDS[name], folder=desk)
        if called.code == 0:  # what is written is as small as that
            continue
        assert called.code == 2, called.err
        assert "File too large" in called.err
        after = content(desk)
        assert {file: after.get(file) for file in before} == before
        for file in set(after) - set(before):
            if file.endswith(".json"):
                json.loads(after[file])
            assert not Path(file).name.startswith("."), f"{file} is left"
    assert call(*COMMANDS[name], folder=desk).code == 0


def test_a_result_that_does_not_fit_leaves_the_one_before(desk: Path) -> None:
    """Solved anew into the same folder."""
    before = content(desk)
    with full(3000):
        called = call("solve", "tiny.yaml", "--set", "discount_rate=0.1", "-o", "plan", folder=desk)
    assert called.code == 2
    assert content(desk) == before


NOWHERE = {
    "a folder of the system": ("/proc/out", "No such file or directory"),
    "under a file": ("tiny.yaml/out", "Not a directory"),
    "without permission": ("out", "Permission denied"),
    "read-only": ("out", "Read-only file system"),
}


@pytest.mark.parametrize("name", NOWHERE)
def test_where_nothing_can_be_written_nothing_is_solved(name: str, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is found before the hours, not after them."""
    empty(desk)
    place, why = NOWHERE[name]
    number = {"Permission denied": 13, "Read-only file system": 30}.get(why)
    if number is not None:  # who runs the tests may be allowed everything

        def refuse(*_: object, **__: object) -> str:
            raise OSError(number, why)

        monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    monkeypatch.setattr("optimizer.cli.solve.solve_with", lambda *_, **__: pytest.fail("it was solved"))
    called = call("solve", "tiny.yaml", "-o", place, folder=desk)
    assert called.code == 2
    assert f"{place}: no folder can be written there" in called.err
    assert why in called.err


def test_a_clock_that_goes_back_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By an hour at each look: durations and limits go by another clock, and a stopped run goes on all the same."""
    instance = instance_of(generate(1, scenarios=2))
    usual = optimizer.solve(instance, gap=1e-6, threads=1, method="benders")
    monkeypatch.setattr(checkpointing, "EVERY", 0.0)
    monkeypatch.setattr(checkpointing, "SHARE", 1e9)
    now = iter(range(10**9, 0, -3600))
    monkeypatch.setattr(time, "time", lambda: float(next(now)))
    for _ in range(2):
        plan = optimizer.solve(
            instance, gap=1e-6, threads=1, method="benders", time_limit=60, checkpoint=tmp_path / "kept"
        )
        assert plan.status == "optimal"
        assert plan.objective == pytest.approx(usual.objective, rel=2e-6)
        assert all(seconds >= 0 for seconds in plan.info["seconds"].values())
        assert optimizer.verify(plan.save(tmp_path / "plan")).ok
    assert plan.info["resumed"].startswith("gone on from")


def written(folder: Path) -> None:
    (folder / "new").write_text("new", encoding="utf-8")


def test_what_killed_runs_left_is_cleared_away(tmp_path: Path) -> None:
    """Folders half written, once they are an hour old; none of another name, and none that a run is at."""
    for name in (".out.aaaaaaaa", ".out.bbbbbbbb", ".out.old.cccccccc", ".other.aaaaaaaa", ".out.mine", "out.aaaaaaaa"):
        (tmp_path / name).mkdir()
        if name != ".out.bbbbbbbb":
            os.utime(tmp_path / name, (0, 0))
    (tmp_path / "out").mkdir()
    write_whole(tmp_path / "out", written)
    left = {".out.bbbbbbbb", ".other.aaaaaaaa", ".out.mine", "out.aaaaaaaa", "out"}
    assert {file.name for file in tmp_path.iterdir()} == left
    assert (tmp_path / "out" / "new").is_file()


def test_a_result_that_was_moved_aside_goes_back(tmp_path: Path) -> None:
    """A run was killed between moving it and putting the new one in its place; the next one then fails."""

    def fails(_: Path) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / ".out.old.cccccccc" / "old").mkdir(parents=True)
    (tmp_path / ".out.old.cccccccc" / "old" / "plan.json").write_text("{}", encoding="utf-8")
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "out", fails)
    assert (tmp_path / "out" / "plan.json").read_text(encoding="utf-8") == "{}"


def test_half_a_line_is_cut_off_and_the_rest_not_written_anew(tmp_path: Path) -> None:
    """So that there is no moment at which all of it is gone: not even with no space at all."""
    file = tmp_path / "lines"
    file.write_bytes(b"one\ntwo\nthr")
    with full(0):
        assert whole_lines(file) == b"one\ntwo\n"
    assert file.read_bytes() == b"one\ntwo\n"
    assert whole_lines(file) == b"one\ntwo\n"


def test_a_file_that_cannot_be_written_stays_what_it_was(tmp_path: Path) -> None:
    """And nothing lies beside it."""
    file = tmp_path / "note"
    file.write_bytes(b"before")
    with full(3), pytest.raises(OSError, match="too large"):
        write_new(file, "longer")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("note", b"before")]


@pytest.mark.parametrize("name", ["screen.csv", "confirmed.csv"])
def test_a_table_of_a_sweep_without_its_first_line_is_begun(name: str, desk: Path) -> None:
    """A run was killed when the file was there, and nothing in it."""
    command = ("sensitivity", "tiny.yaml", "-o", "swept", "--workers", "1")
    assert call(*command, folder=desk).code == 0
    whole = (desk / "swept" / name).read_text(encoding="utf-8").splitlines()[0]
    (desk / "swept" / name).write_bytes(b"")
    assert call(*command, folder=desk).code == 0
    assert (desk / "swept" / name).read_text(encoding="utf-8").splitlines()[0] == whole
    shutil.rmtree(desk / "swept")
