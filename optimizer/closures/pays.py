"""What instruments pay for output at the prices of a future: those of the instance, and floors that are asked."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from optimizer.closures.asked import ALL, FUNDED, Floor
from optimizer.closures.futures import Key, Prices, Tested
from optimizer.closures.operations import Operations, Sale
from optimizer.instance.finance import CostCredit, Decidable, Depletion, Instrument, PerTonne, PriceFloor, Purchase
from optimizer.network.derive_finance import per_tonne
from optimizer.network.derive_markets import factor_at
from optimizer.network.derive_purchase import above_reference, paid_in, purchases_of
from optimizer.network.eligible import eligible
from optimizer.network.tables import TRUNK, Network
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

Paid = dict[tuple[str, str], float]
"""(instrument, facility) -> USD of a period; negative where the government has a share in the price."""


@dataclass(frozen=True, slots=True)
class Bought:
    """What a purchase takes of a seller in a period.

    Attributes:
        tonnes: t.
        usd: above the price that the stockpile pays anyway on the trunk.
        years: calendar years in which it buys, evenly.
        worth: t times what a stockpile's channel is dearer than the reference price: what moves with that price.
    """

    tonnes: float
    usd: float
    years: frozenset[int]
    worth: float


@dataclass(slots=True)
class Payer:
    """Knows what every instrument pays.

    Attributes:
        network: of the plan's instance.
        operations: what is run and sold.
        prices: of each course and crash.
        floors: that are asked beside the instance's.
        recipients: whom these pay: `funded`, `all`, or tiers.
        chosen: (instrument, facility) of those that choose.
        bought: period, (instrument, facility, state, material) -> what purchases take.
    """

    network: Network
    operations: Operations
    prices: Prices
    floors: tuple[Floor, ...]
    recipients: tuple[str, ...]
    chosen: frozenset[tuple[str, str]]
    bought: Mapping[int, Mapping[tuple[str, str, str, str], Bought]]
    _shares: dict[tuple[str, str, str, int], float] = field(default_factory=dict)
    _known: dict[Key, Paid] = field(default_factory=dict)

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """Those of the instance."""
        finance = self.network.instance.finance
        return () if finance is None else finance.instruments

    @property
    def kinds(self) -> dict[str, str]:
        """Kind of each that pays for output, the instance's first."""
        mine: dict[str, str] = {
            one.id: one.kind for one in self.instruments if isinstance(one, PerTonne | CostCredit | Purchase)
        }
        return mine | {floor.name: "price_floor" for floor in self.floors}

    @property
    def guards(self) -> frozenset[str]:
        """Those that pay what a price is below something: floors and purchases. The test leaves them out and in."""
        mine = {one.id for one in self.instruments if isinstance(one, PriceFloor | Purchase)}
        return frozenset(mine | {floor.name for floor in self.floors})

    def in_future(self, future: Tested) -> dict[int, Paid]:
        """What is paid by period; who has a cap is paid until it is reached, in a period all in proportion."""
        found = {t: dict(self.at(future.at(t))) for t in future.path}
        uncapped = {t: dict(paid) for t, paid in found.items()}
        for one in self.instruments:
            if not isinstance(one, Decidable | Purchase):
                continue
            cap = one.cap
            if one.cap_per_recipient is not None:
                self._within_each(one.id, one.cap_per_recipient, found)
            left = math.inf if cap is None else cap
            for paid in found.values() if cap is not None else ():
                mine = {key: usd for key, usd in paid.items() if key[0] == one.id and usd > 0}
                asked = math.fsum(mine.values())
                # A plan keeps its cap but for a solver's tolerance, which takes nothing off.
                if asked > left * (1.0 + 1e-6):
                    paid.update({key: usd * left / asked for key, usd in mine.items()})
                left = max(0.0, left - asked)
        for t, paid in found.items() if self.floors else ():
            self._of_asked(future.at(t), uncapped[t], paid)
        return found

    @staticmethod
    def _within_each(name: str, cap: float, found: dict[int, Paid]) -> None:
        """A facility is paid until its own cap is reached."""
        left: dict[str, float] = {}
        for paid in found.values():
            for key, usd in [(key, usd) for key, usd in paid.items() if key[0] == name and usd > 0]:
                room = left.get(key[1], cap)
                if usd > room * (1.0 + 1e-6):
                    paid[key] = room
                left[key[1]] = max(0.0, room - usd)

    def at(self, key: Key) -> Paid:
        """What the instance's instruments pay in a period with its operations and prices, caps aside."""
        if key not in self._known:
            found: Paid = defaultdict(float)
            for sale in self.operations.sales.get((key[0], key[2]), ()):
                self._of_sale(key, sale, found)
            self._of_runs(key, found)
            if key[0] == TRUNK:
                self._of_purchases(key, found)
            self._known[key] = {index: usd for index, usd in found.items() if usd}
        return self._known[key]

    def _of_sale(self, key: Key, sale: Sale, found: Paid) -> None:
        country, period = self.network.instance.facilities[sale.facility].country, key[2]
        price = self.prices.at(key, sale.material, country)
        for one in self._by_tonne(sale):
            usd = self._each(one, sale, period, price)
            if isinstance(one, Depletion):  # it is on gross income, all else on the index
                usd *= 1.0 + self.operations.above(sale, period)
            found[one.id, sale.facility] += usd * sale.sold

    def _by_tonne(self, sale: Sale) -> Iterator[PerTonne]:
        """Instruments that may pay for a sale by the tonne."""
        for one in self.instruments:
            if not isinstance(one, PerTonne):
                continue
            if isinstance(one, Decidable) and one.decided and (one.id, sale.facility) not in self.chosen:
                continue
            yield one

    def _each(self, one: PerTonne, sale: Sale, period: int, price: float | None) -> float:
        """What an instrument pays for a tonne of a sale, caps aside, USD."""
        each = per_tonne(self.network, one, sale.material, sale.channel, period, price)
        return self._share(one, sale.facility, sale.state, period) * each if each else 0.0

    def _of_asked(self, key: Key, uncapped: Paid, paid: Paid) -> None:
        """What asked floors pay: what the instance's floors leave, within their caps, of tonnes that no purchase takes.

        Args:
            key: operations and prices.
            uncapped: what the instance's instruments would pay without caps.
            paid: what they pay; to which it is added.
        """
        period = key[2]
        taken: dict[tuple[str, str, str], float] = defaultdict(float)
        if key[0] == TRUNK:
            for (_, facility, state, material), bought in self.bought.get(period, {}).items():
                taken[facility, state, material] += bought.tonnes
        sales = self.operations.sales.get((key[0], period), ())
        of: dict[tuple[str, str, str], float] = defaultdict(float)
        for sale in sales:
            of[sale.facility, sale.state, sale.material] += sale.sold
        floors = {floor.material: floor for floor in self.floors}
        for sale in sales:
            country = self.network.instance.facilities[sale.facility].country
            floor, price = floors.get(sale.material), self.prices.at(key, sale.material, country)
            reference = self.prices.reference(sale.material, country, period)
            if floor is None or price is None or reference is None or not sale.sold:
                continue
            guarded = price
            for one in self._by_tonne(sale):
                index = (one.id, sale.facility)
                usd = self._each(one, sale, period, price) if isinstance(one, PriceFloor) else 0.0
                if usd > 0:
                    guarded += usd * (paid[index] / uncapped[index] if uncapped.get(index) else 1.0)
            missing = max(0.0, floor.at(reference) - guarded)
            share = self._asked_share(sale.facility, period) if missing else 0.0
            made = (sale.facility, sale.state, sale.material)
            free = sale.sold * max(0.0, 1.0 - taken.get(made, 0.0) / of[made])
            if usd := share * missing * free:
                paid[floor.name, sale.facility] = paid.get((floor.name, sale.facility), 0.0) + usd

    def _of_runs(self, key: Key, found: Paid) -> None:
        instance, period = self.network.instance, key[2]
        credits = [one for one in self.instruments if isinstance(one, CostCredit)]
        for run in self.operations.runs.get((key[0], period), ()) if credits else ():
            recipe = instance.recipes[run.recipe]
            for one in credits:
                if recipe.stage not in one.stage:
                    continue
                share = self._share(one, run.facility, run.state, period)
                share *= self.network.calendar.mean(one.share, period)
                cost = run.cost * ("activity" in one.counts)
                if "inputs" in one.counts:
                    cost += run.run * self.inputs(key, run.recipe, run.facility, run.channel)
                found[one.id, run.facility] += share * cost

    def _of_purchases(self, key: Key, found: Paid) -> None:
        """The price is kept: what the reference price falls is paid above it, and nobody sells for less than it."""
        for (name, facility, _, material), one in self.bought.get(key[2], {}).items():
            country = self.network.instance.facilities[facility].country
            before = self.prices.reference(material, country, key[2]) or 0.0
            now = self.prices.over(key, material, country, one.years)
            found[name, facility] += max(0.0, one.usd + one.worth * (before - now))

    def inputs(self, key: Key, recipe: str, facility: str, channel: str) -> float:
        """USD of inputs per unit of activity in a channel; what has no price costs nothing, and is named elsewhere."""
        country = self.network.instance.facilities[facility].country
        inputs = self.network.instance.recipes[recipe].inputs
        return math.fsum(
            each * (self.prices.at(key, m, country) or 0.0) * factor_at(self.network, m, channel, key[2])
            for m, each in inputs.items()
        )

    def _share(self, one: Instrument, facility: str, state: str, period: int) -> float:
        """Share of a period in which a facility is eligible."""
        index = (one.id, facility, state, period)
        if index not in self._shares:
            record = next(each for each in self.network.trust.states[facility] if each.id == state)
            self._shares[index] = eligible(self.network, one, facility, record, period)
        return self._shares[index]

    def _asked_share(self, facility: str, period: int) -> float:
        """As `_share`, of floors that are asked."""
        if ALL in self.recipients or (FUNDED in self.recipients and facility in self.operations.funded):
            return 1.0
        country, trust = self.network.instance.facilities[facility].country, self.network.trust
        return self.network.calendar.mean_of(period, lambda year: float(trust.tier(country, year) in self.recipients))

    def paid_by(self, floor: Floor) -> bool:
        """Whether anybody whom asked floors pay makes what this one is on."""
        return any(
            sale.material == floor.material and self._asked_share(sale.facility, period) > 0
            for (_, period), sales in self.operations.sales.items()
            for sale in sales
        )


