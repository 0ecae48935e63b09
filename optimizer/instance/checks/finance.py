"""Instruments name things that exist, somebody is eligible, and what they pay on has a price."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from optimizer.instance.checks.base import at, listed, names_of_their_own, orderly, refer, refer_all, whole
from optimizer.instance.checks.effects import AFFECTED, fits, things_of
from optimizer.instance.faults import did_you_mean
from optimizer.instance.fields import EXPOSURE_KINDS, WHOLE
from optimizer.instance.finance import (
    Capital,
    CostCredit,
    Decidable,
    Depletion,
    Instrument,
    Loan,
    PriceFloor,
    ProductionCredit,
    Purchase,
    Stake,
    picks,
)
from optimizer.instance.instance import Instance
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path

SAME = {"tiers": "tier"}
"""Keys of `where` that say the same."""


def _instruments(source: Source, instance: Instance) -> Iterator[tuple[Path, Instrument]]:
    if instance.finance is not None:
        yield from listed(source, ("finance", "instruments"), instance.finance.instruments)


def instruments_have_names_of_their_own(source: Source, instance: Instance) -> None:
    """No two instruments have one id."""
    names_of_their_own(source, ((path, one.id) for path, one in _instruments(source, instance)), "instrument")


def instruments_name_what_exists(source: Source, instance: Instance) -> None:
    """Materials, stages and channels of instruments exist."""
    for path, one in _instruments(source, instance):
        if isinstance(one, Purchase):
            refer(source, "stockpiles", (*path, "stockpile"), one.stockpile)
        if isinstance(one, ProductionCredit | PriceFloor | Purchase):
            refer_all(source, "materials", (*path, "material"), one.material)
        if isinstance(one, ProductionCredit) and one.bonus is not None:
            refer(source, "channels", (*path, "bonus", "channel"), one.bonus.channel)
        if isinstance(one, CostCredit | Depletion):
            of_recipes = isinstance(one, CostCredit)
            records = instance.recipes if of_recipes else instance.materials
            stages = {record.stage for record in records.values()}
            noun = "recipe" if of_recipes else "material"
            for stage in one.stage if whole(source, "recipes", "materials") else ():
                if stage not in stages:
                    wrong = f"{one.id} matches nothing: no {noun} has the stage '{stage}'"
                    source.fault((*path, "stage"), wrong, did_you_mean(stage, stages))


def the_public_perspective_goes_with_expected_cost(source: Source, instance: Instance) -> None:
    """What governments pay is counted on the trunk, so that it is the same in every future."""
    finance = instance.finance
    if finance is None or finance.perspective != "public" or not whole(source, "risk"):
        return
    if instance.risk.measure != "expected":
        wrong = f"perspective is public, where cost is expected cost, and the risk measure is {instance.risk.measure}"
        source.fault(("finance", "perspective"), wrong, "leave out perspective, or risk: its measure is expected then")


def instruments_last_within_the_horizon(source: Source, instance: Instance) -> None:
    """The years of an instrument lie in the horizon, in order."""
    if not orderly(source, instance):
        return
    first, last = instance.first_year, instance.end_year - 1
    for path, one in _instruments(source, instance):
        begin, end = one.from_ or first, one.until or last
        if begin > last or end < first:
            wrong = f"{one.id} lasts from {begin} to {end}, and the horizon from {first} to {last}"
            source.fault(path, wrong, "say years that lie in it, or leave it out")
        elif begin > end:
            source.fault(path, f"{one.id} lasts from {begin} to {end}: it ends before it begins", "from before until")


def who_chooses_says_whom(source: Source, instance: Instance) -> None:
    """Only instruments whose recipients are decided limit who they are and what all of them get."""
    for path, one in _instruments(source, instance):
        if not isinstance(one, Decidable) or one.decided:
            continue
        for key in ("recipients", "cap", "cap_per_recipient"):
            if getattr(one, key) is not None:
                wrong = f"{one.id} pays everybody who is eligible, and {key} limits who is chosen"
                source.fault((*path, key), wrong, "decided: true, or leave it out")


def loans_say_who_answers(source: Source, instance: Instance) -> None:
    """A private lender's loan says what share the government answers for; its own money needs no guarantee."""
    for path, one in _instruments(source, instance):
        if not isinstance(one, Loan):
            continue
        if one.lender == "private" and one.guarantee is None:
            wrong = f"{one.id} is lent by others, and does not say what the government answers for"
            source.fault(path, wrong, "guarantee: a share; 0 if it answers for nothing")
        elif one.lender == "government" and one.guarantee is not None:
            wrong = f"{one.id} is the government's own money, which nobody guarantees"
            source.fault((*path, "guarantee"), wrong, "lender: private, or leave it out")


