"""From instance files to a matrix inside HiGHS, by several roads side by side: seconds and memory, medians of runs.

Every run of a road is a process of its own, the roads take turns, and each begins with the instance's files. The
seconds of reading them are told apart, for they are the same on every road. Memory is the peak resident set above what
the process had before the road began. That all roads give the same problem is checked by the optimum of the relaxation
at the smallest size.

    python benchmarks/build.py --facilities 60 --periods 5 --seed 1 --futures 1 10 20 100 > results.json

A road is a function of the instance folder, a folder with what was prepared, and a clock; it returns the HiGHS object.
To measure another one, write it and name it in ROADS.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import os
import pickle
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pandas as pd
import pyomo.environ as pyo
import scipy.sparse as sp
from pyomo.contrib.appsi.solvers import Highs as AppsiHighs

import optimizer
from optimizer.instance.policy import Expected
from optimizer.model import assemble, risk
from optimizer.model.declare import Costs, Model, total
from optimizer.model.sheet import Sheet
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT, TRUNK, Network
from optimizer.run import versions
from optimizer.solver.compile import period_of
from optimizer.solver.extensive import compile_all, problem_of
from optimizer.solver.highs import run
from optimizer.solver.kept import Kept
from optimizer.solver.loading import load, new_highs
from optimizer.solver.options import Options

READING = "read"
ARRAYS, BLOCKS, KEPT = "problem.npz", "blocks.pickle", "kept"


class Clock:
    """Seconds by step, and seconds of processor time: on a busy machine these tell more."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.cpu: dict[str, float] = defaultdict(float)

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Measure a step."""
        began, busy = time.perf_counter(), time.process_time()
        yield
        self.seconds[step] += time.perf_counter() - began
        self.cpu[step] += time.process_time() - busy


def pyomo_appsi(folder: Path, _: Path, clock: Clock) -> Any:
    """All our Pyomo blocks in one ConcreteModel, handed to HiGHS by Pyomo's own plug-in.

    The families and tables are those of the product, so it is the same mathematics. Blocks are tied by rows that set a
    copy equal to its owner, as Pyomo users do for non-anticipativity.
    """
    network = _network(folder, clock)
    assert isinstance(network.instance.risk, Expected), "the objective of other measures is not built here"
    with clock("tables"):
        tables = [tables_of(network, course) for course in (TRUNK, *network.windows)]
    with clock("Pyomo blocks"):
        whole = pyo.ConcreteModel()
        parts: dict[str, Model] = {}
        costs: dict[str, Costs] = {}
        parts[INVESTMENT], costs[INVESTMENT] = assemble.investment(network)
        for table in tables:
            parts[table.course], costs[table.course] = assemble.operations(table)
        for number, part in enumerate(parts.values()):
            whole.add_component(f"part_{number}", part)
        whole.same = pyo.ConstraintList()
        for part in parts.values():
            for name, owners in part.owners.items():
                for index, (owner, (component, there)) in owners.items():
                    whole.same.add(part.component(name)[index] == parts[owner].component(component)[there])
        whole.objective = pyo.Objective(expr=_expected(network, costs))
    with clock("appsi"):
        solver = AppsiHighs()
        solver.set_instance(whole)
    return solver._solver_model


def _expected(network: Network, costs: dict[str, Costs]) -> Any:
    """Expected cost as one expression over the blocks' cost terms."""
    terms, constant = _weighed(network, costs)
    return total((usd, column) for usd, _, column in terms) + constant


def _weighed(network: Network, costs: dict[str, Costs]) -> tuple[list[tuple[float, str, Any]], float]:
    """Terms of expected cost, as (USD, block, variable), and the constant."""
    measure, _ = assemble.measure(network)
    terms, constant = [], 0.0
    for weight, var in risk.expected_terms(measure, network):
        owner, key = measure.owners[var.parent_component().local_name][var.index()]
        for _, period, usd, column in costs[owner]:
            if period_of(key) in (None, period):
                if column is None:
                    constant += weight * usd
                else:
                    terms.append((weight * usd, owner, column))
    return terms, constant


def ours(folder: Path, _: Path, clock: Clock) -> Any:
    """The product's road: one branch of each shape written as rows, the others bound by arrays, joined, one call."""
    network = _network(folder, clock)
    with clock("tables, rows, arrays"):
        found, tables = compile_all(network)
        del tables
    with clock("joining"):
        problem = problem_of(network, found, {})
    with clock("into HiGHS"):
        return load(problem)


