"""Prices by channel: who is paid more than the reference price, for what, and by whom, by hand."""

from __future__ import annotations

import random
from typing import Any

import pytest
from support.build import solve
from support.params import first_fast

import optimizer
from finance.conftest import GRANT, LEFT, YEARS, Data, plant, worth
from finance.test_decided import sound
from finance.test_purchase import offtakes, several
from finance.test_random import instruments
from optimizer.verifier import verify_tables

A_TONNE = sum(worth(year) for year in YEARS)
"""What a dollar a year is worth at the hurdle rate."""
MISSING = -LEFT / (100 * A_TONNE)
"""USD per t that the plant lacks on 100 t a year."""


def strict(factor: Any = 1.09, tonnes: float = 100.0, *chosen: Data, of: str = "magnet", **changes: Any) -> Data:
    """The plant with users who pay a price of their own for so many of its 100 t; trade takes the rest."""
    data = plant({"instruments": list(chosen)}, tonnes=tonnes, **changes)
    data["materials"][of]["channel_factor"] = {"trusted": factor}
    line = {"product": "magnet", "tonnes": 100.0 - tonnes, "shortage_cost": 1.0e6}
    data["markets"]["trade"] = {"channel": "commercial", "country": "USA", "demand": [line]}
    return data


def premium(plan: optimizer.Plan, column: str = "tonnes", **of: Any) -> dict[int, float]:
    """By year."""
    table = plan.tables["premiums"]
    for key, value in of.items():
        table = table[table[key] == value]
    return {int(str(year)): float(found) for year, found in table.groupby("period")[column].sum().items()}


def books(plan: optimizer.Plan, item: str, facility: str = "works") -> dict[int, float]:
    rows = plan.books[(plan.books["item"] == item) & (plan.books["facility"] == facility)]
    return dict(zip(rows["year"], rows["usd"], strict=True))


def test_a_plant_that_pays_its_way_by_what_strict_users_pay_alone() -> None:
    """748 USD per t are missing; 9 percent of 9,000 are 810, and 8 percent 720."""
    assert pytest.approx(747.9, abs=0.1) == MISSING
    plan = sound(strict(1.09))
    assert list(plan.portfolio["facility"]) == ["works"]
    assert premium(plan) == pytest.approx(dict.fromkeys(YEARS, 100.0))
    assert premium(plan, "usd") == pytest.approx(dict.fromkeys(YEARS, 81_000.0))
    assert books(plan, "premium") == pytest.approx(dict.fromkeys(YEARS, 81_000.0))
    assert books(plan, "sales") == pytest.approx(dict.fromkeys(YEARS, 900_000.0))
    assert sound(strict(1.08)).portfolio.empty


def test_it_costs_the_system_nothing() -> None:
    """The same plan at the same cost where nobody must pay its way."""
    data = strict(1.09)
    free = strict(1.09) | {"finance": data["finance"] | {"viability": False}}
    assert sound(data).objective == pytest.approx(sound(free).objective)
    assert sound(free).tables["premiums"].empty


@pytest.mark.parametrize(("tonnes", "pays"), [(93.0, True), (92.0, False)])
def test_only_what_strict_users_take_is_sold_at_their_price(tonnes: float, pays: bool) -> None:
    """810 on 92.3 t are 748 on 100 t. All 100 t may be made in the strict channel; trade takes the rest of them."""
    plan = sound(strict(1.09, tonnes))
    assert pytest.approx(92.33, abs=0.01) == 100 * MISSING / 810
    assert plan.portfolio.empty != pays
    if pays:
        assert premium(plan) == pytest.approx(dict.fromkeys(YEARS, tonnes))


def test_what_is_missing_is_granted() -> None:
    """20 t a year at 810 more."""
    plan = sound(strict(1.09, 20.0, GRANT))
    assert float(plan.grants["usd"].sum()) == pytest.approx(-LEFT - 810 * 20 * A_TONNE, rel=1e-5)


