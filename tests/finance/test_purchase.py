"""Purchases for a public stockpile: how much, of whom and what is paid for it, by hand."""

from __future__ import annotations

import io
import random
import re
from itertools import combinations
from typing import Any

import pytest
from rich.console import Console
from support.build import solve
from support.params import first_fast

import optimizer
from finance.conftest import GRANT, LEFT, PER_YEAR, RESIDUAL, YEARS, Data, plant, worth
from finance.test_decided import PLANTS, recipients, sound, three
from finance.test_random import PERIODS, SPENDS, instruments
from optimizer.briefs.brief import Brief
from optimizer.briefs.plans import say
from optimizer.verifier import verify_tables

BUY = {"id": "offtake", "kind": "purchase", "stockpile": "nds", "material": "magnet", "price": 9500.0}
FLOOR = {"id": "floor", "kind": "price_floor", "material": "magnet", "floor": 9300.0, "decided": True}
STOCK = {2028: 40.0, 2029: 80.0, 2030: 120.0}
"""t at the end of each year: 40 more a year, of 100 that the plant makes."""
A_TONNE = sum(worth(year) for year in YEARS)
"""What a dollar a year is worth at the hurdle rate."""
LATER = 0.2
"""A rate of the system at which a dollar of later costs less than it is worth to a plant."""


def store(data: Data, target: dict[int, float] | None = None, **changes: Any) -> Data:
    """The same with a reserve of magnets, which costs nothing to hold."""
    data["materials"]["magnet"]["storage"] = {"cost": 0.0}
    record = {"country": "USA", "channels": ["trusted"], "materials": ["magnet"]} | changes
    targets = [] if target is None else [{"material": "magnet", "tonnes": target}]
    data["stockpiles"] = {"nds": record | {"targets": targets}}
    return data


def bought(*chosen: Data, target: dict[int, float] | None = STOCK, **changes: Any) -> Data:
    """One plant of 100 t; the market takes 60 of them, the reserve 40 a year where it has a target."""
    data = store(plant({"instruments": list(chosen)}, tonnes=60.0, **changes), target)
    data["facilities"]["works"]["options"][0]["latest"] = 2027
    return data


def taken(plan: optimizer.Plan, instrument: str = "offtake", column: str = "tonnes") -> dict[int, float]:
    """By year."""
    table = plan.tables["purchases"]
    mine = table[table["instrument"] == instrument].groupby("period")[column].sum()
    return {int(str(year)): float(found) for year, found in mine.items()}


def paid(plan: optimizer.Plan, account: str, instrument: str) -> dict[int, float]:
    """By year."""
    rows = plan.outlay[(plan.outlay["account"] == account) & (plan.outlay["instrument"] == instrument)]
    return dict(zip(rows["year"], rows["usd"], strict=True))


def given(plan: optimizer.Plan) -> float:
    return float(plan.grants["usd"].sum())


def test_what_is_paid_above_the_price_counts_in_the_books_and_what_is_below_is_outlay_already() -> None:
    """1,900 USD above 9,000 on what the market does not take: as little is made for the stock as is enough.

    Of 60 t 384,940 are missing; each tonne for the stock brings 2,000 and 1,900. Early ones are worth more.
    """
    missing = 1e6 - RESIDUAL * worth(2031) - A_TONNE * (PER_YEAR - 40 * 2000)
    assert missing == pytest.approx(384_940, abs=1)
    plan = sound(bought(BUY | {"price": 10_900.0}, target=None))
    tonnes = taken(plan)
    assert tonnes[2028] == pytest.approx(40.0)
    assert tonnes[2029] == pytest.approx(40.0)
    assert sum(worth(year) * t for year, t in tonnes.items()) == pytest.approx(missing / 3900, rel=1e-5)
    assert paid(plan, "purchase", "offtake") == pytest.approx({year: 1900 * t for year, t in tonnes.items()})
    assert paid(plan, "stockpile", "purchase") == pytest.approx(
        {year: 9000 * t for year, t in tonnes.items()}, rel=1e-5
    )
    books = plan.books[plan.books["item"] == "instrument"]
    assert books["usd"].sum() == pytest.approx(1900 * sum(tonnes.values()))
    assert taken(plan, column="usd") == pytest.approx({year: 1900 * t for year, t in tonnes.items()})


