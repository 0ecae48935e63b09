"""Rules that mean nothing, rules that cannot hold, and the budget."""

from __future__ import annotations

import pytest

from .conftest import Find

ALLY = """
facilities:
  ally: {stage: magnet, country: AUS, recipes: [press], capacity: 30, owners: {acme: 1}, source: a, confidence: A}
"""


def _rules(*rules: str) -> str:
    return "policy: {rules: [" + ", ".join(rules) + "]}"


def _ways(find: Find, *changes: str) -> list[tuple[str, str]]:
    return [(finding.data["way"], finding.severity) for finding in find("hollow_rule", *changes)]


def test_hollow_rule_trips_on_a_share_after_the_horizon(find: Find) -> None:
    rule = "{rule: domestic_content, channel: mdap, stage: magnet, share: {2031: 1.0}}"
    (found,) = find("hollow_rule", _rules(rule))
    assert (found.data["way"], found.subject) == ("inactive", ("policy", "rules", 0))
    assert "its share begins in 2031, after the horizon, which ends with 2029" in found.text


def test_hollow_rule_trips_on_a_share_that_never_binds(find: Find) -> None:
    rule = "{rule: diversify, stage: magnet, by: country, share: 1.0}"
    assert _ways(find, _rules(rule)) == [("inactive", "warning")]


def test_hollow_rule_trips_on_output_that_nobody_makes(find: Find) -> None:
    rule = "{rule: domestic_content, stage: novelty, share: 1.0}"
    assert _ways(find, "materials: {novel: {stage: novelty}}", _rules(rule)) == [("no_output", "warning")]


def test_hollow_rule_trips_on_a_single_group(find: Find) -> None:
    rule = "{rule: diversify, stage: magnet, channel: mdap, by: country, share: {2028: 0.6}}"
    found = find("hollow_rule", _rules(rule))
    (zero,) = [finding for finding in found if finding.data["way"] == "forces_zero"]
    assert zero.severity == "warning"
    assert zero.data["groups"] == {2028: ["USA"], 2029: ["USA"]}
    assert zero.data["needed"] == 2
    assert "forces magnet output in mdap to zero in 2028-2029: by country only USA can make it" in zero.text


def test_hollow_rule_trips_as_cannot_where_demand_must_be_met_from_it(find: Find) -> None:
    rule = "{rule: diversify, materials: [magnet], channel: mdap, by: country, share: 0.6}"
    hard = "markets: {programs: {demand: [{product: magnet, tonnes: 10}]}}"
    assert ("forces_zero", "cannot") in _ways(find, hard, _rules(rule))


def test_hollow_rule_is_quiet_with_groups_enough(find: Find) -> None:
    rule = "{rule: diversify, stage: magnet, channel: mdap, by: country, share: 0.6}"
    assert _ways(find, ALLY, _rules(rule)) == []


@pytest.mark.parametrize(
    ("rule", "way", "severity"),
    [
        ("{rule: domestic_content, stage: separation, channel: mdap, share: 0.5}", "forces_zero", "warning"),
        ("{rule: domestic_content, stage: magnet, channel: mdap, share: 0.5}", "always_met", "note"),
        ("{rule: exposure_cap, stage: magnet, channel: mdap, kind: equipment, share: 0.3}", "forces_zero", "warning"),
        ("{rule: exposure_cap, stage: magnet, channel: mdap, kind: equipment, share: 0.4}", "always_met", "note"),
        (
            "{rule: heavy_content, stage: separation, channel: mdap, elements: [Dy], share: 0.3}",
            "forces_zero",
            "warning",
        ),
        ("{rule: heavy_content, stage: separation, channel: mdap, elements: [Dy], share: 0.2}", "always_met", "note"),
    ],
)
def test_hollow_rule_trips_on_shares_out_of_reach_or_below_all(find: Find, rule: str, way: str, severity: str) -> None:
    changes = """
    materials:
      ore: {content: {Dy: 0.1, Nd: 0.3}}
      oxide: {content: {Dy: 0.2, Nd: 0.6}}
    recipes: {press: {outputs: {magnet: 1}}}
    facilities: {plant: {exposure: {equipment: 0.4}}}
    """
    assert _ways(find, changes, _rules(rule)) == [(way, severity)]


