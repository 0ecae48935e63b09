"""Planted conflicts: are they found, how large is what is found against what was planted, and in what time.

    python benchmarks/explain.py FILE.json [--seeds N] [--base small|starter|generated ...]

Ten kinds of conflict (`tests/support/planting.py`), two of which the relaxation does not see, are planted by seed in
a chain of two plants, in the starter with its scenarios, and in a generated network of 40 facilities. For each: the
requirements planted and found, the bound on the smallest conflict, sets asked, and seconds; no repairs are sought.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.build import instance_of  # noqa: E402
from support.planting import PLANTERS, SMALL, Data, plant  # noqa: E402

import optimizer  # noqa: E402


def bases(chosen: list[str]) -> dict[str, Data]:
    """Instances that have a plan."""
    found: dict[str, Data] = {}
    if "small" in chosen:
        found["small"] = SMALL
    if "starter" in chosen:
        found["starter"] = optimizer.load(ROOT / "instances" / "starter").plain()
    if "generated" in chosen:
        with tempfile.TemporaryDirectory() as folder:
            made = optimizer.generate(facilities=40, periods=4, futures=3, channels=3, seed=1)
            found["generated"] = optimizer.load(made.save(Path(folder) / "made")).plain()
    return found


def figures(base: str, data: Data, kind: str, seed: int) -> dict[str, Any]:
    """What is found of one planted conflict."""
    planted = plant(data, kind, seed)
    instance = instance_of(planted.data)
    began, used = time.monotonic(), time.process_time()
    answer = optimizer.explain(instance, repairs=False, threads=1)
    seconds, cpu = time.monotonic() - began, time.process_time() - used
    names = [str(name) for name in answer.conflict[answer.conflict["conflict"] == 0]["requirement"]]
    info = answer.info
    return {
        "base": base,
        "kind": kind,
        "seed": seed,
        "status": answer.status,
        "planted": len(planted.names),
        "found": len(names),
        "same": set(names) == set(planted.names),
        "other": sorted(set(names) ^ set(planted.names)),
        "irreducible": info["conflicts"][0]["irreducible"] if info["conflicts"] else None,
        "smallest_at_least": info["smallest_at_least"],
        "proved_by": info["conflicts"][0]["proved_by"] if info["conflicts"] else None,
        "sets": info["tests"],
        "by_relaxation": info["tests_by_relaxation"],
        "seconds": round(seconds, 2),
        "processor_seconds": round(cpu, 2),
    }


def main() -> None:
    """Plant, explain, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--base", nargs="*", default=["small", "starter", "generated"])
    given = parser.parse_args()
    rows = []
    for base, data in bases(given.base).items():
        for kind in PLANTERS:
            for seed in range(1, given.seeds + 1):
                row = figures(base, data, kind, seed)
                rows.append(row)
                print(json.dumps(row), flush=True)  # noqa: T201
                document = {
                    "made": datetime.now(UTC).isoformat(timespec="seconds"),
                    "machine": {"cores": os.cpu_count(), "platform": platform.platform(), "load": os.getloadavg()[0]},
                    "rows": rows,
                }
                given.file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
