"""Keeps the answers of solves as they come, so that a stopped search is gone on with."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import PlanError
from optimizer.near_optimal.solves import Answer
from optimizer.plan.plan import Plan

FORMAT = 1
NOTE, SOLVES, CHECKPOINT, PLANS = "alternatives.json", "solves.jsonl", "checkpoint.npz", "plans"
LIMIT = "the time limit was reached"


class Ledger:
    """A folder of a search; without one everything stays in memory."""

    def __init__(self, folder: Path | str | None, settings: dict[str, Any], time_limit: float | None) -> None:
        """Begin, or go on with the same search.

        Args:
            folder: where; it may hold an earlier search with the same settings.
            settings: what an answer depends on.
            time_limit: seconds of a solve; an answer that a shorter one cut off is asked for anew.

        Raises:
            PlanError: the folder holds something else, or another search.
        """
        self.folder = None if folder is None else Path(folder)
        self._limit = time_limit
        self._known: dict[str, Answer] = {}
        self._plans: dict[int, Plan] = {}
        if self.folder is None:
            return
        note = self.folder / NOTE
        if self.folder.exists() and not note.is_file() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise PlanError(f"{folder} is there already and holds no alternatives; name another one with -o")
        if note.is_file():
            there = json.loads(note.read_text(encoding="utf-8"))
            if other := [key for key, value in settings.items() if there.get(key) != value]:
                what = " and ".join(key.replace("_", " ") for key in other)
                raise PlanError(f"{folder} holds alternatives with another {what}; name another one with -o")
        self.folder.mkdir(parents=True, exist_ok=True)
        if not note.is_file():
            self._write(settings)
        self._read()

    @property
    def checkpoint(self) -> Path | None:
        """Where Benders keeps its cuts."""
        return None if self.folder is None else self.folder / CHECKPOINT

    def known(self, question: str) -> Answer | None:
        """The answer to a question, if asking again would tell no more."""
        return self._known.get(question)

    def add(self, question: str, answer: Answer) -> None:
        """Add an answer at once to the file."""
        self._known[question] = answer
        if self.folder is not None:
            row = {"question": question, "time_limit": self._limit} | asdict(answer)
            with (self.folder / SOLVES).open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, allow_nan=False) + "\n")

    def plan(self, number: int) -> Plan | None:
        """The plan of a portfolio by its number."""
        if number not in self._plans and self.folder is not None:
            place = self.folder / PLANS / str(number)
            if (place / "plan.json").is_file():
                self._plans[number] = Plan.read(place)
        return self._plans.get(number)

    def keep_plan(self, number: int, plan: Plan) -> None:
        """Keep the plan of a portfolio."""
        self._plans[number] = plan
        if self.folder is not None:
            plan.save(self.folder / PLANS / str(number))

    def close(self, info: dict[str, Any], tables: dict[str, pd.DataFrame]) -> None:
        """Write what was found."""
        if self.folder is None:
            return
        for name, table in tables.items():
            table.to_csv(self.folder / f"{name}.csv", index=False, lineterminator="\n")
        self._write(info)

    def _write(self, info: dict[str, Any]) -> None:
        assert self.folder is not None
        text = json.dumps(info, indent=2, ensure_ascii=False, allow_nan=False)
        (self.folder / NOTE).write_text(text + "\n", encoding="utf-8")

    def _read(self) -> None:
        """What is there; a line half written is dropped."""
        assert self.folder is not None
        file = self.folder / SOLVES
        if not file.is_file():
            return
        text = file.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            file.write_text(whole, encoding="utf-8")
        for line in whole.splitlines():
            row = json.loads(line)
            question, limit = row.pop("question"), row.pop("time_limit")
            answer = Answer(**row | {"funded": tuple((f, o, int(t)) for f, o, t in row["funded"])})
            if not answer.why.startswith(LIMIT) or (self._limit is not None and limit >= self._limit):
                self._known[question] = answer
