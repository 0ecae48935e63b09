"""Benders: a master proposes fundings and stock, parts answer with costs and slopes, until bound and plan meet.

Source: Benders (1962); one cut a part: Birge and Louveaux (1988); answers asked for between the proposal and the best
point known: Ben-Ameur and Neto (2007). HiGHS calls back for no lazy constraints, so the master is solved anew each
round.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Collection
from contextlib import suppress

import numpy as np

from optimizer.errors import SolveError
from optimizer.network.tables import INVESTMENT
from optimizer.solver.benders.dealt import VIOLATED, Best, Dealt
from optimizer.solver.benders.master import Master, Point
from optimizer.solver.benders.recourse import Impossible
from optimizer.solver.benders.seed import relaxation
from optimizer.solver.benders.tree import Tree
from optimizer.solver.compile import Vector
from optimizer.solver.extensive import PRICED, ZERO, problem_of
from optimizer.solver.first_plan import reaches

NEAR_ROUNDS = 15
"""Rounds of the first search, near the relaxation."""
WHOLE = 1e-4
"""Distance from a whole number at which the relaxation's funding counts as whole; it comes from interior point."""
PROMISING = 0.5
"""A portfolio is settled further if it is no further from the best than this share of the gap."""
REACH = 0.25
"""Share of its own size by which stock may move in the first step."""
FLOOR = 0.01
"""Share of the largest stock that counts as the size of a smaller one."""
MOVE = 0.5
"""Part of the way from the best point to the master's proposal at which parts are asked."""
DIGITS = 1e-7
"""Relative gap that the solver's tolerances may leave when no portfolio is left to try."""
SETTLED = 0.1
"""A portfolio is settled when its own gap is within this share of the gap asked for."""
SETTLING_LAST = 100
"""Rounds that it has in the second pass."""
SETTLING = 20
"""Rounds that the stock of a portfolio has to settle."""


