"""Published cases of location and of interdiction, with the optimum that their source states.

Source of all: W. E. Hart and others, Pyomo Gallery (National Technology and Engineering Solutions of Sandia),
github.com/Pyomo/PyomoGallery at 0b80993 and b685625: p_median, network_interdiction/max_flow and .../min_cost_flow. The
first is the p-median problem of Hakimi (1964, Operations Research 12); interdiction after Wood (1993, Mathematical and
Computer Modelling 17).
"""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from support.build import Data, funded, solve

from optimizer.losses import stress

MAX_FLOW = {("start", "b"): 10, ("start", "c"): 70, ("c", "b"): 30, ("b", "end"): 100, ("c", "d"): 40, ("d", "end"): 50}
"""Arc -> capacity; from start to end."""
COST = {("start", "b"): 0, ("start", "c"): 10, ("c", "b"): 30, ("b", "end"): 0, ("c", "d"): 20, ("d", "end"): 70}
"""Arc -> cost; capacities as above. 20 units come from start and 10 from c, 30 are asked for at the end."""
UNSATISFIED = 2 * 5 * 70
"""What a unit costs that stays where it is and is missing: nodes x highest cost, for either."""


def network(costs: dict[tuple[str, str], int], supply: dict[str, float], demand: float, short: float) -> Data:
    """Arcs as lanes, nodes as facilities; only those with a supply make anything."""
    nodes = dict.fromkeys(node for arc in MAX_FLOW for node in arc if node != "end")
    return {
        "schema": 1,
        "name": "arcs",
        "base_year": 2027,
        "discount_rate": 0.0,
        "periods": [2027],
        "domestic": ["USA"],
        "countries": {"USA": "domestic"},
        "materials": {"good": {"stage": "magnet"}},
        "recipes": {"make": {"stage": "magnet", "outputs": {"good": 1}}},
        "facilities": {
            node: {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": supply.get(node, 0)}
            for node in nodes
        },
        "channels": {"strict": {}, "open": {}},
        "markets": {
            "end": {
                "channel": "strict",
                "country": "USA",
                "demand": [{"product": "good", "tonnes": demand, "shortage_cost": short}],
            }
        },
        "lanes": [
            {"from": start, "to": end, "material": "good", "capacity": capacity, "cost": costs[start, end]}
            for (start, end), capacity in MAX_FLOW.items()
        ],
    }


def interdicted(data: Data, attacks: int) -> Data:
    """The worst case over a scenario for each set of so many arcs."""
    scenarios = [
        {
            "id": "_".join(f"{start}_{end}" for start, end in arcs),
            "probability": 0.001,
            "onset": 2027,
            "effects": [
                {"affects": "lanes", "where": {"from": start, "to": end}, "available": 0} for start, end in arcs
            ],
        }
        for arcs in combinations(MAX_FLOW, attacks)
    ]
    return data | {"scenarios": scenarios, "risk": {"measure": "worst_case"}}


@pytest.mark.parametrize(("attacks", "flow"), [(1, 10), (2, 0)])
def test_max_flow_interdiction(attacks: int, flow: float, tmp_path: Path) -> None:
    """Of a largest flow of 80, one arc lost leaves 10, two leave nothing (several pairs do), lanes being taken."""
    plan = solve(network(dict.fromkeys(COST, 0), {"start": 1000}, 80, 1))
    assert plan.objective == pytest.approx(0.0, abs=1e-6)
    found = stress(plan, losses=attacks, of="lanes", folder=tmp_path / "stress", workers=1)
    assert found.proved
    assert found.info["lower"] == pytest.approx(80 - flow, abs=1e-6)
    assert attacks > 1 or found.info["worst"]["losses"] == ["start>c"]


def test_the_largest_flow_is_80() -> None:
    """Of 100 asked for, 20 are short; nothing is lost."""
    plan = solve(network(dict.fromkeys(COST, 0), {"start": 1000}, 100, 1))
    assert plan.objective == pytest.approx(20.0, abs=1e-6)


@pytest.mark.parametrize(("attacks", "cost", "short"), [(0, 700, 0), (1, 7300, 10), (2, 21000, 30)])
def test_min_cost_flow_interdiction(attacks: int, cost: float, short: float, tmp_path: Path) -> None:
    """The dearest that so many arcs lost can make it, as the worst case over all of them and as tonnes short."""
    data = network(COST, {"start": 20, "c": 10}, 30, UNSATISFIED)
    plan = solve(interdicted(data, attacks) if attacks else data)
    assert plan.objective == pytest.approx(cost, rel=1e-6)
    if attacks:
        found = stress(solve(data), losses=attacks, of="lanes", folder=tmp_path / "stress", workers=1)
        assert found.proved
        assert found.info["lower"] == pytest.approx(short, abs=1e-6)


def test_p_median() -> None:
    """Three of ten places for six customers: 6.431184939357673, at the places 3, 6 and 9."""
    draw = random.Random(1000)
    cost = {(i, j): draw.uniform(1.0, 2.0) for i in range(1, 11) for j in range(1, 7)}
    option: dict[str, Any] = {"id": "open", "capacity": 6, "capex": 0, "latest": 2027}
    places = {
        f"place_{i}": {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 0, "options": [option]}
        for i in range(1, 11)
    }
    demand = [{"product": "good", "tonnes": 1}]
    data = network(COST, {}, 1, 1) | {
        "name": "median",
        "facilities": places,
        "channels": {"open": {}},
        "markets": {f"customer_{j}": {"channel": "open", "country": "USA", "demand": demand} for j in range(1, 7)},
        "lanes": [
            {"from": f"place_{i}", "to": f"customer_{j}", "material": "good", "cost": usd}
            for (i, j), usd in cost.items()
        ],
        "policy": {"rules": [{"rule": "count", "stage": "magnet", "max": 3}]},
    }
    plan = solve(data)
    assert plan.objective == pytest.approx(6.431184939357673, rel=1e-9)
    assert funded(plan) == [f"place_{i}:open:2027" for i in (3, 6, 9)]
