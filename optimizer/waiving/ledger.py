"""Keeps rows as they come, so that a stopped run is gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from optimizer.ledger import StudyFolder
from optimizer.plan.plan import Plan

NOTE, ROWS, TABLE, BASE = "waivers.json", "rows.jsonl", "waivers", "base"


class Ledger(StudyFolder):
    """A folder of a study of waivers; without one everything stays in memory."""

    def __init__(self, folder: Path | None, settings: dict[str, Any]) -> None:
        """Begin, or go on with the same study.

        Raises:
            PlanError: the folder holds something else, or another study.
        """
        super().__init__(folder, NOTE, "a study of waivers")
        self.begin(settings)

    def base(self) -> Plan | None:
        """The base plan, if it is there."""
        return self.plan_in(BASE)

    def keep_base(self, plan: Plan) -> None:
        """Keep the base plan."""
        if plan.tables:
            self.keep_in(BASE, plan)

    def known(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(step, key) -> row of what is there from before."""
        return {(row["step"], row["key"]): row for row in self.rows(ROWS)}

    def add(self, row: dict[str, Any]) -> None:
        """Keep a row."""
        self.add_row(ROWS, row)
