"""Least cost under caps on service: prices on what is short say where to look, and what the rest costs at least.

A cap couples all years and futures, so a search that deals the problem out creeps under it: what its master proposes is
short somewhere, and no part alone can say how to be short of less. With a price on each tonne short in place of the
caps parts answer as ever. Such a problem's bound, less the price of what the caps allow, is one on all plans within the
caps; and what its parts say holds under the caps too, at that price for a tonne less allowed. Plans of one portfolio
that are above and below the caps may be mixed, for operations are linear, and a mix meets the caps to the tonne.

At first prices rise, each problem solved loosely, until they are about right; then the problem is solved closely, plans
of its portfolio are mixed, and what a tonne is worth in the mix is the next price. What parts cost at some prices they
cost at higher ones at least, so each problem begins with the cuts of a cheaper one. Where that does not reach the gap
the search under the caps begins with a bound, cuts and a plan that are nearly right.

Source: Geoffrion (1974) for the bound; Dantzig and Wolfe (1960) for the prices of a mix; Ruszczynski (1995) for mixing.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from optimizer.errors import SolveError
from optimizer.model.caps import SHORT
from optimizer.solver.extensive import Begun, Learnt, Solved, Values
from optimizer.solver.highs import Progress, Report
from optimizer.solver.mixing import MARGIN, Mix, Tried, Whole, fixed, mixed, whole_of
from optimizer.solver.served import expected_cost, like, priced, short_of
from optimizer.solver.start import Start
from optimizer.workers import LostError

if TYPE_CHECKING:
    from optimizer.solver.benders.known import Known

FIRST = 80.0
"""Times what a tonne of demand costs on average: the first price."""
STEP = 2.0
"""Times by which a price rises, or falls, until it is known between which two it lies."""
RANK = 4.0
"""Times by which a tonne of a stricter channel is dearer than one of the next at least: else it goes short for that."""
LOOSE = 5.0
"""Times the gap asked for to which a problem with prices is solved: what its parts say is what counts."""
CLOSE = 0.5
"""The same at the prices at which plans meet the caps: there the bound is the best."""
MIXED = 0.5
"""The same where a portfolio is given, and its plans are to be mixed."""
TAKEN = 2
"""Problems with prices, the last ones, whose parts are believed: more make the master heavy and say little more."""
MOST = 5
"""Problems with prices that are solved at most."""
ENOUGH = 0.9
"""Share of the gap that a closer solve and a mix may leave, for another."""
TOLD = 0.5
"""Share of the time after which no other price is tried."""

SolveOne = Callable[[Begun, Start | None], Solved]


@dataclass(slots=True)
class Found:
    """What prices led to.

    Attributes:
        plans: found, within the caps or not.
        best: the cheapest within the caps, a mix perhaps; None where there is none.
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
        self._said: list[tuple[Whole | None, Known, dict[str, float]]] = []

    def run(self, first: Mapping[str, Values]) -> Found:
        """Try prices until the gap is reached, or they say no more.

        Args:
            first: values of a plan within the caps.

        Raises:
            LostError: the cluster that answers for parts was lost.
        """
        found, began, deadline = self.found, time.monotonic(), self.begun.deadline
        until = None if deadline is None else began + TOLD * (deadline - began)
        self._add(first, {})
        served = math.fsum(self.demand.values())
        usd = FIRST * abs(found.plans[0].cost) / served
        # The strictest first: a tonne of its is dearer, or it would not come first.
        prices = {k: usd * RANK ** (len(self.caps) - 1 - i) for i, k in enumerate(self.caps)}
        for _ in range(MOST):
            if self._solve(prices, until) is None:
                break
            if found.gap <= self.allowed() or not self._moved(prices, self._between):
                break
        for _ in range(MOST if found.prices else 0):
            left = found.gap
            if left <= self.allowed() or self._solve(prices, deadline, loose=CLOSE) is None:
                break
            if found.gap <= self.allowed():
                break
            prices = self._mix(found.likeliest.whole, prices)
            if found.gap > ENOUGH * left:
                break
        found.learnt.said = [(known, at) for whole, known, at in self._said if whole is None][-TAKEN:]
        return found

    def _mix(self, whole: Whole, prices: dict[str, float]) -> dict[str, float]:
        """Prices for one portfolio, until a mix of its plans is within the caps at hardly more than prices prove.

        Args:
            whole: the portfolio.
            prices: to begin with.

        Returns:
            What a tonne is worth in the mix, where that is near the last prices; else these.
        """
        prices, proved = dict(prices), -math.inf
        meets = prices
        between = dict(self._between)
        for _ in range(MOST):
            solved = self._solve(prices, self.begun.deadline, whole)
            if solved is None:
                break
            if solved.bound is not None:
                proved = max(proved, solved.bound - self._of_caps(prices))
            mix = self._mixed(whole)
            meets = dict(prices) if mix is None else {k: _followed(mix.worth[k], price) for k, price in prices.items()}
            near = mix is not None and mix.plan.cost - proved <= self.allowed()
            if near or self.found.gap <= self.allowed() or not self._moved(prices, between, 1.0):
                break
        return _ranked(meets)

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

    def _solve(
        self, prices: Mapping[str, float], until: float | None, whole: Whole | None = None, loose: float = LOOSE
    ) -> Solved | None:
        """Solve with prices in place of the caps, for one portfolio or for all; None where nothing came of it."""
        if self._stopped(until):
            return None
        begun, found = self.begun, self.found
        network = begun.out.network
        out = Solved(network, begun.out.tables, "no_plan", "")
        out.seconds["build"] = 0.0
        said = Learnt(keep=True, said=self._cheaper(prices, whole))
        before = len(said.said)
        loose = loose if whole is None else MIXED
        asked = dataclasses.replace(
            begun,
            out=out,
            blocks=priced(network, begun.blocks if whole is None else fixed(begun.blocks, whole), prices),
            options=dataclasses.replace(begun.options, gap=0.0, gap_usd=loose * self.allowed()),
            began=time.monotonic(),
            deadline=until,
            report=self._telling(prices, whole),
            learnt=said,
        )
        like_it = [tried for tried in found.plans if whole in (None, tried.whole)]
        near = min(like_it, key=lambda tried: tried.at(prices))
        try:
            solved = self.solve_one(asked, like(network, near.values))
        except LostError:
            raise
        except SolveError:  # the search under the caps does not hang on it
            return None
        found.last = solved
        self._said += [(whole, known, dict(prices)) for known, _ in said.said[before:]]
        if whole is None and solved.bound is not None:
            proved = solved.bound - self._of_caps(prices)
            if proved > found.bound:
                found.bound, found.prices = proved, dict(prices)
        if not solved.values:
            return None
        self._add(solved.values, solved.duals)
        return solved

    def _cheaper(self, prices: Mapping[str, float], whole: Whole | None) -> list[tuple[Known, dict[str, float]]]:
        """What parts said at the highest prices that are nowhere higher: at higher ones they cost no less.

        What they said of one portfolio holds up to its own limits, and so of that one only.
        """
        cheaper = [
            (math.fsum(at.values()), known)
            for of, known, at in self._said
            if of in (None, whole) and all(at[k] <= price for k, price in prices.items())
        ]
        return [(known, {}) for _, known in sorted(cheaper, key=lambda one: one[0])[-1:]]

    def _telling(self, prices: Mapping[str, float], whole: Whole | None) -> Report | None:
        """Progress of a problem with prices: the best within the caps, and what is proved of such."""
        report, found, over = self.begun.report, self.found, self._of_caps(prices)
        if report is None:
            return None
        alone = "" if whole is None else " for one portfolio"
        named = ", ".join(f"{price / 1e6:,.3g} M USD a t of {k}" for k, price in prices.items())

        def tell(progress: Progress) -> None:
            known = None if whole is not None else progress.bound
            bound = max(found.bound, -math.inf if known is None else known - over)
            best = None if found.best is None else found.best.cost
            phase = f"short at {named}{alone}: {progress.phase}"
            report(
                dataclasses.replace(
                    progress, phase=phase, incumbent=best, bound=bound if math.isfinite(bound) else None
                )
            )

        return tell

    def _add(self, values: Mapping[str, Values], duals: Mapping[tuple[str, str, object], float]) -> None:
        network, blocks, found = self.begun.out.network, self.begun.blocks, self.found
        over = {k: short_of(network, values, k) - cap for k, cap in self.caps.items()}
        tried = Tried(whole_of(blocks, values), expected_cost(network, blocks, values), over, values, duals)
        found.plans.append(tried)
        mix = self._mixed(tried.whole)
        if mix is not None and (found.best is None or mix.plan.cost < found.best.cost):
            found.best = mix.plan

    def _mixed(self, whole: Whole) -> Mix | None:
        return mixed([tried for tried in self.found.plans if tried.whole == whole], self.demand)

    def _moved(self, prices: dict[str, float], between: dict[str, tuple[float, float]], loose: float = LOOSE) -> bool:
        """Raise the price of a channel whose cap the last plan misses by much, and lower that of one far below its cap.

        A plan that is off by the gap of its solve may be off a cap by what that is worth.
        """
        moved, last = False, self.found.plans[-1]
        for k, price in prices.items():
            worth = price * last.over[k]
            if abs(worth) <= loose * self.allowed():
                continue
            low, high = between[k]
            low, high = (price, high) if worth > 0 else (low, price)
            if low >= high:  # of another portfolio it was known otherwise
                low, high = (low, math.inf) if worth > 0 else (0.0, high)
            between[k] = low, high
            prices[k] = low * STEP if high == math.inf else high / STEP if low == 0 else math.sqrt(low * high)
            moved = True
        prices |= _ranked(prices)
        return moved

    def start(self, tried: Tried) -> Start:
        """A plan within the caps, for the search under them to begin with: what there is room for may be short too."""
        network, tables = self.begun.out.network, self.begun.out.tables
        found = like(network, tried.values)
        periods = len(network.calendar.periods)
        more = {k: min(MARGIN * self.demand[k], max(0.0, -tried.over[k])) / periods for k in self.caps}
        for course in found.courses:
            wanted: dict[tuple[str, int], float] = {}
            for (market, _, period), tonnes in tables[course].demand.tonnes.items():
                at = (network.instance.markets[market].channel, period)
                wanted[at] = wanted.get(at, 0.0) + tonnes
            for at, tonnes in wanted.items():
                short = found.stock.get((course, (SHORT, at)), 0.0)
                if at[0] in more and short + more[at[0]] <= tonnes:
                    found.stock[course, (SHORT, at)] = short + more[at[0]]
        return found


def _followed(worth: float, price: float) -> float:
    """What a tonne is worth in a mix; the price where it is nothing, or far off, as between plans that are alike."""
    return worth if price / STEP**2 <= worth <= price * STEP**2 else price


def _ranked(prices: Mapping[str, float]) -> dict[str, float]:
    """Prices of which a stricter channel's is `RANK` times the next one's at least; the strictest first."""
    found = dict(prices)
    names = list(prices)
    for stricter, looser in zip(reversed(names[:-1]), reversed(names[1:]), strict=True):
        found[stricter] = max(found[stricter], RANK * found[looser])
    return found
