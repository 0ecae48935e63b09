"""Fronts against every portfolio tried by hand; what is claimed of points that were not solved."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from support.build import GAP, instance_of, optimum
from support.subsets import BUDGET, CAP, TARGET, instance_data, least_cost, plants

import optimizer
from optimizer.errors import InstanceError, OptionsError, PlanError
from optimizer.fronts import study, work
from optimizer.fronts.front import Fact, Front
from optimizer.fronts.sweeps import AT_LEAST, AT_MOST, Sweep, instance_at, sweeps_of
from optimizer.fronts.work import Home, Task, begin, solve_point
from optimizer.solver.options import Options

CAPS = (1.0, 0.3, 0.1, 0.0)
Costs = dict[tuple[float, ...], float | None]


def budgets(seed: int) -> list[float]:
    """Budgets at which something comes within reach, and some at which nothing does."""
    return sorted({0.0, 100.0, *(float(plant.capex) for plant in plants(seed)), 1e4})


def expected_verdicts(costs: Costs, stricter: object) -> dict[tuple[float, ...], str]:
    """What each point of a grid is, from the least costs."""
    found = {}
    for at, cost in costs.items():
        if cost is None:
            found[at] = "infeasible"
            continue
        others = [costs[q] for q in costs if q != at and stricter(q, at)]  # type: ignore[operator]
        found[at] = "dominated" if any(c is not None and c <= cost + 1e-6 for c in others) else "front"
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_two_criteria_as_by_enumeration(seed: int) -> None:
    """Cost against a budget: every point, every verdict, and fewer solves than points."""
    given = plants(seed)
    found = optimizer.frontier(instance_of(instance_data(given)), {BUDGET: budgets(seed)}, gap=GAP)
    costs: Costs = {(b,): least_cost(given, budget=b) for b in budgets(seed)}
    verdicts = expected_verdicts(costs, lambda q, p: q[0] <= p[0])
    for row in found.points.to_dict("records"):
        assert row["objective"] == pytest.approx(costs[row[BUDGET],], rel=1e-7), row
        assert row["bound"] == pytest.approx(row["objective"], rel=1e-7)
        assert row["verdict"] == verdicts[row[BUDGET],], row
    assert {"front", "dominated"} <= set(found.points["verdict"])


@pytest.mark.parametrize("seed", [3])
def test_three_criteria_as_by_enumeration(seed: int) -> None:
    """Cost against a budget and the ownership that a channel allows."""
    given = plants(seed)
    some = budgets(seed)[1::2]
    found = optimizer.frontier(instance_of(instance_data(given)), {BUDGET: some, CAP: CAPS}, gap=GAP)
    costs: Costs = {(b, c): least_cost(given, budget=b, cap=c) for b, c in itertools.product(some, CAPS)}
    verdicts = expected_verdicts(costs, lambda q, p: q[0] <= p[0] and q[1] <= p[1])
    assert len(found.points) == len(costs)
    for row in found.points.to_dict("records"):
        at = row[BUDGET], row[CAP]
        assert row["objective"] == pytest.approx(costs[at], rel=1e-7), row
        assert row["verdict"] == verdicts[at], row
    assert found.info["solves"] < len(costs), "what one solve shows serves other points"
    assert set(found.front["verdict"]) == {"front"}


def test_points_without_a_plan_are_told_and_not_solved_again() -> None:
    """A number of plants that a budget cannot carry: infeasible from there on, proved by few solves."""
    given = plants(1)
    instance = instance_of(instance_data(given) | {"policy": {"budget": {"total": 1500.0}, "rules": [
        {"rule": "count", "stage": "magnet", "min": 0}]}})  # fmt: skip
    found = optimizer.frontier(instance, [f"{TARGET}=0:5:6"], gap=GAP)
    for row in found.points.to_dict("records"):
        cost = least_cost(given, budget=1500.0, least=row[TARGET])
        if cost is None:
            assert (row["status"], row["verdict"]) == ("infeasible", "infeasible"), row
            assert pd.isna(row["objective"])
            assert pd.isna(row["bound"])
        else:
            assert row["objective"] == pytest.approx(cost, rel=1e-7), row
    assert {"infeasible", "optimal"} <= set(found.points["status"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "sweep", ["policy.budget.annual=1.0e8,1.5e8,3e8", "policy.rules.0.share.2029=0,0.5,1", "policy.rules.2.max=1,2,3"]
)
def test_a_looser_limit_never_costs_more(sweep: str) -> None:
    """On the starter, with each point solved by itself: brackets of the front and of the solves overlap."""
    instance = optimizer.load(Path(__file__).parents[2] / "instances" / "starter", ["scenarios=[]"])
    found = optimizer.frontier(instance, [sweep], gap=1e-3)
    sweeps = sweeps_of(instance, [sweep])
    rows = found.points.to_dict("records")
    for looser, stricter in itertools.pairwise(rows):
        assert looser["objective"] <= stricter["objective"]
        assert looser["bound"] <= stricter["bound"]
    for row in rows:
        alone = optimizer.solve(instance_at(instance, sweeps, (row[sweeps[0].name],)), gap=1e-3, threads=1)
        assert alone.objective is not None
        assert alone.bound is not None
        assert alone.bound <= row["objective"] * (1 + 1e-9), "a plan that costs less than can be"
        assert row["bound"] <= alone.objective * (1 + 1e-9), "a bound that a plan is below of"


def test_a_step_smaller_than_the_gaps_is_not_sold_as_one() -> None:
    """Two points whose brackets overlap: the looser one's plan costs less, and that proves nothing."""
    sweep = Sweep(("budget",), (2.0, 1.0), AT_MOST)
    front = Front((sweep,), gap=0.1)
    front.add(Fact((2.0,), "optimal", "", 100.0, 95.0, gap=0.1))
    front.add(Fact((1.0,), "optimal", "", 104.0, 99.0, gap=0.1))
    assert [front.verdict(at) for at in front.points] == ["within the gap", "front"]
    front.facts[1] = Fact((1.0,), "optimal", "", 104.0, 101.0, gap=0.1)
    assert [front.verdict(at) for at in front.points] == ["front", "front"]
    front.facts[1] = Fact((1.0,), "optimal", "", 100.0, 99.0, gap=0.1)
    assert [front.verdict(at) for at in front.points] == ["dominated", "front"]


