"""The measures of a plan, and the plan's instance and portfolio without one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from optimizer.effectiveness.payers import PUBLIC_SHARE, Dependence
from optimizer.errors import OptionsError
from optimizer.evaluation import Portfolio
from optimizer.evaluation.soft import soft_demand, without_books
from optimizer.instance.instance import Instance
from optimizer.instance.movement import DemandLine, Stockpile
from optimizer.instance.series import Series
from optimizer.network.network import facility_facts
from optimizer.network.places import Cell
from optimizer.network.reactions import without_reactions
from optimizer.network.tables import Funding, Network
from optimizer.plan.plan import Plan

GROUPS = ("option", "facility", "stage", "country", "tier")
"""What options may be taken together by."""
RESERVE, WORKING, SUBSTITUTION, REACTIONS = "reserve", "working stock", "substitution", "reactions"
FREE = Series(constant=0.0)
Key = tuple[tuple[Funding, ...], str, str, bool]
"""Fundings, stockpile and product that are affected, and whether branches fund nothing."""
Held = Mapping[tuple[Cell, int], float]
"""(stockpile, material, channel), period -> t."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a plan, and what is taken away to see what it does.

    Attributes:
        kind: reserve, working stock, one of `GROUPS`, kind of an instrument, public share, substitution, reactions.
        id: of it, among those of its kind.
        funded: what it is: fundings that it consists of, or that depend on it.
        gone: fundings that cannot be without it; those, and the ones that can only be built on them.
        store: stockpile.
        swap: product for which other materials serve in some market.
        react: whether it is what branches fund themselves.
    """

    kind: str
    id: str
    funded: tuple[Funding, ...] = ()
    gone: tuple[Funding, ...] = ()
    store: str = ""
    swap: str = ""
    react: bool = False

    @property
    def name(self) -> str:
        """Kind and id."""
        return f"{self.kind} {self.id}".strip()

    @property
    def key(self) -> Key:
        """What is taken away: measures with the same are operated once."""
        return (tuple(sorted(self.gone)), self.store, self.swap, self.react)

    @property
    def idle(self) -> bool:
        """Whether nothing is taken away with it."""
        return self.key == ((), "", "", False)


WHOLE = Measure("nothing", "")
"""Nothing is taken away."""


def measures_of(plan: Plan, network: Network, dependence: Dependence, by: str) -> list[Measure]:
    """Every measure of a plan: stockpiles, fundings, instruments, substitution, reactions.

    Args:
        plan: with tables.
        network: of its instance.
        dependence: which facilities cannot be without which instrument.
        by: what options are taken together by, one of `GROUPS`.

    Raises:
        OptionsError: there are no such groups.
    """
    if by not in GROUPS:
        raise OptionsError(f"by is '{by}'; it is one of {', '.join(GROUPS)}")
    instance = plan.instance
    fundings = Portfolio.of(plan).fundings
    found = [
        Measure(RESERVE if store.release == "disruption" else WORKING, name, store=name)
        for name, store in instance.stockpiles.items()
    ]
    groups: dict[str, list[Funding]] = {}
    for funding in fundings:
        groups.setdefault(_group(network, funding, by), []).append(funding)
    found += [Measure(by, name, tuple(mine), _with_later(instance, fundings, mine)) for name, mine in groups.items()]
    kinds = {one.id: one.kind for one in (() if instance.finance is None else instance.finance.instruments)}
    for payer, facilities in dependence.needed.items():
        gone = tuple(funding for funding in fundings if funding[0] in facilities)
        kind, name = (PUBLIC_SHARE, "capex") if payer == PUBLIC_SHARE else (kinds[payer], payer)
        found.append(Measure(kind, name, gone, gone))
    swaps: dict[str, dict[str, None]] = {}
    for line in (line for market in instance.markets.values() for line in market.demand):
        others = [material for material in line.accepts or () if material != line.product]
        if others:
            swaps.setdefault(line.product, {}).update(dict.fromkeys(others))
    found += [
        Measure(SUBSTITUTION, f"{', '.join(others)} for {product}", swap=product) for product, others in swaps.items()
    ]
    if network.reactions:
        found.append(Measure(REACTIONS, "all", react=True))
    return found


def _group(network: Network, funding: Funding, by: str) -> str:
    facility, option, year = funding
    if by == "option":
        return f"{facility}:{option}"
    if by == "facility":
        return facility
    (found,) = facility_facts(network.instance, network.trust, facility, year)[by]
    return found


def _with_later(instance: Instance, fundings: Iterable[Funding], gone: Iterable[Funding]) -> tuple[Funding, ...]:
    """Fundings with all that can only be built after them."""
    taken = {(facility, option) for facility, option, _ in gone}
    every = list(fundings)
    grown = True
    while grown:
        later = {
            (facility, option)
            for facility, option, _ in every
            for record in instance.facilities[facility].options
            if record.id == option and (facility, record.after) in taken
        }
        grown = not later <= taken
        taken |= later
    return tuple(funding for funding in every if funding[:2] in taken)


def operable(instance: Instance) -> Instance:
    """The instance in which portfolios are operated: at least cost, demand and targets may be short, no books.

    What is missing of a target costs nothing: stock is given.
    """

    def eased(store: Stockpile) -> Stockpile:
        targets = tuple(target.model_copy(update={"shortage_cost": FREE}) for target in store.targets)
        return store.model_copy(update={"targets": targets})

    soft = soft_demand(instance)
    stores = {name: eased(store) for name, store in instance.stockpiles.items()}
    return without_books(soft.model_copy(update={"stockpiles": stores}))


def without(
    instance: Instance, fundings: Iterable[Funding], stock: Held, measure: Measure
) -> tuple[Instance, tuple[Funding, ...], Held]:
    """Instance, fundings and stock without a measure.

    Args:
        instance: from `operable`.
        fundings: of the plan.
        stock: of its trunk.
        measure: what is taken away.
    """
    gone = set(measure.gone)
    left = tuple(funding for funding in fundings if funding not in gone)
    kept = {key: tonnes for key, tonnes in stock.items() if key[0][0] != measure.store}
    if measure.store:
        instance = _without_store(instance, measure.store)
    if measure.swap:
        instance = _without_swap(instance, measure.swap)
    if measure.react:
        instance = without_reactions(instance)
    return instance, left, kept


def _without_store(instance: Instance, name: str) -> Instance:
    """A stockpile that never holds anything."""
    store = instance.stockpiles[name]
    nothing = dict.fromkeys(store.materials, 0.0)
    empty = store.model_copy(update={"targets": (), "initial": {}, "capacity": nothing})
    return instance.model_copy(update={"stockpiles": instance.stockpiles | {name: empty}})


def _without_swap(instance: Instance, product: str) -> Instance:
    """Nothing but itself serves for a product in any market."""

    def strict(line: DemandLine) -> DemandLine:
        return line if line.product != product else line.model_copy(update={"accepts": None})

    markets = {
        name: market.model_copy(update={"demand": tuple(map(strict, market.demand))})
        for name, market in instance.markets.items()
    }
    return instance.model_copy(update={"markets": markets})
