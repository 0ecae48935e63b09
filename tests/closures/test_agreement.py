"""On the trunk the test says what the plan's books say, whatever the instruments; the least floor is the least."""

from __future__ import annotations

import random

import pytest
from finance.conftest import GRANT, Data, plant
from finance.test_decided import PLANTS, three
from finance.test_purchase import BUY, bought
from finance.test_random import PERIODS, SPENDS, instruments
from support.build import solve
from support.generate import generate
from support.params import first_fast

import optimizer
from optimizer.closures.going_on import least_floor, losses
from optimizer.closures.operations import operations_of
from optimizer.network.network import network_of
from optimizer.plan.columns import rows_of

CLOSE = 1e-6
DEAR = BUY | {"price": 10_900.0}
ITEMS = ("sales", "inputs", "activity", "fixed")


def agree(plan: optimizer.Plan) -> int:
    """Every item of the books of every year, every payment, and what is left in all. Returns how many are not 0."""
    found = optimizer.viability(plan)
    seen = 0
    base = found.results[found.results["future"] == "base"]
    told = {(row.facility, int(row.year), item): getattr(row, item) for row in rows_of(base) for item in ITEMS}
    stated: dict[tuple[str, int, str], float] = {}
    for row in rows_of(plan.books):
        item = "sales" if row.item == "premium" else row.item
        if item in ITEMS:
            index = (row.facility, int(row.year), item)
            stated[index] = stated.get(index, 0.0) + row.usd
    funded = set(plan.books["facility"])
    for key in {*told, *stated}:
        if key[0] in funded:
            assert told.get(key, 0.0) == pytest.approx(stated.get(key, 0.0), rel=CLOSE, abs=CLOSE), key
            seen += bool(stated.get(key))
    capital = set(plan.grants["instrument"]) | set(plan.financing["instrument"])
    paid = {
        (row.instrument, row.facility, int(row.year)): row.usd
        for row in rows_of(found.payments)
        if row.future == "base" and row.facility in funded
    }
    booked = {
        (row.instrument, row.facility, int(row.year)): row.usd
        for row in rows_of(plan.books)
        if row.item == "instrument" and row.instrument not in capital
    }
    for pay in {*paid, *booked}:
        assert paid.get(pay, 0.0) == pytest.approx(booked.get(pay, 0.0), rel=CLOSE, abs=2.0), pay
        seen += 1
    base = found.viability[found.viability["future"] == "base"]
    left = dict(zip(base["facility"], base["left"], strict=True))
    for name, usd in plan.books.groupby("facility")["discounted"].sum().to_dict().items():
        assert left[name] == pytest.approx(usd, rel=CLOSE, abs=CLOSE * plan.books["usd"].abs().sum()), name
        assert found.viability.query("future == 'base' and facility == @name")["break_even"].tolist() == ["yes"]
    return seen


@pytest.mark.parametrize(
    "instrument",
    [
        {"kind": "production_credit", "material": "magnet", "amount": 100.0, "from": 2029,
         "bonus": {"amount": 500.0, "channel": "trusted"}},
        {"kind": "cost_credit", "stage": ["magnet"], "share": {2027: 0.1, 2030: 0}, "counts": ["activity", "inputs"]},
        {"kind": "depletion", "stage": "magnet", "rate": 0.2, "tax_rate": 0.25},
        {"kind": "price_floor", "material": "magnet", "floor": 9400.0, "until": 2029},
        {"kind": "price_floor", "material": "magnet", "floor": 8000.0, "upside": 0.3},
        {"kind": "loan", "max_share": 0.5, "rate": 0.02, "term": 3},
        {"kind": "equity", "max_share": 0.5, "dividend": 0.03, "redeemed": 2},
    ],
)  # fmt: skip
def test_each_instrument(instrument: Data) -> None:
    """The cases of the books by hand."""
    assert agree(solve(plant({"instruments": [GRANT, {"id": "more", **instrument}]}))) > 8


def test_a_purchase() -> None:
    """What is bought above the reference price."""
    plan = solve(bought(DEAR, target=None))
    assert len(plan.tables["purchases"])
    assert agree(plan) > 8


def test_a_purchase_keeps_its_price_in_a_crash() -> None:
    """Bought at 10,900: 1,900 above 9,000, and 6,400 above 4,500; nobody sells below a higher price."""
    plan = solve(bought(DEAR, target=None))
    found = optimizer.viability(plan, crashes=["magnet=0.5:2029:1", "magnet=2:2028:1"])
    usd = {(row.future, int(row.year)): row.usd for row in rows_of(found.payments) if row.instrument == "offtake"}
    tonnes = plan.tables["purchases"].groupby("period")["tonnes"].sum()
    assert usd["base", 2029] == pytest.approx(1900 * tonnes[2029])
    assert usd["crash:magnet=0.5:2029:1", 2029] == pytest.approx(6400 * tonnes[2029])
    assert usd["base", 2028] > 0
    assert ("crash:magnet=2:2028:1", 2028) not in usd


