"""Rules on operations as rows, for one course."""

from __future__ import annotations

import math
from collections.abc import Iterator

from optimizer.instance.amounts import FillRate, Preference, Recycling, ReleaseCap, ScaleGoal
from optimizer.instance.instance import Instance
from optimizer.instance.policy import (
    DeliveredContent,
    Diversify,
    DomesticContent,
    ExposureCap,
    HeavyContent,
    OutputRule,
)
from optimizer.network.derive_markets import price_at
from optimizer.network.effects import Disruption
from optimizer.network.releases import matching, released
from optimizer.network.starts import Start
from optimizer.network.tables import (
    CapacityTables,
    DemandTables,
    Network,
    OutputRow,
    RecyclingRow,
    RuleTables,
    RunIndex,
)

RARE_EARTHS = frozenset(
    ["La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y", "Sc"],
)
AT_MOST = (ExposureCap, Diversify)


def rule_tables(
    network: Network,
    periods: tuple[int, ...],
    capacity: CapacityTables,
    demand: DemandTables,
    disruption: Disruption | None,
) -> RuleTables:
    """The rows of all rules on operations that hold in a course.

    Args:
        network: what all courses share.
        periods: of the course.
        capacity: of the course.
        demand: of the course.
        disruption: what happens in it; None on the trunk.
    """
    tables, trunk = RuleTables(), disruption is None
    outputs = {name: frozenset(recipe.outputs) for name, recipe in network.instance.recipes.items()}
    made: dict[tuple[str, int], set[str]] = {}
    for _, _, r, k, t in capacity.runs:
        made.setdefault((k, t), set()).update(outputs[r])
    for number, rule in enumerate(network.instance.policy.rules):
        if isinstance(rule, DeliveredContent):
            if trunk or rule.in_disruption:
                _delivered(network, tables, number, rule, periods)
        elif isinstance(rule, FillRate):
            if trunk or rule.in_disruption:
                _filled(network, tables, number, rule, demand, periods)
        elif isinstance(rule, ReleaseCap):
            if trunk or rule.in_disruption:
                _released(network, tables, number, rule, capacity)
        elif isinstance(rule, Preference):
            if trunk or rule.in_disruption:
                _preferred(network, tables, number, rule, demand, disruption)
        elif isinstance(rule, Recycling) and trunk:
            for t in periods:
                _recycling(network, tables, number, rule, t, capacity)
        elif isinstance(rule, ScaleGoal) and trunk:
            _goal(network, tables, number, rule, periods, capacity)
        elif isinstance(rule, DomesticContent | ExposureCap | HeavyContent | Diversify) and (
            trunk or rule.in_disruption
        ):
            for row in _rows(network, number, rule, periods):
                if made.get((row.channel, row.period), set()) & set(row.total):
                    tables.output.append(row)
    return tables


def share_of(network: Network, rule: OutputRule | DeliveredContent | FillRate, period: int) -> float:
    """Share of a rule in a period: the mean, years before the first one given counting as not binding."""
    idle = 1.0 if isinstance(rule, AT_MOST) else 0.0
    calendar = network.calendar
    return calendar.mean_of(period, lambda y: calendar.at(rule.share, y) if rule.share.given(y) else idle)


def materials_of(instance: Instance, rule: OutputRule | ScaleGoal) -> tuple[str, ...]:
    """Materials a rule counts."""
    if rule.materials is not None:
        return rule.materials
    return tuple(name for name, material in instance.materials.items() if material.stage == rule.stage)


def groups_of(instance: Instance, by: str) -> dict[str, frozenset[str]]:
    """What `diversify` compares: group -> facilities. A facility without holders stands for itself."""
    groups: dict[str, set[str]] = {}
    for name, facility in instance.facilities.items():
        keys = {"facility": [name], "country": [facility.country], "owner": list(facility.owners) or [name]}[by]
        for key in keys:
            groups.setdefault(key, set()).add(name)
    return {key: frozenset(members) for key, members in groups.items()}


