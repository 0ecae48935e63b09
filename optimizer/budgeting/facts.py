"""What is known of how long options can wait: plans found, and bounds, each of which says something of many options."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from optimizer.budgeting.work import Cells, Reply
from optimizer.near_optimal.facts import SAME
from optimizer.near_optimal.rows import Option
from optimizer.network.tables import Funding

NEVER = None
"""Stands for the year of what is not funded at all."""
Year = int | None


def reached(year: Year, at: Year) -> bool:
    """Whether a year is no earlier than another; never is the latest."""
    return year is NEVER or (at is not NEVER and year >= at)


@dataclass(frozen=True, slots=True)
class Found:
    """A plan found.

    Attributes:
        cost: USD.
        funded: what it funds, and when.
        short: t short on the mean, by market, product and period.
        years: the year of each option that it funds.
    """

    cost: float
    funded: tuple[Funding, ...]
    short: Cells
    years: dict[Option, int]


@dataclass(slots=True)
class Facts:
    """What is known.

    Attributes:
        within: what a plan may cost more than the best, USD.
        bound: no plan costs less, USD.
        found: plans.
        proofs: (option, year) -> no plan that funds it in no earlier year costs less, USD.
    """

    within: float
    bound: float = -math.inf
    found: list[Found] = field(default_factory=list)
    proofs: dict[tuple[Option, Year], float] = field(default_factory=dict)

    def plan(self, cost: float, funded: Sequence[Funding], short: Cells) -> None:
        """Take in a plan."""
        self.found.append(Found(cost, tuple(funded), short, {(f, o): year for f, o, year in funded}))

    def note(self, option: Option | None, year: Year, reply: Reply) -> None:
        """Take in the answer to how little it costs if an option waits; None: if none has to."""
        if reply.objective is not None:
            self.plan(reply.objective, reply.funded, reply.cells)
        if option is None:
            self.bound = max(self.bound, reply.least)
        else:
            self.proofs[option, year] = max(self.proofs.get((option, year), -math.inf), reply.least)

    @property
    def best(self) -> Found:
        """The best plan found."""
        return min(self.found, key=lambda one: one.cost)

    @property
    def target(self) -> float:
        """What a plan costs at most that is as good, USD."""
        best = self.best.cost
        return best + self.within + SAME * max(1.0, abs(best))

    def waiting(self, option: Option, year: Year) -> Found | None:
        """The best plan found that funds an option in no earlier year, or not at all."""
        known = [one for one in self.found if reached(one.years.get(option, NEVER), year)]
        return min(known, key=lambda one: one.cost, default=None)

    def least(self, option: Option, year: Year) -> float:
        """No plan that funds an option in no earlier year costs less, USD; infinite where there is none."""
        known = [usd for (other, at), usd in self.proofs.items() if other == option and reached(year, at)]
        return max([self.bound, *known])

    def good(self, option: Option, year: Year) -> bool:
        """Whether a plan is known that waits so long and is as good as the best."""
        found = self.waiting(option, year)
        return found is not None and found.cost <= self.target

    def too_late(self, option: Option, year: Year) -> bool:
        """Whether it is proved that no plan that waits so long is as good."""
        return self.least(option, year) > self.target

    def costs(self, option: Option, year: Year) -> tuple[float | None, float | None]:
        """What waiting costs: at least, and at most, USD; None, None where no plan waits so long, else None unknown."""
        least, found = self.least(option, year), self.waiting(option, year)
        if least == math.inf:
            return None, None
        low = max(0.0, least - self.best.cost) if math.isfinite(least) else 0.0
        return low, None if found is None or not math.isfinite(self.bound) else max(low, found.cost - self.bound)
