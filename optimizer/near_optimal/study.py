"""What else is nearly as good: portfolios that differ, and for each option whether all, some or none fund it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.near_optimal.ask import Desk, Interrupted
from optimizer.near_optimal.diverse import Diverse, Kept
from optimizer.near_optimal.facts import ALL, NONE, OPEN, SOME, Facts
from optimizer.near_optimal.ledger import FORMAT, Ledger
from optimizer.near_optimal.rows import Chosen
from optimizer.near_optimal.solves import Answer, Solves
from optimizer.near_optimal.tables import table_of_fundings, table_of_options, table_of_portfolios
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.run import checkpoint_of, versions
from optimizer.solver.extensive import Solved
from optimizer.solver.highs import Report, Stop
from optimizer.solver.options import Options
from optimizer.solver.refusals import rows_refused

GAP_SHARE = 0.1
"""Share of the tolerance to which portfolios are solved, unless a gap is asked for."""
FIRST_GAP = 1e-4
"""Relative gap of the best plan where the tolerance is a share of its cost."""


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What a search for alternatives found.

    Attributes:
        info: what alternatives.json holds (docs/alternatives.md).
        portfolios: a row for each portfolio of the list, the best first.
        options: a row for each option that can be funded: verdict, what it costs to force it in or to leave it out.
        funded: a row for each option that a portfolio of the list funds, and the year in each.
        plans: plan of each portfolio, by number.
    """

    info: dict[str, Any]
    portfolios: pd.DataFrame
    options: pd.DataFrame
    funded: pd.DataFrame
    plans: dict[int, Plan] = field(default_factory=dict)

    __repr__ = shown


def alternatives(
    instance: Instance,
    *,
    within_usd: float | None = None,
    within: float | None = None,
    count: int = 5,
    lean: bool = True,
    price: bool = False,
    options: Options | None = None,
    folder: Path | str | None = None,
    report: Report | None = None,
    stop: Stop | None = None,
) -> Alternatives:
    """Find portfolios that cost at most so much more than the best, and what all, some or none of them fund.

    Args:
        instance: from `load`.
        within_usd: what they may cost more, USD.
        within: the same as a share of the best plan's cost; one of the two is given.
        count: portfolios besides the best; 0 for verdicts alone.
        lean: what a portfolio funds for nothing is left out; else every set of options counts.
        price: solve on to the gap for what it costs to force each option in, or to leave it out.
        options: how to solve each problem; by default to a tenth of the tolerance.
        folder: where answers are kept as they come; a folder with a part of the same search is gone on with.
        report: called with progress.
        stop: asks it to stop with what it has; the first Ctrl-C does so.

    Raises:
        OptionsError: what is asked makes no sense, or nothing can be funded.
        PlanError: the folder holds something else.
        SolveError: the solver failed.
    """
    _check(within_usd, within, count, options)
    instance.priced("alternatives")
    began = time.monotonic()
    how = options if options is not None else default_options(within_usd)
    settings: dict[str, Any] = {
        "format": FORMAT,
        **about(instance),
        "tolerance": {"usd": within_usd, "share": within},
        "gap": {"relative": how.gap, "usd": how.gap_usd},
        "lean": lean,
    }
    stop = stop or Stop()
    ledger = Ledger(folder, settings, how.time_limit)
    solves = Solves(instance, how, report, stop, checkpoint_of(instance, ledger.checkpoint))
    if not solves.years:
        raise OptionsError(f"{instance.name} has no option that can be funded and on line within its horizon")
    facts = Facts(tuple(solves.years), within_usd or 0.0)
    search = _Search(Desk(solves, ledger, facts), count, lean, price, within)
    search.run()
    found = search.result(settings)
    found.info["seconds"] = round(time.monotonic() - began, 1)
    tables = {"portfolios": found.portfolios, "options": found.options, "funded": found.funded}
    ledger.finish(found.info, tables, instance)
    return found


def _check(within_usd: float | None, within: float | None, count: int, options: Options | None) -> None:
    faults = []
    if (within_usd is None) == (within is None):
        both = "both" if within is not None else "neither"
        faults.append(f"{both} of within_usd and within given; the tolerance is either in USD or a share of the cost")
    if within_usd is not None and not 0 <= within_usd < math.inf:
        faults.append(f"within_usd is {within_usd:g}; it is 0 or more")
    if within is not None and not 0 <= within < 1:
        faults.append(f"within is {within:g}; a share of the best plan's cost lies in [0, 1)")
    if count < 0:
        faults.append(f"count is {count}; it is 0 or more")
    faults += rows_refused(options.method) if options is not None else []
    if faults:
        raise OptionsError("; ".join(faults))


def default_options(within_usd: float | None) -> Options:
    """To a tenth of the tolerance; where that is not known yet, or nothing, to the usual gap."""
    return Options(gap=FIRST_GAP) if not within_usd else Options(gap=0.0, gap_usd=GAP_SHARE * within_usd)


