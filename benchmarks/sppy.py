"""mpi-sppy's own methods beside ours on the same instance files: seconds to 1, 0.5, 0.1 percent, or the gap at the end.

    python benchmarks/sppy.py s10=FOLDER starter=instances/starter --seconds 120 --runs 3 -o FILE.json

mpi-sppy's generic driver is given the scenarios of `optimizer.hedging`, its own options for each method (MODES says
which), and HiGHS by Pyomo's plug-in. Modes take turns, each run a group of processes of its own. All seconds are from
the start of the process, imports and building included, by the clock and of the processor (all ranks together); plan
and bound are what a method says itself, as it says it. A run has --seconds, and is then ended; a mode that did not
reach the smallest gap in one run has no other, for another would only cost time. The load of the machine is kept with
each run. At the end it is seen whether any bound is above a plan of another method, which would be a fault of one of
them. Other instances that FILE.json has already stay in it. Needs `pip install '.[mpi,cluster]'`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import queue
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

import optimizer
from optimizer.hedging import futures_of, model_of
from optimizer.network.network import network_of
from optimizer.solver.hedging import PROXIMAL, SUBGAP, mpiexec
from optimizer.solver.highs import Progress

GAPS = (0.01, 0.005, 0.001)
FIRST = 0.01
"""Gap of mpi-sppy's first solves of the futures; later ones have the gap that `--method hedging` gives them."""
LARGE = 1e30
"""A plan or bound from here on is none yet."""
AGREE = 1e-6
"""Share of the cost by which a bound may be above a plan: the solver's tolerances."""
LOOK = 0.2
LOG = "highs.log"
"""Where HiGHS writes as it goes on; what Pyomo passes on comes at the end."""
GRACE = 5.0

Pair = tuple[float | None, float | None]


@dataclass(frozen=True)
class Mode:
    """A method of mpi-sppy.

    Attributes:
        ranks: processes of MPI.
        threads: of the solver in each.
        given: its options beside those that all have.
        does: what its ranks do.
        module: what the driver is given.
    """

    ranks: int
    threads: int
    given: tuple[str, ...]
    does: str
    module: str = "optimizer.hedging"


LINEAR = ("--linearize-proximal-terms", f"--proximal-linearization-tolerance={PROXIMAL}")
"""HiGHS takes no squares in a mixed-integer program."""
ANEW = ("--solver-name=highs_anew", f"--solver-options=mip_rel_gap={FIRST:g}")
"""The gap is of the solves that bound what scenarios cost; its own are linear."""
OURS = {"extensive": 1, "benders": 1, "hedging": 3}
"""Our methods, with their processes; the first two have two threads in it."""
MODES = {
    "sppy-ef": Mode(1, 2, ("--EF", "--EF-solver-name=appsi_highs"), "extensive form"),
    "sppy-ph": Mode(3, 1, ("--lagrangian", "--xhatshuffle", *LINEAR), "PH, Lagrangian bound, xhat shuffle"),
    "sppy-ph-dual": Mode(
        4,
        1,
        ("--ph-primal-hub", "--ph-dual", "--lagrangian", "--xhatshuffle", *LINEAR),
        "PH for plans, PH for duals, Lagrangian bound, xhat shuffle",
    ),
    "sppy-subgradient": Mode(2, 1, ("--subgradient-hub", "--xhatshuffle"), "subgradient, xhat shuffle"),
    "sppy-fwph": Mode(
        2, 1, ("--fwph-hub", "--xhatshuffle", "--fwph-qp-solver-name=highs"), "Frank-Wolfe PH, xhat shuffle"
    ),
    "sppy-lshaped": Mode(
        2, 1, ("--lshaped-hub", "--xhatlshaped", *ANEW), "L-shaped, its plans operated", "sppy_lshaped"
    ),
    "sppy-cg": Mode(2, 1, ("--cg-hub", "--xhatshuffle"), "column generation, xhat shuffle"),
    "sppy-dualcg": Mode(
        2, 1, ("--dualcg-hub", "--xhatshuffle", "--solver-name=highs"), "column generation steadied, xhat shuffle"
    ),
    "sppy-aph": Mode(
        3, 1, ("--APH", "--lagrangian", "--xhatshuffle", *LINEAR), "asynchronous PH, Lagrangian bound, xhat shuffle"
    ),
}
ROUND = re.compile(r"^\[ *[\d.]+\] +\d+ .*? (-?[\d.]+|-?inf) +(-?[\d.]+|-?inf) +\S+% +\S+$")
"""A line of the hub: bound, plan."""
TREE = re.compile(r"^ *[A-Za-z]? +\d+ +\d+ +\d+ +[\d.]+% +(\S+) +(\S+) +\S+ ")
"""A line of HiGHS's tree: bound, plan."""
FAILED = re.compile(r"^(?:[\w.]+\.)?\w*(?:Error|Exception)\b.*|.*Solve failed for scenario.*")


