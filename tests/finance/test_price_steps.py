"""Purchases that move a price: by hand, by enumeration, by methods; what a dearer step never does."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import pytest
from support.build import network_from

import optimizer
from optimizer.errors import InstanceError
from optimizer.verifier import verify_tables

from .conftest import Data
from .test_appropriations import reserve, solved

PRICE = 9_000.0
YEARS = (2027, 2028, 2029, 2030)
FEW: list[Data] = [{"above": 50, "factor": 1.5}, {"above": 100, "factor": 2.5}]


def stepped(steps: list[Data] | None, target: Any, budget: Data | None = None, **changes: Any) -> Data:
    """A public reserve of magnets at 9,000 USD a tonne, that pays more where it takes in much in a year."""
    data = reserve(0.0)
    data["stockpiles"]["nds"] |= {"price_steps": {"magnet": steps} if steps else {}}
    data["stockpiles"]["nds"]["targets"] = [{"material": "magnet", "tonnes": target} | changes]
    data["facilities"]["mine"]["capacity"] = 1_000
    data["facilities"]["works"]["capacity"] = 1_000
    data["policy"] = {"budget": budget} if budget else {}
    return data


def taken(plan: optimizer.Plan) -> list[float]:
    """Tonnes taken in on the trunk, by year."""
    rows = plan.stock[plan.stock.scenario == "trunk"]
    return [float(rows[rows.period == year]["in"].sum()) for year in YEARS]


def paid(steps: list[Data], tonnes: float) -> float:
    """What a year's purchase costs by hand: each tonne at the factor of the last step below it."""
    ends = [0.0, *(step["above"] for step in steps), float("inf")]
    factors = [1.0, *(step["factor"] for step in steps)]
    return math.fsum(
        PRICE * factor * max(0.0, min(tonnes, high) - low)
        for factor, (low, high) in zip(factors, itertools.pairwise(ends), strict=True)
    )


def outlay(plan: optimizer.Plan) -> float:
    """All of it, USD."""
    return float(plan.outlay["usd"].sum())


def test_a_budget_buys_no_more_than_what_the_market_gives_at_its_price() -> None:
    """450,000 USD a year buy 50 t at 9,000. With more, the next tonne costs 13,500: 585,000 buy 60 t, and not 65.

    What 1.26 M USD buy: 50 t for 450,000, 50 for 675,000 and 6 of the 10 that cost 22,500 each for the last 135,000.
    """
    soft = {"shortage_cost": 1.0e5}
    for annual, tonnes in ((450_000.0, 50.0), (585_000.0, 60.0), (1_260_000.0, 106.0)):
        plan = solved(stepped(FEW, {2027: 0, 2029: 1_000}, {"annual": annual}, **soft))
        assert taken(plan)[:3] == pytest.approx([tonnes] * 3)
        accounts = plan.outlay.groupby(["year", "instrument"])["usd"].sum()
        assert accounts[2028, "purchase"] == pytest.approx(PRICE * tonnes)
        assert accounts.get((2028, "price_step"), 0.0) == pytest.approx(annual - PRICE * tonnes)
        report = next(row for row in plan.info["rules"] if row["label"] == "annual budget")
        assert report["status"] == "binding"


def test_purchases_are_spread_over_years_where_money_is_short() -> None:
    """150 t by 2029 for 1.35 M USD in all: only 50 in each of three years; for 1.34 M they are not to be had."""
    plan = solved(stepped(FEW, {2029: 150}, {"total": 1.35e6}))
    assert taken(plan) == pytest.approx([50.0, 50.0, 50.0, 0.0], abs=1e-4)
    assert outlay(plan) == pytest.approx(1.35e6)
    short = optimizer.solve(network_from(stepped(FEW, {2029: 150}, {"total": 1.34e6})).instance)
    assert short.status == "infeasible"
    # In the last year alone they cost 50 at 9,000, 50 at 13,500 and 50 at 22,500.
    late = stepped(FEW, {2029: 150}, {"annual": {2027: 0, 2029: 450e3 + 675e3 + 1_125e3, 2030: 0}})
    assert outlay(solved(late)) == pytest.approx(2.25e6)
    late["policy"]["budget"]["annual"][2029] -= 1_000
    assert optimizer.solve(network_from(late).instance).status == "infeasible"


def test_in_periods_of_several_years_a_year_is_what_counts() -> None:
    """120 t in two years are 60 a year: 2 x (450,000 + 135,000)."""
    data = stepped(FEW, {2027: 120}, {"total": 1.17e6})
    data["periods"] = [{"year": 2027, "years": 2}, {"year": 2029, "years": 2}]
    plan = solved(data)
    assert outlay(plan) == pytest.approx(1.17e6)
    data["policy"]["budget"]["total"] = 1.16e6
    assert optimizer.solve(network_from(data).instance).status == "infeasible"


