"""Fronts of losses survived, against every portfolio tried by hand; what points lend each other."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from losses.conftest import coast
from losses.test_survive import TO_VAULT, by_scenarios
from support.build import GAP, Data, instance_of
from support.subsets import BUDGET, CAP, DEMAND, Plant, instance_data, least_cost, plants

import optimizer
from optimizer.errors import InstanceError, OptionsError, PlanError
from optimizer.fronts import Sweep, study, work
from optimizer.fronts.front import Fact, Front
from optimizer.fronts.survival import Losses, asked_of, survival_of
from optimizer.fronts.sweeps import AT_LEAST, AT_MOST, sweeps_of
from optimizer.fronts.work import Home, Task, begin
from optimizer.losses import search as losses_search
from optimizer.losses import survive
from optimizer.solver.options import Options

LOSSES = [0.0, 1.0, 2.0, 3.0, 4.0]
OPEN = ["programs"]
"""The market of the subsets draws on the loosest channel, so it is named."""


def chain(seed: int, count: int = 7) -> list[Plant]:
    """Plants of which some can be spared."""
    return plants(seed, count)


def held_to(costs: dict[tuple[float, ...], float | None], names: list[str], found: optimizer.Frontier) -> None:
    """Each point's cost, bound and verdict are those of the least costs; stricter is fewer USD, more losses."""
    assert len(found.points) == len(costs)
    sign = [-1.0 if name == "survive" else 1.0 for name in names]

    def tighter(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
        return one != other and all(s * a <= s * b for s, a, b in zip(sign, one, other, strict=True))

    for row in found.points.to_dict("records"):
        at = tuple(row[name] for name in names)
        stricter = [q for q in costs if tighter(q, at)]
        if costs[at] is None:
            assert row["status"] == row["verdict"] == "infeasible", row
            assert pd.isna(row["objective"])
            continue
        assert row["objective"] == pytest.approx(costs[at], rel=1e-7), row
        assert row["bound"] == pytest.approx(costs[at], rel=1e-7), row
        dear = [costs[q] for q in stricter]
        dominated = any(cost is not None and cost <= costs[at] + 1e-6 for cost in dear)  # type: ignore[operator]
        assert row["verdict"] == ("dominated" if dominated else "front"), row


@pytest.mark.parametrize("seed", [4, pytest.param(5, marks=pytest.mark.slow)])
def test_each_further_loss_as_by_enumeration(seed: int) -> None:
    """None to four plants lost: the cheapest portfolio that spares them, and from some number on none does."""
    given = chain(seed)
    found = optimizer.frontier(instance_of(instance_data(given)), {"survive": LOSSES}, gap=GAP, markets=OPEN)
    costs: dict[tuple[float, ...], float | None] = {(k,): least_cost(given, losses=k) for k in LOSSES}
    held_to(costs, ["survive"], found)
    known = [cost for cost in costs.values() if cost is not None]
    assert len(known) < len(costs), "something cannot be survived"
    assert len(set(known)) > 1, "surviving costs something"
    for row, (fewer, more) in zip(found.points.to_dict("records")[1:], itertools.pairwise(known), strict=False):
        assert row["than_fewer_at_least"] == pytest.approx(more - fewer, abs=1e-3)
        assert row["than_fewer_at_most"] == pytest.approx(more - fewer, abs=1e-3)


@pytest.mark.slow
def test_brackets_hold_the_least_cost_at_any_gap() -> None:
    """To a quarter: what is told of each point still has the least cost between its bound and its plan."""
    given = chain(4)
    found = optimizer.frontier(instance_of(instance_data(given)), {"survive": LOSSES}, gap=0.25, markets=OPEN)
    for row in found.points.to_dict("records"):
        cost = least_cost(given, losses=row["survive"])
        assert (cost is None) == (row["status"] == "infeasible")
        if cost is not None:
            assert row["bound"] <= cost * (1 + 1e-9), row
            assert row["objective"] >= cost * (1 - 1e-9), row


@pytest.mark.slow
@pytest.mark.parametrize(("key", "values"), [(BUDGET, [1200.0, 2500.0, 1e4]), (CAP, [0.0, 0.1, 1.0])])
def test_three_criteria_as_by_enumeration(key: str, values: list[float]) -> None:
    """Losses beside a budget, which leaves the operator as it is, and a channel's cap, which takes plants from him."""
    given = chain(6)
    some = LOSSES[:4]
    found = optimizer.frontier(instance_of(instance_data(given)), {key: values, "survive": some}, gap=GAP, markets=OPEN)
    word = "budget" if key == BUDGET else "cap"
    costs: dict[tuple[float, ...], float | None] = {
        (v, k): least_cost(given, losses=k, **{word: v}) for v, k in itertools.product(values, some)
    }
    held_to(costs, [key, "survive"], found)
    assert len({cost for cost in costs.values() if cost is not None}) > 3
    assert found.info["solves"] < len(costs), "what one solve shows serves other points"


@pytest.mark.parametrize("duration", [1, 2])
def test_with_stock_as_with_every_set_written_out(duration: int) -> None:
    """Where stock serves as well as plants: the cost of the problem that has every set of losses as a scenario."""
    data = coast()
    data["lanes"] += TO_VAULT
    found = optimizer.frontier(instance_of(data), ["survive=0,1,2"], gap=GAP, duration=duration, of="owners")
    costs = [row["objective"] for row in found.points.to_dict("records")]
    assert costs[0] == pytest.approx(optimizer.solve(instance_of(data), gap=GAP, threads=1).objective)
    for losses in (1, 2):
        other = by_scenarios(coast() | {"lanes": data["lanes"]}, "owners", losses, duration, "programs")
        assert (other.objective is None) == pd.isna(costs[losses])
        if other.objective is not None:
            assert costs[losses] == pytest.approx(other.objective, rel=1e-6)


def test_what_cannot_be_survived_is_named_and_not_asked_again() -> None:
    """Three plants of 40 t for 100 t: no two may be lost, which is said of those two, in tonnes; and more than two not
    either. A solve of three tells of two as well, where two alone are the reason."""
    given = [Plant(40, 100, 0.0), Plant(40, 150, 0.0), Plant(60, 200, 0.0), Plant(50, 120, 0.0)]
    found = optimizer.frontier(instance_of(instance_data(given)), {"survive": LOSSES}, gap=GAP, markets=OPEN)
    rows = found.points.to_dict("records")
    assert [row["status"] for row in rows] == ["optimal", "optimal", "infeasible", "infeasible", "infeasible"]
    sizes = {f"plant{i}": plant.capacity for i, plant in enumerate(given)}
    assert found.info["cannot"]
    for item in found.info["cannot"]:
        left = sum(sizes.values()) - sum(sizes[name] for name in item["losses"])
        assert item["tonnes_short_at_least"] == pytest.approx(DEMAND - left, abs=1e-4), item
        assert sum(row["tonnes"] for row in item["short"]) == pytest.approx(DEMAND - left, abs=1e-3)
    for row in rows[2:]:
        assert " t short" in row["cannot"], row
        assert row["cannot"].count("plant") >= 2
    assert not any(row["cannot"] for row in rows[:2])


def test_a_set_that_no_plan_survives_rules_out_as_many_losses_and_no_fewer() -> None:
    """Proved at four losses by a set of two: nothing is left at two and three, and one is not spoken of."""
    sweep = Sweep(("survive",), (0.0, 1.0, 2.0, 3.0, 4.0), AT_LEAST)
    front = Front((sweep,), gap=0.1)
    front.add(Fact((4.0,), "infeasible", "", none_from=(2.0,), cannot=({"losses": ["a", "b"]},)))
    assert [front.verdict(at) for at in front.points] == ["no_plan", "no_plan", *["infeasible"] * 3]
    assert [front.settled(at) for at in front.points] == [False, False, True, True, True]


def test_a_budget_that_leaves_nothing_is_not_laid_to_losses() -> None:
    """Where there is no plan without losses either, no loss is named: neither before nor after rows are known."""
    data = instance_data(chain(4)) | {"policy": {"rules": [{"rule": "count", "stage": "magnet", "min": 5}]}}
    found = optimizer.frontier(instance_of(data), {"survive": [1.0, 2.0], BUDGET: [1e4, 0.0]}, gap=GAP, markets=OPEN)
    for row in found.points.to_dict("records"):
        assert (row["status"] == "infeasible") == (row[BUDGET] == 0.0), row
        assert row["cannot"] == ""


def test_rows_of_one_point_serve_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Losses found at one budget are known at the next; those of another cap are not those of this one."""
    asked: dict[tuple[float, ...], tuple[int, int]] = {}
    solve = work.solve_point

    def watching(home: Home, task: Task) -> Any:
        fact, plan = solve(home, task)
        asked[task.at] = len(task.rows), len(fact.rows)
        return fact, plan

    monkeypatch.setattr(study, "solve_point", watching)
    given = chain(6)
    instance = instance_of(instance_data(given))
    found = optimizer.frontier(instance, {"survive": [1.0], BUDGET: [1e4, 3000.0]}, gap=GAP, markets=OPEN)
    (_, first), (known, _) = asked.values()
    assert known == first > 0
    costs = {(1.0, b): least_cost(given, budget=b, losses=1) for b in (1e4, 3000.0)}
    held_to(costs, ["survive", BUDGET], found)  # type: ignore[arg-type]


def test_what_only_the_operator_uses_is_not_lent_to_a_point_that_takes_it() -> None:
    """A lane that is idle on the trunk: the plan holds without it, but then two years of a loss ask for Dora."""
    data = coast()
    data["facilities"]["cora"]["recipes"] = {"make": {"cost": 20}}
    place = next(i for i, lane in enumerate(data["lanes"]) if (lane["from"], lane["to"]) == ("cora", "programs"))
    data["lanes"][place]["capacity"] = 10
    sweeps = [f"lanes.{place}.capacity<=10,0", "survive=1"]
    found = optimizer.frontier(instance_of(data), sweeps, gap=GAP, duration=2)
    wide, none = found.points["objective"]
    assert none - wide == pytest.approx(9000.0)


def test_a_plan_is_tried_with_more_losses_and_known_rows_spare_the_trial() -> None:
    """Three plants where one would do survive two losses; two do not, and a row that is known says so unasked."""
    given = [Plant(100, 100, 0.0), Plant(120, 150, 0.0), Plant(100, 200, 0.0)]
    instance = instance_of(instance_data(given))
    sweeps = sweeps_of(instance, {"survive": [0.0, 1.0, 2.0]}, asked_of(None, None, (), OPEN))
    losses = Losses(survival_of(instance, sweeps, asked_of(None, None, (), OPEN)), Options(gap=GAP, threads=1))  # type: ignore[arg-type]
    one, two = (survive(instance, losses=k, markets=OPEN, options=losses.options) for k in (1, 2))
    holds, rows = losses.survives(instance, 2, [], one)
    assert not holds
    assert rows
    operators = losses.operators(instance)
    asked = operators.lps
    assert losses.survives(instance, 2, rows, one) == (False, [])
    assert operators.lps == asked
    assert losses.survives(instance, 2, rows, two) == (True, [])
    assert operators.lps > asked


def test_a_limit_that_leaves_something_to_spare_does_not_bind() -> None:
    """Two plants of 120 t each for 100 t: with one lost 20 t are spare. With two of 100 t nothing is."""
    years = "from 2027 or 2028"
    for tonnes, said in ((120, "slack by 20 t"), (100, f"binding: plant0 {years}, plant1 {years}")):
        given = [Plant(tonnes, 100, 0.0), Plant(tonnes, 150, 0.0)]
        found = optimizer.frontier(instance_of(instance_data(given)), {"survive": [1.0]}, gap=GAP, markets=OPEN)
        assert found.points["limit"].tolist() == [said]


def test_what_a_round_proves_is_a_bound_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds add rows, so their bounds only rise; a plan's cost is none."""
    known: list[float | None] = []
    bounds = iter((90.0, 85.0, None))

    def found(*_args: object, **_named: object) -> Any:
        return SimpleNamespace(bound=next(bounds), objective=1000.0, tables={}, info={})

    monkeypatch.setattr(work, "solve_with", found)
    monkeypatch.setattr(work, "_stopper", lambda _stop, _options, low: known.append(low))
    instance = instance_of(coast())
    home = begin(instance, sweeps_of(instance, ["survive=0,1"]), Options())
    solve = work._solver(home, Task((1.0,), None, 80.0, (), keep=False), instance)
    for _ in range(3):
        solve(None, None)
    assert known == [80.0, 90.0, 90.0]


@pytest.mark.slow
def test_resumed_equals_run_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped after its second solve, a front goes on with the rows that it has; another of other losses does not."""
    given = chain(5)
    instance = instance_of(instance_data(given))
    grid = {"survive": LOSSES[:4], BUDGET: [1500.0, 1e4]}
    whole = optimizer.frontier(instance, grid, gap=GAP, markets=OPEN)
    seen: list[int] = []

    def stopping(_what: str, done: int, _of: int) -> None:
        seen.append(done)
        if len(seen) == 4:
            raise KeyboardInterrupt

    folder = tmp_path / "front"
    part = optimizer.frontier(instance, grid, folder, gap=GAP, markets=OPEN, tell=stopping)
    assert part.info["stopped_early"]
    assert part.info["solves"] < whole.info["solves"]
    assert any(json.loads(line)["rows"] for line in (folder / "solves.jsonl").read_text(encoding="utf-8").splitlines())
    known: list[int] = []
    solve = work.solve_point

    def watching(home: Home, task: Task) -> Any:
        known.append(len(task.rows))
        return solve(home, task)

    monkeypatch.setattr(study, "solve_point", watching)
    again = optimizer.frontier(instance, grid, folder, gap=GAP, markets=OPEN, plans=True)
    assert known[0] > 0, "its first solve has the rows of those before it"
    told = ["survive", BUDGET, "status", "verdict", "cannot"]
    pd.testing.assert_frame_equal(again.points[told], whole.points[told])
    assert again.points["objective"].fillna(0).tolist() == pytest.approx(whole.points["objective"].fillna(0).tolist())
    lines = (folder / "solves.jsonl").read_text(encoding="utf-8")
    optimizer.frontier(instance, grid, folder, gap=GAP, markets=OPEN, plans=True)
    assert (folder / "solves.jsonl").read_text(encoding="utf-8") == lines, "nothing is left to solve"
    with pytest.raises(PlanError, match="another duration"):
        optimizer.frontier(instance, grid, folder, gap=GAP, markets=OPEN, duration=2)
    for row in again.points[again.points["objective"].notna()].to_dict("records")[::2]:
        kept = optimizer.Plan.read(folder / "plans" / row["plan"])
        if row["survive"]:
            asked = {"losses": row["survive"], "markets": OPEN, "workers": 1}
            test = optimizer.stress(kept, tmp_path / f"stress_{row['survive']}_{row[BUDGET]}", **asked)
            assert test.info["status"] == "proved"
            assert test.info["upper"] == 0.0, row


def test_a_plan_that_was_not_tried_to_the_end_is_none() -> None:
    """Out of time before every loss was tried: no plan is claimed for the point, and its bound is."""
    instance = instance_of(instance_data(chain(4)))
    found = optimizer.frontier(instance, {"survive": [1.0]}, gap=GAP, markets=OPEN, time_limit=1e-6, method="extensive")
    (row,) = found.points.to_dict("records")
    assert row["status"] == row["verdict"] == "no_plan"
    assert pd.isna(row["objective"])
    cost = least_cost(chain(4), losses=1)
    assert cost is not None
    assert pd.isna(row["bound"]) or row["bound"] <= cost * (1 + 1e-9)


def test_a_plan_that_survives_more_is_not_sought_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """One maker lost costs nothing on the coast: one solve serves both points, its losses tried once."""
    tried: list[int] = []
    run = losses_search.Search.run

    def counting(search: losses_search.Search) -> Any:
        tried.append(1)
        return run(search)

    monkeypatch.setattr(losses_search.Search, "run", counting)
    found = optimizer.frontier(instance_of(coast()), ["survive=0,1"], gap=GAP)
    assert found.info["solves"] == 1
    assert len(tried) == 3, "one search for each onset"
    assert found.points["how"].tolist() == ["solved", "the plan of 0 holds as checked"]


def test_the_same_as_solving_each_point_alone() -> None:
    """A point costs what `survive` finds for it, and its plan says what binds."""
    data: Data = coast()
    found = optimizer.frontier(instance_of(data), ["survive=0:3:4"], gap=GAP, duration=1)
    for row in found.points.to_dict("records")[1:]:
        alone = survive(instance_of(data), losses=row["survive"], options=Options(gap=GAP, threads=1))
        assert row["objective"] == pytest.approx(alone.objective)
    last = found.points.iloc[-1]
    assert last["funded"] == "dora:build:2027"
    assert last["limit"] == "binding: anna + bert + cora from 2027 or 2028 or 2029"
    assert found.points["limit"][0] in ("not asked", "")


@pytest.mark.slow
def test_workers_find_the_same() -> None:
    """Two processes, whatever order they come in."""
    given = chain(5)
    found = optimizer.frontier(
        instance_of(instance_data(given)), {"survive": LOSSES, BUDGET: [1500.0, 1e4]}, gap=GAP, markets=OPEN, workers=2
    )
    costs = {(k, b): least_cost(given, budget=b, losses=k) for k in LOSSES for b in (1500.0, 1e4)}
    held_to(costs, ["survive", BUDGET], found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ("survive=0:1:3", "0.5 is no number of losses; whole numbers, 0 or more"),
        ("survive=-1,0", "-1 is no number of losses"),
        ("survive=0,9", "losses is 9; it is 1 to 7: the instance has 7 facilities"),
        ("survive*=1,2", "there is nothing to multiply"),
        ("survive<=1,2", "limits from below; write survive="),
        (f"survive,{BUDGET}=1,2", "moves with none; a --sweep of its own"),
        (Sweep(("survive",), (), AT_MOST), "no values; one value or more"),
    ],
)
def test_bad_sweeps_are_named(sweep: str | Sweep, said: str) -> None:
    """What cannot be swept is said before anything is solved."""
    with pytest.raises(InstanceError) as caught:
        optimizer.frontier(instance_of(instance_data(chain(1))), [sweep], markets=OPEN)
    assert said in str(caught.value), caught.value


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    """Every fault at once, and no folder is begun."""
    instance, folder = instance_of(coast()), tmp_path / "front"
    with pytest.raises(InstanceError) as caught:
        optimizer.frontier(instance, ["survive=0.5"], folder, of="house", duration=9, markets=["moon"])
    for said in ("0.5 is no number", "of is 'house'", "duration is 9", "no market 'moon'"):
        assert said in str(caught.value), said
    with pytest.raises(OptionsError, match="no sweep asks for any; add --sweep survive="):
        optimizer.frontier(instance, [f"{BUDGET}=1,2"], folder, of="owners")
    with pytest.raises(OptionsError, match="takes no rows over fundings"):
        optimizer.frontier(instance, ["survive=0,1"], folder, method="hedging")
    levels = instance_of(coast() | {"lexicographic": ["service", "cost"]})
    with pytest.raises(OptionsError, match="gives shortage no price"):
        optimizer.frontier(levels, ["survive=0,1"], folder)
    assert not folder.exists()
