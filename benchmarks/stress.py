"""What a plan survives: worst losses of several kinds, numbers and durations, and what a hot answer costs.

    python benchmarks/stress.py PLAN FILE.json [--only KIND:K:YEARS ...] [--under INSTANCE]

Writes for each test its verdict, worst set, bounds, sets answered, linear programs and seconds; then, for one onset,
every single loss of a facility by a hot program and a dozen of them each built and solved from scratch. With --under
the plan, as it was made, is tried under the data of another instance: a variant with frictions, say.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import optimizer
from optimizer.instance.policy import FacilityEffect
from optimizer.losses import stress
from optimizer.losses.ask import Asked, scope_of
from optimizer.losses.candidates import losses_of
from optimizer.losses.case import COURSE, Case, case_of, future
from optimizer.losses.operator import Operator
from optimizer.model import assemble
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.plan.plan import Plan
from optimizer.solver.branch import Branch
from optimizer.solver.compile import compile_block
from optimizer.solver.given import given_by

TESTS = (
    ("facilities", 1, 1), ("facilities", 1, 2), ("facilities", 2, 1), ("facilities", 2, 2),
    ("countries", 1, 1), ("countries", 1, 2), ("countries", 2, 1), ("countries", 2, 2),
)  # fmt: skip
KEPT = (
    "of", "losses", "duration", "status", "verdict", "worst", "lower", "upper", "candidates", "sets", "lps", "seconds",
    "single_points_of_failure", "short_without_loss", "restores",
)  # fmt: skip
SAMPLE = 12
"""Single losses that are built and solved from scratch."""


def main() -> None:
    """Run the tests and write what they say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", nargs="*", help="KIND:K:YEARS, default all")
    parser.add_argument(
        "--under", type=Path, help="instance whose data hold when a loss strikes; default the plan's own"
    )
    parser.add_argument("--onset", type=int, help="onset of the comparison; default the second period")
    given = parser.parse_args()
    plan = Plan.read(given.plan)
    if given.under is not None:
        plan = Plan(optimizer.load(given.under), plan.info, plan.tables)
    tests: list[tuple[str, int, int]] = list(TESTS)
    if given.only:
        parts = [text.split(":") for text in given.only]
        tests = [(of, int(losses), int(years)) for of, losses, years in parts]
    document: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processor": platform.processor() or platform.machine(), "python": platform.python_version()},
        "plan": {key: plan.info[key] for key in ("instance", "instance_sha256", "objective", "gap")},
        "under": plan.instance.name,
        "tests": [],
    }
    for of, losses, years in tests:
        with tempfile.TemporaryDirectory() as folder:
            found = stress(plan, Path(folder) / "test", losses=losses, of=of, duration=years)
        row = {key: found.info[key] for key in KEPT}
        hurt = found.losses[found.losses["single_point_of_failure"] == "yes"]
        columns = ["loss", "worst_onset", "tonnes_short", "survives_years"]
        row["worst_singles"] = json.loads(hurt[columns].head(10).to_json(orient="records"))
        row["onsets"] = [{key: s[key] for key in ("onset", "lower", "upper", "worst")} for s in found.info["onsets"]]
        document["tests"].append(row)
        text = f"{of} {losses} {years}: {row['verdict']} {row['lps']} programs, {row['seconds']} s\n"
        sys.stdout.write(text)
        sys.stdout.flush()
        given.file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    onset = given.onset or plan.instance.periods[1].year
    document["hot_against_scratch"] = compare(plan, onset)
    given.file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(document["hot_against_scratch"], indent=1) + "\n")


def compare(plan: Plan, onset: int) -> dict[str, Any]:
    """Seconds of a hot answer and of one from scratch, and whether they agree; all single losses hot, one by one."""
    scope = scope_of(plan, Asked())
    case = case_of(plan, scope.weights, losses_of(plan.instance, "facilities"))
    began = time.monotonic()
    operator = Operator(case, onset, 1)
    bare = operator.answer(())
    opened = time.monotonic() - began
    hot: dict[str, float] = {}
    value: dict[str, float | None] = {}
    for name in case.losses:
        began = time.monotonic()
        value[name] = operator.answer((name,)).short
        hot[name] = time.monotonic() - began
    chosen = np.random.default_rng(1).choice(sorted(case.losses), SAMPLE, replace=False)
    scratch, apart = [], 0.0
    for name in chosen:
        began = time.monotonic()
        found = from_scratch(case, plan, str(name), onset)
        scratch.append(time.monotonic() - began)
        apart = max(apart, abs((found or 0.0) - (value[str(name)] or 0.0)))
    sampled = [hot[str(name)] for name in chosen]
    return {
        "onset": onset,
        "first_answer_with_building_seconds": round(opened, 3),
        "single_losses_answered_hot": len(hot),
        "hot_seconds_each_all": round(float(np.mean(list(hot.values()))), 4),
        "sample": len(chosen),
        "hot_seconds_each": round(float(np.mean(sampled)), 4),
        "scratch_seconds_each": round(float(np.mean(scratch)), 4),
        "ratio": round(float(np.sum(scratch) / np.sum(sampled)), 1),
        "largest_difference_tonnes": apart,
        "worst_single_beyond_no_loss": max((v or 0.0) - (bare.short or 0.0) for v in value.values()),
    }


def from_scratch(case: Case, plan: Plan, name: str, onset: int) -> float | None:
    """Weighted tonnes short after a loss that is an effect of a scenario, by a problem built for it alone."""
    scenario = future(onset, 1)
    effect = FacilityEffect(affects="facilities", where={"id": name}, available=0.0)
    scenario = scenario.model_copy(update={"effects": (*scenario.effects, effect)})
    network = network_of(plan.instance.model_copy(update={"scenarios": (scenario,)}))
    branch = Branch(compile_block(*assemble.operations(tables_of(network, COURSE))))
    branch.give(given_by(network, plan))
    cost = np.zeros(len(branch.block.columns))
    for (market, *_), column in branch.columns_of("short").items():
        cost[column] = case.weights.get(market, 0.0)
    branch.charge(cost)
    return branch.solve().value


if __name__ == "__main__":
    main()
