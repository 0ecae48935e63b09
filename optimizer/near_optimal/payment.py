"""At what payment for a tonne of its products an option would come in.

If the option is funded, someone pays p USD for each tonne that the plant makes beyond what its standing capacity could
make, whatever else is funded there: in every year and future, discounted and weighed as cost is. What is thrown away
is paid nothing: of each material no more is paid for than is made there and not thrown away, whoever made it. A plan
that funds the option, costs c more than may be and has Q such tonnes is then as good from p = c / Q on.

That no plan is as good is shown with a payment for everything made, thrown away or not, which is never less. The least
of cost less that payment, over all plans that fund the option, is concave in p, as the least of linear functions is,
and beyond the target at p = 0: so where a bound shows that it is beyond it at some p, it is at every smaller one. To
ask next a little below the c / Q of the plan found last is Dinkelbach's way to a least ratio. The bracket does not
close where the payment would be earned by throwing away.

Source: Dinkelbach, W. (1967). On nonlinear fractional programming. Management Science 13(7).
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import cast

from optimizer.instance.instance import Instance
from optimizer.near_optimal.rows import Option
from optimizer.near_optimal.solves import Answer
from optimizer.network.starts import unit_of
from optimizer.network.tables import Network, RunIndex, Tables
from optimizer.solver.extensive import Solved

SMALL = 1e-3
"""Tonnes, discounted, below which there is nothing to pay for."""
TRIES = 8
"""Payments tried at most."""
CLOSE = 0.02
"""Share of the payment to which the bracket is closed."""
STEP = 4.0
"""How many times as much is tried where no payment is known to be enough."""

Paid = Callable[[float, float], tuple[Answer, Solved]]
"""The best plan with the option, paid so many USD for a t made, stopped once it is known whether it costs at most a
target."""


class Payment:
    """Tonnes that a plant makes of the products of an option's units: discounted, on the mean over futures.

    The products of a recipe are its outputs of the recipe's stage; all its outputs where none is of that. What these
    units take in themselves is none, nor is what nobody can use: no recipe, market, target or buyer.
    """

    def __init__(self, network: Network, option: Option) -> None:
        """Which recipes count.

        Args:
            network: of the instance.
            option: whose units.
        """
        self._network, self._facility = network, option[0]
        units = {unit for unit, size in network.starts.options[option].capacity.items() if size > 0}
        instance = network.instance
        mine = [r for r in instance.facilities[self._facility].recipes if unit_of(instance, self._facility, r) in units]
        useful = _useful(instance) - {m for recipe in mine for m in instance.recipes[recipe].inputs}
        self._products: dict[str, dict[str, float]] = {}
        """Recipe of these units -> material -> t per unit of activity."""
        for recipe in mine:
            record = instance.recipes[recipe]
            own = {m: tonnes for m, tonnes in record.outputs.items() if instance.materials[m].stage == record.stage}
            made = {m: tonnes for m, tonnes in (own or record.outputs).items() if m in useful}
            if made:
                self._products[recipe] = made

    def at(self, usd: float) -> Network:
        """The network in which it is paid for all that is made.

        Args:
            usd: for a tonne.
        """
        paid = {(self._facility, recipe): usd * sum(made.values()) for recipe, made in self._products.items()}
        return dataclasses.replace(self._network, paid=paid)

    def made(self, solved: Solved) -> float:
        """Tonnes made in a plan.

        Args:
            solved: what came out of the solver, with a plan.
        """
        return self._tonnes(solved, used=False)

    def used(self, solved: Solved) -> float:
        """The same, less what has to have been thrown away of it."""
        return self._tonnes(solved, used=True)

    def most(self, solved: Solved) -> float:
        """Tonnes that no plan exceeds: every unit at the most capacity that it may have, on its richest recipe."""
        return sum(self._full(course, tables, tables.capacity.most) for course, tables in solved.tables.items())

    def standing(self, solved: Solved) -> float:
        """Tonnes that the capacity which stands could make at most."""
        return sum(self._full(course, tables, tables.capacity.existing) for course, tables in solved.tables.items())

    def _full(self, course: str, tables: Tables, size: Mapping[tuple[str, str, int], float]) -> float:
        capacity, years = tables.capacity, self._network.calendar.years
        richest: dict[tuple[str, int], float] = defaultdict(float)
        for facility, state, recipe, _, t in capacity.runs:
            if facility == self._facility and recipe in self._products:
                unit, tonnes = capacity.unit[facility, recipe], sum(self._products[recipe].values())
                rate = tonnes / capacity.use[facility, recipe] * capacity.available[facility, state, t]
                richest[unit, t] = max(richest[unit, t], rate)
        return sum(
            self._worth(course, t) * years[t] * rate * size[self._facility, unit, t]
            for (unit, t), rate in richest.items()
        )

    def _tonnes(self, solved: Solved, *, used: bool) -> float:
        found = 0.0
        for course in solved.tables:
            values = solved.values[course]
            made: dict[tuple[str, int], float] = defaultdict(float)
            runs = cast("Mapping[RunIndex, float]", values.get("run", {}))
            for (facility, _, recipe, _, t), run in runs.items():
                if facility == self._facility and recipe in self._products:
                    for material, tonnes in self._products[recipe].items():
                        made[material, t] += tonnes * run
            if used:
                kept = self._kept(runs, cast("Mapping[RunIndex, float]", values.get("surplus", {})))
                made = {key: min(tonnes, kept.get(key, math.inf)) for key, tonnes in made.items()}
            found += sum(self._worth(course, t) * tonnes for (_, t), tonnes in made.items())
        return found

    def _kept(self, runs: Mapping[RunIndex, float], surplus: Mapping[RunIndex, float]) -> dict[tuple[str, int], float]:
        """Tonnes of each product, (m, t), made by whomever where this plant's lie, and not thrown away there."""
        instance, places = self._network.instance, self._network.places
        mine = {m for made in self._products.values() for m in made if not instance.materials[m].sell}
        place = {m: places.source(self._facility, m) for m in mine}
        found: dict[tuple[str, int], float] = defaultdict(float)
        for (facility, _, recipe, _, t), run in runs.items():
            for m, tonnes in instance.recipes[recipe].outputs.items():
                if m in place and places.source(facility, m) == place[m]:
                    found[m, t] += tonnes * run
        for (p, m, _, t), tonnes in surplus.items():  # type: ignore[misc]
            if place.get(m) == p:
                found[m, t] -= tonnes
        return {key: max(0.0, tonnes) for key, tonnes in found.items()}

    def _worth(self, course: str, t: int) -> float:
        return self._network.weight[course, t] * self._network.calendar.discount[t]


