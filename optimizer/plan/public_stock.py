"""What public stockpiles cost on the trunk: purchases at the price of their channel, what price steps add, holding."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from optimizer.network.tables import Tables

Values = Mapping[str, Mapping[Any, float]]

PURCHASE, PRICE_STEP, HOLDING = "purchase", "price_step", "holding"
BOUGHT = (PURCHASE, PRICE_STEP)
"""What is paid for what is taken in."""


def stock_outlay(t: Tables, trunk: Values) -> dict[tuple[str, str, int, str], float]:
    """(stockpile, material, period, instrument) -> USD, undiscounted.

    What price steps add follows from the tonnes taken in: a solver may leave more in its columns where no budget binds.

    Args:
        t: tables of the trunk.
        trunk: component -> index -> value.
    """
    found: dict[tuple[str, str, int, str], float] = defaultdict(float)
    into, held = trunk.get("stock_in", {}), trunk.get("stock", {})
    for p, material, k in t.stock.stores:
        if p not in t.stock.public:
            continue
        for y in t.periods:
            price = t.stock.paid.get((p, material, k, y), 0.0)
            found[p, material, y, PURCHASE] += price * into.get((p, material, k, y), 0.0)
            found[p, material, y, HOLDING] += t.stock.holding[p, material, y] * held.get((p, material, k, y), 0.0)
    for (p, material, _, y), (above, usd) in t.stock.steps.items():
        taken = math.fsum(into.get((*store, y), 0.0) for store in t.stock.stores if store[:2] == (p, material))
        found[p, material, y, PRICE_STEP] += usd * max(0.0, taken - above)
    return found
