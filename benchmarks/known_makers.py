"""What it costs to survive losses by whom users know, the fundings of a plan being kept.

    python benchmarks/known_makers.py PLAN INSTANCE FILE.json [--losses 1] [--of facilities] [--duration 1]

The options that the plan funds are funded in its years, and no others; scenarios are left out. Of the courses of the
trunk that are then left, the cheapest is sought after which the named markets are served in full after any K losses
(`optimizer solve --survive`), under the data of INSTANCE: a variant with `requalification`.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

import optimizer
from optimizer.instance.instance import Instance
from optimizer.instance.policy import Require
from optimizer.losses.survive import survive
from optimizer.plan.plan import Plan
from optimizer.solver.options import Options

ON_FUNDINGS = ("count", "require", "forbid", "exclusive", "implies", "starts")
"""Rules that the plan's fundings obey already."""


def pinned(instance: Instance, portfolio: pd.DataFrame) -> Instance:
    """An instance in which the options of a portfolio are funded in its years, and nothing else is."""
    rows = zip(portfolio["facility"], portfolio["option"], portfolio["funded"], strict=True)
    years = {(str(facility), str(option)): int(year) for facility, option, year in rows}
    facilities = {
        name: facility.model_copy(
            update={
                "options": tuple(
                    option.model_copy(update={"earliest": years[name, option.id], "latest": years[name, option.id]})
                    for option in facility.options
                    if (name, option.id) in years
                )
            }
        )
        for name, facility in instance.facilities.items()
    }
    rules = [rule for rule in instance.policy.rules if rule.rule not in ON_FUNDINGS]
    kept = [Require(rule="require", facility=facility, option=option) for facility, option in years]
    policy = instance.policy.model_copy(update={"rules": (*rules, *kept)})
    return instance.model_copy(update={"facilities": facilities, "policy": policy, "scenarios": ()})


def main() -> None:
    """Solve, and write what it costs and who supplies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path)
    parser.add_argument("instance", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--losses", type=int, default=1)
    parser.add_argument("--of", default="facilities")
    parser.add_argument("--duration", type=int, default=1)
    given = parser.parse_args()
    plan = Plan.read(given.plan)
    instance = pinned(optimizer.load(given.instance), plan.portfolio)
    options = Options(gap=1e-6, threads=1)
    found = survive(instance, losses=given.losses, of=given.of, duration=given.duration, options=options)
    document = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processor": platform.processor() or platform.machine(), "python": platform.python_version()},
        "plan": {key: plan.info[key] for key in ("instance", "instance_sha256", "objective", "gap")},
        "under": instance.name,
        "status": found.status,
        "objective": found.objective,
        "survive": {key: value for key, value in found.info["survive"].items() if key != "kept"},
        "makers": json.loads(found.makers.to_json(orient="records")) if found.tables else [],
    }
    given.file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps({k: document[k] for k in ("status", "objective", "survive")}, indent=1) + "\n")


if __name__ == "__main__":
    main()