def _useful(instance: Instance) -> set[str]:
    """Materials that a recipe takes in, a market accepts, a target asks for or somebody buys."""
    found = {
        m for facility in instance.facilities.values() for r in facility.recipes for m in instance.recipes[r].inputs
    }
    for market in instance.markets.values():
        for line in market.demand:
            found |= {line.product, *(line.accepts or ())}
    found |= {target.material for stock in instance.stockpiles.values() for target in stock.targets}
    return found | {name for name, material in instance.materials.items() if material.sell}


def closed(payment: Payment, found: Solved, target: float, paid: Paid) -> tuple[float | None, float | None]:
    """A payment at which an option comes in, and one at which it does not.

    Args:
        payment: which tonnes count.
        found: the cheapest plan with the option, and its bound.
        target: what a plan may cost to be as good, USD.
        paid: solves with a payment.

    Returns:
        USD per t; None where no payment is known that is enough, and where nothing is proved.
    """
    standing = payment.standing(found)

    def over(cost: float, tonnes: float) -> float:
        """USD per t that make up for what a plan costs too much."""
        return (cost - target) / (tonnes - standing) if tonnes - standing > SMALL else math.inf

    comes = math.inf if found.objective is None else over(found.objective, payment.used(found))
    stays = 0.0 if found.bound is None or found.bound <= target else over(found.bound, payment.most(found))
    if stays == 0.0 or math.isinf(stays):  # nothing is proved with no payment, or there is nothing to pay for
        return comes if math.isfinite(comes) else None, None
    least = comes
    """No bound is to be had from here on: paid for all that is made, some plan is as good."""
    for _ in range(TRIES):
        if math.isfinite(least) and least - stays <= CLOSE * least:
            break
        if math.isinf(least):
            at = STEP * stays
        else:
            at = max(least * (1 - CLOSE / 2), stays) if least >= comes * (1 - 1e-9) else math.sqrt(stays * least)
        answer, solved = paid(at, target - at * standing)
        if answer.objective is not None and answer.objective <= target - at * standing:
            made = payment.made(solved)
            cost = answer.objective + at * made
            comes = min(comes, over(cost, payment.used(solved)))
            least = min(at, comes, over(cost, made))
        elif answer.least > target - at * standing:
            stays = at
        else:
            break
    return comes if math.isfinite(comes) else None, stays