def test_all_channels_of_a_material_count_together_and_what_lies_there_is_not_bought() -> None:
    """80 t in two channels beside 20 at the start: 50 t at 9,000 and 30 at 13,500."""
    data = stepped(FEW, {2027: 100}, {"total": 450e3 + 405e3})
    store = data["stockpiles"]["nds"]
    del store["channel"]
    store |= {"channels": ["trusted", "commercial"], "initial": {"magnet": {"trusted": 20}}}
    store["targets"] = [
        {"material": "magnet", "tonnes": {2027: 60}, "channel": "trusted"},
        {"material": "magnet", "tonnes": {2027: 100}, "channel": "commercial"},
    ]
    plan = solved(data)
    assert taken(plan) == pytest.approx([80.0, 0.0, 0.0, 0.0], abs=1e-4)
    assert outlay(plan) == pytest.approx(855e3)
    data["policy"]["budget"]["total"] = 850e3
    assert optimizer.solve(network_from(data).instance).status == "infeasible"


def test_without_a_budget_the_premium_is_paid_and_told() -> None:
    """No cost of the system: the plan and its cost are as without steps, and outlay says what was paid."""
    plain, dear = solved(stepped(None, {2027: 120})), solved(stepped(FEW, {2027: 120}))
    assert dear.objective == pytest.approx(plain.objective)
    assert outlay(plain) == pytest.approx(120 * PRICE)
    assert outlay(dear) == pytest.approx(sum(paid(FEW, tonnes) for tonnes in taken(dear)))
    assert outlay(dear) > outlay(plain)


def test_an_appropriation_pays_for_it() -> None:
    """Money of one year buys 60 t with steps, where it bought 65; in dollars of the time less."""
    fund = {"id": "dla", "usd": {2027: 585_000.0, 2028: 0.0}, "purchases": ["nds"]}
    target, soft = {2027: 0, 2030: 500}, {"shortage_cost": 1.0e5}
    for steps, tonnes in ((None, 65.0), (FEW, 60.0)):
        plan = solved(stepped(steps, target, {"appropriations": [fund]}, **soft))
        assert taken(plan) == pytest.approx([tonnes, 0.0, 0.0, 0.0], abs=1e-4)
        assert plan.appropriations.spent.tolist() == pytest.approx([585_000.0, 0.0, 0.0, 0.0])
    dearer = {"appropriations": [fund], "deflator": 1.3}
    assert taken(solved(stepped(FEW, target, dearer, **soft)))[0] == pytest.approx(50.0)


def test_under_the_public_perspective_a_reserve_is_filled_slowly() -> None:
    """Money of later years counts less, so that all is bought in the last; but what is saved by steps may be more.

    100 t by 2029 at 5 percent a year: 50 of them in 2029 at 9,000, and the others the year before at 9,000 x 1.05 and
    not in 2029 at 13,500. With a step that costs 4 percent more all are bought in 2029.
    """
    for factor, years in ((1.5, [0.0, 50.0, 50.0, 0.0]), (1.04, [0.0, 0.0, 100.0, 0.0])):
        steps = [{"above": 50, "factor": factor}]
        data = stepped(steps, {2029: 100}) | {"finance": {"hurdle_rate": 0.1, "perspective": "public"}}
        data["discount_rate"] = 0.05
        plan = solved(data, gap=1e-7)
        assert taken(plan) == pytest.approx(years, abs=0.05)
        level = next(one for one in plan.info["levels"] if one["level"] == "outlay")
        least = sum(paid(steps, tonnes) / 1.05 ** (year - 2027) for year, tonnes in zip(YEARS, years, strict=True))
        assert level["best"] == pytest.approx(least, rel=1e-5)
        assert level["value"] == pytest.approx(least, rel=1e-4)


def drawn(seed: int) -> tuple[Data, list[Data]]:
    """A reserve that is to be full in two steps, with money by year or in all, in one period or another."""
    dice = random.Random(seed)
    steps = [
        {"above": dice.choice([0, 10, 20]), "factor": dice.choice([1.2, 1.6])},
        {"above": dice.choice([25, 40]), "factor": dice.choice([2.0, 3.5])},
    ]
    annual, total = dice.choice([120e3, 180e3, 260e3]), dice.choice([400e3, 500e3, 600e3])
    budget = dice.choice([{"annual": annual}, {"total": total}, {"annual": annual, "total": total}])
    target = {2027: 0, 2028: dice.choice([20, 45]), 2030: dice.choice([60, 90])}
    return stepped(steps, target, budget, shortage_cost=dice.choice([2e4, 1e5])), steps


