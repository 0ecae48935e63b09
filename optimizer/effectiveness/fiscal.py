"""Public outlay dollar by dollar: in which year, of which appropriation, by which instrument, to whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from optimizer.errors import PlanError
from optimizer.instance.finance import SPENT
from optimizer.network.appropriations import appropriations_of, deflator_in, deflator_of, pays_capex
from optimizer.network.derive import tables_of
from optimizer.network.derive_capital import capital_of, terms_of
from optimizer.network.starts import Start
from optimizer.network.tables import TRUNK, Network
from optimizer.plan.books import paid
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.plan.public_stock import BOUGHT, stock_outlay

CAPEX, STOCKPILE = "capex", "stockpile"
"""Accounts of outlay that are no instrument."""
BY_YEAR = SPENT | {CAPEX}
"""Accounts that are paid in calendar years, as capex is spent; the rest in the first year of a period."""
CLOSE = 1.0
"""USD by which lines may differ from the plan's table: what a solver's tolerance and the rounding of sums leave."""
RELATIVE = 1e-9
"""The same, of an amount."""


@dataclass(frozen=True, slots=True)
class Outlay:
    """One line of public outlay on the trunk.

    Attributes:
        year: calendar year, which stands for the fiscal year; of what falls due evenly over a period its first.
        appropriation: that pays for it; empty where none does.
        account: as in the table `outlay`.
        instrument: as in the table `outlay`.
        recipient: facility, or stockpile.
        item: option, or material; empty where an instrument pays for output.
        usd: undiscounted, of the base year; negative where the government earns.
        nominal: dollars of the year, by the deflator of the budget.
        discounted: USD of the base year.
    """

    year: int
    appropriation: str
    account: str
    instrument: str
    recipient: str
    item: str
    usd: float
    nominal: float
    discounted: float


def outlay_of(plan: Plan, network: Network) -> list[Outlay]:
    """Every line of a plan's public outlay, from its tables.

    Args:
        plan: with tables.
        network: of its instance.

    Raises:
        PlanError: the lines do not add up to the plan's table `outlay`.
    """
    sums: dict[tuple[int, str, str, str, str, str], float] = defaultdict(float)
    for year, appropriation, account, instrument, recipient, item, usd in _lines(plan, network):
        sums[year, appropriation, account, instrument, recipient, item] += usd
    found = []
    for key, usd in sorted(sums.items()):
        year, account = key[0], key[2]
        period = None if account in BY_YEAR else network.calendar.period_of(year)
        factor = deflator_in(network, year) if period is None else deflator_of(network, period)
        found.append(Outlay(*key, usd, usd * factor, usd * network.calendar.discount_of(year)))
    _check(plan, found)
    return found


def _lines(plan: Plan, network: Network) -> Iterator[tuple[int, str, str, str, str, str, float]]:
    by_id = appropriations_of(network)
    payer = {i: a for a, one in by_id.items() for i in one.instruments}
    buyer = {p: a for a, one in by_id.items() for p in one.purchases}
    keeper = {p: a for a, one in by_id.items() for p in one.holding}
    t, starts = tables_of(network), network.starts
    for row in rows_of(plan.portfolio):
        f, o, start = str(row.facility), str(row.option), Start(row.facility, row.option, (int(row.funded),))
        payers = [a for a, one in by_id.items() if pays_capex(network, one, start)]
        share = starts.options[f, o].public_share
        for year, usd in starts.spend(start) if share else ():
            yield year, "".join(payers), CAPEX, "grant", f, o, usd * share
    investment, trunk = _values(plan)
    for (p, m, y, instrument), usd in stock_outlay(t, trunk).items():
        if usd:
            of = (buyer if instrument in BOUGHT else keeper).get(p, "")
            yield y, of, STOCKPILE, instrument, p, m, usd
    if network.instance.finance is None:
        return
    for name in ("grants", "financing"):
        for row in rows_of(getattr(plan, name)):
            one, f, o = capital_of(network)[row.instrument], str(row.facility), str(row.option)
            for year, share in terms_of(network, one, f, o, int(row.funded)).outlay:
                yield year, payer.get(one.id, ""), one.kind, one.id, f, o, share * row.usd
    kinds = {one.id: one.kind for one in network.instance.finance.instruments}
    for row in rows_of(plan.stakes):
        i, span = str(row.instrument), network.calendar.span.get(int(row.year), ())
        for year in span if row.borne else ():
            yield year, payer.get(i, ""), kinds[i], i, str(row.facility), "", row.borne / len(span)
    for i, f, y, usd in paid(t, investment, trunk):
        yield y, payer.get(i, ""), kinds[i], i, f, "", usd
    for row in rows_of(plan.purchases):
        i = str(row.instrument)
        yield int(row.period), payer.get(i, ""), kinds[i], i, str(row.facility), str(row.material), float(row.usd)


def _values(plan: Plan) -> tuple[dict[str, dict[Any, float]], dict[str, dict[Any, float]]]:
    """Investment and trunk, as far as stockpiles and what is paid for output look at them, from a plan's tables."""
    chosen: dict[Any, float] = {(row.instrument, row.facility): 1.0 for row in rows_of(plan.recipients)}
    runs: dict[Any, float] = {
        (row.facility, row.state, row.recipe, row.channel, int(row.period)): float(row.run)
        for row in rows_of(plan.runs)
        if row.scenario == TRUNK
    }
    sold: dict[Any, float] = {
        (row.facility, row.state, row.material, row.channel, int(row.period)): float(row.sold)
        for row in rows_of(plan.sales)
    }
    taken: dict[Any, float] = {}
    held: dict[Any, float] = {}
    for row in rows_of(plan.stock.rename(columns={"in": "taken"})):
        if row.scenario == TRUNK:
            index = (row.stockpile, row.material, row.channel, int(row.period))
            taken[index], held[index] = float(row.taken), float(row.closing)
    return {"recipient": chosen}, {"run": runs, "sold": sold, "stock_in": taken, "stock": held}


def _check(plan: Plan, lines: list[Outlay]) -> None:
    """Every dollar of the table is in one line, and no other is."""
    left: dict[tuple[int, str, str], float] = defaultdict(float)
    size: dict[tuple[int, str, str], float] = defaultdict(float)
    for row in rows_of(plan.outlay):
        left[int(row.year), str(row.account), str(row.instrument)] += float(row.usd)
    for line in lines:
        key = (line.year, line.account, line.instrument)
        left[key] -= line.usd
        size[key] += abs(line.usd)
    wrong = [
        f"{account} {instrument} in {year}: {usd:,.2f} USD are in no line"
        for (year, account, instrument), usd in left.items()
        if abs(usd) > CLOSE + RELATIVE * size[year, account, instrument]
    ]
    if wrong:
        raise PlanError(f"the plan's outlay does not follow from its other tables: {'; '.join(wrong)}")
