"""What Ctrl-C leaves of each command on a real instance, and whether the same command then goes on.

    python benchmarks/stopping.py INSTANCE PLAN FUTURES FILE.json [--only COMMAND ...] [--after SECONDS]

Each command of docs/stopping.md that runs longer than seconds is begun in a folder of its own, asked to stop by SIGINT
after some seconds, given again, and asked to stop once more. Kept: seconds from the signal to the end, exit codes, what
the last lines say, and the bytes of each file in the folder after either run, so that one can see what was there before
and is still there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optimizer

PATIENCE = 600.0
"""Seconds after the signal until a command counts as one that does not hear it."""
TOLD = 6
"""Lines of each run that are kept, at its beginning and at its end."""


def commands(instance: str, plan: str, futures: str, desk: Path) -> dict[str, list[str]]:
    """Each command, without its folder."""
    study = desk / "study.yaml"
    lines = ["study: growth", f"instance: {Path(instance).resolve()}", "set: {scenarios: []}", "options: {gap: 1.0e-3}"]
    lines += [
        "factors:",
        "  programmes: {times: 'markets.mdap_air_space.demand.*.tonnes'}",
        "grid:",
        "  programmes: [1, 1.1, 1.2, 1.3]",
    ]
    study.write_text("\n".join(lines) + "\n", encoding="utf-8")
    trunk = ["--set", "scenarios=[]"]
    other = shutil.copytree(plan, desk / "other")
    return {
        "solve": ["solve", instance, "--gap", "1e-4"],
        "solve --survive": ["solve", instance, *trunk, "--survive", "2", "--duration", "2", "--gap", "1e-4"],
        "explain": ["explain", instance, "--set", "policy.budget.annual=1e8"],
        "stress": ["stress", plan, "--losses", "3", "--duration", "3"],
        "evaluate": ["evaluate", instance, "--portfolio", plan, "--futures", futures],
        "value": ["value", instance],
        "alternatives": ["alternatives", instance, *trunk, "--within-usd", "3e8"],
        "why": ["why", instance, "wicheeda:build", *trunk],
        "compare --regret": ["compare", plan, str(other), "--regret"],
        "shortfall": ["shortfall", plan],
        "sensitivity": ["sensitivity", instance, *trunk, "--top", "5"],
        "frontier": ["frontier", instance, *trunk, "--sweep", "policy.budget.annual=1e9:7e9:7"],
        "waivers": ["waivers", instance, *trunk],
        "study": ["study", str(study)],
        "sample": ["sample", instance, f"{instance}/events.yaml", "--number", "10000"],
    }  # fmt: skip


def main() -> None:
    """Stop every command twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instance")
    parser.add_argument("plan")
    parser.add_argument("futures")
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", action="append")
    parser.add_argument("--after", type=float, default=45.0)
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts with '&' ignores it otherwise
    out: dict[str, Any] = {
        "instance": optimizer.load(given.instance).name,
        "after": given.after,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, shared",
        "commands": {},
    }
    with tempfile.TemporaryDirectory() as raw:
        desk = Path(raw)
        for name, command in commands(given.instance, given.plan, given.futures, desk).items():
            if given.only and name not in given.only:
                continue
            folder = desk / name.replace(" ", "")
            words = command if name == "why" else [*command, "-o", str(folder)]
            runs = [stopped(words, folder, given.after) for _ in range(2)]
            out["commands"][name] = {"command": command, "runs": runs}
            for run in runs:
                print(f"{name}: exit {run['exit']} {run['heard']} s after it was asked; {run['told'][-1:]}", flush=True)  # noqa: T201
            shutil.rmtree(folder, ignore_errors=True)
            given.file.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")


def stopped(words: list[str], folder: Path, after: float) -> dict[str, Any]:
    """Run a command, ask it to stop, and look at what is there."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "optimizer", *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    lines: list[str] = []

    def listen() -> None:
        assert process.stdout is not None
        lines.extend(f"{time.monotonic() - began:.1f} {line.rstrip()}" for line in process.stdout if line.strip())

    listener = threading.Thread(target=listen)
    listener.start()
    asked = None
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the command
        asked = time.monotonic()
        try:
            process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    ended = time.monotonic()
    listener.join()
    beside = [*folder.rglob("*"), *folder.parent.glob(f"{folder.name}.*")]
    size = {str(path.relative_to(folder.parent)): path.stat().st_size for path in sorted(beside) if path.is_file()}
    found: dict[str, Any] = {"exit": process.returncode}
    found["asked"] = None if asked is None else round(asked - began, 1)  # None: it had ended by itself
    found["heard"] = None if asked is None else round(ended - asked, 1)
    found["load"] = round(os.getloadavg()[0], 1)
    found["traceback"] = any("Traceback" in line for line in lines)
    return found | {"began": lines[:TOLD], "told": lines[-TOLD:], "files": size}


if __name__ == "__main__":
    main()