def test_from_a_year_on() -> None:
    """Before 2029 the price is the reference price."""
    plan = sound(strict({2029: 1.09}, 100.0, GRANT))
    assert premium(plan, "usd") == pytest.approx({2029: 81_000.0, 2030: 81_000.0})
    assert float(plan.grants["usd"].sum()) == pytest.approx(-LEFT - 81_000 * (worth(2029) + worth(2030)), rel=1e-5)


def test_the_mean_of_a_period() -> None:
    """Of 2028 and 2029 one year at 1, the other at 1.2: 10 percent on 200 t."""
    plan = sound(strict({2029: 1.2}, 100.0, GRANT, periods=[2027, {"year": 2028, "years": 2}, 2030]))
    assert premium(plan, "usd") == pytest.approx({2028: 180_000.0, 2030: 180_000.0})


def test_inputs_of_a_strict_channel_are_dearer() -> None:
    """A tenth more on 5,000 for what runs in it: 500 more a tonne are granted; what trade takes is made in its own."""
    data = strict(1.1, 60.0, GRANT, of="oxide")
    data["channels"]["trusted"]["custody_cost"] = 1.0  # so that nothing runs in it for nobody
    plan = sound(data)
    assert books(plan, "inputs") == pytest.approx(dict.fromkeys(YEARS, -(100 * 5000.0 + 60 * 500.0)))
    assert float(plan.grants["usd"].sum()) == pytest.approx(-LEFT + 501 * 60 * A_TONNE, rel=1e-5)


def chain(factor: float = 1.2, tonnes: float = 40.0, *chosen: Data, **changes: Any) -> Data:
    """The works stand, and their oxide comes from a mill to be funded, for users who pay 20 percent more for oxide.

    The mill makes 100 t of oxide a year for 100,000 USD, on line in 2028 for 6 years. A tonne costs 5,000, which is the
    price: it pays its way by what strict users pay, who take `tonnes` of the 100 t of magnets.
    """
    data = strict(factor, tonnes, *chosen, of="oxide", **changes)
    data["recipes"]["leach"] = {"stage": "separation", "outputs": {"oxide": 1.0}, "cost": 5000.0}
    data["facilities"]["works"] |= {"capacity": 100, "options": []}
    data["facilities"]["mine"]["capacity"] = 0
    data["facilities"]["mill"] = {
        "stage": "separation", "country": "USA", "recipes": ["leach"], "capacity": 0,
        "options": [{"id": "build", "capacity": 100, "capex": 1.0e5, "lead": 1, "latest": 2027, "life": 6,
                     "public_share": 0.0}],
    }  # fmt: skip
    return data


MILL = 1.0e5 - 0.5e5 * worth(2031)
"""What the mill must earn at the hurdle rate."""


@pytest.mark.parametrize(("tonnes", "pays"), [(27.0, True), (26.0, False)])
def test_strict_users_of_a_product_are_users_of_what_goes_into_it(tonnes: float, pays: bool) -> None:
    """1,000 USD on 26.5 t a year pay for the mill. All 100 t may be made of strict oxide."""
    assert pytest.approx(26.5, abs=0.1) == MILL / (1000 * A_TONNE)
    plan = sound(chain(1.2, tonnes))
    assert plan.portfolio.empty != pays
    if pays:
        assert premium(plan, facility="mill") == pytest.approx(dict.fromkeys(YEARS, tonnes))
        runs = plan.tables["strict_runs"]
        assert set(runs["recipe"]) == {"press"}
        assert dict(zip(runs["period"], runs["run"], strict=True)) == pytest.approx(dict.fromkeys(YEARS, tonnes))


def test_what_is_made_in_a_strict_channel_for_anybody_has_no_strict_user() -> None:
    """A rule has all magnets made in the strict channel, of strict oxide: still 26 t alone are for users who pay."""
    data = chain(1.2, 26.0)
    data["recipes"]["press"]["channels"] = ["trusted"]
    data["recipes"]["leach"]["channels"] = ["trusted"]
    plan = sound(data)
    assert plan.portfolio.empty
    assert not sound(chain(1.2, 27.0) | {"recipes": data["recipes"]}).portfolio.empty


