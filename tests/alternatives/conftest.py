"""Three plants of which one is enough: every figure is known by hand."""

from __future__ import annotations

from support.build import Data, one_market

PRICES = {"anna": 100, "bert": 120, "cora": 500}


def plants() -> Data:
    """10 t a year for two years, short 100 USD per t, made 10: unfunded 2000, else 200 and the capex."""
    facilities = {
        name: {
            "stage": "magnet",
            "country": "USA",
            "recipes": ["make"],
            "capacity": 0,
            "options": [{"id": "build", "capacity": 10, "capex": usd, "lead": 0, "latest": 2027}],
        }
        for name, usd in PRICES.items()
    }
    return one_market("plants", facilities, tonnes=10, shortage_cost=100)
