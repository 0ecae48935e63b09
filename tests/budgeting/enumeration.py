"""Portfolios, chains of them and years of funding, one by one and worked out without the model."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from support.build import Data, one_market
from support.subsets import DEMAND, SHORTAGE, Plant

Set = frozenset[int]
"""Numbers of plants."""


def capex(given: Sequence[Plant], chosen: Iterable[int]) -> int:
    """USD of a set of plants, all of it public."""
    return sum(given[number].capex for number in chosen)


def cost(given: Sequence[Plant], chosen: Iterable[int]) -> float:
    """Least cost with a set of plants, of an instance of `support.subsets`."""
    numbers = list(chosen)
    made = min(DEMAND, sum(given[number].capacity for number in numbers))
    return capex(given, numbers) + 2 * (10 * made + SHORTAGE * (DEMAND - made))


def parts(of: Iterable[int]) -> Iterator[Set]:
    """Every part of a set."""
    numbers = sorted(of)
    for size in range(len(numbers) + 1):
        yield from map(frozenset, itertools.combinations(numbers, size))


def best(given: Sequence[Plant], within: Iterable[int], most: float) -> float:
    """Least cost of a set within another that costs at most so much."""
    return min(cost(given, chosen) for chosen in parts(within) if capex(given, chosen) <= most)


def chains(of: Iterable[int], count: int) -> Iterator[tuple[Set, ...]]:
    """Every chain of nested parts of a set, the largest first: each number has the level at which it goes."""
    numbers = sorted(of)
    for last in itertools.product(range(count + 1), repeat=len(numbers)):
        kept = dict(zip(numbers, last, strict=True))
        yield tuple(frozenset(n for n in numbers if kept[n] > level) for level in range(count))


def best_chain(given: Sequence[Plant], of: Iterable[int], most: Sequence[float], weights: Sequence[float]) -> float:
    """Least weighted cost of a chain, each level within its money."""
    known = {chosen: (cost(given, chosen), capex(given, chosen)) for chosen in parts(of)}
    return min(
        sum(weight * known[chosen][0] for weight, chosen in zip(weights, chain, strict=True))
        for chain in chains(of, len(most))
        if all(known[chosen][1] <= usd for chosen, usd in zip(chain, most, strict=True))
    )


YEARS = (2027, 2028, 2029, 2030)
RATE = 0.1


@dataclass(frozen=True)
class Timed:
    """An option: t a year, USD, years from funding to first output, first and last year of funding."""

    capacity: int
    capex: int
    lead: int
    earliest: int = 2027
    latest: int = 2030

    @property
    def years(self) -> list[int]:
        """In which it can be funded and come on line."""
        return [year for year in YEARS if self.earliest <= year <= self.latest and year + self.lead <= YEARS[-1]]


Funded = tuple[int | None, ...]
"""Year of each plant; None for never."""


def timed_data(given: Sequence[Timed], demand: dict[int, int]) -> Data:
    """One market over four years at ten percent; a tonne short costs 50 USD, one that is made 10."""
    facilities: dict[str, Any] = {
        f"plant{number}": {
            "stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 0,
            "options": [{"id": "build", "capacity": plant.capacity, "capex": plant.capex, "lead": plant.lead,
                         "earliest": plant.earliest, "latest": plant.latest, "public_share": 1.0}],
        }
        for number, plant in enumerate(given)
    }  # fmt: skip
    data = one_market("timed", facilities, tonnes=demand, shortage_cost=SHORTAGE)
    return data | {"periods": list(YEARS), "discount_rate": RATE}


def timed_cost(given: Sequence[Timed], demand: dict[int, int], funded: Funded) -> float:
    """Cost of plants funded in given years."""
    total = 0.0
    for year in YEARS:
        worth = (1.0 + RATE) ** -(year - YEARS[0])
        pairs = list(zip(given, funded, strict=True))
        on_line = sum(plant.capacity for plant, when in pairs if when is not None and when + plant.lead <= year)
        made = min(demand[year], on_line)
        spent = sum(plant.capex for plant, when in pairs if when == year)
        total += worth * (spent + 10 * made + SHORTAGE * (demand[year] - made))
    return total


def waiting(given: Sequence[Timed], demand: dict[int, int], number: int = -1, year: int | None = None) -> float:
    """Least cost with one plant funded in no year before this; with none, the least cost of all."""
    choices: list[list[int | None]] = [[None, *plant.years] for plant in given]
    if number >= 0:
        choices[number] = [None, *(t for t in given[number].years if year is not None and t >= year)]
    return min(timed_cost(given, demand, funded) for funded in itertools.product(*choices))


def plants(seed: int, count: int = 7) -> list[Plant]:
    """Plants of many sizes, so that what is best for less money is often no part of what is best for more."""
    draw = random.Random(seed)
    return [Plant(draw.randint(4, 30), draw.randint(8, 40) * 25, 0.0) for _ in range(count)]
