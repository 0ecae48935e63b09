"""What each course of operations answers to a portfolio: the trunk, then every branch, in processes of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.errors import PlanError, SolveError
from optimizer.evaluation.agenda import Task
from optimizer.evaluation.answer import Answer, Reacted, Runs, Stock
from optimizer.evaluation.bounds import Prices
from optimizer.evaluation.portfolio import Portfolio
from optimizer.instance.instance import Instance
from optimizer.model import assemble
from optimizer.model.declare import Key
from optimizer.model.reaction import SHARED
from optimizer.network.derive import tables_of
from optimizer.network.derive_adjust import limits_of
from optimizer.network.network import network_of
from optimizer.network.places import Cell
from optimizer.network.starts import Start
from optimizer.network.tables import INVESTMENT, TRUNK, Network
from optimizer.plan.makers import Known, makers_of
from optimizer.solver.branch import Branch, Response
from optimizer.solver.compile import Vector
from optimizer.solver.given import Given, given_fundings, starts_taken
from optimizer.solver.mould import Mould
from optimizer.solver.template import Template
from optimizer.solver.written import build_block

MOULD_FROM = 4
"""Branches of one shape from which they are compiled together: it costs as much as three alone."""
KEPT_SHAPES = 6
"""Shapes of which a process keeps what it compiled; one takes some 100 MB on the reference instance."""
ROUNDING = 1e-6
"""Relative, and in units of activity or t: how far the trunk may be from what a plan says."""
HALF = 0.5
"""What is funded is 1 but for rounding."""
SHORT = 1e-6
"""Tonnes below which nothing is short."""


def trunk_of(network: Network, portfolio: Portfolio) -> tuple[float, Answer]:
    """Investment cost, USD, and the trunk of a portfolio whose stock is given.

    Raises:
        PlanError: there is no such trunk in this instance.
    """
    given = given_fundings(network.starts, portfolio.fundings)
    invested = build_block(assemble.investment, network)
    cost, constant = invested.cost_of(None)
    chosen = np.array([given.get((INVESTMENT, key), 0.0) for key in invested.columns])
    tables = tables_of(network)
    trunk = Branch(build_block(assemble.operations, tables))
    trunk.give(given)
    held: dict[tuple[Cell, int], int] = {}
    if portfolio.stock is not None:
        held = {(store[:3], store[3]): column for store, column in trunk.columns_of("stock").items()}
        columns = np.array(list(held.values()), dtype=np.int64)
        trunk.fix(columns, np.array([portfolio.stock.get(key, 0.0) for key in held]))
    limits = limits_of(network.instance)
    if portfolio.runs is not None and limits:
        _hold(trunk, "run", {run: portfolio.runs.get(run, 0.0) for run in trunk.columns_of("run") if run[0] in limits})
    if portfolio.known is not None and tables.requalification.asked:
        _hold(trunk, "known", {i: portfolio.known.get(i, 0.0) for i in trunk.columns_of("known")})
    answer = trunk.solve()
    if answer.value is None and portfolio.stock is not None:  # the stock of a large plan may be off by what a solver is
        _hold(trunk, "stock", {(*store, period): portfolio.stock.get((store, period), 0.0) for store, period in held})
        answer = trunk.solve()
    if answer.value is None:
        kept = "" if portfolio.stock is None else " and its stock"
        kept += " and activity" if portfolio.runs is not None and limits else ""
        kept += " and known makers" if portfolio.known is not None and tables.requalification.asked else ""
        raise PlanError(
            f"the portfolio of {portfolio.source}{kept} cannot be operated in '{network.instance.name}': even without "
            "a disruption something that must be met is not, or a rule or the budget is broken"
        )
    found = read(network, trunk, TRUNK, answer, limits)
    if tables.requalification.asked and answer.values is not None:
        found.known = makers_of(tables, by_component(trunk, answer.values))
    return float(cost @ chosen) + constant, found


def by_component(branch: Branch, values: Vector) -> dict[str, dict[Any, float]]:
    """Component -> index -> value."""
    found: dict[str, dict[Any, float]] = defaultdict(dict)
    for (component, index), value in zip(branch.block.columns, values, strict=True):
        found[component][index] = float(value)
    return found


def _hold(trunk: Branch, component: str, given: Mapping[Any, float]) -> None:
    """Hold what the trunk does to a plan's, but for the rounding of its tables."""
    columns = trunk.columns_of(component)
    where = np.array([columns[index] for index in given], dtype=np.int64)
    values = np.array(list(given.values()))
    trunk.hold(where, np.maximum(0.0, values - ROUNDING * (1.0 + values)), values + ROUNDING * (1.0 + values))


def broken_rows(network: Network, portfolio: Portfolio) -> list[str]:
    """The rules on funding that a portfolio breaks, by constraint and index."""
    given = given_fundings(network.starts, portfolio.fundings)
    block = build_block(assemble.investment, network)
    chosen = np.array([given.get((INVESTMENT, key), 0.0) for key in block.columns])
    activity = block.matrix @ chosen
    wrong = (activity < block.row_lower - 1e-6) | (activity > block.row_upper + 1e-6)
    return [f"{block.rows[i][0]} {block.rows[i][1]}" for i in np.flatnonzero(wrong)]


@dataclass(slots=True)
class Home:
    """What a process keeps."""

    network: Network
    given: Given
    parents: frozenset[str]
    taken: frozenset[Start]
    rows: Mapping[Key, int]
    moulds: dict[Hashable, Mould | None] = field(default_factory=dict)


