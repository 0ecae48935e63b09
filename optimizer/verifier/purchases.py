"""Purchases for stockpiles: of whom, that a tonne is bought once and arrives, and what is paid for it."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.instance.finance import REFERENCE, Finance, Purchase
from optimizer.verifier.capital import eligible_in
from optimizer.verifier.case import Case
from optimizer.verifier.columns_finance import PurchaseRow
from optimizer.verifier.futures import TRUNK
from optimizer.verifier.premiums import check_bought_at_price
from optimizer.verifier.verdict import At

Made = tuple[int, str, str, str, str]
"""Period, facility, state, material, channel."""


def check_purchases(case: Case, finance: Finance, keep_books: set[str]) -> Iterator[tuple[str, str, int, float]]:
    """(instrument, facility, period, USD) of what is paid above reference prices, once the table is checked.

    Args:
        case: the plan, and its instance.
        finance: what the instance says of it.
        keep_books: facilities that must pay their way: nobody else is paid more than the reference price.
    """
    by_id = {one.id: one for one in finance.instruments if isinstance(one, Purchase)}
    of_sale: dict[Made, list[tuple[float, frozenset[int]]]] = {}
    priced: dict[Made, list[tuple[str, float, frozenset[int]]]] = {}
    coming: dict[tuple[str, str, str, int], list[tuple[str, float]]] = {}
    taken: dict[tuple[str, int], float] = {}  # by calendar year
    paid: dict[str, dict[str, float]] = {name: {} for name in by_id}  # by facility
    for row in case.rows.purchases:
        at = At(f"{row.instrument}:{row.facility}:{row.material}", row.period)
        one = by_id.get(row.instrument)
        if one is None:
            case.ledger.holds("known_ids", at, False, f"there is no purchase '{row.instrument}'")
            continue
        above = _above(case, one, row)
        may = bool(above) and row.facility in keep_books and row.material in one.material and _may_come(case, one, row)
        text = f"{row.facility} cannot sell {row.material} ({row.channel}) to it then"
        case.ledger.holds("purchase_eligible", at, may, text, row.tonnes, "t")
        usd = row.tonnes * sum(above.values()) / max(1, len(above))
        case.ledger.equal("purchase_paid", at, row.usd, usd, "paid above the reference price", "USD")
        of_sale.setdefault(_sale(case, row), []).append((row.tonnes, frozenset(above)))
        if into := _into(case, one, row):
            priced.setdefault(_sale(case, row), []).append((into, row.tonnes, frozenset(above)))
        place = "" if case.facts.pooled(row.material) else row.facility
        arriving = (one.stockpile, place, row.material, row.period)
        coming.setdefault(arriving, []).append((row.channel, row.tonnes))
        for year in above:
            taken[one.id, year] = taken.get((one.id, year), 0.0) + row.tonnes / len(above)
        paid[one.id][row.facility] = paid[one.id].get(row.facility, 0.0) + usd
        yield one.id, row.facility, row.period, usd
    _check_once(case, of_sale)
    _check_arrivals(case, coming)
    check_bought_at_price(case, priced)
    _check_limits(case, by_id, taken, paid)


def _sale(case: Case, row: PurchaseRow) -> Made:
    return (row.period, row.facility, "+".join(sorted(case.state_of(row.state))), row.material, row.channel)


def _above(case: Case, one: Purchase, row: PurchaseRow) -> dict[int, float]:
    """USD per t above the reference price of the period, by year in which a plant sells to it."""
    period = case.facts.periods[row.period]
    region = case.facts.region(case.instance.facilities[row.facility].country)
    series = case.facts.price_series(row.material, region)
    if series is None:
        return {}
    into = _into(case, one, row)
    # What the stockpile pays anyway.
    reference = case.facts.mean(series, period) * (case.facts.factor(row.material, into, period) if into else 1.0)
    found = {}
    for year in period.span:
        price = one.price.raw(year, case.facts.first)
        if one.tonnes is not None and one.tonnes.at(year, case.facts.first) <= 0:
            continue
        if price == REFERENCE or not eligible_in(case, one, row.facility, case.state_of(row.state), year):
            continue
        if price is not None and not isinstance(price, str) and price > reference:
            found[year] = price - reference
    return found


def _into(case: Case, one: Purchase, row: PurchaseRow) -> str:
    """The strictest channel of the stockpile into which a purchase may come; empty if there is none."""
    holds = [held for held in case.instance.stockpiles[one.stockpile].holds if case.facts.as_strict(row.channel, held)]
    return min(holds, key=lambda held: case.facts.rank[held], default="")


def _may_come(case: Case, one: Purchase, row: PurchaseRow) -> bool:
    """Whether the stockpile holds it in that channel or a looser one, and a way leads there."""
    stockpile = case.instance.stockpiles[one.stockpile]
    holds = any(case.facts.as_strict(row.channel, held) for held in stockpile.holds)
    if not holds or row.material not in stockpile.materials:
        return False
    if not case.facts.pooled(row.material):
        return True  # its lanes are asked for what they carry
    start = case.facts.region(case.instance.facilities[row.facility].country)
    reached, before = {start}, 0
    while len(reached) > before:
        before = len(reached)
        for link in case.instance.logistics.freight:
            if link.from_ in reached and link.material in (None, row.material):
                reached.add(link.to)
    return case.facts.region(stockpile.country) in reached


def _check_once(case: Case, of_sale: dict[Made, list[tuple[float, frozenset[int]]]]) -> None:
    """No tonne is bought twice: it is sold evenly over a period's years, and bought evenly over those of a purchase."""
    sold = {
        (row.period, row.facility, "+".join(sorted(case.state_of(row.state))), row.material, row.channel): row.sold
        for row in case.rows.sales
    }
    for sale, bought in of_sale.items():
        period, facility, _, material, _ = sale
        of_year = sold.get(sale, 0.0) / case.facts.periods[period].years
        for year in case.facts.periods[period].span:
            tonnes = sum(tonnes / len(years) for tonnes, years in bought if year in years)
            case.ledger.at_most(
                "purchase_sold", At(f"{facility}:{material}", year), tonnes, of_year, "bought of its sales"
            )