DEARER = {"trusted": 1.1}
"""What strict users pay for magnets."""


@pytest.mark.parametrize(
    "instrument", [GRANT, {"kind": "depletion", "stage": "magnet", "rate": 0.2, "tax_rate": 0.25, "id": "more"}]
)
def test_prices_by_channel(instrument: Data) -> None:
    """40 of 100 t are sold at 9,900; depletion is on that too, and inputs cost what their channel does."""
    data = plant({"instruments": [GRANT | {"id": "all"}, instrument]}, tonnes=40.0)
    line = {"product": "magnet", "tonnes": 60.0, "shortage_cost": 1.0e6}
    data["markets"]["trade"] = {"channel": "commercial", "country": "USA", "demand": [line]}
    for material in ("magnet", "oxide"):
        data["materials"][material]["channel_factor"] = DEARER
    plan = solve(data)
    assert plan.info["verdict"]["ok"]
    assert plan.tables["premiums"].query("material == 'magnet'")["usd"].tolist() == pytest.approx([36_000.0] * 3)
    assert agree(plan) > 8


def test_strict_users_pay_less_in_a_crash_and_the_same_share_of_sales_in_a_branch() -> None:
    """Half of 9,900 on 40 t and of 9,000 on 60: 468,000. In the branch the plant runs as on the trunk."""
    slump = {
        "id": "slump", "probability": 0.25, "onset": 2029, "duration": 1, "recovery": 0,
        "effects": [{"affects": "prices", "where": {"material": "magnet"}, "factor": 0.5}],
    }  # fmt: skip
    data = plant({"instruments": [GRANT]}, tonnes=40.0, scenarios=[slump])
    line = {"product": "magnet", "tonnes": 60.0, "shortage_cost": 1.0e6}
    data["markets"]["trade"] = {"channel": "commercial", "country": "USA", "demand": [line]}
    data["materials"]["magnet"]["channel_factor"] = DEARER
    found = optimizer.viability(solve(data), crashes=["magnet=0.5:2029:1"])
    sales = {(row.future, int(row.year)): row.sales for row in rows_of(found.results) if row.facility == "works"}
    assert sales["base", 2029] == pytest.approx(40 * 9900 + 60 * 9000)
    assert sales["crash:magnet=0.5:2029:1", 2029] == pytest.approx(468_000)
    assert sales["slump", 2029] == pytest.approx(468_000)


def test_the_product_is_what_brings_most_with_what_strict_users_pay() -> None:
    """100 t of magnets bring 9,900 each, 100 t of slag 9,500."""
    data = plant({"instruments": [GRANT]})
    data["materials"] |= {"slag": {"stage": "magnet", "price": 9500.0, "sell": True}}
    data["materials"]["magnet"]["channel_factor"] = DEARER
    data["recipes"]["press"]["outputs"] = {"magnet": 1.0, "slag": 1.0}
    found = optimizer.viability(solve(data)).viability
    assert set(found[found["facility"] == "works"]["product"]) == {"magnet"}


def test_a_purchase_adds_to_what_its_stockpile_pays() -> None:
    """At 10,900 it adds 1,000 to the 9,900 of the channel, and 5,950 to the half of that in a crash."""
    data = bought(DEAR, target=None)
    data["materials"]["magnet"]["channel_factor"] = DEARER
    plan = solve(data)
    assert plan.info["verdict"]["ok"]
    found = optimizer.viability(plan, crashes=["magnet=0.5:2029:1"])
    usd = {(row.future, int(row.year)): row.usd for row in rows_of(found.payments) if row.instrument == "offtake"}
    tonnes = plan.tables["purchases"].groupby("period")["tonnes"].sum()
    assert usd["base", 2029] == pytest.approx(1000 * tonnes[2029])
    assert usd["crash:magnet=0.5:2029:1", 2029] == pytest.approx(5950 * tonnes[2029])
    assert agree(plan) > 8


@pytest.mark.parametrize("seed", first_fast(range(10), 4))
def test_three_plants_by_chance(seed: int) -> None:
    """Random instruments, periods of several years, spending and leads."""
    dice = random.Random(1000 + seed)
    finance: Data = {
        "hurdle_rate": dice.choice([0.08, 0.1]),
        "instruments": [*instruments(dice), GRANT | {"id": "all"}],
    }
    data = three(finance, stands=dice.choice([0.0, 30.0]), price=dice.choice([9400.0, 9700.0]))
    data |= {"discount_rate": dice.choice([0.0, 0.03]), "periods": dice.choice(PERIODS)}
    for name in PLANTS:
        option = data["facilities"][name]["options"][0]
        option = option | {"spend": dice.choice(SPENDS), "lead": dice.choice([0, 1, 2]), "latest": 2030}
        data["facilities"][name]["options"] = [option | {"public_share": dice.choice([0.0, 0.1])}]
    plan = solve(data)
    assert plan.info["verdict"]["ok"]
    assert agree(plan) > 8


