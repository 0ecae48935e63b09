"""Keeps the rows of a sweep as they come, so that a stopped one is gone on with."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.folders import whole_lines, write_new
from optimizer.ledger import StudyFolder
from optimizer.plan.plan import Plan

SCREEN, CONFIRMED = "screen", "confirmed"
_ROW = ("key", "kind", "field", "confidence", "value", "end", "factor", "status")
COLUMNS: dict[str, tuple[str, ...]] = {
    SCREEN: (*_ROW, "objective", "change_usd", "moved_usd", "comes", "goes", "shifts", "seconds"),
    CONFIRMED: (
        *_ROW, "base_portfolio_usd", "objective", "bound", "saves_at_least", "saves_at_most", "verdict", "comes",
        "goes", "shifts", "seconds",
    ),
}  # fmt: skip
"""Columns of the tables; money in USD, `comes` and `goes` name options."""


class Ledger(StudyFolder):
    """A folder with the settings of a sweep, its base plan and the rows so far."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        """Begin, or go on with the same sweep.

        Raises:
            PlanError: the folder holds something else, or another sweep.
        """
        super().__init__(folder, "sensitivity.json", "a sensitivity study")
        self._folder = folder
        self.begin(settings)
        for name, columns in COLUMNS.items():
            if not self._file(name).exists() or not whole_lines(self._file(name)):
                write_new(self._file(name), ",".join(columns) + "\n")

    def base(self) -> Plan | None:
        """The base plan, if there is one."""
        return self.plan_in("base")

    def keep_base(self, plan: Plan) -> None:
        """Keep the base plan."""
        self.keep_in("base", plan)

    def add(self, name: str, row: dict[str, Any]) -> None:
        """Add a row at once to the file."""
        with self._file(name).open("a", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow(row.get(column) for column in COLUMNS[name])

    def known(self, name: str) -> set[tuple[str, str]]:
        """Key and end of the rows that are there."""
        frame = self._read(name)
        return set(zip(frame["key"], frame["end"], strict=True))

    def screen(self) -> pd.DataFrame:
        """The rows of the screening."""
        return self._read(SCREEN)

    def confirmed(self) -> pd.DataFrame:
        """The rows that were solved whole."""
        return self._read(CONFIRMED)

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.csv"

    def _read(self, name: str) -> pd.DataFrame:
        words = dict.fromkeys(("key", "kind", "field", "confidence", "end", "status", "comes", "goes", "shifts"), "str")
        frame = pd.read_csv(self._file(name), dtype=words, keep_default_na=False, na_values=[""])
        return frame.fillna({"comes": "", "goes": "", "shifts": ""})