def test_at_too_low_a_price_not_all_is_served() -> None:
    """40 t at 1,800 more are 378,001 where 384,940 are missing; some of the market's 60 t go to the stock."""
    assert pytest.approx(378_001, abs=1) == 40 * 3800 * A_TONNE
    plan = sound(bought(BUY | {"price": 10_800.0}, target=None))
    assert float(plan.demand["short"].sum()) > 60.0


@pytest.mark.parametrize("price", [9000.0, 9800.0])
def test_at_the_reference_price_it_is_what_a_stockpile_does_anyway(price: float) -> None:
    """At 9,000 nothing pays its way, at 9,800 the plant does: with the purchase as without it."""
    plain = sound(bought(target=None, price=price))
    plan = sound(bought(BUY | {"price": "reference"}, target=None, price=price))
    assert plan.objective == pytest.approx(plain.objective)
    assert len(plan.portfolio) == len(plain.portfolio) == (price > 9000.0)
    assert plan.tables["purchases"].empty
    assert not paid(plan, "purchase", "offtake")


def test_nobody_sells_below_the_reference_price() -> None:
    """A price of 8,000 is not used, and owes nothing; nor is one of no year."""
    for price in (8000.0, {2027: 8000.0, 2030: "reference"}, {2040: 10_000.0}):
        plan = sound(bought(BUY | {"price": price}, GRANT))
        assert plan.tables["purchases"].empty
        assert given(plan) == pytest.approx(-LEFT, rel=1e-5)


def test_no_more_is_paid_than_is_missing() -> None:
    """40 t a year must be stored; 185,991 are missing, and 1,900 a tonne would be 189,001. As early as can be."""
    plan = sound(bought(BUY | {"price": 10_900.0}))
    usd = paid(plan, "purchase", "offtake")
    assert usd[2028] == pytest.approx(76_000)
    assert usd[2029] == pytest.approx(76_000)
    assert sum(worth(year) * each for year, each in usd.items()) == pytest.approx(-LEFT, rel=1e-5)


def test_with_a_grant_for_the_rest() -> None:
    """500 on 40 t a year are worth 49,737 of 185,991; where later is cheaper all of it is paid."""
    plan = sound(bought(BUY, GRANT, discount_rate=LATER))
    assert taken(plan) == pytest.approx(dict.fromkeys(YEARS, 40.0))
    assert given(plan) == pytest.approx(-LEFT - 500 * 40 * A_TONNE, rel=1e-5)
    assert given(sound(bought(BUY, GRANT))) == pytest.approx(-LEFT, rel=1e-5)  # where it is not, nothing


def test_with_a_floor_beside_it() -> None:
    """Both may be taken: 300 on all 100 t, and 500 on 40 of them."""
    plan = sound(bought(BUY, GRANT, FLOOR, discount_rate=LATER))
    assert recipients(plan) == {("floor", "works")}
    assert given(plan) == pytest.approx(-LEFT - (300 * 100 + 500 * 40) * A_TONNE, rel=1e-5)


@pytest.mark.parametrize("says", [0, 1])
def test_or_the_one_or_the_other(says: int) -> None:
    """30,000 a year by the floor are more than 20,000 by the purchase; whichever of the two says so."""
    pair = [BUY, FLOOR]
    pair[says] = pair[says] | {"not_with": [pair[1 - says]["id"]]}
    plan = sound(bought(*pair, GRANT, discount_rate=LATER))
    assert recipients(plan) == {("floor", "works")}
    assert plan.tables["purchases"].empty
    assert given(plan) == pytest.approx(-LEFT - 300 * 100 * A_TONNE, rel=1e-5)
    pair[1] = pair[1] | {"floor": 9100.0}  # 10,000 a year
    plan = sound(bought(*pair, GRANT, discount_rate=LATER))
    assert recipients(plan) == set()
    assert given(plan) == pytest.approx(-LEFT - 500 * 40 * A_TONNE, rel=1e-5)


def test_a_grant_excludes_it() -> None:
    """With neither alone enough nothing is funded, and the stock's target cannot be met."""
    data = bought(BUY | {"not_with": ["aid"]}, GRANT | {"max_share": 0.15}, discount_rate=LATER)
    assert solve(data).status == "infeasible"
    data["finance"]["instruments"][0] = BUY
    assert len(sound(data).portfolio) == 1


