"""Seconds to 1, 0.5 and 0.1 percent by method, side by side: the methods take turns, each run a process of its own.

    python benchmarks/methods.py s10=FOLDER us=instances/us_allied_2026 --methods extensive benders --runs 3 -o FILE

The seconds are those of the whole way from the instance in memory: building, solving, and the first moment at which
plan and bound are as near as asked. A run that does not get there within --seconds has none. The clock is shared with
whatever else the machine does, so the load is kept with each run, and ratios are of medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

GAPS = (0.01, 0.005, 0.001)
GAP = Path(__file__).with_name("gap.py")


def run(instance: str, method: str, seconds: float) -> dict[str, Any]:
    """One run of one method, in a process of its own."""
    load = os.getloadavg()[0]
    command = [
        sys.executable,
        str(GAP),
        instance,
        "--method",
        method,
        "--gap",
        str(GAPS[-1]),
        "--seconds",
        str(seconds),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    trace = found.pop("trace")
    total = found["seconds"].get("total")
    reached = {str(gap): first(trace, gap) for gap in GAPS}
    if found["status"] == "optimal" and reached[str(GAPS[-1])] is None:
        reached[str(GAPS[-1])] = total  # what ended it was not told as progress
    return {"load": round(load, 1), "reached": reached, **found}


def first(trace: Iterable[dict[str, Any]], gap: float) -> float | None:
    """The first moment at which plan and bound were as near as asked."""
    for entry in trace:
        plan, bound = entry["plan_usd"], entry["bound_usd"]
        if plan is not None and bound is not None and plan - bound <= gap * abs(plan):
            return float(entry["seconds"])
    return None


def medians(runs: list[dict[str, Any]]) -> dict[str, float | None]:
    """Of the seconds to each gap; None where a run did not get there."""
    found: dict[str, float | None] = {}
    for gap in map(str, GAPS):
        seconds = [one["reached"][gap] for one in runs]
        found[gap] = None if None in seconds else round(statistics.median(seconds), 2)
    return found


def main() -> None:
    """Measure, and write one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instances", nargs="+", help="NAME=FOLDER")
    parser.add_argument("--methods", nargs="+", default=["extensive", "benders"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    found: dict[str, Any] = {"date": datetime.now(UTC).date().isoformat(), "cores": os.cpu_count(), "instances": {}}
    for named in arguments.instances:
        name, folder = named.split("=", 1)
        runs: dict[str, list[dict[str, Any]]] = {method: [] for method in arguments.methods}
        for _ in range(arguments.runs):
            for method in arguments.methods:
                runs[method].append(run(folder, method, arguments.seconds))
        found["instances"][name] = {
            "medians": {method: medians(done) for method, done in runs.items()},
            "runs": runs,
        }
        Path(arguments.output).write_text(json.dumps(found, indent=1) + "\n")  # what is measured so far is not lost
        sys.stderr.write(f"{name} {json.dumps(found['instances'][name]['medians'])}\n")


if __name__ == "__main__":
    main()
