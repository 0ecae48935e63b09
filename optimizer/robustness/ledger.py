"""Keeps what came of samples, or of values, line by line, so that a stopped run is gone on with."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import PlanError


class Ledger:
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
        self.folder = folder
        self._what, self._note, self._lines = what, note, lines
        self._settings: dict[str, Any] | None = None
        if folder is None:
            return
        there = folder / note
        if folder.exists() and not there.is_file() and (not folder.is_dir() or any(folder.iterdir())):
            raise PlanError(f"{folder} is there already and holds no {what}; name another one with -o")
        if there.is_file():
            try:
                self._settings = json.loads(there.read_text(encoding="utf-8"))["settings"]
            except (ValueError, KeyError, TypeError) as error:
                raise PlanError(f"{there} is no note of {what} that this version reads; name another -o") from error

    @property
    def settings(self) -> dict[str, Any] | None:
        """What an earlier run in the folder depends on; None where there is none."""
        return self._settings

    def begin(self, settings: dict[str, Any]) -> None:
        """Begin, or go on.

        Args:
            settings: what an answer depends on.

        Raises:
            PlanError: the folder holds a run that depends on something else.
        """
        if self.folder is None:
            return
        settings = json.loads(json.dumps(settings))
        if self._settings is not None:
            keys = dict.fromkeys([*settings, *self._settings])
            other = [key.replace("_", " ") for key in keys if settings.get(key) != self._settings.get(key)]
            if other:
                what = " and ".join(other)
                raise PlanError(f"{self.folder} holds {self._what} of another {what}; name another one with -o")
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._settings = settings
            self._write(self._note, json.dumps({"settings": settings}, indent=2, ensure_ascii=False) + "\n")

    def known(self) -> list[dict[str, Any]]:
        """What is there from before; a line half written is dropped.

        Raises:
            PlanError: a line is none of ours.
        """
        file = None if self.folder is None else self.folder / self._lines
        if file is None or not file.is_file():
            return []
        data = file.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            file.write_bytes(whole)
        found = []
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                found.append(dict(json.loads(line)))
            except (ValueError, TypeError) as error:
                raise PlanError(f"{file}:{number} is no line of {self._what}; take the line out") from error
        return found

    def add(self, row: dict[str, Any]) -> None:
        """Add an answer at once to the file."""
        if self.folder is not None:
            with (self.folder / self._lines).open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def close(self, info: dict[str, Any], tables: dict[str, pd.DataFrame]) -> None:
        """Write what was found, each file whole or not at all."""
        if self.folder is None:
            return
        for name, table in tables.items():
            self._write(f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
        text = json.dumps({"settings": self._settings} | info, indent=2, ensure_ascii=False, allow_nan=False)
        self._write(self._note, text + "\n")

    def _write(self, name: str, text: str) -> None:
        assert self.folder is not None
        made = self.folder / f".{name}.new"
        made.write_text(text, encoding="utf-8")
        made.replace(self.folder / name)


def longer(limit: float | None, before: float | None) -> bool:
    """Whether the seconds that a solve has are more than it had before; None is no limit."""
    return before is not None and (limit is None or limit > before)
