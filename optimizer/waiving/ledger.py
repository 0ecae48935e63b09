"""Keeps rows as they come, so that a stopped run is gone on with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import PlanError
from optimizer.plan.plan import Plan

NOTE, ROWS, TABLE, BASE = "waivers.json", "rows.jsonl", "waivers.csv", "base"


class Ledger:
    """A folder of a study of waivers; without one everything stays in memory."""

    def __init__(self, folder: Path | None, settings: dict[str, Any]) -> None:
        """Begin, or go on with the same study.

        Raises:
            PlanError: the folder holds something else, or another study.
        """
        self.folder = folder
        if folder is None:
            return
        note = folder / NOTE
        if folder.exists() and not note.is_file() and (not folder.is_dir() or any(folder.iterdir())):
            raise PlanError(f"{folder} is there already and holds no study of waivers; name another one with -o")
        if note.is_file():
            there = json.loads(note.read_text(encoding="utf-8"))
            other = [key.replace("_", " ") for key, value in settings.items() if there.get(key) != value]
            if other:
                what = " and ".join(other)
                raise PlanError(f"{folder} holds a study of waivers with another {what}; name another one with -o")
        folder.mkdir(parents=True, exist_ok=True)
        if not note.is_file():
            self._note(settings)

    def base(self) -> Plan | None:
        """The base plan, if it is there."""
        if self.folder is None or not (self.folder / BASE / "plan.json").is_file():
            return None
        return Plan.read(self.folder / BASE)

    def keep_base(self, plan: Plan) -> None:
        """Keep the base plan."""
        if self.folder is not None and plan.tables:
            plan.save(self.folder / BASE)

    def rows(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(step, key) -> row of what is there from before; a line half written is dropped."""
        if self.folder is None or not (self.folder / ROWS).is_file():
            return {}
        file = self.folder / ROWS
        text = file.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            file.write_text(whole, encoding="utf-8")
        rows = [json.loads(line) for line in whole.splitlines()]
        return {(row["step"], row["key"]): row for row in rows}

    def add(self, row: dict[str, Any]) -> None:
        """Keep a row."""
        if self.folder is not None:
            with (self.folder / ROWS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")

    def close(self, info: dict[str, Any], table: pd.DataFrame) -> None:
        """Write what was found."""
        if self.folder is not None:
            table.to_csv(self.folder / TABLE, index=False, lineterminator="\n")
            self._note(info)

    def _note(self, info: dict[str, Any]) -> None:
        assert self.folder is not None
        text = json.dumps(info, indent=2, ensure_ascii=False, allow_nan=False)
        (self.folder / NOTE).write_text(text + "\n", encoding="utf-8")