def test_hollow_rule_trips_on_mass_without_use(find: Find) -> None:
    changes = """
    materials: {light: {stage: separation}}
    recipes: {refine: {inputs: {ore: 4}, outputs: {oxide: 1, light: 3}}}
    facilities: {home: {stage: separation, country: USA, recipes: [refine], capacity: 10, owners: {acme: 1}}}
    """
    rule = "{rule: domestic_content, channel: mdap, stage: separation, share: 0.2}"
    found = find("hollow_rule", changes, _rules(rule))
    (mass,) = [finding for finding in found if finding.data["way"] == "mass_without_use"]
    # 50 t of oxide, of which magnets take up to 25 t, and 150 t of light, of which nothing is taken.
    assert mass.data["spare"] == {"oxide": 25, "light": 150}
    assert mass.data["made"] == 200
    each = "{rule: domestic_content, channel: mdap, stage: separation, share: 0.2, each: material}"
    assert "mass_without_use" not in dict(_ways(find, changes, _rules(each)))


def test_hollow_rule_trips_on_free_downgrades(find: Find) -> None:
    rule = "{rule: domestic_content, channel: mdap, stage: magnet, share: 0.5}"
    free = "channels: {mdap: {custody_cost: 0}}"
    assert _ways(find, ALLY, free, _rules(rule)) == [("downgrade_free", "warning")]


def test_hollow_rule_is_quiet_where_custody_costs(find: Find) -> None:
    rule = "{rule: domestic_content, channel: mdap, stage: magnet, share: 0.5}"
    assert _ways(find, ALLY, _rules(rule)) == []


def test_hollow_rule_trips_on_a_looser_channel_that_can_be_passed_by(find: Find) -> None:
    rule = "{rule: domestic_content, channel: commercial, stage: magnet, share: 0.5}"
    free = "channels: {mdap: {custody_cost: 0}}"
    assert _ways(find, ALLY, free, _rules(rule)) == [("made_elsewhere", "warning")]


def test_hollow_rule_trips_on_a_channel_nobody_asks_for(find: Find) -> None:
    rule = "{rule: domestic_content, channel: mdap, stage: magnet, share: 0.5}"
    assert _ways(find, ALLY, "markets: {programs: null}", _rules(rule)) == [("not_needed", "warning")]


def test_hollow_rule_trips_on_stock_before_the_share_rises(find: Find) -> None:
    changes = (
        ALLY
        + """
materials: {magnet: {storage: {cost: 1}, price: 100}}
stockpiles:
  depot:
    country: USA
    channel: mdap
    materials: [magnet]
    targets: [{material: magnet, tonnes: {2029: 40}, shortage_cost: 9}]
"""
    )
    rule = "{rule: domestic_content, channel: mdap, stage: magnet, share: {2027: 0.5, 2029: 1.0}}"
    (found,) = find("hollow_rule", ALLY, changes, _rules(rule))
    # Half of 30 t a year may be foreign in 2027 and 2028.
    assert (found.data["way"], found.data["foreign"], found.data["level"]) == ("stock_before_start", 30, 40)
    flat = rule.replace("{2027: 0.5, 2029: 1.0}", "0.9")
    assert _ways(find, ALLY, changes, _rules(flat)) == []


def test_hollow_rule_trips_on_deliveries_that_come_from_there_anyway(find: Find) -> None:
    rule = "{rule: delivered_content, markets: [programs, trade], channel: mdap, share: 0.5}"
    (found,) = find("hollow_rule", _rules(rule))
    assert (found.data["way"], found.data["markets"]) == ("always_met", ["programs"])
    late = "{rule: delivered_content, markets: [trade], channel: mdap, share: {2030: 0.5}}"
    assert _ways(find, _rules(late)) == [("inactive", "warning")]
    assert _ways(find, _rules("{rule: delivered_content, markets: [trade], channel: mdap, share: 0.5}")) == []


