"""Where material can lie and on what it can move: hubs, layers of claims, lanes; and which cells exist at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from optimizer.instance.instance import Instance
from optimizer.instance.records import Claim
from optimizer.network.goals import is_counted

WORLD = "world"

Cell = tuple[str, str, str]
"""(place, material, channel)."""


@dataclass(frozen=True, slots=True)
class Arc:
    """A link on which material moves, one way.

    Attributes:
        link: `lane:N`, `freight:N`, `claim` or `hub` (see docs/results.md).
        start: place.
        end: place.
        material: the one material it carries; None for every pooled one.
        channel: the one channel it serves; None for all.
        cost: USD per gross t.
        capacity: gross t per year, shared by all arcs of the link; None without limit.
    """

    link: str
    start: str
    end: str
    material: str | None
    channel: str | None
    cost: float = 0.0
    capacity: float | None = None


@dataclass(slots=True)
class Places:
    """The network of an instance.

    Attributes:
        instance: the instance.
        region_of: region of each country; `world` without regions.
        laned: materials that move on lanes only.
        claimants: (material, region) pairs with a claim, pooled materials only.
        arcs: all arcs.
        reached: cells that a recipe or an initial stock can fill.
        useful: cells that lead to a use.
        stocked: (stockpile, material, channel) that can hold anything.
        runs: (facility, recipe, channel) that can run to some use.
        origins: cells of pooled materials that a recipe or a stockpile fills, and what is downgraded there.
        known: what `transit` and `derive_flow` have worked out once for all courses.
    """

    instance: Instance
    region_of: dict[str, str] = field(default_factory=dict)
    laned: frozenset[str] = frozenset()
    claimants: frozenset[tuple[str, str]] = frozenset()
    arcs: tuple[Arc, ...] = ()
    reached: set[Cell] = field(default_factory=set)
    useful: set[Cell] = field(default_factory=set)
    stocked: set[Cell] = field(default_factory=set)
    runs: set[tuple[str, str, str]] = field(default_factory=set)
    origins: set[Cell] = field(default_factory=set)
    known: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels, strictest first."""
        return tuple(self.instance.channels)

    def looser(self, channel: str) -> tuple[str, ...]:
        """Channels looser than this one."""
        order = self.channels
        return order[order.index(channel) + 1 :]

    def stricter_or_equal(self, channel: str) -> tuple[str, ...]:
        """This channel and all stricter ones."""
        order = self.channels
        return order[: order.index(channel) + 1]

    def hub(self, country: str) -> str:
        """The hub of a country's region."""
        return f"hub:{self.region_of[country]}"

    def users(self, region: str, material: str) -> str:
        """Where the users of a region draw a pooled material from."""
        return f"users:{region}" if (material, region) in self.claimants else f"hub:{region}"

    def source(self, facility: str, material: str) -> str:
        """Where a facility's output of a material lies."""
        if material in self.laned or self.claim_share_possible(facility, material):
            return facility
        return self.hub(self.instance.facilities[facility].country)

    def draw(self, place: str, country: str, material: str) -> str:
        """Where a facility, market or stockpile draws a material from."""
        return place if material in self.laned else self.users(self.region_of[country], material)

    def release(self, place: str, country: str, material: str) -> str:
        """Where a stockpile's release of a material goes."""
        return place if material in self.laned else self.hub(country)

    def claims(self, facility: str, material: str) -> tuple[Claim, ...]:
        """The claims on a facility's output of a material."""
        record = self.instance.facilities[facility]
        return tuple(claim for claim in record.claims if claim.materials is None or material in claim.materials)

    def claim_share_possible(self, facility: str, material: str) -> bool:
        """Whether a facility owes some of its output of a pooled material."""
        return material not in self.laned and bool(self.claims(facility, material))

    def downgrades_at(self, place: str, material: str) -> bool:
        """Whether a material may move down the order at a place; inside stockpiles it always may."""
        if place.startswith(("hub:", "users:", "owed:")):
            return True
        return material in self.laned and place in self.instance.facilities

    def descends_at(self, place: str, material: str, channel: str) -> bool:
        """Whether the model lets a material move down the order at a place.

        It may do so anywhere. A pooled material does where it is made or released, which loses nothing: links of
        hubs serve all channels alike, so a tonne downgraded later could as well have been downgraded first.
        """
        if material in self.laned:
            return place in self.instance.facilities
        return (place, material, channel) in self.origins

    def carries(self, arc: Arc, material: str, channel: str) -> bool:
        """Whether an arc carries a material in a channel."""
        if arc.material != material and (arc.material is not None or material in self.laned):
            return False
        if arc.end.startswith("users:") and (material, arc.end.removeprefix("users:")) not in self.claimants:
            return False
        if any(
            place in self.instance.stockpiles and channel not in self.instance.stockpiles[place].holds
            for place in (arc.start, arc.end)
        ):
            return False
        return arc.channel is None or arc.channel == channel

    def surplus_at(self, place: str, material: str) -> bool:
        """Whether a material may be surplus at a place; stockpiles discard instead."""
        if place.startswith(("hub:", "users:", "owed:")):
            return True
        return material in self.laned and place in self.instance.facilities