def _rows(network: Network, number: int, rule: OutputRule, periods: tuple[int, ...]) -> Iterator[OutputRow]:
    instance = network.instance
    materials = materials_of(instance, rule)
    channels = (rule.channel,) if rule.channel is not None else tuple(instance.channels)
    parts: dict[str, frozenset[str]] = {"": frozenset()}
    if isinstance(rule, DomesticContent):
        domestic = set(instance.domestic)
        parts = {"": frozenset(name for name, f in instance.facilities.items() if f.country in domestic)}
    elif isinstance(rule, Diversify):
        parts = groups_of(instance, rule.by)
    for t in periods:
        share = share_of(network, rule, t)
        if share >= 1.0 if isinstance(rule, AT_MOST) else share <= 0.0:
            continue
        for channel in channels:
            for total in [(m,) for m in materials] if rule.each else [materials]:
                for group, part in parts.items():
                    label = "/".join(word for word in ((total[0] if rule.each else ""), group) if word)
                    yield OutputRow(number, rule, channel, label, t, share, total, part)


def _delivered(
    network: Network, tables: RuleTables, number: int, rule: DeliveredContent, periods: tuple[int, ...]
) -> None:
    channels = network.places.stricter_or_equal(rule.channel)
    for market in rule.markets:
        lines: dict[str, list[int]] = {}
        for index, line in enumerate(network.instance.markets[market].demand):
            lines.setdefault(line.product, []).append(index)
        for t in periods:
            share = share_of(network, rule, t)
            if share > 0:
                for product, indices in lines.items():
                    tables.delivered[number, market, product, t] = (share, channels, tuple(indices))


def counts(instance: Instance, rule: FillRate, market: str, line: int) -> bool:
    """Whether a fill rate counts a line of demand."""
    product = instance.markets[market].demand[line].product
    return market in rule.markets and (rule.products is None or product in rule.products)


def _filled(
    network: Network,
    tables: RuleTables,
    number: int,
    rule: FillRate,
    demand: DemandTables,
    periods: tuple[int, ...],
) -> None:
    for t in periods:
        share = share_of(network, rule, t)
        lines = tuple((d, i) for d, i, y in demand.lines if y == t and counts(network.instance, rule, d, i))
        if share > 0 and lines:
            tables.filled[number, t] = (share, lines)


def _released(network: Network, tables: RuleTables, number: int, rule: ReleaseCap, capacity: CapacityTables) -> None:
    """A row for each group and period in which something that is released counts; a period's first year has a limit."""
    instance, calendar = network.instance, network.calendar
    for run in capacity.runs:
        name, _, recipe, _, t = run
        amount = released(instance, name, recipe).get(rule.release, 0.0)
        if not amount or not rule.most.given(t):
            continue
        share = matching(network, rule.where, name, t)
        if share <= 0:
            continue
        group = {"facility": name, "country": instance.facilities[name].country, None: ""}[rule.by]
        most = calendar.mean(rule.most, t) * calendar.years[t]
        tables.released.setdefault((number, group, t), (most, []))[1].append((run, amount * share))


def goal_of(network: Network, rule: ScaleGoal, period: int) -> float:
    """Tonnes that a scale goal asks for in a period, year by year."""
    calendar = network.calendar
    asked = calendar.mean_of(period, lambda y: calendar.at(rule.world_output, y) * calendar.at(rule.share, y))
    return asked * calendar.years[period]


