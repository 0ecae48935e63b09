"""Stock that stands at the horizon's end counts: optima worked by hand, and what is true however it is found."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from support.build import Data, instance_of, network_from, optimum, solve
from support.generate import generate
from support.params import first_fast

import optimizer
from optimizer.network.derive import tables_of
from optimizer.plan.columns import rows_of

OUTAGE: Data = {
    "id": "outage",
    "probability": 0.5,
    "onset": 2028,
    "effects": [{"affects": "facilities", "where": {"id": "plant"}, "available": 0.5}],
}


def shelf(rate: float = 0.25, **keys: Any) -> Data:
    """A plant of 12 t a year at 10 USD a t for 10 t in 2027 and in 2028, and a working stock that begins with 5 t."""
    return {
        "schema": 1,
        "name": "shelf",
        "base_year": 2027,
        "discount_rate": rate,
        "periods": [2027, 2028],
        "domestic": ["USA"],
        "countries": {"USA": "domestic"},
        "materials": {"magnet": {"stage": "magnet", "storage": {"cost": 0}, "price": 40}},
        "recipes": {"make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 10}},
        "facilities": {"plant": {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 12}},
        "channels": {"open": {}},
        "markets": {
            "town": {
                "channel": "open",
                "country": "USA",
                "demand": [{"product": "magnet", "tonnes": 10, "shortage_cost": 100}],
            }
        },
        "stockpiles": {
            "shelf": {
                "country": "USA",
                "channel": "open",
                "materials": ["magnet"],
                "initial": {"magnet": 5},
                "release": "always",
                **keys,
            }
        },
    }


def vault(shortage: float, **scenario: Any) -> Data:
    """The same with a reserve that is full, undiscounted, all of whose price counts, and an outage."""
    data = shelf(0.0, release="disruption", public=False, residual=1.0, capacity={"magnet": 5})
    data["markets"]["town"]["demand"][0]["shortage_cost"] = shortage
    return data | {"scenarios": [copy.deepcopy(OUTAGE) | scenario]}


def counted(plan: optimizer.Plan) -> dict[str, tuple[float, float]]:
    """Course -> t that count, and USD of the year after the horizon."""
    return {row.scenario: (row.counted, row.usd) for row in rows_of(plan.tables["residual"])}


def closing(plan: optimizer.Plan, course: str = "trunk") -> float:
    """Stock at the horizon's end."""
    stock = plan.stock
    return float(stock.loc[(stock["scenario"] == course) & (stock["period"] == 2028), "closing"].sum())


def test_a_working_stock_is_drained_where_it_is_worth_nothing() -> None:
    """Of 20 t 5 come from the shelf; the others are made as late as can be: 5 at 10, 10 at 8."""
    plan = solve(shelf())
    assert plan.objective == pytest.approx(5 * 10 + 10 * 8)
    assert closing(plan) == pytest.approx(0)
    assert plan.tables["residual"].empty
    assert "residual_stock" not in set(plan.costs["category"])


@pytest.mark.parametrize(("share", "objective"), [(0.5, 112.0), (1.0, 48.0)])
def test_it_is_kept_where_it_counts(share: float, objective: float) -> None:
    """20 t are made, 8 at 10 and 12 at 8; the 5 that are kept count share x 40 in 2029, x 0.64 today."""
    plan = solve(shelf(residual=share))
    assert objective == pytest.approx(8 * 10 + 12 * 8 - 5 * share * 40 * 0.64)
    assert plan.objective == pytest.approx(objective)
    assert closing(plan) == pytest.approx(5)
    assert counted(plan) == {"trunk": pytest.approx((5, 5 * share * 40))}
    booked = plan.costs[plan.costs["category"] == "residual_stock"]
    assert booked[["scenario", "period"]].to_numpy().tolist() == [["trunk", 2028]]
    assert booked[["usd", "discounted"]].to_numpy().tolist() == [pytest.approx([-200 * share, -128 * share])]
    assert plan.info["verdict"]["ok"], plan.info["verdict"]


def test_it_is_drained_where_a_tonne_counts_less_than_it_costs() -> None:
    """0.1 x 40 x 0.64 = 2.56 a tonne, where the last tonnes made cost 10."""
    assert optimum(shelf(residual=0.1)) == pytest.approx(130)


@pytest.mark.parametrize(("most", "objective"), [(3, 79.2), (0, 130.0), (6, 32.4), (30, -14.4)])
def test_no_more_counts_than_is_said(most: float, objective: float) -> None:
    """A tonne kept costs 8 (the first two) or 10 and counts 25.6; 9 can be kept, with all that the plant makes."""
    plan = solve(shelf(residual=1.0, residual_tonnes={"magnet": most}))
    kept = min(most, 9)
    late = 10 + min(kept, 2)
    assert objective == pytest.approx(late * 8 + (15 + kept - late) * 10 - kept * 25.6)
    assert plan.objective == pytest.approx(objective)
    assert closing(plan) == pytest.approx(kept)


