"""Keeps the rows of a sweep as they come, so that a stopped one is gone on with."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.folders import read_exact, settle, whole_lines, write_new
from optimizer.instance.instance import Instance
from optimizer.instance.marks import MARKING
from optimizer.ledger import StudyFolder
from optimizer.plan.plan import Plan
from optimizer.plan.study_markings import Labels

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

    def __init__(self, folder: Path, settings: dict[str, Any], instance: Instance) -> None:
        """Begin, or go on with the same sweep.

        Args:
            folder: where.
            settings: what an answer depends on.
            instance: whose rows keys and options name; where one is marked, tables have a column that says so.

        Raises:
            PlanError: the folder holds something else, or another sweep.
        """
        super().__init__(folder, "sensitivity.json", "a sensitivity study")
        self._folder = folder
        self.begin(settings)
        self._labels = Labels(instance)
        for name, columns in COLUMNS.items():
            if not self._file(name).exists() or not whole_lines(self._file(name)):
                heads = (*columns, MARKING) if self._labels.due else columns
                write_new(self._file(name), ",".join(heads) + "\n")
        self._marked = {name: MARKING in self._read(name).columns for name in COLUMNS}

    def base(self) -> Plan | None:
        """The base plan, if there is one."""
        return self.plan_in("base")

    def keep_base(self, plan: Plan) -> None:
        """Keep the base plan."""
        self.keep_in("base", plan)

    def add(self, name: str, row: dict[str, Any]) -> None:
        """Add a row at once to the file."""
        cells = tuple(row.get(column) for column in COLUMNS[name])
        with self._file(name).open("a", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow(
                (*cells, self._labels.of(row)) if self._marked[name] else cells
            )

    def settle(self, name: str, keys: Sequence[str]) -> None:
        """Bring the rows into the order of the keys: they come as workers end.

        Args:
            name: of the table.
            keys: in their order; rows of others come last.
        """
        order = {key: place for place, key in enumerate(keys)}
        settle(self._file(name), lambda row: (order.get(row["key"], len(order)), row["end"]))

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
        names = ("comes", "goes", "shifts", MARKING)
        words = dict.fromkeys(("key", "kind", "field", "confidence", "end", "status", *names), "str")
        frame = read_exact(self._file(name), dtype=words, keep_default_na=False, na_values=[""])
        blank = [name for name in names if name in frame.columns]
        return frame.fillna(dict.fromkeys(blank, ""))
