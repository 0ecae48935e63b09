"""A plan made again from its own folder, somewhere else: the same plan, and the same tables to the byte."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.build import instance_of
from support.generate import POLICY, generate

import optimizer

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = {
    "PYTHONHASHSEED": "4711",
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C",
    "LANG": "C",
    "OPTIMIZER_CACHE": "",
    "COLUMNS": "40",
    "OPENBLAS_CORETYPE": "Prescott",
    "NO_COLOR": "1",
}
"""Another order of hashes, day and terminal, another processor for BLAS; nothing else of this environment."""


def remade(folder: Path, place: Path) -> Path:
    """Solve what stands in a folder, as its note says that it was, in a process that has nothing but it."""
    shutil.copytree(folder / "instance", place / "moved" / "instance")
    options = json.loads((folder / "plan.json").read_text(encoding="utf-8"))["options"]
    given = [
        f"--{name.replace('_', '-')}={value}"
        for name, value in options.items()
        if value is not None and name in ("method", "gap", "gap_usd", "threads", "seed")
    ]
    command = [sys.executable, "-m", "optimizer", "solve", "instance", "-o", "out", "--quiet", *given]
    path = os.environ.get("PYTHONPATH", "")
    env = {**ELSEWHERE, "PATH": os.environ["PATH"], "HOME": str(place), "PYTHONPATH": path}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=place / "moved", env=env)
    assert done.returncode == 0, done.stderr
    return place / "moved" / "out"


def tables(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*.csv"))}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "risk"),
    [
        ("extensive", {"measure": "expected"}),
        ("benders", {"measure": "cvar", "alpha": 0.8, "weight": 0.5}),
        ("auto", {"measure": "regret"}),
    ],
)
def test_it_is_the_same_to_the_byte(method: str, risk: dict[str, object], tmp_path: Path) -> None:
    """By either method, on two threads, and with optima with hindsight; times and the day apart."""
    data = generate(14, size=2, scenarios=2) | {"risk": risk, "policy": POLICY}
    same(optimizer.solve(instance_of(data), method=method, gap=1e-4, threads=2), tmp_path)


@pytest.mark.slow
def test_the_starter_is_the_same_on_another_processor(tmp_path: Path) -> None:
    """Its plan was another by a cost's last digit, which BLAS had from the kind of processor."""
    same(optimizer.solve(optimizer.load(ROOT / "instances" / "starter"), threads=2), tmp_path)


def same(plan: optimizer.Plan, tmp_path: Path) -> None:
    """Hold a plan against what is made again of its folder."""
    first = plan.save(tmp_path / "first")
    again = remade(first, tmp_path)
    assert tables(again) == tables(first)
    assert len(tables(first)) > 20
    one, other = (json.loads((folder / "plan.json").read_text(encoding="utf-8")) for folder in (first, again))
    for name in ("seconds", "made"):
        del one[name], other[name]
    assert one == other
    assert optimizer.verify(again, exact=True).ok
