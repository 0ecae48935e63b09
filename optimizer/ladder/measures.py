"""The measures of a plan, taken in one after another: what stands, what is being built, plants, stock, reactions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from optimizer.evaluation import Portfolio
from optimizer.evaluation.soft import soft_demand
from optimizer.instance.instance import Instance
from optimizer.instance.movement import Stockpile
from optimizer.instance.policy import Require
from optimizer.network.network import network_of
from optimizer.network.reactions import without_reactions
from optimizer.plan.plan import Plan

STANDING, BUILDING, PLANTS, WORKING, RESERVE, REACTIONS = (
    "standing", "under construction", "funded plants", "working stock", "reserve", "reactions",
)  # fmt: skip
"""Measures in the order in which they are taken in; the first is none: what is short then is the gross shortfall."""
PLANNED = "as planned"
"""Stands for the plan as it is operated in its own tables."""
ORDER = (STANDING, BUILDING, PLANTS, WORKING, RESERVE, REACTIONS, PLANNED)
"""All of them."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure, with all before it.

    Attributes:
        name: of the measure.
        what: what it adds, in words.
        instance: without targets, with every demand soft, and with the stock that there is.
        held: fundings and stock.
    """

    name: str
    what: str
    instance: Instance
    held: Portfolio


def measures_of(plan: Plan) -> list[Measure]:
    """The measures that a plan has; those that add nothing are left out, but for the first."""
    instance = plan.instance
    whole = Portfolio.of(plan)
    building = _required(instance, whole.fundings)
    stores = instance.stockpiles
    working = {name for name, store in stores.items() if store.release == "always"}
    soft = soft_demand(instance)
    still = without_reactions(soft)
    stock = whole.stock or {}

    def step(name: str, what: str, of: Instance, fundings: Iterable[tuple[str, str, int]], held: set[str]) -> Measure:
        kept = {key: tonnes for key, tonnes in stock.items() if key[0][0] in held}
        return Measure(name, what, _with_stores(of, held), Portfolio(tuple(fundings), kept, name))

    found = [step(STANDING, "what stands, and nothing in stock", still, (), set())]
    if building:
        what = f"{len(building)} options that a rule requires"
        found.append(step(BUILDING, what, still, building, set()))
    if len(building) < len(whole.fundings):
        what = f"{len(whole.fundings) - len(building)} more options"
        found.append(step(PLANTS, what, still, whole.fundings, set()))
    for name, held, before in ((WORKING, working, set[str]()), (RESERVE, set(stores), working)):
        most = max(_held(stock, held - before).values(), default=0.0)
        if most > 0:
            found.append(step(name, f"at most {most:,.0f} t on the trunk", still, whole.fundings, held))
    if network_of(instance).reactions:
        found.append(step(REACTIONS, "what branches fund themselves", soft, whole.fundings, set(stores)))
    return found


def _held(stock: dict[tuple[tuple[str, str, str], int], float], stores: set[str]) -> dict[int, float]:
    """What some stockpiles hold by period, t."""
    found: dict[int, float] = {}
    for (store, period), tonnes in stock.items():
        if store[0] in stores:
            found[period] = found.get(period, 0.0) + tonnes
    return found


def _required(instance: Instance, fundings: Iterable[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """The fundings that a rule requires, with those that must be on line before them."""
    rules = [rule for rule in instance.policy.rules if isinstance(rule, Require)]
    every = {(facility, option): (facility, option, year) for facility, option, year in fundings}
    wanted = {key for key in every for rule in rules if rule.facility == key[0] and rule.option in (None, key[1])}
    waiting = list(wanted)
    while waiting:
        facility, option = waiting.pop()
        before = next(one.after for one in instance.facilities[facility].options if one.id == option)
        if before is not None and (facility, before) not in wanted and (facility, before) in every:
            wanted.add((facility, before))
            waiting.append((facility, before))
    return [funding for key, funding in every.items() if key in wanted]


def _with_stores(instance: Instance, held: set[str]) -> Instance:
    """Without targets; stockpiles that are not held are empty from the first day."""

    def kept(name: str, store: Stockpile) -> Stockpile:
        return store.model_copy(update={"targets": (), "initial": store.initial if name in held else {}})

    return instance.model_copy(
        update={"stockpiles": {name: kept(name, store) for name, store in instance.stockpiles.items()}}
    )
