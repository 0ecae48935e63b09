"""What is known of an instance's near-equal portfolios: plans found, and bounds on those with and without an option.

All of it holds whatever the tolerance is, so that verdicts are read off and never stored.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from optimizer.near_optimal.rows import Chosen, Option
from optimizer.near_optimal.solves import Answer
from optimizer.network.tables import Funding

SAME = 1e-9
"""Costs that differ by less, relative to the best, are the same."""

ALL, SOME, NONE, OPEN = "in all", "in some", "in none", "not proved"
"""Verdicts on an option."""


@dataclass(frozen=True, slots=True)
class Found:
    """A portfolio found.

    Attributes:
        chosen: what it funds, whenever.
        funded: the same with years.
        cost: of the best plan with these fundings that was found, USD.
    """

    chosen: Chosen
    funded: tuple[Funding, ...]
    cost: float


@dataclass(slots=True)
class Facts:
    """What is known.

    Attributes:
        options: those that can be funded.
        within: what a near-equal portfolio may cost more than the best, USD.
        bound: no plan costs less, USD.
        found: best plan of each portfolio.
        least_without: no plan that leaves an option out costs less, USD.
        least_with: no plan that funds an option costs less, USD.
    """

    options: tuple[Option, ...]
    within: float
    bound: float = -math.inf
    found: dict[Chosen, Found] = field(default_factory=dict)
    least_without: dict[Option, float] = field(default_factory=dict)
    least_with: dict[Option, float] = field(default_factory=dict)
    _best: Found | None = None

    def note(self, answer: Answer) -> None:
        """Take in the plan of an answer."""
        if answer.objective is None:
            return
        known = self.found.get(answer.chosen)
        if known is None or answer.objective < known.cost:
            mine = self.found[answer.chosen] = Found(answer.chosen, answer.funded, answer.objective)
            if self._best is None or mine.cost < self._best.cost:
                self._best = mine

    @property
    def best(self) -> Found:
        """The best portfolio found."""
        assert self._best is not None
        return self._best

    @property
    def target(self) -> float:
        """What a near-equal portfolio costs at most, USD."""
        return self.best.cost + self.within + SAME * max(1.0, abs(self.best.cost))

    def near(self) -> Iterator[Found]:
        """The near-equal portfolios found."""
        limit = self.target
        return (one for one in self.found.values() if one.cost <= limit)

    def least(self, option: Option, *, funded: bool) -> float:
        """No plan that funds an option, or leaves it out, costs less than this, USD."""
        known = (self.least_with if funded else self.least_without).get(option, -math.inf)
        return max(self.bound, known)

    def most(self, option: Option, *, funded: bool) -> float | None:
        """Cost of the best plan found that funds an option, or leaves it out, USD; None where none was found."""
        return min((one.cost for one in self.found.values() if (option in one.chosen) == funded), default=None)

    def verdict(self, option: Option) -> str:
        """Whether all, some or none of the near-equal portfolios fund an option, as far as it is proved."""
        limit = self.target
        if self.least(option, funded=False) > limit:
            return ALL
        if self.least(option, funded=True) > limit:
            return NONE
        sides = {option in one.chosen for one in self.near()}
        return SOME if len(sides) == 2 else OPEN

    def with_verdict(self, *verdicts: str) -> list[Option]:
        """Options of some verdicts."""
        return [option for option in self.options if self.verdict(option) in verdicts]

    def extra(self, option: Option, *, funded: bool) -> tuple[float, float | None]:
        """What it costs to force an option in, or to leave it out: at least, and at most, USD; None for no plan known.

        Between the best plans with and without the demand, each of which lies between its bound and the best found.
        """
        least, most = self.least(option, funded=funded), self.most(option, funded=funded)
        low = max(0.0, least - self.best.cost)
        return low, None if most is None else max(low, most - self.bound)
