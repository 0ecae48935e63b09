"""Chains whose every portfolio is worked out by hand, without the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from support.build import Data, one_market

MAKING = 10


@dataclass(frozen=True)
class Chain:
    """Plants to be funded in 2027 for a market in 2027 and 2028; undiscounted.

    Attributes:
        capacity: t a year, by plant.
        capex: USD, by plant.
        tonnes: wanted a year.
        short: USD for a tonne that is short.
    """

    capacity: Mapping[str, float]
    capex: Mapping[str, float]
    tonnes: float = 100.0
    short: float = 50.0

    def data(self, **more: Any) -> Data:
        """As an instance; numbers of plants state no confidence, demand neither."""
        facilities = {
            name: {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 0,
                   "options": [{"id": "build", "capacity": self.capacity[name], "capex": self.capex[name], "lead": 0,
                                "earliest": 2027, "latest": 2027}]}
            for name in self.capex
        }  # fmt: skip
        return one_market("chain", facilities, tonnes=self.tonnes, shortage_cost=self.short) | more

    def cost(self, chosen: frozenset[str]) -> float:
        """Of a portfolio, USD: capex, and two years in which a tonne costs 10 to make."""
        made = min(self.tonnes, sum(self.capacity[name] for name in chosen))
        return sum(self.capex[name] for name in chosen) + 2 * (MAKING * made + self.short * (self.tonnes - made))

    def costs(self) -> dict[frozenset[str], float]:
        """Of every portfolio."""
        names = list(self.capex)
        sets = (frozenset(n for n, taken in zip(names, row, strict=True) if taken)
                for row in product((False, True), repeat=len(names)))  # fmt: skip
        return {chosen: self.cost(chosen) for chosen in sets}

    def drawn(self, row: Mapping[str, Any], by: float) -> Chain:
        """With its numbers as a row of draws says, by a share of them either way."""

        def at(key: str, value: float) -> float:
            return value * (1.0 + by * float(row.get(key, 0.0)))

        return replace(
            self,
            capacity={n: at(f"facilities.{n}.options.build.capacity", v) for n, v in self.capacity.items()},
            capex={n: at(f"facilities.{n}.options.build.capex", v) for n, v in self.capex.items()},
            tonnes=at("markets.programs.demand.magnet.tonnes", self.tonnes),
            short=at("markets.programs.demand.magnet.shortage_cost", self.short),
        )

    def verdict(self, name: str, within: float) -> str:
        """Whether all, some or none of the near-optimal portfolios fund a plant."""
        costs = self.costs()
        best = min(costs.values())
        near = [name in chosen for chosen, cost in costs.items() if cost <= best + within]
        return "in all" if all(near) else "in some" if any(near) else "in none"

    def extra(self, name: str, *, funded: bool) -> float:
        """What forcing a plant in, or leaving it out, costs, USD."""
        costs = self.costs()
        return min(cost for chosen, cost in costs.items() if (name in chosen) == funded) - min(costs.values())


CHAIN = Chain(
    {"anna": 50, "bert": 40, "cora": 30, "dora": 20},
    {"anna": 1500, "bert": 1700, "cora": 2300, "dora": 1650},
)
"""Anna pays for itself by far, bert narrowly; cora and dora seldom."""
