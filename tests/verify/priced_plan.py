"""A plan made by hand of an instance in which trusted users pay more than the reference price."""

from __future__ import annotations

from bought_plan import bought
from plan_maker import Plan, make

WASH = "{id: wash, capacity: 1, capex: 10, lead: 1, public_share: 0}"


def priced() -> Plan:
    """The works that sell to a reserve, where trusted magnets are a tenth dearer and trusted oxide a fifth.

    Of 10 t at 80 trusted users take 8, for trade and for the store, and pay 8 more for each: 64. Oxide costs 12.
    The store pays 88 for 4 t and 80 for 2 of the looser channel; the purchases pay 2 more for 3 t, and 1 more for 3.
    Depletion pays an eighth of 800 and of 64. The mine spends 10, and sells what goes into the 8 t at 2 more.
    """
    text = bought().text
    for old, new in (
        ("magnet: {stage: magnet, price: 80", "magnet: {stage: magnet, price: 80, channel_factor: {trusted: 1.1}"),
        (
            "oxide: {stage: separation, price: 10",
            "oxide: {stage: separation, price: 10, channel_factor: {trusted: 1.2}",
        ),
        ("2028: 85}}", "2028: 89}}\n    - {id: ore, kind: depletion, stage: magnet, rate: 0.5, tax_rate: 0.25}"),
        ("recipes: [separate], capacity: 20}", f"recipes: [separate], capacity: 20, options: [{WASH}]}}"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    return make(
        text, 4571.0, ("trusted",),
        portfolio="""works,build,magnet,USA,2027,2028,10,500,0,
            mine,wash,separation,USA,2027,2028,1,10,0,""",
        capacity="""trunk,2027,mine,,20,0,1,20,0
            trunk,2028,mine,,20,1,1,21,10
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
        costs="""investment,2027,capex,510,510
            investment,2029,credit,-375,-375
            trunk,2027,shortage,4000,4000
            trunk,2028,activity,410,410
            trunk,2028,fixed,20,20
            trunk,2028,storage,6,6""",
        scenarios="base,1,,,4571,0.5",
        outlay="""2028,stockpile,purchase,512
            2028,stockpile,holding,6
            2028,purchase,buy,6
            2028,purchase,more,3
            2028,depletion,ore,108""",
        purchases="""buy,2028,works,,magnet,trusted,3,6
            more,2028,works,,magnet,trusted,3,3""",
        sales="""2028,works,,magnet,trusted,10,10,80
            2028,mine,,oxide,trusted,10,10,10""",
        premiums="""2028,works,,magnet,trusted,trusted,8,64
            2028,mine,,oxide,trusted,trusted,8,16""",
        strict_runs="2028,press,magnet,trusted,8",
        books="""mine,2027,capex,,-10,-10
            mine,2028,activity,,-10,-8
            mine,2028,premium,,16,12.8
            mine,2028,sales,,100,80
            works,2027,capex,,-500,-500
            works,2028,activity,,-400,-320
            works,2028,fixed,,-20,-16
            works,2028,inputs,,-120,-96
            works,2028,instrument,buy,6,4.8
            works,2028,instrument,more,3,2.4
            works,2028,instrument,ore,108,86.4
            works,2028,premium,,64,51.2
            works,2028,sales,,800,640
            works,2029,residual,,375,240""",
    )  # fmt: skip
