"""What counts of the stock that stands at the horizon's end."""

from __future__ import annotations

import math

from optimizer.network.derive_residual import end_price
from optimizer.network.tables import Tables
from optimizer.plan.books import Rows, Values


def count_residual(t: Tables, mine: Values, trunk: Values, rows: dict[str, Rows]) -> None:
    """Rows of `residual`, and what they take off costs: the most that the stock allows. Source: row S5.

    Args:
        t: tables of the course.
        mine: its values.
        trunk: those of the trunk, whose stock counts where the course restores its own.
        rows: result rows, to be added to.
    """
    stock = (trunk if t.restores else mine).get("stock", {})
    end = t.calendar.discount_of(t.calendar.end_year)
    for (p, material, y), most in t.residual.most.items():
        counted = most
        for (name, other, _, _), (room, stores) in t.residual.rows.items():
            if (name, other) == (p, material):
                counted = min(counted, room + math.fsum(stock.get((*store, y), 0.0) for store in stores))
        counted = max(counted, 0.0)
        stockpile = t.instance.stockpiles[p]
        price = end_price(t.network, material, stockpile.country)
        usd = counted * stockpile.residual * price
        rows["residual"].append((t.course, y, p, material, most, counted, price, usd))
        rows["spent"].append((t.course, y, "residual_stock", -usd, -usd * end))
