"""Why an instance has no plan: requirements that cannot be met together, and the least changes that restore a plan."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optimizer.conflict.case import Atom, Case, case_of, loud_branches
from optimizer.conflict.change import Change, without
from optimizer.conflict.check import NO, YES, has_plan
from optimizer.conflict.fact import more_stock, shorter_leads
from optimizer.conflict.oracle import Oracle
from optimizer.conflict.repair import Repairer
from optimizer.conflict.report import Explanation, Found, explanation_of
from optimizer.conflict.search import Conflict, conflict_of, seek_smaller
from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.solver.highs import Progress, Report, Stop
from optimizer.solver.limit import Limit, Stopped
from optimizer.solver.options import Options

WIDE = 150_000
"""Columns up to which repairs are sought in all branches at once; above, in those of the conflict, and then checked."""
SETS = 100
"""Sets that are asked at most in search of a smaller conflict."""
CONFLICTS = 5
"""Conflicts without a common requirement that are told at most."""
FACTS = frozenset(["demand", "target", "rejoin"])
"""Kinds that more stock or an earlier plant can serve."""


@dataclass(slots=True)
class Search:
    """What a run knows and asks by.

    Attributes:
        instance: as written.
        options: of the solves.
        limit: what ends it early.
        report: called with progress.
        began: `time.monotonic()`.
        oracles: all that were asked.
    """

    instance: Instance
    options: Options
    limit: Limit
    report: Report | None
    began: float
    oracles: list[Oracle] = field(default_factory=list)

    def oracle(self, case: Case, phase: str, names: dict[Hashable, Any] | None = None) -> Oracle:
        """An oracle over the requirements of a case, or over other units."""
        units = case.units() if names is None else names
        made = Oracle(case.problem, units, self.options, self.limit, self.tell, phase, case.activity())
        self.oracles.append(made)
        return made

    def tell(self, progress: Progress) -> None:
        """Pass on progress, with the time since the beginning."""
        if self.report is not None:
            seconds = time.monotonic() - self.began
            self.report(Progress(progress.phase, seconds, None, None, 0))

    def say(self, phase: str) -> None:
        """Tell what begins."""
        self.tell(Progress(phase, 0.0, None, None, 0))

    def check(self) -> None:
        """End where the limit is reached.

        Raises:
            Stopped: it is.
        """
        if how := self.limit.reached():
            raise Stopped(how)


def explain(
    instance: Instance,
    *,
    repairs: bool = True,
    time_limit: float | None = None,
    threads: int | None = None,
    seed: int = 0,
    folder: Path | str | None = None,
    report: Report | None = None,
    stop: Stop | None = None,
) -> Explanation:
    """Why an instance has no plan.

    Args:
        instance: from `load`.
        repairs: also seek the least changes that restore a plan.
        time_limit: seconds; what is proved by then is told.
        threads: cores used; default all.
        seed: of the solver.
        folder: where the answer is written, whole or not at all.
        report: called with progress.
        stop: asks it to stop; the first Ctrl-C does so.

    Returns:
        The explanation; its `status` is `plan` where there is a plan and nothing to explain.

    Raises:
        OptionsError: an option makes no sense.
        PlanError: something else is in the folder.
        SolveError: the solver failed.
    """
    options = Options("extensive", 1e-4, None, time_limit, threads, seed)
    if time_limit is not None and time_limit <= 0:
        raise OptionsError(f"time_limit is {time_limit:g}; it is more than 0 seconds")
    began = time.monotonic()
    stop = Stop() if stop is None else stop
    deadline = None if time_limit is None else began + time_limit
    search = Search(instance, options, Limit(stop, deadline), report, began)
    found = Found(instance)
    Explanation.check_folder(folder)
    with stop.listening():
        try:
            _explain(search, found, repairs)
        except Stopped as stopped:
            found.stopped = stopped.how
    found.tests = sum(oracle.tests for oracle in search.oracles)
    found.linear = sum(oracle.linear for oracle in search.oracles)
    found.seconds = time.monotonic() - began
    found.made = datetime.now(UTC).isoformat(timespec="seconds")
    explanation = explanation_of(found, options)
    if folder is not None:
        explanation.save(folder)
    return explanation


def _explain(search: Search, found: Found, repairs: bool) -> None:
    case, oracle = _first_without_a_plan(search, found)
    if case is None or oracle is None:
        return
    _conflicts(search, found, case, oracle)
    if repairs:
        _repairs(search, found, case)


def _first_without_a_plan(search: Search, found: Found) -> tuple[Case, Oracle] | tuple[None, None]:
    """The fewest courses that have no plan: the trunk, else the trunk and one branch, else all of them."""
    search.say("building trunk")
    case = case_of(search.instance, (), search.tell)
    loud = loud_branches(case.network)
    scopes = [(), *((name,) for name in loud), *([tuple(loud)] if len(loud) > 1 else [])]
    for scope in scopes:
        search.check()
        case = case_of(search.instance, scope, search.tell, known=case)
        found.case = case
        oracle = search.oracle(
            case,
            f"whether {' and '.join(case.courses)} can be planned" if len(scope) < 2 else "whether all can be planned",
        )
        if not oracle.ask(case.names).feasible:
            return case, oracle
    found.planned = True
    return None, None


def _conflicts(search: Search, found: Found, case: Case, oracle: Oracle) -> None:
    """Conflicts without a common requirement, the first with a bound on the smallest."""
    left = list(case.names)
    while len(found.conflicts) < CONFLICTS:
        oracle.phase = "which requirements conflict"
        one = conflict_of(oracle, left)
        if one is None:
            return
        found.conflicts.append(one)
        if one.stopped:
            raise Stopped(one.stopped)
        if len(found.conflicts) == 1:
            oracle.phase = "whether fewer conflict"
            seek_smaller(oracle, one, left, SETS)
            if one.stopped:
                raise Stopped(one.stopped)
        found.parts.append(_parts(search, case, one))
        left = [name for name in left if name not in one.names]
    found.more = not oracle.ask(left).feasible


def _parts(search: Search, case: Case, conflict: Conflict) -> tuple[Atom, ...]:
    """Years and courses of a conflict: parts of its requirements, none of which could be missing."""
    atoms = case.atoms([str(name) for name in conflict.names])
    units = {name: unit for name, unit in case.units().items() if name not in conflict.names}
    oracle = search.oracle(case, "in which years", {**units, **atoms})
    try:
        found = conflict_of(oracle, list(atoms))
    except Stopped:
        return ()
    return () if found is None else tuple(atom for atom in found.names if isinstance(atom, tuple))


def _repairs(search: Search, found: Found, case: Case) -> None:
    wide = case
    loud = loud_branches(case.network)
    if set(loud) - set(case.courses):
        share = len(case.problem.upper) / (len(case.courses) + 1)
        if share * (len(loud) + 2) <= WIDE:
            search.say("building all branches")
            wide = case_of(search.instance, loud, search.tell, known=case)
    oracle = search.oracle(wide, "what would restore a plan")
    for number, conflict in enumerate(found.conflicts):
        others = frozenset(str(n) for i, c in enumerate(found.conflicts) if i != number for n in c.names)
        repairer = Repairer(wide, oracle, others)
        kinds = {wide.requirements[str(name)].kind for name in conflict.names}
        for name in conflict.names:
            _checked(search, found, number, str(name), repairer, repairer.of(wide.requirements[str(name)]))
        if kinds & FACTS and number == 0:
            _checked(search, found, number, "", repairer, more_stock(repairer))
            search.say("whether an earlier plant would do")
            _checked(search, found, number, "", repairer, shorter_leads(repairer))


def _checked(
    search: Search, found: Found, number: int, name: str, repairer: Repairer, changes: Iterator[Change]
) -> None:
    """Take changes in, each with what a solve of the changed instance says."""
    any_ = False
    for change in changes:
        search.check()
        search.say("checking a change")
        instance = change.instance
        for other in sorted(repairer.off):
            instance = without(instance, repairer.case.requirements[other])
        left = search.limit.left()
        options = search.options if search.limit.deadline is None else _within(search.options, left)
        answer = has_plan(instance, options, search.tell, search.limit.stop)
        found.changes.append((number, change, answer))
        any_ = True
        if answer not in (YES, NO):
            search.check()  # a limit that was reached meanwhile is one of the whole
    if name and not any_:
        found.helpless.append((number, name))


def _within(options: Options, seconds: float) -> Options:
    return Options(options.method, options.gap, options.gap_usd, max(0.1, seconds), options.threads, options.seed)
