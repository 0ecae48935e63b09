"""Every row of the model, written out by hand on a small instance; nothing is solved here.

Rows are written `+coefficient component[index] ... <= right-hand side`, their terms in any order.
"""

from __future__ import annotations

import inspect
import re
import sys

import pytest
from support.build import network_from
from support.rows import check, indices, investment, labels_in_model, measure, needs, operations, row

from optimizer.model import assemble
from optimizer.model.declare import Key

HEAD = """
schema: 1
name: rows
base_year: 2027
discount_rate: 0.0
domestic: [USA]
countries: {USA: domestic, AUS: ally, JPN: ally, CHN: adversary}
"""
COMMERCIAL = "channels: {commercial: {}}\n"
TWO_CHANNELS = "channels: {mdap: {tiers: [domestic, ally]}, commercial: {}}\n"
MAGNET = """
materials: {magnet: {stage: magnet}}
recipes: {make: {stage: magnet, outputs: {magnet: 1}, cost: 10}}
"""
TOWN = "markets: {town: {channel: commercial, country: USA, demand: [{product: magnet, tonnes: 10}]}}\n"

FUNDING = (
    HEAD
    + MAGNET
    + COMMERCIAL
    + TOWN
    + """
periods: [2027, 2028, {year: 2029, years: 2}]
facilities:
  plant:
    stage: magnet
    country: USA
    recipes: [make]
    capacity: 0
    options:
    - {id: small, capacity: 10, capex: 100, lead: 1, latest: 2028}
    - {id: large, capacity: 30, capex: 200, lead: 2, latest: 2028}
    - {id: expand, capacity: 5, capex: 50, lead: 0, after: small}
  works:
    stage: alloy
    country: AUS
    recipes: [make]
    capacity: 0
    options: [{id: build, capacity: 10, capex: 100, lead: 1}]
"""
)
LATE = """
scenarios:
- id: late
  probability: 0.5
  onset: 2028
  effects: [{affects: options, where: {id: small}, delay: 1}]
"""


def test_f1_alternatives_are_funded_at_most_once_together() -> None:
    """Of a facility's options without `after` one is funded at most, in one of the years it may be."""
    m = investment(FUNDING)
    check(
        m,
        "F1",
        ("plant",),
        "+1 fund[plant,small,2027] +1 fund[plant,small,2028] +1 fund[plant,large,2027] +1 fund[plant,large,2028] <= 1",
    )
    assert indices(m, "F1") == {"plant", "works"}


def test_f2_expansion_is_funded_at_most_once() -> None:
    """An expansion is funded once at most; before its base can be on line, in 2028, not at all."""
    m = investment(FUNDING)
    check(m, "F2", ("plant", "expand"), "+1 fund[plant,expand,2028] +1 fund[plant,expand,2029] <= 1")


def test_f3_base_is_on_line_when_the_expansion_is_funded() -> None:
    """What is funded in 2027 with a year of lead is on line in 2028; the period of 2029 lasts until 2030."""
    m = investment(FUNDING)
    check(m, "F3", ("plant", "expand", 2028), "+1 fund[plant,expand,2028] -1 fund[plant,small,2027] <= 0")
    check(
        m,
        "F3",
        ("plant", "expand", 2029),
        "+1 fund[plant,expand,2029] -1 fund[plant,small,2027] -1 fund[plant,small,2028] <= 0",
    )


def test_f4_expansion_has_a_history_where_its_base_may_be_delayed() -> None:
    """An expansion of an option that some future delays is funded after the base was, in one year or the other."""
    m = investment(FUNDING + LATE)
    check(
        m,
        "F4",
        ("plant", "expand", 2029),
        "+1 fund[plant,expand,2029] -1 sequence[plant,expand,2027>2029] -1 sequence[plant,expand,2028>2029] = 0",
    )
    assert not indices(investment(FUNDING), "F4")


def test_f5_history_is_that_of_the_base() -> None:
    """An expansion follows a base funded in 2027 only if the base was funded in 2027."""
    m = investment(FUNDING + LATE)
    check(
        m,
        "F5",
        ("plant", "expand", "2027"),
        "+1 sequence[plant,expand,2027>2028] +1 sequence[plant,expand,2027>2029] -1 fund[plant,small,2027] <= 0",
    )


RULES = (
    FUNDING
    + """
policy:
  rules:
  - {rule: count, stage: magnet, min: 1, by: 2028}
  - {rule: count, countries: [USA, AUS], max: 1}
  - {rule: require, facility: plant, option: small, by: 2029}
  - {rule: forbid, facility: plant, option: expand}
  - {rule: exclusive, facilities: [plant, works]}
  - {rule: implies, if: works, then: plant, by: 2028}
  - {rule: starts, countries: [USA], max: {2027: 1, 2030: 2}}
"""
)


def test_p1_count_asks_for_facilities_on_line() -> None:
    """On line by 2028 is what is funded in 2027 with a year of lead; the large option takes two."""
    check(investment(RULES), "P1", (0,), "+1 fund[plant,small,2027] >= 1")


def test_p2_count_bounds_facilities_that_are_funded() -> None:
    """Without a year every funding that comes on line within the horizon counts, expansions apart."""
    check(
        investment(RULES),
        "P2",
        (1,),
        """+1 fund[plant,small,2027] +1 fund[plant,small,2028] +1 fund[plant,large,2027] +1 fund[plant,large,2028]
        +1 fund[works,build,2027] +1 fund[works,build,2028] +1 fund[works,build,2029] <= 1""",
    )


def test_p3_required_option_is_on_line_in_time() -> None:
    """Either year of funding brings the small option on line by 2029."""
    check(investment(RULES), "P3", (2,), "+1 fund[plant,small,2027] +1 fund[plant,small,2028] >= 1")


def test_p4_forbidden_option_is_not_funded() -> None:
    """A forbidden expansion is funded in no year."""
    check(investment(RULES), "P4", (3,), "+1 fund[plant,expand,2028] +1 fund[plant,expand,2029] <= 0")


def test_p5_of_exclusive_facilities_one_is_funded() -> None:
    """Plant and works exclude one another, whatever the option and the year."""
    check(
        investment(RULES),
        "P5",
        (4,),
        """+1 fund[plant,small,2027] +1 fund[plant,small,2028] +1 fund[plant,large,2027] +1 fund[plant,large,2028]
        +1 fund[works,build,2027] +1 fund[works,build,2028] +1 fund[works,build,2029] <= 1""",
    )


def test_p6_one_facility_implies_another() -> None:
    """Who funds the works, whenever, has the plant on line by 2028: the small option, funded in 2027."""
    check(
        investment(RULES),
        "P6",
        (5,),
        """+1 fund[works,build,2027] +1 fund[works,build,2028] +1 fund[works,build,2029]
        -1 fund[plant,small,2027] <= 0""",
    )


def test_p7_crews_carry_so_many_starts() -> None:
    """Every option counts where it is funded; 1 in 2029 and 2 in 2030 make 3 in the period of both."""
    m = investment(RULES)
    check(m, "P7", (6, 2027), "+1 fund[plant,small,2027] +1 fund[plant,large,2027] <= 1")
    check(m, "P7", (6, 2029), "+1 fund[plant,expand,2029] <= 3")


UNIT = (
    HEAD
    + COMMERCIAL
    + TOWN
    + """
periods: [2027, {year: 2028, years: 2}]
materials: {magnet: {stage: magnet}}
recipes:
  make: {stage: magnet, outputs: {magnet: 1}, cost: 10}
  make_slow: {stage: magnet, outputs: {magnet: 1}, cost: 8, capacity_use: 2.5}
facilities:
  plant:
    stage: magnet
    country: USA
    recipes: [make, make_slow]
    capacity: 4
    options: [{id: build, capacity: 10, capex: 100, lead: 1, ramp: [0.5]}]
scenarios:
- id: fire
  probability: 0.5
  onset: 2028
  duration: 1
  effects: [{affects: facilities, where: {id: plant}, available: 0.2}]
"""
)


def test_c1_unit_runs_within_what_stands_and_what_is_funded() -> None:
    """Funded in 2027 it gives half, then all of 10 t in the period; funded in 2028 half in its last year. 2*4 stand."""
    m = operations(UNIT)
    check(
        m,
        "C1",
        ("plant", "", 2028),
        """+1 run[plant,,make,commercial,2028] +2.5 run[plant,,make_slow,commercial,2028]
        -15 fund[plant,build,2027] -5 fund[plant,build,2028] <= 8""",
    )
    check(
        m,
        "C1",
        ("plant", "", 2027),
        "+1 run[plant,,make,commercial,2027] +2.5 run[plant,,make_slow,commercial,2027] <= 4",
    )


def test_c1_effect_scales_capacity_by_its_mean() -> None:
    """A fifth is left for one of the two years: 0.6 of 15, of 5 and of 8."""
    check(
        operations(UNIT, "fire"),
        "C1",
        ("plant", "", 2028),
        """+1 run[plant,,make,commercial,2028] +2.5 run[plant,,make_slow,commercial,2028]
        -9 fund[plant,build,2027] -3 fund[plant,build,2028] <= 4.8""",
    )


def test_c1_delayed_expansion_counts_by_its_history() -> None:
    """In the future in which the base is late the expansion's capacity depends on when the base was funded."""
    m = operations(FUNDING + LATE, "late")
    check(
        m,
        "C1",
        ("plant", "", 2029),
        """+1 run[plant,,make,commercial,2029] -20 fund[plant,small,2027] -10 fund[plant,small,2028]
        -60 fund[plant,large,2027] -30 fund[plant,large,2028]
        -10 sequence[plant,expand,2027>2028] -10 sequence[plant,expand,2027>2029] -5 sequence[plant,expand,2028>2029]
        <= 0""",
    )


STATES = (
    HEAD
    + MAGNET
    + TOWN
    + """
periods: [2027, {year: 2028, years: 2}]
channels: {mdap: {max_exposure: {equipment: 0.0}}, commercial: {}}
facilities:
  plant:
    stage: magnet
    country: AUS
    recipes: [make]
    capacity: 10
    exposure: {equipment: 1.0}
    options:
    - {id: refit, capacity: 2, capex: 30, lead: 2, sets: {exposure: {equipment: 0.0}}, qualification: {mdap: 1}}
scenarios:
- id: embargo
  probability: 0.5
  onset: 2028
  effects: [{affects: facilities, where: {equipment: ">0.5"}, available: 0.25}]
"""
)


def test_c2_states_share_what_stands() -> None:
    """Refitted or not, the plant has its 10 t, and 2 more in one of the two years."""
    check(
        operations(STATES),
        "C2",
        ("plant", "", 2028),
        "+1 standing[plant,,,2028] +1 standing[plant,,refit,2028] -1 fund[plant,refit,2027] <= 10",
    )


def test_c3_state_holds_while_its_options_are_on_line() -> None:
    """The refitted state holds for the half of the period in which the refit is on line; 11 t are the most there is."""
    m = operations(STATES)
    check(
        m,
        "C3",
        ("plant", "", "refit", "refit", 2028),
        "+1 standing[plant,,refit,2028] -5.5 fund[plant,refit,2027] <= 0",
    )
    check(m, "C3", ("plant", "", "refit", "refit", 2027), "+1 standing[plant,,refit,2027] <= 0")


def test_c4_state_holds_while_no_other_option_is_on_line() -> None:
    """The plant as it stood holds for the rest of the period."""
    check(
        operations(STATES),
        "C4",
        ("plant", "", "", "refit", 2028),
        "+1 standing[plant,,,2028] +5.5 fund[plant,refit,2027] <= 11",
    )


def test_c5_state_runs_within_its_capacity() -> None:
    """Under the embargo a quarter of the unrefitted plant runs, and all of the refitted one, for two years."""
    m = operations(STATES, "embargo")
    check(m, "C5", ("plant", "", "", 2028), "+1 run[plant,,make,commercial,2028] -0.5 standing[plant,,,2028] <= 0")
    check(
        m,
        "C5",
        ("plant", "", "refit", 2028),
        """+1 run[plant,refit,make,mdap,2028] +1 run[plant,refit,make,commercial,2028]
        -2 standing[plant,,refit,2028] <= 0""",
    )


def test_c7_state_that_holds_for_a_part_has_that_part_of_what_stands() -> None:
    """With the refit on line for one of two years each state has half: 0.5*(10 + 1); without it the row is idle."""
    m = operations(STATES)
    for state in ("", "refit"):
        check(
            m,
            "C7",
            ("plant", "", state, "refit", "2027", 2028),
            f"+1 standing[plant,,{state},2028] +10.5 fund[plant,refit,2027] <= 16",
        )


