"""An instance whose answer turns at a number that is known."""

from __future__ import annotations

import copy

import pytest
from support.build import Data

BUILD = {"id": "build", "capacity": 100, "lead": 0, "earliest": 2027, "latest": 2027}
RIVALS: Data = {
    "schema": 1,
    "name": "rivals",
    "base_year": 2027,
    "discount_rate": 0.0,
    "periods": [2027, 2028],
    "domestic": ["USA"],
    "countries": {"USA": "domestic"},
    "materials": {"magnet": {"stage": "magnet"}},
    "recipes": {"make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 10, "confidence": "A"}},
    "facilities": {
        "alpha": {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 0,
                  "options": [BUILD | {"capex": 1000, "confidence": "C", "source": "own estimate"}]},
        "beta": {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 0,
                 "options": [BUILD | {"capex": 1100, "confidence": "A"}]},
    },
    "channels": {"open": {}},
    "markets": {
        "programs": {
            "channel": "open",
            "country": "USA",
            "demand": [{"product": "magnet", "tonnes": 100, "shortage_cost": 1000}],
        }
    },
}  # fmt: skip
"""Two plants that could serve all: alpha for 1,000, beta for 1,100 USD. At 1.3 times its capex alpha loses by 200."""


def rivals() -> Data:
    """A copy of it."""
    return copy.deepcopy(RIVALS)


@pytest.fixture
def data() -> Data:
    return rivals()
