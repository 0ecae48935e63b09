"""Effects that change nothing."""

from __future__ import annotations

import pytest

from .conftest import Find

BASE = """
materials: {oxide: {price: 100, storage: {cost: 1}}}
lanes:
- {from: mine, to: refinery, material: ore, cost: 1}
- {from: mine, to: refinery, material: ore, cost: 2, capacity: 50, tags: [narrow]}
scenarios: [{id: s, probability: 0.1, onset: 2028, duration: 1, recovery: 0, effects: [%s]}]
"""

IDLE = [
    ("{affects: facilities, where: {id: plant}, available: 1.0}", "factor"),
    ("{affects: facilities, where: {equipment: '>=0.5'}, available: 0}", "no_match"),
    ("{affects: facilities, where: {id: plant}, exposure: {finance: 1.0}}", "no_cap"),
    ("{affects: facilities, where: {id: plant}, exposure: {ownership: 0.0}}", "same"),
    ("{affects: lanes, where: {material: ore}, available: 1, cost: 1}", "factor"),
    ("{affects: demand, where: {market: trade}, factor: 1}", "factor"),
    ("{affects: prices, where: {material: oxide}, factor: 0.5}", "no_price_counts"),
    ("{affects: recipes, where: {id: dig}, cost: 1}", "factor"),
    ("{affects: options, where: {facility: plant}, delay: 0}", "factor"),
]

BUSY = [
    "{affects: facilities, where: {id: plant}, available: 0.5}",
    "{affects: facilities, where: {id: plant}, exposure: {ownership: 1.0}}",
    "{affects: lanes, where: {tags: narrow}, available: 0.5}",
    "{affects: lanes, where: {material: ore}, available: 0}",
    "{affects: lanes, where: {material: ore}, cost: 2}",
    "{affects: demand, where: {market: trade}, factor: 1.5}",
    "{affects: recipes, where: {id: dig}, cost: 1.5}",
    "{affects: options, where: {facility: plant}, delay: 1}",
]


@pytest.mark.parametrize(("effect", "reason"), IDLE)
def test_idle_effect_trips_with_the_reason(find: Find, effect: str, reason: str) -> None:
    found = [item for item in find("idle_effect", BASE % effect) if item.severity == "warning"]
    assert [(item.subject, item.data["reason"]) for item in found] == [(("scenarios", 0, "effects", 0), reason)]


@pytest.mark.parametrize("effect", BUSY)
def test_idle_effect_is_quiet_for_effects_that_change_something(find: Find, effect: str) -> None:
    assert find("idle_effect", BASE % effect) == []


def test_idle_effect_trips_for_lanes_without_capacity(find: Find) -> None:
    half = "{affects: lanes, where: {material: ore}, available: 0.5}"
    (partly,) = find("idle_effect", BASE % half)
    assert (partly.severity, partly.data["reason"]) == ("note", "partly")
    assert "1 of its 2 lanes have none" in partly.text
    (found,) = find("idle_effect", (BASE % half).replace(", capacity: 50", ""))
    assert (found.severity, found.data["reason"]) == ("warning", "no_capacity")


def test_idle_effect_trips_for_a_plant_that_does_not_stand_yet(find: Find) -> None:
    changes = BASE % "{affects: facilities, where: {id: new}, available: 0}"
    plant = "facilities: {new: {stage: magnet, country: USA, recipes: [press], capacity: {2029: 5}, owners: {acme: 1}}}"
    (found,) = find("idle_effect", changes, plant)
    assert found.data["reason"] == "nothing_runs"


def test_idle_effect_trips_for_a_delay_that_is_over_before_it_counts(find: Find) -> None:
    delay = "{affects: options, where: {facility: plant}, delay: 1}"
    option = "facilities: {plant: {options: [{id: wing, capacity: 20, capex: 100, lead: %d, latest: 2027}]}}"
    (found,) = find("idle_effect", BASE % delay, option % 2)
    assert found.data["reason"] == "rejoins"
    assert "its future is back on the trunk in 2029" in found.text
    (over,) = find("idle_effect", BASE % delay, option % 0)
    assert over.data["reason"] == "too_late"
    assert find("idle_effect", BASE % delay, option % 1) == []


