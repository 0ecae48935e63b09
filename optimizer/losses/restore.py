"""What a set of losses leaves undone, and what would restore service: stock at the onset, or an option on line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from optimizer.digits import digits
from optimizer.instance.policy import Forbid
from optimizer.losses.operator import USED, Line, Lost, Operator
from optimizer.losses.search import FULL, Names
from optimizer.network.starts import chain
from optimizer.network.tables import INVESTMENT
from optimizer.solver.compile import Indices, Vector
from optimizer.solver.given import Given, given_fundings

Funding = tuple[str, str, int]
"""Facility, option, year."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a set of losses leaves.

    Attributes:
        lines: tonnes short by line of the named markets; without an answer, of demand that must be met, of any market.
        without: tonnes short by line without a loss.
        cannot: what must be done and cannot, in words; empty where the losses can be answered.
        stock: tonnes at the onset, by product, channel and stockpile, that would restore service; least in total.
        stock_left: weighted tonnes short that no stock the instance's stockpiles may hold and release would cure.
        options: options tried: facility, option, with, funded, online, short (weighted tonnes), restores.
    """

    lines: dict[Line, float]
    without: dict[Line, float]
    cannot: list[str]
    stock: list[dict[str, Any]]
    stock_left: float
    options: list[dict[str, Any]]


def aftermath(operator: Operator, names: Names, *, going_on: Callable[[], bool] = lambda: True) -> Aftermath:
    """What a set of losses leaves, and what would restore service.

    Args:
        operator: of the onset and duration.
        names: what is lost.
        going_on: whether there is time to try one more option.
    """
    without = operator.answer(())
    with Lost(operator, names):
        elastic = operator.branch.solve().value is None
        if elastic:
            operator.open_what_must()
        found = operator.branch.solve()
        if found.values is None or found.value is None:  # nothing that may be opened helps: not known to happen
            return Aftermath({}, dict(without.lines), ["the operations as a whole"], [], float("inf"), [])
        lines = _unmet(operator, found.values) if elastic else operator.lines(found.values)
        cannot = list(_words(operator, found.values)) if elastic else []
        goal = (without.short or 0.0) + FULL
        stock, left = _stock(operator)
        options: list[dict[str, Any]] = []
        if found.value > goal:
            options = _options(operator, found.value, found.slope, goal, going_on)
        if elastic:
            operator.close_what_must()
    return Aftermath(lines, dict(without.lines), cannot, stock, max(0.0, left - (without.short or 0.0)), options)


def _columns(columns: Iterable[int]) -> Indices:
    return np.array(list(columns), dtype=np.int64)


def _unmet(operator: Operator, values: Vector) -> dict[Line, float]:
    found = operator.lines(values)
    for (market, number, period), column in operator.unmet.items():
        if values[column] > USED:
            found[market, int(number), int(period)] = float(values[column])
    return found


def _words(operator: Operator, values: Vector) -> Iterator[str]:
    """What must be done and is not, in words."""
    by_product: dict[tuple[str, str], float] = defaultdict(float)
    for (market, number, _), column in operator.unmet.items():
        if values[column] > USED:
            product = operator.case.instance.markets[market].demand[int(number)].product
            by_product[market, product] += float(values[column])
    for (market, product), tonnes in sorted(by_product.items(), key=lambda item: -item[1]):
        yield f"must-meet demand of {market}: {digits(tonnes)} t of {product} or more"
    for (stockpile, material, channel), column in operator.unrestored.items():
        if values[column] > USED:
            tonnes = float(values[column])
            yield f"stock of {material} ({channel}) at {stockpile}, which has no price: {digits(tonnes)} t not restored"


def _stock(operator: Operator) -> tuple[list[dict[str, Any]], float]:
    """The least stock at the onset that restores service as far as stock can; and the weighted tonnes still short."""
    branch, case = operator.branch, operator.case
    stores = _columns(operator.stock.values())
    if not len(stores):
        found = branch.solve().value
        return [], float("inf") if found is None else found
    charged = branch.charged
    branch.limit(stores, np.inf)
    best = branch.solve()
    assert best.values is not None
    assert best.value is not None
    held = np.flatnonzero(charged)
    level = np.maximum(best.values[held], 0.0)
    before = branch.upper_of(held)
    branch.limit(held, level + 1e-7)
    cost = np.zeros(len(charged))
    cost[stores] = 1.0
    branch.charge(cost)
    values = branch.solve().values
    branch.limit(held, before)
    branch.limit(stores, 0.0)
    branch.charge(charged)
    rows = []
    for (stockpile, material, channel), column in operator.stock.items():
        tonnes = 0.0 if values is None else float(values[column])
        if tonnes > FULL:
            stage = case.instance.materials[material].stage
            row = {"material": material, "stage": stage, "channel": channel, "stockpile": stockpile, "tonnes": tonnes}
            rows.append(row)
    return sorted(rows, key=lambda row: -float(str(row["tonnes"]))), best.value


def _options(
    operator: Operator, short: float, slope: Vector, goal: float, going_on: Callable[[], bool]
) -> list[dict[str, Any]]:
    """Options that are not funded and would leave less short, on line as early as they may be.

    The value is convex in what is given, so that the slopes bound it from below: an option by whose slope nothing is
    gained is not tried.
    """
    linked, owners = operator.branch.linked, operator.branch.block.owners
    at = np.array([operator.given.get(owners[int(i)], 0.0) for i in linked])
    tried = []
    for fundings in not_funded(operator):
        more = _with(operator, fundings)
        there = np.array([more.get(owners[int(i)], 0.0) for i in linked])
        least = short + float(slope @ (there - at))
        if least < short - FULL:
            tried.append((least, fundings, more))
    rows = []
    for _, fundings, more in sorted(tried, key=lambda item: (item[0], item[1])):
        if not going_on():
            break
        operator.branch.give(more)
        value = operator.branch.solve().value
        if value is None or value >= short - FULL:
            continue
        facility, option, year = fundings[-1]
        online = year + operator.network.starts.options[facility, option].lead
        row = {"facility": facility, "option": option, "with": [f"{f}:{o}" for f, o, _ in fundings[:-1]]}
        rows.append(row | {"funded": year, "online": online, "short": value, "restores": value <= goal})
    operator.branch.give(operator.given)
    return sorted(rows, key=lambda row: float(str(row["short"])))


def _with(operator: Operator, fundings: tuple[Funding, ...]) -> Given:
    """What the plan gives, with more fundings."""
    stock = {key: value for key, value in operator.given.items() if key[0] != INVESTMENT}
    return given_fundings(operator.network.starts, [*_funded(operator), *fundings]) | stock


def _funded(operator: Operator) -> set[Funding]:
    return {
        cast("Funding", index)
        for (block, (name, index)), value in operator.given.items()
        if block == INVESTMENT and name == "fund" and value
    }


def not_funded(operator: Operator) -> Iterator[tuple[Funding, ...]]:
    """Fundings that would bring an option on line that the plan does not fund, each with what must come before it.

    Each at the earliest year it may be funded. Left out are alternatives to what is funded, and what a rule forbids;
    budget and other rules on funding are not asked.
    """
    instance, starts, calendar = operator.case.instance, operator.network.starts, operator.network.calendar
    years = {(f, o): year for f, o, year in _funded(operator)}
    forbidden = {(r.facility, r.option) for r in instance.policy.rules if isinstance(r, Forbid)}
    for name, facility in instance.facilities.items():
        roots = {option.id for option in facility.options if option.after is None and (name, option.id) in years}
        for option in facility.options:
            steps = chain(facility, option)
            if (name, option.id) in years or (roots and steps[0].id not in roots):
                continue
            if any((name, None) in forbidden or (name, step.id) in forbidden for step in steps):
                continue
            found: list[Funding] = []
            ready = calendar.first_year
            for step in steps:
                year = years.get((name, step.id))
                if year is None:
                    possible = [t for t in starts.years[name, step.id] if ready < calendar.span[t].stop]
                    if not possible:
                        break
                    year = min(possible)
                    found.append((name, step.id, year))
                ready = year + step.lead
            else:
                yield tuple(found)
