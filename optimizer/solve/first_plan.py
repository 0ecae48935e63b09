"""A plan and a bound early on, for problems whose root relaxation alone takes minutes.

The trunk alone is a fraction of the extensive form. Its portfolio, fixed in the whole problem, gives a plan; the
relaxation of the whole problem, by interior point without crossover, gives a bound. Both hold whatever comes later.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimizer.model import assemble
from optimizer.network.tables import BASE, INVESTMENT, TRUNK, Network
from optimizer.solve.compile import Block, Problem, Vector, compile_block, join
from optimizer.solve.highs import Progress, Report, Stop, run
from optimizer.solve.options import Options

LARGE = 60_000
"""Columns from which an early plan is worth its time."""
TRUNK_GAP = 5e-3
TRUNK_SHARE = 0.25
"""Share of the time limit that the trunk alone may take."""
SAFETY = 1e-8
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
    portfolio = _portfolio_of_trunk(network, blocks, options, report, stop, deadline)
    if portfolio is not None:
        integer = np.flatnonzero(problem.integer)
        lower, upper = problem.lower.copy(), problem.upper.copy()
        lower[integer] = upper[integer] = portfolio[: len(integer)]
        fixed = dataclasses.replace(problem, lower=lower, upper=upper, integer=np.zeros_like(problem.integer))
        raw = run(fixed, options, phase="a first plan", report=report, stop=stop, deadline=deadline)
        if raw.ended == "optimal":
            out.values, out.objective, out.duals = raw.values, raw.objective, raw.duals
    relaxed = dataclasses.replace(problem, integer=np.zeros_like(problem.integer))
    known = carrying(report, out)
    raw = run(relaxed, options, phase="a bound", report=known, stop=stop, deadline=deadline, crossover=False)
    if raw.ended == "optimal" and raw.objective is not None:
        out.bound = raw.objective - SAFETY * abs(raw.objective)
    return out


def _portfolio_of_trunk(
    network: Network,
    blocks: Mapping[str, Block],
    options: Options,
    report: Report | None,
    stop: Stop | None,
    deadline: float | None,
) -> Vector | None:
    """Integer values of the investment block, as the trunk alone would have them."""
    alone = join([blocks[INVESTMENT], blocks[TRUNK], compile_block(assemble.one_future(network, BASE), [])])
    loose = dataclasses.replace(options, gap=max(options.gap, TRUNK_GAP))
    now = time.monotonic()
    until = None if deadline is None else now + TRUNK_SHARE * (deadline - now)
    raw = run(alone, loose, phase="the trunk alone", report=report, stop=stop, deadline=until, clean=False)
    if raw.values is None:
        return None
    return np.round(raw.values[np.flatnonzero(alone.integer)])


def carrying(report: Report | None, early: FirstPlan) -> Report | None:
    """A report that keeps showing the plan and the bound known so far; its first call says what the plan funds."""
    if report is None or (early.objective is None and early.bound is None):
        return report
    told = False

    def carry(progress: Progress) -> None:
        nonlocal told
        incumbent = progress.incumbent if progress.incumbent is not None else early.objective
        bounds = [bound for bound in (progress.bound, early.bound) if bound is not None]
        values = progress.values if told or progress.values is not None else early.values
        told = True
        report(dataclasses.replace(progress, incumbent=incumbent, bound=max(bounds, default=None), values=values))

    return carry
