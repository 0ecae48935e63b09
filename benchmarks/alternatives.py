"""How long it takes to find near-equal portfolios and to prove what all, some or none of them fund.

    python benchmarks/alternatives.py INSTANCE FILE.json --within-usd 1e8 --count 3 [--set KEY=VALUE ...]

Seconds are told by kind of question, on the clock and of the processor: the best plan, the search for the next
portfolio, the trimming of what was found, the proofs. With -o a stopped run is gone on with; what it asked before is
not in the figures of this one.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optimizer
from optimizer.near_optimal.solves import Solves
from optimizer.near_optimal.study import default_options
from optimizer.run import versions
from optimizer.solver.highs import Stop

KINDS = {
    "the best plan": "best",
    "the best within": "trims",
    "the best of": "trims",
    "the plan of": "trims",
    "with": "proofs",
}


def kind_of(what: str) -> str:
    """The kind of a question, from what it is called in progress."""
    words = what.split(": ", 1)[1]
    return next((kind for start, kind in KINDS.items() if words.startswith(start)), "next")


def main() -> None:
    """Run the search and write what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instance")
    parser.add_argument("file", type=Path)
    parser.add_argument("--within-usd", type=float, required=True)
    parser.add_argument("--count", type=int, default=3)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--method", default="auto")
    parser.add_argument("-o", "--output", type=Path)
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = []
    solve = Solves.solve

    def timed(self: Solves, what: str, *rest: Any, **more: Any) -> Any:
        wall, processor = time.monotonic(), time.process_time()
        found = solve(self, what, *rest, **more)
        row: dict[str, Any] = {"kind": kind_of(what), "what": what, "status": found[0].status, "why": found[0].why}
        row |= {"seconds": time.monotonic() - wall, "processor_seconds": time.process_time() - processor}
        rows.append(row)
        told = f"{what}: {row['seconds']:.1f} s, of the processor {row['processor_seconds']:.1f} s"
        sys.stderr.write(told + "\n")
        return found

    Solves.solve = timed  # type: ignore[method-assign]
    options = dataclasses.replace(default_options(asked.within_usd), threads=asked.threads, method=asked.method)
    instance = optimizer.load(asked.instance, asked.set)
    load = os.getloadavg()[0]
    found = optimizer.alternatives(
        instance,
        within_usd=asked.within_usd,
        count=asked.count,
        options=options,
        folder=asked.output,
        stop=Stop(),
    )
    by_kind: dict[str, dict[str, float]] = {}
    for row in rows:
        mine = by_kind.setdefault(row["kind"], {"solves": 0, "seconds": 0.0, "processor_seconds": 0.0})
        mine["solves"] += 1
        for name in ("seconds", "processor_seconds"):
            mine[name] = round(mine[name] + row[name], 2)
    about = {
        "command": vars(asked) | {"file": str(asked.file), "output": str(asked.output)},
        "by_kind": by_kind,
        "found": found.info,
        "portfolios": json.loads(found.portfolios.to_json(orient="records")),
        "options": json.loads(found.options.to_json(orient="records")),
        "solves": rows,
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "load_at_begin": load,
        "load_at_end": os.getloadavg()[0],
        "machine": {"cores": os.cpu_count(), "platform": platform.platform()},
        "versions": versions(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    asked.file.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(by_kind, indent=1) + "\n")


if __name__ == "__main__":
    main()
