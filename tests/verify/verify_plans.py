"""Small instances with plans made by hand; every number in a table was worked out on paper."""

from __future__ import annotations

from collections.abc import Callable

from adjust_plan import bites
from aided_plan import aided
from bought_plan import biennial, bought, shipped
from lent_plan import lent, thrifty
from levels_plan import served
from limits_plan import limits, recycles, weighs
from makers_plan import requalified
from plan_maker import Plan, make
from priced_plan import priced
from reaction_plan import reacts
from residual_plan import left
from roll_plan import replanned
from staked_plan import staked
from stepped_plan import shared, stepped
from tree_plan import tree


def rejoin() -> Plan:
    """A reserve, a branch that lives on it, and buying back at its end (the contract case of that name)."""
    text = """
schema: 1
name: rejoin
base_year: 2027
discount_rate: 0.0
periods: [2027, 2028, 2029, 2030]
domestic: [USA]
countries: {USA: domestic, AUS: ally, CHN: adversary}
materials:
  magnet: {stage: magnet, storage: {cost: 0}, price: 40}
recipes:
  make: {stage: magnet, inputs: {}, outputs: {magnet: 1}, cost: 10}
facilities:
  plant: {stage: magnet, country: USA, recipes: [make], capacity: {2027: 20, 2028: 12}}
channels:
  commercial: {}
markets:
  trade:
    channel: commercial
    country: USA
    demand: [{product: magnet, tonnes: 10, shortage_cost: 100}]
stockpiles:
  depot:
    country: USA
    channels: [commercial]
    materials: [magnet]
    capacity: {magnet: 11}
    targets: [{material: magnet, tonnes: {2027: 10}}]
policy: {budget: {annual: 400}}
scenarios:
  - id: outage
    probability: 0.5
    onset: 2028
    duration: 1
    recovery: 1
    effects: [{affects: facilities, where: {id: plant}, available: 0.0}]
"""
    return make(
        text, 620.0, ("commercial",),
        capacity="""trunk,2027,plant,,20,0,1,20,20
            trunk,2028,plant,,12,0,1,12,10
            trunk,2029,plant,,12,0,1,12,10
            trunk,2030,plant,,12,0,1,12,10
            outage,2028,plant,,12,0,0,0,0
            outage,2029,plant,,12,0,1,12,12""",
        runs="""trunk,2027,plant,,make,commercial,20,200
            trunk,2028,plant,,make,commercial,10,100
            trunk,2029,plant,,make,commercial,10,100
            trunk,2030,plant,,make,commercial,10,100
            outage,2029,plant,,make,commercial,12,120""",
        stock="""trunk,2027,depot,magnet,commercial,0,0,10,0,0,0,0,0,10,0
            trunk,2028,depot,magnet,commercial,10,0,0,0,0,0,0,0,10,0
            trunk,2029,depot,magnet,commercial,10,0,0,0,0,0,0,0,10,0
            trunk,2030,depot,magnet,commercial,10,0,0,0,0,0,0,0,10,0
            outage,2028,depot,magnet,commercial,10,0,0,10,0,0,0,0,0,0
            outage,2029,depot,magnet,commercial,0,0,2,0,0,0,0,8,2,320""",
        demand="""trunk,2027,trade,0,magnet,magnet,commercial,10,10,0,0
            trunk,2028,trade,0,magnet,magnet,commercial,10,10,0,0
            trunk,2029,trade,0,magnet,magnet,commercial,10,10,0,0
            trunk,2030,trade,0,magnet,magnet,commercial,10,10,0,0
            outage,2028,trade,0,magnet,magnet,commercial,10,10,0,0
            outage,2029,trade,0,magnet,magnet,commercial,10,10,0,0""",
        targets="""2027,depot,0,magnet,,10,10,0,0
            2028,depot,0,magnet,,10,10,0,0
            2029,depot,0,magnet,,10,10,0,0
            2030,depot,0,magnet,,10,10,0,0""",
        exposure="""2027,plant,,0,0,0,0,0,0,commercial
            2028,plant,,0,0,0,0,0,0,commercial
            2029,plant,,0,0,0,0,0,0,commercial
            2030,plant,,0,0,0,0,0,0,commercial""",
        costs="""trunk,2027,activity,200,200
            trunk,2028,activity,100,100
            trunk,2029,activity,100,100
            trunk,2030,activity,100,100
            outage,2029,activity,120,120
            outage,2029,buy_back,320,320""",
        scenarios="""base,0.5,,,500,1
            outage,0.5,2028,2030,740,1""",
        outlay="2027,stockpile,purchase,400",
    )  # fmt: skip