class Search(Dealt):
    """The rounds in which the master proposes and the parts answer."""

    def run(self, portfolio: Collection[tuple[str, str, int]] | None = None) -> str:
        """Search until the gap is reached: `optimal`, `limit`, `interrupted` or `infeasible`.

        Args:
            portfolio: (facility, option, year) of each funding of a plan that is tried first.
        """
        try:
            self._seed()
            if portfolio is not None:
                self._try(portfolio)
            ended = self._relax()
            return ended or self._search()
        except Impossible:
            return "infeasible"
        except SolveError as error:
            if self.best.z is None:
                raise
            self.trouble = str(error)  # what was found and proved until then holds
            return "limit"

    def second_pass(self) -> None:
        """Least expected cost at the value reached, with the fundings as they are.

        For measures that give some futures no weight, so that their operations are arbitrary.
        """
        first, found = self.master, self.best
        assert found.z is not None
        ceiling = found.objective + max(1e-3, 1e-10 * abs(found.objective))
        self.master = Master(
            problem_of(self.network, self.dealt.master, self.hindsight, ceiling, self.money), self.options.seed
        )
        # The same blocks have the same columns; only those of costs, which no cut looks at, may lie elsewhere.
        there = {column: self.master.column[key] for key, column in first.column.items()}
        place = np.array([there.get(i, -1) for i in range(first.problem.columns)], dtype=np.int64)
        for lower, upper, coefs in self._projected:
            self.master.add_row(lower, upper, {int(place[i]): coef for i, coef in coefs.items()})
        for cut in first.cuts:
            theta = None if cut.theta is None else int(place[cut.theta])
            self.master.add(dataclasses.replace(cut, columns=place[cut.columns], theta=theta, in_use=True, idle=0))
        for part in self.parts:
            part.columns, part.theta = place[part.columns], int(place[part.theta])
        self._theta, self._stock = place[self._theta], place[self._stock]
        z = np.zeros(self.master.problem.columns)
        z[place[place >= 0]] = found.z[place >= 0]
        self._ceiling, self.best, self.bound = ceiling, Best(), -math.inf
        self._keep(z, found.answers)
        with suppress(SolveError):  # the first pass's plan stands
            self._settle(Point(z, -math.inf, math.inf), SETTLING_LAST)
        second = self.best if self.best.z is not None else Best(found.objective, z, found.answers)
        self._ceiling, self.best = None, second
        assert second.z is not None
        second.objective = min(found.objective, self._value(second.z, second.answers))

    def prices(self) -> dict[tuple[str, str, object], float]:
        """(course, constraint, index) -> USD per unit of right side, fundings as they are; none where HiGHS fails."""
        z = self.best.z
        assert z is not None
        try:
            if self.master.with_portfolio(z[self.master.problem.integer]) is None:
                return {}
        except SolveError:
            return {}  # a plan without prices is a plan
        own, weight = self.master.duals()
        found: dict[tuple[str, str, object], float] = {}
        problem = self.master.problem
        for name, block in problem.blocks.items():
            first = problem.row_start[name]
            for i, (component, index) in enumerate(block.rows):
                if component in PRICED and abs(own[first + i]) > ZERO:
                    found[name, component, index] = float(own[first + i]) / self.money
        for part in self.parts:
            if weight.get(part.theta, 0.0) <= ZERO or not any(row[0] in PRICED for row in part.part.block.rows):
                continue
            duals = part.prices(np.maximum(z[part.columns], 0.0))
            for (component, index), dual in zip(part.part.block.rows, duals, strict=True):
                usd = float(dual) * weight[part.theta]
                if component in PRICED and abs(usd) > ZERO:
                    found[part.part.course, component, index] = usd
        return found

    # Rounds

    def _seed(self) -> None:
        """A first cut for every part."""
        began = time.monotonic()
        seed = relaxation(
            self.network, self.blocks, self.parts, self.master.column, self.hindsight, self.options,
            self._report, self._stop, self._deadline,
        )  # fmt: skip
        self.seconds["relaxation"] = time.monotonic() - began
        self._tell("first cuts")
        upper = self.master.problem.upper
        least = self._each(lambda i: self.parts[i].least(seed.slopes[i], upper[self.parts[i].columns]))
        for part, slope, value in zip(self.parts, seed.slopes, least, strict=True):
            self._cut(part, value, slope)
        if seed.bound is not None:
            self.bound = seed.bound
            z = np.zeros(self.master.problem.columns)
            for key, column in self.master.column.items():
                z[column] = seed.point.get(key, 0.0)
            self._core = np.clip(z, self.master.problem.lower, self.master.problem.upper)
        self.seconds["first_cuts"] = time.monotonic() - began - self.seconds["relaxation"]

    def _relax(self) -> str | None:
        """Rounds of the relaxation: until its own gap is small beside the one asked for."""
        began = time.monotonic()
        core: Vector | None = None
        value, move = math.inf, 1.0
        whole = self.bound  # of the relaxation as a whole, where it was solved
        ended = None
        while True:
            if ended := self._over():
                break
            point = self.master.relaxed()
            if point is None:
                ended = "infeasible"
                break
            if point.value == -math.inf:
                break
            self.rounds += 1
            known = self._usd(point.bound)
            self.bound = max(self.bound, known)
            near = self._allowed(max(abs(known), 1.0)) * SETTLED
            if known >= whole - near and math.isfinite(whole):
                break  # the cuts are as good as the whole relaxation
            if value - known <= near:
                break
            z = point.z if core is None else core + move * (point.z - core)
            answers, fresh = self._ask(z, point.z)
            if answers is not None and self._within_rows(z):
                here = self._value(z, answers)
                if here < value:
                    core, value = z, here
            if not fresh and move == 1.0:
                break
            move = MOVE if fresh else 1.0
            self.master.tidy(point.z)
            self._tell("relaxing")
        self.seconds["relaxing"] = time.monotonic() - began
        return ended

    def _search(self) -> str:
        """Rounds over whole portfolios, first among those near the relaxation, then among all."""
        began = time.monotonic()
        self.seconds["master"] = 0.0
        try:
            if self._core is not None and self.master.problem.integer.any():
                self._near_relaxation()
            return self._portfolios(math.inf) or "optimal"
        finally:
            self.seconds["search"] = time.monotonic() - began

    def _near_relaxation(self) -> None:
        """A first plan: what the relaxation funds whole is funded, what it does not fund is not; the rest is sought."""
        assert self._core is not None
        which = np.flatnonzero(self.master.problem.integer)
        values = np.round(self._core[which])
        settled = abs(self._core[which] - values) <= WHOLE
        self.master.restrict(which[settled], values[settled])
        self._ask(self._core, self._core)
        self._portfolios(NEAR_ROUNDS, all_of_them=False)
        self.master.restrict(which[:0], values[:0])
        self._drop()

    def _drop(self) -> None:
        """Fix fundings that no plan better than the best known can have otherwise. Source: reduced cost fixing."""
        if not math.isfinite(self.best.objective):
            return
        point = self.master.relaxed()
        if point is None:
            return
        self.bound = max(self.bound, self._usd(point.bound))
        which = np.flatnonzero(self.master.problem.integer)
        price = self.master.reduced_costs()[which]
        left = self.best.objective * self.money - point.bound
        none = (point.z[which] <= 1e-9) & (price > left)
        every = (point.z[which] >= 1 - 1e-9) & (-price > left)
        sure = none | every
        if sure.any():
            self.master.fix(which[sure], np.round(point.z[which[sure]]))

    def _portfolios(self, rounds: float, *, all_of_them: bool = True) -> str | None:
        """Propose and settle portfolios; None where the rounds, or the portfolios, are over.

        Args:
            rounds: at most.
            all_of_them: whether the master is free to propose any, so that what it proves holds for all.
        """
        done, tree = 0, Tree(self.master, self._known)
        while done < rounds:
            if ended := self._over():
                return ended
            at = time.monotonic()
            point = tree.next(lambda: self._over() is not None)
            self.seconds["master"] += time.monotonic() - at
            self.rounds += 1
            done += 1
            if point is None:
                if not all_of_them:
                    return None
                if math.isfinite(self.best.objective):
                    self.bound = max(self.bound, min(self.best.objective, self._usd(tree.bound)))
                    return self._exhausted()
                return "infeasible"
            known = self._usd(point.bound)
            if all_of_them:
                self.bound = max(self.bound, known)
            self._tell("master")
            if not len(point.z):
                continue
            if reaches(self._objective(), self._finite_bound(), self.options):
                return "optimal"
            if known >= self.best.objective - self._allowed(abs(known)) * SETTLED:
                return None
            best = self.best.objective
            before = len(self.master.cuts)
            self._settle(point)
            # Nothing new: then what the parts say of the proposal itself is, or it costs what the master says.
            if len(self.master.cuts) == before and self._over() is None:
                answers, fresh = self._ask(point.z, point.z)
                if answers is not None and self._within_rows(point.z):
                    self._keep(point.z, answers)
                if not fresh:
                    tree.settled()
            elif self.best.objective == best and self._stands(point):
                tree.settled()
            if self.best.objective < best and all_of_them:
                self._drop()
        return None

    def _exhausted(self) -> str | None:
        """No portfolio is left: then the gap is reached, or as small as numbers allow."""
        if self._gap() <= max(self._allowed(abs(self.best.objective)), DIGITS * abs(self.best.objective)):
            return None
        self.trouble = "the solver's tolerances leave no smaller gap"
        return "limit"

    def _stands(self, point: Point) -> bool:
        """Whether the master says of a portfolio what it said before: its tolerance leaves no more to learn."""
        name = point.z[self.master.problem.integer].tobytes()
        before, self._said[name] = self._said.get(name, -math.inf), point.value
        return point.value - before <= VIOLATED * max(1.0, abs(point.value))

    def _known(self) -> tuple[float, float]:
        """What the best plan costs, and by how much a better one must be better; in the master's money."""
        best = self.best.objective
        return best * self.money, self.money * self._allowed(abs(best)) if math.isfinite(best) else 0.0

    def _try(self, portfolio: Collection[tuple[str, str, int]]) -> None:
        """Settle a given portfolio first; what the problem does not know of it is left out."""
        wanted = set(portfolio)
        z = np.zeros(self.master.problem.columns) if self._core is None else self._core.copy()
        for (name, key), column in self.master.column.items():
            if name == INVESTMENT and self.master.problem.integer[column]:
                z[column] = float(key[0] == "fund" and key[1] in wanted)
        # What follows from fundings (sequences of expansions) is whole by its rows.
        near = self.master.whole_near(z)
        if near is not None:
            self._settle(Point(near, -math.inf, math.inf), SETTLING)
            self.start_used = self.best.z is not None

    def _settle(self, proposed: Point, rounds: int = SETTLING) -> None:
        """Find the stock that suits a portfolio, if it may be among the best; its answers tell what it costs.

        The master's stock is wild while few cuts are known, so it may move by steps only, from a point that is known
        to be good: steps grow while the parts confirm what the master promised. Source: Linderoth and Wright (2003).
        """
        whole = self.master.problem.integer
        fundings = proposed.z[whole]
        visits = self._seen.get(fundings.tobytes(), 0)
        self._seen[fundings.tobytes()] = visits + 1
        core = self._like(fundings)
        if core is None:
            return
        value, reach = math.inf, REACH * 4.0 ** min(visits, 10)
        z = core
        known = proposed.z  # what the master believes of it; only what contradicts that is worth a row
        for _ in range(rounds):
            answers, _fresh = self._ask(z, known)
            here = self._value(z, answers) if answers is not None and self._within_rows(z) else math.inf
            if answers is not None and here < math.inf:
                self._keep(z, answers)
            reach *= 2.0 if here < value < math.inf else 1.0 if value == math.inf else 0.5
            if here < value:
                core, value = z, here
            self._tell("settling a portfolio")
            if value < math.inf and not visits and value > self.best.objective + PROMISING * self._gap():
                return
            while True:
                if self._over():
                    return
                point, tied = self._step(core, fundings, reach)
                if point is None:  # nothing so near: only further away
                    if not tied:
                        return
                    reach *= 4.0
                    continue
                allowed = self._allowed(abs(self.bound)) * SETTLED
                if value - self._usd(point.bound) > allowed:
                    break
                if not tied:
                    return
                reach *= 4.0
            self.master.tidy(point.z)
            z = known = point.z
            z[whole] = fundings

    def _step(self, core: Vector, fundings: Vector, reach: float) -> tuple[Point | None, bool]:
        """The master's best stock for a portfolio within reach of a point; and whether the reach held it back."""
        stock = self._stock
        width = reach * np.maximum(core[stock], FLOOR * core[stock].max(initial=1.0))
        lower, upper = self.master.problem.lower[stock], self.master.problem.upper[stock]
        low, high = np.maximum(lower, core[stock] - width), np.minimum(upper, core[stock] + width)
        self.master.hold(stock, low, np.maximum(low, high))
        point = self.master.with_portfolio(fundings)
        self.master.release(stock)
        if point is None:
            return None, bool((low > lower).any() or (high < upper).any())
        there = point.z[stock]
        tied = ((there <= low) & (low > lower)) | ((there >= high) & (high < upper))
        return point, bool(tied.any())

    def _like(self, fundings: Vector) -> Vector | None:
        """The best point with other fundings; its stock is a good guess."""
        known = self._core if self.best.z is None else self.best.z
        return self.master.near(np.zeros(self.master.problem.columns) if known is None else known, fundings)
