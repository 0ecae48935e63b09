"""Proofs of a bound: never above the optimum, whatever the file says; and close to it where a search was made."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from support.build import instance_of
from support.cases import OWN, Case, cases_in, contract, name_of
from support.generate import generate
from support.params import some_fast

import optimizer
from optimizer.errors import OptionsError, PlanError
from optimizer.network.network import network_of
from optimizer.proof.integers import Cut, Rows
from optimizer.proof.prove import Proof, _problem
from optimizer.proof.rays import Balanced, in_rays
from optimizer.proof.tree import FILE, Leaf, Split, Tree
from optimizer.solver.compile import Problem
from optimizer.solver.levels import least_outlay_first

INF = np.inf
GAP = 1e-6
NUMBERS = st.floats(min_value=-100, max_value=100, allow_subnormal=False)


def problem_of(
    matrix: list[list[float]],
    cost: list[float],
    rows: tuple[list[float], list[float]],
    limits: tuple[list[float], list[float]],
    integer: list[bool] | None = None,
    offset: float = 0.0,
) -> Problem:
    """A problem by hand."""
    return Problem(
        blocks={},
        place={},
        row_start={},
        matrix=sp.csr_array(np.array(matrix, dtype=float)),
        row_lower=np.array(rows[0], dtype=float),
        row_upper=np.array(rows[1], dtype=float),
        lower=np.array(limits[0], dtype=float),
        upper=np.array(limits[1], dtype=float),
        integer=np.array(integer if integer is not None else [False] * len(cost)),
        objective=np.array(cost, dtype=float),
        offset=offset,
        money=1.0,
    )


KNAPSACK = problem_of(
    [[3.0, 2.0, 1.0]],
    [5.0, 3.0, 2.5],
    ([3.5], [INF]),
    ([0.0, 0.0, 0.0], [1.0, 1.0, INF]),
    [True, True, False],
    offset=10.0,
)
"""Of two plants and a market 3.5 t are to come. Without whole plants: 3 t of the second at 1.5 and the first. With:
first alone and 0.5 t bought, 5 + 1.25; both, 8; second and 1.5 t, 3 + 3.75; none, 8.75. So 6.25, and 10 of offset."""


def test_multipliers_prove_what_is_worked_out_by_hand() -> None:
    """1.5 a tonne: 3.5 t are worth 5.25, the second plant costs 0 beyond that, the others cost more."""
    assert Rows(KNAPSACK).proved(np.array([1.5])) == Fraction("15.25")
    # At 2 the second plant is worth 1 more than it costs, and the first 1: 7 - 2.
    assert Rows(KNAPSACK).proved(np.array([2.0])) == Fraction("15")
    # At 3 a tonne bought would bring 0.5, without limit.
    assert Rows(KNAPSACK).proved(np.array([3.0])) is None
    # The row has no side above: nothing is taken of a multiplier below 0.
    assert Rows(KNAPSACK).proved(np.array([-1.0])) == Fraction("10")


def test_a_split_of_one_column_narrows_its_limits_and_one_of_several_has_a_multiplier() -> None:
    """Both plants, by limits: 3.5 * 2.5, less what they are worth more than they cost. At most one, by a row."""
    both = [Cut((0,), 1, least=True), Cut((1,), 1, least=True)]
    assert Rows(KNAPSACK).proved(np.array([0.0]), both) == 18
    assert Rows(KNAPSACK).proved(np.array([2.5]), [Cut((0,), 0, least=False)]) == Fraction("16.75")
    one = Cut((0, 1), 1, least=False, multiplier=-2.0)
    assert Rows(KNAPSACK).proved(np.array([2.5]), [one]) == Fraction("16.25")
    wrong = replace(one, multiplier=2.0)  # the other side of that row
    assert Rows(KNAPSACK).proved(np.array([2.5]), [wrong]) == Fraction("14.25")


def test_nothing_is_rounded() -> None:
    """Tenths are no sums of halves: the bound is that of the doubles, to the last digit."""
    tenth = problem_of([[0.1, 0.3]], [0.7, 1e-9], ([0.2], [INF]), ([0.0, 0.0], [INF, 5.0]))
    by = Fraction(0.3)
    found = Rows(tenth).proved(np.array([0.3]))
    assert found == by * Fraction(0.2) + 5 * (Fraction(1e-9) - by * Fraction(0.3))


@settings(max_examples=200)
@given(st.data())
def test_no_multipliers_prove_more_than_a_point_costs(data: st.DataObject) -> None:
    """Any rows, limits and multipliers; a point within them is drawn first, so that there is one."""
    rows, columns = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))

    def numbers(count: int) -> list[float]:
        return data.draw(st.lists(NUMBERS, min_size=count, max_size=count))

    matrix, point, cost = [numbers(columns) for _ in range(rows)], numbers(columns), numbers(columns)
    room = [[abs(number) for number in numbers(count)] for count in (columns, columns, rows, rows)]
    open_ends = st.sampled_from([0.0, INF])
    activity = [sum(Fraction(a) * Fraction(x) for a, x in zip(row, point, strict=True)) for row in matrix]
    # Outwards by one double, so that the point is inside although a sum was rounded.
    below = [np.nextafter(float(a) - room[2][i], -INF) - data.draw(open_ends) for i, a in enumerate(activity)]
    above = [np.nextafter(float(a) + room[3][i], INF) + data.draw(open_ends) for i, a in enumerate(activity)]
    lower = [np.nextafter(x - room[0][j], -INF) - data.draw(open_ends) for j, x in enumerate(point)]
    upper = [np.nextafter(x + room[1][j], INF) + data.draw(open_ends) for j, x in enumerate(point)]
    found = Rows(problem_of(matrix, cost, (below, above), (lower, upper))).proved(np.array(numbers(rows)))
    if found is not None:
        assert found <= sum(Fraction(c) * Fraction(x) for c, x in zip(cost, point, strict=True))


def test_columns_that_undo_each_other_are_found_and_cost_nothing_to_the_last_bit() -> None:
    """Three places in a ring at no cost: what they pay for a tonne must be one number, and was three."""
    ring = [[-1.0, 0.0, 1.0, 1.0], [1.0, -1.0, 0.0, 0.0], [0.0, 1.0, -1.0, 0.0]]
    problem = problem_of(ring, [0.0, 0.0, 0.0, 2.0], ([1.0, 0.0, 0.0], [INF] * 3), ([0.0] * 4, [INF] * 4))
    rays = in_rays(problem)
    assert rays.tolist() == [True, True, True, False]
    said = np.array([1.0, 1.0 + 1e-15, 1.0 - 1e-15])
    assert Rows(problem).proved(said) is None
    assert Rows(problem).proved(Balanced(problem, rays).of(said)) == 1


def one_problem(case: Case) -> bool:
    """Whether a case has a plan, and is no solve in several steps."""
    if case.expected["status"] not in ("optimal", "feasible"):
        return False
    instance = optimizer.load(case.folder)
    several = instance.lexicographic is not None or least_outlay_first(network_of(instance))
    return not several and instance.plain().get("risk", {}).get("measure") != "regret"


CASES = [case for case in [*cases_in(OWN), *cases_in(contract())] if one_problem(case)]


def made(instance: optimizer.Instance, folder: Path, gap: float = GAP, **options: Any) -> tuple[optimizer.Plan, Proof]:
    """A plan in a folder, and its proof, gone through once more from the file."""
    plan = optimizer.solve(instance, gap=gap / 10, threads=1)
    plan.save(folder)
    proof = optimizer.prove(folder, gap=gap, **options)
    again = optimizer.proven(folder)
    assert replace(again, why=proof.why) == proof
    return plan, proof


@pytest.mark.parametrize("case", some_fast(CASES, 14), ids=name_of)
def test_known_optima_are_proved(case: Case, tmp_path: Path) -> None:
    """Not above, and below by no more than the gap."""
    _, proof = made(optimizer.load(case.folder), tmp_path / "plan")
    optimum = case.expected["objective"]
    assert proof.bound_usd is not None
    assert proof.bound_usd <= optimum + 1e-6 * abs(optimum) + 0.01
    assert proof.bound_usd >= optimum - 2 * GAP * abs(optimum) - 0.02, proof


class Proved:
    """A folder with a plan and a proof of several leaves.

    Attributes:
        folder: of the plan.
        optimum: no plan costs less and one as much, to 1e-7.
        problem: of its instance.
        rows: the same in whole numbers.
        tree: the proof.
    """

    def __init__(self, folder: Path, optimum: float) -> None:
        self.folder, self.optimum = folder, optimum
        self.problem = _problem(optimizer.Plan.read(folder))
        self.rows = Rows(self.problem)
        self.tree = Tree.read(folder / FILE)


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> Proved:
    """Of a network with two disruptions."""
    instance = instance_of(generate(5, scenarios=2))
    folder = tmp_path_factory.mktemp("proved") / "plan"
    plan, proof = made(instance, folder)
    assert plan.bound is not None
    assert proof.leaves > 2
    assert proof.gap is not None
    assert proof.gap <= GAP
    return Proved(folder, plan.bound)


def copied(proved: Proved, folder: Path) -> Path:
    """The plan once more."""
    plan = optimizer.Plan.read(proved.folder)
    plan.save(folder)
    (folder / FILE).write_bytes((proved.folder / FILE).read_bytes())
    return folder


@settings(max_examples=25)
@given(st.data())
def test_whatever_is_changed_in_a_proof_it_never_proves_more_than_is_true(proved: Proved, data: st.DataObject) -> None:
    """Multipliers, splits, sides, parents, leaves: it is refused, proves nothing, or something that is true."""
    hold_changed(proved, data)


@pytest.mark.slow
@settings(max_examples=1000)
@given(st.data())
def test_a_thousand_changed_proofs_prove_nothing_that_is_not_true(proved: Proved, data: st.DataObject) -> None:
    hold_changed(proved, data)


def hold_changed(proved: Proved, data: st.DataObject) -> None:
    """Change a proof in one to four ways, and see what it says."""
    tree = copy.deepcopy(proved.tree)
    for _ in range(data.draw(st.integers(1, 4))):
        _change(tree, proved.problem, data)
    if tree.faults(proved.problem.integer):
        return
    found = tree.proved(proved.rows)
    assert found is None or float(found) / proved.problem.money <= proved.optimum * (1 + 2e-6)


def _change(tree: Tree, problem: Problem, data: st.DataObject) -> None:
    """One change of a kind that is drawn."""
    kinds = ["multiplier", "row", "swap", "twin", "side", "parent", "split", "number", "leaf", "own"]
    kind = data.draw(st.sampled_from(kinds))
    node = data.draw(st.sampled_from(sorted(tree.leaves)))
    leaf = tree.leaves[node]
    if kind == "multiplier" and len(leaf.multipliers):
        at = data.draw(st.integers(0, len(leaf.multipliers) - 1))
        leaf.multipliers[at] *= data.draw(st.sampled_from([-1.0, 0.0, 0.5, 1.001, 2.0, 1e6, float("nan")]))
    elif kind == "row" and len(leaf.place):
        leaf.place[data.draw(st.integers(0, len(leaf.place) - 1))] = data.draw(st.integers(0, tree.rows - 1))
    elif kind == "swap":
        other = data.draw(st.sampled_from(sorted(tree.leaves)))
        tree.leaves[node], tree.leaves[other] = tree.leaves[other], tree.leaves[node]
    elif kind == "twin":  # the other side of a split is left out: what it holds may cost less
        for other in tree.leaves:
            if tree.parent[other] == tree.parent[node]:
                tree.leaves[other], tree.high[other] = leaf, tree.high[node]
    elif kind == "side":
        at = data.draw(st.integers(0, len(tree.high) - 1))
        tree.high[at] = not tree.high[at]
    elif kind in ("parent", "split"):
        numbers = getattr(tree, kind)
        numbers[data.draw(st.integers(0, len(numbers) - 1))] = data.draw(st.integers(-2, len(numbers)))
    elif kind == "number":
        at = data.draw(st.integers(0, len(tree.splits) - 1))
        tree.splits[at] = replace(tree.splits[at], number=data.draw(st.integers(-1, 2)))
    elif kind == "leaf":
        del tree.leaves[node]
        if not tree.leaves:
            tree.leaves[node] = Leaf.of(np.zeros(problem.rows))
    else:
        for split in leaf.of_splits:
            leaf.of_splits[split] *= data.draw(st.sampled_from([-1.0, 3.0]))


def test_a_tree_that_leaves_plans_out_is_refused() -> None:
    """By what is wrong with it."""
    integer = np.array([True, True, False])
    whole = Tree("", 1, 3, [-1, 0, 0], [-1, 0, 0], [False, False, True], [Split((0,), 0)])
    whole.leaves = {1: Leaf.of(np.array([2.5])), 2: Leaf.of(np.array([1.5]))}
    assert whole.faults(integer) == []
    assert whole.proved(Rows(KNAPSACK)) == Fraction("15.75")  # 16.75 without the first plant, 15.75 with it
    no_leaf = replace(whole, leaves={1: whole.leaves[1]})
    assert no_leaf.faults(integer) == ["nothing is known at 1 of the leaves, node 2 the first"]
    twice = replace(whole, high=[False, True, True])
    assert twice.faults(integer) == ["node 0 is not divided into the two sides of one split"]
    apart = replace(whole, splits=[Split((2,), 0)])
    assert apart.faults(integer) == ["split 0 is over columns that are not integer, not there or named twice"]
    loose = replace(whole, parent=[-1, 0, 5])
    assert loose.faults(integer) == ["node 2 hangs on a node or a split that is not there"]
    assert replace(whole, parent=[0, 0, 0]).faults(integer) == ["the tree has no first node"]


@pytest.mark.slow
def test_a_time_limit_keeps_what_is_proved(tmp_path: Path) -> None:
    """Less than asked for, and told so; what there is, is true."""
    instance = optimizer.load("instances/starter")
    plan = optimizer.solve(instance, gap=1e-3, threads=1)
    plan.save(tmp_path / "plan")
    proof = optimizer.prove(tmp_path / "plan", gap=0.0, time_limit=0.001)  # the first relaxation has ten seconds
    assert proof.why == "the time limit was reached"
    assert proof.gap is not None
    assert proof.gap > 0
    assert plan.objective is not None
    assert proof.bound_usd is not None
    assert proof.bound_usd < plan.objective
    assert optimizer.proven(tmp_path / "plan").bound_usd == proof.bound_usd


def test_what_is_no_proof_of_this_plan_is_refused(proved: Proved, tmp_path: Path) -> None:
    """None, a broken one, one of another instance, of other rows, of a plan that is none."""
    folder = copied(proved, tmp_path / "plan")
    file = folder / FILE
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PlanError, match="not a proof, or a broken one"):
        optimizer.proven(folder)
    tree = Tree.read(proved.folder / FILE)
    replace(tree, instance_sha256="0" * 64).write(file)
    with pytest.raises(PlanError, match="of another instance"):
        optimizer.proven(folder)
    replace(tree, rows=tree.rows + 1).write(file)
    with pytest.raises(PlanError, match="this version makes"):
        optimizer.proven(folder)
    replace(tree, leaves={}).write(file)
    with pytest.raises(PlanError, match="proves nothing: nothing is known at"):
        optimizer.proven(folder)
    file.unlink()
    with pytest.raises(PlanError, match="there is no proof; `optimizer prove"):
        optimizer.proven(folder)


@pytest.mark.slow
def test_what_is_several_problems_or_no_plan_is_refused(tmp_path: Path) -> None:
    """Regret has an optimum of each future in it, which only a solver has found."""
    data = generate(5, scenarios=2) | {"risk": {"measure": "regret"}}
    optimizer.solve(instance_of(data), gap=1e-3, threads=1).save(tmp_path / "plan")
    with pytest.raises(OptionsError, match="a proof is not built for the measure regret"):
        optimizer.prove(tmp_path / "plan")
    assert not (tmp_path / "plan" / FILE).exists()


def test_a_plan_cheaper_than_any_can_be_is_told(proved: Proved, tmp_path: Path) -> None:
    """The cost that a folder claims is not what makes a bound."""
    folder = copied(proved, tmp_path / "plan")
    about = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    about["objective"] *= 0.99
    (folder / "plan.json").write_text(json.dumps(about), encoding="utf-8")
    proof = optimizer.proven(folder)
    assert proof.crossed
    assert proof.bound_usd == optimizer.proven(proved.folder).bound_usd


def test_saving_a_plan_again_leaves_no_proof_of_another(proved: Proved, tmp_path: Path) -> None:
    """The folder is replaced whole."""
    folder = copied(proved, tmp_path / "plan")
    optimizer.Plan.read(folder).save(folder)
    assert not (folder / FILE).exists()
