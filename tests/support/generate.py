"""Small instances by seed: mines, separation and magnet plants in up to four regions, with a plan in every case.

All demand and all targets are soft, so that funding nothing and making nothing is a plan too.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from typing import Any

from support.build import Data

COUNTRIES = {"USA": "domestic", "AUS": "ally", "JPN": "ally", "CHN": "adversary"}
REGIONS = {"america": ["USA"], "oceania": ["AUS"], "japan": ["JPN"], "china": ["CHN"]}

POLICY: Data = {
    "budget": {"annual": 300_000},
    "rules": [
        {"rule": "domestic_content", "channel": "strict", "stage": "magnet", "share": {2028: 0.3}},
        {"rule": "exposure_cap", "channel": "open", "stage": "separation", "kind": "location", "share": 0.8},
        {"rule": "delivered_content", "markets": ["cars"], "channel": "strict", "share": {2028: 0.1}},
        {"rule": "starts", "max": 2},
    ],
}
"""A budget and rules that each of these instances can keep to."""

LIMITS: list[Data] = [
    {"rule": "release_cap", "release": "residue", "where": {"tier": "ally"}, "most": {2028: 20}, "in_disruption": True},
    {"rule": "release_cap", "release": "co2", "by": "country", "most": 12},
    {"rule": "release_charge", "release": "co2", "where": {"country": ["CHN", "USA"]}, "cost": {2027: 300, 2028: 900}},
    {
        "rule": "scale_goal",
        "stage": "magnet",
        "where": {"tier": ["domestic", "ally"]},
        "world_output": {2027: 20, 2029: 60},
        "share": {2028: 0.5},
        "shortage_cost": 40_000,
    },
    {
        "rule": "scale_goal",
        "materials": ["oxid"],
        "channel": "strict",
        "world_output": 30,
        "share": 0.5,
        "shortage_cost": 9_000,
    },
    {"rule": "preference", "markets": ["cars"], "channel": "strict", "share": {2028: 0.8}, "in_disruption": True},
]
"""Rules in amounts that each of these instances can keep to, once its recipes say what they release."""


def under_limits(data: Data) -> Data:
    """The instance under rules in amounts, beside its own."""
    data["recipes"]["split"]["releases"] = {"residue": 1.5, "co2": 0.5}
    data["recipes"]["press"]["releases"] = {"co2": 1.0}
    data["policy"] = {**POLICY, "rules": [*POLICY["rules"], *LIMITS]}
    return data


def generate(
    seed: int, *, size: int = 1, scenarios: int | None = None, regions: bool | None = None, children: int = 0
) -> Data:
    """An instance as plain data.

    Args:
        seed: the same seed gives the same instance.
        size: facilities of a stage in each country.
        scenarios: how many; default 0 to 2.
        regions: whether pooled material is shipped between regions; default either.
        children: how many scenarios leave that of another; there is a period more then, and the first scenario begins
            in the first.
    """
    rng = random.Random(seed)
    data: Data = {
        "schema": 1,
        "name": f"made_{seed}",
        "base_year": 2026,
        "discount_rate": rng.choice([0.0, 0.07]),
        "periods": rng.choice([[2027, 2028], [2027, {"year": 2028, "years": 2}], [2027, 2028, 2029]]),
        "domestic": ["USA"],
        "countries": dict(COUNTRIES),
        "channels": {
            "strict": {"tiers": ["domestic", "ally"], "max_exposure": {"equipment": 0.25}},
            "open": {"custody_cost": 0.0},
        },
    }
    if rng.random() < 0.5:
        data["channels"]["strict"]["custody_cost"] = 1.0
    _chain(data, rng, size)
    _markets(data, rng)
    _depot(data, rng)
    _links(data, rng, regions)
    data["scenarios"] = [_scenario(rng, i) for i in range(rng.randint(0, 2) if scenarios is None else scenarios)]
    if children:
        data["periods"].append(2029 if data["periods"][-1] == 2028 else 2030)
    for number in range(children):
        _child(data, rng, number)
    return scaled(data, 1000)


MONEY = frozenset(["cost", "capex", "fixed_cost", "price", "disposal", "shortage_cost", "custody_cost", "budget"])


def scaled(data: Data, factor: float) -> Data:
    """The same instance with all money multiplied; factors of effects are no money."""
    return {
        key: copy.deepcopy(value) if key == "scenarios" else _scaled(key, value, factor) for key, value in data.items()
    }


def _scaled(key: str, value: Any, factor: float) -> Any:
    if key in MONEY:
        return _times(value, factor)
    if isinstance(value, dict):
        return {name: _scaled(name, item, factor) for name, item in value.items()}
    if isinstance(value, list):
        return [_scaled("", item, factor) for item in value]
    return value


def _times(value: Any, factor: float) -> Any:
    if isinstance(value, dict):
        return {key: _times(item, factor) for key, item in value.items()}
    return None if value is None else value * factor


def _chain(data: Data, rng: random.Random, size: int) -> None:
    three = rng.random() < 0.5
    data["materials"] = {
        "oxid": {"stage": "separation"},
        "slag": {"stage": "separation", "disposal": rng.choice([0, 1])},
        "neo": {"stage": "magnet", "price": 60, "storage": {"cost": 1, "loss": rng.choice([0.0, 0.1])}},
    }
    data["recipes"] = {
        "split": {"stage": "separation", "outputs": {"oxid": 1.0, "slag": 0.5}, "cost": 5},
        "press": {"stage": "magnet", "inputs": {"oxid": 1.5}, "outputs": {"neo": 1.0}, "cost": 10},
    }
    stages = {"sep": "split", "mag": "press"}
    if three:
        data["materials"]["ores"] = {"stage": "mining", "freight_factor": rng.choice([1, 2])}
        data["recipes"]["dig"] = {"stage": "mining", "outputs": {"ores": 1.0}, "cost": 1}
        data["recipes"]["split"]["inputs"] = {"ores": 2.0}
        stages = {"mine": "dig", **stages}
    data["facilities"] = {}
    for stage, recipe in stages.items():
        for country in COUNTRIES:
            for number in range(size):
                if country == "AUS" or rng.random() < 0.8:
                    name = f"{stage}_{country.lower()}_{number}"
                    data["facilities"][name] = _facility(rng, data["recipes"][recipe]["stage"], country, recipe)
    data["facilities"]["mag_old"] = {
        "stage": "magnet",
        "country": "CHN",
        "recipes": {"press": {"cost": 8}},
        "capacity": 10,
    }


def _facility(rng: random.Random, stage: str, country: str, recipe: str) -> dict[str, Any]:
    record: dict[str, Any] = {
        "stage": stage,
        "country": country,
        "recipes": {recipe: {"cost": rng.choice([3, 6, 9, 12])}},
        "capacity": rng.choice([0, 0, 10, 20]) if country != "CHN" else 40,
        "exposure": {"equipment": rng.choice([0.0, 0.0, 0.2, 0.4])},
    }
    if country == "CHN":
        return record
    option: dict[str, Any] = {
        "id": "build",
        "capacity": rng.choice([10, 20]),
        "capex": rng.choice([50, 150, 400]),
        "lead": rng.choice([0, 1]),
        "public_share": rng.choice([0.5, 1.0]),
    }
    if rng.random() < 0.5:
        option |= {"life": 5, "fixed_cost": 2}
    if rng.random() < 0.2:
        option["qualification"] = {"strict": 1}
    if rng.random() < 0.2:
        option |= {"spend": [0.5, 0.5], "ramp": [0.5]}
    record["options"] = [option]
    if rng.random() < 0.3:
        record["options"].append(
            {"id": "more", "capacity": 10, "capex": 60, "after": "build", "lead": rng.choice([0, 1])}
        )
    if record["exposure"]["equipment"] > 0 and rng.random() < 0.5:
        clean = {"exposure": {"equipment": 0.0}}
        record["options"].append({"id": "refit", "capacity": rng.choice([0, 5]), "capex": 40, "sets": clean})
    return record


def _markets(data: Data, rng: random.Random) -> None:
    def market(channel: str, country: str, tonnes: int, cost: int) -> dict[str, Any]:
        line = {"product": "neo", "tonnes": {"start": tonnes, "growth": rng.choice([0.0, 0.2])}, "shortage_cost": cost}
        return {"channel": channel, "country": country, "demand": [line]}

    data["markets"] = {
        "army": market("strict", "USA", rng.randint(3, 12), rng.choice([100, 300])),
        "cars": market("open", "USA", rng.randint(5, 20), 80),
        "toys": market("open", "JPN", rng.randint(2, 10), 70),
    }


def _depot(data: Data, rng: random.Random) -> None:
    if rng.random() < 0.7:
        data["stockpiles"] = {
            "vault": {
                "country": "USA",
                "channels": rng.choice([["strict"], ["strict", "open"]]),
                "materials": ["neo"],
                "initial": {"neo": rng.choice([0, 3])},
                "capacity": {"neo": 15},
                "release": rng.choice(["disruption", "always"]),
                "targets": [{"material": "neo", "tonnes": rng.choice([0, 6]), "shortage_cost": 40}],
            }
        }


def _links(data: Data, rng: random.Random, regions: bool | None) -> None:
    if rng.random() < 0.4:
        ends = [*data["markets"], *data.get("stockpiles", {})]
        plants = [name for name in data["facilities"] if name.startswith("mag_")]
        data["lanes"] = [
            {"from": plant, "to": end, "material": "neo", "cost": rng.choice([1, 4]), "tags": [f"to_{end}"]}
            for plant in plants
            for end in ends
            if end == "army" or rng.random() < 0.8
        ]
        if "vault" in ends:
            data["lanes"] += [{"from": "vault", "to": end, "material": "neo", "cost": 1} for end in data["markets"]]
    if rng.random() < 0.6 if regions is None else regions:
        pairs = [(a, b) for a in REGIONS for b in REGIONS if a != b and rng.random() < 0.6]
        rows: list[dict[str, Any]] = [{"from": a, "to": b, "cost": rng.choice([1, 3, 8])} for a, b in pairs]
        for row in rows:
            if rng.random() < 0.3:
                row["capacity"] = rng.choice([10, 30])
        for name, record in data["facilities"].items():
            if name.startswith("mag_") and rng.random() < 0.4:
                claim = {"to": rng.choice(["japan", "america"]), "share": rng.choice([0.3, 0.6]), "until": 2028}
                record["claims"] = [claim]
        data["logistics"] = {"regions": {name: list(members) for name, members in REGIONS.items()}, "freight": rows}


EFFECTS: Sequence[dict[str, Any]] = (
    {"affects": "facilities", "where": {"country": "CHN"}, "available": 0.0},
    {"affects": "facilities", "where": {"stage": "separation"}, "available": 0.5},
    {"affects": "facilities", "where": {"equipment": ">=0.2"}, "available": 0.3},
    {"affects": "demand", "where": {"market": "army"}, "factor": 1.5},
    {"affects": "recipes", "where": {"id": "press"}, "cost": 2.0},
    {"affects": "options", "where": {"id": "build"}, "delay": 1},
)


def _scenario(rng: random.Random, number: int) -> dict[str, Any]:
    effects = rng.sample(list(EFFECTS), rng.randint(1, 2))
    found: dict[str, Any] = {
        "id": f"blow_{number}",
        "probability": rng.choice([0.125, 0.25]),
        "onset": rng.choice([2027, 2028]),
        "recovery": rng.randint(0, 2),
        "effects": [dict(effect) for effect in effects],
    }
    if rng.random() < 0.6:
        found["duration"] = 1
    return found


def _child(data: Data, rng: random.Random, number: int) -> None:
    """A scenario that leaves an earlier one: a second blow, or the same effects once more."""
    years = [period["year"] if isinstance(period, dict) else period for period in data["periods"]]
    if number == 0:
        data["scenarios"][0]["onset"] = years[0]
    parent = rng.choice([item for item in data["scenarios"] if item["onset"] < years[-1]])
    child = _scenario(rng, number) | {"id": f"child_{number}", "parent": parent["id"], "probability": 0.0625}
    child["onset"] = rng.choice([year for year in years if year > parent["onset"]])
    if rng.random() < 0.4:
        child["effects"] = copy.deepcopy(parent["effects"])
    data["scenarios"].append(child)
