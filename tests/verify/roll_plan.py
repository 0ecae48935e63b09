"""A plan made by hand that was planned again from its second year on."""

from __future__ import annotations

from plan_maker import Plan, make


def replanned() -> Plan:
    """anna was funded in 2027; bert, expected in 2028, is funded a year later; cora, expected in 2029, is dropped.

    Each year 10 t are made for 100. Capex 50 and 30: 380 in all. The move costs 5, the drop 20.
    """
    text = """
schema: 1
name: replanned
base_year: 2027
discount_rate: 0.0
periods: [2027, 2028, 2029]
domestic: [USA]
countries: {USA: domestic}
materials:
  magnet: {stage: magnet, storage: {cost: 0}}
recipes:
  make: {stage: magnet, inputs: {}, outputs: {magnet: 1}, cost: 10}
facilities:
  anna:
    stage: magnet
    country: USA
    recipes: [make]
    capacity: 0
    options: [{id: build, capacity: 10, capex: 50, lead: 0, public_share: 0}]
  bert:
    stage: magnet
    exposure: {equipment: 1}
    country: USA
    recipes: [make]
    capacity: 0
    options: [{id: build, capacity: 10, capex: 30, lead: 0, public_share: 0}]
  cora:
    stage: magnet
    exposure: {equipment: 1}
    country: USA
    recipes: [make]
    capacity: 0
    options: [{id: build, capacity: 10, capex: 30, lead: 0, public_share: 0}]
channels:
  commercial: {}
markets:
  trade: {channel: commercial, country: USA, demand: [{product: magnet, tonnes: 10, shortage_cost: 100}]}
stockpiles:
  depot: {country: USA, channels: [commercial], materials: [magnet], release: always}
"""
    years = (2027, 2028, 2029)
    plan = make(
        text, 380.0, ("commercial",),
        portfolio="""anna,build,magnet,USA,2027,2027,10,50,0,
            bert,build,magnet,USA,2029,2029,10,30,0,""",
        capacity="\n".join(
            f"trunk,{year},{name},,0,{size},1,{size},{used}"
            for year in years
            for name, size, used in (("anna", 10, 10), ("bert", 10 if year == 2029 else 0, 0), ("cora", 0, 0))
        ),
        runs="\n".join(f"trunk,{year},anna,,make,commercial,10,100" for year in years),
        demand="\n".join(f"trunk,{year},trade,0,magnet,magnet,commercial,10,10,0,0" for year in years),
        exposure="\n".join(
            f"{year},{name},,0,0,{held},0,0,0,commercial"
            for year in years
            for name, held in (("anna", 0), ("bert", 1), ("cora", 1))
        ),
        costs="""investment,2027,capex,50,50
            investment,2029,capex,30,30
            trunk,2027,activity,100,100
            trunk,2028,activity,100,100
            trunk,2029,activity,100,100""",
        scenarios="base,1,,,380,1",
    )  # fmt: skip
    plan.plan["roll"] = {
        "year": 2028,
        "change_usd": 20.0,
        "move_usd": 5.0,
        "frozen": [["anna", "build", 2027]],
        "expected": [["bert", "build", 2028], ["cora", "build", 2029]],
        "stock": [["depot", "magnet", "commercial", 2027, 0.0]],
        "changes": [
            {"facility": "bert", "option": "build", "change": "moved", "was": 2028, "now": 2029, "usd": 5.0},
            {"facility": "cora", "option": "build", "change": "dropped", "was": 2029, "now": None, "usd": 20.0},
        ],
        "change": 25.0,
        "minimised": 405.0,
        "minimised_bound": 405.0,
    }
    return plan
