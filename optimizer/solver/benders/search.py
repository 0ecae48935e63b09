"""Benders: a master proposes fundings and stock, parts answer with costs and slopes, until bound and plan meet.

Source: Benders (1962); one cut a part: Birge and Louveaux (1988); answers asked for between the proposal and the best
point known: Ben-Ameur and Neto (2007).
"""

from __future__ import annotations

import math
import time

import numpy as np

from optimizer.errors import SolveError
from optimizer.model.assemble import CAPS
from optimizer.network.tables import INVESTMENT
from optimizer.solver.benders.checkpoint import EVERY, Checkpoint
from optimizer.solver.benders.dealt import RELAXED, VIOLATED, Dealt, exact
from optimizer.solver.benders.known import carry, fingerprints, grow, known_of
from optimizer.solver.benders.master import Point
from optimizer.solver.benders.recourse import Answer, Impossible
from optimizer.solver.benders.split import GIVEN
from optimizer.solver.benders.tree import Tree
from optimizer.solver.compile import Vector
from optimizer.solver.first_plan import reaches
from optimizer.solver.limit import Stopped
from optimizer.solver.start import UNUSED, USED, Start
from optimizer.workers import LostError

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
TELLS = 0.05
"""Share of what is left of the gap by which the bound must have risen to be told between two proposals."""
PATIENCE = 100
"""Times that the master may say the same of a portfolio while parts have something new to say."""
SETTLING = 20
"""Rounds that the stock of a portfolio has to settle."""


