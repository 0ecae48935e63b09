"""A problem dealt out: the parts in memory, what they answer, and what is known so far."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optimizer.instance.policy import Expected
from optimizer.network.tables import INVESTMENT, NEEDS, TRUNK, Network, Tables
from optimizer.solver.benders import asking
from optimizer.solver.benders.asking import Asking
from optimizer.solver.benders.bounds import limited, most_made, most_stock, projected
from optimizer.solver.benders.groups import grouped
from optimizer.solver.benders.master import Cut, Master
from optimizer.solver.benders.recourse import Answer, Freed, Recourse
from optimizer.solver.benders.split import Part, split
from optimizer.solver.benders.tree import Tree
from optimizer.solver.compile import Block, Indices, Vector, money_of
from optimizer.solver.extensive import problem_of
from optimizer.solver.first_plan import reaches
from optimizer.solver.future_costs import FutureCosts
from optimizer.solver.highs import Progress, Report
from optimizer.solver.limit import Limit
from optimizer.solver.measure import mean_of, measure_of
from optimizer.solver.options import Options
from optimizer.solver.start import UNTRIED

if TYPE_CHECKING:
    from distributed import Client

SEEDED, RELAXED = range(2)
"""Stages of a search: first cuts; the relaxation solved."""
VIOLATED = 1e-9
"""Relative violation from which a cut says something new."""
TINY = 1e-13
"""Coefficients of cuts below this are rounding."""
BEYOND = 1e-10
"""How far a node must lie beyond the target to be given up, relative: so that its bound is beyond it too."""
HOLDS = 1e-6
"""How far a row of the master may be off, relative to its terms."""


@dataclass(slots=True)
class Best:
    """The best plan so far.

    Attributes:
        objective: USD.
        z: columns of the master, costs of parts included.
        answers: of each part.
    """

    objective: float = math.inf
    z: Vector | None = None
    answers: list[Answer] = field(default_factory=list)


class Dealt:
    """A problem dealt out, and what is known of it; money in USD.

    Attributes:
        best: the best plan.
        ceiling: in the second pass what the measure may be at most, USD; None in the first.
        bound: proven on all plans.
        core: what the relaxation decides; None where it is not known.
        hint: a point from an earlier run, worth beginning from.
        seen: fundings of portfolios that were tried, and how often.
        stage: how far the search has come: `SEEDED` or `RELAXED`.
        tree: of the search over all portfolios; None before it.
        start: what became of the plan to start from.
        trouble: why the search ended early, if HiGHS failed.
        rounds: times that the master was asked.
        asking: who answers.
        seconds: by step.
        seconds_before: of earlier runs that it goes on from.
    """

    def __init__(
        self,
        network: Network,
        blocks: Mapping[str, Block],
        tables: Mapping[str, Tables],
        hindsight: Mapping[str, float],
        options: Options,
        report: Report | None = None,
        limit: Limit | None = None,
        client: Client | None = None,
    ) -> None:
        """Deal out compiled blocks and load the parts.

        Args:
            network: what is solved.
            blocks: by name.
            tables: by course.
            hindsight: what each future costs with hindsight, USD, for regret.
            options: how to solve.
            report: called with progress.
            limit: ends it early.
            client: of a dask cluster whose workers answer for the parts.
        """
        self.network, self.options, self.hindsight = network, options, hindsight
        self._report, self.limit = report, limit or Limit()
        self.began = time.monotonic()
        most, made = most_stock(network, tables), most_made(tables[TRUNK])
        self.blocks = {
            name: limited(block, name, most, made) if name in tables else block for name, block in blocks.items()
        }
        self.money = money_of(blocks.values())
        self.dealt = split(network, self.blocks, 1.0 / self.money)
        problem = problem_of(network, self.dealt.master, hindsight, money=self.money)
        self.master = Master(problem, options.seed, self.limit)
        self._costs = FutureCosts(network, self.dealt.master, problem)
        self.ceiling: float | None = None
        self.start = UNTRIED
        self._holds = False
        self.trouble = ""
        self.parts = [self._load(part) for part in self.dealt.parts]
        chance = np.array([_chance(network, part.part) for part in self.parts])
        self.asking = Asking(self.parts, chance, self.limit, options.cores, client)
        self.groups, silent = grouped(network, self.parts, problem.objective)
        self._number = {i: number for number, group in enumerate(self.groups) for i in group.parts}
        self._theta = np.array([part.theta for part in self.parts], dtype=np.int64)
        self._projected = [row for part in self.parts for row in projected(part.part, part.seen(), problem.upper)]
        for lower, upper, coefs in self._projected:
            self.master.add_row(lower, upper, coefs)
        self.best = Best()
        self.core: Vector | None = None
        self.hint: Vector | None = None
        self.seen: dict[bytes, int] = {}
        self._said: dict[bytes, tuple[float, int]] = {}
        self.stage = SEEDED
        self.tree: Tree | None = None
        limited_columns = np.isfinite(problem.lower) & np.isfinite(problem.upper) & ~problem.integer
        self._stock = np.flatnonzero(limited_columns)
        if len(silent):
            self.master.fix(silent, np.zeros(len(silent)))
        self.bound = -math.inf
        self.rounds = 0
        self.seconds: dict[str, float] = {}
        self.seconds_before = 0.0

    def _load(self, part: Part) -> Recourse:
        owners, place = part.block.owners, self.master.column
        columns = np.array([place[owners[i]] for i in sorted(owners)], dtype=np.int64)
        parks = len(self.dealt.parts) > asking.MEMORY
        return Recourse(part, columns, place[part.recourse], self.limit, parks=parks)

    @property
    def samples(self) -> bool:
        """Whether a point may be judged by the answers of some parts, and by what their prices say of the others.

        Only where the objective is a mean: what is missing can be told from a sample then.
        """
        return self.asking.shares and isinstance(self.network.instance.risk, Expected)

    def deal_anew(self, place: Indices) -> None:
        """After the master was made anew: columns that parts look at, and their rows.

        Args:
            place: column of the new master, by column of the old one; -1 for what no part looks at.
        """
        self._costs = FutureCosts(self.network, self.dealt.master, self.master.problem)
        for lower, upper, coefs in self._projected:
            self.master.add_row(lower, upper, {int(place[i]): coef for i, coef in coefs.items()})
        for part in self.parts:
            part.columns, part.theta = place[part.columns], int(place[part.theta])
        for group in self.groups:
            group.theta = int(place[group.theta])
        self._theta, self._stock = place[self._theta], place[self._stock]

    def close(self) -> None:
        """End the threads, or what workers of a cluster keep."""
        self.asking.close()

    def sizes(self) -> dict[str, int]:
        """Rows, columns, nonzeros and binaries of the whole problem; rows and columns of the master without cuts."""
        blocks = self.blocks.values()
        return {
            "rows": sum(len(block.rows) for block in blocks),
            "columns": sum(len(block.columns) - len(block.owners) for block in blocks),
            "nonzeros": sum(int(block.matrix.nnz) for block in blocks),
            "binaries": int(self.master.problem.integer.sum()),
            "master_rows": self.master.problem.rows,
            "master_columns": self.master.problem.columns,
            "parts": len(self.parts),
        }

    # Answers and cuts

    def _ask(self, z: Vector, proposed: Vector, *, some: bool = False) -> tuple[list[Answer] | None, int]:
        """Ask parts; what they say where all of it is possible, and the number of cuts that cut the proposal off.

        Args:
            z: what is given, by column of the master.
            proposed: what cuts should cut off.
            some: of parts that are alike only as many need be asked as tell what the others would say.
        """
        began = time.monotonic()
        if some and self.samples:
            answers = self.asking.some(z, self._allowed(abs(self.bound)) if math.isfinite(self.bound) else 0.0)
        else:
            answers = self.asking.every(z)
        fresh = 0
        for number, group in enumerate(self.groups):
            said = [answers[i].cut(np.maximum(z[self.parts[i].columns], 0.0)) for i in group.parts]
            off = [(i, *cut) for i, cut in zip(group.parts, said, strict=True) if not answers[i].possible]
            fresh += sum(self._cut_off(i, constant, slope, proposed) for i, constant, slope in off)
            if not off:  # what one cannot answer costs nothing that is known
                fresh += self._cut(number, said, proposed)
        for i, answer in self.asking.barred.items():
            fresh += self._cut_off(i, *answer.cut(np.maximum(z[self.parts[i].columns], 0.0)), proposed)
        self.seconds["answers"] = self.seconds.get("answers", 0.0) + time.monotonic() - began
        possible = not self.asking.barred and all(answer.possible for answer in answers)
        return (answers if possible else None), fresh

    def first_cuts(self, which: Collection[int]) -> None:
        """For some groups what they cost at least, whatever is decided: without a cut their cost would have no end."""
        asked = {i for number in which for i in self.groups[number].parts}
        said = self.asking.least(self.master.problem.upper, asked)
        for number in which:
            self._cut(number, [said[i] for i in self.groups[number].parts])

    def freed(self, part: Recourse) -> Freed | None:
        """What is the master's only because a need looks at it: for prices it is the part's again, at its cost.

        Held, what is short would hide what a rule costs by it.
        """
        needs, course = self.blocks.get(NEEDS), part.part.course
        asked = set() if needs is None else {key for owner, key in needs.owners.values() if owner == course}
        columns = part.part.block.columns
        which = np.array([i for i in part.linked if columns[i] in asked], dtype=np.int64)
        if not len(which):
            return None
        return Freed(which, self.blocks[course].cost_of(None)[0][part.part.columns[which]])

    def _cut(self, number: int, said: list[tuple[float, Vector]], proposed: Vector | None = None) -> int:
        """Take the cut of a group: what is said of each part, (constant, slope), by its share."""
        group = self.groups[number]
        places = np.concatenate([self.parts[i].columns for i in group.parts])
        slopes = np.concatenate([share * slope for share, (_, slope) in zip(group.share, said, strict=True)])
        constant = sum(float(share) * value for share, (value, _) in zip(group.share, said, strict=True))
        columns, coefs = _gathered(places, -slopes * self.money)
        columns, coefs = np.append(group.theta, columns), np.append(1.0, coefs)
        return self._new(Cut(columns, coefs, constant * self.money, number, group.theta), proposed)

    def _cut_off(self, i: int, constant: float, slope: Vector, proposed: Vector) -> int:
        columns, coefs = _gathered(self.parts[i].columns, -slope)
        return self._new(Cut(columns, coefs, constant, self._number[i]), proposed)

    def weights(self, weight: Mapping[int, float]) -> Vector:
        """What a USD of each part weighs, from what the costs of groups do by their column."""
        found = np.zeros(len(self.parts))
        for group in self.groups:
            found[group.parts] = weight.get(group.theta, 0.0) * group.share
        return found

    def _new(self, cut: Cut, proposed: Vector | None) -> int:
        if proposed is not None and cut.misses(proposed) <= VIOLATED * max(1.0, abs(cut.constant)):
            return 0
        self.master.add(cut)
        return 1

    def keep(self, z: Vector, answers: list[Answer]) -> None:
        """Keep a plan if it is the best, and all its parts were asked."""
        if not exact(answers):
            return
        objective = self.value(z, answers)
        if objective < self.best.objective:
            known = self._with_costs(z, answers)
            self.best = Best(objective, known, answers)

    def _with_costs(self, z: Vector, answers: list[Answer]) -> Vector:
        known = z.copy()
        known[self._theta] = np.array([answer.value for answer in answers]) * self.money
        return known

    def value(self, z: Vector, answers: list[Answer]) -> float:
        """What is minimised at a point, USD: the measure; in the second pass the mean, where the measure allows it."""
        known = self._with_costs(z, answers)
        costs = self._costs.at(known)
        measure = measure_of(self.network, costs, self.hindsight)
        if self.ceiling is None:
            return measure
        return mean_of(self.network, costs) if measure <= self.ceiling else math.inf

    def _within_rows(self, z: Vector) -> bool:
        """Whether a point obeys the rows of the master that are no cuts; between two portfolios it need not."""
        problem = self.master.problem
        first = problem.row_start["risk"]
        matrix = problem.matrix[:first]
        activity, size = matrix @ z, abs(matrix) @ abs(z)
        slack = HOLDS * np.maximum(1.0, size) * 0.1
        return bool(
            (activity >= problem.row_lower[:first] - slack).all()
            and (activity <= problem.row_upper[:first] + slack).all()
        )

    # Gaps, limits, progress

    def _usd(self, value: float) -> float:
        return (value) / self.money

    def _objective(self) -> float | None:
        return self.best.objective if math.isfinite(self.best.objective) else None

    def _finite_bound(self) -> float | None:
        return self.bound if math.isfinite(self.bound) else None

    def _allowed(self, scale: float) -> float:
        """The gap asked for, USD."""
        return max(self.options.gap_usd or 0.0, self.options.gap * scale, 1e-9 * scale)

    def _done(self) -> bool:
        """Whether the gap is reached, or it is known about the target."""
        objective, bound = self._objective(), self._finite_bound()
        return reaches(objective, bound, self.options) or self.options.settled(objective, bound)

    def aim(self) -> tuple[float, float]:
        """What the best plan costs, and by how much a better one must be better; in the master's money."""
        best, target = self.best.objective, self.options.target
        allowed = self._allowed(abs(best)) if math.isfinite(best) else 0.0
        if target is not None and target < best - allowed:  # what costs more than the target is of no interest
            return (target + BEYOND * max(1.0, abs(target))) * self.money, 0.0
        return best * self.money, self.money * allowed

    def _gap(self) -> float:
        return self.best.objective - self.bound

    def _tell(self, phase: str) -> None:
        if self._report is None:
            return
        funded = None
        if self.best.z is not None:
            funded = tuple(
                ":".join(str(part) for part in key[1])  # type: ignore[attr-defined]
                for (name, key), column in self.master.column.items()
                if name == INVESTMENT and key[0] == "fund" and self.best.z[column] > 0.5
            )
        seconds = time.monotonic() - self.began
        self._report(Progress(phase, seconds, self._objective(), self._finite_bound(), self.rounds, funded=funded))


def _chance(network: Network, part: Part) -> float:
    """How likely it is that the future is on a course in a part's period, or in the first of a whole branch."""
    periods = network.calendar.periods if part.course == TRUNK else network.windows[part.course].periods
    return network.weight[part.course, part.period or periods[0]]


def exact(answers: Iterable[Answer]) -> bool:
    """Whether all were asked: bounds of parts that were not make no plan."""
    return all(answer.values is not None for answer in answers)


def _gathered(columns: Indices, coefs: Vector) -> tuple[Indices, Vector]:
    """Coefficients by column, each column once: a part may look at one of the master's in several ways."""
    found, place = np.unique(columns, return_inverse=True)
    total = np.zeros(len(found))
    np.add.at(total, place, coefs)
    keep = abs(total) > TINY
    return found[keep], total[keep]
