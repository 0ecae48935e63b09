"""The notebooks run from beginning to end, and are kept with what came out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
MOST_BYTES = 100_000


def cells(file: Path) -> list[dict[str, Any]]:
    """The cells of code of a notebook."""
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == "code"]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_is_kept_executed_and_light(file: Path) -> None:
    """Every cell ran in order; none says an error, a warning or a path of the machine."""
    assert [cell["execution_count"] for cell in cells(file)] == list(range(1, len(cells(file)) + 1))
    outputs = [output for cell in cells(file) for output in cell["outputs"]]
    assert outputs
    assert all(output["output_type"] != "error" and output.get("name") != "stderr" for output in outputs)
    assert "/tmp/" not in json.dumps(outputs)
    assert file.stat().st_size < MOST_BYTES


@pytest.mark.slow
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_runs(file: Path, tmp_path: Path) -> None:
    """With as many outputs of each cell as are kept."""
    command = [sys.executable, str(ROOT / "docs" / "notebooks" / "run.py"), file.name, "--to", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    kept, made = ([len(cell["outputs"]) for cell in cells(where)] for where in (file, tmp_path / file.name))
    assert made == kept
