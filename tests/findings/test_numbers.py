"""Series that begin late, what is free, and what rests on weak numbers."""

from __future__ import annotations

import pytest

from .conftest import Find


@pytest.mark.parametrize(
    ("changes", "path", "severity"),
    [
        ("materials: {oxide: {price: {2028: 5}}}", ("materials", "oxide", "price"), "warning"),
        ("facilities: {mine: {capacity: {2028: 100}}}", ("facilities", "mine", "capacity"), "note"),
        (
            "facilities: {mine: {exposure: {equipment: {2028: 0.5}}}}",
            ("facilities", "mine", "exposure", "equipment"),
            "warning",
        ),
        (
            "markets: {trade: {demand: [{product: magnet, tonnes: {2029: 5}, shortage_cost: 9}]}}",
            ("markets", "trade", "demand", 0, "tonnes"),
            "note",
        ),
        (
            "markets: {trade: {demand: [{product: magnet, tonnes: 5, shortage_cost: {2029: 9}}]}}",
            ("markets", "trade", "demand", 0, "shortage_cost"),
            "warning",
        ),
        ("policy: {budget: {annual: {2028: 100}}}", ("policy", "budget", "annual"), "warning"),
        (
            "policy: {rules: [{rule: starts, stage: magnet, max: {2028: 1}}]}",
            ("policy", "rules", 0, "max"),
            "warning",
        ),
    ],
)
def test_series_starts_late_trips(find: Find, changes: str, path: tuple[str | int, ...], severity: str) -> None:
    (found,) = find("series_starts_late", changes)
    assert (found.subject, found.severity) == (path, severity)
    assert found.data["first_year"] == 2027


def test_series_starts_late_trips_once_for_many(find: Find) -> None:
    changes = "materials: {oxide: {price: {2028: 5}}, magnet: {price: {2029: 9}}}"
    (found,) = find("series_starts_late", changes)
    assert [item["begins"] for item in found.data["series"]] == [2028, 2029]


def test_series_starts_late_is_quiet_for_shares_of_rules_and_early_years(find: Find) -> None:
    changes = """
    materials: {oxide: {price: {2020: 5, 2028: 6}}}
    policy: {rules: [{rule: domestic_content, channel: mdap, stage: magnet, share: {2028: 0.5}}]}
    """
    assert find("series_starts_late", changes) == []


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ("recipes: {dig: {cost: 0}}", "recipe"),
        ("channels: {mdap: {custody_cost: 0}}", "channels"),
        ("facilities: {plant: {options: [{id: wing, capacity: 20, capex: 0}]}}", "option"),
        ("markets: {trade: {demand: [{product: magnet, tonnes: 20, shortage_cost: {2027: 0, 2028: 5}}]}}", "shortage"),
        ("markets: {trade: {demand: [{product: magnet, tonnes: 20, shortage_cost: 1.1e7}]}}", "ratio"),
    ],
)
def test_free_lunch_trips(find: Find, changes: str, what: str) -> None:
    (found,) = find("free_lunch", changes)
    assert (found.severity, found.data["what"]) == ("warning", what)


def test_free_lunch_tells_the_ratio(find: Find) -> None:
    changes = "markets: {trade: {demand: [{product: magnet, tonnes: 20, shortage_cost: 3.0e7}]}}"
    (found,) = find("free_lunch", changes)
    # Digging costs 1 USD/t in commercial.
    assert (found.data["smallest"], found.data["ratio"]) == (1, 3e7)


@pytest.mark.parametrize(
    "changes",
    [
        "facilities: {plant: {options: [{id: wing, capacity: 0, capex: 0, sets: {owners: {acme: 0.5}}}]}}",
        "markets: {trade: {demand: [{product: magnet, tonnes: 20, shortage_cost: 1.0e7}]}}",
        "facilities: {mine: {recipes: {dig: {cost: 2}}}}\nrecipes: {dig: {cost: 0}}",
    ],
)
def test_free_lunch_is_quiet(find: Find, changes: str) -> None:
    assert find("free_lunch", changes) == []


def test_confidence_trips_with_shares(find: Find) -> None:
    changes = """
    facilities:
      mine: {confidence: C}
      plant:
        options:
        - {id: wing, capacity: 20, capex: 75, confidence: B, source: a}
        - {id: hall, capacity: 1, capex: 25}
    """
    capacity, capex = find("confidence", changes)
    # 100 of 190 t/yr is the mine's.
    assert capacity.data["weak"] == pytest.approx(100 / 190)
    assert capacity.subject == ("facilities", "mine")
    assert (capex.data["weak"], capex.data["without_source"]) == (0.25, 0.25)
    assert capex.data["by_confidence"] == {"A": 0, "B": 0.75, "C": 0}
    assert capex.subject == ("facilities", "plant", "options", 1)


def test_confidence_is_quiet_with_sources(find: Find) -> None:
    assert find("confidence", "facilities: {mine: {confidence: B}}") == []
