"""The road of Benders: compiled blocks in, what came out of the solver out."""

from __future__ import annotations

import math
import time
from contextlib import suppress

import numpy as np

from optimizer.errors import SolveError
from optimizer.model import risk
from optimizer.solver.benders.after import prices, second_pass
from optimizer.solver.benders.ahead import Ahead
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.benders.known import said_by
from optimizer.solver.benders.search import Search
from optimizer.solver.extensive import SECOND_PASS, ZERO, Begun, Solved, Values, ended
from optimizer.solver.first_plan import reaches
from optimizer.solver.highs import Raw
from optimizer.solver.limit import Limit, Stopped
from optimizer.solver.start import Start
from optimizer.workers import LostError

AFTER, AFTER_STOP = 30.0, 2.0
"""Seconds that prices have once the search is over; and where someone waits for it to stop."""


def decompose(
    begun: Begun,
    start: Start | None = None,
    checkpoint: Checkpoint | None = None,
    ahead: Ahead | None = None,
) -> Solved:
    """Solve what was begun by Benders.

    Args:
        begun: compiled blocks, tables and hindsight.
        start: a plan that is tried first.
        checkpoint: what is known is taken from it, and kept in it.
        ahead: what was sought before, where there is no plan to start from.

    Raises:
        SolveError: HiGHS failed.
        LostError: the cluster that answers for parts was lost.
        PlanError: the checkpoint's file cannot be read.
    """
    out, blocks = begun.out, begun.blocks
    options, limit = begun.options, Limit(begun.stop, begun.deadline)
    search = Search(out.network, blocks, out.tables, out.hindsight, options, begun.report, limit, begun.client)
    try:
        return _decomposed(begun, search, start, checkpoint, ahead or Ahead())
    except LostError as error:
        if checkpoint is None or checkpoint.file is None or not checkpoint.file.exists():
            raise
        kept = f"{error}; what is known is in {checkpoint.file}: the same run goes on from there"
        raise LostError(kept) from error
    finally:
        search.close()


def _decomposed(
    begun: Begun, search: Search, start: Start | None, checkpoint: Checkpoint | None, ahead: Ahead
) -> Solved:
    out, options, limit = begun.out, begun.options, search.limit
    out.sizes = search.sizes()
    how = search.run(start, checkpoint, ahead, begun.learnt)
    if begun.learnt is not None and begun.learnt.keep:
        begun.learnt.said.append((said_by(search), {}))
    if start is not None:
        out.start = search.start
    if checkpoint is not None:
        out.resumed = "; ".join(words for words in (checkpoint.words, checkpoint.trouble) if words)
    if search.seconds_before:
        out.seconds["before"] = search.seconds_before
    found = search.best.z is not None
    bound = search.bound if math.isfinite(search.bound) else None
    raw = Raw(how, search.best.z, search.best.objective if found else None, bound, 0.0)
    if raw.objective is not None and raw.bound is not None:
        raw.bound = min(raw.bound, raw.objective)
    if how != "infeasible" and reaches(raw.objective, raw.bound, options):
        raw.ended = "optimal"
    elif how != "infeasible" and options.settled(raw.objective, raw.bound):
        raw.ended = "settled"
    ended(out, raw)
    if search.trouble:
        out.why = f"{search.trouble}{'; the best plan and the bound until then are kept' if found else ''}"
    out.nodes = search.rounds
    if options.target is not None and how != "infeasible":
        out.bound = raw.bound
    if found:
        out.objective, out.bound = raw.objective, raw.bound
        stopped = how == "interrupted"
        limit.stop, limit.deadline = None, time.monotonic() + (AFTER_STOP if stopped else AFTER)
        if options.target is None:
            with suppress(SolveError, Stopped):  # a plan without prices is a plan
                out.duals = prices(search)
        if risk.needs_second_pass(out.network) and not stopped and options.target is None:
            limit.deadline = max(limit.deadline, time.monotonic() + max(SECOND_PASS, time.monotonic() - search.began))
            second_pass(search)
            out.why += "; the second pass (least expected cost at that value) is optimal for these fundings only"
            out.objective = search.best.objective
        assert search.best.z is not None
        search.best.answers = search.asking.fetched(search.best.z, search.best.answers)
        out.values = _values(search)
    if search.asking.afar is not None:
        out.cluster = search.asking.afar.told()
    out.seconds |= search.seconds
    out.seconds["solve"] = time.monotonic() - search.began
    out.seconds["total"] = time.monotonic() - begun.began
    return out


def _values(search: Search) -> dict[str, Values]:
    """The values that are not zero, by block, component and index: the master's own, and its parts' answers."""
    z = search.best.z
    assert z is not None
    found: dict[str, Values] = {}
    blocks, problem = search.blocks, search.master.problem
    vectors = {name: np.zeros(len(block.columns)) for name, block in blocks.items()}
    for name, vector in vectors.items():
        local = problem.local(name, z)
        kept = search.dealt.kept.get(name, np.arange(len(vector)))
        vector[kept[kept >= 0]] = local[kept >= 0]
    for part, answer in zip(search.parts, search.best.answers, strict=True):
        assert isinstance(answer.values, np.ndarray)
        own = np.ones(len(part.part.columns), dtype=bool)
        own[part.linked] = False
        vectors[part.part.course][part.part.columns[own]] = answer.values[own]
    for name, block in blocks.items():
        mine: Values = {}
        # What is off by the solver's tolerance would be a negative flow in a table.
        vector = np.clip(vectors[name], block.lower, block.upper)
        for (component, index), value in zip(block.columns, vector, strict=True):
            if abs(value) > ZERO:
                mine.setdefault(component, {})[index] = float(value)
        found[name] = mine
    return found