def test_what_lies_between_equal_ends_is_not_solved() -> None:
    """A bound of the looser end and a plan of the stricter one settle what is between; other values are not touched."""
    one, two = Sweep(("a",), (3.0, 2.0, 1.0), AT_MOST), Sweep(("b",), (0.0, 1.0), AT_LEAST)
    front = Front((one, two), gap=0.01)
    front.add(Fact((3.0, 0.0), "optimal", "", 100.0, 99.5))
    assert front.next(()) == (3.0, 1.0)
    front.add(Fact((1.0, 0.0), "optimal", "", 100.2, 99.9))
    assert front.settled((2.0, 0.0))
    assert not front.settled((2.0, 1.0))
    assert front.bracket((2.0, 0.0)).low == 99.5
    assert front.bracket((2.0, 0.0)).high == 100.2
    assert front.bracket((2.0, 1.0)).low == 99.5
    assert front.bracket((2.0, 1.0)).high is None


def test_a_key_that_is_no_limit_makes_a_curve() -> None:
    """Capex is no limit: each point is solved, none is dominated, and costs may go either way."""
    given = plants(1)
    key = "facilities.plant0.options.build.capex"
    found = optimizer.frontier(instance_of(instance_data(given)), {key: [50.0, 400.0, 800.0]}, gap=GAP)
    assert set(found.points["verdict"]) == {"curve"}
    assert found.info["solves"] == 3
    for row in found.points.to_dict("records"):
        moved = [type(p)(p.capacity, int(row[key]) if i == 0 else p.capex, p.exposure) for i, p in enumerate(given)]
        assert row["objective"] == pytest.approx(least_cost(moved), rel=1e-7)


