"""A plan made by hand of an instance in which the government buys for a stockpile above the reference price."""

from __future__ import annotations

from plan_maker import Plan, make


def shipped() -> Plan:
    """The same plan where magnets move on lanes, which cost nothing: to the store 4 t in one channel, 2 in another."""
    plan = bought()
    lanes = """lanes:
  - {from: works, to: trade, material: magnet, cost: 0}
  - {from: works, to: store, material: magnet, cost: 0}
finance:"""
    plan.change("finance:", lanes)
    plan.add("flows", "trunk", 2028, "lane:0", "works", "trade", "magnet", "trusted", 4, 0)
    plan.add("flows", "trunk", 2028, "lane:1", "works", "store", "magnet", "trusted", 4, 0)
    plan.add("flows", "trunk", 2028, "lane:1", "works", "store", "magnet", "open", 2, 0)
    plan.edit("downgrades", {"place": "works"})
    return plan


def bought() -> Plan:
    """Works for 500, on line from 2028, of which 375 are left in 2029; at 25 percent 36 are missing by then.

    In 2028 they sell 10 t at 80, use 10 t of oxide at 10, pay 40 for each tonne and 20 for the year: 280, worth 224. Of
    the 10 t 6 go to the store, 2 of them in the looser channel. One purchase pays 10 above the price for 3 t, another 5
    for 3: 45, worth 36. The government pays 480 at the reference price, and 6 for holding, besides.
    """
    text = """
schema: 1
name: bought
base_year: 2027
discount_rate: 0.0
periods: [2027, 2028]
domestic: [USA]
countries: {USA: domestic}
materials:
  oxide: {stage: separation, price: 10}
  magnet: {stage: magnet, price: 80}
recipes:
  separate: {stage: separation, inputs: {}, outputs: {oxide: 1}, cost: 1}
  press: {stage: magnet, inputs: {oxide: 1}, outputs: {magnet: 1}, cost: 40}
facilities:
  mine: {stage: separation, country: USA, recipes: [separate], capacity: 20}
  works:
    stage: magnet
    country: USA
    recipes: [press]
    capacity: 0
    options: [{id: build, capacity: 10, capex: 500, fixed_cost: 20, lead: 1, life: 4, public_share: 0}]
channels:
  trusted: {}
  open: {}
markets:
  trade: {channel: trusted, country: USA, demand: [{product: magnet, tonnes: 4, shortage_cost: 1000}]}
stockpiles:
  store: {country: USA, channels: [trusted, open], materials: [magnet], holding_cost: {magnet: 1}}
finance:
  hurdle_rate: 0.25
  viability: true
  instruments:
    - {id: buy, kind: purchase, stockpile: store, material: magnet, price: 90, tonnes: 3, cap: 30, recipients: 1}
    - {id: more, kind: purchase, stockpile: store, material: magnet, price: {2027: reference, 2028: 85}}
"""
    return make(
        text, 4561.0, ("trusted",),
        portfolio="works,build,magnet,USA,2027,2028,10,500,0,",
        capacity="""trunk,2027,mine,,20,0,1,20,0
            trunk,2028,mine,,20,0,1,20,10
            trunk,2028,works,,0,10,1,10,10""",
        runs="""trunk,2028,mine,,separate,trusted,10,10
            trunk,2028,works,,press,trusted,10,400""",
        stock="""trunk,2028,store,magnet,trusted,0,0,4,0,0,0,0,0,4,4
            trunk,2028,store,magnet,open,0,0,2,0,0,0,0,0,2,2""",
        demand="""trunk,2027,trade,0,magnet,magnet,trusted,4,0,4,4000
            trunk,2028,trade,0,magnet,magnet,trusted,4,4,0,0""",
        downgrades="trunk,2028,hub:world,magnet,trusted,open,2",
        exposure="""2028,mine,,0,0,0,0,0,0,trusted;open
            2028,works,,0,0,0,0,0,0,trusted;open""",
        costs="""investment,2027,capex,500,500
            investment,2029,credit,-375,-375
            trunk,2027,shortage,4000,4000
            trunk,2028,activity,410,410
            trunk,2028,fixed,20,20
            trunk,2028,storage,6,6""",
        scenarios="base,1,,,4561,0.5",
        outlay="""2028,stockpile,purchase,480
            2028,stockpile,holding,6
            2028,purchase,buy,30
            2028,purchase,more,15""",
        purchases="""buy,2028,works,,magnet,trusted,3,30
            more,2028,works,,magnet,trusted,3,15""",
        sales="2028,works,,magnet,trusted,10,10,80",
        books="""works,2027,capex,,-500,-500
            works,2028,activity,,-400,-320
            works,2028,fixed,,-20,-16
            works,2028,inputs,,-100,-80
            works,2028,instrument,buy,30,24
            works,2028,instrument,more,15,12
            works,2028,sales,,800,640
            works,2029,residual,,375,240""",
    )  # fmt: skip


