"""Every rule, target and budget is binding, slack by so much, or inactive, and says why."""

from __future__ import annotations

from typing import Any

import pytest
from support.build import Data, solve, with_changes

from optimizer.plan.columns import rows_of

TWO: Data = {
    "schema": 1,
    "name": "two",
    "base_year": 2027,
    "discount_rate": 0.0,
    "periods": [2027],
    "domestic": ["USA"],
    "countries": {"USA": "domestic", "AUS": "ally"},
    "materials": {"magnet": {"stage": "magnet", "price": 7, "storage": {"cost": 1}}},
    "recipes": {"make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 10}},
    "facilities": {
        "us": {
            "stage": "magnet",
            "country": "USA",
            "recipes": {"make": {"cost": 30}},
            "capacity": 0,
            "options": [{"id": "build", "capacity": 10, "capex": 20}],
        },
        "au": {"stage": "magnet", "country": "AUS", "recipes": ["make"], "capacity": 20},
    },
    "channels": {"open": {}},
    "markets": {"town": {"channel": "open", "country": "USA", "demand": [{"product": "magnet", "tonnes": 10}]}},
}


def report(**changes: Any) -> dict[str, Any]:
    """The one report of an instance with one rule, target or budget."""
    plan = solve(with_changes(TWO, **changes))
    assert plan.status == "optimal"
    found = plan.info["rules"]
    assert len(found) == 1, found
    return dict(found[0])


@pytest.mark.parametrize(
    ("rule", "status", "slack"),
    [
        ({"rule": "domestic_content", "stage": "magnet", "share": 0.4}, "binding", 0.0),
        ({"rule": "domestic_content", "stage": "magnet", "share": {2030: 0.4}}, "inactive", None),
        ({"rule": "diversify", "stage": "magnet", "by": "country", "share": 0.6}, "binding", 0.0),
        ({"rule": "exposure_cap", "stage": "magnet", "kind": "finance", "share": 0.3}, "slack", 3.0),
        ({"rule": "count", "stage": "magnet", "min": 1}, "binding", 0.0),
        ({"rule": "count", "stage": "magnet", "max": 3}, "slack", 3.0),
        ({"rule": "require", "facility": "us"}, "binding", 0.0),
        ({"rule": "forbid", "facility": "us"}, "binding", 0.0),
        ({"rule": "starts", "max": 2}, "slack", 2.0),
        ({"rule": "implies", "if": "us", "then": "us"}, "inactive", None),
    ],
)
def test_rule_says_whether_it_binds(rule: dict[str, Any], status: str, slack: float | None) -> None:
    """A rule at its limit binds; one that is not has room, which is told; one without a case says why."""
    found = report(policy={"rules": [rule]})
    assert (found["status"], found["rule"]) == (status, 0)
    assert rule["rule"] in found["label"]
    if slack is None:
        assert found["reason"]
    else:
        assert found["slack"] == pytest.approx(slack)


def test_target_and_budget_are_reported() -> None:
    """A hard target of 5 t binds. Bought at 7 and held at 1 it takes 40 of a budget of 100."""
    stockpile = {"country": "USA", "channel": "open", "materials": ["magnet"]}
    plan = solve(
        with_changes(
            TWO,
            stockpiles={"depot": {**stockpile, "targets": [{"material": "magnet", "tonnes": 5}]}},
            policy={"budget": {"annual": 100, "total": 40}},
        )
    )
    found = {item["label"]: item for item in plan.info["rules"]}
    assert found["target 0 of depot (magnet)"]["status"] == "binding"
    assert found["annual budget"]["slack"] == pytest.approx(60)
    assert found["total budget"]["status"] == "binding"


def test_what_branches_fund_is_reported() -> None:
    """A surge of one, beside a start of the plan: 20 of 25 are spent in all futures, and 4 more where au is out."""
    facilities = {**TWO["facilities"], "spare": TWO["facilities"]["us"] | {"country": "AUS", "recipes": ["make"]}}
    facilities["spare"]["options"] = [{"id": "build", "capacity": 10, "capex": 4, "fixed_cost": 90, "react": True}]
    effects = [{"affects": "facilities", "where": {"id": "au"}, "available": 0.0}]
    rules = [{"rule": "starts", "max": 3}, {"rule": "reactions", "max": 1}, {"rule": "require", "facility": "us"}]
    plan = solve(
        with_changes(
            TWO,
            facilities=facilities,
            scenarios=[{"id": "out", "probability": 0.1, "onset": 2027, "effects": effects}],
            policy={"budget": {"annual": 25, "total": 24}, "rules": rules},
        )
        | {"markets": {"town": {**TWO["markets"]["town"], "demand": [{"product": "magnet", "tonnes": 20}]}}}
    )
    assert [(row.scenario, row.facility) for row in rows_of(plan.reactions)] == [("out", "spare")]
    found = {item["kind"] if item["kind"] != "budget" else item["label"]: item for item in plan.info["rules"]}
    assert (found["reactions"]["status"], found["reactions"]["where"]) == ("binding", "out 2027")
    assert (found["starts"]["slack"], found["starts"]["where"], found["starts"]["rows"]) == (1.0, "out 2027", 2)
    assert (found["annual budget"]["slack"], found["annual budget"]["where"]) == (1.0, "out 2027")
    assert (found["total budget"]["status"], found["total budget"]["where"]) == ("binding", "out horizon")
