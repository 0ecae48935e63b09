"""What stronger rows do: root gap, and work to 1, 0.5 and 0.1 percent by HiGHS and by Benders, with and without.

    python benchmarks/strength.py FILE.json --instance instances/starter --generated 1 2 3

Generated instances are those of docs/generate.md (60 facilities, 5 periods, 10 futures), by seed. All on one thread, by
turns, in seconds of processor time; what matters more on a shared machine are iterations, nodes and rounds. The file is
written anew after each instance. Variants of the relaxation that are tried beside: `not reduced` (the needs without
min(1, ...), which follow from other rows), `at most` and `without limit` (needs of one kind of weights alone) and
`capacity` (the ceiling of any tightening of capacities: every unit and channel of the trunk, as far as a plan no dearer
than the best can run it by the relaxation, in rows of its own).

With `--settings` HiGHS has the same problem, needs included, in other ways too: `no symmetry` (it does not look for
like columns; how many generators it found otherwise is kept), and `money scaled` (budget rows stand in the solver's
unit of money as costs do, not in USD). Every way has each random seed, by turns.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import highspy
import numpy as np
import scipy.sparse as sp

import optimizer
from optimizer.model import assemble
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT, NEEDS, TRUNK, Network, Tables
from optimizer.run import versions
from optimizer.solver import needs as finding
from optimizer.solver.apart import share_cores
from optimizer.solver.benders.solve import decompose
from optimizer.solver.compile import Block, Problem, compile_block
from optimizer.solver.extensive import Begun, problem_of
from optimizer.solver.highs import Progress
from optimizer.solver.loading import load
from optimizer.solver.options import Options
from optimizer.solver.solve import begin

GAPS = (0.01, 0.005, 0.001)
ROW = re.compile(
    r"^ ?\S?\s+(\d+)\s+\d+\s+\d+\s+[\d.]+%\s+(\S+)\s+(\S+)\s+(\S+)\s+\d+\s+\d+\s+\d+\s+(\d+)\s+[\d.]+s", re.MULTILINE
)
"""A line of HiGHS's log of a MIP: nodes, bound, plan, gap, iterations."""
SYMMETRY = re.compile(r"Found (\d+) (?:generator|full orbitope)")
"""What HiGHS says of like columns; else that there is no symmetry."""
BUDGETS = ("annual_budget", "total_budget", "appropriation_is_kept")


def relaxation(problem: Problem) -> dict[str, Any]:
    """The relaxation by interior point with crossover."""
    highs = load(replace(problem, integer=np.zeros_like(problem.integer)))
    _set(highs, solver="ipx", run_crossover="on")
    began = time.process_time()
    highs.run()
    info = highs.getInfo()
    return {
        "usd": info.objective_function_value / problem.money,
        "iterations": int(info.ipm_iteration_count),
        "cpu_seconds": round(time.process_time() - began, 2),
    }


def by_highs(problem: Problem, seed: int, seconds: float, **settings: Any) -> dict[str, Any]:
    """The whole problem to the smallest gap, from nothing."""
    highs = load(problem)
    trace: list[tuple[float, float, float]] = []
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        _set(highs, mip_rel_gap=min(GAPS), random_seed=seed, output_flag=True, log_to_console=False, log_file=str(log))
        _set(highs, **settings)

        def note(event: Any) -> None:
            out = event.data_out
            trace.append((time.process_time() - began, out.mip_primal_bound, out.mip_dual_bound))

        def late(event: Any) -> None:
            if time.process_time() - began > seconds:
                event.interrupt()

        highs.cbMipLogging += note
        highs.cbMipInterrupt += late
        highspy.Highs.run(highs)
        text = log.read_text(encoding="utf-8")
    info = highs.getInfo()
    trace.append((time.process_time() - began, info.objective_function_value, info.mip_dual_bound))
    rows = [(int(n), bound, gap[:-1], int(done)) for n, bound, _, gap, done in ROW.findall(text)]
    roots = [float(bound) for nodes, bound, _, _ in rows if nodes == 0 and bound != "-inf"]
    known = [(float(gap) / 100, done) for _, _, gap, done in rows if gap.replace(".", "").isdigit()]
    total = re.search(r"LP iterations\s+(\d+)", text)
    alike = [int(number) for number in SYMMETRY.findall(text)]
    return {
        "generators": sum(alike),
        "plan_usd": trace[-1][1] / problem.money,
        "bound_usd": trace[-1][2] / problem.money,
        "root_usd": max(roots) / problem.money if roots else None,
        "nodes": int(info.mip_node_count),
        "iterations": int(total.group(1)) if total else None,
        "iterations_to": {f"{gap:.1%}": next((done for at, done in known if at <= gap), None) for gap in GAPS},
        "cpu_seconds_to": {f"{gap:.1%}": _first(trace, gap) for gap in GAPS},
    }


