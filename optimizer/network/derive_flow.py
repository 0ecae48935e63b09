"""Movement of material in one course."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from optimizer.network.derive_markets import price_at
from optimizer.network.effects import Disruption, Facts
from optimizer.network.places import Arc, Cell
from optimizer.network.tables import CapacityTables, DemandTables, FlowTables, Network, StockTables
from optimizer.network.transit import needed_freight


def flow_tables(
    network: Network,
    periods: tuple[int, ...],
    disruption: Disruption | None,
    capacity: CapacityTables,
    demand: DemandTables,
    stock: StockTables,
) -> FlowTables:
    """Movement of a course: only cells that can be filled and lead to a use, or that a run cannot help filling."""
    tables = FlowTables(gross={name: m.freight_factor for name, m in network.instance.materials.items()})
    _activity(network, tables, capacity)
    for store in stock.stores:
        name, material, channel = store
        if (name, material) in stock.laned:
            continue
        country = network.instance.stockpiles[name].country
        draw = (network.places.draw(name, country, material), material, channel)
        release = (network.places.release(name, country, material), material, channel)
        tables.stores_in.setdefault(draw, []).append(name)
        tables.stores_out.setdefault(release, []).append(name)
    closed = _links(network, tables, periods, disruption)
    drawn = {*tables.used, *tables.stores_in, *demand.at, *_sold(network)}
    _arcs(network, tables, periods, closed, drawn)
    _cells(network, tables, periods, demand)
    _surplus(network, tables, disruption)
    _claims(network, tables, periods)
    return tables


def _activity(network: Network, tables: FlowTables, capacity: CapacityTables) -> None:
    instance, places = network.instance, network.places
    for facility, recipe, channel in dict.fromkeys((f, r, k) for f, _, r, k, _ in capacity.runs):
        record = instance.recipes[recipe]
        country = instance.facilities[facility].country
        for material, amount in record.outputs.items():
            cell = (places.source(facility, material), material, channel)
            tables.made.setdefault(cell, []).append((facility, recipe, amount))
        for material, amount in record.inputs.items():
            cell = (places.draw(facility, country, material), material, channel)
            tables.used.setdefault(cell, []).append((facility, recipe, amount))


def link_facts(network: Network, link: str) -> Facts:
    """What a lane or freight row says of itself, for `where`."""
    kind, _, number = link.partition(":")
    instance = network.instance
    row = instance.lanes[int(number)] if kind == "lane" else instance.logistics.freight[int(number)]
    channel = getattr(row, "channel", None)
    return {
        "from": frozenset({row.from_}),
        "to": frozenset({row.to}),
        "material": frozenset({row.material} if row.material else ()),
        "tags": frozenset(row.tags),
        "channel": frozenset({channel} if channel else ()),
    }


def _links(
    network: Network, tables: FlowTables, periods: tuple[int, ...], disruption: Disruption | None
) -> set[tuple[str, int]]:
    """Costs and limits of every link; returns those that are closed."""
    calendar = network.calendar
    closed: set[tuple[str, int]] = set()
    for number, arc in enumerate(network.places.arcs):
        tables.of_link.setdefault(arc.link, []).append(number)
    facts: dict[str, Facts] = {}
    for link, arcs in tables.of_link.items():
        arc = network.places.arcs[arcs[0]]
        physical = link.startswith(("lane:", "freight:"))
        if physical:
            facts[link] = link_facts(network, link)
        for t in periods:
            available, cost = 1.0, 1.0
            if physical and disruption is not None:
                known = facts[link]
                available = disruption.mean_factor("lanes", "available", known, t)
                cost = disruption.mean_factor("lanes", "cost", known, t)
            if available <= 0 or (arc.capacity is not None and arc.capacity * available <= 0):
                closed.add((link, t))
            elif arc.capacity is not None:
                tables.limits[link, t] = arc.capacity * available * calendar.years[t]
            for number in arcs:
                tables.cost[number, t] = network.places.arcs[number].cost * cost
    return closed


def _sold(network: Network) -> set[Cell]:
    """Cells whose surplus is sold."""
    materials = network.instance.materials
    return {cell for cell in network.places.reached if materials[cell[1]].sell and cell[0].startswith("hub:")}


def _arcs(
    network: Network,
    tables: FlowTables,
    periods: tuple[int, ...],
    closed: set[tuple[str, int]],
    drawn: set[Cell],
) -> None:
    places = network.places
    users = {(f"hub:{region}", m, k) for m, region in places.claimants for k in places.channels}
    needed = needed_freight(places, drawn | (users & places.reached))
    if "carried" not in places.known:
        places.known["carried"] = list(_carried(network))
    for number, material, channel in places.known["carried"]:
        arc = places.arcs[number]
        if _between_hubs(arc) and (number, material, channel) not in needed:
            continue
        tables.outgoing.setdefault((arc.start, material, channel), []).append(number)
        tables.incoming.setdefault((arc.end, material, channel), []).append(number)
        tables.flows.extend([(number, material, channel, t) for t in periods if (arc.link, t) not in closed])


def _carried(network: Network) -> Iterator[tuple[int, str, str]]:
    """What arcs may carry, by arc, material and channel; the same in every course."""
    places = network.places
    by_place: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for place, material, channel in sorted(places.reached):
        by_place[place].append((material, channel))
    stocked = {(name, material): name for name, material, _ in places.stocked}
    for number, arc in enumerate(places.arcs):
        for material, channel in by_place[arc.start]:
            if not places.carries(arc, material, channel) or not _leads_on(network, arc, material, channel):
                continue
            if (arc.end, material) in stocked and (arc.end, material, channel) not in places.stocked:
                continue
            yield number, material, channel


def _between_hubs(arc: Arc) -> bool:
    return arc.link.startswith("freight:") and arc.start.startswith("hub:") and arc.end.startswith("hub:")


def _leads_on(network: Network, arc: Arc, material: str, channel: str) -> bool:
    """Whether an arc leads to a use, or carries what is owed whether it is of use or not."""
    places = network.places
    if arc.link == "claim" or arc.start.startswith("owed:"):
        return True
    if arc.end in network.instance.stockpiles:
        return (arc.end, material, channel) in places.stocked
    return (arc.end, material, channel) in places.useful


def _cells(network: Network, tables: FlowTables, periods: tuple[int, ...], demand: DemandTables) -> None:
    """Balances: every cell that something can fill or draw from, but for stockpiles, which keep their own books."""
    places = network.places
    cells: set[Cell] = set()
    for found in (tables.made, tables.used, tables.incoming, tables.outgoing, tables.stores_out, demand.at):
        cells.update(found)
    cells = {cell for cell in cells if cell[0] not in network.instance.stockpiles and cell in places.reached}
    order = {channel: rank for rank, channel in enumerate(places.channels)}
    for place, material, channel in sorted(cells, key=lambda cell: (cell[0], cell[1], order[cell[2]])):
        looser = places.looser(channel)
        if looser and places.descends_at(place, material, channel) and (place, material, looser[0]) in places.useful:
            tables.downgrades.extend((place, material, channel, t) for t in periods)
            cells.add((place, material, looser[0]))
    ordered = sorted(cells, key=lambda cell: (cell[0], cell[1], order[cell[2]]))
    tables.cells = [(*cell, t) for cell in ordered for t in periods]


def _surplus(network: Network, tables: FlowTables, disruption: Disruption | None) -> None:
    instance, places = network.instance, network.places
    country_of = {region: country for country, region in places.region_of.items()}
    for place, material, channel, t in tables.cells:
        if not places.surplus_at(place, material) or not _wastes(network, place, material, channel):
            continue
        if place.startswith("owed:") and disruption is None:
            continue
        tables.surplus.append((place, material, channel, t))
        record = instance.materials[material]
        if record.sell:
            facility = instance.facilities.get(place)
            country = facility.country if facility else country_of[place.partition(":")[2].partition(">")[0]]
            tables.surplus_cost[place, material, t] = -(price_at(network, material, country, t, disruption) or 0.0)
        else:
            tables.surplus_cost[place, material, t] = record.disposal


def _wastes(network: Network, place: str, material: str, channel: str) -> bool:
    """Whether surplus is needed at a cell: where material is made, released or owed, or where it is sold.

    Elsewhere it would only have been moved there to be thrown away. What is owed may be surplus on its way in a branch
    only, where the way may be closed.
    """
    places = network.places
    if material in places.laned or network.instance.materials[material].sell:
        return True
    return (place, material, channel) in places.origins or place.startswith(("owed:", "users:"))


def _claims(network: Network, tables: FlowTables, periods: tuple[int, ...]) -> None:
    """Shares owed of each facility's output, by region and material; a claim counts in its years."""
    for name, facility in network.instance.facilities.items():
        made = {m for recipe in facility.recipes for m in network.instance.recipes[recipe].outputs}
        for claim in facility.claims:
            for material in sorted(made):
                if claim.materials is not None and material not in claim.materials:
                    continue
                for t in periods:
                    until = claim.until
                    part = network.calendar.mean_of(t, lambda y, u=until: 1.0 if u is None or y <= u else 0.0)  # type: ignore[misc]
                    if part * claim.share > 0:
                        key = (name, claim.to, material, t)
                        tables.owed[key] = tables.owed.get(key, 0.0) + part * claim.share
