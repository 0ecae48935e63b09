"""What branches fund: laws over made networks, every portfolio tried one by one, every road that answers a branch."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
from support.build import Data, instance_of, network_from, optimum, solve
from support.cases import OWN
from support.generate import generate

import optimizer
from optimizer.errors import SolveError
from optimizer.evaluation import Portfolio, evaluate
from optimizer.losses import stress
from optimizer.model import assemble
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.network.reactions import without_reactions
from optimizer.network.tables import Network
from optimizer.plan.columns import rows_of
from optimizer.solver import extensive, first_plan
from optimizer.solver.branch import Branch
from optimizer.solver.extensive import compile_all, problem_of
from optimizer.solver.given import given_by
from optimizer.solver.highs import run
from optimizer.solver.mould import Mould
from optimizer.solver.options import Options
from optimizer.solver.written import build_block

CLOSE = 1e-6


def reacting(seed: int, react: Any = True, **more: Any) -> Data:
    """A made network in which a branch may fund whatever the plan may, but for what sets exposures."""
    data = generate(seed, **more)
    for record in data["facilities"].values():
        for option in record.get("options", ()):
            if "sets" not in option:
                option["react"] = react
    return data


def same(one: Network, other: Network) -> bool:
    """Whether two networks have the same blocks, to the last bit."""
    blocks, others = compile_all(one)[0], compile_all(other)[0]
    return list(blocks) == list(others) and all(
        (a.rows, a.columns, a.owners) == (b.rows, b.columns, b.owners)
        and np.array_equal(a.matrix.toarray(), b.matrix.toarray())
        and np.array_equal(a.cost.toarray(), b.cost.toarray())
        and all(np.array_equal(getattr(a, n), getattr(b, n)) for n in ("lower", "upper", "row_lower", "row_upper"))
        for a, b in zip(blocks.values(), others.values(), strict=True)
    )


@pytest.mark.parametrize("seed", [2, 5, 14])
@pytest.mark.parametrize("useless", [False, {"lead": 9}], ids=["off", "too_late"])
def test_what_cannot_react_is_no_column(seed: int, useless: Any) -> None:
    """Without the key, or where nothing could be on line within a branch, every block is as it is without it."""
    plain = network_from(generate(seed, scenarios=2, children=1))
    assert same(plain, network_from(reacting(seed, useless, scenarios=2, children=1)))
    assert not same(plain, network_from(reacting(seed, {"lead": 0}, scenarios=2, children=1)))


def test_without_reactions_is_the_instance_without_the_key() -> None:
    """`without_reactions` takes the key away, and leaves an instance without it as it is."""
    plain = instance_of(generate(5, scenarios=2))
    assert without_reactions(plain) is plain
    assert without_reactions(instance_of(reacting(5, scenarios=2))) == plain


@pytest.mark.parametrize(("seed", "children"), [(2, 0), (14, 0), pytest.param(6, 2, marks=pytest.mark.slow)])
def test_to_react_never_costs_more(seed: int, children: int) -> None:
    """The more a branch may do the cheaper it is; at a price that nobody pays it is as if it could not."""
    more: dict[str, Any] = {"scenarios": 3, "children": children}
    free = optimum(reacting(seed, {"lead": 0}, **more))
    slow = optimum(reacting(seed, **more))
    dear = optimum(reacting(seed, {"capex_factor": 1e4}, **more))
    plain = optimum(generate(seed, **more))
    assert free <= slow + CLOSE * abs(slow)
    assert slow <= plain + CLOSE * abs(plain)
    assert dear == pytest.approx(plain, rel=CLOSE)


def test_to_react_is_worth_something_somewhere() -> None:
    """The law above is no equality."""
    gains = [optimum(generate(s, scenarios=3)) - optimum(reacting(s, {"lead": 0}, scenarios=3)) for s in (2, 14)]
    assert max(gains) > 1000.0


@pytest.mark.parametrize("seed", [2, 6, 9])
def test_in_a_future_that_is_sure_it_makes_no_difference_who_funds(seed: int) -> None:
    """A branch that is all there is, from the first day to the last, has and pays for what the plan would have had."""
    sure = {
        "id": "sure",
        "probability": 1.0,
        "onset": 2027,
        "effects": [{"affects": "facilities", "where": {"country": "CHN"}, "available": 0.0}],
    }
    plain, either = ({**one, "scenarios": [sure]} for one in (generate(seed), reacting(seed)))
    for data in (plain, either):  # trust is the plan's to decide
        for record in data["facilities"].values():
            record["options"] = [option for option in record.get("options", ()) if "sets" not in option]
    usual = optimum(plain)
    assert optimum(either) == pytest.approx(usual, rel=CLOSE)
    nothing_ahead = either | {"policy": {"rules": [{"rule": "count", "max": 0}]}}
    assert optimum(nothing_ahead) == pytest.approx(usual, rel=CLOSE)


@pytest.mark.parametrize(
    "risk",
    [
        {"measure": "cvar", "alpha": 0.75, "weight": 0.5},
        {"measure": "worst_case"},
        pytest.param({"measure": "regret"}, marks=pytest.mark.slow),
    ],
    ids=["cvar", "worst_case", "regret"],
)
def test_every_measure_takes_reactions(risk: dict[str, Any]) -> None:
    """Plans by every measure are verified, and none is dearer by it than without reactions."""
    data = reacting(6, {"lead": 0}, scenarios=2, children=1) | {"risk": risk}
    found = optimum(data)
    if risk["measure"] != "regret":  # who regrets compares with a hindsight that may react too
        plain = optimum(generate(6, scenarios=2, children=1) | {"risk": risk})
        assert found <= plain + CLOSE * abs(plain)


@pytest.mark.parametrize(("seed", "children"), [(2, 0), (6, 1)])
def test_optimum_is_the_best_of_all_portfolios_and_reactions(seed: int, children: int) -> None:
    """Each way to fund two options, ahead and in branches, once or never."""
    data = reacting(seed, {"lead": 0, "capex_factor": 1.1}, scenarios=1, children=children)
    left = 2
    for record in data["facilities"].values():
        kept = [{**option, "latest": 2028} for option in record.get("options", []) if "after" not in option][:1]
        record["options"] = kept[: max(left, 0)]
        left -= len(record["options"])
    network = network_of(instance_of(data))
    problem = problem_of(network, compile_all(network)[0], {})
    count = int(problem.integer.sum())
    assert 4 <= count <= 12
    costs = []
    for chosen in itertools.product((0.0, 1.0), repeat=count):
        lower, upper = problem.lower.copy(), problem.upper.copy()
        lower[problem.integer] = upper[problem.integer] = chosen
        if sum(chosen) > 4:
            continue
        fixed = dataclasses.replace(problem, lower=lower, upper=upper, integer=np.zeros_like(problem.integer))
        found = run(fixed, Options(threads=1)).objective
        costs += [] if found is None else [found]
    assert optimum(data) == pytest.approx(min(costs), rel=1e-6)


@pytest.mark.parametrize("seed", [2, 14])
def test_a_branch_alone_costs_what_it_costs_in_the_plan(seed: int) -> None:
    """Given fundings and stock of a plan, each branch funds and answers as in the plan; it has no slopes."""
    plan = solve(reacting(seed, {"lead": 0}, scenarios=3), gap=0.0)
    network = network_of(plan.instance)
    assert network.reactions
    given = given_by(network, plan)
    costs = plan.costs.groupby("scenario").discounted.sum()
    for name in network.windows:
        branch = Branch(build_block(assemble.operations, tables_of(network, name)))
        branch.give(given)
        for _ in range(2):
            found = branch.solve()
            assert found.value == pytest.approx(float(costs[name]), rel=1e-5, abs=1e-2)
        assert np.isnan(found.slope).all() or name not in network.reactions
    with pytest.raises(SolveError, match="may fund something"):
        Mould(network, next(iter(network.windows)), ())


@pytest.mark.parametrize("seed", [2, 14])
def test_a_plan_in_its_own_futures_costs_what_it_says(seed: int) -> None:
    """Evaluation lets branches fund what the plan's branches fund, and says so."""
    plan = solve(reacting(seed, {"lead": 0}, scenarios=3), gap=0.0)
    found = evaluate(plan.instance, plan, workers=1)
    costs = {row.scenario: row.cost for row in rows_of(plan.scenarios)}
    for row in rows_of(found.futures):
        assert row.cost == pytest.approx(costs[row.future], rel=1e-5)
    listed = zip(found.reactions["branch"], found.reactions["facility"], found.reactions["funded"], strict=True)
    assert set(listed) == {(r.scenario, r.facility, r.funded) for r in rows_of(plan.reactions)}


