"""Service before cost: what comes first is as good as it can be, and cost decides only among what is as good."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.build import Data, instance_of, one_market, solve
from support.generate import generate

import optimizer
from optimizer.briefs.plans import say
from optimizer.cli.output import show
from optimizer.errors import InstanceError, OptionsError, SolveError
from optimizer.network.network import network_of
from optimizer.plan.columns import rows_of
from optimizer.run import plan_of
from optimizer.solver.benders.known import learn
from optimizer.solver.benders.search import Search
from optimizer.solver.extensive import Begun, Solved
from optimizer.solver.highs import Stop
from optimizer.solver.levels import by_levels
from optimizer.solver.methods import solve_begun
from optimizer.solver.options import Options
from optimizer.solver.solve import begin
from optimizer.solver.start import Start
from optimizer.verifier import verify_tables

STRICT, OPEN, BUDGET, CHANCE = 60.0, 80.0, 2000.0, 0.4
PLANTS = (
    # t a year, USD, exposed, in a country that the embargo closes
    (40.0, 900.0, False, False),
    (25.0, 300.0, True, False),
    (30.0, 700.0, False, True),
    (45.0, 800.0, True, True),
    (10.0, 950.0, False, False),
)


def two_channels(tolerance: float = 0.0) -> Data:
    """Programmes that take only what is not exposed, and trade that takes all; an embargo closes a country in 2028."""
    facilities: Data = {}
    for number, (size, capex, exposed, abroad) in enumerate(PLANTS):
        facilities[f"plant{number}"] = {
            "stage": "magnet", "country": "AUS" if abroad else "USA", "recipes": ["make"], "capacity": 0,
            "exposure": {"equipment": 1.0 if exposed else 0.0},
            "options": [{"id": "build", "capacity": size, "capex": capex, "lead": 0, "earliest": 2027, "latest": 2027,
                         "public_share": 1.0}],
        }  # fmt: skip
    data = one_market("two_channels", facilities, tonnes=STRICT, shortage_cost=11)
    data["countries"] = {"USA": "domestic", "AUS": "ally"}
    data["channels"] = {"strict": {"max_exposure": {"equipment": 0.5}}, "open": {}}
    data["markets"]["programs"]["channel"] = "strict"
    data["markets"]["trade"] = {
        "channel": "open",
        "country": "USA",
        "demand": [{"product": "magnet", "tonnes": OPEN, "shortage_cost": 0}],
    }
    data["policy"] = {"budget": {"total": BUDGET}}
    data["scenarios"] = [
        {"id": "embargo", "probability": CHANCE, "onset": 2028,
         "effects": [{"affects": "facilities", "where": {"country": "AUS"}, "available": 0.0}]},
    ]  # fmt: skip
    data["lexicographic"] = {"levels": ["service", "cost"], "tolerance": tolerance}
    return data


def best_by_hand() -> tuple[float, float, float]:
    """(strict t short, open t short, cost) of the best of all portfolios in that order, without the model."""
    found = []
    for chosen in itertools.product((False, True), repeat=len(PLANTS)):
        mine = [plant for plant, taken in zip(PLANTS, chosen, strict=True) if taken]
        capex = sum(plant[1] for plant in mine)
        if capex > BUDGET:
            continue
        strict = open_ = 0.0
        cost = capex
        for weight, abroad_too in ((1.0, True), (1.0 - CHANCE, True), (CHANCE, False)):
            stands = [plant for plant in mine if abroad_too or not plant[3]]
            clean = sum(plant[0] for plant in stands if not plant[2])
            served = min(STRICT, clean)
            traded = min(OPEN, sum(plant[0] for plant in stands) - served)
            strict += weight * (STRICT - served)
            open_ += weight * (OPEN - traded)
            cost += weight * 10 * (served + traded)
        found.append((round(strict, 6), round(open_, 6), cost))
    return min(found)


def served(plan: optimizer.Plan) -> list[float]:
    """Expected t short by level of service."""
    return [float(level["value"]) for level in plan.info["levels"] if level["level"] == "service"]


@pytest.mark.parametrize("method", ["extensive", "benders"])
def test_the_plan_is_the_best_of_all_portfolios_level_by_level(method: str) -> None:
    """Tried one by one: no portfolio serves the strict channel better, none of these the open one, none is cheaper."""
    strict, open_, cost = best_by_hand()
    plan = solve(two_channels(), method=method)
    assert plan.status == "optimal"
    assert plan.info["method"] == method
    assert served(plan) == pytest.approx([strict, open_], abs=1e-4)
    assert plan.objective == pytest.approx(cost, abs=0.01)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]["summary"]
    assert plan.info["bound"] <= plan.objective
    assert [level["channel"] for level in plan.info["levels"]] == ["strict", "open", None]
    assert all(level["bound"] <= level["best"] + 1e-9 for level in plan.info["levels"])


@pytest.mark.parametrize("method", ["extensive", "benders"])
def test_what_became_of_the_plan_given_is_told_and_of_no_other(method: str) -> None:
    """Levels start from one another's plans; only that which was given is told of."""
    plan = solve(two_channels(), method=method)
    assert plan.info["start"] == ""
    again = optimizer.solve(plan.instance, method=method, start=plan)
    assert again.info["start"] == "used"


