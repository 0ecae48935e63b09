"""What is missing where there is no plan, in the instance's own words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.build import Data, solve, with_changes

import optimizer
from optimizer import lacking
from optimizer.solver.highs import run

ISLAND: Data = {
    "schema": 1,
    "name": "island",
    "base_year": 2027,
    "discount_rate": 0.0,
    "periods": [2027, 2028],
    "domestic": ["USA"],
    "countries": {"USA": "domestic", "AUS": "ally", "CHN": "adversary"},
    "materials": {"magnet": {"stage": "magnet", "storage": {"cost": 1}}},
    "recipes": {"make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 10}},
    "facilities": {
        "plant": {"stage": "magnet", "country": "AUS", "recipes": ["make"], "capacity": 10},
        "works": {
            "stage": "magnet",
            "country": "USA",
            "recipes": ["make"],
            "capacity": 0,
            "options": [{"id": "build", "capacity": 4, "capex": 100, "lead": 1}],
        },
    },
    "channels": {"strict": {"tiers": ["domestic", "ally"]}, "open": {}},
    "markets": {
        "army": {"channel": "strict", "country": "USA", "demand": [{"product": "magnet", "tonnes": 10}]},
    },
}


def missing(data: Data) -> list[dict[str, Any]]:
    """What a run without a plan says is missing."""
    plan = solve(data)
    assert plan.status == "infeasible"
    assert plan.objective is None
    assert not plan.tables
    found = plan.info["shortfall"]
    assert found, "nothing is said to be missing"
    return list(found)


def test_island_has_a_plan() -> None:
    """What the tests below take away is what keeps the island from having a plan."""
    assert solve(ISLAND).status == "optimal"


def test_demand_that_cannot_be_met_is_named_with_its_tonnes() -> None:
    """13 t are asked for: 3 lack in 2027, and in 2028 none once the works are on line."""
    data = with_changes(ISLAND)
    data["markets"]["army"]["demand"][0]["tonnes"] = 13
    found = missing(data)
    assert [(item["kind"], item["subject"], item["product"], item["channel"], item["period"]) for item in found] == [
        ("demand", "army", "magnet", "strict", 2027)
    ]
    assert found[0]["amount"] == pytest.approx(3)
    assert found[0]["unit"] == "t"
    text = found[0]["text"]
    for word in ("army", "3 t", "magnet", "2027", "works", "2028"):
        assert word in text, text


def test_hard_target_that_cannot_be_reached_is_named_with_its_tonnes() -> None:
    """The plant spares nothing: the 6 t of the depot can come from the works in 2028 only, 4 t."""
    depot = {"country": "USA", "channel": "strict", "materials": ["magnet"]}
    target = {"material": "magnet", "tonnes": {2028: 6}}
    found = missing(with_changes(ISLAND, stockpiles={"depot": {**depot, "targets": [target]}}))
    assert sum(item["amount"] for item in found) == pytest.approx(2)
    text = "\n".join(item["text"] for item in found)
    assert {item["kind"] for item in found} <= {"target", "demand"}
    assert "2 t of magnet" in text


def test_target_alone_is_named() -> None:
    """A depot that wants more than all that can ever be made lacks the rest, even with no market to give way."""
    depot = {"country": "USA", "channel": "strict", "materials": ["magnet"]}
    data = with_changes(
        ISLAND, stockpiles={"depot": {**depot, "targets": [{"material": "magnet", "tonnes": {2028: 60}}]}}
    )
    data["markets"]["army"]["demand"][0] |= {"shortage_cost": 5}
    found = missing(data)
    assert [item["kind"] for item in found] == ["target"]
    assert found[0]["amount"] == pytest.approx(60 - 24)
    for word in ("depot", "36 t", "magnet", "2028"):
        assert word in found[0]["text"], found[0]["text"]


def test_rules_that_contradict_one_another_are_named() -> None:
    """A facility that is both required and forbidden: one of the two rules gives way."""
    rules = [{"rule": "require", "facility": "works"}, {"rule": "forbid", "facility": "works"}]
    found = missing(with_changes(ISLAND, policy={"rules": rules}))
    assert {item["kind"] for item in found} == {"rule"}
    text = "\n".join(item["text"] for item in found)
    assert "works" in text
    assert "require" in text or "forbid" in text


def test_count_beyond_what_can_be_funded_is_named() -> None:
    """Two facilities are asked for where one has an option."""
    found = missing(with_changes(ISLAND, policy={"rules": [{"rule": "count", "stage": "magnet", "min": 2}]}))
    assert [item["kind"] for item in found] == ["rule"]
    assert "count" in found[0]["text"]
    assert found[0]["amount"] == pytest.approx(1)


def test_share_that_cannot_be_had_is_named() -> None:
    """Half of what the army receives shall be domestic from 2027 on, when nothing domestic stands yet."""
    rule = {"rule": "domestic_content", "stage": "magnet", "share": 0.5}
    found = missing(with_changes(ISLAND, policy={"rules": [rule]}))
    text = "\n".join(item["text"] for item in found)
    assert "2027" in text
    assert "army" in text or "domestic_content" in text


@pytest.mark.parametrize("budget", [{"annual": 40}, {"total": 40}])
def test_budget_that_is_too_small_is_named_with_its_dollars(budget: dict[str, float]) -> None:
    """The works must be funded, at 100; the budget lacks 60 of it."""
    rules = [{"rule": "require", "facility": "works"}]
    found = missing(with_changes(ISLAND, policy={"budget": budget, "rules": rules}))
    assert [(item["kind"], item["unit"]) for item in found] == [("budget", "USD")]
    assert found[0]["amount"] == pytest.approx(60)
    assert f"{next(iter(budget))} budget is 60 USD too small" in found[0]["text"]


def test_stock_that_cannot_be_restored_is_named() -> None:
    """What the reserve gives in the outage cannot be made again in the year of recovery, and has no price."""
    depot = {
        "country": "USA",
        "channel": "strict",
        "materials": ["magnet"],
        "initial": {"magnet": 12},
    }
    outage = {
        "id": "outage",
        "probability": 0.5,
        "onset": 2027,
        "duration": 1,
        "recovery": 1,
        "effects": [{"affects": "facilities", "where": {"id": "plant"}, "available": 0.0}],
    }
    data = with_changes(ISLAND, stockpiles={"depot": depot}, scenarios=[outage])
    found = missing(data)
    text = "\n".join(item["text"] for item in found)
    assert {item["kind"] for item in found} <= {"restoring", "demand"}
    assert "outage" in text
    assert sum(item["amount"] for item in found) == pytest.approx(6)
    assert "6 t" in text


def test_restoring_alone_is_named() -> None:
    """With demand that may be short nothing but the stock itself can be missing: a store that loses what it holds."""
    depot = {"country": "USA", "channels": ["strict"], "materials": ["magnet"], "initial": {"magnet": 8}}
    outage = {
        "id": "outage",
        "probability": 0.5,
        "onset": 2028,
        "duration": 1,
        "recovery": 0,
        "effects": [{"affects": "facilities", "where": {"stage": "magnet"}, "available": 0.0}],
    }
    data = with_changes(
        ISLAND,
        periods=[2027, 2028, 2029],
        stockpiles={"depot": {**depot, "targets": [{"material": "magnet", "tonnes": 8}]}},
        scenarios=[outage],
    )
    data["markets"]["army"]["demand"][0] |= {"shortage_cost": 1000}
    data["materials"]["magnet"]["storage"]["loss"] = 0.5
    data["facilities"]["plant"]["capacity"] = {2027: 10, 2028: 4}
    found = missing(data)
    assert {item["kind"] for item in found} <= {"restoring", "target"}
    assert "depot" in found[0]["text"]


def test_missing_tonnes_in_a_branch_name_their_scenario() -> None:
    """A demand that is met on the trunk and not in a branch is missing in that future."""
    fire = {
        "id": "fire",
        "probability": 0.1,
        "onset": 2028,
        "effects": [{"affects": "facilities", "where": {"id": "plant"}, "available": 0.5}],
    }
    found = missing(with_changes(ISLAND, scenarios=[fire]))
    assert [(item["kind"], item["course"], item["period"]) for item in found] == [("demand", "fire", 2028)]
    assert found[0]["amount"] == pytest.approx(1)
    assert "fire" in found[0]["text"]


def test_run_without_a_plan_can_be_saved_and_read(tmp_path: Any) -> None:
    """A folder of a run without a plan says so, and names what is missing, to whoever reads it later."""
    data = with_changes(ISLAND)
    data["markets"]["army"]["demand"][0]["tonnes"] = 13
    plan = solve(data)
    read = optimizer.Plan.read(plan.save(tmp_path / "none"))
    assert read.status == "infeasible"
    assert read.info["shortfall"] == plan.info["shortfall"]
    assert not read.tables
    with pytest.raises(optimizer.PlanError, match="without a plan"):
        _ = read.portfolio


def test_a_search_that_was_cut_short_does_not_pass_for_the_least(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it found would do; that less may do is said before anything else."""
    data = with_changes(ISLAND)
    data["markets"]["army"]["demand"][0]["tonnes"] = 13
    least = missing(data)
    assert all(item["kind"] != "unknown" for item in least)
    monkeypatch.setattr("optimizer.lacking.run", lambda *given, **named: replace(run(*given, **named), ended="limit"))
    first, *others = missing(data)
    assert (first["kind"], first["text"]) == ("unknown", lacking.NOT_LEAST)
    assert others == least
