"""Network -> Tables of one course."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from optimizer.network.derive_adjust import adjust_tables
from optimizer.network.derive_capacity import capacity_tables
from optimizer.network.derive_finance import finance_tables
from optimizer.network.derive_flow import flow_tables
from optimizer.network.derive_markets import demand_tables, stock_tables
from optimizer.network.derive_reaction import reaction_tables
from optimizer.network.derive_requalification import requalification_tables
from optimizer.network.derive_rules import rule_tables
from optimizer.network.effects import Disruption
from optimizer.network.reactions import inherited
from optimizer.network.starts import Start
from optimizer.network.tables import TRUNK, FinanceTables, Network, Tables


def tables_of(network: Network, course: str = TRUNK, disruption: Disruption | None = None) -> Tables:
    """The tables of the trunk, or of a scenario's branch.

    Args:
        network: what all courses share.
        course: `trunk`, or the id of a scenario with effects.
        disruption: what happens in the branch; by default what its scenario says.

    Raises:
        KeyError: no scenario with effects has this id.
    """
    window = None if course == TRUNK else network.windows[course]
    periods = network.calendar.periods if window is None else window.periods
    if window is not None and disruption is None:
        disruption = Disruption(network.calendar, window.effects)
    reactions: list[Start] = []
    if window is not None:
        reactions = [*network.reactions.get(course, ()), *inherited(network.reactions, network.windows, course)]
    capacity = capacity_tables(network, periods, disruption, reactions)
    demand = demand_tables(network, periods, disruption)
    stock = stock_tables(network, periods, disruption, course)
    flow = flow_tables(network, periods, disruption, capacity, demand, stock)
    rules = rule_tables(network, periods, capacity, trunk=window is None)
    reaction = reaction_tables(network, course, capacity, reactions)
    adjust = adjust_tables(network, window, disruption, capacity)
    requalification = requalification_tables(network, window, capacity, demand, stock)
    finance = finance_tables(network, capacity) if window is None else FinanceTables()
    return Tables(
        network, course, periods, window, capacity, flow, demand, stock, rules, reaction, adjust, requalification,
        finance,
    )  # fmt: skip


KEPT = 2000
"""Branches whose tables are kept at once. Each takes a megabyte or so and is derived in some ten milliseconds, so that
very many are better derived again than kept.
"""


class Derived(Mapping[str, Tables]):
    """The tables of every course, each derived when it is asked for; the last `KEPT` are kept, and the trunk's."""

    def __init__(self, network: Network) -> None:
        """Derive nothing yet."""
        self._network = network
        self._known: dict[str, Tables] = {}

    def __getitem__(self, course: str) -> Tables:
        if course not in self._known:
            if len(self._known) > KEPT:
                self._known.pop(next(name for name in self._known if name != TRUNK))
            self._known[course] = tables_of(self._network, course)
        return self._known[course]

    def __contains__(self, course: object) -> bool:
        return course == TRUNK or course in self._network.windows

    def __iter__(self) -> Iterator[str]:
        return iter((TRUNK, *self._network.windows))

    def __len__(self) -> int:
        return 1 + len(self._network.windows)
