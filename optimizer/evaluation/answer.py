"""What a course of operations answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from optimizer.evaluation.bounds import Prices
from optimizer.network.places import Cell
from optimizer.network.tables import RunIndex
from optimizer.plan.makers import Known

Stock = dict[tuple[Cell, int], float]
"""(stockpile, material, channel), period -> t at its end."""

Runs = dict[RunIndex, float]
"""(facility, state, recipe, channel, period) -> activity."""

Reacted = dict[tuple[str, str, int], float]
"""(facility, option, period) -> 1, of what branches fund."""


@dataclass(slots=True)
class Answer:
    """What a course answers.

    Attributes:
        course: `trunk` or a scenario.
        cost: discounted USD by period; empty where it has no operations that meet what must be met.
        short: (market, product, period) -> t, where any is short.
        demand: (market, product, period) -> t.
        reacted: what it has funded itself, and what it took along of the branch it left.
        stock: its stock, for the branches that leave it.
        runs: activity of the trunk that ties branches.
        known: whom users count as makers on the trunk, where new ones wait in branches.
        hot: whether it went on from the basis of another.
        prices: rows of the horizon's branch and their duals, where they were asked for.
    """

    course: str
    cost: dict[int, float] = field(default_factory=dict)
    short: dict[tuple[str, str, int], float] = field(default_factory=dict)
    demand: dict[tuple[str, str, int], float] = field(default_factory=dict)
    reacted: Reacted = field(default_factory=dict)
    stock: Stock = field(default_factory=dict)
    runs: Runs = field(default_factory=dict)
    known: Known = field(default_factory=dict)
    hot: bool = False
    prices: Prices | None = None

    @property
    def met(self) -> bool:
        """Whether it has operations that meet what must be met."""
        return bool(self.cost)
