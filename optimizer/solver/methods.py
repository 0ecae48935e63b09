"""Which method solves what was begun, and why."""

from __future__ import annotations

from optimizer.errors import OptionsError, SolveError
from optimizer.solver.benders.ahead import Ahead, ahead_of, worth
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.benders.solve import decompose
from optimizer.solver.benders.split import undivided
from optimizer.solver.extensive import Begun, Solved, finish
from optimizer.solver.hedging import hedge
from optimizer.solver.start import Start

DEALT = 6_500
"""Columns from which a problem with branches is dealt out: at 5,800 the whole took half to four fifths of the processor
time, at 6,700 as much to 1 percent and six times as much to 0.1, at 7,700 three times as much and more."""
TRUNK_DEALT = 50_000
"""Columns from which a trunk without branches is dealt out: to 0.1 percent at 7,300 it took 0.6 and 1.2 times the
processor time of the whole, to 0.01 percent 1.0 and 2.4; at 94,000 (the reference instance) an eleventh. Of eight
generated networks of one future, to 0.01 percent, it took 0.3 to 0.6 of that five times, and 1.5, 5.6 and 6.8 times."""


def solve_begun(begun: Begun, start: Start | None = None, checkpoint: Checkpoint | None = None) -> Solved:
    """Solve what is built and compiled.

    Args:
        begun: the compiled blocks, and how to solve.
        start: a plan that is tried first.
        checkpoint: where Benders keeps what it knows, and finds what it knew.

    Raises:
        OptionsError: the method asked for cannot solve it.
        SolveError: the solver failed.
        PlanError: the checkpoint's file cannot be read.
    """
    if begun.over:
        return begun.out
    out, options = begun.out, begun.options
    out.method, out.method_why = method_of(begun)
    if out.method == "benders":
        try:
            return decompose(begun, start, checkpoint, _ahead(begun, start, checkpoint))
        except SolveError as error:
            if options.method != "auto" or begun.client is not None:
                raise
            out.method, out.method_why = "extensive", f"Benders failed: {error}"
    if out.method == "hedging":
        return hedge(begun, start)
    return finish(begun, start)


def _ahead(begun: Begun, start: Start | None, checkpoint: Checkpoint | None) -> Ahead:
    """What is sought before the search, where nothing is known yet."""
    known = start is not None or (checkpoint is not None and checkpoint.known)
    return Ahead() if known or not worth(begun) else ahead_of(begun, solve_begun)


def method_of(begun: Begun) -> tuple[str, str]:
    """The method that solves what was begun, and why it does.

    Raises:
        OptionsError: Benders was asked for, or a cluster for its parts, and it cannot.
    """
    options, reason = begun.options, undivided(begun.blocks)
    if options.method == "benders" and reason is not None:
        raise OptionsError(f"method is 'benders', but {reason}; 'extensive' can solve it")
    if options.method != "auto":
        return options.method, "it was asked for"
    if begun.client is not None:
        if reason is not None:
            raise OptionsError(f"a cluster answers for the parts of 'benders' only, but {reason}; leave it out")
        return "benders", "a cluster answers for its parts"
    if reason is not None:
        return "extensive", reason
    finance = begun.out.network.instance.finance
    if finance is not None and finance.perspective == "public":
        return "extensive", "what governments pay is to be least, over all years of the trunk: parts answer that badly"
    if finance is not None and finance.viability:
        return "extensive", "what is funded must pay its way, over all years of the trunk: parts answer that badly"
    branches = len(begun.out.network.windows)
    columns = sum(len(block.columns) - len(block.owners) for block in begun.blocks.values())
    if columns < (DEALT if branches else TRUNK_DEALT):
        alone = "" if branches else " of one future alone"
        return "extensive", f"{columns:,} columns{alone}: small enough to be solved whole"
    if not branches:
        return "benders", f"{columns:,} columns of one future alone: what is funded is decided apart from operations"
    return "benders", f"{columns:,} columns in {branches} branches and a trunk: its parts are small beside the whole"