def test_what_comes_back_is_not_its_own_user() -> None:
    """Half of the oxide comes back as swarf, of which oxide is made: without a strict market nobody pays more."""
    data = chain(3.0, 0.0)
    data["markets"].pop("programs")
    data["materials"]["swarf"] = {"stage": "recycling", "price": 4000.0, "channel_factor": {"trusted": 3.0}}
    data["recipes"]["press"]["outputs"]["swarf"] = 0.5
    data["recipes"]["recycle"] = {
        "stage": "recycling",
        "inputs": {"swarf": 1.0},
        "outputs": {"oxide": 1.0},
        "cost": 1000.0,
    }
    data["facilities"]["mill"]["recipes"] = ["leach", "recycle"]
    plan = sound(data)
    assert plan.portfolio.empty
    data["markets"]["programs"] = {
        "channel": "trusted", "country": "USA",
        "demand": [{"product": "magnet", "tonnes": 10.0, "shortage_cost": 1.0e6}],
    }  # fmt: skip
    data["markets"]["trade"]["demand"][0]["tonnes"] = 90.0
    plan = sound(data)
    assert list(plan.portfolio["facility"]) == ["mill"]
    assert premium(plan, material="oxide") == pytest.approx(dict.fromkeys(YEARS, 10.0))
    assert plan.tables["premiums"].query("material == 'swarf'").empty


def test_users_of_the_strictest_pay_its_price_and_others_theirs() -> None:
    """20 t at 15 percent more and 30 at 5 percent, of 100."""
    data = strict(1.05, 30.0, GRANT)
    data["channels"] = {"home": {"tiers": ["domestic"]}} | data["channels"]
    data["materials"]["magnet"]["channel_factor"]["home"] = 1.15
    line = {"product": "magnet", "tonnes": 20.0, "shortage_cost": 1.0e6}
    data["markets"]["home"] = {"channel": "home", "country": "USA", "demand": [line]}
    data["markets"]["trade"]["demand"][0]["tonnes"] = 50.0
    plan = sound(data)
    assert premium(plan, users="home") == pytest.approx(dict.fromkeys(YEARS, 20.0))
    assert premium(plan, users="trusted") == pytest.approx(dict.fromkeys(YEARS, 30.0))
    assert premium(plan, "usd") == pytest.approx(dict.fromkeys(YEARS, 20 * 1350.0 + 30 * 450.0))


def stored(factor: float, *chosen: Data, channels: tuple[str, ...] = ("trusted",), **changes: Any) -> Data:
    """Trade takes 60 of 100 t a year, a reserve the rest, in the strict channel."""
    data = strict(factor, 60.0, *chosen, **changes)
    data["markets"] = {"trade": data["markets"]["programs"] | {"channel": "commercial"}}
    data["materials"]["magnet"]["storage"] = {"cost": 0.0}
    target = {"material": "magnet", "tonnes": {2028: 40.0, 2029: 80.0, 2030: 120.0}, "shortage_cost": 1.0e6}
    record = {"country": "USA", "channels": list(channels), "materials": ["magnet"], "targets": [target]}
    data["stockpiles"] = {"nds": record}
    return data


def outlay(plan: optimizer.Plan, account: str, instrument: str) -> dict[int, float]:
    rows = plan.outlay[(plan.outlay["account"] == account) & (plan.outlay["instrument"] == instrument)]
    return dict(zip(rows["year"], rows["usd"], strict=True))


def test_a_public_reserve_pays_the_price_of_its_channel() -> None:
    """1,870 USD on 40 of 100 t are what is missing: 21 percent of 9,000 are 1,890, 20 percent 1,800."""
    assert pytest.approx(1870, abs=1) == MISSING * 100 / 40
    plan = sound(stored(1.21))
    assert premium(plan, "usd") == pytest.approx(dict.fromkeys(YEARS, 40 * 1890.0))
    assert outlay(plan, "stockpile", "purchase") == pytest.approx(dict.fromkeys(YEARS, 40 * 10_890.0))
    assert float(plan.demand["short"].sum()) == pytest.approx(60.0)  # of 2027, when nothing stands
    assert float(sound(stored(1.2)).demand["short"].sum()) > 63.0  # some of it goes to who pays more


