"""Groups that live in workers of a cluster: begun once, asked again and again, begun anew where they are lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster
from support import tasks
from support.cluster import cluster_of, until

from optimizer.errors import OptionsError, SolveError
from optimizer.workers import EndedError, LostError, Residents, connected, residents
from optimizer.workers import cluster as room
from optimizer.workers import there as at_worker

GROUPS = range(6)
ANSWERS = {group: 2 * group * (group + 1) for group in GROUPS}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A client of a cluster of one worker in this process."""
    settings: dict[str, Any] = {"processes": False, "dashboard_address": ":0", "protocol": "tcp://"}
    with LocalCluster(n_workers=1, threads_per_worker=1, **settings) as cluster, Client(cluster) as client:
        yield client


def made(client: Client | None) -> Residents:
    """Six groups, each with a number one more than its own."""
    assert client is not None
    return Residents(client, tasks.settles, lambda group: group + 1, [1.0] * len(GROUPS))


def never() -> None:
    """Nothing ends a round."""


def asked(groups: Residents) -> dict[int, int]:
    """What all groups answer."""
    found = groups.ask(tasks.tells, 2, {group: group for group in GROUPS}, never)
    return {group: answer for group, (answer, _) in found.items()}


def test_what_lives_there_is_sent_once(client: Client) -> None:
    """One message a round and worker; nothing is begun again, and at the end nothing stays behind."""
    groups = made(client)
    assert [asked(groups) for _ in range(3)] == [ANSWERS] * 3
    assert (groups.begun, groups.rounds, groups.messages) == (6, 3, 3)
    assert groups.ask(tasks.tells, 2, {4: 1}, never)[4][0] == 10
    assert len(room._homes) == 1
    groups.end()
    assert not room._homes


def test_what_a_worker_does_not_know_any_more_is_sent_again(client: Client) -> None:
    """As where other studies took its place, or it was restarted under the same address."""
    groups = made(client)
    assert asked(groups) == ANSWERS
    room._homes.clear()
    assert asked(groups) == ANSWERS
    assert groups.begun == 12
    groups.end()


def test_much_goes_in_portions(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask warns of large messages; what is asked is answered all the same."""
    monkeypatch.setattr(residents, "PORTION", 1)
    groups = made(client)
    assert asked(groups) == ANSWERS
    assert groups.messages == len(GROUPS)
    groups.end()


def test_a_round_that_is_over_ends_in_the_worker(client: Client, tmp_path: Path) -> None:
    """The worker hears it, and the next round is answered."""
    groups = made(client)
    begun = tmp_path / "begun"
    with pytest.raises(EndedError, match="interrupted"):
        groups.ask(tasks.listens, tmp_path, {0: 1, 1: 1}, lambda: "interrupted" if begun.exists() else None)
    until((tmp_path / "heard").exists)
    assert asked(groups) == ANSWERS
    groups.end()
    assert not at_worker._over


def test_a_worker_ends_by_itself_once_its_time_is_up(client: Client, tmp_path: Path) -> None:
    """It knows the seconds that there are."""
    groups, began = made(client), time.monotonic()
    assert groups.ask(tasks.listens, tmp_path, {2: 5}, never, 0.2) == {2: 15}
    assert time.monotonic() - began >= 0.2
    groups.end()


def test_an_error_comes_with_its_own_type(client: Client) -> None:
    """And the groups can be asked again."""
    groups = made(client)
    with pytest.raises(SolveError, match="group 3 has no answer"):
        groups.ask(tasks.refuses, 0, {3: 3}, never)
    assert asked(groups) == ANSWERS
    groups.end()


def test_other_code_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that joined later may run it."""
    groups = made(client)
    codes = iter([room._code() | {"highspy": "1.0.0"}])
    monkeypatch.setattr(residents, "_code", lambda: next(codes))
    with pytest.raises(OptionsError, match=r"runs other code: highspy .*, here 1\.0\.0"):
        asked(groups)
    groups.end()


class Addresses:
    """Stands for a client: who works there."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    def nthreads(self) -> dict[str, int]:
        """One thread each."""
        return dict.fromkeys(self.addresses, 1)


def test_groups_stay_where_they_are_and_those_of_a_worker_that_is_gone_are_spread() -> None:
    """Who is new takes a fair part, of whom there is one left takes all."""
    there = Addresses("a", "b")
    groups = Residents(there, tasks.settles, lambda group: group, [8.0, 4.0, 4.0, 2.0, 2.0, 2.0, 2.0])

    def loads() -> dict[str, float]:
        groups._look(now=True)
        groups._settle()
        found: dict[str, float] = {}
        for group, place in groups._place.items():
            found[place] = found.get(place, 0.0) + groups._weights[group]
        return found

    assert loads() == {"a": 12.0, "b": 12.0}
    before = dict(groups._place)
    assert loads() == {"a": 12.0, "b": 12.0}
    assert groups._place == before
    there.addresses = ("a", "b", "c")
    assert loads() == {"a": 8.0, "b": 8.0, "c": 8.0}
    moved = [group for group, place in groups._place.items() if place != before[group]]
    assert all(groups._place[group] == "c" for group in moved)
    there.addresses = ("b", "c")
    stayed = {group: place for group, place in groups._place.items() if place != "a"}
    assert loads() == {"b": 16.0, "c": 8.0} or loads() == {"b": 12.0, "c": 12.0} or loads() == {"b": 8.0, "c": 16.0}
    assert stayed.items() <= groups._place.items()
    there.addresses = ("c",)
    assert loads() == {"c": 24.0}


@pytest.mark.slow
def test_workers_that_join_and_are_killed_change_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody at first; one who joins takes all, a second one half; one is killed over a question; then all is lost."""
    monkeypatch.setattr(residents, "NOBODY", 0.5)
    questions = {group: group for group in GROUPS}
    with cluster_of(tmp_path / "cluster", workers=0) as cluster, connected(cluster.file) as client:
        groups = made(client)
        threading.Timer(0.5, cluster.join).start()
        assert {pid for _, pid in groups.ask(tasks.tells, 2, questions, never).values()} == {cluster.workers[0].pid}
        cluster.join()

        def both() -> bool:
            return len({pid for _, pid in groups.ask(tasks.tells, 2, questions, never).values()}) == 2

        until(both)
        assert groups.begun == 9, "three have moved"
        killed, left = (worker.pid for worker in cluster.workers)

        def kill() -> None:
            until(lambda: len(list(tmp_path.glob("held-*"))) == 2)
            cluster.kill(killed)
            (tmp_path / "go").touch()

        thread = threading.Thread(target=kill)
        thread.start()
        found = groups.ask(tasks.holds, tmp_path, questions, never)
        thread.join()
        assert {group: answer for group, (answer, _) in found.items()} == {g: g * (g + 1) for g in GROUPS}
        assert groups.begun == 12, "the three of the one that is gone live in the other"
        assert asked(groups) == ANSWERS
        cluster.kill(left)
        with pytest.raises(LostError, match=r"all workers of the cluster .* were lost, and none has come back"):
            asked(groups)
        cluster.scheduler.kill()
        with pytest.raises(LostError, match="the scheduler of the cluster was lost"):
            asked(groups)
