"""Movement: links, freight, claims, downgrades, surplus."""

from __future__ import annotations

from optimizer.verifier.case import Case
from optimizer.verifier.columns import Downgrade, Flow, Surplus
from optimizer.verifier.futures import TRUNK
from optimizer.verifier.verdict import At


def check_flows(case: Case) -> None:
    """Every flow runs on a link that serves it, within the link's capacity, at its cost."""
    gross: dict[tuple[str, int, str], float] = {}
    for flow in case.rows.flows:
        at = At(f"{flow.link} {flow.from_}>{flow.to}", flow.period, flow.scenario)
        kind, number = _kind(case, flow.link)
        text = f"there is no link {flow.link!r}"
        if not case.ledger.holds("link_exists", at, bool(kind), text, flow.tonnes, "t"):
            continue
        wrong = _serves(case, flow, kind, number)
        case.ledger.holds("link_serves", at, not wrong, wrong, flow.tonnes, "t")
        cost = flow_cost(case, flow)
        case.ledger.equal("flow_cost", at, flow.cost, cost, f"freight of {flow.material}", "USD")
        if kind in ("lane", "freight"):
            key = (flow.scenario, flow.period, flow.link)
            gross[key] = gross.get(key, 0.0) + flow.tonnes * case.instance.materials[flow.material].freight_factor
    for (scenario, year, link), tonnes in gross.items():
        kind, number = _kind(case, link)
        row = case.instance.lanes[number] if kind == "lane" else case.instance.logistics.freight[number]
        block, period = case.blocks[scenario], case.facts.periods[year]
        available = case.factors.link_available(block, period, link)
        at = At(link, year, scenario)
        if row.capacity is not None or available == 0.0:
            limit = (row.capacity or 0.0) * available * period.years
            case.ledger.at_most("link_capacity", at, tonnes, limit, "gross tonnes")


def _kind(case: Case, link: str) -> tuple[str, int]:
    """Kind and number of a link; an empty kind where there is no such link."""
    if link in ("hub", "claim"):
        return link, -1
    kind, _, text = link.partition(":")
    counts = {"lane": len(case.instance.lanes), "freight": len(case.instance.logistics.freight)}
    if kind in counts and text.isdecimal() and int(text) < counts[kind]:
        return kind, int(text)
    return "", -1


def _serves(case: Case, flow: Flow, kind: str, number: int) -> str:
    """Why a link does not carry a flow; empty if it does."""
    if kind == "lane":
        lane = case.instance.lanes[number]
        if (flow.from_, flow.to) != (lane.from_, lane.to):
            return f"the lane runs {lane.from_} > {lane.to}"
        if flow.material != lane.material:
            return f"the lane carries {lane.material}, not {flow.material}"
        return f"the lane serves {lane.channel} only" if lane.channel not in (None, flow.channel) else ""
    if not case.facts.pooled(flow.material):
        return f"{flow.material} moves on lanes only"
    if kind == "freight":
        row = case.instance.logistics.freight[number]
        if row.material not in (None, flow.material):
            return f"the row carries {row.material}, not {flow.material}"
        return _freight_ends(flow, row.from_, row.to)
    return _claim_ends(case, flow) if kind == "claim" else _hub_ends(case, flow)


def _freight_ends(flow: Flow, start: str, end: str) -> str:
    """Freight joins the hubs of its regions, and the layers of one claimant there."""
    if (flow.from_, flow.to) == (f"hub:{start}", f"hub:{end}"):
        return ""
    claimant = flow.from_.partition(">")[2]
    # At the claimant's the layer ends at the users; a plan may name either.
    layer = {f"owed:{end}>{claimant}"} | ({f"users:{end}"} if claimant == end else set())
    if claimant and flow.from_ == f"owed:{start}>{claimant}" and flow.to in layer:
        return ""
    return f"the row runs {start} > {end}"


def _claim_ends(case: Case, flow: Flow) -> str:
    """From the facility into the layer of its region, or from the layer at the claimant's to the users there."""
    facility = case.instance.facilities.get(flow.from_)
    if facility is not None:
        start = case.facts.region(facility.country)
        for name, material, to in case.facts.claims:
            layer = {f"owed:{start}>{to}"} | ({f"users:{to}"} if start == to else set())
            if (name, material) == (flow.from_, flow.material) and flow.to in layer:
                return ""
        return f"{flow.from_} owes no {flow.material} there"
    region = flow.to.partition(":")[2]
    if flow.to == f"users:{region}" and flow.from_ == f"owed:{region}>{region}":
        return "" if (region, flow.material) in case.facts.claimed else f"{region} has no claim on {flow.material}"
    return "it joins a facility to its layer, or the layer at the claimant's to its users"


def _hub_ends(case: Case, flow: Flow) -> str:
    """From a facility that owes a claim to its hub, or from a hub to its users where there are claims."""
    facility = case.instance.facilities.get(flow.from_)
    if facility is not None:
        if (flow.from_, flow.material) not in case.facts.owing:
            return f"{flow.from_} owes no {flow.material}: its output is at the hub"
        hub = case.facts.hub(facility.country)
        return "" if flow.to == hub else f"its hub is {hub}"
    region = flow.from_.partition(":")[2]
    if (flow.from_, flow.to) != (f"hub:{region}", f"users:{region}"):
        return "it joins a facility to its hub, or a hub to its users"
    return "" if (region, flow.material) in case.facts.claimed else f"{region} has no claim on {flow.material}"


