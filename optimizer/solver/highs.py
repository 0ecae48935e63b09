"""The one door to HiGHS: a problem and options in, a raw result out."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any

import highspy
import numpy as np

from optimizer.errors import SolveError
from optimizer.solver.apart import run_apart, share_cores
from optimizer.solver.compile import Problem, Vector, dot
from optimizer.solver.loading import answered, load, without_needs
from optimizer.solver.options import Options

INTERIOR_POINT_FROM = 20_000
"""Columns from which linear programs start by interior point; below, dual simplex is as fast."""
COSTED = 0.05
"""Share of columns with a cost from which they do: where few do, simplex is ten times as fast and more.

Measured at 0.001 and 0.9 percent, by simplex, and at 66 and 78, by interior point; nothing between is known."""


CLEANING, CLEANING_SHARE = 60.0, 0.1
"""Seconds, and share of a run's, that cleaning its plan may take where another plan is known and there is a limit."""
APART = 1e-3
"""Share by which a bound may be above its own plan, whose fundings were whole within a tolerance only."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known while HiGHS runs; money in USD, None where there is none yet.

    Attributes:
        phase: what is being done.
        seconds: since it began.
        incumbent: cost of the best plan.
        bound: which no plan costs less than.
        nodes: of the search, so far.
        values: of a new incumbent's columns.
        funded: what a new incumbent funds, `facility:option:year`.
    """

    phase: str
    seconds: float
    incumbent: float | None
    bound: float | None
    nodes: int
    values: Vector | None = None
    funded: tuple[str, ...] | None = None


@dataclass(slots=True)
class Raw:
    """What HiGHS returned.

    Attributes:
        ended: `optimal`, `infeasible`, `limit`, `interrupted`; `settled` where it is known about the target.
        values: by column; None where there is no plan.
        objective: USD.
        bound: USD.
        seconds: HiGHS's own time.
        nodes: branch-and-bound nodes.
    """

    ended: str
    values: Vector | None
    objective: float | None
    bound: float | None
    seconds: float
    nodes: int = 0
    duals: Vector | None = None
    """USD per unit of right-hand side, by row, with the integers fixed."""


ENDS = (signal.SIGINT, signal.SIGTERM)
"""What asks a run to end: a person, and a scheduler, a container or a service manager."""


