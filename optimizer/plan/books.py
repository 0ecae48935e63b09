"""Who sells what, and the books of facilities at reference prices: what a plan means for private money."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optimizer.instance.finance import MILLION, Capital, Stake
from optimizer.network.derive_capital import capital_of, most_given, recipients, terms_of
from optimizer.network.derive_finance import worth_of
from optimizer.network.starts import Start
from optimizer.network.tables import Network, Tables
from optimizer.plan.columns import rows_of

if TYPE_CHECKING:
    import pandas as pd

Values = Mapping[str, Mapping[Any, float]]
Rows = list[tuple[Any, ...]]

ZERO = 1e-9
ROUNDING = 1.0
"""USD below which what is given is what a solver's tolerance leaves."""
HALF = 0.5
"""Who is chosen is 1 but for rounding."""
Outlay = dict[tuple[int, str, str], float]
"""(year, account, instrument) -> USD."""
Books = dict[tuple[str, int, str, str], float]
"""(facility, year, item, instrument) -> USD."""


def finance_rows(t: Tables, investment: Values, trunk: Values) -> dict[str, Rows]:
    """The rows of all tables of finance, by table."""
    return {
        "grants": grant_rows(t.network, investment),
        "financing": financing_rows(t.network, investment),
        "owed": owed_rows(t.network, investment),
        "recipients": recipient_rows(t, investment),
        "purchases": purchase_rows(t, investment, trunk),
        "stakes": stake_rows(t, investment, trunk),
        "sales": sales_rows(t, trunk),
        "premiums": premium_rows(t, trunk),
        "strict_runs": strict_rows(trunk),
        "books": book_rows(t, investment, trunk),
    }


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


def given(network: Network, investment: Values) -> list[tuple[Capital, str, str, int, float]]:
    """(instrument, facility, option, period, USD) of what is granted, lent or paid in."""
    instruments, chosen = capital_of(network), investment.get("recipient", {})
    found = []
    for (i, f, o, y), amount in sorted(investment.get("capital", {}).items()):
        usd = amount * MILLION
        if isinstance(instruments[i], Stake):  # all of its part or nothing, whatever a solver's tolerance leaves of it
            whole = chosen.get((i, f), 0.0) > HALF and (f, o, y) in investment.get("fund", {})
            usd = most_given(network, instruments[i], f, o) * MILLION if whole else 0.0
        if usd > ROUNDING:
            found.append((instruments[i], f, o, y, usd))
    return found


def grant_rows(network: Network, investment: Values) -> Rows:
    """What is granted to whom."""
    return [(one.id, f, o, y, usd) for one, f, o, y, usd in given(network, investment) if one.kind == "grant"]


def financing_rows(network: Network, investment: Values) -> Rows:
    """What is lent to whom, or paid in for shares or a stake, and what that costs the government."""
    return [
        (one.id, f, o, y, usd, usd * terms_of(network, one, f, o, y).cost)
        for one, f, o, y, usd in given(network, investment)
        if one.kind != "grant"
    ]


def owed_rows(network: Network, investment: Values) -> Rows:
    """What is owed at the end of each year, and what of it the government stands to lose."""
    rows = []
    for one, f, o, y, usd in given(network, investment):
        terms = terms_of(network, one, f, o, y)
        rows += [(year, one.id, f, o, share * usd, share * usd * terms.public) for year, share in terms.owed]
    return sorted(rows)


def recipient_rows(t: Tables, investment: Values) -> Rows:
    """Whom instruments have chosen that choose who is paid."""
    chooses = {i for i, _, _, _ in t.finance.award_most}
    return [
        (i, f) for (i, f), value in sorted(investment.get("recipient", {}).items()) if i in chooses and value > HALF
    ]


def purchase_rows(t: Tables, investment: Values, trunk: Values) -> Rows:
    """What is bought of whom, and what is paid for it above the reference price."""
    asked, sellers = set(recipients(t.network)), investment.get("recipient", {})
    rows = []
    for (i, f, s, material, k, y), tonnes in sorted(trunk.get("bought", {}).items()):
        usd = tonnes * t.finance.bought[i, f, s, material, k, y]
        if usd > ROUNDING and ((i, f) not in asked or sellers.get((i, f), 0.0) > HALF):
            rows.append((i, y, f, s, material, k, tonnes, usd))
    return rows


