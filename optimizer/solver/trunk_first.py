"""Public outlay where there are disruptions: its least on the trunk alone, and branches that hold beside that plan.

Outlay is counted on the trunk. So what the trunk alone needs, without a branch, no plan of the whole undercuts; and
where every branch can be operated beside a plan of the trunk, that plan is one of the whole, of the same outlay. The
trunk is a tenth of the whole and less.

Source: rows and columns that cost nothing, dropped, leave a relaxation; its optimum is one where it meets them.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping

from optimizer.errors import SolveError
from optimizer.network.tables import BASE, INVESTMENT, TRUNK
from optimizer.network.tree import foreseen
from optimizer.solver.benders.ahead import Given, without
from optimizer.solver.branch import Branch
from optimizer.solver.compile import Block
from optimizer.solver.extensive import ZERO, Begun, Learnt, Solved, Values
from optimizer.solver.highs import Progress
from optimizer.solver.limit import Limit, Stopped
from optimizer.solver.served import counting_outlay, like
from optimizer.solver.start import Start

SHARE = 0.6
"""Share of the level's time that the trunk alone may take."""

SolveOne = Callable[[Begun, Start | None], Solved]


def trunk_first(begun: Begun, blocks: Mapping[str, Block], start: Start | None, solve_one: SolveOne) -> Solved:
    """Solve the level of public outlay.

    Args:
        begun: the level, by whose blocks outlay alone costs.
        blocks: the same with the costs that they have: branches are operated at these.
        start: a plan that is tried first.
        solve_one: solves one problem.

    Returns:
        The least outlay with a plan of the whole. Where a branch cannot be operated beside the trunk's plan the whole
        is solved, beginning with that plan's fundings and with what the trunk alone proves.

    Raises:
        SolveError: the solver failed.
    """
    network = begun.out.network
    beside = {name for name in blocks if name not in network.windows} - set(without(network.windows, blocks))
    if not network.windows or beside or begun.client is not None:  # rows over several courses are more than branches'
        return solve_one(begun, start)
    found = solve_one(_alone(begun, blocks), start)
    if found.status == "infeasible":
        why = f"{found.why}, and not by a disruption: the undisturbed course alone has none"
        return dataclasses.replace(found, network=network, why=why)
    if not found.values:
        return solve_one(begun, start)
    try:
        operated = _operated(begun, blocks, found.values)
    except (SolveError, Stopped):  # what it would have found is sought below, or told there
        operated = None
    if operated is not None:
        return dataclasses.replace(found, network=network, values=operated, duals={})
    learnt = Learnt(bound=found.bound)
    return solve_one(dataclasses.replace(begun, learnt=learnt), like(foreseen(network, BASE), found.values))


def _alone(begun: Begun, blocks: Mapping[str, Block]) -> Begun:
    """The level without branches."""
    network, now = foreseen(begun.out.network, BASE), time.monotonic()
    return dataclasses.replace(
        begun,
        out=Solved(network, begun.out.tables, "no_plan", "", seconds=dict(begun.out.seconds)),
        blocks=counting_outlay(network, without(begun.out.network.windows, blocks)),
        options=dataclasses.replace(begun.options, method="auto"),
        began=now,
        deadline=None if begun.deadline is None else now + SHARE * max(0.0, begun.deadline - now),
    )


def _operated(begun: Begun, blocks: Mapping[str, Block], values: Mapping[str, Values]) -> dict[str, Values] | None:
    """A plan of the trunk with what branches do beside it, each at its least cost; None where one can do nothing.

    Raises:
        SolveError: HiGHS failed.
        Stopped: the limit was reached.
    """
    windows, limit = begun.out.network.windows, Limit(begun.stop, begun.deadline)
    found = dict(values)
    given: Given = {
        (name, (component, index)): value
        for name in (INVESTMENT, TRUNK)
        for component, mine in values[name].items()
        for index, value in mine.items()
    }
    # A branch opens with the stock of the one that it leaves, which began earlier.
    for number, name in enumerate(sorted(windows, key=lambda s: windows[s].onset)):
        if how := limit.reached():
            raise Stopped(how)
        if begun.report is not None:
            phase = f"branch {number + 1} of {len(windows)} beside the trunk's plan"
            begun.report(Progress(phase, time.monotonic() - begun.began, None, None, 0))
        branch = Branch(blocks[name], threads=begun.options.cores, limit=limit)
        branch.give(given)
        answer = branch.solve()
        if answer.values is None:
            return None
        mine: Values = {}
        for i, (component, index) in enumerate(blocks[name].columns):
            if abs(value := float(answer.values[i])) > ZERO:
                mine.setdefault(component, {})[index] = value
                given[name, (component, index)] = value
        found[name] = mine
    return found
