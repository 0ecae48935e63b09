"""Rebuild the reference instance from `sources/`, or check that it is as rebuilt.

Usage: python rebuild.py            writes instance.yaml, the tables and the overlays that follow from sources
       python rebuild.py --check    exits 1 where a file differs from what would be written
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from rebuilding import (
    balance,
    chemistry,
    coverage,
    demand,
    disruptions,
    document,
    events,
    intensity,
    materials,
    network,
    owners,
    process,
    processes,
    scenario_page,
    tables,
    trade,
    variants,
    years,
)
from writing import write

SAYS = ("source", "confidence", "note")
COLUMNS = {
    "materials": (
        "id",
        "name",
        "stage",
        "content",
        "price",
        "storage",
        "disposal",
        "freight_factor",
        *SAYS,
    ),
    "recipes": (
        "id",
        "stage",
        "unit",
        "inputs",
        "outputs",
        "cost",
        "capacity_use",
        "channels",
        *SAYS,
    ),
    "facilities": ("id", "name", "stage", "country", "location", "capacity", "exposure", *SAYS),
    "facility_recipes": ("facility", "recipe", "cost", "source", "confidence"),
    "options": (
        "facility",
        "id",
        "capacity",
        "capex",
        "fixed_cost",
        "lead",
        "ramp",
        "earliest",
        "latest",
        "life",
        "public_share",
        "after",
        "qualification",
        "spend",
        *SAYS,
    ),
    "owners": ("id", "name", "country", "source", "confidence"),
    "facility_owners": ("facility", "owner", "share", *SAYS),
    "owner_owners": ("held", "owner", "share", *SAYS),
    "claims": ("facility", "to", "share", "materials", "until", "source", "confidence"),
    "demand": ("market", "product", "tonnes", "accepts", "shortage_cost", *SAYS),
    "lanes": ("from", "to", "material", "cost", "capacity", "tags", *SAYS),
    "freight": ("from", "to", "material", "cost", "capacity", "tags", *SAYS),
    "capex_intensity": ("facility", "option", "kinds", "tonnes", "usd_per_t", "low", "high", "outlier", "reason"),
    "left_out": ("file", "row", "reason"),
    "coverage": ("file", "rows", "used", "left_out", "share_used"),
    "confidence": ("table", "rows", "A", "B", "C", "none"),
}
ACCOUNTS = ("capex_intensity", "left_out", "coverage", "confidence")


def build() -> dict[str, str]:
    """The text of every file, by name."""
    plants = network.plants()
    tiers = document.tiers()
    baskets = chemistry.baskets()
    feeds = chemistry.feeds()
    kinds = chemistry.classes(baskets)
    cracked = network.cracked_baskets(plants)
    recipes = processes.all_processes(feeds, baskets, kinds, cracked)
    costs = process.cost_classes()
    trusted = {name for name, plant in plants.items() if tiers[plant.country] in ("domestic", "ally")}
    links = owners.graph(plants)
    uses = network.facility_recipe_rows(plants, recipes, costs, trusted)
    # A basket that is cracked apart everywhere needs no recipe that does both in one go.
    run = {row["recipe"] for row in uses}
    recipes = [recipe for recipe in recipes if recipe.id in run or not recipe.id.startswith("open_")]
    rows = {
        "materials": materials.material_rows(feeds, baskets, kinds, recipes, trade.prices()),
        "recipes": [recipe.row(costs) for recipe in recipes],
        "facilities": network.facility_rows(plants, tiers),
        "facility_recipes": uses,
        "options": network.option_rows(plants, tiers),
        "owners": owners.owner_rows(links),
        "facility_owners": owners.link_rows(links, facility=True),
        "owner_owners": owners.link_rows(links, facility=False),
        "claims": [dict(row) for row in tables.read("claims")],
        "demand": demand.demand_rows(),
        "lanes": trade.lane_rows(plants),
        "freight": trade.freight_rows(plants),
    }
    rows = {name: years.date(table) for name, table in rows.items()}
    balance.check(rows["materials"], rows["recipes"], rows["facility_recipes"])
    files = {f"{name}.csv": tables.table(table, COLUMNS[name]) for name, table in rows.items()}
    futures = disruptions.library(rows["facilities"], rows["options"])
    files["instance.yaml"] = document.yaml_text(plants, disruptions.base_text(futures))
    files["events.yaml"] = events.text(futures)
    files["variants/library.yaml"] = disruptions.overlay_text(futures)
    taken = coverage.used(files, links)
    accounts = {
        "capex_intensity": intensity.intensity_rows(plants, rows["options"]),
        "left_out": coverage.left_out(taken),
    }
    accounts["coverage"] = coverage.coverage_rows(taken, accounts["left_out"])
    accounts["confidence"] = coverage.confidence_rows(rows)
    files |= {f"{name}.csv": tables.table(accounts[name], COLUMNS[name]) for name in ACCOUNTS}
    if scenario_page.PAGE.parent.is_dir():
        files[str(scenario_page.PAGE)] = scenario_page.page(futures)
    return files | variants.files(plants, rows, files["instance.yaml"])


def main(arguments: list[str]) -> int:
    """Write the files, or compare them."""
    return write(tables.FOLDER, build(), check="--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
