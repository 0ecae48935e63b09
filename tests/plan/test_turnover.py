"""Stock that a solver turns over for nothing is not told, and what moves is."""

from __future__ import annotations

import copy

from support.build import GAP, instance_of, one_market

from optimizer.network.network import network_of
from optimizer.network.tables import TRUNK
from optimizer.run import plan_of
from optimizer.solver.options import Options
from optimizer.solver.solve import solve

PLANT = {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": {2027: 5, 2028: 0}}
STORE = {"country": "USA", "channel": "open", "materials": ["magnet"], "release": "always"}


def test_stock_turned_over_is_left_out() -> None:
    """3 t go in and 3 t out, whether or not the solver has let 1,000 t go round beside them; the check passes."""
    data = one_market("turned", {"plant": PLANT}, tonnes={2027: 2, 2028: 3}, shortage_cost=1000)
    data["materials"]["magnet"]["storage"] = {"cost": 1}
    data["stockpiles"] = {"store": STORE}
    instance, options = instance_of(data), Options(gap=GAP, threads=1)
    solved = solve(network_of(instance), options)
    turned = copy.deepcopy(solved)
    for name in ("stock_in", "stock_out"):
        moved = dict(turned.values[TRUNK].get(name, {}))
        for year in (2027, 2028):
            index = ("store", "magnet", "open", year)
            moved[index] = moved.get(index, 0.0) + 1000.0
        turned.values[TRUNK] = {**turned.values[TRUNK], name: moved}
    plan = plan_of(instance, options, turned)
    assert plan.info["verdict"]["ok"]
    stock = plan.tables["stock"][["period", "in", "out"]].to_numpy().round(9).tolist()
    assert stock == [[2027, 3, 0], [2028, 0, 3]]
