"""Whom conditions shut out, and what is not known."""

from __future__ import annotations

import pytest

from .conftest import Find

CHINESE = """
owners: {fund: {country: CHN}}
facilities:
  near: {stage: magnet, country: USA, recipes: [press], capacity: 9, owners: {acme: 0.84, fund: 0.16}}
  over: {stage: magnet, country: USA, recipes: [press], capacity: 7, owners: {acme: 0.7, fund: 0.3}}
  china: {stage: magnet, country: CHN, recipes: [press], capacity: 300, owners: {fund: 1}}
"""


def test_shut_out_trips_for_each_condition_with_tonnes(find: Find) -> None:
    tiers, owned = find("shut_out", CHINESE)
    assert tiers.subject == ("channels", "mdap", "tiers")
    assert [(row["facility"], row["existing"], row["alone"]) for row in tiers.data["shut_out"]] == [
        ("china", 300, False)
    ]
    assert owned.subject == ("channels", "mdap", "max_exposure", "ownership")
    rows = owned.data["shut_out"]
    assert [(row["facility"], row["exposure"], row["alone"]) for row in rows] == [
        ("china", 1, False), ("over", pytest.approx(0.3), True),
    ]  # fmt: skip
    assert owned.data["stages"] == {"magnet": {"existing": 307, "possible": 307}}
    assert [row["facility"] for row in owned.data["near"]] == ["near"]
    assert "cap of 0.2 on ownership exposure shuts out 2 of 6 facilities (1 by this condition alone)" in owned.text


def test_shut_out_trips_as_a_warning_for_a_whole_stage(find: Find) -> None:
    (found,) = find("shut_out", "facilities: {mine: {country: CHN}}")
    assert found.severity == "warning"
    assert "That is every facility of stage mining." in found.text


def test_shut_out_trips_only_for_years_without_a_refit(find: Find) -> None:
    changes = """
    channels: {mdap: {max_exposure: {equipment: 0.1}}}
    facilities:
      plant:
        exposure: {equipment: 0.5}
        options: [{id: refit, capacity: 0, capex: 5, lead: 1, sets: {exposure: {equipment: 0.02}}}]
    """
    found = next(item for item in find("shut_out", changes) if item.data["condition"] == "equipment")
    assert found.data["shut_out"][0]["periods"] == [2027]


def test_shut_out_is_quiet_below_the_cap(find: Find) -> None:
    changes = CHINESE.replace("acme: 0.84, fund: 0.16", "acme: 0.9, fund: 0.1").replace(
        "acme: 0.7, fund: 0.3", "acme: 1"
    )
    changes = changes.replace("country: CHN, recipes", "country: USA, recipes").replace(
        "owners: {fund: 1}", "owners: {acme: 1}"
    )
    assert find("shut_out", changes) == []


def test_unknown_exposure_trips(find: Find) -> None:
    changes = """
    channels: {mdap: {max_exposure: {equipment: 0.3}}}
    facilities: {plant: {exposure: {equipment: unknown}}, mine: {owners: null}}
    """
    found = {item.data["exposure"]: item for item in find("unknown_exposure", changes)}
    assert found["equipment"].severity == "warning"
    assert found["equipment"].data["counts_as"] == 0
    assert found["equipment"].data["tonnes"] == {"plant": 70}
    assert found["ownership"].data["tonnes"] == {"mine": 100}
    strict = changes.replace("max_exposure", "unknown: adversary, max_exposure")
    counted = {item.data["exposure"]: item for item in find("unknown_exposure", strict)}
    assert (counted["equipment"].severity, counted["equipment"].data["counts_as"]) == ("note", 1)


def test_unknown_exposure_is_quiet_without_a_cap(find: Find) -> None:
    assert find("unknown_exposure", "facilities: {plant: {exposure: {technology: unknown}}}") == []
