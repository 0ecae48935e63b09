"""Keeps what came of samples, or of values, line by line, so that a stopped run is gone on with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import PlanError
from optimizer.instance.instance import Instance
from optimizer.ledger import StudyFolder


class Ledger(StudyFolder):
    """A folder with what a run depends on, and a line for each answer; without one everything stays in memory."""

    def __init__(self, folder: Path | None, what: str, note: str, lines: str) -> None:
        """Look at the folder.

        Args:
            folder: where.
            what: is kept there, in words.
            note: name of the file with what the run depends on.
            lines: name of the file with the answers.

        Raises:
            PlanError: the folder holds something else.
        """
        super().__init__(folder, note, what)
        self._lines = lines
        there = self.noted()
        self.settings: dict[str, Any] | None = None if there is None else there.get("settings")
        if there is not None and not isinstance(self.settings, dict):
            raise PlanError(f"{folder}/{note} is no note of {what} that this version reads; name another -o")

    def begin(self, settings: Mapping[str, Any]) -> None:
        """Begin, or go on.

        Args:
            settings: what an answer depends on.

        Raises:
            PlanError: the folder holds a run that depends on something else.
        """
        if self.settings is not None:
            self.refuse_changed(self.settings, {**dict.fromkeys(self.settings), **settings})
            return
        self.settings = dict(settings)
        super().begin({"settings": settings})

    def known(self) -> list[dict[str, Any]]:
        """What is there from before."""
        return self.rows(self._lines)

    def add(self, row: dict[str, Any]) -> None:
        """Add an answer at once to the file."""
        self.add_row(self._lines, row)

    def close(self, info: dict[str, Any], tables: dict[str, pd.DataFrame], instance: Instance) -> None:
        """Write what was found."""
        self.finish({"settings": self.settings} | info, tables, instance)


def longer(limit: float | None, before: float | None) -> bool:
    """Whether the seconds that a solve has are more than it had before; None is no limit."""
    return before is not None and (limit is None or limit > before)
