"""What a run calls its answer, and what it does when it is stopped."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import highspy
import pytest
from support.build import Data, funded, one_market, solve
from support.generate import generate

import optimizer
from optimizer.solver import apart, extensive, first_plan, highs, hindsight, methods
from optimizer.solver.highs import Progress, Stop


def knapsack(plants: int = 24) -> Data:
    """Many plants, a tight budget and fundings that differ by little: slow to prove, quick to find a plan for."""
    facilities = {
        f"plant_{i:02}": {
            "stage": "magnet",
            "country": "USA",
            "recipes": {"make": {"cost": 10 + i % 7}},
            "capacity": 0,
            "options": [{"id": "build", "capacity": 31 + 17 * i % 29, "capex": 10_000 + 370 * (i * i % 31)}],
        }
        for i in range(plants)
    }
    budget = {"policy": {"budget": {"annual": 61_000}}}
    return one_market("knapsack", facilities, tonnes=900, shortage_cost=1000) | budget


@pytest.mark.parametrize("limit", [1e-6, 0.01])
def test_limit_that_is_reached_is_not_called_optimal(limit: float) -> None:
    """Who stops after no time at all has a plan without proof, or none, and is told why."""
    plan = solve(knapsack(), time_limit=limit)
    assert plan.status in ("feasible", "no_plan")
    assert "time limit" in plan.info["why"]
    if plan.status == "feasible":
        assert plan.info["verdict"]["ok"], plan.info["verdict"]
    else:
        assert plan.objective is None
        assert not plan.tables


@pytest.mark.parametrize("seed", [3, 10])
def test_plan_lies_between_its_bound_and_the_gap_asked_for(seed: int) -> None:
    """Bound, objective, gap and gap in USD tell the same story."""
    plan = solve(generate(seed), gap=0.05)
    best = solve(generate(seed)).objective
    assert plan.objective is not None
    assert plan.bound is not None
    assert plan.gap is not None
    assert best is not None
    assert plan.bound <= best * (1 + 1e-8)
    assert plan.objective >= best * (1 - 1e-8)
    assert plan.info["gap_usd"] == pytest.approx(plan.objective - plan.bound)
    assert plan.gap == pytest.approx(plan.info["gap_usd"] / plan.objective)
    assert plan.gap <= 0.05


def test_gap_in_dollars_stops_too() -> None:
    """A gap of what the whole plan costs is reached by any plan, however small the relative gap asked for."""
    data = knapsack()
    loose = solve(data, gap=0.0, gap_usd=1e9)
    assert loose.status == "optimal"
    assert loose.info["options"]["gap_usd"] == 1e9
    assert loose.info["gap_usd"] <= 1e9
    assert loose.info["nodes"] <= 1


@pytest.mark.parametrize(
    ("option", "word"),
    [
        ({"method": "magic"}, "method"),
        ({"gap": -0.1}, "gap"),
        ({"gap": 1.0}, "gap"),
        ({"gap_usd": -1.0}, "gap_usd"),
        ({"time_limit": 0.0}, "time_limit"),
        ({"threads": 0}, "threads"),
        ({"seed": -1}, "seed"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_option_that_makes_no_sense_is_refused(option: dict[str, Any], word: str) -> None:
    """An option out of range is named, before anything is solved."""
    with pytest.raises(optimizer.OptionsError, match=word):
        solve(generate(0), **option)


def test_interruption_keeps_the_best_plan_found() -> None:
    """Who asks to stop once there is a plan gets that plan, checked, and it is not called optimal."""
    stop, seen = Stop(), list[float]()

    def report(progress: Progress) -> None:
        if progress.phase == "solving" and progress.incumbent is not None:
            seen.append(progress.incumbent)
            stop.asked.set()

    plan = solve(knapsack(60), gap=0.0, report=report, stop=stop, time_limit=30)
    assert seen, "no plan was reported on the way"
    assert plan.status == "feasible"
    assert "interrupted" in plan.info["why"]
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert plan.objective is not None
    assert plan.objective <= seen[0] * (1 + 1e-6)
    assert funded(plan)


def test_interruption_before_there_is_a_plan_leaves_none() -> None:
    """Who asks to stop at once gets no plan, and no error."""
    stop = Stop(threading.Event())
    stop.asked.set()
    plan = solve(knapsack(60), gap=0.0, stop=stop)
    assert plan.status in ("no_plan", "feasible")
    assert plan.status == "feasible" or not plan.tables


def test_same_seed_gives_the_same_plan() -> None:
    """A run can be repeated: instance, options and seed settle the answer."""
    first, second = (solve(generate(10), seed=7) for _ in range(2))
    assert funded(first) == funded(second)
    assert first.objective == second.objective
    for name, table in first.tables.items():
        assert table.equals(second.tables[name]), name


def test_progress_is_told_in_dollars() -> None:
    """What is shown on the way is money as the planner knows it, not as the solver scales it."""
    told: list[Progress] = []
    plan = solve(knapsack(), report=told.append, gap=1e-4)
    assert plan.objective is not None
    incumbents = [item.incumbent for item in told if item.phase == "solving" and item.incumbent is not None]
    assert incumbents
    assert min(incumbents) == pytest.approx(plan.objective, rel=1e-4)
    assert max(incumbents) < 1e3 * plan.objective


@pytest.mark.parametrize("seed", [5, 14])
def test_plan_found_early_changes_no_answer(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trunk's portfolio and the relaxation, tried first on large problems, lead to the same optimum."""
    expected = solve(generate(seed, scenarios=2))
    name = "LARGE"
    for module in (extensive, first_plan):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, 0)
    early = solve(generate(seed, scenarios=2))
    assert early.status == "optimal"
    assert early.objective == pytest.approx(expected.objective, rel=1e-7)
    assert early.info["verdict"]["ok"], early.info["verdict"]


