"""Tiers of demand: which market belongs to which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from optimizer.errors import OptionsError
from optimizer.instance.faults import did_you_mean
from optimizer.instance.instance import Instance


def tiers_of(instance: Instance, given: Mapping[str, Sequence[str]] | None) -> tuple[list[str], dict[str, str]]:
    """Tiers, most urgent first, that some market belongs to, and market -> tier.

    Args:
        instance: whose planning case says it where nothing is given.
        given: tier -> markets, which may be patterns.

    Raises:
        OptionsError: with every name that is no market, and every market in two tiers.
    """
    if given is None:
        case = instance.planning_case
        found = {} if case is None else dict(case.tier_of)
        return [tier for tier in (case.demand_tiers if case else ()) if tier in found.values()], found
    found, faults = {}, []
    for tier, patterns in given.items():
        for pattern in patterns:
            matched = [name for name in instance.markets if fnmatchcase(name, pattern)]
            if not matched:
                faults.append(f"tier {tier}: there is no market '{pattern}'; {did_you_mean(pattern, instance.markets)}")
            twice = [name for name in matched if found.setdefault(name, tier) != tier]
            faults += [f"market '{name}' is in two tiers, {found[name]} and {tier}" for name in twice]
    if faults:
        raise OptionsError("; ".join(faults))
    return [tier for tier in given if tier in found.values()], found
