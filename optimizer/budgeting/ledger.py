"""Keeps the answers to questions as they come, so that a stopped run is gone on with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from optimizer.budgeting.work import Question, Reply
from optimizer.ledger import StudyFolder
from optimizer.plan.plan import Plan
from optimizer.solver.options import Options

FORMAT = 1
SOLVES, CHECKPOINT, PLANS = "solves.jsonl", "checkpoint.npz", "plans"
HOW = ("time_limit", "gap", "gap_usd")
"""What is kept of how an answer was sought."""
LIMIT = "the time limit was reached"


class Ledger(StudyFolder):
    """A folder of a study; without one everything stays in memory."""

    def __init__(
        self, folder: Path | str | None, note: str, what: str, settings: Mapping[str, Any], options: Options
    ) -> None:
        """Begin, or go on with the same study.

        Args:
            folder: where; it may hold an earlier run with the same settings.
            note: name of the file that says what the folder holds.
            what: the same in words.
            settings: what an answer depends on.
            options: how it is solved; an answer to a wider gap, or that a shorter limit cut off, is asked for anew.

        Raises:
            PlanError: the folder holds something else, or a study with other settings.
        """
        super().__init__(folder, note, what)
        self.begin(settings)
        self._options = options
        self._known: dict[str, Reply] = {}
        self._plans: dict[str, Plan] = {}
        for row in self.rows(SOLVES):
            name, _, limit, gap, usd = (row.pop(key) for key in ("question", "in_words", *HOW))
            reply = Reply(**row | {key: tuple(map(_tuple, row[key])) for key in ("funded", "short", "missing")})
            if self._stands(reply, limit, gap, usd):
                self._known[name] = reply

    @property
    def checkpoint(self) -> Path | None:
        """Where Benders keeps its cuts."""
        return None if self.folder is None else self.folder / CHECKPOINT

    def known(self, question: Question) -> Reply | None:
        """The answer to a question, if asking again would tell no more; one that had no target will do."""
        whole = self._known.get(name_of(replace(question, target=None)))
        return whole if whole is not None else self._known.get(name_of(question))

    def add(self, question: Question, reply: Reply, plan: Plan | None) -> None:
        """Keep an answer at once, and its plan before it."""
        name = name_of(question)
        self._known[name] = reply
        if plan is not None:
            self._plans[name] = plan
            self.keep_in(f"{PLANS}/{name}", plan)
        how = {key: getattr(self._options, key) for key in HOW}
        self.add_row(SOLVES, {"question": name, "in_words": question.name} | how | asdict(reply))

    def plan(self, question: Question) -> Plan | None:
        """The plan that answered a question, if it is kept."""
        name = name_of(question)
        if name not in self._plans and (plan := self.plan_in(f"{PLANS}/{name}")) is not None:
            self._plans[name] = plan
        return self._plans.get(name)

    def place(self, question: Question) -> str:
        """Folder of its plan, beside the note; empty where everything stays in memory."""
        return "" if self.folder is None else f"{PLANS}/{name_of(question)}"

    def _stands(self, reply: Reply, limit: float | None, gap: float, usd: float | None) -> bool:
        """Whether asking again would tell no more.

        Args:
            reply: the answer.
            limit: seconds that it had.
            gap: relative gap to which it was solved.
            usd: the same in USD.
        """
        options = self._options
        if reply.why.startswith(LIMIT):
            return options.time_limit is not None and limit is not None and limit >= options.time_limit
        if reply.objective is None or reply.bound is None:
            return True
        left = reply.objective - reply.bound
        reached = left <= options.gap * abs(reply.objective) or left <= (options.gap_usd or 0.0)
        return reached or (gap <= options.gap and (usd or 0.0) <= (options.gap_usd or 0.0))


def told(options: Options) -> dict[str, Any]:
    """How solves were made, for the note of a study."""
    return {key: getattr(options, key) for key in ("method", *HOW, "seed")} | {"threads": options.cores}


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def name_of(question: Question) -> str:
    """A short name for what is asked, alike in every run: by the rows, and what it is stopped at."""
    text = repr((question.rows, question.missing, *(() if question.target is None else (question.target,))))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