def a_stake_pays_no_less_than_its_share(source: Source, instance: Instance) -> None:
    """Who takes a share of what is earned pays at least that share of what it cost: nobody gives it away for less."""
    for path, one in _instruments(source, instance):
        if isinstance(one, Stake) and one.paid < one.share:
            wrong = f"{one.id} pays {one.paid:g} of private capex for a share of {one.share:g} of what is earned"
            source.fault((*path, "pays"), wrong, f"pays: {one.share:g} or more, or leave it out")


def what_is_bought_is_held_by_a_public_stockpile(source: Source, instance: Instance) -> None:
    """Governments buy for a public stockpile, who pays the reference price, and what it holds."""
    for path, one in _instruments(source, instance):
        record = instance.stockpiles.get(one.stockpile) if isinstance(one, Purchase) else None
        if not isinstance(one, Purchase) or record is None:
            continue
        if not record.is_public:
            wrong = f"{one.id} buys for {one.stockpile}, which is not public: its purchases are nobody's outlay"
            source.fault((*path, "stockpile"), wrong, f"public: true at stockpiles.{one.stockpile}")
        elif record.release != "disruption":
            wrong = f"{one.id} buys for {one.stockpile}, which passes on what it takes in: it would pay for all output"
            source.fault((*path, "stockpile"), wrong, f"release: disruption at stockpiles.{one.stockpile}")
        elif record.public_share < 1:
            wrong = f"{one.id} buys for {one.stockpile}, for which governments pay a share of {record.public_share:g}"
            right = f"public_share: 1 at stockpiles.{one.stockpile}, for a guaranteed price is paid whole"
            source.fault((*path, "stockpile"), wrong, right)
        for material in one.material:
            if material in instance.materials and material not in record.materials:
                wrong = f"{one.id} buys {material} for {one.stockpile}, which does not hold it"
                right = f"it holds {', '.join(record.materials)}"
                source.fault(at(source, (*path, "material"), material), wrong, right)


def exclusions_name_who_chooses(source: Source, instance: Instance) -> None:
    """What an instrument excludes exists, is another, and has recipients that are decided; so has the instrument."""
    by_id = {one.id: one for _, one in _instruments(source, instance)}
    for path, one in _instruments(source, instance):
        names = getattr(one, "not_with", ())
        where = (*path, "not_with")
        if names and not picks(one):
            wrong = f"{one.id} pays everybody who is eligible, so that nobody can do without it"
            source.fault(where, wrong, "decided: true, or leave it out")
            continue
        for name in names:
            spot = at(source, where, name)
            if name == one.id:
                source.fault(spot, f"{one.id} excludes itself", "name another instrument")
            elif name not in by_id:
                if whole(source, "finance"):
                    source.fault(spot, f"there is no instrument '{name}'", did_you_mean(name, by_id))
            elif not picks(by_id[name]):
                chooses = isinstance(by_id[name], Decidable)
                wrong = f"{name} pays everybody who is eligible, so that nobody can do without it"
                right = f"give {name} decided: true, or leave it out" if chooses else "leave it out"
                source.fault(spot, wrong, right)


def somebody_is_eligible(source: Source, instance: Instance) -> None:
    """Every instrument has a facility that its `where` matches, and that makes what it pays on."""
    if not whole(source, "facilities", "recipes", "materials", "countries", "logistics", "periods"):
        return
    things = list(things_of("facilities", instance))
    for path, one in _instruments(source, instance):
        keys = {*AFFECTED["facilities"].keys, *EXPOSURE_KINDS, *SAME}
        odd = [key for key in one.where if key not in keys]
        for key in odd:
            source.fault((*path, "where", key), f"a facility has no '{key}'", did_you_mean(key, keys))
        unknown = [m for m in getattr(one, "material", ()) if m not in instance.materials]
        if odd or unknown:
            continue
        held = whole(source, "stockpiles", "lanes")
        if isinstance(one, Purchase) and not (held and one.stockpile in instance.stockpiles):
            continue
        plain = {SAME.get(key, key): value for key, value in one.where.items() if key not in EXPOSURE_KINDS}
        fit = [thing for thing in things if fits(plain, thing)]
        if not fit:
            source.fault((*path, "where"), f"nobody is eligible for {one.id}: no facility matches", "widen its where")
        elif not any(makes_what_is_paid_on(instance, one, next(iter(thing["id"]))) for thing in fit):
            what = "has an option with capex" if isinstance(one, Capital) else "makes what it pays on"
            if isinstance(one, Stake):
                what = "has an option with capex that is not public"
            if isinstance(one, Purchase):
                what = f"makes what it buys and can bring it to {one.stockpile}"
            wrong = f"nobody is eligible for {one.id}: no facility that matches {what}"
            source.fault(path, wrong, "widen its where, or name what they make")


