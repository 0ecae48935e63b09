"""Keeps the answers of solves as they come, so that a stopped search is gone on with."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from optimizer.ledger import StudyFolder
from optimizer.near_optimal.solves import Answer
from optimizer.plan.plan import Plan

FORMAT = 1
NOTE, SOLVES, CHECKPOINT, PLANS = "alternatives.json", "solves.jsonl", "checkpoint.npz", "plans"
LIMIT = "the time limit was reached"


class Ledger(StudyFolder):
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
        super().__init__(folder, NOTE, "alternatives")
        self.begin(settings)
        self._limit = time_limit
        self._known: dict[str, Answer] = {}
        self._plans: dict[int, Plan] = {}
        for row in self.rows(SOLVES):
            question, limit = row.pop("question"), row.pop("time_limit")
            answer = Answer(**row | {"funded": tuple((f, o, int(t)) for f, o, t in row["funded"])})
            if not answer.why.startswith(LIMIT) or (self._limit is not None and limit >= self._limit):
                self._known[question] = answer

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
        self.add_row(SOLVES, {"question": question, "time_limit": self._limit} | asdict(answer))

    def plan(self, number: int) -> Plan | None:
        """The plan of a portfolio by its number."""
        if number not in self._plans and (plan := self.plan_in(f"{PLANS}/{number}")) is not None:
            self._plans[number] = plan
        return self._plans.get(number)

    def keep_plan(self, number: int, plan: Plan) -> None:
        """Keep the plan of a portfolio."""
        self._plans[number] = plan
        self.keep_in(f"{PLANS}/{number}", plan)
