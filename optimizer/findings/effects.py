"""Effects of scenarios that change nothing, and scenarios that inherit nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from optimizer.findings.finding import NOTE, WARNING, Finding, some
from optimizer.findings.survey import Survey
from optimizer.instance.amounts import Preference
from optimizer.instance.policy import (
    DemandEffect,
    Effect,
    ExposureCap,
    FacilityEffect,
    LaneEffect,
    OptionEffect,
    PriceEffect,
    RecipeEffect,
    Scenario,
)
from optimizer.network.derive_flow import link_facts
from optimizer.network.effects import Active, Disruption, Window, active, matches
from optimizer.network.network import facility_facts, option_facts
from optimizer.network.starts import Delays, Start

Reason = tuple[str, str]
"""A word, and in words."""


@dataclass(frozen=True, slots=True)
class Blow:
    """One effect of a scenario, with what it needs to be judged.

    Attributes:
        survey: of the network.
        scenario: its scenario.
        effect: the effect.
        years: calendar years within the horizon in which it is active.
    """

    survey: Survey
    scenario: Scenario
    effect: Effect
    years: range

    @property
    def branches(self) -> list[Window]:
        """The branches in which it happens: its scenario's own, and those that leave it and inherit the effect."""
        found = self.survey.network.windows.values()
        return [branch for branch in found if any(item.effect is self.effect for item in branch.effects)]

    @property
    def periods(self) -> list[int]:
        """Periods with a year in which it is active."""
        spans = self.survey.calendar.span
        return [t for t in self.survey.periods if any(year in self.years for year in spans[t])]


def idle_effect(survey: Survey) -> Iterator[Finding]:
    """Every scenario has weight and effects, and every effect changes something."""
    for number, scenario in enumerate(survey.instance.scenarios):
        path = ("scenarios", number)
        if not scenario.effects:
            text = f"Scenario {scenario.id} has no effects: it leaves the optimum as it is."
            yield Finding("idle_effect", path, text, {"scenario": scenario.id, "reason": "no_effects"}, NOTE)
        if scenario.probability == 0 and scenario.effects and not scenario.beginning:
            text = (
                f"Scenario {scenario.id} has probability 0: it must be survived, and {_what_counts(survey, scenario)}."
            )
            yield Finding("idle_effect", path, text, {"scenario": scenario.id, "reason": "probability"}, NOTE)
        for index, effect in enumerate(scenario.effects):
            end = survey.calendar.end_year
            span = active(effect, scenario, end)
            blow = Blow(survey, scenario, effect, range(span.start, min(span.stop, end)))
            found = _why_idle(blow)
            if found is None:
                continue
            reason, why = found
            partly = reason == "partly"
            does = "does less than it says" if partly else "changes nothing"
            text = f"Effect {index} of scenario {scenario.id} ({effect.affects}) {does}: {why}."
            data = {"scenario": scenario.id, "effect": index, "affects": effect.affects, "reason": reason}
            yield Finding("idle_effect", (*path, "effects", index), text, data, NOTE if partly else WARNING)


def parent_is_over(survey: Survey) -> Iterator[Finding]:
    """A scenario with a parent begins while the parent's branch lasts, and inherits what happens there."""
    windows = survey.network.windows
    for number, scenario in enumerate(survey.instance.scenarios):
        if scenario.parent is None or windows[scenario.id].leaves is not None:
            continue
        back = windows[scenario.parent].until
        text = (
            f"Scenario {scenario.id} begins in {scenario.onset}, when its parent {scenario.parent} is back on the "
            f"trunk (from {back}): it leaves the trunk and inherits nothing."
        )
        data = {"scenario": scenario.id, "parent": scenario.parent, "onset": scenario.onset, "until": back}
        yield Finding("parent_is_over", ("scenarios", number, "parent"), text, data, NOTE)


def _what_counts(survey: Survey, scenario: Scenario) -> str:
    """What a scenario of probability 0 counts."""
    if survey.instance.risk.measure in ("worst_case", "regret"):
        return "it counts for the risk measure"
    weights = [survey.network.weight[scenario.id, t] for t in survey.network.windows[scenario.id].periods]
    return "its branch counts until others leave it" if any(weights) else "its cost counts nothing"