@dataclass(slots=True)
class Stop:
    """Ask a running solve to stop with what it has: `asked.set()`, from any thread.

    Attributes:
        asked: set once it is to stop.
    """

    asked: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Let the first Ctrl-C ask to stop; a second one raises KeyboardInterrupt. So with SIGTERM on the command line.

        It changes nothing outside the main thread, or where someone else's handler of a signal is in place.
        """
        ours = threading.current_thread() is threading.main_thread()
        heard = [number for number in ENDS if ours and signal.getsignal(number) is signal.default_int_handler]

        def note(number: int, frame: FrameType | None) -> None:
            if self.asked.is_set():
                signal.default_int_handler(number, frame)
            self.asked.set()

        for number in heard:
            signal.signal(number, note)
        try:
            yield
        finally:
            for number in heard:
                signal.signal(number, signal.default_int_handler)


Report = Callable[[Progress], None]


def run(
    problem: Problem,
    options: Options,
    *,
    phase: str = "solving",
    report: Report | None = None,
    stop: Stop | None = None,
    start: Vector | None = None,
    deadline: float | None = None,
    crossover: bool = True,
    clean: bool = True,
    settle: bool = False,
    interior: bool = True,
) -> Raw:
    """Solve a problem, then clean the plan: integers exact, operations the optimum of the linear program left.

    Args:
        problem: the problem.
        options: how to solve.
        phase: what to call it in progress.
        report: called with progress, from the solver's thread.
        stop: asks it to stop.
        start: a known plan.
        deadline: `time.monotonic()` at which to stop.
        crossover: go on to a vertex after interior point, for linear programs.
        clean: clean the plan.
        settle: stop as soon as it is known whether a plan costs at most the target of the options.
        interior: begin large linear programs by interior point, unless few columns cost.

    Raises:
        SolveError: HiGHS failed, or found the problem unbounded.
    """
    if stop is not None and stop.asked.is_set():
        return Raw("interrupted", None, None, None, 0.0)
    highs = load(problem)
    began = time.monotonic()
    whole = bool(problem.integer.any())
    settings: dict[str, Any] = {
        "threads": options.cores,
        "random_seed": options.seed,
        "mip_rel_gap": options.gap,
        "mip_abs_gap": max(options.gap_usd or 0.0, 0.0) * problem.money,
        "mip_feasibility_tolerance": 1e-7,
        "primal_feasibility_tolerance": 1e-8,
        "dual_feasibility_tolerance": 1e-8,
    }
    costed = int(np.count_nonzero(problem.objective))
    interior = interior and problem.columns > INTERIOR_POINT_FROM and costed >= COSTED * problem.columns
    if interior:
        settings |= (
            {"mip_lp_solver": "ipx"} if whole else {"solver": "ipx", "run_crossover": "on" if crossover else "off"}
        )
    if deadline is not None:
        settings["time_limit"] = max(0.01, deadline - began)
    if start is not None:
        _give_start(highs, start)
    watch = _Watch(Progress(phase, 0.0, None, None, 0), began, problem.money)
    watch.hook(highs, report, stop, whole, options if settle else None)
    _set(highs, settings)
    share_cores(options.cores)
    asked = None if stop is None else stop.asked.is_set
    if run_apart(highs, asked, None if report is None else lambda: report(watch.latest(stop))):
        raw = _read(highs, time.monotonic() - began, whole, problem.money)
    else:
        raw = watch.left(time.monotonic() - began)
    if settle and raw.ended != "infeasible" and options.settled(raw.objective, raw.bound):
        raw.ended = "settled"
    if raw.values is not None and whole and clean:
        same = start is not None and np.array_equal(
            np.round(start[problem.integer]), np.round(raw.values[problem.integer])
        )
        if same and start is not None:
            raw.values = start
        else:
            cleaned = _clean(problem, options, raw.values, stop, interior, _patience(raw, start, deadline))
            if cleaned is None:  # a known plan is worth more than a slightly better one that nobody has
                assert start is not None
                cleaned, raw.ended = (start, None), "limit"
            raw.values, raw.duals = cleaned
        raw.objective = (dot(problem.objective, raw.values) + problem.offset) / problem.money
        if raw.bound is not None and raw.bound > raw.objective:
            if (
                raw.ended == "optimal"
                and start is None
                and raw.bound - raw.objective > APART * max(1.0, abs(raw.objective))
            ):
                raise SolveError(
                    f"HiGHS says that no plan costs less than {raw.bound:,.0f} USD, and gives one of "
                    f"{raw.objective:,.0f} USD: one of the two is wrong"
                )
            raw.bound = raw.objective
        wrong = {"optimal": not _within(raw, options), "settled": not options.settled(raw.objective, raw.bound)}
        if start is not None and wrong.get(raw.ended, False):
            # Presolve of HiGHS 1.16 can map a start to a point that costs less than it does, and call that the optimum.
            asked_alike: dict[str, Any] = {"phase": phase, "report": report, "stop": stop, "deadline": deadline}
            anew = run(problem, options, settle=settle, clean=clean, interior=interior, **asked_alike)
            done = anew.ended == "settled" or (anew.ended == "optimal" and anew.values is not None)
            return anew if done else replace(raw, ended="limit")
    return raw


def _within(raw: Raw, options: Options) -> bool:
    """Whether what is called optimal is so by its own objective and bound, up to the solver's rounding."""
    if raw.objective is None or raw.bound is None:
        return False
    gap = raw.objective - raw.bound
    return gap <= max(options.gap, 1e-6) * max(1.0, abs(raw.objective)) or gap <= (options.gap_usd or 0.0)


