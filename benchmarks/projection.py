"""What a cluster would do with networks larger than were solved: recorded rounds of Benders, dealt out by simulation.

    python benchmarks/projection.py FILE.json [--sizes FACILITIES:PERIODS:FUTURES ...] [--project ...] [--check]

First generated instances of several sizes are solved by Benders on one core. Of each round is kept what its desks (a
part with its own program, or parts that share one) took and what the master took before it, in seconds of the
processor, which do not depend on what else the machine does. Regressions of logarithms on facilities, periods and
futures say how the master's seconds, those of the parts, the desks and the bytes of a round grow. A larger network is
then simulated: the rounds of the largest size recorded, with as many desks as the larger one has, drawn from those
recorded and made longer as the regression says, are dealt to workers as the product deals them (each desk lives with
one worker, the largest dealt first), with a wait and a bandwidth for each round.

With `--check` the simulation is held against the clock: two threads beside one, on the largest size recorded, on a
machine that is otherwise idle.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import optimizer
from optimizer.run import versions
from optimizer.solver.benders import asking
from optimizer.solver.benders.desk import Question
from optimizer.solver.limit import Stopped

Vector = npt.NDArray[np.float64]
SIZES = ("60:5:10", "120:5:10", "240:5:10", "480:5:10", "60:10:10", "60:20:10", "60:5:40", "60:5:160", "120:10:40")
PROJECT = ("2000:10:100", "2000:20:1000", "10000:20:100", "10000:20:1000", "10000:20:10000")
WORKERS = (1, 4, 16, 64, 256, 1024)
WAIT, BANDWIDTH = 0.005, 1.25e8
"""Seconds of a round beside work, and bytes a second (a gigabit): assumed, of a plain network and dask's scheduler."""


@dataclass(slots=True)
class Trace:
    """A solve on one core, in seconds of the processor.

    Attributes:
        rounds: by round, the master's seconds before it, and each desk's.
        weight: by desk, its columns; what dealing goes by.
        after: the master's seconds after the last round.
        given: bytes of all rounds that every worker would be sent.
        said: bytes of all rounds that desks would bring back.
    """

    rounds: list[tuple[float, dict[int, float]]] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)
    after: float = 0.0
    given: float = 0.0
    said: float = 0.0

    @property
    def master(self) -> float:
        """Seconds that are not a desk's."""
        return sum(before for before, _ in self.rounds) + self.after

    @property
    def parts(self) -> float:
        """Seconds of all desks."""
        return sum(sum(desks.values()) for _, desks in self.rounds)


class _Recorded(asking._Here):
    """Desks here, one after the other, with what each takes."""

    trace: Trace
    last: float

    def __init__(self, desks: Sequence[Any], limit: Any, cores: int) -> None:
        super().__init__(desks, limit, cores)
        self.trace.weight = [float(asking._size(desk)) for desk in desks]

    def put(self, questions: Mapping[int, Question], given: Any) -> dict[int, Any]:
        before, mine, found = time.process_time() - type(self).last, {}, {}
        for desk, question in questions.items():
            if how := self._limit.reached():
                raise Stopped(how)
            began = time.process_time()
            found[desk] = question.put(self._desks[desk], given)
            mine[desk] = time.process_time() - began
        self.trace.rounds.append((before, mine))
        self.trace.given += 8.0 * len(given)
        self.trace.said += 8.0 * sum(len(part.columns) + 1 for desk in mine for part in self._desks[desk].parts)
        type(self).last = time.process_time()
        return found


