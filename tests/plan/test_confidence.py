"""How much of a plan rests on estimates, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from support.build import one_market, solve

CHAIN = one_market(
    "rests",
    {
        "old": {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 60, "confidence": "B"},
        "new": {
            "stage": "magnet",
            "country": "USA",
            "recipes": {"make": {"cost": 20, "confidence": "C"}},
            "capacity": 0,
            "options": [{"id": "build", "capacity": 20, "capex": 500, "lead": 0, "latest": 2027}],
        },
    },
    tonnes=100,
    shortage_cost=1000,
    confidence="C",
)


@pytest.fixture(scope="module")
def rests() -> dict[str, dict[str, Any]]:
    plan = solve(CHAIN)
    return {row["of"]: row for row in plan.info["confidence"]}


def test_capacity_counts_by_the_row_that_gives_it(rests: dict[str, dict[str, Any]]) -> None:
    """60 t stand on a row of confidence B, 20 t are funded by an option that states none."""
    assert rests["capacity: magnet"]["total"] == pytest.approx(80)
    assert (rests["capacity: magnet"]["B"], rests["capacity: magnet"]["none"]) == pytest.approx((0.75, 0.25))
    assert rests["capex"]["none"] == pytest.approx(1.0)


def test_activity_counts_by_the_cost_that_is_used(rests: dict[str, dict[str, Any]]) -> None:
    """2 years of 60 t at 10 USD of the recipe (A) and of 20 t at the facility's own 20 USD (C)."""
    assert rests["activity"]["total"] == pytest.approx(2000)
    assert (rests["activity"]["A"], rests["activity"]["C"]) == pytest.approx((0.6, 0.4))


def test_what_is_short_counts_by_the_demand(rests: dict[str, dict[str, Any]]) -> None:
    """20 of 100 t are short in each of two years."""
    assert rests["short"]["total"] == pytest.approx(40)
    assert rests["shortage"]["total"] == pytest.approx(40_000)
    assert rests["demand"]["C"] == rests["short"]["C"] == pytest.approx(1.0)


def test_shares_add_up(rests: dict[str, dict[str, Any]]) -> None:
    """The shares of every subject add up to one."""
    for row in rests.values():
        assert row["A"] + row["B"] + row["C"] + row["none"] == pytest.approx(1.0)
