"""A Benders run can be stopped anywhere and gone on with from its checkpoint, killed or not, by more futures too."""

from __future__ import annotations

import copy
import json
import math
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest
from support.build import Data, instance_of, text_of
from support.generate import generate

import optimizer
from optimizer.errors import PlanError
from optimizer.network.network import network_of
from optimizer.solver import limit as limits
from optimizer.solver import solve as choosing
from optimizer.solver.benders import checkpoint as checkpointing
from optimizer.solver.benders import search as searching
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.benders.known import Known, carry, fingerprints, in_use, known_of
from optimizer.solver.benders.search import Search
from optimizer.solver.highs import Progress, Stop
from optimizer.solver.limit import Limit
from optimizer.solver.options import Options
from optimizer.solver.solve import begin, solve

GAP = 1e-6
MANY = 3
LATE = 70
"""Programs of the master after which the starter has a plan, and its search is not over."""


@pytest.fixture(autouse=True)
def _always_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is done in a moment keeps no file; here all do."""
    monkeypatch.setattr(searching, "EVERY", 0.0)
    monkeypatch.setattr(checkpointing, "EVERY", 0.0)


def by_benders(instance: optimizer.Instance, **more: Any) -> optimizer.Plan:
    """The plan that Benders finds."""
    return optimizer.solve(instance, method="benders", **({"gap": GAP, "threads": 1} | more))


def search_of(instance: optimizer.Instance, gap: float = GAP) -> Search:
    """A search with nothing known."""
    network = network_of(instance)
    begun = begin(network, Options(threads=1))
    return Search(network, begun.blocks, begun.out.tables, begun.out.hindsight, Options(gap=gap, threads=1))


def known_in(file: Path) -> Known:
    known = Checkpoint(file, "").read()
    assert known is not None
    return known


def strike(monkeypatch: pytest.MonkeyPatch, end: Any, nth: int) -> list[Any]:
    """Call something from within HiGHS, in the n-th program that the master runs or the next that takes a step."""
    run, struck, count = Limit.run, list[Any](), [0]

    def watched(limit: Limit, highs: Any) -> None:
        count[0] += 1

        def at_once(_event: Any) -> None:
            if not struck:
                struck.append(highs)
                end(limit)

        if count[0] >= nth and not struck:
            highs.cbSimplexInterrupt.subscribe(at_once)
        run(limit, highs)

    monkeypatch.setattr(Limit, "run", watched)
    return struck


def unlike(data: Data, which: int = 0) -> Data:
    """The same with one scenario's effects other."""
    other = copy.deepcopy(data)
    scenario = other["scenarios"][which]
    scenario["effects"] = [{"affects": "demand", "where": {"market": next(iter(other["markets"]))}, "factor": 1.7}]
    return other


def three() -> Data:
    """An instance of three scenarios that all have a branch."""
    return generate(5, scenarios=MANY)


def stopped_at(
    monkeypatch: pytest.MonkeyPatch, instance: optimizer.Instance, nth: int, file: Path | None = None, **more: Any
) -> optimizer.Plan:
    """A run that is asked to stop from inside the n-th program of its master."""
    stop = Stop()
    with monkeypatch.context() as patch:
        struck = strike(patch, lambda _limit: stop.asked.set(), nth)
        plan = by_benders(instance, stop=stop, checkpoint=file, **more)
    assert struck, "the search was over before it was asked to stop"
    return plan


# Stopping


def starter(**more: Any) -> optimizer.Instance:
    return optimizer.load(Path(__file__).parents[2] / "instances" / "starter", **more)