def test_hollow_rule_trips_on_a_fill_rate_that_asks_for_nothing(find: Find) -> None:
    """What must be met is met anyway; a share that begins after the horizon begins never."""
    hard = "markets: {programs: {demand: [{product: magnet, tonnes: 5}]}}"
    (found,) = find("hollow_rule", hard, _rules("{rule: fill_rate, markets: [programs], share: 0.5}"))
    assert (found.data["way"], found.data["markets"]) == ("always_met", ["programs"])
    assert _ways(find, _rules("{rule: fill_rate, markets: [trade], share: {2030: 0.5}}")) == [("inactive", "warning")]
    soft = "markets: {trade: {demand: [{product: magnet, tonnes: 5, shortage_cost: 60}]}}"
    assert _ways(find, hard, soft, _rules("{rule: fill_rate, markets: [programs, trade], share: 0.5}")) == []


def test_hollow_rule_trips_on_stock_that_deliveries_do_not_count(find: Find) -> None:
    changes = """
    materials: {magnet: {storage: {cost: 1}, price: 100}}
    stockpiles:
      depot:
        country: USA
        channel: commercial
        materials: [magnet]
        targets: [{material: magnet, tonnes: 1, shortage_cost: 9}]
    """
    rule = "{rule: delivered_content, markets: [trade], channel: mdap, share: 0.5}"
    assert _ways(find, changes, _rules(rule)) == [("stock_outside", "note")]
    strict = rule.replace("0.5}", "0.5, in_disruption: true}")
    assert _ways(find, changes, _rules(strict)) == [("stock_outside", "warning")]


WORKS = """
facilities:
  mine: {options: [{id: deep, capacity: 10, capex: 5, lead: 1, source: a, confidence: A}]}
  refinery: {options: [{id: late, capacity: 10, capex: 5, lead: 9, source: a, confidence: A}]}
"""


@pytest.mark.parametrize(
    ("rules", "way"),
    [
        (["{rule: count, stage: magnet, min: 1}", "{rule: require, facility: plant}"], "already_required"),
        (["{rule: count, stage: magnet, min: 0}"], "never_binds"),
        (["{rule: count, max: 2}"], "never_binds"),
        (["{rule: forbid, facility: refinery}"], "never_binds"),
        (["{rule: exclusive, facilities: [plant, refinery]}"], "never_binds"),
        (["{rule: implies, if: refinery, then: plant}"], "never_binds"),
        (["{rule: implies, if: plant, then: mine}", "{rule: require, facility: mine}"], "already_required"),
        (["{rule: implies, if: plant, then: refinery}"], "forbids"),
        (["{rule: starts, max: 2}"], "never_binds"),
    ],
)
def test_hollow_rule_trips_on_funding(find: Find, rules: list[str], way: str) -> None:
    assert [found for found, _ in _ways(find, WORKS, _rules(*rules))] == [way]


@pytest.mark.parametrize(
    "rule",
    [
        "{rule: count, stage: magnet, min: 1}",
        "{rule: count, max: 1}",
        "{rule: forbid, facility: plant}",
        "{rule: exclusive, facilities: [plant, mine]}",
        "{rule: implies, if: plant, then: mine}",
        "{rule: starts, max: 1}",
        "{rule: require, facility: plant}",
    ],
)
def test_hollow_rule_is_quiet_on_funding_that_binds(find: Find, rule: str) -> None:
    assert _ways(find, WORKS, _rules(rule)) == []
    assert find("rule_cannot_hold", WORKS, _rules(rule)) == []


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (["{rule: count, min: 3}"], "asks for 3 funded facilities on line by 2029, and only 2 can be (mine and plant)"),
        (["{rule: count, min: 1, by: 2027}"], "only 0 can be; later: mine (2028) and plant (2028)"),
        (["{rule: require, facility: plant, by: 2027}"], "requires plant on line by 2027; the earliest is 2028"),
        (["{rule: require, facility: refinery}"], "requires refinery, which cannot be on line within the horizon"),
        (
            ["{rule: require, facility: plant, option: wing}", "{rule: forbid, facility: plant}"],
            "requires plant (option wing), which another rule forbids",
        ),
        (
            ["{rule: exclusive, facilities: [plant, mine]}", "{rule: require, facility: plant}",
             "{rule: require, facility: mine}"],
            "allows one of plant and mine, and each is required",
        ),
        (
            ["{rule: implies, if: plant, then: mine, by: 2027}", "{rule: require, facility: plant}"],
            "asks for mine on line by 2027, which cannot be, since plant is required",
        ),
        (
            ["{rule: count, stage: magnet, max: 0}", "{rule: require, facility: plant}"],
            "allows 0 facilities, and 1 are required",
        ),
    ],
)  # fmt: skip
def test_rule_cannot_hold_trips(find: Find, rules: list[str], words: str) -> None:
    (found,) = find("rule_cannot_hold", WORKS, _rules(*rules))
    assert (found.severity, found.subject) == ("cannot", ("policy", "rules", 0))
    assert words in found.text