def test_idle_effect_is_quiet_for_prices_of_what_is_sold_or_bought_back(find: Find) -> None:
    effect = BASE % "{affects: prices, where: {material: oxide}, factor: 0.5}"
    assert find("idle_effect", effect.replace("price: 100", "price: 100, sell: true")) == []
    stock = "stockpiles: {depot: {country: USA, channel: mdap, materials: [oxide], initial: {oxide: 1}}}"
    assert find("idle_effect", effect, stock) == []
    rule = "policy: {rules: [{rule: preference, markets: [trade], channel: mdap, share: 0.5, in_disruption: true}]}"
    of_magnets = effect.replace("material: oxide", "material: magnet")
    priced = "materials: {magnet: {price: 50}}"
    assert find("idle_effect", of_magnets, priced, rule) == []
    only_trunk = find("idle_effect", of_magnets, priced, rule.replace(", in_disruption: true", ""))
    assert [item.data["reason"] for item in only_trunk] == ["no_price_counts"]
    longer = effect.replace("recovery: 0", "recovery: 1").replace("duration: 1", "duration: 1")
    assert [item.data["reason"] for item in find("idle_effect", longer, stock)] == ["no_price_counts"]


TREE = """
scenarios:
- {id: first, probability: %s, onset: 2028, duration: 1, recovery: %d, effects: [%s]}
- {id: second, probability: 0.1, parent: first, onset: 2029, duration: 1, recovery: 0, effects: [%s]}
"""
SURGE = "{affects: demand, where: {market: trade}, factor: 1.5}"


def test_idle_effect_is_quiet_for_what_counts_only_where_it_is_inherited(find: Find) -> None:
    prices = "{affects: prices, where: {material: oxide}, factor: 0.5, duration: 2}"
    stock = "stockpiles: {depot: {country: USA, channel: mdap, materials: [oxide], initial: {oxide: 1}}}"
    longer = "periods: [2027, 2028, 2029, 2030, 2031]"
    of_materials = "materials: {oxide: {price: 100, storage: {cost: 1}}}"
    # On its own the price is over a year before anything is bought back; the second scenario ends while it lasts.
    tree = TREE % ("0.1", 2, prices, SURGE)
    assert find("idle_effect", tree, stock, longer, of_materials) == []
    alone = tree.replace(", parent: first", "")
    assert [f.data["reason"] for f in find("idle_effect", alone, stock, longer, of_materials)] == ["no_price_counts"]


def test_idle_effect_is_quiet_for_a_delay_of_what_an_earlier_one_has_delayed(find: Find) -> None:
    delay = "{affects: options, where: {facility: plant}, delay: 1}"
    option = "facilities: {plant: {options: [{id: wing, capacity: 20, capex: 100, lead: 1, latest: 2027}]}}"
    tree = TREE % ("0.1", 1, delay, delay)
    assert find("idle_effect", tree, option) == []
    alone = find("idle_effect", tree.replace(", parent: first", ""), option)
    assert [(item.subject, item.data["reason"]) for item in alone] == [(("scenarios", 1, "effects", 0), "too_late")]


def test_idle_effect_trips_for_a_parent_of_probability_0_with_what_it_counts(find: Find) -> None:
    (found,) = find("idle_effect", TREE % ("0", 1, SURGE, SURGE))
    assert "its branch counts until others leave it" in found.text


def test_parent_is_over_trips_where_nothing_is_inherited(find: Find) -> None:
    (found,) = find("parent_is_over", TREE % ("0.1", 0, SURGE, SURGE))
    assert found.severity == "note"
    assert found.subject == ("scenarios", 1, "parent")
    assert found.data == {"scenario": "second", "parent": "first", "onset": 2029, "until": 2029}
    assert "it leaves the trunk and inherits nothing" in found.text


def test_parent_is_over_is_quiet_while_the_parents_branch_lasts(find: Find) -> None:
    assert find("parent_is_over", TREE % ("0.1", 1, SURGE, SURGE)) == []
    assert find("parent_is_over", (TREE % ("0.1", 0, SURGE, SURGE)).replace(", parent: first", "")) == []


def test_idle_effect_trips_for_scenarios_without_weight_or_effects(find: Find) -> None:
    effect = "{affects: demand, where: {market: trade}, factor: 1.5}"
    (found,) = find("idle_effect", (BASE % effect).replace("probability: 0.1", "probability: 0"))
    assert (found.severity, found.data["reason"]) == ("note", "probability")
    (empty,) = find("idle_effect", BASE % "")
    assert empty.data["reason"] == "no_effects"
