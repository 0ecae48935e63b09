"""Benders with its parts in workers of a cluster: the plan of one process, and nothing but time lost with a worker."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest
from distributed import Client, LocalCluster
from support.build import Data, instance_of
from support.cases import OWN, ROOT, cases_in, contract
from support.cluster import cluster_of
from support.generate import generate
from typer.testing import CliRunner

import optimizer
from optimizer.cli import app
from optimizer.errors import OptionsError
from optimizer.network.network import network_of
from optimizer.plan.plan import Plan
from optimizer.solver.benders import afar, asking
from optimizer.solver.benders.recourse import Elsewhere, Impossible
from optimizer.solver.benders.search import Search
from optimizer.solver.benders.split import undivided
from optimizer.solver.highs import Progress, Stop
from optimizer.solver.limit import Limit, Stopped
from optimizer.solver.options import Options
from optimizer.solver.solve import begin
from optimizer.workers import Heard, LostError, residents
from optimizer.workers import cluster as room

EXAMPLE = str(ROOT / "docs" / "examples" / "two_plants.yaml")
CVAR: Data = {"measure": "cvar", "alpha": 0.5, "weight": 1.0}
"""Some futures weigh nothing, so that there is a second pass."""


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A client of a cluster of one worker in this process."""
    settings: dict[str, Any] = {"processes": False, "dashboard_address": ":0", "protocol": "tcp://"}
    with LocalCluster(n_workers=1, threads_per_worker=1, **settings) as cluster, Client(cluster) as client:
        yield client


def solved(data: Data, **more: Any) -> Plan:
    """A plan by Benders."""
    return optimizer.solve(instance_of(data), method="benders", **({"gap": 1e-6, "threads": 1} | more))


def like() -> Data:
    """Eight disruptions of one shape."""
    data = generate(5, scenarios=8)
    for scenario in data["scenarios"]:
        scenario |= {"probability": 0.1, "onset": 2027, "duration": 1, "recovery": 1}
    return data


def assert_same(there: Plan, here: Plan) -> None:
    """Two plans that were found on the same way: every number is equal."""
    assert there.status == here.status
    assert there.tables.keys() == here.tables.keys()
    for name, table in here.tables.items():
        assert there.tables[name].equals(table), name
    for name in ("objective", "bound", "nodes", "rules", "cost"):
        assert there.info.get(name) == here.info.get(name), name


@pytest.mark.parametrize("more", [{}, {"risk": CVAR}], ids=["expected", "second pass"])
def test_the_plan_is_that_of_one_process(more: Data, client: Client) -> None:
    """Portfolio, operations, bound and rounds, to the last digit."""
    data = generate(2, scenarios=3) | more
    here, there = solved(data), solved(data, cluster=client)
    assert_same(there, here)
    assert there.status == "optimal"
    assert there.info["verdict"]["ok"], there.info["verdict"]
    assert "cluster" not in here.info
    assert there.info["cluster"]["desks"] == there.info["sizes"]["parts"] == there.info["cluster"]["begun"]
    assert client.status == "running"
    assert not room._homes, "what a worker kept is let go of at the end"


