"""Instance -> Network: what all courses share."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from decimal import Decimal

from optimizer.errors import Fault, Where
from optimizer.instance.instance import Instance
from optimizer.instance.policy import Effect, FacilityEffect, OptionEffect
from optimizer.network.calendar import Calendar, calendar_of
from optimizer.network.effects import Active, Disruption, Facts, Window
from optimizer.network.places import places_of
from optimizer.network.reactions import reactions_of
from optimizer.network.starts import Delays, Start, Starts, starts_of
from optimizer.network.tables import BASE, Network
from optimizer.network.tree import paths_of, weights_of, windows_of
from optimizer.network.trust import State, Trust


def facility_facts(instance: Instance, trust: Trust, name: str, year: int) -> Facts:
    """What a facility says of itself, for `where`."""
    if (name, year) in trust.facts:
        return trust.facts[name, year]
    record = instance.facilities[name]
    regions = instance.logistics.regions or {}
    trust.facts[name, year] = facts = {
        "id": frozenset({name}),
        "stage": frozenset({record.stage}),
        "country": frozenset({record.country}),
        "owner": frozenset(record.owners),
        "tags": frozenset(record.tags),
        "region": frozenset(region for region, members in regions.items() if record.country in members),
        "material": frozenset(m for recipe in record.recipes for m in instance.recipes[recipe].outputs),
        "tier": frozenset({trust.tier(record.country, year)}),
    }
    return facts


def option_facts(instance: Instance, facility: str, option: str) -> Facts:
    """What an option says of itself, for `where`."""
    record = instance.facilities[facility]
    return {
        "facility": frozenset({facility}),
        "id": frozenset({option}),
        "stage": frozenset({record.stage}),
        "country": frozenset({record.country}),
        "owner": frozenset(record.owners),
    }


def facility_effects(
    trust: Trust, disruption: Disruption, name: str, state: State, year: int
) -> tuple[float, dict[str, float]]:
    """Availability of a facility in a state and year, and the exposures that effects set."""
    return disruption.facility(
        lambda at: facility_facts(trust.instance, trust, name, at),
        lambda kind, at: trust.exposure(name, state, kind, at),
        year,
    )


def changed_exposures(
    trust: Trust, disruption: Disruption, name: str, state: State, period: int
) -> dict[int, dict[str, float]]:
    """Exposures that effects set, by year of a period."""
    found: dict[int, dict[str, float]] = {}
    if not disruption.sets_exposures():
        return found
    for year in trust.calendar.span[period]:
        changed = facility_effects(trust, disruption, name, state, year)[1]
        if changed:
            found[year] = changed
    return found


def network_of(instance: Instance) -> Network:
    """Derive what all courses of an instance share."""
    calendar = calendar_of(instance)
    trust = Trust(instance, calendar)
    windows = windows_of(instance, calendar)
    paths = paths_of(instance, calendar, windows)
    probability = {s.id: s.probability for s in instance.scenarios if s.id in paths}
    listed = sum((Decimal(repr(p)) for p in probability.values()), Decimal(0))
    every = Disruption(calendar, tuple(_distinct(windows, OptionEffect).values()))
    delayed = frozenset(
        (name, option.id)
        for name, facility in instance.facilities.items()
        for option in facility.options
        if every.delays(option_facts(instance, name, option.id))
    )
    starts = starts_of(instance, calendar, delayed)

    def late(branch: Window) -> Delays:
        return delays_in(instance, starts, Disruption(calendar, branch.effects))

    reactions = reactions_of(starts, windows, late)
    idle = _idle(instance, calendar, starts, [start for found in reactions.values() for start in found])
    places = places_of(instance, _trusted(instance, calendar, trust, windows), idle)
    return Network(
        instance=instance,
        calendar=calendar,
        trust=trust,
        starts=starts,
        places=places,
        windows=windows,
        probability={BASE: float(Decimal(1) - listed), **probability},
        path=paths,
        weight=weights_of(paths, probability),
        left=frozenset(branch.leaves for branch in windows.values() if branch.leaves is not None),
        reactions=reactions,
    )


def delays_in(instance: Instance, starts: Starts, disruption: Disruption) -> Delays:
    """The delays of every option that what happens in a branch hits."""
    found = {key: disruption.delays(option_facts(instance, *key)) for key in starts.options}
    return {key: delays for key, delays in found.items() if delays}


def _distinct(windows: Mapping[str, Window], kind: type[Effect]) -> dict[Hashable, Active]:
    """The effects of a kind in all branches, equal ones once."""
    return {
        (repr(item.effect), item.years): item
        for branch in windows.values()
        for item in branch.effects
        if isinstance(item.effect, kind)
    }


def _moves(windows: Iterable[Window], calendar: Calendar) -> list[Disruption]:
    """What sets exposures in branches, equal sets of effects once."""
    found: dict[Hashable, Disruption] = {}
    for branch in windows:
        setting = tuple(i for i in branch.effects if isinstance(i.effect, FacilityEffect) and i.effect.exposure)
        if setting:
            found[tuple((repr(item.effect), item.years) for item in setting)] = Disruption(calendar, setting)
    return list(found.values())


def _trusted(
    instance: Instance, calendar: Calendar, trust: Trust, windows: Mapping[str, Window]
) -> set[tuple[str, str]]:
    """(facility, channel) pairs that are trusted in some state, period and future."""
    disruptions = _moves(windows.values(), calendar)
    found = set()
    for name in instance.facilities:
        for channel in instance.channels:
            when = [(state, t) for state in trust.states[name] for t in calendar.periods]
            if any(trust.may_run(name, state, channel, t) for state, t in when) or any(
                trust.may_run(name, state, channel, t, changed)
                for d in disruptions
                for state, t in when
                if (changed := changed_exposures(trust, d, name, state, t))
            ):
                found.add((name, channel))
    return found


def _idle(instance: Instance, calendar: Calendar, starts: Starts, reactions: Iterable[Start]) -> frozenset[str]:
    """Facilities that never have capacity."""
    reacted = {s.facility for s in reactions if any(starts.options[s.facility, s.option].capacity.values())}
    return frozenset(
        name
        for name, facility in instance.facilities.items()
        if not any(calendar.mean(series, t) > 0 for series in facility.capacity.values() for t in calendar.periods)
        and not any(
            starts.years[name, o.id] and any(size > 0 for size in o.capacity.values()) for o in facility.options
        )
        and name not in reacted
    )


def laundering(instance: Instance) -> list[Fault]:
    """Facilities that may run a channel but not a looser one: material could be washed by moving down the order."""
    calendar = calendar_of(instance)
    trust = Trust(instance, calendar)
    channels = list(instance.channels)
    disruptions = _moves(windows_of(instance, calendar).values(), calendar)
    faults: list[Fault] = []
    for name in instance.facilities:
        seen: set[tuple[str, str]] = set()
        for state in trust.states[name]:
            for t in calendar.periods:
                changes: list[dict[int, dict[str, float]] | None] = [None]
                changes += [c for d in disruptions if (c := changed_exposures(trust, d, name, state, t))]
                for changed in changes:
                    out = {k: next(trust.shut_out(name, state, k, t, changed), None) for k in channels}
                    for i, strict in enumerate(channels):
                        for loose in channels[i + 1 :]:
                            failed = out[loose]
                            if out[strict] is None and failed is not None and (strict, loose) not in seen:
                                seen.add((strict, loose))
                                faults.append(_laundering_fault(name, strict, loose, t, failed))
    return faults


def _laundering_fault(name: str, strict: str, loose: str, period: int, failed: tuple[str, float, float]) -> Fault:
    kind, exposure, cap = failed
    why = "its tier is not listed" if kind == "tier" else f"its {kind} exposure is {exposure:g}, over {cap:g}"
    wrong = f"'{name}' may run '{strict}' in {period} but not '{loose}', which is looser ({why})"
    right = (
        "every facility that may run a channel must be able to run all looser ones: change their order or their caps"
    )
    return Fault(Where(), f"channels.{loose}", wrong, right)
