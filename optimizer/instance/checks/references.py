"""Every id that a record names exists."""

from __future__ import annotations

from optimizer.instance.checks.base import NOUNS, PLACES, at, listed, names, refer, refer_all, removal, whole
from optimizer.instance.faults import did_you_mean
from optimizer.instance.fields import TIERS
from optimizer.instance.instance import Instance
from optimizer.instance.source import Source


def recipes_name_materials(source: Source, instance: Instance) -> None:
    """Inputs and outputs of recipes are materials, their channels are channels."""
    for name, recipe in instance.recipes.items():
        refer_all(source, "materials", ("recipes", name, "inputs"), recipe.inputs)
        refer_all(source, "materials", ("recipes", name, "outputs"), recipe.outputs)
        refer_all(source, "channels", ("recipes", name, "channels"), recipe.channels)


def facilities_name_recipes(source: Source, instance: Instance) -> None:
    """What a facility runs is a recipe."""
    for name, facility in instance.facilities.items():
        refer_all(source, "recipes", ("facilities", name, "recipes"), facility.recipes)


def owners_exist(source: Source, instance: Instance) -> None:
    """Holders of facilities and of legal persons, and those that options set, are owners."""
    for name, facility in instance.facilities.items():
        refer_all(source, "owners", ("facilities", name, "owners"), facility.owners)
        for path, option in listed(source, ("facilities", name, "options"), facility.options):
            if option.sets is not None:
                refer_all(source, "owners", (*path, "sets", "owners"), option.sets.owners)
    for name, owner in instance.owners.items():
        refer_all(source, "owners", ("owners", name, "owners"), owner.owners)


def qualifications_name_channels(source: Source, instance: Instance) -> None:
    """Options qualify for channels that exist."""
    for name, facility in instance.facilities.items():
        for path, option in listed(source, ("facilities", name, "options"), facility.options):
            refer_all(source, "channels", (*path, "qualification"), option.qualification)


def claims_name_regions(source: Source, instance: Instance) -> None:
    """Claims are owed to regions, and are about materials that the facility makes."""
    for name, facility in instance.facilities.items():
        made = {
            material
            for use in facility.recipes
            if use in instance.recipes
            for material in instance.recipes[use].outputs
        }
        whole_list = all(use in instance.recipes for use in facility.recipes)
        for path, claim in listed(source, ("facilities", name, "claims"), facility.claims):
            refer(source, "regions", (*path, "to"), claim.to)
            for material in claim.materials or ():
                place = at(source, (*path, "materials"), material)
                if refer(source, "materials", place, material) and whole_list and material not in made:
                    source.fault(place, f"{name} makes no '{material}'", did_you_mean(material, made))


def markets_name_channels_and_materials(source: Source, instance: Instance) -> None:
    """Markets draw from a channel and ask for materials."""
    for name, market in instance.markets.items():
        refer(source, "channels", ("markets", name, "channel"), market.channel)
        for path, line in listed(source, ("markets", name, "demand"), market.demand):
            refer(source, "materials", (*path, "product"), line.product)
            refer_all(source, "materials", (*path, "accepts"), line.accepts)


def accepts_contains_the_product(source: Source, instance: Instance) -> None:
    """`accepts` is the whole list of what serves a demand, the product included."""
    for name, market in instance.markets.items():
        for path, line in listed(source, ("markets", name, "demand"), market.demand):
            if line.accepts is not None and line.product not in line.accepts:
                wrong = f"the list leaves out the product itself, '{line.product}'"
                right = f"accepts is the whole list: [{', '.join((line.product, *line.accepts))}]"
                source.fault((*path, "accepts"), wrong, right)


def stockpiles_name_channels_and_materials(source: Source, instance: Instance) -> None:
    """Stockpiles hold channels and materials that exist."""
    for name, stockpile in instance.stockpiles.items():
        path = ("stockpiles", name)
        if stockpile.channel is not None:
            refer(source, "channels", (*path, "channel"), stockpile.channel)
        refer_all(source, "channels", (*path, "channels"), stockpile.channels)
        refer_all(source, "materials", (*path, "materials"), stockpile.materials)


def targets_name_markets_and_channels(source: Source, instance: Instance) -> None:
    """Targets name markets and channels that exist."""
    for name, stockpile in instance.stockpiles.items():
        for path, target in listed(source, ("stockpiles", name, "targets"), stockpile.targets):
            refer_all(source, "markets", (*path, "of"), target.of)
            if target.channel is not None:
                refer(source, "channels", (*path, "channel"), target.channel)


