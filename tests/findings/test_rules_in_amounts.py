"""Rules in amounts and prices that could do nothing, goals that nobody could reach, preferences that starve."""

from __future__ import annotations

import pytest

from .conftest import Find

MINE = "recipes: {dig: {releases: {residue: 3}}}"
TRADE = """
materials: {magnet: {price: 100}}
markets: {trade: {demand: [{product: magnet, tonnes: 5, shortage_cost: 60}]}}
"""


def _rule(text: str) -> str:
    return "policy: {rules: [" + text + "]}"


@pytest.mark.parametrize(
    ("rule", "way"),
    [
        ("{rule: release_cap, release: residue, most: {2030: 10}}", "inactive"),
        ("{rule: release_charge, release: residue, cost: {2031: 10}}", "inactive"),
        ("{rule: release_cap, release: residue, most: 300}", "never_reached"),
        ("{rule: release_cap, release: residue, most: 1.0e-6}", "below_tolerance"),
        ("{rule: release_cap, release: residue, by: country, where: {tier: ally}, most: 300}", "never_reached"),
    ],
)
def test_hollow_rule_trips_on_limits(rule: str, way: str, find: Find) -> None:
    """The mine digs 100 t a year, and releases 300 of residue."""
    (found,) = find("hollow_rule", MINE, _rule(rule))
    assert (found.data["way"], found.subject) == (way, ("policy", "rules", 0))


@pytest.mark.parametrize(
    "rule",
    ["{rule: release_cap, release: residue, most: {2029: 299}}", "{rule: release_charge, release: residue, cost: 1}"],
)
def test_hollow_rule_is_quiet_on_limits_that_bite(rule: str, find: Find) -> None:
    assert find("hollow_rule", MINE, _rule(rule)) == []


@pytest.mark.parametrize(
    ("share", "markets", "ways"),
    [
        ("{2030: 0.5}", "[trade]", ["inactive"]),
        ("0.5", "[trade, programs]", ["always_met"]),
        ("0.9", "[trade]", ["short_instead"]),
        ("{2028: 0.5}", "[trade]", []),
    ],
)
def test_hollow_rule_trips_on_preferences(share: str, markets: str, ways: list[str], find: Find) -> None:
    """A magnet is worth 100, and one short costs trade 60."""
    rule = f"{{rule: preference, markets: {markets}, channel: mdap, share: {share}}}"
    assert [found.data["way"] for found in find("hollow_rule", TRADE, _rule(rule))] == ways


def test_preferences_of_a_market_add_up(find: Find) -> None:
    """Two of 0.45 weigh 90, and one short costs trade 60: told once."""
    rule = "{rule: preference, markets: [trade], channel: mdap, share: 0.45}"
    assert find("hollow_rule", TRADE, _rule(rule)) == []
    (found,) = find("hollow_rule", TRADE, _rule(f"{rule}, {rule}"))
    assert (found.data["way"], found.subject) == ("short_instead", ("policy", "rules", 0))
    assert "dearer by 90 USD in 2027" in found.text


@pytest.mark.parametrize(
    ("asked", "ways"),
    [
        ("share: {2031: 0.5}", ["inactive"]),
        ("share: 0.5, materials: [swarf]", ["always_met"]),
        ("share: 0.5, materials: [swarf, oxide]", []),
        ("share: 0.5", []),
    ],
)
def test_hollow_rule_trips_on_recycling(asked: str, ways: list[str], find: Find) -> None:
    """The plant may press swarf beside oxide."""
    swarf = """
materials: {swarf: {stage: recycling}}
recipes:
  collect: {stage: recycling, outputs: {swarf: 1}}
  repress: {stage: magnet, inputs: {swarf: 2}, outputs: {magnet: 1}}
facilities:
  yard: {stage: recycling, country: USA, recipes: [collect], capacity: 10}
  plant: {recipes: {repress: null}}
"""
    found = find("hollow_rule", swarf, _rule("{rule: recycling, " + asked + "}"))
    assert [one.data["way"] for one in found] == ways


@pytest.mark.parametrize(("soft", "severity"), [("", "cannot"), (", shortage_cost: 5", "warning")])
def test_rule_over_capacity_trips_on_a_goal(soft: str, severity: str, find: Find) -> None:
    """The plant makes 50 t a year, and 70 with its wing, a year later; 50 and 80 are asked for."""
    goal = "{rule: scale_goal, stage: magnet, where: {country: USA}, world_output: 100, share: {2027: 0.5, 2028: 0.8}"
    (found,) = find("rule_over_capacity", _rule(goal + soft + "}"))
    assert (found.severity, found.subject) == (severity, ("policy", "rules", 0))
    assert found.data["periods"] == {t: {"asked": 80, "possible": 70} for t in (2028, 2029)}
    assert "asks for 80 t/yr in 2028; facilities that count make at most 70 t/yr with every option" in found.text
    assert find("rule_over_capacity", _rule(goal.replace("0.8", "0.7") + soft + "}")) == []
