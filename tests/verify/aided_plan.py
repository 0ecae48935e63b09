"""A plan made by hand of an instance in which what is funded must pay its way."""

from __future__ import annotations

from plan_maker import Plan, make


def aided() -> Plan:
    """Works for 500, on line from 2028, of which 375 are left in 2029; at 25 percent 36 are missing by then.

    In 2028 they sell 10 t at 80, use 10 t of oxide at 10, pay 40 for each tonne and 20 for the year: 280, worth 224. A
    credit of 2 a tonne is worth 16, so a grant of 20 is needed. In 2027 all 10 t are short.
    """
    text = """
schema: 1
name: aided
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
markets:
  trade: {channel: trusted, country: USA, demand: [{product: magnet, tonnes: 10, shortage_cost: 1000}]}
finance:
  hurdle_rate: 0.25
  viability: true
  instruments:
    - {id: aid, kind: grant, max_share: 0.5, cap: 25, from: 2027}
    - {id: more, kind: production_credit, material: magnet, amount: 2}
"""
    return make(
        text, 10555.0, ("trusted",),
        portfolio="works,build,magnet,USA,2027,2028,10,500,0,",
        capacity="""trunk,2027,mine,,20,0,1,20,0
            trunk,2028,mine,,20,0,1,20,10
            trunk,2028,works,,0,10,1,10,10""",
        runs="""trunk,2028,mine,,separate,trusted,10,10
            trunk,2028,works,,press,trusted,10,400""",
        demand="""trunk,2027,trade,0,magnet,magnet,trusted,10,0,10,10000
            trunk,2028,trade,0,magnet,magnet,trusted,10,10,0,0""",
        exposure="""2028,mine,,0,0,0,0,0,0,trusted
            2028,works,,0,0,0,0,0,0,trusted""",
        costs="""investment,2027,capex,500,500
            investment,2029,credit,-375,-375
            trunk,2027,shortage,10000,10000
            trunk,2028,activity,410,410
            trunk,2028,fixed,20,20""",
        scenarios="base,1,,,10555,0.5",
        outlay="""2027,grant,aid,20
            2028,production_credit,more,20""",
        grants="aid,works,build,2027,20",
        sales="2028,works,,magnet,trusted,10,10,80",
        books="""works,2027,capex,,-500,-500
            works,2027,instrument,aid,20,20
            works,2028,activity,,-400,-320
            works,2028,fixed,,-20,-16
            works,2028,inputs,,-100,-80
            works,2028,instrument,more,20,16
            works,2028,sales,,800,640
            works,2029,residual,,375,240""",
    )  # fmt: skip