def test_so_much_is_bought_a_year() -> None:
    """10 t a year, 20 from 2030 on."""
    plan = sound(bought(BUY | {"tonnes": {2027: 10, 2030: 20}}, GRANT, discount_rate=LATER))
    assert taken(plan) == pytest.approx({2028: 10.0, 2029: 10.0, 2030: 20.0})
    worth_of_it = 500 * (10 * worth(2028) + 10 * worth(2029) + 20 * worth(2030))
    assert given(plan) == pytest.approx(-LEFT - worth_of_it, rel=1e-5)


@pytest.mark.parametrize("budget", [True, False])
def test_a_cap_is_on_what_is_paid_above_the_price(budget: bool) -> None:
    """30,000 in all: where later is cheaper 20,000 in the last year, and half of that in the year before."""
    plan = sound(bought(BUY | {"cap": 30_000.0, "budget": budget}, GRANT, discount_rate=LATER))
    assert paid(plan, "purchase", "offtake") == pytest.approx({2029: 10_000.0, 2030: 20_000.0})
    assert given(plan) == pytest.approx(-LEFT - 10_000 * worth(2029) - 20_000 * worth(2030), rel=1e-5)


def test_a_cap_on_what_one_seller_is_paid_above_the_price() -> None:
    """The one seller there is has no more than 30,000; a cap on all that allows more changes nothing."""
    plan = sound(bought(BUY | {"cap_per_recipient": 30_000.0, "cap": 35_000.0}, GRANT, discount_rate=LATER))
    assert paid(plan, "purchase", "offtake") == pytest.approx({2029: 10_000.0, 2030: 20_000.0})


def test_it_lasts_from_a_year_until_another() -> None:
    """In 2029 alone."""
    plan = sound(bought(BUY | {"from": 2029, "until": 2029}, GRANT, discount_rate=LATER))
    assert taken(plan) == pytest.approx({2029: 40.0})


def test_a_part_of_a_period() -> None:
    """Of 2028 and 2029 the second year alone: half of what is sold then, and at the price of that year."""
    periods = [2027, {"year": 2028, "years": 2}, 2030]
    buy = BUY | {"price": {2027: "reference", 2029: 9500.0}}
    plan = sound(bought(buy, GRANT, target={2028: 120.0, 2030: 160.0}, periods=periods, discount_rate=LATER))
    assert taken(plan) == pytest.approx({2028: 100.0, 2030: 40.0})
    assert paid(plan, "purchase", "offtake") == pytest.approx({2028: 50_000.0, 2030: 20_000.0})


def test_two_of_them_take_a_tonne_once() -> None:
    """40 t a year are stored: the dearer purchase has 30 of them at most, the other the rest."""
    dear = BUY | {"id": "dear", "price": 9800.0, "tonnes": 30.0}
    plan = sound(bought(BUY, dear, GRANT, discount_rate=LATER))
    assert taken(plan, "dear") == pytest.approx(dict.fromkeys(YEARS, 30.0))
    assert taken(plan) == pytest.approx(dict.fromkeys(YEARS, 10.0))


def test_what_is_bought_counts_in_the_budget_once() -> None:
    """40 t at 9,000 and what is paid above: 76,000 a year are needed at most; off budget it does not count."""
    stock = 40 * 9000.0

    def status(annual: float, **changes: Any) -> str:
        buy = BUY | {"price": 10_900.0} | changes
        return solve(bought(buy, policy={"budget": {"annual": annual}})).status

    assert status(stock + 76_001.0) == "optimal"
    assert status(stock + 70_000.0) == "infeasible"
    assert status(stock + 1.0, budget=False) == "optimal"
    assert status(stock - 1000.0, budget=False) == "infeasible"


def two(*chosen: Data, **changes: Any) -> Data:
    """A second plant like the first; 120 t a year for the market, 80 for the reserve."""
    data = bought(*chosen, target={year: 2 * t for year, t in STOCK.items()}, **changes)
    data["markets"]["programs"]["demand"][0]["tonnes"] = 120.0
    data["facilities"]["forge"] = data["facilities"]["works"] | {}
    return data


