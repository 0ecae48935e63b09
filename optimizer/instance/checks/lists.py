"""Lists that name something twice would count it twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.instance.checks.base import listed
from optimizer.instance.instance import Instance
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path

_RULE_LISTS = ("materials", "elements", "markets", "countries", "facilities")


def _lists(source: Source, instance: Instance) -> Iterator[tuple[Path, Sequence[str] | None]]:
    yield ("domestic",), instance.domestic
    for name, recipe in instance.recipes.items():
        yield ("recipes", name, "channels"), recipe.channels
    for name, facility in instance.facilities.items():
        for path, claim in listed(source, ("facilities", name, "claims"), facility.claims):
            yield (*path, "materials"), claim.materials
    for name, channel in instance.channels.items():
        yield ("channels", name, "tiers"), channel.tiers
    for name, market in instance.markets.items():
        for path, line in listed(source, ("markets", name, "demand"), market.demand):
            yield (*path, "accepts"), line.accepts
    for region, countries in (instance.logistics.regions or {}).items():
        yield ("logistics", "regions", region), countries
    for name, stockpile in instance.stockpiles.items():
        yield ("stockpiles", name, "channels"), stockpile.channels
        yield ("stockpiles", name, "materials"), stockpile.materials
        for path, target in listed(source, ("stockpiles", name, "targets"), stockpile.targets):
            yield (*path, "of"), target.of
    for path, rule in listed(source, ("policy", "rules"), instance.policy.rules):
        for key in _RULE_LISTS:
            yield (*path, key), getattr(rule, key, None)


def lists_name_nothing_twice(source: Source, instance: Instance) -> None:
    """A list names nothing twice."""
    for path, items in _lists(source, instance):
        seen: set[str] = set()
        for index, item in enumerate(items or ()):
            if item in seen:
                source.fault((*path, index), f"'{item}' is listed twice", "list it once")
            seen.add(item)


CHECKS = (lists_name_nothing_twice,)
