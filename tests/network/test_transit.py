"""Which rows of freight can be of use to a material."""

from __future__ import annotations

from typing import Any

import pytest
from support.build import Data, tables_from

REGIONS = {"america": ["USA"], "japan": ["JPN"], "oceania": ["AUS"], "india": ["IND"]}


def shipped(rows: list[tuple[str, str]], makers: list[str], takers: list[str]) -> set[tuple[str, str]]:
    """The rows on which magnets may move, with plants in some countries and markets in others."""
    data: Data = {
        "schema": 1,
        "name": "rows",
        "base_year": 2027,
        "discount_rate": 0.0,
        "periods": [2027],
        "domestic": ["USA"],
        "countries": {"USA": "domestic", "JPN": "ally", "AUS": "ally", "IND": "ally"},
        "materials": {"magnet": {"stage": "magnet"}},
        "recipes": {"make": {"stage": "magnet", "outputs": {"magnet": 1}}},
        "facilities": {f"plant_{country.lower()}": _plant(country) for country in makers},
        "channels": {"open": {}},
        "markets": {f"town_{country.lower()}": _market(country) for country in takers},
        "logistics": {"regions": REGIONS, "freight": [{"from": a, "to": b, "cost": 1} for a, b in rows]},
    }
    tables = tables_from(data)
    arcs = (tables.places.arcs[a] for a, *_ in tables.flow.flows)
    return {(arc.start.removeprefix("hub:"), arc.end.removeprefix("hub:")) for arc in arcs}


def _plant(country: str) -> dict[str, Any]:
    return {"stage": "magnet", "country": country, "recipes": ["make"], "capacity": 10}


def _market(country: str) -> dict[str, Any]:
    line = {"product": "magnet", "tonnes": 1, "shortage_cost": 9}
    return {"channel": "open", "country": country, "demand": [line]}


BOTH_WAYS = [("oceania", "japan"), ("japan", "oceania"), ("japan", "america"), ("america", "japan")]


@pytest.mark.parametrize(
    ("rows", "makers", "takers", "used"),
    [
        (BOTH_WAYS, ["AUS"], ["USA"], {("oceania", "japan"), ("japan", "america")}),
        (BOTH_WAYS, ["AUS"], ["JPN"], {("oceania", "japan")}),
        (BOTH_WAYS, ["AUS", "USA"], ["USA", "AUS"], set(BOTH_WAYS)),
        ([*BOTH_WAYS, ("india", "america")], ["AUS"], ["USA"], {("oceania", "japan"), ("japan", "america")}),
        ([*BOTH_WAYS, ("oceania", "india")], ["AUS"], ["USA"], {("oceania", "japan"), ("japan", "america")}),
        (BOTH_WAYS, ["AUS"], ["AUS"], set()),
        (
            [("oceania", "india"), ("india", "america"), ("oceania", "america")],
            ["AUS"],
            ["USA"],
            {("oceania", "india"), ("india", "america"), ("oceania", "america")},
        ),
    ],
    ids=["chain", "half_way", "crosswise", "from_nowhere", "to_nowhere", "at_home", "two_ways"],
)
def test_freight_runs_on_ways_from_makers_to_takers(
    rows: list[tuple[str, str]], makers: list[str], takers: list[str], used: set[tuple[str, str]]
) -> None:
    """Material is shipped along every way from where it is made to where it is taken, never in circles."""
    assert shipped(rows, makers, takers) == used
