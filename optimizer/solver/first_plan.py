"""Plans and a bound early on, for problems whose root relaxation alone takes minutes.

The relaxation of the whole problem, by interior point without crossover, gives a bound; its fundings are nearly
whole, so the nearest portfolio is a good one. The trunk alone, a fraction of the whole, gives another portfolio; with
its operations kept, each branch is a small linear program of its own, and together they are the first plan. Each
portfolio fixed in the whole problem leaves a linear program whose solution is a better one. All of it holds whatever
follows.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.errors import SolveError
from optimizer.model import assemble
from optimizer.network.tables import BASE, INVESTMENT, TRUNK, Network
from optimizer.solver.compile import Block, Indices, Problem, Vector, dot, join, money_of
from optimizer.solver.highs import Progress, Report, Stop, run
from optimizer.solver.loading import without_needs
from optimizer.solver.options import Options
from optimizer.solver.written import build_block

LARGE = 60_000
"""Columns from which an early plan is worth its time."""
TRUNK_GAP = 5e-3
TRUNK_SHARE = 0.25
"""Share of the time limit that the trunk alone may take."""
SAFETY = 1e-7
"""Relative, taken off a bound that interior point reached within its tolerance."""


@dataclass(slots=True)
class FirstPlan:
    """What is known before branch and bound begins.

    Attributes:
        values: a plan, by column of the whole problem; None where none was found.
        objective: its value, USD.
        bound: proven bound, USD.
        duals: of the linear program left with the portfolio fixed, USD by row.
    """

    values: Vector | None = None
    objective: float | None = None
    bound: float | None = None
    duals: Vector | None = None


def first_plan(
    network: Network,
    blocks: Mapping[str, Block],
    problem: Problem,
    options: Options,
    report: Report | None,
    stop: Stop | None,
    deadline: float | None,
) -> FirstPlan:
    """Find a plan and a bound of a large problem.

    Args:
        network: what is solved.
        blocks: compiled blocks.
        problem: the whole problem.
        options: how to solve.
        report: called with progress.
        stop: asks it to stop.
        deadline: `time.monotonic()` at which to stop.
    """
    out = FirstPlan()
    single = options if options.cores == 1 else dataclasses.replace(options, threads=1)
    tried: list[Vector] = []
    known = carrying(report, out)
    at_once = threading.Lock()

    def keep(values: Vector, duals: Vector | None) -> None:
        objective = (dot(problem.objective, values) + problem.offset) / problem.money
        with at_once:
            if out.objective is None or objective < out.objective:
                out.values, out.objective, out.duals = values, objective, duals

    def fix(portfolio: Vector) -> None:
        with at_once:
            if any(np.array_equal(portfolio, other) for other in tried):
                return
            tried.append(portfolio)
        fixed = with_portfolio(problem, portfolio)
        raw = run(fixed, single, phase="a first plan", report=known, stop=stop, deadline=deadline)
        if raw.ended == "optimal" and raw.values is not None:
            keep(raw.values, raw.duals)

    def of_trunk() -> None:
        found = _plan_of_trunk(network, blocks, problem, single, stop, deadline)
        if found is None:
            return
        values = _branch_by_branch(network, problem, found, single, stop, deadline)
        if values is not None:
            keep(values, None)
        fix(np.round(found[fundings_of(problem)]))

    def of_relaxation() -> None:
        relaxed = dataclasses.replace(problem, integer=np.zeros_like(problem.integer))
        phase = "relaxing all futures"
        try:
            raw = run(relaxed, single, phase=phase, report=known, stop=stop, deadline=deadline, crossover=False)
        except SolveError:  # it ends without a word on some problems; what follows does not hang on it
            return
        if raw.ended == "optimal" and raw.objective is not None and raw.values is not None:
            out.bound = raw.objective - SAFETY * abs(raw.objective)
            near = _nearest(blocks[INVESTMENT], raw.values[fundings_of(problem)], single)
            if near is not None:
                fix(near)

    _side_by_side((of_trunk, of_relaxation), options)
    return out


def plan_of(
    problem: Problem,
    portfolio: Collection[tuple[str, str, int]],
    options: Options,
    report: Report | None,
    stop: Stop | None,
    recipients: Collection[tuple[str, str]] | None = None,
    deadline: float | None = None,
) -> FirstPlan:
    """The plan that a given portfolio has in a problem; empty where it holds no plan.

    Args:
        problem: the whole problem.
        portfolio: (facility, option, year) of each funding; what the problem does not know is left out.
        options: how to solve.
        report: called with progress.
        stop: asks it to stop.
        recipients: (instrument, facility) of who takes what, tried before that is left open: it is then a linear
            program, and a longer list of instruments begins with the plan of a shorter one.
        deadline: `time.monotonic()` at which to do without.
    """
    wanted: set[object] = set(portfolio)
    mine = problem.blocks[INVESTMENT]
    whole = np.flatnonzero(mine.integer)
    fundings = [i for i in whole if mine.columns[i][0] != "recipient"]  # who is chosen is no part of a portfolio
    tries = [fundings]
    if recipients is not None and len(fundings) < len(whole):
        wanted |= set(recipients)
        tries = [list(whole), fundings]
    for held in tries:
        chosen = np.array([float(mine.columns[i][1] in wanted) for i in held])
        fixed = _held(problem, problem.place[INVESTMENT][held], chosen)
        raw = run(fixed, options, phase="the plan to start from", report=report, stop=stop, deadline=deadline)
        if raw.ended == "optimal":
            return FirstPlan(raw.values, raw.objective, None, raw.duals)
    return FirstPlan()


def better(one: FirstPlan, other: FirstPlan) -> FirstPlan:
    """The better plan of two, with the better bound."""
    bounds = [bound for bound in (one.bound, other.bound) if bound is not None]
    known = [plan for plan in (one, other) if plan.objective is not None]
    best = min(known, key=lambda plan: plan.objective or 0.0, default=one)
    return dataclasses.replace(best, bound=max(bounds, default=None))


def _nearest(investment: Block, wanted: Vector, options: Options) -> Vector | None:
    """The portfolio allowed by the rows of the investment that is nearest to fractional fundings."""
    alone = join([investment])
    objective = np.zeros(alone.columns)
    objective[alone.integer] = 1.0 - 2.0 * wanted
    raw = run(dataclasses.replace(alone, objective=objective), options, clean=False)
    return None if raw.values is None else np.round(raw.values[alone.integer])


def fundings_of(problem: Problem) -> Indices:
    """Columns that say what the plan funds."""
    return problem.place[INVESTMENT][problem.blocks[INVESTMENT].integer]


def with_portfolio(problem: Problem, portfolio: Vector) -> Problem:
    """The problem left when a portfolio is fixed: a linear program, but for what branches fund themselves."""
    return _held(problem, fundings_of(problem), portfolio)


def with_whole(problem: Problem, values: Vector) -> Problem:
    """The linear program left when all that is whole is fixed as it is in a plan."""
    integer = np.flatnonzero(problem.integer)
    return _held(problem, integer, np.round(values[integer]))


def _held(problem: Problem, columns: Indices, values: Vector) -> Problem:
    lower, upper, integer = problem.lower.copy(), problem.upper.copy(), problem.integer.copy()
    lower[columns] = upper[columns] = values
    integer[columns] = False
    return dataclasses.replace(without_needs(problem), lower=lower, upper=upper, integer=integer)


def _side_by_side(steps: Sequence[Callable[[], None]], options: Options) -> None:
    """Run steps at once where there are cores for it."""
    with ThreadPoolExecutor(max(1, min(len(steps), options.cores))) as pool:
        running = [pool.submit(step) for step in steps]
        while not all(future.done() for future in running):
            wait(running, timeout=0.1)
        for future in running:
            future.result()


def _plan_of_trunk(
    network: Network,
    blocks: Mapping[str, Block],
    problem: Problem,
    options: Options,
    stop: Stop | None,
    deadline: float | None,
) -> Vector | None:
    """A plan of the trunk alone, in the columns of the whole problem; those of branches are 0."""
    model = build_block(assemble.one_future, network, BASE)
    more = [block for name, block in blocks.items() if name not in (INVESTMENT, TRUNK, *network.windows)]
    alone = join([blocks[INVESTMENT], blocks[TRUNK], *more, model], money_of(blocks.values()))
    loose = dataclasses.replace(options, gap=max(options.gap, TRUNK_GAP))
    now = time.monotonic()
    until = None if deadline is None else now + TRUNK_SHARE * (deadline - now)
    raw = run(alone, loose, stop=stop, deadline=until)
    if raw.values is None:
        return None
    whole = np.zeros(problem.columns)
    for name in (INVESTMENT, TRUNK):
        there = (alone.place[name] >= 0) & (problem.place[name] >= 0)
        whole[problem.place[name][there]] = raw.values[alone.place[name][there]]
    whole[problem.integer] = np.round(whole[problem.integer])
    return whole


def _branch_by_branch(
    network: Network, problem: Problem, whole: Vector, options: Options, stop: Stop | None, deadline: float | None
) -> Vector | None:
    """The best operations of every branch, with investment and trunk kept as they are.

    Returns:
        A plan of the whole problem; None where a branch has none, or where the measure is not the expected cost (then
        branches share columns beyond those of investment and trunk).
    """
    if network.instance.risk.measure != "expected":
        return None
    values = whole.copy()
    kept = np.zeros(problem.columns, dtype=bool)
    for name in (INVESTMENT, TRUNK):
        kept[problem.place[name][problem.place[name] >= 0]] = True
    # A branch opens with the stock of the branch it leaves, which began earlier and is kept as it was found.
    for name in sorted(network.windows, key=lambda s: network.windows[s].onset):
        part, columns = _part(problem, name, values, kept)
        raw = run(part, options, stop=stop, deadline=deadline)
        if raw.ended != "optimal" or raw.values is None:
            return None
        values[columns] = np.where(kept[columns], values[columns], raw.values)
        kept[columns] = True
    return values


def _part(problem: Problem, name: str, values: Vector, kept: npt.NDArray[np.bool_]) -> tuple[Problem, Indices]:
    """One block's rows and columns as a problem of their own, with the kept columns fixed; and its columns."""
    first = problem.row_start[name]
    rows = np.arange(first, first + len(problem.blocks[name].rows))
    columns = np.unique(problem.place[name][problem.place[name] >= 0])
    fixed = kept[columns]
    part = dataclasses.replace(
        problem,
        matrix=sp.csr_array(problem.matrix[rows][:, columns]),
        row_lower=problem.row_lower[rows],
        row_upper=problem.row_upper[rows],
        lower=np.where(fixed, values[columns], problem.lower[columns]),
        upper=np.where(fixed, values[columns], problem.upper[columns]),
        integer=problem.integer[columns] & ~fixed,
        objective=np.where(fixed, 0.0, problem.objective[columns]),
        offset=0.0,
    )
    return part, columns


def carrying(report: Report | None, early: FirstPlan) -> Report | None:
    """A report that keeps showing the plan and the bound known so far; its first call says what the plan funds."""
    if report is None:
        return report
    told = False

    def carry(progress: Progress) -> None:
        nonlocal told
        incumbent = progress.incumbent if progress.incumbent is not None else early.objective
        bounds = [bound for bound in (progress.bound, early.bound) if bound is not None]
        values = progress.values if told or progress.values is not None else early.values
        told = told or early.values is not None
        report(dataclasses.replace(progress, incumbent=incumbent, bound=max(bounds, default=None), values=values))

    return carry


def reaches(objective: float | None, bound: float | None, options: Options) -> bool:
    """Whether a plan and a bound are within the gap asked for."""
    if objective is None or bound is None:
        return False
    gap = objective - bound
    return gap <= options.gap * abs(objective) or (options.gap_usd is not None and gap <= options.gap_usd)