def test_of_so_many_sellers() -> None:
    """80 t of both, or of one of them, who has more a tonne then than the other."""
    both = sound(two(BUY, GRANT, discount_rate=LATER))
    assert taken(both) == pytest.approx(dict.fromkeys(YEARS, 80.0))
    plan = sound(two(BUY | {"recipients": 1}, GRANT, discount_rate=LATER))
    assert taken(plan) == pytest.approx(dict.fromkeys(YEARS, 80.0))
    assert plan.tables["purchases"]["facility"].nunique() == 1
    assert given(plan) == pytest.approx(-2 * LEFT - 500 * 80 * A_TONNE, rel=1e-5)


def test_of_those_that_are_eligible() -> None:
    """One of two."""
    plan = sound(two(BUY | {"where": {"id": "forge"}}, GRANT, discount_rate=LATER))
    assert set(plan.tables["purchases"]["facility"]) == {"forge"}
    data = two(BUY | {"max_exposure": {"ownership": 0.2}}, GRANT, discount_rate=LATER)
    data["facilities"]["works"] |= {"owners": {"them": 0.5}}
    data["facilities"]["forge"] |= {"owners": {"us": 1.0}}
    data["owners"] = {"them": {"country": "CHN"}, "us": {"country": "USA"}}
    assert set(sound(data).tables["purchases"]["facility"]) == {"forge"}


def test_on_lanes_of_whom_they_come() -> None:
    """Of 80 t a year the lane of the one carries 25, that of the other 55; the store has no way out."""
    lanes = [
        {"from": name, "to": "programs", "material": "magnet", "cost": 0.0} for name in ("works", "forge")
    ] + [
        {"from": "works", "to": "nds", "material": "magnet", "cost": 0.0, "capacity": 25.0},
        {"from": "forge", "to": "nds", "material": "magnet", "cost": 0.0, "capacity": 55.0},
    ]  # fmt: skip
    plan = sound(two(BUY | {"where": {"id": "works"}}, GRANT, discount_rate=LATER, lanes=lanes))
    assert taken(plan) == pytest.approx(dict.fromkeys(YEARS, 25.0))


def test_it_makes_a_stockpile_a_use() -> None:
    """Without a target and a way out nothing would be stored."""
    lanes = [{"from": "works", "to": to, "material": "magnet", "cost": 0.0} for to in ("programs", "nds")]
    plan = sound(bought(BUY | {"price": 10_900.0}, target=None, lanes=lanes))
    assert sum(taken(plan).values()) > 100.0


def abroad(*chosen: Data, freight: list[Data]) -> Data:
    """The reserve stands where a magnet is worth 9,500 USD, the plant where it is worth 9,000."""
    data = bought(*chosen, discount_rate=LATER)
    data["countries"]["AUS"] = "ally"
    data["materials"]["magnet"]["price"] = {"here": 9000.0, "there": 9500.0}
    data["stockpiles"]["nds"]["country"] = "AUS"
    return data | {"logistics": {"regions": {"here": ["USA"], "there": ["AUS", "CHN"]}, "freight": freight}}


def test_what_lies_between_two_prices_is_freight() -> None:
    """9,800 USD are 800 above what the plant has where it stands; the reserve has paid 9,500."""
    data = abroad(BUY | {"price": 9800.0}, GRANT, freight=[{"from": "here", "to": "there", "cost": 100.0}])
    plan = sound(data)
    assert paid(plan, "stockpile", "purchase") == pytest.approx(dict.fromkeys(YEARS, 40 * 9500.0))
    assert paid(plan, "purchase", "offtake") == pytest.approx(dict.fromkeys(YEARS, 40 * 800.0))
    assert given(plan) == pytest.approx(-LEFT - 800 * 40 * A_TONNE, rel=1e-5)


def test_nothing_is_bought_of_whom_no_way_leads_from() -> None:
    """Freight that runs the other way; the reserve is filled by a plant that stands there."""
    data = abroad(BUY | {"price": 9800.0}, GRANT, freight=[{"from": "there", "to": "here", "cost": 100.0}])
    data["recipes"]["cast"] = {"stage": "magnet", "outputs": {"magnet": 1.0}, "cost": 10.0}
    data["facilities"]["mill"] = {"stage": "magnet", "country": "AUS", "recipes": ["cast"], "capacity": 40}
    data["channels"]["trusted"] = {"tiers": ["domestic", "ally"]}
    data["policy"] = {"rules": [{"rule": "require", "facility": "works"}]}
    data["stockpiles"]["nds"]["targets"][0]["shortage_cost"] = 1.0e6
    plan = sound(data)
    assert list(plan.portfolio["facility"]) == ["works"]
    assert float(plan.stock["in"].sum()) > 100.0
    assert plan.tables["purchases"].empty


