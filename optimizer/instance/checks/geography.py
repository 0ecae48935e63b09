"""Countries, regions and the places that lie in them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from optimizer.instance.checks.base import NOUNS, PLACES, at, listed, names, quoted, refer, refer_all, whole
from optimizer.instance.instance import Instance
from optimizer.instance.movement import Freight, Lane
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path


def _countries(instance: Instance) -> Iterator[tuple[Path, str]]:
    """The countries of all that lies in one."""
    for section in (*PLACES, "owners"):
        for name, record in getattr(instance, section).items():
            yield (section, name, "country"), record.country


def countries_have_a_tier(source: Source, instance: Instance) -> None:
    """Every country in use has a trust tier."""
    known = names(source, "countries")
    if known is None:
        return
    found = [*_countries(instance), *((at(source, ("domestic",), name), name) for name in instance.domestic)]
    for path, country in found:
        if country not in known:
            right = f"add {country} to countries, with one of its tiers"
            source.fault(path, f"'{country}' has no trust tier", right)


def tiers_hold_from_the_start(source: Source, instance: Instance) -> None:
    """A tier by year is given from the first year of the horizon."""
    if not whole(source, "periods"):
        return
    for country, tier in instance.countries.items():
        if tier.first_year is not None and tier.first_year > instance.first_year:
            wrong = f"the tier of {country} is given only from {tier.first_year}"
            source.fault(("countries", country), wrong, f"give it from {instance.first_year}, the first year")


def ids_of_places_differ(source: Source, _instance: Instance) -> None:
    """Facilities, markets and stockpiles share one name space, because lanes name them."""
    seen: dict[str, str] = {}
    for section in PLACES:
        for name in sorted(names(source, section) or ()):
            if name in seen:
                wrong = f"'{name}' is a {NOUNS[seen[name]]} already, at {source.where(seen[name], name)}"
                source.fault((section, name), wrong, "facilities, markets and stockpiles need ids of their own")
            seen.setdefault(name, section)


def countries_lie_in_one_region(source: Source, instance: Instance) -> None:
    """With regions, a country lies in at most one, and that of a place in exactly one."""
    regions = instance.logistics.regions
    if regions is None:
        return
    seen: dict[str, str] = {}
    for region, countries in regions.items():
        for country in countries:
            if seen.setdefault(country, region) != region:
                path = at(source, ("logistics", "regions", region), country)
                source.fault(path, f"{country} lies in '{seen[country]}' and in '{region}'", "keep it in one of them")
    if not whole(source, "logistics"):
        return
    for section in PLACES:
        for name, record in getattr(instance, section).items():
            if record.country not in seen:
                wrong = f"{record.country} lies in no region"
                right = f"add it to one of {quoted(regions)}" if regions else "add it to logistics.regions"
                source.fault((section, name, "country"), wrong, right)


def links_lead_elsewhere(source: Source, instance: Instance) -> None:
    """A lane or freight row leads from one place to another."""
    rows: list[tuple[Path, Lane | Freight]] = [
        *listed(source, ("lanes",), instance.lanes),
        *listed(source, ("logistics", "freight"), instance.logistics.freight),
    ]
    for path, row in rows:
        if row.from_ == row.to:
            source.fault((*path, "to"), f"the row leads from '{row.to}' to itself", "leave it out, or name another")


def freight_carries_pooled_material(source: Source, instance: Instance) -> None:
    """A freight row names no material that moves on lanes."""
    laned: dict[str, Path] = {}
    for path, lane in listed(source, ("lanes",), instance.lanes):
        laned.setdefault(lane.material, path)
    for path, row in listed(source, ("logistics", "freight"), instance.logistics.freight):
        if row.material in laned:
            wrong = f"'{row.material}' moves on lanes only, since {source.where(*laned[row.material])}"
            source.fault((*path, "material"), wrong, "write it as lanes, or take its lanes out")


def prices_name_regions(source: Source, instance: Instance) -> None:
    """A price by region names regions of the instance."""
    for name, material in instance.materials.items():
        by_region = [region for region in material.price or {} if region]
        if not by_region or names(source, "regions") is None:
            continue
        path: tuple[Hashable, ...] = ("materials", name, "price")
        if instance.logistics.regions is None:
            source.fault(path, "a price by region, but there are no regions", "give one price, or logistics.regions")
        else:
            refer_all(source, "regions", path, by_region)


def rules_name_countries(source: Source, instance: Instance) -> None:
    """Countries that rules name have a tier."""
    for path, rule in listed(source, ("policy", "rules"), instance.policy.rules):
        for country in getattr(rule, "countries", None) or ():
            refer(source, "countries", at(source, (*path, "countries"), country), country)


CHECKS = (
    countries_have_a_tier,
    tiers_hold_from_the_start,
    ids_of_places_differ,
    countries_lie_in_one_region,
    links_lead_elsewhere,
    freight_carries_pooled_material,
    prices_name_regions,
    rules_name_countries,
)
