"""Stakes: that each is paid in whole, what a facility earns while it is held, and whose that is."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.instance.finance import Finance, Stake
from optimizer.verifier.capital import all_given, eligible_when_funded
from optimizer.verifier.case import Case
from optimizer.verifier.verdict import At

_Parts = dict[str, float]
"""Column of the table of stakes -> USD."""


def check_stakes(
    case: Case, finance: Finance, keep_books: set[str], results: Mapping[tuple[str, int], float]
) -> list[tuple[str, str, int, float]]:
    """(instrument, facility, period, USD) of what a facility gives away of what it earns; of a loss it is less than 0.

    Args:
        case: the plan, and its instance.
        finance: what the instance says of it.
        keep_books: facilities that must pay their way: nobody else has a stake.
        results: (facility, period) -> USD that a facility with books earns by operating.
    """
    by_id = {one.id: one for one in finance.instruments if isinstance(one, Stake)}
    since: dict[tuple[str, str], int] = {}
    for row in case.rows.financing:
        if row.instrument in by_id and (row.facility, row.option) in case.built.funded:
            holder = (row.instrument, row.facility)
            since[holder] = min(row.funded, since.get(holder, row.funded))
            at, may = At(f"{row.instrument}:{row.facility}:{row.option}", row.funded), row.facility in keep_books
            case.ledger.holds("capital_eligible", at, may, f"no books are kept of {row.facility}", row.usd, "USD")
    _check_whole(case, by_id, since)
    _check_holders(case, by_id, since)
    shares = [
        (name, facility, year, by_id[name].share * results.get((facility, year), 0.0))
        for (name, facility), first in since.items()
        for year in case.facts.periods
        if year >= first
    ]
    _check_table(case, by_id, since, results, shares)
    return shares


def _check_whole(case: Case, by_id: Mapping[str, Stake], since: Mapping[tuple[str, str], int]) -> None:
    """Whoever holds a stake has paid its part of the private capex of all that is funded there and eligible."""
    paid = {(row.instrument, row.facility, row.option): row.usd for row in case.rows.financing}
    for name, facility in since:
        one = by_id[name]
        for (owner, option_id), funded in case.built.funded.items():
            option = case.built.option(owner, option_id)
            if owner != facility or not eligible_when_funded(case, one, facility, funded):
                continue
            part = one.share if one.pays is None else one.pays
            usd = part * (1.0 - option.public_share) * option.capex
            at = At(f"{name}:{facility}:{option_id}", funded)
            stated = paid.get((name, facility, option_id), 0.0)
            case.ledger.equal("stake_paid", at, stated, usd, "paid in", "USD")


def _check_holders(case: Case, by_id: Mapping[str, Stake], since: Mapping[tuple[str, str], int]) -> None:
    """No more facilities than may be chosen, and no more than all of one."""
    whole: dict[str, float] = {}
    for name, facility in since:
        whole[facility] = whole.get(facility, 0.0) + by_id[name].share
    for name, one in by_id.items():
        if one.recipients is not None:
            count = sum(instrument == name for instrument, _ in since)
            case.ledger.at_most("recipients", At(name), count, one.recipients, "chosen", "rows")
    for facility, share in whole.items():
        case.ledger.at_most("stake_whole", At(facility), share, 1.0, "shares of stakes", "share")


def _check_table(
    case: Case,
    by_id: Mapping[str, Stake],
    since: Mapping[tuple[str, str], int],
    results: Mapping[tuple[str, int], float],
    shares: list[tuple[str, str, int, float]],
) -> None:
    """The table of stakes, row by row."""
    expected: dict[tuple[str, str, int], _Parts] = {}

    def parts(name: str, facility: str, year: int) -> _Parts:
        none = {"paid_in": 0.0, "result": 0.0, "earned": 0.0, "borne": 0.0}
        return expected.setdefault((name, facility, year), none)

    for given in all_given(case):
        if isinstance(given.one, Stake):
            for year in given.years:
                row = parts(given.one.id, given.facility, year.year)
                row["paid_in"] += year.paid
                row["earned"] += year.back
                row["result"] += year.back / given.one.share
    for name, facility, period, usd in shares:
        row = parts(name, facility, period)
        row["result"] += results.get((facility, period), 0.0)
        row["earned" if usd > 0 else "borne"] += abs(usd)
    stated = {(row.instrument, row.facility, row.year): row for row in case.rows.stakes}
    for key in dict.fromkeys([*expected, *stated]):
        at = At(f"{key[0]}:{key[1]}", key[2])
        known = key[0] in by_id and key[:2] in since
        if not case.ledger.holds("stakes", at, known or key in expected, f"{key[1]} has no stake '{key[0]}'"):
            continue
        for column, usd in parts(*key).items():
            got = getattr(stated[key], column) if key in stated else 0.0
            case.ledger.equal("stakes", at, got, usd, column, "USD")