def places_of(instance: Instance, may_run: Iterable[tuple[str, str]], idle: frozenset[str]) -> Places:
    """The network of an instance, with the cells that can be reached and lead to a use.

    Args:
        instance: the instance.
        may_run: (facility, channel) pairs that are trusted in some state, period and future.
        idle: facilities that never have capacity.
    """
    places = Places(instance)
    regions = instance.logistics.regions
    if regions is None:
        places.region_of = dict.fromkeys(instance.countries, WORLD)
    else:
        places.region_of = {country: region for region, members in regions.items() for country in members}
    places.laned = frozenset(lane.material for lane in instance.lanes)
    places.claimants = frozenset(
        (material, claim.to)
        for facility, record in instance.facilities.items()
        for claim in record.claims
        for material in _outputs(instance, facility)
        if material not in places.laned and (claim.materials is None or material in claim.materials)
    )
    places.arcs = tuple(_arcs(places))
    reach = _Reach(places, set(may_run), idle)
    _backward(reach, _forward(reach))
    return places


def _outputs(instance: Instance, facility: str) -> tuple[str, ...]:
    names = [m for recipe in instance.facilities[facility].recipes for m in instance.recipes[recipe].outputs]
    return tuple(dict.fromkeys(names))


def _arcs(places: Places) -> Iterable[Arc]:
    instance = places.instance
    for number, lane in enumerate(instance.lanes):
        yield Arc(f"lane:{number}", lane.from_, lane.to, lane.material, lane.channel, lane.cost, lane.capacity)
    layers = sorted({region for _, region in places.claimants})
    for number, row in enumerate(instance.logistics.freight):
        link = f"freight:{number}"
        yield Arc(link, f"hub:{row.from_}", f"hub:{row.to}", row.material, None, row.cost, row.capacity)
        for claimant in layers:
            if row.from_ == claimant:
                continue
            end = f"users:{claimant}" if row.to == claimant else f"owed:{row.to}>{claimant}"
            yield Arc(link, f"owed:{row.from_}>{claimant}", end, row.material, None, row.cost, row.capacity)
    for material, region in sorted(places.claimants):
        yield Arc("hub", f"hub:{region}", f"users:{region}", material, None)
    for facility, record in instance.facilities.items():
        home = places.region_of.get(record.country, WORLD)
        for material in _outputs(instance, facility):
            claims = [] if material in places.laned else places.claims(facility, material)
            if claims:
                yield Arc("hub", facility, f"hub:{home}", material, None)
            for region in dict.fromkeys(claim.to for claim in claims):
                end = f"users:{region}" if region == home else f"owed:{home}>{region}"
                yield Arc("claim", facility, end, material, None)


def initial_stock(instance: Instance, name: str, material: str, channel: str) -> float:
    """Stock before the first period, t. A plain amount lies in the strictest channel held, the first in order."""
    stockpile = instance.stockpiles[name]
    given = stockpile.initial.get(material, 0.0)
    if isinstance(given, dict):
        return given.get(channel, 0.0)
    strictest = next(item for item in instance.channels if item in stockpile.holds)
    return given if channel == strictest else 0.0


Run = tuple[str, str, str]
"""(facility, recipe, channel)."""


class _Reach:
    """What the two passes over the network share."""

    def __init__(self, places: Places, may_run: set[tuple[str, str]], idle: frozenset[str]) -> None:
        self.places = places
        instance = places.instance
        self.by_start: dict[str, list[Arc]] = defaultdict(list)
        self.by_end: dict[str, list[Arc]] = defaultdict(list)
        for arc in places.arcs:
            self.by_start[arc.start].append(arc)
            self.by_end[arc.end].append(arc)
        self.runs: list[Run] = [
            (facility, recipe, channel)
            for facility, record in instance.facilities.items()
            if facility not in idle
            for recipe in record.recipes
            for channel in instance.recipes[recipe].channels or places.channels
            if (facility, channel) in may_run
        ]
        self.store_draw: dict[Cell, list[Cell]] = defaultdict(list)
        self.store_release: dict[Cell, Cell] = {}
        for name, stockpile in instance.stockpiles.items():
            for material in stockpile.materials:
                for channel in stockpile.holds:
                    store = (name, material, channel)
                    self.store_draw[self.store_draw_of(store)].append(store)
                    release = places.release(name, stockpile.country, material)
                    self.store_release[store] = (release, material, channel)

    def store_draw_of(self, store: Cell) -> Cell:
        """The cell a store is filled from."""
        name, material, channel = store
        return self.places.draw(name, self.places.instance.stockpiles[name].country, material), material, channel

    def outputs(self, run: Run) -> list[Cell]:
        """The cells a run fills."""
        facility, recipe, channel = run
        recipes = self.places.instance.recipes
        return [(self.places.source(facility, material), material, channel) for material in recipes[recipe].outputs]

    def inputs(self, run: Run) -> list[Cell]:
        """The cells a run draws from."""
        facility, recipe, channel = run
        instance = self.places.instance
        country = instance.facilities[facility].country
        return [(self.places.draw(facility, country, m), m, channel) for m in instance.recipes[recipe].inputs]