def test_with_a_future_beside_the_trunk() -> None:
    """A year without the plant in which the reserve is released: nothing is bought in it, and both methods agree."""
    data = bought(BUY | {"price": 10_900.0, "cap": 2.3e5, "recipients": 1}, discount_rate=0.05)
    data["stockpiles"]["nds"]["targets"][0]["shortage_cost"] = 1.0e5
    data["scenarios"] = [
        {"id": "outage", "probability": 0.3, "onset": 2029, "duration": 1, "recovery": 1,
         "effects": [{"affects": "facilities", "where": {"id": "works"}, "available": 0.0}]},
    ]  # fmt: skip
    plan = sound(data)
    assert taken(plan)
    other = solve(data, method="benders")
    assert other.info["verdict"]["ok"], other.info["verdict"]
    assert plan.objective == pytest.approx(other.objective, rel=2e-4)


def test_the_brief_says_how_much_of_how_many() -> None:
    """120 t of one facility."""
    out = io.StringIO()
    brief = Brief()
    say(brief, sound(bought(BUY, GRANT, discount_rate=LATER)))
    brief.print_to(Console(file=out, width=200))
    assert re.search(r"offtake +purchase +120 t of 1 facility +60,000 USD", out.getvalue())


def test_channels_that_the_stockpile_admits() -> None:
    """What is made for trade does not count for a trusted reserve, which is filled from elsewhere."""
    data = bought(BUY | {"price": 10_900.0}, GRANT, discount_rate=LATER)
    assert sum(taken(sound(data)).values()) > 100.0
    data["recipes"]["press"]["channels"] = ["commercial"]
    data["recipes"]["other"] = data["recipes"]["press"] | {"channels": ["trusted"]}
    data["facilities"]["forge"] = {"stage": "magnet", "country": "USA", "recipes": ["other"], "capacity": 200}
    data["facilities"]["works"]["recipes"] = ["press"]
    data["markets"]["programs"]["channel"] = "commercial"
    data["policy"] = {"rules": [{"rule": "require", "facility": "works"}]}
    assert sound(data).tables["purchases"].empty
    data["stockpiles"]["nds"]["channels"] = ["trusted", "commercial"]
    assert sum(taken(sound(data)).values()) > 0.0


def test_a_limit_is_of_the_years_in_which_it_buys() -> None:
    """40 t a year of two years, of which it buys in the second alone: 40, said by its price or by its years."""
    periods = [2027, {"year": 2028, "years": 2}, 2030]
    for said in ({"price": {2027: "reference", 2029: 9500.0}}, {"from": 2029}, {"tonnes": {2027: 0, 2029: 40.0}}):
        buy = BUY | {"tonnes": 40.0} | said
        plan = sound(bought(buy, GRANT, target={2028: 120.0, 2030: 160.0}, periods=periods, discount_rate=LATER))
        assert taken(plan) == pytest.approx({2028: 40.0, 2030: 40.0}), said


def test_limits_and_years_of_two_purchases_hold_together() -> None:
    """200 t are sold in two years and stored: 25 a year are bought by one, so that 75 are left to the other."""
    periods = [2027, {"year": 2028, "years": 2}, 2030]
    steady, late = BUY | {"price": 9900.0, "tonnes": 25.0}, BUY | {"id": "late", "from": 2029, "until": 2029}
    data = bought(steady, late, GRANT, target={2028: 200.0, 2030: 200.0}, periods=periods, discount_rate=LATER)
    data["markets"]["programs"]["demand"] = [{"product": "magnet", "tonnes": 0.0, "shortage_cost": 1.0}]
    plan = sound(data)
    assert taken(plan)[2028] == pytest.approx(50.0)
    assert taken(plan, "late") == pytest.approx({2028: 75.0})


