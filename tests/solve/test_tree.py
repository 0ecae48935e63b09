"""Futures that leave other futures: what not knowing the length costs, measures over a tree, and laws of trees."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.build import Data, network_from, optimum, solve
from support.cases import case_data
from support.generate import EFFECTS, generate

from optimizer.model.risk import parts_of
from optimizer.network.tables import BASE, INVESTMENT, TRUNK
from optimizer.network.tree import foreseen
from optimizer.plan.columns import rows_of
from optimizer.solver import extensive, first_plan, highs
from optimizer.solver.extensive import compile_all, problem_of

SEEDS = st.integers(0, 10_000)
FEW = settings(settings.get_profile("few"), max_examples=2)
MANY = settings(settings.get_profile("many"), max_examples=5)
RISKS: tuple[dict[str, Any], ...] = (
    {"measure": "expected"},
    {"measure": "cvar", "alpha": 0.75, "weight": 0.5},
    {"measure": "cvar", "alpha": 0.5, "weight": 1.0},
    {"measure": "worst_case"},
    {"measure": "regret"},
)
LONGER = "child_lasts_longer_than_hoped"
"""x of 10 t are released in 2028, in both futures: `hoped` costs 900 - 50x, `longer` 900 + 40x, the base 400."""


def futures(plan: Any) -> dict[str, float]:
    return {row.scenario: row.cost for row in rows_of(plan.scenarios)}


@pytest.mark.parametrize(
    ("risk", "objective", "released"),
    [
        # Whole tail, 0.3 of hoped and 0.2 of longer: (0.3*(900 - 50x) + 0.2*(900 + 40x)) / 0.5 = 900 - 14x.
        ({"measure": "cvar", "alpha": 0.5, "weight": 1.0}, 900 - 14 * 10, 10.0),
        # Half the mean, half a tail of longer alone: 0.5*(650 - 7x) + 0.5*(900 + 40x) = 775 + 16.5x.
        ({"measure": "cvar", "alpha": 0.8, "weight": 0.5}, 775, 0.0),
        # The larger of 900 - 50x and 900 + 40x.
        ({"measure": "worst_case"}, 900, 0.0),
        # Who knows pays 400 and 900: regrets are 500 - 50x and 40x, equal at x = 500/90.
        ({"measure": "regret"}, 40 * 500 / 90, 500 / 90),
    ],
    ids=["tail", "mean_and_tail", "worst_case", "regret"],
)
def test_measures_count_each_future_along_its_path(risk: dict[str, Any], objective: float, released: float) -> None:
    """A future costs what the courses on its path cost while it is on them, whatever is made of these costs."""
    plan = solve(case_data(LONGER, risk=risk))
    assert plan.objective == pytest.approx(objective, rel=1e-6)
    assert futures(plan) == pytest.approx(
        {"base": 400, "hoped": 900 - 50 * released, "longer": 900 + 40 * released}, rel=1e-5
    )
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    if risk["measure"] == "regret":
        assert plan.info["hindsight"] == pytest.approx({"base": 400, "hoped": 400, "longer": 900})


@pytest.mark.parametrize(
    ("hoped", "longer", "unknown", "known"),
    [(0.3, 0.2, 580.0, 500.0), (0.2, 0.3, 650.0, 550.0), (0.5, 0.0, 400.0, 400.0)],
)
def test_not_knowing_the_length_costs_what_it_costs(hoped: float, longer: float, unknown: float, known: float) -> None:
    """Told on the first day how long it lasts, one releases all or nothing: 400 and 900, each in its own future.

    Untold, x is the same in both, and the mean is 400*p(base) + (900 - 50x)*p(hoped) + (900 + 40x)*p(longer).
    """
    tree = case_data(LONGER)
    for row, probability in zip(tree["scenarios"], (hoped, longer), strict=True):
        row["probability"] = probability
    assert optimum(tree) == pytest.approx(unknown)
    told = copy.deepcopy(tree)
    del told["scenarios"][1]["parent"]
    told["scenarios"][1] |= {"onset": 2028, "duration": 2}
    assert optimum(told) == pytest.approx(known)


def test_the_branch_of_a_child_opens_with_its_parents_stock() -> None:
    """What was released before the second blow is gone; what the first branch did after it does not count."""
    plan = solve(case_data("child_rejoins_at_price"))
    closing = {(r.scenario, r.period): r.closing for r in rows_of(plan.stock)}
    opening = {(r.scenario, r.period): r.opening for r in rows_of(plan.stock)}
    assert closing["hoped", 2028] == pytest.approx(8)
    assert opening["longer", 2029] == pytest.approx(8)
    assert closing["trunk", 2028] == pytest.approx(10)


def test_a_branch_that_another_leaves_must_hold_to_its_own_end() -> None:
    """Where all probability leaves with the child, the parent's way back still binds: without it there is no plan."""
    data = case_data("child_rejoins_at_price", risk={"measure": "expected"})
    data["materials"]["magnet"].pop("price")
    data["scenarios"][0]["probability"] = 0.0
    plan = solve(data)
    back = {r.period: r for r in rows_of(plan.stock) if r.scenario == "hoped"}
    assert back[2029].closing == pytest.approx(10)
    data["facilities"]["plant"]["capacity"] = {2027: 12, 2029: 0, 2030: 30}
    for row in data["scenarios"]:
        row["effects"] = [{"affects": "demand", "where": {"market": "town"}, "factor": 1.0}]
    data["markets"]["town"]["demand"][0]["shortage_cost"] = None
    assert solve(data).status == "infeasible"


