"""What the findings share: capacity by channel and period without a solve, and what leads where.

All capacities here are upper bounds of what any plan has on the trunk. Each facility gets its best state and its
best alternative, every expansion is funded as early as it may be, and no feed is missing. What a finding says cannot
be met on that ground, no plan can meet.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from optimizer.findings.finding import SMALL
from optimizer.instance.fields import WHOLE
from optimizer.instance.instance import Instance
from optimizer.instance.policy import Forbid
from optimizer.instance.records import Option
from optimizer.instance.series import Series
from optimizer.network.calendar import Calendar
from optimizer.network.derive_capacity import capacity_tables
from optimizer.network.places import Arc, Cell, Places
from optimizer.network.starts import chain, ramp, units_of
from optimizer.network.tables import CapacityTables, Network
from optimizer.network.trust import State


@dataclass(slots=True)
class Memory:
    """What has been worked out already."""

    trusted: dict[tuple[str, str, str, int], bool] = field(default_factory=dict)
    sizes: dict[tuple[str, str, str, str, int], float] = field(default_factory=dict)
    shares: dict[tuple[str, str, int], float] = field(default_factory=dict)
    capacities: dict[tuple[str, str, str, int], tuple[float, float]] = field(default_factory=dict)
    units: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tonnes: dict[tuple[str, str | None], tuple[float, float]] = field(default_factory=dict)


class Survey:
    """A network with what can be said of it before any solve."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._memory = Memory()

    @property
    def instance(self) -> Instance:
        """The instance."""
        return self.network.instance

    @property
    def calendar(self) -> Calendar:
        """Its calendar."""
        return self.network.calendar

    @property
    def places(self) -> Places:
        """Its places."""
        return self.network.places

    @property
    def periods(self) -> tuple[int, ...]:
        """First years of the periods."""
        return self.network.calendar.periods

    @cached_property
    def tables(self) -> CapacityTables:
        """Capacity and activity of the trunk."""
        return capacity_tables(self.network, self.periods, None)

    @cached_property
    def running(self) -> dict[tuple[str, int], list[tuple[str, str, str]]]:
        """(channel, period) -> (facility, state, recipe) that can run on the trunk."""
        found: dict[tuple[str, int], list[tuple[str, str, str]]] = defaultdict(list)
        for f, s, r, k, t in self.tables.runs:
            found[k, t].append((f, s, r))
        return dict(found)

    @cached_property
    def forbidden(self) -> frozenset[tuple[str, str]]:
        """Options that a rule forbids to fund, with those that come after them."""
        found = set()
        for rule in self.instance.policy.rules:
            if isinstance(rule, Forbid) and rule.facility in self.instance.facilities:
                facility = self.instance.facilities[rule.facility]
                for option in facility.options:
                    if rule.option is None or any(step.id == rule.option for step in chain(facility, option)):
                        found.add((rule.facility, option.id))
        return frozenset(found)

    @cached_property
    def facilities_of(self) -> dict[str, tuple[str, ...]]:
        """Recipe -> facilities that list it."""
        found: dict[str, list[str]] = defaultdict(list)
        for name, facility in self.instance.facilities.items():
            for recipe in facility.recipes:
                found[recipe].append(name)
        return {recipe: tuple(names) for recipe, names in found.items()}

    @cached_property
    def recipes_of(self) -> dict[str, tuple[str, ...]]:
        """Material -> recipes that make it."""
        found: dict[str, list[str]] = defaultdict(list)
        for name, recipe in self.instance.recipes.items():
            for material in recipe.outputs:
                found[material].append(name)
        return {material: tuple(names) for material, names in found.items()}

    def makers(self, material: str) -> tuple[str, ...]:
        """Facilities that list a recipe for a material."""
        names = [f for recipe in self.recipes_of.get(material, ()) for f in self.facilities_of.get(recipe, ())]
        return tuple(dict.fromkeys(names))

    def units(self, facility: str) -> tuple[str, ...]:
        """Units of a facility."""
        if facility not in self._memory.units:
            self._memory.units[facility] = units_of(self.instance.facilities[facility])
        return self._memory.units[facility]

    def use(self, facility: str, recipe: str) -> float:
        """Capacity taken by a unit of activity."""
        own = self.instance.facilities[facility].recipes[recipe].capacity_use
        return own if own is not None else self.instance.recipes[recipe].capacity_use

    def unit(self, facility: str, recipe: str) -> str:
        """The unit a recipe runs on."""
        if self.units(facility) == (WHOLE,):
            return WHOLE
        return self.instance.facilities[facility].recipes[recipe].unit or self.instance.recipes[recipe].unit or WHOLE

    def cost(self, facility: str, recipe: str) -> float:
        """USD per unit of activity, without custody."""
        own = self.instance.facilities[facility].recipes[recipe].cost
        return own if own is not None else self.instance.recipes[recipe].cost

    def trusted(self, facility: str, state: State, channel: str, period: int) -> bool:
        """Whether a facility in a state may run a channel in a period of the trunk."""
        key = (facility, state.id, channel, period)
        if key not in self._memory.trusted:
            self._memory.trusted[key] = self.network.trust.may_run(facility, state, channel, period)
        return self._memory.trusted[key]

    def size(self, facility: str, option: str, unit: str, channel: str, period: int) -> float:
        """The most capacity per year that an option may give a channel in a period, whenever it is funded."""
        key = (facility, option, unit, channel, period)
        if key not in self._memory.sizes:
            starts = self.network.starts
            record = starts.options[facility, option]
            best = 0.0
            if record.capacity.get(unit, 0.0) > 0 and (facility, option) not in self.forbidden:
                wait = starts.wait(record, channel)
                for start in starts.paths[facility, option]:
                    online = starts.online(start)
                    if wait:
                        best = max(best, starts.qualified(start, unit, period, online, channel))
                    else:
                        best = max(best, starts.size(start, unit, period, online))
            self._memory.sizes[key] = best
        return self._memory.sizes[key]

    def share_on_line(self, facility: str, option: str, period: int) -> float:
        """The largest share of a period in which an option may be on line."""
        key = (facility, option, period)
        if key not in self._memory.shares:
            starts = self.network.starts
            found = [0.0]
            if (facility, option) not in self.forbidden:
                found += [starts.share_on_line(s, period, starts.online(s)) for s in starts.paths[facility, option]]
            self._memory.shares[key] = max(found)
        return self._memory.shares[key]

    def attainable(self, facility: str, state: State, period: int) -> bool:
        """Whether a state can hold in a period."""
        return all(self.share_on_line(facility, option, period) > 0 for option in state.options)

    def capacity(self, facility: str, unit: str, channel: str, period: int) -> tuple[float, float]:
        """Capacity per year that may serve a channel: existing, and with every option that can be on line."""
        key = (facility, unit, channel, period)
        if key in self._memory.capacities:
            return self._memory.capacities[key]
        record = self.instance.facilities[facility]
        series = record.capacity.get(unit)
        standing = self.calendar.mean(series, period) if series is not None else 0.0
        existing, possible = 0.0, 0.0
        for state in self.network.trust.states[facility]:
            if not self.trusted(facility, state, channel, period) or not self.attainable(facility, state, period):
                continue
            if not state.options:
                existing = standing
            possible = max(possible, standing + self._added(facility, state, unit, channel, period))
        self._memory.capacities[key] = (existing, possible)
        return existing, possible

    def allowed(self, facility: str, state: State) -> dict[str, list[Option]]:
        """The options that can be on line in a state, under the alternative they hang from."""
        record = self.instance.facilities[facility]
        found: dict[str, list[Option]] = defaultdict(list)
        roots = {chain(record, option)[0].id for option in record.options if option.id in state.options}
        for option in record.options:
            steps = chain(record, option)
            if any(step.sets is not None and step.id not in state.options for step in steps):
                continue
            if not roots or steps[0].id in roots:
                found[steps[0].id].append(option)
        return found

    def _added(self, facility: str, state: State, unit: str, channel: str, period: int) -> float:
        """The most that options add in a state: the best alternative with all its expansions."""
        return max(
            (
                sum(self.size(facility, option.id, unit, channel, period) for option in options)
                for options in self.allowed(facility, state).values()
            ),
            default=0.0,
        )

    def first_year(self, facility: str, option: str, channel: str | None = None) -> int | None:
        """The first year in which an option can give anything, to a channel; None if it cannot in the horizon."""
        starts = self.network.starts
        record = starts.options[facility, option]
        wait = starts.wait(record, channel) if channel is not None else 0
        years = []
        for start in starts.paths[facility, option]:
            age = wait
            while age < len(record.ramp) and ramp(record, age) <= 0:
                age += 1
            if record.life is None or age < record.life:
                years.append(starts.online(start) + age)
        years = [year for year in years if year < self.calendar.end_year]
        return min(years, default=None)

    def on_line_from(self, facility: str, option: str) -> int | None:
        """The first year in which an option can be on line."""
        starts = self.network.starts
        return min((starts.online(start) for start in starts.paths[facility, option]), default=None)

    @cached_property
    def _arcs_into(self) -> dict[str, list[Arc]]:
        found: dict[str, list[Arc]] = defaultdict(list)
        for arc in self.places.arcs:
            found[arc.end].append(arc)
        return found

    @cached_property
    def _stores_releasing(self) -> dict[Cell, list[Cell]]:
        found: dict[Cell, list[Cell]] = defaultdict(list)
        for store in self.places.stocked:
            name, material, channel = store
            country = self.instance.stockpiles[name].country
            found[self.places.release(name, country, material), material, channel].append(store)
        return found

    def leading_to(self, cells: set[Cell], stores: set[Cell]) -> tuple[set[Cell], set[Cell]]:
        """Cells and stores from which material can get to given ones.

        Args:
            cells: where it is wanted.
            stores: stores that want it.
        """
        places = self.places
        seen: set[Cell] = set()
        seen_stores: set[Cell] = set()
        frontier = [cell for cell in cells if cell in places.reached]
        waiting = list(stores)
        while frontier or waiting:
            if waiting:
                store = waiting.pop()
                if store in seen_stores:
                    continue
                seen_stores.add(store)
                name, material, channel = store
                country = self.instance.stockpiles[name].country
                frontier.append((places.draw(name, country, material), material, channel))
                waiting += [
                    (name, material, k)
                    for k in places.stricter_or_equal(channel)[:-1]
                    if (name, material, k) in places.stocked
                ]
                continue
            cell = frontier.pop()
            if cell in seen or cell not in places.reached:
                continue
            seen.add(cell)
            place, material, channel = cell
            arcs = self._arcs_into.get(place, ())
            frontier += [(a.start, material, channel) for a in arcs if places.carries(a, material, channel)]
            if places.downgrades_at(place, material):
                frontier += [(place, material, k) for k in places.stricter_or_equal(channel)[:-1]]
            waiting += self._stores_releasing.get(cell, ())
        return seen, seen_stores

    def ever_trusted(self, facility: str, channel: str) -> bool:
        """Whether a facility may run a channel in some period and state of the trunk."""
        states = self.network.trust.states[facility]
        return any(self.trusted(facility, state, channel, t) for state in states for t in self.periods)

    def idle(self, facility: str) -> bool:
        """Whether a facility never has capacity."""
        return not any(self.whole(facility, unit, t)[1] > 0 for unit in self.units(facility) for t in self.periods)

    def hard(self, cost: Series, period: int) -> bool:
        """Whether a shortage cost that is null in some year of a period makes it hard."""
        return any(cost.raw(year, self.calendar.first_year) is None for year in self.calendar.span[period])

    def tonnes(self, facility: str, channel: str | None = None) -> tuple[float, float]:
        """Capacity of a facility in t/yr of what its stage makes: existing and with all options, at their best.

        Args:
            facility: its id.
            channel: as trusted for this channel; None for what stands and could stand, trusted or not.
        """
        if (facility, channel) in self._memory.tonnes:
            return self._memory.tonnes[facility, channel]
        existing, possible = 0.0, 0.0
        for unit in self.units(facility):
            ratio = max((self._yield(facility, r) for r in self._recipes_on(facility, unit)), default=0.0)
            if channel is None:
                pairs = [self.whole(facility, unit, t) for t in self.periods]
            else:
                pairs = [self.capacity(facility, unit, channel, t) for t in self.periods]
            existing += ratio * max(pair[0] for pair in pairs)
            possible += ratio * max(pair[1] for pair in pairs)
        self._memory.tonnes[facility, channel] = (existing, possible)
        return existing, possible

    def whole(self, facility: str, unit: str, period: int) -> tuple[float, float]:
        """Capacity per year, trusted or not: existing, and with every option that can be on line."""
        series = self.instance.facilities[facility].capacity.get(unit)
        standing = self.calendar.mean(series, period) if series is not None else 0.0
        loosest = self.places.channels[-1]
        states = self.network.trust.states[facility]
        return standing, standing + max(self._added(facility, s, unit, loosest, period) for s in states)

    def _recipes_on(self, facility: str, unit: str) -> list[str]:
        return [r for r in self.instance.facilities[facility].recipes if self.unit(facility, r) == unit]

    def _yield(self, facility: str, recipe: str) -> float:
        """Tonnes per unit of capacity: of the facility's stage, or of all outputs where it makes none of it."""
        outputs = self.instance.recipes[recipe].outputs
        stage = self.instance.facilities[facility].stage
        own = sum(t for m, t in outputs.items() if self.instance.materials[m].stage == stage)
        return (own if own > SMALL else sum(outputs.values())) / self.use(facility, recipe)
