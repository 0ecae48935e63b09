"""Every dollar of the objective is in the tables, once."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from support.build import Data, instance_of, solve
from support.cases import OWN
from support.generate import POLICY, generate

from optimizer.instance.policy import Expected
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT, TRUNK
from optimizer.plan.build import tables_of_plan
from optimizer.plan.columns import rows_of
from optimizer.solver.extensive import compile_all, problem_of, values_of
from optimizer.solver.highs import run
from optimizer.solver.options import Options

OWN_CASES = [
    "child_in_long_periods",
    "child_of_a_parent_that_is_over",
    "child_rejoins_at_price",
    "claims_pooled",
    "delayed_expansion_waits",
    "disposal",
    "freight_capacity_over_materials",
    "life_credit_of_expansion",
    "loss_in_long_periods",
    "price_effect_on_sales",
    "rejoin_at_price_with_effect",
    "soft_target_in_long_period",
    "total_budget_after_horizon",
]


def everything(name: str | int) -> Data | str:
    """A generated instance by its seed, or a case by its name."""
    return generate(name) if isinstance(name, int) else (OWN / name / "instance.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*OWN_CASES, 3, 10, 14])
def test_objective_is_the_sum_of_the_cost_table(name: str | int) -> None:
    """Solver's columns times coefficients, plus the constant, are the discounted dollars weighed by probability."""
    network = network_of(instance_of(everything(name)))
    assert isinstance(network.instance.risk, Expected)
    blocks, tables = compile_all(network)
    problem = problem_of(network, blocks, {})
    raw = run(problem, Options(gap=1e-9, threads=1))
    assert raw.values is not None
    of_solver = (float(problem.objective @ raw.values) + problem.offset) / problem.money
    frames = tables_of_plan(network, tables, values_of(problem, raw.values))
    of_tables = 0.0
    by_category: dict[str, float] = defaultdict(float)
    for row in rows_of(frames["costs"]):
        weight = 1.0 if row.scenario == INVESTMENT else network.weight[row.scenario, row.period]
        of_tables += weight * row.discounted
        by_category[row.category] += weight * row.discounted
    assert of_tables == pytest.approx(of_solver, rel=1e-9, abs=1e-4)
    of_blocks: dict[str, float] = defaultdict(float)
    for course, block in blocks.items():
        usd = block.cost @ problem.local(course, raw.values) + block.cost_constant
        for (category, period), amount in zip(block.cost_keys, usd, strict=True):
            weight = 1.0 if course == INVESTMENT else network.weight[course, period]
            of_blocks[category] += weight * amount
    assert set(by_category) <= set(of_blocks)
    for category, amount in of_blocks.items():
        assert by_category[category] == pytest.approx(amount, rel=1e-9, abs=1e-4), category


@pytest.mark.parametrize("seed", [3, 14])
def test_joined_rows_hold_for_the_plan(seed: int) -> None:
    """The values returned satisfy every row and bound of the one matrix that all blocks were joined into."""
    network = network_of(instance_of(generate(seed, scenarios=2)))
    problem = problem_of(network, compile_all(network)[0], {})
    raw = run(problem, Options(gap=1e-9, threads=1))
    assert raw.values is not None
    activity = problem.matrix @ raw.values
    assert np.all(activity >= problem.row_lower - 1e-6)
    assert np.all(activity <= problem.row_upper + 1e-6)
    assert np.all(raw.values >= problem.lower - 1e-9)
    assert np.all(raw.values <= problem.upper + 1e-9)
    assert set(np.unique(raw.values[problem.integer])) <= {0.0, 1.0}


@pytest.mark.parametrize("seed", [3, 14])
def test_linked_columns_are_their_owners(seed: int) -> None:
    """A funding that a branch reads, or the stock it opens with, is one column with the block it belongs to."""
    network = network_of(instance_of(generate(seed, scenarios=2)))
    blocks = compile_all(network)[0]
    problem = problem_of(network, blocks, {})
    links = 0
    for name, block in blocks.items():
        for i, (owner, key) in block.owners.items():
            there = blocks[owner].columns.index(key)
            assert problem.place[name][i] == problem.place[owner][there]
            links += 1
    assert links
    own = [problem.place[name][i] for name, block in problem.blocks.items() for i in range(len(block.columns))
           if i not in block.owners]  # fmt: skip
    assert len(own) == len(set(own)), "two columns share a place"


@pytest.mark.parametrize("name", ["worst_case", "regret", "cvar_without_base", "weights_of_overlapping_windows", 14])
def test_futures_cost_what_their_parts_cost(name: str | int) -> None:
    """A future is the investment, the trunk outside its branch, and its branch; the parts are in the cost table."""
    plan = solve(everything(name))
    network = network_of(plan.instance)
    costs = plan.costs
    invested = costs.loc[costs["scenario"] == INVESTMENT, "discounted"].sum()
    for row in rows_of(plan.scenarios):
        window = network.windows.get(row.scenario)
        inside = window.periods if window is not None else ()
        trunk = costs[(costs["scenario"] == TRUNK) & ~costs["period"].isin(inside)]["discounted"].sum()
        branch = costs[costs["scenario"] == row.scenario]["discounted"].sum()
        assert row.cost == pytest.approx(invested + trunk + branch, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("name", ["price_effect_on_sales", "rejoin_without_price", "child_rejoins_at_price", 3, 14])
def test_expected_cost_is_the_mean_over_futures(name: str | int) -> None:
    """Weighing the trunk by period and the branches by probability is the mean over whole futures."""
    plan = solve(everything(name))
    mean = float((plan.scenarios["probability"] * plan.scenarios["cost"]).sum())
    assert plan.objective == pytest.approx(mean, rel=1e-7)
    assert sum(plan.info["cost"].values()) == pytest.approx(plan.objective, rel=1e-7)


@pytest.mark.parametrize("risk", [{"measure": "cvar", "alpha": 0.5, "weight": 1.0}, {"measure": "worst_case"}])
def test_value_stated_at_a_loose_gap_is_the_plans_own(risk: dict[str, object]) -> None:
    """Where the first pass stops early the second may find a better plan: what is stated is what that plan is worth."""
    data = generate(312, size=2)
    data["risk"] = risk
    data["policy"] = POLICY
    plan = solve(data, gap=0.3)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]["violations"]
