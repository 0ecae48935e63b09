"""A disk that is really full: a file system of a few pages in memory, where the machine lets one be mounted."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import call

from .test_disk import COMMANDS, content, desk  # noqa: F401 (a fixture)

SIZES = ("4k", "16k", "48k")
"""A page is 4k: too small for anything, for the first rows of a study, and for part of a plan."""


def mounted(*options: str, at: Path) -> bool:
    """Whether it could be mounted."""
    done = subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", str(at)], capture_output=True, check=False)
    return done.returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one page."""
    at = tmp_path / "disk"
    at.mkdir()
    if shutil.which("mount") is None or os.geteuid() != 0 or not mounted("-o", "size=4k", at=at):
        pytest.skip("no file system can be mounted here")
    yield at
    subprocess.run(["umount", str(at)], check=True)


def sized(disk: Path, size: str) -> None:
    """Give it another size."""
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "prove"])
def test_it_is_told_and_with_space_the_same_command_does_it_all(name: str, disk: Path, desk: Path) -> None:  # noqa: F811
    """With 2 and the place; nothing hidden stays behind; what a study kept is there when it goes on."""
    words = [word.replace("out", str(disk / "out"), 1) if word.startswith("out") else word for word in COMMANDS[name]]
    full = 0
    for size in SIZES:
        sized(disk, size)
        called = call(*words, folder=desk)
        if called.code == 0:
            shutil.rmtree(disk / "out") if (disk / "out").is_dir() else (disk / words[-1]).unlink(missing_ok=True)
            continue
        full += 1
        assert called.code == 2, called.err
        assert "No space left on device" in called.err, called.err
        assert [file for file in content(disk) if Path(file).name.startswith(".")] == []
    assert full > 0
    sized(disk, "64m")
    called = call(*words, folder=desk)
    assert called.code == 0, called.err
