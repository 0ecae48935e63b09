"""What takes no part."""

from __future__ import annotations

import pytest

from optimizer.instance.yaml12 import read_yaml

from .conftest import Find, merged


def test_material_without_maker_trips(find: Find) -> None:
    changes = (
        "recipes: {press: {inputs: {oxide: 0.5, glue: 0.1}}}\nmaterials: "
        "{glue: {stage: chemistry}, gum: {stage: chemistry}}"
    )
    glue, gum = find("material_without_maker", changes)
    assert (glue.severity, glue.subject, glue.data["users"]) == ("warning", ("materials", "glue"), ["press"])
    assert (gum.severity, gum.data["users"]) == ("note", [])
    assert "no recipe makes it" in glue.text


def test_material_without_maker_is_quiet_for_stock_at_the_start(find: Find) -> None:
    changes = """
    materials: {glue: {stage: chemistry, storage: {cost: 1}, price: 3}}
    stockpiles: {shed: {country: USA, channel: commercial, materials: [glue], initial: {glue: 5}}}
    """
    assert find("material_without_maker", changes) == []


BY_PRODUCT = (
    "recipes: {refine: {inputs: {ore: 3}, outputs: {oxide: 1, light: 2}}}\nmaterials: {light: {stage: separation%s}}"
)


def test_material_without_user_trips(find: Find) -> None:
    (found,) = find("material_without_user", BY_PRODUCT % ", disposal: 7")
    assert (found.severity, found.data["tonnes"], found.data["disposal"]) == ("note", 80, 7)
    assert "thrown away at 7 USD/t" in found.text


def test_material_without_user_is_quiet_for_what_is_sold(find: Find) -> None:
    assert find("material_without_user", BY_PRODUCT % ", price: 5, sell: true") == []


def test_recipe_never_runs_trips(find: Find) -> None:
    changes = """
    recipes:
      spare: {stage: magnet, inputs: {oxide: 1}, outputs: {magnet: 1}}
      glued: {stage: magnet, inputs: {glue: 1}, outputs: {magnet: 1}}
    materials: {glue: {stage: chemistry}}
    facilities: {plant: {recipes: [press, glued]}}
    """
    spare, glued = find("recipe_never_runs", changes)
    assert (spare.subject, spare.data["reason"]) == (("recipes", "spare"), "no_facility")
    assert (glued.data["reason"], "can never get glue" in glued.text) == ("no_feed", True)


def test_recipe_never_runs_is_quiet_when_all_run(find: Find) -> None:
    assert find("recipe_never_runs") == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ("facilities: {extra: {capacity: 0}}", "no_capacity"),
        ("channels: {commercial: {tiers: [domestic, ally]}}\nfacilities: {extra: {country: CHN}}", "shut_out"),
        (
            "recipes: {other: {channels: [mdap]}}\nfacilities: {extra: {country: CHN, recipes: [other]}}",
            "recipe_not_allowed",
        ),
        ("recipes: {other: {inputs: {glue: 1}}}\nfacilities: {extra: {recipes: [other]}}", "no_feed"),
        ("recipes: {other: {outputs: {magnet: null, gum: 1}}}\nfacilities: {extra: {recipes: [other]}}", "no_use"),
    ],
)
def test_facility_without_use_trips_with_the_reason(find: Find, changes: str, reason: str) -> None:
    base = """
facilities:
  extra: {stage: magnet, country: USA, recipes: [press], capacity: 5, owners: {acme: 1}, source: a, confidence: A}
recipes: {other: {stage: magnet, inputs: {oxide: 1}, outputs: {magnet: 1}, cost: 1}}
materials: {glue: {stage: chemistry}, gum: {stage: chemistry}}
"""
    both = merged(read_yaml(base, "base").data, read_yaml(changes, "changes").data)
    (found,) = find("facility_without_use", str(both).replace("'", ""))
    assert (found.subject, found.data["reason"]) == (("facilities", "extra"), reason)


