"""The gap reached in a given time, with sizes, memory and what is funded."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import time
from typing import Any

import optimizer
from optimizer.solver.highs import Progress


def main() -> None:
    """Solve one instance within a time and print a JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instance")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--gap", type=float, default=1e-4)
    parser.add_argument("--gap-usd", type=float)
    parser.add_argument("--method", default="auto")
    parser.add_argument("-o", "--output", help="where to save the plan")
    arguments = parser.parse_args()
    instance = optimizer.load(arguments.instance)
    trace: list[dict[str, Any]] = []
    began = time.monotonic()

    def follow(progress: Progress) -> None:
        entry = {"phase": progress.phase, "plan_usd": progress.incumbent, "bound_usd": progress.bound}
        if not trace or any(trace[-1][key] != entry[key] for key in entry):
            trace.append({"seconds": round(time.monotonic() - began, 1), **entry})

    plan = optimizer.solve(
        instance,
        method=arguments.method,
        gap=arguments.gap,
        gap_usd=arguments.gap_usd,
        time_limit=arguments.seconds,
        report=follow,
    )
    info = plan.info
    chosen = plan.portfolio[["facility", "option", "funded"]] if plan.tables else None
    funded = [] if chosen is None else chosen.to_numpy().tolist()
    document = {
        "instance": instance.name,
        "method": info["method"],
        "status": info["status"],
        "objective_usd": info["objective"],
        "bound_usd": info["bound"],
        "gap": info["gap"],
        "gap_usd": info["gap_usd"],
        "sizes": info["sizes"],
        "seconds": info["seconds"],
        "wall": round(time.monotonic() - began, 1),
        "funded": [":".join(map(str, row)) for row in funded],
        "verified": info.get("verdict", {}).get("summary"),
        "trace": trace,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "versions": info["versions"],
        "machine": {"cores": os.cpu_count(), "system": platform.system(), "load": round(os.getloadavg()[0], 2)},
        "date": info["made"][:10],
    }
    if arguments.output and plan.tables:
        plan.save(arguments.output)
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