def _check_arrivals(case: Case, coming: dict[tuple[str, str, str, int], list[tuple[str, float]]]) -> None:
    """What is bought in a channel comes in that or a looser one."""
    for (stockpile, place, material, year), bought in coming.items():
        came: dict[str, float] = {}
        if place:
            for flow in case.rows.flows:
                ends = (flow.scenario, flow.period, flow.from_, flow.to, flow.material)
                if ends == (TRUNK, year, place, stockpile, material):
                    came[flow.channel] = came.get(flow.channel, 0.0) + flow.tonnes
        else:
            for held in case.instance.stockpiles[stockpile].holds:
                came[held] = case.stock_row(TRUNK, year, stockpile, material, held).in_
        at = At(f"{place or stockpile}:{material}", year)
        for channel in dict.fromkeys(channel for channel, _ in bought):
            of = sum(tonnes for other, tonnes in bought if case.facts.as_strict(channel, other))
            there = sum(tonnes for other, tonnes in came.items() if case.facts.as_strict(channel, other))
            case.ledger.at_most("purchase_arrives", at, of, there, f"bought in {channel} or looser for {stockpile}")


def _check_limits(
    case: Case,
    by_id: dict[str, Purchase],
    taken: dict[tuple[str, int], float],
    paid: dict[str, dict[str, float]],
) -> None:
    for (name, year), tonnes in taken.items():
        series = by_id[name].tonnes
        if series is not None:
            case.ledger.at_most("purchase_most", At(name, year), tonnes, series.at(year, case.facts.first), "bought")
    for name, one in by_id.items():
        if one.cap is not None:
            case.ledger.at_most("award_cap", At(name), sum(paid[name].values()), one.cap, "paid", "USD")
        if one.cap_per_recipient is not None:
            for facility, usd in paid[name].items():
                case.ledger.at_most("award_cap", At(f"{name}:{facility}"), usd, one.cap_per_recipient, "paid", "USD")
        if one.recipients is not None:
            case.ledger.at_most("recipients", At(name), len(paid[name]), one.recipients, "chosen", "rows")
