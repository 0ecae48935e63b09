"""Network -> Tables of one course."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sized
from typing import Any

from optimizer.network.derive_adjust import adjust_tables
from optimizer.network.derive_capacity import capacity_tables
from optimizer.network.derive_finance import finance_tables
from optimizer.network.derive_flow import flow_tables
from optimizer.network.derive_markets import demand_tables, stock_tables
from optimizer.network.derive_reaction import reaction_tables
from optimizer.network.derive_requalification import requalification_tables
from optimizer.network.derive_residual import bought_back_as_it_counts, residual_tables
from optimizer.network.derive_rules import rule_tables
from optimizer.network.effects import Disruption, Window
from optimizer.network.reactions import inherited
from optimizer.network.starts import Start
from optimizer.network.tables import TRUNK, Network, Tables
from optimizer.network.tables_finance import FinanceTables


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
    residual = residual_tables(network, periods, stock)
    if window is not None and window.restores:
        bought_back_as_it_counts(network, stock, residual)
    flow = flow_tables(network, periods, disruption, capacity, demand, stock)
    rules = rule_tables(network, periods, capacity, demand, disruption)
    reaction = reaction_tables(network, course, capacity, reactions)
    adjust = adjust_tables(network, window, disruption, capacity)
    requalification = requalification_tables(network, window, capacity, demand, stock)
    finance = finance_tables(network, capacity) if window is None else FinanceTables()
    return Tables(
        network, course, periods, window, capacity, flow, demand, stock, residual, rules, reaction, adjust,
        requalification, finance,
    )  # fmt: skip


KEPT = 20_000_000
"""Entries of tables that are kept at once, some 2 GB. A branch of the reference instance has 50,000 and is derived in
some seventy milliseconds, so that very many are better derived again than kept.
"""


class Derived(Mapping[str, Tables]):
    """The tables of every course, derived when asked for; the last up to `KEPT` are kept, and the trunk's."""

    def __init__(self, network: Network) -> None:
        """Derive nothing yet."""
        self._network = network
        self._known: dict[str, Tables] = {}
        self._entries: dict[str, int] = {}
        self._held = 0

    def __getitem__(self, course: str) -> Tables:
        if course not in self._known:
            while self._held > KEPT and len(self._known) > 1:
                gone = next(name for name in self._known if name != TRUNK)
                self._known.pop(gone)
                self._held -= self._entries.pop(gone)
            found = self._known[course] = tables_of(self._network, course)
            if course != TRUNK:
                self._entries[course] = _entries(found)
                self._held += self._entries[course]
        return self._known[course]

    def __contains__(self, course: object) -> bool:
        return course == TRUNK or course in self._network.windows

    def __iter__(self) -> Iterator[str]:
        return iter((TRUNK, *self._network.windows))

    def __len__(self) -> int:
        return 1 + len(self._network.windows)


def _entries(tables: Any) -> int:
    """How many entries the tables of a course have."""
    count = 0
    for item in dataclasses.fields(tables):
        value = getattr(tables, item.name)
        if isinstance(value, Sized) and not isinstance(value, str):
            count += len(value)
        elif dataclasses.is_dataclass(value) and not isinstance(value, Network | Window):
            count += _entries(value)
    return count