def makes_what_is_paid_on(instance: Instance, one: Instrument, facility: str) -> bool:
    """Whether a facility has or makes what an instrument pays for, whoever may have it."""
    record = instance.facilities[facility]
    if isinstance(one, Stake):
        return any(option.capex > 0 and option.public_share < 1 for option in record.options)
    if isinstance(one, Capital):
        return any(option.capex > 0 for option in record.options)
    recipes = [instance.recipes[name] for name in record.recipes]
    if isinstance(one, CostCredit):
        return any(recipe.stage in one.stage for recipe in recipes)
    made = {material for recipe in recipes for material in recipe.outputs}
    if isinstance(one, Depletion):
        return any(instance.materials[material].stage in one.stage for material in made)
    if isinstance(one, Purchase):
        laned = {lane.material for lane in instance.lanes}
        lanes = {lane.material for lane in instance.lanes if (lane.from_, lane.to) == (facility, one.stockpile)}
        made = (made - laned) | (made & lanes)
    return bool(made & set(one.material))


def what_is_paid_by_price_has_one(source: Source, instance: Instance) -> None:
    """What a floor is on and what is bought has a price; what books and instruments weigh by price has one there."""
    finance = instance.finance
    if finance is None or not whole(source, "materials", "facilities", "recipes", "countries", "logistics"):
        return
    for path, one in _instruments(source, instance):
        if isinstance(one, PriceFloor | Purchase):
            what = "is a floor on" if isinstance(one, PriceFloor) else "buys"
            for material in one.material:
                record = instance.materials.get(material)
                if record is not None and record.price is None:
                    wrong = f"{one.id} {what} {material}, which has no price"
                    source.fault((*path, "material"), wrong, f"give {material} a price")
    lacking: dict[tuple[Path, str], tuple[str, str]] = {}
    for path, who, facility, material in _weighed(source, instance):
        if not _has_price(instance, material, instance.facilities[facility].country):
            lacking.setdefault((path, material), (facility, who))
    for (path, material), (facility, who) in lacking.items():
        wrong = f"{material} has no price where {facility} stands, {who}"
        source.fault(path, wrong, f"give {material} a price there; 0 where it is worth nothing")


def _weighed(source: Source, instance: Instance) -> Iterator[tuple[Path, str, str, str]]:
    """(path, why, facility, material) of what is weighed by a price where the facility stands."""
    assert instance.finance is not None
    things = {next(iter(thing["id"])): thing for thing in things_of("facilities", instance)}
    recipes = {name: [instance.recipes[use] for use in f.recipes] for name, f in instance.facilities.items()}
    if instance.finance.viability:
        for name, facility in instance.facilities.items():
            if facility.options:
                for recipe in recipes[name]:
                    for material in (*recipe.inputs, *recipe.outputs):
                        yield ("finance", "viability"), "whose books need one", name, material
    for path, one in _instruments(source, instance):
        plain = {SAME.get(key, key): value for key, value in one.where.items() if key not in EXPOSURE_KINDS}
        for name in instance.facilities:
            if isinstance(one, Capital | ProductionCredit | Purchase) or not fits(plain, things[name]):
                continue
            for recipe in recipes[name]:
                found: Iterable[str]
                if isinstance(one, CostCredit):
                    found = recipe.inputs if recipe.stage in one.stage and "inputs" in one.counts else ()
                elif isinstance(one, Depletion):
                    found = [m for m in recipe.outputs if instance.materials[m].stage in one.stage]
                else:  # a material that has no price at all is named above
                    found = [m for m in recipe.outputs if m in one.material and instance.materials[m].price is not None]
                for material in found:
                    yield path, f"and {one.id} pays by it", name, material


def _has_price(instance: Instance, material: str, country: str) -> bool:
    price = instance.materials[material].price
    region = next((name for name, found in (instance.logistics.regions or {}).items() if country in found), "")
    return price is not None and (WHOLE in price or region in price)


CHECKS = (
    instruments_have_names_of_their_own,
    instruments_name_what_exists,
    the_public_perspective_goes_with_expected_cost,
    instruments_last_within_the_horizon,
    who_chooses_says_whom,
    loans_say_who_answers,
    a_stake_pays_no_less_than_its_share,
    what_is_bought_is_held_by_a_public_stockpile,
    exclusions_name_who_chooses,
    somebody_is_eligible,
    what_is_paid_by_price_has_one,
)