@pytest.mark.parametrize(
    "changes", [{"public": False}, {"release": "always", "public": True}, {"channels": ["commercial"]}]
)
def test_nobody_else_who_stores_pays_it(changes: Data) -> None:
    """A private reserve, a working stock, a reserve of the loosest channel."""
    data = stored(1.5)
    data["stockpiles"]["nds"] |= changes
    assert sound(data).portfolio.empty
    plan = sound(stored(1.5, GRANT) | {"stockpiles": data["stockpiles"]})
    assert plan.tables["premiums"].empty
    if data["stockpiles"]["nds"].get("public", True):
        assert outlay(plan, "stockpile", "purchase") == pytest.approx(dict.fromkeys(YEARS, 40 * 9000.0))


def test_the_budget_pays_it_too() -> None:
    """40 t at 10,890 are 435,600 a year."""

    def short(annual: float) -> float:
        return float(sound(stored(1.21, policy={"budget": {"annual": annual}})).tables["targets"]["short"].sum())

    assert short(435_601.0) == pytest.approx(0.0, abs=1e-3)
    assert short(420_000.0) > 1.0


def test_without_books_a_public_reserve_pays_it_all_the_same() -> None:
    """Nobody asks whether anything pays its way."""
    data = stored(1.5)
    del data["finance"]
    assert outlay(sound(data), "stockpile", "purchase") == pytest.approx(dict.fromkeys(YEARS, 40 * 13_500.0))


OFFTAKE = {"id": "offtake", "kind": "purchase", "stockpile": "nds", "material": "magnet", "price": 12_000.0}


def test_a_purchase_pays_what_its_price_is_above_that_of_the_channel() -> None:
    """10,800 are paid anyway: 1,200 more on 40 t, beside 1,800; together 12,000. As much as is missing is bought."""
    plan = sound(stored(1.2, OFFTAKE))
    assert premium(plan) == pytest.approx(dict.fromkeys(YEARS, 40.0))
    usd = outlay(plan, "purchase", "offtake")
    assert sum(worth(year) * each for year, each in usd.items()) == pytest.approx(-LEFT - 1800 * 40 * A_TONNE, rel=1e-4)
    rows = plan.tables["purchases"]
    assert rows["usd"].sum() == pytest.approx(1200 * rows["tonnes"].sum())
    assert outlay(plan, "stockpile", "purchase") == pytest.approx(dict.fromkeys(YEARS, 40 * 10_800.0))


def test_below_the_price_of_the_channel_nothing_is_bought() -> None:
    """10,500 are above the reference price, and below what the reserve pays anyway."""
    plan = sound(stored(1.2, OFFTAKE | {"price": 10_500.0}, GRANT, discount_rate=0.2))
    assert plan.tables["purchases"].empty
    assert float(plan.grants["usd"].sum()) == pytest.approx(-LEFT - 1800 * 40 * A_TONNE, rel=1e-4)


def test_a_purchase_for_a_reserve_of_two_channels() -> None:
    """What is made in the strict channel may come in that, so its price is what the reserve is taken to pay."""
    plan = sound(stored(1.2, OFFTAKE, GRANT, channels=("trusted", "commercial"), discount_rate=0.2))
    rows = plan.tables["purchases"]
    each = {"trusted": 1200.0, "commercial": 3000.0}
    assert len(rows)
    for row in rows.to_dict("records"):
        assert row["usd"] == pytest.approx(row["tonnes"] * each[row["channel"]])