QUALIFIED = (
    HEAD
    + MAGNET
    + """
periods: [2027, {year: 2028, years: 2}]
channels: {home: {tiers: [domestic]}, mdap: {tiers: [domestic, ally]}, commercial: {}}
markets:
  programs: {channel: home, country: USA, demand: [{product: magnet, tonnes: 10}]}
  town: {channel: commercial, country: USA, demand: [{product: magnet, tonnes: 10}]}
facilities:
  plant:
    stage: magnet
    country: USA
    recipes: {make: {capacity_use: 2}}
    capacity: 3
    options: [{id: build, capacity: 10, capex: 100, lead: 0, qualification: {mdap: 1}}]
"""
)


def test_c6_channel_and_all_stricter_ones_run_on_qualified_capacity() -> None:
    """A year after it came on line the new capacity may serve mdap, and not before it home either."""
    m = operations(QUALIFIED)
    check(
        m,
        "C6",
        ("plant", "", "", "mdap", 2028),
        """+2 run[plant,,make,home,2028] +2 run[plant,,make,mdap,2028]
        -20 fund[plant,build,2027] -10 fund[plant,build,2028] <= 6""",
    )
    check(
        m,
        "C6",
        ("plant", "", "", "home", 2028),
        "+2 run[plant,,make,home,2028] -20 fund[plant,build,2027] -10 fund[plant,build,2028] <= 6",
    )
    assert {index[3] for index in indices(m, "C6")} == {"home", "mdap"}


CHAIN = (
    HEAD
    + TWO_CHANNELS
    + """
periods: [2027]
materials:
  ore: {stage: mining, freight_factor: 2}
  magnet: {stage: magnet, storage: {cost: 1}}
recipes:
  dig: {stage: mining, outputs: {ore: 1}, cost: 1}
  make: {stage: magnet, inputs: {ore: 3}, outputs: {magnet: 0.5}, cost: 10}
facilities:
  mine: {stage: mining, country: AUS, recipes: [dig], capacity: 100}
  mine_x: {stage: mining, country: CHN, recipes: [dig], capacity: 100}
  plant: {stage: magnet, country: USA, recipes: [make], capacity: 100}
markets:
  programs: {channel: mdap, country: USA, demand: [{product: magnet, tonnes: 4}]}
  town: {channel: commercial, country: USA, demand: [{product: magnet, tonnes: 6}]}
stockpiles:
  yard: {country: USA, channel: commercial, materials: [magnet], initial: {magnet: 5}, release: always}
logistics:
  regions: {america: [USA], oceania: [AUS], china: [CHN], japan: [JPN]}
  freight:
  - {from: oceania, to: america, cost: 3, capacity: 40}
  - {from: china, to: america, cost: 2}
"""
)


def test_m1_material_is_downgraded_where_it_is_made() -> None:
    """At the mine's hub ore is made, shipped on freight row 0 or moved down to commercial."""
    check(
        operations(CHAIN),
        "M1",
        ("hub:oceania", "ore", "mdap", 2027),
        """+1 run[mine,,dig,mdap,2027] -1 flow[0,ore,mdap,2027] -1 downgrade[hub:oceania,ore,mdap,2027]
        -1 surplus[hub:oceania,ore,mdap,2027] = 0""",
    )


def test_m1_what_comes_in_is_used() -> None:
    """At the plant's hub 3 t of ore go into a unit of activity; the adversary's ore comes in commercial only."""
    m = operations(CHAIN)
    check(
        m,
        "M1",
        ("hub:america", "ore", "commercial", 2027),
        "+1 flow[0,ore,commercial,2027] +1 flow[1,ore,commercial,2027] -3 run[plant,,make,commercial,2027] = 0",
    )
    check(
        m,
        "M1",
        ("hub:america", "ore", "mdap", 2027),
        "+1 flow[0,ore,mdap,2027] -3 run[plant,,make,mdap,2027] = 0",
    )


def test_m1_product_is_delivered_downgraded_stored_or_released() -> None:
    """Magnets: half a tonne a unit, what comes down from mdap and what the yard releases, to the town or the yard."""
    check(
        operations(CHAIN),
        "M1",
        ("hub:america", "magnet", "commercial", 2027),
        """+0.5 run[plant,,make,commercial,2027] +1 downgrade[hub:america,magnet,mdap,2027]
        +1 stock_out[yard,magnet,commercial,2027] -1 stock_in[yard,magnet,commercial,2027]
        -1 deliver[town,0,magnet,commercial,2027] -1 surplus[hub:america,magnet,commercial,2027] = 0""",
    )


def test_l1_link_carries_gross_tonnes_of_all_channels() -> None:
    """Two gross tonnes a tonne of ore, in both channels, on the one link that has a limit."""
    m = operations(CHAIN)
    check(m, "L1", ("freight:0", 2027), "+2 flow[0,ore,mdap,2027] +2 flow[0,ore,commercial,2027] <= 40")
    assert indices(m, "L1") == {("freight:0", 2027)}


CLAIM = (
    HEAD
    + MAGNET
    + COMMERCIAL
    + TOWN
    + """
periods: [{year: 2027, years: 2}]
facilities:
  plant:
    stage: magnet
    country: USA
    recipes: [make]
    capacity: 10
    claims: [{to: japan, share: 0.4, until: 2027}]
logistics:
  regions: {america: [USA], japan: [JPN], rest: [AUS, CHN]}
  freight: [{from: america, to: japan, cost: 2}]
"""
)


def test_o1_claimed_share_goes_to_its_region() -> None:
    """0.4 in the first of two years is 0.2 of the output of both; on arcs put apart for the claim."""
    m = operations(CLAIM)
    claim = arcs(CLAIM).index(("claim", "plant"))
    check(
        m,
        "O1",
        ("plant", "japan", "magnet", 2027),
        f"+1 flow[{claim},magnet,commercial,2027] -0.2 run[plant,,make,commercial,2027] >= 0",
    )


def test_o1_claim_on_lanes_is_served_by_lanes_to_its_region() -> None:
    """On lanes what goes to a market of the region counts, row 1; what is thrown away at the plant serves nobody."""
    tokyo = "  tokyo: {channel: commercial, country: JPN, demand: [{product: magnet, tonnes: 4}]}\n"
    lanes = """
lanes:
- {from: plant, to: town, material: magnet, cost: 1}
- {from: plant, to: tokyo, material: magnet, cost: 5}
"""
    town = "markets:\n" + TOWN.replace("markets: {", "  ").replace("]}}", "]}")
    check(
        operations(CLAIM.replace(TOWN, town + tokyo) + lanes),
        "O1",
        ("plant", "japan", "magnet", 2027),
        "+1 flow[1,magnet,commercial,2027] -0.2 run[plant,,make,commercial,2027] >= 0",
    )


def arcs(text: str) -> list[tuple[str, str]]:
    """Link and start of every arc, in the order of their numbers."""
    return [(arc.link, arc.start) for arc in network_from(text).places.arcs]


MARKET = (
    HEAD
    + TWO_CHANNELS
    + """
periods: [{year: 2027, years: 2}]
materials: {sh: {stage: magnet}, uh: {stage: magnet}}
recipes:
  make_sh: {stage: magnet, outputs: {sh: 1}, cost: 10}
  make_uh: {stage: magnet, outputs: {uh: 1}, cost: 20}
facilities:
  plant: {stage: magnet, country: USA, recipes: [make_sh, make_uh], capacity: 100}
markets:
  programs: {channel: mdap, country: USA, demand: [{product: sh, tonnes: {2027: 10, 2028: 20}, accepts: [sh, uh]}]}
  town: {channel: commercial, country: USA, demand: [{product: sh, tonnes: 6, shortage_cost: 30}]}
policy:
  rules: [{rule: delivered_content, markets: [town], channel: mdap, share: 0.25}]
"""
)


def test_d1_demand_is_met_or_short() -> None:
    """10 and 20 t make 30 in the period; substitutes serve, stricter channels serve, soft demand may be short."""
    m = operations(MARKET)
    check(
        m, "D1", ("programs", 0, 2027), "+1 deliver[programs,0,sh,mdap,2027] +1 deliver[programs,0,uh,mdap,2027] = 30"
    )
    check(
        m,
        "D1",
        ("town", 0, 2027),
        "+1 deliver[town,0,sh,mdap,2027] +1 deliver[town,0,sh,commercial,2027] +1 short[town,0,2027] = 12",
    )


def test_r6_fill_rate() -> None:
    """A quarter of what both ask for: what is delivered counts for 0.75, what is short for 0.25 less."""
    rule = "{rule: fill_rate, markets: [programs, town], share: 0.25}"
    text = MARKET.replace("rules: [", f"rules: [{rule}, ")
    check(
        operations(text),
        "R6",
        (0, 2027),
        "+0.75 deliver[programs,0,sh,mdap,2027] +0.75 deliver[programs,0,uh,mdap,2027] "
        "+0.75 deliver[town,0,sh,mdap,2027] +0.75 deliver[town,0,sh,commercial,2027] -0.25 short[town,0,2027] >= 0",
    )


def test_d1_demand_nobody_can_serve_is_a_row_that_cannot_hold() -> None:
    """A hard demand without any supply leaves a row that no values satisfy, not a row left out."""
    text = MARKET.replace("country: USA, recipes", "country: CHN, recipes").replace(
        "mdap, share: 0.25", "mdap, share: 0"
    )
    assert row(operations(text), "D1", "programs", 0, 2027) == "+1 nothing[None] >= 1"


RELEASES = (
    HEAD.replace("AUS: ally", "AUS: {2027: ally, 2029: exposed}")
    + """
channels: {commercial: {}}
periods: [2027, {year: 2028, years: 2}]
materials: {magnet: {stage: magnet}}
recipes: {make: {stage: magnet, outputs: {magnet: 1}, cost: 10, releases: {residue: 2}}}
facilities:
  plant: {stage: magnet, country: USA, recipes: [make], capacity: 100}
  works: {stage: magnet, country: AUS, recipes: {make: {releases: {residue: 3}}}, capacity: 100}
markets: {town: {channel: commercial, country: USA, demand: [{product: magnet, tonnes: 10}]}}
policy:
  rules:
  - {rule: release_cap, release: residue, where: {tier: [domestic, ally]}, most: {2027: 12, 2029: 20}}
  - {rule: release_cap, release: residue, by: country, most: {2028: 30}, in_disruption: true}
"""
    + LATE.replace("options, where: {id: small}, delay: 1", "recipes, cost: 2")
)


def test_g1_what_is_released_is_capped() -> None:
    """Works matches in one of the period's two years, so that half of its 3 counts; 12 and 20 a year make 32."""
    m = operations(RELEASES)
    check(m, "G1", (0, "", 2027), "+2 run[plant,,make,commercial,2027] +3 run[works,,make,commercial,2027] <= 12")
    check(m, "G1", (0, "", 2028), "+2 run[plant,,make,commercial,2028] +1.5 run[works,,make,commercial,2028] <= 32")
    check(m, "G1", (1, "AUS", 2028), "+3 run[works,,make,commercial,2028] <= 60")
    assert indices(m, "G1") == {(0, "", 2027), (0, "", 2028), (1, "USA", 2028), (1, "AUS", 2028)}
    assert indices(operations(RELEASES, "late"), "G1") == {(1, "USA", 2028), (1, "AUS", 2028)}


GOALS = (
    RELEASES[: RELEASES.index("policy:")]
    + """
policy:
  rules:
  - rule: scale_goal
    stage: magnet
    where: {tier: ally}
    world_output: {2027: 40, 2029: 60}
    share: {2028: 0.1, 2029: 0.2}
  - {rule: scale_goal, materials: [magnet], where: {tier: exposed}, world_output: 50, share: 0.1, shortage_cost: 3}
"""
    + LATE.replace("options, where: {id: small}, delay: 1", "recipes, cost: 2")
)


def test_g2_a_share_of_the_worlds_output_is_made() -> None:
    """0.1 of 40 and 0.2 of 60 make 16 t; works counts in one of the two years. Nobody is exposed in 2027."""
    m = operations(GOALS)
    check(m, "G2", (0, 2028), "+0.5 run[works,,make,commercial,2028] >= 16")
    check(m, "G2", (1, 2027), "+1 goal_missing[1,2027] >= 5")
    check(m, "G2", (1, 2028), "+0.5 run[works,,make,commercial,2028] +1 goal_missing[1,2028] >= 10")
    assert indices(m, "G2") == {(0, 2028), (1, 2027), (1, 2028)}
    assert indices(operations(GOALS, "late"), "G2") == set()


