"""A plan under limits in amounts: a cap on allied residue, which is charged, and a goal for domestic output, missed."""

from __future__ import annotations

from plan_maker import Plan, make


def limits() -> Plan:
    """10 t a year, 20 t in the second period; au releases 3 a tonne, pays 1 for each, and may release 15 a year.

    Of the goal, 15 t in the second period, us makes 10; each that is missing costs 2.
    """
    text = """
schema: 1
name: limits
base_year: 2027
discount_rate: 0.0
periods: [2027, {year: 2028, years: 2}]
domestic: [USA]
countries: {USA: domestic, AUS: ally}
materials: {magnet: {stage: magnet}}
recipes: {make: {stage: magnet, outputs: {magnet: 1}, cost: 10, releases: {residue: 2}}}
facilities:
  us: {stage: magnet, country: USA, recipes: {make: {cost: 20}}, capacity: 100}
  au: {stage: magnet, country: AUS, recipes: {make: {releases: {residue: 3}}}, capacity: 100}
channels: {commercial: {}}
markets:
  town: {channel: commercial, country: USA, demand: [{product: magnet, tonnes: 10, shortage_cost: 100}]}
policy:
  rules:
  - {rule: release_cap, release: residue, where: {tier: ally}, most: {2028: 15}, in_disruption: true}
  - {rule: release_charge, release: residue, where: {country: AUS}, cost: {2027: 1}}
  - {rule: scale_goal, stage: magnet, where: {country: USA}, world_output: 30, share: {2028: 0.25}, shortage_cost: 2}
scenarios:
- id: outage
  probability: 0.5
  onset: 2028
  effects: [{affects: facilities, where: {id: us}, available: 0.0}]
"""
    return make(
        text, 865.0, ("commercial",),
        capacity="""trunk,2027,us,,100,0,1,100,0
            trunk,2027,au,,100,0,1,100,10
            trunk,2028,us,,100,0,1,200,10
            trunk,2028,au,,100,0,1,200,10
            outage,2028,us,,100,0,0,0,0
            outage,2028,au,,100,0,1,200,10""",
        runs="""trunk,2027,au,,make,commercial,10,130
            trunk,2028,us,,make,commercial,10,200
            trunk,2028,au,,make,commercial,10,130
            outage,2028,au,,make,commercial,10,130""",
        releases="""trunk,2027,au,residue,30,30
            trunk,2028,us,residue,20,0
            trunk,2028,au,residue,30,30
            outage,2028,au,residue,30,30""",
        goals="2028,2,15,10,5,10",
        demand="""trunk,2027,town,0,magnet,magnet,commercial,10,10,0,0
            trunk,2028,town,0,magnet,magnet,commercial,20,20,0,0
            outage,2028,town,0,magnet,magnet,commercial,20,10,10,1000""",
        exposure="""2027,au,,0,0,0,0,0,0,commercial
            2028,us,,0,0,0,0,0,0,commercial
            2028,au,,0,0,0,0,0,0,commercial""",
        costs="""trunk,2027,activity,130,130
            trunk,2028,activity,330,330
            trunk,2028,goal_shortage,10,10
            outage,2028,activity,130,130
            outage,2028,shortage,1000,1000""",
        scenarios="""base,0.5,,,470,1
            outage,0.5,2028,,1260,0.6666666666666667""",
    )  # fmt: skip


