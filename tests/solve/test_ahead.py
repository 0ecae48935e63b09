"""The trunk first: with very many branches there is a plan before the rounds, and the optimum is the same."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from support.build import Data, instance_of, solve
from support.cases import case_data
from support.generate import generate
from support.params import first_fast

import optimizer
from optimizer.errors import SolveError
from optimizer.network.network import network_of
from optimizer.network.tables import TRUNK
from optimizer.solver import methods
from optimizer.solver.benders import ahead, asking
from optimizer.solver.benders.ahead import Ahead, ahead_of, worth
from optimizer.solver.benders.search import Search
from optimizer.solver.extensive import Begun
from optimizer.solver.methods import solve_begun
from optimizer.solver.options import Options
from optimizer.solver.solve import begin
from optimizer.solver.start import USED, start_of

GAP = 1e-6


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with very many branches: two are many, and parts that are alike share a program."""
    monkeypatch.setattr(ahead, "MANY", 2)
    monkeypatch.setattr(asking, "MEMORY", 0)
    monkeypatch.setattr(asking, "SHARED", 2)
    monkeypatch.setattr(methods, "TRUNK_DEALT", 0)  # so that the trunk's own search has cuts to take on


def tree(seed: int) -> Data:
    """Two blows, children that leave them, and a parent that is only a beginning."""
    data = generate(seed, scenarios=2, children=3)
    data.pop("risk", None)
    parents = {row.get("parent") for row in data["scenarios"]}
    first = next(row for row in data["scenarios"] if row["id"] in parents)
    first |= {"probability": 0.0, "beginning": True}
    return data


def begun_of(data: Data) -> Begun:
    return begin(network_of(instance_of(data)), Options(method="benders", gap=GAP, threads=1))


HOLDING = (9, 14)
"""Seeds of which a branch that another leaves has stock at its end."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", first_fast([*HOLDING[:1], 1, 3, 0, 4, 5, 7, *HOLDING[1:]], 3))
def test_there_is_a_plan_before_the_rounds_and_it_is_one(seed: int) -> None:
    """What the trunk and its branches do is a plan, no better than the best; the search ends at the same optimum."""
    data = tree(seed)
    whole = solve(data, method="extensive")
    begun = begun_of(data)
    assert worth(begun)
    found = ahead_of(begun, solve_begun)
    assert found.start is not None
    assert found.start.courses == {TRUNK, *begun.out.network.windows}
    held = {at[0] for at in found.start.stock if at[1][0] == "stock"}
    assert bool(held & begun.out.network.left) == (seed in HOLDING)
    search = Search(begun.out.network, begun.blocks, begun.out.tables, {}, begun.options)
    search._seed(found.known)
    assert len(search.master.cuts) > len(search.groups), "nothing of the trunk's is taken on"
    search._try(found.start, 1)
    assert search.start == USED
    assert whole.objective is not None
    assert math.inf > search.best.objective >= whole.objective * (1 - 1e-6)
    search._try(start_of(whole), 1)  # what a plan is short of goes with it
    assert search.start == USED
    assert search.best.objective == pytest.approx(whole.objective, rel=1e-6)
    search.close()
    plan = solve(data, method="benders")
    assert plan.info["verdict"]["ok"], plan.info["verdict"]["violations"]
    assert plan.objective == pytest.approx(whole.objective, rel=1e-5, abs=1.0)


def test_the_first_round_has_a_plan_and_the_trunks_cost_is_told_as_none() -> None:
    """Progress names the trunk and gives neither plan nor bound for it; once rounds begin there is a plan."""
    told: list[Any] = []
    optimizer.solve(instance_of(tree(1)), method="benders", gap=GAP, threads=1, report=told.append)
    trunk = [one for one in told if one.phase.startswith("the trunk alone")]
    rounds = [one for one in told if one.phase == "relaxing"]
    assert trunk
    assert all(one.incumbent is None and one.bound is None for one in trunk)
    assert all(one.incumbent is not None for one in rounds)


def test_whoever_has_a_plan_to_start_from_is_spared_the_trunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own portfolio is tried; a measure other than the expected cost, and few branches, go without too."""
    asked: list[Begun] = []
    real = ahead.ahead_of

    def counted(begun: Begun, *arguments: Any) -> Any:
        asked.append(begun)
        return real(begun, *arguments)

    monkeypatch.setattr(methods, "ahead_of", counted)
    data = tree(2)
    plan = solve(data, method="benders")
    assert len(asked) == 1
    again = solve(data, method="benders", start=plan)
    assert len(asked) == 1
    assert again.objective == pytest.approx(plan.objective, rel=1e-5, abs=1.0)
    solve(data | {"risk": {"measure": "worst_case"}}, method="benders")
    assert len(asked) == 1
    monkeypatch.setattr(ahead, "MANY", 99)
    solve(data, method="benders")
    assert len(asked) == 1


