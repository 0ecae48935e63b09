"""Capital: what is granted, lent and paid in for shares, what is owed, what that costs, and who takes what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.instance.finance import Capital, Equity, Finance, Grant, Instrument, Loan
from optimizer.verifier.case import Case
from optimizer.verifier.columns_finance import FinancingRow, GrantRow
from optimizer.verifier.futures import matches
from optimizer.verifier.trust import State
from optimizer.verifier.verdict import At

_SLACK = 1e-9
_NOBODY: State = frozenset()


@dataclass(frozen=True, slots=True)
class Year:
    """A year of what a facility was given, USD: paid to it, due from it, and left owing at the year's end."""

    year: int
    paid: float
    back: float
    owed: float


@dataclass(frozen=True, slots=True)
class Given:
    """What an instrument gives for an option.

    Attributes:
        one: the instrument.
        facility: who is given it.
        option: for what.
        usd: how much, undiscounted.
        years: year by year.
    """

    one: Capital
    facility: str
    option: str
    usd: float
    years: tuple[Year, ...]

    def cost(self, case: Case) -> float:
        """What it costs the government, USD; by each flow's own year, at the rate of the system."""
        if isinstance(self.one, Grant):
            return self.usd
        growth = 1.0 + case.instance.discount_rate
        start = self.years[0].year
        paid = sum(one.paid / growth ** (one.year - start) for one in self.years)
        lost = sum(one.back / growth ** (one.year - start) for one in self.years)
        if paid <= 0:
            return 0.0
        if isinstance(self.one, Loan) and self.one.lender == "private":
            return self.usd * self.one.expected_loss * (self.one.guarantee or 0.0) * lost / paid
        return self.usd * max(0.0, paid - lost * (1.0 - self.one.expected_loss)) / paid

    @property
    def public(self) -> float:
        """Share of what is owed that the government stands to lose."""
        if isinstance(self.one, Loan) and self.one.lender == "private":
            return self.one.guarantee or 0.0
        return 1.0


def eligible_in(case: Case, one: Instrument, facility: str, state: State, year: int) -> bool:
    """Whether a facility in a state is eligible in a year."""
    if (one.from_ is not None and year < one.from_) or (one.until is not None and year > one.until):
        return False
    kinds = ("location", "ownership", "equipment", "finance", "technology", "feed")
    known = {k: case.trust.plain_exposure(facility, state, k, year, 0.0) for k in kinds if k in one.where}
    if not matches(one.where, case.factors.facility_fields(facility, year), known):
        return False
    caps = {str(kind): cap for kind, cap in one.max_exposure.items()}
    return all(
        case.trust.plain_exposure(facility, state, kind, year, 1.0) <= cap + _SLACK for kind, cap in caps.items()
    )


def all_given(case: Case) -> list[Given]:
    """What is given to what is funded, by the tables of grants and of financing."""
    finance = case.instance.finance
    by_id = {} if finance is None else {one.id: one for one in finance.instruments if isinstance(one, Capital)}
    rows: list[GrantRow | FinancingRow] = [*case.rows.grants, *case.rows.financing]
    return [
        Given(by_id[row.instrument], row.facility, row.option, row.usd, _years(case, by_id[row.instrument], row))
        for row in rows
        if (row.facility, row.option) in case.built.funded and row.instrument in by_id
    ]


def _years(case: Case, one: Capital, row: GrantRow | FinancingRow) -> tuple[Year, ...]:
    """A grant, a loan or shares, one year after another."""
    option = case.built.option(row.facility, row.option)
    paid = {row.funded + later: share * row.usd for later, share in enumerate(option.spend or (1.0,)) if share}
    if isinstance(one, Grant):
        return tuple(Year(year, usd, 0.0, 0.0) for year, usd in paid.items())
    first = max(row.funded + option.lead, *paid) + 1  # year of the first repayment
    final = max(case.facts.end, *paid)  # when all is due
    found, owed, level = [], 0.0, 0.0
    for year in range(row.funded, final + 1):
        now = paid.get(year, 0.0)
        if isinstance(one, Loan):
            if year == first:
                level = owed / sum((1.0 + one.rate) ** -k for k in range(1, one.term + 1))
            owed += owed * one.rate + now
            ends, back = year == final or year == first + one.term - 1, level
        else:
            owed += now
            ends, back = year == final or year == first + one.redeemed - 1, 0.0
        back = owed if ends else back
        owed -= back
        dividend = one.dividend * (owed + back) if isinstance(one, Equity) and year >= first else 0.0
        found.append(Year(year, now, back + dividend, owed))
        if ends:
            break
    return tuple(found)


