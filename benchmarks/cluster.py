"""A sweep over branches, or a solve by Benders, in one process, in two of this machine, and on a dask cluster.

    python benchmarks/cluster.py FILE.json [--facilities 60] [--periods 5] [--futures 200] [--seed 1] [--runs 3]
    python benchmarks/cluster.py FILE.json --solve [--gap 1e-3] [--futures 100] ...

A synthetic instance is planned without futures; then its branches are answered, as `optimizer evaluate` does it, by
each engine in turn, and so again. Seconds are those of the sweep: processes of this machine are started in it, dask's
workers stand before and have read the package. Processor seconds are those of the workers, measured from outside. What
the engines' costs differ by is written. Efficiency is the time of one over twice the time of two, within one run of the
command; the load of the machine, before the first turn and after the last, is written beside it. On a machine without a
core to spare seconds say nothing of it; then there is the efficiency by processor: the seconds of one worker over twice
those of the busier of two, which counts what is done twice and what is dealt out unevenly, but not waiting.

With --solve the same instance is solved by Benders: here with one thread and with two, and with its parts in one worker
and in two, while the master stays here. Seconds and processor seconds are those of the whole solve, tables and checking
included; `parts_seconds` are those in which the master waits for answers. Bytes are those of messages as they are sent.
What the plans cost is compared to the last digit.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from distributed import Client

import optimizer
from optimizer.evaluation import Portfolio
from optimizer.evaluation import courses as work
from optimizer.evaluation.agenda import Agenda
from optimizer.network.network import network_of
from optimizer.network.tables import TRUNK
from optimizer.workers import workers_of

ENGINES = ("here", "processes 2", "dask 1", "dask 2")
SOLVERS = ("here 1", "here 2", "dask 1", "dask 2")


def main() -> None:
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--facilities", type=int, default=60)
    parser.add_argument("--periods", type=int, default=5)
    parser.add_argument("--futures", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--engines", nargs="*", help=f"of {', '.join(ENGINES)}; with --solve of {', '.join(SOLVERS)}")
    parser.add_argument("--solve", action="store_true", help="solve by Benders instead")
    parser.add_argument("--gap", type=float, default=1e-3)
    given = parser.parse_args()
    engines = given.engines or (SOLVERS if given.solve else ENGINES)
    sizes = {name: getattr(given, name) for name in ("facilities", "periods", "futures", "seed")}
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        optimizer.generate(**sizes).save(where / "instance")
        instance = optimizer.load(where / "instance")
        held = None
        if not given.solve:
            plan = optimizer.solve(optimizer.load(where / "instance", ["scenarios=[]"]), gap=0.01, threads=1)
            held = Portfolio.of(plan)
        before = os.getloadavg()
        with cluster(where / "one", 1) as one, cluster(where / "two", 2) as two:
            at = {"here": (1, None), "processes 2": (2, None), "dask 1": (1, one), "dask 2": (2, two)}
            at |= {"here 1": (1, None), "here 2": (2, None)}
            found: dict[str, list[dict[str, float]]] = defaultdict(list)
            costs: dict[str, float] = {}
            for turn in range(given.runs):
                for engine in engines if turn % 2 == 0 else reversed(engines):
                    if held is None:
                        measured, cost = solve(instance, given.gap, *at[engine])
                    else:
                        measured, cost = sweep(instance, held, *at[engine])
                    found[engine].append(measured)
                    costs[engine] = cost
                    sys.stderr.write(f"{engine}: {measured}\n")
        after = os.getloadavg()
    median = {e: {k: statistics.median(run[k] for run in runs) for k in runs[0]} for e, runs in found.items()}
    base = next(iter(costs.values()))
    result: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
        "load_before": before, "load_after": after, "sizes": sizes, "branches": len(network_of(instance).windows),
        "runs": found, "median": median, "pairs": {},
        "costs_differ_by_usd": {engine: cost - base for engine, cost in costs.items()}, "cost_usd": base,
    }  # fmt: skip
    if given.solve:
        result["gap"] = given.gap
        for first, second in (("here 2", "dask 2"), ("here 1", "dask 1"), ("here 1", "here 2"), ("dask 1", "dask 2")):
            if first in median and second in median:
                result["pairs"][f"{second} against {first}"] = {
                    key: median[second][key] / median[first][key] for key in ("seconds", "processor", "parts_seconds")
                }
    for single, double in (("here", "processes 2"), ("dask 1", "dask 2")):
        if single in median and double in median and not given.solve:
            one_, two_ = median[single], median[double]
            result["pairs"][f"{double} against {single}"] = {
                "efficiency": one_["seconds"] / 2 / two_["seconds"],
                "efficiency_by_processor": one_["processor"] / 2 / two_.get("processor_most", math.nan),
                "more_work": two_["processor"] / one_["processor"],
            }
    given.file.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def sweep(instance: Any, held: Any, count: int, client: Any) -> tuple[dict[str, float], float]:
    """Answer every branch; seconds, processor seconds, and the sum of what the branches cost, USD."""
    network = network_of(instance)
    _, trunk = work.trunk_of(network, held)
    answers = {TRUNK: trunk}
    pids = [os.getpid()] if client is None else list(client.run(os.getpid).values())
    spent = {pid: cpu(pid) for pid in pids}
    children = os.times()
    began = time.monotonic()
    kept = (instance, held.fundings, held.stock or {}, trunk.runs, trunk.known)
    with workers_of(count, client, work.begin, *kept) as pool:
        agenda = Agenda(network, answers, priced=False)
        for found in pool.drawn(work.answer, agenda.draw):
            answers[found.course] = found
            agenda.answered(found.course)
    seconds = time.monotonic() - began
    ended = os.times()
    each = [cpu(pid) - before for pid, before in spent.items()]
    used = sum(each)
    if client is None and count > 1:  # those of processes that have ended
        used = ended.children_user + ended.children_system - children.children_user - children.children_system
    cost = sum(sum(answer.cost.values()) for name, answer in sorted(answers.items()) if name != TRUNK)
    of_worker = {} if client is None else {"processor_most": round(max(each), 2)}
    return {"seconds": round(seconds, 2), "processor": round(used, 2)} | of_worker, cost


def solve(instance: Any, gap: float, count: int, client: Any) -> tuple[dict[str, float], float]:
    """Solve by Benders; seconds, processor seconds, rounds and bytes, and what the plan costs, USD."""
    workers = [] if client is None else list(client.run(os.getpid).values())
    spent, began = {pid: cpu(pid) for pid in [os.getpid(), *workers]}, time.monotonic()
    plan = optimizer.solve(instance, method="benders", gap=gap, threads=count if client is None else 1, cluster=client)
    seconds = time.monotonic() - began
    used = {pid: cpu(pid) - before for pid, before in spent.items()}
    assert plan.objective is not None
    told = plan.info.get("cluster", {})
    found = {
        "seconds": seconds, "processor": sum(used.values()), "processor_here": used[os.getpid()],
        "processor_most": max((used[pid] for pid in workers), default=0.0),
        "parts_seconds": plan.info["seconds"].get("answers", 0.0) + plan.info["seconds"].get("first_cuts", 0.0),
        "bound_usd": plan.info["bound"], "master_rounds": plan.info["nodes"],
    }  # fmt: skip
    found |= told
    if told:
        found["bytes_a_round"] = (told["bytes_sent"] + told["bytes_received"]) / told["rounds"]
    return {key: round(value, 2) for key, value in found.items()}, plan.objective


def cpu(pid: int) -> float:
    """Processor seconds of a process."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Client]:
    """A client of a scheduler and workers, each a process of its own."""
    folder.mkdir()
    file = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    options = ["--no-dashboard", "--scheduler-file", str(file)]
    with (folder / "log").open("wb") as log:
        start: Any = {"stdout": log, "stderr": log}
        commands = [[*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", *options]]
        commands += [[*dask, "worker", "--nthreads", "1", "--no-nanny", *options]] * workers
        running = [subprocess.Popen(commands[0], **start)]
        try:
            while not file.is_file() or not file.read_text(encoding="utf-8").strip():
                time.sleep(0.1)
            running += [subprocess.Popen(command, **start) for command in commands[1:]]
            with Client(scheduler_file=str(file), set_as_default=False, timeout=120) as client:
                client.wait_for_workers(workers, timeout=300)
                client.run(importlib.import_module, "optimizer")
                yield client
        finally:
            for process in running:
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
