"""The cut list: which of a plan's options to give up first when there is less money, as nested portfolios."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.budgeting.ask import Desk, Interrupted, Tell
from optimizer.budgeting.chain import At, Chain, Search
from optimizer.budgeting.cut_tables import Level, tables_of
from optimizer.budgeting.given import dated, given_of
from optimizer.budgeting.ledger import FORMAT, Ledger, told
from optimizer.budgeting.money import GRANTS, MONEY, OUTLAY, Purse, Spent, spent
from optimizer.budgeting.order import Ranked, ranked
from optimizer.budgeting.rows import Row, required, without
from optimizer.budgeting.work import Question, Reply
from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.near_optimal.rows import Chosen, Option
from optimizer.network.network import network_of
from optimizer.network.tables import Funding
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.run import versions
from optimizer.solver.highs import Report
from optimizer.solver.options import Options
from optimizer.workers import Cluster, on_cluster

NOTE = "cuts.json"
AT = (10.0, 25.0, 50.0)
"""Cuts by default, percent."""
BRANCHES = 10
"""Branches in which a better chain is sought, by default."""
SAME = 1e-6
"""Share of the plan's public outlay by which stockpiles may spend more and still count as the same."""
LIMITLESS = 1e15
"""USD that no plan spends."""


@dataclass(frozen=True, slots=True)
class CutList:
    """Nested portfolios for less and less money.

    Attributes:
        info: what cuts.json holds (docs/cuts.md).
        levels: a row for each cut: what it spends, drops and costs, what is short then, what nesting costs.
        order: a row for each option of the plan, the first to give up first.
        funded: a row for each option of the plan: the year in which each level funds it.
        outlay: a row for each level, calendar year and account: what is spent and saved.
        short: a row for each level, future, market, product and period whose service differs from the plan's.
        targets: a row for each level, stockpile, material and period whose missed target differs.
        plans: the plan of each level, by its cut in percent; the given one at 0.
    """

    info: dict[str, Any]
    levels: pd.DataFrame
    order: pd.DataFrame
    funded: pd.DataFrame
    outlay: pd.DataFrame
    short: pd.DataFrame
    targets: pd.DataFrame
    plans: dict[float, Plan] = field(default_factory=dict)

    __repr__ = shown