@pytest.mark.parametrize(
    ("price", "then"), [({2027: 40, 2029: 30}, 30.0), ({"start": 40, "growth": 0.5}, 90.0), ({2027: 40, 2029: 0}, 0.0)]
)
def test_the_price_is_that_of_the_year_after_the_horizon(price: Data, then: float) -> None:
    """A series is held on, or grows on."""
    data = shelf(residual=1.0)
    data["materials"]["magnet"]["price"] = price
    assert optimum(data) == pytest.approx(176 - 5 * then * 0.64 if then else 130)


def test_a_long_last_period_is_discounted_to_its_end_and_a_price_is_of_the_region() -> None:
    """From 2027 to 2030 at 25 per cent: 0.512; the shelf stands where magnets are 50, not 40."""
    data = shelf(residual=1.0)
    data["periods"] = [2027, {"year": 2028, "years": 2}]
    data["countries"]["AUS"] = "ally"
    data["materials"]["magnet"]["price"] = {"here": 50, "there": 40}
    data["logistics"] = {"regions": {"here": ["USA"], "there": ["AUS"]}}
    # 30 t and 5 kept, less 5: 24 made at 8, 6 at 10.
    assert optimum(data) == pytest.approx(24 * 8 + 6 * 10 - 5 * 50 * 0.512)


def test_targets_overlap_and_say_how_much_counts() -> None:
    """4 t of any channel and 2 years of demand at 0.15, 3 t: 4 count, and not 7; the initial stock plays no part."""
    aims = [
        {"material": "magnet", "tonnes": {2027: 0, 2028: 4}, "shortage_cost": 0},
        {"material": "magnet", "years_of_demand": 2, "of": ["town"], "share": 0.15, "shortage_cost": 0},
    ]
    plan = solve(shelf(residual=1.0, targets=aims))
    assert counted(plan) == {"trunk": pytest.approx((4, 160))}
    assert plan.objective == pytest.approx(12 * 8 + 7 * 10 - 4 * 25.6)
    over = solve(shelf(residual=1.0, targets=[{"material": "magnet", "tonnes": {2027: 4, 2028: 0}}]))
    assert over.tables["residual"].empty


def test_stock_of_a_looser_channel_counts_only_for_what_a_stricter_one_leaves() -> None:
    """3 t are asked for in the strict channel and 5 in any; the plant makes the open one alone: 2 t count."""
    data = shelf(residual=1.0, channels=["strict", "open"], initial={})
    del data["stockpiles"]["shelf"]["channel"]
    data["channels"] = {"strict": {"tiers": ["domestic"], "max_exposure": {"equipment": 0.0}}, "open": {}}
    data["facilities"]["plant"]["exposure"] = {"equipment": 1.0}
    data["stockpiles"]["shelf"]["targets"] = [
        {"material": "magnet", "tonnes": 3, "channel": "strict", "shortage_cost": 0},
        {"material": "magnet", "tonnes": 5, "shortage_cost": 0},
    ]
    plan = solve(data)
    assert counted(plan) == {"trunk": pytest.approx((2, 80))}
    # 22 t, 12 of them in 2028.
    assert plan.objective == pytest.approx(12 * 8 + 10 * 10 - 2 * 25.6)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]


def test_initial_stock_counts_in_its_channel_and_stricter_ones() -> None:
    """What began as strict and is moved down counts for nothing."""
    data = shelf(residual=1.0, channels=["strict", "open"], initial={"magnet": {"strict": 5}})
    del data["stockpiles"]["shelf"]["channel"]
    data["channels"] = {"strict": {"tiers": ["domestic"], "max_exposure": {"equipment": 0.0}}, "open": {}}
    tables = tables_of(network_from(data)).residual
    assert tables.rows == {("shelf", "magnet", 0, 2028): (0.0, (("shelf", "magnet", "strict"),))}
    data["stockpiles"]["shelf"]["initial"] = {"magnet": {"strict": 5, "open": 2}}
    both = tables_of(network_from(data)).residual
    assert both.most == {("shelf", "magnet", 2028): 7.0}
    assert [room for room, _ in both.rows.values()] == [2.0, 0.0]


