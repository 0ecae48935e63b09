"""Instruments that nobody is helped by, and that pay nobody."""

from __future__ import annotations

import math
from collections.abc import Iterator

from optimizer.findings.finding import NOTE, WARNING, Finding, amount, some
from optimizer.findings.survey import Survey
from optimizer.instance.finance import (
    REFERENCE,
    Capital,
    Finance,
    Instrument,
    PriceFloor,
    Purchase,
    Stake,
    picks,
)
from optimizer.network.derive_capital import CapitalIndex, given, terms_of
from optimizer.network.derive_finance import finance_tables, worth_of
from optimizer.network.derive_purchase import may_sell
from optimizer.network.tables_finance import PAYS, FinanceTables

NOTHING = 1e-9
"""Dollars for a dollar given that are rounding."""


def idle_instrument(survey: Survey) -> Iterator[Finding]:
    """Every instrument whose recipients are decided helps somebody to pay its way; all others pay or earn."""
    finance = survey.instance.finance
    if finance is None or not finance.instruments:
        return
    tables = finance_tables(survey.network, survey.tables)
    yield from _unpaid(finance, tables)
    choosing = [one for one in finance.instruments if picks(one)]
    if not choosing:
        return
    if not finance.viability:
        names = [one.id for one in choosing]
        text = f"Nothing must pay its way (viability: false), so that nobody is given anything by {some(names)}."
        data = {"instruments": names, "why": "not_asked"}
        yield Finding("idle_instrument", ("finance", "viability"), text, data, NOTE)
        return
    indices = given(survey.network)
    pays = {i for i, _, way, _ in tables.award_most if way == PAYS} | {index[0] for index in tables.bought}
    for number, one in enumerate(finance.instruments):
        if picks(one) and (
            found := _why(survey, finance, one, [index for index in indices if index[0] == one.id], pays)
        ):
            text = f"Instrument {one.id} ({one.kind.replace('_', ' ')}) helps nobody: {found[1]}."
            data = {"instrument": one.id, "why": found[0]}
            yield Finding("idle_instrument", ("finance", "instruments", number), text, data, WARNING)


def _unpaid(finance: Finance, tables: FinanceTables) -> Iterator[Finding]:
    """Instruments for all who are eligible, of which at reference prices nobody has or owes anything."""
    counts = {name for name, _ in (*tables.per_tonne, *tables.per_activity, *tables.depleted)}
    for number, one in enumerate(finance.instruments):
        if not picks(one) and one.id not in counts:
            kind = one.kind.replace("_", " ")
            text = f"Instrument {one.id} ({kind}) pays nobody in any period, at reference prices and with every option."
            if isinstance(one, PriceFloor):
                text += " What a floor would pay if prices fell: optimizer viability."
            data = {"instrument": one.id, "why": "pays_nobody"}
            yield Finding("idle_instrument", ("finance", "instruments", number), text, data, NOTE)


def _why(
    survey: Survey, finance: Finance, one: Instrument, indices: list[CapitalIndex], pays: set[str]
) -> tuple[str, str] | None:
    """Why nobody is helped: a word, and in words; None where somebody may be."""
    if isinstance(one, Purchase):
        return None if one.id in pays else _why_not_bought(survey, one)
    if not isinstance(one, Capital):
        return None if one.id in pays else ("pays_nothing", "in no period is anything paid to who could be chosen")
    if not indices:
        return "nobody", "no funding within the horizon is eligible for it"
    if isinstance(one, Stake):
        return _why_not_shared(survey, one, indices)
    calendar = survey.calendar
    best = max(
        math.fsum(
            share * worth_of(calendar, finance.hurdle_rate, year)
            for year, share in terms_of(survey.network, one, f, o, t).flows
        )
        / worth_of(calendar, finance.hurdle_rate, t)
        for _, f, o, t in indices
    )
    if best > NOTHING:
        return None
    return "dear", (
        f"at the hurdle rate of {finance.hurdle_rate:.1%} what is paid back for a dollar is worth {amount(1.0 - best)} "
        "or more"
    )


def _why_not_shared(survey: Survey, one: Stake, indices: list[CapitalIndex]) -> tuple[str, str] | None:
    """A share of all that a plant costs for the same share of all that it brings changes no sign of what is left.

    So it is only where it has a part in all of it: nothing stood before, it pays for all fundings, and nobody else
    gives anything that is not shared.
    """
    if one.paid > one.share or one.share >= 1:  # all of it leaves the owner nothing to lose
        return None
    n, mine = survey.network, {index[1:] for index in indices}
    for f in dict.fromkeys(f for f, _, _ in mine):
        starts = {(g, o, t) for (g, o), years in n.starts.years.items() if g == f for t in years}
        stood = any(survey.tables.existing[key] > 0 for key in survey.tables.existing if key[0] == f)
        fixed = any(survey.tables.fixed[f, t] > 0 for t in survey.calendar.periods)
        others = any(index[1] == f and index[0] != one.id for index in given(n))
        if not starts <= mine or stood or fixed or others:
            return None
    return "fair", (
        f"it pays {one.paid:g} of what is private of capex for {one.share:g} of what that brings, and whoever could "
        "take it is given nothing else that it has no share in: what is left keeps its sign"
    )


def _why_not_bought(survey: Survey, one: Purchase) -> tuple[str, str]:
    if not any(name == one.id for name, _ in may_sell(survey.network)):
        return "nobody", f"nobody who must pay its way can sell to {one.stockpile}"
    if all(price == REFERENCE for price in one.price.values):
        return "reference", (
            f"what goes into {one.stockpile} is sold at the reference price without it, and it pays nothing above"
        )
    return (
        "pays_nothing",
        f"in no year is its price above the reference price of who could sell, in a channel of {one.stockpile}",
    )
