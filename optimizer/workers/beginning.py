"""How a process of ours begins, whatever the caller is: a script, a notebook, a command, a thread."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import ModuleType

from optimizer.errors import OptionsError

_SET_ASIDE = threading.Lock()
"""Held while the caller's script is set aside."""


def may_have(count: int) -> None:
    """Refuse processes where Python allows none.

    Raises:
        OptionsError: more than one worker is asked for, in a process that multiprocessing keeps as a daemon.
    """
    if count > 1 and multiprocessing.current_process().daemon:
        raise OptionsError(
            f"workers is {count}, and this process may begin no others: it is a daemon of multiprocessing, as those of "
            "a Pool are; workers=1, or a concurrent.futures.ProcessPoolExecutor around it"
        )


@contextmanager
def unheard() -> Iterator[None]:
    """Processes that begin meanwhile hear neither Ctrl-C nor SIGTERM, ever; here they are heard afterwards.

    A process that is still reading modules would answer it with a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it begins with the first process, and unblocks what is blocked
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def by_itself() -> Iterator[None]:
    """Processes that begin meanwhile do not run the caller's script once more: they need nothing of it.

    Python would have them import it. One without `if __name__ == "__main__":` would start processes of its own there,
    and wait for them for ever; a long one would be run through by each.
    """
    with _SET_ASIDE:  # a second thread would take what stands in its place for the script
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main
