"""Appropriations: what each pays, from portfolio, stock and outlay; whether it could; and the table of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from optimizer.instance.policy import Appropriation
from optimizer.verifier.case import Case
from optimizer.verifier.futures import TRUNK, matches
from optimizer.verifier.money import OutlayKey, spending
from optimizer.verifier.stores import price_steps_paid, stock_money
from optimizer.verifier.verdict import At

_AS_SPENT = frozenset({"grant", "loan", "equity", "stake"})
"""Kinds of instruments that pay in calendar years; all else is paid in periods."""


def check_appropriations(case: Case, instruments: Mapping[OutlayKey, float]) -> None:
    """Every appropriation against what it pays, and its table.

    Args:
        case: the plan, and its instance.
        instruments: (year, kind, instrument) -> USD that they cost.
    """
    stated = {(row.appropriation, row.year): row for row in case.rows.appropriations}
    expected: set[tuple[str, int]] = set()
    for one in case.instance.policy.budget.appropriations:
        spent = dict.fromkeys(case.facts.periods, 0.0)
        for year, usd in _paid(case, one, instruments):
            period = case.facts.period_of(year)
            if period is not None:
                spent[period.year] += usd
        paid, expired, left, given = _drawn(case, one, spent)
        for year in case.facts.periods:
            expected.add((one.id, year))
            at = At(one.id, year)
            what = f"spent out of {one.id}"
            scale = max(sum(given.values()), sum(spent.values()))
            case.ledger.at_most("budget_appropriation", at, spent[year], paid[year], what, "USD", scale)
            row = stated.get((one.id, year))
            if not case.ledger.holds("appropriations", at, row is not None, "its row is missing"):
                continue
            assert row is not None
            amounts = {"given": given, "spent": spent, "expired": expired, "left": left}
            for name, found in amounts.items():
                got = getattr(row, name)
                case.ledger.equal("appropriations", at, got, found[year], f"{one.id} {name}", "USD", scale)
    for name, year in stated.keys() - expected:
        case.ledger.holds("appropriations", At(name, year), False, "there is no such appropriation, or period")


def _paid(case: Case, one: Appropriation, instruments: Mapping[OutlayKey, float]) -> Iterator[tuple[int, float]]:
    """(year, dollars of the time) that it pays."""
    for facility, option, year, usd in spending(case):
        funded = case.built.funded[facility, option.id]
        if one.capex is not None and matches(one.capex, case.factors.facility_fields(facility, funded)):
            yield year, usd * option.public_share * _then(case, year)
    for (year, kind, name), usd in instruments.items():
        if name in one.instruments and usd > 0:
            yield year, usd * (_then(case, year) if kind in _AS_SPENT else _then_in(case, year))
    for row in case.rows.stock:
        if row.scenario != TRUNK:
            continue
        if row.stockpile in one.holding:
            usd = stock_money(case, row)[0] * case.instance.stockpiles[row.stockpile].public_share
            yield row.period, usd * _then_in(case, row.period)
        if row.stockpile in one.purchases:
            each = case.facts.paid_price(row.stockpile, row.material, row.channel, case.facts.periods[row.period])
            usd = row.in_ * each * case.instance.stockpiles[row.stockpile].public_share
            yield row.period, usd * _then_in(case, row.period)
    for stockpile_id, _, period, usd in price_steps_paid(case):
        if stockpile_id in one.purchases:
            yield period, usd * case.instance.stockpiles[stockpile_id].public_share * _then_in(case, period)


def _then(case: Case, year: int) -> float:
    """Dollars of a year for one of the base year."""
    series = case.instance.policy.budget.deflator
    return 1.0 if series is None else series.at(year, case.facts.first)


def _then_in(case: Case, year: int) -> float:
    """The same, over the period that a year is in."""
    period = case.facts.period_of(year)
    if period is None:
        return _then(case, year)
    return sum(_then(case, each) for each in period.span) / period.years


def _drawn(
    case: Case, one: Appropriation, spent: Mapping[int, float]
) -> tuple[dict[int, float], dict[int, float], dict[int, float], dict[int, float]]:
    """Paid, expired, left and given by period: each year's money, the oldest first, pays the earliest that it can."""
    periods = case.facts.periods
    paid, expired, left, given = (dict.fromkeys(periods, 0.0) for _ in range(4))
    for period in periods.values():
        for year in period.span:
            usd = one.usd.at(year, case.facts.first)
            given[period.year] += usd
            until = year + one.available_for - 1
            for later in periods.values():
                if later.span[-1] < year or later.span[0] > until:
                    continue
                drawn = min(usd, spent[later.year] - paid[later.year])
                paid[later.year] += drawn
                usd -= drawn
                if until <= later.span[-1]:
                    expired[later.year] += usd
                else:
                    left[later.year] += usd
    return paid, expired, left, given
