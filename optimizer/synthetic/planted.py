"""Chains whose optimum is known: they share a budget and a limit on starts that the best plan keeps to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.errors import OptionsError
from optimizer.synthetic.draw import Draw, rounded
from optimizer.synthetic.known import Chain, Disruption, Known, Money, Offer, Plant, optimum
from optimizer.synthetic.places import split
from optimizer.synthetic.sizes import BASE_YEAR, DISCOUNT_RATE, Sizes, probabilities

Row = dict[str, Any]

STAGES = ("mining", "separation", "alloy", "magnet")
MADE = ("ore", "oxide", "alloy", "magnet")
VERBS = ("dig", "separate", "cast", "press")
COSTS = (3000.0, 25000.0, 9000.0, 26000.0)
"""USD per t made."""
CAPEX = (24_000.0, 150_000.0, 40_000.0, 180_000.0)
"""USD per t a year."""
PLANTS = 10
"""Most plants of a chain."""
MOST_CANDIDATES = 3
"""Of a chain: what it funds is found by trying all there is."""
CUSTODY = 50.0
"""USD per t made in mdap."""
TRUSTED = ("USA", "CAN", "AUS", "JPN", "DEU")
TIERS = dict.fromkeys(("CAN", "AUS", "JPN", "DEU"), "ally") | {"USA": "domestic", "MYS": "partner", "CHN": "adversary"}
FLAWS = ("location", "tier", "ownership", "equipment")
"""What may shut a plant out of mdap."""


@dataclass(frozen=True, slots=True)
class Planted:
    """An instance with a known optimum: what stands in its files, and the optimum."""

    document: Row
    tables: dict[str, list[Row]]
    known: Known


def planted(sizes: Sizes) -> Planted:
    """Chains by size and seed, with their optimum.

    Raises:
        OptionsError: more candidates than can all be tried.
    """
    number = math.ceil(sizes.facilities / PLANTS)
    counts = split(sizes.facilities, [1.0] * number)
    candidates = split(round(sizes.candidates * sizes.facilities), [1.0] * number)
    if max(candidates) > MOST_CANDIDATES:
        most = math.floor(100 * MOST_CANDIDATES * number / sizes.facilities) / 100
        raise OptionsError(f"candidates is {sizes.candidates}; where the optimum is to be known, at most {most}")
    tables: dict[str, list[Row]] = {name: [] for name in _TABLES}
    markets: Row = {}
    chains = [
        _chain(Draw(sizes.seed, f"chain/{i}"), sizes, i + 1, counts[i], candidates[i], tables, markets)
        for i in range(number)
    ]
    disruptions = _scenarios(sizes, chains, tables)
    standing = math.fsum(row["fixed_cost"] for row in tables["facilities"])
    money = Money(sizes.years, BASE_YEAR, DISCOUNT_RATE)
    known = optimum(chains, disruptions, money, standing)
    rules: list[Row] = [{"rule": "starts", "max": max(1, *known.starts.values())}]
    budget = float(math.ceil(max(known.outlay.values()))) + 1.0
    mdap: Row = {"tiers": ["domestic", "ally"], "max_exposure": {"ownership": 0.25, "equipment": 0.25}}
    channels: Row = {"mdap": mdap | {"custody_cost": CUSTODY}, "commercial": {}}
    document = {
        "base_year": BASE_YEAR,
        "discount_rate": DISCOUNT_RATE,
        "periods": list(sizes.years),
        "domestic": ["USA"],
        "countries": TIERS,
        "channels": channels if sizes.channels > 1 else {"commercial": {}},
        "markets": markets,
        "policy": {"budget": {"annual": budget}, "rules": rules},
    }
    tables["owners"] = [
        {"id": "public", "country": "USA"},
        {"id": "state_fund", "country": "CHN"},
        {"id": "offshore_holding", "country": "DEU"},
    ]
    tables["owner_owners"] = [{"held": "offshore_holding", "owner": "state_fund", "share": 0.6}]
    return Planted(document, tables, known)


_TABLES = (
    "materials", "recipes", "facilities", "facility_recipes", "facility_owners", "owners", "owner_owners", "options",
    "demand", "lanes", "scenarios", "effects",
)  # fmt: skip


def _chain(
    draw: Draw, sizes: Sizes, number: int, plants: int, candidates: int, tables: Mapping[str, list[Row]], markets: Row
) -> Chain:
    channel = "mdap" if sizes.channels > 1 and number % 3 != 0 else "commercial"
    market = f"market_{number}"
    markets[market] = {"channel": channel, "country": "USA"}
    ratios = (draw.within(4, 6), draw.within(0.3, 0.5), draw.within(1.2, 1.4))
    _materials(number, ratios, tables)
    needs = (ratios[0] * ratios[1] * ratios[2], ratios[1] * ratios[2], ratios[2], 1.0)
    tonnes = draw.within(500, 2000)
    growth = draw.within(0.0, 0.08)
    demand = {year: rounded(tonnes * (1 + growth) ** i, 5) for i, year in enumerate(sizes.years)}
    shortage = draw.within(150e3, 400e3)
    line = {"market": market, "product": f"magnet_{number}", "tonnes": demand, "shortage_cost": shortage}
    tables["demand"].append(line)
    # A plant of each stage stands and may serve; then come the candidates, each at another stage; then what tempts.
    funded = draw.some_of(range(len(STAGES)), candidates)
    order = [(stage, "standing") for stage in range(len(STAGES))] + [(stage, "candidate") for stage in funded]
    others = plants - len(order)
    order += [(draw.whole(0, len(STAGES) - 1), "other") for _ in range(others)]
    made = [
        _plant(
            draw,
            sizes,
            f"{VERBS[stage]}_{number}_{i + 1}",
            number,
            stage,
            group,
            tonnes * needs[stage],
            channel,
            tables,
        )
        for i, (stage, group) in enumerate(order)
    ]
    return Chain(market, needs, tuple(made), demand, shortage)


def _materials(number: int, ratios: tuple[float, float, float], tables: Mapping[str, list[Row]]) -> None:
    for stage, (made, verb) in enumerate(zip(MADE, VERBS, strict=True)):
        tables["materials"].append({"id": f"{made}_{number}", "stage": STAGES[stage]})
        inputs = {f"{MADE[stage - 1]}_{number}": ratios[stage - 1]} if stage else None
        recipe = {
            "id": f"{verb}_{number}",
            "stage": STAGES[stage],
            "inputs": inputs,
            "outputs": {f"{made}_{number}": 1},
        }
        tables["recipes"].append(recipe)


def _plant(
    draw: Draw,
    sizes: Sizes,
    name: str,
    number: int,
    stage: int,
    group: str,
    need: float,
    channel: str,
    tables: Mapping[str, list[Row]],
) -> Plant:
    flaw = draw.one_of(FLAWS) if group == "other" and draw.chance(0.7) else ""
    country = {"location": "CHN", "tier": "MYS"}.get(flaw) or draw.one_of(TRUSTED)
    share = draw.within(0.45, 0.9) if group == "standing" else draw.within(0.1, 0.4)
    capacity = 0.0 if group == "candidate" else rounded(need * share)
    cost = rounded(COSTS[stage] * draw.within(0.8, 1.3) * (0.6 if flaw else 1.0))
    lane = draw.within(100, 900) if stage == len(STAGES) - 1 else 0.0
    tables["facilities"].append({
        "id": name,
        "stage": STAGES[stage],
        "country": country,
        "capacity": capacity,
        "fixed_cost": rounded(0.02 * CAPEX[stage] * capacity),
        "exposure": {"equipment": 0.4 if flaw == "equipment" else draw.one_of((0.0, 0.1, 0.2))},
    })  # fmt: skip
    tables["facility_recipes"].append({"facility": name, "recipe": f"{VERBS[stage]}_{number}", "cost": cost})
    holder = {"location": "state_fund", "ownership": "offshore_holding"}.get(flaw, "public")
    tables["facility_owners"].append({"facility": name, "owner": holder, "share": 1.0 if holder == "public" else 0.7})
    if lane:
        ends = {"from": name, "to": f"market_{number}", "material": f"magnet_{number}"}
        tables["lanes"].append(ends | {"cost": lane})
    offers = _offers(draw, sizes, name, stage, need, tables) if group == "candidate" else ()
    custody = CUSTODY if channel == "mdap" else 0.0
    trusted = channel == "commercial" or not flaw
    return Plant(name, country, stage, cost + lane + custody, capacity, trusted, offers)


def _offers(
    draw: Draw, sizes: Sizes, name: str, stage: int, need: float, tables: Mapping[str, list[Row]]
) -> tuple[Offer, ...]:
    size, price = need * draw.within(0.3, 0.7), CAPEX[stage] * draw.within(0.7, 1.4)
    lead = min(draw.whole(1, 2), sizes.periods - 1)
    ramp = 0.5 if draw.chance(0.5) else 1.0
    public = draw.within(0.2, 1.0)
    scales = {"build": (1.0, 1.0)} | ({"large": (1.7, 1.5)} if draw.chance(0.5) else {})
    offers = []
    for option, (larger, dearer) in scales.items():
        offer = Offer(
            option,
            rounded(size * larger),
            rounded(size * price * dearer),
            rounded(0.03 * size * price * dearer),
            lead,
            ramp,
            20,
            public,
        )
        offers.append(offer)
        tables["options"].append({
            "facility": name,
            "id": option,
            "capacity": offer.capacity,
            "capex": offer.capex,
            "fixed_cost": offer.fixed_cost,
            "lead": lead,
            "ramp": [ramp] if ramp < 1 else None,
            "life": offer.life,
            "public_share": public,
        })  # fmt: skip
    return tuple(offers)


def _scenarios(sizes: Sizes, chains: list[Chain], tables: Mapping[str, list[Row]]) -> list[Disruption]:
    """Embargoes, outages, countries struck and surges; two at once in three of ten."""
    plants = [plant for chain in chains for plant in chain.plants]
    markets = [chain.market for chain in chains]
    countries = sorted({plant.country for plant in plants} - {"CHN"})
    hostile = any(plant.country == "CHN" for plant in plants)
    found = []
    draws = [Draw(sizes.seed, f"scenario/{i}") for i in range(sizes.futures - 1)]
    chances = probabilities([draw.within(0.5, 1.5) for draw in draws], sizes.disrupted)
    for i, (draw, (text, probability)) in enumerate(zip(draws, chances, strict=True)):
        name = f"s{i + 1:05d}"
        onset, duration = draw.one_of(sizes.years), draw.weighted({1: 3, 2: 3, 3: 2, 100: 2})
        row = {"id": name, "onset": onset, "duration": duration if duration < 100 else None}
        tables["scenarios"].append(row | {"recovery": draw.whole(0, 2), "probability": text})
        available: dict[str, float] = {}
        factor: dict[str, float] = {}
        for _ in range(2 if draw.chance(0.3) else 1):
            kind = draw.weighted({"embargo": 3 if hostile else 0, "outage": 4, "country": 2, "surge": 2})
            effect: Row = {"scenario": name, "affects": "demand" if kind == "surge" else "facilities"}
            if kind == "surge":
                struck = draw.some_of(markets, draw.whole(1, max(1, len(markets) // 3)))
                effect |= {"where": {"market": struck}, "factor": draw.within(1.1, 1.6)}
                factor |= {m: factor.get(m, 1.0) * effect["factor"] for m in struck}
            else:
                if kind == "outage":
                    ids = draw.some_of([p.id for p in plants], draw.whole(1, max(1, len(plants) // 8)))
                    effect |= {"where": {"id": ids}, "available": draw.within(0.0, 0.6)}
                else:
                    country = "CHN" if kind == "embargo" else draw.one_of(countries)
                    ids = [plant.id for plant in plants if plant.country == country]
                    effect |= {"where": {"country": country}, "available": draw.within(0.0, 0.5)}
                available |= {p: available.get(p, 1.0) * effect["available"] for p in ids}
            tables["effects"].append(effect)
        found.append(Disruption(probability, range(onset, onset + duration), available, factor))
    return found