class Search(Dealt):
    """The rounds in which the master proposes and the parts answer."""

    _checkpoint: Checkpoint | None = None
    _prints: tuple[str, list[str]]
    _ready = False

    def run(self, start: Start | None = None, checkpoint: Checkpoint | None = None) -> str:
        """Search until the gap is reached: `optimal`, `limit`, `interrupted` or `infeasible`.

        Args:
            start: a plan that is tried first.
            checkpoint: what is known is taken from it, and kept in it.
        """
        self._checkpoint = checkpoint
        how = ""
        try:
            how = self._searched(start)
            return how
        finally:
            if self._ready and checkpoint is not None:
                # What took a moment and is done is not worth a file.
                moment = how == "optimal" and time.monotonic() - self.began < EVERY
                self._note(now=True, write=not moment or checkpoint.written)

    def _searched(self, start: Start | None) -> str:
        try:
            if not self._go_on():
                self._seed()
            self._note()
            if start is not None:
                self._try(start)
            if self._done():
                return "optimal"
            ended = self._relax() if self.stage < RELAXED else None
            return ended or self._search()
        except Impossible:
            return "infeasible"
        except Stopped as stopped:
            return stopped.how
        except SolveError as error:
            if self.best.z is None or isinstance(error, LostError):  # the best plan's operations are lost with it
                raise
            self.trouble = str(error)  # what was found and proved until then holds
            return "limit"

    def _note(self, *, now: bool = False, write: bool = True) -> None:
        """Keep what is known, if it is time to; not before all is taken on that was known from before."""
        self._ready = True
        if self._checkpoint is not None and (now or self._checkpoint.due):
            self._checkpoint.keep(known_of(self, *self._prints, time.monotonic() - self.began), write=write)

    def _go_on(self) -> bool:
        """Take on what an earlier run knew of this problem, or of parts of it; whether there was any of it."""
        if self._checkpoint is None:
            return False
        began = time.monotonic()
        self._prints = fingerprints(self)
        known = self._checkpoint.read()
        if known is None:
            return False
        carried = carry(self, known, *self._prints)
        self._checkpoint.took(known, carried)
        if not any(carried.kept):
            return False
        self.hint = carried.best
        self._tell(f"going on with {carried.cuts:,} cuts of {sum(carried.kept)} parts")
        self.first_cuts([i for i, kept in enumerate(carried.kept) if not kept])
        if self.hint is not None:
            self._take_on(self.hint, same=carried.same)
        if carried.same:
            grow(self, known)
        self.seconds["going_on"] = time.monotonic() - began
        return True

    def _take_on(self, z: Vector, *, same: bool) -> None:
        """An earlier run's best plan: what it costs is asked anew, never believed."""
        if same:
            answers, _fresh = self._ask(z, z)
            if answers is not None and self._within_rows(z):
                self.keep(z, answers)
        if self.best.z is None:
            self._try_like(z)

    def _seed(self) -> None:
        """A first cut for every group of parts."""
        began = time.monotonic()
        self._tell("first cuts")
        self.first_cuts(range(len(self.groups)))
        self.seconds["first_cuts"] = time.monotonic() - began

    def _relax(self) -> str | None:
        """Rounds of the relaxation: until its own gap is small beside the one asked for."""
        began = time.monotonic()
        # A plan that was given is near; so is what caps leave, for they leave little.
        near = self.hint is not None or self.start == USED or CAPS in self.blocks
        core, value = (self.best.z, self.best.objective) if near else (None, math.inf)
        move, ended = 1.0 if core is None else MOVE, None
        while True:
            if ended := self.limit.reached():
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
            if self._done():
                ended = "optimal"
                break
            if value - known <= self._allowed(max(abs(known), 1.0)) * SETTLED:
                break
            z = point.z if core is None else core + move * (point.z - core)
            answers, fresh = self._ask(z, point.z, some=True)
            if answers is not None and self._within_rows(z):
                here = self.value(z, answers)
                if here < value:
                    core, value = z, here
            if not fresh and move == 1.0:
                break
            move = MOVE if fresh else 1.0
            self.master.tidy(point.z)
            self._tell("relaxing")
            self._note()
        self.seconds["relaxing"] = time.monotonic() - began
        if not ended:
            self.stage, self.core = RELAXED, core
        return ended

    def _search(self) -> str:
        """Rounds over whole portfolios."""
        began = time.monotonic()
        self.seconds["master"] = 0.0
        try:
            return self._portfolios() or "optimal"
        finally:
            self.seconds["search"] = time.monotonic() - began

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

    def _portfolios(self) -> str | None:
        """Propose and settle portfolios; None once the gap is reached."""
        tree = self.tree = self.tree or Tree(self.master, self.aim)
        while True:
            if ended := self.limit.reached():
                return ended
            at = time.monotonic()
            point = tree.next(self._beat)
            self.seconds["master"] += time.monotonic() - at
            self.rounds += 1
            if point is None:
                return self._exhausted(tree)
            known = self._usd(point.bound)
            self.bound = max(self.bound, known)
            self._tell("master")
            self._note()
            if self._done():
                return "optimal"
            if ended := self.limit.reached():
                return ended
            if not len(point.z):
                continue
            if known >= self.best.objective - self._allowed(abs(known)) * SETTLED:
                return None
            best, before = self.best.objective, len(self.master.cuts)
            self.settle(point)
            # Nothing new: then what the parts say of the proposal itself is, or it costs what the master says.
            if len(self.master.cuts) == before:
                answers, fresh = self._ask(point.z, point.z)
                if answers is not None and self._within_rows(point.z):
                    self.keep(point.z, answers)
                if not fresh:
                    tree.settled()
            elif self.best.objective == best and self._stands(point):
                tree.settled()
            if self._done():
                return "optimal"
            if self.best.objective < best:
                self._drop()

    def _done(self) -> bool:
        """Whether the gap is reached, or it is known about the target."""
        objective, bound = self._objective(), self._finite_bound()
        return reaches(objective, bound, self.options) or self.options.settled(objective, bound)

    def _exhausted(self, tree: Tree) -> str:
        """No portfolio is left: then the gap is reached, or as small as numbers allow; or nothing meets the cuts."""
        best, known = self.best.objective, self._usd(tree.bound)
        if known < math.inf:  # some node was given up
            self.bound = max(self.bound, min(best, known))
        if self._done() or (best < math.inf and self._gap() <= max(self._allowed(abs(best)), DIGITS * abs(best))):
            return "optimal"
        if best == known:
            return "infeasible"
        self.trouble = f"the solver's tolerances leave no {'smaller gap' if best < math.inf else 'plan and no proof'}"
        return "limit"

    def _stands(self, point: Point) -> bool:
        """Whether the master says of a portfolio what it said before, and parts have nothing new to say of it.

        By worst case many stocks are alike to the master: what is new cuts off one of them, and the value stands. So
        the proposal itself is asked about, as long as there is patience.
        """
        name = point.z[self.master.problem.integer].tobytes()
        before, times = self._said.get(name, (-math.inf, 0))
        stands = point.value - before <= VIOLATED * max(1.0, abs(point.value))
        self._said[name] = (point.value, times + 1 if stands else 0)
        if not stands:
            return False
        if times >= PATIENCE:
            return True
        answers, fresh = self._ask(point.z, point.z)
        if answers is not None and self._within_rows(point.z):
            self.keep(point.z, answers)
        return not fresh

    def _beat(self) -> bool:
        """At every node: what the tree has proved by now, and what is known kept if it is time to; whether to stop."""
        assert self.tree is not None
        best = self.best.objective
        known = min(best, self._usd(self.tree.bound))
        if math.isfinite(best) and known > self.bound:
            tells = known - self.bound > TELLS * (best - self.bound)
            self.bound = known
            if tells:
                self._tell("master")
        self._note()
        return self.limit.reached() is not None or self._done()

    def _try(self, start: Start) -> None:
        """Settle a given portfolio first, from its own stock; what the problem does not know of it is left out."""
        z = np.zeros(self.master.problem.columns) if self.core is None else self.core.copy()
        for (name, key), column in self.master.column.items():
            if name == INVESTMENT and self.master.problem.integer[column]:
                z[column] = float(key[0] == "fund" and key[1] in start.fundings)
            elif key[0] in GIVEN and name in start.courses:
                z[column] = start.stock.get((name, key), 0.0)
        self._holds = False
        try:
            self._try_like(z)
            self.start = UNUSED
        finally:
            self.start = USED if self._holds else self.start

    def _try_like(self, z: Vector) -> None:
        """Settle the portfolio that is nearest to a point's, from its stock."""
        # What follows from fundings (sequences of expansions) is whole by its rows.
        near = self.master.whole_near(z)
        if near is not None:
            self.settle(Point(near, -math.inf, math.inf), SETTLING, z)

    def settle(self, proposed: Point, rounds: int = SETTLING, like: Vector | None = None) -> None:
        """Find the stock that suits a portfolio, if it may be among the best; its answers tell what it costs.

        The master's stock is wild while few cuts are known, so it may move by steps only, from a point that is known
        to be good: steps grow while the parts confirm what the master promised. Source: Linderoth and Wright (2003).
        """
        whole = self.master.problem.integer
        fundings = proposed.z[whole]
        visits = self.seen.get(fundings.tobytes(), 0)
        self.seen[fundings.tobytes()] = visits + 1
        self._holds = False  # whether it holds a plan
        core = self._like(fundings, like)
        if core is None:
            return
        value, sure, reach = math.inf, True, REACH * 4.0 ** min(visits, 10)
        z = core
        known = proposed.z  # what the master believes of it; only what contradicts that is worth a row
        for _ in range(rounds):
            answers, _fresh = self._ask(z, known, some=True)
            here = self.value(z, answers) if answers is not None and self._within_rows(z) else math.inf
            if answers is not None and here < math.inf:
                self._hold(z, answers)
            reach *= 2.0 if here < value < math.inf else 1.0 if value == math.inf else 0.5
            if here < value:
                core, value, sure = z, here, answers is not None and exact(answers)
            self._tell("settling a portfolio")
            self._note()
            if self._dear(value) and not visits:
                return
            point, reach = self._further(core, value, fundings, reach)
            if point is None and not sure:  # settled by what some parts say: now all are asked
                if like is None and value >= self.best.objective:  # which would find no less
                    return
                value, sure = self._made_sure(core, known), True
                if self._dear(value) and not visits:
                    return
                point, reach = self._further(core, value, fundings, reach)
            if point is None:
                return
            self.master.tidy(point.z)
            z = known = point.z
            z[whole] = fundings
        if not sure and (like is not None or value < self.best.objective):
            self._made_sure(core, known)

    def _dear(self, value: float) -> bool:
        """Whether a portfolio is too far from the best to be among them."""
        return math.inf > value > self.best.objective + PROMISING * self._gap()

    def _hold(self, z: Vector, answers: list[Answer]) -> None:
        if exact(answers):
            self.keep(z, answers)
            self._holds = True

    def _made_sure(self, z: Vector, known: Vector) -> float:
        """What a point costs by the answers of all parts, USD."""
        answers, _fresh = self._ask(z, known)
        if answers is not None:
            self._hold(z, answers)
            self._tell("settling a portfolio")
        return math.inf if answers is None else self.value(z, answers)

    def _further(self, core: Vector, value: float, fundings: Vector, reach: float) -> tuple[Point | None, float]:
        """The master's next stock for a portfolio, and the reach that it took; None where none promises more."""
        while True:
            point, tied = self._step(core, fundings, reach)
            if point is not None and value - self._usd(point.bound) > self._allowed(abs(self.bound)) * SETTLED:
                return point, reach
            if not tied:
                return None, reach
            reach *= 4.0  # nothing so near: only further away

    def _step(self, core: Vector, fundings: Vector, reach: float) -> tuple[Point | None, bool]:
        """The master's best stock for a portfolio within reach of a point; and whether the reach held it back."""
        stock = self._stock
        width = reach * np.maximum(core[stock], FLOOR * core[stock].max(initial=1.0))
        lower, upper = self.master.problem.lower[stock], self.master.problem.upper[stock]
        low, high = np.maximum(lower, core[stock] - width), np.minimum(upper, core[stock] + width)
        self.master.hold(stock, low, np.maximum(low, high))
        try:
            point = self.master.with_portfolio(fundings)
        finally:
            self.master.release(stock)
        if point is None:
            return None, bool((low > lower).any() or (high < upper).any())
        there = point.z[stock]
        tied = ((there <= low) & (low > lower)) | ((there >= high) & (high < upper))
        return point, bool(tied.any())

    def _like(self, fundings: Vector, like: Vector | None) -> Vector | None:
        """A point with other fundings that is near to one, by default to the best; its stock is a good guess."""
        known = next((z for z in (like, self.best.z, self.core) if z is not None), None)
        return self.master.near(np.zeros(self.master.problem.columns) if known is None else known, fundings)