def test_facility_without_use_is_quiet_when_all_run(find: Find) -> None:
    assert find("facility_without_use") == []


def test_owner_without_holding_trips(find: Find) -> None:
    (found,) = find("owner_without_holding", "owners: {shell: {country: USA, owners: {acme: 1}}}")
    assert found.subject == ("owners", "shell")


def test_owner_without_holding_is_quiet_for_owners_of_owners(find: Find) -> None:
    changes = "owners: {fund: {country: USA}, acme: {owners: {fund: 0.5}}}"
    assert find("owner_without_holding", changes) == []


@pytest.mark.parametrize(
    ("option", "reason", "words"),
    [
        (
            "lead: 3",
            "lead",
            "funded in 2027 at the earliest and would be on line in 2030 (lead 3 years), after the horizon",
        ),
        ("earliest: 2031", "window", "no period starts in the years 2031 to ..."),
        ("latest: 2025", "window", "no period starts in the years ... to 2025"),
        ("lead: 2, ramp: [0]", "ramp", "gives nothing before the horizon ends (2029)"),
        ("lead: 2, qualification: {mdap: 1}", "qualification", "never qualified for mdap within the horizon"),
        ("capacity: 0", "gives_nothing", "adds no capacity and changes nothing"),
    ],
)
def test_option_never_on_line_trips_with_the_reason(find: Find, option: str, reason: str, words: str) -> None:
    size = "" if "capacity" in option else "capacity: 20, "
    changes = f"facilities: {{plant: {{options: [{{id: wing, {size}capex: 100, {option}}}]}}}}"
    (found,) = find("option_never_on_line", changes)
    assert (found.severity, found.subject) == ("warning", ("facilities", "plant", "options", 0))
    assert found.data["reason"] == reason
    assert words in found.text


def test_option_never_on_line_trips_for_expansions_that_come_too_late(find: Find) -> None:
    changes = """
    facilities:
      plant:
        options:
        - {id: wing, capacity: 20, capex: 100, lead: 2}
        - {id: tower, capacity: 20, capex: 100, lead: 1, after: wing}
        - {id: late, capacity: 20, capex: 100, lead: 9}
        - {id: later, capacity: 20, capex: 100, lead: 0, after: late}
    """
    tower, late, later = find("option_never_on_line", changes)
    assert (tower.data["reason"], tower.data["ready"]) == ("after", 2029)
    assert (late.data["reason"], late.data["online"]) == ("lead", 2036)
    assert "comes after option late, which never comes on line" in later.text


def test_option_never_on_line_is_quiet_in_the_last_year(find: Find) -> None:
    assert (
        find("option_never_on_line", "facilities: {plant: {options: [{id: wing, capacity: 20, capex: 100, lead: 2}]}}")
        == []
    )


LANES = """
lanes:
- {from: mine, to: refinery, material: ore, cost: 1}
- {from: mine, to: plant, material: ore, cost: 1}
- {from: mine, to: refinery, material: ore, cost: 1, capacity: 0}
"""


def test_lane_never_used_trips_with_the_reason(find: Find) -> None:
    found = find("lane_never_used", LANES)
    assert [(finding.subject, finding.data["reason"]) for finding in found] == [
        (("lanes", 1), "no_use"), (("lanes", 2), "no_capacity"),
    ]  # fmt: skip


def test_lane_never_used_trips_for_freight_with_nothing_to_carry(find: Find) -> None:
    changes = """
    logistics:
      regions: {here: [USA], there: [AUS], far: [CHN]}
      freight: [{from: there, to: here, cost: 1}, {from: far, to: here, cost: 1}]
    """
    (found,) = find("lane_never_used", changes)
    assert (found.subject, found.data["reason"]) == (("logistics", "freight", 1), "nothing_to_carry")


def test_lane_never_used_is_quiet_for_the_one_lane(find: Find) -> None:
    assert find("lane_never_used", "lanes: [{from: mine, to: refinery, material: ore, cost: 1}]") == []