def test_a_year_by_which_few_may_be_funded_is_no_limit_from_above() -> None:
    """At most one plant on line by 2027 lets others follow in 2028; at most one by 2028 does not, and costs more."""
    data = instance_data(plants(1))
    for record in data["facilities"].values():
        record["options"][0]["latest"] = 2028
    data["policy"]["rules"] = [{"rule": "count", "stage": "magnet", "max": 1, "by": 2028}]
    found = optimizer.frontier(instance_of(data), {"policy.rules.0.by": [2027, 2028]}, gap=GAP)
    cost = dict(zip(found.points["policy.rules.0.by"], found.points["objective"], strict=True))
    for year, usd in cost.items():
        data["policy"]["rules"][0]["by"] = int(year)
        assert usd == pytest.approx(optimum(data)), year
    assert cost[2027] < cost[2028]
    assert set(found.points["verdict"]) == {"curve"}
    data["policy"]["rules"] = [{"rule": "count", "stage": "magnet", "min": 1, "by": 2028}]
    (least,) = sweeps_of(instance_of(data), {"policy.rules.0.by": [2027, 2028]})
    assert least.sense == AT_MOST


def test_a_limit_that_is_none_is_found_out() -> None:
    """Said to limit from below, capex has a dearer loose end: the claim is refused with the points that show it."""
    instance = instance_of(instance_data(plants(1)))
    with pytest.raises(OptionsError, match=r"did not limit at most.*below all plans of"):
        optimizer.frontier(instance, ["recipes.make.cost<=5,10"], gap=GAP)


def test_neighbours_start_points() -> None:
    """A point begins with the portfolio of the nearest one, and its plan is used."""
    given = plants(2)
    sweeps = sweeps_of(instance_of(instance_data(given)), {BUDGET: [5000.0, 4000.0, 0.0]})
    home = begin(instance_of(instance_data(given)), sweeps, Options(gap=GAP, threads=1))
    first, _ = solve_point(home, Task((4000.0,), None, None, (), keep=False))
    again, plan = solve_point(home, Task((5000.0,), first, None, (), keep=True))
    assert again.start == (4000.0,)
    assert again.began == "used"
    assert plan is not None
    assert set(again.funded) == set(first.funded)


@pytest.mark.slow
def test_a_known_bound_ends_a_search_and_is_its_own() -> None:
    """A search that reaches the bound of a looser point is optimal by that bound, and says so."""
    instance = optimizer.load(Path(__file__).parents[2] / "instances" / "starter", ["scenarios=[]"])
    options = Options(gap=1e-3, threads=1)
    sweeps = sweeps_of(instance, [f"{'policy.budget.annual'}=2e8,3e8"])
    home: Home = begin(instance, sweeps, options)
    loose, _ = solve_point(home, Task((3e8,), None, None, (), keep=False))
    assert loose.bound is not None
    known, plan = solve_point(home, Task((2e8,), loose, loose.bound, (), keep=True))
    assert known.status == "optimal"
    assert known.objective is not None
    assert known.bound is not None
    assert known.bound >= loose.bound
    assert known.objective - known.bound <= 1e-3 * abs(known.objective)
    assert plan is not None
    assert plan.info["verdict"]["ok"]


def test_a_search_that_just_missed_a_known_bound_is_not_optimal() -> None:
    """Stopped at 1,000 for a bound of 999: within 0.2 percent, but not within 0.05; by itself it never is."""
    for gap, by_us, status in ((2e-3, True, "optimal"), (5e-4, True, "feasible"), (2e-3, False, "feasible")):
        plan: Any = SimpleNamespace(objective=1000.0, bound=900.0, tables={"flows": 1}, info={"status": "feasible"})
        work._complete(plan, Options(gap=gap), 999.0, began_by_us=by_us)
        assert plan.info["status"] == status
        assert plan.info.get("bound", 900.0) == (999.0 if status == "optimal" else 900.0)


def test_what_a_limit_ended_is_asked_again_with_a_longer_one() -> None:
    """A point without the gap reached: it stands against the same limit, and neither a longer one nor none."""
    sweep = Sweep(("budget",), (1.0,), AT_MOST)
    for before, now, settled in ((10.0, 10.0, True), (10.0, 20.0, False), (10.0, None, False), (None, None, False)):
        front = Front((sweep,), gap=0.1, time_limit=now)
        front.add(Fact((1.0,), "feasible", "", 100.0, 50.0, gap=0.1, time_limit=before))
        assert front.settled((1.0,)) == settled, (before, now)


