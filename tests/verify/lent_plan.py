"""A plan made by hand of an instance in which what is funded has a loan, shareholders and a floor."""

from __future__ import annotations

from plan_maker import Plan, make


def thrifty() -> Plan:
    """The same plan, made for the least that governments pay: what is charged by the bank's year, and the floor."""
    plan = lent(perspective="public")
    paid = sum(
        usd / 1.05 ** (year - 2027) for year, usd in plan.tables["outlay"][["year", "usd"]].astype(float).to_numpy()
    )
    plan.plan["levels"] = [
        {"level": "outlay", "channel": None, "status": "optimal", "best": paid, "bound": paid, "value": paid,
         "tolerance": 1.0, "cap": paid + 1.0},
        {"level": "cost", "channel": None, "status": "optimal", "best": plan.plan["objective"],
         "bound": plan.plan["objective"], "value": plan.plan["objective"]},
    ]  # fmt: skip
    return plan


def lent(perspective: str = "system") -> Plan:
    """Works for 500, half of it spent in 2027 and half in 2028, when they come on line; at 25 percent 14 are left.

    They sell 10 t at 80 in 2028, use 10 t of oxide at 10, pay 40 a tonne and 20 for the year: 280, worth 224. Of the
    capex 250 and 200 count, of 375 that the plant is worth in 2029 240. The floor pays 3 a tonne, 30, worth 24.

    The bank lends 100: 50 in 2027 and 50 in 2028. Of the first 55 are owed then, 105 in all, and 115.5 in 2029, when
    all is due. At 5 percent, the rate of the system, 92.4 are expected then, 83.81 in 2027, of 97.62 that were lent:
    0.1415 of every dollar is charged. Shareholders pay in 40 and have 4 and 40 in 2029; half is expected, 22, which is
    19.95 in 2027, of 39.05.
    """
    text = """
schema: 1
name: lent
base_year: 2027
discount_rate: 0.05
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
    options:
      - {id: build, capacity: 10, capex: 500, fixed_cost: 20, lead: 1, life: 4, public_share: 0, spend: [0.5, 0.5]}
channels:
  trusted: {}
markets:
  trade: {channel: trusted, country: USA, demand: [{product: magnet, tonnes: 10, shortage_cost: 1000}]}
finance:
  hurdle_rate: 0.25
  viability: true
  instruments:
    - {id: aid, kind: grant, max_share: 0.5, not_with: [other]}
    - {id: bank, kind: loan, max_share: 0.2, rate: 0.1, term: 4, expected_loss: 0.2, cap: 100, from: 2027}
    - {id: shares, kind: equity, max_share: 0.1, dividend: 0.1, redeemed: 5, expected_loss: 0.5, cap_per_recipient: 40}
    - {id: floor, kind: price_floor, material: magnet, floor: 83, decided: true, cap: 30, recipients: 1}
    - {id: other, kind: production_credit, material: magnet, amount: 1, decided: true}
"""
    text = text.replace("hurdle_rate: 0.25", f"hurdle_rate: 0.25\n  perspective: {perspective}")
    bank, shares = 1 - 0.8 * 115.5 / 1.05**2 / (50 + 50 / 1.05), 1 - 0.5 * 44 / 1.05**2 / (20 + 20 / 1.05)
    later = 1 / 1.05, 1 / 1.05**2
    objective = 250 + 250 * later[0] - 375 * later[1] + 10000 + 430 * later[0]
    return make(
        text, objective, ("trusted",),
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
        costs=f"""investment,2027,capex,250,250
            investment,2028,capex,250,{250 * later[0]}
            investment,2029,credit,-375,{-375 * later[1]}
            trunk,2027,shortage,10000,10000
            trunk,2028,activity,410,{410 * later[0]}
            trunk,2028,fixed,20,{20 * later[0]}""",
        scenarios=f"base,1,,,{objective},0.5",
        outlay=f"""2027,loan,bank,{50 * bank}
            2028,loan,bank,{50 * bank}
            2027,equity,shares,{20 * shares}
            2028,equity,shares,{20 * shares}
            2028,price_floor,floor,30""",
        financing=f"""bank,works,build,2027,100,{100 * bank}
            shares,works,build,2027,40,{40 * shares}""",
        owed="""2027,bank,works,build,50,50
            2028,bank,works,build,105,105
            2027,shares,works,build,20,20
            2028,shares,works,build,40,40""",
        recipients="floor,works",
        sales="2028,works,,magnet,trusted,10,10,80",
        books="""works,2027,capex,,-250,-250
            works,2028,capex,,-250,-200
            works,2027,instrument,bank,50,50
            works,2028,instrument,bank,50,40
            works,2029,instrument,bank,-115.5,-73.92
            works,2027,instrument,shares,20,20
            works,2028,instrument,shares,20,16
            works,2029,instrument,shares,-44,-28.16
            works,2028,instrument,floor,30,24
            works,2028,activity,,-400,-320
            works,2028,fixed,,-20,-16
            works,2028,inputs,,-100,-80
            works,2028,sales,,800,640
            works,2029,residual,,375,240""",
    )  # fmt: skip
