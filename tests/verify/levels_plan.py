"""A plan made by hand of an instance in which service comes before cost."""

from __future__ import annotations

from plan_maker import Plan, make


def served() -> Plan:
    """Two channels that share 14 t: the strict one is short of nothing, the open one of 6 t, of which none is paid for.

    In the outage, which has probability 0.25, 4 t less are made in 2028, so that 7 are expected short: 2 * 3 in every
    future, and 0.25 * 4 more. A tonne costs 10: 280 in the base, 240 in the outage, 270 in the mean.
    """
    text = """
schema: 1
name: served
base_year: 2027
discount_rate: 0.0
periods: [2027, 2028]
domestic: [USA]
countries: {USA: domestic}
materials:
  magnet: {stage: magnet}
recipes:
  make: {stage: magnet, inputs: {}, outputs: {magnet: 1}, cost: 10}
facilities:
  plant: {stage: magnet, country: USA, recipes: [make], capacity: 14}
channels:
  mdap: {}
  commercial: {}
markets:
  programs: {channel: mdap, country: USA, demand: [{product: magnet, tonnes: 5, shortage_cost: 0}]}
  trade: {channel: commercial, country: USA, demand: [{product: magnet, tonnes: 12, shortage_cost: 1}]}
scenarios:
  - id: outage
    probability: 0.25
    onset: 2028
    effects: [{affects: facilities, where: {id: plant}, available: 0.5}]
lexicographic: {levels: [service, cost], tolerance: 0.01}
"""
    text = text.replace("available: 0.5", "available: 0.714285714285714285")
    plan = make(
        text, 270.0, ("mdap", "commercial"),
        capacity="""trunk,2027,plant,,14,0,1,14,14
            trunk,2028,plant,,14,0,1,14,14
            outage,2028,plant,,14,0,0.714285714285714285,10,10""",
        runs="""trunk,2027,plant,,make,mdap,5,50
            trunk,2027,plant,,make,commercial,9,90
            trunk,2028,plant,,make,mdap,5,50
            trunk,2028,plant,,make,commercial,9,90
            outage,2028,plant,,make,mdap,5,50
            outage,2028,plant,,make,commercial,5,50""",
        demand="""trunk,2027,programs,0,magnet,magnet,mdap,5,5,0,0
            trunk,2028,programs,0,magnet,magnet,mdap,5,5,0,0
            outage,2028,programs,0,magnet,magnet,mdap,5,5,0,0
            trunk,2027,trade,0,magnet,magnet,commercial,12,9,3,0
            trunk,2028,trade,0,magnet,magnet,commercial,12,9,3,0
            outage,2028,trade,0,magnet,magnet,commercial,12,5,7,0""",
        exposure="""2027,plant,,0,0,0,0,0,0,mdap;commercial
            2028,plant,,0,0,0,0,0,0,mdap;commercial""",
        costs="""trunk,2027,activity,140,140
            trunk,2028,activity,140,140
            outage,2028,activity,100,100""",
        scenarios="""base,0.75,,,280,1,0.75
            outage,0.25,2028,,240,1,0.58333333333333333""",
    )  # fmt: skip
    plan.plan["levels"] = [
        level("mdap", demand=10.0, short=0.0, cap=0.1),
        level("commercial", demand=24.0, short=7.0, cap=7.24),
        {"level": "cost", "channel": None, "status": "optimal", "best": 270.0, "bound": 270.0, "value": 270.0},
    ]
    return plan


def level(channel: str, demand: float, short: float, cap: float) -> dict[str, object]:
    """A level of service as plan.json states it, reached to the last tonne."""
    return {
        "level": "service",
        "channel": channel,
        "status": "optimal",
        "demand": demand,
        "best": short,
        "bound": short,
        "tolerance": 0.01 * demand,
        "cap": cap,
        "value": short,
    }
