"""What a branch saves although nothing happens in it: docs/limits.md, *A disruption may cost less than none*."""

from __future__ import annotations

import pytest
from support.build import Data, solve

from optimizer.plan.columns import rows_of


def quiet(price: float, release: str = "always", *, in_disruption: bool = False, initial: float = 10.0) -> Data:
    """A disruption of 2028 whose one effect multiplies demand by 1; it is over in 2030.

    Home makes at 60 USD per t, abroad at 50; half is to be domestic. A shelf of 10 t is to be kept full.
    """
    return {
        "schema": 1,
        "name": "quiet",
        "base_year": 2027,
        "discount_rate": 0.0,
        "periods": [2027, 2028, 2029, 2030],
        "domestic": ["USA"],
        "countries": {"USA": "domestic", "AUS": "ally"},
        "materials": {"magnet": {"stage": "magnet", "price": price, "storage": {"cost": 1}}},
        "recipes": {
            "make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 60},
            "make_cheap": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 50},
        },
        "facilities": {
            "home": {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 100},
            "abroad": {"stage": "magnet", "country": "AUS", "recipes": ["make_cheap"], "capacity": 100},
        },
        "channels": {"open": {}},
        "markets": {
            "town": {"channel": "open", "country": "USA", "demand": [{"product": "magnet", "tonnes": 20}]},
        },
        "stockpiles": {
            "shelf": {
                "country": "USA",
                "channel": "open",
                "materials": ["magnet"],
                "initial": {"magnet": initial},
                "release": release,
                "public": False,
                "targets": [{"material": "magnet", "tonnes": 10}],
            }
        },
        "policy": {
            "rules": [{"rule": "domestic_content", "channel": "open", "stage": "magnet", "share": 0.5}
                      | ({"in_disruption": True} if in_disruption else {})],
        },
        "scenarios": [
            {
                "id": "nothing",
                "probability": 0.1,
                "onset": 2028,
                "duration": 1,
                "recovery": 1,
                "effects": [{"affects": "demand", "factor": 1.0}],
            }
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("release", "price", "in_disruption", "saved"),
    [
        ("disruption", 70, True, 10.0),  # no target in 2028: 10 t stand in for as many and are made anew; their holding
        ("disruption", 40, True, 170.0),  # 10 t are not made at 55 and bought back at 40; two years of holding
        ("disruption", 70, False, 210.0),  # and half of 40 t are made abroad, for 10 less
        ("disruption", 40, False, 320.0),  # 10 t are not made at 50; half of 40 t abroad; two years of holding
        ("always", 70, True, 10.0),
        ("always", 70, False, 210.0),
        # On the trunk the shelf takes in the goods of 2030 a year ahead, only to have them bought back in the branch:
        ("always", 40, True, 490.0),  # 30 t at 55 less 40, and 40 of holding
        ("always", 40, False, 640.0),  # 30 t at 50 less 40, half of 60 t abroad for 10 less, and 40 of holding
    ],
)
def test_what_nothing_saves(release: str, price: float, in_disruption: bool, saved: float) -> None:
    """A branch is free of targets and of rules that rest in disruptions, may release, and buys back at the price."""
    plan = solve(quiet(price, release, in_disruption=in_disruption))
    costs = {row.scenario: row.cost for row in rows_of(plan.scenarios)}
    assert costs["base"] - costs["nothing"] == pytest.approx(saved, rel=1e-9)


@pytest.mark.parametrize(("release", "saved"), [("disruption", 10.0), ("always", 10.0)])
def test_a_premium_ends_buying_back_for_gain(release: str, saved: float) -> None:
    """At one and a half times 40 a tonne bought back is dearer than one made at 55: as where the price is 70."""
    data = quiet(40, release, in_disruption=True)
    data["stockpiles"]["shelf"]["buy_back"] = 1.5
    plan = solve(data)
    costs = {row.scenario: row.cost for row in rows_of(plan.scenarios)}
    assert costs["base"] - costs["nothing"] == pytest.approx(saved, rel=1e-9)
    assert not plan.stock["bought_back"].any()


def test_a_premium_is_paid() -> None:
    """At one and a quarter times 40 it still pays to buy back: 10 t at 55 less 50, and two years of holding."""
    data = quiet(40, "disruption", in_disruption=True)
    data["stockpiles"]["shelf"]["buy_back"] = 1.25
    costs = {row.scenario: row.cost for row in rows_of(solve(data).scenarios)}
    assert costs["base"] - costs["nothing"] == pytest.approx(70.0, rel=1e-9)


def test_nothing_is_saved_where_there_is_no_freedom() -> None:
    """Without stock, and with rules that hold in disruptions, a disruption in which nothing happens costs as none."""
    data = quiet(70, in_disruption=True)
    del data["stockpiles"]
    costs = {row.scenario: row.cost for row in rows_of(solve(data).scenarios)}
    assert costs["nothing"] == pytest.approx(costs["base"], rel=1e-12)
