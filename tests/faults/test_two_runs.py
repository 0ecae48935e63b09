"""Two runs that write one folder at once: each writes it whole, and one of them is the last."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TIMES = 300
SCRIPT = """
import sys
from pathlib import Path
from optimizer.folders import write_whole

target, word, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def fill(folder):
    for name in ("one", "two"):
        (folder / name).write_text(word)

for _ in range(times):
    write_whole(target, fill)
"""


@pytest.mark.slow
def test_neither_undoes_the_other(tmp_path: Path) -> None:
    """Hundreds of times, side by side: no run fails, nothing is mixed, nothing is left beside it."""
    target = tmp_path / "plan"
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(target), word, str(TIMES)], stderr=subprocess.PIPE, text=True
        )
        for word in ("first", "other", "third")
    ]
    said = [run.communicate(timeout=120)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], said
    words = {file.read_text() for file in target.iterdir()}
    assert len(words) == 1
    assert words <= {"first", "other", "third"}
    assert [there.name for there in tmp_path.iterdir()] == ["plan"]
