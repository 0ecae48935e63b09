"""A portfolio held fixed: what it costs is what its plan says, and what hits it is told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from support.build import solve
from support.generate import generate
from worth.conftest import reserve

import optimizer
from optimizer.errors import OptionsError, PlanError
from optimizer.evaluation import Future, evaluate
from optimizer.evaluation.agenda import MOST, Agenda, Task
from optimizer.evaluation.answer import Answer
from optimizer.evaluation.portfolio import Portfolio
from optimizer.network.network import network_of
from optimizer.network.tables import TRUNK
from optimizer.plan.columns import rows_of


@pytest.mark.parametrize("seed", [2, 5, 14])
def test_a_plan_in_its_own_futures_costs_what_it_says(seed: int) -> None:
    """Evaluation of an optimum gives back the cost of every future, and the objective as their mean."""
    plan = solve(generate(seed, scenarios=3), gap=0.0)
    found = evaluate(plan.instance, plan, workers=1)
    costs = {row.scenario: row.cost for row in rows_of(plan.scenarios)}
    assert set(found.futures["future"]) == set(costs)
    for row in rows_of(found.futures):
        assert row.cost == pytest.approx(costs[row.future], rel=1e-7)
    assert found.info["statistics"]["cost"]["mean"]["value"] == pytest.approx(plan.objective, rel=1e-7)
    assert found.info["status"] == "done"
    assert not found.info["breaks"]


@pytest.mark.parametrize("seed", [5, 22])
def test_stock_at_the_end_counts_as_the_plan_says(seed: int) -> None:
    """In the base future, in branches that last to the end, and in those that restore their stock there."""
    data = generate(seed, scenarios=3)
    data["stockpiles"]["vault"] |= {"residual": 1.0, "residual_tonnes": {"neo": 6}}
    plan = solve(data, gap=0.0)
    counted = plan.tables["residual"]
    assert (counted["counted"] > 0).any()
    assert set(counted["scenario"]) > {TRUNK}
    found = evaluate(plan.instance, plan, workers=1)
    costs = {row.scenario: row.cost for row in rows_of(plan.scenarios)}
    for row in rows_of(found.futures):
        assert row.cost == pytest.approx(costs[row.future], rel=1e-7)
    assert found.info["statistics"]["cost"]["mean"]["value"] == pytest.approx(plan.objective, rel=1e-7)


def test_stock_that_a_solver_rounded_is_kept() -> None:
    """The plant makes 20 t, 10 must be delivered: 10.000002 t in stock is rounding, 10.01 t is more than there is."""
    data = reserve(0.3)
    data["markets"]["town"]["demand"][0]["shortage_cost"] = {2027: None, 2028: 100}
    plan = solve(data)
    store = ("nds", "magnet", "open")
    for more, kept in ((2e-6, True), (1e-2, False)):
        held = Portfolio((), {(store, 2027): 10.0 + more, (store, 2028): 10.0 + more}, "mine")
        if kept:
            found = evaluate(plan.instance, held, workers=1)
            assert found.info["statistics"]["cost"]["mean"]["value"] == pytest.approx(plan.objective, rel=1e-5)
        else:
            with pytest.raises(PlanError, match="cannot be operated"):
                evaluate(plan.instance, held, workers=1)


def test_fundings_alone_get_the_stock_that_suits_the_scenarios(tmp_path: Path) -> None:
    """A planner's own list of fundings is given the best stock for the instance's scenarios."""
    plan = solve(generate(5, scenarios=2), gap=0.0)
    file = tmp_path / "mine.csv"
    lines = [f"{row.facility},{row.option},{row.funded}" for row in rows_of(plan.portfolio)]
    file.write_text("\n".join(["facility,option,year", *lines]) + "\n", encoding="utf-8")
    found = evaluate(plan.instance, Portfolio.read(file), workers=1)
    assert found.info["statistics"]["cost"]["mean"]["value"] == pytest.approx(plan.objective, rel=1e-6)


def test_service_is_told_of_channels_that_markets_draw_on() -> None:
    """A channel without a market has no demand, so nothing is said of its service."""
    data = generate(2, scenarios=1)
    idle = data["channels"]["strict"] | {"tiers": ["domestic"]}
    data["channels"] = {"nobody_asks": idle} | data["channels"]
    plan = solve(data, gap=0.0)
    found = evaluate(plan.instance, plan, workers=1)
    asked = {f"service_{market['channel']}" for market in data["markets"].values()}
    assert {name for name in map(str, found.futures) if name.startswith("service_")} == asked
    assert "any_short_nobody_asks" not in found.info["statistics"]


def test_a_future_of_two_branches_costs_the_sum_of_what_they_add() -> None:
    """Two disruptions that do not touch add up: after the first the future is the trunk's again."""
    data = generate(2, scenarios=2)
    first, second = (s["id"] for s in data["scenarios"])
    for scenario, onset in zip(data["scenarios"], (data["periods"][0], data["periods"][-1]), strict=True):
        for effect in scenario["effects"]:
            effect.pop("from", None)
            effect.pop("duration", None)
        scenario |= {"onset": onset, "duration": 1, "recovery": 0}
    plan = solve(data, gap=0.0)
    single = evaluate(plan.instance, plan, workers=1)
    over = {row.future: row.over_trunk for row in rows_of(single.futures)}
    both = evaluate(plan.instance, plan, futures=[Future("both", 1.0, (first, second))], workers=1)
    assert both.futures["over_trunk"][0] == pytest.approx(over[first] + over[second], rel=1e-6)


