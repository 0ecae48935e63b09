"""From files to matrix, and HiGHS's own seconds on the same matrix, side by side in one run."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import numpy as np

import optimizer
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.network.tables import TRUNK
from optimizer.run import versions
from optimizer.solver.extensive import compile_all, problem_of
from optimizer.solver.highs import run
from optimizer.solver.options import Options

T = TypeVar("T")


def main() -> None:
    """Measure one instance and print a JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instance")
    parser.add_argument("--solve-limit", type=float, default=600.0, help="seconds that HiGHS may take")
    arguments = parser.parse_args()
    seconds: dict[str, float] = {}

    def timed(name: str, step: Callable[[], T]) -> T:
        began = time.perf_counter()
        found = step()
        seconds[name] = round(time.perf_counter() - began, 3)
        return found

    instance = timed("read and check", lambda: optimizer.load(arguments.instance))
    network = timed("network", lambda: network_of(instance))
    timed("tables of the trunk (part of the next)", lambda: tables_of(network, TRUNK))
    blocks, _ = timed("tables, Pyomo blocks, compilation", lambda: compile_all(network))
    problem = timed("joining", lambda: problem_of(network, blocks, {}))
    memory_to_matrix = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    steps = ("read and check", "network", "tables, Pyomo blocks, compilation", "joining")
    to_matrix = sum(seconds[name] for name in steps)
    relaxed = problem_relaxed(problem)
    deadline = time.monotonic() + arguments.solve_limit
    raw = run(relaxed, Options(), deadline=deadline, crossover=False)
    document: dict[str, Any] = {
        "instance": instance.name,
        "sizes": {
            "rows": problem.rows,
            "columns": problem.columns,
            "nonzeros": int(problem.matrix.nnz),
            "binaries": int(problem.integer.sum()),
            "futures": 1 + len(network.windows),
        },
        "seconds": seconds,
        "seconds_to_matrix": round(to_matrix, 2),
        "relaxation": {"ended": raw.ended, "seconds": round(raw.seconds, 2), "objective_usd": raw.objective},
        "ratio_to_matrix_over_relaxation": round(to_matrix / raw.seconds, 3),
        "peak_mb_to_matrix": round(memory_to_matrix),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "versions": versions(),
        "machine": {"cores": os.cpu_count(), "system": platform.system(), "load": round(os.getloadavg()[0], 2)},
        "date": datetime.now(UTC).date().isoformat(),
    }
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")


def problem_relaxed(problem: Any) -> Any:
    """The problem without integrality."""
    return dataclasses.replace(problem, integer=np.zeros_like(problem.integer))


if __name__ == "__main__":
    main()
