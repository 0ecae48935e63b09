"""Which families make which model.

A family is a module with `variables`, `constraints` and `costs`. All variables of all families are declared first, so
families need no order among themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType

from optimizer.model import (
    adjust,
    appropriations,
    balance,
    budget,
    capacity,
    capital,
    caps,
    demand,
    finance,
    funding,
    funding_rules,
    holding,
    limits,
    need,
    output_rules,
    premium,
    purchase,
    reaction,
    requalification,
    residual,
    risk,
    service,
    stake,
    stock,
)
from optimizer.model.declare import Costs, Key, Model, new_model
from optimizer.network.needs import Need
from optimizer.network.tables import INVESTMENT, NEEDS, Network, Tables

FIRST: tuple[ModuleType, ...] = (funding, funding_rules, capital, holding)
"""Families of the investment block."""
SECOND: tuple[ModuleType, ...] = (
    capacity,
    balance,
    demand,
    stock,
    residual,
    output_rules,
    limits,
    budget,
    appropriations,
    reaction,
    adjust,
    requalification,
    service,
    finance,
    premium,
    stake,
    purchase,
)
"""Families of a course of operations, trunk or branch."""
IMPLIED: tuple[ModuleType, ...] = (need,)
"""Families whose rows follow from those of the others wherever fundings are whole."""
OVER_FUTURES: tuple[ModuleType, ...] = (risk, caps)
"""Families over futures."""

CAPS = "caps"
"""Name of the block of caps on service."""
New = Callable[[str], Model]
"""Name of a block -> an empty model."""


def investment(network: Network, new: New = new_model) -> tuple[Model, Costs]:
    """The investment block and its costs.

    Args:
        network: what all courses share.
        new: what the families are written to: a Pyomo model, or a sheet.
    """
    m = new(INVESTMENT)
    for family in FIRST:
        family.variables(m, network)
    for family in FIRST:
        family.constraints(m, network)
    return m, [cost for family in FIRST for cost in family.costs(m, network)]


def operations(tables: Tables, new: New = new_model) -> tuple[Model, Costs]:
    """The block of one course, trunk or branch, and its costs.

    Args:
        tables: of the course.
        new: what the families are written to: a Pyomo model, or a sheet.
    """
    m = new(tables.course)
    for family in SECOND:
        family.variables(m, tables)
    for family in SECOND:
        family.constraints(m, tables)
    return m, [cost for family in SECOND for cost in family.costs(m, tables)]


def needs(tables: Tables, found: Sequence[Need], new: New = new_model) -> tuple[Model, Costs]:
    """The block of needs of the trunk; it costs nothing.

    Args:
        tables: of the trunk.
        found: its needs.
        new: what the families are written to: a Pyomo model, or a sheet.
    """
    m = new(NEEDS)
    need.variables(m, (tables, found))
    need.constraints(m, (tables, found))
    return m, []


def service_caps(
    network: Network, most: Mapping[str, float], columns: Mapping[str, list[Key]], new: New = new_model
) -> tuple[Model, Costs]:
    """The block that keeps the service of the levels before; it costs nothing.

    Args:
        network: what all courses share.
        most: channel -> expected t short at most.
        columns: course -> its columns of tonnes short by channel and period.
        new: what the families are written to: a Pyomo model, or a sheet.
    """
    m = new(CAPS)
    caps.declare(m, network, most, columns)
    return m, []


def measure(
    network: Network,
    hindsight: Mapping[str, float] | None = None,
    ceiling: float | None = None,
    new: New = new_model,
) -> tuple[Model, Costs]:
    """The block over futures; it costs nothing besides theirs.

    Args:
        network: what all courses share.
        hindsight: each future's own optimum, for regret.
        ceiling: for the second pass, the measure's value at most.
        new: what the families are written to: a Pyomo model, or a sheet.
    """
    m = new("risk")
    risk.declare(m, network, hindsight or {}, ceiling)
    return m, []


def one_future(network: Network, future: str, new: New = new_model) -> tuple[Model, Costs]:
    """The block of someone who knows which future comes."""
    m = new("risk")
    risk.declare_one(m, network, future)
    return m, []
