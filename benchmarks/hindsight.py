"""What each future costs with hindsight: HiGHS alone on the whole, against the method that suits, by turns in one run.

    python benchmarks/hindsight.py INSTANCE FILE.json --futures A B C [--plan DIR] [--gap 1e-3] [--threads 1]

The blocks are compiled once for both roads. With --plan the plan of all futures is tried first by both, as in
`optimizer value`; the second road keeps its cuts from future to future, as there. The first road is the extensive form
of the one future, its objective told by the family that regret is measured by. Neither road's bound may be above the
other's plan. FILE is written after each future.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optimizer
from optimizer.instance.write import sha256
from optimizer.model import assemble, risk
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT, TRUNK
from optimizer.plan.plan import Plan
from optimizer.run import versions
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.compile import join, money_of
from optimizer.solver.extensive import Begun, Solved, compile_all
from optimizer.solver.first_plan import plan_of
from optimizer.solver.highs import run
from optimizer.solver.hindsight import hindsight_of
from optimizer.solver.options import Options
from optimizer.solver.start import Start, start_of
from optimizer.solver.written import build_block

TOLERANCE = 1e-6
"""Relative, up to which a bound of one road may pass the plan of the other."""


def main() -> None:
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instance")
    parser.add_argument("file", type=Path)
    parser.add_argument("--futures", nargs="+", required=True)
    parser.add_argument("--plan", type=Path, help="a plan of all futures, tried first")
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    instance = optimizer.load(given.instance)
    network = network_of(instance)
    if unknown := set(given.futures) - set(risk.futures(network)):
        parser.error(f"{', '.join(sorted(unknown))}: there is {', '.join(risk.futures(network))}")
    options = Options(gap=given.gap, threads=given.threads)
    start = None if given.plan is None else start_of(Plan.read(given.plan))
    clock = time.process_time()
    blocks, tables = compile_all(network)
    begun = Begun(Solved(network, tables, "no_plan", ""), blocks, options, None, None, time.monotonic(), None)
    cuts = Checkpoint(None, "")
    document: dict[str, Any] = {
        "instance": instance.name,
        "instance_sha256": sha256(instance),
        "gap": given.gap,
        "threads": given.threads,
        "plan": None if start is None else "the plan of all futures is tried first by both",
        "build_cpu_seconds": round(time.process_time() - clock, 1),
        "futures": {},
        "machine": {"cores": os.cpu_count(), "system": platform.system(), "load": round(os.getloadavg()[0], 2)},
        "versions": versions(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    for future in given.futures:
        alone = timed(lambda future=future: by_highs(begun, future, start))  # type: ignore[misc]
        chosen = timed(lambda future=future: by_choice(begun, future, start, cuts))  # type: ignore[misc]
        for one, other in ((alone, chosen), (chosen, alone)):
            if one["bound_usd"] > other["objective_usd"] + TOLERANCE * abs(other["objective_usd"]):
                raise SystemExit(f"{future}: a bound of {one['bound_usd']} is above a plan of {other['objective_usd']}")
        ratio = round(alone["cpu_seconds"] / chosen["cpu_seconds"], 1)
        document["futures"][future] = {"highs_alone": alone, "chosen": chosen, "times_faster_by_cpu": ratio}
        sys.stdout.write(f"{future}: {json.dumps(document['futures'][future])}\n")
        sys.stdout.flush()
        given.file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def timed(solve: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a solve found, with seconds by the clock and of the processor, and the load beside it."""
    wall, clock = time.monotonic(), time.process_time()
    found = solve()
    seconds = {"seconds": time.monotonic() - wall, "cpu_seconds": time.process_time() - clock}
    return {**{name: round(value, 1) for name, value in seconds.items()}, "load": round(os.getloadavg()[0], 2), **found}


def by_highs(begun: Begun, future: str, start: Start | None) -> dict[str, Any]:
    """The future as one problem, by HiGHS alone."""
    network, blocks = begun.out.network, begun.blocks
    names = [INVESTMENT, TRUNK, *risk.branches_of(network, future)]
    known = build_block(assemble.one_future, network, future)
    problem = join([*(blocks[name] for name in names), known], money_of(blocks.values()))
    first = None if start is None else plan_of(problem, start.fundings, begun.options, None, None).values
    raw = run(problem, begun.options, start=first)
    sizes = {"columns": problem.columns, "rows": problem.rows}
    return {"status": raw.ended, "objective_usd": raw.objective, "bound_usd": raw.bound, "sizes": sizes}


def by_choice(begun: Begun, future: str, start: Start | None, cuts: Checkpoint) -> dict[str, Any]:
    """The future by the method that suits."""
    now = replace(begun, began=time.monotonic())
    solved = hindsight_of(now, future, start, cuts)
    return {
        "status": solved.status,
        "objective_usd": solved.objective,
        "bound_usd": solved.bound,
        "sizes": solved.sizes,
        "method": solved.method,
        "method_why": solved.method_why,
        "rounds": solved.nodes,
    }


if __name__ == "__main__":
    main()