def _why_idle(blow: Blow) -> Reason | None:
    effect = blow.effect
    if isinstance(effect, FacilityEffect):
        return _facilities(blow, effect)
    if isinstance(effect, LaneEffect):
        return _lanes(blow, effect)
    if isinstance(effect, DemandEffect):
        return _demand(blow, effect)
    if isinstance(effect, PriceEffect):
        return _prices(blow, effect)
    if isinstance(effect, RecipeEffect):
        return _recipes(blow, effect)
    return _options(blow, effect)


def _facilities(blow: Blow, effect: FacilityEffect) -> Reason | None:
    if effect.available in (None, 1.0) and not effect.exposure:
        return (
            "factor",
            "its factor is 1",
        )
    survey, trust = blow.survey, blow.survey.network.trust
    running = {f for f, _, _ in survey.places.runs}
    hit = [
        name
        for name in survey.instance.facilities
        if any(
            matches(
                effect.where,
                facility_facts(survey.instance, trust, name, year),
                _exposure_of(survey, name, number, year),
            )
            for year in blow.years
            for number in range(len(trust.states[name]))
        )
    ]
    standing = [
        name
        for name in hit
        if name in running and any(survey.whole(name, u, t)[1] > 0 for u in survey.units(name) for t in blow.periods)
    ]
    if not hit:
        return "no_match", "nothing matches it while it lasts"
    if not standing:
        return "nothing_runs", f"{some(hit)} can run nothing while it lasts"
    if effect.available not in (None, 1.0):
        return None
    capped = {kind for channel in survey.instance.channels.values() for kind in channel.max_exposure}
    capped |= {r.kind for r in survey.instance.policy.rules if isinstance(r, ExposureCap) and r.in_disruption}
    if not capped & set(effect.exposure):
        return "no_cap", f"no channel caps {some(sorted(effect.exposure))} exposure, and no rule does in disruptions"
    changed = any(
        trust.exposure(name, state, kind, year) != value
        for name in standing
        for state in trust.states[name]
        for kind, value in effect.exposure.items()
        for year in blow.years
    )
    return None if changed else ("same", f"{some(standing)} has these exposures already")


def _exposure_of(survey: Survey, name: str, state: int, year: int) -> Callable[[str], float | None]:
    trust = survey.network.trust
    return lambda kind: trust.exposure(name, trust.states[name][state], kind, year)


def _lanes(blow: Blow, effect: LaneEffect) -> Reason | None:
    instance = blow.survey.instance
    rows = {f"lane:{i}": row for i, row in enumerate(instance.lanes)}
    rows |= {f"freight:{i}": row for i, row in enumerate(instance.logistics.freight)}  # type: ignore[misc]
    hit = {link: row for link, row in rows.items() if matches(effect.where, link_facts(blow.survey.network, link))}
    if effect.available in (None, 1.0) and effect.cost in (None, 1.0):
        return "factor", "its factors are 1"
    dearer = effect.cost not in (None, 1.0) and any(row.cost > 0 for row in hit.values())
    if dearer or effect.available == 0:
        return None
    free = [link for link, row in hit.items() if row.capacity is None]
    if effect.available in (None, 1.0):
        return "no_cost", "the lanes that it makes dearer cost nothing"
    if len(free) == len(hit):
        return "no_capacity", f"it scales the capacity of {len(hit)} lanes, and none of them has one"
    if free:
        return "partly", f"it scales capacity, and {len(free)} of its {len(hit)} lanes have none"
    return None


def _demand(blow: Blow, effect: DemandEffect) -> Reason | None:
    if effect.factor == 1.0:
        return "factor", "its factor is 1"
    survey = blow.survey
    for name, market in survey.instance.markets.items():
        for line in market.demand:
            facts = _facts(market=name, product=line.product, channel=market.channel, country=market.country)
            if matches(effect.where, facts) and any(survey.calendar.at(line.tonnes, year) > 0 for year in blow.years):
                return None
    return "no_demand", "what it scales is 0 while it lasts"


