"""Processes that work through tasks; the rows come back as they are done."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from types import TracebackType
from typing import Any, Self, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def spawned(count: int, begin: Callable[..., None], *kept: Any) -> ProcessPoolExecutor:
    """Spawned processes that do not hear Ctrl-C, each begun once with what it keeps."""
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin, (begin, kept))


def end_now(pool: ProcessPoolExecutor) -> None:
    """End processes without waiting for what they do."""
    for process in list((pool._processes or {}).values()):
        process.terminate()
    pool.shutdown(wait=False, cancel_futures=True)


class Workers:
    """Spawned processes, each begun once with what it keeps; a single one is this process itself."""

    def __init__(self, count: int, begin: Callable[..., None], *kept: Any) -> None:
        """Start nothing yet.

        Args:
            count: processes.
            begin: called once in each process.
            kept: what it is called with.
        """
        self._count = count
        self._pool: ProcessPoolExecutor | None = None
        if count == 1:
            begin(*kept)
            return
        self._pool = spawned(count, begin, *kept)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the processes; after an error or Ctrl-C without waiting for what they do."""
        if self._pool is None:
            return
        if kind is not None:
            end_now(self._pool)
        else:
            self._pool.shutdown()

    def results(self, do: Callable[[Task], list[Result]], tasks: Iterable[Task]) -> Iterator[Result]:
        """What `do` finds for every task, as it is done; a few more tasks than there are processes wait their turn."""
        if self._pool is None:
            for task in tasks:
                yield from do(task)
            return
        waiting = iter(tasks)
        running: set[Future[list[Result]]] = set()
        while True:
            for task in waiting:
                running.add(self._pool.submit(do, task))
                if len(running) >= 2 * self._count:
                    break
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield from future.result()


def _begin(begin: Callable[..., None], kept: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    begin(*kept)