def funding() -> Plan:
    """An option with life, spending by year, qualification and a refit; its expansion; rules on funding."""
    text = """
schema: 1
name: funding
base_year: 2027
discount_rate: 0.1
periods: [2027, 2028, 2029]
domestic: [USA]
countries: {USA: domestic, AUS: ally, CHN: adversary}
materials:
  magnet: {stage: magnet}
recipes:
  make: {stage: magnet, inputs: {}, outputs: {magnet: 1}, cost: 10}
  other_make: {stage: magnet, inputs: {}, outputs: {magnet: 1}, cost: 10}
facilities:
  plant:
    stage: magnet
    country: USA
    recipes: [make]
    capacity: 0
    exposure: {equipment: 1.0}
    options:
      - id: new
        capacity: 10
        capex: 100
        fixed_cost: 5
        lead: 1
        life: 4
        spend: [0.4, 0.6]
        public_share: 0.5
        qualification: {mdap: 1}
        sets: {exposure: {equipment: 0.0}}
      - {id: big, capacity: 20, capex: 500, lead: 1}
      - {id: more, capacity: 4, capex: 30, lead: 1, after: new, latest: 2028, confidence: B}
  works:
    stage: magnet
    country: AUS
    recipes: [make]
    capacity: 0
    options: [{id: slow, capacity: 10, capex: 1, lead: 5}]
channels:
  mdap: {tiers: [domestic, ally], max_exposure: {equipment: 0.0}, custody_cost: 2}
  commercial: {}
markets:
  programs:
    channel: mdap
    country: USA
    demand: [{product: magnet, tonnes: 4, shortage_cost: 1000}]
  trade:
    channel: commercial
    country: USA
    demand: [{product: magnet, tonnes: 6, shortage_cost: 30}]
policy:
  budget: {annual: 65, total: 100}
  rules:
    - {rule: count, stage: magnet, countries: [USA], min: 1, by: 2028}
    - {rule: require, facility: plant, by: 2028}
    - {rule: forbid, facility: works}
    - {rule: exclusive, facilities: [plant, works]}
    - {rule: implies, if: works, then: plant}
    - {rule: starts, countries: [USA], max: 1}
"""
    later = 1 / 1.1, 1 / 1.1**2, 1 / 1.1**3
    objective = 40 + 90 * later[0] - 50 * later[2] + 4180 + 4065 * later[0] + 113 * later[1]
    return make(
        text, objective, ("mdap", "commercial"),
        portfolio="""plant,new,magnet,USA,2027,2028,10,100,50,
            plant,more,magnet,USA,2028,2029,4,30,30,B""",
        capacity="""trunk,2028,plant,,0,10,1,10,6
            trunk,2029,plant,,0,14,1,14,10""",
        runs="""trunk,2028,plant,new,make,commercial,6,60
            trunk,2029,plant,new,make,commercial,6,60
            trunk,2029,plant,new,make,mdap,4,48""",
        demand="""trunk,2027,programs,0,magnet,magnet,mdap,4,0,4,4000
            trunk,2027,trade,0,magnet,magnet,commercial,6,0,6,180
            trunk,2028,programs,0,magnet,magnet,mdap,4,0,4,4000
            trunk,2028,trade,0,magnet,magnet,commercial,6,6,0,0
            trunk,2029,programs,0,magnet,magnet,mdap,4,4,0,0
            trunk,2029,trade,0,magnet,magnet,commercial,6,6,0,0""",
        exposure="""2027,plant,,0,0,1,0,0,0,commercial
            2028,plant,new,0,0,0,0,0,0,mdap;commercial
            2029,plant,new,0,0,0,0,0,0,mdap;commercial""",
        costs=f"""investment,2027,capex,40,40
            investment,2028,capex,90,{90 * later[0]}
            investment,2030,credit,-50,{-50 * later[2]}
            trunk,2027,shortage,4180,4180
            trunk,2028,fixed,5,{5 * later[0]}
            trunk,2028,activity,60,{60 * later[0]}
            trunk,2028,shortage,4000,{4000 * later[0]}
            trunk,2029,fixed,5,{5 * later[1]}
            trunk,2029,activity,108,{108 * later[1]}""",
        scenarios=f"base,1,,,{objective},{4 / 12},{12 / 18}",
        outlay="""2027,capex,grant,20
            2028,capex,grant,60""",
    )  # fmt: skip


