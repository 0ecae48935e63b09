"""What has happened by a year: fundings and stock; and what the last plan goes on with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from optimizer.digits import digits
from optimizer.errors import OptionsError, PlanError
from optimizer.evaluation import Portfolio
from optimizer.network.derive import tables_of
from optimizer.network.tables import Funding, Network
from optimizer.plan.plan import Plan

Option = tuple[str, str]
"""Facility, option."""
Stored = tuple[str, str, str, int]
"""Stockpile, material, channel, period."""
PLANNED, FREE = "plan", "free"
"""Stock that the year begins with: as the plan has it, or planned again."""
NOTHING = 1e-6
"""Tonnes that need no place."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is frozen, and what the last plan goes on with.

    Attributes:
        year: first year that is planned again.
        source: where the fundings before it are from.
        frozen: (facility, option, year) of each, all before the year.
        slipped: fundings that the last plan has before the year, and that did not happen, or in another year.
        expected: option -> year in which the last plan funds it; what slipped is expected in the first year planned.
        stock: t on the trunk at the end of the period before; None where it is planned again.
        passed: scenarios that begin before the year.
    """

    year: int
    source: str
    frozen: tuple[Funding, ...]
    slipped: tuple[Funding, ...]
    expected: dict[Option, int]
    stock: dict[Stored, float] | None
    passed: tuple[str, ...]


def past_of(
    network: Network,
    plan: Plan,
    source: str,
    year: int,
    funded: Path | str | Sequence[Funding] | None,
    stock: str,
) -> Past:
    """What has happened by a year.

    Args:
        network: of the instance as it is now.
        plan: the last one.
        source: where it is from, for readers.
        year: first year that is planned again.
        funded: what was really funded before it: a CSV of facility, option, year, or the fundings; default the plan's.
        stock: `plan` or `free`.

    Raises:
        OptionsError: the horizon has no such year, or stock is something else.
        PlanError: the plan, or what was funded, does not fit the instance; with every funding that does not.
    """
    periods = network.calendar.periods
    name = network.instance.name
    faults = []
    if year not in periods:
        shown = ", ".join(map(str, periods))
        faults.append(f"year is {year}; the horizon of {name} has periods that begin in {shown}")
    if stock not in (PLANNED, FREE):
        faults.append(f"stock is '{stock}'; there is {PLANNED}, {FREE}")
    if faults:
        raise OptionsError("; ".join(faults))
    if not plan.tables:
        raise PlanError(f"{source} ended without a plan: {plan.status} ({plan.info.get('why')})")
    last = Portfolio.of(plan, source)
    given = last if funded is None else _given(funded)
    frozen = tuple(sorted(item for item in given.fundings if item[2] < year))
    _fits(network, last, given, frozen, year)
    before = {item for item in last.fundings if item[2] < year}
    slipped = tuple(sorted(before - set(frozen)))
    done = {item[:2] for item in frozen}
    expected = {(f, o): max(t, year) for f, o, t in last.fundings if (f, o) not in done}
    held = _stock(network, last, year) if stock == PLANNED and year != periods[0] else None
    passed = tuple(s for s, window in network.windows.items() if window.onset < year)
    return Past(year, given.source, frozen, slipped, expected, held, passed)


def _given(funded: Path | str | Sequence[Funding]) -> Portfolio:
    if isinstance(funded, Path | str):
        return Portfolio.read(funded)
    return Portfolio(tuple((str(f), str(o), int(t)) for f, o, t in funded), None, "what was funded")


def _fits(network: Network, last: Portfolio, given: Portfolio, frozen: Sequence[Funding], year: int) -> None:
    """Every option is one of the instance, and what is frozen could be funded when it was.

    Raises:
        PlanError: with every one that is not.
    """
    faults = []
    for who in [last] if given is last else [last, given]:
        gone = [f"{f}:{o}" for f, o, _ in sorted(who.fundings) if (f, o) not in network.starts.years]
        if gone:
            faults.append(
                f"{who.source} funds {', '.join(gone)}, which {network.instance.name} does not have; an option that "
                "fell through stays in the instance, with a rule {rule: forbid, facility: ..., option: ...}"
            )
    for facility, option, when in frozen:
        years = network.starts.years.get((facility, option))
        if years is not None and when not in years:
            could = f"{min(years)} to {max(years)}" if years else "never"
            faults.append(
                f"{facility}:{option} was funded in {when}, and in {network.instance.name} it can be funded {could}: "
                "what has happened must fit the instance (see its earliest, latest and lead)"
            )
    for facility, option, when in sorted(given.fundings):
        if given is not last and when >= year:
            faults.append(f"{given.source} has {facility}:{option} funded in {when}, which is not before {year}")
    if faults:
        raise PlanError("; ".join(faults))


def _stock(network: Network, last: Portfolio, year: int) -> dict[Stored, float]:
    """Stock of the last plan at the end of the period before a year; what its table does not list is nothing.

    Raises:
        PlanError: the instance has no place for it.
    """
    assert last.stock is not None
    end = network.calendar.previous[year]
    assert end is not None
    found = {(*store, end): 0.0 for store in tables_of(network).stock.stores}
    nowhere = []
    for (store, period), tonnes in last.stock.items():
        if period != end:
            continue
        if (*store, end) in found:
            found[*store, end] = tonnes
        elif tonnes > NOTHING:
            nowhere.append(f"{digits(tonnes, 3)} t of {store[1]} at {store[0]}")
    if nowhere:
        raise PlanError(
            f"the stock of {last.source} at the end of {end} does not fit the instance, which has no place for "
            f"{'; '.join(nowhere)}; stock '{FREE}' plans it again"
        )
    return found