@on_cluster
def cuts(
    plan: Plan | Instance | Path | str,
    *,
    at: Sequence[float] = AT,
    of: str = OUTLAY,
    weights: Sequence[float] | None = None,
    order: bool = True,
    branches: int = BRANCHES,
    baseline: Plan | Path | str | None = None,
    options: Options | None = None,
    folder: Path | str | None = None,
    workers: int = 1,
    cluster: Cluster = None,
    report: Report | None = None,
    tell: Tell | None = None,
) -> CutList:
    """Rank what a plan funds so that the portfolios for less and less money are nested.

    Args:
        plan: a plan or its result folder; or an instance, which is solved first.
        at: cuts, percent of what the plan spends, each in (0, 100].
        of: which dollars: `outlay`, `grants` or `capex` (`money.MONEY`).
        weights: of each cut, in the order of `at`, in the choice of the portfolios; default alike.
        order: rank the options of each level too, by a solve for each.
        branches: branches in which a better chain of portfolios is sought, at most.
        baseline: a plan, of whatever instance, to which service, cost and outlay are differences; default the plan.
        options: how to solve each problem; by default on one core.
        folder: where answers are kept as they come; a folder with a part of the same list is gone on with.
        workers: processes of this machine.
        cluster: whose workers do it instead: the address of a dask scheduler, its scheduler file, or a client.
        report: called with the progress of each solve, where this process solves.
        tell: called with what is being done, how many are done, of how many.

    Raises:
        OptionsError: what is asked makes no sense, or the plan spends no such money.
        PlanError: there is no plan, or the folder holds something else.
        SolveError: the solver failed, or the cluster was lost.
    """
    began = time.monotonic()
    shares = _levels(at, of, weights, branches)
    how = options or Options(threads=1)
    given = given_of(plan, baseline)
    given.instance.priced("cuts")
    instance, other = given.instance, given.baseline
    settings: dict[str, Any] = {
        "format": FORMAT,
        **about(instance),
        "plan": "solved here" if given.plan is None else dated(given.plan),
        "of": of,
    }
    ledger = Ledger(folder, NOTE, "a cut list", settings, how)
    with Desk(instance, how, ledger, workers, cluster, report, tell) as desk:
        run = _Run(desk, instance, of, shares, how)
        try:
            if run.begin(given.plan):
                run.levels_without_nesting()
                run.nested(branches)
                run.plans()
                run.missing()
                if order:
                    run.order()
        except Interrupted:
            run.stopped = True
    tables = {} if run.plan is None else tables_of(run.plan, other or run.plan, run.levels, run.ranks)
    info = settings | run.info() | {
        "baseline": None if other is None else dated(other),
        "seconds": round(time.monotonic() - began, 1),
        "options_of_solves": told(how),
        "versions": versions(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    ledger.finish(info, tables, instance)
    plans = {level.percent: level.plan for level in run.levels if level.plan is not None}
    if run.plan is not None:
        plans = {0.0: run.plan} | plans
    names = ("levels", "order", "funded", "outlay", "short", "targets")
    return CutList(info, plans=plans, **{name: tables.get(name, pd.DataFrame()) for name in names})


def _levels(at: Sequence[float], of: str, weights: Sequence[float] | None, branches: int) -> list[tuple[float, float]]:
    """(percent, weight) of each cut, the smallest first."""
    faults = []
    if of not in MONEY:
        faults.append(f"of is '{of}'; there is {', '.join(MONEY)}")
    if not at:
        faults.append("no cut is given; such as at=[10, 25, 50], in percent")
    if wrong := [f"{share:g}" for share in at if not 0 < share <= 100]:
        faults.append(f"a cut of {', '.join(wrong)} percent; it is more than 0 and at most 100")
    if twice := sorted({f"{share:g}" for share in at if list(at).count(share) > 1}):
        faults.append(f"a cut of {', '.join(twice)} percent is given twice")
    if weights is not None and len(weights) != len(at):
        faults.append(f"{len(weights)} weights for {len(at)} cuts; each has one")
    if weights is not None and any(not 0 < weight < float("inf") for weight in weights):
        faults.append("a weight is more than 0")
    if branches < 0:
        faults.append(f"branches is {branches}; it is 0 or more")
    if faults:
        raise OptionsError("; ".join(faults))
    return sorted(zip(map(float, at), weights or [1.0] * len(at), strict=True))


class _Run:
    """One cut list as it is made.

    Attributes:
        plan: that is cut; None before there is one.
        levels: of the cuts, the smallest first.
        ranks: options in the order in which they are given up, as far as it is known.
        stopped: by Ctrl-C.
    """

    def __init__(
        self, desk: Desk, instance: Instance, of: str, shares: Sequence[tuple[float, float]], options: Options
    ) -> None:
        self._desk, self._of, self._options = desk, of, options
        network = network_of(instance)
        self._purse, self._years = Purse(network), network.starts.years
        self.levels = [Level(percent, weight) for percent, weight in shares]
        self.plan: Plan | None = None
        self.ranks: list[Ranked] = []
        self.stopped = False
        self._first: Reply | None = None
        self._spent = Spent(0.0, 0.0, 0.0)
        self._options_of: Chosen = frozenset()
        self._funded: tuple[Funding, ...] = ()
        self._search: Search | None = None

    def begin(self, plan: Plan | None) -> bool:
        """The plan that is cut; whether there is one.

        Raises:
            OptionsError: it spends no such money.
        """
        if plan is None:
            question = Question("the plan", tuple(self._purse.rows(self._of, LIMITLESS, (0.0, LIMITLESS))), keep=True)
            self._first = self._desk.ask("the plan", [question])[0]
            plan = self._desk.plan(question) if self._first.objective is not None else None
            if plan is None:
                return False
        self.plan, self._spent = plan, spent(plan)
        self._funded = tuple((str(r.facility), str(r.option), int(r.funded)) for r in rows_of(plan.portfolio))
        self._options_of = frozenset((f, o) for f, o, _ in self._funded)
        money = self._spent.of(self._of)
        if money <= 0:
            raise OptionsError(f"the plan spends nothing that counts as {self._of}: {MONEY[self._of]}")
        for level in self.levels:
            level.most = money * (1.0 - level.percent / 100.0)
        return True

    def levels_without_nesting(self) -> None:
        """The best portfolio at each level, of any options."""
        # Of capex or grants alone, stockpiles may not take what plants give up; of all outlay it is one purse.
        stock = LIMITLESS if self._of == OUTLAY else self._spent.stock
        questions = [Question(f"best at {level.name}", self._rows(level.most, (0.0, stock))) for level in self.levels]
        for level, reply in zip(self.levels, self._ask("best portfolio at each level", questions), strict=True):
            level.best = reply

    def nested(self, branches: int) -> None:
        """Nested portfolios, at the levels that the plan's options can meet."""
        asked = [At(number) for number in range(len(self.levels))]
        found = self._within("cuts of the plan at each level", asked)
        for level, reply in zip(self.levels, found, strict=True):
            level.cut = reply
        known = [level for level in self.levels if level.cut is not None and level.cut.objective is not None]
        # Less money never makes a plan: those without one are the deepest, unless a limit ended the solve.
        known = self.levels[: len(known)] if known == self.levels[: len(known)] else []
        if not known:
            return
        gaps = [max(self._options.gap * abs(self._cost(level)), self._options.gap_usd or 0.0) for level in known]
        within = sum(level.weight * gap for level, gap in zip(known, gaps, strict=True))
        weights = [level.weight for level in known]
        search = Search(self._options_of, weights, self._within, self._size, within, SAME * self._spent.of(OUTLAY))
        self._search = search
        try:
            search.run(branches)
        finally:  # stopped on the way, what was found stands
            if search.chain is not None:
                self._keep(search.chain, known)

    def _keep(self, chain: Chain, levels: Sequence[Level]) -> None:
        for level, part in zip(levels, chain.parts, strict=True):
            level.part = part

    @staticmethod
    def _cost(level: Level) -> float:
        return 0.0 if level.cut is None or level.cut.objective is None else level.cut.objective

    def plans(self) -> None:
        """The plan of each level of the chain, with just its options; years are free, stockpiles as far as nested."""
        levels = [level for level in self.levels if level.part is not None]
        above, same = self._spent.stock, SAME * self._spent.of(OUTLAY)
        for level, below in zip(levels, [*levels[1:], None], strict=False):
            assert level.part is not None
            least = 0.0 if below is None or below.part is None else max(0.0, min(below.part.stock, above) - 2 * same)
            question = self._exactly(level.name, level.part.chosen, level.most, (least, above))
            level.nested = self._ask(f"the plan at {level.name}", [question])[0]
            level.plan, level.place = self._desk.plan(question), self._desk.ledger.place(question)
            above = above if level.nested.objective is None else min(above, level.nested.stock)

    def missing(self) -> None:
        """What is missing at levels that have no plan within the plan's options."""
        for level in self.levels:
            if level.cut is None or level.cut.status != "infeasible":
                continue
            rows = self._barred(self._options_of) + self._rows(level.most, (0.0, self._spent.stock))
            questions = [Question(f"what is missing at {level.name}", rows, missing=True)]
            level.missing = self._ask(f"what is missing at {level.name}", questions)[0].missing

    def order(self) -> None:
        """The order within each level."""
        done = [level for level in self.levels if level.nested is not None]
        if not done:
            return
        befores = [(self._options_of, self._spent.of(self._of)), *((lv.chosen or frozenset(), lv.most) for lv in done)]
        for number, (before, most) in enumerate(befores):
            here = done[number] if number < len(done) else None
            gone = before - (here.chosen or frozenset()) if here is not None else before
            paid = [option for option in sorted(gone) if self._size(option) > 0]
            questions = [replace(self._exactly("as before", before, most, (0.0, self._spent.stock)), keep=False)]
            questions += [self._without(option, before, most) for option in paid]
            goes = "kept" if here is None else here.name
            base, *replies = self._ask(f"order of what goes at {goes}" if here else "order of what is kept", questions)
            sizes = {option: self._size(option) for option in gone}
            self.ranks += ranked(goes, base, dict(zip(paid, replies, strict=True)), sizes, self._bases())

    def _bases(self) -> dict[Option, Option]:
        """Option -> the one that must come before it."""
        assert self.plan is not None
        found = {}
        for facility, option in self._options_of:
            record = next(o for o in self.plan.instance.facilities[facility].options if o.id == option)
            if record.after is not None:
                found[facility, option] = (facility, record.after)
        return found

    def _ask(self, what: str, questions: Sequence[Question]) -> list[Reply]:
        return self._desk.ask(what, questions)

    def _within(self, what: str, asked: Sequence[At]) -> list[Reply]:
        """What the search for a chain asks: portfolios within the plan's options."""
        questions = []
        for at in asked:
            level = self.levels[at.level]
            rows = self._barred(self._options_of - at.barred) + tuple(required(at.needed, self._years))
            start = tuple(item for item in self._funded if item[:2] not in at.barred)
            stock = at.least, min(at.most, self._spent.stock)
            rows += self._rows(level.most, stock)
            questions.append(Question(f"{level.name}: {what}", rows, start, stock=self._purse.stock))
        return self._ask(what, questions)

    def _exactly(self, name: str, chosen: Chosen, most: float, stock: tuple[float, float]) -> Question:
        """Just these options, in whatever years; the plan is kept."""
        rows = self._barred(chosen) + tuple(required(chosen, self._years)) + self._rows(most, stock)
        start = tuple(item for item in self._funded if item[:2] in chosen)
        return Question(f"the plan at {name}", rows, start, keep=True, stock=self._purse.stock)

    def _without(self, option: Option, before: Chosen, most: float) -> Question:
        left = before - {option}
        start = tuple(item for item in self._funded if item[:2] in left)
        rows = self._barred(left) + self._rows(most, (0.0, self._spent.stock))
        return Question(f"without {':'.join(option)}", rows, start)

    def _barred(self, allowed: Chosen) -> tuple[Row, ...]:
        """Nothing but some options is funded."""
        return tuple(without([option for option in self._years if option not in allowed], self._years))

    def _rows(self, most: float, stock: tuple[float, float]) -> tuple[Row, ...]:
        return tuple(self._purse.rows(self._of, most, stock))

    def _size(self, option: Option) -> float:
        """Money that an option takes, USD; of public outlay its share of capex."""
        return self._purse.of(option, GRANTS if self._of == OUTLAY else self._of)

    def info(self) -> dict[str, Any]:
        """What is known by now."""
        search = self._search
        chain = None if search is None or search.chain is None else search.chain
        status, why = self._status()
        return {
            "status": status,
            "why": why,
            "money": MONEY[self._of],
            "spends": {
                "capex": self._spent.capex,
                "grants": self._spent.grants,
                "stock": self._spent.stock,
                "price_steps": self._spent.steps,
            },
            "of_which_counts": self._spent.of(self._of),
            "cost": None if self.plan is None else self.plan.objective,
            "levels_at": [level.percent for level in self.levels],
            "weights": [level.weight for level in self.levels],
            "measure": None if self.plan is None else self.plan.info["risk"]["measure"],
            "solves": self._desk.asked,
            "solved_now": self._desk.solved,
            "chain": None
            if search is None or chain is None
            else {
                "how": chain.how,
                "cost": chain.cost,
                "bound": min(search.bound, chain.cost),
                "could_save_usd": max(0.0, chain.cost - search.bound),
                "branches": search.branches,
                "first_chains": {first.how: first.cost for first in search.firsts},
            },
        }

    def _status(self) -> tuple[str, str]:
        if self.plan is None:
            if self._first is None:
                return "stopped", "it was interrupted before there was a plan"
            return self._first.status, self._first.why
        if self.stopped:
            return "stopped", "it was interrupted; call it again with the same folder to go on"
        if none := [level.name for level in self.levels if level.plan is None]:
            return "partial", f"no nested portfolio at {', '.join(none)}"
        return "done", "every level has a nested portfolio"