def again(folder: Path, prepared: Path, clock: Clock) -> Any:
    """The product's road once more: the blocks are kept from a run before (`OPTIMIZER_CACHE`)."""
    network = _network(folder, clock)
    with clock("kept blocks"):
        kept = Kept(prepared / KEPT)
        found, tables = compile_all(network, kept=kept)
        del tables
    assert kept.said.startswith("kept as "), kept.said
    with clock("joining"):
        problem = problem_of(network, found, {})
    with clock("into HiGHS"):
        return load(problem)


def linopy(folder: Path, _: Path, clock: Clock) -> Any:
    """The families' terms as linopy's arrays, a variable or constraint each, handed to HiGHS by linopy itself.

    Tables and families are those of the product, so it is the same mathematics and the same problem; every branch is
    built by itself, as in Pyomo. A copy of a variable is its owner's.
    """
    import linopy as lp  # noqa: PLC0415
    from xarray import DataArray, Dataset  # noqa: PLC0415

    network = _network(folder, clock)
    with clock("tables"):
        tables = [tables_of(network, course) for course in (TRUNK, *network.windows)]
    with clock("families"):
        parts = {INVESTMENT: assemble.investment(network, Sheet)}
        parts |= {table.course: assemble.operations(table, Sheet) for table in tables}
    with clock("linopy"):
        m = lp.Model()
        label: dict[str, Any] = {}
        for block, (sheet, _costs) in parts.items():
            mine = label[block] = np.full(len(sheet.keys), -1)
            for name, first, end in zip(sheet.names, sheet.first, [*sheet.first[1:], len(sheet.keys)], strict=True):
                rows = pd.RangeIndex(end - first, name=f"{block} {name}")
                if name in sheet.owners or end == first:
                    continue
                binary = sheet.binary[first]
                bounds = {} if binary else {"lower": sheet.lower[first], "upper": np.array(sheet.upper[first:end])}
                added = m.add_variables(coords=[rows], name=f"{block} {name}", binary=binary, **bounds)
                mine[first:end] = added.labels.to_numpy()
        at = {block: {key: i for i, key in enumerate(sheet.keys)} for block, (sheet, _) in parts.items()}
        for block, (sheet, _costs) in parts.items():
            for name, owners in sheet.owners.items():
                for index, (owner, key) in owners.items():
                    label[block][at[block][name, index]] = label[owner][at[owner][key]]

        def said(coefs: Any, labels: Any, dims: list[str]) -> Any:
            return lp.LinearExpression(Dataset({"coeffs": (dims, coefs), "vars": (dims, labels)}), m)

        for block, (sheet, _costs) in parts.items():
            begins, ends = np.array([0, *sheet.ends[:-1]]), np.array(sheet.ends)
            coefs, columns = np.array(sheet.coefs, dtype=float), label[block][np.array(sheet.columns, dtype=int)]
            names = [name for name, _ in sheet.rows]
            for name in dict.fromkeys(names):
                mine = np.array([i for i, other in enumerate(names) if other == name])
                width = ends[mine] - begins[mine]
                inside = np.arange(width.max()) < width[:, None]
                places = np.where(inside, begins[mine][:, None] + np.arange(width.max()), 0)
                dims = [f"{block} {name}", "_term"]
                expression = said(np.where(inside, coefs[places], np.nan), np.where(inside, columns[places], -1), dims)
                kinds = np.array(sheet.kinds)[mine]
                sign = DataArray(np.array([">=", "=", "<="])[kinds + 1], dims=dims[:1])
                sides = DataArray(np.array(sheet.sides, dtype=float)[mine], dims=dims[:1])
                m.add_constraints(expression, sign, sides, name=dims[0])
        costs = {block: cost for block, (_, cost) in parts.items()}
        terms, constant = _weighed(network, costs)
        columns = np.array([label[block][var.at] for _, block, var in terms])
        m.add_objective(said(np.array([usd for usd, _, _ in terms]), columns, ["_term"]))
    with clock("linopy into HiGHS"):
        highs = m.to_highspy()
        highs.changeObjectiveOffset(constant)
    return highs


def blocks(_: Path, prepared: Path, clock: Clock) -> Any:
    """Assembling alone: the finished arrays of every block, joined, one call."""
    with (prepared / BLOCKS).open("rb") as file:
        found, network = pickle.load(file)
    with clock("joining"):
        problem = problem_of(network, found, {})
    with clock("into HiGHS"):
        return load(problem)