def test_rule_cannot_hold_is_quiet_in_time(find: Find) -> None:
    assert find("rule_cannot_hold", WORKS, _rules("{rule: require, facility: plant, by: 2028}")) == []


BUDGET = """
facilities:
  plant:
    options: [{id: wing, capacity: 20, capex: 100, lead: 1, spend: [0.6, 0.4], public_share: 0.5}]
policy:
  budget: {annual: 25}
  rules: [{rule: require, facility: plant, by: 2028}]
"""


def test_budget_too_small_trips_by_year(find: Find) -> None:
    whole, once = find("budget_too_small", BUDGET)
    # 30 USD of 2027 against 25.
    assert (whole.severity, whole.data["least"], whole.data["allowed"]) == ("cannot", 30, 25)
    assert "by the end of 2027" in whole.text
    assert (once.data["period"], once.data["least"]) == (2027, 30)


def test_budget_too_small_trips_in_total(find: Find) -> None:
    changes = BUDGET.replace("annual: 25", "total: 49")
    (found,) = find("budget_too_small", changes)
    assert (found.subject, found.data["least"]) == (("policy", "budget", "total"), 50)


def test_budget_too_small_is_quiet_where_it_may_wait(find: Find) -> None:
    assert (
        find(
            "budget_too_small", BUDGET.replace("annual: 25", "annual: {2027: 0, 2028: 30}").replace("2028}]", "2029}]")
        )
        == []
    )
    assert find("budget_too_small", BUDGET.replace("annual: 25", "annual: 30, total: 50")) == []


def test_option_over_budget_trips(find: Find) -> None:
    changes = BUDGET.replace("rules: [{rule: require, facility: plant, by: 2028}]", "rules: []")
    (found,) = find("option_over_budget", changes)
    assert (found.severity, found.subject) == ("warning", ("facilities", "plant", "options", 0))
    assert (found.data["outlay"], found.data["allowed"]) == (30, 25)


def test_option_over_budget_is_quiet_where_one_year_is_enough(find: Find) -> None:
    changes = BUDGET.replace("annual: 25", "annual: {2027: 0, 2028: 30}")
    assert find("option_over_budget", changes) == []


TWO_WINGS = """
facilities:
  plant:
    options:
    - {id: wing, capacity: 20, capex: 100, lead: 1, source: a, confidence: A}
    - {id: hall, capacity: 40, capex: 150, lead: 1, source: a, confidence: A}
    - {id: annex, capacity: 5, capex: 10, lead: 1, after: hall, source: a, confidence: A}
"""


@pytest.mark.parametrize("other", ["hall", "annex"])
def test_rule_cannot_hold_trips_on_two_required_options_that_exclude_each_other(find: Find, other: str) -> None:
    """Options without `after` are alternatives, and one that comes after an alternative needs that alternative."""
    rules = _rules(
        "{rule: require, facility: plant, option: wing}", f"{{rule: require, facility: plant, option: {other}}}"
    )
    (found,) = find("rule_cannot_hold", TWO_WINGS, rules)
    assert (found.severity, found.subject) == ("cannot", ("policy", "rules", 1))
    assert found.data["options"] == ["wing", other]
    assert "rule 0 its option wing" in found.text
    assert ("needs hall" in found.text) == (other == "annex")


def test_rule_cannot_hold_is_quiet_on_required_options_that_follow_each_other(find: Find) -> None:
    rules = _rules("{rule: require, facility: plant, option: hall}", "{rule: require, facility: plant, option: annex}")
    assert find("rule_cannot_hold", TWO_WINGS, rules) == []
