"""The least expected cost of chains that share nothing but limits that the best plan keeps to, by arithmetic alone.

A chain's stages follow one another and share one hub, so the least cost of making q tonnes is, stage by stage, that of
the cheapest plants first. It is convex and linear between the points where a plant is full, so with the cost of what is
short it is least at one of these points. Nothing is stored, so years are apart; what a chain funds is found by trying
all there is. docs/generate.md has the proof that this is the optimum of the whole instance.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Offer:
    """An option of a plant; as in the instance format."""

    id: str
    capacity: float
    capex: float
    fixed_cost: float
    lead: int
    first_year_share: float
    life: int
    public_share: float


@dataclass(frozen=True, slots=True)
class Plant:
    """A plant of a chain.

    Attributes:
        id: facility.
        country: where it is.
        stage: place of its stage in the chain, from 0.
        unit_cost: USD per t made, all in: activity, custody, and the lane of the last stage.
        capacity: what stands, t a year.
        trusted: whether it may make what the chain's market draws on.
        offers: its options, of which at most one is funded.
    """

    id: str
    country: str
    stage: int
    unit_cost: float
    capacity: float
    trusted: bool
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """One product with its market.

    Attributes:
        market: its id.
        needs: t of each stage's output for a tonne of product; the last is 1.
        plants: of all stages.
        demand: t by year.
        shortage_cost: USD per t.
    """

    market: str
    needs: tuple[float, ...]
    plants: tuple[Plant, ...]
    demand: Mapping[int, float]
    shortage_cost: float


@dataclass(frozen=True, slots=True)
class Disruption:
    """A scenario as it is felt: in some years, by some plants and markets.

    Attributes:
        probability: of it.
        years: in which its effects last.
        available: factor on the capacity of a plant, by id.
        factor: factor on demand, by market.
    """

    probability: float
    years: range
    available: Mapping[str, float]
    factor: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the optimum.

    Attributes:
        objective: least expected cost, USD, discounted.
        portfolio: (facility, option, year) of each funding.
        margin: USD by which the best portfolio with any other funding costs more; 0 where it is not alone.
        outlay: public money by year, USD.
        starts: fundings by year.
    """

    objective: float
    portfolio: tuple[tuple[str, str, int], ...]
    margin: float
    outlay: Mapping[int, float]
    starts: Mapping[int, int]

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        listed = [{"facility": f, "option": o, "year": year} for f, o, year in self.portfolio]
        return {"objective": self.objective, "margin": self.margin, "portfolio": listed}


Choice = tuple[Offer, int] | None
"""An option with its year of funding; None: nothing is funded."""


@dataclass(slots=True)
class Money:
    """Years and what a dollar of each is worth in the base year's."""

    years: range
    base_year: int
    rate: float

    def worth(self, year: int) -> float:
        """A dollar of a year, in dollars of the base year."""
        return float((1.0 + self.rate) ** -(year - self.base_year))

    def investment(self, choice: Choice) -> float:
        """Capex less credit for unexpired life, with the fixed cost while on line; USD, discounted."""
        if choice is None:
            return 0.0
        offer, funded = choice
        online = funded + offer.lead
        unexpired = max(0, online + offer.life - self.years.stop)
        credit = offer.capex * unexpired / offer.life * self.worth(self.years.stop)
        fixed = math.fsum(
            offer.fixed_cost * self.worth(year) for year in self.years if online <= year < online + offer.life
        )
        return offer.capex * self.worth(funded) - credit + fixed

    def capacity(self, choice: Choice, year: int) -> float:
        """What a choice adds in a year, t."""
        if choice is None:
            return 0.0
        offer, funded = choice
        age = year - funded - offer.lead
        if not 0 <= age < offer.life:
            return 0.0
        return offer.capacity * (offer.first_year_share if age == 0 else 1.0)


