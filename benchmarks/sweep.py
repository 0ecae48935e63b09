"""A sweep over branches in one process and in two, and what this machine leaves two that know nothing of each other.

    python benchmarks/sweep.py FILE.json INSTANCE PLAN SET [--runs 1]

Every branch of a set of futures is answered for a plan's portfolio, as `optimizer evaluate` does it: by one process, by
two that share the branches, and twice at once by one process each. The last is the limit: where two such sweeps side by
side are slower than one alone, cores share something (memory above all) that no dealing out can give back. Efficiency
is the time of one over twice the time of two; beside it stands its share of that limit. Seconds are of the clock, those
of starting processes included, so the machine must be quiet; its load before and after is written. What the branches
cost is compared to the last digit.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optimizer
from optimizer.evaluation import Portfolio
from optimizer.evaluation import courses as work
from optimizer.evaluation.agenda import Agenda
from optimizer.evaluation.sampled import sampled_of
from optimizer.futures import FutureSet
from optimizer.network.network import network_of
from optimizer.network.tables import TRUNK
from optimizer.workers import workers_of


def main() -> None:
    """Measure by turns, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("instance", type=Path)
    parser.add_argument("plan", type=Path)
    parser.add_argument("set", type=Path)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--once", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.once:
        print(json.dumps(swept(given, given.once)))  # noqa: T201
        return
    before = os.getloadavg()
    runs: list[dict[str, Any]] = []
    for _ in range(given.runs):
        (one,), (two,), both = (asked(workers, times) for workers, times in ((1, 1), (2, 1), (1, 2)))
        runs.append({"one": one, "two": two, "two_alone": both})
    one = statistics.median(run["one"]["seconds"] for run in runs)
    two = statistics.median(run["two"]["seconds"] for run in runs)
    alone = statistics.median(other["seconds"] for run in runs for other in run["two_alone"])
    costs = {answer["cost"] for run in runs for answer in (run["one"], run["two"], *run["two_alone"])}
    given.file.write_text(
        json.dumps(
            {
                "date": datetime.now(UTC).isoformat(timespec="seconds"),
                "machine": {
                    "processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version(),
                },
                "load_before": before, "load_after": os.getloadavg(),
                "instance": given.instance.name, "plan": given.plan.name,
                "branches": runs[0]["one"]["branches"], "runs": runs,
                "efficiency": one / 2 / two, "limit": one / alone, "share_of_limit": alone / 2 / two,
                "costs_differ": len(costs) > 1,
            },
            indent=1,
        ) + "\n",
        encoding="utf-8",
    )  # fmt: skip


def asked(workers: int, times: int) -> list[dict[str, Any]]:
    """What sweeps found that ran at once, each in a process of its own."""
    command = [sys.executable, *sys.argv, "--once", str(workers)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(times)]
    return [json.loads(one.communicate()[0]) for one in running]


def swept(given: argparse.Namespace, workers: int) -> dict[str, Any]:
    """Answer every branch; seconds of that alone, and what the branches cost in all, USD."""
    planned = optimizer.load(given.instance)
    instance = sampled_of(planned, FutureSet.read(given.set, planned), None, 0).instance
    held, network = Portfolio.read(given.plan), network_of(instance)
    _, trunk = work.trunk_of(network, held)
    answers = {TRUNK: trunk}
    began = time.monotonic()
    with workers_of(
        workers, None, work.begin, instance, held.fundings, held.stock or {}, trunk.runs, trunk.known
    ) as pool:
        agenda = Agenda(network, answers, priced=False)
        for found in pool.drawn(work.answer, agenda.draw):
            answers[found.course] = found
            agenda.answered(found.course)
    seconds = time.monotonic() - began
    cost = sum(sum(answer.cost.values()) for name, answer in sorted(answers.items()) if name != TRUNK)
    return {"workers": workers, "seconds": round(seconds, 1), "branches": len(network.windows), "cost": cost}


if __name__ == "__main__":
    main()