def appropriated() -> Plan:
    """The same, its public capex out of one appropriation: 20 in 2027, and 60 in 2028, when a dollar is 1.05.

    Of 50 given in 2027 30 are left for 2028, when 63 are spent of them and of 40 more; the last 7 are lost with 2029.
    """
    plan = funding()
    plan.change(
        "budget: {annual: 65, total: 100}",
        """budget:
    annual: 65
    total: 100
    deflator: {2027: 1, 2028: 1.05}
    appropriations:
    - {id: fund, usd: {2027: 50, 2028: 40, 2029: 0}, available_for: 2, capex: {country: USA}}""",
    )
    plan.add("appropriations", 2027, "fund", 50, 20, 0, 30)
    plan.add("appropriations", 2028, "fund", 40, 63, 0, 7)
    plan.add("appropriations", 2029, "fund", 0, 0, 7, 0)
    return plan


def lanes() -> Plan:
    """Lanes, a working store that downgrades and discards, units, a period of two years, surplus sold."""
    text = """
schema: 1
name: lanes
base_year: 2027
discount_rate: 0.0
periods: [2027, {year: 2028, years: 2}]
domestic: [USA]
countries: {USA: domestic, AUS: ally, CHN: adversary}
materials:
  alloy: {stage: alloy, freight_factor: 2, disposal: 1}
  magnet: {stage: magnet, storage: {cost: 3, loss: 0.1}, price: 20, disposal: 4}
  scrap: {stage: recycling, price: 7, sell: true}
recipes:
  melt: {stage: alloy, inputs: {}, outputs: {alloy: 1}, cost: 10}
  press: {stage: magnet, inputs: {alloy: 1}, outputs: {magnet: 0.9, scrap: 0.1}, cost: 20, capacity_use: 2, unit: main}
facilities:
  works: {stage: alloy, country: USA, recipes: [melt], capacity: 100}
  plant: {stage: magnet, country: AUS, recipes: [press], capacity: {main: 100}}
channels:
  mdap: {tiers: [domestic, ally]}
  commercial: {}
markets:
  prog:
    channel: mdap
    country: USA
    demand: [{product: magnet, tonnes: 9, shortage_cost: null}]
  trade:
    channel: commercial
    country: USA
    demand: [{product: magnet, tonnes: 3, shortage_cost: 50}]
lanes:
  - {from: works, to: plant, material: alloy, cost: 4, channel: mdap}
  - {from: works, to: plant, material: alloy, cost: 1, channel: commercial}
  - {from: plant, to: depot, material: magnet, cost: 1}
  - {from: depot, to: prog, material: magnet, cost: 2, capacity: 10}
  - {from: depot, to: trade, material: magnet, cost: 3}
  - {from: plant, to: trade, material: magnet, cost: 2, tags: [strait]}
stockpiles:
  depot:
    country: USA
    channels: [mdap, commercial]
    materials: [magnet]
    initial: {magnet: {mdap: 10}}
    release: always
scenarios:
  - id: closure
    probability: 0.5
    onset: 2028
    duration: 2
    recovery: 0
    effects:
      - {affects: lanes, where: {tags: strait}, available: 0.0}
      - {affects: recipes, where: {stage: alloy}, cost: 1.5}
"""
    return make(
        text, 1777.335, ("mdap", "commercial"),
        capacity="""trunk,2027,works,,100,0,1,100,13
            trunk,2027,plant,main,100,0,1,100,20
            trunk,2028,works,,100,0,1,200,30
            trunk,2028,plant,main,100,0,1,200,60
            closure,2028,works,,100,0,1,200,30
            closure,2028,plant,main,100,0,1,200,60""",
        runs="""trunk,2027,works,,melt,mdap,11,110
            trunk,2027,works,,melt,commercial,2,20
            trunk,2027,plant,,press,mdap,10,200
            trunk,2028,works,,melt,mdap,30,300
            trunk,2028,plant,,press,mdap,30,600
            closure,2028,works,,melt,mdap,30,450
            closure,2028,plant,,press,mdap,30,600""",
        flows="""trunk,2027,lane:0,works,plant,alloy,mdap,10,80
            trunk,2027,lane:2,plant,depot,magnet,mdap,9,9
            trunk,2027,lane:3,depot,prog,magnet,mdap,9,18
            trunk,2027,lane:4,depot,trade,magnet,commercial,3,9
            trunk,2028,lane:0,works,plant,alloy,mdap,30,240
            trunk,2028,lane:2,plant,depot,magnet,mdap,21,21
            trunk,2028,lane:3,depot,prog,magnet,mdap,18,36
            trunk,2028,lane:5,plant,trade,magnet,mdap,6,12
            closure,2028,lane:0,works,plant,alloy,mdap,30,240
            closure,2028,lane:2,plant,depot,magnet,mdap,27,27
            closure,2028,lane:3,depot,prog,magnet,mdap,18,36
            closure,2028,lane:4,depot,trade,magnet,mdap,5,15
            closure,2028,lane:4,depot,trade,magnet,commercial,0.81,2.43""",
        stock="""trunk,2027,depot,magnet,mdap,10,1,9,9,0,5,0,0,4,12
            trunk,2027,depot,magnet,commercial,0,0,0,3,5,0,1,0,1,7
            trunk,2028,depot,magnet,mdap,4,0.76,21,18,0,0,0,0,6.24,37.44
            trunk,2028,depot,magnet,commercial,1,0.19,0,0,0,0,0,0,0.81,4.86
            closure,2028,depot,magnet,mdap,4,0.76,27,23,0,0,0,0,7.24,43.44
            closure,2028,depot,magnet,commercial,1,0.19,0,0.81,0,0,0,0,0,0""",
        demand="""trunk,2027,prog,0,magnet,magnet,mdap,9,9,0,0
            trunk,2027,trade,0,magnet,magnet,commercial,3,3,0,0
            trunk,2028,prog,0,magnet,magnet,mdap,18,18,0,0
            trunk,2028,trade,0,magnet,magnet,commercial,6,0,0,0
            trunk,2028,trade,0,magnet,magnet,mdap,0,6,0,0
            closure,2028,prog,0,magnet,magnet,mdap,18,18,0,0
            closure,2028,trade,0,magnet,magnet,commercial,6,0.81,0.19,9.5
            closure,2028,trade,0,magnet,magnet,mdap,0,5,0,0""",
        downgrades="""trunk,2027,depot,magnet,mdap,commercial,5
            trunk,2027,works,alloy,mdap,commercial,1""",
        surplus="""trunk,2027,works,alloy,commercial,3,3
            trunk,2027,hub:world,scrap,mdap,1,-7
            trunk,2028,hub:world,scrap,mdap,3,-21
            closure,2028,hub:world,scrap,mdap,3,-21""",
        exposure="""2027,works,,0,0,0,0,0,0,mdap;commercial
            2027,plant,,0,0,0,0,0,0,mdap;commercial
            2028,works,,0,0,0,0,0,0,mdap;commercial
            2028,plant,,0,0,0,0,0,0,mdap;commercial""",
        costs="""trunk,2027,activity,330,330
            trunk,2027,freight,116,116
            trunk,2027,storage,15,15
            trunk,2027,disposal,7,7
            trunk,2027,sales,-7,-7
            trunk,2028,activity,900,900
            trunk,2028,freight,309,309
            trunk,2028,storage,42.3,42.3
            trunk,2028,sales,-21,-21
            closure,2028,activity,1050,1050
            closure,2028,freight,320.43,320.43
            closure,2028,storage,43.44,43.44
            closure,2028,shortage,9.5,9.5
            closure,2028,sales,-21,-21""",
        scenarios=f"""base,0.5,,,1691.3,1,1
            closure,0.5,2028,,1863.37,1,{8.81 / 9}""",
    )  # fmt: skip