def test_what_is_only_a_beginning_need_not_find_its_way_back() -> None:
    """It lasts until the last that begin with it have left: nothing asks what would have become of it."""
    data = case_data("child_rejoins_at_price", risk={"measure": "expected"})
    data["materials"]["magnet"].pop("price")
    data["facilities"]["plant"]["capacity"] = {2027: 12, 2029: 0, 2030: 30}
    data["scenarios"][0] |= {"probability": 0.0, "beginning": True}
    plan = solve(data)
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    network = network_from(data)
    assert (network.windows["hoped"].periods, network.windows["hoped"].until) == ((2028,), 2029)
    assert network.windows["longer"].periods[0] == 2029
    assert list(network.path) == [BASE, "longer"]
    assert set(plan.scenarios["scenario"]) == {BASE, "longer"}
    assert {r.period for r in rows_of(plan.stock) if r.scenario == "hoped"} == {2028}


@pytest.mark.parametrize("measure", ["worst_case", "regret"])
def test_no_measure_counts_what_is_only_a_beginning(measure: str) -> None:
    """A scenario of probability 0 counts for the dearest future; one that no future ends with does not."""
    data = case_data(LONGER, risk={"measure": measure})
    short, long = data["scenarios"]
    short["probability"], long["probability"] = 0.0, 0.5
    every = solve(data)
    short["beginning"] = True
    plan = solve(data)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert set(futures(plan)) == {BASE, "longer"}
    # What is released costs later, and nobody is in the future in which it would not.
    assert futures(plan)["longer"] == pytest.approx(900)
    assert plan.objective == pytest.approx(900 if measure == "worst_case" else 0)
    assert (every.objective or 0) >= (plan.objective or 0) - 1e-6
    if measure == "regret":
        assert set(plan.info["hindsight"]) == {BASE, "longer"}
        assert every.objective == pytest.approx(40 * 500 / 90)


def test_a_beginning_lasts_while_some_begin_with_it_later() -> None:
    """Who begins with it when it is over needs its way back to the trunk."""
    data = case_data(LONGER)
    short, long = data["scenarios"]
    short |= {"probability": 0.0, "beginning": True, "recovery": 1}
    data["scenarios"].append({**copy.deepcopy(long), "id": "after", "onset": 2030, "duration": 1, "probability": 0.1})
    network = network_from(data)
    assert network.windows["after"].leaves is None
    assert network.windows["hoped"].restores
    assert network.path["after"] == {2027: TRUNK, 2028: "hoped", 2029: "hoped", 2030: "after"}
    plan = solve(data)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]


def test_hindsight_where_others_leave_a_beginning_later() -> None:
    """Who leaves it first is not on it in its last year; that year costs nothing and still holds."""
    data = case_data(LONGER, risk={"measure": "regret"})
    short, long = data["scenarios"]
    short |= {"probability": 0.0, "beginning": True, "duration": 3}
    data["scenarios"].append({**copy.deepcopy(long), "id": "later", "onset": 2030, "duration": 1, "probability": 0.1})
    network = network_from(data)
    assert network.windows["hoped"].periods == (2028, 2029)
    known = foreseen(network, "longer")
    assert (known.weight["hoped", 2028], known.weight["hoped", 2029]) == (1.0, 0.0)
    plan = solve(data)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert set(plan.info["hindsight"]) == {BASE, "longer", "later"}


