"""Every command says and writes the same, whatever order Python gives the members of a set."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from optimizer.cli import app

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ("1", "2")
REFERENCE = ROOT / "instances" / "us_allied_2026"
STUDY = """\
study: rates
instance: demo
factors: {rate: {set: discount_rate}}
grid: {rate: [0.05, 0.07]}
options: {gap: 0.0}
"""
MARKED = """\
extends: demo
name: marked
add: {markings: {kept: {name: Kept apart, banner: KEPT}}}
facilities: {valley_separation: {marking: kept}}
"""
KEY = "facilities.valley_separation.options.build.capex"
COMMANDS = """
new demo
validate demo
schema
solve demo --gap 0 -o plan
solve demo --gap 0 --method benders -o dealt
solve demo --gap 0 --set {key}=8e7 -o other
verify plan --exact
prove plan
sensitivity demo --gap 0 --workers 1 -o sensitivity
evaluate demo --portfolio plan -o evaluated
explain demo --set policy.budget.annual=1 -o explained
roll plan demo --year 2028 --change-usd 1e6 --gap 0 --each --bracket -o rolled
sample {reference} {reference}/events.yaml --number 50 --reduce 5 --seed 3 -o sampled
compare plan other --different-instances --attribute --gap 0 -o compared
shortfall plan --workers 1 -o shortfall
viability plan --hurdle-rate 0.08 -o viable
measures plan --workers 1 -o measures
stress plan --losses 1 -o stressed
stock plan -o stock
value demo --gap 0 --workers 1 -o value
cuts demo --gap 0 -o cuts
calendar plan --within-usd 1e6 --gap 0 -o calendar
alternatives demo --within-usd 5e7 --gap 0 -o alternatives
why demo valley_separation --gap 0 -o why
frontier demo --sweep policy.budget.annual=0:60000000:3 --gap 0 -o front
waivers demo --gap 0 -o waivers
verdicts demo --workers 1 --samples 3 --within-usd 1e7 --gap 0 -o verdicts
flip demo --key {key}=1e6:5e8 --option valley_separation --gap 0 -o flips
report plan alternatives waivers -o report.html
plot plan --figure cost -o figure.svg
workbook plan -o plan.xlsx
workbook demo -o demo.xlsx
study study.yaml -o study
export demo -o demo.mps
export demo --format smps -o demo_smps
unmarked marked.yaml -o unmarked
generate made --facilities 20 --futures 2 --seed 4
benchmark
"""
SCRIPT = """
import sys
from pathlib import Path
from typer.testing import CliRunner
from optimizer.cli import app

for number, line in enumerate(Path("commands.txt").read_text().splitlines()):
    result = CliRunner().invoke(app, line.split())
    name = f"{number:02}_{line.split()[0]}.txt"
    Path(name).write_text(f"$ {line}\\n{result.exit_code}\\n{result.stdout}")
"""
TIMED = re.compile(
    r"<dt>seconds</dt><dd>[^<]*|(build|solve|total) \d[\d.]*|\d{4}-\d\d-\d\d(T[\d:.+]+Z?)?"
    r"|\b\d[\d.,]* (ms|s|seconds|minutes|min)\b|\b\d[\d.]*e?-?\d* s\b"
)
TIMES = ("seconds", "made", "began", "ended")


def ran(folder: Path, seed: str) -> None:
    """All commands in a folder of their own, in one process with that seed."""
    folder.mkdir()
    (folder / "commands.txt").write_text(COMMANDS.strip().format(reference=REFERENCE, key=KEY) + "\n")
    (folder / "study.yaml").write_text(STUDY)
    (folder / "marked.yaml").write_text(MARKED)
    environment = os.environ | {"PYTHONHASHSEED": seed, "COLUMNS": "120", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", SCRIPT], cwd=folder, env=environment, check=True, timeout=600)


def without_times(value: Any) -> Any:
    """A document without what depends on when and how fast it was made."""
    if isinstance(value, dict):
        return {key: without_times(item) for key, item in value.items() if not any(word in key for word in TIMES)}
    if isinstance(value, list):
        return [without_times(item) for item in value]
    return TIMED.sub("~", value) if isinstance(value, str) else value


def content(file: Path) -> Any:
    """What a file says, but for times."""
    if file.suffix == ".json":
        return without_times(json.loads(file.read_text()))
    if file.suffix == ".jsonl":
        lines = [without_times(json.loads(line)) for line in file.read_text().splitlines()]
        return sorted(lines, key=json.dumps)  # as workers end
    if file.suffix == ".csv":
        rows = list(csv.reader(io.StringIO(file.read_text())))
        timed = [i for i, head in enumerate(rows[0]) if any(word in head for word in TIMES)] if rows else []
        return [[cell for i, cell in enumerate(row) if i not in timed] for row in rows]
    if file.suffix == ".parquet" or file.name == "checkpoint.npz":  # times inside; the tables beside them are compared
        return None
    if file.suffix in (".xlsx", ".npz"):
        with zipfile.ZipFile(file) as archive:
            names = [name for name in archive.namelist() if not name.startswith("docProps/")]
            return {name: TIMED.sub("~", archive.read(name).decode("latin-1")) for name in names}
    return TIMED.sub("~", file.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_every_command_under_two_hash_seeds(tmp_path: Path) -> None:
    """Words and files, but for times."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ran, (tmp_path / seed for seed in SEEDS), SEEDS))
    one, other = (tmp_path / seed for seed in SEEDS)
    files = sorted(file.relative_to(one) for file in one.rglob("*") if file.is_file())
    assert files == sorted(file.relative_to(other) for file in other.rglob("*") if file.is_file())
    failed = [
        (one / file).read_text()
        for file in files
        if file.name[:2].isdigit() and "\n0\n" not in (one / file).read_text()[:300]
    ]
    assert failed == []
    assert [str(file) for file in files if content(one / file) != content(other / file)] == []


def test_every_command_is_among_them() -> None:
    """One that comes to be is named here too."""
    assert {command.name for command in app.registered_commands} == {
        line.split()[0] for line in COMMANDS.split("\n") if line
    }
