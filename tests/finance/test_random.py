"""Random instruments, limits, exclusions, terms and periods for three plants: every plan is checked from its tables."""

from __future__ import annotations

import random
from typing import Any

import pytest
from support.build import solve
from support.params import first_fast

from finance.conftest import Data
from finance.test_decided import PLANTS, three

PERIODS: list[list[Any]] = [
    [2027, 2028, 2029, 2030],
    [2027, {"year": 2028, "years": 2}, 2030],
    [{"year": 2027, "years": 2}, {"year": 2029, "years": 3}],
]
SPENDS: list[list[float]] = [[1.0], [0.5, 0.5], [0.2, 0.3, 0.5], [0.0, 1.0]]


def limits(dice: random.Random) -> Data:
    """A cap on all, or on each, or none."""
    found: Data = {}
    if dice.random() < 0.3:
        found["cap"] = dice.choice([2e5, 4e5, 9e5])
    if dice.random() < 0.3:
        found["cap_per_recipient"] = dice.choice([1e5, 2e5, 4e5])
    return found


def instruments(dice: random.Random) -> list[Data]:
    """Some of a grant, a loan, shares, a credit and a floor; some of them exclude others."""
    lender: Data = dice.choice([{}, {"lender": "private", "guarantee": 0.7}])
    few: Data = dice.choice([{}, {"recipients": 1}, {"recipients": 2, "cap": 2e5}])
    found: list[Data] = [
        {"id": "aid", "kind": "grant", "max_share": dice.choice([0.05, 0.1, 0.2]), **limits(dice)},
        {"id": "bank", "kind": "loan", "max_share": dice.choice([0.2, 0.5, 0.9]), "rate": dice.choice([0.0, 0.02]),
         "term": dice.choice([1, 2, 5, 12]), "expected_loss": dice.choice([0.0, 0.1, 0.3]), **limits(dice), **lender},
        {"id": "shares", "kind": "equity", "max_share": dice.choice([0.1, 0.3]), "dividend": dice.choice([0.0, 0.03]),
         "redeemed": dice.choice([1, 2, 6]), "expected_loss": dice.choice([0.0, 0.2]), **limits(dice)},
        {"id": "credit", "kind": "production_credit", "material": "magnet", "decided": True,
         "amount": dice.choice([200.0, 500.0, 1000.0]), **few},
        {"id": "floor", "kind": "price_floor", "material": ["magnet", "scrap"], "upside": dice.choice([0.0, 0.2, 0.6]),
         "floor": {2027: dice.choice([9400, 10_500]), 2029: dice.choice([8000, 9500])}, "decided": dice.random() < 0.8},
    ]  # fmt: skip
    found = [one for one in found if dice.random() < 0.75]
    choose = [one["id"] for one in found if one["kind"] in ("grant", "loan", "equity") or one.get("decided")]
    for one in found:
        others = [name for name in choose if name != one["id"]]
        if one["id"] in choose and others and dice.random() < 0.4:
            one["not_with"] = [dice.choice(others)]
    return found


@pytest.mark.parametrize("seed", first_fast(range(24), 8))
def test_every_plan_holds(seed: int) -> None:
    """Solved whole; what is paid is proved least, and all of it follows from the tables."""
    dice = random.Random(seed)
    finance: Data = {"hurdle_rate": dice.choice([0.08, 0.1, 0.15]), "instruments": instruments(dice)}
    data = three(finance, stands=dice.choice([0.0, 30.0]), price=dice.choice([9000.0, 9400.0, 9700.0]))
    data |= {"discount_rate": dice.choice([0.0, 0.03, 0.08]), "periods": dice.choice(PERIODS)}
    for name in PLANTS:
        option = data["facilities"][name]["options"][0]
        changes = {"spend": dice.choice(SPENDS), "lead": dice.choice([0, 1, 2]), "latest": 2030}
        option = option | changes | {"public_share": dice.choice([0.0, 0.1])}
        data["facilities"][name]["options"] = [option]
    if dice.random() < 0.4:
        data["policy"] = {"budget": {dice.choice(["annual", "total"]): dice.choice([5e4, 1.5e5, 4e5])}}
    plan = solve(data)
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert "not brought to its least" not in plan.info["why"]
