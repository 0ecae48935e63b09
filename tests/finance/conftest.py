"""One plant that could be built, small enough to keep its books by hand."""

from __future__ import annotations

from typing import Any

RATE = 0.10
Data = dict[str, Any]


def plant(finance: Data | None, **changes: Any) -> Data:
    """A plant of 100 t a year for 1 M USD, on line a year later, of which half is worth something at the end.

    Periods 2027 to 2030, base year 2027. Oxide is bought at 5,000 USD/t, magnets cost 2,000 USD/t to make and sell
    at `price`. 100 t are wanted each year at a shortage cost of 1 M USD/t.
    """
    data: Data = {
        "schema": 1, "name": "plant", "base_year": 2027, "discount_rate": 0.0, "periods": [2027, 2028, 2029, 2030],
        "domestic": ["USA"], "countries": {"USA": "domestic", "CHN": "adversary"},
        "materials": {
            "oxide": {"stage": "separation", "price": 5000.0},
            "magnet": {"stage": "magnet", "price": changes.pop("price", 9000.0)},
        },
        "recipes": {
            "separate": {"stage": "separation", "outputs": {"oxide": 1.0}, "cost": 1000.0},
            "press": {"stage": "magnet", "inputs": {"oxide": 1.0}, "outputs": {"magnet": 1.0}, "cost": 2000.0},
        },
        "facilities": {
            "mine": {"stage": "separation", "country": "USA", "recipes": ["separate"], "capacity": 500},
            "works": {
                "stage": "magnet", "country": "USA", "recipes": ["press"], "capacity": 0,
                "options": [
                    {"id": "build", "capacity": 100, "capex": 1.0e6, "fixed_cost": 10000.0, "lead": 1,
                     "earliest": 2027, "latest": 2027, "life": 6, "public_share": 0.0},
                ],
            },
        },
        "channels": {"trusted": {"tiers": ["domestic"]}, "commercial": {}},
        "markets": {
            "programs": {
                "channel": "trusted", "country": "USA",
                "demand": [{"product": "magnet", "tonnes": changes.pop("tonnes", 100.0), "shortage_cost": 1.0e6}],
            }
        },
    }  # fmt: skip
    if finance is not None:
        data["finance"] = {"hurdle_rate": RATE, "viability": True} | finance
    return data | changes


def worth(year: int) -> float:
    """A dollar of a year at the hurdle rate."""
    return float((1 + RATE) ** -(year - 2027))


YEARS = (2028, 2029, 2030)
PER_YEAR = 100 * (9000 - 5000 - 2000) - 10_000
"""What the plant earns a year by hand: 100 t of margin, less fixed cost."""
RESIDUAL = 1e6 * 3 / 6
"""On line from 2028 with a life of 6, three years are left at the end of 2030, straight-line."""
LEFT = sum(PER_YEAR * worth(year) for year in YEARS) + RESIDUAL * worth(2031) - 1e6
"""What is left of it all at the hurdle rate."""
GRANT = {"id": "aid", "kind": "grant", "max_share": 1.0}