def test_depletion_counts_it() -> None:
    """A tenth of a fifth of 9,000 and of 810, on 100 t."""
    depletion = {"id": "depletion", "kind": "depletion", "stage": "magnet", "rate": 0.1, "tax_rate": 0.2}
    plan = sound(strict(1.09, 100.0, depletion))
    usd = outlay(plan, "depletion", "depletion")
    assert all(18_000.0 - 1e-3 <= usd[year] <= 18_000.0 + 1620.0 + 1e-3 for year in YEARS)
    mine = premium(plan, "usd")
    assert usd == pytest.approx({year: 18_000.0 + 0.02 * mine.get(year, 0.0) for year in YEARS})
    gains = sum(worth(year) * (0.02 * 900_000 + 1.02 * mine.get(year, 0.0)) for year in YEARS)
    assert gains == pytest.approx(-LEFT, rel=1e-4)  # no more is taken than is needed, for depletion pays on it


def test_a_floor_compares_the_reference_price() -> None:
    """9,300 are 300 above 9,000, whatever strict users pay."""
    floor = {"id": "floor", "kind": "price_floor", "material": "magnet", "floor": 9300.0}
    plan = sound(strict(1.09, 100.0, floor))
    assert outlay(plan, "price_floor", "floor") == pytest.approx(dict.fromkeys(YEARS, 30_000.0))


def test_a_cost_credit_counts_what_inputs_cost() -> None:
    """A tenth of 5,500."""
    credit = {"id": "credit", "kind": "cost_credit", "stage": "magnet", "share": 0.1, "counts": ["inputs"]}
    plan = sound(strict(1.1, 100.0, credit, GRANT, of="oxide"))
    assert outlay(plan, "cost_credit", "credit") == pytest.approx(dict.fromkeys(YEARS, 100 * 550.0))


@pytest.mark.parametrize("method", ["extensive", "benders"])
def test_methods_agree_beside_a_future(method: str) -> None:
    """A year without the plant: nothing is sold in it at any price, for books are of the trunk."""
    data = strict(1.15, 60.0, GRANT | {"max_share": 0.05}, discount_rate=0.05)
    data["scenarios"] = [
        {"id": "outage", "probability": 0.3, "onset": 2029, "duration": 1, "recovery": 1,
         "effects": [{"affects": "facilities", "where": {"id": "works"}, "available": 0.0}]},
    ]  # fmt: skip
    plan = solve(data, method=method)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert list(plan.portfolio["facility"]) == ["works"]
    assert plan.objective == pytest.approx(sound(data).objective, rel=2e-4)


def test_the_least_outlay_takes_what_users_pay() -> None:
    """By the public perspective nothing is granted where strict users pay enough, else what is missing."""
    for tonnes, usd in ((100.0, 0.0), (20.0, -LEFT - 810 * 20 * A_TONNE)):
        data = strict(1.09, tonnes, GRANT)
        for market in data["markets"].values():
            market["demand"][0]["shortage_cost"] = {2027: 1.0e6, 2028: None}
        data["finance"]["perspective"] = "public"
        assert float(sound(data).grants["usd"].sum()) == pytest.approx(usd, rel=1e-3, abs=1.0)


def test_books_never_gain_from_a_price_that_nobody_pays() -> None:
    """Three products of two steps in all channels; a market of trade alone: the same grants with factors as without."""
    plain = strict(1.0, 0.0, GRANT)
    plain["markets"].pop("programs")
    plain["channels"]["trusted"]["custody_cost"] = 1.0  # so that nothing runs in it for nobody
    for of in ("oxide", "magnet"):
        dear = strict(4.0, 0.0, GRANT, of=of)
        dear["markets"].pop("programs")
        dear["channels"] = plain["channels"]
        plan = sound(dear)
        assert plan.tables["premiums"].empty
        assert float(plan.grants["usd"].sum()) == pytest.approx(float(sound(plain).grants["usd"].sum()), rel=1e-6)