def raw(_: Path, prepared: Path, clock: Clock) -> Any:
    """The floor: the finished arrays of the same matrix, one call."""
    arrays = np.load(prepared / ARRAYS)
    matrix = sp.csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=tuple(arrays["shape"]))
    vectors = {name: arrays[name] for name in _VECTORS}
    integer, offset = arrays["integer"], float(arrays["offset"])
    with clock("into HiGHS"):
        return new_highs(
            cost=vectors["objective"],
            bounds=(vectors["lower"], vectors["upper"]),
            rows=(vectors["row_lower"], vectors["row_upper"]),
            matrix=matrix,
            offset=offset,
            integer=integer,
        )


Road = Callable[[Path, Path, Clock], Any]
ROADS: dict[str, Road] = {
    "pyomo_appsi": pyomo_appsi,
    "linopy": linopy,
    "ours": ours,
    "again": again,
    "blocks": blocks,
    "raw": raw,
}
"""What is measured, by name."""

_VECTORS = ("objective", "lower", "upper", "row_lower", "row_upper")


def _network(folder: Path, clock: Clock) -> Network:
    with clock(READING):
        return network_of(optimizer.load(folder))


def prepare(folder: Path, prepared: Path, relaxation: float) -> dict[str, Any]:
    """Save the arrays of the problem, and take HiGHS's own seconds for its relaxation within a limit."""
    network = network_of(optimizer.load(folder))
    found, _ = compile_all(network, kept=Kept(prepared / KEPT))
    with (prepared / BLOCKS).open("wb") as file:
        pickle.dump((found, network), file)
    problem = problem_of(network, found, {})
    matrix = problem.matrix
    np.savez(
        prepared / ARRAYS,
        **{name: getattr(problem, name) for name in _VECTORS},
        integer=problem.integer,
        offset=problem.offset,
        data=matrix.data,
        indices=matrix.indices,
        indptr=matrix.indptr,
        shape=np.array(matrix.shape),
    )
    sizes = {"rows": problem.rows, "columns": problem.columns, "nonzeros": int(matrix.nnz)}
    document: dict[str, Any] = {"sizes": sizes | {"binaries": int(problem.integer.sum())}}
    if relaxation > 0:
        relaxed = dataclasses.replace(problem, integer=np.zeros_like(problem.integer))
        until, busy = time.monotonic() + relaxation, time.process_time()
        ended = run(relaxed, Options(threads=1), deadline=until, crossover=False)
        cpu = time.process_time() - busy
        document["relaxation"] = {"ended": ended.ended, "seconds": ended.seconds, "cpu_seconds": round(cpu, 3)}
    return document


def measure(road: str, folder: Path, prepared: Path, *, optimum: bool) -> dict[str, Any]:
    """Take one road in this process."""
    clock = Clock()
    if road == "linopy":
        __import__("linopy")  # what takes a second is not counted: neither is the import of Pyomo
    if road == "raw":
        np.load(prepared / ARRAYS)["data"].sum()  # the files are in memory, as the instance's are
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    before = _memory("VmRSS")
    highs = ROADS[road](folder, prepared, clock)
    document: dict[str, Any] = {
        "seconds": sum(clock.seconds.values()),
        "cpu_seconds": sum(clock.cpu.values()),
        "steps": dict(clock.cpu),
        "peak_mb": _memory("VmHWM") - before,
        "rows": highs.getNumRow(),
        "columns": highs.getNumCol(),
        "nonzeros": highs.getNumNz(),
    }
    if optimum:
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("solve_relaxation", True)
        highspy.Highs.run(highs)
        document["optimum"] = highs.getInfo().objective_function_value
    return document


