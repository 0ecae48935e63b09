"""Effects say what they change, and match something."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from optimizer.instance.checks.base import NOUNS, listed, names, ordinal, region_of, removal, unknown, whole
from optimizer.instance.faults import did_you_mean
from optimizer.instance.fields import EXPOSURE_KINDS, WHOLE
from optimizer.instance.instance import Instance
from optimizer.instance.movement import Freight, Lane
from optimizer.instance.policy import Effect, FacilityEffect, LaneEffect, Scenario
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path

Thing = Mapping[str, frozenset[str]]
"""What a thing says of itself, by the keys of `where`."""


@dataclass(frozen=True, slots=True)
class Affected:
    """What an effect may match.

    Attributes:
        noun: what one of the things is called.
        keys: the keys of `where`, each with the section whose ids are its values, or None for words of their own.
        sections: what must have been read whole, so that a thing that is not found is not there.
    """

    noun: str
    keys: Mapping[str, str | None]
    sections: tuple[str, ...]


AFFECTED: Mapping[str, Affected] = {
    "facilities": Affected(
        "facility",
        {
            "id": "facilities",
            "stage": None,
            "country": "countries",
            "owner": "owners",
            "region": "regions",
            "tags": None,
            "material": "materials",
            "tier": None,
        },
        ("facilities", "recipes", "countries", "logistics", "periods"),
    ),
    "lanes": Affected(
        "lane or freight row",
        {"from": None, "to": None, "material": "materials", "tags": None, "channel": "channels"},
        ("lanes", "logistics"),
    ),
    "demand": Affected(
        "demand",
        {"market": "markets", "product": "materials", "channel": "channels", "country": "countries"},
        ("markets",),
    ),
    "prices": Affected(
        "price", {"material": "materials", "stage": None, "region": "regions"}, ("materials", "logistics")
    ),
    "recipes": Affected(
        "recipe",
        {"id": "recipes", "stage": None, "material": "materials", "facility": "facilities"},
        ("recipes", "facilities"),
    ),
    "options": Affected(
        "option",
        {"facility": "facilities", "id": None, "stage": None, "country": "countries", "owner": "owners"},
        ("facilities",),
    ),
}

_COMPARISON = re.compile(r"\s*(>=|<=|==|>|<)\s*(\d+\.?\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?)\s*\Z")


def _set(*values: str | None) -> frozenset[str]:
    return frozenset(value for value in values if value is not None)


def _facilities(instance: Instance) -> Iterator[Thing]:
    region = region_of(instance)
    years = [year for period in instance.periods for year in period.span]
    for name, facility in instance.facilities.items():
        made = [instance.recipes[use].outputs for use in facility.recipes if use in instance.recipes]
        tier = instance.countries.get(facility.country)
        tiers = {str(tier.raw(year, instance.first_year)) for year in years} if tier is not None else set()
        yield {
            "id": _set(name),
            "stage": _set(facility.stage),
            "country": _set(facility.country),
            "owner": frozenset(facility.owners),
            "region": _set(region.get(facility.country)),
            "tags": frozenset(facility.tags),
            "material": frozenset(material for outputs in made for material in outputs),
            "tier": frozenset(tiers),
        }


def _lanes(instance: Instance) -> Iterator[Thing]:
    rows: tuple[Lane | Freight, ...] = (*instance.lanes, *instance.logistics.freight)
    for row in rows:
        yield {
            "from": _set(row.from_),
            "to": _set(row.to),
            "material": _set(row.material),
            "tags": frozenset(row.tags),
            "channel": _set(getattr(row, "channel", None)),
        }


def _demand(instance: Instance) -> Iterator[Thing]:
    for name, market in instance.markets.items():
        for line in market.demand:
            yield {
                "market": _set(name),
                "product": _set(line.product),
                "channel": _set(market.channel),
                "country": _set(market.country),
            }


def _prices(instance: Instance) -> Iterator[Thing]:
    everywhere = frozenset(instance.logistics.regions or ())
    for name, material in instance.materials.items():
        if material.price is not None:
            regions = everywhere if WHOLE in material.price else frozenset(material.price)
            yield {"material": _set(name), "stage": _set(material.stage), "region": regions}


def _recipes(instance: Instance) -> Iterator[Thing]:
    runs: dict[str, set[str]] = {name: set() for name in instance.recipes}
    for name, facility in instance.facilities.items():
        for use in facility.recipes:
            runs.setdefault(use, set()).add(name)
    for name, recipe in instance.recipes.items():
        yield {
            "id": _set(name),
            "stage": _set(recipe.stage),
            "material": frozenset(recipe.outputs),
            "facility": frozenset(runs[name]),
        }


def _options(instance: Instance) -> Iterator[Thing]:
    for name, facility in instance.facilities.items():
        for option in facility.options:
            yield {
                "facility": _set(name),
                "id": _set(option.id),
                "stage": _set(facility.stage),
                "country": _set(facility.country),
                "owner": frozenset(facility.owners),
            }


def things_of(kind: str, instance: Instance) -> Iterator[Thing]:
    """What effects of a kind, or instruments, may match."""
    return _THINGS[kind](instance)


def fits(where: Mapping[str, object], thing: Mapping[str, frozenset[str]]) -> bool:
    """Whether a thing matches, but for exposures."""
    for key, wanted in where.items():
        values = wanted if isinstance(wanted, list | tuple) else (wanted,)
        if not any(str(value) in thing.get(key, frozenset()) for value in values):
            return False
    return True


_THINGS = {
    "facilities": _facilities,
    "lanes": _lanes,
    "demand": _demand,
    "prices": _prices,
    "recipes": _recipes,
    "options": _options,
}


def _effects(source: Source, instance: Instance) -> Iterator[tuple[Path, Scenario, Effect, str]]:
    """The effects, each with its path and what to call it."""
    for path, scenario in listed(source, ("scenarios",), instance.scenarios):
        for inner, effect in listed(source, (*path, "effects"), scenario.effects):
            yield inner, scenario, effect, f"the {ordinal(int(str(inner[-1])))} effect of '{scenario.id}'"


def effects_change_something(source: Source, instance: Instance) -> None:
    """An effect on facilities gives available or exposure, one on lanes available or cost."""
    for path, _, effect, what in _effects(source, instance):
        if isinstance(effect, FacilityEffect) and effect.available is None and not effect.exposure:
            source.fault(path, f"{what} changes nothing", "give available or exposure")
        elif isinstance(effect, LaneEffect) and effect.available is None and effect.cost is None:
            source.fault(path, f"{what} changes nothing", "give available or cost")


def where_has_known_keys(source: Source, instance: Instance) -> None:
    """The keys of `where` are those of the thing that is affected."""
    for path, _, effect, what in _effects(source, instance):
        keys = _keys(effect)
        for key in effect.where:
            if key not in keys:
                wrong = f"{what} is on {effect.affects}, which have no '{key}'"
                right = did_you_mean(key, keys)
                source.fault((*path, "where", key), wrong, right)


def _keys(effect: Effect) -> list[str]:
    keys = list(AFFECTED[effect.affects].keys)
    return [*keys, *EXPOSURE_KINDS] if effect.affects == "facilities" else keys


def _is_exposure(effect: Effect, key: str) -> bool:
    return effect.affects == "facilities" and key in EXPOSURE_KINDS


def exposures_are_compared(source: Source, instance: Instance) -> None:
    """An exposure in `where` is a number in [0, 1], or a comparison with one."""
    for path, _, effect, what in _effects(source, instance):
        for key, value in effect.where.items():
            if _is_exposure(effect, key) and not _compares(value):
                wrong = f"{what}: {value!r} is no comparison"
                source.fault(
                    (*path, "where", key), wrong, "such as '>=0.25': >=, >, <=, < or ==, and a number in [0, 1]"
                )


def _compares(value: object) -> bool:
    if isinstance(value, int | float):
        return not isinstance(value, bool) and 0 <= value <= 1
    found = _COMPARISON.match(value) if isinstance(value, str) else None
    return found is not None and float(found.group(2)) <= 1


def where_names_what_there_is(source: Source, instance: Instance) -> None:
    """The words in `where` are ids, or words that some of the things affected carry."""
    for _, _, faults in _judged(source, instance):
        for path, wrong, right in faults:
            source.fault(path, wrong, right)


def effects_match_something(source: Source, instance: Instance) -> None:
    """Every effect matches something; one that does not says which key fails."""
    things: dict[str, list[Thing]] = {}
    for (path, effect, what), wanted, faults in _judged(source, instance):
        affected = AFFECTED[effect.affects]
        if faults or wanted is None or not whole(source, *affected.sections):
            continue
        if effect.affects not in things:
            things[effect.affects] = list(_THINGS[effect.affects](instance))
        found = things[effect.affects]
        if any(_fits(thing, wanted) for thing in found):
            continue
        noun = affected.noun
        if not found:
            wrong = f"{what} matches nothing: there is no {noun}"
            source.fault(path, wrong, "leave it out")
            continue
        failing = [key for key in wanted if not any(_fits(thing, {key: wanted[key]}) for thing in found)]
        for key in failing:
            carried = {value for thing in found for value in thing[key]}
            section = affected.keys[key]
            if section is not None and any(unknown(source, section, value) for value in carried):
                continue  # a thing names what there is not, which is reported there and may be what is meant here
            values = " or ".join(f"'{value}'" for value in wanted[key])
            wrong = f"{what} matches nothing: no {noun} has {key} {values}"
            right = did_you_mean(wanted[key][0], carried) if carried else f"no {noun} has any {key}"
            source.fault((*path, "where", key), wrong, right)
        if not failing:
            wrong = f"{what} matches nothing: no {noun} fits {' and '.join(wanted)} together"
            source.fault((*path, "where"), wrong, "change or leave out one of them")


def _fits(thing: Thing, wanted: Mapping[str, Sequence[str]]) -> bool:
    return all(any(value in thing[key] for value in values) for key, values in wanted.items())


Judged = tuple[tuple[Path, Effect, str], dict[str, list[str]] | None, list[tuple[Path, str, str]]]


def _judged(source: Source, instance: Instance) -> Iterator[Judged]:
    """Each effect with what it wants, by key, and with what is wrong with single words in it.

    What it wants is None where a key is not known, which is reported elsewhere.
    """
    for path, _, effect, what in _effects(source, instance):
        wanted: dict[str, list[str]] = {}
        faults: list[tuple[Path, str, str]] = []
        odd = False
        for key, value in effect.where.items():
            if key not in _keys(effect):
                odd = True
            elif not _is_exposure(effect, key):
                place: tuple[Hashable, ...] = (*path, "where", key)
                values = list(value) if isinstance(value, list | tuple) else [value]
                words = [item for item in values if isinstance(item, str)]
                if len(words) < len(values) or not words:
                    wrong = f"{what}: {value!r} is no word" if values else f"{what}: an empty list"
                    faults.append((place, wrong, f"a {key}, or a list of them"))
                known = _known(source, effect, key)
                for word in words:
                    if known is not None and word not in known:
                        wrong = f"{what}: there is no {_noun(effect, key)} '{word}'"
                        section = AFFECTED[effect.affects].keys[key] or ""
                        faults.append((place, wrong, removal(source, (section,), word) or did_you_mean(word, known)))
                wanted[key] = words
        yield (path, effect, what), None if odd else wanted, faults


def _noun(effect: Effect, key: str) -> str:
    section = AFFECTED[effect.affects].keys[key]
    return NOUNS[section] if section else "facility, market, stockpile or region"


def _known(source: Source, effect: Effect, key: str) -> set[str] | None:
    """The words a key may hold, where they are ids; None where they are words of their own, or cannot be told."""
    section = AFFECTED[effect.affects].keys[key]
    if section is not None:
        return names(source, section)
    if key not in ("from", "to"):
        return None
    found: set[str] = set()
    for place in ("facilities", "markets", "stockpiles", "regions"):
        ids = names(source, place)
        if ids is None:
            return None
        found |= ids
    return found


CHECKS = (
    effects_change_something,
    where_has_known_keys,
    exposures_are_compared,
    where_names_what_there_is,
    effects_match_something,
)