def test_goes_on_from_what_is_kept(tmp_path: Path) -> None:
    """A second call on the same folder answers nothing again; a half-written line is dropped."""
    plan = solve(generate(2, scenarios=3), gap=0.0)
    first = evaluate(plan.instance, plan, folder=tmp_path / "e", workers=1)
    kept = tmp_path / "e" / "answers.jsonl"
    text = kept.read_text(encoding="utf-8")
    kept.write_text(text[:-20], encoding="utf-8")
    second = evaluate(plan.instance, plan, folder=tmp_path / "e", workers=1)
    assert second.futures["cost"].tolist() == pytest.approx(first.futures["cost"].tolist())
    assert kept.read_text(encoding="utf-8") == text


def test_refusals(tmp_path: Path) -> None:
    """A portfolio of another instance, and options without sense, are named."""
    plan = solve(generate(2, scenarios=1), gap=0.0)
    bad = tmp_path / "bad.csv"
    bad.write_text("facility,option,year\nnowhere,build,2030\nnowhere,grow,soon\n", encoding="utf-8")
    with pytest.raises(PlanError, match="line 3: year is 'soon'"):
        Portfolio.read(bad)
    bad.write_text("facility,option,year\nnowhere,build,2030\n", encoding="utf-8")
    with pytest.raises(PlanError, match=r"there is no facility 'nowhere'$"):
        evaluate(plan.instance, bad, workers=1)
    facility, option = next((name, f.options[0]) for name, f in plan.instance.facilities.items() if f.options)
    rows = f"{facility}x,{option.id},2030\n{facility},{option.id}s,2030\n{facility},{option.id},1999\n"
    bad.write_text(f"facility,option,year\n{rows}", encoding="utf-8")
    with pytest.raises(PlanError) as refused:
        evaluate(plan.instance, Portfolio.read(bad), workers=1)
    for words in (
        f"does not fit the instance {plan.instance.name}: there is no facility '{facility}x' (did you mean '",
        f"'{facility}' has no option '{option.id}s' (did you mean '{option.id}'?)",
        f"'{facility}:{option.id}' cannot be funded in 1999, but from ",
    ):
        assert words in str(refused.value)
    bad.write_text("plant,option,year\n", encoding="utf-8")
    with pytest.raises(PlanError, match="lacks the column facility"):
        Portfolio.read(bad)
    with pytest.raises(OptionsError, match="alpha"):
        evaluate(plan.instance, plan, alpha=1.0)


def test_branches_are_dealt_out_once_and_none_before_the_one_it_leaves(tmp_path: Path) -> None:
    """Tasks are the same by one process, two and many; a process that has compiled a shape goes on with it."""
    optimizer.generate(facilities=20, periods=4, futures=900, seed=1, children=0.6).save(tmp_path / "made")
    network = network_of(optimizer.load(tmp_path / "made"))

    def dealt(workers: int) -> list[tuple[int, Task]]:
        answers, found, busy = {TRUNK: Answer(TRUNK)}, list[tuple[int, Task]](), dict[int, Task]()
        agenda = Agenda(network, answers, priced=False)
        turns = 0
        while True:
            for place in range(workers):
                if place not in busy and (task := agenda.draw(place)):
                    assert all((network.windows[course].leaves or TRUNK) in answers for course in task.courses)
                    busy[place] = task
                    found.append((place, task))
            if not busy:
                return found
            turns += 1
            for course in busy.pop(sorted(busy)[turns % len(busy)]).courses:
                answers[course] = Answer(course)
                agenda.answered(course)

    one, two, many = dealt(1), dealt(2), dealt(60)  # of sixty all get what there is, and the rest must wait
    assert sum(window.leaves is not None for window in network.windows.values()) > 500
    assert sorted(course for _, task in one for course in task.courses) == sorted(network.windows)
    shapes = {task.shape for _, task in one}
    for more in (two, many):
        assert sorted(task.courses for _, task in more) == sorted(task.courses for _, task in one)
    assert len(one) > 3 * len(shapes)
    assert max(len(task.courses) for _, task in one) <= MOST
    assert len({(place, task.shape) for place, task in two}) <= len(shapes) + 4  # 12 more where nobody minds


@pytest.mark.slow
def test_answers_are_the_same_to_the_last_digit_by_any_number_of_processes(tmp_path: Path) -> None:
    """Who works on what, and when, says nothing."""
    optimizer.generate(facilities=20, periods=4, futures=150, seed=1, children=0.5).save(tmp_path / "made")
    instance = optimizer.load(tmp_path / "made")
    plan = solve(optimizer.load(tmp_path / "made", ["scenarios=[]"]), gap=0.01, threads=1)
    one = evaluate(instance, plan, workers=1)
    three = evaluate(instance, plan, workers=3)
    pd.testing.assert_frame_equal(one.futures, three.futures, check_exact=True)
    pd.testing.assert_frame_equal(one.short, three.short, check_exact=True)