def by_benders(begun: Begun, seconds: float) -> dict[str, Any]:
    """Benders to the smallest gap."""
    began = time.process_time()
    trace: list[tuple[float, float, float]] = []

    def follow(progress: Progress) -> None:
        if progress.incumbent is not None and progress.bound is not None:
            trace.append((time.process_time() - began, progress.incumbent, progress.bound))

    begun.deadline = time.monotonic() + seconds
    begun.options, begun.report = Options(gap=min(GAPS), threads=1, method="benders"), follow
    out = decompose(begun)
    spent = time.process_time() - began
    if out.objective is not None and out.bound is not None:
        trace.append((spent, out.objective, out.bound))
    return {
        "status": out.status,
        "plan_usd": out.objective,
        "bound_usd": out.bound,
        "rounds": out.nodes,
        "cpu_seconds_to": {f"{gap:.1%}": _first(trace, gap) for gap in GAPS},
    }


def _first(trace: list[tuple[float, float, float]], gap: float) -> float | None:
    return next(
        (round(at, 1) for at, plan, bound in trace if abs(plan) < 1e20 and plan - bound <= gap * abs(plan)), None
    )


def variants(network: Network, blocks: Mapping[str, Block], tables: Tables, best: float) -> dict[str, Any]:
    """The relaxation with other rows."""
    plain = {name: block for name, block in blocks.items() if name != NEEDS}
    found = finding.needs_of(tables)
    out = {"all needs": relaxation(problem_of(network, plain | _block(tables, found), {}))}
    with patch("optimizer.model.need.min", lambda _one, share: share, create=True):
        out["not reduced"] = relaxation(problem_of(network, plain | _block(tables, found), {}))
    for name, outside in (("at most", np.inf), ("without limit", 0.0)):
        out[name] = relaxation(problem_of(network, plain | _block(tables, _needs_of_kind(tables, outside)), {}))
    out["capacity"] = relaxation(capacities(problem_of(network, plain, {}), plain, tables, best))
    return out


def _needs_of_kind(tables: Tables, outside: float) -> list[Any]:
    """Needs of weights with other units limited, or without limit, alone."""
    solve = finding._Program.solve

    def one_kind(program: Any, cost: Any, upper: Any) -> dict[str, float]:
        return solve(program, cost, upper) if (outside > 0) == bool(np.isinf(upper).all()) else {}

    with patch.object(finding._Program, "solve", one_kind):
        return finding.needs_of(tables)


def _block(tables: Tables, found: list[Any]) -> dict[str, Block]:
    return {NEEDS: compile_block(*assemble.needs(tables, found))}


def capacities(problem: Problem, blocks: Mapping[str, Block], tables: Tables, best: float) -> Problem:
    """Rows that hold what each unit runs in a channel and stricter ones to what a plan no dearer than the best can."""
    charged = np.flatnonzero(problem.objective)
    ceiling = sp.csr_array(
        (problem.objective[charged], (np.zeros(len(charged), dtype=int), charged)), shape=(1, problem.columns)
    )
    within = replace(
        problem,
        matrix=sp.csr_array(sp.vstack([problem.matrix, ceiling])),
        row_lower=np.append(problem.row_lower, -np.inf),
        row_upper=np.append(problem.row_upper, best * problem.money - problem.offset),
        integer=np.zeros_like(problem.integer),
        objective=np.zeros(problem.columns),
        offset=0.0,
    )
    highs = load(within)
    _set(highs, solver="simplex")
    funds = {key: problem.place[INVESTMENT][i] for i, key in enumerate(blocks[INVESTMENT].columns)}
    runs = {key[1]: problem.place[TRUNK][i] for i, key in enumerate(blocks[TRUNK].columns) if key[0] == "run"}
    c, order = tables.capacity, list(tables.places.channels)
    units: dict[Any, dict[int, tuple[float, int]]] = defaultdict(dict)
    for run in c.runs:
        f, _, r, k, y = run
        units[f, c.unit[f, r], y][int(runs[run])] = (c.use[f, r], order.index(k))
    rows: list[dict[int, float]] = []
    least: list[float] = []
    everything = np.arange(problem.columns, dtype=np.int32)
    for (f, u, y), columns in units.items():
        years = tables.calendar.years[y]
        for last in range(len(order)) if c.sizes[f, u, y] else ():
            mine = {column: use for column, (use, rank) in columns.items() if rank <= last}
            cost = np.zeros(problem.columns)
            cost[list(mine)] = -np.array(list(mine.values()))
            highs.changeColsCost(len(cost), everything, cost)
            highs.run()
            if not mine or highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                continue
            most = -highs.getInfo().objective_function_value
            standing = min(years * c.existing[f, u, y], most)
            row: dict[int, float] = defaultdict(float, {column: -use for column, use in mine.items()})
            for start, size in c.sizes[f, u, y]:
                kind = ("fund", (f, start.option, start.year)) if len(start.path) == 1 else (
                    "sequence", (f, start.option, start.label))  # fmt: skip
                row[int(funds[kind])] += min(years * size, most - standing)
            rows.append(row)
            least.append(-standing)
    entries = [(i, column, value) for i, row in enumerate(rows) for column, value in row.items()]
    at, columns_, data = zip(*entries, strict=True)
    more = sp.csr_array((data, (at, columns_)), shape=(len(rows), problem.columns))
    return replace(
        problem,
        matrix=sp.csr_array(sp.vstack([problem.matrix, more])),
        row_lower=np.append(problem.row_lower, least),
        row_upper=np.append(problem.row_upper, np.full(len(rows), np.inf)),
    )


