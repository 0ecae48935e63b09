"""What stockpiles cost on the trunk, and whom: purchases at the price of their channel, price steps, holding."""

from __future__ import annotations

import math
from collections import defaultdict

from optimizer.network.tables import Tables
from optimizer.plan.books import ZERO, Rows, Values

PURCHASE, PRICE_STEP, HOLDING = "purchase", "price_step", "holding"
BOUGHT = (PURCHASE, PRICE_STEP)
"""What is paid for what is taken in."""
GIVEN_OUT = "given_out"
"""What is let out, at the price at which it is taken in: what its users pay for it."""
PUBLIC, HOLDER = "public", "holder"
"""Who pays: governments, and whoever holds the stock."""


def stock_costs(t: Tables, trunk: Values) -> dict[tuple[str, str, int], dict[str, float]]:
    """(stockpile, material, period) -> what is paid and given out -> USD, undiscounted, whoever pays.

    What price steps add follows from the tonnes taken in: a solver may leave more in its columns where no budget binds.

    Args:
        t: tables of the trunk.
        trunk: component -> index -> value.
    """
    found: dict[tuple[str, str, int], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    into, out, held = trunk.get("stock_in", {}), trunk.get("stock_out", {}), trunk.get("stock", {})
    thrown = trunk.get("discarded", {})
    for p, material, k in t.stock.stores:
        for y in t.periods:
            usd, index = found[p, material, y], (p, material, k, y)
            price = t.stock.paid.get(index, 0.0)
            usd[PURCHASE] += price * into.get(index, 0.0)
            usd[HOLDING] += t.stock.holding[p, material, y] * held.get(index, 0.0)
            usd[GIVEN_OUT] += price * (out.get(index, 0.0) - thrown.get(index, 0.0))
    for (p, material, _, y), (above, more) in t.stock.steps.items():
        taken = math.fsum(into.get((*store, y), 0.0) for store in t.stock.stores if store[:2] == (p, material))
        found[p, material, y][PRICE_STEP] += more * max(0.0, taken - above)
    return found


def stock_outlay(t: Tables, trunk: Values) -> dict[tuple[str, str, int, str], float]:
    """(stockpile, material, period, instrument) -> USD that governments pay, undiscounted.

    Args:
        t: tables of the trunk.
        trunk: component -> index -> value.
    """
    return {
        (p, material, y, what): t.stock.public[p] * usd
        for (p, material, y), costs in stock_costs(t, trunk).items()
        if p in t.stock.public
        for what, usd in costs.items()
        if what != GIVEN_OUT
    }


def payer_rows(t: Tables, trunk: Values) -> Rows:
    """Who pays for which stock on the trunk, and whose is what is given out: governments by their share, holders."""
    rows: Rows = []
    for (p, material, y), costs in stock_costs(t, trunk).items():
        share = t.stock.public.get(p, 0.0)
        for payer, part in ((PUBLIC, share), (HOLDER, 1.0 - share)):
            usd = [part * costs[what] for what in (PURCHASE, PRICE_STEP, HOLDING, GIVEN_OUT)]
            if any(abs(each) > ZERO for each in usd):
                rows.append((y, p, material, payer, *usd))
    return sorted(rows)