@pytest.mark.slow
def test_where_a_branch_cannot_do_with_the_trunks_plan_the_search_finds_one() -> None:
    """What must be met in a disruption may ask for other fundings than the trunk's: there is no early plan then."""
    starts = []
    for seed in (2, 38, 45, 4):
        data = tree(seed)
        for line in data["markets"]["army"]["demand"]:
            line["shortage_cost"] = None
        whole = solve(data, method="extensive")
        plan = solve(data, method="benders")
        assert plan.status == whole.status
        if whole.objective is not None:
            assert plan.objective == pytest.approx(whole.objective, rel=1e-5, abs=1.0)
            starts.append(ahead_of(begun_of(data), solve_begun).start is not None)
    assert starts == [True, False, False]


def test_time_that_is_up_before_branches_are_operated_is_no_failure() -> None:
    """The limit is heard while branches are operated; what the trunk told is kept."""
    begun = next(begun for begun in map(begun_of, map(tree, range(20))) if begun.out.network.left)

    def slow(alone: Begun, *arguments: Any) -> Any:
        found = solve_begun(alone, *arguments)
        begun.deadline = 0.0
        return found

    found = ahead_of(begun, slow)
    assert found.start is None
    assert found.known is not None


def test_a_failure_on_the_way_to_an_early_plan_costs_nothing_but_that() -> None:
    """Whatever HiGHS says of the trunk alone, the search goes on without."""

    def failing(*_: Any) -> Any:
        raise SolveError("HiGHS failed")

    assert ahead_of(begun_of(tree(1)), failing) == Ahead()


@pytest.mark.parametrize(("beginning", "periods"), [(True, [0]), (False, [2028, 2029, 2030])])
def test_a_branch_that_all_leave_at_its_end_is_one_part(beginning: bool, periods: list[int]) -> None:
    """It weighs the same in all its periods; one that some leave on the way is dealt out by period."""
    data = case_data("child_lasts_longer_than_hoped")
    short, long = data["scenarios"]
    long |= {"onset": 2030, "duration": 1}
    short |= {"duration": 2, "recovery": 2} | ({"probability": 0.0, "beginning": True} if beginning else {})
    begun = begun_of(data)
    search = Search(begun.out.network, begun.blocks, begun.out.tables, {}, begun.options)
    assert [part.part.period for part in search.parts if part.part.course == short["id"]] == periods
    search.close()


def test_rows_that_look_at_branches_are_left_out_of_the_trunk_alone() -> None:
    """Where more rows are given, as between levels, those over branches are not the trunk's."""
    begun = begun_of(tree(1))
    name = next(iter(begun.out.network.windows))
    branch = begun.blocks[name]
    own = next(i for i in range(len(branch.columns)) if i not in branch.owners)
    begun.blocks["more"] = dataclasses.replace(
        begun.blocks[TRUNK], name="more", columns=[branch.columns[own]], lower=np.zeros(1), upper=np.ones(1),
        integer=np.zeros(1, dtype=bool), matrix=sp.csr_array((0, 1)), row_lower=np.zeros(0), row_upper=np.zeros(0),
        rows=[], cost=sp.csr_array((0, 1)), cost_keys=[], cost_constant=np.zeros(0),
        owners={0: (name, branch.columns[own])}, objective=np.zeros(1),
    )  # fmt: skip
    asked: list[Begun] = []

    def heard(alone: Begun, *arguments: Any) -> Any:
        asked.append(alone)
        return solve_begun(alone, *arguments)

    assert ahead_of(begun, heard).start is not None
    assert not {"more", *begun.out.network.windows} & asked[0].blocks.keys()
    assert TRUNK in asked[0].blocks


@pytest.mark.slow
def test_levels_are_as_without_it() -> None:
    """With service before cost the trunk is first in the first level alone; levels are as before."""
    data = tree(1) | {"lexicographic": ["service", "cost"]}
    whole = solve(data, method="extensive")
    plan = solve(data, method="benders")
    assert plan.status == whole.status
    assert plan.objective == pytest.approx(whole.objective, rel=1e-4, abs=1.0)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]["violations"]
