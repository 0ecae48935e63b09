"""Capacity, availability, trust and the cost of activity, for one course."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial

from optimizer.instance.policy import ExposureCap
from optimizer.network.effects import Disruption, Facts
from optimizer.network.network import changed_exposures, delays_in, facility_effects
from optimizer.network.releases import charge, released
from optimizer.network.slotted import largest
from optimizer.network.starts import Delays, Start, unit_of, units_of
from optimizer.network.tables import CapacityTables, Network, Terms
from optimizer.network.trust import State


def capacity_tables(
    network: Network, periods: tuple[int, ...], disruption: Disruption | None, reactions: Iterable[Start] = ()
) -> CapacityTables:
    """Capacity and activity of a course.

    Args:
        network: what all courses share.
        periods: of the course.
        disruption: what happens in it; None on the trunk.
        reactions: what the branch may fund, or has taken along from those it comes from.
    """
    tables = capacity_of(network, network.instance.facilities, periods, disruption, reactions)
    _exposures(network, tables, disruption)
    return tables


def capacity_of(
    network: Network,
    names: Iterable[str],
    periods: tuple[int, ...],
    disruption: Disruption | None,
    reactions: Iterable[Start] = (),
) -> CapacityTables:
    """As `capacity_tables`, for some facilities alone."""
    tables = CapacityTables()
    delays = delays_of(network, disruption)
    reacted = defaultdict[str, list[Start]](list)
    for start in reactions:
        reacted[start.facility].append(start)
    for paths in (*network.starts.paths.values(), *reacted.values()):
        for start in paths:
            tables.online[start] = network.starts.online(start, delays)
    for name in names:
        paths = [*(s for o in network.instance.facilities[name].options for s in network.starts.paths[name, o.id])]
        _facility(network, tables, name, periods, disruption, [*paths, *reacted[name]])
    return tables


def delays_of(network: Network, disruption: Disruption | None) -> Delays | None:
    """The delays of every option that what happens in a branch hits."""
    if disruption is None:
        return None
    return delays_in(network.instance, network.starts, disruption)


def _facility(
    network: Network,
    tables: CapacityTables,
    name: str,
    periods: tuple[int, ...],
    disruption: Disruption | None,
    paths: list[Start],
) -> None:
    instance, calendar, starts = network.instance, network.calendar, network.starts
    facility = instance.facilities[name]
    states = network.trust.states[name]
    for recipe, use in facility.recipes.items():
        record = instance.recipes[recipe]
        tables.use[name, recipe] = use.capacity_use if use.capacity_use is not None else record.capacity_use
        tables.unit[name, recipe] = unit_of(instance, name, recipe)
    for t in periods:
        for unit in units_of(facility):
            series = facility.capacity.get(unit)
            existing = calendar.mean(series, t) if series is not None else 0.0
            terms = [
                (start, _timed(tables, disruption, ("size", unit), start, t, partial(starts.size, start, unit, t)))
                for start in paths
            ]
            terms = [(start, size) for start, size in terms if size > 0]
            tables.existing[name, unit, t] = existing
            tables.sizes[name, unit, t] = terms
            tables.most[name, unit, t] = existing + _most(network, name, terms)
            _qualification(network, tables, name, unit, t, terms, disruption)
        tables.fixed[name, t] = calendar.mean(facility.fixed_cost, t) * calendar.years[t]
        for start in paths:
            cost = starts.options[name, start.option].fixed_cost
            on_line = partial(starts.share_on_line, start, t)
            share = _timed(tables, disruption, ("on_line",), start, t, on_line) if cost else 0.0
            if share:
                tables.fixed_of.setdefault(t, []).append((start, cost * share * calendar.years[t]))
    tables.states[name] = states
    for t in periods:
        for state in states:
            tables.available[name, state.id, t] = _available(network, name, state, t, disruption)
        for option in {option for state in states for option in state.options}:
            shares = [(start, starts.share_on_line(start, t, tables.online[start])) for start in paths]
            tables.setting[name, option, t] = [(s, share) for s, share in shares if s.option == option and share > 0]
    _runs(network, tables, name, periods, disruption)


def _most(network: Network, name: str, terms: Terms) -> float:
    """The most that options can add: of alternatives the largest, of expansions all."""
    sizes = defaultdict[str, list[float]](list)
    for start, size in terms:
        sizes[start.option].append(size)
    by_option = {option: largest(found) for option, found in sizes.items()}
    roots = [size for option, size in by_option.items() if network.starts.base(name, option) is None]
    rest = [size for option, size in by_option.items() if network.starts.base(name, option) is not None]
    most: float = largest(roots, default=0.0) + sum(rest)
    return most


def _timed(
    tables: CapacityTables,
    disruption: Disruption | None,
    what: tuple[str, ...],
    start: Start,
    t: int,
    value: Callable[[int], float],
) -> float:
    """A number that depends on when a start is on line in this course."""
    online = tables.online[start]
    return value(online) if disruption is None else disruption.timed((*what, start, t), start, t, online, value)


def _qualification(
    network: Network,
    tables: CapacityTables,
    name: str,
    unit: str,
    t: int,
    terms: Terms,
    disruption: Disruption | None,
) -> None:
    starts = network.starts
    for channel in network.instance.channels:
        if not any(starts.wait(starts.options[name, start.option], channel) for start, _ in terms):
            continue
        qualified = [
            (
                start,
                _timed(
                    tables,
                    disruption,
                    ("qualified", unit, channel),
                    start,
                    t,
                    partial(starts.qualified, start, unit, t, channel=channel),
                ),
            )
            for start, _ in terms
        ]
        tables.qualified[name, unit, channel, t] = [(start, size) for start, size in qualified if size > 0]


def _available(network: Network, name: str, state: State, t: int, disruption: Disruption | None) -> float:
    if disruption is None:
        return 1.0
    return network.calendar.mean_of(t, lambda y: facility_effects(network.trust, disruption, name, state, y)[0])


def _runs(
    network: Network, tables: CapacityTables, name: str, periods: tuple[int, ...], disruption: Disruption | None
) -> None:
    """The activity that can be, and what it costs."""
    instance = network.instance
    facility = instance.facilities[name]
    recipes = [(recipe, tables.unit[name, recipe]) for recipe in facility.recipes]
    runs = {(recipe, k): (name, recipe, k) in network.places.runs for recipe, _ in recipes for k in instance.channels}
    costs = [_cost_of(network, name, recipe) for recipe in facility.recipes]
    for t in periods:
        for state in network.trust.states[name]:
            if any(not tables.setting[name, option, t] for option in state.options):
                continue
            if tables.available[name, state.id, t] <= 0:
                continue
            changed = None if disruption is None else changed_exposures(network.trust, disruption, name, state, t)
            trusted = [k for k in instance.channels if network.trust.may_run(name, state, k, t, changed)]
            for recipe, unit in recipes:
                if tables.most[name, unit, t] <= 0:
                    continue
                tables.runs.extend((name, state.id, recipe, channel, t) for channel in trusted if runs[recipe, channel])
        for recipe, cost, custody, facts in costs:
            paid = network.paid.get((name, recipe), 0.0)
            each = cost if disruption is None else cost * disruption.mean_factor("recipes", "cost", facts, t)
            out = released(instance, name, recipe)
            each += math.fsum(amount * charge(network, name, release, t) for release, amount in out.items())
            for channel, usd in custody.items():
                tables.run_cost[name, recipe, channel, t] = each + usd - paid


def _cost_of(network: Network, name: str, recipe: str) -> tuple[str, float, dict[str, float], Facts]:
    """A recipe at a facility, its cost, what custody adds by channel, and what it says of itself for `where`."""
    record = network.instance.recipes[recipe]
    own = network.instance.facilities[name].recipes[recipe].cost
    made = sum(record.outputs.values())
    custody = {channel: row.custody_cost * made for channel, row in network.instance.channels.items()}
    facts = {
        "id": frozenset({recipe}),
        "stage": frozenset({record.stage}),
        "material": frozenset(record.outputs),
        "facility": frozenset({name}),
    }
    return recipe, own if own is not None else record.cost, custody, facts


def _exposures(network: Network, tables: CapacityTables, disruption: Disruption | None) -> None:
    """Exposures of what runs, where a rule asks for them."""
    rules = [rule for rule in network.instance.policy.rules if isinstance(rule, ExposureCap)]
    if not rules:
        return
    states = {(name, state.id): state for name, found in tables.states.items() for state in found}
    for name, state_id, _, channel, t in tables.runs:
        for rule in rules:
            key = (name, state_id, rule.kind, channel, t)
            if key in tables.exposure:
                continue
            state = states[name, state_id]
            changed = None if disruption is None else changed_exposures(network.trust, disruption, name, state, t)
            record = network.instance.channels[channel]
            tables.exposure[key] = network.trust.counted(name, state, rule.kind, t, record, changed)