def settings(problem: Problem, seeds: int, seconds: float) -> dict[str, list[dict[str, Any]]]:
    """HiGHS on the same problem in several ways, by turns."""
    ways: dict[str, tuple[Problem, dict[str, Any]]] = {
        "as it is": (problem, {}),
        "no symmetry": (problem, {"mip_detect_symmetry": False}),
        "money scaled": (_budgets_scaled(problem), {}),
    }
    found: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    for seed in range(seeds):
        for way, (mine, asked) in ways.items():
            found[way].append(by_highs(mine, seed, seconds, **asked))
    return found


def _budgets_scaled(problem: Problem) -> Problem:
    """Budget rows in the solver's unit of money."""
    by = np.ones(problem.rows)
    for name, start in problem.row_start.items():
        for i, (component, _) in enumerate(problem.blocks[name].rows):
            if component in BUDGETS:
                by[start + i] = problem.money
    if (by == 1).all():
        raise ValueError("no budget row: nothing to scale")
    return replace(
        problem,
        matrix=sp.csr_array(sp.diags_array(by) @ problem.matrix),
        row_lower=problem.row_lower * by,
        row_upper=problem.row_upper * by,
    )


def _set(highs: Any, **settings: Any) -> None:
    share_cores(1)
    for name, value in ({"threads": 1} | settings).items():
        if highs.setOptionValue(name, value) == highspy.HighsStatus.kError:
            raise ValueError(f"HiGHS does not take {name} = {value!r}")


def measured(instance: optimizer.Instance, asked: argparse.Namespace) -> dict[str, Any]:
    """All that is measured of one instance."""
    network = network_of(instance)
    options = Options(threads=1)
    began = time.process_time()
    begun = begin(network, options)
    built = time.process_time() - began
    blocks = begun.blocks
    began = time.process_time()
    finding.needs_block(begun.out.tables[TRUNK], blocks[INVESTMENT], blocks[TRUNK])
    deriving = time.process_time() - began
    sides = {"without": {name: block for name, block in blocks.items() if name != NEEDS}, "with": dict(blocks)}
    found: dict[str, Any] = {"needs": len(blocks[NEEDS].rows) if NEEDS in blocks else 0}
    found |= {"build_cpu_seconds": round(built, 2), "needs_cpu_seconds": round(deriving, 2)}
    for side, mine in sides.items():
        problem = problem_of(network, mine, {})
        found[side] = {"rows": problem.rows, "nonzeros": int(problem.matrix.nnz), "relaxation": relaxation(problem)}
        found[side]["benders"] = by_benders(replace(begun, blocks=mine), asked.seconds)
        found[side]["highs"] = [by_highs(problem, seed, asked.seconds) for seed in range(asked.seeds)]
    plans = [found[side]["benders"]["plan_usd"] for side in sides]
    plans += [one["plan_usd"] for side in sides for one in found[side]["highs"]]
    best = min(plan for plan in plans if plan is not None)
    found["best_usd"] = best
    others = variants(network, blocks, begun.out.tables[TRUNK], best) if asked.variants else {}
    plain = found["without"]["relaxation"]["usd"]
    found["gap"] = {side: (best - found[side]["relaxation"]["usd"]) / best for side in sides}
    found["variants"] = {
        name: one | {"closed": round((one["usd"] - plain) / (best - plain), 4)} for name, one in others.items()
    }
    if asked.settings:
        found["settings"] = settings(problem_of(network, blocks, {}), asked.seeds, asked.seconds)
    return found


def main() -> None:
    """Measure instances and write a JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--instance", nargs="*", default=[], help="instance folders")
    parser.add_argument("--generated", nargs="*", type=int, default=[], help="seeds of generated instances")
    parser.add_argument("--seeds", type=int, default=1, help="runs of HiGHS, each with a random seed of its own")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--variants", action="store_true", help="other rows in the relaxation too")
    parser.add_argument("--settings", action="store_true", help="other ways of the same problem too")
    asked = parser.parse_args()
    document: dict[str, Any] = {"instances": {}, "versions": versions(), "date": datetime.now(UTC).date().isoformat()}
    with tempfile.TemporaryDirectory() as made:
        todo = {Path(folder).name: folder for folder in asked.instance}
        for seed in asked.generated:
            folder = Path(made) / str(seed)
            optimizer.generate(facilities=60, periods=5, futures=10, seed=seed).save(folder)
            todo[f"generated, seed {seed}"] = str(folder)
        for name, folder in todo.items():
            document["instances"][name] = measured(optimizer.load(folder), asked)
            load_now = round(os.getloadavg()[0], 2)
            document["machine"] = {"cores": os.cpu_count(), "system": platform.system(), "load": load_now}
            asked.file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
            sys.stderr.write(f"{name} done\n")


if __name__ == "__main__":
    main()
