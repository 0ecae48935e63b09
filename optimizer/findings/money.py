"""What costs nothing, and costs so far apart that a solver's arithmetic suffers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from optimizer.findings.finding import WARNING, Finding, amount, count, some
from optimizer.findings.survey import Survey

EXTREME = 1e7


def free_lunch(survey: Survey) -> Iterator[Finding]:
    """Everything that is of use costs something, and costs lie within seven orders of magnitude."""
    yield from _free_sources(survey)
    yield from _free_channels(survey)
    yield from _free_options(survey)
    yield from _free_shortage(survey)
    yield from _extreme(survey)


def _free_sources(survey: Survey) -> Iterator[Finding]:
    found: dict[str, list[str]] = {}
    for facility, recipe, _ in sorted(survey.places.runs):
        if not survey.instance.recipes[recipe].inputs and survey.cost(facility, recipe) <= 0:
            found.setdefault(recipe, [])
            if facility not in found[recipe]:
                found[recipe].append(facility)
    if found:
        made = dict.fromkeys(m for recipe in found for m in survey.instance.recipes[recipe].outputs)
        shown = some([f"{recipe} (at {some(facilities, 2)})" for recipe, facilities in found.items()])
        text = f"{count(len(found), 'recipe')} without inputs cost nothing, so {some(list(made))} is free: {shown}."
        data = {"what": "recipe", "recipes": found}
        yield Finding("free_lunch", ("recipes", next(iter(found))), text, data, WARNING)


def _free_channels(survey: Survey) -> Iterator[Finding]:
    order = survey.places.channels
    ties = [
        (strict, loose)
        for strict, loose in pairwise(order)
        if survey.instance.channels[strict].custody_cost <= survey.instance.channels[loose].custody_cost
        and any(k == strict for _, _, k in survey.places.runs)
    ]
    if not ties:
        return
    pairs = some([f"{strict} and {loose}" for strict, loose in ties])
    text = (
        f"Making a thing costs the same in {pairs}, and moving it down costs nothing: plans that differ only in that "
        "tie, and tonnes by channel mean little. A small custody_cost on the stricter one settles it."
    )
    data = {"what": "channels", "ties": [list(pair) for pair in ties]}
    yield Finding("free_lunch", ("channels", ties[0][0], "custody_cost"), text, data, WARNING)


def _free_options(survey: Survey) -> Iterator[Finding]:
    for name, facility in survey.instance.facilities.items():
        for index, option in enumerate(facility.options):
            if option.capex > 0 or option.sets is not None or not any(size > 0 for size in option.capacity.values()):
                continue
            fixed = (
                f"it only costs {amount(option.fixed_cost)} USD/yr"
                if option.fixed_cost > 0
                else "nothing speaks against it"
            )
            text = f"Option {option.id} of {name} has a capex of 0: {fixed}."
            data = {"what": "option", "facility": name, "option": option.id, "fixed_cost": option.fixed_cost}
            yield Finding("free_lunch", ("facilities", name, "options", index), text, data, WARNING)


def _free_shortage(survey: Survey) -> Iterator[Finding]:
    for name, market in survey.instance.markets.items():
        for index, line in enumerate(market.demand):
            free = [
                t
                for t in survey.periods
                if not survey.hard(line.shortage_cost, t)
                and survey.calendar.mean(line.shortage_cost, t) <= 0
                and survey.calendar.mean(line.tonnes, t) > 0
            ]
            if free:
                text = (
                    f"A shortage of {line.product} costs {name} nothing in {some([str(t) for t in free])}: it will be "
                    "short unless the supply is free."
                )
                data = {"what": "shortage", "market": name, "product": line.product, "periods": free}
                yield Finding("free_lunch", ("markets", name, "demand", index, "shortage_cost"), text, data, WARNING)


def _extreme(survey: Survey) -> Iterator[Finding]:
    """The largest shortage cost against the smallest cost of an activity or a way, all in USD per t."""
    largest, where = 0.0, ("", 0)
    for name, market in survey.instance.markets.items():
        for index, line in enumerate(market.demand):
            for t in survey.periods:
                cost = 0.0 if survey.hard(line.shortage_cost, t) else survey.calendar.mean(line.shortage_cost, t)
                if cost > largest:
                    largest, where = cost, (name, index)
    smallest: dict[str, float] = {}
    for facility, recipe, channel in survey.places.runs:
        made = sum(survey.instance.recipes[recipe].outputs.values())
        usd = survey.cost(facility, recipe) / made + survey.instance.channels[channel].custody_cost
        name = f"recipe {recipe} at {facility}"
        if usd > 0:
            smallest[name] = min(usd, smallest.get(name, usd))
    smallest |= {f"lane {i}": row.cost for i, row in enumerate(survey.instance.lanes) if row.cost > 0}
    freight = survey.instance.logistics.freight
    smallest |= {f"freight row {i}": row.cost for i, row in enumerate(freight) if row.cost > 0}
    if not smallest or largest <= 0:
        return
    least = min(smallest, key=lambda item: smallest[item])
    ratio = largest / smallest[least]
    if ratio <= EXTREME:
        return
    text = (
        f"The shortage cost of {where[0]} ({amount(largest)} USD/t) is {ratio:.1g} times the cost of {least} "
        f"({amount(smallest[least])} USD/t): beyond {EXTREME:.0e} a solver's tolerances swallow the small one."
    )
    data = {"what": "ratio", "largest": largest, "smallest": smallest[least], "ratio": ratio}
    yield Finding("free_lunch", ("markets", where[0], "demand", where[1], "shortage_cost"), text, data, WARNING)