def test_what_is_served_at_a_price_is_another_plan() -> None:
    """At the prices stated hardly anything is worth building; shortage is in no cost of the other plan."""
    data = two_channels()
    priced = solve(data | {"lexicographic": None})
    plan = solve(data)
    assert priced.objective is not None
    assert plan.objective is not None
    assert set(priced.portfolio["facility"]) != set(plan.portfolio["facility"])
    assert plan.objective > priced.objective
    assert plan.demand["short"].sum() > 0
    assert plan.demand["cost"].sum() == 0
    assert "shortage" not in plan.info["cost"]
    assert "levels" not in priced.info


def test_a_tolerance_is_spent_on_cost_and_no_more() -> None:
    """With a tolerance a cheaper plan may serve that much less, and the verifier holds it to that."""
    strict, _, cost = best_by_hand()
    plan = solve(two_channels(tolerance=0.2))
    level = plan.info["levels"][0]
    assert level["tolerance"] == pytest.approx(0.2 * level["demand"])
    assert strict < level["value"] <= level["cap"] + 1e-6 <= level["bound"] + level["tolerance"] + 2e-6
    assert plan.objective is not None
    assert plan.objective < cost
    assert plan.info["verdict"]["ok"]


def stopped_at(first: int) -> Any:
    """A solver of one problem that says of some level that the time limit was reached."""
    count = iter(range(10))

    def solve_one(begun: Begun, start: Start | None) -> Solved:
        solved = solve_begun(begun, start)
        if next(count) == first:
            solved.status, solved.why = "feasible", "the time limit was reached"
            solved.bound = 0.0
        return solved

    return solve_one


@pytest.mark.parametrize(("status", "why"), [("infeasible", "though there is one"), ("no_plan", "the time limit")])
@pytest.mark.parametrize("at", [1, 2])
def test_where_a_level_finds_nothing_the_plan_before_is_one_of_it(status: str, why: str, at: int) -> None:
    """It is within all caps, so that later ones are held to what it has; nothing is proved, and the check agrees."""
    instance = instance_of(two_channels())
    options = Options(method="extensive", gap=0.0, threads=1)
    count = iter(range(10))

    def solve_one(begun: Begun, start: Start | None) -> Solved:
        solved = solve_begun(begun, start)
        if next(count) == at:
            solved.status, solved.why, solved.values, solved.objective = status, "the time limit", {}, None
        return solved

    plan = plan_of(instance, options, by_levels(begin(network_of(instance), options), None, solve_one))
    assert plan.status == "feasible"
    assert why in plan.info["why"]
    level = plan.info["levels"][at]
    assert (level["status"], level["bound"]) == ("feasible", None)
    assert level["value"] <= level["best"] + 1e-6
    assert plan.info["levels"][0]["status"] == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]["summary"]


def test_a_limit_in_a_level_of_service_is_no_success() -> None:
    """The cost is then the best for a service that may not be; the plan says so, and no one may call it optimal."""
    instance = instance_of(two_channels())
    options = Options(gap=0.0, threads=1)
    solved = by_levels(begin(network_of(instance), options), None, stopped_at(0))
    plan = plan_of(instance, options, solved)
    assert plan.status == "feasible"
    assert plan.info["why"] == "service of strict: the time limit was reached"
    assert plan.info["levels"][0]["gap"] > 0
    assert plan.info["verdict"]["ok"], plan.info["verdict"]["summary"]
    called = dataclasses.replace(plan, info=plan.info | {"status": "optimal"})
    verdict = verify_tables(instance, called.info, plan.tables)
    assert {violation.constraint for violation in verdict.violations} == {"status"}