def payer_of(
    network: Network, plan: Plan, operations: Operations, prices: Prices, floors: Iterable[Floor], to: tuple[str, ...]
) -> Payer:
    """Who knows what instruments pay in a plan.

    Args:
        network: of the plan's instance.
        plan: with tables.
        operations: what is run and sold.
        prices: of each course and crash.
        floors: that are asked.
        to: whom these pay.
    """
    chosen = frozenset((row.instrument, row.facility) for row in rows_of(plan.recipients))
    bought: dict[int, dict[tuple[str, str, str, str], Bought]] = defaultdict(dict)
    by_id = {one.id: one for one in purchases_of(network)}
    for row in rows_of(plan.purchases):
        index, period = (row.instrument, row.facility, row.state, row.material), int(row.period)
        country = network.instance.facilities[row.facility].country
        reference = prices.reference(row.material, country, period)
        assert reference is not None  # it is bought above it
        purchase = by_id[row.instrument]
        factor = factor_at(network, row.material, paid_in(network, purchase, row.channel), period)
        years = above_reference(network, purchase, row.facility, row.state, period, reference * factor)
        before = bought[period].get(index, Bought(0.0, 0.0, frozenset(), 0.0))
        tonnes, usd, worth = before.tonnes + row.tonnes, before.usd + row.usd, before.worth + row.tonnes * factor
        bought[period][index] = Bought(tonnes, usd, before.years | frozenset(years), worth)
    return Payer(network, operations, prices, tuple(floors), to, chosen, bought)