@pytest.mark.parametrize("of", ["magnet", "oxide"])
def test_more_strict_users_never_pay_less(of: str) -> None:
    """What is granted falls with every tonne that they take more, by what they pay for it (of oxide to the mill)."""
    build = strict if of == "magnet" else chain
    grants = []
    for tonnes in (0.0, 10.0, 20.0, 26.0, 60.0):
        plan = sound(build(1.2, tonnes, GRANT))
        grants.append(float(plan.grants["usd"].sum()))
        sold = premium(plan, material=of)
        assert all(found <= tonnes + 1e-6 for found in sold.values())
    assert grants == sorted(grants, reverse=True)
    assert grants[0] > grants[-1]


def drawn(seed: int) -> Data:
    """A menu of purchases and other instruments for three plants and a reserve, dearer in a channel."""
    dice = random.Random(seed)
    menu = [*offtakes(dice), *instruments(dice), {"id": "all", "kind": "grant", "max_share": 1.0}]
    menu.append({"id": "ore", "kind": "depletion", "stage": "magnet", "rate": 0.2, "tax_rate": 0.2})
    data = several(dice, {"hurdle_rate": dice.choice([0.08, 0.15]), "instruments": menu})
    for target in data["stockpiles"]["nds"]["targets"]:
        target["shortage_cost"] = 2.0e4
    for material in ("oxide", "magnet"):
        factor = dice.choice([1.05, 1.3, {2029: 1.2}, {2027: 1.5, 2030: 1.1}])
        data["materials"][material]["channel_factor"] = {"trusted": factor}
    data["channels"]["trusted"]["custody_cost"] = dice.choice([0.0, 10.0])
    return data


@pytest.mark.parametrize("seed", first_fast(range(16), 5))
def test_every_plan_holds_and_nobody_is_paid_what_nobody_pays(seed: int) -> None:
    """All of it follows from the tables; and what is paid above the price for magnets is on what strict users take."""
    plan = solve(drawn(seed))
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert "not brought to its least" not in plan.info["why"]
    lines = plan.demand.query("scenario == 'trunk' and market == 'programs'")
    strict_markets = lines.groupby("period")["delivered"].sum()
    stock = plan.stock.query("scenario == 'trunk' and channel == 'trusted'").groupby("period")["in"].sum()
    for year, tonnes in premium(plan, material="magnet").items():
        taken = float(strict_markets.get(year, 0.0)) + float(stock.get(year, 0.0))
        assert tonnes <= taken * (1 + 1e-6) + 1e-6


@pytest.mark.parametrize("seed", [1, 2, 3, 6])
def test_where_nobody_is_a_strict_user_factors_are_nothing(seed: int) -> None:
    """All markets and the reserve are of the loosest channel: the least cost is the same."""
    data = drawn(seed)
    data["channels"]["trusted"]["custody_cost"] = 10.0
    data["markets"]["programs"]["channel"] = "commercial"
    data["stockpiles"]["nds"]["channels"] = ["commercial"]
    plan = solve(data)
    assert plan.tables["premiums"].empty
    for material in ("oxide", "magnet"):
        del data["materials"][material]["channel_factor"]
    assert solve(data).objective == pytest.approx(plan.objective, rel=1e-6)


def test_what_is_sold_dearer_is_held_to_the_tables() -> None:
    """Twice as much, or to nobody; paid for otherwise; for activity that is not run."""
    plan = sound(chain(1.2, 60.0, GRANT))

    def wrong(table: str, **changes: float) -> set[str]:
        changed = plan.tables[table].assign(**changes)
        verdict = verify_tables(plan.instance, plan.info, plan.tables | {table: changed})
        return {violation.constraint for violation in verdict.violations}

    assert wrong("premiums") == set()
    assert wrong("premiums", usd=1.0) == {"premium_price"}
    assert wrong("premiums", tonnes=61.0) == {"premium_price", "premium_users", "books"}
    assert wrong("premiums", tonnes=101.0) == {"premium_price", "premium_users", "premium_sold", "books"}
    assert wrong("strict_runs", run=59.0) == {"premium_users"}
    assert wrong("strict_runs", run=61.0) >= {"strict_used"}
    assert wrong("strict_runs", run=101.0) >= {"strict_used", "strict_run"}
