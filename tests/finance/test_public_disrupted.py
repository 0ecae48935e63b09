"""Perspective public with disruptions: the trunk alone says what governments must pay, branches whether that does."""

from __future__ import annotations

import random
from typing import Any

import pytest
from support.build import instance_of, solve

import optimizer
from finance.conftest import GRANT, LEFT, Data, plant
from finance.test_decided import PLANTS, three
from finance.test_public import level
from optimizer.errors import SolveError
from optimizer.network.network import network_of
from optimizer.run import plan_of
from optimizer.solver import extensive, first_plan, highs, levels
from optimizer.solver.extensive import Begun, Solved
from optimizer.solver.highs import Progress, Raw
from optimizer.solver.methods import solve_begun
from optimizer.solver.options import Options
from optimizer.solver.solve import begin
from optimizer.solver.start import Start

LOST: Data = {
    "id": "outage", "probability": 0.1, "onset": 2029, "duration": 2,
    "effects": [{"affects": "facilities", "where": {"id": "works"}, "available": 0.0}],
}  # fmt: skip
BESIDE = "beside the trunk's plan"


def disrupted(effect: Data, **changes: Any) -> Data:
    """One plant that a grant must pay for, since programmes must be served, and one disruption."""
    data = plant({"perspective": "public", "instruments": [GRANT]}, **changes)
    data["markets"]["programs"]["demand"][0] |= {"tonnes": {2027: 0, 2028: 100}, "shortage_cost": None}
    data["scenarios"] = [LOST | {"effects": [effect]}]
    return data


def told(data: Data, **options: Any) -> tuple[optimizer.Plan, list[str]]:
    """The plan, and the phases that were told."""
    phases: list[str] = []

    def report(progress: Progress) -> None:
        phases.append(progress.phase)

    return optimizer.solve(instance_of(data), gap=0, report=report, **options), phases


def all_at_once(begun: Begun, _blocks: object, start: Start | None, solve_one: levels.SolveOne) -> Solved:
    """The level as one problem."""
    return solve_one(begun, start)


def failing(*_args: Any, **_options: Any) -> Raw:
    """HiGHS, as it may end on a large problem."""
    raise SolveError("HiGHS ended with 'Unknown'")


def test_where_branches_hold_the_trunk_s_least_is_that_of_the_whole() -> None:
    """Half of the demand goes away for two years: who is funded for the trunk serves that too."""
    plan, phases = told(disrupted({"affects": "demand", "factor": 0.5}))
    assert any(BESIDE in phase for phase in phases)
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert level(plan)["best"] == pytest.approx(-LEFT, rel=2e-6)
    assert level(plan)["bound"] == pytest.approx(level(plan)["best"])


def test_where_a_branch_needs_more_the_whole_is_solved() -> None:
    """The plant is lost for two years: a dearer one, which the trunk alone would leave, is funded in its place."""
    data = disrupted(LOST["effects"][0])
    works = data["facilities"]["works"]
    data["facilities"]["mill"] = works | {"options": [works["options"][0] | {"capex": 1.1e6}]}
    plan, _ = told(data)
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert list(plan.portfolio["facility"]) == ["mill"]
    assert level(plan)["best"] > -LEFT + 1e4
    assert level(plan)["bound"] == pytest.approx(level(plan)["best"], rel=1e-6)


def test_where_the_trunk_has_no_plan_there_is_none() -> None:
    """And it is said that no disruption is to blame."""
    data = disrupted({"affects": "demand", "factor": 0.5})
    data["markets"]["programs"]["demand"][0]["tonnes"] = 700
    plan, _ = told(data)
    assert plan.status == "infeasible"
    assert "undisturbed course alone" in plan.info["why"]