def test_someone_who_knows_the_future_pays_for_its_path_alone() -> None:
    """The hindsight of a child holds its parents' branches; only what lies on its path costs."""
    network = network_from(case_data(LONGER, risk={"measure": "regret"}))
    assert parts_of(network, "longer") == [
        (INVESTMENT, None), (TRUNK, 2027), ("hoped", 2028), ("longer", None)
    ]  # fmt: skip
    assert parts_of(network, BASE) == [(INVESTMENT, None), *((TRUNK, t) for t in (2027, 2028, 2029, 2030))]
    known = foreseen(network, "longer")
    assert (list(known.windows), known.left) == (["hoped", "longer"], frozenset({"hoped"}))
    assert known.probability == {BASE: 0.0, "hoped": 0.0, "longer": 1.0}
    on = {(TRUNK, 2027), ("hoped", 2028), ("longer", 2029), ("longer", 2030)}
    assert {at: weight for at, weight in known.weight.items() if weight} == dict.fromkeys(on, 1.0)
    assert (list(foreseen(network, "hoped").windows), foreseen(network, "hoped").left) == (["hoped"], frozenset())
    assert not foreseen(network, BASE).windows


@pytest.mark.parametrize("risk", RISKS, ids=lambda risk: f"{risk['measure']}_{risk.get('weight', '')}")
def test_only_a_branch_that_is_left_has_a_cost_by_period(risk: dict[str, Any]) -> None:
    """A branch that none leaves is one cost term, so that a tree makes nothing larger than it must."""
    network = network_from(case_data(LONGER, risk=risk))
    problem = problem_of(network, compile_all(network)[0], {"base": 0.0, "hoped": 0.0, "longer": 0.0})
    columns = {key for key in problem.cost_columns if key[0] not in (TRUNK, INVESTMENT)}
    expected = {("hoped", 2028), ("hoped", 2029), ("longer", None)}
    assert columns == (set() if risk["measure"] == "expected" else expected)


# Laws


def tree(seed: int, children: int = 1) -> Data:
    return generate(seed, scenarios=1, children=children)


@pytest.mark.slow
@given(SEEDS)
def test_what_is_returned_for_a_tree_passes_the_check(seed: int) -> None:
    """Whatever the measure and the rules, the checker, which builds the tree anew, finds nothing wrong."""
    data = tree(seed, children=1 + seed % 3)
    data["risk"] = RISKS[seed % len(RISKS)]
    data["policy"] = {
        "rules": [
            {"rule": "domestic_content", "channel": "strict", "stage": "magnet", "share": 0.2, "in_disruption": True},
            {"rule": "starts", "max": 2},
        ]
    }
    plan = solve(data)
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]["violations"]
    assert list(plan.scenarios["scenario"]) == ["base", *(row["id"] for row in data["scenarios"])]
    mean = float((plan.scenarios["probability"] * plan.scenarios["cost"]).sum())
    assert sum(plan.info["cost"].values()) == pytest.approx(mean, rel=1e-7)


@FEW
@given(SEEDS)
def test_a_child_split_into_halves_changes_nothing(seed: int) -> None:
    """The same blow within the same future told twice, at half the probability each, is the same blow."""
    data = tree(seed)
    data["risk"] = RISKS[seed % 4]
    whole = optimum(data)
    last = data["scenarios"][-1]
    last["probability"] /= 2
    data["scenarios"].append({**copy.deepcopy(last), "id": "twin"})
    assert optimum(data) == pytest.approx(whole, rel=1e-6)


@FEW
@given(SEEDS)
def test_a_child_of_probability_0_changes_nothing(seed: int) -> None:
    """It must be survived, and here it always can be; in the mean it does not count."""
    data = tree(seed)
    with_child = copy.deepcopy(data)
    parent = data["scenarios"][0]
    child = {"id": "never", "parent": parent["id"], "probability": 0.0, "onset": 2028, "recovery": seed % 3}
    with_child["scenarios"].append({**child, "duration": 1, "effects": copy.deepcopy(parent["effects"])})
    assert optimum(with_child) == pytest.approx(optimum(data), rel=1e-6)


@pytest.mark.slow
@FEW
@given(SEEDS)
def test_a_child_in_which_nothing_else_happens_is_its_parent_once_more(seed: int) -> None:
    """Told in 2028 that all goes on as it is, one does what one would have done."""
    data = tree(seed, children=0)
    blow = data["scenarios"][0]
    blow["onset"] = 2027
    blow.pop("duration", None)
    data["risk"] = RISKS[seed % 4]
    before = optimum(data)
    calm = {"affects": "demand", "where": {"market": "cars"}, "factor": 1.0}
    blow["probability"] /= 2
    data["scenarios"].append(
        {"id": "calm", "parent": blow["id"], "probability": blow["probability"], "onset": 2028, "effects": [calm]}
    )
    assert optimum(data) == pytest.approx(before, rel=1e-6)


