"""What comes before cost: a solve for each level, each keeping what the levels before it reached.

A level is the same problem with other costs: one for the service of each channel, the strictest first, where a tonne
short counts 1 and nothing else does; one for public outlay where that is to be least; and the last where all money
counts. What a level reached is a row (V2), or the most that outlay may be, of the levels after it. Every method solves
a level as it solves any problem.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from optimizer.errors import SolveError
from optimizer.instance.finance import MILLION
from optimizer.model import assemble
from optimizer.model.budget import OUTLAY as PUBLIC_OUTLAY
from optimizer.model.caps import SHORT
from optimizer.network.tables import TRUNK, Network, Tables
from optimizer.solver.compile import Block
from optimizer.solver.extensive import Begun, Learnt, Solved
from optimizer.solver.highs import Progress, Report
from optimizer.solver.methods import method_of
from optimizer.solver.multipliers import Prices
from optimizer.solver.served import counting, counting_outlay, expected_cost, like, short_of
from optimizer.solver.start import Start
from optimizer.solver.trunk_first import trunk_first
from optimizer.solver.written import build_block
from optimizer.workers import LostError

SERVICE, OUTLAY, COST = "service", "outlay", "cost"
"""Names of levels."""
SHARE = 0.5
"""Share of the tolerance to which a level of service is solved; the rest is room for the levels after it."""
NOTHING = 1e-9
"""Tonnes short that are rounding."""
ROUNDING_USD = 1.0
"""USD by which public outlay may be off at least."""
LEAST = 1e-6
"""Least tolerance, t: what rows may be off by."""

SolveOne = Callable[[Begun, Start | None], Solved]


@dataclass(frozen=True, slots=True)
class Level:
    """What a level reached.

    Attributes:
        level: `service`, `outlay` or `cost`.
        channel: of a level of service.
        unit: `t`, expected over the futures, or `USD`.
        demand: the channel's expected demand, t; None for cost.
        best: the best that its own solve found; None where it has found nothing.
        bound: no plan has less, given the levels before; None where nothing is proved.
        gap: best less bound.
        tolerance: how far a plan may be above the bound; None for cost. Outlay's follows from the gap asked for.
        cap: what the levels after it held it to; None for cost, and where there were none.
        value: in the plan as it is.
        status: of its solve: `optimal`, `feasible`, `infeasible`, `no_plan`; `not reached` where it was stopped before.
        why: why its solve ended, in words.
        method: `extensive` or `benders`.
        seconds: that it took.
        price: of a level of service, USD a t short that proves the bound of the cost; None where none was sought.
    """

    level: str
    channel: str | None
    unit: str
    demand: float | None
    best: float | None
    bound: float | None
    gap: float | None
    tolerance: float | None
    cap: float | None
    value: float | None
    status: str
    why: str
    method: str
    seconds: float
    price: float | None = None


def by_levels(begun: Begun, start: Start | None, solve_one: SolveOne) -> Solved:
    """Solve level by level.

    Args:
        begun: the compiled blocks, and how to solve; the gap asked for is that of the cost, and of public outlay.
        start: a plan that is tried first.
        solve_one: solves one problem by the method asked for.

    Returns:
        The plan of the last level reached. It is optimal only where every level is; the objective is its cost, the
        bound that of plans which serve as well.

    Raises:
        OptionsError: the method asked for cannot solve it.
        SolveError: the solver failed.
    """
    network = begun.out.network
    rule = network.instance.lexicographic
    demand = {} if rule is None else demand_by_channel(network, begun.out.tables)
    steps: list[tuple[str, str | None]] = [(SERVICE, channel) for channel in demand]
    steps += [(OUTLAY, None)] if least_outlay_first(network) else []
    levels: list[Level] = []
    caps: dict[str, float] = {}
    found: Solved | None = None
    given = ""
    for name, channel in (*steps, (COST, None)):
        if begun.stop is not None and begun.stop.asked.is_set() and found is not None:
            levels.append(_unreached(name, channel, demand))
            continue
        now = time.monotonic()
        tolerance = None if channel is None or rule is None else max(LEAST, rule.tolerance * demand[channel])
        mine = _of_level(begun, name, channel, tolerance, caps, len(steps) + 1 - len(levels))
        if name == COST and caps and found is not None and method_of(mine)[0] == "benders":
            solved, prices = _by_prices(mine, begun.blocks, found, caps, demand, solve_one)
            levels = [dataclasses.replace(known, price=prices.get(str(known.channel))) for known in levels]
        else:
            solved = _solved(mine, begun.blocks, start, solve_one, name, found)
        if found is not None and not solved.values:
            solved = _kept(found, solved, expected_cost(network, mine.blocks, found.values))
        level = _level(solved, name, channel, tolerance, demand, time.monotonic() - now)
        if not levels:  # later ones start from what is found here, and say what became of that
            given = solved.start
        if not solved.values:
            solved.levels = [*levels, level]
            return solved
        if name == OUTLAY:
            begun, level = _capped(begun, level)
        if channel is not None and tolerance is not None and level.best is not None:
            caps[channel] = max(level.best, (level.best if level.bound is None else level.bound + tolerance))
            level = dataclasses.replace(level, cap=caps[channel])
        levels.append(level)
        found, start = solved, like(network, solved.values)
    assert found is not None
    return dataclasses.replace(_whole(found, levels, begun), start=given)


def _solved(
    mine: Begun,
    blocks: Mapping[str, Block],
    start: Start | None,
    solve_one: SolveOne,
    name: str,
    found: Solved | None,
) -> Solved:
    """What comes of a level; where the solver fails, and there is a plan of the levels before, that is told of it.

    Args:
        mine: the level.
        blocks: with the costs that they have.
        start: a plan that is tried first.
        solve_one: solves one problem.
        name: of the level.
        found: what the levels before have found.

    Raises:
        SolveError: the solver failed, and there is no plan yet.
    """
    try:
        if name == OUTLAY:  # with the rows of the levels before, which are in the level's own blocks alone
            return trunk_first(mine, mine.blocks | dict(blocks), start, solve_one)
        return solve_one(mine, start)
    except SolveError as error:
        if found is None:
            raise
        mine.out.status, mine.out.why = "no_plan", str(error)
        return mine.out


def _kept(found: Solved, solved: Solved, value: float) -> Solved:
    """The plan of the levels before, where a level has found none: it is one of this level too, and nothing is proved.

    Args:
        found: with the plan, which is within all caps.
        solved: what came of the level.
        value: of the plan in this level.
    """
    why = solved.why
    if solved.status == "infeasible":
        why = f"the search found no plan, though there is one: {why}"
    return dataclasses.replace(
        found, status="feasible", why=why, method=solved.method, objective=value, bound=None, duals={}, levels=[]
    )


def _by_prices(
    mine: Begun,
    blocks: Mapping[str, Block],
    served: Solved,
    caps: Mapping[str, float],
    demand: Mapping[str, float],
    solve_one: SolveOne,
) -> tuple[Solved, Mapping[str, float]]:
    """The level of cost by prices on what is short, and under the caps only where these leave the gap open.

    Args:
        mine: the level, under its caps.
        blocks: without them.
        served: a plan within the caps.
        caps: channel -> expected t short at most.
        demand: channel -> expected t.
        solve_one: solves one problem.

    Returns:
        What came of it, and channel -> USD a t short.
    """
    search = Prices(dataclasses.replace(mine, blocks=dict(blocks)), caps, demand, solve_one)
    found = search.run(served.values)
    bound = found.bound if math.isfinite(found.bound) else None
    if found.stopped or found.gap <= search.allowed():
        solved = found.last
    else:
        found.learnt.bound = bound
        begun = dataclasses.replace(mine, learnt=found.learnt, began=time.monotonic())
        start = search.start(found.best or found.likeliest)
        try:
            solved = solve_one(begun, start)
        except LostError:
            raise
        except SolveError:  # cuts at high prices may ask for more digits than the solver has: without them
            begun.learnt = Learnt(bound=bound)
            solved = solve_one(begun, start)
        bound = max((b for b in (bound, solved.bound) if b is not None), default=None)
    best = found.best
    if solved is None or best is None:
        return solve_one(mine, like(served.network, served.values)), found.prices
    if solved is found.last or not solved.values or solved.objective is None or best.cost < solved.objective:
        solved.values, solved.objective, solved.duals = dict(best.values), best.cost, dict(best.duals)
    assert solved.objective is not None
    solved.bound = None if bound is None else min(bound, solved.objective)
    # The search under the caps knows when numbers allow no smaller gap.
    settled = solved is not found.last and solved.status == "optimal"
    if settled or (solved.bound is not None and solved.objective - solved.bound <= search.allowed()):
        solved.status, solved.why = "optimal", "the gap asked for is reached"
    else:
        solved.status, solved.why = "feasible", found.stopped or solved.why
    return solved, found.prices


def demand_by_channel(network: Network, tables: Mapping[str, Tables]) -> dict[str, float]:
    """Expected demand of each channel with demand that may be short, t; the strictest first."""
    found: dict[str, float] = {}
    short: set[str] = set()
    for course in (TRUNK, *network.windows):
        t = tables[course]
        for (d, i, y), tonnes in t.demand.tonnes.items():
            channel = network.instance.markets[d].channel
            found[channel] = found.get(channel, 0.0) + network.weight[course, y] * tonnes
            if (d, i, y) in t.demand.shortage_cost and tonnes > 0:
                short.add(channel)
    return {k: found[k] for k in network.instance.channels if k in short}


def least_outlay_first(network: Network) -> bool:
    """Whether public outlay is to be least, and cost only among plans with as little."""
    finance = network.instance.finance
    return finance is not None and finance.perspective == "public"


def _capped(begun: Begun, level: Level) -> tuple[Begun, Level]:
    """The problem with no more outlay than a level reached, and what it was held to."""
    if level.best is None:
        return begun, level
    options = begun.options
    allowed = max(options.gap * abs(level.best), options.gap_usd or 0.0, ROUNDING_USD)
    cap = max(level.best, level.best if level.bound is None else level.bound + allowed)
    trunk = begun.blocks[TRUNK]
    upper = trunk.upper.copy()
    upper[[key[0] == PUBLIC_OUTLAY for key in trunk.columns]] = cap / MILLION
    blocks = begun.blocks | {TRUNK: dataclasses.replace(trunk, upper=upper)}
    return dataclasses.replace(begun, blocks=blocks), dataclasses.replace(level, cap=cap, tolerance=allowed)


def _of_level(
    begun: Begun, name: str, channel: str | None, tolerance: float | None, caps: Mapping[str, float], left: int
) -> Begun:
    """What a level begins with: the costs that count in it, the rows of the levels before, its share of the time."""
    network, now = begun.out.network, time.monotonic()
    blocks = dict(begun.blocks)
    if channel is not None:
        blocks = counting(network, begun.blocks, channel)
    elif name == OUTLAY:
        blocks = counting_outlay(network, begun.blocks)
    if caps:
        columns = {
            course: [key for key in blocks[course].columns if key[0] == SHORT] for course in (TRUNK, *network.windows)
        }
        block = build_block(assemble.service_caps, network, caps, columns)
        blocks[block.name] = block
    options = begun.options
    if tolerance is not None:
        options = dataclasses.replace(options, gap=0.0, gap_usd=SHARE * tolerance)
    out = Solved(network, begun.out.tables, "no_plan", "")
    out.seconds["build"] = begun.out.seconds.get("build", 0.0)
    deadline = None if begun.deadline is None else now + max(0.0, begun.deadline - now) / left
    if name == OUTLAY:
        options = dataclasses.replace(
            options, gap=SHARE * options.gap, gap_usd=None if options.gap_usd is None else SHARE * options.gap_usd
        )
    report = None if begun.report is None else _telling(begun.report, name, channel)
    return dataclasses.replace(
        begun, out=out, blocks=blocks, options=options, report=report, began=now, deadline=deadline
    )


def _telling(report: Report, name: str, channel: str | None) -> Report:
    """Progress that names the level; tonnes are told in words, for the columns of progress are USD."""

    def tell(progress: Progress) -> None:
        if channel is None:
            words = "public outlay" if name == OUTLAY else name
            report(dataclasses.replace(progress, phase=f"{words}: {progress.phase}"))
            return
        known = "" if progress.incumbent is None else f", {progress.incumbent:,.6g} t short"
        known += "" if progress.bound is None else f", at least {max(0.0, progress.bound):,.6g}"
        phase = f"service of {channel}: {progress.phase}{known}"
        report(dataclasses.replace(progress, phase=phase, incumbent=None, bound=None))

    return tell


def _level(
    solved: Solved,
    name: str,
    channel: str | None,
    tolerance: float | None,
    demand: Mapping[str, float],
    seconds: float,
) -> Level:
    best = solved.objective if solved.values else None
    bound = solved.bound
    if channel is not None:  # within a solver's tolerance nothing is nothing
        best, bound = (None if value is None else value if value > NOTHING else 0.0 for value in (best, bound))
    return Level(
        level=name,
        channel=channel,
        unit="USD" if channel is None else "t",
        demand=None if channel is None else demand[channel],
        best=best,
        bound=bound,
        gap=None if best is None or bound is None else max(0.0, best - bound),
        tolerance=tolerance,
        cap=None,
        value=None,
        status=solved.status,
        why=solved.why,
        method=solved.method,
        seconds=round(seconds, 3),
    )


def _unreached(level: str, channel: str | None, demand: Mapping[str, float]) -> Level:
    unit = "USD" if channel is None else "t"
    known = None if channel is None else demand[channel]
    why = "it was stopped before"
    return Level(level, channel, unit, known, None, None, None, None, None, None, "not reached", why, "", 0.0)


def _whole(found: Solved, levels: list[Level], begun: Begun) -> Solved:
    """The last plan as the answer to all levels."""
    network = found.network
    short = {level.channel: short_of(network, found.values, str(level.channel)) for level in levels if level.channel}
    cost = expected_cost(network, begun.blocks, found.values)
    found.levels = [
        # What governments pay is told from the tables, once it is at its least for the plan as it is.
        dataclasses.replace(
            level, value=short[level.channel] if level.channel else cost if level.level == COST else None
        )
        for level in levels
    ]
    open_levels = [level for level in levels if level.status != "optimal"]
    if not levels[-1].best:
        found.objective, found.bound, found.duals = cost, None, {}
    if open_levels:
        found.status = "feasible"
        found.why = "; ".join(f"{_name(level)}: {level.why}" for level in open_levels)
    found.seconds["levels"] = sum(level.seconds for level in levels)
    found.seconds["total"] = time.monotonic() - begun.began
    return found


def _name(level: Level) -> str:
    return f"service of {level.channel}" if level.channel else "public outlay" if level.level == OUTLAY else "cost"
