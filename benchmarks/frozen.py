"""What is best known of the frozen instances: solves them, proves bounds, and keeps what is better than what stands.

Objective, bound and proved bound each stand with the command that gave them, its date, versions and seconds. The
portfolio of the best plan is written beside.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optimizer
from optimizer.benchmark.frozen import folder_of, known_folder
from optimizer.instance.write import sha256
from optimizer.run import versions

VALUES = known_folder() / "values.json"
MADE = {
    "s60_5_1": "--facilities 60 --periods 5 --futures 1 --seed 1",
    "must_40_5_5": "--facilities 40 --periods 5 --futures 5 --must-meet --seed 6",
    "s60_5_10": "--facilities 60 --periods 5 --futures 10 --seed 1",
    "tree_60_8_20": "--facilities 60 --periods 8 --futures 20 --children 0.6 --seed 1",
    "s60_5_100": "--facilities 60 --periods 5 --futures 100 --seed 1",
    "s120_10_10": "--facilities 120 --periods 10 --futures 10 --seed 1",
    "s240_20_2": "--facilities 240 --periods 20 --futures 2 --seed 1",
}
"""Options of `optimizer generate` that made each, on 27 November 2026."""


def main() -> None:
    """Improve what is known of some or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(MADE))
    parser.add_argument("--gap", type=float, default=1e-4)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--method", default="auto")
    parser.add_argument("--prove-seconds", type=float, default=600, help="0: nothing is proved")
    arguments = parser.parse_args()
    for name in arguments.names:
        entry = known().get(name) or first(name)
        with tempfile.TemporaryDirectory() as scratch:
            improve(name, entry, Path(scratch) / "plan", arguments)
        everything = known() | {name: entry}
        text = json.dumps({each: everything[each] for each in MADE if each in everything}, indent=2)
        VALUES.write_text(text + "\n", encoding="utf-8", newline="\n")


def known() -> dict[str, Any]:
    """What stands in the table."""
    return dict(json.loads(VALUES.read_text(encoding="utf-8"))) if VALUES.is_file() else {}


def first(name: str) -> dict[str, Any]:
    """What is always true of an instance: how it was made, and its sizes."""
    instance = optimizer.load(folder_of(name))
    with tempfile.TemporaryDirectory() as scratch:
        made = optimizer.export(instance, Path(scratch) / "problem.mps")
    return {
        "made_by": f"optimizer generate {name} {MADE[name]} --name {name}",
        "instance_sha256": sha256(instance),
        "rows": made.rows,
        "columns": made.columns,
        "binaries": made.binaries,
        "nonzeros": made.nonzeros,
        "objective": None,
        "bound": None,
        "proved": None,
    }


def improve(name: str, entry: dict[str, Any], plan: Path, arguments: argparse.Namespace) -> None:
    """Solve, and prove; keep each number where it is better."""
    options = f"--gap {arguments.gap:g} --time-limit {arguments.seconds:g} --threads 1"
    if arguments.method != "auto":
        options += f" --method {arguments.method}"
    command = f"optimizer solve instances/benchmarks/{name} {options}"
    took = called(command, "-o", plan, "--quiet")
    info = json.loads((plan / "plan.json").read_text(encoding="utf-8"))
    if better(info["objective"], entry["objective"], -1):
        entry["objective"] = by(info["objective"], command, took)
        write_portfolio(name, plan)
    if better(info["bound"], entry["bound"], 1):
        entry["bound"] = by(info["bound"], command, took)
    sys.stdout.write(f"{name}: {info['objective']} {info['bound']} {info['gap']} {took}\n")
    if not arguments.prove_seconds:
        return
    command = f"optimizer prove results/{name} --gap {arguments.gap:g} --time-limit {arguments.prove_seconds:g}"
    took = called(command.replace(f"results/{name}", shlex.quote(str(plan))), "--quiet")
    proof = optimizer.proven(plan)
    if proof.crossed:
        raise SystemExit(f"{name}: the plan costs less than is proved")
    if proof.bound_usd is None:
        return
    if better(proof.bound_usd, entry["proved"], 1):
        entry["proved"] = by(proof.bound_usd, command, took) | {"leaves": proof.leaves}
    if better(proof.bound_usd, entry["bound"], 1):
        entry["bound"] = by(proof.bound_usd, command, took)
    sys.stdout.write(f"{name}: proved {proof.bound_usd} {proof.gap} {proof.leaves} leaves {took}\n")


def better(value: float | None, stands: dict[str, Any] | None, sign: int) -> bool:
    """Whether a value, if there is one, is to replace what stands."""
    return value is not None and (stands is None or sign * (value - stands["usd"]) > 1e-9 * abs(value))


def by(usd: float, command: str, took: dict[str, float]) -> dict[str, Any]:
    """A number with what gave it."""
    used = versions()
    return {
        "usd": usd,
        "by": command,
        "date": datetime.now(UTC).date().isoformat(),
        "version": used["trusted-supply-optimizer"],
        "highs": used["highspy"],
    } | took


def called(command: str, *more: object) -> dict[str, float]:
    """Call a command; seconds by the clock and of the processor."""
    words = [sys.executable, "-m", *shlex.split(command), *map(str, more)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    code = subprocess.run(words, check=False, stdout=subprocess.DEVNULL).returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code not in (0, 3):
        raise SystemExit(f"{command} ended with {code}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": round(time.monotonic() - began, 1), "processor_seconds": round(used, 1)}


def write_portfolio(name: str, plan: Path) -> None:
    """The fundings of a plan as `optimizer evaluate --portfolio` takes them."""
    with (plan / "portfolio.csv").open(encoding="utf-8", newline="") as file:
        rows = [f"{row['facility']},{row['option']},{row['funded']}" for row in csv.DictReader(file)]
    text = "\n".join(["facility,option,year", *rows]) + "\n"
    (known_folder() / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