@pytest.mark.parametrize(
    ("shortage", "objective", "kept"),
    [
        (30.0, 40.0, 5.0),  # 6 t made and 4 short, 60 + 120; 5 kept count 200: better than to release 4 of them
        (50.0, 60.0, 1.0),  # 4 t are worth 50 to the town and 40 to those who come later: 60 - 40
    ],
)
@pytest.mark.parametrize("method", ["extensive", "benders"])
def test_a_branch_that_lasts_to_the_end_counts_what_it_leaves(
    shortage: float, objective: float, kept: float, method: str
) -> None:
    """2027 costs 100, the trunk's 2028 100 less 5 x 40; the other half of it is the branch's."""
    plan = solve(vault(shortage), method=method)
    branch = 60 + 30 * 4 - 200 if shortage == 30 else 60 - 40
    assert objective == pytest.approx(100 + 0.5 * (100 - 200) + 0.5 * branch)
    assert plan.objective == pytest.approx(objective, abs=1e-4)
    assert (closing(plan), closing(plan, "outage")) == pytest.approx((5, kept))
    assert counted(plan) == {"trunk": pytest.approx((5, 200)), "outage": pytest.approx((kept, 40 * kept))}
    costs = plan.scenarios.set_index("scenario")["cost"]
    assert (costs["base"], costs["outage"]) == pytest.approx((0, 100 + branch))
    assert plan.info["verdict"]["ok"], plan.info["verdict"]


@pytest.mark.parametrize("method", ["extensive", "benders"])
def test_a_branch_that_restores_at_the_end_has_what_the_trunk_has(method: str) -> None:
    """Nothing is made in 2027: 5 t released, 5 short at 100; 2 of 12 t and 3 bought back at 40 are the trunk's 5."""
    data = vault(100.0, onset=2027, duration=1, recovery=1)
    data["scenarios"][0]["effects"][0]["available"] = 0.0
    plan = solve(data, method=method)
    assert plan.objective == pytest.approx(0.5 * (100 + 100 - 200) + 0.5 * (500 + 120 + 3 * 40 - 200), abs=1e-4)
    assert counted(plan) == {"trunk": pytest.approx((5, 200)), "outage": pytest.approx((5, 200))}
    assert plan.info["verdict"]["ok"], plan.info["verdict"]


def test_nothing_is_bought_back_only_to_count() -> None:
    """In the branch a tonne is bought back for 20, which would count 40; the trunk has none to be back at."""
    data = vault(100.0, onset=2027, duration=2, recovery=0)
    data["periods"] = [2027, {"year": 2028, "years": 2}]
    data["facilities"]["plant"]["capacity"] = 10
    data["stockpiles"]["shelf"] |= {"initial": {}, "residual_tonnes": {"magnet": 10}, "capacity": {}}
    data["scenarios"][0]["effects"] = [{"affects": "prices", "factor": 0.0}]
    plan = solve(data)
    assert plan.objective == pytest.approx(300)
    assert counted(plan) == {"trunk": pytest.approx((0, 0)), "outage": pytest.approx((0, 0))}
    assert not plan.stock["bought_back"].any()


@pytest.mark.parametrize("method", ["extensive", "benders"])
@pytest.mark.parametrize("factor", [1.0, 0.1, 0.0])
def test_a_tonne_that_costs_more_than_it_counts_is_not_made_to_be_bought_back_cheaply(
    factor: float, method: str
) -> None:
    """Making costs 50, a tonne counts 40: nothing more is made, however cheap it is bought back in a branch."""
    data = vault(100.0, onset=2027, duration=3, recovery=0)
    data["periods"] = [2027, {"year": 2028, "years": 3}]
    data["recipes"]["make"]["cost"] = 50
    data["stockpiles"]["shelf"] |= {"initial": {}, "residual_tonnes": {"magnet": 50}, "capacity": {}}
    data["scenarios"][0]["effects"] = [{"affects": "prices", "factor": factor}]
    plan = solve(data, method=method)
    assert plan.objective == pytest.approx(2000)
    assert all(tonnes == pytest.approx(0, abs=1e-4) for tonnes, _ in counted(plan).values())
    assert plan.info["verdict"]["ok"], plan.info["verdict"]


def test_what_is_bought_back_costs_what_it_counts_at_least() -> None:
    """5 t released and 5 short in the branch, some of them bought back where the price is nothing."""
    data = vault(100.0, onset=2027, duration=1, recovery=1)
    data["scenarios"][0]["effects"][0]["available"] = 0.0
    data["scenarios"][0]["effects"].append({"affects": "prices", "factor": 0.0})
    plan = solve(data)
    bought = plan.costs[(plan.costs["scenario"] == "outage") & (plan.costs["category"] == "buy_back")]["usd"].sum()
    back = plan.stock["bought_back"].sum()
    assert back > 0
    assert bought == pytest.approx(40 * back)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]


