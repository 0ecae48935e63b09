"""Solves of one instance with more rows over its fundings: built and compiled once, cuts kept from one to the next."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.instance.instance import Instance
from optimizer.near_optimal.rows import Chosen, Option, Row, block_of
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT, Funding, Network
from optimizer.plan.plan import Plan
from optimizer.run import plan_of
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.benders.split import undivided
from optimizer.solver.compile import Block
from optimizer.solver.extensive import Begun, Solved
from optimizer.solver.highs import Progress, Report, Stop
from optimizer.solver.methods import solve_begun
from optimizer.solver.options import Options
from optimizer.solver.solve import begin
from optimizer.solver.start import Start

SHARPER = 0.1
"""Share of the gap to which a solve with a target goes on, if need be."""
INTERRUPTED = "it was interrupted"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a solve found.

    Attributes:
        status: `optimal`, `feasible`, `infeasible` or `no_plan`.
        why: why it ended.
        objective: of the best plan found, USD; None without one.
        bound: no plan that obeys the rows costs less, USD; None where nothing is proved.
        funded: what that plan funds, and when.
        seconds: time taken.
    """

    status: str
    why: str
    objective: float | None
    bound: float | None
    funded: tuple[Funding, ...] = ()
    seconds: float = 0.0

    @property
    def chosen(self) -> Chosen:
        """What the plan funds, whenever."""
        return frozenset((facility, option) for facility, option, _ in self.funded)

    @property
    def least(self) -> float:
        """No plan costs less, USD; infinite where there is none at all."""
        if self.status == "infeasible":
            return float("inf")
        return float("-inf") if self.bound is None else self.bound

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended it: asked again, it would tell more."""
        return self.why.startswith(INTERRUPTED)


class Solves:
    """Solves of one instance.

    Attributes:
        instance: what is solved.
        options: gap, time limit and threads of each solve.
        network: its network.
        years: periods in which each option can be funded; those that can never be are left out.
    """

    def __init__(
        self,
        instance: Instance,
        options: Options,
        report: Report | None,
        stop: Stop,
        checkpoint: Checkpoint,
        network: Network | None = None,
    ) -> None:
        self.instance, self.options = instance, options
        self.network: Network = network_of(instance) if network is None else network
        self.years: dict[Option, tuple[int, ...]] = {
            option: years for option, years in self.network.starts.years.items() if years
        }
        self._report, self._stop, self._checkpoint = report, stop, checkpoint
        self._begun: Begun | None = None

    @property
    def stopped(self) -> bool:
        """Whether someone asked to stop."""
        return self._stop.asked.is_set()

    def solve(
        self,
        what: str,
        rows: Sequence[Row] = (),
        target: float | None = None,
        start: Sequence[Funding] | None = None,
        sharper: float = SHARPER,
        further: Block | None = None,
    ) -> tuple[Answer, Solved]:
        """Least cost under rows.

        Args:
            what: which solve it is, for progress.
            rows: that the portfolio obeys besides the instance's own.
            target: stop as soon as it is known whether a plan costs at most this, USD.
            start: fundings that are tried first, by the extensive form; Benders begins with the last best plan.
            sharper: share of the gap to which a solve with a target goes on, if need be.
            further: a block of more rows, over fundings and what the trunk stores.

        Raises:
            OptionsError: the method asked for cannot solve it.
            SolveError: the solver failed.
        """
        began = time.monotonic()
        with self._stop.listening():
            solved = self._solved(what, rows, target, start, sharper, further)
        funded = () if not solved.values else _funded(solved)
        answer = Answer(
            solved.status, solved.why, solved.objective, solved.bound, funded, round(time.monotonic() - began, 2)
        )
        return answer, solved

    def plan(self, solved: Solved) -> Plan:
        """The plan that a solve found, verified."""
        return plan_of(self.instance, self.options, solved)

    def _solved(
        self,
        what: str,
        rows: Sequence[Row],
        target: float | None,
        start: Sequence[Funding] | None,
        sharper: float,
        further: Block | None,
    ) -> Solved:
        report = self._naming(what)
        begun = self._begun
        if begun is None:
            begun = begin(self.network, self.options, report, self._stop)
            if begun.over:
                return begun.out
            self._begun = begun
        now, limit = time.monotonic(), self.options.time_limit
        options = dataclasses.replace(self.options, method=self._method(begun), target=target)
        if target is not None:  # a plan and a bound may meet on either side of the target: it is told which
            usd = None if options.gap_usd is None else sharper * options.gap_usd
            options = dataclasses.replace(options, gap=sharper * options.gap, gap_usd=usd)
        blocks = [block_of(rows, self.years)] if rows else []
        blocks += [further] if further is not None else []
        mine = dataclasses.replace(
            begun,
            out=Solved(begun.out.network, begun.out.tables, "no_plan", "", hindsight=begun.out.hindsight),
            blocks=begun.blocks | {block.name: block for block in blocks},
            options=options,
            report=report,
            began=now,
            deadline=None if limit is None else now + limit,
        )
        first = None if start is None or options.method == "benders" else Start(frozenset(start), frozenset(), {})
        return solve_begun(mine, first, self._checkpoint)

    def _method(self, begun: Begun) -> str:
        """Benders wherever it can: its cuts serve every solve that follows."""
        asked = self.options.method
        if asked != "auto":
            return asked
        return "extensive" if undivided(begun.blocks) is not None else "benders"

    def _naming(self, what: str) -> Report | None:
        if self._report is None:
            return None
        report = self._report

        def named(progress: Progress) -> None:
            report(dataclasses.replace(progress, phase=f"{what}: {progress.phase}"))

        return named


def _funded(solved: Solved) -> tuple[Funding, ...]:
    values = solved.values[INVESTMENT].get("fund", {})
    return tuple(sorted(key for key, value in values.items() if value > 0.5))  # type: ignore[misc]