def _set(highs: Any, settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        if highs.setOptionValue(name, value) == highspy.HighsStatus.kError:
            raise SolveError(f"HiGHS does not take {name} = {value!r}")


def _give_start(highs: Any, start: Vector) -> None:
    solution = highspy.HighsSolution()
    solution.col_value = list(start)
    solution.value_valid = True
    highs.setSolution(solution)


@dataclass(slots=True)
class _Watch:
    """Progress and interruption, through HiGHS's callbacks; the best plan so far, should HiGHS be left behind."""

    known: Progress
    began: float
    money: float
    best: Vector | None = None
    over: bool = False

    def hook(self, highs: Any, report: Report | None, stop: Stop | None, whole: bool, aim: Options | None) -> None:
        """Register the callbacks; `aim` ends the run once it is known whether a plan costs at most its target."""

        def interrupt(event: Any) -> None:
            if stop is not None and stop.asked.is_set():
                event.interrupt()

        if stop is not None:
            highs.cbSimplexInterrupt += interrupt
            highs.cbIpmInterrupt += interrupt
            highs.cbMipInterrupt += interrupt
        if not whole:
            return

        def tell(event: Any, values: Vector | None = None) -> None:
            if self.over:
                return
            out = event.data_out
            bounds = _usd(out.mip_primal_bound, self.money), _usd(out.mip_dual_bound, self.money)
            seconds = time.monotonic() - self.began
            self.known = Progress(self.known.phase, seconds, *bounds, int(out.mip_node_count), values)
            if report is not None:
                report(self.known)

        def improved(event: Any) -> None:
            if not self.over:
                self.best = np.array(event.data_out.mip_solution)
                tell(event, self.best)

        def settled(event: Any) -> None:
            ends = (event.data_out.mip_primal_bound, event.data_out.mip_dual_bound)
            if aim is not None and aim.settled(*(_usd(end, self.money) for end in ends)):
                event.interrupt()

        if aim is not None and aim.target is not None:
            highs.cbMipInterrupt += settled
        highs.cbMipLogging += tell
        highs.cbMipImprovingSolution += improved

    def latest(self, stop: Stop | None) -> Progress:
        """What is known now."""
        stopping = stop is not None and stop.asked.is_set()
        named = f"{self.known.phase}, stopping as soon as HiGHS can" if stopping else self.known.phase
        return replace(self.known, phase=named, seconds=time.monotonic() - self.began, values=None)

    def left(self, seconds: float) -> Raw:
        """What a run that did not stop when asked had by then."""
        self.over = True
        objective = self.known.incumbent if self.best is not None else None
        return Raw("interrupted", self.best, objective, self.known.bound, seconds, self.known.nodes)


def _usd(value: float, money: float) -> float | None:
    return None if not math.isfinite(value) or abs(value) >= highspy.kHighsInf else value / money


def _read(highs: Any, seconds: float, whole: bool, money: float) -> Raw:
    status = highs.getModelStatus()
    kinds = highspy.HighsModelStatus
    info = highs.getInfo()
    ended = {
        kinds.kOptimal: "optimal",
        kinds.kInfeasible: "infeasible",
        kinds.kModelEmpty: "optimal",
        kinds.kTimeLimit: "limit",
        kinds.kIterationLimit: "limit",
        kinds.kSolutionLimit: "limit",
        kinds.kInterrupt: "interrupted",
    }.get(status)
    if status == kinds.kUnboundedOrInfeasible:
        return _decide(highs, seconds)
    if ended is None:
        raise SolveError(f"HiGHS ended with '{highs.modelStatusToString(status)}'")
    solution = highs.getSolution()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    holds = ended == "optimal" or (whole and feasible and math.isfinite(info.objective_function_value))
    values = answered(solution.col_value, highs.getNumCol()) if holds and ended != "infeasible" else None
    objective = info.objective_function_value / money if values is not None else None
    duals = answered(solution.row_dual, highs.getNumRow()) / money if values is not None and not whole else None
    bound = _usd(info.mip_dual_bound, money) if whole else objective
    return Raw(
        ended=ended,
        values=values,
        objective=objective,
        bound=bound if ended != "infeasible" else None,
        seconds=seconds,
        nodes=max(0, int(info.mip_node_count)),
        duals=duals,
    )


def _decide(highs: Any, seconds: float) -> Raw:
    """Presolve could not tell unbounded from infeasible: costs are taken away and it is asked again."""
    columns = highs.getNumCol()
    indices = np.arange(columns, dtype=np.int32)
    highs.changeColsCost(columns, indices, np.zeros(columns))
    run_apart(highs, None)
    if highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return Raw("infeasible", None, None, None, seconds)
    raise SolveError("the problem is unbounded: something earns money without limit")


def _patience(raw: Raw, start: Vector | None, deadline: float | None) -> float | None:
    """Seconds that cleaning may take; None for as long as it takes: without a known plan there would be none."""
    return None if start is None or deadline is None else max(CLEANING, CLEANING_SHARE * raw.seconds)


def _clean(
    problem: Problem, options: Options, values: Vector, stop: Stop | None, interior: bool, seconds: float | None
) -> tuple[Vector, Vector | None] | None:
    """Round the integers and solve the linear program left, for exact operations and the duals of its rows.

    A first Ctrl-C meanwhile is noted and not followed: without this step there would be no plan to keep.

    Args:
        problem: the problem.
        options: how to solve.
        values: of the plan.
        stop: asks it to stop.
        interior: begin by interior point.
        seconds: that it may take; None for as long as it takes.

    Returns:
        Values and duals; None where the time was not enough.

    Raises:
        SolveError: the plan does not hold with whole integers.
    """
    lower, upper = problem.lower.copy(), problem.upper.copy()
    lower[problem.integer] = upper[problem.integer] = np.round(values[problem.integer])
    fixed = replace(without_needs(problem), lower=lower, upper=upper, integer=np.zeros_like(problem.integer))
    highs = load(fixed)
    share_cores(options.cores)
    settings = {"threads": options.cores, "primal_feasibility_tolerance": 1e-8, "dual_feasibility_tolerance": 1e-8}
    _set(highs, settings | ({"solver": "ipx"} if interior else {}))
    if seconds is not None:
        _set(highs, {"time_limit": seconds})
    run_apart(highs, None if stop is None else stop.asked.is_set, patience=math.inf)
    if highs.getModelStatus() == highspy.HighsModelStatus.kTimeLimit:
        return None
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise SolveError("the plan found does not hold once its fundings are exactly 0 or 1")
    solution = highs.getSolution()
    duals = answered(solution.row_dual, problem.rows) / problem.money
    return answered(solution.col_value, problem.columns), duals