def begin(
    instance: Instance,
    fundings: Sequence[tuple[str, str, int]],
    stock: Stock,
    runs: Runs,
    known: Known,
    rows: Sequence[Key] = (),
) -> Home:
    """Begin a process; rows are those of which prices may be asked."""
    network = network_of(instance)
    given = dict(given_fundings(network.starts, fundings))
    given |= {(TRUNK, ("stock", (*store, period))): tonnes for (store, period), tonnes in stock.items()}
    given |= {(TRUNK, ("run", run)): value for run, value in runs.items()}
    given |= {(TRUNK, ("known", index)): tonnes for index, tonnes in known.items()}
    numbered = {row: number for number, row in enumerate(rows)}
    return Home(network, given, network.left, starts_taken(network.starts, fundings), numbered)


def answer(home: Home, task: Task) -> list[Answer]:
    """The answers of a task's branches; one that has none comes back without cost."""
    return list(_answers(home, task))


def _answers(home: Home, task: Task) -> Iterator[Answer]:
    mould = _mould(home, task)
    template: Template | None = None
    for course in task.courses if mould is None else mould.by_nearness(task.courses):
        bound = _bound(template, mould, course)
        hot, template = bound is not None and template is not None, bound or template
        branch = bound or Branch(build_block(assemble.operations, tables_of(home.network, course)))
        before = task.reacted.get(course, {})
        given = given_to(home, branch, task.openings.get(course), before)
        branch.give_values(given)
        if home.network.reactions:  # rules on funding that the portfolio breaks are not enforced
            branch.excuse(SHARED, given)
        found = read(home.network, branch, course, branch.solve(), stock=course in home.parents)
        onset = home.network.windows[course].onset
        found.reacted |= {index: value for index, value in before.items() if index[2] < onset}
        found.hot = hot
        if task.priced and found.met:
            found.prices = _prices(home, branch)
        yield found


def _prices(home: Home, branch: Branch) -> Prices:
    """The duals that are not 0, by row of the horizon's branch; what it does not have is left out."""
    duals = branch.row_duals()
    rows = [(home.rows[key], at) for at, key in enumerate(branch.block.rows) if duals[at] and key in home.rows]
    if not rows:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    number, at = np.array(rows, dtype=np.int64).T
    return number, duals[at]


def _mould(home: Home, task: Task) -> Mould | None:
    """What is compiled for all branches of a shape, if it is worth it and serves them."""
    like, of = task.like
    if of < MOULD_FROM:
        return None
    if task.shape in home.moulds:
        mould = home.moulds.pop(task.shape)
    else:
        try:
            mould = Mould(home.network, like, home.taken)
        except SolveError:
            mould = None  # a number that depends on two factors: each branch is compiled by itself
        while len(home.moulds) >= KEPT_SHAPES:
            home.moulds.pop(next(iter(home.moulds)))
    home.moulds[task.shape] = mould  # the one used last is dropped last
    return mould


def _bound(template: Template | None, mould: Mould | None, course: str) -> Template | None:
    """The template bound to a branch, or a new one; None where it does not serve it."""
    if mould is None:
        return None
    try:
        if template is None:
            return Template(mould, course)
        template.bind(course)
    except SolveError:
        return None
    return template


def given_to(home: Home, branch: Branch, opening: Stock | None, reacted: Reacted) -> Vector:
    """What a branch is given: fundings, stock of the course it leaves, the trunk's level at its end, its activity."""
    values = []
    for column in branch.linked:
        owner, key = branch.block.owners[int(column)]
        if key[0] == "react":
            funded: Any = key[1]
            values.append(reacted.get(funded, 0.0))
        elif opening is not None and branch.block.columns[int(column)][0] == "opening":
            index: Any = key[1]
            values.append(opening.get((index[:3], index[3]), 0.0))
        else:
            values.append(home.given.get((owner, key), 0.0))
    return np.array(values)


def read(
    network: Network, branch: Branch, course: str, found: Response, limited: Collection[str] = (), stock: bool = True
) -> Answer:
    """What a course answers, from the columns of its branch.

    Args:
        network: of the instance.
        branch: the course.
        course: its name.
        found: what it answered.
        limited: facilities whose activity ties branches.
        stock: whether its stock is asked for.
    """
    out = Answer(course)
    demand = network.instance.markets
    if found.values is None:
        return out
    out.cost = branch.cost_in(found.values)
    lines: list[tuple[int, Any]] = [
        (row, index) for row, (name, index) in enumerate(branch.block.rows) if name == "demand_is_met_or_short"
    ]
    wanted = branch.row_lower
    for row, (market, line, period) in lines:
        key = (market, demand[market].demand[line].product, period)
        out.demand[key] = out.demand.get(key, 0.0) + float(wanted[row])
    for (market, line, period), column in branch.columns_of("short").items():
        tonnes = float(found.values[column])
        if tonnes > SHORT:
            key = (market, demand[market].demand[line].product, period)
            out.short[key] = out.short.get(key, 0.0) + tonnes
    if stock:
        out.stock = {
            (index[:3], index[3]): float(found.values[column]) for index, column in branch.columns_of("stock").items()
        }
    out.reacted = {index: 1.0 for index, column in branch.columns_of("react").items() if found.values[column] > HALF}
    if limited:
        runs = branch.columns_of("run")
        out.runs = {run: max(0.0, float(found.values[i])) for run, i in runs.items() if run[0] in limited}
    return out
