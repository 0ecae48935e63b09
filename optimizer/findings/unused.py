"""What stands in the files and takes no part: materials, recipes, facilities, owners, lanes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping

from optimizer.findings.finding import NOTE, WARNING, Finding, amount, some
from optimizer.findings.reach import conditions, missing_inputs
from optimizer.findings.survey import Survey
from optimizer.instance.movement import Freight, Lane
from optimizer.network.places import Arc, initial_stock


def material_without_maker(survey: Survey) -> Iterator[Finding]:
    """Every material is made by some facility, or in stock at the start."""
    for material in survey.instance.materials:
        if survey.makers(material):
            continue
        stock = sum(
            initial_stock(survey.instance, name, material, channel)
            for name, record in survey.instance.stockpiles.items()
            if material in record.materials
            for channel in record.holds
        )
        if stock > 0:
            continue
        users = _users(survey, material)
        listed = survey.recipes_of.get(material, ())
        why = f"its recipes ({some(listed)}) are at no facility" if listed else "no recipe makes it"
        use = f"; {some(users)} would use it" if users else ""
        text = f"Nobody makes {material}: {why}, and no stock of it is there at the start{use}."
        data = {"material": material, "recipes": list(listed), "users": users}
        yield Finding("material_without_maker", ("materials", material), text, data, WARNING if users else NOTE)


def _users(survey: Survey, material: str) -> list[str]:
    """Recipes at facilities, markets and stockpiles that could take a material."""
    instance = survey.instance
    found = [
        name
        for name, recipe in instance.recipes.items()
        if material in recipe.inputs and survey.facilities_of.get(name)
    ]
    found += [
        name
        for name, market in instance.markets.items()
        if any(material in (line.accepts or (line.product,)) for line in market.demand)
    ]
    return found + [name for name, record in instance.stockpiles.items() if material in record.materials]


def material_without_user(survey: Survey) -> Iterator[Finding]:
    """Every material that is made is asked for, used, stored or sold."""
    for material, record in survey.instance.materials.items():
        makers = survey.makers(material)
        if not makers or _users(survey, material) or record.sell:
            continue
        tonnes = _most_made(survey, material)
        cost = f"at {amount(record.disposal)} USD/t" if record.disposal > 0 else "free of charge"
        text = (
            f"{material} is made (up to {amount(tonnes)} t/yr at {some(makers)}) but nobody asks for it, uses, stores "
            f"or sells it: all of it is surplus, thrown away {cost}."
        )
        data = {"material": material, "tonnes": tonnes, "disposal": record.disposal, "makers": list(makers)}
        yield Finding("material_without_user", ("materials", material), text, data, NOTE)


def _most_made(survey: Survey, material: str) -> float:
    """The most of a material that all facilities make in a year, trusted or not, t."""
    best = 0.0
    for t in survey.periods:
        total = 0.0
        for name in survey.makers(material):
            for unit in survey.units(name):
                ratio = max(
                    (
                        survey.instance.recipes[r].outputs.get(material, 0.0) / survey.use(name, r)
                        for r in survey.instance.facilities[name].recipes
                        if survey.unit(name, r) == unit
                    ),
                    default=0.0,
                )
                total += ratio * survey.whole(name, unit, t)[1]
        best = max(best, total)
    return best


def recipe_never_runs(survey: Survey) -> Iterator[Finding]:
    """Every recipe runs at some facility in some channel."""
    running = {recipe for _, recipe, _ in survey.places.runs}
    for recipe in survey.instance.recipes:
        if recipe in running:
            continue
        facilities = survey.facilities_of.get(recipe, ())
        if not facilities:
            reason, why = "no_facility", "no facility lists it"
        else:
            reasons = [_why_idle(survey, name, [recipe]) for name in facilities]
            reason = reasons[0][0]
            why = some([f"{name}: {told}" for name, (_, told) in zip(facilities, reasons, strict=True)], 2)
        data = {"recipe": recipe, "facilities": list(facilities), "reason": reason}
        yield Finding("recipe_never_runs", ("recipes", recipe), f"Recipe {recipe} never runs: {why}.", data, NOTE)


def facility_without_use(survey: Survey) -> Iterator[Finding]:
    """Every facility can run something that leads to a use."""
    running = {facility for facility, _, _ in survey.places.runs}
    for name, record in survey.instance.facilities.items():
        if name in running:
            continue
        reason, why = _why_idle(survey, name, list(record.recipes))
        existing, possible = survey.tonnes(name)
        text = f"{name} ({amount(existing)} t/yr existing, {amount(possible)} with options) takes no part: {why}."
        data = {"facility": name, "reason": reason, "existing": existing, "possible": possible}
        yield Finding("facility_without_use", ("facilities", name), text, data, NOTE)


def _why_idle(survey: Survey, facility: str, recipes: list[str]) -> tuple[str, str]:
    """Why a facility runs none of some recipes: a word, and in words."""
    if not recipes:
        return "no_recipe", "it lists no recipe"
    if survey.idle(facility):
        return "no_capacity", "nothing stands there and no option comes on line within the horizon"
    channels = [k for k in survey.places.channels if survey.ever_trusted(facility, k)]
    if not channels:
        loosest = survey.places.channels[-1]
        return "shut_out", f"it is shut out of every channel ({loosest}: {conditions(survey, facility, loosest)})"
    allowed = [
        (recipe, k)
        for recipe in recipes
        for k in survey.instance.recipes[recipe].channels or survey.places.channels
        if k in channels
    ]
    if not allowed:
        return "recipe_not_allowed", f"the recipe is limited to channels it may not run ({some(channels)} it may)"
    lacking = [missing_inputs(survey, facility, recipe, k) for recipe, k in allowed]
    if all(lacking):
        inputs = dict.fromkeys(material for missing in lacking for material in missing)
        return "no_feed", f"it can never get {some(list(inputs))}"
    outputs = dict.fromkeys(m for recipe in recipes for m in survey.instance.recipes[recipe].outputs)
    return "no_use", f"what it makes ({some(list(outputs))}) leads to no use that it can reach"


def owner_without_holding(survey: Survey) -> Iterator[Finding]:
    """Every owner holds something."""
    instance = survey.instance
    held: set[str] = set()
    for facility in instance.facilities.values():
        held.update(facility.owners)
        for option in facility.options:
            if option.sets is not None and option.sets.owners is not None:
                held.update(option.sets.owners)
    for owner in instance.owners.values():
        held.update(owner.owners)
    for name in instance.owners:
        if name not in held:
            text = f"Owner {name} holds nothing: no facility, option or owner names it."
            yield Finding("owner_without_holding", ("owners", name), text, {"owner": name}, NOTE)


def option_never_on_line(survey: Survey) -> Iterator[Finding]:
    """Every option can be on line, and give something, within the horizon, or a branch may fund it."""
    able = {(start.facility, start.option) for found in survey.network.reactions.values() for start in found}
    for name, facility in survey.instance.facilities.items():
        for index, option in enumerate(facility.options):
            found = _why_never(survey, name, option.id)
            if found is None or (found[0] != "gives_nothing" and (name, option.id) in able):
                continue
            reason, why, numbers = found
            size = sum(option.capacity.values())
            text = f"Option {option.id} of {name} ({amount(size)} per year) {why}."
            data = {"facility": name, "option": option.id, "reason": reason, "capacity": size, **numbers}
            yield Finding("option_never_on_line", ("facilities", name, "options", index), text, data, WARNING)


def _why_never(survey: Survey, facility: str, name: str) -> tuple[str, str, dict[str, float]] | None:
    """Why an option is of no use: a word, in words, and the numbers; None if it is."""
    starts, calendar = survey.network.starts, survey.calendar
    option = starts.options[facility, name]
    end = calendar.end_year
    gives = any(size > 0 for size in option.capacity.values())
    if not gives and option.sets is None:
        return "gives_nothing", "adds no capacity and changes nothing", {}
    if starts.paths[facility, name]:
        if gives and survey.first_year(facility, name) is None:
            return "ramp", f"gives nothing before the horizon ends ({end - 1}): see its ramp", {}
        waits = {
            k: starts.wait(option, k)
            for k in survey.places.channels
            if gives and survey.ever_trusted(facility, k) and survey.first_year(facility, name, k) is None
        }
        if waits:
            channels = some(list(waits))
            wait = max(waits.values())
            why = f"is never qualified for {channels} within the horizon: that takes {wait} years on line"
            return "qualification", why, {"wait": wait}
        return None
    first, last = option.earliest, option.latest
    periods = [t for t in survey.periods if (first is None or t >= first) and (last is None or t <= last)]
    if not periods:
        window = f"{first if first is not None else '...'} to {last if last is not None else '...'}"
        return "window", f"can never be funded: no period starts in the years {window}", {}
    online = periods[0] + option.lead
    if online >= end:
        why = (
            f"can be funded in {periods[0]} at the earliest and would be on line in {online} (lead {option.lead} "
            f"years), after the horizon, which ends with {end - 1}"
        )
        return "lead", why, {"online": online, "end": end - 1}
    base = starts.base(facility, name)
    ready = survey.on_line_from(facility, base) if base is not None else None
    if base is not None and ready is None:
        return "after", f"comes after option {base}, which never comes on line", {}
    why = (
        f"comes after option {base}, on line in {ready} at the earliest: too late for it to be funded and on line in "
        "time"
    )
    return "after", why, {"ready": ready or 0}


def lane_never_used(survey: Survey) -> Iterator[Finding]:
    """Every lane and freight row can carry something to a use."""
    by_place: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for place, material, channel in survey.places.reached:
        by_place[place].append((material, channel))
    used: set[str] = set()
    filled: set[str] = set()
    for arc in survey.places.arcs:
        for material, channel in by_place.get(arc.start, ()):
            if survey.places.carries(arc, material, channel):
                filled.add(arc.link)
                if _leads_on(survey, arc, material, channel):
                    used.add(arc.link)
    instance = survey.instance
    rows: list[tuple[str, str, tuple[Hashable, ...], Lane | Freight]] = [
        ("Lane", f"lane:{number}", ("lanes", number), lane) for number, lane in enumerate(instance.lanes)
    ]
    rows += [
        ("Freight row", f"freight:{number}", ("logistics", "freight", number), row)
        for number, row in enumerate(instance.logistics.freight)
    ]
    for word, link, path, row in rows:
        closed = row.capacity == 0
        if link in used and not closed:
            continue
        reason = "no_capacity" if closed else "no_use" if link in filled else "nothing_to_carry"
        why = _WHY_LANE[reason].format(start=row.from_, end=row.to)
        what = f" ({row.material})" if row.material else ""
        text = f"{word} {path[-1]}, {row.from_} to {row.to}{what}, never carries anything: {why}."
        data = {"link": link, "from": row.from_, "to": row.to, "material": row.material, "reason": reason}
        yield Finding("lane_never_used", path, text, data, NOTE)


_WHY_LANE: Mapping[str, str] = {
    "no_capacity": "its capacity is 0",
    "no_use": "what could come along it leads to no use at {end}",
    "nothing_to_carry": "nothing it may carry is ever at {start}",
}


def _leads_on(survey: Survey, arc: Arc, material: str, channel: str) -> bool:
    """Whether an arc leads to a use, or carries what is owed."""
    places = survey.places
    if arc.start.startswith("owed:"):
        return True
    if arc.end in survey.instance.stockpiles:
        return (arc.end, material, channel) in places.stocked
    return (arc.end, material, channel) in places.useful
