"""HiGHS in a thread of its own: asked to stop it is heard, and its one pool of threads is shared."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import highspy

from optimizer.errors import SolveError

PATIENCE = 2.0
"""Seconds given to HiGHS once it is asked to stop; it does not listen while it relaxes the root of a MIP."""

_cores = 0
_cores_lock = threading.Lock()
_left_behind: list[threading.Event] = []
"""Runs that did not stop when asked; each is set when it has ended after all."""


def share_cores(cores: int) -> None:
    """HiGHS has one pool of threads per process: it must be made anew when another number is asked for."""
    global _cores  # noqa: PLW0603
    with _cores_lock:
        if cores != _cores:
            while _left_behind:
                _left_behind.pop().wait()
            highspy.Highs.resetGlobalScheduler(True)
            _cores = cores


def run_apart(
    highs: Any,
    asked: Callable[[], object] | None,
    beat: Callable[[], None] | None = None,
    patience: float | None = None,
) -> bool:
    """Run in a thread of its own, so that Ctrl-C reaches Python and the plan found so far is kept.

    Args:
        highs: what to run.
        asked: whether it is asked to stop by now.
        beat: called every second.
        patience: seconds that a run has once it is asked to stop; default `PATIENCE`.

    Returns:
        Whether the run ended. A run that does not end when asked to is left behind; it ends at its next callback.

    Raises:
        SolveError: HiGHS failed.
    """
    outcome: list[Any] = []
    done = threading.Event()  # not join: Ctrl-C in a join makes Python 3.11 take a running thread for ended

    def work() -> None:
        try:
            outcome.append(highspy.Highs.run(highs))
        except BaseException as error:
            outcome.append(error)
        finally:
            done.set()

    threading.Thread(target=work, name="highs", daemon=True).start()
    last = time.monotonic()
    first: float | None = None
    while not done.is_set():
        done.wait(0.05)
        now = time.monotonic()
        if beat is not None and now - last >= 1.0:
            last = now
            beat()
        if asked is not None and asked():
            first = now if first is None else first
            if now - first > (PATIENCE if patience is None else patience):
                _left_behind.append(done)
                return False
    if outcome and isinstance(outcome[0], BaseException):
        raise SolveError(f"HiGHS failed: {outcome[0]}") from outcome[0]
    if not outcome or outcome[0] == highspy.HighsStatus.kError:
        raise SolveError("HiGHS failed without saying why")
    return True
