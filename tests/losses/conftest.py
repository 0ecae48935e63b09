"""A network whose worst losses are known by hand, and its plan."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from support.build import Data, solve

from optimizer.losses import Stress, stress
from optimizer.plan.plan import Plan

MAKERS = {
    "anna": ("USA", "acme", 0),
    "bert": ("AUS", "acme", 0),
    "cora": ("AUS", "bolt", 0),
    "dora": ("JPN", "dyne", 10),
}
COAST: Data = {
    "schema": 1,
    "name": "coast",
    "base_year": 2027,
    "discount_rate": 0.0,
    "periods": [2027, 2028, 2029],
    "domestic": ["USA"],
    "countries": {"USA": "domestic", "AUS": "ally", "JPN": "ally"},
    "materials": {"magnet": {"stage": "magnet", "price": 50, "storage": {"cost": 0}}},
    "recipes": {"make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 10}},
    "owners": {owner: {"country": country} for country, owner, _ in MAKERS.values()},
    "facilities": {
        name: {
            "stage": "magnet",
            "country": country,
            "owners": {owner: 1.0},
            "recipes": {"make": {"cost": 10 + extra}},
            "capacity": 0 if extra else 10,
            "options": [{"id": "build", "capacity": 10, "capex": 9000, "lead": 0}] if extra else [],
        }
        for name, (country, owner, extra) in MAKERS.items()
    },
    "channels": {"mdap": {}, "open": {}},
    "markets": {
        "programs": {
            "channel": "mdap",
            "country": "USA",
            "demand": [{"product": "magnet", "tonnes": 15, "shortage_cost": 1000}],
        },
        "cars": {
            "channel": "open",
            "country": "USA",
            "demand": [{"product": "magnet", "tonnes": 5, "shortage_cost": 90}],
        },
    },
    "lanes": [
        {"from": name, "to": end, "material": "magnet", "cost": 1, "tags": ["strait" if country == "AUS" else "coast"]}
        for name, (country, *_) in MAKERS.items()
        for end in ("programs", "cars")
    ]
    + [{"from": "vault", "to": "programs", "material": "magnet", "cost": 0}],
    "stockpiles": {
        "vault": {
            "country": "USA",
            "channels": ["mdap"],
            "materials": ["magnet"],
            "initial": {"magnet": 5},
            "release": "disruption",
        }
    },
}
"""Three makers of 10 t, 15 t a year for programmes, 5 t in reserve. One maker lost: 20 t are left, nothing is short.
Two lost: 10 t and the reserve serve a year in full, and over two years 5 t are short. All three: 10 t short in a year.
Dora could be built, for more than it is worth without losses."""


def coast() -> Data:
    """A copy of it."""
    return copy.deepcopy(COAST)


def tried(plan: Plan, folder: Path, **asked: Any) -> Stress:
    """A stress test in this process."""
    return stress(plan, folder, **{"workers": 1, **asked})


@pytest.fixture(scope="session")
def plan() -> Plan:
    return solve(coast())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "test"
