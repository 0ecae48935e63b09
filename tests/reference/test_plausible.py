"""The reference instance against published totals and costs, its licences, its heavies, its sources."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Row, cell, existing, of_year, rows

BIG = ("materials", "recipes", "facilities", "facility_recipes", "options", "demand", "lanes", "freight", "claims")
YEAR = 2027
MAGNET_GRADES = ("magnet_n", "magnet_h", "magnet_sh", "magnet_uh", "magnet_eh")
HEAVY_FORMS = ("dy_oxide", "tb_oxide", "sm_oxide", "dyfe", "tb_metal", "sm_metal", "magnet_sh", "magnet_uh")


def _facility(name: str) -> Row:
    return next(row for row in rows("facilities") if row["id"] == name)


def _ndpr(facility: str, basket: str) -> float:
    """NdPr oxide that a light unit gives in a year at 97 percent recovery (recipes.csv rc025)."""
    row = next(row for row in rows("sources/ore_baskets") if row["basket_id"] == basket)
    feed = of_year(cell(_facility(facility)["capacity"])["light"], YEAR)
    return feed * (float(row["nd"]) + float(row["pr"])) / 100 * 0.97


def _demand(markets: tuple[str, ...], products: tuple[str, ...]) -> float:
    found = [row for row in rows("demand") if row["market"] in markets and row["product"] in products]
    return sum(of_year(cell(row["tonnes"]), YEAR) for row in found)


def _programmes() -> tuple[str, ...]:
    return tuple({row["market"] for row in rows("demand") if row["market"].startswith("mdap_")})


OTHER_SEPARATORS = (
    ("white_mesa", "us_southeast_monazite"),
    ("irel_aluva", "irel"),
    ("toyotsu_india", "irel"),
    ("silmet", "caldeira"),
    ("solvay_la_rochelle", "longonjo"),
)
MEASURES: dict[str, Callable[[], float]] = {
    "magnets_outside_china": lambda: existing("magnet", YEAR, china=False),
    "magnets_japan": lambda: existing("magnet", YEAR, country="JPN"),
    "magnets_china_exported": lambda: existing("magnet", YEAR, china=True),
    "ndpr_mountain_pass": lambda: _ndpr("mountain_pass", "mountain_pass"),
    "ndpr_lynas": lambda: _ndpr("lamp", "mt_weld"),
    "ndpr_outside_china": lambda: (
        _ndpr("mountain_pass", "mountain_pass")
        + _ndpr("lamp", "mt_weld")
        + sum(_ndpr(facility, basket) for facility, basket in OTHER_SEPARATORS)
    ),
    "heavies_usa": lambda: sum(
        of_year(cell(row["capacity"]).get("heavy", 0), YEAR) * 0.08
        for row in rows("facilities")
        if row["country"] == "USA"
    ),
    "demand_usa": lambda: _demand(("usa",), MAGNET_GRADES),
    "demand_europe": lambda: _demand(("europe",), MAGNET_GRADES),
    "demand_japan": lambda: _demand(("japan",), MAGNET_GRADES),
    "demand_korea": lambda: _demand(("korea",), MAGNET_GRADES),
    "programmes_ndfeb": lambda: _demand(_programmes(), MAGNET_GRADES),
    "programmes_smco": lambda: _demand(_programmes(), ("smco",)),
}


@pytest.mark.parametrize("total", rows("sources/published_totals"), ids=lambda row: row["id"])
def test_sums_lie_in_the_band_around_what_is_published(total: Row) -> None:
    """A sum over the instance's tables lies in the band written down beforehand, or is listed as a miss."""
    value = MEASURES[total["id"]]()
    inside = float(total["low"]) <= value <= float(total["high"])
    assert inside != bool(total["miss"]), f"{total['id']}: {value:.0f} {total['unit']}"


def test_every_option_lies_in_its_published_range_or_is_a_listed_outlier() -> None:
    """Capital intensity is outside the range of stage and place exactly where an outlier with a reason is listed."""
    listed = {(row["facility"], row["option"]): row["reason"] for row in rows("sources/capex_outliers")}
    table = {(row["facility"], row["option"]): row for row in rows("capex_intensity")}
    options = {(row["facility"], row["id"]): row for row in rows("options")}
    assert set(table) == set(options)
    for key, row in table.items():
        per_tonne = float(options[key]["capex"]) / float(row["tonnes"])
        assert per_tonne == pytest.approx(float(row["usd_per_t"]), rel=1e-3)
        outside = not float(row["low"]) * 0.999 <= per_tonne <= float(row["high"]) * 1.001
        assert outside == bool(row["outlier"]) == (key in listed), key
    assert all(len(reason.split()) > 4 for reason in listed.values())


def test_ranges_of_the_plants_of_one_kind_are_the_published_ones() -> None:
    """An option of a single kind is judged by the row of capex_ranges.csv for its place."""
    ranges = {(row["kind"], row["place"]): row for row in rows("sources/capex_ranges")}
    countries = {row["id"]: row["country"] for row in rows("facilities")}
    judged = 0
    for row in rows("capex_intensity"):
        kinds = cell(row["kinds"])
        if len(kinds) > 1 or kinds == ["metal_and_alloy"]:
            continue
        place = "usa" if kinds == ["magnet"] and countries[row["facility"]] in ("USA", "CAN", "AUS") else "any"
        assert float(row["low"]) == pytest.approx(1000 * float(ranges[kinds[0], place]["low"]), rel=1e-3), row
        assert float(row["high"]) == pytest.approx(1000 * float(ranges[kinds[0], place]["high"]), rel=1e-3), row
        judged += 1
    assert judged > 50


