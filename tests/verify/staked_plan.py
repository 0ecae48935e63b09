"""A plan made by hand of an instance in which the government has a stake in what is funded."""

from __future__ import annotations

from plan_maker import Plan, make


def staked() -> Plan:
    """Works for 500, of which 100 are public, on line from 2028; at 25 percent 33 are missing without a stake.

    In 2028 and 2029 they sell 20 t at 50, use 20 t of oxide at 10, pay 40 for each tonne and 20 a year: 40 are lost. In
    2030 they sell 10 t at 120, and earn 680. A quarter of what they cost is left in 2031: 125. The government pays 240
    for 40 percent: it bears 16 of the loss, 8 in either year, and has 272 in 2030 and 50 in 2031.
    """
    text = """
schema: 1
name: staked
base_year: 2027
discount_rate: 0.0
periods: [2027, {year: 2028, years: 2}, 2030]
domestic: [USA]
countries: {USA: domestic}
materials:
  oxide: {stage: separation, price: 10}
  magnet: {stage: magnet, price: {2027: 50, 2030: 120}}
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
    options: [{id: build, capacity: 10, capex: 500, fixed_cost: 20, lead: 1, life: 4, public_share: 0.2}]
channels:
  trusted: {}
markets:
  trade: {channel: trusted, country: USA, demand: [{product: magnet, tonnes: 10, shortage_cost: 1000}]}
finance:
  hurdle_rate: 0.25
  viability: true
  instruments:
    - {id: holding, kind: stake, share: 0.4, pays: 0.6, cap: 240, from: 2027}
    - {id: rest, kind: stake, share: 0.7, pays: 0.7}
"""
    return make(
        text, 11665.0, ("trusted",),
        portfolio="works,build,magnet,USA,2027,2028,10,500,100,",
        capacity="""trunk,2027,mine,,20,0,1,20,0
            trunk,2028,mine,,20,0,1,40,20
            trunk,2028,works,,0,10,1,20,20
            trunk,2030,mine,,20,0,1,20,10
            trunk,2030,works,,0,10,1,10,10""",
        runs="""trunk,2028,mine,,separate,trusted,20,20
            trunk,2028,works,,press,trusted,20,800
            trunk,2030,mine,,separate,trusted,10,10
            trunk,2030,works,,press,trusted,10,400""",
        demand="""trunk,2027,trade,0,magnet,magnet,trusted,10,0,10,10000
            trunk,2028,trade,0,magnet,magnet,trusted,20,20,0,0
            trunk,2030,trade,0,magnet,magnet,trusted,10,10,0,0""",
        exposure="""2028,mine,,0,0,0,0,0,0,trusted
            2028,works,,0,0,0,0,0,0,trusted
            2030,mine,,0,0,0,0,0,0,trusted
            2030,works,,0,0,0,0,0,0,trusted""",
        costs="""investment,2027,capex,500,500
            investment,2031,credit,-125,-125
            trunk,2027,shortage,10000,10000
            trunk,2028,activity,820,820
            trunk,2028,fixed,40,40
            trunk,2030,activity,410,410
            trunk,2030,fixed,20,20""",
        scenarios="base,1,,,11665,0.75",
        outlay="""2027,capex,grant,100
            2027,stake,holding,240
            2028,stake,holding,8
            2029,stake,holding,8""",
        financing="holding,works,build,2027,240,240",
        stakes="""holding,works,2027,240,0,0,0
            holding,works,2028,0,-40,0,16
            holding,works,2030,0,680,272,0
            holding,works,2031,0,125,50,0""",
        sales="""2028,works,,magnet,trusted,20,20,50
            2030,works,,magnet,trusted,10,10,120""",
        books="""works,2027,capex,,-400,-400
            works,2027,instrument,holding,240,240
            works,2028,instrument,holding,16,12.8
            works,2030,instrument,holding,-272,-139.264
            works,2031,instrument,holding,-50,-20.48
            works,2028,activity,,-800,-640
            works,2028,fixed,,-40,-32
            works,2028,inputs,,-200,-160
            works,2028,sales,,1000,800
            works,2030,activity,,-400,-204.8
            works,2030,fixed,,-20,-10.24
            works,2030,inputs,,-100,-51.2
            works,2030,sales,,1200,614.4
            works,2031,residual,,125,51.2""",
    )  # fmt: skip
