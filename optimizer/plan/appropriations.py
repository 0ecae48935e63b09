"""What each appropriation gave, paid, expired and has left, period by period."""

from __future__ import annotations

from collections import defaultdict

from optimizer.network.appropriations import appropriations_of, deflator_in, deflator_of, pays_capex
from optimizer.network.starts import Start
from optimizer.network.tables import Tables
from optimizer.plan.books import Rows, Values, outlay_of_instruments

Spent = dict[tuple[str, int], float]
"""(appropriation, period) -> dollars of the time."""


def spent_of(t: Tables, investment: Values, trunk: Values) -> Spent:
    """What each appropriation pays in each period."""
    network, calendar = t.network, t.calendar
    by_id, found = appropriations_of(network), defaultdict[tuple[str, int], float](float)
    payer = {i: a for a, one in by_id.items() for i in one.instruments}
    buyer = {p: a for a, one in by_id.items() for p in one.purchases}
    keeper = {p: a for a, one in by_id.items() for p in one.holding}
    for f, o, y in investment.get("fund", {}):
        start = Start(f, o, (y,))
        for a, one in by_id.items():
            if pays_capex(network, one, start):
                for when, usd in network.starts.spend(start):
                    period = calendar.period_of(when)
                    if period is not None:
                        share = network.starts.options[f, o].public_share
                        found[a, period] += usd * share * deflator_in(network, when)
    for (when, kind, i), usd in outlay_of_instruments(t, investment, trunk).items():
        period = calendar.period_of(when)
        if i in payer and period is not None and usd > 0:
            given = kind in ("grant", "loan", "equity")
            found[payer[i], period] += usd * (deflator_in(network, when) if given else deflator_of(network, period))
    for p, material, k in t.stock.stores:
        for y in t.periods:
            if p in buyer:
                bought = trunk.get("stock_in", {}).get((p, material, k, y), 0.0)
                found[buyer[p], y] += t.stock.paid.get((p, material, k, y), 0.0) * bought * deflator_of(network, y)
            if p in keeper:
                held = trunk.get("stock", {}).get((p, material, k, y), 0.0)
                found[keeper[p], y] += t.stock.holding[p, material, y] * held * deflator_of(network, y)
    return found


def appropriation_rows(t: Tables, investment: Values, trunk: Values) -> Rows:
    """Given, spent, expired and left by period; what is expired first is spent first."""
    calendar, spent = t.calendar, spent_of(t, investment, trunk)
    rows: Rows = []
    for a, one in appropriations_of(t.network).items():
        left: dict[int, float] = {}  # by the year in which it was given
        for y in t.periods:
            given = {year: calendar.at(one.usd, year) for year in calendar.span[y]}
            left |= given
            due = spent.get((a, y), 0.0)
            for year in sorted(left):
                paid = min(due, left[year])
                left[year] -= paid
                due -= paid
            over = [year for year in left if year + one.available_for <= calendar.span[y].stop]
            expired = sum(left.pop(year) for year in over)
            rows.append((y, a, sum(given.values()), spent.get((a, y), 0.0), expired, sum(left.values())))
    return rows
