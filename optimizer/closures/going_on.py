"""Whether a plant goes on: the value of going on at an onset, the losses until it pays, the least floor that keeps it.

Source: the exit rule of investment under certainty: a plant goes on while the present value of what it still earns, net
of the costs that closing avoids, is not below 0; what is sunk has no say. A. K. Dixit and R. S. Pindyck, Investment
under Uncertainty (1994), chapter 1 (the orthodox theory) and chapter 7 (exit, and why uncertainty makes owners wait).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from optimizer.closures.books import Funding, Result

RELATIVE = 1e-6
"""Of the size of what passes through the books, not of what is left: as far as a plan's break-even is held."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Losses of a plant from an onset on.

    Attributes:
        years: of the longest run with a negative operating result.
        first: where that run begins; None without one.
        deepest: the deepest cumulated loss from the onset on, USD, 0 or more: what somebody must carry.
        deepest_in: the period at whose end it is; None without one.
    """

    years: int
    first: int | None
    deepest: float
    deepest_in: int | None


@dataclass(frozen=True, slots=True)
class GoingOn:
    """The value of going on as planned, USD of the onset.

    Attributes:
        without: with no floor and no purchase above the reference price.
        guarded: what floors and purchases add.
        size: of all that passes, in absolute terms.
    """

    without: float
    guarded: float
    size: float

    @property
    def value(self) -> float:
        """With all that instruments pay."""
        return self.without + self.guarded

    @property
    def closes_without(self) -> bool:
        """Whether it is below 0 without floors and purchases."""
        return below_nothing(self.without, self.size)

    @property
    def closes(self) -> bool:
        """Whether it is below 0 with all that instruments pay."""
        return below_nothing(self.value, self.size)


def below_nothing(usd: float, size: float) -> bool:
    """Whether money is below 0 by more than a plan's tolerance.

    Args:
        usd: what is left.
        size: of what passes, in absolute terms.
    """
    return usd < -(RELATIVE * size + 1e-3)


def going_on(
    results: Iterable[Result], fundings: Iterable[Funding], onset: int, worth: Callable[[int], float]
) -> GoingOn:
    """The value at an onset of going on as planned, what is sunk left out.

    Args:
        results: by period.
        fundings: of the facility.
        onset: first period that counts.
        worth: a dollar of a year in those of the onset.
    """
    later = [one for one in results if one.period >= onset]
    capital = [(year, usd) for one in fundings for year, usd in one.avoidable(onset)]
    without = math.fsum(
        (*(one.plain * worth(one.period) for one in later), *(usd * worth(year) for year, usd in capital))
    )
    guarded = math.fsum(one.guarded * worth(one.period) for one in later)
    items = ((one.period, (one.sales, one.inputs, one.activity, one.fixed, one.paid, one.guarded)) for one in later)
    size = math.fsum(abs(usd) * worth(period) for period, many in items for usd in many)
    return GoingOn(without, guarded, size + math.fsum(abs(usd) * worth(year) for year, usd in capital))


def whole(results: Iterable[Result], fundings: Iterable[Funding], worth: Callable[[int], float]) -> tuple[float, float]:
    """What is left of everything over the horizon, as the books of a plan have it; and the size of what passes.

    Args:
        results: by period.
        fundings: of the facility.
        worth: a dollar of a year in those of the base year.
    """
    flows = [(year, usd) for one in fundings for year, usd in one.whole()]
    for one in results:
        items = (one.sales, one.inputs, one.activity, one.fixed, one.paid, one.guarded)
        flows += [(one.period, usd) for usd in items]
    discounted = [usd * worth(year) for year, usd in flows]
    return math.fsum(discounted), math.fsum(map(abs, discounted))


def losses(results: Iterable[tuple[int, float]], years: Callable[[int], int]) -> Losses:
    """The longest run of losses, and the deepest hole.

    Args:
        results: (period, operating result), in order, from the onset on.
        years: of a period.
    """
    longest = run = 0
    first = begun = None
    total = deepest = 0.0
    deepest_in = None
    for period, usd in results:
        total += usd
        if total < deepest:
            deepest, deepest_in = total, period
        if usd >= 0:
            run, begun = 0, None
            continue
        begun = period if begun is None else begun
        run += years(period)
        if run > longest:
            longest, first = run, begun
    return Losses(longest, first, -deepest if deepest else 0.0, deepest_in)


def least_floor(value: float, sold: Sequence[tuple[float, float]]) -> float | None:
    """The least uniform floor that keeps a plant open, USD per t; None where none does, since it sells nothing.

    The value with a floor p is `value` plus the sum of weight x max(0, p - price): piecewise linear, rising and convex,
    with a breakpoint at each price. The first piece on which it reaches 0 has the root in closed form.

    Args:
        value: of going on without a floor, below 0.
        sold: (t x worth at the onset, price) by period.
    """
    pieces = sorted((price, weight) for weight, price in sold if weight > 0)
    slope = 0.0
    for number, (price, weight) in enumerate(pieces):
        slope += weight
        upto = pieces[number + 1][0] if number + 1 < len(pieces) else math.inf
        if value + slope * (upto - price) >= 0:
            return price - value / slope
        value += slope * (upto - price)
    return None