def flow_cost(case: Case, flow: Flow) -> float:
    """USD of a flow, by gross tonnes and with effects."""
    kind, number = _kind(case, flow.link)
    if kind not in ("lane", "freight"):
        return 0.0
    row = case.instance.lanes[number] if kind == "lane" else case.instance.logistics.freight[number]
    block, period = case.blocks[flow.scenario], case.facts.periods[flow.period]
    factor = case.factors.link_cost(block, period, flow.link)
    return flow.tonnes * case.instance.materials[flow.material].freight_factor * row.cost * factor


def check_claims(case: Case) -> None:
    """At least the claimed share of an output goes to the claimant, over all channels together."""
    if not case.facts.claims:
        return
    made: dict[tuple[str, int, str, str], float] = {}
    for run in case.rows.runs:
        for material, tonnes in case.instance.recipes[run.recipe].outputs.items():
            key = (run.scenario, run.period, run.facility, material)
            made[key] = made.get(key, 0.0) + tonnes * run.run
    given: dict[tuple[str, int, str, str, str], float] = {}
    for flow in case.rows.flows:
        to = flow.to.partition(">")[2] or flow.to.partition(":")[2] if flow.link == "claim" else ""
        if flow.link.startswith("lane:"):
            to = case.facts.region_of_place(flow.to)
        if flow.from_ in case.instance.facilities and to:
            full = (flow.scenario, flow.period, flow.from_, flow.material, to)
            given[full] = given.get(full, 0.0) + flow.tonnes
    _stays_at_home(case, given)
    for block, period in case.each_period():
        for facility, material, region in case.facts.claims:
            output = made.get((block.name, period.year, facility, material), 0.0)
            owed = case.facts.claimed_share(facility, material, region, period) * output
            went = given.get((block.name, period.year, facility, material, region), 0.0)
            at = At(facility, period.year, block.name)
            case.ledger.at_least("claim_share", at, went, owed, f"{material} for {region}", "t", output)


def _stays_at_home(case: Case, given: dict[tuple[str, int, str, str, str], float]) -> None:
    """A claimant's own facility: what it uses or has left over of its lane material lies in the region already."""
    kept: list[tuple[str, int, str, str, float]] = []
    for run in case.rows.runs:
        for material, tonnes in case.instance.recipes[run.recipe].inputs.items():
            kept.append((run.scenario, run.period, run.facility, material, tonnes * run.run))
    kept += [(row.scenario, row.period, row.place, row.material, row.tonnes) for row in case.rows.surplus]
    for scenario, year, place, material, tonnes in kept:
        if place in case.instance.facilities and not case.facts.pooled(material):
            full = (scenario, year, place, material, case.facts.region_of_place(place))
            given[full] = given.get(full, 0.0) + tonnes


def check_downgrades(case: Case) -> None:
    """Downgrades go to looser channels, where they may."""
    for row in case.rows.downgrades:
        at = At(row.place, row.period, row.scenario)
        looser = case.facts.rank[row.from_channel] < case.facts.rank[row.to_channel]
        text = f"{row.material} moved from {row.from_channel} to {row.to_channel}"
        case.ledger.holds("downgrade_order", at, looser, text, row.tonnes, "t")
        wrong = "" if case.facts.kind_of_place(row.place) == "stockpile" else _lies(case, row)
        case.ledger.holds("downgrade_place", at, not wrong, wrong, row.tonnes, "t")


def check_surplus(case: Case) -> None:
    """Surplus lies where it may, and is sold or disposed of."""
    for row in case.rows.surplus:
        at = At(row.place, row.period, row.scenario)
        wrong = _lies(case, row)
        if not wrong and row.place.startswith("owed:") and row.scenario == TRUNK:
            start, _, to = row.place.removeprefix("owed:").partition(">")
            wrong = "" if start == to else f"what is owed to {to} is surplus only there"
        case.ledger.holds("surplus_place", at, not wrong, wrong, row.tonnes, "t")
        sold, disposed = surplus_money(case, row)
        case.ledger.equal("surplus_cost", at, row.cost, disposed - sold, f"cost of surplus {row.material}", "USD")


def _lies(case: Case, row: Downgrade | Surplus) -> str:
    """Why a material does not lie at a place, outside stores; empty if it does."""
    kind = case.facts.kind_of_place(row.place)
    if not case.facts.pooled(row.material):
        return "" if kind == "facility" else f"{row.material} moves on lanes; it lies at facilities"
    if kind in ("hub", "users", "owed") or (row.place, row.material) in case.facts.owing:
        return ""
    return f"{row.material} is pooled; it lies at hubs"


def surplus_money(case: Case, row: Surplus) -> tuple[float, float]:
    """USD earned and USD of disposal."""
    material = case.instance.materials[row.material]
    if not material.sell:
        return 0.0, row.tonnes * material.disposal
    block, period = case.blocks[row.scenario], case.facts.periods[row.period]
    price = case.factors.price(block, period, row.material, case.facts.region_of_place(row.place))
    return row.tonnes * (price or 0.0), 0.0
