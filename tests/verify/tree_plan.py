"""A plan made by hand for three disruptions in one line; every number in a table was worked out on paper."""

from __future__ import annotations

from plan_maker import Plan, make


def tree() -> Plan:
    """A blow, a second one while the first lasts, and a third once both are over.

    second opens in 2029 with the 6 t that first has left of 10, and has a quarter of the plant; third opens in 2031
    with the trunk's 10. base 500; first 100 + 60 + 60 + 360 + 100; second 100 + 60 + 130 + 440 + 100; third 100 + 60
    + 130 + 440 + 60; the mean is 0.5*500 + 0.25*680 + 0.125*830 + 0.125*790 = 622.5.
    """
    text = """
schema: 1
name: tree
base_year: 2027
discount_rate: 0.0
periods: [2027, 2028, 2029, 2030, 2031]
domestic: [USA]
countries: {USA: domestic}
materials:
  magnet: {stage: magnet, storage: {cost: 0}, price: 40}
recipes:
  make: {stage: magnet, inputs: {}, outputs: {magnet: 1}, cost: 10}
facilities:
  plant: {stage: magnet, country: USA, recipes: [make], capacity: 12}
channels:
  commercial: {}
markets:
  trade:
    channel: commercial
    country: USA
    demand: [{product: magnet, tonnes: 10, shortage_cost: 100}]
stockpiles:
  depot: {country: USA, channel: commercial, materials: [magnet], initial: {magnet: 10}}
scenarios:
  - id: third
    parent: second
    probability: 0.125
    onset: 2031
    recovery: 0
    effects: [{affects: facilities, where: {id: plant}, available: 0.5}]
  - id: first
    probability: 0.25
    onset: 2028
    duration: 2
    recovery: 1
    effects: [{affects: facilities, where: {id: plant}, available: 0.5}]
  - id: second
    parent: first
    probability: 0.125
    onset: 2029
    duration: 1
    recovery: 1
    effects: [{affects: facilities, where: {id: plant}, available: 0.5}]
"""
    years = (2027, 2028, 2029, 2030, 2031)
    served = ("trunk", *("trunk",) * 4, "first", "first", "first", "second", "third")
    when = (*years, 2028, 2029, 2030, 2030, 2031)
    return make(
        text, 622.5, ("commercial",),
        capacity="\n".join(f"trunk,{year},plant,,12,0,1,12,10" for year in years) + """
            first,2028,plant,,12,0,0.5,6,6
            first,2029,plant,,12,0,0.5,6,6
            first,2030,plant,,12,0,1,12,12
            second,2029,plant,,12,0,0.25,3,3
            second,2030,plant,,12,0,1,12,12
            third,2031,plant,,12,0,0.5,6,6""",
        runs="\n".join(f"trunk,{year},plant,,make,commercial,10,100" for year in years) + """
            first,2028,plant,,make,commercial,6,60
            first,2029,plant,,make,commercial,6,60
            first,2030,plant,,make,commercial,12,120
            second,2029,plant,,make,commercial,3,30
            second,2030,plant,,make,commercial,12,120
            third,2031,plant,,make,commercial,6,60""",
        stock="\n".join(f"trunk,{year},depot,magnet,commercial,10,0,0,0,0,0,0,0,10,0" for year in years) + """
            first,2028,depot,magnet,commercial,10,0,0,4,0,0,0,0,6,0
            first,2029,depot,magnet,commercial,6,0,0,4,0,0,0,0,2,0
            first,2030,depot,magnet,commercial,2,0,2,0,0,0,0,6,4,240
            second,2029,depot,magnet,commercial,6,0,0,6,0,0,0,0,0,0
            second,2030,depot,magnet,commercial,0,0,2,0,0,0,0,8,2,320
            third,2031,depot,magnet,commercial,10,0,0,4,0,0,0,0,6,0""",
        demand="\n".join(
            f"{course},{year},trade,0,magnet,magnet,commercial,10,10,0,0"
            for course, year in zip(served, when, strict=True)
        ) + "\nsecond,2029,trade,0,magnet,magnet,commercial,10,9,1,100",
        exposure="\n".join(f"{year},plant,,0,0,0,0,0,0,commercial" for year in years),
        costs="\n".join(f"trunk,{year},activity,100,100" for year in years) + """
            first,2028,activity,60,60
            first,2029,activity,60,60
            first,2030,activity,120,120
            first,2030,buy_back,240,240
            second,2029,activity,30,30
            second,2029,shortage,100,100
            second,2030,activity,120,120
            second,2030,buy_back,320,320
            third,2031,activity,60,60""",
        scenarios="""base,0.5,,,500,1
            third,0.125,2031,,790,0.98
            first,0.25,2028,2031,680,1
            second,0.125,2029,2031,830,0.98""",
    )  # fmt: skip