def weighs() -> Plan:
    """A market that weighs what is made abroad dearer: by all of the price, then a quarter, of four times the price."""
    text = """
schema: 1
name: weighs
base_year: 2027
discount_rate: 0.0
periods: [2027, {year: 2028, years: 2}]
domestic: [USA]
countries: {USA: domestic, AUS: ally}
materials: {magnet: {stage: magnet, price: 10}}
recipes: {make: {stage: magnet, outputs: {magnet: 1}, cost: 12}}
facilities:
  us: {stage: magnet, country: USA, recipes: {make: {cost: 20}}, capacity: 100}
  au: {stage: magnet, country: AUS, recipes: [make], capacity: 100}
channels: {home: {tiers: [domestic], custody_cost: 0.1}, open: {}}
markets:
  programs: {channel: open, country: USA, demand: [{product: magnet, tonnes: 10}]}
policy:
  rules:
  - {rule: preference, markets: [programs], channel: home, share: {2027: 1.0, 2028: 0.5, 2029: 0}, in_disruption: true}
scenarios:
- id: boom
  probability: 0.5
  onset: 2028
  effects: [{affects: prices, where: {material: magnet}, factor: 4}]
"""
    return make(
        text, 547.0, ("open",),
        capacity="""trunk,2027,us,,100,0,1,100,10
            trunk,2027,au,,100,0,1,100,0
            trunk,2028,us,,100,0,1,200,0
            trunk,2028,au,,100,0,1,200,20
            boom,2028,us,,100,0,1,200,20
            boom,2028,au,,100,0,1,200,0""",
        runs="""trunk,2027,us,,make,home,10,201
            trunk,2028,au,,make,open,20,240
            boom,2028,us,,make,home,20,402""",
        demand="""trunk,2027,programs,0,magnet,magnet,open,10,0,0,0
            trunk,2027,programs,0,magnet,magnet,home,0,10,0,0
            trunk,2028,programs,0,magnet,magnet,open,20,20,0,0
            boom,2028,programs,0,magnet,magnet,open,20,0,0,0
            boom,2028,programs,0,magnet,magnet,home,0,20,0,0""",
        exposure="""2027,us,,0,0,0,0,0,0,home;open
            2028,au,,0,0,0,0,0,0,open""",
        costs="""trunk,2027,activity,201,201
            trunk,2028,activity,240,240
            trunk,2028,preference,50,50
            boom,2028,activity,402,402""",
        scenarios="""base,0.5,,,491,1
            boom,0.5,2028,,603,1""",
    )  # fmt: skip


def recycles() -> Plan:
    """A smelter that is enlarged, so that half of its feed must be swarf from 2028 on: 3 t of it make a tonne."""
    text = """
schema: 1
name: recycles
base_year: 2027
discount_rate: 0.0
periods: [2027, {year: 2028, years: 2}]
domestic: [USA]
countries: {USA: domestic}
materials: {oxide: {stage: separation}, swarf: {stage: recycling}, metal: {stage: metal}}
recipes:
  split: {stage: separation, outputs: {oxide: 1}, cost: 1}
  collect: {stage: recycling, outputs: {swarf: 1}, cost: 4}
  melt: {stage: metal, inputs: {oxide: 1}, outputs: {metal: 1}, cost: 5}
  remelt: {stage: metal, inputs: {swarf: 3}, outputs: {metal: 1}, cost: 5}
facilities:
  plant: {stage: separation, country: USA, recipes: [split], capacity: 100}
  yard: {stage: recycling, country: USA, recipes: [collect], capacity: 100}
  smelter:
    stage: metal
    country: USA
    recipes: [melt, remelt]
    capacity: 4
    tags: [programme]
    options: [{id: build, capacity: 6, capex: 10, lead: 1}]
channels: {open: {}}
markets: {users: {channel: open, country: USA, demand: [{product: metal, tonnes: 10, shortage_cost: 100}]}}
policy: {rules: [{rule: recycling, where: {tags: programme}, share: 0.5}]}
"""
    return make(
        text, 809.0, ("open",),
        portfolio="smelter,build,metal,USA,2027,2028,6,10,10,",
        outlay="2027,capex,grant,10",
        capacity="""trunk,2027,plant,,100,0,1,100,4
            trunk,2027,yard,,100,0,1,100,0
            trunk,2027,smelter,,4,0,1,4,4
            trunk,2028,plant,,100,0,1,200,15
            trunk,2028,yard,,100,0,1,200,15
            trunk,2028,smelter,,4,6,1,20,20""",
        runs="""trunk,2027,plant,,split,open,4,4
            trunk,2027,smelter,,melt,open,4,20
            trunk,2028,plant,,split,open,15,15
            trunk,2028,yard,,collect,open,15,60
            trunk,2028,smelter,,melt,open,15,75
            trunk,2028,smelter,,remelt,open,5,25""",
        demand="""trunk,2027,users,0,metal,metal,open,10,4,6,600
            trunk,2028,users,0,metal,metal,open,20,20,0,0""",
        exposure="""2027,plant,,0,0,0,0,0,0,open
            2027,smelter,,0,0,0,0,0,0,open
            2028,plant,,0,0,0,0,0,0,open
            2028,yard,,0,0,0,0,0,0,open
            2028,smelter,,0,0,0,0,0,0,open""",
        costs="""investment,2027,capex,10,10
            trunk,2027,activity,24,24
            trunk,2027,shortage,600,600
            trunk,2028,activity,175,175""",
        scenarios="base,1,,,809,0.8",
    )  # fmt: skip