def premium_rows(t: Tables, trunk: Values) -> Rows:
    """What is sold at the price of which channel, and what is paid for it above the reference price."""
    rows = []
    for part, tonnes in sorted(trunk.get("premium", {}).items(), key=lambda item: (item[0][-1], item[0])):
        f, s, material, k, users, y = part
        if tonnes > ZERO:
            rows.append((y, f, s, material, k, users, tonnes, tonnes * t.finance.premium[part]))
    return rows


def strict_rows(trunk: Values) -> Rows:
    """Activity for users of a channel, whose inputs count as taken by these."""
    found = sorted(trunk.get("strict", {}).items(), key=lambda item: (item[0][-1], item[0]))
    return [(y, r, material, users, amount) for (r, material, users, y), amount in found if amount > ZERO]


def outlay_of_instruments(t: Tables, investment: Values, trunk: Values) -> Outlay:
    """What instruments cost, by year: capital as it is spent, a loss in its years, the rest in a period's first."""
    finance, found = t.instance.finance, defaultdict[tuple[int, str, str], float](float)
    if finance is None:
        return found
    kinds = {one.id: one.kind for one in finance.instruments}
    for one, f, o, y, usd in given(t.network, investment):
        for year, share in terms_of(t.network, one, f, o, y).outlay:
            found[year, one.kind, one.id] += share * usd
    for i, _, y, usd in paid(t, investment, trunk):
        found[y, kinds[i], i] += usd
    for i, year, usd in borne(t, investment, trunk):
        found[year, kinds[i], i] += usd
    return found


def counted_outlay(t: Tables, investment: Values, trunk: Values) -> list[tuple[int, float]]:
    """(year, USD) that instruments cost which count in the budget; what one earns in a year is no budget for others."""
    finance = t.instance.finance
    counts = {one.id for one in (() if finance is None else finance.instruments) if one.budget}
    outlay = outlay_of_instruments(t, investment, trunk)
    return [(year, max(0.0, usd)) for (year, _, i), usd in outlay.items() if i in counts]


def paid(t: Tables, investment: Values, trunk: Values) -> list[tuple[str, str, int, float]]:
    """(instrument, facility, period, USD) of what instruments pay for output, to everybody or to who is chosen.

    Of what is bought it is what is above the reference price: that is in sales, and the stockpile pays it.
    """
    chosen = set(recipient_rows(t, investment))
    runs, sold = trunk.get("run", {}), trunk.get("sold", {})
    found: dict[tuple[str, str, int], float] = defaultdict(float)
    for (i, sale), usd in t.finance.per_tonne.items():
        found[i, sale[0], sale[-1]] += usd * sold.get(sale, 0.0)
    for (i, sale), usd in t.finance.award.items():
        if (i, sale[0]) in chosen:
            found[i, sale[0], sale[-1]] += usd * sold.get(sale, 0.0)
    for (i, run), usd in t.finance.per_activity.items():
        found[i, run[0], run[-1]] += usd * runs.get(run, 0.0)
    for (i, part), usd in t.finance.depleted.items():
        found[i, part[0], part[-1]] += usd * trunk.get("premium", {}).get(part, 0.0)
    for i, y, f, _, _, _, _, usd in purchase_rows(t, investment, trunk):
        found[i, f, y] += usd
    return [(*key, usd) for key, usd in sorted(found.items()) if abs(usd) > ZERO]


def started_of(investment: Values) -> dict[Start, float]:
    """What is started: options, and paths of expansions."""
    found = {Start(f, o, (t,)): value for (f, o, t), value in investment.get("fund", {}).items()}
    for (f, o, label), value in investment.get("sequence", {}).items():
        found[Start(f, o, tuple(int(year) for year in label.split(">")))] = value
    return found


def operating(t: Tables, investment: Values, trunk: Values) -> Books:
    """What facilities with books and something funded earn by operating, by period and item."""
    finance, started = t.finance, started_of(investment)
    funded = {f for f, _, _ in investment.get("fund", {})} & set(finance.fundable)
    found: Books = defaultdict(float)
    for (f, _, material, _, y), tonnes in trunk.get("sold", {}).items():
        if f in funded:
            found[f, y, "sales", ""] += tonnes * finance.price.get((f, material, y), 0.0)
    for y, f, _, _, _, _, _, usd in premium_rows(t, trunk):
        if f in funded:
            found[f, y, "premium", ""] += usd
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
    for i, f, y, usd in paid(t, investment, trunk):
        if f in funded:
            found[f, y, "instrument", i] += usd
    return found


