"""Open MIP solvers side by side on the same matrix: seconds to 1 %, 0.5 % and 0.1 %.

The extensive form of a generated instance is written once as MPS. Each solver reads it in a process of its own, by
turns, with the same number of threads and the same limit; reading is not counted. A solver that is not installed is
left out, and that is said (`pip install '.[bench]'`). With `--clock cpu` the limit is processor time, which on a busy
machine tells more; it is for one thread. Gaps are (plan - bound) / |plan| on every solver's own trace.
Each result carries what shows that the algorithm asked for is the one that ran.

    python benchmarks/solvers.py --facilities 60 --periods 5 --futures 10 --seed 1 --seconds 300 > results.json

A solver is a function of the MPS file and limits; to measure another one, write it and name it in SOLVERS.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import highspy

import optimizer
from optimizer.network.network import network_of
from optimizer.run import versions
from optimizer.solver.extensive import compile_all, problem_of
from optimizer.solver.loading import load

GAPS = (0.01, 0.005, 0.001)
LARGE = 1e20
"""A plan or bound from here on is none yet."""
AGREE = 1e-5
"""Solvers hold rows within tolerances of their own, which moves the optimum by some parts in a million."""


@dataclass(slots=True)
class Ran:
    """What a solver did.

    Attributes:
        ended: in its own words.
        trace: (seconds, seconds of processor time, plan, bound), in order of time; None where a solver does not tell.
        evidence: what shows which algorithm ran.
        seconds: in all.
        cpu_seconds: of processor time in all.
    """

    ended: str
    trace: list[tuple[float | None, float | None, float, float]] = field(default_factory=list)
    evidence: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    cpu_seconds: float | None = None
    _began: tuple[float, float] = (0.0, 0.0)

    def begin(self) -> None:
        """Time starts."""
        self._began = time.perf_counter(), time.process_time()

    def late(self, limit: Limit) -> bool:
        """Whether the limit of processor time is over."""
        return time.process_time() - self._began[1] > limit.seconds

    def note(self, plan: float, bound: float) -> None:
        """A plan and a bound are known now."""
        wall, cpu = self._began
        self.seconds, self.cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
        if max(abs(plan), abs(bound)) < LARGE:
            self.trace.append((self.seconds, self.cpu_seconds, plan, bound))

    def to_dict(self) -> dict[str, Any]:
        """With the first time that each gap was reached."""
        plan = min((entry[2] for entry in self.trace), default=None)
        bound = max((entry[3] for entry in self.trace), default=None)
        return {
            "ended": self.ended,
            "seconds_to": {f"{gap:.1%}": self.reached(gap, 0) for gap in GAPS},
            "cpu_seconds_to": {f"{gap:.1%}": self.reached(gap, 1) for gap in GAPS},
            "plan": plan,
            "bound": bound,
            "gap": None if plan is None or bound is None else (plan - bound) / abs(plan),
            "seconds": self.seconds and round(self.seconds, 2),
            "cpu_seconds": None if self.cpu_seconds is None else round(self.cpu_seconds, 2),
            "evidence": self.evidence,
        }

    def reached(self, gap: float, clock: int) -> float | None:
        """Seconds to a gap, by the wall (0) or the processor (1); None if it was not reached or not told."""
        at = next((entry[clock] for entry in self.trace if entry[2] - entry[3] <= gap * abs(entry[2])), None)
        return None if at is None else round(at, 2)


@dataclass(frozen=True, slots=True)
class Limit:
    """Seconds of the wall's clock, or of the processor's."""

    seconds: float
    cpu: bool


def highs(file: Path, limit: Limit, threads: int, **options: Any) -> Ran:
    """HiGHS by its own interface; its profile of sub-solvers is the evidence."""
    log = file.with_suffix(f".{os.getpid()}.log")
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.readModel(str(file))
    settings = {"threads": threads, "mip_rel_gap": min(GAPS), "log_dev_level": 1}
    if not limit.cpu:
        settings["time_limit"] = limit.seconds
    for name, value in (settings | options).items():
        if solver.setOptionValue(name, value) == highspy.HighsStatus.kError:
            return Ran(f"refused: {name} = {value}")
    solver.setOptionValue("log_file", str(log))
    solver.setOptionValue("log_to_console", False)
    solver.setOptionValue("output_flag", True)
    found = Ran("")
    found.begin()

    def note(event: Any) -> None:
        found.note(event.data_out.mip_primal_bound, event.data_out.mip_dual_bound)

    def late(event: Any) -> None:
        if found.late(limit):
            event.interrupt()

    if limit.cpu:
        solver.cbMipInterrupt += late
        solver.cbSimplexInterrupt += late
    solver.cbMipLogging += note
    solver.cbMipImprovingSolution += note
    highspy.Highs.run(solver)
    info = solver.getInfo()
    found.note(info.objective_function_value, info.mip_dual_bound)
    found.ended = solver.modelStatusToString(solver.getModelStatus())
    text = log.read_text(encoding="utf-8", errors="replace")
    calls = re.findall(
        r"^(\w[\w ]*\((?:basis|no basis|AC)\)|IPX|HiPO|PDLP)\s+(\d+)\s+\S+\s+\S+\s+\S+$", text, re.MULTILINE
    )
    workers = re.search(r"using up to .*", text)
    found.evidence = {
        "version": solver.version(),
        "sub-solver calls": {name.strip(): int(number) for name, number in calls},
        "threads": workers.group() if workers else None,
        "nodes": int(info.mip_node_count),
    }
    log.unlink()
    return found


def scip(file: Path, limit: Limit, threads: int, **_: Any) -> Ran:
    """SCIP, stopped at each gap in turn and gone on with; alone it takes one thread."""
    pyscipopt = import_module("pyscipopt")
    model = pyscipopt.Model()
    model.hideOutput()
    model.readProblem(str(file))
    model.setParam("timing/clocktype", 1 if limit.cpu else 2)
    model.setParam("limits/time", limit.seconds)
    found = Ran("")
    found.begin()
    for gap in GAPS:
        model.setParam("limits/gap", gap)
        model.optimize()
        found.note(model.getPrimalbound(), model.getDualbound())
        if model.getStatus() not in ("gaplimit", "optimal"):
            break
    found.ended = model.getStatus()
    found.evidence = {
        "version": f"SCIP {model.version()}, PySCIPOpt {pyscipopt.__version__}",
        "threads": f"1 of {threads} (SCIP by itself is sequential)",
        "nodes": model.getNTotalNodes(),
    }
    return found


_CBC_LINE = re.compile(r"^ +\S* *\d+ +\d+ +\d+ +(?P<plan>[-+.\de]+) +(?P<bound>[-+.\de]+) +[\d.]+% +(?P<at>[\d.]+)\s*$")


def cbc(file: Path, limit: Limit, threads: int, **_: Any) -> Ran:
    """CBC's program; the trace is that of its log."""
    cbcbox = import_module("cbcbox")
    words = [cbcbox.cbc_bin_path(), str(file), "-timeMode", "cpu" if limit.cpu else "elapsed"]
    words += ["-threads", str(threads), "-ratioGap", str(min(GAPS)), "-sec", str(limit.seconds), "-solve", "-quit"]
    began = time.perf_counter()
    called = subprocess.run(words, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    lines = called.stdout.splitlines()
    found = Ran(next((line.partition(" - ")[2] for line in lines if line.startswith("Result - ")), "no result"))

    def note(at: float, plan: float, bound: float) -> None:
        found.trace.append((None, at, plan, bound) if limit.cpu else (at, None, plan, bound))

    for line in lines:
        if match := _CBC_LINE.match(line):
            note(float(match["at"]), float(match["plan"]), float(match["bound"]))

    def last(label: str) -> float | None:
        return next((float(line.split(":")[1]) for line in reversed(lines) if line.startswith(label)), None)

    at = last("Time (B&C")
    plan, bound = last("Objective value"), last("Lower bound")
    if plan is not None and at is not None:
        note(at, plan, bound if bound is not None else plan)
    found.seconds = took
    found.cpu_seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    found.evidence = {
        "version": f"{lines[0].split('—')[0].strip()}, cbcbox {importlib.metadata.version('cbcbox')}",
        "threads": next((line.strip() for line in lines if line.strip().startswith("threads")), None),
        "root": next((line.strip() for line in lines if "LP Optimal" in line), None),
    }
    return found


def cp_sat(file: Path, limit: Limit, threads: int, **_: Any) -> Ran:
    """OR-tools' own solver for integers; it scales continuous columns to integers first."""
    model_builder = import_module("ortools.linear_solver.python.model_builder")
    model = model_builder.Model()
    model.import_from_mps_file(str(file))
    solver = model_builder.Solver("sat")
    solver.set_time_limit_in_seconds(limit.seconds)
    solver.set_solver_specific_parameters(f"num_workers:{threads} relative_gap_limit:{min(GAPS)}")
    found = Ran("")
    found.begin()
    found.ended = solver.solve(model).name
    if found.ended in ("OPTIMAL", "FEASIBLE"):
        found.note(solver.objective_value, solver.best_objective_bound)
    found.evidence = {"version": f"OR-tools {importlib.metadata.version('ortools')} CP-SAT"}
    return found


Solver = Callable[..., Ran]
SOLVERS: dict[str, tuple[Solver, str, dict[str, Any]]] = {
    "highs": (highs, "highspy", {}),
    "highs_ipx": (highs, "highspy", {"mip_lp_solver": "ipx"}),
    "highs_hipo": (highs, "highspy_extras", {"mip_lp_solver": "hipo"}),
    "scip": (scip, "pyscipopt", {}),
    "cbc": (cbc, "cbcbox", {}),
    "ortools_cp_sat": (cp_sat, "ortools", {}),
}
"""Name -> function, the package it takes, its options."""


def write_mps(folder: Path, file: Path) -> dict[str, int]:
    """Write the extensive form; its sizes."""
    network = network_of(optimizer.load(folder))
    blocks, _ = compile_all(network)
    problem = problem_of(network, blocks, {})
    load(problem).writeModel(str(file))
    sizes = {"rows": problem.rows, "columns": problem.columns, "nonzeros": int(problem.matrix.nnz)}
    return sizes | {"binaries": int(problem.integer.sum())}


def main() -> None:
    """Measure all solvers and print a JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("facilities", 60), ("periods", 5), ("futures", 10), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--instance", help="an instance folder instead of a generated one")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--threads", type=int, nargs="+", default=[os.cpu_count() or 1])
    parser.add_argument("--solvers", nargs="+", choices=list(SOLVERS), default=list(SOLVERS))
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument(
        "--one", nargs=5, metavar=("SOLVER", "FILE", "SECONDS", "THREADS", "CLOCK"), help=argparse.SUPPRESS
    )
    asked = parser.parse_args()
    if asked.clock == "cpu" and asked.threads != [1]:
        parser.error("--clock cpu is for --threads 1")
    if asked.one:
        name, file, seconds, threads, clock = asked.one
        function, _, options = SOLVERS[name]
        limit = Limit(float(seconds), clock == "cpu")
        print(json.dumps(function(Path(file), limit, int(threads), **options).to_dict()))  # noqa: T201
        return
    with tempfile.TemporaryDirectory() as made:
        folder, file = Path(asked.instance or f"{made}/instance"), Path(made) / "problem.mps"
        if not asked.instance:
            sizes = {key: getattr(asked, key) for key in ("facilities", "periods", "futures", "seed")}
            optimizer.generate(**sizes).save(folder)
        document = {
            "instance": asked.instance or sizes,
            "sizes": write_mps(folder, file),
            "limit": {"seconds": asked.seconds, "clock": asked.clock},
            "solvers": _all(asked, file),
        }
    document |= {
        "versions": versions(),
        "machine": {"cores": os.cpu_count(), "system": platform.system(), "load": round(os.getloadavg()[0], 2)},
        "date": datetime.now(UTC).date().isoformat(),
    }
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _all(asked: argparse.Namespace, file: Path) -> list[dict[str, Any]]:
    """Every solver with every number of threads, by turns; plans and bounds of all must agree."""
    found: list[dict[str, Any]] = []
    for turn in range(asked.runs):
        for name in asked.solvers:
            for threads in asked.threads:
                if importlib.util.find_spec(SOLVERS[name][1]) is None:
                    found.append({"solver": name, "ended": f"not installed: {SOLVERS[name][1]}"})
                    continue
                words = [sys.executable, __file__, "--one", name, str(file), str(asked.seconds), str(threads)]
                words.append(asked.clock)
                called = subprocess.run(words, capture_output=True, text=True, check=False)
                if called.returncode:
                    one = {"ended": f"failed: {called.stderr.strip().splitlines()[-1:]}"}
                else:
                    one = json.loads(called.stdout.splitlines()[-1])
                load = round(os.getloadavg()[0], 1)
                found.append({"solver": name, "threads": threads, "turn": turn + 1} | one | {"load": load})
                sys.stderr.write(f"{name}, {threads} threads: {one['ended']}, {one.get('seconds_to')}\n")
    plans = [one["plan"] for one in found if one.get("plan") is not None]
    for one in found:
        if one.get("bound") is not None and one["bound"] > min(plans) * (1 + AGREE):
            one["wrong"] = f"its bound is over a plan of {min(plans)}"
    return found


if __name__ == "__main__":
    main()
