"""Nothing asks a network at run time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

GUARDED = """
import socket, sys

ASKED = []
REACHES = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.sendto")

def refuse(event, arguments):
    if event in REACHES:
        ASKED.append((event, arguments))
        raise OSError(f"no network: {event}")

sys.addaudithook(refuse)
for reach in (lambda: socket.create_connection(("127.0.0.1", 9)), lambda: socket.gethostbyname("localhost")):
    try:
        reach()
    except OSError as error:
        assert "no network" in str(error), error
    else:
        raise AssertionError("the guard lets through")
assert len(ASKED) == 2, ASKED
ASKED.clear()

from optimizer.cli import app

for words in (
    ["new", "mine"],
    ["validate", "mine"],
    ["solve", "mine", "-q"],
    ["verify", "results/mine"],
    ["report", "results/mine", "-o", "mine.html"],
):
    app(words, standalone_mode=False)
assert ASKED == [], ASKED
print("nothing was asked")
"""


@pytest.mark.slow
def test_from_a_new_instance_to_a_report_without_a_network(tmp_path: Path) -> None:
    """In a process that refuses to connect and to look names up, and keeps what was tried though it is caught."""
    done = subprocess.run([sys.executable, "-c", GUARDED], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("nothing was asked\n")
    assert "<script src" not in (tmp_path / "mine.html").read_text(encoding="utf-8")
