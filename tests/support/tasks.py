"""Tasks for workers: what a worker keeps, and things it does with it, some of which end its process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Generator
from pathlib import Path

from optimizer.errors import SolveError
from optimizer.workers import Heard


class Home:
    """What a worker keeps.

    Attributes:
        folder: where workers leave marks.
        number: a number that it was begun with.
    """

    def __init__(self, folder: Path, number: int) -> None:
        """Leave a mark that a process was begun."""
        self.folder, self.number = folder, number
        mark(folder / "begun")


def mark(file: Path) -> None:
    """Add this process to a file."""
    with file.open("a", encoding="utf-8") as out:
        out.write(f"{os.getpid()}\n")


def marks(file: Path) -> list[int]:
    """The processes in a file."""
    return [int(line) for line in file.read_text(encoding="utf-8").split()] if file.is_file() else []


def times(home: Home, task: int) -> list[tuple[int, int]]:
    """A task, and its product with what is kept."""
    return [(task, task * home.number)]


def process(home: Home, task: int) -> tuple[int, int]:
    """A task and the process that does it, which others have time to join."""
    time.sleep(0.05)
    return task, os.getpid() if home.number else 0


def dies_once(home: Home, task: int) -> list[tuple[int, int]]:
    """As `times`, but task 3 ends its process the first time."""
    if task == 3 and not marks(home.folder / "died"):
        mark(home.folder / "died")
        os.kill(os.getpid(), signal.SIGKILL)
    return times(home, task)


def dies(home: Home, task: int) -> list[tuple[int, int]]:
    """Task 3 ends every process that takes it."""
    if task == 3:
        mark(home.folder / "died")
        os.kill(os.getpid(), signal.SIGKILL)
    return times(home, task)


def waits(home: Home, task: int) -> list[tuple[int, int]]:
    """As `times`, and says who does it; the tasks wait until a file `go` is there."""
    mark(home.folder / f"task-{task}")
    end = time.monotonic() + 60
    while not (home.folder / "go").is_file():
        if time.monotonic() > end:
            raise SolveError("nobody said go")
        time.sleep(0.02)
    return times(home, task)


def fails(home: Home, task: int) -> list[int]:  # noqa: ARG001
    """A task that fails."""
    raise SolveError(f"task {task} has no answer")


def counting(start: int, length: int, heard: list[tuple[int, int]]) -> Generator[int, tuple[int, int], None]:
    """A chain: each task is one more than the one before; what is answered is kept."""
    for task in range(start, start + length):
        answer = yield task
        heard += [answer]


def sleeps(home: Home, task: int) -> list[tuple[int, int]]:
    """A task that takes far longer than anyone waits."""
    mark(home.folder / "asleep")
    time.sleep(600)
    return [(task, 0)]


# Groups that live in a worker: what lives there, and what it answers


def settles(needs: int) -> Home:
    """Lives in a worker: a number; it leaves no mark."""
    home = Home.__new__(Home)
    home.number = needs
    return home


def tells(home: Home, common: int, task: int, heard: Heard) -> tuple[int, int]:  # noqa: ARG001
    """A product, and the process that has it."""
    return common * task * home.number, os.getpid()


def holds(home: Home, common: Path, task: int, heard: Heard) -> tuple[int, int]:
    """As `tells`, but it waits until a file `go` is there; says before that it has begun."""
    mark(common / f"held-{task}")
    end = time.monotonic() + 60
    while not (common / "go").is_file():
        if time.monotonic() > end:
            raise SolveError("nobody said go")
        time.sleep(0.02)
    return tells(home, 1, task, heard)


def listens(home: Home, common: Path, task: int, heard: Heard) -> int:
    """Waits until it hears that it is over, and leaves a mark that it did."""
    mark(common / "begun")
    end = time.monotonic() + 60
    while not heard.over():
        if time.monotonic() > end:
            raise SolveError("nobody ended it")
        time.sleep(0.02)
    mark(common / "heard")
    return task * home.number


def refuses(home: Home, common: int, task: int, heard: Heard) -> int:  # noqa: ARG001
    """A question that fails."""
    raise SolveError(f"group {task} has no answer")