def operating_cost(chain: Chain, capacity: Vector, demand: Vector) -> Vector:
    """Least cost of activity and shortage, USD a year.

    Args:
        chain: the chain.
        capacity: t a year, cases x plants; 0 for those not trusted.
        demand: t, by case.
    """
    stages = []
    most = demand
    for stage, need in enumerate(chain.needs):
        plants = [i for i, plant in enumerate(chain.plants) if plant.stage == stage]
        plants.sort(key=lambda i: chain.plants[i].unit_cost)
        cost = np.array([chain.plants[i].unit_cost for i in plants])
        full = np.cumsum(capacity[:, plants], axis=1) / need  # t of product at which each plant is full
        begun = np.concatenate([np.zeros((len(full), 1)), full[:, :-1]], axis=1)
        stages.append((need * cost, begun, full))
        most = np.minimum(most, full[:, -1])
    points = np.concatenate([np.zeros((len(most), 1)), most[:, None], *(full for _, _, full in stages)], axis=1)
    points = np.minimum(points, most[:, None])
    best = np.full(len(most), np.inf)
    for made in points.T:
        total = chain.shortage_cost * (demand - made)
        for cost, begun, full in stages:
            total = total + np.clip(made[:, None] - begun, 0.0, full - begun) @ cost
        best = np.minimum(best, total)
    return best


def optimum(chains: Sequence[Chain], disruptions: Sequence[Disruption], money: Money, standing_cost: float) -> Known:
    """The optimum of chains apart.

    Args:
        chains: no two share a plant or a material.
        disruptions: the scenarios.
        money: the horizon.
        standing_cost: fixed cost of what stands, USD a year.
    """
    portfolio: list[tuple[str, str, int]] = []
    parts = [standing_cost * money.worth(year) for year in money.years]
    margin = math.inf
    outlay = dict.fromkeys(money.years, 0.0)
    starts = dict.fromkeys(money.years, 0)
    for chain in chains:
        ranked = sorted(_ChainCost(chain, disruptions, money).all(), key=lambda found: found[0])
        best, chosen = ranked[0]
        parts.append(best)
        if len(ranked) > 1:
            margin = min(margin, ranked[1][0] - best)
        for plant, choice in chosen:
            if choice is not None:
                offer, year = choice
                portfolio.append((plant.id, offer.id, year))
                outlay[year] += offer.capex * offer.public_share
                starts[year] += 1
    return Known(math.fsum(parts), tuple(sorted(portfolio)), margin if margin < math.inf else 0.0, outlay, starts)


@dataclass(slots=True)
class _ChainCost:
    """Expected cost of a chain by what it funds."""

    chain: Chain
    disruptions: Sequence[Disruption]
    money: Money
    _cases: dict[int, tuple[Vector, Vector, Vector]] = field(default_factory=dict)
    _known: dict[tuple[int, tuple[float, ...]], float] = field(default_factory=dict)

    def all(self) -> Iterator[tuple[float, list[tuple[Plant, Choice]]]]:
        """Each way of funding, with its expected cost, USD, discounted."""
        plants = [plant for plant in self.chain.plants if plant.offers]
        end = self.money.years.stop
        choices: list[list[Choice]] = [
            [None, *((o, t) for o in plant.offers for t in self.money.years if t + o.lead < end)] for plant in plants
        ]
        for chosen in itertools.product(*choices):
            cost = math.fsum(self.money.investment(choice) for choice in chosen)
            for year in self.money.years:
                added = tuple(self.money.capacity(choice, year) for choice in chosen)
                cost += self.money.worth(year) * self._year(year, added)
            yield cost, list(zip(plants, chosen, strict=True))

    def _year(self, year: int, added: tuple[float, ...]) -> float:
        """Expected cost of a year's operations, USD."""
        if (year, added) not in self._known:
            weight, available, demand = self._cases_of(year)
            news = iter(added)
            size = np.array([p.capacity + (next(news) if p.offers else 0.0) for p in self.chain.plants])
            size *= [plant.trusted for plant in self.chain.plants]
            self._known[year, added] = float(weight @ operating_cost(self.chain, available * size, demand))
        return self._known[year, added]

    def _cases_of(self, year: int) -> tuple[Vector, Vector, Vector]:
        """Probability, availability by plant and demand of each case of a year: undisrupted, and each that differs."""
        if year not in self._cases:
            ids = [plant.id for plant in self.chain.plants]
            cases: dict[tuple[float, ...], float] = {(*([1.0] * len(ids)), 1.0): 1.0}
            calm = next(iter(cases))
            for d in self.disruptions:
                if year in d.years:
                    felt = (*(d.available.get(name, 1.0) for name in ids), d.factor.get(self.chain.market, 1.0))
                    cases[felt] = cases.get(felt, 0.0) + d.probability
                    cases[calm] -= d.probability
            table = np.array(list(cases))
            weight = np.array(list(cases.values()))
            self._cases[year] = weight, table[:, :-1], table[:, -1] * self.chain.demand[year]
        return self._cases[year]