RECYCLING = (
    HEAD
    + COMMERCIAL
    + """
periods: [2027, {year: 2028, years: 2}]
materials: {oxide: {stage: separation}, swarf: {stage: recycling}, metal: {stage: metal}}
recipes:
  split: {stage: separation, outputs: {oxide: 1}}
  collect: {stage: recycling, outputs: {swarf: 1}}
  melt: {stage: metal, inputs: {oxide: 1}, outputs: {metal: 1}}
  remelt: {stage: metal, inputs: {swarf: 3}, outputs: {metal: 1}}
facilities:
  plant: {stage: separation, country: USA, recipes: [split], capacity: 100}
  yard: {stage: recycling, country: USA, recipes: [collect], capacity: 100}
  smelter:
    stage: metal
    country: USA
    recipes: [melt, remelt]
    capacity: 4
    options: [{id: build, capacity: 6, capex: 10, lead: 1}]
markets: {users: {channel: commercial, country: USA, demand: [{product: metal, tonnes: 10}]}}
policy: {rules: [{rule: recycling, share: 0.5}]}
"""
)


def test_g3_feed_is_recycled_once_capacity_is_funded() -> None:
    """The 4 t a year that stand take in 24 t of swarf at most in two years; half of it is free before anything is."""
    m = operations(RECYCLING)
    check(
        m,
        "G3",
        (0, "smelter", "build", 2028),
        """-0.5 run[smelter,,melt,commercial,2028] +1.5 run[smelter,,remelt,commercial,2028]
        -12 fund[smelter,build,2027] -12 fund[smelter,build,2028] >= -12""",
    )
    assert indices(m, "G3") == {(0, "smelter", "build", 2028)}


def test_g3_an_expansion_counts_whatever_becomes_of_its_base() -> None:
    """4 t stand, 6 may be built and end with 2029, and 2 added to them: without an option the rest is free.

    In 2030 only the expansion binds.
    """
    text = RECYCLING.replace("{year: 2028, years: 2}", "{year: 2028, years: 2}, 2030").replace(
        "[{id: build, capacity: 6, capex: 10, lead: 1}]",
        "[{id: build, capacity: 6, capex: 10, lead: 1, life: 2, latest: 2027},"
        " {id: more, capacity: 2, capex: 1, lead: 0, after: build, latest: 2028}]",
    )
    m = operations(text)
    assert {index[2:] for index in indices(m, "G3")} == {("build", 2028), ("more", 2028), ("more", 2030)}
    stands = "-0.5 run[smelter,,melt,commercial,2028] +1.5 run[smelter,,remelt,commercial,2028] "
    check(m, "G3", (0, "smelter", "build", 2028), stands + "-18 fund[smelter,build,2027] >= -18")
    check(m, "G3", (0, "smelter", "more", 2028), stands + "-30 fund[smelter,more,2028] >= -30")
    check(
        m,
        "G3",
        (0, "smelter", "more", 2030),
        """-0.5 run[smelter,,melt,commercial,2030] +1.5 run[smelter,,remelt,commercial,2030]
        -6 fund[smelter,more,2028] >= -6""",
    )


STOCK = (
    HEAD
    + TWO_CHANNELS
    + """
periods: [2027, {year: 2028, years: 2}, 2030]
materials: {magnet: {stage: magnet, price: 8, storage: {cost: 1, loss: 0.1}}}
recipes: {make: {stage: magnet, outputs: {magnet: 1}, cost: 10}}
facilities:
  plant: {stage: magnet, country: USA, recipes: [make], capacity: 100}
markets:
  programs: {channel: mdap, country: USA, demand: [{product: magnet, tonnes: {2027: 4, 2030: 6}}]}
stockpiles:
  depot:
    country: USA
    channels: [mdap, commercial]
    materials: [magnet]
    initial: {magnet: {mdap: 50}}
    capacity: {magnet: 70}
    targets:
    - {material: magnet, tonnes: 20, shortage_cost: 5}
    - {material: magnet, years_of_demand: 2, of: [programs], share: 0.5}
scenarios:
- id: outage
  probability: 0.5
  onset: 2028
  duration: 1
  recovery: 1
  effects: [{affects: facilities, where: {id: plant}, available: 0.0}]
"""
)
LANES = """
lanes:
- {from: plant, to: programs, material: magnet, cost: 1}
- {from: plant, to: depot, material: magnet, cost: 1}
- {from: depot, to: programs, material: magnet, cost: 1}
"""


def test_s1_stock_is_what_is_left_and_what_comes_in() -> None:
    """Of 50 t 45 are left after a year; a reserve releases nothing in the trunk, but moves stock down the order."""
    m = operations(STOCK)
    check(
        m,
        "S1",
        ("depot", "magnet", "mdap", 2027),
        """+1 stock[depot,magnet,mdap,2027] -1 stock_in[depot,magnet,mdap,2027]
        +1 stock_down[depot,magnet,mdap,2027] = 45""",
    )
    check(
        m,
        "S1",
        ("depot", "magnet", "commercial", 2028),
        """+1 stock[depot,magnet,commercial,2028] -0.81 stock[depot,magnet,commercial,2027]
        -1 stock_in[depot,magnet,commercial,2028] -1 stock_down[depot,magnet,mdap,2028] = 0""",
    )


def test_s1_branch_opens_with_the_trunks_stock() -> None:
    """In the branch two years' losses are taken off the trunk's stock of 2027, and the reserve releases."""
    m = operations(STOCK, "outage")
    check(
        m,
        "S1",
        ("depot", "magnet", "mdap", 2028),
        """+1 stock[depot,magnet,mdap,2028] -0.81 opening[depot,magnet,mdap] -1 stock_in[depot,magnet,mdap,2028]
        +1 stock_out[depot,magnet,mdap,2028] +1 stock_down[depot,magnet,mdap,2028] = 0""",
    )
    assert m.owners["opening"]["depot", "magnet", "mdap"] == ("trunk", ("stock", ("depot", "magnet", "mdap", 2027)))


def test_s2_room_is_shared_by_channels() -> None:
    """A tonne takes room in whatever channel it is kept."""
    check(
        operations(STOCK),
        "S2",
        ("depot", "magnet", 2030),
        "+1 stock[depot,magnet,mdap,2030] +1 stock[depot,magnet,commercial,2030] <= 70",
    )


def test_s3_lanes_fill_a_stockpile() -> None:
    """What the depot takes in of a material with lanes came on a lane: row 1, from the plant."""
    check(
        operations(STOCK + LANES),
        "S3",
        ("depot", "magnet", "mdap", 2028),
        "+1 stock_in[depot,magnet,mdap,2028] -1 flow[1,magnet,mdap,2028] = 0",
    )
    assert not indices(operations(STOCK), "S3")


def test_s4_stock_leaves_by_lanes_or_is_discarded() -> None:
    """What the depot releases goes to the market on row 2 or is thrown away; in the trunk nothing leaves."""
    check(
        operations(STOCK + LANES, "outage"),
        "S4",
        ("depot", "magnet", "mdap", 2028),
        """+1 stock_out[depot,magnet,mdap,2028] -1 discarded[depot,magnet,mdap,2028]
        -1 flow[2,magnet,mdap,2028] = 0""",
    )
    check(operations(STOCK + LANES), "S4", ("depot", "magnet", "mdap", 2028), "-1 flow[2,magnet,mdap,2028] = 0")


def test_t1_target_is_reached_or_missed() -> None:
    """20 t of any channel, which may be missed; half of the next two years' demand of mdap alone, which may not."""
    m = operations(STOCK)
    check(
        m,
        "T1",
        ("depot", 0, 2027),
        "+1 stock[depot,magnet,mdap,2027] +1 stock[depot,magnet,commercial,2027] +1 missing[depot,0,2027] >= 20",
    )
    check(m, "T1", ("depot", 1, 2027), "+1 stock[depot,magnet,mdap,2027] >= 4")
    check(m, "T1", ("depot", 1, 2028), "+1 stock[depot,magnet,mdap,2028] >= 6")
    assert not indices(operations(STOCK, "outage"), "T1")


def test_j1_branch_ends_with_the_trunks_stock() -> None:
    """The outage is over in 2029 and a year of recovery ends with the period 2028: stock is back or bought back."""
    m = operations(STOCK, "outage")
    check(
        m,
        "J1",
        ("depot", "magnet", "mdap"),
        """+1 stock[depot,magnet,mdap,2028] +1 bought_back[depot,magnet,mdap]
        -1 trunk_level[depot,magnet,mdap] >= 0""",
    )
    assert m.owners["trunk_level"]["depot", "magnet", "mdap"] == ("trunk", ("stock", ("depot", "magnet", "mdap", 2028)))
    priceless = STOCK.replace("price: 8, ", "")
    check(
        operations(priceless, "outage"),
        "J1",
        ("depot", "magnet", "mdap"),
        "+1 stock[depot,magnet,mdap,2028] -1 trunk_level[depot,magnet,mdap] >= 0",
    )


def test_s5_what_counts_at_the_end_is_held() -> None:
    """20 t of any channel are asked for at the end of 2030 and 6 t of mdap: 20 count, of which commercial fills 14."""
    counts = STOCK.replace("capacity: {magnet: 70}", "capacity: {magnet: 70}\n    residual: 0.5")
    m = operations(counts)
    check(
        m,
        "S5",
        ("depot", "magnet", 0, 2030),
        "+1 residual[depot,magnet,2030] -1 stock[depot,magnet,mdap,2030] -1 stock[depot,magnet,commercial,2030] <= 0",
    )
    check(
        m,
        "S5",
        ("depot", "magnet", 1, 2030),
        "+1 residual[depot,magnet,2030] -1 stock[depot,magnet,mdap,2030] <= 14",
    )
    assert m.residual["depot", "magnet", 2030].ub == 20
    assert not indices(operations(counts, "outage"), "S5")
    assert not indices(operations(STOCK), "S5")


def test_s5_branch_that_restores_counts_the_trunks_stock() -> None:
    """With three years of recovery the outage's branch ends with the horizon, at the trunk's level of 2030."""
    counts = STOCK.replace("capacity: {magnet: 70}", "capacity: {magnet: 70}\n    residual: 0.5")
    check(
        operations(counts.replace("recovery: 1", "recovery: 3"), "outage"),
        "S5",
        ("depot", "magnet", 1, 2030),
        "+1 residual[depot,magnet,2030] -1 trunk_level[depot,magnet,mdap] <= 14",
    )
    lasts = counts.replace("  duration: 1\n", "")
    check(
        operations(lasts, "outage"),
        "S5",
        ("depot", "magnet", 1, 2030),
        "+1 residual[depot,magnet,2030] -1 stock[depot,magnet,mdap,2030] <= 14",
    )


OUTPUT = (
    HEAD
    + """
periods: [2027]
channels: {commercial: {unknown: adversary}}
materials:
  light: {stage: alloy, content: {Nd: 0.3, Fe: 0.6}}
  heavy: {stage: alloy, content: {Nd: 0.2, Dy: 0.1, Fe: 0.6}}
recipes:
  melt: {stage: alloy, outputs: {light: 1}, cost: 10}
  melt_both: {stage: alloy, outputs: {light: 0.5, heavy: 2}, cost: 20}
facilities:
  us: {stage: alloy, country: USA, recipes: [melt], capacity: 10, owners: {acme: 1.0}}
  au: {stage: alloy, country: AUS, recipes: [melt_both], capacity: 10, exposure: {finance: 0.75}}
  jp: {stage: alloy, country: JPN, recipes: [melt], capacity: 10, exposure: {finance: unknown}, owners: {acme: 0.5}}
owners: {acme: {country: USA}}
markets:
  town: {channel: commercial, country: USA, demand: [{product: light, tonnes: 5}, {product: heavy, tonnes: 5}]}
policy:
  rules:
  - {rule: domestic_content, stage: alloy, share: 0.4}
  - {rule: exposure_cap, channel: commercial, stage: alloy, kind: finance, share: 0.5}
  - {rule: heavy_content, stage: alloy, elements: [Dy], share: 0.25}
  - {rule: diversify, stage: alloy, each: material, by: owner, share: 0.6}
"""
)


def test_r1_share_of_the_output_is_domestic() -> None:
    """A tonne at home counts 1 - 0.4, one abroad -0.4; a unit of melt_both makes 2.5 t."""
    check(
        operations(OUTPUT),
        "R1",
        (0,),
        """+0.6 run[us,,melt,commercial,2027] -1 run[au,,melt_both,commercial,2027]
        -0.4 run[jp,,melt,commercial,2027] >= 0""",
    )


def test_r2_mean_exposure_of_the_output_is_capped() -> None:
    """0 - 0.5 at home, 2.5*(0.75 - 0.5) in Australia, and unknown counts in full in this channel."""
    check(
        operations(OUTPUT),
        "R2",
        (1,),
        """-0.5 run[us,,melt,commercial,2027] +0.625 run[au,,melt_both,commercial,2027]
        +0.5 run[jp,,melt,commercial,2027] <= 0""",
    )


