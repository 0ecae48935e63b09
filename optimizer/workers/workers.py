"""Workers, and two engines of this machine: this process, and processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Generator, Hashable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

from optimizer.errors import SolveError
from optimizer.workers.beginning import by_itself, unheard

Task = TypeVar("Task")
Result = TypeVar("Result")

Chain = Generator[Task, Result, None]
"""Tasks that follow from each other's results: it yields a task and is sent its result."""

Do = Callable[[Any, Task], Result]
"""Does a task with what `begin` made."""

Draw = Callable[[Hashable], Task | None]
"""The next task for a place."""

TICK = 0.5
"""Seconds after which a follower hears again, though nothing is done."""
DEATHS = 3
"""Times that a task is begun anew after its process died, before it is held to blame."""


class BlamedError(SolveError):
    """Processes died over one task again and again."""


GivenUp = Callable[[Task, BlamedError], Result]
"""The result of a task over which processes died again and again."""


class DiedError(Exception):
    """The process that had a task is gone; the task may be done again."""


@dataclass(frozen=True, slots=True)
class _Open:
    """A task, the chain that waits for it if any does, where it is done, and how often a process died over it."""

    chain: Any
    task: Any
    place: Hashable
    deaths: int = 0


class Workers(ABC):
    """Processes, each begun once with what it keeps. A context: at its end they end."""

    @property
    @abstractmethod
    def count(self) -> int:
        """How many tasks can be worked on at once, as far as is known; at least 1."""

    @abstractmethod
    def end(self, *, now: bool) -> None:
        """End; `now` without waiting for what is being done."""

    @abstractmethod
    def _free(self, taken: Collection[Hashable], *, spread: bool) -> Iterator[Hashable]:
        """Places where a chain may begin, given those where one is going on."""

    @abstractmethod
    def _send(self, place: Hashable, do: Do[Any, Any], task: Any) -> Any:
        """Begin a task at a place; the future has `add_done_callback`."""

    @abstractmethod
    def _received(self, future: Any, place: Hashable) -> tuple[Hashable, Any]:
        """The place where a task was done at last, and its result.

        Raises:
            DiedError: its process died.
        """

    def _wait(self) -> None:  # noqa: B027
        """Nothing was done for a tick."""

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End; after an error or Ctrl-C without waiting for what is being done."""
        self.end(now=kind is not None)

    def results(
        self,
        do: Callable[[Any, Task], list[Result]],
        tasks: Iterable[Task],
        given_up: GivenUp[Task, list[Result]] | None = None,
    ) -> Iterator[Result]:
        """What `do` finds for every task, as it is done.

        Args:
            do: does a task.
            tasks: the tasks.
            given_up: what is found for a task over which processes died again and again; by default that is an error.

        Raises:
            BlamedError: processes died over a task again and again.
        """
        found: deque[Result] = deque()

        def single(task: Task) -> Chain[Task, list[Result]]:
            found.extend((yield task))

        for _ in self._followed(do, map(single, tasks), spread=True, given_up=given_up):
            while found:
                yield found.popleft()

    def follow(self, do: Do[Task, Result], chains: Iterable[Chain[Task, Result]]) -> Iterator[None]:
        """Go through chains of tasks; each stays where it began, as long as that place is there.

        Every chain is asked for its first task before any is begun.

        Yields:
            Before the first is begun, after every result and, where none comes, every half second.

        Raises:
            BlamedError: processes died over a task again and again.
        """
        return self._followed(do, chains, spread=False)

    def drawn(self, do: Callable[[Any, Task], list[Result]], draw: Draw[Task]) -> Iterator[Result]:
        """What `do` finds for tasks that are drawn one by one, each for the place that is free.

        Args:
            do: does a task.
            draw: the next task for a place; None where there is none for it now. It is asked again after every
                result, which may open tasks; where nothing is under way and nobody gets a task, that is the end.

        Raises:
            BlamedError: processes died over a task again and again.
        """
        way = _Way(self, do, None)
        while True:
            for place in self._free(way.taken, spread=False):
                task = draw(place)
                if task is not None:
                    way.send(_Open(None, task, place))
            if not way.busy:
                return
            heard = way.heard()
            if heard is not None:
                yield from heard[2]

    def _followed(
        self,
        do: Do[Any, Any],
        chains: Iterable[Chain[Any, Any]],
        *,
        spread: bool,
        given_up: GivenUp[Any, Any] | None = None,
    ) -> Iterator[None]:
        waiting = deque((chain, task) for chain in chains for task in _first(chain))
        way = _Way(self, do, given_up)
        if waiting:
            yield
        while waiting or way.busy:
            if waiting:
                for place in self._free(way.taken, spread=spread):
                    chain, task = waiting.popleft()
                    way.send(_Open(chain, task, place))
                    if not waiting:
                        break
            heard = way.heard()
            if heard is not None:
                item, place, result = heard
                try:
                    following = item.chain.send(result)
                except StopIteration:
                    pass
                else:
                    way.send(_Open(item.chain, following, place))
            yield


class _Way:
    """Tasks under way.

    Attributes:
        busy: by its future, what is under way.
    """

    def __init__(self, workers: Workers, do: Do[Any, Any], given_up: GivenUp[Any, Any] | None) -> None:
        self._workers, self._do, self._given_up = workers, do, given_up
        self._done: SimpleQueue[Any] = SimpleQueue()
        self.busy: dict[Any, _Open] = {}

    @property
    def taken(self) -> set[Hashable]:
        """The places where something is under way."""
        return {item.place for item in self.busy.values()}

    def send(self, item: _Open) -> None:
        """Begin it."""
        future = self._workers._send(item.place, self._do, item.task)
        self.busy[future] = item
        future.add_done_callback(self._done.put)

    def heard(self) -> tuple[_Open, Hashable, Any] | None:
        """What is done next, the place where it was done at last, and its result; None after a tick without.

        A task whose process died is begun anew.

        Raises:
            BlamedError: that was so too often, and nobody says what is found then.
        """
        try:
            future = self._done.get(timeout=TICK)
        except Empty:
            self._workers._wait()
            return None
        item = self.busy.pop(future)
        try:
            return item, *self._workers._received(future, item.place)
        except DiedError as error:
            if item.deaths < DEATHS:
                self.send(_Open(item.chain, item.task, item.place, item.deaths + 1))
                return None
            blamed = BlamedError(f"a process died {DEATHS + 1} times over one task: {error}")
            if self._given_up is None:
                raise blamed from error
            return item, item.place, self._given_up(item.task, blamed)
        except BlamedError as error:
            if self._given_up is None:
                raise
            return item, item.place, self._given_up(item.task, error)


def _first(chain: Chain[Any, Any]) -> Iterator[Any]:
    """The first task of a chain, if it has any."""
    try:
        yield next(chain)
    except StopIteration:
        return


class Here(Workers):
    """This process itself, a task at a time."""

    def __init__(self, begin: Callable[..., Any], kept: tuple[Any, ...]) -> None:
        """Begin nothing yet."""
        self._begin, self._kept = begin, kept
        self._home: Any = None

    @property
    def count(self) -> int:
        """One."""
        return 1

    def end(self, *, now: bool) -> None:  # noqa: ARG002
        """Nothing is left behind."""
        self._home = None

    def _free(self, taken: Collection[Hashable], *, spread: bool) -> Iterator[Hashable]:  # noqa: ARG002
        if not taken:
            yield 0

    def _send(self, place: Hashable, do: Do[Any, Any], task: Any) -> Future[Any]:  # noqa: ARG002
        if self._home is None:
            self._home = self._begin(*self._kept)
        done: Future[Any] = Future()
        done.set_result(do(self._home, task))
        return done

    def _received(self, future: Future[Any], place: Hashable) -> tuple[Hashable, Any]:
        return place, future.result()


class Processes(Workers):
    """Spawned processes that hear neither Ctrl-C nor SIGTERM; one that dies is begun anew, and its task with it."""

    def __init__(self, count: int, begin: Callable[..., Any], kept: tuple[Any, ...]) -> None:
        """Start nothing yet."""
        self._count, self._settled = count, (begin, kept)
        self._pools: dict[Hashable, ProcessPoolExecutor] = {}

    @property
    def count(self) -> int:
        """The processes."""
        return self._count

    def end(self, *, now: bool) -> None:
        """End the processes."""
        for pool in self._pools.values():
            if now:
                for process in list((pool._processes or {}).values()):
                    process.kill()  # it hears nothing else
            pool.shutdown(wait=not now, cancel_futures=now)
        self._pools.clear()

    def _free(self, taken: Collection[Hashable], *, spread: bool) -> Iterator[Hashable]:  # noqa: ARG002
        return (place for place in range(self._count) if place not in taken)

    def _send(self, place: Hashable, do: Do[Any, Any], task: Any) -> Future[Any]:
        with unheard(), by_itself():  # a process may begin here
            try:
                return self._pool(place).submit(_work, do, task)
            except BrokenProcessPool:  # it died while it had nothing to do
                self._lose(place)
                return self._pool(place).submit(_work, do, task)

    def _received(self, future: Future[Any], place: Hashable) -> tuple[Hashable, Any]:
        try:
            return place, future.result()
        except BrokenProcessPool as error:
            self._lose(place)
            raise DiedError("most likely it ran out of memory; take fewer workers") from error

    def _pool(self, place: Hashable) -> ProcessPoolExecutor:
        if place not in self._pools:
            context = multiprocessing.get_context("spawn")
            self._pools[place] = ProcessPoolExecutor(1, context, _settle, self._settled)
        return self._pools[place]

    def _lose(self, place: Hashable) -> None:
        self._pools.pop(place).shutdown(wait=False)


class _Settled:
    """What a process keeps."""

    begin: Callable[..., Any]
    kept: tuple[Any, ...]
    home: Any = None


def _settle(begin: Callable[..., Any], kept: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    _Settled.begin, _Settled.kept = staticmethod(begin), kept


def _end_with_parent() -> None:
    """End at once when the process that asks is gone, however it ended: nobody would hear the answer."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(do: Do[Any, Any], task: Any) -> Any:
    if _Settled.home is None:  # with the first task, so that an error in it is heard
        _Settled.home = _Settled.begin(*_Settled.kept)
    return do(_Settled.home, task)
