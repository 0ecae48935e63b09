"""The road of Benders: compiled blocks in, what came out of the solver out."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping

import numpy as np

from optimizer.model import risk
from optimizer.solver.benders.search import Search
from optimizer.solver.compile import Block
from optimizer.solver.extensive import ZERO, Begun, Solved, Values, ended
from optimizer.solver.highs import Raw, Report, Stop
from optimizer.solver.options import Options


def decompose(
    begun: Begun,
    options: Options,
    report: Report | None = None,
    stop: Stop | None = None,
    portfolio: Collection[tuple[str, str, int]] | None = None,
) -> Solved:
    """Solve what was begun by Benders.

    Args:
        begun: compiled blocks, tables and hindsight.
        options: how to solve.
        report: called with progress.
        stop: asks it to stop.
        portfolio: (facility, option, year) of each funding of a plan that is tried first.
    """
    out, blocks = begun.out, begun.blocks
    began = time.monotonic()
    search = Search(out.network, blocks, out.tables, out.hindsight, options, report, stop, begun.deadline)
    out.sizes = search.sizes()
    how = search.run(portfolio)
    if portfolio is not None:
        out.start = "used" if search.start_used else "it holds no plan in this instance, and was not used"
    found = search.best.z is not None
    bound = search.bound if math.isfinite(search.bound) else None
    raw = Raw(how, search.best.z, search.best.objective if found else None, bound, 0.0)
    if raw.objective is not None and raw.bound is not None:
        raw.bound = min(raw.bound, raw.objective)
    ended(out, raw)
    if search.trouble:
        out.why = f"{search.trouble}; the best plan and the bound until then are kept"
    out.nodes = search.rounds
    if found:
        out.objective, out.bound = raw.objective, raw.bound
        out.duals = search.prices()
        if risk.needs_second_pass(out.network) and not (stop and stop.asked.is_set()):
            search.second_pass()
            out.why += "; the second pass (least expected cost at that value) is optimal for these fundings only"
            out.objective = search.best.objective
        out.values = _values(search, blocks)
    search.close()
    out.seconds |= search.seconds
    out.seconds["solve"] = time.monotonic() - began
    out.seconds["total"] = time.monotonic() - begun.began
    return out


def _values(search: Search, blocks: Mapping[str, Block]) -> dict[str, Values]:
    """The values that are not zero, by block, component and index: the master's own, and its parts' answers."""
    z = search.best.z
    assert z is not None
    found: dict[str, Values] = {}
    problem = search.master.problem
    vectors = {name: np.zeros(len(block.columns)) for name, block in blocks.items()}
    for name, vector in vectors.items():
        local = problem.local(name, z)
        kept = search.dealt.kept.get(name, np.arange(len(vector)))
        vector[kept[kept >= 0]] = local[kept >= 0]
    for part, answer in zip(search.parts, search.best.answers, strict=True):
        assert answer.values is not None
        own = np.ones(len(part.part.columns), dtype=bool)
        own[part.branch.linked] = False
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