def test_solver_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """Standard output is for results: no banner of the solver's."""
    solve(generate(0))
    out = capfd.readouterr()
    assert (out.out, out.err) == ("", "")


@pytest.mark.slow
def test_solver_that_does_not_stop_when_asked_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks to stop gets the plan in hand within seconds, even while HiGHS listens to nobody."""
    before = solve(knapsack(12), gap=0.1)
    release, stop = threading.Event(), Stop()
    began = threading.Event()

    def deaf(_: object) -> None:
        began.set()
        release.wait(30)

    def report(_: Progress) -> None:
        if began.is_set():
            stop.asked.set()

    run = highs.run

    def whole_only(problem: Any, *args: Any, **options: Any) -> Any:
        with monkeypatch.context() as patch:
            if options.get("phase") == "solving":
                patch.setattr(highspy.Highs, "run", deaf)
            return run(problem, *args, **options)

    monkeypatch.setattr(extensive, "run", whole_only)
    monkeypatch.setattr(apart, "PATIENCE", 0.2)
    try:
        plan = solve(knapsack(12), gap=0.0, start=before, report=report, stop=stop)
    finally:
        release.set()
    assert began.is_set(), "the whole problem was never begun"
    assert plan.status == "feasible"
    assert "interrupted" in plan.info["why"]
    assert plan.objective == pytest.approx(before.objective)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]


def test_regret_without_hindsight_has_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Regret needs the optimum of every future: a limit before that leaves no plan, and says what was missing."""
    solve_one = methods.solve_begun

    def limited(*args: Any) -> Any:
        solved = solve_one(*args)
        solved.status, solved.why = "feasible", "the time limit was reached"
        return solved

    monkeypatch.setattr(hindsight, "solve_begun", limited)
    plan = solve(knapsack(4) | {"risk": {"measure": "regret"}}, gap=0.1)
    assert plan.status == "no_plan"
    assert not plan.tables
    assert "the optimum of base with hindsight" in plan.info["why"]


def test_the_second_pass_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a limit the search for better fundings at the value reached takes no longer than the first pass did."""
    run, ends = highs.run, list[float]()

    def timed(problem: Any, *args: Any, **options: Any) -> Any:
        if options["phase"] == "second pass" and problem.integer.any():
            ends.append(options["deadline"] - time.monotonic())
            return highs.Raw("limit", None, None, None, 0.0)
        return run(problem, *args, **options)

    monkeypatch.setattr(extensive, "run", timed)
    monkeypatch.setattr(extensive, "SECOND_PASS", 0.0)
    began = time.monotonic()
    plan = solve(generate(5, scenarios=2) | {"risk": {"measure": "worst_case"}}, gap=0.0)
    assert len(ends) == 1
    assert 0 <= ends[0] <= time.monotonic() - began
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert "is optimal for these fundings only" in plan.info["why"]


@pytest.mark.parametrize("seed", [5, 14])
def test_first_plan_needs_neither_relaxation_nor_the_whole_problem(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all that is large runs into the limit, the trunk with each branch solved apart is a plan that holds."""
    best = solve(generate(seed, scenarios=2))
    monkeypatch.setattr(extensive, "LARGE", 0)

    def limited(problem: Any, *args: Any, **options: Any) -> Any:
        if options.get("phase") in ("relaxing all futures", "a first plan", "solving"):
            return highs.Raw("limit", None, None, None, 0.0)
        return highs.run(problem, *args, **options)

    monkeypatch.setattr(first_plan, "run", limited)
    monkeypatch.setattr(extensive, "run", limited)
    plan = solve(generate(seed, scenarios=2))
    assert plan.status == "feasible"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert best.objective is not None
    assert plan.objective is not None
    assert plan.objective >= best.objective * (1 - 1e-7)


@pytest.fixture
def _hears_ctrl_c() -> Iterator[None]:
    """Python's own handler, also where the tests run in the background and SIGINT is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_hears_ctrl_c")
def test_ctrl_c_while_building_leaves_no_plan() -> None:
    """Interrupted before HiGHS begins, the answer says so; Ctrl-C is Python's again afterwards."""

    def strike(progress: Progress) -> None:
        if progress.phase.startswith("building"):
            signal.raise_signal(signal.SIGINT)

    plan = solve(knapsack(4), report=strike, stop=Stop())
    assert plan.status == "no_plan"
    assert plan.info["why"] == "it was interrupted while the problem was built"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("_hears_ctrl_c")
def test_a_second_ctrl_c_ends_it() -> None:
    """Who presses twice does not want to wait for the plan."""
    stop = Stop()
    with stop.listening():
        signal.raise_signal(signal.SIGINT)
        assert stop.asked.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("_hears_ctrl_c")
def test_ctrl_c_while_a_plan_is_cleaned_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first Ctrl-C in the step that makes a plan exact is noted; the plan is kept."""
    run, searched, struck = highspy.Highs.run, list[bool](), list[bool]()

    def strike(solver: Any) -> Any:
        whole = solver.getLp().integrality_
        if any(kind == highspy.HighsVarType.kInteger for kind in whole):
            searched.append(True)
        elif searched and not struck:
            struck.append(True)
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.2)
        return run(solver)

    monkeypatch.setattr(highspy.Highs, "run", strike)
    stop = Stop()
    plan = solve(knapsack(6), gap=0.0, stop=stop)
    assert struck
    assert stop.asked.is_set()
    assert plan.tables
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
