"""The road of a solve: build, for regret what each future costs with hindsight, then the method."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from optimizer.errors import OptionsError
from optimizer.instance.policy import Regret
from optimizer.network.tables import INVESTMENT, TRUNK, Network
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.compile import Block, charged
from optimizer.solver.extensive import Begun, Solved, compile_all
from optimizer.solver.hedging import mpiexec, refused
from optimizer.solver.highs import Report, Stop
from optimizer.solver.hindsight import find_hindsights
from optimizer.solver.kept import Kept
from optimizer.solver.least_outlay import with_least_outlay
from optimizer.solver.levels import by_levels, least_outlay_first
from optimizer.solver.methods import method_of, solve_begun
from optimizer.solver.needs import needs_block
from optimizer.solver.options import Options
from optimizer.solver.start import Start

if TYPE_CHECKING:
    from distributed import Client

NEEDS_SHARE = 0.1
"""Share of the time that is left in which the relaxation of the trunk says which needs are worth a row."""


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
        checkpoint: where Benders keeps what it knows, and finds what it knew; for regret, hindsights too.
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
    begun = begin(network, options, report, stop, rows, hindsight, checkpoint)
    begun.client = client
    if network.instance.lexicographic is not None or least_outlay_first(network):
        solved = _by_levels(begun, start, checkpoint)
    else:
        solved = solve_begun(begun, start, checkpoint)
    if solved.values and network.instance.finance is not None:
        solved.values, least = with_least_outlay(network, begun.blocks, solved.tables[TRUNK], solved.values)
        if not least:
            solved.why += "; what instruments pay is enough for this plan, and not brought to its least"
    return solved


def begin(
    network: Network,
    options: Options,
    report: Report | None = None,
    stop: Stop | None = None,
    rows: Block | None = None,
    hindsight: Mapping[str, float] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Begun:
    """Build and compile the blocks; for regret, find what each future costs with hindsight.

    Arguments as of `solve`.

    Raises:
        OptionsError: the method asked for cannot solve it, or `OPTIMIZER_CACHE` names what cannot be written to.
        SolveError: the solver failed.
    """
    began = time.monotonic()
    deadline = None if options.time_limit is None else began + options.time_limit
    kept = Kept.by_environment()
    blocks, tables = compile_all(network, report, stop, kept)
    out = Solved(network, tables, "no_plan", "it was interrupted while the problem was built")
    out.blocks = "" if kept is None else kept.said
    begun = Begun(out, blocks, options, report, stop, began, deadline)
    if stop is not None and stop.asked.is_set():
        begun.over = True
        return begun
    if isinstance(network.instance.risk, Regret):
        if hindsight is None:
            method_of(begun)  # what cannot be solved is refused before it takes time
            find_hindsights(begun, checkpoint)
        else:
            out.hindsight = dict(hindsight)
        if begun.over:
            return begun
    left = math.inf if deadline is None else max(0.0, NEEDS_SHARE * (deadline - time.monotonic()))
    needs = needs_block(tables[TRUNK], blocks[INVESTMENT], blocks[TRUNK], left)
    if needs is not None:
        blocks[needs.name] = needs
    if rows is not None:
        blocks[rows.name] = rows
        blocks[INVESTMENT] = charged(blocks[INVESTMENT], rows)
    out.seconds["build"] = time.monotonic() - began
    return begun


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
