"""At what payment for a tonne of its products an option would come in, from plans and bounds that are at hand.

Someone pays p USD for each tonne that the plant makes beyond what it makes in the best plan, if the option is funded:
in every year and future, discounted and weighed as cost is. A plan that funds it, costs c more than may be and makes
Q tonnes more, discounted and weighed alike, is then as good from p = c / Q on. No plan that funds it costs less than
the bound, and none makes more than the capacity of the plant in every year; so below (bound less what may be) over
these tonnes none is as good. Both hold without another solve, and what lies between them is not known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import cast

from optimizer.near_optimal.rows import Option
from optimizer.network.tables import Network, RunIndex, Tables
from optimizer.solver.extensive import Solved

SMALL = 1e-3
"""Tonnes, discounted, below which a plan makes no more than another."""


class Payment:
    """Tonnes that a plant makes of the products of an option's units: discounted, on the mean over futures.

    The products of a recipe are its outputs of the recipe's stage; all its outputs where none is of that.
    """

    def __init__(self, network: Network, option: Option) -> None:
        """Which recipes count.

        Args:
            network: of the instance.
            option: whose units.
        """
        self._network, self._facility = network, option[0]
        self._units = {unit for unit, size in network.starts.options[option].capacity.items() if size > 0}
        instance = network.instance
        self._products: dict[str, float] = {}
        for recipe in instance.facilities[self._facility].recipes:
            record = instance.recipes[recipe]
            own = [tonnes for m, tonnes in record.outputs.items() if instance.materials[m].stage == record.stage]
            self._products[recipe] = sum(own or record.outputs.values())

    def made(self, solved: Solved) -> float:
        """Tonnes in a plan that was found.

        Args:
            solved: what came out of the solver, with a plan.
        """
        tonnes = 0.0
        for course, tables in solved.tables.items():
            runs = cast("Mapping[RunIndex, float]", solved.values[course].get("run", {}))
            for (facility, _, recipe, _, t), run in runs.items():
                if facility == self._facility and tables.capacity.unit[facility, recipe] in self._units:
                    tonnes += self._worth(course, t) * self._products[recipe] * run
        return tonnes

    def most(self, solved: Solved) -> float:
        """Tonnes that no plan exceeds: every unit at the most capacity that it may have, on its richest recipe."""
        return sum(self._most_in(course, tables) for course, tables in solved.tables.items())

    def _most_in(self, course: str, tables: Tables) -> float:
        capacity, years = tables.capacity, self._network.calendar.years
        richest: dict[tuple[str, int], float] = defaultdict(float)
        for facility, state, recipe, _, t in capacity.runs:
            if facility == self._facility and (unit := capacity.unit[facility, recipe]) in self._units:
                rate = self._products[recipe] / capacity.use[facility, recipe] * capacity.available[facility, state, t]
                richest[unit, t] = max(richest[unit, t], rate)
        return sum(
            self._worth(course, t) * years[t] * rate * capacity.most[self._facility, unit, t]
            for (unit, t), rate in richest.items()
        )

    def _worth(self, course: str, t: int) -> float:
        return self._network.weight[course, t] * self._network.calendar.discount[t]


def between(payment: Payment, best: Solved, found: Solved, target: float) -> tuple[float | None, float | None]:
    """A payment at which an option comes in, and one at which it does not.

    Args:
        payment: which tonnes count.
        best: the best plan, without the option.
        found: the cheapest plan with it, and its bound.
        target: what a plan may cost to be as good, USD.

    Returns:
        USD per t; None where the plan found makes no more than the best, and where nothing is proved.
    """
    least = payment.made(best)
    comes = stays = None
    if found.objective is not None and (more := payment.made(found) - least) > SMALL:
        comes = (found.objective - target) / more
    if found.bound is not None and found.bound > target and (most := payment.most(found) - least) > SMALL:
        stays = (found.bound - target) / most
    return comes, stays