def claims() -> Plan:
    """Regions with freight, and a mine that owes four tenths of its output to another region."""
    text = """
schema: 1
name: claims
base_year: 2027
discount_rate: 0.0
periods: [2027]
domestic: [USA]
countries: {USA: domestic, AUS: ally, JPN: ally}
materials:
  oxide: {stage: separation}
  ore: {stage: mining}
recipes:
  dig: {stage: separation, inputs: {}, outputs: {oxide: 1}, cost: 1}
facilities:
  mine: {stage: separation, country: AUS, recipes: [dig], capacity: 100, claims: [{to: asia, share: 0.4}]}
  pit: {stage: separation, country: AUS, recipes: [dig], capacity: 100}
channels:
  commercial: {}
markets:
  us: {channel: commercial, country: USA, demand: [{product: oxide, tonnes: 5, shortage_cost: 90}]}
  jp: {channel: commercial, country: JPN, demand: [{product: oxide, tonnes: 4, shortage_cost: 90}]}
logistics:
  regions: {oceania: [AUS], asia: [JPN], north_america: [USA]}
  freight:
    - {from: oceania, to: asia, cost: 2, capacity: 5}
    - {from: oceania, to: north_america, cost: 3, material: oxide}
"""
    return make(
        text, 35.0, ("commercial",),
        capacity="""trunk,2027,mine,,100,0,1,100,10
            trunk,2027,pit,,100,0,1,100,0""",
        runs="trunk,2027,mine,,dig,commercial,10,10",
        flows="""trunk,2027,claim,mine,owed:oceania>asia,oxide,commercial,4,0
            trunk,2027,hub,mine,hub:oceania,oxide,commercial,6,0
            trunk,2027,freight:0,owed:oceania>asia,owed:asia>asia,oxide,commercial,4,8
            trunk,2027,freight:0,hub:oceania,hub:asia,oxide,commercial,1,2
            trunk,2027,freight:1,hub:oceania,hub:north_america,oxide,commercial,5,15
            trunk,2027,claim,owed:asia>asia,users:asia,oxide,commercial,3,0
            trunk,2027,hub,hub:asia,users:asia,oxide,commercial,1,0""",
        surplus="trunk,2027,owed:asia>asia,oxide,commercial,1,0",
        demand="""trunk,2027,us,0,oxide,oxide,commercial,5,5,0,0
            trunk,2027,jp,0,oxide,oxide,commercial,4,4,0,0""",
        exposure="2027,mine,,0,0,0,0,0,0,commercial",
        costs="""trunk,2027,activity,10,10
            trunk,2027,freight,25,25""",
        scenarios="base,1,,,35,1",
    )  # fmt: skip