def _goal(
    network: Network,
    tables: RuleTables,
    number: int,
    rule: ScaleGoal,
    periods: tuple[int, ...],
    capacity: CapacityTables,
) -> None:
    """A row for each period in which something is asked for, and who counts for it."""
    instance, calendar = network.instance, network.calendar
    materials = set(materials_of(instance, rule))
    channels = network.places.channels if rule.channel is None else network.places.stricter_or_equal(rule.channel)
    for t in periods:
        goal = goal_of(network, rule, t)
        if goal <= 0:
            continue
        tables.goals[number, t] = (goal, [])
        costs = [rule.shortage_cost.raw(year, calendar.first_year) for year in calendar.span[t]]
        if all(cost is not None for cost in costs):
            tables.goal_cost[number, t] = math.fsum(float(cost or 0.0) for cost in costs) / len(costs)
    for run in capacity.runs:
        name, _, recipe, channel, t = run
        if (number, t) in tables.goals and channel in channels:
            made = sum(amount for material, amount in instance.recipes[recipe].outputs.items() if material in materials)
            share = matching(network, rule.where, name, t) if made else 0.0
            if share > 0:
                tables.goals[number, t][1].append((run, made * share))


def _preferred(
    network: Network,
    tables: RuleTables,
    number: int,
    rule: Preference,
    demand: DemandTables,
    disruption: Disruption | None,
) -> None:
    """A share of the reference price for each delivery from a channel looser than the preferred one."""
    instance, calendar = network.instance, network.calendar
    within = network.places.stricter_or_equal(rule.channel)
    for market, line, material, channel, t in demand.deliveries:
        if market not in rule.markets or channel in within:
            continue
        share = calendar.mean(rule.share, t)
        price = price_at(network, material, instance.markets[market].country, t, disruption) if share > 0 else None
        if price:
            tables.preferred[number, market, line, material, channel, t] = price * share


def _recycling(
    network: Network, tables: RuleTables, number: int, rule: Recycling, t: int, capacity: CapacityTables
) -> None:
    """A row for each option that may give a facility capacity in a period, where it takes in what counts as feed.

    An expansion counts as its base does: the base may have come to its end. What else there may be beside the option,
    standing or funded, is let off while the option is not funded.
    """
    share = network.calendar.mean(rule.share, t)
    for name in network.instance.facilities if share > 0 else ():
        units = [key[1] for key in capacity.existing if key[0] == name and key[2] == t]
        starts: dict[str, dict[Start, None]] = {}
        size: dict[tuple[str, str], float] = {}
        for unit in units:
            for start, tonnes in capacity.sizes[name, unit, t]:
                starts.setdefault(start.option, {})[start] = None
                size[unit, start.option] = max(tonnes, size.get((unit, start.option), 0.0))
        if not starts or matching(network, rule.where, name, t) < 1.0:
            continue
        feed, each = _feed_of(network, rule, name, t, capacity)
        if not feed:
            continue
        years = network.calendar.years[t]
        for option, mine in starts.items():
            most = 0.0
            for unit, tonnes in each.items():
                others = math.fsum(held for (u, o), held in size.items() if u == unit and o != option)
                most += tonnes * (capacity.existing[name, unit, t] + others) * years
            tables.recycled[number, name, option, t] = RecyclingRow(share, feed, most, tuple(mine))


def _feed_of(
    network: Network, rule: Recycling, name: str, t: int, capacity: CapacityTables
) -> tuple[tuple[tuple[RunIndex, float, float], ...], dict[str, float]]:
    """Activity with t of feed and t of it recycled; and t of feed at most per unit of capacity, by unit."""
    instance = network.instance
    feed: list[tuple[RunIndex, float, float]] = []
    most: dict[str, float] = {}
    for run in capacity.runs:
        if (run[0], run[4]) != (name, t):
            continue
        inputs = {
            material: tonnes
            for material, tonnes in instance.recipes[run[2]].inputs.items()
            if rule.materials is None or material in rule.materials
        }
        total = math.fsum(inputs.values())
        recycled = math.fsum(a for material, a in inputs.items() if instance.materials[material].stage == rule.stage)
        if total > 0:
            feed.append((run, total, recycled))
            unit = capacity.unit[name, run[2]]
            each = total / capacity.use[name, run[2]] * capacity.available[name, run[1], t]
            most[unit] = max(most.get(unit, 0.0), each)
    return tuple(feed), most