def _facts(**words: str) -> Mapping[str, frozenset[str]]:
    return {key: frozenset({word}) for key, word in words.items()}


def _prices(blow: Blow, effect: PriceEffect) -> Reason | None:
    if effect.factor == 1.0:
        return "factor", "its factor is 1"
    survey, instance = blow.survey, blow.survey.instance
    regions = sorted(set(survey.places.region_of.values())) or [""]
    hit = [
        name
        for name, record in instance.materials.items()
        if record.price is not None
        and any(matches(effect.where, _facts(material=name, stage=record.stage, region=region)) for region in regions)
    ]
    at_end = any(branch.restores and branch.periods[-1] in blow.periods for branch in blow.branches)
    weighed = {
        material
        for rule in instance.policy.rules
        if isinstance(rule, Preference) and rule.in_disruption
        for market in rule.markets
        for line in instance.markets[market].demand
        for material in (line.product, *(line.accepts or ()))
    }
    for name in hit:
        if instance.materials[name].sell or name in weighed:
            return None
        if at_end and any(name == material for _, material, _ in survey.places.stocked):
            return None
    end = "no stock of it is bought back while it lasts" if not at_end else "no stockpile holds it"
    return "no_price_counts", f"prices count only for what is sold and bought back; {some(hit)} is not sold, and {end}"


def _recipes(blow: Blow, effect: RecipeEffect) -> Reason | None:
    if effect.cost == 1.0:
        return "factor", "its factor is 1"
    survey, instance = blow.survey, blow.survey.instance
    hit, dear = [], False
    for facility, recipe in dict.fromkeys((f, r) for f, r, _ in survey.places.runs):
        record = instance.recipes[recipe]
        facts = {**_facts(id=recipe, stage=record.stage, facility=facility), "material": frozenset(record.outputs)}
        if matches(effect.where, facts):
            hit.append(recipe)
            dear = dear or survey.cost(facility, recipe) > 0
    if not hit:
        return "nothing_runs", "none of the recipes it names ever runs"
    return None if dear else ("no_cost", f"{some(list(dict.fromkeys(hit)))} cost nothing")


def _options(blow: Blow, effect: OptionEffect) -> Reason | None:
    if effect.delay == 0:
        return "factor", "its delay is 0 years"
    survey, starts = blow.survey, blow.survey.network.starts
    hit = [
        f"{facility} {option}"
        for facility, option in starts.options
        if matches(effect.where, option_facts(survey.instance, facility, option))
    ]
    moved = False
    for branch in blow.branches:
        # What it adds to the delays of the scenarios before it and after it.
        others = tuple(item for item in branch.effects if item.scenario != blow.scenario.id)
        both = tuple(item for item in branch.effects if item.effect is effect or item in others)
        without, delays = _delays(survey, others), _delays(survey, both)
        for start in (start for paths in starts.paths.values() for start in paths):
            before, after = starts.online(start, without), starts.online(start, delays)
            if before != after:
                moved = True
                if any(_differs(survey, start, t, before, after) for t in branch.periods):
                    return None
    if not moved:
        return (
            "too_late",
            f"whatever year {some(hit)} {'is' if len(hit) == 1 else 'are'} funded, nothing of it is unfinished then",
        )
    window = survey.network.windows[blow.scenario.id]
    until = f"is back on the trunk in {window.until}" if window.until is not None else "ends with the horizon"
    return "rejoins", f"its future {until}, and until then {some(hit)} would give nothing anyway"


def _delays(survey: Survey, effects: tuple[Active, ...]) -> Delays:
    disruption = Disruption(survey.calendar, effects)
    found = {key: disruption.delays(option_facts(survey.instance, *key)) for key in survey.network.starts.options}
    return {key: delays for key, delays in found.items() if delays}


def _differs(survey: Survey, start: Start, period: int, before: int, after: int) -> bool:
    starts = survey.network.starts
    if starts.share_on_line(start, period, before) != starts.share_on_line(start, period, after):
        return True
    return any(
        starts.size(start, unit, period, before) != starts.size(start, unit, period, after)
        for unit in survey.units(start.facility)
    )