def test_both_methods_agree() -> None:
    """Benders deals out what is bought, and its master chooses of whom."""
    few = BUY | {"recipients": 1, "cap": 100_000.0, "tonnes": 50.0}
    more = BUY | {"id": "more", "price": 9800.0, "not_with": ["aid"]}
    data = two(few, more, GRANT | {"max_share": 0.18}, discount_rate=0.05, policy={"budget": {"annual": 2.0e6}})
    one, other = solve(data, method="extensive"), solve(data, method="benders")
    assert one.objective == pytest.approx(other.objective)
    for plan in (one, other):
        assert plan.status == "optimal"
        assert plan.info["verdict"]["ok"], plan.info["verdict"]


def test_a_plan_to_start_from_leaves_open_of_whom() -> None:
    """Fundings alone are given."""
    data = two(BUY | {"recipients": 1}, GRANT)
    plan = sound(data)
    assert solve(data, start=plan).objective == pytest.approx(plan.objective)


@pytest.mark.parametrize("recipients", [1, 2])
def test_choosing_sellers_is_the_best_of_all_choices(recipients: int) -> None:
    """As if every set of sellers of that size were tried with a purchase of no others."""

    def cost(one: Data) -> float:
        finance = {"instruments": [GRANT | {"max_share": 0.06}, one]}
        plan = sound(store(three(finance, price=9300.0)))
        assert plan.objective is not None
        return plan.objective

    buy = BUY | {"price": 10_200.0, "tonnes": 60.0}
    sets = [list(names) for names in combinations(PLANTS, recipients)]
    best = min(cost(buy | {"where": {"id": names}}) for names in sets)
    assert cost(buy | {"recipients": recipients}) == pytest.approx(best, rel=1e-6)


def test_public_outlay_by_hand() -> None:
    """What the reserve costs at the reference price, and the least that is missing; grants are the cheapest at 0."""
    data = bought(BUY, GRANT)
    data |= {"lexicographic": ["service", "cost"], "finance": data["finance"] | {"perspective": "public"}}
    plan = sound(data)
    best = next(one["best"] for one in plan.info["levels"] if one["level"] == "outlay")
    assert best == pytest.approx(3 * 40 * 9000.0 - LEFT, rel=1e-5)
    data["discount_rate"] = LATER
    plan = sound(data)
    best = next(one["best"] for one in plan.info["levels"] if one["level"] == "outlay")
    by_year = {year: (1 + LATER) ** (2027 - year) * 40 for year in YEARS}
    grant = -LEFT - 500 * 40 * A_TONNE
    assert best == pytest.approx(9500 * sum(by_year.values()) + grant, rel=1e-5)


def offtakes(dice: random.Random) -> list[Data]:
    """One to three purchases that differ in price, years, limits and sellers."""
    found: list[Data] = []
    for number in range(dice.randint(1, 3)):
        price = dice.choice([9600.0, 10_500.0, {2027: 9800.0, 2029: "reference"}, {2027: "reference", 2029: 11_000.0}])
        few: Data = dice.choice([{}, {"recipients": 1}, {"recipients": 2}])
        limits: Data = dice.choice([{}, {"cap": dice.choice([2e4, 1e5])}, {"tonnes": dice.choice([15.0, 60.0])}])
        years: Data = dice.choice([{}, {"from": 2029}, {"until": 2028}])
        found.append(BUY | {"id": f"offtake_{number}", "price": price} | few | limits | years)
    return found


def several(dice: random.Random, finance: Data) -> Data:
    """Three plants and a reserve, on lanes or through a hub, with or without a target."""
    data = three(finance, stands=dice.choice([0.0, 30.0]), price=dice.choice([9000.0, 9400.0]))
    target = dice.choice([None, {2028: 20.0}, {2029: 60.0}])
    store(data, target, channels=dice.choice([["trusted"], ["trusted", "commercial"], ["commercial"]]))
    if dice.random() < 0.4:
        ends = ("programs", "trade", "nds")
        data["lanes"] = [
            {"from": name, "to": to, "material": "magnet", "cost": 1.0, "capacity": dice.choice([20.0, 80.0])}
            for name in PLANTS for to in ends
        ] + [{"from": "nds", "to": "trade", "material": "magnet", "cost": 1.0}]  # fmt: skip
    data |= {"discount_rate": dice.choice([0.0, 0.07, 0.15]), "periods": dice.choice(PERIODS)}
    for name in PLANTS:
        option = data["facilities"][name]["options"][0]
        changes = {"spend": dice.choice(SPENDS), "lead": dice.choice([0, 1]), "latest": 2030}
        data["facilities"][name]["options"] = [option | changes]
    return data


