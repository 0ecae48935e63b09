"""Chains so small that every portfolio can be tried by hand."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from support.build import Data, one_market

DEMAND, SHORTAGE = 100, 50
BUDGET, CAP, TARGET = "policy.budget.total", "channels.open.max_exposure.ownership", "policy.rules.0.min"


@dataclass(frozen=True)
class Plant:
    """An option: t a year, USD, and how much of its owner an adversary holds."""

    capacity: int
    capex: int
    exposure: float


def plants(seed: int, count: int = 5) -> list[Plant]:
    """Some plants, so that more than one subset is worth having."""
    draw = random.Random(seed)
    return [
        Plant(draw.randint(2, 5) * 10, draw.randint(1, 30) * 50, draw.choice((0.0, 0.1, 0.3, 0.6)))
        for _ in range(count)
    ]


def instance_data(given: list[Plant]) -> Data:
    """One market of 100 t a year for two years; a tonne short costs 50 USD, one that is made 10."""
    facilities: dict[str, Any] = {}
    owners: dict[str, Any] = {"foe": {"country": "CHN"}}
    for number, plant in enumerate(given):
        owners[f"owner{number}"] = {"country": "USA", "owners": {"foe": plant.exposure} if plant.exposure else {}}
        facilities[f"plant{number}"] = {
            "stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 0, "owners": {f"owner{number}": 1.0},
            "options": [{"id": "build", "capacity": plant.capacity, "capex": plant.capex, "lead": 0, "earliest": 2027,
                         "latest": 2027, "public_share": 1.0}],
        }  # fmt: skip
    data = one_market("enumerable", facilities, tonnes=DEMAND, shortage_cost=SHORTAGE)
    data["countries"] = {"USA": "domestic", "CHN": "adversary"}
    data["owners"] = owners
    data["channels"] = {"open": {"max_exposure": {"ownership": 1.0}}}
    data["policy"] = {"rules": [{"rule": "count", "stage": "magnet", "min": 0}]}
    return data


def least_cost(
    given: list[Plant], budget: float = 1e9, cap: float = 1.0, least: float = 0, most: float = 99, losses: float = 0
) -> float | None:
    """The least cost over all subsets of plants, worked out without the model; None where no subset may be had.

    With losses, those subsets alone whose market is served in full after any so many of their plants are lost.
    """
    found: list[float] = []
    for chosen in product((False, True), repeat=len(given)):
        mine = [plant for plant, taken in zip(given, chosen, strict=True) if taken]
        capex = sum(plant.capex for plant in mine)
        if capex > budget or not least <= len(mine) <= most:
            continue
        sizes = [plant.capacity for plant in mine if plant.exposure <= cap]
        if losses and any(
            sum(sizes) - sum(lost) < DEMAND for lost in combinations(sizes, min(int(losses), len(sizes)))
        ):
            continue
        made = min(DEMAND, sum(sizes))
        found.append(capex + 2 * (10 * made + SHORTAGE * (DEMAND - made)))
    return min(found, default=None)
