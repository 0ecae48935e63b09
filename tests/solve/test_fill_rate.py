"""A share of demand that is delivered: what it costs by hand, in disruptions too, and along a front."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from support.build import GAP, Data, instance_of, solve, with_changes
from support.generate import generate
from support.params import first_fast

import optimizer
from optimizer.plan.columns import rows_of

TOWN: Data = {
    "schema": 1,
    "name": "town",
    "base_year": 2027,
    "discount_rate": 0.0,
    "periods": [2027, 2028],
    "domestic": ["USA"],
    "countries": {"USA": "domestic"},
    "materials": {"magnet": {"stage": "magnet"}, "coil": {"stage": "magnet"}},
    "recipes": {
        "make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 10},
        "buy": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 80},
        "wind": {"stage": "magnet", "outputs": {"coil": 1}, "cost": 10},
    },
    "facilities": {
        "plant": {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 4},
        "works": {"stage": "magnet", "country": "USA", "recipes": ["buy"], "capacity": 10},
        "winder": {"stage": "magnet", "country": "USA", "recipes": ["wind"], "capacity": 10},
    },
    "channels": {"open": {}},
    "markets": {
        "town": {
            "channel": "open",
            "country": "USA",
            "demand": [{"product": "magnet", "tonnes": 10, "shortage_cost": 50}],
        }
    },
}
"""10 t a year: 4 at 10 USD, and at 80 as much as one likes; a tonne short costs 50. So 4 are made: 340 USD a year."""
RULE: Data = {"rule": "fill_rate", "markets": ["town"], "share": 0.7}
PLAIN, FILLED = 4 * 10 + 6 * 50, 4 * 10 + 3 * 80 + 3 * 50
SHARE = "policy.rules.0.share"


def under(rule: Data, **changes: Any) -> Data:
    return with_changes(TOWN, policy={"rules": [RULE | rule]}, **changes)


@pytest.mark.parametrize("method", ["extensive", "benders"])
def test_what_is_delivered_reaches_the_share(method: str) -> None:
    """7 of 10 t; from 2028 on only, where it says so. A hundredth of 7 t is 0.07 a year, which cost 30 more each."""
    plan = solve(under({}), method=method)
    assert plan.objective == pytest.approx(2 * FILLED)
    assert plan.info["verdict"]["ok"]
    row = plan.info["rules"][0]
    assert (row["status"], row["unit"]) == ("binding", "t")
    assert row["saved_by_1_percent_usd"] == pytest.approx(2 * 0.07 * 30)
    late = solve(under({"share": {2028: 0.7}}), method=method)
    assert late.objective == pytest.approx(PLAIN + FILLED)
    assert late.demand.groupby("period")["delivered"].sum().to_dict() == pytest.approx({2027: 4, 2028: 7})


@pytest.mark.parametrize("method", ["extensive", "benders"])
@pytest.mark.parametrize(("holds", "branch"), [(False, 10 * 50), (True, 7 * 80 + 3 * 50)])
def test_it_holds_in_a_disruption_where_it_says_so(method: str, holds: bool, branch: float) -> None:
    """Without the plant the works make the 7 t, or nobody does."""
    out = {"affects": "facilities", "where": {"id": "plant"}, "available": 0.0}
    scenario = {"id": "outage", "probability": 0.5, "onset": 2028, "effects": [out]}
    plan = solve(under({"in_disruption": holds}, scenarios=[scenario]), method=method)
    assert plan.objective == pytest.approx(FILLED + 0.5 * FILLED + 0.5 * branch)
    assert plan.info["verdict"]["ok"]


def test_markets_and_products_count_together_or_those_that_are_named() -> None:
    """10 t of coils are delivered anyway: 14 of 20 t are 0.7, and nothing more is asked; of magnets alone 7 are."""
    markets = copy.deepcopy(TOWN["markets"])
    markets["town"]["demand"].append({"product": "coil", "tonnes": 10, "shortage_cost": 50})
    coils = 10 * 10
    assert solve(under({}, markets=markets)).objective == pytest.approx(2 * (PLAIN + coils))
    named = solve(under({"products": ["magnet"]}, markets=markets))
    assert named.objective == pytest.approx(2 * (FILLED + coils))


def test_cost_against_service_by_hand() -> None:
    """Up to 0.4 it costs nothing; from there on every tenth is a tonne a year at 30 more."""
    shares = [0.2, 0.4, 0.5, 0.8, 1.0]
    found = optimizer.frontier(instance_of(under({})), {SHARE: shares}, gap=GAP)
    points = {row[SHARE]: row for row in found.points.to_dict("records")}
    for share in shares:
        dearer = 2 * 30 * max(0.0, 10 * share - 4)
        assert points[share]["objective"] == pytest.approx(2 * PLAIN + dearer), share
        assert points[share]["dearer_at_most"] == pytest.approx(dearer, abs=1e-3)
    assert list(found.points["verdict"]) == ["dominated", "front", "front", "front", "front"]


def test_more_than_can_be_delivered_is_named() -> None:
    """With 2 t from the works 6 of 10 can be delivered; a share of 0.6 would do."""
    data = under({})
    data["facilities"]["works"]["capacity"] = 2
    plan = solve(data)
    assert plan.status == "infeasible"
    assert {(one["kind"], one["unit"], one["period"]) for one in plan.info["shortfall"]} == {
        ("rule", "t", 2027), ("rule", "t", 2028)
    }  # fmt: skip
    assert sum(one["amount"] for one in plan.info["shortfall"]) == pytest.approx(2.0)
    assert "1 t more would have to be delivered in 2027" in plan.info["shortfall"][0]["text"]
    explanation = optimizer.explain(instance_of(data), threads=1)
    assert set(explanation.conflict["requirement"]) == {"rule:0"}
    told = explanation.repairs.set_index("requirement").loc["rule:0"]
    assert told["restores"] == "yes"
    assert told["path"] == SHARE
    assert told["to"] == {2027: pytest.approx(0.6, abs=1e-3)}


def test_a_waiver_saves_what_it_costs() -> None:
    table = optimizer.waivers(instance_of(under({})), gap=GAP).table.set_index("key")
    assert table.loc["policy.rules.0", "saves_at_least"] == pytest.approx(2 * (FILLED - PLAIN))


def test_studies_that_let_demand_be_short_do_not_ask_for_it() -> None:
    """The works are to be built: without them 6 of 10 t are short each year, which the rule would not have."""
    data = under({"share": 1.0})
    data["facilities"]["works"] |= {"capacity": 0, "options": [{"id": "build", "capacity": 10, "capex": 1, "lead": 0}]}
    found = optimizer.shortfall(solve(data), workers=1)
    measures = found.measures.set_index("measure")
    assert list(measures["status"]) == ["done", "done", "done"]
    assert measures.loc["standing", "short"] == pytest.approx(12)


def rates(plan: optimizer.Plan, *, branches: bool) -> dict[int, float]:
    """Period -> the least share of all demand that is delivered, on the trunk or in any course."""
    sums = plan.demand.groupby(["period", "scenario"], as_index=False)[["demand", "delivered"]].sum()
    found: dict[int, float] = {}
    for row in rows_of(sums):
        if row.demand > 0 and (branches or row.scenario == "trunk"):
            found[row.period] = min(found.get(row.period, 1.0), row.delivered / row.demand)
    return found


def as_if_dear(data: Data) -> Data:
    """With shortages that cost a thousand times as much: its plan serves more."""
    dear = copy.deepcopy(data)
    for market in dear["markets"].values():
        for line in market["demand"]:
            line["shortage_cost"] *= 1000
    return dear


DRAWN = [(4, False), (4, True), (10, True), (28, True), (34, True), (9, False), (42, False)]
"""Seeds whose plan could serve more than it does, somewhere; and whether branches count."""


@pytest.mark.slow
@pytest.mark.parametrize("drawn", first_fast(DRAWN, 2))
def test_half_way_to_the_best_service_costs_and_methods_agree(drawn: tuple[int, bool]) -> None:
    """Of generated instances: a share that the free plan misses and another reaches costs something, by both alike."""
    seed, branches = drawn
    data = generate(seed, scenarios=2)
    free = solve(data)
    least, best = (rates(plan, branches=branches) for plan in (free, solve(as_if_dear(data))))
    share = {year: (least[year] + best[year]) / 2 if best[year] > least[year] + 0.02 else 0.0 for year in least}
    assert max(share.values()) > 0
    rule = RULE | {"markets": list(data["markets"]), "share": share, "in_disruption": branches}
    policy = data.get("policy", {})
    data["policy"] = policy | {"rules": [*policy.get("rules", ()), rule]}
    plans = [solve(data, method=method) for method in ("extensive", "benders")]
    for plan in plans:
        assert plan.info["verdict"]["ok"], plan.info["verdict"]["violations"]
        assert all(rate >= share[year] - 1e-6 for year, rate in rates(plan, branches=branches).items())
    assert free.objective is not None
    assert plans[0].objective is not None
    assert plans[0].objective > free.objective + 1.0
    assert plans[1].objective == pytest.approx(plans[0].objective, rel=1e-6, abs=1.0)