def test_r3_heavy_elements_are_a_share_of_the_rare_earths() -> None:
    """melt: -0.25*0.3. melt_both: 2*0.1 of Dy less 0.25*(0.5*0.3 + 2*0.3) of rare earths; iron is none."""
    check(
        operations(OUTPUT),
        "R3",
        (2,),
        """-0.075 run[us,,melt,commercial,2027] +0.0125 run[au,,melt_both,commercial,2027]
        -0.075 run[jp,,melt,commercial,2027] >= 0""",
    )


def test_r4_no_owner_makes_more_than_a_share_of_a_material() -> None:
    """acme holds us and jp, in full each; of light au makes half a tonne a unit and stands for itself."""
    m = operations(OUTPUT)
    found = {row(m, "R4", index) for index in indices(m, "R4")}
    light_acme = (
        "+0.4 run[jp,,melt,commercial,2027] +0.4 run[us,,melt,commercial,2027] "
        "-0.3 run[au,,melt_both,commercial,2027] <= 0"
    )
    light_au = (
        "+0.2 run[au,,melt_both,commercial,2027] -0.6 run[jp,,melt,commercial,2027] "
        "-0.6 run[us,,melt,commercial,2027] <= 0"
    )
    heavy_acme, heavy_au = (
        "-1.2 run[au,,melt_both,commercial,2027] <= 0",
        "+0.8 run[au,,melt_both,commercial,2027] <= 0",
    )
    assert found == {light_acme, light_au, heavy_acme, heavy_au}


def test_r5_share_of_deliveries_comes_from_a_channel() -> None:
    """A tonne drawn from mdap counts 1 - 0.25, one drawn from commercial -0.25; what is short counts nothing."""
    check(
        operations(MARKET),
        "R5",
        (0, "town", "sh", 2027),
        "+0.75 deliver[town,0,sh,mdap,2027] -0.25 deliver[town,0,sh,commercial,2027] >= 0",
    )


BUDGET = (
    STOCK.replace("recipes: [make], capacity: 100}", "recipes: [make], capacity: 100, options: [%s]}")
    % "{id: more, capacity: 5, capex: 100, public_share: 0.5, spend: [0.4, 0.6], latest: 2030}"
    + """
policy:
  budget: {annual: 60, total: 150}
"""
)


def test_b1_public_outlay_keeps_within_the_year() -> None:
    """0.5*40 in the year of funding, 0.5*60 in the next; a tonne stored is bought at 8 and held at 1 a year."""
    m = operations(BUDGET)
    check(
        m,
        "B1",
        (2028,),
        """+30 public_fund[plant,more,2027] +50 public_fund[plant,more,2028]
        +8 stock_in[depot,magnet,mdap,2028] +2 stock[depot,magnet,mdap,2028]
        +8 stock_in[depot,magnet,commercial,2028] +2 stock[depot,magnet,commercial,2028] <= 120""",
    )
    check(
        m,
        "B1",
        (2030,),
        """+20 public_fund[plant,more,2030]
        +8 stock_in[depot,magnet,mdap,2030] +1 stock[depot,magnet,mdap,2030]
        +8 stock_in[depot,magnet,commercial,2030] +1 stock[depot,magnet,commercial,2030] <= 60""",
    )


def test_b2_public_outlay_keeps_within_the_total() -> None:
    """In total all that is spent counts, after the horizon too."""
    check(
        operations(BUDGET),
        "B2",
        (0,),
        """+50 public_fund[plant,more,2027] +50 public_fund[plant,more,2028] +50 public_fund[plant,more,2030]
        +8 stock_in[depot,magnet,mdap,2027] +1 stock[depot,magnet,mdap,2027]
        +8 stock_in[depot,magnet,commercial,2027] +1 stock[depot,magnet,commercial,2027]
        +8 stock_in[depot,magnet,mdap,2028] +2 stock[depot,magnet,mdap,2028]
        +8 stock_in[depot,magnet,commercial,2028] +2 stock[depot,magnet,commercial,2028]
        +8 stock_in[depot,magnet,mdap,2030] +1 stock[depot,magnet,mdap,2030]
        +8 stock_in[depot,magnet,commercial,2030] +1 stock[depot,magnet,commercial,2030] <= 150""",
    )


def test_b3_all_that_governments_pay_is_counted_where_it_is_to_be_least() -> None:
    """M USD at 25 percent: a fifth of 50, a grant, and credits with and without a budget."""
    asked = BOOKS.replace("viability: true", "viability: true\n  perspective: public").replace(
        "discount_rate: 0.0", "discount_rate: 0.25"
    )
    asked = asked.replace("kind: cost_credit,", "kind: cost_credit, budget: false,")
    check(
        operations(asked),
        "B3",
        (0,),
        """-1 public_outlay[0] +10 public_fund[works,build,2027] +1 given[aid,works,build,2027]
        +0.8 credited[more,2028] +0.8 credited[costs,2028] <= 0""",
    )
    assert not indices(operations(BOOKS), "B3")


def test_b4_an_appropriation_is_kept_in_every_run_of_periods() -> None:
    """Money is there for three years, so what is given from two years before on counts, but nothing before 2027.

    A dollar of 2027 is 1, of 2028 1.1, of 2029 1.2 (1.15 over the period of both) and of 2030 1.5. The plant spends 20
    and 30 a funding; a tonne in the depot is bought at 8, and held for 1 a year.
    """
    text = BUDGET.replace(
        "budget: {annual: 60, total: 150}",
        """budget:
    deflator: {2027: 1, 2028: 1.1, 2029: 1.2, 2030: 1.5}
    appropriations:
    - {id: fund, usd: {2027: 40, 2028: 10, 2030: 25}, available_for: 3, capex: {stage: magnet},
       purchases: [depot], holding: [depot]}""",
    )
    m = operations(text)
    check(
        m,
        "B4",
        ("fund", 2028, 2030),
        """+33 public_fund[plant,more,2027] +58 public_fund[plant,more,2028] +30 public_fund[plant,more,2030]
        +9.2 stock_in[depot,magnet,mdap,2028] +2.3 stock[depot,magnet,mdap,2028]
        +9.2 stock_in[depot,magnet,commercial,2028] +2.3 stock[depot,magnet,commercial,2028]
        +12 stock_in[depot,magnet,mdap,2030] +1.5 stock[depot,magnet,mdap,2030]
        +12 stock_in[depot,magnet,commercial,2030] +1.5 stock[depot,magnet,commercial,2030] <= 85""",
    )
    years = (2027, 2028, 2030)
    assert indices(m, "B4") == {("fund", first, last) for first in years for last in years if first <= last}
    bought = row(operations(text.replace(", holding: [depot]", "")), "B4", "fund", 2027, 2027)
    assert "stock_in" in bought
    assert "stock[" not in bought
    yearly = operations(text.replace("available_for: 3, ", ""))
    assert indices(yearly, "B4") == {("fund", year, year) for year in years}


def test_b5_what_is_taken_in_above_a_price_step_is_counted() -> None:
    """Over both channels, by year: twice the level in two years. A tonne above costs 4 more, above the next step 8."""
    stepped = BUDGET.replace(
        "    targets:", "    price_steps: {magnet: [{above: 10, factor: 1.5}, {above: 15, factor: 2.5}]}\n    targets:"
    )
    m = operations(stepped)
    taken = "-1 stock_in[depot,magnet,mdap,{0}] -1 stock_in[depot,magnet,commercial,{0}]"
    check(m, "B5", ("depot", "magnet", 0, 2027), f"+1 stock_above[depot,magnet,0,2027] {taken.format(2027)} >= -10")
    check(m, "B5", ("depot", "magnet", 1, 2028), f"+1 stock_above[depot,magnet,1,2028] {taken.format(2028)} >= -30")
    paid = " ".join(row(m, "B1", 2030).split())
    assert "+4 stock_above[depot,magnet,0,2030]" in paid
    assert "+8 stock_above[depot,magnet,1,2030]" in paid
    assert "stock_above[depot,magnet,1,2028]" in row(m, "B2", 0)
    assert not indices(operations(stepped, "outage"), "B5"), "on the trunk alone"
    assert not indices(operations(BUDGET), "B5")


def test_b4_counts_grants_as_they_are_paid_and_credits_by_period() -> None:
    """Dollars of the time: a grant of 1 M USD is paid in 2027, credits in 2028, when a dollar is 1.5."""
    held = (
        "budget: {appropriations: [{id: fund, usd: 1.0e+9, instruments: [aid, more]}], deflator: {2027: 1, 2028: 1.5}}"
    )
    m = operations(BOOKS.replace("budget: {annual: 1.0e+9}", held))
    check(m, "B4", ("fund", 2027, 2027), "+1000000 given[aid,works,build,2027] <= 1000000000")
    check(m, "B4", ("fund", 2028, 2028), "+1500000 credited[more,2028] <= 1000000000")
    assert indices(m, "I9") == {("more", 2028)}, "what no budget counts is not reckoned"


@pytest.mark.parametrize("label", ["B1", "B2"])
def test_budget_binds_no_branch(label: str) -> None:
    """Outlay is the trunk's: what is bought back in a branch is cost, not budget."""
    assert not indices(operations(BUDGET, "outage"), label)


REACTING = (
    HEAD
    + MAGNET
    + COMMERCIAL
    + TOWN
    + """
periods: [2027, 2028, {year: 2029, years: 2}, 2031]
facilities:
  plant:
    stage: magnet
    country: USA
    recipes: [make]
    capacity: 0
    options:
    - {id: small, capacity: 10, capex: 100, lead: 1, latest: 2029, react: true}
    - {id: large, capacity: 30, capex: 200, lead: 2, latest: 2028}
    - id: expand
      capacity: 5
      capex: 50
      after: small
      public_share: 0.5
      spend: [0.5, 0.5]
      react: {lead: 1, capex_factor: 2}
  works:
    stage: alloy
    country: AUS
    recipes: [make]
    capacity: 0
    options: [{id: build, capacity: 10, capex: 100, lead: 1, react: true}]
policy:
  budget: {annual: 300, total: 900}
  rules:
  - {rule: starts, max: 2}
  - {rule: reactions, stage: magnet, max: 1}
  - {rule: exclusive, facilities: [plant, works]}
scenarios:
- id: blow
  probability: 0.5
  onset: 2028
  duration: 1
  recovery: 2
  effects: [{affects: facilities, where: {country: USA}, available: 0.8}]
- id: second
  parent: blow
  probability: 0.1
  onset: 2029
  duration: 1
  effects: [{affects: facilities, where: {country: USA}, available: 0.8}]
"""
)
"""`blow` is over in 2031; `second`, which leaves it in 2029, lasts to the end."""
SMALL_OR_LARGE = """+1 planned[plant,small,2027] +1 planned[plant,small,2028] +1 planned[plant,small,2029]
    +1 planned[plant,large,2027] +1 planned[plant,large,2028]"""


def test_e1_a_reaction_excludes_alternatives() -> None:
    """The plan's alternatives up to the branch's last period count; who leaves a branch has what that one funded."""
    first = f"{SMALL_OR_LARGE} +1 react[plant,small,2028] +1 react[plant,small,2029] <= 1"
    check(operations(REACTING, "blow"), "E1", ("plant",), first)
    m = operations(REACTING, "second")
    check(m, "E1", ("plant",), f"{SMALL_OR_LARGE} +1 reacted[plant,small,2028] +1 react[plant,small,2029] <= 1")
    assert m.owners["reacted"]["plant", "small", 2028] == ("blow", ("react", ("plant", "small", 2028)))
    assert not indices(operations(REACTING), "E1")


def test_e2_an_expansion_is_funded_once() -> None:
    """By the plan in 2028 or 2029, or in the branch; what the plan funds in 2031 is after it."""
    text = """+1 planned[plant,expand,2028] +1 planned[plant,expand,2029] +1 react[plant,expand,2028]
        +1 react[plant,expand,2029] <= 1"""
    check(operations(REACTING, "blow"), "E2", ("plant", "expand"), text)


