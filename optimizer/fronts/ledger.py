"""Keeps what solves found as they come, so that a stopped front is gone on with, or refined."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import PlanError
from optimizer.fronts.front import Fact
from optimizer.fronts.sweeps import At
from optimizer.plan.plan import Plan

NOTE, SOLVES, POINTS, PLANS = "frontier.json", "solves.jsonl", "points.csv", "plans"


class Ledger:
    """A folder of a front; without one everything stays in memory."""

    def __init__(self, folder: Path | None, settings: dict[str, Any]) -> None:
        """Begin, or go on with a front of the same instance and keys.

        Raises:
            PlanError: the folder holds something else, or another front.
        """
        self.folder = folder
        if folder is None:
            return
        note = folder / NOTE
        if folder.exists() and not note.is_file() and (not folder.is_dir() or any(folder.iterdir())):
            raise PlanError(f"{folder} is there already and holds no front; name another one with -o")
        if note.is_file():
            there = json.loads(note.read_text(encoding="utf-8"))
            other = [key.replace("_", " ") for key, value in settings.items() if there.get(key) != value]
            if other:
                what = " and ".join(other)
                raise PlanError(f"{folder} holds a front of another {what}; name another one with -o")
        folder.mkdir(parents=True, exist_ok=True)
        if not note.is_file():
            self._note(settings)

    def facts(self) -> list[Fact]:
        """What is there from before; a line half written is dropped."""
        if self.folder is None or not (self.folder / SOLVES).is_file():
            return []
        file = self.folder / SOLVES
        text = file.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            file.write_text(whole, encoding="utf-8")
        return [_fact(json.loads(line)) for line in whole.splitlines()]

    def add(self, fact: Fact, plan: Plan | None) -> None:
        """Keep what a solve found, and its plan where it is given."""
        if self.folder is None:
            return
        if plan is not None:
            plan.save(self.folder / PLANS / name_of(fact.at))
        with (self.folder / SOLVES).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(fact)) + "\n")

    def has_plan(self, at: At) -> bool:
        """Whether the plan of a point's solve is kept."""
        return self.folder is None or (self.folder / PLANS / name_of(at) / "plan.json").is_file()

    def close(self, info: dict[str, Any], points: pd.DataFrame) -> None:
        """Write what was found."""
        if self.folder is not None:
            points.to_csv(self.folder / POINTS, index=False, lineterminator="\n")
            self._note(info)

    def _note(self, info: dict[str, Any]) -> None:
        assert self.folder is not None
        text = json.dumps(info, indent=2, ensure_ascii=False, allow_nan=False)
        (self.folder / NOTE).write_text(text + "\n", encoding="utf-8")


def name_of(at: Sequence[float]) -> str:
    """The name of a point's folder: its values."""
    return "_".join(f"{value:.12g}" for value in at)


def _fact(row: dict[str, Any]) -> Fact:
    row["at"] = tuple(row["at"])
    row["holds"] = tuple(tuple(at) for at in row["holds"])
    row["funded"] = tuple(row["funded"])
    row["limits"] = tuple(row["limits"])
    row["start"] = None if row["start"] is None else tuple(row["start"])
    return Fact(**row)
