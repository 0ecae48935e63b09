"""Killed at any moment: a usable folder or none. `benchmarks/kill_loop.py` goes on for longer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.params import first_fast

import optimizer

ROOT = Path(__file__).resolve().parents[2]

KILLED = """
import os, pathlib, signal, sys
import optimizer

plan, count = optimizer.Plan.read(sys.argv[1]), [0]
replace = pathlib.Path.replace


def counted(path, target):
    count[0] += 1
    if count[0] == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(path, target)


pathlib.Path.replace = counted
plan.save(sys.argv[1])
"""


@pytest.mark.parametrize("before", first_fast([1, 2], 1))
def test_killed_between_two_steps_of_replacing(before: int, tmp_path: Path) -> None:
    """The earlier result is there, or goes back to its place when it is written anew; then nothing else is left."""
    plan = optimizer.solve(optimizer.load(ROOT / "docs" / "examples" / "two_plants.yaml"))
    folder = plan.save(tmp_path / "plan")
    command = [sys.executable, "-c", KILLED, str(folder), str(before)]
    assert subprocess.run(command, check=False, cwd=ROOT).returncode == -signal.SIGKILL
    assert folder.exists() == (before == 1)
    assert len(list(tmp_path.glob(".plan.*"))) == before + (before == 1)
    for left in tmp_path.glob(".plan.*"):
        os.utime(left, (0, 0))
    plan.save(folder)
    assert [file.name for file in tmp_path.iterdir()] == ["plan"]
    assert optimizer.verify(folder).ok


@pytest.mark.slow
def test_some_kills_at_random_moments(tmp_path: Path) -> None:
    """The loop itself, in small."""
    file = tmp_path / "kills.json"
    command = [
        sys.executable,
        str(ROOT / "benchmarks" / "kill_loop.py"),
        str(file),
        "--kills",
        "2",
        "--only",
        "minimal",
    ]
    run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(file.read_text(encoding="utf-8"))["kills"] == 2