@pytest.mark.slow
def test_parts_that_share_a_program_live_together(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample of them is asked there as it is here."""
    monkeypatch.setattr(asking, "MEMORY", 0)
    monkeypatch.setattr(asking, "SHARED", 2)
    monkeypatch.setattr(asking, "BATCHES", 3)
    here, there = solved(like()), solved(like(), cluster=client)
    assert_same(there, here)
    assert there.info["cluster"]["desks"] < there.info["sizes"]["parts"]


@pytest.mark.slow
@pytest.mark.parametrize("shared", [False, True])
def test_what_a_worker_has_forgotten_is_found_again(
    shared: bool, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where it died: parts begin anew, in the middle of a round too; the values of the best plan are found again."""
    if shared:
        monkeypatch.setattr(asking, "MEMORY", 0)
        monkeypatch.setattr(asking, "SHARED", 2)
        monkeypatch.setattr(asking, "BATCHES", 3)
    here = solved(like())
    ask, calls = residents.Residents.ask, [0]

    def forgetful(self: residents.Residents, *arguments: Any) -> Any:
        calls[0] += 1
        if calls[0] % 5 == 0 or any(isinstance(question, afar._Fetch) for question in arguments[2].values()):
            room._homes.clear()
        return ask(self, *arguments)

    monkeypatch.setattr(residents.Residents, "ask", forgetful)
    there = solved(like(), gap=1e-4, cluster=client)
    assert there.info["cluster"]["begun"] > 2 * there.info["cluster"]["desks"]
    assert there.status == here.status == "optimal"
    assert there.objective == pytest.approx(here.objective, rel=1.1e-4)
    assert here.objective is not None
    assert there.info["bound"] <= here.objective * (1 + 1e-6)
    assert there.info["verdict"]["ok"], there.info["verdict"]


def test_values_stay_with_the_worker_until_they_are_wanted(client: Client) -> None:
    """A round brings costs and slopes; values of rounds that nobody holds are dropped there."""
    network = network_of(instance_of(generate(2, scenarios=3)))
    begun, options = begin(network, Options(threads=1)), Options(gap=1e-6, threads=1)
    search = Search(network, begun.blocks, begun.out.tables, {}, options, client=client)
    assert search.run() == "optimal"
    seats = [seat for home in room._homes.values() for seat in home.values()]
    assert len(seats) == len(search.parts)
    assert all(len(seat._values) <= 3 for seat in seats), "the best, the last and the one before"
    assert search.best.z is not None
    answers = search.asking.fetched(search.best.z, search.best.answers)
    for part, before, answer in zip(search.parts, search.best.answers, answers, strict=True):
        assert isinstance(before.values, Elsewhere)
        assert len(answer.values) == len(part.part.block.columns)  # type: ignore[arg-type]
        value = part.part.block.cost_of(None)[0] @ answer.values  # type: ignore[operator]
        assert value == pytest.approx(answer.value, rel=1e-6, abs=1e-3)
    search.close()


def test_a_part_that_cannot_be_had_is_told_by_its_own(client: Client) -> None:
    """Whatever the master gives: the problem has no plan then, and it is known whose fault that is."""
    network = network_of(instance_of(generate(2, scenarios=3)))
    begun, options = begin(network, Options(threads=1)), Options(gap=1e-6, threads=1)
    search = Search(network, begun.blocks, begun.out.tables, {}, options, client=client)
    block = search.parts[1].part.block
    block.lower = np.where(block.lower == block.upper, block.lower, 1e9)  # every column of its own, whatever rows allow
    block.upper = np.full(len(block.upper), np.inf)
    with pytest.raises(Impossible) as told:
        search.first_cuts(range(len(search.groups)))
    assert told.value.part is search.parts[1].part
    assert search.run() == "infeasible"
    search.close()


def test_infeasible_is_infeasible_there(client: Client) -> None:
    """As said by one process."""
    none = [case for case in [*cases_in(contract()), *cases_in(OWN)] if case.expected["status"] == "infeasible"]
    instances = [optimizer.load(case.folder) for case in none]
    dealt = [one for one in instances if not undivided(begin(network_of(one), Options()).blocks)]
    data = generate(4, scenarios=2)
    for line in data["markets"]["army"]["demand"]:
        line["shortage_cost"] = None
    for instance in (*dealt[:2], instance_of(data)):
        plan = optimizer.solve(instance, method="benders", threads=1, cluster=client)
        assert plan.status == "infeasible"


def test_a_stop_is_heard_while_parts_answer(client: Client) -> None:
    """The best plan so far is kept, values included."""
    stop = Stop()

    def report(progress: Progress) -> None:
        if progress.incumbent is not None:
            stop.asked.set()

    plan = solved(generate(2, scenarios=3), gap=0.0, cluster=client, stop=stop, report=report)
    assert stop.asked.is_set()
    assert plan.status == "feasible"
    assert "interrupted" in plan.info["why"]
    assert plan.info["verdict"]["ok"], plan.info["verdict"]


def test_an_answer_that_nobody_waits_for_is_ended_inside_the_solver(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker hears it at HiGHS's next iteration: nothing half answered is taken, and the plan so far is whole."""
    over, check, checks, interrupted, ended = Heard.over, Limit.check, [0], [0], threading.Event()

    def checked(limit: Limit, highs: Any) -> None:
        if isinstance(limit, afar._HeardLimit):
            checks[0] += 1
            if checks[0] == 20:
                highs.cbSimplexInterrupt.subscribe(lambda _event: ended.set())
        interrupted[0] += highs.getModelStatus() == highspy.HighsModelStatus.kInterrupt
        try:
            check(limit, highs)
        except Stopped:
            highs.cbSimplexInterrupt.clear()  # once is enough
            ended.clear()
            raise

    monkeypatch.setattr(Heard, "over", lambda heard: over(heard) or ended.is_set())
    monkeypatch.setattr(Limit, "check", checked)
    plan = solved(generate(2, scenarios=3), cluster=client)
    assert interrupted[0]
    assert plan.status in ("feasible", "no_plan")
    if plan.tables:
        assert plan.info["verdict"]["ok"], plan.info["verdict"]


@pytest.mark.parametrize("method", ["extensive", "hedging"])
def test_a_method_without_parts_has_no_use_for_a_cluster(method: str, client: Client) -> None:
    """It is refused before anything is built."""
    with pytest.raises(OptionsError, match=f"method is '{method}' and a cluster is named"):
        optimizer.solve(instance_of(generate(2)), method=method, cluster=client)


def test_auto_takes_benders_for_a_cluster(client: Client) -> None:
    """However small the instance is; what cannot be dealt out is refused."""
    plan = optimizer.solve(instance_of(generate(2, scenarios=1)), gap=1e-3, threads=1, cluster=client)
    assert (plan.info["method"], plan.info["method_why"]) == ("benders", "a cluster answers for its parts")
    whole = [
        case.folder
        for case in cases_in(OWN)
        if undivided(begin(network_of(optimizer.load(case.folder)), Options()).blocks)
    ]
    with pytest.raises(OptionsError, match=r"parts of 'benders' only, but .* whole numbers; leave it out"):
        optimizer.solve(optimizer.load(whole[0]), cluster=client)


@pytest.mark.slow
def test_the_command_takes_a_cluster(client: Client, tmp_path: Path) -> None:
    """A scheduler file as elsewhere; the folder is that of the same command without one, worth of rules included."""
    address = json.dumps({"type": "Scheduler", "address": client.scheduler.address})
    (tmp_path / "scheduler.json").write_text(address, encoding="utf-8")
    starter = str(ROOT / "instances" / "starter")
    command = ["solve", starter, "--method", "benders", "--gap", "0.01", "--threads", "1", "--quiet"]
    for name, where in (("there", ["--cluster", str(tmp_path / "scheduler.json")]), ("here", [])):
        result = CliRunner().invoke(app, [*command, "-o", str(tmp_path / name), *where])
        assert result.exit_code == 0, result.stderr
    here, there = (Plan.read(tmp_path / name) for name in ("here", "there"))
    assert_same(there, here)
    assert any(rule.get("saved_by_1_percent_usd") for rule in there.info["rules"])


@pytest.mark.parametrize("more", [[], ["--survive", "1"]], ids=["solve", "survive"])
def test_a_cluster_that_is_not_there_is_told_at_once(
    more: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2 as elsewhere, and nothing is written."""
    monkeypatch.setattr(room, "PATIENCE", 0.3)
    command = ["solve", EXAMPLE, "--cluster", "tcp://127.0.0.1:9", "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*command, *more])
    assert result.exit_code == 2
    assert "no scheduler answers" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_killed_workers_cost_time_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of two is killed in the middle: the same plan. The other too: an error, and a later run goes on from it."""
    monkeypatch.setattr(residents, "NOBODY", 1.0)
    data = generate(2, scenarios=8)
    for scenario in data["scenarios"]:
        scenario["probability"] = 0.0625
    here = solved(data)
    with cluster_of(tmp_path / "cluster") as cluster:
        first, second = (worker.pid for worker in cluster.workers)
        killed: list[str] = []

        def kill_one(progress: Progress) -> None:
            if progress.incumbent is not None and not killed:  # half of its operations are lost with it
                killed.append(progress.phase)
                cluster.kill(first)

        there = solved(data, cluster=cluster.file, report=kill_one)
        assert killed == ["settling a portfolio"]
        assert there.info["cluster"]["begun"] > there.info["cluster"]["desks"]
        assert there.status == here.status == "optimal"
        assert there.objective == pytest.approx(here.objective, rel=3e-6)
        assert here.objective is not None
        assert there.info["bound"] <= here.objective * (1 + 1e-6)
        assert there.info["verdict"]["ok"], there.info["verdict"]

        def kill_the_other(progress: Progress) -> None:
            if progress.phase == "relaxing" and len(killed) == 1:
                killed.append(progress.phase)
                cluster.kill(second)

        kept = tmp_path / "kept.checkpoint"
        with pytest.raises(LostError, match=r"all workers of the cluster .*; what is known is in .*kept\.checkpoint"):
            solved(data, cluster=cluster.file, report=kill_the_other, checkpoint=kept)
    assert kept.is_file()
    later = solved(data, checkpoint=kept)
    assert later.info["resumed"]
    assert later.objective == pytest.approx(here.objective, rel=3e-6)
