"""The portfolio: what is funded, when, and what the table says of it."""

from __future__ import annotations

from collections import Counter

from optimizer.instance.fields import WHOLE
from optimizer.instance.records import Facility, Option
from optimizer.verifier.case import Case
from optimizer.verifier.columns import Portfolio
from optimizer.verifier.facts import Facts
from optimizer.verifier.futures import TRUNK
from optimizer.verifier.tables import Rows
from optimizer.verifier.verdict import At, Ledger


def funded_options(facts: Facts, rows: Rows, ledger: Ledger) -> dict[tuple[str, str], int]:
    """Years of funding by facility and option; rows for what does not exist are violations and left out."""
    funded: dict[tuple[str, str], int] = {}
    for row in rows.portfolio:
        at = At(f"{row.facility}:{row.option}", row.funded)
        options = {option.id for option in facts.instance.facilities[row.facility].options}
        if not ledger.holds("known_ids", at, row.option in options, f"{row.facility} has no option {row.option!r}"):
            continue
        key = (row.facility, row.option)
        if ledger.holds("funded_once", at, key not in funded, "funded more than once"):
            funded[key] = row.funded
    return funded


def check_investment(case: Case) -> None:
    """Everything about the portfolio."""
    first_rows: dict[tuple[str, str], Portfolio] = {}
    for row in case.rows.portfolio:
        if (row.facility, row.option) in case.built.funded:
            first_rows.setdefault((row.facility, row.option), row)
    for (name, option_id), row in first_rows.items():
        facility = case.instance.facilities[name]
        option = case.built.option(name, option_id)
        _window(case, row, option)
        _after(case, row, option)
        _cells(case, row, facility, option)
    alternatives = Counter(name for name, option_id in first_rows if case.built.option(name, option_id).after is None)
    for name in case.instance.facilities:
        count = alternatives[name]
        case.ledger.holds("alternatives", At(name), count <= 1, f"{count} alternatives are funded", count - 1.0)


def _at(row: Portfolio) -> At:
    return At(f"{row.facility}:{row.option}", row.funded)


def _window(case: Case, row: Portfolio, option: Option) -> None:
    at, funded = _at(row), row.funded
    early = option.earliest is not None and funded < option.earliest
    late = option.latest is not None and funded > option.latest
    fits = funded in case.facts.periods and not early and not late
    window = f"a period's first year in {option.earliest or ''}..{option.latest or ''}"
    case.ledger.holds("funding_window", at, fits, f"funded in {funded}, should be {window}", unit="years")
    online = funded + option.lead
    inside = online < case.facts.end
    text = f"on line in {online}, after the horizon's end in {case.facts.end - 1}"
    case.ledger.holds("online_within_horizon", at, inside, text, float(online - case.facts.end + 1), "years")
    case.ledger.equal("online_year", at, row.online, online, "first year on line", "years", scale=0.0)


def _after(case: Case, row: Portfolio, option: Option) -> None:
    if option.after is None:
        return
    at = _at(row)
    if (row.facility, option.after) not in case.built.funded:
        case.ledger.holds("expansion_after", at, False, f"{option.after}, which it follows, is not funded")
        return
    online = case.built.planned(row.facility, option.after)
    period = case.facts.period_of(row.funded)
    last = period.end - 1 if period is not None else row.funded
    text = f"{option.after} is on line in {online}, after {last}"
    case.ledger.holds("expansion_after", at, online <= last, text, float(online - last), "years")


def _cells(case: Case, row: Portfolio, facility: Facility, option: Option) -> None:
    at, ledger = _at(row), case.ledger
    confidences = {str(one) for one in (option.confidence, facility.confidence) if one} or {""}
    wrong = [
        f"{what} is {got!r}, should be {' or '.join(sorted(expected)) or 'blank'}"
        for what, got, expected in (
            ("stage", row.stage, {facility.stage}),
            ("country", row.country, {facility.country}),
            ("confidence", row.confidence, confidences),
        )
        if got not in expected
    ]
    ledger.holds("portfolio_facts", at, not wrong, "; ".join(wrong))
    size = sum(option.capacity.values())
    ledger.equal("portfolio_capacity", at, row.capacity, size, "capacity", "units")
    ledger.equal("portfolio_capex", at, row.capex, option.capex, "capex", "USD")
    outlay = option.capex * option.public_share
    ledger.equal("portfolio_outlay", at, row.public_outlay, outlay, "public outlay", "USD")


def check_capacity_table(case: Case) -> None:
    """The capacity table: existing, funded, available, total and used, unit by unit."""
    used: dict[tuple[str, int, str, str], float] = {}
    for run in case.rows.runs:
        if run.recipe in case.instance.facilities[run.facility].recipes:
            key = (run.scenario, run.period, run.facility, case.facts.unit_of(run.facility, run.recipe))
            used[key] = used.get(key, 0.0) + run.run * capacity_use(case, run.facility, run.recipe)
    table = {(row.scenario, row.period, row.facility, row.unit): row for row in case.rows.capacity}
    for block, period in case.each_period():
        for name in case.instance.facilities:
            states = case.built.states(block, name, period)
            available = sum(share * case.trust.available(block, name, state, period) for state, share in states.items())
            for unit in case.facts.units(name):
                row = table.pop((block.name, period.year, name, unit), None)
                at = At(f"{name}:{unit}" if unit != WHOLE else name, period.year, block.name)
                existing = case.built.existing(name, unit, period)
                added = case.built.added(block, name, unit, period)
                total = (existing + added) * available * period.years
                taken = used.get((block.name, period.year, name, unit), 0.0)
                if row is None:
                    # A unit that can do nothing in a period needs no row.
                    case.ledger.equal("capacity_total", at, 0.0, total, "capacity of a missing row", "units")
                    # What stands by a solver's tolerance runs in every year of a period.
                    what, scale = "used capacity of a missing row", max(taken, float(period.years))
                    case.ledger.equal("capacity_used", at, 0.0, taken, what, "units", scale=scale)
                    continue
                case.ledger.equal("capacity_existing", at, row.existing, existing, "existing capacity", "units")
                case.ledger.equal("capacity_funded", at, row.funded, added, "funded capacity", "units")
                case.ledger.equal("capacity_available", at, row.available, available, "available factor", "share")
                case.ledger.equal("capacity_total", at, row.capacity, total, "capacity of the period", "units")
                case.ledger.equal("capacity_used", at, row.used, taken, "used capacity", "units")
    for scenario, year, name, unit in table:
        text = f"{name} has no unit {unit!r}"
        case.ledger.holds("known_ids", At(name, year, scenario or TRUNK), False, text)


def capacity_use(case: Case, facility: str, recipe: str) -> float:
    """Capacity that a unit of activity takes."""
    own = case.instance.facilities[facility].recipes[recipe].capacity_use
    return own if own is not None else case.instance.recipes[recipe].capacity_use
