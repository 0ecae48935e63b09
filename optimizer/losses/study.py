"""The stress test: what a plan survives, proved, and what its worst loss does."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.digits import digits
from optimizer.instance.marks import about
from optimizer.losses.ask import Asked, scope_of
from optimizer.losses.candidates import losses_of
from optimizer.losses.case import Case, case_of, lost_periods
from optimizer.losses.ledger import Ledger
from optimizer.losses.operator import Operator
from optimizer.losses.report import PROVED, Told, info_of, losses_table, worst_table
from optimizer.losses.restore import aftermath
from optimizer.losses.search import FULL, Ask, Onset, Search
from optimizer.losses.work import Desk, Task, Timed, answered
from optimizer.plan.plan import Plan
from optimizer.run import versions
from optimizer.workers import Chain, Cluster, Workers, on_cluster, workers_of

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how many onsets are done, of how many."""


@dataclass(frozen=True, slots=True)
class Stress:
    """What a stress test found.

    Attributes:
        info: what stress.json holds (docs/stress.md).
        losses: a row for each single loss.
        worst: what the worst set leaves short, by market, product and period.
    """

    info: dict[str, Any]
    losses: pd.DataFrame
    worst: pd.DataFrame

    __repr__ = shown

    @property
    def proved(self) -> bool:
        """Whether no set of losses that was asked for is worse."""
        return str(self.info["status"]) == PROVED


@on_cluster
def stress(
    plan: Plan,
    folder: Path | str,
    *,
    losses: int = 1,
    of: str = "facilities",
    duration: int = 1,
    onsets: Sequence[int] = (),
    markets: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
    time_to_survive: int | None = None,
    time_limit: float | None = None,
    workers: int = 2,
    cluster: Cluster = None,
    tell: Tell | None = None,
) -> Stress:
    """Find the worst set of at most K losses for the markets named, with proof.

    The adversary sees the plan, its fundings and the trunk's stock, and chooses what is lost and from when. The
    operator answers by least weighted tonnes short, whatever it costs. See docs/stress.md for the method and its proof.
    A folder with a part of the same test is gone on with; Ctrl-C ends with the bounds reached.

    Args:
        plan: with tables.
        folder: where answers are kept as they come, and the result is written.
        losses: K.
        of: `facilities`, `owners`, `countries`, `lanes` or `tags`.
        duration: years of a loss.
        onsets: first years of periods in which it may begin; default all.
        markets: to be served; default all whose channel is not the loosest.
        weights: of a tonne short, by market; default 1.
        time_to_survive: longest loss tried for the time to survive, years; default the duration.
        time_limit: seconds.
        workers: processes of this machine.
        cluster: whose workers do it instead: the address of a dask scheduler, its scheduler file, or a client.
        tell: called with progress.

    Raises:
        OptionsError: what is asked makes no sense.
        PlanError: there is no plan, or the folder holds something else.
        SolveError: the solver failed, or the cluster was lost.
    """
    named = (tuple(onsets), tuple(markets), weights)
    asked = Asked(losses, of, duration, *named, time_to_survive, time_limit, workers)
    scope = scope_of(plan, asked)
    case = case_of(plan, scope.weights, losses_of(plan.instance, of))
    settings = {
        **about(plan.instance),
        "plan_sha256": case.plan_hash(),
        "of": of,
        "weights": scope.weights,
    }
    ledger = Ledger(Path(folder), settings, plan.instance)
    clock = _Clock(time_limit)
    pool = workers_of(workers, cluster, Desk, case)
    run = _Run(case, ledger, clock, tell or (lambda _what, _done, _of: None), pool)
    told = Told(asked, scope, [_state(case, onset, duration) for onset in scope.onsets])
    try:
        run.all(told.states, tuple(case.losses), losses)
        _survival(run, told)
        worst = told.worst
        if worst is not None and worst.lower:
            run.tell("what restores service", 0, 1)
            operator = Operator(case, worst.onset, duration)
            told.after = aftermath(operator, worst.worst, going_on=lambda: not clock.over)
            told.demand = dict(operator.tables.demand.tonnes)
    except (KeyboardInterrupt, TimeLimitError) as why:
        told.stopped = "the time limit was reached" if isinstance(why, TimeLimitError) else "it was interrupted"
    finally:
        pool.end(now=True)
    info = settings | info_of(case, told)
    info |= {"seconds": round(clock.seconds, 1), "versions": versions()}
    info["made"] = datetime.now(UTC).isoformat(timespec="seconds")
    found = Stress(info, losses_table(case, told), worst_table(case, told))
    ledger.settle()
    ledger.finish(info, {"losses": found.losses, "worst": found.worst}, plan.instance)
    return found


