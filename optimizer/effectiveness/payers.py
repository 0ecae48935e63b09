"""Which facilities would not pay their way without an instrument: what that instrument moves, and what it only pays."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from optimizer.network.derive_finance import worth_of
from optimizer.network.starts import Start
from optimizer.network.tables import Network
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

PUBLIC_SHARE = "public share"
"""Stands for the options' own `public_share` of capex."""
CLOSE = 1.0
"""USD by which books may be below nothing, as the verifier and the solver's tolerance have it."""
RELATIVE = 1e-6
"""The same, of what went through the books."""


@dataclass(slots=True)
class Dependence:
    """Who depends on what.

    Attributes:
        needed: instrument, and `PUBLIC_SHARE`, -> facilities whose books end below nothing without it.
        kept: whether the plan has books at all; without them nobody is known to depend on anything.
    """

    needed: dict[str, frozenset[str]] = field(default_factory=dict)
    kept: bool = False


def dependence_of(plan: Plan, network: Network) -> Dependence:
    """Which facilities' books, at the hurdle rate, end below nothing without what an instrument pays them.

    Args:
        plan: with tables.
        network: of its instance.
    """
    finance = plan.instance.finance
    if finance is None:
        return Dependence()
    left: dict[str, float] = defaultdict(float)
    size: dict[str, float] = defaultdict(float)
    pays: dict[tuple[str, str], float] = defaultdict(float)
    for row in rows_of(plan.books):
        left[row.facility] += row.discounted
        size[row.facility] += abs(row.discounted)
        if row.item == "instrument":
            pays[row.instrument, row.facility] += row.discounted
    if finance.viability:
        for row in rows_of(plan.portfolio):
            start = Start(row.facility, row.option, (int(row.funded),))
            share = network.starts.options[row.facility, row.option].public_share
            for year, usd in network.starts.spend(start):
                worth = worth_of(network.calendar, finance.hurdle_rate, year)
                pays[PUBLIC_SHARE, row.facility] += usd * share * worth
    shares = any(name == PUBLIC_SHARE and usd > 0 for (name, _), usd in pays.items())
    payers = [*(one.id for one in finance.instruments), *([PUBLIC_SHARE] if shares else [])]
    needed = {
        name: frozenset(
            facility
            for (payer, facility), usd in pays.items()
            if payer == name and facility in left and left[facility] - usd < -CLOSE - RELATIVE * size[facility]
        )
        for name in payers
    }
    return Dependence(needed, finance.viability)