def test_stopped_before_cost_the_plan_has_no_bound() -> None:
    """What was reached is kept; what was not looked at is said."""
    instance = instance_of(two_channels())
    stop = Stop()
    options = Options(gap=0.0, threads=1)

    def solve_one(begun: Begun, start: Start | None) -> Solved:
        solved = solve_begun(begun, start)
        stop.asked.set()
        return solved

    plan = plan_of(instance, options, by_levels(begin(network_of(instance), options, None, stop), None, solve_one))
    assert plan.status == "feasible"
    assert plan.info["bound"] is None
    assert [level["status"] for level in plan.info["levels"]] == ["optimal", "not reached", "not reached"]
    assert plan.info["verdict"]["ok"], plan.info["verdict"]["summary"]


def test_the_screen_says_how_short_and_how_short_any_plan_must_be(capsys: pytest.CaptureFixture[str]) -> None:
    """By channel, the strictest first."""
    show(say, solve(two_channels()))
    printed = capsys.readouterr().out
    assert "Service first: expected tonnes short, shortage without a price" in printed
    assert printed.index("strict") < printed.index("open")


def test_nothing_else_weighs_shortage_that_has_no_price(tmp_path: Path) -> None:
    """Each study that does says so, and how to ask with the prices stated."""
    instance = instance_of(two_channels())
    plan = solve(instance)
    studies: dict[str, Callable[[], object]] = {
        "evaluate": lambda: optimizer.evaluate(instance, plan),
        "alternatives": lambda: optimizer.alternatives(instance, within_usd=1.0),
        "why": lambda: optimizer.why(instance, "plant4"),
        "waivers": lambda: optimizer.waivers(instance),
        "sensitivity": lambda: optimizer.sensitivity(instance, tmp_path / "sensitivity"),
        "value": lambda: optimizer.value(instance),
        "shortfall": lambda: optimizer.shortfall(plan),
        "survive": lambda: optimizer.survive(instance, losses=1),
        "frontier": lambda: optimizer.frontier(instance, ["policy.budget.total=0:2000:3"]),
    }
    for name, study in studies.items():
        with pytest.raises(OptionsError, match=rf"lexicographic.*{name}.*lexicographic=null"):
            study()
    with pytest.raises(OptionsError, match="hedging"):
        solve(instance, method="hedging")


def test_a_level_that_there_is_not_is_refused() -> None:
    """Unknown names and demand that may never be short are faults with what would be right."""
    data = two_channels()
    with pytest.raises(InstanceError, match="'servce' is not known; one of 'service' or 'cost'"):
        instance_of(data | {"lexicographic": ["servce", "cost"]})
    for market in data["markets"].values():
        market["demand"][0].pop("shortage_cost")
    with pytest.raises(InstanceError, match="all demand must be met"):
        instance_of(data)


def test_the_short_form_reads_back() -> None:
    """A list is kept as a list."""
    instance = instance_of(two_channels() | {"lexicographic": ["service", "cost"]})
    assert instance.plain()["lexicographic"] == ["service", "cost"]
    assert instance.lexicographic is not None
    assert instance.lexicographic.tolerance == 1e-4
    assert [row.facility for row in rows_of(solve(instance).portfolio)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 2, 3, 10])
def test_prices_on_shortage_lead_to_the_least_cost_within_the_caps(seed: int) -> None:
    """Benders begins with what parts said at prices; the whole by HiGHS under the same caps knows of none."""
    data = generate(seed, scenarios=2, children=seed % 2)
    data["lexicographic"] = {"levels": ["service", "cost"], "tolerance": 0.02}
    instance = instance_of(data)
    whole = Options(method="extensive", gap=1e-7, threads=1)
    asked: list[Begun] = []

    def by_prices(begun: Begun, start: Start | None) -> Solved:
        # The levels of service by the whole, so that the caps are the same to the last digit.
        service = len(asked) < 2
        asked.append(begun)
        options = dataclasses.replace(begun.options, method="extensive") if service else begun.options
        return solve_begun(dataclasses.replace(begun, options=options), start)

    expected = by_levels(begin(network_of(instance), whole), None, solve_begun)
    options = Options(method="benders", gap=1e-7, threads=1)
    found = by_levels(begin(network_of(instance), options), None, by_prices)
    assert [level.cap for level in found.levels] == pytest.approx([level.cap for level in expected.levels])
    assert expected.objective is not None
    assert found.status == "optimal"
    assert found.objective == pytest.approx(expected.objective, rel=2e-6)
    # What prices prove is a bound on every plan within the caps, and it is where the search under them begins.
    under = asked[-1].learnt
    assert under is not None
    assert len(asked) > 3
    assert under.said
    assert under.bound is not None
    assert under.bound <= expected.objective * (1 + 1e-6)
    prices = [level.price for level in found.levels]
    assert prices[0] > 0 and prices[1] > 0 and prices[2] is None  # noqa: PT018


