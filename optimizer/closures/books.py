"""Books of a facility in a future: what it earns by period, and what was and is put into it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from optimizer.closures.futures import Key, Tested
from optimizer.closures.operations import Operations
from optimizer.closures.pays import Paid, Payer
from optimizer.network.derive_capital import capital_of, terms_of
from optimizer.network.derive_finance import worth_of
from optimizer.network.starts import Start
from optimizer.network.tables import Network
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Result:
    """What a facility earns in a period, USD; what it pays is negative.

    Attributes:
        period: first year.
        course: whose operations it has.
        sales: at the prices of the future, with what strict users pay above them.
        inputs: at the same.
        activity: with custody and charges.
        fixed: of what stands and is funded.
        paid: by instruments that do not guard a price.
        guarded: by floors and purchases.
        sold: material -> (t, USD per t, at the reference price of the future).
        brought: material -> USD, with what strict users pay above that price.
    """

    period: int
    course: str
    sales: float
    inputs: float
    activity: float
    fixed: float
    paid: float
    guarded: float
    sold: dict[str, tuple[float, float]]
    brought: dict[str, float]

    @property
    def plain(self) -> float:
        """Operating result without floors and purchases."""
        return self.sales + self.inputs + self.activity + self.fixed + self.paid

    @property
    def total(self) -> float:
        """Operating result with all that instruments pay."""
        return self.plain + self.guarded


Money = tuple[tuple[int, float], ...]
"""(calendar year, USD)."""


@dataclass(frozen=True, slots=True)
class Funding:
    """What a funding takes and leaves, and what is given for it, USD.

    Attributes:
        start: the funding.
        shares: of capex that are spent, by year.
        spend: capex less the public share, positive.
        residual: of unexpired life, at the end of the horizon.
        grants: what is granted, as capex is spent.
        debts: what is lent or paid in for shares, and what is paid back, by instrument.
    """

    start: Start
    shares: Money
    spend: Money
    residual: Money
    grants: Money
    debts: tuple[tuple[Money, Money], ...]

    def whole(self) -> Money:
        """All of it, as in the books of the plan."""
        owed = (flow for debt in self.debts for flow in _net(*debt))
        return (*((year, -usd) for year, usd in self.spend), *self.residual, *self.grants, *owed)

    def unspent(self, onset: int) -> float:
        """Share of capex that is spent from a year on."""
        return _from(self.shares, onset)

    def avoidable(self, onset: int) -> Money:
        """What does not come if the facility closes in a year: capex not spent yet, with its part of what it leaves.

        What is lent or paid in before that is owed either way; what would come later is not, nor its part of what is
        paid back.
        """
        later = [
            (tuple(flow for flow in paid if flow[0] >= onset), tuple((year, usd * left) for year, usd in back))
            for paid, back in self.debts
            if (left := _from(paid, onset))
        ]
        share = self.unspent(onset)
        return (
            *((year, -usd) for year, usd in self.spend if year >= onset),
            *((year, usd * share) for year, usd in self.residual if share),
            *((year, usd) for year, usd in self.grants if year >= onset),
            *(flow for debt in later for flow in _net(*debt)),
        )


def _from(flows: Money, onset: int) -> float:
    """Share of money that comes from a year on."""
    all_ = math.fsum(usd for _, usd in flows)
    return math.fsum(usd for year, usd in flows if year >= onset) / all_ if all_ else 0.0


def _net(paid: Money, back: Money) -> Money:
    """What is paid in, less what is paid back."""
    return (*paid, *((year, -usd) for year, usd in back))


@dataclass(slots=True)
class Books:
    """Works out results by facility and future.

    Attributes:
        network: of the plan's instance.
        operations: what is run and sold.
        payer: what instruments pay.
        rate: hurdle rate.
        fundings: facility -> what is funded of it by the plan.
        reacted: the same by branches.
    """

    network: Network
    operations: Operations
    payer: Payer
    rate: float
    fundings: dict[str, list[Funding]] = field(default_factory=lambda: defaultdict(list))
    reacted: dict[str, list[Funding]] = field(default_factory=lambda: defaultdict(list))
    _known: dict[Key, dict[str, Result]] = field(default_factory=dict)

    def worth(self, year: int, onset: int | None = None) -> float:
        """A dollar of a year at the hurdle rate, in those of the base year, or of an onset."""
        found = worth_of(self.network.calendar, self.rate, year)
        return found if onset is None else found / worth_of(self.network.calendar, self.rate, onset)

    def in_future(self, future: Tested) -> tuple[dict[str, list[Result]], dict[int, Paid]]:
        """Results by facility, the periods in order; and what instruments pay in each."""
        paid = self.payer.in_future(future)
        found: dict[str, list[Result]] = defaultdict(list)
        for t in future.path:
            guarded, other = defaultdict[str, float](float), defaultdict[str, float](float)
            for (name, facility), usd in paid[t].items():
                (guarded if name in self.payer.guards else other)[facility] += usd
            for facility, one in self._before_instruments(future.at(t)).items():
                found[facility].append(
                    Result(
                        t, one.course, one.sales, one.inputs, one.activity, one.fixed, other[facility],
                        guarded[facility], one.sold, one.brought,
                    )
                )  # fmt: skip
        return found, paid

    def fundings_in(self, facility: str, future: Tested) -> list[Funding]:
        """What the plan funds, and what the branches fund that a future goes along."""
        own = [one for one in self.reacted[facility] if future.path.get(one.start.year) == one.start.course]
        return [*self.fundings[facility], *own]

    def _before_instruments(self, key: Key) -> dict[str, Result]:
        """Results of a period of every facility that stands, without what instruments pay."""
        if key in self._known:
            return self._known[key]
        course, _, period = key
        at, facilities = (course, period), self.network.instance.facilities
        sales, inputs, activity = (defaultdict[str, float](float) for _ in range(3))
        sold: dict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
        brought: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for sale in self.operations.sales.get(at, ()):
            price = self.payer.prices.at(key, sale.material, facilities[sale.facility].country) or 0.0
            usd = sale.sold * price * (1.0 + self.operations.above(sale, period))
            sales[sale.facility] += usd
            brought[sale.facility][sale.material] += usd
            before, _ = sold[sale.facility].get(sale.material, (0.0, 0.0))
            sold[sale.facility][sale.material] = (before + sale.sold, price)
        for run in self.operations.runs.get(at, ()):
            inputs[run.facility] -= run.run * self.payer.inputs(key, run.recipe, run.facility, run.channel)
            activity[run.facility] -= run.cost
        self._known[key] = {
            name: Result(
                period, course, sales[name], inputs[name], activity[name],
                -self.operations.fixed.get((course, period, name), 0.0), 0.0, 0.0, sold[name], brought[name],
            )
            for name in sorted(self.operations.standing)
        }  # fmt: skip
        return self._known[key]


def books_of(network: Network, plan: Plan, operations: Operations, payer: Payer, rate: float) -> Books:
    """The books of a plan in its futures.

    Args:
        network: of the plan's instance.
        plan: with tables.
        operations: what is run and sold.
        payer: what instruments pay.
        rate: hurdle rate.
    """
    found = Books(network, operations, payer, rate)
    given: dict[tuple[str, str], list[tuple[bool, Money, Money]]] = defaultdict(list)
    instruments = capital_of(network)
    for row in (*rows_of(plan.grants), *rows_of(plan.financing)):
        one = instruments[row.instrument]
        terms = terms_of(network, one, row.facility, row.option, int(row.funded))
        paid, back = (tuple((year, share * row.usd) for year, share in flows) for flows in (terms.paid, terms.back))
        given[row.facility, row.option].append((one.kind == "grant", paid, back))
    for start in operations.planned:
        found.fundings[start.facility].append(_funding(network, start, given[start.facility, start.option]))
    for starts in operations.reacted.values():
        for start in starts:
            found.reacted[start.facility].append(_funding(network, start, ()))
    return found


def _funding(network: Network, start: Start, given: Iterable[tuple[bool, Money, Money]]) -> Funding:
    share = 1.0 - network.starts.options[start.facility, start.option].public_share
    gross = tuple(network.starts.spend(start))
    spend = tuple((year, usd * share) for year, usd in gross)
    end = network.calendar.end_year
    credit = network.starts.credit(start) / network.calendar.discount_of(end)
    listed = list(given)
    return Funding(
        start,
        gross,
        spend,
        ((end, credit),) if credit else (),
        tuple(flow for is_grant, paid, _ in listed if is_grant for flow in paid),
        tuple((paid, back) for is_grant, paid, back in listed if not is_grant),
    )
