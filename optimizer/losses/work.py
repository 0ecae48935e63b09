"""Answers losses in processes of their own; each keeps the branch of the onset it is at."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from optimizer.losses.case import Case
from optimizer.losses.operator import Answer, Operator
from optimizer.losses.search import EVERYTHING, Ask
from optimizer.workers import end_now, spawned


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


class Worker(Protocol):
    """Takes a task at a time."""

    def submit(self, task: Task) -> Future[Timed]:
        """Begin a task."""

    def end(self) -> None:
        """Drop what is not done."""


class Here:
    """Does the work in this process."""

    def __init__(self, case: Case) -> None:
        """Compile nothing yet."""
        self._desk = Desk(case)

    def submit(self, task: Task) -> Future[Timed]:
        """Do a task."""
        done: Future[Timed] = Future()
        done.set_result(self._desk.answer(task))
        return done

    def end(self) -> None:
        """Nothing is left behind."""


class Apart:
    """Does the work in a process of its own."""

    def __init__(self, case: Case) -> None:
        """Start nothing yet."""
        self._pool = spawned(1, _begin, case)

    def submit(self, task: Task) -> Future[Timed]:
        """Send a task to the process."""
        return self._pool.submit(_do, task)

    def end(self) -> None:
        """End the process without waiting for what it does."""
        end_now(self._pool)


_desk: Desk | None = None


def _begin(case: Case) -> None:
    global _desk  # noqa: PLW0603
    _desk = Desk(case)


def _do(task: Task) -> Timed:
    assert _desk is not None
    return _desk.answer(task)


def workers_of(case: Case, count: int) -> list[Worker]:
    """As many workers as asked for; one alone works in this process."""
    return [Here(case)] if count == 1 else [Apart(case) for _ in range(count)]
