"""Least cost under caps on service: prices on what is short say where to look, and what the rest costs at least.

A cap couples all years and futures, so a search that deals the problem out creeps under it: what its master proposes is
short somewhere, and no part alone can say how to be short of less. With a price on each tonne short in place of the
caps parts answer as ever. Such a problem's bound, less the price of what the caps allow, is one on all plans within the
caps; and what its parts say holds under the caps too, at that price for a tonne less allowed. So the search under the
caps begins with a bound, cuts and a portfolio that are nearly right.

Source: Geoffrion (1974).
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from optimizer.solver.extensive import Begun, Learnt, Solved, Values
from optimizer.solver.highs import Progress, Report
from optimizer.solver.served import expected_cost, like, priced, short_of
from optimizer.solver.start import Start

FIRST = 10.0
"""Times what a tonne of demand costs on average: the first price."""
STEP = 4.0
"""Times by which a price rises, or falls, until it is known between which two it lies."""
LOOSE = 5.0
"""Times the gap asked for to which a problem with prices is solved: what its parts say is what counts."""
TAKEN = 2
"""Problems with prices, the last ones, whose parts are believed: more make the master heavy and say little more."""
MOST = 5
"""Problems with prices that are solved at most."""
TOLD = 0.5
"""Share of the time after which no other price is tried."""
ROUNDING, LEAST = 1e-7, 1e-5
"""Share of a channel's demand, and t, that a plan within a cap may be above it by a solver's tolerance."""

SolveOne = Callable[[Begun, Start | None], Solved]


@dataclass(frozen=True, slots=True)
class Tried:
    """A plan that was found.

    Attributes:
        cost: USD, without a price on shortage.
        over: channel -> expected t short above its cap; below it where negative.
        values: of its blocks.
        duals: of its problem, fundings fixed.
    """

    cost: float
    over: Mapping[str, float]
    values: Mapping[str, Values]
    duals: Mapping[tuple[str, str, object], float]

    def at(self, prices: Mapping[str, float]) -> float:
        """Its cost with what it is short of above the caps at some prices, USD."""
        return self.cost + math.fsum(price * self.over[k] for k, price in prices.items())


@dataclass(slots=True)
class Found:
    """What prices led to.

    Attributes:
        plans: found, within the caps or not.
        best: the cheapest within the caps; None where there is none.
        bound: no plan within the caps costs less, USD.
        prices: channel -> USD a t that proved it.
        learnt: what parts say of the problem under the caps.
        last: what was solved last; None before the first.
        stopped: why it ended before its time; empty where it did not.
    """

    plans: list[Tried] = field(default_factory=list)
    best: Tried | None = None
    bound: float = -math.inf
    prices: dict[str, float] = field(default_factory=dict)
    learnt: Learnt = field(default_factory=Learnt)
    last: Solved | None = None
    stopped: str = ""

    @property
    def gap(self) -> float:
        """USD between the best within the caps and the bound."""
        return math.inf if self.best is None else self.best.cost - self.bound

    @property
    def likeliest(self) -> Tried:
        """The plan that costs least at the best prices; it may be short of somewhat more than the caps allow."""
        return min(self.plans, key=lambda tried: tried.at(self.prices) if self.prices else tried.cost)


class Prices:
    """The search for prices."""

    def __init__(
        self, begun: Begun, caps: Mapping[str, float], demand: Mapping[str, float], solve_one: SolveOne
    ) -> None:
        """Begin with nothing known.

        Args:
            begun: the problem of least cost without the caps; the gap asked for is that of the cost.
            caps: channel -> expected t short at most.
            demand: channel -> expected t.
            solve_one: solves one problem by the method asked for.
        """
        self.begun, self.caps, self.demand, self.solve_one = begun, dict(caps), demand, solve_one
        self.found = Found()
        self._between = dict.fromkeys(caps, (0.0, math.inf))

    def run(self, first: Mapping[str, Values]) -> Found:
        """Try prices until the gap is reached, or they say no more.

        Args:
            first: values of a plan within the caps.

        Raises:
            SolveError: the solver failed.
        """
        found, began, deadline = self.found, time.monotonic(), self.begun.deadline
        until = None if deadline is None else began + TOLD * (deadline - began)
        self._add(first, {})
        served = math.fsum(self.demand.values())
        usd = FIRST * abs(found.plans[0].cost) / served
        # The strictest first: a tonne of its is dearer, or it would not come first.
        prices = {k: usd * STEP ** (len(self.caps) - 1 - i) for i, k in enumerate(self.caps)}
        for _ in range(MOST):
            solved = self._solve(prices, until)
            if solved is None:
                break
            if solved.bound is not None and (bound := solved.bound - self._of_caps(prices)) > found.bound:
                found.bound, found.prices = bound, dict(prices)
            if found.gap <= self.allowed() or not self._moved(prices):
                break
        return found

    def allowed(self) -> float:
        """The gap asked for, USD."""
        options, best = self.begun.options, self.found.best
        share = options.gap * (0.0 if best is None else abs(best.cost))
        return share if options.gap_usd is None else max(share, options.gap_usd)

    def _stopped(self, until: float | None) -> bool:
        begun, found = self.begun, self.found
        if begun.stop is not None and begun.stop.asked.is_set():
            found.stopped = "it was interrupted"
        elif begun.deadline is not None and time.monotonic() >= begun.deadline:
            found.stopped = "the time limit was reached"
        return bool(found.stopped) or (until is not None and time.monotonic() >= until)

    def _of_caps(self, prices: Mapping[str, float]) -> float:
        return math.fsum(price * self.caps[k] for k, price in prices.items())

    def _solve(self, prices: Mapping[str, float], until: float | None) -> Solved | None:
        """Solve with prices in place of the caps; None where nothing came of it."""
        if self._stopped(until):
            return None
        begun, found = self.begun, self.found
        network = begun.out.network
        out = Solved(network, begun.out.tables, "no_plan", "")
        out.seconds["build"] = 0.0
        said = Learnt(keep=True)
        asked = dataclasses.replace(
            begun,
            out=out,
            blocks=priced(network, begun.blocks, prices),
            options=dataclasses.replace(begun.options, gap=0.0, gap_usd=LOOSE * self.allowed()),
            began=time.monotonic(),
            deadline=until,
            report=self._telling(prices),
            learnt=said,
        )
        near = min(found.plans, key=lambda tried: tried.at(prices))
        solved = self.solve_one(asked, like(network, near.values))
        found.last = solved
        found.learnt.said = [*found.learnt.said, *((known, dict(prices)) for known, _ in said.said)][-TAKEN:]
        if not solved.values:
            return None
        self._add(solved.values, solved.duals)
        return solved

    def _telling(self, prices: Mapping[str, float]) -> Report | None:
        """Progress of a problem with prices: the best within the caps, and what is proved of such."""
        report, found, over = self.begun.report, self.found, self._of_caps(prices)
        if report is None:
            return None
        named = ", ".join(f"{price / 1e6:,.3g} M USD a t of {k}" for k, price in prices.items())

        def tell(progress: Progress) -> None:
            bound = max(found.bound, -math.inf if progress.bound is None else progress.bound - over)
            best = None if found.best is None else found.best.cost
            phase = f"short at {named}: {progress.phase}"
            report(
                dataclasses.replace(
                    progress, phase=phase, incumbent=best, bound=bound if math.isfinite(bound) else None
                )
            )

        return tell

    def _add(self, values: Mapping[str, Values], duals: Mapping[tuple[str, str, object], float]) -> None:
        network, blocks, found = self.begun.out.network, self.begun.blocks, self.found
        over = {k: short_of(network, values, k) - cap for k, cap in self.caps.items()}
        tried = Tried(expected_cost(network, blocks, values), over, values, duals)
        found.plans.append(tried)
        if all(self._within(k, tried) for k in over) and (found.best is None or tried.cost < found.best.cost):
            found.best = tried

    def _moved(self, prices: dict[str, float]) -> bool:
        """Raise the price of a channel whose cap the last plan misses by much, and lower that of one far below its cap.

        A plan that is off by the gap of its solve may be off a cap by what that is worth.
        """
        moved, last = False, self.found.plans[-1]
        for k, price in prices.items():
            worth = price * last.over[k]
            if abs(worth) <= LOOSE * self.allowed():
                continue
            low, high = self._between[k]
            low, high = (price, high) if worth > 0 else (low, price)
            self._between[k] = low, high
            prices[k] = low * STEP if high == math.inf else high / STEP if low == 0 else math.sqrt(low * high)
            moved = True
        return moved

    def _within(self, channel: str, tried: Tried) -> bool:
        """Whether a plan is within a channel's cap."""
        return tried.over[channel] <= max(LEAST, ROUNDING * self.demand[channel])
