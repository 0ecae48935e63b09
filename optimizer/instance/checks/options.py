"""What can be funded at a facility, and the units its capacity comes in."""

from __future__ import annotations

import math
from collections.abc import Mapping

from optimizer.instance.checks.base import at, listed, lost, quoted, raw
from optimizer.instance.faults import did_you_mean
from optimizer.instance.fields import WHOLE
from optimizer.instance.instance import Instance
from optimizer.instance.records import Facility
from optimizer.instance.series import Series
from optimizer.instance.source import Source

TOLERANCE = 1e-9


def option_ids(source: Source, facility: str) -> list[str]:
    """The ids of a facility's options as written, those of options at fault included."""
    options = raw(source, "facilities", facility, "options")
    return [str(item.get("id")) for item in options if isinstance(item, Mapping)] if isinstance(options, list) else []


def option_ids_differ(source: Source, instance: Instance) -> None:
    """The options of a facility have ids of their own."""
    for name, facility in instance.facilities.items():
        seen: dict[str, tuple[object, ...]] = {}
        for path, option in listed(source, ("facilities", name, "options"), facility.options):
            if option.id in seen:
                wrong = f"{name} has two options '{option.id}'"
                right = f"the first is at {source.where(*seen[option.id])}; ids differ"
                source.fault((*path, "id"), wrong, right)
            seen.setdefault(option.id, path)


def after_names_an_option(source: Source, instance: Instance) -> None:
    """`after` names another option of the same facility."""
    for name, facility in instance.facilities.items():
        known = option_ids(source, name)
        for path, option in listed(source, ("facilities", name, "options"), facility.options):
            if option.after is None or (option.after in known and option.after != option.id):
                continue
            others = [other for other in known if other != option.id]
            if option.after == option.id:
                wrong = f"option '{option.id}' of {name} is after itself"
            else:
                wrong = f"option '{option.id}' is after '{option.after}', but {name} has no option '{option.after}'"
            source.fault((*path, "after"), wrong, did_you_mean(option.after, others))


def after_runs_in_no_circle(source: Source, instance: Instance) -> None:
    """Options do not wait for one another in a circle."""
    for name, facility in instance.facilities.items():
        after = {option.id: option.after for option in facility.options}
        paths = {option.id: path for path, option in listed(source, ("facilities", name, "options"), facility.options)}
        done: set[str] = set()
        for start in after:
            chain: list[str] = []
            step: str | None = start
            while step is not None and step in after and step not in done and step not in chain:
                chain.append(step)
                step = after[step]
            if step in chain and after[step] != step:
                circle = [*chain[chain.index(step) :], step]
                wrong = f"options of {name} wait for one another: {' after '.join(circle)}"
                source.fault((*paths[step], "after"), wrong, "one of them comes first, without after")
            done.update(chain)


def earliest_is_before_latest(source: Source, instance: Instance) -> None:
    """An option's earliest year is not after its latest."""
    for name, facility in instance.facilities.items():
        for path, option in listed(source, ("facilities", name, "options"), facility.options):
            if option.earliest is not None and option.latest is not None and option.earliest > option.latest:
                wrong = f"option '{option.id}' of {name}: earliest {option.earliest} is after latest {option.latest}"
                source.fault((*path, "latest"), wrong, f"{option.earliest} or later")


def spending_adds_up(source: Source, instance: Instance) -> None:
    """The shares of `spend` add up to 1."""
    for name, facility in instance.facilities.items():
        for path, option in listed(source, ("facilities", name, "options"), facility.options):
            if option.spend is not None and abs(math.fsum(option.spend) - 1) > TOLERANCE:
                wrong = f"option '{option.id}' of {name}: the shares add up to {math.fsum(option.spend):.10g}"
                source.fault((*path, "spend"), wrong, "shares of capex by year add up to 1")


def react_leaves_exposures(source: Source, instance: Instance) -> None:
    """An option that sets exposures or holders is the plan's alone: trust is not decided in a branch."""
    for name, facility in instance.facilities.items():
        for path, option in listed(source, ("facilities", name, "options"), facility.options):
            if option.react is not None and option.sets is not None:
                wrong = f"option '{option.id}' of {name} both reacts and sets exposures or holders"
                source.fault((*path, "react"), wrong, "leave react out: what sets trust is funded by the plan alone")


def _is_zero(capacity: Mapping[str, Series]) -> bool:
    return all(not value for value in capacity[WHOLE].values) if set(capacity) == {WHOLE} else False


def units_of(facility: Facility) -> list[str]:
    """The units of a facility: those of its capacity, or, where nothing stands yet, those of its options."""
    found = [unit for unit in facility.capacity if unit != WHOLE]
    if not found and _is_zero(facility.capacity):
        found = [unit for option in facility.options for unit in option.capacity if unit != WHOLE]
    return list(dict.fromkeys(found))


def capacities_agree_on_units(source: Source, instance: Instance) -> None:
    """A facility's capacity and its options are all plain, or all by the same units."""
    for name, facility in instance.facilities.items():
        units = units_of(facility)
        stands = [unit for unit in facility.capacity if unit != WHOLE]
        for path, option in listed(source, ("facilities", name, "options"), facility.options):
            given = [unit for unit in option.capacity if unit != WHOLE]
            if not given:
                if units and option.capacity[WHOLE] > 0:
                    wrong = f"option '{option.id}' has a plain capacity, but {name} has units {quoted(units)}"
                    source.fault((*path, "capacity"), wrong, f"by unit, such as {{{units[0]}: ...}}")
            elif stands:
                for unit in given:
                    if unit not in stands:
                        wrong = f"option '{option.id}': {name} has no unit '{unit}'"
                        source.fault((*path, "capacity", unit), wrong, did_you_mean(unit, stands))
            elif not units:
                wrong = f"option '{option.id}' is by unit, but the capacity of {name} is plain"
                right = f"give the facility's capacity by unit too, such as {{{given[0]}: ...}}"
                source.fault((*path, "capacity"), wrong, right)


def recipes_name_a_unit(source: Source, instance: Instance) -> None:
    """Where a facility has units, each of its recipes names one of them."""
    for name, facility in instance.facilities.items():
        units = units_of(facility)
        if not units:
            continue
        for recipe, use in facility.recipes.items():
            if recipe not in instance.recipes:
                continue
            path = at(source, ("facilities", name, "recipes"), recipe)
            unit = use.unit or instance.recipes[recipe].unit
            if unit is None:
                if lost(source, "recipes", recipe, "unit") or lost(source, *path):
                    continue
                wrong = f"recipe '{recipe}' names no unit, but {name} has {quoted(units)}"
                source.fault(path, wrong, f"unit: {units[0]}, in the recipe or here")
            elif unit not in units:
                source.fault(path, f"recipe '{recipe}': {name} has no unit '{unit}'", did_you_mean(unit, units))


CHECKS = (
    option_ids_differ,
    after_names_an_option,
    after_runs_in_no_circle,
    earliest_is_before_latest,
    spending_adds_up,
    react_leaves_exposures,
    capacities_agree_on_units,
    recipes_name_a_unit,
)