@FEW
@given(SEEDS)
def test_knowing_how_it_goes_on_never_costs_more(seed: int) -> None:
    """The same futures told apart on the first day: whoever is not told could do no better."""
    data = tree(seed)
    parent, child = data["scenarios"]
    parent["recovery"] = 3  # long enough for the child to leave its branch
    for row in (parent, child):  # delays upon delays are judged one after the other
        row["effects"] = [copy.deepcopy(EFFECTS[3]) if e["affects"] == "options" else e for e in row["effects"]]
    data["risk"] = RISKS[seed % 3]
    told = copy.deepcopy(data)
    told["scenarios"][1] = told_at_once(parent, child)
    assert optimum(told) <= optimum(data) * (1 + 1e-6)


def told_at_once(parent: Data, child: Data) -> Data:
    """The future of a child as one that leaves the trunk with its parent."""

    def dated(row: Data) -> list[Data]:
        lasts = {"duration": row["duration"]} if "duration" in row else {}
        return [{**effect, "from": row["onset"], **lasts} for effect in row["effects"]]

    made = {key: value for key, value in child.items() if key not in ("parent", "duration")}
    return made | {"onset": parent["onset"], "effects": [*dated(parent), *dated(child)]}


@pytest.mark.slow
@FEW
@given(SEEDS)
def test_what_no_future_ends_with_never_makes_a_plan_dearer(seed: int) -> None:
    """A parent without probability that is only a beginning asks less; plans by both methods pass the check."""
    data = tree(seed, children=2)
    data["scenarios"][0]["probability"] = 0.0
    data["risk"] = RISKS[seed % len(RISKS)]
    whole = optimum(data)
    data["scenarios"][0]["beginning"] = True
    plans = [solve(data, method=method) for method in ("extensive", "benders")]
    for plan in plans:
        assert plan.info["verdict"]["ok"], plan.info["verdict"]["violations"]
    assert plans[0].objective is not None
    assert plans[1].objective == pytest.approx(plans[0].objective, rel=1e-3, abs=1.0)
    if data["risk"]["measure"] != "regret":  # it loses hindsight too
        assert plans[0].objective <= whole * (1 + 1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "law",
    [
        test_what_is_returned_for_a_tree_passes_the_check,
        test_a_child_split_into_halves_changes_nothing,
        test_a_child_of_probability_0_changes_nothing,
        test_a_child_in_which_nothing_else_happens_is_its_parent_once_more,
        test_knowing_how_it_goes_on_never_costs_more,
        test_what_no_future_ends_with_never_makes_a_plan_dearer,
    ],
    ids=lambda law: law.__name__.removeprefix("test_"),
)
def test_every_law_of_trees_holds_of_many(law: Any) -> None:
    """What holds of a few trees holds of many more of them."""

    @MANY
    @given(SEEDS)
    def holds(seed: int) -> None:
        law.hypothesis.inner_test(seed)

    holds()


@pytest.mark.parametrize("seed", [3, 14])
def test_plan_found_early_holds_for_a_tree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Branch by branch, parents first, each opening with what the one before it left: a plan, and no better one."""
    best = solve(tree(seed, 2))
    monkeypatch.setattr(extensive, "LARGE", 0)

    def limited(problem: Any, *args: Any, **options: Any) -> Any:
        if options.get("phase") in ("relaxing all futures", "a first plan", "solving"):
            return highs.Raw("limit", None, None, None, 0.0)
        return highs.run(problem, *args, **options)

    monkeypatch.setattr(first_plan, "run", limited)
    monkeypatch.setattr(extensive, "run", limited)
    plan = solve(tree(seed, 2))
    assert plan.status == "feasible"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert best.objective is not None
    assert plan.objective is not None
    assert plan.objective >= best.objective * (1 - 1e-7)


def test_generated_trees_are_trees() -> None:
    """Some children leave a branch, some the trunk, some a child."""
    networks = [network_from(generate(seed, scenarios=1, children=2)) for seed in range(20)]
    assert {len(network.windows) for network in networks} == {3}
    leaves = {network.windows[f"child_{i}"].leaves for network in networks for i in range(2)}
    assert leaves == {None, "blow_0", "child_0"}
