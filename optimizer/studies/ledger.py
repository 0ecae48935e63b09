"""The folder of a study: its design, a line for each run as it ends, plans, tracebacks, and the tables."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import PlanError
from optimizer.folders import whole_lines, write_whole
from optimizer.instance.write import plain_text
from optimizer.instance.yaml12 import read_yaml
from optimizer.ledger import refuse_other
from optimizer.plan.plan import Plan
from optimizer.studies.read import Run
from optimizer.studies.record import FAILED, Record

NOTE, RUNS = "study.json", "runs.jsonl"
FORMAT = 1
PARQUET = "pyarrow"
NO_PARQUET = "no Parquet: that needs pyarrow (pip install '.[parquet]' at the root of the project); the CSV is there"
BASE = "the-instance"
"""What the instance without an overlay is called; no label can be called so."""
TOLD = 6
"""Differences that are told one by one."""
LONG = 60
"""Characters of a value beyond which it is not told."""


class Ledger:
    """A folder with the design of a study and its runs so far."""

    def __init__(self, folder: Path, design: dict[str, Any], instances: Mapping[str, Any], start: str) -> None:
        """Begin, or go on with the same study.

        Args:
            folder: where.
            design: what makes the study the same one: as written, hashes of what it names, versions.
            instances: label -> instance as plain data.
            start: `resume`, `anew` (nothing of an earlier study stays) or `reuse` (of another design, the runs that
                are of this one too).

        Raises:
            PlanError: the folder holds something else, or a study with another design.
        """
        self.folder = folder.absolute()
        note = self.folder / NOTE
        refuse_other(folder, NOTE, "a study")
        there = _read_note(note) if note.is_file() else None
        if there is not None and start != "anew":
            changes = _changes(there["design"], design, self.folder / "instances", instances)
            if changes and start != "reuse":
                listed = "\n".join(f"  {change}" for change in changes)
                raise PlanError(
                    f"{folder} holds this study as it was before something changed:\n{listed}\n"
                    "--reuse takes over the runs that are the same in both, --anew begins anew and drops the rest, "
                    "-o names another folder"
                )
        if there is None or start == "anew":
            write_whole(self.folder, lambda made: self._begin(made, design, instances))
        elif there["design"] != design:
            self._write_instances(self.folder, instances)
            self.note({"format": FORMAT, "status": "begun", "design": design})

    def known(self) -> dict[str, Record]:
        """The last record of each run that ended, by its hash; a line half written is dropped.

        Raises:
            PlanError: a line is no record.
        """
        file = self.folder / RUNS
        whole = whole_lines(file) if file.is_file() else b""
        found: dict[str, Record] = {}
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                record = json.loads(line)
                found[record["hash"]] = record
            except (ValueError, KeyError, TypeError) as error:
                raise PlanError(f"{file}:{number} is no record of a run; take the line out, or begin --anew") from error
        return found

    def finished(self, record: Record | None, *, plans: bool) -> bool:
        """Whether a run need not be done again: it did not fail, and its plan is kept where plans are asked for."""
        if record is None or record["status"] in FAILED:
            return False
        return not plans or record.get("portfolio") is None or (self.plan_of(record["hash"]) / "plan.json").is_file()

    def plan_of(self, run_hash: str) -> Path:
        """Where the plan of a run is kept."""
        return self.folder / "plans" / run_hash[:12]

    def keep(self, run: Run, record: Record, plan: Plan | None) -> Record:
        """Keep a run: its plan and its traceback first, then its line, which says that it ended."""
        if plan is not None:
            plan.save(self.plan_of(run.hash))
        text = record.pop("traceback", None)
        trace = self.folder / "errors" / f"{run.hash[:12]}.txt"
        if text is not None:
            trace.parent.mkdir(exist_ok=True)
            trace.write_text(text, encoding="utf-8")
        else:
            trace.unlink(missing_ok=True)
        kept = {"hash": run.hash} | record
        with (self.folder / RUNS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(kept, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return kept

    def note(self, info: dict[str, Any]) -> None:
        """Write what the study says of itself, whole or not at all."""
        text = json.dumps(info, indent=2, ensure_ascii=False, allow_nan=False, default=str)
        self._replace(NOTE, lambda file: file.write_text(text + "\n", encoding="utf-8"))

    def table(self, name: str, frame: pd.DataFrame) -> None:
        """Write a table as CSV and, where pyarrow is there, as Parquet; each whole or not at all."""
        self._replace(f"{name}.csv", lambda file: frame.to_csv(file, index=False, lineterminator="\n"))
        if has_parquet():
            self._replace(f"{name}.parquet", lambda file: frame.to_parquet(file, engine="pyarrow", index=False))

    def _replace(self, name: str, write: Callable[[Path], object]) -> None:
        made = self.folder / f".{name}.new"
        try:
            write(made)
            made.replace(self.folder / name)
        finally:
            made.unlink(missing_ok=True)

    def _begin(self, made: Path, design: dict[str, Any], instances: Mapping[str, Any]) -> None:
        self._write_instances(made, instances)
        info = {"format": FORMAT, "status": "begun", "design": design}
        (made / NOTE).write_text(json.dumps(info, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")

    def _write_instances(self, folder: Path, instances: Mapping[str, Any]) -> None:
        shutil.rmtree(folder / "instances", ignore_errors=True)
        (folder / "instances").mkdir()
        for label, data in instances.items():
            (folder / "instances" / f"{label}.yaml").write_text(plain_text(data), encoding="utf-8")


def has_parquet() -> bool:
    """Whether Parquet can be written."""
    return importlib.util.find_spec(PARQUET) is not None


def _read_note(note: Path) -> dict[str, Any]:
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PlanError(f"{note} cannot be read: {error}; begin --anew, or name another folder with -o") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT or "design" not in found:
        raise PlanError(f"{note} is no study that this version reads; begin --anew, or name another folder with -o")
    return found


def _changes(before: dict[str, Any], now: dict[str, Any], kept: Path, instances: Mapping[str, Any]) -> list[str]:
    """What differs between two designs, in words."""
    now = json.loads(json.dumps(now, default=str))
    found = [f"study: {text}" for text in differences(before.get("study"), now["study"])]
    if before.get("overrides") != now["overrides"]:
        was, words = (" ".join(given) or "nothing" for given in (before.get("overrides", ()), now["overrides"]))
        found.append(f"--set is {words}, was {was}")
    for label, digest in now["instances"].items():
        old = before.get("instances", {}).get(label)
        if old is None or old == digest:
            continue  # one that came or went is told with the study
        data = read_yaml((kept / f"{label}.yaml").read_text(encoding="utf-8"), "").data
        plain = read_yaml(plain_text(instances[label]), "").data
        name = "instance" if label == BASE else f"instance with {label}"
        found += [f"{name}: {text}" for text in differences(data, plain)] or [f"{name}: its order"]
    for label, digest in now["portfolios"].items():
        if before.get("portfolios", {}).get(label, digest) != digest:
            found.append(f"portfolio '{label}': its fundings or stock")
    found += [f"version of {text}" for text in differences(before.get("versions"), now["versions"])]
    return found


def differences(before: Any, now: Any) -> list[str]:
    """Where two plain values differ, in words: KEY is X, was Y."""
    found = list(_differing(before, now, ""))
    more = len(found) - TOLD
    return found[:TOLD] + ([f"and {more:,} more"] if more > 0 else [])


def _differing(before: Any, now: Any, at: str) -> list[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        found = []
        for key in dict.fromkeys([*before, *now]):
            inner = f"{at}.{key}" if at else str(key)
            if key not in now:
                found.append(f"{inner} is gone")
            elif key not in before:
                found.append(f"{inner} is new")
            else:
                found += _differing(before[key], now[key], inner)
        return found
    if before == now:
        return []
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now) and len(_short(now)) > LONG:
        return [
            text for i, (a, b) in enumerate(zip(before, now, strict=True)) for text in _differing(a, b, f"{at}.{i}")
        ]
    return [f"{at} is {_short(now, LONG)}, was {_short(before, LONG)}"]


def _short(value: Any, most: int | None = None) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if most is None or len(text) <= most else text[: most - 3] + "..."
