"""A benchmark that no longer runs measures nothing: those that reach into the solver are run in small."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_strength_runs_with_every_variant(tmp_path: Path) -> None:
    """On the example of two plants: every relaxation bounds the best plan, and stronger rows bound it no worse."""
    file = tmp_path / "strength.json"
    instance = ROOT / "docs" / "examples" / "two_plants.yaml"
    command = [str(ROOT / "benchmarks" / "strength.py"), str(file), "--instance", str(instance)]
    subprocess.run([sys.executable, *command, "--variants", "--seconds", "1"], check=True, capture_output=True)
    found = json.loads(file.read_text(encoding="utf-8"))["instances"][instance.name]
    plain, best = found["without"]["relaxation"]["usd"], found["best_usd"]
    bounds = {name: one["usd"] for name, one in found["variants"].items()} | {
        "with": found["with"]["relaxation"]["usd"]
    }
    assert set(bounds) == {"all needs", "not reduced", "at most", "without limit", "capacity", "with"}
    assert all(plain - 1 <= bound <= best + 1 for bound in bounds.values())