@dataclass(slots=True)
class Run:
    """What a run did.

    Attributes:
        load: of the machine before it, mean of a minute.
        ended: "gap", "limit", "itself" (before either), or "failed".
        why: the error, where it failed or scenarios could not be solved.
        plan_usd: the best plan it knew.
        bound_usd: the best bound it knew.
        gap: between the two, as a share of the plan.
        reached: seconds, and of the processor, by gap.
        seconds: in all.
        processor_seconds: of all its processes.
    """

    load: float
    ended: str = "itself"
    why: str | None = None
    plan_usd: float | None = None
    bound_usd: float | None = None
    gap: float | None = None
    reached: dict[str, tuple[float, float]] = field(default_factory=dict)
    seconds: float = 0.0
    processor_seconds: float = 0.0

    def learn(self, pair: Pair, seconds: float, processor: float) -> None:
        """Take in a plan and a bound."""
        plan, bound = pair
        if plan is not None and abs(plan) < LARGE:
            self.plan_usd = plan if self.plan_usd is None else min(self.plan_usd, plan)
        if bound is not None and abs(bound) < LARGE:
            self.bound_usd = bound if self.bound_usd is None else max(self.bound_usd, bound)
        if self.plan_usd is None or self.bound_usd is None:
            return
        self.gap = (self.plan_usd - self.bound_usd) / abs(self.plan_usd)
        for gap in GAPS:
            if self.gap <= gap:
                self.reached.setdefault(str(gap), (round(seconds, 1), round(processor, 1)))


class Meter:
    """Processor seconds of a process and of all that came from it."""

    def __init__(self, pid: int) -> None:
        self.root = psutil.Process(pid)
        self.seen: dict[tuple[int, float], float] = {}

    def read(self) -> float:
        """Sum of what each had used when it was last seen."""
        try:
            every = [self.root, *self.root.children(recursive=True)]
        except psutil.Error:
            every = []
        for one in every:
            try:
                times = one.cpu_times()
                self.seen[one.pid, one.create_time()] = times.user + times.system
            except psutil.Error:
                continue
        return sum(self.seen.values())


def follow(command: list[str], seconds: float, told: Callable[[str], Pair | None], folder: str) -> Run:
    """Run a command for at most so long, and read plans and bounds from what it writes."""
    done = Run(load=round(os.getloadavg()[0], 1))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    environment["PYTHONPATH"] = str(Path(__file__).parent)
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=folder,
        env=environment,
        start_new_session=True,
    )
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    threading.Thread(target=_watch, args=(process, Path(folder) / LOG, lines), daemon=True).start()
    meter = Meter(process.pid)
    kept: list[str] = []
    while True:
        try:
            line = lines.get(timeout=LOOK)
        except queue.Empty:
            line = ""
        used = meter.read()
        now = time.monotonic() - began
        if line is None:
            break
        if now >= seconds:
            done.ended = "limit"
            break
        if line:
            kept.append(line)
            pair = told(line)
            if pair is not None:
                done.learn(pair, now, used)
    done.seconds = round(time.monotonic() - began, 1)
    done.processor_seconds = round(meter.read(), 1)
    _end(process)
    failed = [line.strip() for line in kept if FAILED.match(line.strip())]
    if process.returncode and done.ended != "limit":
        done.ended = "failed"
    if failed:
        done.why = failed[-1]
    if str(GAPS[-1]) in done.reached:
        done.ended = "gap"
    return done


def _read(process: subprocess.Popen[str], lines: queue.SimpleQueue[str | None]) -> None:
    for line in process.stdout or ():
        lines.put(line.rstrip("\n"))
    process.wait()
    lines.put(None)


def _watch(process: subprocess.Popen[str], file: Path, lines: queue.SimpleQueue[str | None]) -> None:
    """Hand on whole lines of a log as they are written, if there is one."""
    read = 0
    while process.poll() is None:
        time.sleep(LOOK)
        text = file.read_bytes() if file.is_file() else b""
        whole = text.rfind(b"\n") + 1
        for line in text[read:whole].decode(errors="replace").splitlines():
            lines.put(line)
        read = whole


