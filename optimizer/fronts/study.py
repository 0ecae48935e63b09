"""A Pareto front by epsilon-constraint: least cost at every point of a grid of what keys limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.errors import OptionsError
from optimizer.fronts.front import FRONT, WITHIN, Bracket, Fact, Front
from optimizer.fronts.ledger import POINTS, Ledger, name_of
from optimizer.fronts.survival import asked_of, in_words, read, survival_of
from optimizer.fronts.sweeps import At, Sweep, sweeps_of, tighter
from optimizer.fronts.work import Done, Task, begin, solve_point
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.run import versions
from optimizer.solver.options import Options
from optimizer.solver.refusals import regret_refused, rows_refused
from optimizer.workers import Chain, Cluster, on_cluster, workers_of

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how many points are settled, of how many."""


@dataclass(frozen=True, slots=True)
class Frontier:
    """What a front looks like.

    Attributes:
        info: instance, sweeps, settings, solves and times (docs/frontier.md).
        points: a row per point of the grid, from the loosest to the strictest; a column for each sweep.
    """

    info: dict[str, Any]
    points: pd.DataFrame

    __repr__ = shown

    @property
    def front(self) -> pd.DataFrame:
        """The points that no other one dominates, as far as is known; proved where the verdict is `front`."""
        return self.points[self.points["verdict"].isin((FRONT, WITHIN))].reset_index(drop=True)


@on_cluster
def frontier(
    instance: Instance,
    sweeps: Sequence[str | Sweep] | Mapping[str, Iterable[float]],
    folder: Path | str | None = None,
    *,
    gap: float = 1e-3,
    gap_usd: float | None = None,
    method: str = "auto",
    time_limit: float | None = None,
    threads: int = 1,
    seed: int = 0,
    plans: bool = False,
    workers: int = 1,
    cluster: Cluster = None,
    tell: Tell | None = None,
    of: str | None = None,
    duration: int | None = None,
    onsets: Sequence[int] = (),
    markets: Sequence[str] = (),
) -> Frontier:
    """Find the least cost at every point of a grid, and which points are on the front.

    A key that limits (a budget, a cap, the share of a rule, a target) makes a criterion beside cost. What one solve
    shows holds at other points too: its bound at all stricter ones, its plan at all looser ones and at those stricter
    ones where it is checked to hold. A point whose bracket is narrower than the gap by then is not solved.

    `survive` in place of a key is how many losses a plan survives, as in `optimizer.survive`: 0 asks for nothing.

    Args:
        instance: from `load`.
        sweeps: one or two, `KEY=FROM:TO:COUNT` or `KEY=VALUE,VALUE,...`, or key -> values (docs/frontier.md).
        folder: where solves are kept as they come, and the result is written; by default nowhere.
        gap: relative gap at which a point is settled.
        gap_usd: gap in USD at which it is.
        method: `auto`, `extensive`, `benders` or `hedging`.
        time_limit: seconds of each solve.
        threads: cores of each solve.
        seed: random seed of the solver.
        plans: keep the plan of each solve in the folder.
        workers: processes of this machine.
        cluster: whose workers do it instead: the address of a dask scheduler, its scheduler file, or a client.
        tell: called with progress.
        of: what is lost where `survive` is swept: `facilities` (by default), `owners`, `countries`, `lanes` or `tags`.
        duration: years of a loss; by default 1.
        onsets: first years of periods in which it may begin; default all.
        markets: to be served then; default all whose channel is not the loosest.

    Raises:
        InstanceError: a sweep cannot be: with every fault found.
        OptionsError: settings make no sense, or a key did not limit the way that was said.
        PlanError: the folder holds something else.
        SolveError: the solver failed, or the cluster was lost.
    """
    options = Options(method, gap, gap_usd, time_limit, threads, seed)
    if workers < 1:
        raise OptionsError(f"workers is {workers}; it is 1 or more")
    if plans and folder is None:
        raise OptionsError("plans are kept in a folder; name one")
    if faults := regret_refused("frontier", instance):
        raise OptionsError(*faults)
    instance.priced("frontier")
    asked = asked_of(of, duration, onsets, markets)
    found = sweeps_of(instance, sweeps, asked)
    survival = survival_of(instance, found, asked)
    if survival is not None and (faults := rows_refused(method)):
        raise OptionsError(*faults)
    settings: dict[str, Any] = {
        **about(instance),
        "keys": [list(sweep.keys) for sweep in found],
        "senses": [sweep.sense for sweep in found],
        "factors": [sweep.factor for sweep in found],
    }
    if survival is not None:
        settings |= survival.settings()
    ledger = Ledger(None if folder is None else Path(folder), settings)
    front = Front(found, gap, gap_usd, time_limit)
    for fact in ledger.facts():
        front.add(fact)
    run = _Run(front, ledger, plans, tell or (lambda _what, _done, _of: None))
    began = time.monotonic()
    stopped = False
    run.say()
    try:
        with workers_of(workers, cluster, begin, instance, found, options, survival) as pool:
            for _ in pool.follow(solve_point, [run.chain() for _ in range(pool.count)]):
                run.say()
    except KeyboardInterrupt:
        stopped = True
    points = _table(front)
    info = settings | _info(front, points, options, time.monotonic() - began, stopped=stopped)
    if survival is not None:
        info["left_out"] = list(survival.scope.left_out)
        info["cannot"] = [
            {"from_point": name_of(fact.none_from or fact.at)} | item for fact in front.facts for item in fact.cannot
        ]
    ledger.finish(info, {POINTS: points}, instance)
    return Frontier(info, points)