def check_capital(case: Case, finance: Finance) -> None:
    """Who is given what, within shares, caps and exclusions; what it costs, and what is owed."""
    by_id = {one.id: one for one in finance.instruments if isinstance(one, Capital)}
    total: dict[str, float] = {}
    each: dict[tuple[str, str], float] = {}
    of: dict[tuple[str, str], float] = {}
    rows: list[GrantRow | FinancingRow] = [*case.rows.grants, *case.rows.financing]
    for row in rows:
        at = At(f"{row.instrument}:{row.facility}:{row.option}", row.funded)
        funded = case.built.funded.get((row.facility, row.option)) == row.funded
        text = f"{row.facility}:{row.option} is not funded then"
        if not case.ledger.holds("capital_funded", at, funded, text, row.usd):
            continue
        one = by_id.get(row.instrument)
        if one is None or isinstance(one, Grant) != isinstance(row, GrantRow):
            what = "grant" if isinstance(row, GrantRow) else "loan, and no equity,"
            case.ledger.holds("known_ids", at, False, f"there is no {what} '{row.instrument}'")
            continue
        _check_row(case, one, row, at)
        to, what_for = (row.instrument, row.facility), (row.facility, row.option)
        total[row.instrument] = total.get(row.instrument, 0.0) + row.usd
        each[to] = each.get(to, 0.0) + row.usd
        of[what_for] = of.get(what_for, 0.0) + row.usd
    for (facility, option_id), usd in of.items():
        option = case.built.option(facility, option_id)
        most = (1.0 - option.public_share) * option.capex
        case.ledger.at_most("capital_share", At(f"{facility}:{option_id}"), usd, most, "all that is given", "USD")
    for name, one in by_id.items():
        if one.cap is not None:
            case.ledger.at_most("capital_cap", At(name), total.get(name, 0.0), one.cap, "given", "USD")
        if one.cap_per_recipient is not None:
            for (given, facility), usd in each.items():
                if given == name:
                    at = At(f"{name}:{facility}")
                    case.ledger.at_most("capital_cap", at, usd, one.cap_per_recipient, "given", "USD")
    _check_owed(case)
    _check_exclusions(case, finance)


def _check_row(case: Case, one: Capital, row: GrantRow | FinancingRow, at: At) -> None:
    period = case.facts.period_of(row.funded)
    years = [] if period is None else list(period.span)
    begins = (one.from_ is None or row.funded >= one.from_) and (one.until is None or row.funded <= one.until)
    whole = one.model_copy(update={"from_": None, "until": None})
    may = begins and bool(years) and all(eligible_in(case, whole, row.facility, _NOBODY, year) for year in years)
    case.ledger.holds("capital_eligible", at, may, f"{row.facility} is not eligible for it", row.usd, "USD")
    most = one.max_share * case.built.option(row.facility, row.option).capex
    case.ledger.at_most("capital_share", at, row.usd, most, "given", "USD")
    if isinstance(row, FinancingRow):
        given = Given(one, row.facility, row.option, row.usd, _years(case, one, row))
        case.ledger.equal("capital_cost", at, row.cost, given.cost(case), "what it costs", "USD", row.usd)


def _check_owed(case: Case) -> None:
    expected: dict[tuple[int, str, str, str], tuple[float, float, float]] = {}
    for given in all_given(case):
        if not isinstance(given.one, Grant):
            for year in given.years:
                if year.owed:
                    key = (year.year, given.one.id, given.facility, given.option)
                    expected[key] = (year.owed, year.owed * given.public, given.usd)
    stated = {(row.year, row.instrument, row.facility, row.option): (row.usd, row.public) for row in case.rows.owed}
    for key in dict.fromkeys([*expected, *stated]):
        at = At(":".join(key[1:]), key[0])
        usd, public = stated.get(key, (0.0, 0.0))
        should, of_it, scale = expected.get(key, (0.0, 0.0, 0.0))
        case.ledger.equal("owed", at, usd, should, "what is owed", "USD", scale)
        case.ledger.equal("owed", at, public, of_it, "what the government stands to lose", "USD", scale)


def _check_exclusions(case: Case, finance: Finance) -> None:
    takes: dict[str, set[str]] = {one.id: set() for one in finance.instruments}
    taken = [(row.instrument, row.facility) for row in case.rows.grants]
    taken += [(row.instrument, row.facility) for row in case.rows.financing]
    taken += [(row.instrument, row.facility) for row in case.rows.recipients]
    taken += [(row.instrument, row.facility) for row in case.rows.purchases]
    for name, facility in taken:
        takes.setdefault(name, set()).add(facility)
    for one in finance.instruments:
        for other in getattr(one, "not_with", ()):
            both = sorted(takes[one.id] & takes.get(other, set()))
            text = f"{', '.join(both)} has it and {other}"
            case.ledger.holds("not_with", At(one.id), not both, text, len(both))


def outlay_of_capital(case: Case) -> Iterator[tuple[int, str, str, float]]:
    """(year, kind, instrument, USD): what is given costs its share in the years in which it is paid."""
    for given in all_given(case):
        cost = given.cost(case) / given.usd if given.usd else 0.0
        for year in given.years:
            if year.paid and cost:
                yield year.year, given.one.kind, given.one.id, year.paid * cost


def books_of_capital(case: Case) -> Iterator[tuple[str, int, str, float]]:
    """(facility, year, instrument, USD) that a facility has of what it is given, and pays back."""
    for given in all_given(case):
        for year in given.years:
            yield given.facility, year.year, given.one.id, year.paid - year.back