def test_fundings_that_break_a_rule_are_operated() -> None:
    """A planner's own list starts two where one may: nothing more is funded in the branch, and all is operated."""
    instance = optimizer.load(OWN / "starts_are_shared_with_the_plan")
    held = Portfolio((("a", "build", 2028), ("b", "build", 2028)), {}, "mine")
    found = evaluate(instance, held, workers=1)
    assert found.info["breaks"] == ["starts_within_capacity (0, 2028)"]
    assert list(found.futures["status"]) == ["met", "met"]
    assert found.reactions.empty


def test_evaluation_takes_along_what_a_branch_has_funded(tmp_path: Any) -> None:
    """A child's branch has the line that its parent's funded, in a first run and in one gone on with."""
    data = reacting(6, {"lead": 0}, scenarios=3, children=2)
    plan = solve(data, gap=1e-6)
    found = evaluate(plan.instance, plan, workers=1, folder=tmp_path / "kept")
    again = evaluate(plan.instance, plan, workers=1, folder=tmp_path / "kept")
    assert list(found.futures["cost"]) == list(again.futures["cost"])
    assert found.reactions.equals(again.reactions)
    without = evaluate(without_reactions(plan.instance), plan, workers=1)
    assert (found.futures["cost"] <= without.futures["cost"] * (1 + 1e-5)).all()


@pytest.mark.slow
def test_plans_early_on_hold_reactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The road of large problems, the relaxation and the branches one by one, ends at the same optimum."""
    data = reacting(6, {"lead": 0}, scenarios=2, children=1)
    usual = optimum(data)
    monkeypatch.setattr(extensive, "LARGE", 0)
    monkeypatch.setattr(first_plan, "LARGE", 0)
    assert optimum(data) == pytest.approx(usual, rel=1e-7)


def test_a_plan_to_start_from_is_used() -> None:
    """A portfolio is tried first with whatever its branches then fund."""
    plan = solve(reacting(14, {"lead": 0}, scenarios=3))
    again = solve(plan.instance, start=plan)
    assert again.info["start"] == "used"
    assert again.objective == pytest.approx(plan.objective, rel=1e-9)


def test_a_stress_test_lets_nothing_be_funded(tmp_path: Any) -> None:
    """After a loss nothing is funded, so that what is survived is survived with reactions too."""
    plain, data = generate(5, scenarios=1), reacting(5, {"lead": 0}, scenarios=1)
    plan = solve(plain)
    plan.instance = instance_of(data)
    found = [
        stress(one, losses=1, folder=tmp_path / name, workers=1).info["lower"]
        for name, one in (("plain", solve(plain)), ("reacting", plan))
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-6)
