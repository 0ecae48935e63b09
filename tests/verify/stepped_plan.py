"""A plan made by hand of an instance in which a public reserve moves the price of what it buys."""

from __future__ import annotations

from plan_maker import Plan, make

TEXT = """
schema: 1
name: stepped
base_year: 2027
discount_rate: 0.0
periods: [2027, {year: 2028, years: 2}]
domestic: [USA]
countries: {USA: domestic}
materials:
  oxide: {stage: separation, price: 10, storage: {cost: 0}}
recipes:
  separate: {stage: separation, inputs: {}, outputs: {oxide: 1}, cost: 1}
facilities:
  mine: {stage: separation, country: USA, recipes: [separate], capacity: 20}
channels:
  trusted: {}
  open: {}
markets:
  trade: {channel: trusted, country: USA, demand: [{product: oxide, tonnes: 1, shortage_cost: 100}]}
stockpiles:
  store:
    country: USA
    channels: [trusted, open]
    SHARE
    materials: [oxide]
    price_steps: {oxide: [{above: 4, factor: 1.5}, {above: 6, factor: 2}]}
    targets: [{material: oxide, tonnes: {2027: 9, 2028: 23}}]
policy:
  budget:
    annual: FIRST
    total: ALL
    appropriations: [{id: fund, usd: FIRST, purchases: [store]}]
"""


def _bought(share: float, money: tuple[int, int, int]) -> Plan:
    """A reserve takes in 9 t in 2027 and 14 t in the two years from 2028 on, in two channels, at 10.

    Of the 9 t 2 cost half as much again and 3 twice as much: 90 and 40. Of the 7 t a year from 2028 on 2 cost half as
    much again and 1 twice as much, in each of two years: 140 and 40. So nothing is left of 130 in 2027, of 90 a year
    after that, of 310 in all, and of what is appropriated.
    """
    first, later, total = money
    text = TEXT.replace("FIRST", f"{{2027: {first}, 2028: {later}}}").replace("ALL", str(total))
    text = text.replace("SHARE", f"public_share: {share}")
    plan = make(
        text, 26.0, ("trusted",),
        capacity="""trunk,2027,mine,,20,0,1,20,10
            trunk,2028,mine,,20,0,1,40,16""",
        runs="""trunk,2027,mine,,separate,trusted,7,7
            trunk,2027,mine,,separate,open,3,3
            trunk,2028,mine,,separate,trusted,12,12
            trunk,2028,mine,,separate,open,4,4""",
        stock="""trunk,2027,store,oxide,trusted,0,0,6,0,0,0,0,0,6,0
            trunk,2027,store,oxide,open,0,0,3,0,0,0,0,0,3,0
            trunk,2028,store,oxide,trusted,6,0,10,0,0,0,0,0,16,0
            trunk,2028,store,oxide,open,3,0,4,0,0,0,0,0,7,0""",
        demand="""trunk,2027,trade,0,oxide,oxide,trusted,1,1,0,0
            trunk,2028,trade,0,oxide,oxide,trusted,2,2,0,0""",
        targets="""2027,store,0,oxide,,9,9,0,0
            2028,store,0,oxide,,23,23,0,0""",
        exposure="""2027,mine,,0,0,0,0,0,0,trusted;open
            2028,mine,,0,0,0,0,0,0,trusted;open""",
        costs="""trunk,2027,activity,10,10
            trunk,2028,activity,16,16""",
        scenarios="base,1,,,26,1",
    )  # fmt: skip
    for year, steps, bought in ((2027, 40, 90), (2028, 40, 140)):
        plan.add("outlay", year, "stockpile", "price_step", share * steps)
        plan.add("outlay", year, "stockpile", "purchase", share * bought)
        spent = share * (steps + bought)
        plan.add("appropriations", year, "fund", spent, spent, 0, 0)
        if share < 1:
            plan.add("stock_payers", year, "store", "oxide", "holder", (1 - share) * bought, (1 - share) * steps, 0, 0)
            plan.add("stock_payers", year, "store", "oxide", "public", share * bought, share * steps, 0, 0)
    return plan


def stepped() -> Plan:
    """Governments pay all of it."""
    return _bought(1.0, (130, 90, 310))


def shared() -> Plan:
    """Governments pay half of it, and their money is half as much."""
    return _bought(0.5, (65, 45, 155))
