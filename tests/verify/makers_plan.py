"""A plan made by hand in which new makers wait; every number in a table was worked out on paper."""

from __future__ import annotations

from plan_maker import Plan, make


def requalified() -> Plan:
    """The case known_makers_and_lots, with a reserve that takes in 10 t a year on the trunk from main.

    The army has 60 t a year from main and 20 from spare; the reserve has 10 from main. Without main, spare makes
    1.25*20 + 2 = 27 t in 2027 and 0.25*(1.25*40 + 4) + 0.75*180 = 148.5 t in the two years from 2028; the reserve had
    nothing before. trunk 700 + 400 + 1400 + 800; out 540 + 5300 + 2970 + 1150; the mean is 33 * 0.99 * 100 + 99.6.
    """
    text = """
schema: 1
name: requalified
base_year: 2027
discount_rate: 0.0
periods: [2027, {year: 2028, years: 2}]
domestic: [USA]
countries: {USA: domestic}
materials:
  magnet:
    stage: magnet
    price: 50
    storage: {cost: 0}
    requalification: {mdap: {years: 1.5, multiple: 1.25, lots: 2}}
recipes:
  make: {stage: magnet, outputs: {magnet: 1}, cost: 10}
  make_dear: {stage: magnet, outputs: {magnet: 1}, cost: 20}
facilities:
  main: {stage: magnet, country: USA, recipes: [make], capacity: 70}
  spare: {stage: magnet, country: USA, recipes: [make_dear], capacity: 90}
channels:
  mdap: {}
  commercial: {}
markets:
  army:
    channel: mdap
    country: USA
    demand: [{product: magnet, tonnes: 80, shortage_cost: 100}]
stockpiles:
  depot: {country: USA, channel: mdap, materials: [magnet], release: disruption, public: false}
scenarios:
  - id: out
    probability: 0.01
    onset: 2027
    effects: [{affects: facilities, where: {id: main}, available: 0.0}]
"""
    return make(
        text, 3366.6, ("mdap",),
        capacity="""trunk,2027,main,,70,0,1,70,70
            trunk,2027,spare,,90,0,1,90,20
            trunk,2028,main,,70,0,1,140,140
            trunk,2028,spare,,90,0,1,180,40
            out,2027,main,,70,0,0,0,0
            out,2027,spare,,90,0,1,90,27
            out,2028,main,,70,0,0,0,0
            out,2028,spare,,90,0,1,180,148.5""",
        runs="""trunk,2027,main,,make,mdap,70,700
            trunk,2027,spare,,make_dear,mdap,20,400
            trunk,2028,main,,make,mdap,140,1400
            trunk,2028,spare,,make_dear,mdap,40,800
            out,2027,spare,,make_dear,mdap,27,540
            out,2028,spare,,make_dear,mdap,148.5,2970""",
        stock="""trunk,2027,depot,magnet,mdap,0,0,10,0,0,0,0,0,10,0
            trunk,2028,depot,magnet,mdap,10,0,20,0,0,0,0,0,30,0""",
        demand="""trunk,2027,army,0,magnet,magnet,mdap,80,80,0,0
            trunk,2028,army,0,magnet,magnet,mdap,160,160,0,0
            out,2027,army,0,magnet,magnet,mdap,80,27,53,5300
            out,2028,army,0,magnet,magnet,mdap,160,148.5,11.5,1150""",
        makers="""2027,main,magnet,mdap,70,70
            2027,spare,magnet,mdap,20,20
            2028,main,magnet,mdap,140,140
            2028,spare,magnet,mdap,40,40""",
        exposure="""2027,main,,0,0,0,0,0,0,mdap;commercial
            2027,spare,,0,0,0,0,0,0,mdap;commercial
            2028,main,,0,0,0,0,0,0,mdap;commercial
            2028,spare,,0,0,0,0,0,0,mdap;commercial""",
        costs="""trunk,2027,activity,1100,1100
            trunk,2028,activity,2200,2200
            out,2027,activity,540,540
            out,2027,shortage,5300,5300
            out,2028,activity,2970,2970
            out,2028,shortage,1150,1150""",
        scenarios="""base,0.99,,,3300,1
            out,0.01,2027,,9960,0.73125""",
    )  # fmt: skip