def test_e3_what_a_reaction_follows_is_on_line() -> None:
    """In 2028 only what the plan funded in 2027; by the end of 2030 what the branch funded itself too."""
    m = operations(REACTING, "blow")
    check(m, "E3", ("plant", "expand", 2028), "+1 react[plant,expand,2028] -1 planned[plant,small,2027] <= 0")
    check(
        m,
        "E3",
        ("plant", "expand", 2029),
        """+1 react[plant,expand,2029] -1 planned[plant,small,2027] -1 planned[plant,small,2028]
        -1 planned[plant,small,2029] -1 react[plant,small,2028] -1 react[plant,small,2029] <= 0""",
    )
    head, _, effect = REACTING.rpartition("]\n")
    late = head + ", {affects: options, where: {id: small}, delay: 1}]\n" + effect
    more = "- {id: more, capacity: 1, capex: 10, after: expand, react: true}"
    late = late.replace("  works:", f"    {more}\n  works:")
    # Funded in 2028, small is late until 2030, and so is what the plan funded after it; funded in 2029, until 2031.
    check(
        operations(late, "second"),
        "E3",
        ("plant", "more", 2029),
        """+1 react[plant,more,2029] -1 planned_sequence[plant,expand,2027>2028]
        -1 planned_sequence[plant,expand,2027>2029] -1 planned_sequence[plant,expand,2028>2029]
        -1 reacted[plant,expand,2028] -1 react[plant,expand,2029] <= 0""",
    )


def test_e4_plan_and_branch_share_starts() -> None:
    """Two a year, and the plan goes on in a branch."""
    m = operations(REACTING, "blow")
    text = """+1 planned[plant,small,2028] +1 planned[plant,large,2028] +1 planned[plant,expand,2028]
        +1 planned[works,build,2028] +1 react[plant,small,2028] +1 react[plant,expand,2028] +1 react[works,build,2028]
        <= 2"""
    check(m, "E4", (0, 2028), text)
    assert indices(m, "E4") == {(0, 2028), (0, 2029)}
    assert row(m, "E4", 0, 2029).endswith("<= 4")


def test_e5_a_surge_is_limited() -> None:
    """One a year of the stage, whatever the plan funds."""
    m = operations(REACTING, "blow")
    check(m, "E5", (1, 2028), "+1 react[plant,small,2028] +1 react[plant,expand,2028] <= 1")
    check(m, "E5", (1, 2029), "+1 react[plant,small,2029] +1 react[plant,expand,2029] <= 2")


def test_e6_a_reaction_keeps_what_excludes_it_out() -> None:
    """Of the two facilities one, by the plan or in the branch; expansions are not asked."""
    text = f"""{SMALL_OR_LARGE} +1 react[plant,small,2028] +1 react[plant,small,2029]
        +1 planned[works,build,2027] +1 planned[works,build,2028] +1 planned[works,build,2029]
        +1 react[works,build,2028] +1 react[works,build,2029] <= 1"""
    check(operations(REACTING, "blow"), "E6", (2,), text)


def test_e7_the_annual_budget_holds_reactions() -> None:
    """Half of an expansion is public, half of that due a year later; hurried it costs twice as much."""
    m = operations(REACTING, "blow")
    check(
        m,
        "E7",
        (2028,),
        """+100 public_fund[plant,small,2028] +200 public_fund[plant,large,2028] +12.5 public_fund[plant,expand,2028]
        +100 public_fund[works,build,2028] +100 react[plant,small,2028] +25 react[plant,expand,2028]
        +100 react[works,build,2028] <= 300""",
    )
    check(
        m,
        "E7",
        (2029,),
        """+100 public_fund[plant,small,2029] +12.5 public_fund[plant,expand,2028] +25 public_fund[plant,expand,2029]
        +100 public_fund[works,build,2029] +100 react[plant,small,2029] +25 react[plant,expand,2028]
        +50 react[plant,expand,2029] +100 react[works,build,2029] <= 600""",
    )
    assert indices(m, "E7") == {2028, 2029}


def test_e8_the_total_budget_holds_reactions() -> None:
    """All that the plan funds, whenever, and what the future's branches do."""
    check(
        operations(REACTING, "second"),
        "E8",
        (0,),
        """+100 public_fund[plant,small,2027] +100 public_fund[plant,small,2028] +100 public_fund[plant,small,2029]
        +200 public_fund[plant,large,2027] +200 public_fund[plant,large,2028] +25 public_fund[plant,expand,2028]
        +25 public_fund[plant,expand,2029] +25 public_fund[plant,expand,2031] +100 public_fund[works,build,2027]
        +100 public_fund[works,build,2028] +100 public_fund[works,build,2029] +100 reacted[plant,small,2028]
        +50 reacted[plant,expand,2028] +100 reacted[works,build,2028] +100 react[plant,small,2029]
        +50 react[plant,expand,2029] +100 react[works,build,2029] <= 900""",
    )


def test_what_a_branch_funds_is_capacity_there() -> None:
    """On line from 2029 or for one of the two years 2029 and 2030; 0.8 of it in 2028 alone, all later."""
    m = operations(REACTING, "blow")
    check(
        m,
        "C1",
        ("plant", "", 2029),
        """+1 run[plant,,make,commercial,2029] -20 fund[plant,small,2027] -20 fund[plant,small,2028]
        -10 fund[plant,small,2029] -30 fund[plant,large,2028] -60 fund[plant,large,2027] -10 fund[plant,expand,2028]
        -10 fund[plant,expand,2029] -20 react[plant,small,2028] -10 react[plant,small,2029]
        -10 react[plant,expand,2028] -5 react[plant,expand,2029] <= 0""",
    )
    assert "react" not in row(operations(REACTING), "C1", "plant", "", 2029)


BITES = (
    HEAD
    + MAGNET
    + TWO_CHANNELS
    + TOWN
    + """
periods: [2027, {year: 2028, years: 2}]
frictions: {magnet: {raise: 0.3}}
facilities:
  plant:
    stage: magnet
    country: USA
    recipes: {make: {capacity_use: 2}}
    capacity: 40
    contracted: 0.5
    options: [{id: build, capacity: 20, capex: 100, lead: 1, latest: 2027}]
scenarios:
- id: blow
  probability: 0.5
  onset: 2027
  effects: [{affects: facilities, where: {country: USA}, available: 0.8}]
- id: late
  probability: 0.1
  onset: 2028
  effects:
  - {affects: facilities, where: {country: USA}, available: 0.8}
  - {affects: options, where: {facility: plant}, delay: 1}
"""
)


def test_a1_activity_rises_slowly() -> None:
    """0.3 of 40 in the first year; in the second and third 0.6 and 0.9 of what then stands, 1.5 in all."""
    m = operations(BITES, "blow")
    check(
        m,
        "A1",
        ("plant", "", 2027),
        """+2 run[plant,,make,mdap,2027] +2 run[plant,,make,commercial,2027] -2 trunk_run[plant,,make,mdap,2027]
        -2 trunk_run[plant,,make,commercial,2027] <= 12""",
    )
    check(
        m,
        "A1",
        ("plant", "", 2028),
        """+2 run[plant,,make,mdap,2028] +2 run[plant,,make,commercial,2028] -2 trunk_run[plant,,make,mdap,2028]
        -2 trunk_run[plant,,make,commercial,2028] -30 fund[plant,build,2027] <= 60""",
    )
    assert m.owners["trunk_run"]["plant", "", "make", "mdap", 2028] == (
        "trunk",
        ("run", ("plant", "", "make", "mdap", 2028)),
    )
    assert not indices(operations(BITES), "A1")


def test_a2_contracts_hold_capacity() -> None:
    """Half of what the town has is held for the first year, 0.8 of it available; half of that in a period of two years.

    The branch of the delay looks at what the trunk has: 20 t in both years.
    """
    first = """+2 run[plant,,make,mdap,2027] +0.8 trunk_run[plant,,make,commercial,2027] <= 32"""
    check(operations(BITES, "blow"), "A2", ("plant", "", "mdap", 2027), first)
    assert indices(operations(BITES, "blow"), "A2") == {("plant", "", "mdap", 2027)}
    second = """+2 run[plant,,make,mdap,2028] +0.4 trunk_run[plant,,make,commercial,2028]
        -32 fund[plant,build,2027] <= 64"""
    check(operations(BITES, "late"), "A2", ("plant", "", "mdap", 2028), second)


def test_a3_stricter_channels_gain_slowly() -> None:
    """The half that is not under contract, and 0.3 of 40 raised."""
    text = """+2 run[plant,,make,mdap,2027] -2 trunk_run[plant,,make,mdap,2027]
        -1 trunk_run[plant,,make,commercial,2027] <= 12"""
    check(operations(BITES, "blow"), "A3", ("plant", "", "mdap", 2027), text)
    free = BITES.replace("{magnet: {raise: 0.3}}", "{magnet: {raise: 1}}")
    assert not indices(operations(free, "blow"), "A3")


SOURCES = (
    HEAD
    + TWO_CHANNELS
    + """
periods: [2027, {year: 2028, years: 2}]
materials:
  alloy: {stage: alloy, requalification: {mdap: {years: 1, multiple: 2}}}
  magnet:
    stage: magnet
    storage: {cost: 1}
    requalification: {mdap: {years: 1.5, multiple: 3, lots: 4}, commercial: {years: 0, multiple: 1}}
recipes:
  cast: {stage: alloy, outputs: {alloy: 1}, cost: 5}
  make: {stage: magnet, inputs: {alloy: 2}, outputs: {magnet: 0.5}, cost: 10}
facilities:
  caster: {stage: alloy, country: USA, recipes: [cast], capacity: 100}
  plant:
    stage: magnet
    country: USA
    recipes: {make: {capacity_use: 0.25}}
    capacity: 40
    options: [{id: build, capacity: 20, capex: 100, lead: 1, latest: 2027}]
  known: {stage: magnet, country: USA, recipes: [make], capacity: 40, known_for: {mdap: [magnet]}}
markets:
  army: {channel: mdap, country: USA, demand: [{product: magnet, tonnes: 10}]}
  town: {channel: commercial, country: USA, demand: [{product: magnet, tonnes: 10}]}
stockpiles:
  reserve: {country: USA, channel: mdap, materials: [magnet], public: false}
  shelf: {country: USA, channel: mdap, materials: [magnet], release: always}
scenarios:
- id: blow
  probability: 0.5
  onset: 2027
  effects: [{affects: facilities, where: {country: USA}, available: 0.8}]
- id: second
  parent: blow
  probability: 0.1
  onset: 2028
  effects: [{affects: facilities, where: {country: USA}, available: 0.5}]
"""
)


def test_q1_sourced_is_made() -> None:
    """Half a tonne per unit of activity in mdap; who is known already is not counted, nor what waits for no years."""
    check(
        operations(SOURCES),
        "Q1",
        ("plant", "magnet", "mdap", 2027),
        "+1 known[plant,magnet,mdap,2027] -0.5 run[plant,,make,mdap,2027] <= 0",
    )
    makers = {("caster", "alloy", "mdap"), ("plant", "magnet", "mdap")}
    assert indices(operations(SOURCES), "Q1") == {(*maker, y) for maker in makers for y in (2027, 2028)}
    assert not indices(operations(SOURCES, "blow"), "Q1")


def test_q2_sourced_is_taken() -> None:
    """The army and the reserve take magnets in mdap, not the town and not the shelf; both magnet makers take alloy."""
    check(
        operations(SOURCES),
        "Q2",
        ("magnet", "mdap", 2028),
        """+1 known[plant,magnet,mdap,2028] -1 deliver[army,0,magnet,mdap,2028]
        -1 stock_in[reserve,magnet,mdap,2028] <= 0""",
    )
    check(
        operations(SOURCES),
        "Q2",
        ("alloy", "mdap", 2027),
        """+1 known[caster,alloy,mdap,2027] -2 run[plant,,make,mdap,2027] -2 run[known,,make,mdap,2027] <= 0""",
    )


def test_q3_new_sources_wait() -> None:
    """All of 2027; of the two years from 2028 half a year, a quarter: 0.25*4*2, and 0.75*2*2 t per t of 40 and 20."""
    m = operations(SOURCES, "blow")
    check(
        m,
        "Q3",
        ("plant", "magnet", "mdap", 2027),
        "+0.5 run[plant,,make,mdap,2027] -3 trunk_known[plant,magnet,mdap,2027] <= 4",
    )
    check(
        m,
        "Q3",
        ("plant", "magnet", "mdap", 2028),
        """+0.5 run[plant,,make,mdap,2028] -0.75 trunk_known[plant,magnet,mdap,2028]
        -60 fund[plant,build,2027] <= 122""",
    )
    assert m.owners["trunk_known"]["plant", "magnet", "mdap", 2028] == (
        "trunk",
        ("known", ("plant", "magnet", "mdap", 2028)),
    )
    assert ("caster", "alloy", "mdap", 2028) not in indices(m, "Q3")
    assert not indices(operations(SOURCES), "Q3")


def test_q3_counts_from_the_first_blow() -> None:
    """In a branch that leaves another's in 2028 the year before counts: half a year is left, as in the parent's."""
    rows = [row(operations(SOURCES, course), "Q3", ("plant", "magnet", "mdap", 2028)) for course in ("blow", "second")]
    assert rows[0] == rows[1]


