"""Which method solves a problem, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from optimizer.errors import OptionsError, SolveError
from optimizer.network.tables import Network
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.benders.solve import decompose
from optimizer.solver.benders.split import undivided
from optimizer.solver.compile import Block
from optimizer.solver.extensive import Begun, Solved, begin, finish
from optimizer.solver.hedging import hedge, mpiexec, refused
from optimizer.solver.highs import Report, Stop
from optimizer.solver.levels import by_levels
from optimizer.solver.options import Options
from optimizer.solver.start import Start

if TYPE_CHECKING:
    from distributed import Client

DEALT = 6_500
"""Columns from which a problem with branches is dealt out: at 5,800 the whole took half to four fifths of the processor
time, at 6,700 as much to 1 percent and six times as much to 0.1, at 7,700 three times as much and more."""
TRUNK_DEALT = 50_000
"""Columns from which a trunk without branches is dealt out: to 0.1 percent at 7,300 it took 0.6 and 1.2 times the
processor time of the whole, to 0.01 percent 1.0 and 2.4; at 94,000 (the reference instance) an eleventh."""


def solve(
    network: Network,
    options: Options,
    report: Report | None = None,
    stop: Stop | None = None,
    start: Start | None = None,
    rows: Block | None = None,
    hindsight: Mapping[str, float] | None = None,
    checkpoint: Checkpoint | None = None,
    client: Client | None = None,
) -> Solved:
    """Solve an instance by the method asked for.

    Args:
        network: the instance's network.
        options: how to solve.
        report: called with progress.
        stop: asks it to stop with what it has.
        start: a plan that is tried first.
        rows: a block of more rows over fundings and the trunk's stock; what each future costs with hindsight does not
            obey them.
        hindsight: what each future costs with hindsight, USD, for regret; by default it is sought.
        checkpoint: where Benders keeps what it knows, and finds what it knew.
        client: of a dask cluster whose workers answer for Benders's parts.

    Raises:
        OptionsError: the method asked for cannot solve it, or has no use for a cluster.
        SolveError: the solver failed, or the cluster was lost.
        PlanError: the checkpoint's file cannot be read.
    """
    if client is not None and options.method not in ("auto", "benders"):
        raise OptionsError(
            f"method is '{options.method}' and a cluster is named; a cluster answers for the parts of 'benders' only"
        )
    if options.method == "hedging":
        _check_hedging(network, rows)
    begun = begin(network, options, report, stop, rows, hindsight)
    begun.client = client
    if network.instance.lexicographic is not None:
        return _by_levels(begun, start, checkpoint)
    return solve_begun(begun, start, checkpoint)


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
            return decompose(begun, start, checkpoint)
        except SolveError as error:
            if options.method != "auto" or begun.client is not None:
                raise
            out.method, out.method_why = "extensive", f"Benders failed: {error}"
    if out.method == "hedging":
        return hedge(begun, start)
    return finish(begun, start)


def _by_levels(begun: Begun, start: Start | None, checkpoint: Checkpoint | None) -> Solved:
    """Solve level by level; a checkpoint knows of no levels."""
    if begun.over:
        return begun.out
    solved = by_levels(begun, start, solve_begun)
    if checkpoint is not None and checkpoint.written:
        solved.resumed = f"{checkpoint.file} was not taken: levels are solved anew"
    return solved


def _check_hedging(network: Network, rows: Block | None) -> None:
    """Whether hedging can solve it, before anything is built.

    Raises:
        OptionsError: it cannot, or its extra is not installed.
    """
    reason = refused(network) if rows is None else "hedging takes no losses to be survived"
    if network.instance.lexicographic is not None:
        reason = "hedging knows one objective, and a lexicographic instance has several"
    if reason is not None:
        raise OptionsError(f"method is 'hedging', but {reason}; 'extensive' can solve it")
    mpiexec()


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
    branches = len(begun.out.network.windows)
    columns = sum(len(block.columns) - len(block.owners) for block in begun.blocks.values())
    if columns < (DEALT if branches else TRUNK_DEALT):
        alone = "" if branches else " of one future alone"
        return "extensive", f"{columns:,} columns{alone}: small enough to be solved whole"
    if not branches:
        return "benders", f"{columns:,} columns of one future alone: what is funded is decided apart from operations"
    return "benders", f"{columns:,} columns in {branches} branches and a trunk: its parts are small beside the whole"
