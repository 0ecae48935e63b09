"""Prices by channel: what is sold at the price of which channel, who takes it, and what is paid for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from optimizer.instance.finance import Depletion, Finance
from optimizer.instance.instance import Period
from optimizer.verifier.capital import eligible_in
from optimizer.verifier.case import Case
from optimizer.verifier.columns_finance import PremiumRow
from optimizer.verifier.futures import TRUNK
from optimizer.verifier.verdict import At

Use = tuple[str, str, int]
"""Material, channel of its users, period."""


@dataclass(slots=True)
class Premiums:
    """What is paid above reference prices, and what depletion pays on it, USD.

    Attributes:
        paid: by facility and period.
        depleted: by instrument, facility and period.
    """

    paid: dict[tuple[str, int], float] = field(default_factory=dict)
    depleted: dict[tuple[str, str, int], float] = field(default_factory=dict)


def check_premiums(case: Case, finance: Finance, keep_books: set[str]) -> Premiums:
    """Check the tables `premiums` and `strict_runs`.

    Args:
        case: the plan, and its instance.
        finance: what the instance says of it.
        keep_books: facilities that must pay their way: nobody else is paid more than the reference price.
    """
    found = Premiums()
    of_sale: dict[tuple[int, str, str, str, str], float] = {}
    for row in case.rows.premiums:
        at, period = At(f"{row.facility}:{row.material}", row.period), case.facts.periods[row.period]
        factor = case.facts.factor(row.material, row.users, period)
        named = row.users in case.instance.materials[row.material].channel_factor
        may = named and row.facility in keep_books and case.facts.as_strict(row.channel, row.users)
        text = f"{row.facility} has no more than the reference price for {row.material} ({row.channel}) of {row.users}"
        case.ledger.holds("premium_price", at, may, text, row.tonnes, "t")
        each = _reference(case, row, period) * (factor - 1.0)
        text = f"paid above the reference price by users of {row.users}"
        case.ledger.equal("premium_price", at, row.usd, row.tonnes * each, text, "USD")
        sale = (row.period, row.facility, row.state, row.material, row.channel)
        of_sale[sale] = of_sale.get(sale, 0.0) + row.tonnes
        where = (row.facility, row.period)
        found.paid[where] = found.paid.get(where, 0.0) + row.tonnes * each
        for one in finance.instruments:
            if isinstance(one, Depletion) and case.instance.materials[row.material].stage in one.stage:
                state = case.state_of(row.state)
                years = sum(eligible_in(case, one, row.facility, state, year) for year in period.span)
                usd = row.tonnes * each * one.rate * one.tax_rate * years / period.years
                key = (one.id, *where)
                found.depleted[key] = found.depleted.get(key, 0.0) + usd
    sold = {(row.period, row.facility, row.state, row.material, row.channel): row.sold for row in case.rows.sales}
    for sale, tonnes in of_sale.items():
        at = At(f"{sale[1]}:{sale[3]}", sale[0])
        case.ledger.at_most("premium_sold", at, tonnes, sold.get(sale, 0.0), "sold above the reference price")
    _check_users(case)
    _check_activity(case)
    return found


def _reference(case: Case, row: PremiumRow, period: Period) -> float:
    region = case.facts.region(case.instance.facilities[row.facility].country)
    series = case.facts.price_series(row.material, region)
    return 0.0 if series is None else case.facts.mean(series, period)


def _taken(case: Case, use: Use) -> float:
    """What users of a channel or a stricter one take of a material in a period, t."""
    material, users, year = use
    found = 0.0
    for line in case.rows.demand:
        channel = case.instance.markets[line.market].channel
        there = (line.scenario, line.period, line.material) == (TRUNK, year, material)
        found += line.delivered if there and case.facts.as_strict(channel, users) else 0.0
    for row in case.rows.stock:
        if (row.scenario, row.period, row.material) == (TRUNK, year, material):
            reserve = case.instance.stockpiles[row.stockpile].is_public_reserve
            if reserve and case.facts.as_strict(row.channel, users):
                found += row.in_
    for run in case.rows.strict_runs:
        if (run.period, run.users) == (year, users):
            found += run.run * case.instance.recipes[run.recipe].inputs.get(material, 0.0)
    return found


def _check_users(case: Case) -> None:
    """What is sold at the price of a channel, or made for its users, is no more than they take."""
    sold: dict[Use, float] = {}
    made: dict[Use, float] = {}
    for use in dict.fromkeys((row.material, row.users, row.period) for row in case.rows.premiums):
        sold[use] = sum(
            row.tonnes
            for row in case.rows.premiums
            if (row.material, row.period) == (use[0], use[2]) and case.facts.as_strict(row.users, use[1])
        )
    for run in case.rows.strict_runs:
        use = (run.material, run.users, run.period)
        outputs = case.instance.recipes[run.recipe].outputs
        at, text = At(f"{run.recipe}:{run.material}", run.period), f"{run.recipe} makes no {run.material}"
        case.ledger.holds("strict_used", at, run.material in outputs, text)
        made[use] = made.get(use, 0.0) + run.run * outputs.get(run.material, 0.0)
    for use in dict.fromkeys([*sold, *made]):
        at, taken = At(f"{use[0]}:{use[1]}", use[2]), _taken(case, use)
        case.ledger.at_most("premium_users", at, sold.get(use, 0.0), taken, f"sold at the price of {use[1]}")
        case.ledger.at_most("strict_used", at, made.get(use, 0.0), taken, f"made for users of {use[1]}")


def _check_activity(case: Case) -> None:
    """Activity for users of a channel runs in it or a stricter one, and nothing is an input of what it is made of."""
    asked: dict[tuple[str, str, int], float] = {}
    into: dict[tuple[str, int], dict[str, set[str]]] = {}
    for run in case.rows.strict_runs:
        key = (run.recipe, run.users, run.period)
        asked[key] = asked.get(key, 0.0) + run.run
        arcs = into.setdefault((run.users, run.period), {})
        for material in case.instance.recipes[run.recipe].inputs:
            arcs.setdefault(material, set()).add(run.material)
    for (recipe, users, year), amount in asked.items():
        there = sum(
            run.run
            for run in case.rows.runs
            if (run.scenario, run.period, run.recipe) == (TRUNK, year, recipe)
            and case.facts.as_strict(run.channel, users)
        )
        at = At(f"{recipe}:{users}", year)
        case.ledger.at_most("strict_run", at, amount, there, f"activity for users of {users}", "units")
    for (users, year), arcs in into.items():
        open_ = set(arcs)  # what is made of nothing that is left is taken away, until nothing is left
        while ends := {material for material in open_ if not arcs[material] & open_}:
            open_ -= ends
        text = f"for users of {users} it is made of itself"
        for material in sorted(open_):
            case.ledger.holds("strict_circle", At(f"{material}:{users}", year), False, text)
        case.ledger.holds("strict_circle", At(users, year), not open_, f"circles of {len(open_)} materials")


def check_bought_at_price(
    case: Case, bought: Mapping[tuple[int, str, str, str, str], Sequence[tuple[str, float, frozenset[int]]]]
) -> None:
    """What a purchase takes is sold at the price that its stockpile pays anyway.

    Args:
        case: the plan, and its instance.
        bought: by sale (period, facility, state, material, channel): the channel in which it comes into the stockpile,
            t, and the years in which it is bought.
    """
    for sale, parts in bought.items():
        period, facility, state, material, channel = sale
        rows = [
            row
            for row in case.rows.premiums
            if (row.period, row.facility, row.material, row.channel) == (period, facility, material, channel)
            and case.state_of(row.state) == case.state_of(state)
        ]
        priced = case.instance.materials[material].channel_factor
        span = case.facts.periods[period]
        for users in priced:
            if case.facts.factor(material, users, span) <= 1.0:
                continue
            paid = sum(row.tonnes for row in rows if _as_dear(case, row, users, span)) / span.years
            for year in span.span:
                tonnes = sum(
                    t / len(years) for into, t, years in parts if year in years and case.facts.as_strict(into, users)
                )
                at, text = At(f"{facility}:{material}", year), f"bought at the price of {users}"
                case.ledger.at_most("purchase_at_price", at, tonnes, paid, text)


def _as_dear(case: Case, row: PremiumRow, users: str, period: Period) -> bool:
    """Whether a tonne is sold at the price of a channel or more."""
    return case.facts.factor(row.material, row.users, period) >= case.facts.factor(row.material, users, period)
