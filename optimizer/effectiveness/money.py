"""What governments pay for each measure, and the capacity that it adds."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from optimizer.effectiveness.fiscal import BY_YEAR, CAPEX, STOCKPILE, Outlay
from optimizer.effectiveness.measure import GROUPS, RESERVE, WORKING, Measure
from optimizer.effectiveness.payers import PUBLIC_SHARE
from optimizer.instance.fields import WHOLE
from optimizer.instance.finance import Purchase
from optimizer.network.derive import tables_of
from optimizer.network.starts import Start
from optimizer.network.tables import TRUNK, Funding, Network
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Payment:
    """What governments pay for a measure by one appropriation, or by none.

    Attributes:
        appropriation: that pays; empty where none does.
        usd: undiscounted.
        discounted: USD of the base year.
    """

    appropriation: str
    usd: float
    discounted: float


@dataclass(frozen=True, slots=True)
class Added:
    """Capacity that a measure adds at one stage.

    Attributes:
        stage: of the recipes that run on it.
        materials: of that stage, that these make.
        options: how many add some.
        capacity: units of capacity_use a year; t of the main product where a tonne of it takes one.
        capex: USD of these options, undiscounted.
        discounted: USD of it that governments pay, discounted.
    """

    stage: str
    materials: str
    options: int
    capacity: float
    capex: float
    discounted: float


class Payments:
    """Who is paid for what, by the lines of a plan's outlay."""

    def __init__(self, plan: Plan, network: Network, lines: Iterable[Outlay]) -> None:
        """Read the plan.

        Args:
            plan: with tables.
            network: of its instance.
            lines: all of its outlay.
        """
        self._plan, self._network, self._lines = plan, network, list(lines)
        finance = plan.instance.finance
        every = () if finance is None else finance.instruments
        self._fills = {one.id: one.stockpile for one in every if isinstance(one, Purchase)}
        funded = {(row.facility, row.option): int(row.funded) for row in rows_of(plan.portfolio)}
        capacity = tables_of(network).capacity
        self._stands: dict[tuple[str, int], float] = defaultdict(float)
        for (f, _, t), size in capacity.existing.items():
            self._stands[f, t] += size
        self._adds: dict[tuple[str, int], dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for (f, _, t), terms in capacity.sizes.items():
            for start, size in terms:
                if funded.get((f, start.option)) == start.year:
                    self._adds[f, t][start.option] += size

    def of(self, measure: Measure) -> list[Payment]:
        """What governments pay for a measure, by appropriation."""
        usd: dict[str, float] = defaultdict(float)
        discounted: dict[str, float] = defaultdict(float)
        for appropriation, some, worth in self._paid(measure):
            usd[appropriation] += some
            discounted[appropriation] += worth
        return [Payment(name, usd[name], discounted[name]) for name in sorted(usd)]

    def windfall(self, measure: Measure, needed: frozenset[str]) -> float:
        """What an instrument pays to who does not depend on it, discounted USD."""
        return math.fsum(line.discounted for line in self._lines if _by(line, measure) and line.recipient not in needed)

    def _paid(self, measure: Measure) -> Iterable[tuple[str, float, float]]:
        if measure.react:
            yield from self._reacted()
            return
        for line in self._lines:
            if measure.kind in (RESERVE, WORKING):
                share = float(self._of_store(line, measure.store))
            elif measure.kind in GROUPS:
                share = math.fsum(self._share(line, funding) for funding in measure.funded)
            else:
                share = float(_by(line, measure))
            if share:
                yield line.appropriation, share * line.usd, share * line.discounted

    def _of_store(self, line: Outlay, store: str) -> bool:
        if line.account == STOCKPILE:
            return line.recipient == store
        return line.account == "purchase" and self._fills.get(line.instrument) == store

    def _share(self, line: Outlay, funding: Funding) -> float:
        """Share of a line that is paid for a funding.

        What is paid for capex names the option. What is paid for output, and what a stake bears, is the facility's:
        each option has its share of the facility's capacity in the period, and what stood already has the rest.
        """
        facility, option, _ = funding
        if line.account == STOCKPILE or line.recipient != facility:
            return 0.0
        if line.item and line.account in BY_YEAR:
            return float(line.item == option)
        period = self._network.calendar.period_of(line.year)
        if period is None:
            return 0.0
        adds = self._adds[facility, period]
        whole = self._stands[facility, period] + math.fsum(adds.values())
        return adds.get(option, 0.0) / whole if whole > 0 else 0.0

    def _reacted(self) -> Iterable[tuple[str, float, float]]:
        """Expected outlay of what branches fund themselves."""
        network = self._network
        for row in rows_of(self._plan.reactions):
            start = Start(row.facility, row.option, (int(row.funded),), row.scenario)
            share = network.starts.options[row.facility, row.option].public_share
            share *= network.weight.get((row.scenario, int(row.funded)), 0.0)
            for year, usd in network.starts.spend(start):
                yield "", usd * share, usd * share * network.calendar.discount_of(year)

    def added(self, funded: Iterable[Funding]) -> list[Added]:
        """Capacity of some fundings by stage.

        An integrated option counts at the stage of its facility, as far as it adds to that; another at the stages of
        its units.
        """
        found: dict[str, list[tuple[Funding, float, tuple[str, ...]]]] = defaultdict(list)
        for funding in funded:
            by_stage = self._units(funding)
            mine = self._network.instance.facilities[funding[0]].stage
            for stage in [mine] if mine in by_stage else by_stage:
                found[stage].append((funding, *by_stage[stage]))
        out = []
        for stage, parts in found.items():
            names = dict.fromkeys(material for _, _, materials in parts for material in materials)
            options = [self._network.starts.options[funding[:2]] for funding, _, _ in parts]
            paid = math.fsum(
                self._share(line, funding) * line.discounted for line in self._lines for funding, _, _ in parts
            )
            size, capex = math.fsum(part[1] for part in parts), math.fsum(option.capex for option in options)
            out.append(Added(stage, ";".join(names), len(parts), size, capex, paid))
        return out

    def _units(self, funding: Funding) -> dict[str, tuple[float, tuple[str, ...]]]:
        """Stage -> what a funding adds to it, and the materials that are made on that."""
        facility, option, _ = funding
        instance, unit_of = self._network.instance, tables_of(self._network).capacity.unit
        found: dict[str, tuple[float, tuple[str, ...]]] = {}
        for unit, size in self._network.starts.options[facility, option].capacity.items():
            recipes = [r for r in instance.facilities[facility].recipes if unit in (unit_of[facility, r], WHOLE)]
            if size <= 0 or not recipes:
                continue
            stages = [instance.recipes[r].stage for r in recipes]
            own_stage = instance.facilities[facility].stage
            stage = own_stage if own_stage in stages else stages[-1]
            made = [material for r in recipes for material in instance.recipes[r].outputs]
            own = [material for material in made if instance.materials[material].stage == stage]
            before = found.get(stage, (0.0, ()))
            found[stage] = (before[0] + size, (*before[1], *(own or made)))
        return found

    def held(self, store: str) -> float:
        """The most tonnes that a stockpile has on the trunk at the end of a period."""
        mine: dict[int, float] = defaultdict(float)
        for row in rows_of(self._plan.stock):
            if row.scenario == TRUNK and row.stockpile == store:
                mine[int(row.period)] += float(row.closing)
        return max(mine.values(), default=0.0)


def _by(line: Outlay, measure: Measure) -> bool:
    """Whether a line is paid by the instrument that a measure is."""
    if measure.kind == PUBLIC_SHARE:
        return line.account == CAPEX
    return line.account == measure.kind and line.instrument == measure.id