class _Search:
    """One search as it goes on.

    Attributes:
        first: the best plan's answer; None before it is known.
        diverse: the list; None before there is a best plan.
    """

    def __init__(self, desk: Desk, count: int, lean: bool, price: bool, share: float | None) -> None:
        self.desk, self.count, self.lean, self.price, self._share = desk, count, lean, price, share
        self.first: Answer | None = None
        self.diverse: Diverse | None = None
        self.stopped = False
        self._plans: dict[int, Plan] = {}

    def run(self) -> None:
        """The best plan, then verdicts, then the list, until it is asked to stop."""
        try:
            if not self._best():
                return
            assert self.diverse is not None
            if self.price:
                for option in self.desk.facts.options:
                    self.desk.flip(option, to_the_gap=True)
            self.desk.settle()
            # What is proved of options makes the questions that follow easier, and plans found are candidates.
            while len(self.diverse.kept) <= self.count and self.diverse.grow():
                self._keep_plan()
            self.desk.settle()
            # Within the gap of the first solve there may be a better one; then it belongs on the list.
            best = self.desk.facts.best.chosen
            if best not in {one.found.chosen for one in self.diverse.kept} and self.diverse.take(best):
                self._keep_plan()
        except Interrupted:
            self.stopped = True

    def _best(self) -> bool:
        """The best plan; whether there is one to go on from."""
        desk, facts = self.desk, self.desk.facts
        try:
            answer, solved = desk.ask("the best plan")
        except Interrupted:
            self.first = None
            if not facts.found:
                raise
            self.stopped = True
            return False
        self.first = answer
        if answer.objective is None:
            return False
        facts.bound = answer.least
        if self._share is not None:
            facts.within = self._share * abs(answer.objective)
        first = Kept(facts.best, 0, 0)
        self.diverse = Diverse(desk, self.lean, [first], len(facts.options))
        self._keep_plan(solved)
        return True

    def _keep_plan(self, solved: Solved | None = None) -> None:
        """The plan of the portfolio that was kept last, found again where an earlier run had it only in memory.

        An earlier run that asked for other things may have had another portfolio under this number.

        Args:
            solved: what came out of the solver for it, where that is at hand.
        """
        assert self.diverse is not None
        desk, number = self.desk, len(self.diverse.kept) - 1
        chosen = self.diverse.kept[-1].found.chosen
        plan = desk.ledger.plan(number)
        if plan is None or _chosen(plan) != chosen:
            solved = solved or self.diverse.solved.get(chosen) or self.diverse.again(chosen)
            plan = desk.solves.plan(solved)
            desk.ledger.keep_plan(number, plan)
        self._plans[number] = plan

    def result(self, settings: Mapping[str, Any]) -> Alternatives:
        """What is known by now."""
        first = self.first
        facts = self.desk.facts if self.diverse is not None else Facts((), 0.0)
        kept = [] if self.diverse is None else self.diverse.kept
        info: dict[str, Any] = dict(settings) | {
            "status": self._status(),
            "why": self._why(),
            "best": None if first is None else first.objective,
            "bound": None if first is None else first.bound,
            "solves": len(self.desk.asked),
            "options": len(self.desk.facts.options),
            "count": self.count,
        }
        plans = {n: plan for n, plan in self._plans.items() if facts.found[kept[n].found.chosen].cost <= facts.target}
        plans = plans or dict(self._plans)  # stopped before the better plan that was found had its place on the list
        portfolios = table_of_portfolios(self.desk.solves.network, facts, kept, plans)
        table = table_of_options(self.desk.solves.network, facts, [kept[n].found for n in plans])
        if kept:
            verdicts = table["verdict"].value_counts()
            info |= {
                "within_usd": facts.within,
                "best": facts.best.cost,
                "near_equal_at_most_usd": facts.target,
                "capex": float(portfolios["capex"].iloc[0]),
                "portfolios": len(plans),
                "found": sum(1 for _ in facts.near()),
                "no_others": self._no_others(),
                "verdicts": {word: int(verdicts.get(word, 0)) for word in (ALL, SOME, NONE, OPEN)},
            }
        info |= {
            "options_of_solves": {
                "method": self.desk.solves.options.method,
                "time_limit": self.desk.solves.options.time_limit,
                "threads": self.desk.solves.options.cores,
                "seed": self.desk.solves.options.seed,
            },
            "versions": versions(),
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        return Alternatives(info, portfolios, table, table_of_fundings(plans), plans)

    def _no_others(self) -> bool:
        """Whether the list is proved to hold every near-equal portfolio: every lean one, unless all were asked for."""
        diverse = self.diverse
        return diverse is not None and diverse.whole and diverse.most == 0

    def _status(self) -> str:
        first = self.first
        if self.stopped or (first is None):
            return "stopped" if self.diverse is not None else "no_plan"
        if first.objective is None:
            return first.status
        return "feasible" if self.desk.facts.with_verdict(OPEN) else "optimal"

    def _why(self) -> str:
        status, first = self._status(), self.first
        if status == "stopped" or first is None:
            return "it was interrupted; call it again with the same folder to go on"
        if first.objective is None:
            return first.why
        open_ = len(self.desk.facts.with_verdict(OPEN))
        if open_:
            return (
                f"of {open_} options it is not proved whether all, some or none of the near-equal portfolios fund them"
            )
        return "every verdict is proved"


def _chosen(plan: Plan) -> Chosen:
    return frozenset((str(row.facility), str(row.option)) for row in rows_of(plan.portfolio))