FUTURES = STOCK + "risk: {measure: %s}\n"
OUTAGE_COST = "+1 {first} -1 investment_cost[0] -1 trunk_cost[2027] -1 trunk_cost[2030] -1 branch_cost[outage]"
BASE_COST = "+1 {first} -1 investment_cost[0] -1 trunk_cost[2027] -1 trunk_cost[2028] -1 trunk_cost[2030]"


def test_y1_worst_case_is_no_less_than_any_future() -> None:
    """A future costs the investment, its branch, and the trunk before and after it; the base the whole trunk."""
    m = measure(FUTURES % "worst_case")
    check(m, "Y1", ("outage",), OUTAGE_COST.format(first="worst[0]") + " >= 0")
    check(m, "Y1", ("base",), BASE_COST.format(first="worst[0]") + " >= 0")


def test_y2_regret_is_cost_over_hindsight() -> None:
    """What a future would have cost someone who knew is taken off."""
    m = measure(FUTURES % "regret", {"base": 700.0, "outage": 900.0})
    check(m, "Y2", ("outage",), OUTAGE_COST.format(first="worst[0]") + " >= -900")
    check(m, "Y2", ("base",), BASE_COST.format(first="worst[0]") + " >= -700")


def test_y3_excess_is_cost_over_the_level() -> None:
    """What a future costs over the level of the tail."""
    m = measure(FUTURES % "cvar, alpha: 0.5, weight: 0.4")
    text = OUTAGE_COST.format(first="excess[outage]") + " +1 level[0] >= 0"
    check(m, "Y3", ("outage",), text)


def test_y4_second_pass_keeps_the_value_reached() -> None:
    """0.6 of the mean and 0.4 of the tail: level, and the excesses by probability over 1 - 0.5."""
    m = measure(FUTURES % "cvar, alpha: 0.5, weight: 0.4", ceiling=1234.0)
    check(
        m,
        "Y4",
        (0,),
        """+0.6 investment_cost[0] +0.6 trunk_cost[2027] +0.3 trunk_cost[2028] +0.6 trunk_cost[2030]
        +0.3 branch_cost[outage] +0.4 level[0] +0.4 excess[base] +0.4 excess[outage] <= 1234""",
    )
    assert not indices(measure(FUTURES % "cvar, alpha: 0.5, weight: 0.4"), "Y4")


LEVELS = (
    HEAD
    + MAGNET
    + TWO_CHANNELS
    + """
periods: [2027, {year: 2028, years: 2}]
facilities:
  plant: {stage: magnet, country: USA, recipes: [make], capacity: 10}
markets:
  programs:
    channel: mdap
    country: USA
    demand:
    - {product: magnet, tonnes: 10, shortage_cost: 0}
    - {product: magnet, tonnes: 5, shortage_cost: 7}
    - {product: magnet, tonnes: 1}
  town: {channel: commercial, country: USA, demand: [{product: magnet, tonnes: 20, shortage_cost: 1}]}
scenarios:
- id: outage
  probability: 0.25
  onset: 2028
  effects: [{affects: facilities, where: {id: plant}, available: 0}]
lexicographic: [service, cost]
"""
)


def test_v1_short_of_channel_is_over_all_its_lines_that_may_be_short() -> None:
    """Lines that must be met are never short; without levels there is no such row."""
    m = operations(LEVELS)
    check(
        m, "V1", ("mdap", 2028), "+1 short[programs,0,2028] +1 short[programs,1,2028] -1 channel_short[mdap,2028] <= 0"
    )
    check(m, "V1", ("commercial", 2027), "+1 short[town,0,2027] -1 channel_short[commercial,2027] <= 0")
    assert m.channel_short["mdap", 2028].ub == 30
    assert not indices(operations(LEVELS.replace("lexicographic: [service, cost]", "")), "V1")


def test_v2_short_within_cap_weighs_a_course_by_its_chance() -> None:
    """All futures are on the trunk in 2027; three quarters of the probability stay on it."""
    network = network_from(LEVELS)
    keys: list[Key] = [("channel_short", (k, t)) for k in ("mdap", "commercial") for t in (2027, 2028)]
    columns = {"trunk": keys, "outage": [key for key in keys if key[1][1] == 2028]}  # type: ignore[index]
    m = assemble.service_caps(network, {"mdap": 3.0}, columns)[0]
    check(
        m,
        "V2",
        ("mdap",),
        """+1 short_in_course[trunk,mdap,2027] +0.75 short_in_course[trunk,mdap,2028]
        +0.25 short_in_course[outage,mdap,2028] <= 3""",
    )
    assert indices(m, "V2") == {"mdap"}


NEED = (
    HEAD
    + MAGNET
    + TWO_CHANNELS
    + """
periods: [{year: 2027, years: 2}]
facilities:
  plant:
    stage: magnet
    country: USA
    recipes: [make]
    capacity: 4
    options:
    - {id: small, capacity: 3, capex: 100, lead: 0}
    - {id: large, capacity: 30, capex: 200, lead: 0}
  exposed:
    stage: magnet
    country: CHN
    recipes: [make]
    capacity: 100
markets:
  town: {channel: mdap, country: USA, demand: [{product: magnet, tonnes: 10, shortage_cost: 1000}]}
stockpiles:
  shed:
    country: USA
    channels: [mdap, commercial]
    materials: [magnet]
    initial: {magnet: {mdap: 5}}
    holding_cost: {magnet: 1}
    release: always
"""
)


def test_n1_what_stands_leaves_a_need() -> None:
    """Of 20 t in two years the plant makes 8: the small option covers half of the rest, the large no more than all."""
    m = needs(NEED)
    check(
        m,
        "N1",
        (0, 2027),
        """+0.5 fund[plant,small,2027] +1 fund[plant,large,2027] +0.08333333333 short[town,0,2027]
        +0.08333333333 stock_out[shed,magnet,mdap,2027] >= 1""",
    )
    assert indices(m, "N1") == {(0, 2027)}


BOOKS = (
    HEAD
    + COMMERCIAL
    + TOWN
    + """
periods: [2027, 2028]
materials: {oxide: {stage: separation, price: 1.0e+6}, magnet: {stage: magnet, price: 8.0e+6}}
recipes:
  separate: {stage: separation, outputs: {oxide: 1}, cost: 10}
  press: {stage: magnet, inputs: {oxide: 1}, outputs: {magnet: 1}, cost: 4.0e+6}
facilities:
  mine: {stage: separation, country: USA, recipes: [separate], capacity: 20}
  works:
    stage: magnet
    country: USA
    recipes: [press]
    capacity: 0
    options: [{id: build, capacity: 10, capex: 5.0e+7, fixed_cost: 2.0e+6, lead: 1, life: 4, public_share: 0.2}]
policy: {budget: {annual: 1.0e+9}}
finance:
  hurdle_rate: 0.25
  viability: true
  instruments:
  - {id: aid, kind: grant, max_share: 0.5, cap: 3.0e+7, cap_per_recipient: 2.0e+7}
  - {id: more, kind: production_credit, material: magnet, amount: 2.0e+5}
  - {id: costs, kind: cost_credit, stage: magnet, share: 0.1}
"""
)


def test_i1_a_grant_is_a_share_of_capex() -> None:
    """M USD: half of 50."""
    m = investment(BOOKS)
    check(m, "I1", ("aid", "works", "build", 2027), "+1 capital[aid,works,build,2027] -25 fund[works,build,2027] <= 0")
    assert indices(m, "I1") == {("aid", "works", "build", 2027)}


def test_i2_grants_and_the_public_share_pay_for_no_more_than_there_is() -> None:
    """A fifth is public already."""
    check(investment(BOOKS), "I2", ("works", "build", 2027),
          "+1 capital[aid,works,build,2027] -40 fund[works,build,2027] <= 0")  # fmt: skip


def test_i3_a_programme_has_so_much() -> None:
    """30 M USD over all."""
    check(investment(BOOKS), "I3", ("aid",), "+1 capital[aid,works,build,2027] <= 30")


def test_i4_a_facility_gets_so_much_of_it() -> None:
    """20 M USD to one."""
    check(investment(BOOKS), "I4", ("aid", "works"), "+1 capital[aid,works,build,2027] <= 20")


def test_i5_what_is_sold_is_made() -> None:
    """Where the works stand; the mine keeps no books, and nothing is paid on oxide."""
    m = operations(BOOKS)
    check(m, "I5", ("works", "", "magnet", "commercial", 2028),
          "+1 sold[works,,magnet,commercial,2028] -1 run[works,,press,commercial,2028] <= 0")  # fmt: skip
    assert indices(m, "I5") == {("works", "", "magnet", "commercial", 2028)}


def test_i6_what_is_made_and_not_sold_is_thrown_away() -> None:
    """At the hub, where it is left; what is sold as surplus counts as sold."""
    sold = "+1 run[works,,press,commercial,2028] -1 sold[works,,magnet,commercial,2028]"
    check(operations(BOOKS), "I6", ("hub:world", "magnet", 2028),
          f"{sold} -1 surplus[hub:world,magnet,commercial,2028] = 0")  # fmt: skip
    open_ = BOOKS.replace("price: 8.0e+6}", "price: 8.0e+6, sell: true}")
    check(operations(open_), "I6", ("hub:world", "magnet", 2028), f"{sold} = 0")


def test_i7_what_a_facility_earns() -> None:
    """8 and a credit of 0.2 a t, less 4, of which a tenth comes back, and 1 of oxide; 46 and 2 fixed may be lost."""
    m = operations(BOOKS)
    check(m, "I7", ("works", 2028),
          """+1 earned[works,2028] -8.2 sold[works,,magnet,commercial,2028] +4.6 run[works,,press,commercial,2028]
          +2 fund[works,build,2027] <= 48""")  # fmt: skip
    check(m, "I7", ("works", 2027), "+1 earned[works,2027] <= 0")
    assert m.earned["works", 2028].ub == pytest.approx(48 + 36)


def test_i8_what_is_funded_breaks_even() -> None:
    """At 25 percent: 0.8 of what is earned above 48 of loss; 40 are private, of 37.5 left in 2029 0.64 count."""
    check(operations(BOOKS), "I8", ("works",),
          """+1 earned[works,2027] +0.8 earned[works,2028] -16 funded[works,build,2027]
          +1 given[aid,works,build,2027] >= 38.4""")  # fmt: skip
    standing = BOOKS.replace("capacity: 0\n", "capacity: 5\n    fixed_cost: 1.0e+6\n")
    # What stands can lose 5 x 4.6 and 1 a year: 24 and 0.8 x 24; with the new 10 t it is 72 in 2028.
    check(operations(standing), "I8", ("works",),
          """+1 earned[works,2027] +0.8 earned[works,2028] -59.2 funded[works,build,2027]
          +1 given[aid,works,build,2027] >= 38.4""")  # fmt: skip


def test_i9_what_an_instrument_pays_is_outlay() -> None:
    """By the t sold, and by what activity costs."""
    m = operations(BOOKS)
    check(m, "I9", ("more", 2028), "-1 credited[more,2028] +0.2 sold[works,,magnet,commercial,2028] <= 0")
    check(m, "I9", ("costs", 2028), "-1 credited[costs,2028] +0.4 run[works,,press,commercial,2028] <= 0")
    assert not indices(operations(BOOKS.replace("policy: {budget: {annual: 1.0e+9}}\n", "")), "I9")


CHOSEN = BOOKS[: BOOKS.index("  - {id: aid")] + (
    """
  - {id: aid, kind: grant, max_share: 0.5, not_with: [bank, more]}
  - {id: bank, kind: loan, max_share: 0.4, rate: 0.1, term: 5, expected_loss: 0.5}
  - {id: shares, kind: equity, max_share: 0.1, dividend: 0.05, redeemed: 9}
  - {id: more, kind: production_credit, material: magnet, amount: 2.0e+5, decided: true, recipients: 3, cap: 1.0e+6}
  - {id: floor, kind: price_floor, material: magnet, floor: 7.0e+6, upside: 0.5, decided: true}
"""
)


STAKED = BOOKS[: BOOKS.index("  - {id: aid")] + (
    """
  - {id: stake, kind: stake, share: 0.5, pays: 0.6}
  - {id: other, kind: stake, share: 0.6, recipients: 4}
  - {id: more, kind: production_credit, material: magnet, amount: 2.0e+5}
  - {id: costs, kind: cost_credit, stage: magnet, share: 0.1}
"""
)


