"""Least cost under caps on service: prices on what is short say where to look, and what the rest costs at least.

A cap couples all years and futures, so a search that deals the problem out creeps under it: what its master proposes is
short somewhere, and no part alone can say how to be short of less. With a price on each tonne short in place of the
caps parts answer as ever. Such a problem's bound, less the price of what the caps allow, is one on all plans within the
caps; and what its parts say holds under the caps too, at that price for a tonne less allowed. Plans of one portfolio
that are above and below the caps may be mixed, for operations are linear, and a mix meets the caps to the tonne. So the
search under the caps begins with a bound, cuts and a plan that are nearly right.

Source: Geoffrion (1974) for the bound; Ruszczynski (1995) for mixing.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog

from optimizer.errors import SolveError
from optimizer.model.caps import SHORT
from optimizer.solver.compile import Block
from optimizer.solver.extensive import Begun, Learnt, Solved, Values
from optimizer.solver.highs import Progress, Report
from optimizer.solver.served import expected_cost, like, priced, short_of
from optimizer.solver.start import Start
from optimizer.workers import LostError

FIRST = 80.0
"""Times what a tonne of demand costs on average: the first price."""
STEP = 4.0
"""Times by which a price rises, or falls, until it is known between which two it lies."""
LOOSE = 5.0
"""Times the gap asked for to which a problem with prices is solved: what its parts say is what counts."""
MIXED = 0.5
"""The same where a portfolio is given, and its plans are to be mixed."""
SHARE = 1e-9
"""Share of a plan in a mix below which it is rounding."""
TAKEN = 2
"""Problems with prices, the last ones, whose parts are believed: more make the master heavy and say little more."""
MOST = 5
"""Problems with prices that are solved at most."""
TOLD = 0.5
"""Share of the time after which no other price is tried."""
MARGIN = 1e-6
"""Share of a channel's demand that a mix is short of less than it may be: parts cannot do exactly what a mix does."""
ROUNDING, LEAST = 1e-7, 1e-5
"""Share of a channel's demand, and t, that a plan within a cap may be above it by a solver's tolerance."""

