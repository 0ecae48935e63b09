"""A plan with a measure of each kind, whose every figure is known by hand."""

from __future__ import annotations

from typing import Any

import pytest
from support.build import Data, solve
from worth.conftest import backup

import optimizer

P = 0.3
"""Probability that the plant is gone in 2028."""


def mixed(**finance: Any) -> Data:
    """A plant that makes 20 t a year at 10 USD and may be gone in 2028; 10 t a year are asked for, 100 USD a t short.

    Against that stand 4 t of a reserve (1 USD a t and year, bought at 50), a backup of 3 t a year for 60 USD, half of
    it public, and 2 t a year of a better grade at 20 USD that serves too. Where the plant is gone
    10 - 4 - 3 - 2 = 1 t is short; undisturbed none.
    """
    data = backup(P)
    data["name"], data["periods"] = "mixed", [2027, 2028]
    plants = data["facilities"]
    plants["plant"]["capacity"] = 20
    plants["backup"]["options"] = [
        {"id": "build", "capacity": 3, "capex": 60, "lead": 1, "latest": 2027, "public_share": 0.5}
    ]
    plants["other"] = plants["plant"] | {"recipes": ["refine"], "capacity": 2}
    data["materials"]["magnet"] |= {"price": 50, "storage": {"cost": 1}}
    data["materials"]["better"] = {"stage": "magnet"}
    data["recipes"]["refine"] = {"stage": "magnet", "outputs": {"better": 1}, "cost": 20}
    data["markets"]["town"]["demand"][0]["accepts"] = ["magnet", "better"]
    data["stockpiles"] = {
        "nds": {
            "country": "USA", "channel": "open", "materials": ["magnet"], "release": "disruption",
            "capacity": {"magnet": 4},
        }
    }  # fmt: skip
    data["scenarios"][0]["onset"] = 2028
    return data | finance


@pytest.fixture(scope="session")
def plan() -> optimizer.Plan:
    return solve(mixed())


@pytest.fixture(scope="session")
def found(plan: optimizer.Plan) -> optimizer.Measures:
    return optimizer.measures(plan, workers=1)
