"""What can never get where it is wanted, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.findings.demand import all_lines, asked_by, unreached
from optimizer.findings.finding import CANNOT, WARNING, Finding, amount, some
from optimizer.findings.survey import Survey


def why_not_made(survey: Survey, material: str, channels: Sequence[str]) -> tuple[str, str]:
    """Why nothing of a material is made in some channels, or why it does not get about.

    Args:
        survey: of the network.
        material: its id.
        channels: channels that would do, strictest first.

    Returns:
        A word for the reason, and the reason in words.
    """
    makers = survey.makers(material)
    if not makers:
        return "nobody_makes_it", f"no facility makes {material}"
    working = [name for name in makers if not survey.idle(name)]
    if not working:
        return "no_capacity", f"{some(makers)} could make {material} but never {_has(makers)} capacity"
    trusted = [name for name in working if any(survey.ever_trusted(name, k) for k in channels)]
    if not trusted:
        reasons = [f"{name} ({conditions(survey, name, channels[-1])})" for name in working]
        return "shut_out", f"the makers of {material} are shut out of {channels[-1]}: {some(reasons, 3)}"
    runs = [
        (name, recipe, k)
        for name in trusted
        for recipe in survey.instance.facilities[name].recipes
        if material in survey.instance.recipes[recipe].outputs
        for k in survey.instance.recipes[recipe].channels or survey.places.channels
        if k in channels and survey.ever_trusted(name, k)
    ]
    if not runs:
        return "recipe_not_allowed", f"the recipes for {material} at {some(trusted)} are limited to other channels"
    lacking = [missing_inputs(survey, name, recipe, k) for name, recipe, k in runs]
    if all(lacking):
        inputs = dict.fromkeys(material for missing in lacking for material in missing)
        return "no_feed", f"{some(trusted)} can never get {some(list(inputs))} in {channels[-1]}"
    made = [name for (name, _, _), missing in zip(runs, lacking, strict=True) if not missing]
    return "no_way", f"no freight row or lane leads there from {some(list(dict.fromkeys(made)))}"


def _has(names: Sequence[str]) -> str:
    return "has" if len(names) == 1 else "have"


def conditions(survey: Survey, facility: str, channel: str) -> str:
    """The conditions of a channel that shut a facility out, in words."""
    state = survey.network.trust.states[facility][0]
    country = survey.instance.facilities[facility].country
    for period in survey.periods:
        found = [
            f"country {country} is {survey.network.trust.tier(country, period)}"
            if kind == "tier"
            else f"{kind} {amount(exposure)} over {amount(cap)}"
            for kind, exposure, cap in survey.network.trust.shut_out(facility, state, channel, period)
        ]
        if found:
            return ", ".join(found)
    return "only in some future"


def missing_inputs(survey: Survey, facility: str, recipe: str, channel: str) -> list[str]:
    """The inputs of a recipe that never get to a facility in a channel."""
    country = survey.instance.facilities[facility].country
    return [
        material
        for material in survey.instance.recipes[recipe].inputs
        if (survey.places.draw(facility, country, material), material, channel) not in survey.places.reached
    ]


def unreachable_demand(survey: Survey) -> Iterator[Finding]:
    """Every demand line can be supplied by somebody in some period."""
    for name, index in all_lines(survey):
        if not unreached(survey, (name, index)):
            continue
        market = survey.instance.markets[name]
        line = market.demand[index]
        channels = survey.places.stricter_or_equal(market.channel)
        reasons = {m: why_not_made(survey, m, channels) for m in line.accepts or (line.product,)}
        reason, why = reasons[line.product] if line.product in reasons else next(iter(reasons.values()))
        asked = asked_by(survey, [(name, index)], hard=False)
        must = any(tonnes > 0 for tonnes in asked_by(survey, [(name, index)], hard=True).values())
        first = next(t for t in survey.periods if asked[t] > 0)
        text = (
            f"{name} needs {amount(asked[first])} t/yr of {line.product} from {first} on, and nobody can ever supply "
            f"it in channel {market.channel}: {why}."
        )
        data = {
            "market": name,
            "product": line.product,
            "channel": market.channel,
            "asked": asked,
            "reason": reason,
            "reasons": {material: {"reason": word, "text": told} for material, (word, told) in reasons.items()},
        }
        subject = ("markets", name, "demand", index)
        yield Finding("unreachable_demand", subject, text, data, CANNOT if must else WARNING)
