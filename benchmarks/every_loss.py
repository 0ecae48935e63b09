"""Every single loss of a facility, at every onset, as a scenario that a plan is operated in: no search, no adversary.

    python benchmarks/every_loss.py PLAN INSTANCE FILE.json [--duration 1]

What `optimizer stress` proves by its search is gone through here one by one on another road: each loss is a scenario of
the instance, and `optimizer evaluate` operates the plan in it at least cost. Least cost may leave more short than need
be; so where it leaves nothing short nothing has to be, and where it leaves some short the search has the last word.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optimizer
from optimizer.losses.candidates import losses_of
from optimizer.network.calendar import calendar_of
from optimizer.run import versions

CHANCE = 1e-6
"""Probability of each scenario: it weighs in no figure that is kept."""
SMALL = 1e-3
"""Tonnes short below which nothing is, as in the stress test."""


def main() -> None:
    """Operate a plan in every loss."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan")
    parser.add_argument("instance")
    parser.add_argument("file", type=Path)
    parser.add_argument("--duration", type=int, default=1)
    parser.add_argument("--recovery", type=int, default=3)
    given = parser.parse_args()
    instance, plan = optimizer.load(given.instance), optimizer.Plan.read(given.plan)
    facilities = sorted(losses_of(instance, "facilities"))
    calendar = calendar_of(instance)
    onsets = [year for year in calendar.periods if year + given.duration - 1 <= calendar.end_year]
    scenarios = [
        {
            "id": f"{name}_{onset}",
            "probability": CHANCE,
            "onset": onset,
            "duration": given.duration,
            "recovery": given.recovery,
            "effects": [{"affects": "facilities", "where": {"id": name}, "available": 0.0}],
        }
        for name in facilities
        for onset in onsets
    ]
    began, cpu = time.monotonic(), time.process_time()
    found = optimizer.evaluate(instance.replace(scenarios=scenarios), plan, workers=1)
    strict = [column for column in map(str, found.futures) if column.startswith("short_")][:-1]
    worst = found.futures.sort_values(strict, ascending=False).head(5)
    out: dict[str, Any] = {
        "instance": instance.name,
        "plan": {key: plan.info[key] for key in ("objective", "bound", "instance_sha256", "made")},
        "facilities": len(facilities),
        "onsets": onsets,
        "duration": given.duration,
        "losses": len(scenarios),
        "operated": int((found.futures["status"] == "met").sum()),
        "short": {column: int((found.futures[column] > SMALL).sum()) for column in strict},
        "most_short": {column: float(found.futures[column].max()) for column in strict},
        "worst": worst[["future", *strict]].to_dict("records"),
        "seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, shared, load {os.getloadavg()[0]:.1f}",
        "versions": versions(),
    }
    given.file.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({key: out[key] for key in ("losses", "operated", "short", "most_short", "cpu_seconds")}))  # noqa: T201


if __name__ == "__main__":
    main()