def test_i23_a_stake_is_paid_in_whole() -> None:
    """M USD: 0.6 of the 40 that are private."""
    m = investment(STAKED)
    gives = "capital[stake,works,build,2027]"
    check(m, "I1", ("stake", "works", "build", 2027), f"+1 {gives} -24 fund[works,build,2027] <= 0")
    check(m, "I10", ("stake", "works", "build"), f"+1 {gives} -24 recipient[stake,works] <= 0")
    check(m, "I23", ("stake", "works", "build"),
          f"-1 {gives} +24 fund[works,build,2027] +24 recipient[stake,works] <= 24")  # fmt: skip
    assert indices(m, "I23") == {("stake", "works", "build"), ("other", "works", "build")}


def test_i24_a_stake_is_in_what_is_funded() -> None:
    check(investment(STAKED), "I24", ("stake", "works"), "+1 recipient[stake,works] -1 fund[works,build,2027] <= 0")


def test_i25_who_does_not_take_a_stake_holds_none() -> None:
    check(investment(STAKED), "I25", ("stake", "works", 2028),
          "+1 held[stake,works,2028] -1 recipient[stake,works] <= 0")  # fmt: skip


def test_i26_a_stake_is_not_held_before_it_is_paid_in() -> None:
    m = investment(STAKED)
    check(m, "I26", ("stake", "works", 2028), "+1 held[stake,works,2028] -1 fund[works,build,2027] <= 0")
    assert indices(m, "I26") == {(i, "works", t) for i in ("stake", "other") for t in (2027, 2028)}


def test_i27_from_then_on_it_is_held() -> None:
    check(investment(STAKED), "I27", ("stake", "works", "build", 2028),
          "+1 fund[works,build,2027] +1 recipient[stake,works] -1 held[stake,works,2028] <= 1")  # fmt: skip


def test_i28_stakes_have_no_more_than_all() -> None:
    """0.5 and 0.6; what could not be more than all needs no row. At most four of the one."""
    m = investment(STAKED)
    check(m, "I28", ("works",), "+0.5 recipient[stake,works] +0.6 recipient[other,works] <= 1")
    check(m, "I12", ("other",), "+1 recipient[other,works] <= 4")
    assert not indices(investment(STAKED.replace("share: 0.6", "share: 0.4")), "I28")


def test_i29_a_share_is_of_who_holds_it() -> None:
    """48 can be lost in 2028 and 36 earned; in 2027 neither."""
    m = operations(STAKED)
    check(m, "I29", ("stake", "works", 2028), "+1 shared[stake,works,2028] -84 holds[stake,works,2028] <= 0")
    assert indices(m, "I29") == {("stake", "works", 2028), ("other", "works", 2028)}


def test_i30_a_share_is_of_what_is_earned() -> None:
    check(operations(STAKED), "I30", ("stake", "works", 2028),
          "+1 shared[stake,works,2028] -1 earned[works,2028] <= 0")  # fmt: skip


def test_i31_a_share_is_of_all_of_it() -> None:
    check(operations(STAKED), "I31", ("stake", "works", 2028),
          "+1 earned[works,2028] -1 shared[stake,works,2028] +84 holds[stake,works,2028] <= 84")  # fmt: skip


def test_i32_losses_are_borne() -> None:
    """Half of 48 at most, and all of that is outlay."""
    m = operations(STAKED)
    check(m, "I32", ("stake", "works", 2028),
          "-1 borne[stake,works,2028] -0.5 shared[stake,works,2028] +24 holds[stake,works,2028] <= 0")  # fmt: skip
    assert m.borne["stake", "works", 2028].ub == pytest.approx(24)
    check(m, "B1", (2028,),
          """+1000000 borne[stake,works,2028] +1000000 borne[other,works,2028] +1000000 credited[more,2028]
          +1000000 credited[costs,2028] <= 1000000000""")  # fmt: skip


def test_i8_a_stake_has_its_share() -> None:
    """Of 37.5 left in 2029 a half is 18.75 for 24 paid in, at 0.64: half of each dollar. 0.8 x 0.5 of 48 of loss."""
    check(operations(STAKED), "I8", ("works",),
          """+1 earned[works,2027] +0.8 earned[works,2028] -16 funded[works,build,2027]
          +0.5 given[stake,works,build,2027] +0.4 given[other,works,build,2027]
          -0.4 shared[stake,works,2028] +19.2 holds[stake,works,2028]
          -0.48 shared[other,works,2028] +23.04 holds[other,works,2028] >= 38.4""")  # fmt: skip


def test_i8_what_is_lent_is_paid_back() -> None:
    """A dollar of 2027 is 1.21 in 2029, when all is due: 0.64 of it counts. Of shares it is 1.05, dividend included."""
    check(operations(CHOSEN), "I8", ("works",),
          """+1 earned[works,2027] +0.8 earned[works,2028] -16 funded[works,build,2027]
          +1 given[aid,works,build,2027] +0.2256 given[bank,works,build,2027]
          +0.328 given[shares,works,build,2027] >= 41.6""")  # fmt: skip


def test_b1_what_is_lent_costs_what_is_not_expected_back() -> None:
    """A fifth of 50; a grant whole; of a loan 1 less half of 1.21, of shares nothing: 1.05 come back."""
    check(operations(CHOSEN), "B1", (2027,),
          """+10000000 public_fund[works,build,2027] +1000000 given[aid,works,build,2027]
          +395000 given[bank,works,build,2027] <= 1000000000""")  # fmt: skip


def test_i10_only_recipients_are_given_what_excludes_something() -> None:
    """0.4 of 50; shares exclude nothing, and nothing excludes them."""
    m = investment(CHOSEN)
    check(m, "I10", ("bank", "works", "build"), "+1 capital[bank,works,build,2027] -20 recipient[bank,works] <= 0")
    assert indices(m, "I10") == {("aid", "works", "build"), ("bank", "works", "build")}


def test_i11_nobody_takes_both() -> None:
    """The grant says so of the loan and the credit; the mine makes no magnets."""
    m = investment(CHOSEN)
    check(m, "I11", ("aid", "bank", "works"), "+1 recipient[aid,works] +1 recipient[bank,works] <= 1")
    assert indices(m, "I11") == {("aid", "bank", "works"), ("aid", "more", "works")}


def test_i12_so_many_are_chosen() -> None:
    """Three at most; where nothing is said as many as there are."""
    m = investment(CHOSEN)
    check(m, "I12", ("more",), "+1 recipient[more,works] <= 3")
    check(m, "I12", ("floor",), "+1 recipient[floor,works] <= 1")


def test_i13_only_the_chosen_are_paid() -> None:
    """10 t a year at 0.2; the floor is a million below the price, of which half is owed."""
    m = operations(CHOSEN)
    check(m, "I13", ("more", "works", "pays", 2028), "+1 awarded[more,works,pays,2028] -2 chosen[more,works] <= 0")
    check(m, "I13", ("floor", "works", "earns", 2028), "+1 awarded[floor,works,earns,2028] -5 chosen[floor,works] <= 0")
    assert indices(m, "I13") == {("more", "works", "pays", 2028), ("floor", "works", "earns", 2028)}


def test_i14_for_what_they_sell() -> None:
    """0.2 a t."""
    check(operations(CHOSEN), "I14", ("more", "works", "pays", 2028),
          "+1 awarded[more,works,pays,2028] -0.2 sold[works,,magnet,commercial,2028] <= 0")  # fmt: skip


def test_i15_for_all_of_it() -> None:
    """Of those that are not chosen 2 may be sold for."""
    check(operations(CHOSEN), "I15", ("more", "works", "pays", 2028),
          """-1 awarded[more,works,pays,2028] +0.2 sold[works,,magnet,commercial,2028] +2 chosen[more,works]
          <= 2""")  # fmt: skip


def test_i16_so_much_is_paid_to_the_chosen() -> None:
    """A million over all years."""
    m = operations(CHOSEN)
    check(m, "I16", ("more", ""), "+1 awarded[more,works,pays,2028] <= 1")
    assert indices(m, "I16") == {("more", "")}
    m = operations(CHOSEN.replace("cap: 1.0e+6", "cap_per_recipient: 5.0e+5"))
    check(m, "I16", ("more", "works"), "+1 awarded[more,works,pays,2028] <= 0.5")
    assert indices(m, "I16") == {("more", "works")}


def test_i17_nobody_agrees_to_what_only_takes() -> None:
    """At 25 percent; a credit never takes."""
    m = operations(CHOSEN)
    check(m, "I17", ("floor", "works"), "-0.8 awarded[floor,works,earns,2028] >= 0")
    assert indices(m, "I17") == {("floor", "works")}


def test_i7_the_chosen_earn_more_or_less() -> None:
    """By what they are paid, and by what they owe; 46 + 2 can be lost, and 36 earned more than that."""
    m = operations(CHOSEN)
    check(m, "I7", ("works", 2028),
          """+1 earned[works,2028] -8 sold[works,,magnet,commercial,2028] +5 run[works,,press,commercial,2028]
          +2 fund[works,build,2027] -1 awarded[more,works,pays,2028]
          +1 awarded[floor,works,earns,2028] <= 52""")  # fmt: skip
    assert m.earned["works", 2028].ub == pytest.approx(52 + 32)


def test_i9_what_the_chosen_are_paid_is_outlay() -> None:
    """What an instrument earns is no budget."""
    m = operations(CHOSEN)
    check(m, "I9", ("more", 2028), "-1 credited[more,2028] +1 awarded[more,works,pays,2028] <= 0")
    check(m, "I9", ("floor", 2028), "-1 credited[floor,2028] -1 awarded[floor,works,earns,2028] <= 0")


BOUGHT = BOOKS[: BOOKS.index("  - {id: aid")].replace(COMMERCIAL, TWO_CHANNELS).replace("fixed_cost: 2.0e+6, ", "") + (
    """
  - {id: buy, kind: purchase, stockpile: store, material: magnet, price: 9.0e+6, tonnes: 6, cap: 2.5e+6, recipients: 1}
  - id: late
    kind: purchase
    stockpile: store
    material: magnet
    price: {2027: reference, 2028: 8.5e+6}
    not_with: [buy]
stockpiles: {store: {country: USA, channels: [mdap, commercial], materials: [magnet], holding_cost: {magnet: 1}}}
"""
)
STRICT, LOOSE = "works,,magnet,mdap", "works,,magnet,commercial"


def test_i18_a_tonne_is_bought_once() -> None:
    """By one of two that are open all year; nothing is bought at the reference price."""
    m = operations(BOUGHT)
    check(m, "I18", ("works", "", "magnet", "mdap", 2028, 2028),
          f"+1 bought[buy,{STRICT},2028] +1 bought[late,{STRICT},2028] -1 sold[{STRICT},2028] <= 0")  # fmt: skip
    assert indices(m, "I18") == {("works", "", "magnet", k, 2028, 2028) for k in ("mdap", "commercial")}
    assert m.bought["buy", "works", "", "magnet", "mdap", 2028].ub == pytest.approx(6)
    assert m.bought["late", "works", "", "magnet", "mdap", 2028].ub == pytest.approx(10)


def test_i18_in_the_years_in_which_it_is_open() -> None:
    """Of 2028 to 2031 the one buys in 2030 and 2031, the other in 2029 and 2030, each as much in both of its years."""
    m = operations(
        BOUGHT.replace("[2027, 2028]", "[2027, {year: 2028, years: 4}]")
        .replace("tonnes: 6, cap", "from: 2030, cap")
        .replace("2028: 8.5e+6}", "2029: 8.5e+6, 2031: 7.0e+6}")
    )
    share = "-0.25 sold[works,,magnet,mdap,2028] <= 0"
    one, other = (f"+0.5 bought[{i},works,,magnet,mdap,2028]" for i in ("buy", "late"))
    sale = ("works", "", "magnet", "mdap", 2028)
    check(m, "I18", (*sale, 2029), f"{other} {share}")
    check(m, "I18", (*sale, 2030), f"{one} {other} {share}")
    check(m, "I18", (*sale, 2031), f"{one} {share}")
    assert {index[-1] for index in indices(m, "I18")} == {2029, 2030, 2031}


def test_i21_in_each_year_in_which_it_buys() -> None:
    """In 2029 4 t and in 2030 9, of years in which it pays above the price; none in 2028, none in 2031."""
    m = operations(
        BOUGHT.replace("[2027, 2028]", "[2027, {year: 2028, years: 4}]")
        .replace(
            "price: 9.0e+6, tonnes: 6", "price: {2027: reference, 2029: 9.0e+6}, tonnes: {2027: 4, 2030: 9, 2031: 0}"
        )
        .replace("    not_with: [buy]\n", "")
    )
    both = f"+0.5 bought[buy,{STRICT},2028] +0.5 bought[buy,{LOOSE},2028]"
    check(m, "I21", ("buy", 2029), f"{both} <= 4")
    check(m, "I21", ("buy", 2030), f"{both} <= 9")
    assert indices(m, "I21") == {("buy", 2029), ("buy", 2030)}
    assert m.bought["buy", "works", "", "magnet", "mdap", 2028].ub == pytest.approx(8)
    check(m, "I19", ("buy", "works", 2028),
          f"+1 bought[buy,{STRICT},2028] +1 bought[buy,{LOOSE},2028] -13 seller[buy,works] <= 0")  # fmt: skip


