"""When a search ends before it is done: Ctrl-C or a time limit, heard by HiGHS while it runs."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import highspy

from optimizer.errors import SolveError
from optimizer.solver.apart import run_apart, share_cores
from optimizer.solver.highs import Stop

PATIENCE = 1.0
"""Seconds that HiGHS has to end once the limit is reached; then it is left behind."""


class Stopped(Exception):  # noqa: N818
    """The limit was reached in the middle of something; what was known before holds.

    Attributes:
        how: `interrupted` or `limit`.
    """

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


class LeftBehind(Stopped):
    """HiGHS did not end in time: what it ran must not be touched again, for it may still be running."""


@dataclass(slots=True)
class Limit:
    """What ends a search early.

    Attributes:
        stop: asks for it; None where nobody does.
        deadline: `time.monotonic()` at which it ends; None for never.
    """

    stop: Stop | None = None
    deadline: float | None = None

    def reached(self) -> str | None:
        """`interrupted` or `limit` once it is."""
        if self.stop is not None and self.stop.asked.is_set():
            return "interrupted"
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return "limit"
        return None

    def left(self) -> float:
        """Seconds to the deadline."""
        return math.inf if self.deadline is None else self.deadline - time.monotonic()

    def heard_by(self, highs: Any) -> None:
        """Let HiGHS ask whether it is reached, whatever it runs, from now on."""

        def interrupt(event: Any) -> None:
            if self.reached():
                event.interrupt()

        highs.cbSimplexInterrupt += interrupt
        highs.cbIpmInterrupt += interrupt
        highs.cbMipInterrupt += interrupt

    def run(self, highs: Any) -> None:
        """Run HiGHS on one core, apart from the thread that Ctrl-C reaches.

        Raises:
            LeftBehind: the limit was reached and HiGHS did not end in time.
            SolveError: HiGHS failed.
        """
        share_cores(1)
        if not run_apart(highs, self.reached, patience=PATIENCE):
            raise LeftBehind(self.reached() or "limit")

    def check(self, highs: Any) -> None:
        """After a run.

        Raises:
            Stopped: the limit ended it.
            SolveError: it ended early for no reason that is known here.
        """
        if highs.getModelStatus() == highspy.HighsModelStatus.kInterrupt:
            how = self.reached()
            if how is None:
                raise SolveError("HiGHS was interrupted by nobody")
            raise Stopped(how)
