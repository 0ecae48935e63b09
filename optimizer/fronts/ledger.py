"""Keeps what solves found as they come, so that a stopped front is gone on with, or refined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from optimizer.fronts.front import Fact
from optimizer.fronts.sweeps import At
from optimizer.ledger import StudyFolder
from optimizer.plan.plan import Plan

NOTE, SOLVES, POINTS, PLANS = "frontier.json", "solves.jsonl", "points", "plans"


class Ledger(StudyFolder):
    """A folder of a front; without one everything stays in memory."""

    def __init__(self, folder: Path | None, settings: dict[str, Any]) -> None:
        """Begin, or go on with a front of the same instance and keys.

        Raises:
            PlanError: the folder holds something else, or another front.
        """
        super().__init__(folder, NOTE, "a front")
        self.begin(settings)

    def facts(self) -> list[Fact]:
        """What is there from before."""
        return [_fact(row) for row in self.rows(SOLVES)]

    def add(self, fact: Fact, plan: Plan | None) -> None:
        """Keep what a solve found, and its plan where it is given."""
        if plan is not None:
            self.keep_in(f"{PLANS}/{name_of(fact.at)}", plan)
        self.add_row(SOLVES, asdict(fact))

    def has_plan(self, at: At) -> bool:
        """Whether the plan of a point's solve is kept."""
        return self.folder is None or (self.folder / PLANS / name_of(at) / "plan.json").is_file()


def name_of(at: Sequence[float]) -> str:
    """The name of a point's folder: its values."""
    return "_".join(f"{value:.12g}" for value in at)


def _fact(row: dict[str, Any]) -> Fact:
    row["at"] = tuple(row["at"])
    row["holds"] = tuple(tuple(at) for at in row["holds"])
    row["funded"] = tuple(row["funded"])
    row["limits"] = tuple(row["limits"])
    for name in ("cannot", "rows"):  # a line of an earlier version has none
        row[name] = tuple(row.get(name, ()))
    for name in ("start", "none_from"):
        row[name] = None if row.get(name) is None else tuple(row[name])
    return Fact(**row)