def test_the_least_floor_on_two_pieces() -> None:
    """-300 at prices 1 and 2, 100 t each: to 2 it brings 100, from there 200 a dollar; -50 at 1 needs half a dollar."""
    assert least_floor(-300, [(100, 1.0), (100, 2.0)]) == pytest.approx(3.0)
    assert least_floor(-50, [(100, 2.0), (100, 1.0)]) == pytest.approx(1.5)
    assert least_floor(-100, [(100, 1.0), (100, 2.0)]) == pytest.approx(2.0)
    assert least_floor(-100, []) is None
    assert least_floor(-100, [(0.0, 3.0)]) is None


@pytest.mark.parametrize("seed", first_fast(range(50), 15))
def test_the_least_floor_is_exact(seed: int) -> None:
    """The value with it is 0, which is strictly rising there; against the sum itself."""
    dice = random.Random(seed)
    sold = [(dice.choice([0.0, dice.uniform(1, 9)]), dice.choice([1.0, dice.uniform(0, 5)])) for _ in range(6)]
    value = -dice.uniform(0.1, 200)
    floor = least_floor(value, sold)
    if floor is None:
        assert not any(weight for weight, _ in sold)
        return
    assert value + sum(weight * max(0.0, floor - price) for weight, price in sold) == pytest.approx(0, abs=1e-9)


def test_runs_of_losses_and_the_deepest() -> None:
    """-1 -2 +5 -1 -1 -1 in periods of which the second has two years: three years twice, the first counts; 3 deep."""
    found = losses([(1, -1.0), (2, -2.0), (4, 5.0), (5, -1.0), (6, -1.0), (7, -1.0)], lambda t: 2 if t == 2 else 1)
    assert (found.years, found.first, found.deepest, found.deepest_in) == (3, 1, 3.0, 2)
    assert losses([(1, 1.0)], lambda _: 1).deepest == 0.0
    assert losses([(1, 1.0)], lambda _: 1).first is None


@pytest.mark.parametrize("seed", first_fast(range(8), 3))
def test_branches_with_delays_and_reactions(seed: int) -> None:
    """What stands and runs on every course costs what the plan's own table of costs says; futures follow their path."""
    data = generate(seed, size=1, scenarios=2, children=seed % 2)
    plan = solve(data)
    network = network_of(plan.instance)
    courses = {course for path in network.path.values() for course in path.values()}
    found = operations_of(network, plan, courses)
    costs = plan.costs.set_index(["scenario", "period", "category"])["usd"].to_dict()
    fixed: dict[tuple[str, int], float] = {}
    for (course, period, _), usd in found.fixed.items():
        fixed[course, period] = fixed.get((course, period), 0.0) + usd
    activity = {at: sum(run.cost for run in runs) for at, runs in found.runs.items()}
    for course, period in {*fixed, *activity}:
        assert fixed[course, period] == pytest.approx(costs.get((course, period, "fixed"), 0.0), abs=1e-3)
        told = costs.get((course, period, "activity"), 0.0)
        assert activity.get((course, period), 0.0) == pytest.approx(told, abs=1e-3)
    assert len(courses) > 1


def test_a_branch_that_funds_has_it_in_its_books() -> None:
    """An option of 300,000 USD, hurried at twice that by the branch alone: in the books of its future alone."""
    data = plant(None, tonnes=50.0)
    works = data["facilities"]["works"]
    works |= {"capacity": 50, "fixed_cost": 1000.0}
    works["options"] = [
        {"id": "more", "capacity": 50, "capex": 3.0e5, "fixed_cost": 500.0, "lead": 1, "life": 10,
         "earliest": 2028, "public_share": 0.0, "react": {"capex_factor": 2.0}}
    ]  # fmt: skip
    surge = {"affects": "demand", "factor": 2.0}
    data["scenarios"] = [{"id": "surge", "probability": 0.1, "onset": 2028, "effects": [surge]}]
    data["markets"]["programs"]["demand"][0]["shortage_cost"] = 5.0e4
    plan = solve(data)
    assert plan.portfolio.empty
    assert list(plan.reactions["option"]) == ["more"]
    found = optimizer.viability(plan, hurdle_rate=0.1)
    base, after = (
        found.viability.query("future == @name and facility == 'works'").iloc[0] for name in ("base", "surge")
    )
    worth = {year: 1.1 ** -(year - 2027) for year in range(2027, 2032)}
    year = 50 * 2000 - 1000
    assert base["left"] == pytest.approx(sum(year * worth[t] for t in range(2027, 2031)))
    more = sum((50 * 2000 - 500) * worth[t] for t in (2029, 2030)) - 6.0e5 * worth[2028] + 3.0e5 * 8 / 10 * worth[2031]
    assert after["left"] == pytest.approx(base["left"] + more)
    assert after["value"] == pytest.approx((after["left"] - year) / worth[2028])
    assert base["funded"] == after["funded"] == "no"