def _forward(reach: _Reach) -> list[Run]:
    """Mark the cells and stores that can be filled; return the runs whose inputs all can."""
    places = reach.places
    users: dict[Cell, list[Run]] = defaultdict(list)
    waiting: dict[Run, int] = {}
    frontier: list[Cell] = []
    store_frontier: list[Cell] = []

    def fill(cell: Cell) -> None:
        if cell not in places.reached:
            places.reached.add(cell)
            frontier.append(cell)

    def originate(cell: Cell) -> None:
        if cell in places.origins:
            return
        place, material, channel = cell
        if material not in places.laned:
            for k in (channel, *places.looser(channel)):
                places.origins.add((place, material, k))
                fill((place, material, k))
        fill(cell)

    def stock(store: Cell) -> None:
        if store not in places.stocked:
            places.stocked.add(store)
            store_frontier.append(store)

    for store in reach.store_release:
        if initial_stock(places.instance, *store) > 0:
            stock(store)
    for run in reach.runs:
        cells = reach.inputs(run)
        waiting[run] = len(cells)
        for cell in cells:
            users[cell].append(run)
        if not cells:
            for cell in reach.outputs(run):
                originate(cell)
    while frontier or store_frontier:
        if store_frontier:
            name, material, channel = store = store_frontier.pop()
            originate(reach.store_release[store])
            for looser in places.looser(channel):
                if looser in places.instance.stockpiles[name].holds:
                    stock((name, material, looser))
            continue
        place, material, channel = cell = frontier.pop()
        for run in users[cell]:
            waiting[run] -= 1
            if waiting[run] == 0:
                for out in reach.outputs(run):
                    originate(out)
        for arc in reach.by_start[place]:
            if places.carries(arc, material, channel):
                fill((arc.end, material, channel))
        if material in places.laned and places.descends_at(place, material, channel):
            for looser in places.looser(channel):
                fill((place, material, looser))
        for store in reach.store_draw[cell]:
            stock(store)
    return [run for run in reach.runs if waiting[run] == 0]


def _backward(reach: _Reach, possible: list[Run]) -> None:
    """Mark the cells, stores and runs that lead to a use."""
    places, instance = reach.places, reach.places.instance
    makers: dict[Cell, list[Run]] = defaultdict(list)
    for run in possible:
        for cell in reach.outputs(run):
            makers[cell].append(run)
    released: dict[Cell, list[Cell]] = defaultdict(list)
    for store, cell in reach.store_release.items():
        released[cell].append(store)
    frontier: list[Cell] = []
    store_frontier: list[Cell] = []
    needed: set[Cell] = set()

    def use(cell: Cell) -> None:
        if cell in places.reached and cell not in places.useful:
            places.useful.add(cell)
            frontier.append(cell)

    def use_store(store: Cell) -> None:
        if store in places.stocked and store not in needed:
            needed.add(store)
            store_frontier.append(store)

    for name, market in instance.markets.items():
        for line in market.demand:
            for material in line.accepts or (line.product,):
                for channel in places.stricter_or_equal(market.channel):
                    use((places.draw(name, market.country, material), material, channel))
    for cell in places.reached:
        if (instance.materials[cell[1]].sell or is_counted(instance, cell[1])) and places.surplus_at(cell[0], cell[1]):
            use(cell)
    for name, material in sorted(instance.stored_for):
        for channel in instance.stockpiles[name].holds:
            use_store((name, material, channel))
    while frontier or store_frontier:
        if store_frontier:
            name, material, channel = store = store_frontier.pop()
            use(reach.store_draw_of(store))
            holds = instance.stockpiles[name].holds
            for stricter in places.stricter_or_equal(channel):
                if stricter in holds:
                    use_store((name, material, stricter))
            continue
        place, material, channel = cell = frontier.pop()
        for run in makers[cell]:
            if run not in places.runs:
                places.runs.add(run)
                for source in reach.inputs(run):
                    use(source)
        for arc in reach.by_end[place]:
            if places.carries(arc, material, channel):
                use((arc.start, material, channel))
        for stricter in places.stricter_or_equal(channel):
            if places.descends_at(place, material, stricter):
                use((place, material, stricter))
        for store in released[cell]:
            use_store(store)
    places.stocked = {store for store in places.stocked if store in needed or initial_stock(instance, *store) > 0}
