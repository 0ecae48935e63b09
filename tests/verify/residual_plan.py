"""A plan made by hand in which stock counts at the horizon's end; every number in a table was worked out on paper."""

from __future__ import annotations

from plan_maker import Plan, make


def left() -> Plan:
    """A reserve and a disruption that lasts, another that the branch restores after, at 25 per cent a year.

    4 t count at most, and 3 of them in the strict channel alone. The price of 2029 is 50, of which half counts, today
    25 x 0.64 = 16 a tonne. The trunk has 3 strict and 2 open: 4 count. `lasting` releases 2 strict: 1 strict and 1 open
    count. `passing` releases 2 and buys them back in 2028 at 40, today 32: 4 count, as on the trunk. base
    100 + 80 - 64; lasting 100 + 48 + 160 - 32; passing 20 + 600 + 80 + 64 - 64; the mean is
    0.5*116 + 0.25*276 + 0.25*700 = 302.
    """
    text = """
schema: 1
name: left
base_year: 2027
discount_rate: 0.25
periods: [2027, 2028]
domestic: [USA]
countries: {USA: domestic}
materials:
  magnet: {stage: magnet, storage: {cost: 0}, price: {2027: 40, 2029: 50}}
recipes:
  make: {stage: magnet, inputs: {}, outputs: {magnet: 1}, cost: 10}
facilities:
  plant: {stage: magnet, country: USA, recipes: [make], capacity: 10}
channels:
  strict: {tiers: [domestic]}
  open: {}
markets:
  town:
    channel: open
    country: USA
    demand: [{product: magnet, tonnes: 10, shortage_cost: 100}]
stockpiles:
  vault:
    country: USA
    channels: [strict, open]
    materials: [magnet]
    initial: {magnet: {strict: 3, open: 2}}
    public: false
    residual: 0.5
    targets:
    - {material: magnet, tonnes: {2027: 0, 2028: 3}, channel: strict, shortage_cost: 1}
    - {material: magnet, tonnes: {2027: 0, 2028: 4}, shortage_cost: 1}
scenarios:
  - id: lasting
    probability: 0.25
    onset: 2028
    effects: [{affects: facilities, where: {id: plant}, available: 0.6}]
  - id: passing
    probability: 0.25
    onset: 2027
    duration: 1
    recovery: 1
    effects: [{affects: facilities, where: {id: plant}, available: 0.2}]
"""
    return make(
        text, 302.0, ("open",),
        capacity="""trunk,2027,plant,,10,0,1,10,10
            trunk,2028,plant,,10,0,1,10,10
            lasting,2028,plant,,10,0,0.6,6,6
            passing,2027,plant,,10,0,0.2,2,2
            passing,2028,plant,,10,0,1,10,10""",
        runs="""trunk,2027,plant,,make,open,10,100
            trunk,2028,plant,,make,open,10,100
            lasting,2028,plant,,make,open,6,60
            passing,2027,plant,,make,open,2,20
            passing,2028,plant,,make,open,10,100""",
        stock="""trunk,2027,vault,magnet,strict,3,0,0,0,0,0,0,0,3,0
            trunk,2028,vault,magnet,strict,3,0,0,0,0,0,0,0,3,0
            trunk,2027,vault,magnet,open,2,0,0,0,0,0,0,0,2,0
            trunk,2028,vault,magnet,open,2,0,0,0,0,0,0,0,2,0
            lasting,2028,vault,magnet,strict,3,0,0,2,0,0,0,0,1,0
            lasting,2028,vault,magnet,open,2,0,0,0,0,0,0,0,2,0
            passing,2027,vault,magnet,strict,3,0,0,2,0,0,0,0,1,0
            passing,2027,vault,magnet,open,2,0,0,0,0,0,0,0,2,0
            passing,2028,vault,magnet,strict,1,0,0,0,0,0,0,2,1,80
            passing,2028,vault,magnet,open,2,0,0,0,0,0,0,0,2,0""",
        demand="""trunk,2027,town,0,magnet,magnet,open,10,10,0,0
            trunk,2028,town,0,magnet,magnet,open,10,10,0,0
            lasting,2028,town,0,magnet,magnet,open,10,6,2,200
            lasting,2028,town,0,magnet,magnet,strict,0,2,0,0
            passing,2027,town,0,magnet,magnet,open,10,2,6,600
            passing,2027,town,0,magnet,magnet,strict,0,2,0,0
            passing,2028,town,0,magnet,magnet,open,10,10,0,0""",
        targets="""2028,vault,0,magnet,strict,3,3,0,0
            2028,vault,1,magnet,,4,5,0,0""",
        residual="""trunk,2028,vault,magnet,4,4,50,100
            lasting,2028,vault,magnet,4,2,50,50
            passing,2028,vault,magnet,4,4,50,100""",
        exposure="""2027,plant,,0,0,0,0,0,0,strict;open
            2028,plant,,0,0,0,0,0,0,strict;open""",
        costs="""trunk,2027,activity,100,100
            trunk,2028,activity,100,80
            trunk,2028,residual_stock,-100,-64
            lasting,2028,activity,60,48
            lasting,2028,shortage,200,160
            lasting,2028,residual_stock,-50,-32
            passing,2027,activity,20,20
            passing,2027,shortage,600,600
            passing,2028,activity,100,80
            passing,2028,buy_back,80,64
            passing,2028,residual_stock,-100,-64""",
        scenarios="""base,0.5,,,116,1
            lasting,0.25,2028,,276,0.9
            passing,0.25,2027,,700,0.7""",
    )  # fmt: skip
