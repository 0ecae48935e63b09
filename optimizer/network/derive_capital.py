"""Who may be given what for capex, and what a dollar of it is, year by year: paid, paid back, owed, and its cost."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from optimizer.instance.finance import MILLION, Capital, Equity, Grant, Loan, Stake
from optimizer.network.derive_finance import may_pay_for, may_receive
from optimizer.network.derive_purchase import few_sellers, may_sell
from optimizer.network.starts import Start
from optimizer.network.tables import Network

CapitalIndex = tuple[str, str, str, int]
"""(instrument, facility, option, period of funding)."""
Flows = tuple[tuple[int, float], ...]
"""(calendar year, dollars for a dollar given)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a dollar from an instrument means for one funding.

    Attributes:
        paid: to the plant, as the capex is spent.
        back: from the plant, if nothing is lost.
        owed: by the plant at the end of a year, while it is.
        cost: to the government, for a dollar paid to the plant; never less than 0.
        public: share of what is owed that the government stands to lose.
    """

    paid: Flows
    back: Flows
    owed: Flows
    cost: float
    public: float

    @property
    def outlay(self) -> Flows:
        """What the government is charged, in the years in which it is paid to the plant."""
        return tuple((year, share * self.cost) for year, share in self.paid if share * self.cost)

    @property
    def flows(self) -> Flows:
        """What the plant has of it by year, net."""
        found: dict[int, float] = {}
        for sign, flows in ((1.0, self.paid), (-1.0, self.back)):
            for year, share in flows:
                found[year] = found.get(year, 0.0) + sign * share
        return tuple(sorted(found.items()))


def capital_of(n: Network) -> dict[str, Capital]:
    """The instruments that pay for capex."""
    finance = n.instance.finance
    return {} if finance is None else {one.id: one for one in finance.instruments if isinstance(one, Capital)}


def given(n: Network) -> list[CapitalIndex]:
    """What may be given: by each instrument, to each funding that is eligible and costs something."""
    return [
        (i, f, o, t)
        for i, one in capital_of(n).items()
        for (f, o), years in n.starts.years.items()
        for t in years
        if n.starts.options[f, o].capex > 0 and may_pay_for(n, one, f, t)
        if not isinstance(one, Stake) or _may_be_shared(n, f, o)
    ]


def most_given(n: Network, instrument: Capital, facility: str, option: str) -> float:
    """M USD that an instrument gives for an option at most; a stake gives it exactly."""
    record = n.starts.options[facility, option]
    share = instrument.paid * (1.0 - record.public_share) if isinstance(instrument, Stake) else instrument.max_share
    return share * record.capex / MILLION


def _may_be_shared(n: Network, facility: str, option: str) -> bool:
    """Whether a stake may be in an option: some of its capex is private, and books are kept of what it earns."""
    finance = n.instance.finance
    return finance is not None and finance.viability and n.starts.options[facility, option].public_share < 1.0


def stakes_of(n: Network) -> dict[str, Stake]:
    """The instruments that have a share of what a facility earns."""
    return {i: one for i, one in capital_of(n).items() if isinstance(one, Stake)}


def may_hold(n: Network) -> list[tuple[str, str]]:
    """(instrument, facility) of stakes that may be taken."""
    stakes = stakes_of(n)
    return list(dict.fromkeys((i, f) for i, f, _, _ in given(n) if i in stakes))


def excluded(n: Network) -> list[tuple[str, str]]:
    """Pairs of instruments that nobody takes both of, in the order of the file."""
    finance = n.instance.finance
    named = () if finance is None else finance.instruments
    apart = {frozenset((one.id, other)) for one in named for other in getattr(one, "not_with", ())}
    return [(one.id, other.id) for one, other in combinations(named, 2) if {one.id, other.id} in apart]


def recipients(n: Network) -> list[tuple[str, str]]:
    """(i, f) whose choice is a decision: of instruments that choose, and of others where an exclusion asks."""
    asked = {i for pair in excluded(n) for i in pair}
    found = (
        [(i, f) for i, f, _, _ in given(n) if i in asked]
        + may_hold(n)
        + [pair for pair in may_sell(n) if pair[0] in asked]
    )
    return list(dict.fromkeys([*found, *may_receive(n), *few_sellers(n)]))


def terms_of(network: Network, instrument: Capital, facility: str, option: str, period: int) -> Terms:
    """The terms of an instrument for an option that is funded at the beginning of a period."""
    start = Start(facility, option, (period,))
    capex = network.starts.options[facility, option].capex
    paid = tuple((year, usd / capex) for year, usd in network.starts.spend(start))
    if isinstance(instrument, Grant):
        return Terms(paid, (), (), 1.0, 0.0)
    if isinstance(instrument, Stake):
        return Terms(paid, _left(network, instrument, start), (), 1.0, 0.0)
    last = max(year for year, _ in paid)
    ready = max(network.starts.online(start), last)  # of the first of it the year after, and not before all is paid
    due = max(network.calendar.end_year, last)
    if isinstance(instrument, Loan):
        back, owed = _loan(instrument, dict(paid), ready, due)
    else:
        back, owed = _shares(instrument, dict(paid), ready, due)
    rate = network.calendar.rate
    given = _worth(paid, rate, period)
    repaid = _worth(back, rate, period)
    expected = (1.0 - instrument.expected_loss) * repaid
    cost, public = max(0.0, 1.0 - expected / given), 1.0
    if isinstance(instrument, Loan) and instrument.lender == "private":
        public = instrument.guarantee or 0.0
        cost = instrument.expected_loss * public * repaid / given
    return Terms(paid, back, owed, cost, public)


def _left(network: Network, stake: Stake, start: Start) -> Flows:
    """A stake's share of what an option it paid for is worth at the horizon's end, for a dollar paid in."""
    record, calendar = network.starts.options[start.facility, start.option], network.calendar
    left = network.starts.credit(start) / calendar.discount_of(calendar.end_year)
    each = stake.share * left / (stake.paid * (1.0 - record.public_share) * record.capex)
    return ((calendar.end_year, each),) if each else ()


def _worth(flows: Iterable[tuple[int, float]], rate: float, year: int) -> float:
    """Worth in a year of later flows, each by its own year.

    Source: Federal Credit Reform Act of 1990, cost as net present value at the time of disbursement. Periods of several
    years do not matter here: they would have repayments come sooner than they do.
    """
    return math.fsum(share * (1.0 + rate) ** -(when - year) for when, share in flows)


def _loan(loan: Loan, paid: dict[int, float], ready: int, due: int) -> tuple[Flows, Flows]:
    """Repayments, and what is owed: interest is added to the principal until the first, and all is due at the end."""
    growth = 1.0 + loan.rate
    annuity = loan.rate / (1.0 - growth**-loan.term) if loan.rate else 1.0 / loan.term
    back: list[tuple[int, float]] = []
    owed: list[tuple[int, float]] = []
    left = each = 0.0
    for year in range(min(paid), due + 1):
        left = left * growth + paid.get(year, 0.0)
        if year == ready + 1:
            each = left / growth * annuity
        repaid = left if year == due or year == ready + loan.term else each
        left -= repaid
        if repaid:
            back.append((year, repaid))
        if left <= 0:
            left = 0.0
        else:
            owed.append((year, left))
        if year >= ready + loan.term:
            break
    return tuple(back), tuple(owed)


def _shares(shares: Equity, paid: dict[int, float], ready: int, due: int) -> tuple[Flows, Flows]:
    """Dividends and redemption at par, and what is not redeemed yet."""
    ends = min(ready + shares.redeemed, due)
    back: list[tuple[int, float]] = []
    owed: list[tuple[int, float]] = []
    whole = 0.0
    for year in range(min(paid), ends + 1):
        whole += paid.get(year, 0.0)
        each = shares.dividend * whole if year > ready else 0.0
        if year == ends:
            each += whole
        else:
            owed.append((year, whole))
        if each:
            back.append((year, each))
    return tuple(back), tuple(owed)