def recorded(sizes: Sequence[int], gap: float, seconds: float, seed: int) -> dict[str, Any]:
    """Solve one size in this process, and keep its rounds; it is called in a process of its own."""
    facilities, periods, futures = sizes
    with tempfile.TemporaryDirectory() as raw:
        made = optimizer.generate(facilities=facilities, periods=periods, futures=futures, seed=seed)
        instance = optimizer.load(made.save(Path(raw) / "made"))
    trace = Trace()
    _Recorded.trace, _Recorded.last = trace, time.process_time()
    asking._Here = _Recorded  # type: ignore[misc]
    plan = optimizer.solve(instance, method="benders", gap=gap, threads=1, time_limit=seconds)
    trace.after = time.process_time() - _Recorded.last
    return {
        "facilities": facilities, "periods": periods, "futures": futures,
        "status": plan.status, "gap": plan.info["gap"],
        "master": round(trace.master, 2), "parts": round(trace.parts, 2), "rounds": len(trace.rounds),
        "desks": len(trace.weight),
        "given": round(trace.given / max(1, len(trace.rounds))), "said": round(trace.said / max(1, len(trace.rounds))),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024), "sizes": plan.info["sizes"],
        "trace": {"rounds": trace.rounds, "weight": trace.weight, "after": trace.after},
    }  # fmt: skip


def simulated(
    rounds: Sequence[tuple[float, Mapping[int, float]]], weight: Sequence[float], after: float, workers: int,
    bytes_a_round: float = 0.0, wait: float = 0.0,
) -> float:  # fmt: skip
    """Seconds of the clock with so many workers, each desk living with one of them."""
    load, home = np.zeros(workers), {}
    for desk in sorted(range(len(weight)), key=lambda i: -weight[i]):
        home[desk] = int(load.argmin())
        load[home[desk]] += weight[desk]
    total = after
    for before, desks in rounds:
        busy = np.zeros(workers)
        for desk, seconds in desks.items():
            busy[home[int(desk)]] += seconds
        total += before + float(busy.max(initial=0.0)) + wait + bytes_a_round / BANDWIDTH
    return total


GROWN = ("master", "parts", "desks", "given", "said", "peak_mb", "rounds")