SolveOne = Callable[[Begun, Start | None], Solved]
Whole = frozenset[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class Tried:
    """A plan that was found.

    Attributes:
        whole: its portfolio: integer columns that are not 0, by block.
        cost: USD, without a price on shortage.
        over: channel -> expected t short above its cap; below it where negative.
        values: of its blocks.
        duals: of its problem, fundings fixed.
    """

    whole: Whole
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
        prices = {k: usd * STEP ** (len(self.caps) - 1 - i) for i, k in enumerate(self.caps)}
        for _ in range(MOST):
            solved = self._solve(prices, until)
            if solved is None:
                break
            if solved.bound is not None and (bound := solved.bound - self._of_caps(prices)) > found.bound:
                found.bound, found.prices = bound, dict(prices)
            if found.gap <= self.allowed() or not self._moved(prices, self._between):
                break
        if found.prices and found.gap > self.allowed():
            self._mix(found.likeliest.whole)
        return found

    def _mix(self, whole: Whole) -> None:
        """Prices for one portfolio, until a mix of its plans is within the caps at hardly more than prices prove."""
        prices, proved = dict(self.found.prices), -math.inf
        between = dict.fromkeys(self.caps, (0.0, math.inf))
        for _ in range(MOST):
            solved = self._solve(prices, self.begun.deadline, whole)
            if solved is None:
                return
            if solved.bound is not None:
                proved = max(proved, solved.bound - self._of_caps(prices))
            mixed = self._mixed(whole)
            near = mixed is not None and mixed.cost - proved <= self.allowed()
            if near or self.found.gap <= self.allowed() or not self._moved(prices, between, 1.0):
                return

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

    def _solve(self, prices: Mapping[str, float], until: float | None, whole: Whole | None = None) -> Solved | None:
        """Solve with prices in place of the caps, for one portfolio or for all; None where nothing came of it."""
        if self._stopped(until):
            return None
        begun, found = self.begun, self.found
        network = begun.out.network
        out = Solved(network, begun.out.tables, "no_plan", "")
        out.seconds["build"] = 0.0
        said = Learnt(keep=whole is None)
        loose = LOOSE if whole is None else MIXED
        asked = dataclasses.replace(
            begun,
            out=out,
            blocks=priced(network, begun.blocks if whole is None else _fixed(begun.blocks, whole), prices),
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
        found.learnt.said = [*found.learnt.said, *((known, dict(prices)) for known, _ in said.said)][-TAKEN:]
        if not solved.values:
            return None
        self._add(solved.values, solved.duals)
        return solved

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
        tried = Tried(_whole_of(blocks, values), expected_cost(network, blocks, values), over, values, duals)
        found.plans.append(tried)
        mixed = self._mixed(tried.whole)
        if mixed is not None and (found.best is None or mixed.cost < found.best.cost):
            found.best = mixed

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
            between[k] = low, high
            prices[k] = low * STEP if high == math.inf else high / STEP if low == 0 else math.sqrt(low * high)
            moved = True
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

    def _mixed(self, whole: Whole) -> Tried | None:
        """The mix of a portfolio's plans that is cheapest within the caps; None where none is within them."""
        plans = [tried for tried in self.found.plans if tried.whole == whole]
        names = list(self.caps)
        scale = max(1.0, *(abs(tried.cost) for tried in plans))
        over = np.array([[tried.over[k] for tried in plans] for k in names])
        size = np.maximum(1.0, np.abs(over).max(axis=1))
        rounding = np.array([max(LEAST, ROUNDING * self.demand[k]) for k in names])
        room = np.array([MARGIN * self.demand[k] for k in names])
        # Best with room to begin the search under the caps in; what is within a cap by rounding alone is within it too.
        for slack in (-room, np.zeros(len(names)), rounding):
            answer = linprog(
                [tried.cost / scale for tried in plans],
                A_ub=over / size[:, None],
                b_ub=slack / size,
                A_eq=np.ones((1, len(plans))),
                b_eq=[1.0],
                method="highs",
            )
            if answer.x is not None:
                break
        else:
            return None
        shares = np.where(answer.x > SHARE, answer.x, 0.0)
        shares /= shares.sum()
        return Tried(
            whole,
            float(shares @ [tried.cost for tried in plans]),
            dict(zip(names, (over @ shares).tolist(), strict=True)),
            _sum((float(share), tried.values) for share, tried in zip(shares, plans, strict=True) if share),
            plans[int(np.argmax(shares))].duals,
        )


def _whole_of(blocks: Mapping[str, Block], values: Mapping[str, Values]) -> Whole:
    """The integer columns that are not 0."""
    return frozenset(
        (name, key)
        for name, block in blocks.items()
        for key in (block.columns[i] for i in _own_integers(block))
        if values[name].get(key[0], {}).get(key[1], 0.0) > 0.5
    )


def _own_integers(block: Block) -> list[int]:
    return [i for i in np.flatnonzero(block.integer).tolist() if i not in block.owners]


def _fixed(blocks: Mapping[str, Block], whole: Whole) -> dict[str, Block]:
    """The blocks with a portfolio as it is."""
    found = dict(blocks)
    for name, block in blocks.items():
        at = _own_integers(block)
        if at:
            lower, upper = block.lower.copy(), block.upper.copy()
            lower[at] = upper[at] = [float((name, block.columns[i]) in whole) for i in at]
            found[name] = dataclasses.replace(block, lower=lower, upper=upper)
    return found


def _sum(weighted: Iterable[tuple[float, Mapping[str, Values]]]) -> dict[str, Values]:
    """Values by their shares."""
    found: dict[str, Values] = {}
    for share, values in weighted:
        for name, components in values.items():
            mine = found.setdefault(name, {})
            for component, entries in components.items():
                into = mine.setdefault(component, {})
                for index, value in entries.items():
                    into[index] = into.get(index, 0.0) + share * value
    return found