@pytest.mark.slow
def test_what_parts_said_at_prices_holds_under_the_caps() -> None:
    """Each cut that is taken on, against what the parts cost in the best plan within the caps."""
    data = generate(9, scenarios=2)
    data["lexicographic"] = {"levels": ["service", "cost"], "tolerance": 0.02}
    network = network_of(instance_of(data))
    begun = begin(network, Options(method="benders", gap=1e-7, threads=1))
    asked: list[Begun] = []

    def solve_one(one: Begun, start: Start | None) -> Solved:
        asked.append(one)
        return solve_begun(one, start)

    by_levels(begun, None, solve_one)
    last = asked[-1]
    assert last.learnt is not None
    search = Search(network, last.blocks, last.out.tables, {}, last.options)
    try:
        search.run(None)
        best, count = search.best.z, len(search.master.cuts)
        assert best is not None
        for said, prices in last.learnt.said:
            assert all(learn(search, said, prices))
        taken = search.master.cuts[count:]
        with_price = [cut for cut in taken if cut.theta is not None]
        assert with_price
        assert all(cut.misses(best) <= 1e-5 * max(1.0, abs(cut.constant)) for cut in taken)
        # And not by far: at the right price they say nearly what parts cost.
        assert min(-cut.misses(best) for cut in with_price) < 1e-2
    finally:
        search.close()


@pytest.mark.slow
def test_what_parts_said_at_prices_holds_at_higher_ones() -> None:
    """Each cut that one problem with prices takes on from another, against what parts cost in its own best plan."""
    data = generate(4, scenarios=2)
    data["lexicographic"] = {"levels": ["service", "cost"], "tolerance": 0.02}
    network = network_of(instance_of(data))
    begun = begin(network, Options(method="benders", gap=1e-5, threads=1))
    asked: list[tuple[Begun, int]] = []

    def solve_one(one: Begun, start: Start | None) -> Solved:
        asked.append((one, 0 if one.learnt is None else len(one.learnt.said)))
        return solve_begun(one, start)

    by_levels(begun, None, solve_one)
    carrying = [one for one, said in asked if said and one.learnt is not None and one.learnt.keep]
    assert carrying
    for one in carrying:
        assert one.learnt is not None
        search = Search(network, one.blocks, one.out.tables, {}, dataclasses.replace(one.options, gap_usd=0.0))
        try:
            search.run(None)
            best, count = search.best.z, len(search.master.cuts)
            assert best is not None
            said, prices = one.learnt.said[0]
            assert all(learn(search, said, prices))
            taken = search.master.cuts[count:]
            assert all(cut.misses(best) <= 1e-5 * max(1.0, abs(cut.constant)) for cut in taken)
        finally:
            search.close()


def test_interrupted_at_a_price_the_plan_served_is_kept() -> None:
    """The best plan within the caps, with what is proved of such, and called feasible."""
    instance = instance_of(two_channels())
    stop = Stop()
    options = Options(method="benders", gap=0.0, threads=1)
    seen: list[Begun] = []

    def solve_one(begun: Begun, start: Start | None) -> Solved:
        seen.append(begun)
        solved = solve_begun(begun, start)
        if begun.learnt is not None:
            stop.asked.set()
        return solved

    plan = plan_of(instance, options, by_levels(begin(network_of(instance), options, None, stop), None, solve_one))
    assert len(seen) == 3
    assert plan.status == "feasible"
    assert "interrupted" in plan.info["why"]
    assert plan.info["bound"] is not None
    assert served(plan) == pytest.approx(list(best_by_hand()[:2]), abs=1e-4)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]["summary"]


@pytest.mark.slow
@pytest.mark.parametrize("keep", [True, False])
def test_a_failure_at_a_price_or_with_what_prices_said_is_none_of_the_level(*, keep: bool) -> None:
    """The search under the caps goes on without what prices would have said, or did say."""
    instance = instance_of(two_channels())
    options = Options(method="benders", gap=0.0, threads=1)
    failed: list[Begun] = []

    def solve_one(begun: Begun, start: Start | None) -> Solved:
        if begun.learnt is not None and begun.learnt.keep == keep and (keep or begun.learnt.said):
            failed.append(begun)
            raise SolveError("HiGHS failed")
        return solve_begun(begun, start)

    plan = plan_of(instance, options, by_levels(begin(network_of(instance), options), None, solve_one))
    strict, open_, cost = best_by_hand()
    assert len(failed) == 1
    assert plan.status == "optimal"
    assert served(plan) == pytest.approx([strict, open_], abs=1e-4)
    assert plan.objective == pytest.approx(cost, abs=0.01)