def _state(case: Case, onset: int, duration: int) -> Onset:
    """An onset of which nothing is known but what the markets ask for."""
    return Onset(onset, duration, math.inf if case.may_fail() else case.demand(onset, duration))


def _survival(run: _Run, told: Told) -> None:
    """For how many years of its loss each thing is covered: losses of every length, one thing at a time."""
    case, asked = run.case, told.asked
    told.survives = dict.fromkeys(case.losses, 0)
    for years in range(1, asked.longest + 1):
        alive = tuple(name for name, survived in told.survives.items() if survived == years - 1)
        states = told.states
        if years != asked.duration:
            onsets = [t for t in told.scope.onsets if lost_periods(case.calendar, t, years) is not None]
            states = [_state(case, onset, years) for onset in onsets]
            if not alive or not states:
                break
            run.all(states, alive, 1)
        for name in alive:
            if all((state.harm_of(name) or 0.0) <= FULL for state in states):
                told.survives[name] = years
    told.survival_known = True


class TimeLimitError(Exception):
    """The time limit is reached."""


class _Clock:
    """Time since the beginning."""

    def __init__(self, limit: float | None) -> None:
        self._began = time.monotonic()
        self._limit = limit

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    @property
    def over(self) -> bool:
        """Whether the time limit is reached."""
        return self._limit is not None and self.seconds >= self._limit


class _Run:
    """Runs searches on workers; every answer goes to the ledger at once."""

    def __init__(self, case: Case, ledger: Ledger, clock: _Clock, tell: Tell, pool: Workers) -> None:
        self.case = case
        self.tell = tell
        self._ledger = ledger
        self._clock = clock
        self._pool = pool

    def all(self, states: Sequence[Onset], ids: Sequence[str], most: int) -> None:
        """Search every onset; a worker stays with its onset, whose branch it has compiled.

        Raises:
            TimeLimitError: the time limit was reached; the states hold what is known.
        """
        for _ in self._pool.follow(answered, [self._questions(Search(state, ids, most)) for state in states]):
            if self._clock.over:
                raise TimeLimitError
            self._say(states)

    def _questions(self, search: Search) -> Chain[Task, Timed]:
        """The questions of a search that the ledger cannot answer."""
        asking, answer = search.run(), None
        while True:
            try:
                ask = next(asking) if answer is None else asking.send(answer)
            except StopIteration:
                return
            answer = self._ledger.known(_key(search, ask))
            if answer is None:
                answer, seconds = yield Task(search.state.duration, search.state.onset, ask)
                self._ledger.add(_key(search, ask), answer, seconds)

    def _say(self, states: Sequence[Onset]) -> None:
        sets = sum(state.solved for state in states)
        worst = max((state.lower or 0.0 for state in states), default=0.0)
        done = sum(state.done for state in states)
        what = "cannot be answered" if math.isinf(worst) else f"{digits(worst)} t short"
        years = "1 year" if states[0].duration == 1 else f"{states[0].duration} years"
        self.tell(f"losses for {years}: {sets} sets answered, worst {what}; onsets", done, len(states))


def _key(search: Search, ask: Ask) -> tuple[int, int, frozenset[str], bool]:
    return search.state.duration, search.state.onset, ask.lost, ask.lean
