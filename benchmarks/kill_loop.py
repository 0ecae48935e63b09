"""Kills commands at random moments, and looks at what is left: a usable folder or none, and a run that goes on.

    python benchmarks/kill_loop.py FILE.json --kills 100 [--only NAME ...] [--seed N]

Each command is begun on the starter, in a folder of its own, and ended by SIGKILL: after a random time, or as soon as
something is being written; alone, or with the processes it began. After each kill the folder is looked at: a result
folder passes the check or is not there, and no line that a study had kept is gone. Then the same command is given
again. One that comes to its end is compared with an undisturbed run, table by table; times and dates apart.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

import optimizer

ROOT = Path(__file__).resolve().parents[1]
BEFORE_ITS_END = 0.3
"""Share of the kills that wait until something is being written."""
TIMES = ("seconds", "made", "began", "ended")
COMMANDS = {
    "solve": ("solve", "instances/starter", "--gap", "1e-3", "--threads", "1", "-o", "out"),
    "benders": ("solve", "instances/starter", "--gap", "1e-3", "--threads", "1", "--method", "benders", "-o", "out"),
    "study": ("study", "docs/studies/starter.yaml", "-o", "out"),
    "minimal": ("solve", "instances/minimal", "-o", "out"),
    "verdicts": ("verdicts", "instances/starter", "--set", "scenarios=[]", "--samples", "4", "-o", "out"),
}


@dataclass(slots=True)
class Seen:
    """What one command went through."""

    kills: int = 0
    while_writing: int = 0
    left_none: int = 0
    left_usable: int = 0
    to_the_end: int = 0
    lost: list[str] = field(default_factory=list)
    """What was wrong, a sentence each."""


def main() -> int:
    """Go through the commands, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--kills", type=int, default=100, help="of all commands together")
    parser.add_argument("--only", action="append", choices=COMMANDS)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    names = given.only or [name for name in COMMANDS if name != "minimal"]
    out: dict[str, Any] = {"seed": given.seed, "commands": {}}
    for number, name in enumerate(names):
        share = given.kills // len(names) + (number < given.kills % len(names))
        with tempfile.TemporaryDirectory() as folder:
            desk = Path(folder)
            (desk / "instances").symlink_to(ROOT / "instances")
            (desk / "docs").symlink_to(ROOT / "docs")
            seen = loop(name, desk, share, random.Random(f"{name} {given.seed}"))
        out["commands"][name] = {key: getattr(seen, key) for key in Seen.__slots__}
        sys.stdout.write(f"{name}: {out['commands'][name]}\n")
        sys.stdout.flush()
    out["kills"] = sum(each["kills"] for each in out["commands"].values())
    out["lost"] = sum(len(each["lost"]) for each in out["commands"].values())
    given.file.write_text(json.dumps(out, indent=2) + "\n", encoding="utf-8")
    return 1 if out["lost"] else 0


def loop(name: str, desk: Path, kills: int, draw: random.Random) -> Seen:
    """Kill a command so many times, and let it come to its end."""
    seen, out = Seen(), desk / "out"
    began = time.monotonic()
    begun(name, desk).wait()
    usual = time.monotonic() - began
    expected = tables_of(out)
    shutil.rmtree(out)
    kept = 0
    while seen.kills < kills:
        killed, writing = kill(name, desk, usual, draw)
        if killed:
            seen.kills += 1
            seen.while_writing += writing
        kept = look(name, desk, seen, kept)
        if not killed:
            compare(name, desk, expected, seen)
            if draw.random() < 0.5:  # else the next run replaces it, or finds that all is done
                empty(desk)
                kept = 0
    code = begun(name, desk).wait()
    if code:
        seen.lost.append(f"at last it ends with {code}")
    compare(name, desk, expected, seen)
    return seen