class _Run:
    """Deals points out to chains; what each finds is known to all at once."""

    def __init__(self, front: Front, ledger: Ledger, plans: bool, tell: Tell) -> None:
        self._front, self._ledger, self._plans, self._tell = front, ledger, plans, tell
        self._busy: set[At] = set()
        self._tried: set[At] = set()  # what a limit ended is not asked again in this run
        self._rows = [row for fact in front.facts for row in read(fact.rows)]
        self.solved = 0

    def chain(self) -> Chain[Task, Done]:
        """Points one after another, as long as there is one that nobody works on."""
        while (at := self._next()) is not None:
            bracket = self._front.bracket(at)
            stricter = tuple(self._front.stricter(at))
            task = Task(at, self._front.start(at), bracket.low, stricter, self._plans, tuple(self._rows))
            self._busy.add(at)
            self._tried.add(at)
            fact, plan = yield task
            self._busy.discard(at)
            self._ledger.add(fact, plan)
            self._front.add(fact)
            self._rows += [row for row in read(fact.rows) if row not in self._rows]
            self.solved += 1

    def _next(self) -> At | None:
        at = self._front.next(self._busy | self._tried)
        if at is not None or not self._plans:
            return at
        wanted = (self._front.bracket(point).plan for point in self._front.points)
        missing = (f.at for f in wanted if f is not None and not self._ledger.has_plan(f.at))
        return next((at for at in missing if at not in self._busy | self._tried), None)

    def say(self) -> None:
        """Tell how far it is."""
        total = len(self._front.points)
        self._tell(f"{self.solved} solves; points settled", total - self._front.left(), total)


