"""Finance: who sells what, the books of what is funded, and what instruments pay for output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.instance.finance import (
    CostCredit,
    Decidable,
    Depletion,
    Finance,
    Instrument,
    PriceFloor,
    ProductionCredit,
)
from optimizer.instance.instance import Period
from optimizer.verifier.activity import unit_cost
from optimizer.verifier.capital import books_of_capital, check_capital, eligible_in
from optimizer.verifier.case import Case
from optimizer.verifier.columns import Run
from optimizer.verifier.columns_finance import Sale
from optimizer.verifier.futures import TRUNK
from optimizer.verifier.money import spending
from optimizer.verifier.premiums import Premiums, check_premiums
from optimizer.verifier.purchases import check_purchases
from optimizer.verifier.stakes import check_stakes
from optimizer.verifier.strict_sales import check_strict_sales, thrown_away
from optimizer.verifier.trust import State
from optimizer.verifier.verdict import At

Outlay = dict[tuple[int, str, str], float]
"""(year, account, instrument) -> USD."""
BookKey = tuple[str, int, str, str]
"""Facility, year, item, instrument."""
SaleKey = tuple[int, str, str, str, str]
"""Period, facility, state, material, channel."""


@dataclass(frozen=True, slots=True)
class Payment:
    """What an instrument pays a facility for output in a period, USD."""

    instrument: str
    kind: str
    facility: str
    period: int
    usd: float


def check_finance(case: Case) -> list[Payment]:
    """What is given, sales and books; what instruments pay for output is told to the outlay."""
    finance = case.instance.finance
    if finance is None:
        rows = case.rows
        given = (rows.grants, rows.financing, rows.owed, rows.stakes, rows.recipients, rows.purchases)
        if any((*given, rows.sales, rows.premiums, rows.strict_runs, rows.books)):
            case.ledger.holds("no_finance", At("finance"), False, "the instance says nothing of finance")
        return []
    check_capital(case, finance)
    _check_sales(case, finance)
    _check_recipients(case, finance)
    payments = list(_payments(case, finance))
    for name, facility, year, usd in check_purchases(case, finance, _fundable(case, finance)):
        payments.append(Payment(name, "purchase", facility, year, usd))
    premiums = check_premiums(case, finance, _fundable(case, finance))
    for (name, facility, year), usd in premiums.depleted.items():
        payments.append(Payment(name, "depletion", facility, year, usd))
    books = _operating(case, finance, payments, premiums)
    results: dict[tuple[str, int], float] = {}
    for (facility, year, _, _), usd in books.items():
        results[facility, year] = results.get((facility, year), 0.0) + usd
    shared = check_stakes(case, finance, _fundable(case, finance), results)
    _add_capital(case, finance, books, shared)
    _check_books(case, finance, books)
    return payments + list(_borne(case, shared))


def _borne(case: Case, shared: list[tuple[str, str, int, float]]) -> Iterator[Payment]:
    """What the government bears of losses, in each year of a period alike."""
    for name, facility, start, usd in shared:
        period = case.facts.periods[start]
        if usd < 0:
            for year in period.span:
                yield Payment(name, "stake", facility, year, -usd / period.years)


def _share(case: Case, one: Instrument, facility: str, state: State, period: Period) -> float:
    """Share of a period in which a facility is eligible."""
    return sum(eligible_in(case, one, facility, state, year) for year in period.span) / period.years


def _price(case: Case, facility: str, material: str, period: Period) -> float:
    """Reference price where a facility stands, USD per t; 0 without one."""
    region = case.facts.region(case.instance.facilities[facility].country)
    series = case.facts.price_series(material, region)
    return 0.0 if series is None else case.facts.mean(series, period)


# Sales


def _fundable(case: Case, finance: Finance) -> set[str]:
    """Facilities that have an option which may be funded and come on line within the horizon."""
    if not finance.viability:
        return set()
    found = set()
    for name, facility in case.instance.facilities.items():
        if any(_may_be_funded(case, name, option.id) for option in facility.options):
            found.add(name)
    return found


def _may_be_funded(case: Case, facility: str, option_id: str) -> bool:
    return bool(_funding_years(case, facility, option_id))


def _funding_years(case: Case, facility: str, option_id: str) -> list[int]:
    option = case.built.option(facility, option_id)
    years = [
        period.year
        for period in case.instance.periods
        if (option.earliest is None or period.year >= option.earliest)
        and (option.latest is None or period.year <= option.latest)
        and period.year + option.lead < case.facts.end
    ]
    if option.after is None:
        return years
    before = case.built.option(facility, option.after)
    ready = [year + before.lead for year in _funding_years(case, facility, option.after)]
    return [year for year in years if any(at < case.facts.periods[year].end for at in ready)]


def _place(case: Case, facility: str, material: str) -> str:
    if not case.facts.pooled(material):
        return facility
    return case.facts.hub(case.instance.facilities[facility].country)


def _per_tonne(case: Case, one: Instrument, sale: SaleKey) -> float:
    """What an instrument pays for a tonne, USD."""
    year, facility, state, material, channel = sale
    period = case.facts.periods[year]
    share = _share(case, one, facility, case.state_of(state), period)
    if not share:
        return 0.0
    if isinstance(one, ProductionCredit) and material in one.material:
        amount = one.amount
        if one.bonus is not None and case.facts.as_strict(channel, one.bonus.channel):
            amount = one.bonus.amount
        return share * case.facts.mean(amount, period)
    price = _price(case, facility, material, period)
    if isinstance(one, Depletion) and case.instance.materials[material].stage in one.stage:
        return share * price * one.rate * one.tax_rate
    if isinstance(one, PriceFloor) and material in one.material and price:
        floor = case.facts.mean(one.floor, period)
        if floor > 0:
            return share * (max(0.0, floor - price) - one.upside * max(0.0, price - floor))
    return 0.0


def _made(case: Case) -> dict[SaleKey, float]:
    """What is made on the trunk, t."""
    found: dict[SaleKey, float] = {}
    for run in case.rows.runs:
        if run.scenario == TRUNK:
            for material, each in case.instance.recipes[run.recipe].outputs.items():
                key = (run.period, run.facility, "+".join(sorted(case.state_of(run.state))), material, run.channel)
                found[key] = found.get(key, 0.0) + each * run.run
    return found


def _key(case: Case, row: Sale) -> SaleKey:
    return (row.period, row.facility, "+".join(sorted(case.state_of(row.state))), row.material, row.channel)


def _check_sales(case: Case, finance: Finance) -> None:
    made, fundable = _made(case), _fundable(case, finance)
    rows = {_key(case, row): row for row in case.rows.sales}
    left: dict[tuple[str, str, int], dict[str, float]] = {}
    size: dict[tuple[str, str, int], float] = {}
    paid = set()
    for key in dict.fromkeys([*made, *rows]):
        year, facility, _, material, channel = key
        row, tonnes = rows.get(key), made.get(key, 0.0)
        at = At(f"{facility}:{material}", year)
        place = (_place(case, facility, material), material, year)
        size[place] = size.get(place, 0.0) + tonnes
        if row is None:
            asked = any(_per_tonne(case, one, key) for one in finance.instruments) or (
                facility in fundable and _price(case, facility, material, case.facts.periods[year]) > 0
            )
            case.ledger.equal("sale_made", at, 0.0, tonnes if asked else 0.0, "what it makes, in sales")
            continue
        case.ledger.equal("sale_made", at, row.made, tonnes, "what it makes")
        case.ledger.at_most("sale_made", at, row.sold, tonnes, "sold")
        if row.price is not None:
            expected = _price(case, facility, material, case.facts.periods[year])
            case.ledger.equal("sale_price", at, row.price, expected, "price", "USD")
        mine = left.setdefault(place, {})
        mine[channel] = mine.get(channel, 0.0) + tonnes - row.sold
        if any(_per_tonne(case, one, key) for one in finance.instruments):
            paid.add(place)
    listed = {(_place(case, key[1], key[3]), key[3], key[0]) for key in rows}
    thrown = thrown_away(case)
    for place in sorted(listed):
        at = At(f"{place[0]}:{place[1]}", place[2])
        unsold, scale = sum(left.get(place, {}).values()), size.get(place, 0.0)
        surplus = 0.0 if case.instance.materials[place[1]].sell else sum(thrown.get(place, {}).values())
        case.ledger.equal("sale_used", at, unsold, surplus, "made and not sold", scale=scale)
    check_strict_sales(case, {place: left[place] for place in sorted(paid)}, thrown, size)


def _chooses(one: Instrument) -> bool:
    return isinstance(one, Decidable) and one.decided


def _check_recipients(case: Case, finance: Finance) -> None:
    """Who is chosen, how many, what they are paid in all, and that they do not lose by it."""
    by_id = {one.id: one for one in finance.instruments if isinstance(one, Decidable) and one.decided}
    chosen = {(row.instrument, row.facility) for row in case.rows.recipients}
    paid: dict[str, float] = {}
    each: dict[tuple[str, str], float] = {}
    gains: dict[tuple[str, str], list[float]] = {}
    for row in case.rows.sales:
        for name, one in by_id.items():
            if (name, row.facility) in chosen:
                usd = _per_tonne(case, one, _key(case, row)) * row.sold
                paid[name] = paid.get(name, 0.0) + max(0.0, usd)
                each[name, row.facility] = each.get((name, row.facility), 0.0) + max(0.0, usd)
                worth = (1.0 + finance.hurdle_rate) ** -(row.period - case.instance.base_year)
                gains.setdefault((name, row.facility), []).append(usd * worth)
    for name, facility in sorted(chosen):
        at, text = At(f"{name}:{facility}"), f"no instrument '{name}' chooses who is paid"
        if case.ledger.holds("recipients", at, name in by_id, text):
            makes = bool(case.facts.makes[facility] & set(by_id[name].material))
            case.ledger.holds("recipients", at, makes, f"{facility} makes nothing that {name} pays for")
            flows = gains.get((name, facility), [])
            turned = sum(abs(usd) for usd in flows)
            # Of the size of what is paid and taken, not of what is left.
            text = "what a recipient has of it, at the hurdle rate,"
            case.ledger.at_least("recipient_gains", at, turned + sum(flows), turned, text, "USD")
    for name, one in by_id.items():
        if one.recipients is not None:
            count = sum(instrument == name for instrument, _ in chosen)
            case.ledger.at_most("recipients", At(name), count, one.recipients, "chosen", "rows")
        if one.cap is not None:
            case.ledger.at_most("award_cap", At(name), paid.get(name, 0.0), one.cap, "paid", "USD")
        for (other, facility), usd in each.items():
            if other == name and one.cap_per_recipient is not None:
                case.ledger.at_most("award_cap", At(f"{name}:{facility}"), usd, one.cap_per_recipient, "paid", "USD")


def _payments(case: Case, finance: Finance) -> Iterator[Payment]:
    """What every instrument pays for output, by facility and period."""
    found: dict[tuple[str, str, int], float] = {}
    chosen = {(row.instrument, row.facility) for row in case.rows.recipients}
    for row in case.rows.sales:
        for one in finance.instruments:
            if _chooses(one) and (one.id, row.facility) not in chosen:
                continue
            usd = _per_tonne(case, one, _key(case, row)) * row.sold
            if usd:
                key = (one.id, row.facility, row.period)
                found[key] = found.get(key, 0.0) + usd
    credits = [one for one in finance.instruments if isinstance(one, CostCredit)]
    for run in case.rows.runs if credits else ():
        if run.scenario == TRUNK:
            for one in credits:
                usd = _credit(case, one, run)
                if usd:
                    key = (one.id, run.facility, run.period)
                    found[key] = found.get(key, 0.0) + usd
    kinds = {one.id: one.kind for one in finance.instruments}
    for (name, facility, year), usd in found.items():
        yield Payment(name, kinds[name], facility, year, usd)


def _credit(case: Case, one: CostCredit, run: Run) -> float:
    """What a cost credit pays for activity, USD."""
    recipe, period = case.instance.recipes[run.recipe], case.facts.periods[run.period]
    if recipe.stage not in one.stage:
        return 0.0
    share = _share(case, one, run.facility, case.state_of(run.state), period) * case.facts.mean(one.share, period)
    cost = unit_cost(case, case.trunk, period, run) if "activity" in one.counts else 0.0
    return share * run.run * (cost + (_inputs(case, run) if "inputs" in one.counts else 0.0))


def _inputs(case: Case, run: Run) -> float:
    """USD of inputs at the prices of their channel, per unit of activity."""
    period = case.facts.periods[run.period]
    inputs = case.instance.recipes[run.recipe].inputs
    return sum(
        each * _price(case, run.facility, material, period) * case.facts.factor(material, run.channel, period)
        for material, each in inputs.items()
    )


# Books


def _check_books(case: Case, finance: Finance, expected: dict[BookKey, float]) -> None:
    stated: dict[BookKey, float] = {}
    worth: dict[BookKey, float] = {}
    for row in case.rows.books:
        key = (row.facility, row.year, row.item, row.instrument)
        stated[key], worth[key] = row.usd, row.discounted
    left: dict[str, float] = {}
    turned: dict[str, float] = {}
    for key in dict.fromkeys([*expected, *stated]):
        facility, year, item, instrument = key
        at, what = At(facility, year), f"{item} {instrument}".strip()
        usd = expected.get(key, 0.0)
        case.ledger.equal("books", at, stated.get(key, 0.0), usd, what, "USD")
        period = case.facts.period_of(year)
        start = year if period is None else period.year
        factor = (1.0 + finance.hurdle_rate) ** -(start - case.instance.base_year)
        case.ledger.equal("books", at, worth.get(key, 0.0), usd * factor, f"discounted {what}", "USD")
        left[facility] = left.get(facility, 0.0) + usd * factor
        turned[facility] = turned.get(facility, 0.0) + abs(usd * factor)
    for facility, usd in left.items():
        text = "what is left over at the hurdle rate"
        # Of the size of what passes through the books, not of what is left.
        case.ledger.at_least("viable", At(facility), turned[facility] + usd, turned[facility], text, "USD")


def _add(books: dict[BookKey, float], open_: set[str], key: BookKey, usd: float) -> None:
    if key[0] in open_ and usd:
        books[key] = books.get(key, 0.0) + usd


def _open(case: Case, finance: Finance) -> set[str]:
    """Facilities of which books are kept."""
    return _fundable(case, finance) & {facility for facility, _ in case.built.funded}


def _operating(case: Case, finance: Finance, payments: list[Payment], premiums: Premiums) -> dict[BookKey, float]:
    """What facilities of which something is funded earn by operating, as it follows from the other tables."""
    open_ = _open(case, finance)
    found: dict[BookKey, float] = {}

    def add(facility: str, year: int, item: str, usd: float, instrument: str = "") -> None:
        _add(found, open_, (facility, year, item, instrument), usd)

    for row in case.rows.sales:
        price = _price(case, row.facility, row.material, case.facts.periods[row.period])
        add(row.facility, row.period, "sales", row.sold * price)
    for (facility, year), usd in premiums.paid.items():
        add(facility, year, "premium", usd)
    for run in case.rows.runs:
        if run.scenario == TRUNK and run.facility in open_:
            each = unit_cost(case, case.trunk, case.facts.periods[run.period], run)
            add(run.facility, run.period, "activity", -run.run * each)
            add(run.facility, run.period, "inputs", -run.run * _inputs(case, run))
    for period in case.facts.periods.values():
        for name in open_:
            usd = case.facts.mean(case.instance.facilities[name].fixed_cost, period) * period.years
            for option, _ in case.built.options_of(name):
                usd += option.fixed_cost * sum(case.built.lives(case.trunk, name, option, y) for y in period.span)
            add(name, period.year, "fixed", -usd)
    for one in payments:
        add(one.facility, one.period, "instrument", one.usd, one.instrument)
    return found


def _add_capital(
    case: Case, finance: Finance, books: dict[BookKey, float], shared: list[tuple[str, str, int, float]]
) -> None:
    """What is spent, what is left at the end, what is given and paid back, and what stakes have of what is earned."""
    open_ = _open(case, finance)

    def add(facility: str, year: int, item: str, usd: float, instrument: str = "") -> None:
        _add(books, open_, (facility, year, item, instrument), usd)

    for name, option, year, usd in spending(case):
        add(name, year, "capex", -usd * (1.0 - option.public_share))
    end = case.facts.end
    for name, option_id in case.built.funded:
        option, online = case.built.option(name, option_id), case.built.planned(name, option_id)
        if option.life is not None and online < end:
            add(name, end, "residual", option.capex * max(0, online + option.life - end) / option.life)
    for facility, year, instrument, usd in books_of_capital(case):
        add(facility, year, "instrument", usd, instrument)
    for instrument, facility, year, usd in shared:
        add(facility, year, "instrument", -usd, instrument)
