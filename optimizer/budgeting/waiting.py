"""The decision calendar: until when each funding of a plan can wait, what waiting costs, and what comes in its place.

The question is always one of least cost with an option funded in no year before y, all else free. Its answer grows with
y, and a plan found for one option is a plan for every other that it happens to fund late, or not at all. So few of the
questions are asked: first whether an option is needed at all, then the next years, then by halves.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.budgeting.ask import Desk, Interrupted, Tell
from optimizer.budgeting.facts import NEVER, Facts, Year
from optimizer.budgeting.given import dated, given_of
from optimizer.budgeting.ledger import FORMAT, Ledger, told
from optimizer.budgeting.line_tables import Line, lines_table, waits_table, years_of
from optimizer.budgeting.rows import not_before
from optimizer.budgeting.told import EXPECTED, short_of
from optimizer.budgeting.work import Question
from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.near_optimal.rows import Option
from optimizer.near_optimal.study import default_options
from optimizer.network.network import network_of
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.run import versions
from optimizer.solver.highs import Report
from optimizer.solver.options import Options
from optimizer.workers import Cluster, on_cluster

NOTE = "calendar.json"
NO_MORE = "no more"
"""In place of a year: there is nothing left to ask."""
WAITS = 1
"""Years of waiting that are priced by default, beyond those that are as good."""


@dataclass(frozen=True, slots=True)
class DecisionCalendar:
    """Until when each funding of a plan can wait.

    Attributes:
        info: what calendar.json holds (docs/calendar.md).
        lines: a row for each funding of the plan, the most urgent first.
        waits: a row for each funding and year to which it may wait; never is blank.
    """

    info: dict[str, Any]
    lines: pd.DataFrame
    waits: pd.DataFrame

    __repr__ = shown


@on_cluster
def calendar(
    plan: Plan | Instance | Path | str,
    *,
    within_usd: float,
    waits: int = WAITS,
    price: bool = True,
    only: Sequence[Option] = (),
    baseline: Plan | Path | str | None = None,
    options: Options | None = None,
    folder: Path | str | None = None,
    workers: int = 1,
    cluster: Cluster = None,
    report: Report | None = None,
    tell: Tell | None = None,
) -> DecisionCalendar:
    """Find the last responsible year of each funding of a plan, and what waiting costs.

    Args:
        plan: a plan or its result folder; or an instance, which is solved first.
        within_usd: what a plan may cost more than the best and still be as good, USD.
        waits: years of waiting that are priced at least, for an option that cannot be left out.
        price: solve on to the gap for what waiting costs, not only for whether that is more than the tolerance.
        only: (facility, option) of those that are asked about; default all.
        baseline: a plan, of whatever instance, whose years of funding stand beside the plan's.
        options: how to solve each problem; by default to a tenth of the tolerance, on one core.
        folder: where answers are kept as they come; a folder with a part of the same calendar is gone on with.
        workers: processes of this machine.
        cluster: whose workers do it instead: the address of a dask scheduler, its scheduler file, or a client.
        report: called with the progress of each solve, where this process solves.
        tell: called with what is being done, how many are done, of how many.

    Raises:
        OptionsError: what is asked makes no sense, or the plan funds nothing that is asked about.
        PlanError: there is no plan, or the folder holds something else.
        SolveError: the solver failed, or the cluster was lost.
    """
    began = time.monotonic()
    if not 0 <= within_usd < math.inf or waits < 0:
        wrong = f"within_usd is {within_usd:g}" if not 0 <= within_usd < math.inf else f"waits is {waits}"
        raise OptionsError(f"{wrong}; it is 0 or more")
    how = options or options_for(within_usd)
    given = given_of(plan, baseline)
    given.instance.priced("calendar")
    instance, other = given.instance, given.baseline
    settings: dict[str, Any] = {
        "format": FORMAT,
        **about(instance),
        "plan": "solved here" if given.plan is None else given.plan.info.get("made"),
    }
    if given.plan is not None:
        _known(given.plan, only)
    ledger = Ledger(folder, NOTE, "a decision calendar", settings, how)
    with Desk(instance, how, ledger, workers, cluster, report, tell) as desk:
        run = _Run(desk, instance, within_usd, waits, workers, price=price)
        try:
            if run.begin(given.plan, only):
                run.needed()
                run.years()
        except Interrupted:
            run.stopped = True
    lines, table = lines_table(run.lines, run.facts, run.plan, other), waits_table(run.lines, run.facts, run.plan)
    info = settings | run.info() | {
        "within_usd": within_usd,
        "waits": waits,
        "priced": price,
        "baseline": None if other is None else _compared(other, run.plan),
        "seconds": round(time.monotonic() - began, 1),
        "options_of_solves": told(how),
        "versions": versions(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    ledger.finish(info, {"lines": lines, "waits": table}, instance)
    return DecisionCalendar(info, lines, table)


def options_for(
    within_usd: float,
    method: str = "auto",
    gap: float | None = None,
    gap_usd: float | None = None,
    time_limit: float | None = None,
    threads: int = 1,
    seed: int = 0,
) -> Options:
    """Options as given; without a gap, to a tenth of the tolerance."""
    if gap is None and gap_usd is None:
        known = default_options(within_usd)
        gap, gap_usd = known.gap, known.gap_usd
    return Options(method, 0.0 if gap is None else gap, gap_usd, time_limit, threads, seed)


def _compared(baseline: Plan, plan: Plan | None) -> dict[str, Any]:
    """Name, date and cost of a baseline, and what it funds that the plan does not."""
    mine = {} if plan is None else years_of(plan)
    gone = [f"{facility}:{option}" for facility, option in sorted(years_of(baseline).keys() - mine.keys())]
    return dated(baseline) | {"no_longer_funded": gone}


def _known(plan: Plan, only: Sequence[Option]) -> None:
    """Whether a plan funds what is asked about.

    Raises:
        OptionsError: it does not, or funds nothing.
    """
    funded = [(str(row.facility), str(row.option)) for row in rows_of(plan.portfolio)]
    if not funded:
        raise OptionsError("the plan funds nothing: there is nothing to wait with")
    if unknown := [":".join(option) for option in only if option not in funded]:
        there = ", ".join(":".join(option) for option in sorted(funded)[:8])
        more = f" and {len(funded) - 8} more" if len(funded) > 8 else ""
        raise OptionsError(f"the plan does not fund {', '.join(unknown)}; it funds {there}{more}")


class _Run:
    """One calendar as it is made.

    Attributes:
        plan: whose fundings wait; None before there is one.
        lines: its fundings.
        facts: what is known.
        stopped: by Ctrl-C.
    """

    def __init__(
        self, desk: Desk, instance: Instance, within_usd: float, waits: int, workers: int, *, price: bool
    ) -> None:
        self._desk, self._waits, self._at_once, self._price = desk, waits, max(1, workers), price
        self._network = network_of(instance)
        self._years = self._network.starts.years
        self.plan: Plan | None = None
        self.lines: list[Line] = []
        self.facts = Facts(within_usd)
        self.stopped = False
        self._status = ("stopped", "it was interrupted before there was a plan")

    def begin(self, plan: Plan | None, only: Sequence[Option]) -> bool:
        """The best plan; whether there is one to go on from.

        Raises:
            OptionsError: it does not fund what is asked about.
        """
        start = None
        if plan is not None:
            start = tuple((str(r.facility), str(r.option), int(r.funded)) for r in rows_of(plan.portfolio))
        question = Question("the best plan", (), start, keep=plan is None)
        reply = self._desk.ask("the best plan", [question])[0]
        plan = plan or self._desk.plan(question)
        if plan is None:
            self._status = (reply.status, reply.why)
            return False
        _known(plan, only)
        self.plan = plan
        short = {key[1:2] + key[3:]: tonnes for key, tonnes in short_of(plan).items() if key[0] == EXPECTED and tonnes}
        funded = [(str(r.facility), str(r.option), int(r.funded)) for r in rows_of(plan.portfolio)]
        if plan.objective is not None:
            self.facts.plan(plan.objective, funded, short)
        if plan.bound is not None:
            self.facts.bound = max(self.facts.bound, plan.bound)
        self.facts.note(None, NEVER, reply)
        for facility, option, year in funded:
            if not only or (facility, option) in only:
                later: list[Year] = [t for t in self._years[facility, option] if t > year]
                self.lines.append(Line(self._network, (facility, option), year, (*later, NEVER)))
        return True

    def needed(self) -> None:
        """Whether each funding is needed at all, unless a plan found on the way shows that it is not."""
        self._ask_on("needed at all", self._unless_needed)

    def years(self) -> None:
        """The years, until the first that is too late is found."""
        self._ask_on("waiting", self._next)

    def _unless_needed(self, line: Line) -> Year | str:
        """Never, unless that is known."""
        known = self.facts.good(line.option, NEVER) or (line.option, NEVER) in self.facts.proofs
        return NO_MORE if known else NEVER

    def _next(self, line: Line) -> Year | str:
        """The next year to ask for a line; NO_MORE where there is none.

        First those that are to be priced, then by halves between the last year that is known to be as good and the
        first that is not; then on, as long as that says how long the strictest channel is served.
        """
        facts, option, years = self.facts, line.option, line.later[:-1]
        if facts.good(option, NEVER):
            return NO_MORE
        settled = [facts.good(option, year) or (option, year) in facts.proofs for year in years]
        for number in range(min(self._waits, len(years))):
            if not settled[number]:
                return years[number]
        good = max((n for n, year in enumerate(years) if facts.good(option, year)), default=-1)
        bad = next((n for n in range(good + 1, len(years)) if settled[n]), len(years))
        if bad - good > 1:
            return years[(good + bad) // 2]
        for number in range(bad, len(years)):
            if not settled[number]:
                return years[number]
            if not self._serves_on(line, years[number]):
                break
        return NO_MORE

    def _serves_on(self, line: Line, year: Year) -> bool:
        """Whether the strictest channel is served as in the plan with the year, and not without the option at all."""
        assert self.plan is not None
        return line.serves(self.facts, self.plan, year) and not line.serves(self.facts, self.plan, NEVER)

    def _ask_on(self, what: str, next_of: Callable[[Line], Year | str]) -> None:
        """Ask for one line after another, as many at once as there are workers, until none has a question left."""
        waiting = list(self.lines)
        done = 0
        while waiting:
            batch: list[tuple[Line, Year]] = []
            rest: list[Line] = []
            for line in waiting:
                if len(batch) >= self._at_once:
                    rest.append(line)
                    continue
                year = next_of(line)
                if isinstance(year, str):
                    done += 1
                else:
                    batch.append((line, year))
            if not batch:
                return
            questions = [self._question(line, year) for line, year in batch]
            replies = self._desk.ask(f"{what} ({done} of {len(self.lines)} settled)", questions)
            for (line, year), reply in zip(batch, replies, strict=True):
                self.facts.note(line.option, year, reply)
            waiting = [*(line for line, _ in batch), *rest]

    def _question(self, line: Line, year: Year) -> Question:
        name = ":".join(line.option) + (" never" if year is NEVER else f" not before {year}")
        start = tuple(item for item in self.facts.best.funded if item[:2] != line.option)
        target = None if self._price else self.facts.target
        return Question(name, tuple(not_before(line.option, year, self._years)), start, target=target)

    def info(self) -> dict[str, Any]:
        """What is known by now."""
        best = self.facts.best.cost if self.facts.found else None
        status, why = self._status
        if self.plan is not None:
            open_ = [line for line in self.lines if not line.settled(self.facts)]
            status, why = "done", "the last year of every funding is proved"
            if open_:
                status, why = "partial", f"of {len(open_)} fundings the last year is not proved"
            if self.stopped:
                status, why = "stopped", "it was interrupted; call it again with the same folder to go on"
        return {
            "status": status,
            "why": why,
            "best": best,
            "bound": self.facts.bound if math.isfinite(self.facts.bound) else None,
            "as_good_at_most_usd": None if best is None else self.facts.target,
            "plan_cost": None if self.plan is None else self.plan.objective,
            "strictest": None if self.plan is None else self.plan.instance.served_channels[0],
            "fundings": len(self.lines),
            "questions": self._desk.asked,
            "solved_now": self._desk.solved,
        }