def rules() -> Plan:
    """Rules on operations, over two plants and three channels; ownership through a holding."""
    text = """
schema: 1
name: rules
base_year: 2027
discount_rate: 0.0
periods: [2027]
domestic: [USA]
countries: {USA: domestic, AUS: ally, CHN: adversary}
materials:
  dy: {stage: separation, content: {Dy: 0.8}}
  nd: {stage: separation, content: {Nd: 0.8}}
recipes:
  get_dy: {stage: separation, inputs: {}, outputs: {dy: 1}, cost: 1}
  get_nd: {stage: separation, inputs: {}, outputs: {nd: 1}, cost: 1, channels: [commercial]}
facilities:
  us: {stage: separation, country: USA, recipes: [get_dy, get_nd], capacity: 100}
  au: {stage: separation, country: AUS, recipes: [get_dy, get_nd], capacity: 100, owners: {holding: 1.0}}
owners:
  top: {country: CHN}
  holding: {country: AUS, owners: {top: 0.5}}
channels:
  home: {tiers: [domestic]}
  mdap: {tiers: [domestic, ally], max_exposure: {ownership: 0.25}}
  commercial: {}
markets:
  prog: {channel: mdap, country: USA, demand: [{product: dy, tonnes: 5}]}
  trade:
    channel: commercial
    country: USA
    demand: [{product: dy, tonnes: 10}, {product: nd, tonnes: 10}]
policy:
  rules:
    - {rule: domestic_content, channel: commercial, stage: separation, share: 0.5}
    - {rule: exposure_cap, channel: commercial, stage: separation, kind: ownership, share: 0.25}
    - {rule: heavy_content, channel: commercial, elements: [Dy], stage: separation, share: 0.4}
    - {rule: diversify, channel: commercial, stage: separation, by: country, share: 0.6}
    - {rule: delivered_content, markets: [prog], channel: home, share: {2027: 0.5}}
    - {rule: fill_rate, markets: [prog, trade], products: [dy], share: 1.0}
"""
    return make(
        text, 25.0, ("mdap", "commercial"),
        capacity="""trunk,2027,us,,100,0,1,100,16
            trunk,2027,au,,100,0,1,100,9""",
        runs="""trunk,2027,us,,get_dy,home,3,3
            trunk,2027,us,,get_dy,mdap,2,2
            trunk,2027,us,,get_dy,commercial,5,5
            trunk,2027,us,,get_nd,commercial,6,6
            trunk,2027,au,,get_dy,commercial,5,5
            trunk,2027,au,,get_nd,commercial,4,4""",
        demand="""trunk,2027,prog,0,dy,dy,mdap,5,2,0,0
            trunk,2027,prog,0,dy,dy,home,0,3,0,0
            trunk,2027,trade,0,dy,dy,commercial,10,10,0,0
            trunk,2027,trade,1,nd,nd,commercial,10,10,0,0""",
        exposure="""2027,us,,0,0,0,0,0,0,home;mdap;commercial
            2027,au,,0,0.5,0,0,0,0,commercial""",
        costs="trunk,2027,activity,25,25",
        scenarios="base,1,,,25,1,1",
    )  # fmt: skip


PLANS: dict[str, Callable[[], Plan]] = {
    "rejoin": rejoin,
    "funding": funding,
    "appropriated": appropriated,
    "lanes": lanes,
    "claims": claims,
    "rules": rules,
    "limits": limits,
    "weighs": weighs,
    "recycles": recycles,
    "tree": tree,
    "reacts": reacts,
    "bites": bites,
    "requalified": requalified,
    "served": served,
    "replanned": replanned,
    "aided": aided,
    "lent": lent,
    "thrifty": thrifty,
    "bought": bought,
    "shipped": shipped,
    "biennial": biennial,
    "left": left,
    "stepped": stepped,
    "shared": shared,
    "staked": staked,
    "priced": priced,
}