def begun(name: str, desk: Path) -> subprocess.Popen[bytes]:
    """The command, begun in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "optimizer", *COMMANDS[name], "--quiet"],
        cwd=desk,
        stdout=subprocess.DEVNULL,
        stderr=(desk / "said").open("wb"),
        start_new_session=True,
    )


def kill(name: str, desk: Path, usual: float, draw: random.Random) -> tuple[bool, bool]:
    """Begin a command and kill it; whether it was killed, and while something was being written."""
    run = begun(name, desk)
    on_writing, alone = draw.random() < BEFORE_ITS_END, draw.random() < 0.5
    end, writing = time.monotonic() + (3 if on_writing else draw.uniform(0, 1.1)) * usual, False
    before = unfinished(desk)
    while time.monotonic() < end and run.poll() is None and not writing:
        time.sleep(0.0005 if on_writing else 0.005)
        writing = on_writing and unfinished(desk) != before
    if writing:
        time.sleep(draw.uniform(0, 0.03))
    with contextlib.suppress(ProcessLookupError):
        if alone:
            run.kill()
        else:
            os.killpg(run.pid, signal.SIGKILL)
    code = run.wait()
    with contextlib.suppress(ProcessLookupError):  # what it began ends by itself; the next run does not wait for that
        os.killpg(run.pid, signal.SIGKILL)
    return code == -signal.SIGKILL, writing


def unfinished(desk: Path) -> set[str]:
    """What is being written, or was when a run was killed."""
    found = {file.name for file in desk.iterdir() if file.name.startswith(".")}
    with contextlib.suppress(FileNotFoundError):
        found |= {file.name for file in (desk / "out").iterdir() if file.name.startswith(".")}
    return found


def look(name: str, desk: Path, seen: Seen, kept: int) -> int:
    """Look at what is left; the number of lines that a study has kept."""
    out = desk / "out"
    if not out.exists():
        seen.left_none += 1
        if kept:
            seen.lost.append(f"{kept} lines are gone with their folder")
        return 0
    try:
        if name not in ("study", "verdicts"):
            verdict = optimizer.verify(out)
            if not verdict.ok:
                seen.lost.append(verdict.summary())
        lines = 0
        for file in out.glob("*.jsonl"):
            data = file.read_bytes()
            lines += data.count(b"\n")
            for line in data[: data.rfind(b"\n") + 1].splitlines():
                json.loads(line)
        for file in out.glob("*.json"):
            json.loads(file.read_text(encoding="utf-8"))
        if lines < kept:
            seen.lost.append(f"{kept - lines} of {kept} lines are gone")
    except (optimizer.OptimizerError, ValueError, OSError) as error:
        seen.lost.append(f"{type(error).__name__}: {error}")
        return kept
    seen.left_usable += 1
    return lines


def compare(name: str, desk: Path, expected: dict[str, str], seen: Seen) -> None:
    """Hold a run that came to its end against the undisturbed one."""
    seen.to_the_end += 1
    out = desk / "out"
    if not out.is_dir():
        seen.lost.append(f"it ended and left nothing: {(desk / 'said').read_text(encoding='utf-8')[-300:]}")
        return
    found = tables_of(out)
    other = sorted(table for table in {*expected, *found} if expected.get(table) != found.get(table))
    if name == "benders":  # what is known from before may lead to another plan within the gap
        plan = optimizer.Plan.read(out)
        if plan.gap is None or plan.gap > 1e-3:
            seen.lost.append(f"the gap is {plan.gap}")
    elif other:
        seen.lost.append(f"other tables than those of an undisturbed run: {', '.join(other)}")


def tables_of(folder: Path) -> dict[str, str]:
    """The tables of a folder as text, without times."""
    found = {}
    for file in sorted(folder.glob("*.csv")):
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
        timed = [column for column in table.columns if any(word in column for word in TIMES)]
        found[file.name] = table.drop(columns=timed).to_csv(index=False)
    return found


def empty(desk: Path) -> None:
    """Take away what runs left."""
    for file in desk.iterdir():
        if not file.is_symlink() and file.name != "said":
            shutil.rmtree(file) if file.is_dir() else file.unlink()


if __name__ == "__main__":
    sys.exit(main())