def freight_names_regions(source: Source, instance: Instance) -> None:
    """Freight rows link regions, and name materials that exist."""
    regions = names(source, "regions")
    if instance.logistics.freight and regions is not None and not regions:
        wrong = "freight rows link regions, but there are no regions"
        source.fault(("logistics", "freight"), wrong, "give logistics.regions, or leave freight out")
    for path, row in listed(source, ("logistics", "freight"), instance.logistics.freight):
        for key, region in (("from", row.from_), ("to", row.to)):
            if regions:
                refer(source, "regions", (*path, key), region)
        if row.material is not None:
            refer(source, "materials", (*path, "material"), row.material)


def lanes_name_places(source: Source, instance: Instance) -> None:
    """Lanes lead from a facility or stockpile to a facility, market or stockpile."""
    ids = {section: names(source, section) for section in PLACES}
    for path, lane in listed(source, ("lanes",), instance.lanes):
        for key, place, sections in (("from", lane.from_, ("facilities", "stockpiles")), ("to", lane.to, PLACES)):
            found = [ids[section] for section in sections]
            if any(known is None or place in known for known in found):
                continue
            markets = ids["markets"]
            if key == "from" and (markets is None or place in markets):
                if markets is not None:
                    wrong = f"'{place}' is a market, and nothing leaves a market"
                    source.fault((*path, key), wrong, "a lane begins at a facility or stockpile")
                continue
            kinds = [NOUNS[section] for section in sections]
            wrong = f"there is no {', '.join(kinds[:-1])} or {kinds[-1]} '{place}'"
            right = next(filter(None, (removal(source, (section,), place) for section in sections)), "")
            right = right or did_you_mean(place, set().union(*(known or () for known in found)))
            source.fault((*path, key), wrong, right)
        refer(source, "materials", (*path, "material"), lane.material)
        if lane.channel is not None:
            refer(source, "channels", (*path, "channel"), lane.channel)


def channels_name_tiers(source: Source, instance: Instance) -> None:
    """A tier that a channel lists is one of the usual four or some country's."""
    if names(source, "countries") is None:
        return
    known = {str(value) for tier in instance.countries.values() for value in tier.values} | set(TIERS)
    for name, channel in instance.channels.items():
        for tier in channel.tiers or ():
            if tier not in known:
                path = at(source, ("channels", name, "tiers"), tier)
                source.fault(path, f"no country has the tier '{tier}'", did_you_mean(tier, known))


def requalification_names_channels(source: Source, instance: Instance) -> None:
    """What must be requalified is so for channels; facilities are known for products that they make, in channels."""
    for name, material in instance.materials.items():
        refer_all(source, "channels", ("materials", name, "requalification"), material.requalification)
    for name, facility in instance.facilities.items():
        refer_all(source, "channels", ("facilities", name, "known_for"), facility.known_for)
        whole_list = all(use in instance.recipes for use in facility.recipes)
        made = {m for use in facility.recipes if use in instance.recipes for m in instance.recipes[use].outputs}
        for channel, products in facility.known_for.items():
            path = ("facilities", name, "known_for", channel)
            for product in products:
                place = at(source, path, product)
                if refer(source, "materials", place, product) and whole_list and product not in made:
                    source.fault(place, f"{name} makes no '{product}'", did_you_mean(product, made))


def frictions_name_stages(source: Source, instance: Instance) -> None:
    """Frictions are of stages that some facility has."""
    stages = {facility.stage for facility in instance.facilities.values()}
    if not whole(source, "facilities"):
        return
    for stage in instance.frictions:
        if stage not in stages:
            source.fault(("frictions", stage), f"no facility has the stage '{stage}'", did_you_mean(stage, stages))


def tiers_of_demand_exist(source: Source, instance: Instance) -> None:
    """Tiers of demand are given to markets that there are, and are among those named."""
    case = instance.planning_case
    if case is None:
        return
    path = ("planning_case", "tier_of")
    for market, tier in case.tier_of.items():
        refer(source, "markets", (*path, market), market)
        if tier not in case.demand_tiers:
            wrong = f"'{tier}' is not among demand_tiers"
            source.fault((*path, market), wrong, did_you_mean(tier, case.demand_tiers))


CHECKS = (
    recipes_name_materials,
    facilities_name_recipes,
    owners_exist,
    qualifications_name_channels,
    claims_name_regions,
    markets_name_channels_and_materials,
    accepts_contains_the_product,
    stockpiles_name_channels_and_materials,
    targets_name_markets_and_channels,
    freight_names_regions,
    lanes_name_places,
    channels_name_tiers,
    requalification_names_channels,
    frictions_name_stages,
    tiers_of_demand_exist,
)