@pytest.mark.slow
def test_a_stopped_front_goes_on_and_a_finer_one_takes_it_over(tmp_path: Path) -> None:
    """Solves are kept as they come: the second call solves none, and a finer grid only what is not settled."""
    given = plants(2)
    instance = instance_of(instance_data(given))
    folder = tmp_path / "front"
    first = optimizer.frontier(instance, {BUDGET: [0.0, 1000.0]}, folder, gap=GAP, plans=True)
    lines = (folder / "solves.jsonl").read_text(encoding="utf-8").splitlines()
    with (folder / "solves.jsonl").open("a", encoding="utf-8") as file:
        file.write(lines[0][:40])  # killed while it wrote
    again = optimizer.frontier(instance, {BUDGET: [0.0, 1000.0]}, folder, gap=GAP, plans=True)
    assert (folder / "solves.jsonl").read_text(encoding="utf-8").splitlines() == lines
    pd.testing.assert_frame_equal(first.points, again.points)
    finer = optimizer.frontier(instance, {BUDGET: [0.0, 500.0, 1000.0, 1000.5]}, folder, gap=GAP, plans=True)
    assert [row["objective"] for row in finer.points.to_dict("records")] == [
        pytest.approx(least_cost(given, budget=b)) for b in (1000.5, 1000.0, 500.0, 0.0)
    ]
    for name in finer.points["plan"]:
        kept = optimizer.Plan.read(folder / "plans" / name)
        assert optimizer.verify(folder / "plans" / name).ok
        assert kept.objective is not None
    assert pd.read_csv(folder / "points.csv")["verdict"].tolist() == finer.points["verdict"].tolist()
    assert json.loads((folder / "frontier.json").read_text(encoding="utf-8"))["points"] == 4
    with pytest.raises(PlanError, match="another keys"):
        optimizer.frontier(instance, {CAP: [0.0, 1.0]}, folder)


def test_a_point_that_a_limit_ended_is_not_asked_again_in_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that ends before the gap is reached is left as it is: the run ends, and says no more than it knows."""

    def ended(_home: object, task: Task) -> tuple[Fact, None]:
        return Fact(task.at, "feasible", "it was stopped", 1000.0, 500.0), None

    monkeypatch.setattr(study, "solve_point", ended)
    found = optimizer.frontier(instance_of(instance_data(plants(1))), {BUDGET: [0.0, 1.0, 2.0]})
    assert found.info["solves"] == 3
    assert set(found.points["status"]) == {"feasible"}


def test_what_was_optimal_to_a_wider_gap_is_not_so_to_a_narrower(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A point solved to 20 percent, then to 0.1 until the time limit: it is not told as optimal to 0.1."""
    ends = iter(("optimal", "feasible"))

    def solved(home: Home, task: Task) -> tuple[Fact, None]:
        limit = home.options.time_limit
        return Fact(task.at, next(ends), "", 1000.0, 900.0, gap=home.options.gap, time_limit=limit), None

    monkeypatch.setattr(study, "solve_point", solved)
    instance, folder = instance_of(instance_data(plants(1))), tmp_path / "front"
    wide = optimizer.frontier(instance, {BUDGET: [1.0]}, folder, gap=0.2)
    narrow = optimizer.frontier(instance, {BUDGET: [1.0]}, folder, gap=1e-3, time_limit=1.0)
    assert [wide.points["status"][0], narrow.points["status"][0]] == ["optimal", "feasible"]


