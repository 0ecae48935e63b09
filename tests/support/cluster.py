"""A dask cluster of processes of their own: a scheduler and workers, as a user would start them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from distributed import Client

TESTS = Path(__file__).parent.parent
PATIENCE = 120.0


@dataclass
class Cluster:
    """A scheduler and its workers.

    Attributes:
        file: the scheduler file.
        workers: so far.
    """

    file: Path
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def join(self, threads: int = 1) -> int:
        """One more worker; its process."""
        options = ["--nthreads", str(threads), "--no-nanny", "--no-dashboard"]
        self.workers.append(_start(["worker", "--scheduler-file", str(self.file), *options], self.file.parent))
        return self.workers[-1].pid

    def kill(self, pid: int) -> None:
        """End a worker without a word."""
        os.kill(pid, signal.SIGKILL)


@contextmanager
def cluster_of(folder: Path, workers: int = 2, allowed: int = 3) -> Iterator[Cluster]:
    """A cluster whose workers are there when it is handed out.

    Args:
        folder: of its files.
        workers: at first.
        allowed: how many may die over one task before it is held to blame.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    cluster = Cluster(file, _start(["scheduler", *options], folder, allowed))
    try:
        until(lambda: file.is_file() and bool(file.read_text(encoding="utf-8").strip()))
        for _ in range(workers):
            cluster.join()
        if workers:
            with Client(scheduler_file=str(file), set_as_default=False) as client:
                client.wait_for_workers(workers, timeout=PATIENCE)
        yield cluster
    finally:
        for process in [*cluster.workers, cluster.scheduler]:
            process.kill()
        for process in [*cluster.workers, cluster.scheduler]:
            process.wait()


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not come to be in time"
        time.sleep(0.05)


def _start(command: Sequence[str], folder: Path, allowed: int = 3) -> subprocess.Popen[bytes]:
    number = len(list(folder.glob("*.log")))
    with (folder / f"{number}-{command[0]}.log").open("wb") as out:
        environment = os.environ | {"PYTHONPATH": str(TESTS), "OMP_NUM_THREADS": "1"}
        environment["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = str(allowed)
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *command], cwd=folder, env=environment, stdout=out, stderr=out
        )