def _end(process: subprocess.Popen[str]) -> None:
    """End a run: mpiexec, or our process, is the first of a session of its own."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, how)
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                continue


def ours(name: str, instance: str, seconds: float, folder: str) -> Run:
    """A method of ours, in a process of its own."""

    def told(line: str) -> Pair | None:
        found: dict[str, float | None] = json.loads(line) if line.startswith('{"plan"') else {}
        return (found["plan"], found["bound"]) if found else None

    return follow([sys.executable, __file__, "--ours", name, instance, str(seconds)], seconds, told, folder)


def solve(name: str, instance: str, seconds: float) -> None:
    """Solve, and write plan and bound as they become known, and those of the result."""

    def said(plan: float | None, bound: float | None) -> None:
        sys.stdout.write(json.dumps({"plan": plan, "bound": bound}) + "\n")
        sys.stdout.flush()

    def report(progress: Progress) -> None:
        said(progress.incumbent, progress.bound)

    limit = seconds - 2 * GRACE if name == "hedging" else seconds  # its plans are made when its ranks have ended
    plan = optimizer.solve(
        optimizer.load(instance), method=name, gap=GAPS[-1], time_limit=limit, threads=2, report=report
    )
    said(plan.info["objective"], plan.info["bound"])


def theirs(mode: Mode, instance: str, seconds: float, folder: str, money: float) -> Run:
    """A method of mpi-sppy."""

    def told(line: str) -> Pair | None:
        found = (ROUND if "--EF" not in mode.given else TREE).match(line)
        return None if found is None else (_usd(found[2], money), _usd(found[1], money))

    settings = {
        "module-name": mode.module,
        "instance": instance,
        "solver-name": "appsi_highs",
        "max-solver-threads": mode.threads,
        "max-iterations": 100000,
        "max-stalled-iters": 100000,
        "rel-gap": GAPS[-1],
        "time-limit": int(seconds),
        "intra-hub-conv-thresh": -1,
        "default-rho": 1,
        "solver-options-file": solver_options(Path(folder)),
        "EF-solver-options": f"mip_rel_gap={GAPS[-1]:g} random_seed=0 threads={mode.threads} log_file={LOG}",
    }
    given = [f"--{name}={value}" for name, value in settings.items() if not _among(name, mode.given)]
    driver = [sys.executable, "-m", "mpi4py", "-m", "mpisppy.generic_cylinders"]
    command = [mpiexec(), "-n", str(mode.ranks), *driver, *given, *mode.given]
    return follow(command, seconds, told, folder)


def solver_options(folder: Path) -> Path:
    """Write what HiGHS is told in each rank, by rounds, as mpi-sppy's --solver-options-file takes it."""
    file = folder / "solver-options.json"
    told = {"default": {"mip_rel_gap": SUBGAP * GAPS[-1], "random_seed": 0}, "iter0": {"mip_rel_gap": FIRST}}
    file.write_text(json.dumps(told), encoding="utf-8")
    return file


def _among(name: str, given: tuple[str, ...]) -> bool:
    return any(one.startswith(f"--{name}=") for one in given)


def _usd(said: str, money: float) -> float | None:
    try:
        value = float(said)
    except ValueError:
        return None
    return value / money if math.isfinite(value) else None


def summary(runs: list[Run]) -> dict[str, Any]:
    """Medians of the seconds to each gap where all runs got there; else the gap at the end, and why."""
    found: dict[str, Any] = {}
    for gap in map(str, GAPS):
        times = [run.reached.get(gap) for run in runs]
        known = [one for one in times if one is not None]
        found[gap] = [statistics.median(column) for column in zip(*known, strict=True)] if None not in times else None
    return found | {"runs": len(runs), "gap": runs[-1].gap, "ended": runs[-1].ended, "why": runs[-1].why}


def agreement(runs: dict[str, list[Run]]) -> dict[str, Any]:
    """Whether any bound is above any plan, and whose they are."""
    plans = [(run.plan_usd, name) for name, done in runs.items() for run in done if run.plan_usd is not None]
    bounds = [(run.bound_usd, name) for name, done in runs.items() for run in done if run.bound_usd is not None]
    least, most = min(plans), max(bounds)
    above = sorted({name for usd, name in bounds if usd > least[0] + AGREE * abs(least[0])})
    below = sorted({name for usd, name in plans if usd < most[0] - AGREE * abs(most[0])})
    return {"lowest_plan": least, "highest_bound": most, "bounds_above_a_plan": above, "plans_below_a_bound": below}


def main() -> None:
    """Measure, and write one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instances", nargs="+", help="NAME=FOLDER")
    parser.add_argument("--modes", nargs="+", default=[*OURS, *MODES])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    output = Path(arguments.output)
    before: dict[str, Any] = json.loads(output.read_text()) if output.is_file() else {"instances": {}}
    document: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "versions": {name: version(name) for name in ("mpi-sppy", "mpi4py", "mpich", "pyomo", "highspy")},
        "modes": {name: asdict(mode) for name, mode in MODES.items()},
        "instances": before["instances"],
    }
    for named in arguments.instances:
        name, place = named.split("=", 1)
        folder = str(Path(place).resolve())
        network = network_of(optimizer.load(folder))
        money = model_of(network, futures_of(network)[0])[0].money
        runs: dict[str, list[Run]] = {mode: [] for mode in arguments.modes}
        for _ in range(arguments.runs):
            for mode, done in runs.items():
                if done and done[-1].ended != "gap":
                    continue
                with tempfile.TemporaryDirectory(prefix="sppy-") as here:
                    if mode in OURS:
                        done.append(ours(mode, folder, arguments.seconds, here))
                    else:
                        done.append(theirs(MODES[mode], folder, arguments.seconds, here, money))
                sys.stderr.write(f"{name} {mode} {json.dumps(asdict(done[-1]))}\n")
                document["instances"][name] = {
                    "limit_seconds": arguments.seconds,
                    "summary": {key: summary(value) for key, value in runs.items() if value},
                    "agreement": agreement(runs),
                    "runs": {key: [asdict(run) for run in value] for key, value in runs.items()},
                }
                output.write_text(json.dumps(document, indent=1) + "\n")  # so far is not lost


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ours"]:
        solve(sys.argv[2], sys.argv[3], float(sys.argv[4]))
    else:
        main()
