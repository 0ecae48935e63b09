"""Before the search over very many parts: a plan of the trunk, and what branches do beside it.

With very many futures the first rounds of the relaxation propose stock that no part can have, and there is no plan for
long. The trunk by itself is solved in seconds. Its fundings and stock leave every branch a linear program of its own,
so there is a plan at once, and a point that parts can answer, near which the rounds begin. What the trunk's parts were
found to cost holds in the whole problem too.

Source: a ladder from few scenarios to many is common in L-shaped methods; Birge and Louveaux (2011), 5.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from optimizer.errors import SolveError
from optimizer.instance.policy import Expected
from optimizer.model.declare import Key
from optimizer.network.tables import BASE, INVESTMENT, TRUNK
from optimizer.network.tree import foreseen
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.benders.known import Known
from optimizer.solver.benders.split import GIVEN, LONG
from optimizer.solver.branch import Branch
from optimizer.solver.compile import Block
from optimizer.solver.extensive import Begun, Solved
from optimizer.solver.highs import Progress, Report
from optimizer.solver.limit import Limit, Stopped
from optimizer.solver.start import Start

MANY = 200
"""Branches from which the trunk is solved first."""
GAP = 5e-3
"""Relative gap to which it is: its portfolio is a beginning."""
SHARE = 0.2
"""Share of the time that is left which it may take."""

Solve = Callable[[Begun, Start | None, Checkpoint | None], Solved]
Given = dict[tuple[str, Key], float]


@dataclasses.dataclass(frozen=True, slots=True)
class Ahead:
    """What is known before the search.

    Attributes:
        start: a plan; None where the trunk has none, or a branch none with it.
        known: what a search over the trunk alone knew; None where there was none.
    """

    start: Start | None = None
    known: Known | None = None


def worth(begun: Begun) -> bool:
    """Whether a problem has so many branches that its trunk is solved first."""
    network = begun.out.network
    return len(network.windows) >= MANY and isinstance(network.instance.risk, Expected)


def ahead_of(begun: Begun, solve: Solve) -> Ahead:
    """Solve the trunk, and operate the branches whose stock the master has beside it.

    Args:
        begun: the problem; it is left as it is.
        solve: what solves the trunk.

    Returns:
        What was found; nothing where HiGHS failed, for the whole does not hang on it.
    """
    network = foreseen(begun.out.network, BASE)
    now = time.monotonic()
    until = None if begun.deadline is None else now + SHARE * (begun.deadline - now)
    alone = dataclasses.replace(
        begun,
        out=Solved(network, begun.out.tables, "no_plan", ""),
        blocks=without(begun.out.network.windows, begun.blocks),
        options=dataclasses.replace(begun.options, method="auto", gap=max(begun.options.gap, GAP), target=None),
        began=now,
        deadline=until,
        report=_naming(begun),
        client=None,
    )
    cuts = Checkpoint(None, "")
    try:
        solved = solve(alone, None, cuts)
    except SolveError:  # the whole does not hang on it
        return Ahead()
    if not solved.values:
        return Ahead()
    funded: dict[Any, float] = solved.values[INVESTMENT].get("fund", {})
    fundings = frozenset(index for index, value in funded.items() if value > 0.5)
    given: Given = {
        (name, (component, index)): value
        for name in (INVESTMENT, TRUNK)
        for component, values in solved.values[name].items()
        for index, value in values.items()
    }
    known = cuts.read()
    try:
        operated = _operated(begun, given)
    except (Stopped, SolveError):
        operated = None
    if operated is None:
        return Ahead(None, known)
    stock = {at: value for at, value in operated.items() if at[0] != INVESTMENT}
    return Ahead(Start(fundings, frozenset({TRUNK, *begun.out.network.windows}), stock), known)


def without(windows: Collection[str], blocks: Mapping[str, Block]) -> dict[str, Block]:
    """Blocks but those of branches, and those that look at them."""
    return {
        name: block
        for name, block in blocks.items()
        if name not in windows and not any(owner in windows for owner, _ in block.owners.values())
    }


def _operated(begun: Begun, given: Given) -> Given | None:
    """What is given, and what branches then do that others look at or that is the master's; None where one cannot.

    Raises:
        SolveError: HiGHS failed.
        Stopped: the limit was reached.
    """
    windows, blocks = begun.out.network.windows, begun.blocks
    limit = Limit(begun.stop, begun.deadline)
    asked: dict[str, set[Key]] = {}
    for block in blocks.values():
        for owner, key in block.owners.values():
            asked.setdefault(owner, set()).add(key)
    # Of the others the search asks no more than what they cost.
    left = [name for name, window in windows.items() if name in asked or len(window.periods) >= LONG]
    count, found = len(left), dict(given)
    with ThreadPoolExecutor(begun.options.cores) as pool:
        done: set[str | None] = {None}
        while left:
            ready = [name for name in left if windows[name].leaves in done]
            _tell(begun, count - len(left), count)
            answer = partial(_answer, given=found, limit=limit)
            mine_of = pool.map(answer, (blocks[name] for name in ready), (asked.get(name, set()) for name in ready))
            for mine in list(mine_of):
                if mine is None:
                    return None
                found |= mine
            done |= set(ready)
            left = [name for name in left if name not in done]
    return found


def _answer(block: Block, asked: set[Key], *, given: Given, limit: Limit) -> Given | None:
    if how := limit.reached():
        raise Stopped(how)
    branch = Branch(block, limit=limit)
    branch.give(given)
    found = branch.solve()
    if found.values is None:
        return None
    keys = ((i, key) for i, key in enumerate(block.columns) if i not in block.owners)
    return {
        (block.name, key): float(found.values[i])
        for i, key in keys
        if (key in asked or key[0] in GIVEN) and abs(found.values[i]) > 0
    }


def _naming(begun: Begun) -> Report | None:
    """A report that says what is solved; what the trunk costs is neither plan nor bound of the whole."""
    report = begun.report
    if report is None:
        return None

    def named(progress: Progress) -> None:
        seconds = time.monotonic() - begun.began
        report(Progress(f"the trunk alone: {progress.phase}", seconds, None, None, progress.nodes))

    return named


def _tell(begun: Begun, done: int, every: int) -> None:
    if begun.report is not None:
        seconds = time.monotonic() - begun.began
        begun.report(Progress(f"a first plan: {done} of {every} branches", seconds, None, None, 0))