def test_i19_of_sellers_alone() -> None:
    """By what is bought at most, or by capacity: 6 t, and 10."""
    m = operations(BOUGHT)
    check(m, "I19", ("buy", "works", 2028),
          f"+1 bought[buy,{STRICT},2028] +1 bought[buy,{LOOSE},2028] -6 seller[buy,works] <= 0")  # fmt: skip
    check(m, "I19", ("late", "works", 2028),
          f"+1 bought[late,{STRICT},2028] +1 bought[late,{LOOSE},2028] -10 seller[late,works] <= 0")  # fmt: skip
    assert not indices(operations(BOUGHT.replace(", recipients: 1", "").replace("    not_with: [buy]\n", "")), "I19")


def test_i11_nobody_sells_to_both() -> None:
    """And the one buys of one at most."""
    m = investment(BOUGHT)
    check(m, "I11", ("buy", "late", "works"), "+1 recipient[buy,works] +1 recipient[late,works] <= 1")
    check(m, "I12", ("buy",), "+1 recipient[buy,works] <= 1")
    assert indices(m, "I12") == {"buy"}


def test_i20_what_is_bought_arrives() -> None:
    """What is made in the looser channel in that alone, the rest in either."""
    m = operations(BOUGHT)
    loose = f"+1 bought[buy,{LOOSE},2028] +1 bought[late,{LOOSE},2028] -1 stock_in[store,magnet,commercial,2028]"
    check(m, "I20", ("store", "hub:world", "magnet", "commercial", 2028), f"{loose} <= 0")
    check(m, "I20", ("store", "hub:world", "magnet", "mdap", 2028),
          f"""{loose} +1 bought[buy,{STRICT},2028] +1 bought[late,{STRICT},2028]
          -1 stock_in[store,magnet,mdap,2028] <= 0""")  # fmt: skip


def test_i20_by_lanes_of_the_seller() -> None:
    """The lane to the town brings nothing into the store."""
    lanes = """
lanes:
- {from: works, to: town, material: magnet, cost: 1}
- {from: works, to: store, material: magnet, cost: 1, channel: mdap}
"""
    m = operations(BOUGHT + lanes)
    check(m, "I20", ("store", "works", "magnet", "mdap", 2028),
          f"""+1 bought[buy,{LOOSE},2028] +1 bought[late,{LOOSE},2028] +1 bought[buy,{STRICT},2028]
          +1 bought[late,{STRICT},2028] -1 flow[1,magnet,mdap,2028] <= 0""")  # fmt: skip
    check(m, "I20", ("store", "works", "magnet", "commercial", 2028),
          f"+1 bought[buy,{LOOSE},2028] +1 bought[late,{LOOSE},2028] <= 0")  # fmt: skip


def test_i21_so_much_is_bought() -> None:
    """6 t in a year; the other says nothing."""
    m = operations(BOUGHT)
    check(m, "I21", ("buy", 2028), f"+1 bought[buy,{STRICT},2028] +1 bought[buy,{LOOSE},2028] <= 6")
    assert indices(m, "I21") == {("buy", 2028)}


def test_i22_premiums_within_the_cap() -> None:
    """2.5 M USD above reference prices, by thousandths: a million a t."""
    m = operations(BOUGHT)
    bought = "{0} bought[buy,works,,magnet,mdap,2028] {0} bought[buy,works,,magnet,commercial,2028]"
    check(m, "I22", ("buy", ""), f"{bought.format('+400')} <= 1000")
    assert indices(m, "I22") == {("buy", "")}
    m = operations(BOUGHT.replace("cap: 2.5e+6", "cap_per_recipient: 0"))
    check(m, "I22", ("buy", "works"), f"{bought.format('+1000000')} <= 0")
    assert indices(m, "I22") == {("buy", "works")}


def test_i7_sellers_earn_more() -> None:
    """A million a t above the price, or half of it; 50 can be lost, and 40 earned."""
    m = operations(BOUGHT)
    bought = " ".join(
        f"-{usd} bought[{i},{sale},2028]" for i, usd in (("buy", 1), ("late", 0.5)) for sale in (STRICT, LOOSE)
    )
    check(m, "I7", ("works", 2028),
          f"""+1 earned[works,2028] -8 sold[{STRICT},2028] -8 sold[{LOOSE},2028] +5 run[works,,press,mdap,2028]
          +5 run[works,,press,commercial,2028] {bought} <= 50""")  # fmt: skip
    assert m.earned["works", 2028].ub == pytest.approx(50 + 40)


def test_i9_what_is_paid_above_the_price_is_outlay() -> None:
    """The price itself is the stockpile's purchase."""
    check(operations(BOUGHT), "I9", ("late", 2028),
          f"-1 credited[late,2028] +0.5 bought[late,{STRICT},2028] +0.5 bought[late,{LOOSE},2028] <= 0")  # fmt: skip


PRICED = (
    BOUGHT.replace("price: 1.0e+6}", "price: 1.0e+6, channel_factor: {mdap: 1.25}}")
    .replace("price: 8.0e+6}", "price: 8.0e+6, channel_factor: {mdap: 1.5}}")
    .replace("price: 9.0e+6, tonnes", "price: 1.3e+7, tonnes")
    .replace("2028: 8.5e+6", "2028: 1.25e+7")
    .replace("cap: 2.5e+6, ", "")
    .replace("town: {channel: commercial", "town: {channel: mdap")
    .replace("recipes: [separate], capacity: 20}",
             "recipes: [separate], capacity: 20, options: [{id: more, capacity: 5, capex: 100, lead: 1, life: 9}]}")
)  # fmt: skip
"""The reserve pays 12 M USD a t of the strict channel, trade takes what is left of it; the mine keeps books as well."""
PART, ORE = "premium[works,,magnet,mdap,mdap,2028]", "premium[mine,,oxide,mdap,mdap,2028]"
TAKEN = "-1 deliver[town,0,magnet,mdap,2028] -1 stock_in[store,magnet,mdap,2028]"


def test_i40_a_tonne_has_one_price() -> None:
    """Of the strict channel alone."""
    m = operations(PRICED)
    check(m, "I40", ("works", "", "magnet", "mdap", 2028), f"+1 {PART} -1 sold[{STRICT},2028] <= 0")
    sales = [("works", "", "magnet", "mdap", 2028), *(("mine", "", "oxide", "mdap", y) for y in (2027, 2028))]
    assert indices(m, "I40") == set(sales)


def test_i40_of_two_channels_the_strictest_has_both_prices() -> None:
    """What is made in the stricter one is sold at its price, or at that of the other."""
    text = PRICED.replace("channels: {mdap:", "channels: {home: {tiers: [domestic]}, mdap:").replace(
        "{mdap: 1.5}", "{home: 2.0, mdap: 1.5}"
    ).replace("price: 1.3e+7, tonnes", "price: 1.7e+7, tonnes")  # fmt: skip
    m = operations(text.replace("town: {channel: mdap", "town: {channel: home"))
    sale = "works,,magnet,home"
    check(m, "I40", ("works", "", "magnet", "home", 2028),
          f"+1 premium[{sale},home,2028] +1 premium[{sale},mdap,2028] -1 sold[{sale},2028] <= 0")  # fmt: skip
    check(m, "I41", ("magnet", "home", 2028), f"+1 premium[{sale},home,2028] -1 deliver[town,0,magnet,home,2028] <= 0")
    check(m, "I41", ("magnet", "mdap", 2028),
          f"""+1 premium[{sale},home,2028] +1 premium[{sale},mdap,2028] +1 {PART}
          -1 deliver[town,0,magnet,home,2028] -1 stock_in[store,magnet,mdap,2028] <= 0""")  # fmt: skip


def test_i41_users_pay_it() -> None:
    """The market and the reserve for magnets; for oxide the activity that is for them."""
    m = operations(PRICED)
    check(m, "I41", ("magnet", "mdap", 2028), f"+1 {PART} {TAKEN} <= 0")
    check(m, "I41", ("oxide", "mdap", 2028), f"+1 {ORE} -1 strict[press,magnet,mdap,2028] <= 0")
    working = PRICED.replace("stockpiles: {store: {", "stockpiles: {store: {release: always, public: true, ")
    working = working[: working.index("  - {id: buy")] + working[working.index("stockpiles") :]
    check(operations(working.replace("instruments:", "instruments: []")), "I41", ("magnet", "mdap", 2028),
          f"+1 {PART} -1 deliver[town,0,magnet,mdap,2028] <= 0")  # fmt: skip


def test_i42_activity_for_users_is_run() -> None:
    """In the strict channel."""
    m = operations(PRICED)
    check(m, "I42", ("press", "mdap", 2028), "+1 strict[press,magnet,mdap,2028] -1 run[works,,press,mdap,2028] <= 0")
    assert indices(m, "I42") == {("press", "mdap", 2028)}


def test_i43_activity_for_users_makes_what_they_take() -> None:
    """A tonne a unit of activity."""
    m = operations(PRICED)
    check(m, "I43", ("magnet", "mdap", 2028), f"+1 strict[press,magnet,mdap,2028] {TAKEN} <= 0")
    assert indices(m, "I43") == {("magnet", "mdap", 2028)}


def test_i44_what_is_bought_is_sold_at_the_price_that_the_reserve_pays() -> None:
    """In the strict channel; what is bought in the looser one is at the reference price."""
    m = operations(PRICED)
    check(m, "I44", ("works", "", "magnet", "mdap", "mdap", 2028, 2028),
          f"+1 bought[buy,{STRICT},2028] +1 bought[late,{STRICT},2028] -1 {PART} <= 0")  # fmt: skip
    assert indices(m, "I44") == {("works", "", "magnet", "mdap", "mdap", 2028, 2028)}


def test_i45_what_strict_users_take_is_sold() -> None:
    """But for what is thrown away or goes to looser users; only where an instrument pays by the tonne."""
    assert not indices(operations(PRICED), "I45")
    credit = "instruments:\n  - {id: more, kind: production_credit, material: magnet, amount: 2.0e+5}\n"
    paid = PRICED.replace("instruments:\n", credit)
    assert paid != PRICED
    m = operations(paid)
    check(m, "I45", ("hub:world", "magnet", "mdap", 2028),
          f"""+1 run[works,,press,mdap,2028] -1 sold[{STRICT},2028] -1 surplus[hub:world,magnet,mdap,2028]
          -1 downgrade[hub:world,magnet,mdap,2028] <= 0""")  # fmt: skip
    assert indices(m, "I45") == {("hub:world", "magnet", "mdap", 2028)}
    sold = paid.replace("channel_factor: {mdap: 1.5}}", "channel_factor: {mdap: 1.5}, sell: true}")
    assert sold != paid
    assert not indices(operations(sold), "I45"), "surplus that is sold counts as sold, so there is nothing to say"


def test_i7_what_users_pay_is_earned_and_inputs_are_dearer() -> None:
    """4 of 8 above the price, and a purchase 1 or 0.5 above 12 in the one channel, 5 or 4.5 above 8 in the other."""
    m = operations(PRICED)
    usd = {("buy", STRICT): 1, ("late", STRICT): 0.5, ("buy", LOOSE): 5, ("late", LOOSE): 4.5}
    bought = " ".join(f"-{each} bought[{i},{sale},2028]" for (i, sale), each in usd.items())
    check(m, "I7", ("works", 2028),
          f"""+1 earned[works,2028] -8 sold[{STRICT},2028] -8 sold[{LOOSE},2028] -4 {PART}
          +5.25 run[works,,press,mdap,2028] +5 run[works,,press,commercial,2028] {bought} <= 52.5""")  # fmt: skip


def test_b1_a_reserve_pays_the_price_of_its_channel() -> None:
    """12 M USD for what comes in of the strict channel, 8 for the other."""
    found = row(operations(PRICED), "B1", 2028)
    assert "+12000000 stock_in[store,magnet,mdap,2028]" in found
    assert "+8000000 stock_in[store,magnet,commercial,2028]" in found


def test_every_label_has_a_row_written_by_hand() -> None:
    """A constraint whose rows nobody has written out by hand is not in the model."""
    tests = inspect.getmembers(sys.modules[__name__], inspect.isfunction)
    named = {
        found.group(1).upper(): function for name, function in tests if (found := re.match(r"test_([a-z]\d+)_", name))
    }
    for label, function in named.items():
        assert f'"{label}"' in inspect.getsource(function), f"the test named after {label} checks another one"
    assert set(named) == set(labels_in_model())
