"""Whether every method says the same of the same instance: generated instances, one after the other.

    python benchmarks/agreement.py FILE.json [--count 200] [--first 0] [--gap 1e-3] [--methods METHOD ...]

Instance i is made of seed i, and so are its size, its channels, whether demand must be met and the risk measure: 20 to
40 facilities, 2 to 4 periods, 1 to 5 futures (one more with `--children`: that share of the scenarios leave another's
branch). Of two methods neither may find a plan that costs less than the other has proved, and all must agree whether
there is a plan at all. Every plan is gone through by the checker, as always. A method that cannot be given the instance
says why, and is counted as such.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import optimizer
from optimizer.errors import OptimizerError
from optimizer.instance.policy import Regret
from optimizer.network.network import network_of
from optimizer.run import versions

MEASURES: tuple[dict[str, Any] | None, ...] = (
    None, None, None, {"measure": "cvar", "alpha": 0.8, "weight": 0.5}, None, {"measure": "worst_case"}, None,
    {"measure": "regret"},
)  # fmt: skip
"""In turn; None is the expected cost, which is all that hedging can be asked for."""
SAME = 1e-6
"""By so much of its costs a plan may pass a bound of another method; a regret is a small difference of large costs."""
SECONDS = {"extensive": 120.0, "benders": 120.0, "hedging": 20.0}
"""Hedging rarely ends by itself: what it has found and proved by then is held against the others."""


HINDSIGHT_GAP = 1e-6
"""Gap asked for under regret, which is a small difference of large costs."""


def instance_of(seed: int, children: float) -> tuple[optimizer.Instance, dict[str, Any]]:
    """The instance of a seed, and how it was made."""
    draw = np.random.default_rng([seed, 200])
    how: dict[str, Any] = {
        "facilities": int(draw.integers(20, 41)),
        "periods": int(draw.integers(2, 5)),
        "futures": int(draw.integers(1, 6)),
        "channels": int(draw.integers(1, 4)),
        "candidates": float(draw.choice([0.2, 0.3])),
        "must_meet": bool(draw.random() < 0.3),
    }
    if children:
        how |= {"children": children, "futures": how["futures"] + 1}
    with tempfile.TemporaryDirectory() as raw:
        instance = optimizer.load(optimizer.generate(seed=seed, name=f"s{seed}", **how).save(Path(raw) / "made"))
    risk = MEASURES[seed % len(MEASURES)]
    if risk is not None and how["futures"] > 1:
        instance = instance.replace(risk=risk)
        how["risk"] = risk["measure"]
    how["left"] = len(network_of(instance).left) if children else 0
    return instance, how


def main() -> None:
    """Solve each instance by each method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--children", type=float, default=0.0)
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--methods", nargs="+", default=["extensive", "benders", "hedging"])
    given = parser.parse_args()
    out: dict[str, Any] = {
        "gap": given.gap,
        "methods": given.methods,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, shared",
        "versions": versions(),
        "instances": [],
    }
    for seed in range(given.first, given.first + given.count):
        instance, how = instance_of(seed, given.children)
        found = {method: solved(instance, method, given.gap) for method in given.methods}
        apart = [
            f"{one} and {other}" for one, other in itertools.combinations(found, 2) if differ(found[one], found[other])
        ]
        out["instances"].append({"seed": seed, **how, "found": found, "apart": apart})
        out["told"] = told(out["instances"])
        given.file.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
        print(seed, how, {method: one["status"] for method, one in found.items()}, apart or "agree", flush=True)  # noqa: T201


def solved(instance: optimizer.Instance, method: str, gap: float) -> dict[str, Any]:
    """What a method finds, and what it proves."""
    began = time.monotonic()
    if isinstance(instance.risk, Regret):  # held against optima with hindsight, which each method finds to the gap
        gap = min(gap, HINDSIGHT_GAP)
    try:
        plan = optimizer.solve(instance, method=method, gap=gap, time_limit=SECONDS[method], threads=1)
    except OptimizerError as error:
        return {"status": "refused", "why": str(error)}
    verified = not plan.tables or bool(plan.info["verdict"]["ok"])
    return {
        "status": plan.status, "objective": plan.objective, "bound": plan.bound, "verified": verified,
        "scale": max(map(abs, (plan.info["hindsight"] or {}).values()), default=abs(plan.objective or 0.0)),
        "seconds": round(time.monotonic() - began, 2),
    }  # fmt: skip


def differ(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether what two methods say cannot both be so."""
    known = [item for item in (one, other) if item["status"] != "refused"]
    if len(known) < 2:
        return False
    if not (one["verified"] and other["verified"]):
        return True
    if "infeasible" in (one["status"], other["status"]):
        return one["status"] != other["status"] and None not in (one["objective"], other["objective"])
    return any(
        a["objective"] is not None and b["bound"] is not None and a["objective"] < b["bound"] - SAME * b["scale"]
        for a, b in ((one, other), (other, one))
    )


def told(instances: list[dict[str, Any]]) -> dict[str, Any]:
    """How many agree, and how each method ended."""
    return {
        "instances": len(instances),
        "apart": [one["seed"] for one in instances if one["apart"]],
        "ended": {
            method: dict(Counter(one["found"][method]["status"] for one in instances))
            for method in instances[0]["found"]
        },
    }


if __name__ == "__main__":
    main()
