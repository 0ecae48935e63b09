"""Sweeps on a dask cluster: what it cannot be is told, and what it answers is what one process answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster
from support import tasks
from support.build import solve
from support.generate import generate
from typer.testing import CliRunner

import optimizer
from optimizer.cli import app
from optimizer.errors import OptionsError, SolveError
from optimizer.plan.plan import Plan
from optimizer.workers import cluster as room
from optimizer.workers import connected, workers_of


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A plan with three futures."""
    return solve(generate(2, scenarios=3), gap=0.0)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A client of a cluster of one worker in this process."""
    settings: dict[str, Any] = {"processes": False, "dashboard_address": ":0", "protocol": "tcp://"}
    with LocalCluster(n_workers=1, threads_per_worker=1, **settings) as cluster, Client(cluster) as client:
        yield client


def test_a_plan_is_operated_alike(plan: Plan, client: Client) -> None:
    """A client that is given is used, and stays open."""
    here = optimizer.evaluate(plan.instance, plan, workers=1)
    there = optimizer.evaluate(plan.instance, plan, cluster=client)
    assert there.futures.equals(here.futures)
    assert client.status == "running"
    assert not room._homes, "what a worker kept is let go of at the end"


def test_numbers_are_swept_alike(plan: Plan, client: Client, tmp_path: Path) -> None:
    """The same rows, but for the seconds that they took."""
    only = [f"facilities.{next(iter(plan.instance.facilities))}.*"]
    here, there = (
        optimizer.sensitivity(plan.instance, tmp_path / name, only=only, top=0, workers=1, cluster=at)
        for name, at in (("here", None), ("there", client))
    )
    assert len(here.screen) > 2
    tables = [
        found.screen.drop(columns="seconds").sort_values(["key", "end"], ignore_index=True) for found in (here, there)
    ]
    assert tables[1].equals(tables[0])


def test_runs_of_a_study_are_done_alike(plan: Plan, client: Client) -> None:
    """The same tables, but for the seconds."""
    design = {"study": "rates", "grid": {"discount_rate": [0.0, 0.1]}}
    here, there = (optimizer.study(design, instance=plan.instance, workers=1, cluster=at) for at in (None, client))
    assert there.results.drop(columns="seconds").equals(here.results.drop(columns="seconds"))
    assert there.portfolios.equals(here.portfolios)


@pytest.mark.slow
def test_samples_and_values_are_done_alike(plan: Plan, client: Client) -> None:
    """The same verdicts and the same flips."""
    name = next(name for name, facility in plan.instance.facilities.items() if facility.options)
    here, there = (
        optimizer.verdicts(plan.instance, samples=2, within=0.01, option=[name], workers=1, cluster=at)
        for at in (None, client)
    )
    assert len(here.options)
    assert there.options.equals(here.options)
    key = {"discount_rate": (0.0, 0.1)}
    one, other = (optimizer.flip(plan.instance, key, option=[name], close=0.5, cluster=at) for at in (None, client))
    assert len(one.flips)
    assert other.flips.equals(one.flips)


def test_losses_are_tried_alike(plan: Plan, client: Client, tmp_path: Path) -> None:
    """The same worst losses, and every question asked once."""
    asked: dict[str, Any] = {"losses": 2, "markets": list(plan.instance.markets)}
    here = optimizer.stress(plan, tmp_path / "here", **asked, workers=1)
    there = optimizer.stress(plan, tmp_path / "there", **asked, cluster=client)
    assert there.losses.equals(here.losses)
    assert there.worst.equals(here.worst)
    assert there.info["sets"] == here.info["sets"]


def test_the_command_takes_a_scheduler_file(plan: Plan, client: Client, tmp_path: Path) -> None:
    """The tables are those of the same command without a cluster."""
    plan.save(tmp_path / "plan")
    address = json.dumps({"type": "Scheduler", "address": client.scheduler.address})
    (tmp_path / "scheduler.json").write_text(address, encoding="utf-8")
    for name, where in (("there", ["--cluster", str(tmp_path / "scheduler.json")]), ("here", ["--workers", "1"])):
        command = ["evaluate", str(tmp_path / "plan" / "instance"), "--portfolio", str(tmp_path / "plan"), "--quiet"]
        result = CliRunner().invoke(app, [*command, "-o", str(tmp_path / name), *where])
        assert result.exit_code == 0, result.stderr
    here, there = ((tmp_path / name / "futures.csv").read_text(encoding="utf-8") for name in ("here", "there"))
    assert there == here


def test_an_error_comes_with_its_own_type(client: Client, tmp_path: Path) -> None:
    """As from a process of this machine."""
    with workers_of(2, client, tasks.Home, tmp_path, 1) as pool, pytest.raises(SolveError, match="has no answer"):
        list(pool.results(tasks.fails, [4]))


def test_workers_that_run_other_code_are_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their answers would be of another model; what differs is named."""
    codes = iter([room._code() | {"highspy": "1.0.0"}, room._code()])
    monkeypatch.setattr(room, "_code", lambda: next(codes))
    words = r"worker .* runs other code: highspy .*, here 1\.0\.0; install the same"
    with pytest.raises(OptionsError, match=words), connected(client):
        pass


def test_without_the_extra_it_says_how_to_install_it(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, and the line to type; nothing is written."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    plan.save(tmp_path / "plan")
    command = ["stress", str(tmp_path / "plan"), "--cluster", "tcp://127.0.0.1:8786", "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "pip install '.[cluster]'" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("tcp://127.0.0.1:9", "no scheduler answers: Timed out"),
        ("127.0.0.1:9", r"127.0.0.1:9 \(tcp://127.0.0.1:9\): no scheduler answers"),
        ("smoke://127.0.0.1:9", "unknown address scheme 'smoke'"),
        ("nothing.json", "No such file.*tcp://HOST:PORT, or the file that 'dask scheduler --scheduler-file"),
        ("letter.txt", "letter.txt is no scheduler file"),
        ("other.json", "other.json is no scheduler file: it names no address"),
        ("left.json", r"left.json \(tcp://127.0.0.1:9\): no scheduler answers"),
        (7, "cluster is 7; it is an address, a scheduler file or a client"),
    ],
)
def test_a_cluster_that_is_not_there_is_told_in_seconds(
    given: object, words: str, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address that nobody answers at, a file that is none: before anything is solved."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(room, "PATIENCE", 0.3)
    Path("letter.txt").write_text("dear reader", encoding="utf-8")
    Path("other.json").write_text("{}", encoding="utf-8")
    Path("left.json").write_text(json.dumps({"address": "tcp://127.0.0.1:9"}), encoding="utf-8")
    told: list[str] = []
    with pytest.raises(OptionsError, match=words):
        optimizer.evaluate(plan.instance, plan, cluster=given, tell=lambda what, _done, _of: told.append(what))
    assert not told
