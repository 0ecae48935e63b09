"""The extensive form: investment, trunk and all branches in one problem."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pyomo.common.gc_manager import PauseGC

from optimizer.errors import SolveError
from optimizer.model import assemble, risk
from optimizer.network.derive import Derived
from optimizer.network.tables import INVESTMENT, TRUNK, Network, Tables
from optimizer.solver.compile import Block, Problem, Vector, join, money_of
from optimizer.solver.first_plan import LARGE, FirstPlan, better, carrying, first_plan, plan_of, reaches, with_whole
from optimizer.solver.future_costs import FutureCosts
from optimizer.solver.highs import Progress, Raw, Report, Stop, run
from optimizer.solver.kept import Kept
from optimizer.solver.measure import measure_of
from optimizer.solver.mould import Moulds
from optimizer.solver.options import Options
from optimizer.solver.row_prices import row_prices
from optimizer.solver.start import UNTRIED, UNUSED, USED, Start
from optimizer.solver.written import build_block

if TYPE_CHECKING:
    from distributed import Client

    from optimizer.solver.benders.known import Known

Values = dict[str, dict[object, float]]
"""component -> index -> value, those that are not zero."""

ZERO = 1e-9
START_SHARE = 0.5
"""Share of the time that is left which the plan to start from may take."""
SECOND_PASS = 10.0
"""Seconds that the search for better fundings in the second pass has at least; it has what the first pass took."""


@dataclass(slots=True)
class Solved:
    """What came out of the solver.

    Attributes:
        network: what was solved.
        tables: tables by course.
        status: `optimal`, `feasible`, `infeasible` or `no_plan`.
        why: why it stopped, in words.
        objective: value of the risk measure, USD.
        bound: proven bound on it, USD.
        values: course (and `investment`) -> component -> index -> value.
        hindsight: each future's own optimum, for regret, USD.
        sizes: rows, columns, nonzeros, binaries.
        seconds: build, solve and other times.
        nodes: branch-and-bound nodes.
        start: what became of the plan to start from; empty without one.
        resumed: what became of what an earlier run left; empty where it left nothing.
        method: `extensive` or `benders`.
        method_why: why this one.
        cluster: what went to and from the cluster that answered for parts; empty without one.
    """

    network: Network
    tables: Mapping[str, Tables]
    status: str
    why: str
    objective: float | None = None
    bound: float | None = None
    values: dict[str, Values] = field(default_factory=dict)
    hindsight: dict[str, float] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    nodes: int = 0
    start: str = ""
    resumed: str = ""
    blocks: str = ""
    """What became of the blocks kept from run to run; empty where none are."""
    method: str = "extensive"
    method_why: str = ""
    cluster: dict[str, Any] = field(default_factory=dict)
    duals: dict[tuple[str, str, object], float] = field(default_factory=dict)
    """(course, constraint, index) -> USD per unit of right-hand side, fundings fixed; rules, targets, budget."""
    levels: list[Any] = field(default_factory=list)
    """What each level reached, where the instance is lexicographic."""


def compile_all(
    network: Network, report: Report | None = None, stop: Stop | None = None, kept: Kept | None = None
) -> tuple[dict[str, Block], Mapping[str, Tables]]:
    """Build and compile the investment, the trunk and every branch; fewer branches where it is asked to stop.

    Args:
        network: what is solved.
        report: called with progress.
        stop: asks it to stop.
        kept: a folder in which they may be; by default the one that `OPTIMIZER_CACHE` names.

    Raises:
        OptionsError: `OPTIMIZER_CACHE` names what cannot be written to.
    """
    blocks: dict[str, Block] = {}
    tables = Derived(network)
    began = time.monotonic()
    kept = Kept.by_environment() if kept is None else kept
    if network.paid:  # blocks are kept by what the instance says
        kept = None
    if kept is not None and (known := kept.read(network.instance)) is not None:
        return known, tables
    moulds = Moulds(network)
    # Hardly anything that is made here is garbage; to look for it would take a tenth of the time.
    with PauseGC():
        blocks[INVESTMENT] = build_block(assemble.investment, network)
        for course in (TRUNK, *network.windows):
            if stop is not None and stop.asked.is_set():
                break
            if report is not None:
                report(Progress(f"building {course}", time.monotonic() - began, None, None, 0))
            found = None if course == TRUNK else moulds.block(course)
            blocks[course] = build_block(assemble.operations, tables[course]) if found is None else found
        else:
            if kept is not None:
                kept.write(network.instance, blocks)
    return blocks, tables


def problem_of(network: Network, blocks: Mapping[str, Block], hindsight: Mapping[str, float],
               ceiling: float | None = None, money: float | None = None) -> Problem:  # fmt: skip
    """The extensive form with the instance's risk measure.

    Args:
        network: what is solved.
        blocks: investment, trunk, branches and whatever else has rows.
        hindsight: what each future costs with hindsight, USD, for regret.
        ceiling: for the second pass, the measure's value at most, USD.
        money: units of money inside the solver per USD; by default what suits the blocks.
    """
    money = money_of(blocks.values()) if money is None else money
    scaled = {future: usd * money for future, usd in hindsight.items()}
    measure = build_block(assemble.measure, network, scaled, None if ceiling is None else ceiling * money)
    return join([*blocks.values(), measure], money)


@dataclass(slots=True)
class Learnt:
    """What searches over the same parts with prices on what is short said of them.

    Attributes:
        keep: whether a search adds what it knows by its end.
        bound: that is proved already, USD; None where nothing is.
        said: what each knew, and channel -> USD a t short that was in its costs and is to be taken off; none where
            shortage has prices here too.
    """

    keep: bool = False
    bound: float | None = None
    said: list[tuple[Known, dict[str, float]]] = field(default_factory=list)


@dataclass(slots=True)
class Begun:
    """What every method begins with.

    Attributes:
        out: with network, tables and hindsight.
        blocks: compiled, by name.
        options: how to solve.
        report: called with progress.
        stop: asks it to stop with what it has.
        began: `time.monotonic()`.
        deadline: `time.monotonic()` at which to stop.
        over: whether it was stopped already; `out` says why.
        client: of a dask cluster that answers for parts.
        learnt: what Benders begins with, or what it is asked to leave; None for neither.
    """

    out: Solved
    blocks: dict[str, Block]
    options: Options
    report: Report | None
    stop: Stop | None
    began: float
    deadline: float | None
    over: bool = False
    client: Client | None = None
    learnt: Learnt | None = None


def finish(begun: Begun, start: Start | None = None) -> Solved:
    """Solve what was begun as one problem.

    Args:
        begun: compiled blocks, tables and hindsight.
        start: a plan whose portfolio is tried first.

    Raises:
        SolveError: the solver failed.
    """
    out, blocks, began, deadline = begun.out, begun.blocks, begun.began, begun.deadline
    options, report, stop = begun.options, begun.report, begun.stop
    network = out.network
    problem = problem_of(network, blocks, out.hindsight)
    out.seconds["build"] = time.monotonic() - began
    out.sizes = {
        "rows": problem.rows,
        "columns": problem.columns,
        "nonzeros": int(problem.matrix.nnz),
        "binaries": int(problem.integer.sum()),
    }
    early = FirstPlan()
    if start is not None:
        now = time.monotonic()
        until = None if deadline is None else now + START_SHARE * max(0.0, deadline - now)
        early = plan_of(problem, start.fundings, options, _naming(problem, report), stop, start.recipients, until)
        late = until is not None and time.monotonic() >= until
        out.start = USED if early.values is not None else UNTRIED if late else UNUSED
    if begun.learnt is not None and begun.learnt.bound is not None:
        early = better(early, FirstPlan(bound=begun.learnt.bound))
    enough = reaches(early.objective, early.bound, options)
    if network.windows and problem.columns >= LARGE and not enough:
        named = carrying(_naming(problem, report), early)
        early = better(early, first_plan(network, blocks, problem, options, named, stop, deadline))
        out.seconds["first_plan"] = time.monotonic() - began - out.seconds["build"]
    named, trouble = carrying(_naming(problem, report), early), ""
    if options.settled(early.objective, early.bound):
        raw = Raw("settled", early.values, early.objective, early.bound, 0.0, duals=early.duals)
    elif reaches(early.objective, early.bound, options):
        raw = Raw("optimal", early.values, early.objective, early.bound, 0.0, duals=early.duals)
    else:
        raw, trouble = _run_on(problem, early, options, named, stop, deadline)
    out.seconds["solve"] = raw.seconds
    out.nodes = raw.nodes
    _take_better(raw, early, options)
    ended(out, raw)
    if trouble and raw.ended == "limit":
        out.why = f"{trouble}; the best plan and the bound until then are kept"
    if raw.values is None:
        out.bound = raw.bound if options.target is not None else None
        return out
    out.objective, out.bound = raw.objective, raw.bound
    values = raw.values
    if raw.duals is not None:
        out.duals = row_prices(problem, raw.duals)
    second = risk.needs_second_pass(network) and options.target is None
    if second and raw.objective is not None and not (stop and stop.asked.is_set()):
        until = time.monotonic() + max(SECOND_PASS, time.monotonic() - began)
        until = until if deadline is None else min(until, deadline)
        values = _second_pass(network, blocks, out, options, values, report, stop, until)
        out.objective = min(raw.objective, _value(network, blocks, problem, values, out.hindsight))
    out.values = values_of(problem, values)
    out.seconds["total"] = time.monotonic() - began
    return out


def _run_on(
    problem: Problem,
    early: FirstPlan,
    options: Options,
    report: Report | None,
    stop: Stop | None,
    deadline: float | None,
) -> tuple[Raw, str]:
    """Branch and bound from an early plan, and what HiGHS failed of: the early plan is not lost by it.

    Raises:
        SolveError: HiGHS failed, and there is no plan yet.
    """
    try:
        raw = run(
            problem, options, phase="solving", report=report, stop=stop, start=early.values, deadline=deadline,
            settle=True,
        )  # fmt: skip
    except SolveError as error:
        if early.values is None:
            raise
        return Raw("limit", early.values, early.objective, early.bound, 0.0, duals=early.duals), str(error)
    return raw, ""


def _take_better(raw: Raw, early: FirstPlan, options: Options) -> None:
    """The better plan and the better bound of the two; the gap may be reached by them together."""
    if early.bound is not None and (raw.bound is None or raw.bound < early.bound):
        raw.bound = early.bound
    # A start that nothing improved comes back with rounding in its objective: it is the same plan, with its duals.
    if early.objective is not None and (
        raw.objective is None or early.objective <= raw.objective + 1e-9 * abs(raw.objective)
    ):
        raw.values, raw.objective, raw.duals = early.values, early.objective, early.duals
    if raw.ended in ("limit", "interrupted") and reaches(raw.objective, raw.bound, options):
        raw.ended = "optimal"


def _naming(problem: Problem, report: Report | None) -> Report | None:
    """A report that says what a new incumbent funds."""
    if report is None:
        return None
    investment = problem.blocks[INVESTMENT]
    funds = [(i, key[1]) for i, key in enumerate(investment.columns) if key[0] == "fund"]

    def named(progress: Progress) -> None:
        if progress.values is None or len(progress.values) != problem.columns:
            report(replace(progress, values=None))
            return
        local = problem.local(INVESTMENT, progress.values)
        funded = tuple(":".join(str(part) for part in index) for i, index in funds if local[i] > 0.5)  # type: ignore[attr-defined]
        report(replace(progress, funded=funded))

    return named


def _value(
    network: Network, blocks: Mapping[str, Block], problem: Problem, values: Vector, hindsight: Mapping[str, float]
) -> float:
    """The risk measure of a plan, USD, from what its futures cost."""
    return measure_of(network, costs_of(network, blocks, problem, values), hindsight)


def costs_of(network: Network, blocks: Mapping[str, Block], problem: Problem, values: Vector) -> dict[str, float]:
    """What each future costs in a plan, USD."""
    return FutureCosts(network, blocks, problem).at(values)


def _second_pass(
    network: Network,
    blocks: Mapping[str, Block],
    out: Solved,
    options: Options,
    values: Vector,
    report: Report | None,
    stop: Stop | None,
    deadline: float,
) -> Vector:
    """Least expected cost at the risk value reached, so that no future's operations are arbitrary."""
    assert out.objective is not None
    ceiling = out.objective + max(1e-3, 1e-10 * abs(out.objective))
    problem = problem_of(network, blocks, out.hindsight, ceiling)
    began = time.monotonic()
    # With the fundings as they are it is a linear program: worth its time even past the limit, for without it the
    # operations of futures that do not matter to the measure stay as they fell.
    fixed = with_whole(problem, values)
    kept = run(fixed, options, phase="second pass", report=report, stop=stop)
    if kept.values is not None:
        values = kept.values
    raw = run(problem, options, phase="second pass", report=report, stop=stop, start=values, deadline=deadline)
    out.seconds["second_pass"] = time.monotonic() - began
    if raw.ended != "optimal":
        reached = "is optimal for these fundings only" if kept.ended == "optimal" else "was stopped before it was done"
        out.why += f"; the second pass (least expected cost at that value) {reached}"
    return values if raw.values is None else raw.values


def ended(out: Solved, raw: Raw) -> Solved:
    """Say how it ended: status in the words of design.md 5: a limit reached is never called optimal."""
    if raw.ended == "optimal":
        out.status, out.why = "optimal", "the gap asked for is reached"
    elif raw.ended == "infeasible":
        out.status, out.why = "infeasible", "no plan meets all that must be met"
    else:
        word = {
            "limit": "the time limit was reached",
            "interrupted": "it was interrupted",
            "settled": "it is known whether a plan costs at most the target",
        }[raw.ended]
        out.status, out.why = ("feasible" if raw.values is not None else "no_plan"), word
    return out


def values_of(problem: Problem, values: Vector) -> dict[str, Values]:
    """The values that are not zero, by block, component and index."""
    found: dict[str, Values] = {}
    for name, block in problem.blocks.items():
        mine: Values = {}
        local = problem.local(name, values) if name != "risk" else ()
        for (component, index), value in zip(block.columns, local, strict=False):
            if abs(value) > ZERO:
                mine.setdefault(component, {})[index] = float(value)
        found[name] = mine
    return found