def stake_rows(t: Tables, investment: Values, trunk: Values) -> Rows:
    """What is paid in for each stake, what the facility earns, and what the government has or bears of it, by year.

    At the horizon's end it is what that is worth which was paid for.
    """
    network = t.network
    since: dict[tuple[str, str], int] = {}
    found: dict[tuple[str, str, int], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0.0])
    shares: dict[str, float] = {}
    for one, f, o, y, usd in given(network, investment):
        if not isinstance(one, Stake):
            continue
        shares[one.id] = one.share
        since[one.id, f] = min(y, since.get((one.id, f), y))
        terms = terms_of(network, one, f, o, y)
        for year, share in terms.paid:
            found[one.id, f, year][0] += share * usd
        for year, share in terms.back:
            found[one.id, f, year][1] += share * usd / one.share
            found[one.id, f, year][2] += share * usd
    result: dict[tuple[str, int], float] = defaultdict(float)
    for (f, y, _, _), usd in operating(t, investment, trunk).items() if since else ():
        result[f, y] += usd
    for (i, f), first in since.items():
        for y in t.periods:
            usd = result[f, y]
            if y >= first and abs(usd) > ZERO:
                row = found[i, f, y]
                row[1] += usd
                row[2 if usd > 0 else 3] += shares[i] * abs(usd)
    return [(*key, *row) for key, row in sorted(found.items())]


def borne(t: Tables, investment: Values, trunk: Values) -> list[tuple[str, int, float]]:
    """(instrument, calendar year, USD) of losses that stakes bear: those of a period in its years alike."""
    rows = [(i, y, usd) for i, _, y, _, _, _, usd in stake_rows(t, investment, trunk) if usd]
    return [(i, year, usd / t.calendar.years[y]) for i, y, usd in rows for year in t.calendar.span[y]]


def book_rows(t: Tables, investment: Values, trunk: Values) -> Rows:
    """Books of the facilities that must pay their way and of which something is funded.

    Discounted at the hurdle rate they add up to what is left: nothing is lost where that is 0 or more.
    """
    network = t.network
    if network.instance.finance is None:
        return []
    rate, calendar = network.instance.finance.hurdle_rate, network.calendar
    fund = investment.get("fund", {})
    found = operating(t, investment, trunk)
    funded = {key[0] for key in found}
    for f, o, y in fund:
        if f in funded:
            start, share = Start(f, o, (y,)), 1.0 - network.starts.options[f, o].public_share
            for year, usd in network.starts.spend(start):
                found[f, year, "capex", ""] -= usd * share
            end = calendar.end_year
            found[f, end, "residual", ""] += network.starts.credit(start) / calendar.discount_of(end)
    for one, f, o, y, amount in given(network, investment):
        if f in funded:
            for year, share in terms_of(network, one, f, o, y).flows:
                found[f, year, "instrument", one.id] += share * amount
    for i, f, y, _, _, earned, lost in stake_rows(t, investment, trunk):
        if y in calendar.periods:  # at the end it is among what is given
            found[f, y, "instrument", i] += lost - earned
    return [
        (f, year, item, i, usd, usd * worth_of(calendar, rate, year))
        for (f, year, item, i), usd in sorted(found.items())
        if abs(usd) > ZERO
    ]


def discounted_outlay(network: Network, outlay: pd.DataFrame) -> float:
    """All that governments pay, discounted, USD: what an instrument earns in a period is no less than nothing.

    Args:
        network: its calendar discounts.
        outlay: a plan's table of that name.
    """
    finance = network.instance.finance
    kinds = {} if finance is None else {one.id: one.kind for one in finance.instruments}
    return math.fsum(
        network.calendar.discount_of(int(row.year))
        * (max(0.0, row.usd) if kinds.get(str(row.instrument)) == row.account else row.usd)
        for row in rows_of(outlay)
    )