def biennial() -> Plan:
    """The same works over a period of two years, in which they make 20 t: 8 for trade, 12 for the store.

    One purchase is open in 2029 alone, and takes 3 t at 10 above the price; the other in both years at 3 and at 7, 5 on
    the mean, and takes 5 t, half in each. So 5.5 t of 10 are bought in 2029. Of 500 half is left in 2030, at 0.512.
    """
    plan = bought()
    text = plan.text.replace("periods: [2027, 2028]", "periods: [2027, {year: 2028, years: 2}]")
    text = text.replace("price: 90", "price: {2027: reference, 2029: 90}")
    text = text.replace("{2027: reference, 2028: 85}", "{2027: reference, 2028: 83, 2029: 87}")
    return make(
        text, 5134.0, ("trusted",),
        portfolio="works,build,magnet,USA,2027,2028,10,500,0,",
        capacity="""trunk,2027,mine,,20,0,1,20,0
            trunk,2028,mine,,20,0,1,40,20
            trunk,2028,works,,0,10,1,20,20""",
        runs="""trunk,2028,mine,,separate,trusted,20,20
            trunk,2028,works,,press,trusted,20,800""",
        stock="""trunk,2028,store,magnet,trusted,0,0,8,0,0,0,0,0,8,16
            trunk,2028,store,magnet,open,0,0,4,0,0,0,0,0,4,8""",
        demand="""trunk,2027,trade,0,magnet,magnet,trusted,4,0,4,4000
            trunk,2028,trade,0,magnet,magnet,trusted,8,8,0,0""",
        downgrades="trunk,2028,hub:world,magnet,trusted,open,4",
        exposure="""2028,mine,,0,0,0,0,0,0,trusted;open
            2028,works,,0,0,0,0,0,0,trusted;open""",
        costs="""investment,2027,capex,500,500
            investment,2030,credit,-250,-250
            trunk,2027,shortage,4000,4000
            trunk,2028,activity,820,820
            trunk,2028,fixed,40,40
            trunk,2028,storage,24,24""",
        scenarios=f"base,1,,,5134,{2 / 3}",
        outlay="""2028,stockpile,purchase,960
            2028,stockpile,holding,24
            2028,purchase,buy,30
            2028,purchase,more,25""",
        purchases="""buy,2028,works,,magnet,trusted,3,30
            more,2028,works,,magnet,trusted,5,25""",
        sales="2028,works,,magnet,trusted,20,20,80",
        books="""works,2027,capex,,-500,-500
            works,2028,activity,,-800,-640
            works,2028,fixed,,-40,-32
            works,2028,inputs,,-200,-160
            works,2028,instrument,buy,30,24
            works,2028,instrument,more,25,20
            works,2028,sales,,1600,1280
            works,2030,residual,,250,128""",
    )  # fmt: skip
