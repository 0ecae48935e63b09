"""How time and memory grow with facilities, periods and futures: generated instances, each a process of its own.

    python benchmarks/scaling.py FILE.json [--facilities 60 125 250 500 1000 2000] [--periods 3 5 10 20]
        [--futures 1 10 100 1000] [--gap 0.01] [--seconds 900]

One size is varied, the others stay at 60 facilities, 5 periods, 10 futures. Kept are the seconds of the clock and of
the processor, by `--method` (auto), for building and for the whole way to the gap, the peak of memory, the sizes. The
exponent is the slope of a straight line through the logarithms of size and processor time, of sizes that reached the
gap; where one did not, that is where it ends. The clock is shared with whatever else the machine does; processor time
less so.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import optimizer

GAP = Path(__file__).with_name("gap.py")
BASE = {"facilities": 60, "periods": 5, "futures": 10}


def main() -> None:
    """Vary one size after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--facilities", type=int, nargs="*", default=[60, 125, 250, 500, 1000, 2000])
    parser.add_argument("--periods", type=int, nargs="*", default=[3, 5, 10, 20])
    parser.add_argument("--futures", type=int, nargs="*", default=[1, 10, 100, 1000])
    parser.add_argument("--gap", type=float, default=0.01)
    parser.add_argument("--seconds", type=float, default=900.0)
    parser.add_argument("--method", default="auto")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    out: dict[str, Any] = {
        "base": BASE,
        "gap": given.gap,
        "seconds": given.seconds,
        "method": given.method,
        "seed": given.seed,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, shared",
        "runs": [],
        "exponents": {},
    }
    known: dict[tuple[int, ...], dict[str, Any]] = {}
    for what in BASE:
        for size in getattr(given, what):
            sizes = BASE | {what: size}
            key = tuple(sizes.values())
            if key not in known:
                known[key] = measured(sizes, given)
            out["runs"].append({"varied": what, **sizes, **known[key]})
            out["exponents"][what] = exponents(what, out["runs"])
            given.file.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
            print(what, size, {name: known[key].get(name) for name in ("status", "wall", "cpu", "peak_mb")}, flush=True)  # noqa: T201


def measured(sizes: dict[str, Any], given: argparse.Namespace) -> dict[str, Any]:
    """One instance, made, written, read and solved."""
    with tempfile.TemporaryDirectory() as raw:
        folder = optimizer.generate(seed=given.seed, **sizes).save(Path(raw) / "made")
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        command = [sys.executable, str(GAP), str(folder), "--gap", str(given.gap), "--seconds", str(given.seconds)]
        done = subprocess.run([*command, "--method", given.method], capture_output=True, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found: dict[str, Any] = {
        "whole": round(time.monotonic() - began, 1),
        "cpu": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "load": round(os.getloadavg()[0], 1),
    }
    if done.returncode:  # killed where memory ends, or an error
        return found | {"status": f"ended with {done.returncode}", "error": done.stderr[-500:]}
    document = json.loads(done.stdout)
    names = ("method", "status", "gap", "wall", "peak_mb", "sizes")
    return found | {name: document[name] for name in names} | {"build": document["seconds"].get("build")}


def exponents(what: str, runs: list[dict[str, Any]]) -> dict[str, float | None]:
    """Slopes of the logarithms of processor time and memory against that of the size."""
    mine = [run for run in runs if run["varied"] == what and run["status"] == "optimal"]
    found: dict[str, float | None] = {}
    for name in ("cpu", "peak_mb"):
        points = np.log([[run[what], run[name]] for run in mine])
        found[name] = round(float(np.polyfit(points[:, 0], points[:, 1], 1)[0]), 2) if len(mine) > 2 else None
    return found


if __name__ == "__main__":
    main()
