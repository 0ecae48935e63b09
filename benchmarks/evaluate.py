"""What evaluating futures costs, hot against from scratch; what a drawn set says; how far a reduced set is from it.

Seconds are processor time of one process, which other jobs on the machine move less than the clock.

    python benchmarks/evaluate.py PLAN SET FILE.json [--draw 200] [--seed 1] [--shapes 3] [--branches 16]
                                  [--evaluation DIR] [--reduced DIR]

SET is a set of futures, drawn by `optimizer sample`. Of the branches of the futures drawn, some of the commonest
shapes are answered three times in one process: hot, by a template for each shape, in the order of their names and in
one in which each is near the one before; and each built, compiled and solved by itself. With --evaluation, what
`optimizer evaluate --futures SET --exact DRAW` found is kept beside it, and the futures operated are reduced to fewer,
by severity and by cost, to see how far the mean cost of those kept is off. With --reduced, an evaluation of the set
reduced as a whole is laid beside them. With --branches 0 nothing is timed, and what FILE has of an earlier run stays.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.evaluation import Portfolio
from optimizer.evaluation.courses import trunk_of
from optimizer.evaluation.sampled import sampled_of
from optimizer.futures import FutureSet
from optimizer.model import assemble
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.network.tables import TRUNK, Network
from optimizer.plan.plan import Plan
from optimizer.solver.branch import Branch
from optimizer.solver.compile import compile_block
from optimizer.solver.given import given_fundings, starts_taken
from optimizer.solver.mould import Mould, shape_of
from optimizer.solver.template import Template

SIZES = (5, 10, 20, 50)
"""Futures that a drawn set is reduced to."""


def main() -> None:
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path)
    parser.add_argument("set", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--draw", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shapes", type=int, default=3)
    parser.add_argument("--branches", type=int, default=16)
    parser.add_argument("--evaluation", type=Path)
    parser.add_argument("--reduced", type=Path)
    given = parser.parse_args()
    plan = Plan.read(given.plan)
    futures = FutureSet.read(given.set, plan.instance)
    document: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": os.getloadavg()[0],
        "machine": {"processor": platform.processor() or platform.machine(), "python": platform.python_version()},
        "plan": {key: plan.info[key] for key in ("instance", "instance_sha256", "objective", "gap")},
        "set": {"number": len(futures), "seed": futures.info.get("seed")},
    }
    if given.branches:
        document["hot_against_scratch"] = compare(plan, futures, given.draw, given.seed, given.shapes, given.branches)
        _say(document["hot_against_scratch"])
    elif given.file.is_file():
        document = json.loads(given.file.read_text(encoding="utf-8"))
    if given.evaluation is not None:
        document["evaluation"] = said = _evaluation(given.evaluation)
        document["reduction_of_the_draw"] = reductions(futures, given.evaluation)
        _say(document["reduction_of_the_draw"])
        if given.reduced is not None:
            document["reduction_of_the_set"] = _whole_set(said, _evaluation(given.reduced))
            _say(document["reduction_of_the_set"])
    given.file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _say(part: Any) -> None:
    sys.stdout.write(json.dumps(part, indent=1) + "\n")
    sys.stdout.flush()


def compare(plan: Plan, futures: FutureSet, draw: int, seed: int, shapes: int, branches: int) -> dict[str, Any]:
    """Seconds of branches of the commonest shapes, hot and from scratch, and what that is by future."""
    sampled = sampled_of(plan.instance, futures, draw, seed)
    network = network_of(sampled.instance)
    held = Portfolio.of(plan)
    given: dict[Any, float] = dict(given_fundings(network.starts, held.fundings))
    given |= {(TRUNK, ("stock", (*store, period))): t for (store, period), t in (held.stock or {}).items()}
    if held.runs is not None or held.known is not None:  # what ties branches to the trunk
        _, trunk = trunk_of(network, held)
        given |= {(TRUNK, ("run", run)): value for run, value in trunk.runs.items()}
        given |= {(TRUNK, ("known", index)): tonnes for index, tonnes in trunk.known.items()}
    by_shape: dict[Hashable, list[str]] = defaultdict(list)
    for name, window in network.windows.items():
        if window.leaves is None:  # a branch that leaves another needs that one's stock first
            by_shape[shape_of(network, window)].append(name)
    chosen = sorted(by_shape.values(), key=len, reverse=True)[:shapes]
    taken = starts_taken(network.starts, held.fundings)
    templates: list[float] = []
    hot: list[float] = []
    by_name: list[float] = []
    scratch: list[float] = []
    apart = 0.0
    for names in chosen:
        picked = sorted(np.random.default_rng(seed).choice(names, min(branches, len(names)), replace=False).tolist())
        began = time.process_time()
        template = Template(Mould(network, picked[0], taken), picked[0])
        templates.append(time.process_time() - began)
        _hot(template, picked[0], given)  # the first answer has no basis to go on from
        found: dict[str, float | None] = {}
        for order, seconds in ((picked, by_name), (template.mould.by_nearness(picked), hot)):
            for name in order:
                began = time.process_time()
                found[name] = _hot(template, name, given)
                seconds.append(time.process_time() - began)
        for name in picked:
            began = time.process_time()
            alone = _alone(network, name, given)
            scratch.append(time.process_time() - began)
            apart = max(apart, abs((found[name] or math.nan) - (alone or math.nan)))
    each = len(network.windows) / draw
    compiled = float(np.mean(templates))
    every = len({shape_of(network, window) for window in network.windows.values()})
    with_templates = float(np.mean(hot)) + compiled * every / len(network.windows)
    return {
        "futures_drawn": draw,
        "branches": len(network.windows),
        "branches_of_a_future": round(each, 2),
        "shapes": every,
        "measured_branches": len(hot),
        "of_shapes": len(chosen),
        "template_seconds_each": round(compiled, 2),
        "hot_seconds_each": round(float(np.mean(hot)), 4),
        "hot_seconds_each_by_name": round(float(np.mean(by_name)), 4),
        "hot_seconds_each_with_its_part_of_templates": round(with_templates, 4),
        "scratch_seconds_each": round(float(np.mean(scratch)), 4),
        "ratio_once_compiled": round(float(np.sum(scratch) / np.sum(hot)), 2),
        "ratio_with_templates": round(float(np.mean(scratch)) / with_templates, 2),
        "futures_per_second_hot": round(1.0 / (each * with_templates), 4),
        "futures_per_second_from_scratch": round(1.0 / (each * float(np.mean(scratch))), 4),
        "largest_difference_usd": apart,
    }


def _hot(template: Template, name: str, given: dict[Any, float]) -> float | None:
    """The answer of a branch by the template of its shape."""
    template.bind(name)
    template.give(given)
    return template.solve().value


def _alone(network: Network, name: str, given: dict[Any, float]) -> float | None:
    """The answer of a branch that is built, compiled and solved by itself."""
    branch = Branch(compile_block(*assemble.operations(tables_of(network, name))))
    branch.give(given)
    return branch.solve().value


def _evaluation(folder: Path) -> dict[str, Any]:
    info: dict[str, Any] = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    del info["portfolio"]  # a path
    return info


def reductions(futures: FutureSet, folder: Path) -> list[dict[str, Any]]:
    """Mean cost over the trunk of the futures drawn, and of those that they are reduced to.

    Distances are between the two sets; by cost the error is no larger than that.
    """
    table = pd.read_csv(folder / "futures.csv")
    cost = dict(zip(table["future"], table["over_trunk"], strict=True))
    episodes = pd.read_csv(folder / "episodes.csv")
    shares = dict(zip(table["future"], table["probability"], strict=True))
    names = list(shares)
    mine = replace(futures, paths={name: futures.paths[name] for name in names}, probability=shares)
    mean = math.fsum(shares[name] * cost[name] for name in names)
    found = []
    for size in SIZES:
        for by, costs in (("severity", None), ("cost", episodes)):
            kept = mine.reduce(size, costs)
            near = math.fsum(share * cost[name] for name, share in kept.probability.items())
            found.append(
                {
                    "from": len(names),
                    "to": size,
                    "by": by,
                    "distance": kept.info["reduced"]["distance"],
                    "unit": kept.info["reduced"]["unit"],
                    "mean_over_trunk_usd": near,
                    "of_all_usd": mean,
                    "error_usd": near - mean,
                    "error_of_mean": near / mean - 1.0,
                }
            )
    return found


def _whole_set(drawn: dict[str, Any], reduced: dict[str, Any]) -> dict[str, Any]:
    """The mean of the set reduced as a whole beside what the draw says of all of it."""
    of_all, kept = drawn["statistics"]["over_trunk"], reduced["statistics"]["over_trunk"]
    return {
        "kept": reduced["evaluated"],
        "mean_over_trunk_usd": kept["mean"],
        "of_all_usd": of_all.get("mean_of_all", of_all["mean"]),
        "by_the_draw_alone_usd": of_all["mean"],
    }


if __name__ == "__main__":
    main()
