"""Checks between records: what no single record can be at fault for.

Each check is a function that notes what it finds in `Source.faults`; its docstring is the sentence that must hold.
What was already at fault by itself is left out of the instance, and no check reports it again.
"""

from __future__ import annotations

from optimizer.instance.checks import (
    appropriations,
    balance,
    effects,
    finance,
    geography,
    horizon,
    lists,
    markings,
    options,
    ownership,
    policy,
    prices,
    references,
    stock,
    tree,
)
from optimizer.instance.checks.base import Check
from optimizer.instance.instance import Instance
from optimizer.instance.source import Source

CHECKS: tuple[Check, ...] = (
    *horizon.CHECKS,
    *geography.CHECKS,
    *references.CHECKS,
    *lists.CHECKS,
    *markings.CHECKS,
    *options.CHECKS,
    *ownership.CHECKS,
    *balance.CHECKS,
    *stock.CHECKS,
    *prices.CHECKS,
    *policy.CHECKS,
    *effects.CHECKS,
    *finance.CHECKS,
    *appropriations.CHECKS,
    *tree.CHECKS,
)


def check(source: Source, instance: Instance) -> None:
    """Append every fault between records to the source's faults, in the order of the file.

    Args:
        source: the instance as read; its faults grow.
        instance: what could be made of it.
    """
    before = len(source.faults)
    for one in CHECKS:
        one(source, instance)
    found = source.faults[before:]
    found.sort(key=lambda fault: fault.where)
    source.faults[before:] = list(dict.fromkeys(found))


__all__ = ["CHECKS", "Check", "check"]
