"""What a future costs someone who knows that it comes.

It is solved as an instance is whose only future that is: by the same methods, chosen alike.
"""

from __future__ import annotations

import time
from dataclasses import replace

from optimizer.model import risk
from optimizer.network.tables import INVESTMENT, TRUNK
from optimizer.network.tree import foreseen
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.extensive import Begun, Solved
from optimizer.solver.highs import Progress, Report
from optimizer.solver.methods import solve_begun
from optimizer.solver.start import Start


def hindsight_of(begun: Begun, future: str, start: Start | None = None, cuts: Checkpoint | None = None) -> Solved:
    """Least cost of investment, trunk and branches to someone who knows which future comes. Source: design.md 4.3.

    Only what lies on the future's path costs. The whole trunk holds nevertheless, with its targets, and so does each
    branch that the path leaves, to its own end.

    Args:
        begun: the blocks of all futures, without further rows; how to solve, and until when. It is left as it is.
        future: `base`, or a scenario with effects.
        start: a plan that is tried first.
        cuts: where Benders finds what it knew of other futures, and keeps what it knows.

    Returns:
        Status, objective and bound, USD, and the plan of the investment and of these courses.

    Raises:
        OptionsError: the method asked for cannot solve it.
        SolveError: the solver failed.
    """
    network = foreseen(begun.out.network, future)
    mine = replace(
        begun,
        out=Solved(network, begun.out.tables, "no_plan", ""),
        blocks={name: begun.blocks[name] for name in (INVESTMENT, TRUNK, *network.windows)},
        options=replace(begun.options, target=None),
        began=time.monotonic(),
        client=None,
    )
    solved = solve_begun(mine, start, cuts)
    if cuts is not None:
        cuts.thin()
    return solved


def find_hindsights(begun: Begun, kept: Checkpoint | None = None) -> None:
    """What each future that counts costs with hindsight, for regret; it is over where one cannot be had.

    Args:
        begun: as for `hindsight_of`; it is told what they cost, or why there is no plan.
        kept: where those are found that an earlier run found, and kept as they come.

    Raises:
        OptionsError: the method asked for cannot solve it.
        SolveError: the solver failed.
        PlanError: the checkpoint's file cannot be read.
    """
    out, options = begun.out, begun.options
    cuts = Checkpoint(None, "")
    known = {} if kept is None else kept.hindsight(options.gap, options.gap_usd)
    try:
        for future in risk.futures(out.network):
            if future not in known:
                found = hindsight_of(replace(begun, report=_naming(begun.report, future)), future, None, cuts)
                if found.status != "optimal" or found.objective is None:
                    out.status = "infeasible" if found.status == "infeasible" else "no_plan"
                    sought = f"the optimum of {future} with hindsight was sought: regret needs that of every future"
                    out.why = f"{found.why} while {sought}"
                    begun.over = True
                    return
                known[future] = found.objective
                if kept is not None:
                    kept.keep_hindsight(future, found.objective)
            out.hindsight[future] = known[future]
    finally:
        if kept is not None:
            kept.hindsight_ends()


def _naming(report: Report | None, future: str) -> Report | None:
    """A report that says whose optimum is sought."""
    if report is None:
        return None

    def named(progress: Progress) -> None:
        report(replace(progress, phase=f"hindsight of {future}: {progress.phase}"))

    return named
