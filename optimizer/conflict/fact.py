"""What else would restore a plan: facts that were otherwise. More in stock at the start, an option's shorter lead."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from optimizer.conflict.case import Case, case_of, held
from optimizer.conflict.change import Change, with_options, with_stockpile
from optimizer.conflict.lever import Lever, up
from optimizer.conflict.repair import Repairer, years_of
from optimizer.conflict.requirement import Requirement
from optimizer.findings.finding import amount as told
from optimizer.instance.instance import Instance
from optimizer.instance.records import Option
from optimizer.network.places import Cell
from optimizer.network.starts import may_fund
from optimizer.network.tables import INVESTMENT, TRUNK
from optimizer.solver.compile import Problem

FEW = 6
"""Options whose leads are told at most."""
TINY = 1e-7


def more_stock(repairer: Repairer) -> Iterator[Change]:
    """For each material of a stockpile the least more of it before the first period that restores a plan by itself.

    Raises:
        Stopped: the limit was reached.
    """
    case = repairer.case
    stock = case.tables[TRUNK].stock
    first = case.network.calendar.periods[0]
    start = case.problem.row_start[TRUNK]
    rows = {
        index: start + i
        for i, (component, index) in enumerate(case.problem.blocks[TRUNK].rows)
        if component == "stock_carries_over"
    }
    coefs: dict[Cell, dict[int, float]] = {}
    for store in stock.stores:
        index: Any = (*store, first)
        if index in rows:
            coefs[store] = {rows[index]: -stock.keep[store[0], store[1], first]}
    if not coefs:
        return
    nothing = Requirement("stock", (), "", "")
    every: dict[int | None, dict[int, float]] = dict(enumerate(coefs.values()))
    wide = Lever(nothing, "t", every, dict.fromkeys(every, math.inf), _never)
    # Relaxed and all together first: where that gives no plan, none alone does.
    if not _relaxed(repairer, wide):
        return
    for store, own in coefs.items():
        lever = Lever(nothing, "t", {None: own}, {None: math.inf}, _never)
        if not _relaxed(repairer, lever):
            continue
        found = repairer.least_of(lever)
        if found is not None and found[0].get(None, 0.0) > TINY:
            yield _stocked(case.instance, store, found[0][None], found[1])


def _relaxed(repairer: Repairer, lever: Lever) -> bool:
    problem = lever.attached(repairer.all_on())
    zero = np.zeros(problem.columns)
    loose = dataclasses.replace(problem, integer=np.zeros_like(problem.integer), objective=zero)
    return repairer.possible(loose) is not None


def _never(values: dict[int | None, float], least: float) -> Change:
    raise AssertionError((values, least))


def _stocked(instance: Instance, store: Cell, tonnes: float, least: float) -> Change:
    name, material, channel = store
    record = instance.stockpiles[name]
    given = record.initial.get(material, 0.0)
    x = up(tonnes)
    if isinstance(given, dict):
        by_channel = {str(k): float(v) for k, v in given.items()}
    else:
        strictest = next(k for k in instance.channels if k in record.holds)
        by_channel = {strictest: float(given)} if given else {}
    to = {**by_channel, channel: by_channel.get(channel, 0.0) + x}
    made = with_stockpile(instance, name, {"initial": {**record.initial, material: to}})
    before = instance.periods[0].year
    text = f"{told(x)} t more {material} ({channel}) lay in {name} before {before}"
    return Change("", f"stockpiles.{name}.initial.{material}", x, "t", least, text, made, to)


def shorter_leads(repairer: Repairer, only: frozenset[str] | None = None) -> Iterator[Change]:
    """Options that restore a plan when each alone is on line earlier, by the fewest years that do.

    All leads are shortened together, by a year, then by two; a plan with the fewest options on line sooner than they
    could be names those that matter. Each is then tried alone.

    Args:
        repairer: of the case.
        only: facilities that are looked at; default all.

    Raises:
        Stopped: the limit was reached.
    """
    instance = repairer.case.instance
    longest = max((o.lead for f in instance.facilities.values() for o in f.options), default=0)
    for years in range(1, longest + 1):
        chosen = _named_by(repairer, years, only)
        if chosen is None:
            continue
        found = 0
        for facility, option in chosen:
            made = _sooner(instance, facility, option, years)
            if _possible(repairer, made):
                lead = next(o.lead for o in instance.facilities[facility].options if o.id == option) - years
                text = (
                    f"{facility}'s {option} came on line {years_of(years)} earlier, {years_of(lead)} after its funding"
                )
                path = f"facilities.{facility}.options.{option}.lead"
                yield Change("", path, float(years), "years", float(years), text, made, lead)
                found += 1
        if found:
            return


def _sooner(instance: Instance, facility: str, option: str, years: int) -> Instance:
    return with_options(instance, facility, lambda o: {"lead": max(0, o.lead - years)} if o.id == option else {})


def _possible(repairer: Repairer, instance: Instance) -> bool:
    case = case_of(instance, repairer.case.courses[1:])
    return repairer.possible(held(case.problem, case.units(), _on(repairer, case))) is not None


def _on(repairer: Repairer, case: Case) -> list[str]:
    return [name for name in case.names if name not in repairer.off]


def _named_by(repairer: Repairer, years: int, only: frozenset[str] | None) -> list[tuple[str, str]] | None:
    """Options that come on line sooner than they could, in plans with as few of them as can be; None without a plan."""
    instance = repairer.case.instance

    def sooner(option: Option) -> dict[str, int]:
        return {"lead": max(0, option.lead - years)}

    made = instance
    for name, record in instance.facilities.items():
        if record.options and (only is None or name in only):
            made = with_options(made, name, sooner)
    case = case_of(made, repairer.case.courses[1:])
    problem = held(case.problem, case.units(), _on(repairer, case))
    early = _early_columns(instance, case)
    cost = np.zeros(problem.columns)
    for columns in early.values():
        cost[columns] = 1.0
    problem = dataclasses.replace(problem, objective=cost)
    found: list[tuple[str, str]] = []
    while len(found) < FEW:
        answer = repairer.run(problem, 0.0)
        if answer is None:
            return found or None
        point, _ = answer
        taken = [key for key, columns in early.items() if point[columns].sum() > 0.5]
        if len(taken) != 1:  # none alone does, beside those that were found
            return found
        found.append(taken[0])
        problem = _without(problem, early[taken[0]])
    return found


def _without(problem: Problem, columns: list[int]) -> Problem:
    most = problem.upper.copy()
    most[columns] = 0.0
    return dataclasses.replace(problem, upper=most)


def _early_columns(instance: Instance, case: Case) -> dict[tuple[str, str], list[int]]:
    """Columns of fundings that come on line before any funding as written could, by option.

    Args:
        instance: as written.
        case: of the instance with shorter leads.
    """
    starts = case.network.starts
    found: dict[tuple[str, str], list[int]] = {}
    for (f, o), years in starts.years.items():
        written = next(option for option in instance.facilities[f].options if option.id == o)
        open_ = [t for t in case.network.calendar.periods if may_fund(written, t)]
        first = min(open_, default=case.network.calendar.end_year) + written.lead
        lead = starts.options[f, o].lead
        columns = [case.column(INVESTMENT, "fund", (f, o, t)) for t in years if t + lead < first]
        if columns:
            found[f, o] = [column for column in columns if column is not None]
    return found
