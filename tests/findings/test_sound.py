"""What is said to be impossible has no plan: random small instances, solved."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.params import first_fast

from optimizer.findings import findings_of
from optimizer.network.network import network_of
from optimizer.run import load
from optimizer.solver.options import Options
from optimizer.solver.solve import solve

from .conftest import Dumper

RECIPES: dict[str, dict[str, Any]] = {
    "dig": {"stage": "mining", "outputs": {"ore": 1}, "cost": 1},
    "split": {"stage": "separation", "inputs": {"ore": 2}, "outputs": {"light": 1, "heavy": 0.3}, "cost": 2},
    "press": {"stage": "magnet", "inputs": {"light": 0.5}, "outputs": {"plain": 1, "scrap": 0.2}, "cost": 3},
    "press_strong": {"stage": "magnet", "inputs": {"light": 0.4, "heavy": 0.2}, "outputs": {"strong": 1}, "cost": 3},
    "recycle": {"stage": "recycling", "inputs": {"scrap": 1}, "outputs": {"light": 0.3}, "cost": 1},
}
MATERIALS = {
    "ore": {"stage": "mining"},
    "light": {"stage": "separation", "storage": {"cost": 1}},
    "heavy": {"stage": "separation"},
    "plain": {"stage": "magnet", "storage": {"cost": 1}},
    "strong": {"stage": "magnet"},
    "scrap": {"stage": "recycling"},
}
KINDS = [["dig"], ["split"], ["press", "press_strong"], ["press"], ["press_strong"], ["recycle"]]


def _option(dice: random.Random, name: str, first: bool) -> dict[str, Any]:
    option: dict[str, Any] = {"id": name, "capacity": dice.choice([5, 10, 20]), "capex": 10, "lead": dice.randint(0, 2)}
    if dice.random() < 0.3:
        option["ramp"] = [0.5]
    if dice.random() < 0.3:
        option["qualification"] = {"mdap": 1}
    if dice.random() < 0.2:
        option["sets"] = {"exposure": {"equipment": 0.0}}
    if not first and dice.random() < 0.5:
        option["after"] = "first"
    return option


def _facility(dice: random.Random, number: int) -> dict[str, Any]:
    recipes = KINDS[number] if number < 3 else dice.choice(KINDS)
    facility: dict[str, Any] = {
        "stage": RECIPES[recipes[0]]["stage"],
        "country": dice.choice(["USA", "USA", "AUS"] if number < 3 else ["USA", "AUS", "CHN"]),
        "recipes": recipes,
        "capacity": dice.choice([60, 100] if recipes == ["dig"] else [0, 10, 20, 40, 60]),
        "options": [_option(dice, name, name == "first") for name in ("first", "second")[: dice.randint(0, 2)]],
    }
    if dice.random() < 0.2:
        facility["exposure"] = {"equipment": dice.choice([0.2, 1.0])}
    return facility


def _line(dice: random.Random, product: str) -> dict[str, Any]:
    line: dict[str, Any] = {"product": product, "tonnes": dice.choice([1, 4, 8, 12, {2027: 2, 2029: 12}])}
    line["shortage_cost"] = dice.choice([None, None, 100, {2027: 50, 2028: None}])
    if product == "plain" and dice.random() < 0.4:
        line["accepts"] = ["plain", "strong"]
    return line


def _rules(dice: random.Random, funded: list[str]) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = []
    if dice.random() < 0.2:
        rules.append({"rule": "delivered_content", "markets": ["programs"], "channel": "home", "share": {2028: 0.5}})
    if dice.random() < 0.2:
        rules.append({"rule": "diversify", "materials": ["plain"], "channel": "mdap", "by": "country", "share": 0.6})
    if funded and dice.random() < 0.2:
        rules.append({"rule": "require", "facility": dice.choice(funded), "by": 2028})
    if funded and dice.random() < 0.1:
        rules.append({"rule": "forbid", "facility": dice.choice(funded)})
    return rules


def _instance(dice: random.Random) -> dict[str, Any]:
    facilities = {f"f{number}": _facility(dice, number) for number in range(dice.randint(4, 7))}
    markets = {
        name: {
            "channel": channel,
            "country": "USA",
            "demand": [_line(dice, p) for p in ("plain", "strong")[: dice.randint(1, 2)]],
        }
        for name, channel in (("programs", "mdap"), ("trade", "commercial"))
    }
    store = {
        "country": "USA",
        "channel": "mdap",
        "materials": ["plain"],
        "release": "always",
        "capacity": {"plain": 25},
    }
    reserve = {"country": "USA", "channel": "mdap", "materials": ["plain"], "public": False}
    stockpiles: dict[str, dict[str, Any]] = {}
    if dice.random() < 0.4:
        stockpiles["store"] = {**store, "initial": {"plain": dice.choice([0, 10])}}
    if dice.random() < 0.4:
        stockpiles["reserve"] = {**reserve, "targets": [{"material": "plain", "tonnes": {2028: dice.choice([5, 30])}}]}
    funded = [name for name, facility in facilities.items() if facility["options"]]
    return {
        "schema": 1,
        "name": "random",
        "base_year": 2027,
        "discount_rate": 0.05,
        "periods": [2027, 2028, {"year": 2029, "years": 2}],
        "domestic": ["USA"],
        "countries": {"USA": "domestic", "AUS": "ally", "CHN": "adversary"},
        "materials": MATERIALS,
        "recipes": RECIPES,
        "facilities": facilities,
        "channels": {
            "home": {"tiers": ["domestic"], "max_exposure": {"equipment": 0.3}},
            "mdap": {"tiers": ["domestic", "ally"], "max_exposure": {"equipment": 0.3}},
            "commercial": {},
        },
        "markets": markets,
        "stockpiles": stockpiles,
        "policy": {"budget": {"total": dice.choice([10, 40])}, "rules": _rules(dice, funded)},
    }


def _judge(folder: Path, seed: int) -> tuple[bool, str]:
    """Whether something is said to be impossible, and how the solver ends."""
    data = yaml.dump(_instance(random.Random(seed)), Dumper=Dumper, sort_keys=False)
    (folder / "instance.yaml").write_text(data, encoding="utf-8")
    network = network_of(load(folder))
    impossible = any(finding.severity == "cannot" for finding in findings_of(network))
    return impossible, solve(network, Options("auto", 1e-4, None, 60.0, 1, 0), None, None).status


@pytest.mark.parametrize("seed", first_fast(range(12), 4))
def test_what_cannot_be_met_has_no_plan(tmp_path: Path, seed: int) -> None:
    impossible, status = _judge(tmp_path, seed)
    assert status in ("optimal", "infeasible")
    assert not impossible or status == "infeasible"


@pytest.mark.slow
def test_most_of_what_has_no_plan_is_told_before_solving(tmp_path: Path) -> None:
    judged = [_judge(tmp_path, seed) for seed in range(100, 260)]
    infeasible = [impossible for impossible, status in judged if status == "infeasible"]
    assert not any(impossible for impossible, status in judged if status != "infeasible")
    assert len(infeasible) > 30
    assert len(judged) - len(infeasible) > 30
    assert sum(infeasible) > 0.8 * len(infeasible)