def growth(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Exponents by facilities, periods and futures, the constant, and how much of the logarithm is explained."""
    mine = [run for run in runs if run["status"] == "optimal"]
    sizes = np.log([[run["facilities"], run["periods"], run["futures"]] for run in mine])
    table = np.column_stack([np.ones(len(mine)), sizes])
    found = {}
    for name in GROWN:
        value = np.log([max(run[name], 1e-3) for run in mine])
        coefs, *_ = np.linalg.lstsq(table, value, rcond=None)
        left = value - table @ coefs
        found[name] = {
            "constant": float(coefs[0]), "facilities": float(coefs[1]), "periods": float(coefs[2]),
            "futures": float(coefs[3]), "explained": float(1 - left.var() / value.var()) if value.var() else 1.0,
            "off_by_at_most": float(np.exp(np.abs(left).max())),
        }  # fmt: skip
    return found


def grown(of: Mapping[str, float], sizes: Sequence[int]) -> float:
    """What a regression says of a size."""
    exponents = [of["facilities"], of["periods"], of["futures"]]
    return float(np.exp(of["constant"] + np.log(np.array(sizes, dtype=float)) @ np.array(exponents)))


def projected(
    sizes: Sequence[int], runs: Sequence[Mapping[str, Any]], how: Mapping[str, Any], seed: int
) -> dict[str, Any]:
    """A larger network, by simulation, over numbers of workers."""
    largest = max((run for run in runs if run["status"] == "optimal"), key=lambda run: run["parts"] + run["master"])
    trace = largest["trace"]
    desks = max(1, round(grown(how["desks"], sizes)))
    master, parts = grown(how["master"], sizes), grown(how["parts"], sizes)
    draw = np.random.default_rng(seed)
    count = len(trace["weight"])
    like = np.concatenate([np.arange(count), draw.integers(0, count, max(0, desks - count))])[:desks]
    weight = [trace["weight"][i] for i in like]
    rounds = []
    for before, mine in trace["rounds"]:
        theirs = {i: mine[str(k)] if str(k) in mine else mine.get(k, 0.0) for i, k in enumerate(like.tolist())}
        rounds.append((before, {i: s for i, s in theirs.items() if s > 0}))
    longer = parts / sum(sum(mine.values()) for _, mine in rounds)
    slower = master / (sum(before for before, _ in rounds) + trace["after"])
    rounds = [(before * slower, {i: s * longer for i, s in mine.items()}) for before, mine in rounds]
    given, said = grown(how["given"], sizes), grown(how["said"], sizes)
    clock = {
        w: simulated(
            rounds, weight, trace["after"] * slower, w, w * given + said if w > 1 else 0.0, WAIT if w > 1 else 0.0
        )
        for w in WORKERS
    }
    return {
        "facilities": sizes[0], "periods": sizes[1], "futures": sizes[2], "desks": desks,
        "master_hours": round(master / 3600, 2), "parts_hours": round(parts / 3600, 2),
        "gigabytes": round(grown(how["peak_mb"], sizes) / 1024, 1),
        "megabytes_given": round(given / 1e6, 2),
        "megabytes_said": round(said / 1e6, 2), "rounds": len(rounds),
        "hours": {w: round(seconds / 3600, 2) for w, seconds in clock.items()},
        "efficiency": {w: round(clock[1] / (w * seconds), 2) for w, seconds in clock.items()},
    }  # fmt: skip


def checked(sizes: Sequence[int], given: argparse.Namespace, run: Mapping[str, Any]) -> dict[str, Any]:
    """Two threads beside one by the clock, by turns, beside what the simulation says."""
    facilities, periods, futures = sizes
    wall: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as raw:
        made = optimizer.generate(facilities=facilities, periods=periods, futures=futures, seed=given.seed)
        instance = optimizer.load(made.save(Path(raw) / "made"))
    for _ in range(3):
        for threads, seconds in wall.items():
            began = time.monotonic()
            optimizer.solve(instance, method="benders", gap=given.gap, threads=threads)
            seconds.append(round(time.monotonic() - began, 2))
    trace = run["trace"]
    one, two = (simulated(trace["rounds"], trace["weight"], trace["after"], w) for w in (1, 2))
    medians = {threads: float(np.median(seconds)) for threads, seconds in wall.items()}
    return {
        "sizes": list(sizes), "clock": wall, "load": round(os.getloadavg()[0], 2),
        "ratio_by_the_clock": round(medians[1] / medians[2], 2), "ratio_simulated": round(one / two, 2),
    }  # fmt: skip


def main() -> None:
    """Record, fit, project."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--sizes", nargs="+", default=SIZES)
    parser.add_argument("--project", nargs="+", default=PROJECT)
    parser.add_argument("--gap", type=float, default=0.01)
    parser.add_argument("--seconds", type=float, default=900.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--record", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.record:
        sizes = [int(part) for part in given.record.split(":")]
        given.file.write_text(json.dumps(recorded(sizes, given.gap, given.seconds, given.seed)), encoding="utf-8")
        return
    runs = []
    with tempfile.TemporaryDirectory() as raw:
        for one in given.sizes:
            file = Path(raw) / "run.json"
            command = [sys.executable, __file__, str(file), "--record", one, "--gap", str(given.gap)]
            command += ["--seconds", str(given.seconds), "--seed", str(given.seed)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.stdout.write(f"{one}: ended with {done.returncode}\n{done.stderr[-400:]}\n")
                continue
            runs.append(json.loads(file.read_text(encoding="utf-8")))
            sys.stdout.write(json.dumps({k: v for k, v in runs[-1].items() if k not in ("trace", "sizes")}) + "\n")
            sys.stdout.flush()
    how = growth(runs)
    document = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"), "machine": f"{os.cpu_count()} cores, shared",
        "versions": versions(), "gap": given.gap, "seed": given.seed, "wait": WAIT, "bandwidth": BANDWIDTH,
        "runs": [{k: v for k, v in run.items() if k != "trace"} for run in runs], "growth": how,
        "projected": [projected([int(p) for p in one.split(":")], runs, how, given.seed) for one in given.project],
    }  # fmt: skip
    if given.check:
        largest = max((run for run in runs if run["status"] == "optimal"), key=lambda run: run["parts"])
        sizes = [largest["facilities"], largest["periods"], largest["futures"]]
        document["checked"] = checked(sizes, given, largest)
    given.file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    for one in document["projected"]:
        sys.stdout.write(json.dumps(one) + "\n")
    sys.stdout.write(json.dumps(document.get("checked")) + "\n")


if __name__ == "__main__":
    main()