def _table(front: Front) -> pd.DataFrame:
    """A row per point."""
    rows = []
    loosest = front.bracket(tuple(sweep.values[0] for sweep in front.sweeps))
    priced = all(sweep.sense for sweep in front.sweeps)
    survives = [i for i, sweep in enumerate(front.sweeps) if sweep.survives]
    own = {fact.at: fact for fact in front.facts}
    for at in front.points:
        found = front.bracket(at)
        if found.infeasible is not None:
            found = replace(found, low=None)
        plan, solve = found.plan, own.get(at)
        gap = None if found.high is None or found.low is None else found.high - found.low
        row: dict[str, Any] = {sweep.name: value for sweep, value in zip(front.sweeps, at, strict=True)}
        row |= {
            "status": _status(front, at),
            "verdict": front.verdict(at) if front.settled(at) or found.plan else "",
            "objective": found.high,
            "bound": found.low,
            "gap_usd": gap,
            "gap": None if gap is None else gap / abs(found.high) if found.high else 0.0,
            "dearer_at_least": _difference(found.low, loosest.high) if priced else None,
            "dearer_at_most": _difference(found.high, loosest.low) if priced else None,
            "how": _how(front, at, found, solve),
            "plan": name_of(plan.at) if plan else "",
            "limit": _limits(plan.limits) if plan and plan.at == at else "",
            **(_of_survival(front, at, survives[0], found) if survives else {}),
            "options": len(plan.funded) if plan else None,
            "capex": plan.capex if plan else None,
            "public_outlay": plan.public_outlay if plan else None,
            "funded": " ".join(plan.funded) if plan else "",
            "seconds": solve.seconds if solve else 0.0,
            "cpu_seconds": solve.cpu_seconds if solve else 0.0,
        }
        rows.append(row)
    whole = {front.sweeps[i].name: "int64" for i in survives}
    return pd.DataFrame(rows).astype({"options": "Int64"} | whole)


def _of_survival(front: Front, at: At, place: int, found: Bracket) -> dict[str, Any]:
    """What more losses cost than the number before, all else as it is; and which cannot be survived."""
    values = front.sweeps[place].values
    number = values.index(at[place])
    fewer = None
    if number:
        fewer = front.bracket(tuple(values[number - 1] if i == place else value for i, value in enumerate(at)))
    return {
        "than_fewer_at_least": None if fewer is None else _difference(found.low, fewer.high),
        "than_fewer_at_most": None if fewer is None else _difference(found.high, fewer.low),
        "cannot": "; ".join(map(in_words, found.infeasible.cannot)) if found.infeasible else "",
    }


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else max(0.0, one - other)


def _status(front: Front, at: At) -> str:
    found = front.bracket(at)
    if found.infeasible is not None:
        return "infeasible"
    own = (fact for fact in front.facts if fact.at == at and fact.status == "optimal")
    if front.reached(found) or any(front.stands(fact) for fact in own):  # of an earlier call the gap may be wider
        return "optimal"
    return "feasible" if found.plan is not None else "no_plan"


def _how(front: Front, at: At, found: Bracket, solve: Fact | None) -> str:
    """How a point's cost is known."""
    if solve is not None:
        return "solved"
    if found.infeasible is not None:
        name = name_of(found.infeasible.at)
        if tighter(front.sweeps, at, found.infeasible.at):
            return f"{name} is looser and has no plan"
        return f"what {name} cannot survive is lost here too"
    if found.plan is None:
        return "not reached"
    return f"the plan of {name_of(found.plan.at)} holds" + (" as checked" if at in found.plan.holds else "")


def _info(front: Front, points: pd.DataFrame, options: Options, seconds: float, *, stopped: bool) -> dict[str, Any]:
    grid = set(front.points)
    solves = [fact for fact in front.facts if fact.at in grid]
    counts = {str(name): int(count) for name, count in points["verdict"].value_counts().items()}
    return {
        "sweeps": [
            {"key": sweep.name, "limits": sweep.sense or "no limit is known", "values": list(sweep.values)}
            for sweep in front.sweeps
        ],
        "gap": options.gap,
        "gap_usd": options.gap_usd,
        "time_limit": options.time_limit,
        "method": options.method,
        "threads": options.cores,
        "seed": options.seed,
        "points": len(points),
        "solves": len(solves),
        "verdicts": counts,
        "stopped_early": stopped,
        "solve_seconds": round(sum(fact.seconds for fact in solves), 3),
        "solve_cpu_seconds": round(sum(fact.cpu_seconds for fact in solves), 3),
        "seconds": round(seconds, 3),
        "versions": versions(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _limits(each: Sequence[str]) -> str:
    """What is told of each sweep; blank where nothing is of any."""
    return "; ".join(one or "-" for one in each) if any(each) else ""
