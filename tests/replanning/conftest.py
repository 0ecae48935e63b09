"""Plants that can be funded in any of three years, and what each portfolio costs, worked out without the model."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from support.build import Data, instance_of, one_market

from optimizer.instance.instance import Instance

YEARS = (2027, 2028, 2029)
DEMAND = {2027: 40.0, 2028: 80.0, 2029: 130.0}
GROWN = {2027: 85.0, 2028: 130.0, 2029: 130.0}
"""Demand as it turned out: more could have been funded in 2027, and what was planned for 2029 is wanted in 2028."""
SHORT, MADE, A_YEAR = 50.0, 10.0, 60.0
PLANTS = {"anna": (40.0, 600.0), "bert": (35.0, 700.0), "cora": (50.0, 1500.0), "dora": (45.0, 1700.0)}
"""t a year, USD."""
Portfolio = dict[str, int]
"""Plant -> year of funding."""


def chain(plants: Mapping[str, tuple[float, float]] = PLANTS, demand: Mapping[int, float] | None = None) -> Data:
    """A market that grows over three years; each plant costs so much once, and so much a year on line."""
    facilities = {
        name: {
            "stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 0,
            "options": [{"id": "build", "capacity": size, "capex": usd, "lead": 0, "fixed_cost": A_YEAR}],
        }
        for name, (size, usd) in plants.items()
    }  # fmt: skip
    data = one_market("chain", facilities, tonnes=dict(demand or DEMAND), shortage_cost=SHORT)
    data["periods"] = list(YEARS)
    return data


def now(capex: Mapping[str, float] | None = None, demand: Mapping[int, float] = DEMAND) -> Instance:
    """The chain as it is a year later: some plants cost something else, or demand has grown."""
    prices = capex or {}
    return instance_of(chain({name: (size, prices.get(name, usd)) for name, (size, usd) in PLANTS.items()}, demand))


def portfolios(frozen: Portfolio, since: int) -> Iterator[Portfolio]:
    """All that keep what is frozen and fund nothing else before a year."""
    names = [name for name in PLANTS if name not in frozen]
    years = (None, *(year for year in YEARS if year >= since))
    for chosen in itertools.product(years, repeat=len(names)):
        yield frozen | {name: year for name, year in zip(names, chosen, strict=True) if year is not None}


def cost_of(portfolio: Portfolio, capex: Mapping[str, float], demand: Mapping[int, float] = DEMAND) -> float:
    """Capex, a year's cost for every year on line, and what is made or short."""
    total = sum(capex.get(name, PLANTS[name][1]) + A_YEAR * (2030 - year) for name, year in portfolio.items())
    for year, wanted in demand.items():
        made = min(wanted, sum(PLANTS[name][0] for name, since in portfolio.items() if since <= year))
        total += MADE * made + SHORT * (wanted - made)
    return total


def price_of(portfolio: Portfolio, last: Portfolio, frozen: Portfolio, change: float, move: float) -> float:
    """So much for each plant dropped or added, so much a year for each moved, and no more than for one dropped."""
    total = 0.0
    for name in (portfolio.keys() | last.keys()) - frozen.keys():
        was, then = last.get(name), portfolio.get(name)
        if was is None or then is None:
            total += change
        else:
            total += min(change, move * abs(then - was))
    return total
