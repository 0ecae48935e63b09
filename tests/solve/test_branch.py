"""A branch by itself answers as it does inside the whole problem, and its slopes bound it everywhere."""

from __future__ import annotations

import highspy
import numpy as np
import pytest
from support.build import solve
from support.generate import generate

from optimizer.errors import SolveError
from optimizer.model import assemble
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.solver.branch import Branch
from optimizer.solver.given import given_by, given_fundings
from optimizer.solver.written import build_block


@pytest.mark.parametrize("seed", [2, 5, 14])
def test_a_branch_alone_costs_what_it_costs_in_the_plan(seed: int) -> None:
    """With a plan's fundings and stock given, the best answer of each branch is the plan's."""
    plan = solve(generate(seed, scenarios=2), gap=0.0)
    network = network_of(plan.instance)
    costs = plan.costs.groupby("scenario").discounted.sum()
    assert network.windows
    for name in network.windows:
        branch = Branch(build_block(assemble.operations, tables_of(network, name)))
        branch.give(given_by(network, plan))
        answer = branch.solve()
        assert answer.value == pytest.approx(float(costs[name]), rel=1e-7, abs=1e-3)


@pytest.mark.parametrize("seed", [2, 5])
def test_slopes_bound_the_value_from_below(seed: int) -> None:
    """At any other fundings and stock the value is at least what the slopes at a known point say."""
    plan = solve(generate(seed, scenarios=2), gap=0.0)
    network = network_of(plan.instance)
    name = next(iter(network.windows))
    branch = Branch(build_block(assemble.operations, tables_of(network, name)))
    branch.give(given_by(network, plan))
    at = np.array([given_by(network, plan).get(branch.block.owners[int(i)], 0.0) for i in branch.linked])
    here = branch.solve()
    assert here.value is not None
    rng = np.random.default_rng(seed)
    answered = 0
    for _ in range(25):
        other = np.where(rng.random(len(at)) < 0.3, rng.random(len(at)) * np.maximum(1.0, at), at)
        branch.give_values(other)
        there = branch.solve()
        if there.value is not None:
            answered += 1
            least = here.value + float(here.slope @ (other - at))
            assert there.value >= least - 1e-6 * max(1.0, abs(here.value))
    assert answered


def test_limits_come_and_go() -> None:
    """A limit raises the cost; taken away, the cost is what it was."""
    plan = solve(generate(5, scenarios=2), gap=0.0)
    network = network_of(plan.instance)
    name = next(iter(network.windows))
    branch = Branch(build_block(assemble.operations, tables_of(network, name)))
    branch.give(given_by(network, plan))
    before = branch.solve()
    assert before.value is not None
    assert before.values is not None
    runs = np.array(list(branch.columns_of("run").values()))
    branch.limit(runs, 0.0)
    idle = branch.solve()
    assert idle.values is None or not idle.values[runs].any()
    branch.release(runs)
    assert branch.solve().value == pytest.approx(before.value)


def test_another_objective_and_the_cost_again() -> None:
    """Charged with nothing but shortage, a branch is short of no more than at least cost."""
    plan = solve(generate(14, scenarios=2), gap=0.0)
    network = network_of(plan.instance)
    name = next(iter(network.windows))
    branch = Branch(build_block(assemble.operations, tables_of(network, name)))
    branch.give(given_by(network, plan))
    before = branch.solve()
    assert before.values is not None
    tonnes = np.zeros(len(branch.block.columns))
    tonnes[list(branch.columns_of("short").values())] = 1.0
    branch.charge(tonnes)
    least = branch.solve()
    assert least.value is not None
    assert least.value <= float(tonnes @ before.values) + 1e-6
    branch.charge(None)
    assert branch.solve().value == pytest.approx(before.value)


def test_an_unknown_funding_is_refused() -> None:
    """A portfolio that names what the instance does not have is no portfolio of it."""
    plan = solve(generate(5, scenarios=2), gap=0.0)
    with pytest.raises(SolveError, match="has no option"):
        given_fundings(network_of(plan.instance).starts, [("nowhere", "build", 2030)])


@pytest.mark.parametrize("vague", [1, 2, 3, 4])
def test_what_the_solver_cannot_settle_is_asked_in_other_ways(vague: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often HiGHS ends with 'Unknown', another way is tried; the last is with its own tolerances."""
    plan = solve(generate(5, scenarios=2), gap=0.0)
    network = network_of(plan.instance)
    block = build_block(assemble.operations, tables_of(network, next(iter(network.windows))))
    plain, branch = Branch(block), Branch(block)
    for one in (plain, branch):
        one.give(given_by(network, plan))
    runs, asked = branch._run, list[float]()

    def run() -> object:
        status = runs()
        asked.append(branch._highs.getOptionValue("primal_feasibility_tolerance")[1])
        return highspy.HighsModelStatus.kUnknown if len(asked) <= vague else status

    monkeypatch.setattr(branch, "_run", run)
    found = branch.solve()
    assert found.value == pytest.approx(plain.solve().value)
    assert asked == [1e-8, 1e-8, 1e-8, 1e-8, 1e-7][: vague + 1]
    asked.clear()
    branch.solve()
    assert asked[0] == 1e-8
    monkeypatch.setattr(branch, "_run", lambda: highspy.HighsModelStatus.kUnknown)
    with pytest.raises(SolveError, match="'Unknown'"):
        branch.solve()
