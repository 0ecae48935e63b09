"""Which families make which model.

A family is a module with `variables`, `constraints` and `costs`. All variables of all families are declared first, so
families need no order among themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

from optimizer.model import (
    adjust,
    balance,
    budget,
    capacity,
    demand,
    funding,
    funding_rules,
    need,
    output_rules,
    reaction,
    requalification,
    risk,
    stock,
)
from optimizer.model.declare import Costs, Model, new_model
from optimizer.network.needs import Need
from optimizer.network.tables import INVESTMENT, NEEDS, Network, Tables

FIRST: tuple[ModuleType, ...] = (funding, funding_rules)
"""Families of the investment block."""
SECOND: tuple[ModuleType, ...] = (
    capacity,
    balance,
    demand,
    stock,
    output_rules,
    budget,
    reaction,
    adjust,
    requalification,
)
"""Families of a course of operations, trunk or branch."""
IMPLIED: tuple[ModuleType, ...] = (need,)
"""Families whose rows follow from those of the others wherever fundings are whole."""
OVER_FUTURES: tuple[ModuleType, ...] = (risk,)
"""Families over futures."""


def investment(network: Network) -> tuple[Model, Costs]:
    """The investment block and its costs."""
    m = new_model(INVESTMENT)
    for family in FIRST:
        family.variables(m, network)
    for family in FIRST:
        family.constraints(m, network)
    return m, [cost for family in FIRST for cost in family.costs(m, network)]


def operations(tables: Tables) -> tuple[Model, Costs]:
    """The block of one course, trunk or branch, and its costs."""
    m = new_model(tables.course)
    for family in SECOND:
        family.variables(m, tables)
    for family in SECOND:
        family.constraints(m, tables)
    return m, [cost for family in SECOND for cost in family.costs(m, tables)]


def needs(tables: Tables, found: Sequence[Need]) -> Model:
    """The block of needs of the trunk.

    Args:
        tables: of the trunk.
        found: its needs.
    """
    m = new_model(NEEDS)
    need.variables(m, (tables, found))
    need.constraints(m, (tables, found))
    return m


def measure(network: Network, hindsight: Mapping[str, float] | None = None, ceiling: float | None = None) -> Model:
    """The block over futures."""
    m = new_model("risk")
    risk.declare(m, network, hindsight or {}, ceiling)
    return m


def one_future(network: Network, future: str) -> Model:
    """The block of someone who knows which future comes."""
    m = new_model("risk")
    risk.declare_one(m, network, future)
    return m
