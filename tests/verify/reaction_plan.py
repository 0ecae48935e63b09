"""A plan made by hand in which branches fund something; every number in a table was worked out on paper."""

from __future__ import annotations

from plan_maker import Plan, make


def reacts() -> Plan:
    """A blow that takes half of the plant, a second one that takes half of the rest; both are answered by funding.

    blow hurries the spare line in 2028 for 120, of which 4 years of 8 are left at the end: 50, for hurry is worth
    nothing then. It adds to it in 2029. second leaves before that: it has the spare line, and funds the works. base
    500; blow 100 + (90 + 100 + 5 + 120 - 50) + (100 + 5 + 20) + (100 + 5) + 100 = 695; second 100 + 265
    + (85 + 150 + 5 + 40) + (100 + 5) + 100 = 850; the mean is 0.5*500 + 0.25*695 + 0.25*850 = 636.25.
    """
    text = """
schema: 1
name: reacts
base_year: 2027
discount_rate: 0.0
periods: [2027, 2028, 2029, 2030, 2031]
domestic: [USA]
countries: {USA: domestic, AUS: ally}
materials:
  magnet: {stage: magnet}
recipes:
  make: {stage: magnet, outputs: {magnet: 1}, cost: 10}
facilities:
  plant: {stage: magnet, country: USA, recipes: [make], capacity: 10}
  spare:
    stage: magnet
    country: USA
    recipes: [make]
    capacity: 0
    options:
      - id: build
        capacity: 4
        capex: 100
        fixed_cost: 5
        lead: 1
        life: 8
        public_share: 0.5
        react: {lead: 0, capex_factor: 1.2}
      - {id: more, capacity: 2, capex: 20, after: build, react: true}
      - {id: big, capacity: 9, capex: 20, react: true}
  works:
    stage: magnet
    country: AUS
    recipes: [make]
    capacity: 0
    options: [{id: build, capacity: 2, capex: 40, earliest: 2029, latest: 2029, confidence: B, react: true}]
  mill:
    stage: magnet
    country: AUS
    recipes: [make]
    capacity: 0
    options: [{id: build, capacity: 1, capex: 5, react: true}]
channels:
  commercial: {}
markets:
  trade:
    channel: commercial
    country: USA
    demand: [{product: magnet, tonnes: 10, shortage_cost: 100}]
policy:
  budget: {annual: 60, total: 100}
  rules:
    - {rule: starts, max: 1}
    - {rule: reactions, countries: [USA], max: 1.0}
    - {rule: exclusive, facilities: [spare, mill]}
scenarios:
  - id: blow
    probability: 0.25
    onset: 2028
    duration: 2
    recovery: 1
    effects: [{affects: facilities, where: {id: plant}, available: 0.5}]
  - id: second
    parent: blow
    probability: 0.25
    onset: 2029
    duration: 1
    recovery: 1
    effects: [{affects: facilities, where: {id: plant}, available: 0.5}]
"""
    years = (2027, 2028, 2029, 2030, 2031)
    when = [("trunk", year) for year in years] + [("blow", 2029), ("blow", 2030), ("second", 2030)]
    return make(
        text, 636.25, ("commercial",),
        reactions="""blow,spare,build,magnet,USA,2028,2028,4,120,60,
            blow,spare,more,magnet,USA,2029,2029,2,20,20,
            second,works,build,magnet,AUS,2029,2029,2,40,40,B""",
        capacity="\n".join(f"trunk,{year},plant,,10,0,1,10,10" for year in years) + """
            blow,2028,plant,,10,0,0.5,5,5
            blow,2028,spare,,0,4,1,4,4
            blow,2029,plant,,10,0,0.5,5,5
            blow,2029,spare,,0,6,1,6,5
            blow,2030,plant,,10,0,1,10,10
            blow,2030,spare,,0,6,1,6,0
            second,2029,plant,,10,0,0.25,2.5,2.5
            second,2029,spare,,0,4,1,4,4
            second,2029,works,,0,2,1,2,2
            second,2030,plant,,10,0,1,10,10
            second,2030,spare,,0,4,1,4,0
            second,2030,works,,0,2,1,2,0""",
        runs="\n".join(f"trunk,{year},plant,,make,commercial,10,100" for year in years) + """
            blow,2028,plant,,make,commercial,5,50
            blow,2028,spare,,make,commercial,4,40
            blow,2029,plant,,make,commercial,5,50
            blow,2029,spare,,make,commercial,5,50
            blow,2030,plant,,make,commercial,10,100
            second,2029,plant,,make,commercial,2.5,25
            second,2029,spare,,make,commercial,4,40
            second,2029,works,,make,commercial,2,20
            second,2030,plant,,make,commercial,10,100""",
        demand="\n".join(f"{name},{year},trade,0,magnet,magnet,commercial,10,10,0,0" for name, year in when) + """
            blow,2028,trade,0,magnet,magnet,commercial,10,9,1,100
            second,2029,trade,0,magnet,magnet,commercial,10,8.5,1.5,150""",
        exposure="\n".join(f"{year},plant,,0,0,0,0,0,0,commercial" for year in years),
        costs="\n".join(f"trunk,{year},activity,100,100" for year in years) + """
            blow,2028,capex,120,120
            blow,2028,credit,-50,-50
            blow,2028,fixed,5,5
            blow,2028,activity,90,90
            blow,2028,shortage,100,100
            blow,2029,capex,20,20
            blow,2029,fixed,5,5
            blow,2029,activity,100,100
            blow,2030,fixed,5,5
            blow,2030,activity,100,100
            second,2029,capex,40,40
            second,2029,fixed,5,5
            second,2029,activity,85,85
            second,2029,shortage,150,150
            second,2030,fixed,5,5
            second,2030,activity,100,100""",
        scenarios="""base,0.5,,,500,1
            blow,0.25,2028,2031,695,0.98
            second,0.25,2029,2031,850,0.95""",
    )  # fmt: skip
