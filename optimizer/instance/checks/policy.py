"""Rules name things that exist, say something, and have something to hold for."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

from optimizer.instance.amounts import FillRate, Preference, Recycling, ReleaseRule, ScaleGoal
from optimizer.instance.checks.balance import NAMES
from optimizer.instance.checks.base import at, listed, lost, orderly, ordinal, refer, refer_all, region_of, whole
from optimizer.instance.checks.effects import AFFECTED, fits, things_of
from optimizer.instance.checks.options import option_ids
from optimizer.instance.faults import did_you_mean
from optimizer.instance.fields import WHOLE
from optimizer.instance.instance import Instance
from optimizer.instance.policy import (
    Count,
    DeliveredContent,
    Exclusive,
    Forbid,
    HeavyContent,
    Implies,
    OutputRule,
    Reactions,
    Require,
    Starts,
)
from optimizer.instance.series import Series
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path

Numbered = tuple[Path, str, Any]


def _rules(source: Source, instance: Instance) -> Iterator[Numbered]:
    """The rules, each with its path and what to call it."""
    for path, rule in listed(source, ("policy", "rules"), instance.policy.rules):
        yield path, f"the {ordinal(int(str(path[-1])))} rule ({rule.rule})", rule


def rules_name_materials_and_channels(source: Source, instance: Instance) -> None:
    """Rules name materials, channels and markets that exist."""
    for path, _, rule in _rules(source, instance):
        refer_all(source, "materials", (*path, "materials"), getattr(rule, "materials", None))
        refer_all(source, "markets", (*path, "markets"), getattr(rule, "markets", None))
        channel = getattr(rule, "channel", None)
        if channel is not None:
            refer(source, "channels", (*path, "channel"), channel)


def rules_over_output_say_of_what(source: Source, instance: Instance) -> None:
    """A rule over output names either a stage or materials; a count at most one of them."""
    for path, what, rule in _rules(source, instance):
        if not isinstance(rule, OutputRule | ScaleGoal | Count):
            continue
        if rule.stage is not None and rule.materials is not None:
            source.fault((*path, "materials"), f"{what} names both stage and materials", "keep one of the two")
        elif isinstance(rule, OutputRule | ScaleGoal) and rule.stage is None and rule.materials is None:
            source.fault(path, f"{what} does not say of what", "name a stage, or materials: [...]")
        elif rule.materials is not None and not rule.materials:
            source.fault((*path, "materials"), f"{what} names no materials", "name one, or a stage instead")


def rules_over_output_match(source: Source, instance: Instance) -> None:
    """The stage of a rule over output is the stage of some material."""
    stages = {material.stage for material in instance.materials.values()}
    if not whole(source, "materials"):
        return
    for path, what, rule in _rules(source, instance):
        if isinstance(rule, OutputRule | ScaleGoal) and rule.stage is not None and rule.stage not in stages:
            wrong = f"{what} matches nothing: no material has the stage '{rule.stage}'"
            source.fault((*path, "stage"), wrong, did_you_mean(rule.stage, stages))


def heavy_content_names_rare_earths(source: Source, instance: Instance) -> None:
    """The elements of a heavy_content rule are rare earths, by their chemical symbols."""
    for path, what, rule in _rules(source, instance):
        for element in rule.elements if isinstance(rule, HeavyContent) else ():
            if element not in NAMES:
                right = f"one of {', '.join(NAMES)}"
                source.fault(at(source, (*path, "elements"), element), f"{what}: '{element}' is no rare earth", right)


def delivered_content_has_demand(source: Source, instance: Instance) -> None:
    """The markets of a delivered_content, fill_rate or preference rule ask for something, of the products named too."""
    if not whole(source, "markets"):
        return
    for path, what, rule in _rules(source, instance):
        if not isinstance(rule, DeliveredContent | FillRate | Preference) or any(
            name not in instance.markets for name in rule.markets
        ):
            continue
        if not any(instance.markets[name].demand for name in rule.markets):
            wrong = f"{what} matches nothing: {' and '.join(rule.markets)} ask for nothing"
            source.fault((*path, "markets"), wrong, "name a market with demand")
            continue
        asked = [line.product for name in rule.markets for line in instance.markets[name].demand]
        for product in (rule.products or ()) if isinstance(rule, FillRate) else ():
            if product not in asked:
                wrong = f"{what}: {' and '.join(rule.markets)} do not ask for '{product}'"
                source.fault(at(source, (*path, "products"), product), wrong, did_you_mean(product, asked))


def where_of_rules_matches(source: Source, instance: Instance) -> None:
    """The `where` of a rule has keys that facilities have, and matches one."""
    if not whole(source, "facilities", "recipes", "countries", "logistics", "periods"):
        return
    things = list(things_of("facilities", instance))
    for path, what, rule in _rules(source, instance):
        where = getattr(rule, "where", {})
        odd = [key for key in where if key not in AFFECTED["facilities"].keys]
        for key in odd:
            wrong = f"{what}: a facility has no '{key}'"
            source.fault((*path, "where", key), wrong, did_you_mean(key, AFFECTED["facilities"].keys))
        if where and not odd and not any(fits(where, thing) for thing in things):
            failing = [key for key in where if not any(fits({key: where[key]}, thing) for thing in things)]
            for key in failing:
                carried = {word for thing in things for word in thing[key]}
                wrong = f"{what} matches nothing: no facility has {key} {_words(where[key])}"
                source.fault((*path, "where", key), wrong, did_you_mean(_words(where[key]), carried))
            if not failing:
                wrong = f"{what} matches nothing: no facility fits {' and '.join(where)} together"
                source.fault((*path, "where"), wrong, "change or leave out one of them")


def _words(wanted: object) -> str:
    return " or ".join(str(word) for word in (wanted if isinstance(wanted, list | tuple) else [wanted]))


def rules_name_what_is_released(source: Source, instance: Instance) -> None:
    """What a rule on releases names is released by some recipe, at a facility that the rule matches."""
    if not whole(source, "facilities", "recipes", "countries", "logistics", "periods"):
        return
    out: dict[str, set[str]] = {}
    for name, facility in instance.facilities.items():
        for recipe, use in facility.recipes.items():
            if recipe in instance.recipes:
                said = {**instance.recipes[recipe].releases, **use.releases}
                out.setdefault(name, set()).update(release for release, amount in said.items() if amount > 0)
    known = {release for found in out.values() for release in found}
    things = list(things_of("facilities", instance))
    for path, what, rule in _rules(source, instance):
        if not isinstance(rule, ReleaseRule):
            continue
        if rule.release not in known:
            wrong = f"{what}: nothing releases '{rule.release}'"
            right = did_you_mean(rule.release, known) if known else "say what recipes release: releases: {residue: 1.5}"
            source.fault((*path, "release"), wrong, right)
        elif any(key not in AFFECTED["facilities"].keys for key in rule.where):
            continue
        elif (match := [thing for thing in things if fits(rule.where, thing)]) and not any(
            rule.release in out.get(next(iter(thing["id"])), ()) for thing in match
        ):
            wrong = f"{what} matches nothing: no facility that it matches releases '{rule.release}'"
            source.fault((*path, "where"), wrong, "widen it, or leave the rule out")


def goals_ask_for_something(source: Source, instance: Instance) -> None:
    """A scale goal asks for some tonnes in some year of the horizon."""
    if not orderly(source, instance):
        return
    years = [year for period in instance.periods for year in period.span]
    for path, what, rule in _rules(source, instance):
        if not isinstance(rule, ScaleGoal):
            continue
        first = instance.first_year
        asked = {key: [getattr(rule, key).at(year, first) for year in years] for key in ("world_output", "share")}
        for key, values in asked.items():
            if not any(values):
                wrong = f"{what} asks for nothing: {key} is 0 over the whole horizon"
                source.fault((*path, key), wrong, f"a value by {years[-1]}, or leave the rule out")
        if all(any(values) for values in asked.values()) and not any(map(operator.mul, *asked.values())):
            wrong = f"{what} asks for nothing: in no year are both world_output and share over 0"
            source.fault(path, wrong, "give both for the same years")


def what_is_preferred_has_a_price(source: Source, instance: Instance) -> None:
    """What the markets of a preference accept has a reference price where they lie."""
    if not whole(source, "markets", "materials", "logistics"):
        return
    regions = region_of(instance)
    for path, what, rule in _rules(source, instance):
        for name in rule.markets if isinstance(rule, Preference) else ():
            market = instance.markets.get(name)
            lines = () if market is None else market.demand
            accepted = dict.fromkeys(material for line in lines for material in line.accepts or (line.product,))
            for material in accepted:
                record = instance.materials.get(material)
                prices = {"": None} if record is None else record.price or {}
                if market is not None and not {WHOLE, regions.get(market.country, WHOLE)} & set(prices):
                    wrong = f"{what}: {material}, which {name} accepts, has no price there"
                    source.fault(at(source, (*path, "markets"), name), wrong, f"give {material} a price")


def recycling_has_something_to_recycle(source: Source, instance: Instance) -> None:
    """A recycling rule matches a facility with options that can take in something recycled, as what counts as feed."""
    if not whole(source, "facilities", "recipes", "materials", "countries", "logistics", "periods"):
        return
    things = {next(iter(thing["id"])): thing for thing in things_of("facilities", instance)}
    stages = {material.stage for material in instance.materials.values()}
    for path, what, rule in _rules(source, instance):
        if not isinstance(rule, Recycling) or any(key not in AFFECTED["facilities"].keys for key in rule.where):
            continue
        if rule.stage not in stages:
            wrong = f"{what}: no material has the stage '{rule.stage}', so that nothing is recycled"
            source.fault((*path, "stage"), wrong, did_you_mean(rule.stage, stages))
            continue
        found = [
            name for name, thing in things.items() if fits(rule.where, thing) and instance.facilities[name].options
        ]
        feed = {
            material
            for name in found
            for use in instance.facilities[name].recipes
            for material in instance.recipes[use].inputs
            if rule.materials is None or material in rule.materials
        }
        if not any(instance.materials[material].stage == rule.stage for material in feed):
            wrong = f"{what}: nobody that it matches has options and can take in anything recycled that counts as feed"
            source.fault(path, wrong, "name a facility with options, and a recipe that takes it in")


def counts_have_bounds(source: Source, instance: Instance) -> None:
    """A count gives min or max, and min is not over max."""
    for path, what, rule in _rules(source, instance):
        if not isinstance(rule, Count):
            continue
        if rule.min is None and rule.max is None:
            source.fault(path, f"{what} gives neither min nor max", "give one or both")
        elif rule.min is not None and rule.max is not None and rule.min > rule.max:
            source.fault((*path, "min"), f"{what}: min {rule.min} is over max {rule.max}", f"{rule.max} or less")


def rules_over_facilities_match(source: Source, instance: Instance) -> None:
    """A count, starts or reactions rule matches some facility."""
    if not whole(source, "facilities", "recipes"):
        return
    stages = {facility.stage for facility in instance.facilities.values()}
    countries = {facility.country for facility in instance.facilities.values()}
    for path, what, rule in _rules(source, instance):
        if not isinstance(rule, Count | Starts | Reactions):
            continue
        if rule.stage is not None and rule.stage not in stages:
            wrong = f"{what} matches nothing: no facility has the stage '{rule.stage}'"
            source.fault((*path, "stage"), wrong, did_you_mean(rule.stage, stages))
            continue
        if rule.countries is not None and not countries & set(rule.countries):
            wrong = f"{what} matches nothing: no facility lies in {', '.join(rule.countries) or 'an empty list'}"
            source.fault((*path, "countries"), wrong, f"facilities lie in {', '.join(sorted(countries))}")
            continue
        materials = rule.materials if isinstance(rule, Count) else None
        if materials is not None and any(name not in instance.materials for name in materials):
            continue
        if not any(_fits(instance, name, rule.stage, rule.countries, materials) for name in instance.facilities):
            given = [key for key in ("stage", "materials", "countries") if getattr(rule, key, None) is not None]
            wrong = f"{what} matches nothing: no facility fits {' and '.join(given) or 'it'}"
            source.fault(path, wrong, "change one of them, or leave the rule out")


def _fits(
    instance: Instance,
    name: str,
    stage: str | None,
    countries: tuple[str, ...] | None,
    materials: tuple[str, ...] | None,
) -> bool:
    facility = instance.facilities[name]
    if (stage is not None and facility.stage != stage) or (countries is not None and facility.country not in countries):
        return False
    made = {item for use in facility.recipes if use in instance.recipes for item in instance.recipes[use].outputs}
    return materials is None or bool(made & set(materials))


def rules_name_what_can_be_funded(source: Source, instance: Instance) -> None:
    """Facilities and options that funding rules name exist, and there is something to fund."""
    for path, what, rule in _rules(source, instance):
        named: list[tuple[Path, str]] = []
        if isinstance(rule, Require | Forbid):
            named = [((*path, "facility"), rule.facility)]
        elif isinstance(rule, Exclusive):
            named = [(at(source, (*path, "facilities"), name), name) for name in rule.facilities]
        elif isinstance(rule, Implies):
            named = [((*path, "if"), rule.if_), ((*path, "then"), rule.then)]
        for place, name in named:
            if not refer(source, "facilities", place, name) or name not in instance.facilities:
                continue
            known = option_ids(source, name)
            option = rule.option if isinstance(rule, Require | Forbid) else None
            if lost(source, "facilities", "", "options"):
                continue
            if not known:
                wrong = f"{what}: there is nothing to fund at {name}"
                source.fault(place, wrong, "give the facility options, or name another")
            elif option is not None and option not in known:
                source.fault((*path, "option"), f"{what}: {name} has no option '{option}'", did_you_mean(option, known))


def levels_are_service_then_cost(source: Source, instance: Instance) -> None:
    """A lexicographic instance names service, then cost; its risk is expected, and some demand may be short."""
    found = instance.lexicographic
    if found is None or not whole(source, "lexicographic"):
        return
    where: Path = ("lexicographic",)
    if found.levels != ("service", "cost"):
        said = ", ".join(found.levels) or "nothing"
        source.fault(where, f"the levels are {said}", "the one order there is: [service, cost]")
    if instance.risk.measure != "expected":
        wrong = f"lexicographic weighs tonnes short by their chance, and the risk measure is {instance.risk.measure}"
        source.fault(where, wrong, "leave out lexicographic, or risk")
    if not whole(source, "markets"):
        return
    lines = [line for market in instance.markets.values() for line in market.demand]
    if lines and all(_must_be_met(line.shortage_cost) for line in lines):
        wrong = "all demand must be met: no line has a shortage_cost, so that there is no service to choose"
        source.fault(where, wrong, "give a shortage_cost to demand that may be short; 0 says so, it is not used")


def _must_be_met(series: Series) -> bool:
    return all(value is None for value in series.values)


CHECKS = (
    levels_are_service_then_cost,
    rules_name_materials_and_channels,
    rules_over_output_say_of_what,
    rules_over_output_match,
    heavy_content_names_rare_earths,
    delivered_content_has_demand,
    where_of_rules_matches,
    rules_name_what_is_released,
    goals_ask_for_something,
    what_is_preferred_has_a_price,
    recycling_has_something_to_recycle,
    counts_have_bounds,
    rules_over_facilities_match,
    rules_name_what_can_be_funded,
)
