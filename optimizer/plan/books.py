"""Who sells what, and the books of facilities at reference prices: what a plan means for private money."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from optimizer.instance.finance import MILLION
from optimizer.network.derive_finance import worth_of
from optimizer.network.starts import Start
from optimizer.network.tables import Network, Tables

Values = Mapping[str, Mapping[Any, float]]
Rows = list[tuple[Any, ...]]

ZERO = 1e-9
ROUNDING = 1.0
"""USD below which a grant is what a solver's tolerance leaves."""
Outlay = dict[tuple[int, str, str], float]
"""(year, account, instrument) -> USD."""


def sales_rows(t: Tables, trunk: Values) -> Rows:
    """What is made and sold on the trunk, where the instance asks who sells what."""
    runs, sold = trunk.get("run", {}), trunk.get("sold", {})
    rows = []
    for sale, made in sorted(t.finance.sold.items(), key=lambda item: (item[0][-1], item[0])):
        f, s, material, k, y = sale
        tonnes = math.fsum(each * runs.get(run, 0.0) for run, each in made)
        if tonnes > ZERO:
            rows.append((y, f, s, material, k, tonnes, sold.get(sale, 0.0), t.finance.price.get((f, material, y))))
    return rows


def grant_rows(investment: Values) -> Rows:
    """What is granted to whom."""
    return [
        (i, f, o, y, amount * MILLION)
        for (i, f, o, y), amount in sorted(investment.get("grant", {}).items())
        if amount * MILLION > ROUNDING
    ]


def outlay_of_instruments(t: Tables, investment: Values, trunk: Values) -> Outlay:
    """What instruments pay, by year: grants as capex is spent, the rest in the first year of each period."""
    finance, found = t.instance.finance, defaultdict[tuple[int, str, str], float](float)
    if finance is None:
        return found
    kinds = {one.id: one.kind for one in finance.instruments}
    for i, f, o, y, granted in grant_rows(investment):
        for year, usd in granted_by_year(t.network, f, o, y, granted):
            found[year, kinds[i], i] += usd
    for i, _, y, usd in paid(t, trunk):
        found[y, kinds[i], i] += usd
    return found


def granted_by_year(network: Network, f: str, o: str, y: int, usd: float) -> list[tuple[int, float]]:
    """(year, USD) of a grant: it is paid as the capex is spent."""
    capex = network.starts.options[f, o].capex
    return [(year, usd * spent / capex) for year, spent in network.starts.spend(Start(f, o, (y,)))]


def paid(t: Tables, trunk: Values) -> list[tuple[str, str, int, float]]:
    """(instrument, facility, period, USD) of what instruments pay for output."""
    runs, sold = trunk.get("run", {}), trunk.get("sold", {})
    found: dict[tuple[str, str, int], float] = defaultdict(float)
    for (i, sale), usd in t.finance.per_tonne.items():
        found[i, sale[0], sale[-1]] += usd * sold.get(sale, 0.0)
    for (i, run), usd in t.finance.per_activity.items():
        found[i, run[0], run[-1]] += usd * runs.get(run, 0.0)
    return [(*key, usd) for key, usd in sorted(found.items()) if abs(usd) > ZERO]


def book_rows(t: Tables, investment: Values, trunk: Values, started: Mapping[Start, float]) -> Rows:
    """Books of the facilities that must pay their way and of which something is funded.

    Discounted at the hurdle rate they add up to what is left: nothing is lost where that is 0 or more.
    """
    network, finance = t.network, t.finance
    if network.instance.finance is None:
        return []
    rate, calendar = network.instance.finance.hurdle_rate, network.calendar
    fund = investment.get("fund", {})
    funded = {f for f, _, _ in fund} & set(finance.fundable)
    found: dict[tuple[str, int, str, str], float] = defaultdict(float)
    for (f, _, material, _, y), tonnes in trunk.get("sold", {}).items():
        if f in funded:
            found[f, y, "sales", ""] += tonnes * finance.price.get((f, material, y), 0.0)
    for run, amount in trunk.get("run", {}).items():
        if run[0] in funded:
            f, _, r, k, y = run
            found[f, y, "activity", ""] -= amount * t.capacity.run_cost[f, r, k, y]
            found[f, y, "inputs", ""] -= amount * finance.inputs.get(run, 0.0)
    for f in funded:
        for y in t.periods:
            found[f, y, "fixed", ""] -= t.capacity.fixed[f, y]
    for y, terms in t.capacity.fixed_of.items():
        for start, usd in terms:
            if start.facility in funded:
                found[start.facility, y, "fixed", ""] -= usd * started.get(start, 0.0)
    for f, o, y in fund:
        if f in funded:
            start, share = Start(f, o, (y,)), 1.0 - network.starts.options[f, o].public_share
            for year, usd in network.starts.spend(start):
                found[f, year, "capex", ""] -= usd * share
            end = calendar.end_year
            found[f, end, "residual", ""] += network.starts.credit(start) / calendar.discount_of(end)
    for i, f, o, y, granted in grant_rows(investment):
        if f in funded:
            for year, usd in granted_by_year(network, f, o, y, granted):
                found[f, year, "instrument", i] += usd
    for i, f, y, usd in paid(t, trunk):
        if f in funded:
            found[f, y, "instrument", i] += usd
    return [
        (f, year, item, i, usd, usd * worth_of(calendar, rate, year))
        for (f, year, item, i), usd in sorted(found.items())
        if abs(usd) > ZERO
    ]
