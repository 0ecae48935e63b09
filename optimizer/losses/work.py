"""Answers losses; a worker keeps the branch of the onset it is at."""

from __future__ import annotations

import time
from dataclasses import dataclass

from optimizer.losses.case import Case
from optimizer.losses.operator import Answer, Operator
from optimizer.losses.search import EVERYTHING, Ask


@dataclass(frozen=True, slots=True)
class Task:
    """A question about losses of one onset and duration."""

    duration: int
    onset: int
    ask: Ask


Timed = tuple[Answer, float]
"""An answer, and the seconds it took."""


class Desk:
    """Answers tasks; keeps the operator of the last onset and duration."""

    def __init__(self, case: Case) -> None:
        """Compile nothing yet."""
        self._case = case
        self._at: tuple[int, int] | None = None
        self._operator: Operator | None = None

    def operator(self, duration: int, onset: int) -> Operator:
        """The operator of an onset and duration."""
        if self._operator is None or self._at != (duration, onset):
            self._operator = None
            self._operator = Operator(self._case, onset, duration)
            self._at = (duration, onset)
        return self._operator

    def answer(self, task: Task) -> Timed:
        """Answer a task."""
        began = time.monotonic()
        operator = self.operator(task.duration, task.onset)
        lost = tuple(self._case.losses) if EVERYTHING in task.ask.lost else sorted(task.ask.lost)
        answer = operator.answer(lost, lean=task.ask.lean)
        return answer, time.monotonic() - began


def answered(desk: Desk, task: Task) -> Timed:
    """A task's answer."""
    return desk.answer(task)