def test_a_branch_that_is_back_before_the_end_counts_nothing() -> None:
    """The trunk's end is its end too."""
    data = vault(100.0, onset=2027, duration=1, recovery=0)
    plan = solve(data)
    assert set(counted(plan)) == {"trunk"}
    # 2027: 6 made, 4 released and bought back at 40; then both are on the trunk, where 5 t count.
    assert plan.objective == pytest.approx(0.5 * 100 + 0.5 * (60 + 160) + 100 - 200)


def test_a_stock_that_may_count_is_a_use() -> None:
    """A reserve without target, demand or initial stock is filled for what counts of it."""
    data = shelf(residual=1.0, residual_tonnes={"magnet": 3}, initial={}, release="disruption", public=False)
    data["markets"] = {}
    assert optimum(data) == pytest.approx(3 * 8 - 3 * 25.6)


def test_public_outlay_knows_no_residual() -> None:
    """A public shelf's purchases are outlay, and what counts at the end is no less of it."""
    plan = solve(shelf(residual=1.0, public=True, initial={}, residual_tonnes={"magnet": 4}))
    assert closing(plan) == pytest.approx(4)
    outlay = plan.outlay
    assert set(outlay["instrument"]) == {"purchase"}
    assert outlay["usd"].sum() == pytest.approx(4 * 40)


def made(seed: int) -> Data:
    """A generated instance whose vault counts, by initial stock, targets of two channels or tonnes."""
    data = generate(seed, scenarios=2 + seed % 2, children=seed % 2)
    store = data["stockpiles"]["vault"]
    store["residual"] = [1.0, 0.6][seed % 2]
    if seed % 3 == 0:
        store["residual_tonnes"] = {"neo": 4}
    if seed % 3 == 1:
        store["targets"].append({"material": "neo", "tonnes": 8, "channel": "strict", "shortage_cost": 10_000})
    return data


@pytest.mark.parametrize("seed", first_fast([0, 5, 22, 25], 2))
def test_methods_agree_and_more_that_counts_never_costs_more(seed: int) -> None:
    """The whole problem and Benders; and without what counts no plan is cheaper."""
    data = made(seed)
    instance = instance_of(data)
    whole = optimizer.solve(instance, method="extensive", gap=1e-7, threads=1)
    plan = optimizer.solve(instance, method="benders", gap=1e-6, threads=1)
    for found in (whole, plan):
        assert found.info["verdict"]["ok"], found.info["verdict"]
        assert found.tables["residual"]["counted"].sum() > 0
    assert plan.objective == pytest.approx(whole.objective, rel=3e-6, abs=1.0)
    assert whole.objective is not None
    assert plan.info["bound"] <= whole.objective + 1e-6 * abs(whole.objective) + 1.0
    without = copy.deepcopy(data)
    del without["stockpiles"]["vault"]["residual"]
    without["stockpiles"]["vault"].pop("residual_tonnes", None)
    plain = solve(without)
    assert plain.objective is not None
    assert plain.objective > whole.objective


@pytest.mark.parametrize("share", [0, 1e-300])
def test_nothing_that_counts_changes_nothing(share: float) -> None:
    """Without a share there is no column more, and a share of next to nothing costs as much."""
    data = generate(5, scenarios=3, children=1)
    plain = solve(data)
    data["stockpiles"]["vault"]["residual"] = share
    same = solve(data)
    assert same.objective == pytest.approx(plain.objective, rel=1e-9)
    if not share:
        assert same.objective == plain.objective
        assert same.info["sizes"] == plain.info["sizes"]


def test_roll_goes_on_with_what_counts() -> None:
    """The year 2027 is past, and the shelf ends as the last plan had it: the same cost, and the same tonnes count."""
    plan = solve(shelf(residual=1.0))
    rolled = optimizer.roll(plan, plan.instance, year=2028, change_usd=0.0).plan
    assert rolled.objective == pytest.approx(48)
    assert counted(rolled) == counted(plan)
    assert rolled.info["verdict"]["ok"], rolled.info["verdict"]


def test_explain_is_not_led_astray_by_what_counts() -> None:
    """28 t must be delivered of 29 that there are: 1 can be kept; of 34 none can, and it is demand that has no plan."""
    data = shelf(residual=1.0)
    line = data["markets"]["town"]["demand"][0]
    line["shortage_cost"] = None
    line["tonnes"] = 14
    plan = solve(data)
    assert counted(plan) == {"trunk": pytest.approx((1, 40))}
    line["tonnes"] = 17
    assert solve(data).status == "infeasible"
    found = optimizer.explain(instance_of(data))
    assert [one["requirements"][0]["requirement"] for one in found.info["conflicts"]] == ["demand:town:0"]
    assert set(found.repairs["amount"]) == {5.0}