def _memory(key: str) -> float:
    """MB, from the kernel's account of this process."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{key}:"):
            return float(line.split()[1]) / 1024
    raise LookupError(key)


def _child(*words: str | Path) -> dict[str, Any]:
    """Run this script in a process of its own."""
    called = subprocess.run([sys.executable, __file__, *map(str, words)], capture_output=True, text=True, check=False)
    if called.returncode:
        sys.exit(called.stderr)
    document: dict[str, Any] = json.loads(called.stdout.splitlines()[-1])
    return document


def main() -> None:
    """Measure all roads at all sizes and print a JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facilities", type=int, default=60)
    parser.add_argument("--periods", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--futures", type=int, nargs="+", default=[1, 10, 20, 100])
    parser.add_argument("--roads", nargs="+", choices=list(ROADS), default=list(ROADS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--relaxation", type=float, default=0.0, help="seconds HiGHS may take for the relaxation; 0: none"
    )
    parser.add_argument("--one", nargs=3, metavar=("ROAD", "FOLDER", "PREPARED"), help=argparse.SUPPRESS)
    parser.add_argument("--prepare", nargs=2, metavar=("FOLDER", "PREPARED"), help=argparse.SUPPRESS)
    parser.add_argument("--optimum", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        road, folder, prepared = asked.one
        print(json.dumps(measure(road, Path(folder), Path(prepared), optimum=asked.optimum)))  # noqa: T201
        return
    if asked.prepare:
        folder, prepared = map(Path, asked.prepare)
        print(json.dumps(prepare(folder, prepared, asked.relaxation)))  # noqa: T201
        return
    sizes = []
    with tempfile.TemporaryDirectory() as made:
        for futures in asked.futures:
            folder = Path(made) / f"s{futures}"
            prepared = Path(made) / f"p{futures}"
            prepared.mkdir()
            optimizer.generate(
                facilities=asked.facilities, periods=asked.periods, futures=futures, seed=asked.seed
            ).save(folder)
            sizes.append(_size(asked, futures, folder, prepared))
    document = {
        "instance": {key: getattr(asked, key) for key in ("facilities", "periods", "seed")},
        "runs": asked.runs,
        "sizes": sizes,
        "versions": versions(),
        "machine": {"cores": os.cpu_count(), "system": platform.system(), "load": round(os.getloadavg()[0], 2)},
        "date": datetime.now(UTC).date().isoformat(),
    }
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _size(asked: argparse.Namespace, futures: int, folder: Path, prepared: Path) -> dict[str, Any]:
    """All roads at one size, by turns."""
    document = {"futures": futures} | _child("--prepare", folder, prepared, "--relaxation", str(asked.relaxation))
    taken: dict[str, list[dict[str, Any]]] = defaultdict(list)
    check = ["--optimum"] if futures == min(asked.futures) else []
    for _ in range(asked.runs):
        for road in asked.roads:
            taken[road].append(_child("--one", road, folder, prepared, *check))
            sys.stderr.write(f"{futures} futures, {road}: {taken[road][-1]['cpu_seconds']:.3f} s of processor time\n")
    if check:
        optima = {road: runs[0]["optimum"] for road, runs in taken.items()}
        money = {road: value / optima["raw"] if "raw" in optima else value for road, value in optima.items()}
        document["relaxation_optimum"] = optima
        # Pyomo's is in USD, ours in the solver's units of money: a power of ten apart.
        for road, ratio in money.items():
            digits = np.log10(abs(ratio))
            assert abs(digits - round(digits)) < 1e-7, f"{road} is another problem: {optima}"
    roads = {road: _median(runs, document["sizes"]["nonzeros"]) for road, runs in taken.items()}
    for road in roads.values():
        for other in ("pyomo_appsi", "blocks", "raw"):
            for clock in ("seconds", "cpu_seconds"):
                if other in roads:
                    road[f"{clock}_over_{other}"] = round(road[clock] / roads[other][clock], 4)
    return document | {"roads": roads}


def _median(runs: list[dict[str, Any]], nonzeros: int) -> dict[str, Any]:
    """Medians, and the processor time of each run; memory by million nonzeros of the product's matrix."""
    peak = statistics.median(one["peak_mb"] for one in runs)
    steps = {step: round(statistics.median(one["steps"][step] for one in runs), 4) for step in runs[0]["steps"]}
    return {
        "seconds": round(statistics.median(one["seconds"] for one in runs), 4),
        "cpu_seconds": round(statistics.median(one["cpu_seconds"] for one in runs), 4),
        "each_cpu": [round(one["cpu_seconds"], 4) for one in runs],
        "cpu_steps": steps,
        "peak_mb": round(peak, 1),
        "peak_mb_per_million_nonzeros": round(peak / nonzeros * 1e6),
        "rows": runs[0]["rows"],
        "columns": runs[0]["columns"],
        "nonzeros": runs[0]["nonzeros"],
    }


if __name__ == "__main__":
    main()