def test_a_stop_is_heard_inside_the_master(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked in the middle of a program, HiGHS ends there, and the plan and bound known by then are kept."""
    statuses: list[Any] = []
    run = Limit.run

    def noting(limit: Limit, highs: Any) -> None:
        run(limit, highs)
        statuses.append(highs.getModelStatus())

    monkeypatch.setattr(Limit, "run", noting)
    plan = stopped_at(monkeypatch, starter(), LATE, gap=1e-9)
    assert highspy.HighsModelStatus.kInterrupt in statuses
    assert plan.status == "feasible"
    assert "interrupted" in plan.info["why"]
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert plan.bound is not None
    assert plan.objective is not None
    assert 0 < plan.bound <= plan.objective
    assert any(rule["status"] == "binding" for rule in plan.info["rules"])


def test_a_time_limit_is_heard_inside_the_master(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadline that comes while HiGHS runs ends it there."""

    def now(limit: Limit) -> None:
        limit.deadline = 0.0

    struck = strike(monkeypatch, now, LATE)
    plan = by_benders(starter(), gap=1e-9)
    assert struck
    assert plan.status == "feasible"
    assert "time limit" in plan.info["why"]
    assert plan.info["verdict"]["ok"], plan.info["verdict"]


@pytest.mark.slow
def test_a_master_that_does_not_stop_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where HiGHS hears nobody, what it has proved so far is kept, and so is the plan."""
    release, stop, count = threading.Event(), Stop(), [0]
    run = highspy.Highs.run

    def deaf(highs: Any) -> Any:
        if threading.current_thread().name == "highs":
            count[0] += 1
            if count[0] >= LATE:
                stop.asked.set()
                release.wait(30)
        return run(highs)

    monkeypatch.setattr(highspy.Highs, "run", deaf)
    monkeypatch.setattr(limits, "PATIENCE", 0.1)
    try:
        plan = by_benders(starter(), gap=1e-9, stop=stop)
    finally:
        release.set()
    assert count[0] == LATE, "what was left behind was run again"
    assert plan.status == "feasible"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]


@pytest.mark.parametrize("answer", [2, 40])
def test_a_stop_is_heard_inside_a_part(answer: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked while parts answer, none goes on to the end, and nothing half answered is taken."""
    stop, checks, heard = Stop(), [0], [0]
    check = Limit.check

    def asking(limit: Limit, highs: Any) -> None:
        checks[0] += 1
        if checks[0] == answer:
            highs.cbSimplexInterrupt.subscribe(lambda _event: stop.asked.set())
        heard[0] += highs.getModelStatus() == highspy.HighsModelStatus.kInterrupt
        check(limit, highs)

    monkeypatch.setattr(Limit, "check", asking)
    plan = by_benders(instance_of(three()), gap=1e-9, stop=stop)
    assert stop.asked.is_set()
    assert plan.status in ("no_plan", "feasible")
    if plan.tables:
        assert plan.info["verdict"]["ok"], plan.info["verdict"]


# Going on


def test_what_is_put_aside_can_be_let_go_of() -> None:
    """Cuts in use stay as they are, each with its own columns and slopes."""
    search = search_of(instance_of(generate(14, scenarios=3)))
    search.run()
    known = known_of(search, *fingerprints(search), 0.0)
    known.arrays["cut_in_use"] = np.arange(len(known.arrays["cut_in_use"])) % 3 != 1  # as if a third were idle
    fewer = in_use(known)

    def cuts(of: Known) -> list[tuple[Any, ...]]:
        arrays = of.arrays
        spans = zip(arrays["cut_first"][:-1], arrays["cut_first"][1:], strict=True)
        entries = [(arrays["column"][a:b].tolist(), arrays["slope"][a:b].tolist()) for a, b in spans]
        by_cut = ("cut_group", "cut_cost", "cut_constant", "cut_in_use")
        return list(zip(entries, *(arrays[name].tolist() for name in by_cut), strict=True))

    assert cuts(fewer) == [cut for cut in cuts(known) if cut[-1]]
    assert 0 < len(cuts(fewer)) < len(cuts(known))
    search.close()


@pytest.mark.parametrize(
    "risk", ["expected", *(pytest.param(risk, marks=pytest.mark.slow) for risk in ("cvar", "worst_case", "regret"))]
)
def test_a_stopped_run_is_gone_on_with(risk: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same optimum as a run from nothing, from the bound and cuts there were; first cuts are not asked again."""
    more = {"alpha": 0.5, "weight": 0.5} if risk == "cvar" else {}
    instance = instance_of(three() | {"risk": {"measure": risk, **more}})
    fresh = by_benders(instance)
    file = tmp_path / "made.checkpoint"
    known = fresh.info["hindsight"]  # it is the search for the plan that is stopped, none for hindsight
    monkeypatch.setattr(choosing, "find_hindsights", lambda begun, _kept: begun.out.hindsight.update(known))
    first = stopped_at(monkeypatch, instance, 12, file, gap=1e-9)
    assert first.info["resumed"] == ""
    before = known_in(file)
    bounds: list[float] = []

    def never(*_: Any) -> None:
        raise AssertionError("first cuts were asked again")

    monkeypatch.setattr(searching.Search, "_seed", never)
    plan = by_benders(instance, checkpoint=file, report=lambda told: bounds.append(told.bound or -math.inf))
    assert plan.status == fresh.status == "optimal"
    assert plan.info["resumed"].startswith(f"gone on from {file}")
    assert plan.objective == pytest.approx(fresh.objective, rel=3 * GAP, abs=1.0)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert plan.info["seconds"]["before"] > 0
    if not math.isnan(before.bound):
        assert min(b for b in bounds if b > -math.inf) >= before.bound - 1e-6 * abs(before.bound)


@pytest.mark.slow
def test_a_run_that_was_done_is_done_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The plan is worked out anew and found good enough: the master is not asked. A narrower gap goes on from there."""
    instance, file = starter(), tmp_path / "starter.checkpoint"
    done = by_benders(instance, gap=1e-3, checkpoint=file)
    with monkeypatch.context() as patch:
        patch.setattr(searching.Search, "_relax", lambda _search: pytest.fail("the master was asked"))
        again = by_benders(instance, gap=1e-3, checkpoint=file)
    assert again.status == "optimal"
    assert again.objective == pytest.approx(done.objective, rel=1e-9)
    assert again.info["verdict"]["ok"], again.info["verdict"]
    narrower = by_benders(instance, gap=1e-7, checkpoint=file)
    assert narrower.status == "optimal"
    assert narrower.gap is not None
    assert narrower.gap <= 1e-7
    assert narrower.objective is not None
    assert again.objective is not None
    assert narrower.objective <= again.objective * (1 + 1e-9)


def test_what_stood_on_a_plan_that_is_not_found_again_is_not_taken() -> None:
    """Portfolios given up beside a plan that is lost count again: the optimum is found, and not what is left."""
    network, kept = network_of(instance_of(three())), Checkpoint(None, "")
    options = Options(method="benders", gap=GAP, threads=1)
    done = solve(network, options, checkpoint=kept)
    known = kept.read()
    assert known is not None
    assert len(known.arrays["tree_bound"])
    for name in ("best", "best_value"):
        known.arrays[name] = known.arrays[name][:0]
    again = solve(network, options, checkpoint=kept)
    assert again.status == done.status == "optimal"
    assert again.objective == pytest.approx(done.objective, rel=3 * GAP)


def test_a_stop_while_it_takes_on_what_was_known_loses_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stopped before the old plan is worked out again, the file stays as it was."""
    instance, file = instance_of(three()), tmp_path / "made.checkpoint"
    by_benders(instance, checkpoint=file)
    before, stop = file.read_bytes(), Stop()

    def carrying(*arguments: Any) -> Any:
        stop.asked.set()
        return carry(*arguments)

    monkeypatch.setattr(searching, "carry", carrying)
    assert by_benders(instance, checkpoint=file, stop=stop).status == "no_plan"
    assert file.read_bytes() == before


@pytest.mark.parametrize("until", ["first cuts", "settling a portfolio"])
def test_a_start_is_as_good_as_it_was_at_once(until: str) -> None:
    """Its stock is tried with its fundings: what it costs is known first. Stopped before that, the plan says so."""
    instance = instance_of(three())
    earlier = by_benders(instance, gap=0.05)
    assert earlier.objective is not None
    stop, first = Stop(), list[float]()

    def report(told: Progress) -> None:
        if told.incumbent is not None:
            first.append(told.incumbent)
        if told.phase == until:
            stop.asked.set()

    plan = by_benders(instance, start=earlier, gap=0.0, report=report, stop=stop)
    if until == "first cuts":
        assert plan.info["start"] == "it was stopped before that was tried"
        assert plan.status == "no_plan"
        return
    assert plan.info["start"] == "used"
    assert first[0] <= earlier.objective * (1 + 1e-7)


# Other instances


def changes() -> dict[str, tuple[Data, Data]]:
    """Name -> (instance before, instance now)."""
    data = three()
    fewer = data | {"scenarios": data["scenarios"][:2]}
    likelier = copy.deepcopy(data)
    likelier["scenarios"][0]["probability"] *= 0.5
    dearer = copy.deepcopy(data)
    for line in next(iter(dearer["markets"].values()))["demand"]:
        line["shortage_cost"] *= 1.3
    return {
        "more futures": (fewer, data),
        "fewer futures": (data, fewer),
        "other probabilities": (data, likelier),
        "a scenario that differs": (data, unlike(data)),
        "all is dearer": (data, dearer),
    }


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(name, marks=pytest.mark.slow) if name in ("fewer futures", "all is dearer") else name
        for name in changes()
    ],
)
def test_what_still_holds_is_taken_by_another_instance(change: str, tmp_path: Path) -> None:
    """Its optimum is that of a run from nothing, its bound is one, and it says what it took."""
    before, now = (instance_of(data) for data in changes()[change])
    file = tmp_path / "made.checkpoint"
    by_benders(before, checkpoint=file)
    fresh = by_benders(now)
    plan = by_benders(now, checkpoint=file)
    assert plan.status == fresh.status == "optimal"
    assert plan.objective == pytest.approx(fresh.objective, rel=3 * GAP, abs=1.0)
    assert plan.bound is not None
    assert fresh.objective is not None
    assert plan.bound <= fresh.objective * (1 + GAP)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert "of another instance" in plan.info["resumed"]


def parts_kept(known: Known, data: Data) -> tuple[Search, dict[tuple[str, int], bool]]:
    search = search_of(instance_of(data))
    carried = carry(search, known, *fingerprints(search))
    parts = [(part.part.course, part.part.period) for part in search.parts]
    return search, dict(zip(parts, carried.kept, strict=True))


def answers_at(search: Search, z: Any) -> list[Any]:
    """What every part says of a point."""
    return search.asking.every(z)


def test_a_part_that_changed_drops_its_cuts_and_the_others_hold(tmp_path: Path) -> None:
    """No cut says more than its part costs at any point that the master might propose."""
    file = tmp_path / "made.checkpoint"
    by_benders(instance_of(three()), checkpoint=file)
    data = unlike(three(), 1)
    changed = data["scenarios"][1]["id"]
    search, kept = parts_kept(known_in(file), data)
    assert {course for (course, _), here in kept.items() if not here} == {changed}
    rng = np.random.default_rng(1)
    upper = np.where(np.isfinite(search.master.problem.upper), search.master.problem.upper, 1.0)
    possible = 0
    for _ in range(25):
        z = rng.random(len(upper)) * upper * rng.choice([0.05, 0.5, 1.0])
        z[search.master.problem.integer] = np.round(z[search.master.problem.integer])
        answers = answers_at(search, z)
        for part, answer in zip(search.parts, answers, strict=True):
            z[part.theta] = answer.value * search.money
        for cut in search.master.cuts:
            if not answers[cut.group].possible:
                continue
            possible += 1
            size = abs(cut.constant) + float(abs(cut.coefs) @ abs(z[cut.columns]))
            assert cut.misses(z) <= 1e-7 * max(1.0, size), cut
    assert possible > 100
    search.close()


def test_more_futures_keep_every_part_there_was(tmp_path: Path) -> None:
    """The trunk and the branches of before are as they were; the new branch begins with nothing."""
    data = three()
    file = tmp_path / "made.checkpoint"
    by_benders(instance_of(data | {"scenarios": data["scenarios"][:2]}), checkpoint=file)
    search, kept = parts_kept(known_in(file), data)
    new = data["scenarios"][2]["id"]
    assert {course for (course, _), here in kept.items() if not here} == {new}
    assert search.bound == -math.inf, "a bound on fewer futures is none on more"
    assert not len(search.master.fixed)
    search.close()


def test_the_fingerprint_knows_every_number() -> None:
    """A number of a part's that changes, a limit of what it looks at, or a name, and it is another part."""
    search = search_of(instance_of(three()))
    whole, parts = fingerprints(search)
    assert fingerprints(search) == (whole, parts)
    number = max(range(len(parts)), key=lambda i: len(search.parts[i].part.columns))
    part = search.parts[number]
    block = part.part.block
    own = next(i for i in range(len(block.columns)) if i not in block.owners and block.cost_of(None)[0][i])
    spots: list[tuple[Any, int]] = [
        (block.matrix.data, 0),
        (block.cost.data, int(np.flatnonzero(block.cost.indices == own)[0])),
        (block.row_upper, int(np.flatnonzero(np.isfinite(block.row_upper))[0])),
        (block.row_lower, int(np.flatnonzero(np.isfinite(block.row_lower))[0])),
        (block.upper, own),
        (block.lower, own),
        (search.master.problem.upper, int(part.columns[0])),
    ]
    for array, at in spots:
        before = array[at]
        array[at] = 17.25 if not np.isfinite(before) else before + 1e-9 * max(1.0, abs(before))
        other, changed = fingerprints(search)
        assert other != whole
        assert changed[number] != parts[number]
        array[at] = before
    search.master.problem.row_upper[0] += 1.0
    other, changed = fingerprints(search)
    assert (other != whole, changed == parts) == (True, True), "a row of the master is no part's"
    search.close()


# The file


KILLED = """
import os, signal, sys
import optimizer
from optimizer.solver import limit as limits

from optimizer.solver.benders import checkpoint as checkpointing
checkpointing.EVERY, checkpointing.SHARE = 0.0, 1e9
write, count = checkpointing._replace, [0]


def replace(file, content):
    count[0] += 1
    if count[0] == int(sys.argv[3]):
        with file.with_name(f".{file.name}.part").open("wb") as half:
            half.write(content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    write(file, content)


checkpointing._replace = replace
optimizer.solve(optimizer.load(sys.argv[1]), method="benders", gap=1e-9, threads=1, checkpoint=sys.argv[2])
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal here")
def test_a_run_that_is_killed_while_it_writes_is_gone_on_with(tmp_path: Path) -> None:
    """Killed with half a file written, what was written before is whole, and leads to the optimum."""
    made, file = tmp_path / "made.yaml", tmp_path / "made.checkpoint"
    made.write_text(text_of(three()), encoding="utf-8")
    command = [sys.executable, "-c", KILLED, str(made), str(file), "4"]
    ended = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert len(known_in(file).arrays["cut_group"])
    plan = by_benders(optimizer.load(made), checkpoint=file)
    assert plan.status == "optimal"
    assert plan.info["resumed"].startswith("gone on from")
    assert plan.objective == pytest.approx(by_benders(instance_of(three())).objective, rel=3 * GAP)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made.checkpoint", "made.yaml"]


@pytest.mark.parametrize("content", [b"ten years of work", b"", b"PK\x03\x04 half a file"])
def test_a_file_that_is_none_is_left_alone(content: bytes, tmp_path: Path) -> None:
    """It is refused before anything is solved, and stays as it is."""
    file = tmp_path / "thesis.txt"
    file.write_bytes(content)
    with pytest.raises(PlanError, match="no checkpoint"):
        by_benders(instance_of(three()), checkpoint=file)
    np.savez(tmp_path / "other.npz", numbers=np.arange(3))
    with pytest.raises(PlanError, match="no checkpoint"):
        by_benders(instance_of(three()), checkpoint=tmp_path / "other.npz")
    assert file.read_bytes() == content


@pytest.mark.slow
def test_what_another_version_wrote_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is begun anew, and that is said; so it is where an instance has nothing in common with the one before."""
    instance, file = instance_of(three()), tmp_path / "made.checkpoint"
    by_benders(instance_of(generate(6, scenarios=1)), checkpoint=file)
    foreign = by_benders(instance, checkpoint=file)
    assert "no part in common" in foreign.info["resumed"]
    assert foreign.status == "optimal"
    with monkeypatch.context() as patch:
        patch.setattr(checkpointing, "FORMAT", checkpointing.FORMAT + 1)
        plan = by_benders(instance, checkpoint=file)
    assert "another version" in plan.info["resumed"]
    with np.load(file) as found:
        arrays = dict(found)
    about = json.loads(bytes(arrays.pop("about")).decode())
    about["known"]["parts"] = about["known"].pop("groups")  # as it was called once, under the same number
    with file.open("wb") as raw:
        np.savez(raw, about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8), **arrays)
    assert "another version" in by_benders(instance, checkpoint=file).info["resumed"]
    assert plan.objective == pytest.approx(foreign.objective, rel=3 * GAP)


def test_a_disk_that_is_full_costs_the_checkpoint_and_not_the_plan(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The plan is found, and says that it could not be kept on the way; nothing half written is left."""

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    plan = by_benders(instance_of(three()), checkpoint=tmp_path / "made.checkpoint")
    assert plan.status == "optimal"
    assert "could not be written" in plan.info["resumed"]
    assert "No space left" in plan.info["resumed"]
    assert not list(tmp_path.iterdir())