@pytest.mark.parametrize("name", BIG)
def test_every_row_has_a_source_and_a_confidence(name: str) -> None:
    """No row of a big table is without source, and confidence is one of A, B and C."""
    bare = [row for row in rows(name) if not row["source"] or row["confidence"] not in ("A", "B", "C")]
    assert bare == []


def test_confidence_table_counts_the_tables() -> None:
    """confidence.csv gives the rows of each table by confidence, and they add up."""
    for row in rows("confidence"):
        marks = [line["confidence"] for line in rows(row["table"])]
        assert [int(row[mark]) for mark in "ABC"] == [marks.count(mark) for mark in "ABC"], row
        assert sum(int(row[mark]) for mark in ("A", "B", "C", "none")) == int(row["rows"]) == len(marks), row


def test_chinese_heavies_leave_under_licence_only() -> None:
    """Every freight row of heavies out of China has a capacity; nothing passes to Japan, and no samarium anywhere."""
    heavy = [row for row in rows("freight") if "china_heavy" in row["tags"]]
    assert {row["material"] for row in heavy} >= set(HEAVY_FORMS)
    for row in heavy:
        assert row["capacity"] != "", row
        if row["to"] == "japan" or row["material"] in ("sm_oxide", "sm_metal"):
            assert float(row["capacity"]) == 0, row
    free = [row for row in rows("freight") if row["from"] == "china" and "china_heavy" not in row["tags"]]
    assert free
    assert not {row["material"] for row in free} & set(HEAVY_FORMS)


def test_what_licences_let_through_is_the_level_of_the_year_before() -> None:
    """Heavy magnets let through are at most the Chinese share of a region's use in 2024, and dearer than freight."""
    used = {"europe": 20_000, "north_america": 10_000, "korea": 7_000}
    for region, total in used.items():
        passing = [
            row
            for row in rows("freight")
            if row["from"] == "china"
            and row["to"] == region
            and row["material"] in ("magnet_sh", "magnet_uh", "magnet_eh")
        ]
        tonnes = sum(float(row["capacity"]) for row in passing)
        assert 0.3 * total < tonnes < 0.85 * total
        light = next(row for row in rows("freight") if row["to"] == region and row["material"] == "magnet_n")
        assert all(float(row["cost"]) > 2 * float(light["cost"]) for row in passing)


def test_heavy_feed_and_not_heavy_separation_is_scarce() -> None:
    """Outside China the heavy units that stand or are committed could take far more Dy + Tb than their feeds hold.

    Feeds are those that reach them from mines that stand or are committed; a heavy unit counts by its nameplate.
    """
    committed = {(row["facility"], row["id"]) for row in rows("sources/projects") if row["committed"]}
    chinese = {row["id"] for row in rows("facilities") if row["country"] in ("CHN", "MMR", "LAO", "RUS")}
    size: dict[str, dict[str, float]] = {}
    for row in rows("facilities"):
        if row["id"] not in chinese:
            size[row["id"]] = {unit: of_year(value, 2036) for unit, value in cell(row["capacity"]).items()}
    for row in rows("options"):
        if (row["facility"], row["id"]) in committed:
            for unit, value in cell(row["capacity"]).items():
                size[row["facility"]][unit] += value
    baskets = {row["basket_id"]: row for row in rows("sources/ore_baskets")}
    plants = {row["facility"]: row["row"] for row in rows("sources/plants")}
    mines = {row["id"]: row["basket_id"] for row in rows("sources/upstream_facilities")}
    feed = 0.0
    for name, units in size.items():
        if units.get("mine") and mines[plants[name]]:
            basket = baskets[mines[plants[name]]]
            feed += units["mine"] * (float(basket["dy"]) + float(basket["tb"])) / 100
    # Heavy concentrate holds 6 to 10 percent Dy + Tb: at 6 the units are counted low.
    separation = sum(units.get("heavy", 0.0) for units in size.values()) * 0.06
    assert separation > 1.5 * feed, f"{separation:.0f} t of separation, {feed:.0f} t of Dy + Tb in feed"


def test_adversaries_serve_no_trusted_channel() -> None:
    """Recipes limited to trusted channels run at no facility in an adversary country."""
    trusted = {row["id"] for row in rows("recipes") if "mdap" in row["channels"]}
    adversaries = {row["id"] for row in rows("facilities") if row["country"] in ("CHN", "MMR", "LAO", "RUS")}
    assert trusted
    assert not [row for row in rows("facility_recipes") if row["recipe"] in trusted and row["facility"] in adversaries]


def test_offtakes_collected_are_claims_or_lanes() -> None:
    """Every offtake in the ownership tables stands as a claim on output, or on the lanes of the mine it is about."""
    claimed = {row["facility"] for row in rows("claims")}
    lanes = " ".join(row["note"] for row in rows("lanes"))
    offtakes = [row for row in rows("sources/ownership_upstream") if "offtake" in row["link_type"]]
    assert len(offtakes) >= 8
    for row in offtakes:
        owned = {"MP Materials": "mp_independence"}.get(row["owned"], row["owned"])
        held = owned in claimed or f"{row['owner']} > {row['owned']}" in lanes
        assert held or row["owned"] == "malaysia_clays", row