@pytest.mark.parametrize("seed", first_fast([4, 5, 9, 10, 11, 15, 17, 18, 21, 26, 37, 38, 40, 48, 52, 56], 5))
def test_every_plan_holds(seed: int) -> None:
    """Purchases among other instruments, some of which exclude them; all of it follows from the tables.

    In these of sixty menus something is bought.
    """
    dice = random.Random(seed)
    menu = [*offtakes(dice), *instruments(dice)]
    names = [one["id"] for one in menu if one["kind"] != "price_floor" or one["decided"]]
    for one in menu:
        if one["kind"] == "purchase" and dice.random() < 0.3:
            one["not_with"] = [dice.choice([name for name in names if name != one["id"]] or ["aid"])]
    menu.append({"id": "all", "kind": "grant", "max_share": 1.0, "cap": dice.choice([1e5, 1e7])})
    menu = [
        one | {"not_with": [i for i in one.get("not_with", []) if i in names]} if one.get("not_with") else one
        for one in menu
    ]
    if seed in (5, 9, 11, 15, 21):
        menu = [{"cap_per_recipient" if key == "cap" else key: value for key, value in one.items()} for one in menu]
    data = several(dice, {"hurdle_rate": dice.choice([0.08, 0.15]), "instruments": menu})
    data["stockpiles"]["nds"]["targets"] = [
        target | {"shortage_cost": 2.0e4} for target in data["stockpiles"]["nds"]["targets"]
    ]
    if dice.random() < 0.4:
        data["policy"] = {"budget": {"annual": dice.choice([3e5, 1e6])}}
    plan = solve(data)
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert "not brought to its least" not in plan.info["why"]
    assert not plan.tables["purchases"].empty


@pytest.mark.slow
@pytest.mark.parametrize("seed", first_fast([2, 4, 9, 10, 15, 20, 22], 3))
def test_a_purchase_never_raises_public_outlay(seed: int) -> None:
    """It is the government that decides how much it buys, and of whom; in each of these menus it does."""
    dice = random.Random(seed)
    data = several(dice, {"hurdle_rate": dice.choice([0.08, 0.15]), "perspective": "public"})
    data["lexicographic"] = ["service", "cost"]
    data["stockpiles"]["nds"]["targets"] = [{"material": "magnet", "tonnes": {2029: 30.0}}]
    chosen = [one | {"not_with": []} for one in instruments(dice) if one["kind"] not in ("price_floor", "purchase")]
    menu: list[Data] = [{"id": "all", "kind": "grant", "max_share": 0.5}, *chosen[:2]]
    outlays: list[float] = []
    for one in [None, *offtakes(dice)]:
        menu += [] if one is None else [one]
        plan = solve(data | {"finance": data["finance"] | {"instruments": list(menu)}})
        assert plan.status == "optimal"
        assert plan.info["verdict"]["ok"], plan.info["verdict"]
        outlay = next(float(each["value"]) for each in plan.info["levels"] if each["level"] == "outlay")
        assert outlay <= min(outlays, default=outlay) + 5.0
        outlays.append(outlay)
    assert not plan.tables["purchases"].empty
    assert outlays[-1] < outlays[0] - 5.0


def test_what_is_bought_is_held_to_the_tables() -> None:
    """More than is sold, than arrives, than may be; and paid for otherwise."""
    plan = sound(bought(BUY | {"tonnes": 40.0}, GRANT, discount_rate=LATER))

    def wrong(**changes: float) -> set[str]:
        table = plan.tables["purchases"].assign(**changes)
        verdict = verify_tables(plan.instance, plan.info, plan.tables | {"purchases": table})
        return {violation.constraint for violation in verdict.violations}

    assert wrong() == set()
    assert {"purchase_arrives", "purchase_most", "purchase_paid", "books", "outlay"} <= wrong(tonnes=41.0)
    assert wrong(tonnes=101.0) >= {"purchase_sold"}
    assert wrong(usd=1.0) == {"purchase_paid"}
