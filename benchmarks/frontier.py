"""What a point of a front takes beside a cold solve of the same point: processor time, one run, one core.

    python benchmarks/frontier.py INSTANCE FILE.json --sweep 'policy.budget.annual=1e8:3e8:9' [--set ...] [--gap 1e-3]

The front is found first, then every point of its grid is solved by itself (`--cold N`: only N of them, evenly spread)
and the costs are held against its brackets; where `survive` is swept, as `solve --survive` does it. Reading and
checking the instance at each point is in both. The clock of the machine is shared, processor time less so; both are
kept, with the load.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optimizer
from optimizer.fronts.front import Front
from optimizer.fronts.survival import asked_of
from optimizer.fronts.sweeps import At, Sweep, instance_at, sweeps_of
from optimizer.run import solve_with
from optimizer.solver.options import Options


def main() -> None:
    """Measure one front."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instance")
    parser.add_argument("file", type=Path)
    parser.add_argument("--sweep", action="append", required=True)
    parser.add_argument("--set", dest="set_", action="append", default=[])
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--cold", type=int, help="points that are solved by themselves; default all")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--of", help="what is lost where survive is swept")
    parser.add_argument("--duration", type=int, help="years of a loss")
    parser.add_argument("--onset", type=int, action="append", help="first year of a loss")
    parser.add_argument("--markets", action="append", help="to be served")
    given = parser.parse_args()
    instance = optimizer.load(given.instance, given.set_)
    began, cpu = time.monotonic(), time.process_time()
    losses = {"of": given.of, "duration": given.duration, "onsets": given.onset or (), "markets": given.markets or ()}
    found = optimizer.frontier(instance, given.sweep, given.folder, gap=given.gap, threads=1, tell=print, **losses)
    front = {"seconds": time.monotonic() - began, "cpu_seconds": time.process_time() - cpu, "load": os.getloadavg()[0]}
    out: dict[str, Any] = {
        "instance": instance.name,
        "set": given.set_,
        "sweep": given.sweep,
        "gap": given.gap,
        "losses": {name: value for name, value in losses.items() if value},
        "front": front,
        "solves": found.info["solves"],
        "points": json.loads(found.points.to_json(orient="records")),
        "cold": [],
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, shared",
        "versions": found.info["versions"],
    }
    sweeps = sweeps_of(instance, given.sweep, asked_of(*losses.values()))
    points = Front(sweeps, given.gap).points
    count = len(points) if given.cold is None else min(given.cold, len(points))
    wanted = sorted({round(i * (len(points) - 1) / max(1, count - 1)) for i in range(count)})
    for number in wanted:
        began, cpu = time.monotonic(), time.process_time()
        at = instance_at(instance, sweeps, points[number])
        plan = alone(at, sweeps, points[number], Options(gap=given.gap, threads=1), losses)
        row = out["points"][number]
        agrees = plan.status == row["status"]
        if plan.objective is not None and plan.bound is not None and row["objective"] is not None:
            agrees = plan.bound <= row["objective"] * (1 + 1e-9) and row["bound"] <= plan.objective * (1 + 1e-9)
        out["cold"].append(
            {
                "point": number,
                "status": plan.status,
                "objective": plan.objective,
                "bound": plan.bound,
                "rounds": plan.info.get("survive", {}).get("rounds"),
                "agrees": agrees,
                "seconds": time.monotonic() - began,
                "cpu_seconds": time.process_time() - cpu,
                "load": os.getloadavg()[0],
            }
        )
        per_cold = sum(row["cpu_seconds"] for row in out["cold"]) / len(out["cold"])
        out["cpu_seconds_per_point"] = front["cpu_seconds"] / len(points)
        out["cpu_seconds_per_cold_solve"] = per_cold
        out["ratio"] = out["cpu_seconds_per_point"] / per_cold
        given.file.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")


def alone(
    instance: optimizer.Instance, sweeps: Sequence[Sweep], point: At, options: Options, losses: dict[str, Any]
) -> optimizer.Plan:
    """A point solved by itself."""
    count = next((int(value) for sweep, value in zip(sweeps, point, strict=True) if sweep.survives), 0)
    if not count:
        return solve_with(instance, options, explain=False)
    said = {name: value for name, value in losses.items() if value}
    return optimizer.survive(instance, losses=count, options=options, **said)


if __name__ == "__main__":
    main()
