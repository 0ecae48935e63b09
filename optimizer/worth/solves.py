"""The solves of a study: a plan for each measure, one for the base future alone, and each future with hindsight."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from optimizer.evaluation import Portfolio
from optimizer.instance.instance import Instance
from optimizer.instance.policy import Cvar, Expected, Regret, Risk, WorstCase
from optimizer.network.network import network_of
from optimizer.network.reactions import without_reactions
from optimizer.network.tables import INVESTMENT, TRUNK, Network, Tables
from optimizer.plan.plan import Plan
from optimizer.run import solve_with
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.compile import Block, Problem, Vector
from optimizer.solver.extensive import Begun, Solved, compile_all, costs_of, problem_of
from optimizer.solver.first_plan import fundings_of, with_portfolio
from optimizer.solver.highs import Progress, Report, Stop, run
from optimizer.solver.hindsight import hindsight_of
from optimizer.solver.options import Options
from optimizer.solver.start import Start
from optimizer.worth.kept import Hindsight, Kept


def measured_by(instance: Instance, measure: str, alpha: float) -> Instance:
    """The instance with a measure; `base` is the instance without futures, `no_reaction` that of who cannot respond."""
    if measure == "base":
        return instance.model_copy(update={"scenarios": (), "risk": Expected()})
    if measure == "no_reaction":
        return without_reactions(instance).model_copy(update={"risk": Expected()})
    risks: dict[str, Risk] = {
        "expected": Expected(),
        "cvar": Cvar(measure="cvar", alpha=alpha, weight=1.0),
        "worst_case": WorstCase(measure="worst_case"),
        "regret": Regret(measure="regret"),
    }
    return instance.model_copy(update={"risk": risks[measure]})


@dataclass(slots=True)
class Solves:
    """Solves of one instance, kept as they come.

    Attributes:
        instance: by expected cost.
        alpha: of CVaR.
        options: of each solve.
        kept: where they are kept.
        stop: asks to stop.
        report: called with progress.
        steps: how many solves there will be.
        done: how many there were.
    """

    instance: Instance
    alpha: float
    options: Options
    kept: Kept
    stop: Stop
    report: Report | None
    steps: int
    done: int = 0
    _network: Network | None = None
    _blocks: dict[str, Block] | None = None
    _tables: Mapping[str, Tables] = field(default_factory=dict)
    _cuts: Checkpoint = field(default_factory=lambda: Checkpoint(None, ""))

    @property
    def network(self) -> Network:
        """The network of the instance."""
        if self._network is None:
            self._network = network_of(self.instance)
        return self._network

    def naming(self, what: str) -> Report | None:
        """A report that says which step it is."""
        if self.report is None:
            return None
        report = self.report
        head = f"{min(self.done + 1, self.steps)} of {self.steps}: {what}"

        def named(progress: Progress) -> None:
            report(replace(progress, phase=f"{head}: {progress.phase}"))

        return named

    def plan(self, name: str, start: Plan | None, hindsight: Mapping[str, float] | None = None) -> Plan:
        """The plan of a measure, or of the base future alone; the one kept where it stands."""
        instance = measured_by(self.instance, name, self.alpha)
        plan, stands = self.kept.plan(name, instance)
        if plan is not None and name == "regret" and plan.info["hindsight"] != dict(hindsight or {}):
            stands = False
        if plan is None or not stands:
            with self.stop.listening():
                found = solve_with(
                    instance, self.options, plan or start, self.naming(f"plan, {name}"), self.stop, None, hindsight
                )
            if found.tables or plan is None:
                plan = found
                self.kept.keep_plan(name, found)
        self.done += 1
        return plan

    def hindsight(self, future: str, start: Start) -> Hindsight:
        """What a future costs someone who knows that it comes; a known plan is tried first."""
        began = time.monotonic()
        with self.stop.listening():
            solved = hindsight_of(self._begun(f"hindsight of {future}"), future, start, self._cuts)
        funded = solved.values[INVESTMENT].get("fund", {}) if solved.values else {}
        names = tuple(sorted(":".join(str(part) for part in key) for key, value in funded.items() if value > 0.5))  # type: ignore[attr-defined]
        seconds = round(time.monotonic() - began, 1)
        found = Hindsight(future, solved.status, solved.why, solved.objective, solved.bound, names, seconds)
        self.kept.keep_hindsight(found)
        self.done += 1
        return found

    def _begun(self, what: str) -> Begun:
        """The blocks, and what a solve of them begins with now."""
        report = self.naming(what)
        blocks = self.blocks(report)
        limit, now = self.options.time_limit, time.monotonic()
        out = Solved(self.network, self._tables, "no_plan", "")
        return Begun(out, blocks, self.options, report, self.stop, now, None if limit is None else now + limit)

    def relaxed(self) -> float | None:
        """What no plan by expected cost can be below, USD; None where nothing is proved in time.

        It is the bound of the problem in which branches may fund parts of options: only the plan's fundings are whole.
        """
        report = self.naming("a bound, reactions relaxed")
        problem = problem_of(self.network, self.blocks(report), {})
        integer = np.zeros_like(problem.integer)
        integer[fundings_of(problem)] = True
        deadline = None if self.options.time_limit is None else time.monotonic() + self.options.time_limit
        with self.stop.listening():
            raw = run(
                replace(problem, integer=integer), self.options, phase="solving", report=report, stop=self.stop,
                deadline=deadline, clean=False,
            )  # fmt: skip
        self.done += 1
        return raw.bound

    def blocks(self, report: Report | None = None) -> dict[str, Block]:
        """The compiled blocks of the instance, compiled once."""
        if self._blocks is None:
            self._blocks, self._tables = compile_all(self.network, report)
        return self._blocks

    def fixed(self, held: Portfolio, *, stock: bool) -> dict[str, float] | None:
        """What each future costs at given fundings, by least expected cost.

        Args:
            held: fundings and stock.
            stock: whether the trunk keeps that stock; else it is chosen anew.

        Returns:
            USD by future; None where something that must be met is not. An interrupted search is as none.
        """
        blocks = self.blocks(self.report)
        problem = problem_of(self.network, blocks, {})
        chosen = _chosen(problem, held)
        fixed = with_portfolio(problem, chosen)
        if stock and held.stock is not None:
            lower, upper = fixed.lower.copy(), fixed.upper.copy()
            for i, (component, index) in enumerate(blocks[TRUNK].columns):
                column = problem.place[TRUNK][i]
                if component == "stock" and column >= 0:
                    lower[column] = upper[column] = held.stock.get((index[:3], index[3]), 0.0)  # type: ignore[index]
            fixed = replace(fixed, lower=lower, upper=upper)
        with self.stop.listening():
            raw = run(fixed, self.options, phase="given fundings", report=self.report, stop=self.stop)
        if raw.ended != "optimal" or raw.values is None:
            return None
        return costs_of(self.network, blocks, problem, raw.values)


def _chosen(problem: Problem, held: Portfolio) -> Vector:
    block = problem.blocks[INVESTMENT]
    wanted = set(held.fundings)
    return np.array([float(block.columns[i][1] in wanted) for i in np.flatnonzero(block.integer)])