@pytest.mark.parametrize("seed", range(8))
def test_it_finds_what_the_whole_finds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three plants that differ, some lost in one of two disruptions: the same outlay, and the same cost after it."""
    dice = random.Random(seed)
    aid = {"id": "all", "kind": "grant", "max_share": 1.0}
    data = three({"perspective": "public", "instruments": [aid], "hurdle_rate": dice.choice([0.08, 0.15])})
    wanted = dice.choice([50, 100, 150])
    data["markets"]["programs"]["demand"][0] |= {"tonnes": {2027: 0, 2028: wanted}, "shortage_cost": None}
    effects = [
        {"affects": "facilities", "where": {"id": dice.choice(list(PLANTS))}, "available": dice.choice([0.2, 0.8])}
        for _ in range(2)
    ]
    data["scenarios"] = [
        LOST | {"id": f"from_{onset}", "onset": onset, "duration": 1, "effects": [effect]}
        for onset, effect in zip((2028, 2029), effects, strict=True)
    ]
    if dice.random() < 0.3:  # rows over several courses: then it is solved as one problem
        data["lexicographic"] = ["service", "cost"]
    found = solve(data, gap=1e-7)
    monkeypatch.setattr(levels, "trunk_first", all_at_once)
    whole = solve(data, gap=1e-7)
    assert (found.status, whole.status) == ("optimal", "optimal")
    assert found.info["verdict"]["ok"], found.info["verdict"]
    assert level(found)["best"] > 1e4
    assert level(found)["best"] == pytest.approx(level(whole)["best"], rel=1e-6, abs=5.0)
    assert found.objective == pytest.approx(whole.objective, rel=1e-5)


def test_a_solver_that_fails_at_cost_loses_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """What governments pay at least is known by then, and a plan is there: it is kept, with what the solver said."""

    def no_branch(begun: Begun, start: Start | None) -> Solved:
        if next(count):  # the trunk alone was the first
            monkeypatch.setattr(extensive, "run", failing)
            monkeypatch.setattr(first_plan, "run", failing)
        return solve_begun(begun, start)

    count = iter(range(10))
    instance, options = instance_of(disrupted({"affects": "demand", "factor": 0.5})), Options(gap=0.0, threads=1)
    solved = levels.by_levels(begin(network_of(instance), options), None, no_branch)
    plan = plan_of(instance, options, solved)
    assert plan.status == "feasible"
    assert "Unknown" in plan.info["why"]
    assert level(plan)["status"] == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]


def test_a_solver_that_fails_after_a_first_plan_loses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan to start from is a plan."""
    data = disrupted({"affects": "demand", "factor": 0.5})
    data["finance"]["perspective"] = "system"
    before = solve(data)

    monkeypatch.setattr(extensive, "run", failing)
    plan = optimizer.solve(instance_of(data), start=before, method="extensive", gap=0)
    assert plan.status == "feasible"
    assert plan.info["why"] == "HiGHS ended with 'Unknown'; the best plan and the bound until then are kept"
    assert plan.objective == pytest.approx(before.objective)
    assert plan.info["bound"] is None
    with pytest.raises(SolveError, match="Unknown"):
        optimizer.solve(instance_of(data), method="extensive", gap=0)


def test_a_plan_that_is_not_clean_in_time_gives_way_to_the_one_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making a plan exact may take long on a large problem: with a limit, and a plan to start from, it may not."""
    data = disrupted({"affects": "demand", "factor": 0.5})
    data["finance"]["perspective"] = "system"
    works = data["facilities"]["works"]
    data["facilities"]["mill"] = works | {"options": [works["options"][0] | {"capex": 1.1e6}]}
    dear = solve(data | {"policy": {"rules": [{"rule": "forbid", "facility": "works"}]}})
    monkeypatch.setattr(highs, "_clean", lambda *_args: None)
    plan = optimizer.solve(instance_of(data), start=dear, method="extensive", gap=0, time_limit=60)
    assert plan.status == "feasible"
    assert list(plan.portfolio["facility"]) == ["mill"]
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert plan.objective == pytest.approx(dear.objective)
    assert plan.info["bound"] < plan.objective


def test_cleaning_ends_at_its_time() -> None:
    """By HiGHS's own limit; without one it ends with a plan."""
    instance = instance_of(disrupted({"affects": "demand", "factor": 0.5}, tonnes=100.0))
    begun = begin(network_of(instance), Options(gap=0.0, threads=1))
    problem = extensive.problem_of(begun.out.network, begun.blocks, {})
    raw = highs.run(problem, Options(gap=0.0, threads=1))
    assert raw.values is not None
    cleaned = highs._clean(problem, Options(threads=1), raw.values, None, False, None)
    assert cleaned is not None
    assert cleaned[0] == pytest.approx(raw.values, abs=1e-4)
    assert highs._patience(raw, None, 1.0) is None
    assert highs._patience(raw, raw.values, None) is None
    assert highs._patience(raw, raw.values, 1.0) == highs.CLEANING
