"""A dask cluster of two processes, one of which is killed in the middle: it takes longer, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support import tasks
from support.build import solve
from support.cluster import Cluster, cluster_of, until
from support.generate import generate

import optimizer
from optimizer.errors import SolveError
from optimizer.plan.plan import Plan
from optimizer.workers import connected, workers_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A plan with eight futures."""
    data = generate(2, scenarios=8)
    for scenario in data["scenarios"]:
        scenario["probability"] = 0.0625
    return solve(data, gap=0.0)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler and two workers."""
    with cluster_of(tmp_path / "cluster") as cluster:
        yield cluster


def test_a_task_whose_worker_is_killed_is_done_elsewhere(cluster: Cluster, tmp_path: Path) -> None:
    """Both workers have begun a task, whichever it is; one is killed over its own."""
    found: list[tuple[int, int]] = []

    def marks(task: int) -> list[int]:
        return tasks.marks(tmp_path / f"task-{task}")

    def work() -> None:
        with connected(cluster.file) as client, workers_of(1, client, tasks.Home, tmp_path, 7) as pool:
            found.extend(pool.results(tasks.waits, range(6)))

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: len(set(tasks.marks(tmp_path / "begun"))) == 2 and any(map(marks, range(6))))
    task = next(task for task in range(6) if marks(task))
    killed = marks(task)[0]
    cluster.kill(killed)
    (tmp_path / "go").touch()
    thread.join()
    assert sorted(found) == [(number, 7 * number) for number in range(6)]
    begun = marks(task)
    assert begun[0] == killed
    assert begun[1:]
    assert killed not in begun[1:]


def test_a_worker_may_join_later(tmp_path: Path) -> None:
    """Chains wait for the first worker; once a second joins it takes a part."""
    heard: list[list[tuple[int, int]]] = [[] for _ in range(6)]
    chains = [tasks.counting(100 * number, 20, mine) for number, mine in enumerate(heard)]
    with cluster_of(tmp_path / "cluster", workers=0) as cluster, connected(cluster.file) as client:
        assert client is not None
        with workers_of(1, client, tasks.Home, tmp_path, 1) as pool:
            for ticks, _ in enumerate(pool.follow(tasks.process, chains)):
                if ticks == 1:
                    assert not any(heard)
                    cluster.join()
                    cluster.join()
    for number, mine in enumerate(heard):
        assert [task for task, _ in mine] == [100 * number + n for n in range(20)]
    assert len({where for mine in heard for _, where in mine}) == 2


def test_a_task_that_kills_its_workers_is_told_of(tmp_path: Path) -> None:
    """Dask holds a task to blame once more workers died over it than it allows: three by itself, one here."""
    with (
        cluster_of(tmp_path / "cluster", allowed=1) as cluster,
        connected(cluster.file) as client,
        workers_of(1, client, tasks.Home, tmp_path, 7) as pool,
        pytest.raises(SolveError, match="died over one task"),
    ):
        list(pool.results(tasks.dies, [3]))
    assert len(tasks.marks(tmp_path / "died")) == 2


def test_a_scheduler_that_is_lost_is_told_of(cluster: Cluster, tmp_path: Path) -> None:
    """It does not wait for ever."""
    with connected(cluster.file) as client, workers_of(1, client, tasks.Home, tmp_path, 1) as pool:
        following = pool.results(tasks.times, range(4))
        next(following)
        cluster.scheduler.kill()
        with pytest.raises(SolveError, match="the scheduler of the cluster was lost"):
            list(pool.results(tasks.times, range(100)))


def test_an_evaluation_goes_on_without_a_worker(plan: Plan, cluster: Cluster, tmp_path: Path) -> None:
    """One of two is killed after the second answer: every future costs what one process says."""
    here = optimizer.evaluate(plan.instance, plan, workers=1)

    def tell(what: str, done: int, _of: int) -> None:
        if what == "branches" and done == 2:
            cluster.kill(cluster.workers[0].pid)

    there = optimizer.evaluate(plan.instance, plan, cluster=cluster.file, folder=tmp_path / "kept", tell=tell)
    assert cluster.workers[0].wait() != 0
    assert there.info["status"] == "done"
    assert there.futures.equals(here.futures)


def test_a_stress_test_goes_on_without_a_worker(plan: Plan, cluster: Cluster, tmp_path: Path) -> None:
    """One of two is killed after the fifth answer: the same tables, every answer in the ledger once."""
    asked: dict[str, Any] = {"losses": 2, "markets": list(plan.instance.markets)}
    here = optimizer.stress(plan, tmp_path / "here", **asked, workers=1)
    calls = [0]

    def tell(_what: str, _done: int, _of: int) -> None:
        calls[0] += 1
        if calls[0] == 5:
            cluster.kill(cluster.workers[1].pid)

    there = optimizer.stress(plan, tmp_path / "there", **asked, cluster=cluster.file, tell=tell)
    assert cluster.workers[1].wait() != 0
    pd.testing.assert_frame_equal(there.losses, here.losses, rtol=1e-9)  # a program begun anew rounds otherwise
    pd.testing.assert_frame_equal(there.worst, here.worst, rtol=1e-9)
    asked_for = pd.read_csv(tmp_path / "there" / "sets.csv")[["duration", "onset", "lost", "lean"]]
    assert not asked_for.duplicated().any()