@pytest.mark.parametrize("seed", range(6))
def test_methods_agree_and_no_purchase_of_a_grid_is_better(seed: int) -> None:
    """By Benders as by the extensive form; by purchases of tens of tonnes, and of finer grids about the best."""
    data, steps = drawn(seed)
    whole = solved(data, method="extensive", gap=1e-7)
    parts = solved(data, method="benders", gap=1e-7)
    assert parts.info["method"] == "benders"
    assert parts.objective == pytest.approx(whole.objective, rel=2e-7)
    budget, (target,) = data["policy"]["budget"], data["stockpiles"]["nds"]["targets"]
    levels = [0.0, target["tonnes"][2028], target["tonnes"][2028], target["tonnes"][2030]]
    objective, shortage = solved(stepped(None, 0.0)).objective, target["shortage_cost"]
    assert objective is not None
    without: float = objective
    assert whole.objective is not None

    def cost(tonnes: tuple[float, ...]) -> float:
        """What making it costs, 3,000 USD a tonne, and what is missing."""
        usd = [paid(steps, each) for each in tonnes]
        if min(tonnes) < 0 or sum(usd) > budget.get("total", 1e9) or max(usd) > budget.get("annual", 1e9):
            return float("inf")
        held = list(itertools.accumulate(tonnes))
        missing = sum(max(0.0, level - stock) for level, stock in zip(levels, held, strict=True))
        return float(without + 3_000 * held[-1] + shortage * missing)

    best = min(itertools.product([10.0 * i for i in range(10)], repeat=4), key=cost)
    for halves in range(16):
        step = 10.0 / 2**halves
        near = [-2 * step, -step, 0.0, step, 2 * step]
        best = min(
            (tuple(t + d for t, d in zip(best, move, strict=True)) for move in itertools.product(near, repeat=4)),
            key=cost,
        )
    assert whole.objective <= cost(best) + 1.0
    assert cost(best) <= whole.objective * 1.0001


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_a_larger_factor_never_lowers_the_least_outlay_nor_the_cost_under_a_budget(seed: int) -> None:
    data, steps = drawn(seed)
    dice = random.Random(seed)
    target = {2028: dice.choice([20, 45]), 2030: dice.choice([60, 90])}
    cost, least = 0.0, 0.0
    for more in (0.0, 0.3, 1.0, 2.5):
        dearer = [step | {"factor": step["factor"] + more} for step in steps]
        data["stockpiles"]["nds"]["price_steps"] = {"magnet": dearer}
        plan = solved(data, gap=1e-7)
        assert plan.objective is not None
        assert plan.objective >= cost * (1 - 1e-6)
        public = stepped(dearer, target) | {"finance": {"hurdle_rate": 0.1, "perspective": "public"}}
        level = next(one for one in solved(public, gap=1e-7).info["levels"] if one["level"] == "outlay")
        assert level["best"] >= least * (1 - 1e-6)
        cost, least = plan.objective, level["best"]
    assert least > 0


def test_steps_are_convex_or_refused_all_at_once() -> None:
    """Every fault in one pass: a step that falls, one that is no step, a level twice, and a store of somebody else."""
    wrong = [{"above": 50, "factor": 1.5}, {"above": 100, "factor": 1.2}, {"above": 100, "factor": 0.9}]
    data = stepped(wrong, {2027: 10})
    data["stockpiles"]["own"] = {
        "country": "USA", "channel": "trusted", "materials": ["magnet"], "release": "always",
        "price_steps": {"magnet": FEW, "oxide": FEW},
    }  # fmt: skip
    with pytest.raises(InstanceError) as caught:
        network_from(data)
    said = str(caught.value)
    for words in (
        "a factor of 1.2 is no more than that of the step before, 1.5",
        "a factor of 0.9 makes no tonne dearer than the reference price",
        "a step above 100 t comes after one above 100 t",
        "stockpile 'own' is not public",
        "stockpile 'own' does not hold 'oxide'",
    ):
        assert words in said


def test_the_checker_works_it_out_again() -> None:
    """An average price instead of the price of each tonne, a row too few, another step: each is told."""
    plan = solved(stepped(FEW, {2029: 150}, {"total": 1.35e6 + 1.0}))
    assert verify_tables(plan.instance, plan.info, plan.tables).ok
    dear = solved(stepped(FEW, {2027: 120}, {"total": 3.0e6}))
    rows = dear.outlay[dear.outlay.instrument == "price_step"]
    assert not rows.empty
    for table in (dear.outlay.drop(rows.index), dear.outlay.assign(usd=dear.outlay.usd * 1.01)):
        verdict = verify_tables(dear.instance, dear.info, dear.tables | {"outlay": table})
        assert {violation.constraint for violation in verdict.violations} == {"outlay"}
