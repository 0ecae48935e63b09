"""The steps of a study, most telling first, as far as they were let go."""

from __future__ import annotations

from dataclasses import dataclass, field

from optimizer.evaluation import Portfolio, evaluate
from optimizer.network.tables import BASE
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.solver.highs import Progress
from optimizer.solver.start import start_of
from optimizer.workers import Cluster
from optimizer.worth.figures import measured
from optimizer.worth.kept import Hindsight
from optimizer.worth.solves import Solves


@dataclass(slots=True)
class Steps:
    """One study as it goes on.

    Attributes:
        solves: how to solve.
        measures: what plans are made for.
        probability: of the futures that count.
        workers: processes.
        cluster: whose workers operate plans instead.
        plans: so far.
        hindsight: so far.
        costs: of each plan in each future; None where something that must be met is not.
        unmet: why not.
        unable: status of the plan of who cannot respond.
        relaxed: what no plan can be below by expected cost where branches may fund parts of options, USD; sought where
            the plan itself was not proved good enough.
        refunded: cost of each future at the base plan's fundings, with stock chosen anew.
        stopped: by Ctrl-C.
    """

    solves: Solves
    measures: tuple[str, ...]
    probability: dict[str, float]
    workers: int
    cluster: Cluster
    plans: dict[str, Plan] = field(default_factory=dict)
    hindsight: dict[str, Hindsight] = field(default_factory=dict)
    costs: dict[str, dict[str, float] | None] = field(default_factory=dict)
    unmet: dict[str, str] = field(default_factory=dict)
    unable: str = ""
    relaxed: float | None = None
    refunded: dict[str, float] | None = None
    refunded_done: bool = False
    stopped: bool = False
    first: Plan | None = None

    def run(self) -> None:
        """All solves, most telling first, until asked to stop."""
        self.first = self._plan("expected", None)
        if not self.first.tables or self.stopped:
            return
        self._plan("base", self.first)
        if self.solves.network.reactions:
            self._unable()
        self._evaluate("expected")
        self._evaluate("base")
        if not self.stopped and "base" in self.plans:
            self.refunded = self.solves.fixed(Portfolio.of(self.plans["base"]), stock=False)
            self.stopped = self.solves.stop.asked.is_set()
            self.refunded_done = not self.stopped
        self._hindsights()
        for name in self.measures[1:]:
            if name == "regret" and self.probability.keys() - self.best.keys():
                continue
            self._plan(name, self._nearest(name))
            self._evaluate(name)

    def _unable(self) -> None:
        """The plan of who cannot respond, what it costs who can; a bound where the plan of who can is not proved."""
        assert self.first is not None
        self.unable = self._plan("no_reaction", self.first).status
        self._evaluate("no_reaction")
        if not self.stopped and self.first.status != "optimal":
            self.solves.steps += 1
            self.relaxed = self.solves.relaxed()
            self.stopped = self.solves.stop.asked.is_set()

    def _nearest(self, measure: str) -> Plan | None:
        """Of the plans that there are, the best by a measure."""
        known = {
            plan: measured(measure, mine, self.probability, self.solves.alpha, self.best)
            for plan, mine in self.costs.items()
            if mine is not None
        }
        ranked = sorted((usd, plan) for plan, usd in known.items() if usd is not None)
        return self.plans[ranked[0][1]] if ranked else self.first

    def _plan(self, name: str, start: Plan | None) -> Plan:
        known = {future: self.best[future] for future in self.probability} if name == "regret" else None
        if self.stopped:
            assert start is not None
            return start
        plan = self.solves.plan(name, start, known)
        if plan.tables:
            self.plans[name] = plan
        self.stopped = self.stopped or self.solves.stop.asked.is_set()
        return plan

    def _evaluate(self, name: str) -> None:
        """What a plan costs in every future, its fundings and its stock held fixed."""
        if self.stopped or name not in self.plans:
            return
        plan = self.plans[name]
        if self.solves.network.left:  # a branch that others leave is operated with them in mind, as the plan does
            if name in ("base", "no_reaction"):
                self.costs[name] = self.solves.fixed(Portfolio.of(plan, name), stock=True)
                if self.solves.stop.asked.is_set():
                    self.stopped = True
                    del self.costs[name]
                elif self.costs[name] is None:
                    self.unmet[name] = "something that must be met is not, in some future"
            else:
                self.costs[name] = {
                    row.scenario: float(row.cost) for row in rows_of(plan.scenarios) if row.scenario in self.probability
                }
            return
        report = self.solves.naming(f"operating the plan, {name}")

        def tell(what: str, done: int, of: int) -> None:
            if report is not None:
                report(Progress(f"{what} {done} of {of}", 0.0, None, None, 0))

        done = evaluate(
            self.solves.instance,
            Portfolio.of(plan, name),
            folder=self.solves.kept.within("operated", name),
            workers=self.workers,
            cluster=self.cluster,
            tell=tell,
        )
        if done.info["status"] == "stopped":
            self.stopped = True
            return
        rows = [row for row in rows_of(done.futures) if row.future in self.probability]
        failed = [row.future for row in rows if row.status != "met"]
        if failed:
            self.unmet[name] = f"something that must be met is not, in {', '.join(failed)}"
        self.costs[name] = None if failed else {row.future: float(row.cost) for row in rows}

    def _hindsights(self) -> None:
        """Each future's own optimum; the base's is the plan made for it alone."""
        there = self.solves.kept.hindsight()
        assert self.first is not None
        start = start_of(self.first)
        base = self.plans.get("base")
        if base is not None and BASE in self.probability:
            funded = tuple(f"{r.facility}:{r.option}:{r.funded}" for r in rows_of(base.portfolio))
            about = base.objective, base.bound, funded, float(base.info["seconds"].get("total", 0.0))
            self.hindsight[BASE] = Hindsight(BASE, base.status, str(base.info["why"]), *about)
        for future in self.probability:
            if self.stopped or future == BASE:
                continue
            if future in there:
                self.hindsight[future] = there[future]
                self.solves.done += 1
                continue
            self.hindsight[future] = self.solves.hindsight(future, start)
            self.stopped = self.solves.stop.asked.is_set()

    @property
    def best(self) -> dict[str, float]:
        """What each future costs with hindsight, where that is known."""
        return {future: one.objective for future, one in self.hindsight.items() if one.objective is not None}
