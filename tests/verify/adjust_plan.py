"""A plan made by hand for a disruption that bites; every number in a table was worked out on paper."""

from __future__ import annotations

from plan_maker import Plan, make


def bites() -> Plan:
    """The case contracts_and_raise, with a year after it, in which plant has raised twice 10 t and contracts are free.

    2027: contracts for 54 of the town's 60 t, 6 t free, 10 t raised: 16 for the army. 2028: 20 t raised in all, so 20
    for the army and 60 for the town. base 2*760; out 1238 + 860; the mean is 0.99*1520 + 0.01*2098 = 1525.78.
    """
    text = """
schema: 1
name: bites
base_year: 2027
discount_rate: 0.0
periods: [2027, 2028]
domestic: [USA]
countries: {USA: domestic, AUS: ally}
materials:
  magnet: {stage: magnet}
recipes:
  make: {stage: magnet, outputs: {magnet: 1}, cost: 10}
  make_cheap: {stage: magnet, outputs: {magnet: 1}, cost: 5, channels: [mdap]}
facilities:
  other: {stage: magnet, country: AUS, recipes: [make_cheap], capacity: 20, raise: 1, contracted: 0}
  plant: {stage: magnet, country: USA, recipes: [make], capacity: 100}
frictions:
  magnet: {raise: 0.1, contracted: 0.9}
channels:
  mdap: {tiers: [domestic, ally], custody_cost: 3}
  commercial: {}
markets:
  army:
    channel: mdap
    country: USA
    demand: [{product: magnet, tonnes: 20, shortage_cost: 100}]
  town:
    channel: commercial
    country: USA
    demand: [{product: magnet, tonnes: 60, shortage_cost: 15}]
scenarios:
  - id: out
    probability: 0.01
    onset: 2027
    effects: [{affects: facilities, where: {id: other}, available: 0.0}]
"""
    return make(
        text, 1525.78, ("mdap", "commercial"),
        capacity="""trunk,2027,other,,20,0,1,20,20
            trunk,2027,plant,,100,0,1,100,60
            trunk,2028,other,,20,0,1,20,20
            trunk,2028,plant,,100,0,1,100,60
            out,2027,other,,20,0,0,0,0
            out,2027,plant,,100,0,1,100,70
            out,2028,other,,20,0,0,0,0
            out,2028,plant,,100,0,1,100,80""",
        runs="""trunk,2027,other,,make_cheap,mdap,20,160
            trunk,2027,plant,,make,commercial,60,600
            trunk,2028,other,,make_cheap,mdap,20,160
            trunk,2028,plant,,make,commercial,60,600
            out,2027,plant,,make,mdap,16,208
            out,2027,plant,,make,commercial,54,540
            out,2028,plant,,make,mdap,20,260
            out,2028,plant,,make,commercial,60,600""",
        demand="""trunk,2027,army,0,magnet,magnet,mdap,20,20,0,0
            trunk,2027,town,0,magnet,magnet,commercial,60,60,0,0
            trunk,2028,army,0,magnet,magnet,mdap,20,20,0,0
            trunk,2028,town,0,magnet,magnet,commercial,60,60,0,0
            out,2027,army,0,magnet,magnet,mdap,20,16,4,400
            out,2027,town,0,magnet,magnet,commercial,60,54,6,90
            out,2028,army,0,magnet,magnet,mdap,20,20,0,0
            out,2028,town,0,magnet,magnet,commercial,60,60,0,0""",
        exposure="""2027,other,,0,0,0,0,0,0,mdap;commercial
            2027,plant,,0,0,0,0,0,0,mdap;commercial
            2028,other,,0,0,0,0,0,0,mdap;commercial
            2028,plant,,0,0,0,0,0,0,mdap;commercial""",
        costs="""trunk,2027,activity,760,760
            trunk,2028,activity,760,760
            out,2027,activity,748,748
            out,2027,shortage,490,490
            out,2028,activity,860,860""",
        scenarios="""base,0.99,,,1520,1,1
            out,0.01,2027,,2098,0.9,0.95""",
    )  # fmt: skip
