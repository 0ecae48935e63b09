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
from optimizer.solver.benders.ahead import Ahead
from optimizer.solver.benders.checkpoint import EVERY, Checkpoint
from optimizer.solver.benders.dealt import RELAXED, VIOLATED
from optimizer.solver.benders.known import Known, carry, fingerprints, grow, learn
from optimizer.solver.benders.master import Point
from optimizer.solver.benders.recourse import Impossible
from optimizer.solver.benders.settling import SETTLED, SETTLING, Settling
from optimizer.solver.benders.tree import Tree
from optimizer.solver.compile import Vector
from optimizer.solver.extensive import Learnt
from optimizer.solver.limit import Stopped
from optimizer.solver.start import USED, Start
from optimizer.workers import LostError

MOVE = 0.5
"""Part of the way from the best point to the master's proposal at which parts are asked."""
DIGITS = 1e-7
"""Relative gap that the solver's tolerances may leave when no portfolio is left to try."""
TELLS = 0.05
"""Share of what is left of the gap by which the bound must have risen to be told between two proposals."""
PATIENCE = 100
"""Times that the master may say the same of a portfolio while parts have something new to say."""


class Search(Settling):
    """The rounds in which the master proposes and the parts answer."""

    def run(
        self,
        start: Start | None = None,
        checkpoint: Checkpoint | None = None,
        ahead: Ahead | None = None,
        learnt: Learnt | None = None,
    ) -> str:
        """Search until the gap is reached: `optimal`, `limit`, `interrupted` or `infeasible`.

        Args:
            start: a plan that is tried first.
            checkpoint: what is known is taken from it, and kept in it.
            ahead: what was sought before.
            learnt: what searches with prices on what is short said of the same parts.
        """
        self._checkpoint = checkpoint
        how = ""
        try:
            how = self._searched(start, ahead or Ahead(), learnt)
            return how
        finally:
            if self._ready and checkpoint is not None:
                # What took a moment and is done is not worth a file.
                moment = how == "optimal" and time.monotonic() - self.began < EVERY
                self._note(now=True, write=not moment or checkpoint.written)

    def _searched(self, start: Start | None, ahead: Ahead, learnt: Learnt | None) -> str:
        try:
            if not self._go_on():
                self._seed(ahead.known, learnt)
            self._note()
            if start is not None:
                self._try(start, SETTLING)
            elif ahead.start is not None:
                self._try(ahead.start, 1)
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

    def _seed(self, known: Known | None = None, learnt: Learnt | None = None) -> None:
        """A first cut for every group of parts; more where a search over some of them has found those."""
        began = time.monotonic()
        self._tell("first cuts")
        kept = [False] * len(self.groups)
        if known is not None:
            kept = carry(self, known, *fingerprints(self)).kept
            self.seconds_before = 0.0  # they were this run's
        if learnt is not None and learnt.bound is not None:
            self.bound = learnt.bound
        for said, prices in () if learnt is None else learnt.said:
            kept = [a or b for a, b in zip(kept, learn(self, said, prices), strict=True)]
        self.first_cuts([number for number, has in enumerate(kept) if not has])
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