@pytest.mark.slow
def test_workers_find_the_same(tmp_path: Path) -> None:
    """Two processes, whatever order they come in."""
    given = plants(3)
    instance = instance_of(instance_data(given))
    found = optimizer.frontier(instance, {BUDGET: [0.0, 600.0, 900.0]}, tmp_path / "front", gap=GAP, workers=2)
    for row in found.points.to_dict("records"):
        assert row["objective"] == pytest.approx(least_cost(given, budget=row[BUDGET]), rel=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sweep", "values", "changes"),
    [("policy.rules.2.max", (1.0, 2.0), False), ("policy.budget.annual", (1.2e8, 2e8), True)],
)
def test_a_front_of_many_futures_keeps_the_cuts_of_benders(
    sweep: str, values: tuple[float, float], changes: bool
) -> None:
    """A limit on fundings changes no part, a budget those of the trunk: a second point keeps all other cuts."""
    instance = optimizer.load(Path(__file__).parents[2] / "instances" / "starter")
    sweeps = sweeps_of(instance, {sweep: values})
    home = begin(instance, sweeps, Options(method="benders", gap=5e-3, threads=1))
    solve_point(home, Task((values[1],), None, None, (), keep=False))
    before = home.checkpoint.read()
    solve_point(home, Task((values[0],), None, None, (), keep=False))
    after = home.checkpoint.read()
    assert before is not None
    assert after is not None
    changed = set(before.groups) - set(after.groups)
    assert bool(changed) == changes
    assert len(before.groups) - len(changed) >= len(instance.scenarios), "a branch knows no budget"
    cuts = {tuple(cut) for cut in zip(before.arrays["cut_group"], before.arrays["cut_constant"], strict=True)}
    kept = {before.groups.index(name): after.groups.index(name) for name in set(before.groups) & set(after.groups)}
    assert {group for group, _ in cuts} & kept.keys(), "there is no cut to keep"
    there = {tuple(cut) for cut in zip(after.arrays["cut_group"], after.arrays["cut_constant"], strict=True)}
    assert {(kept[group], constant) for group, constant in cuts if group in kept} <= there


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ("policy.rulez=0:1:2", "unknown key 'rulez'; did you mean 'rules'"),
        ("facilities.plant9.capacity=0:1:2", "has no 'plant9'; did you mean"),
        ("name=0:1:2", "holds text, not a number"),
        ("channels.open=0:1:2", "not a number"),
        (f"{CAP}=0:1.5:4", "1.5 is out of range"),
        (f"{CAP}=0:1", "is not FROM:TO:COUNT"),
        (f"{CAP}=0:1:1", "COUNT is a whole number, 2 or more"),
        (f"{CAP}=a,b", "are no numbers"),
        (f"{CAP}>=0:1:2", "limits from above; write"),
        (f"{TARGET}=0,0.5", "0.5 does not fit; a whole number"),
        ("policy.budget.total*=0:1:2", "there is nothing to multiply"),
        (Sweep((CAP,), ()), "no values; one value or more"),
    ],
)
def test_bad_sweeps_are_named(sweep: str | Sweep, said: str) -> None:
    """What cannot be swept is said before anything is solved."""
    with pytest.raises(InstanceError) as caught:
        sweeps_of(instance_of(instance_data(plants(1))), [sweep])
    assert said in str(caught.value), caught.value


def test_all_faults_at_once() -> None:
    """Two bad sweeps: both are told."""
    with pytest.raises(InstanceError) as caught:
        sweeps_of(instance_of(instance_data(plants(1))), [f"{CAP}=0:2:2", "name=1,2"])
    assert {fault.key for fault in caught.value.faults} == {CAP, "name"}


def test_keys_together_and_factors() -> None:
    """Keys joined by commas take one value; a factor multiplies what is there, series and all."""
    data = instance_data(plants(1))
    data["policy"] = {"budget": {"annual": {2027: 100.0, 2028: 50.0}}}
    instance = instance_of(data)
    (sweep,) = sweeps_of(instance, ["policy.budget.annual*=0.5,2"])
    assert sweep.values == (2.0, 0.5)
    after = instance_at(instance, (sweep,), (0.5,)).plain()
    assert after["policy"]["budget"]["annual"] == {2027: 50.0, 2028: 25.0}
    (both,) = sweeps_of(instance, ["policy.budget.annual.2027,policy.budget.annual.2028=0:100:3"])
    after = instance_at(instance, (both,), (50.0,)).plain()
    assert after["policy"]["budget"]["annual"] == {2027: 50, 2028: 50}
    assert both.sense == AT_MOST


def test_the_optimum_at_a_point_is_that_of_a_planner_who_sets_the_key() -> None:
    """A point is what --set makes of the instance."""
    data = instance_data(plants(2))
    found = optimizer.frontier(instance_of(data), {CAP: [0.1]}, gap=GAP)
    data["channels"]["open"]["max_exposure"]["ownership"] = 0.1
    assert found.points["objective"][0] == pytest.approx(optimum(data))
