"""Whether all roads lead to one optimum: both methods, algorithms of HiGHS, SCIP, and the scenarios of SMPS.

    python benchmarks/differential.py FILE.json [--minutes 30] [--first 1000]

Seed after seed, as in `tests/solve/test_differential.py`, until the time is up. An instance of which a road says
another optimum is printed whole, and the run ends with 1. What a road cannot be asked for (SMPS: trees, and other
measures than the expected cost) is counted as left out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from solve.test_differential import made
from support.build import instance_of
from support.differential import held

from optimizer.run import versions


def main() -> int:
    """Go through seeds until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--first", type=int, default=1000)
    given = parser.parse_args()
    began, processor, load = time.monotonic(), time.process_time(), os.getloadavg()
    asked: Counter[str] = Counter()
    left: Counter[str] = Counter()
    broken: list[dict[str, object]] = []
    widest, seed = 0.0, given.first
    while time.monotonic() - began < 60 * given.minutes:
        try:
            found = held(instance_of(made(seed)))
            asked.update(name for name, usd in found.known.items())
            left.update(found.left)
            widest = max(widest, found.widest)
            why = found.apart
        except Exception as error:
            why = f"{error}\n{traceback.format_exc()}"
        if why:
            broken.append({"seed": seed, "why": why})
            sys.stderr.write(f"APART by seed {seed}: {why}\n")
        seed += 1
    out = {
        "first": given.first,
        "instances": seed - given.first,
        "asked": dict(asked),
        "left_out": dict(left),
        "widest_relative": widest,
        "broken": broken,
        "seconds": time.monotonic() - began,
        "processor_seconds": time.process_time() - processor,
        "load_at_begin": load,
        "versions": versions(),
    }
    given.file.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{seed - given.first} instances, {sum(asked.values())} optima, {len(broken)} apart\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
