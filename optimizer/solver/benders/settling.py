"""Portfolios that are settled: the stock that suits one is sought, and what it costs is asked of all parts.

Source: steps that grow while what was promised is confirmed: Linderoth and Wright (2003).
"""

from __future__ import annotations

import math
import time

import numpy as np

from optimizer.model.assemble import CAPS
from optimizer.network.tables import INVESTMENT
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.benders.dealt import Dealt, exact
from optimizer.solver.benders.known import known_of
from optimizer.solver.benders.master import Point
from optimizer.solver.benders.recourse import Answer
from optimizer.solver.benders.split import GIVEN
from optimizer.solver.compile import Vector
from optimizer.solver.start import UNUSED, USED, Start

PROMISING = 0.5
"""A portfolio is settled further if it is no further from the best than this share of the gap."""
REACH = 0.25
"""Share of its own size by which stock may move in the first step."""
FLOOR = 0.01
"""Share of the largest stock that counts as the size of a smaller one."""
SETTLED = 0.1
"""A portfolio is settled when its own gap is within this share of the gap asked for."""
SETTLING = 20
"""Rounds that the stock of a portfolio has to settle."""


class Settling(Dealt):
    """A problem dealt out, of which portfolios are settled and what is known is kept from time to time."""

    _checkpoint: Checkpoint | None = None
    _prints: tuple[str, list[str]]
    _ready = False

    def _note(self, *, now: bool = False, write: bool = True) -> None:
        """Keep what is known, if it is time to; not before all is taken on that was known from before."""
        self._ready = True
        if self._checkpoint is not None and (now or self._checkpoint.due):
            self._checkpoint.keep(known_of(self, *self._prints, time.monotonic() - self.began), write=write)

    def _try(self, start: Start, rounds: int) -> None:
        """Settle a given portfolio first, from its own stock; what the problem does not know of it is left out."""
        z = np.zeros(self.master.problem.columns) if self.core is None else self.core.copy()
        for (name, key), column in self.master.column.items():
            if name == INVESTMENT and self.master.problem.integer[column]:
                z[column] = float(key[0] == "fund" and key[1] in start.fundings)
            elif (name, key) in start.stock or (key[0] in GIVEN and name in start.courses):
                z[column] = start.stock.get((name, key), 0.0)
        self._holds = False
        try:
            self._try_like(z, rounds)
            self.start = UNUSED
        finally:
            self.start = USED if self._holds else self.start

    def _try_like(self, z: Vector, rounds: int = SETTLING) -> None:
        """Settle the portfolio that is nearest to a point's, from its stock."""
        # What follows from fundings (sequences of expansions) is whole by its rows.
        near = self.master.whole_near(z)
        if near is not None:
            self.settle(Point(near, -math.inf, math.inf), rounds, z)

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
            if (self._dear(value) and not visits) or (CAPS in self.blocks and self._done()):  # there rounds are dear
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
        known = np.zeros(self.master.problem.columns) if known is None else known
        return self.master.near(known, fundings, every=like is not None)
