"""Rebuild the back-cast instance from `sources/`, or check that it is as rebuilt.

Usage: python rebuild.py            writes instance.yaml and the tables
       python rebuild.py --check    exits 1 where a file differs from what would be written

Every row in `sources/` says when its fact was known; a row known after 2024-12-31 is refused.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from backcasting.chain import feed_rows, product_rows
from backcasting.facts import all_facts, licence_shares
from backcasting.market import REGIONS, demand_rows, freight_rows, makers, plant_rows
from backcasting.tables import FOLDER, read
from writing import Out, number, plain, table, write

SAYS = ("source", "confidence", "note")
COLUMNS: dict[str, tuple[str, ...]] = {
    "materials": ("id", "name", "stage", "content", "price", "freight_factor", *SAYS),
    "recipes": ("id", "stage", "unit", "inputs", "outputs", "cost", "capacity_use", *SAYS),
    "facilities": ("id", "name", "stage", "country", "capacity", *SAYS),
    "facility_recipes": ("facility", "recipe", "cost", "source", "confidence"),
    "demand": ("market", "product", "tonnes", "shortage_cost", *SAYS),
    "lanes": ("from", "to", "material", "cost", "capacity", "source", "confidence"),
    "freight": ("from", "to", "material", "cost", "capacity", "tags", *SAYS),
}
TIERS = {"USA": "domestic", "CHN": "adversary", "LAO": "exposed", "MMR": "exposed", "MDG": "exposed", "VNM": "exposed"}


def build() -> dict[str, str]:
    """The text of every file, by name."""
    fact = all_facts()
    feeds, recipes, used = feed_rows(fact)
    products, more = product_rows(fact)
    recipes |= more
    facilities, uses = plant_rows(fact, used, recipes)
    run = {row["recipe"] for row in uses}
    lanes = []
    for row in read("feed_lanes"):
        cap = row["capacity"]
        lanes.append(
            {
                "from": row["from"],
                "to": row["to"],
                "material": row["feed"],
                "cost": number(fact["freight_feed"]),
                "capacity": number(fact[cap]) if cap else None,
                "source": f"sources/feed_lanes.csv: {row['source']}",
                "confidence": row["confidence"],
            }
        )
    rows: dict[str, list[Out]] = {
        "materials": feeds + products,
        "recipes": [
            {key: value for key, value in row.items() if key != "items"} for name, row in recipes.items() if name in run
        ],
        "facilities": facilities,
        "facility_recipes": uses,
        "demand": demand_rows(fact, used),
        "lanes": lanes,
        "freight": freight_rows(fact, used, [row["id"] for row in feeds if row["id"].startswith("seg_")]),
    }
    files = {f"{name}.csv": table(rows[name], columns) for name, columns in COLUMNS.items()}
    stock = makers(fact, used, new=False)["japan"] * fact["outside_heavy_share"] * fact["dytb_into_magnets"]
    stock *= fact["heavy_from_oxide"] * fact["japan_stock_days"] / 365
    countries = sorted(country for members in REGIONS.values() for country in members)
    words = {
        "countries": "\n".join(f"  {code}: {TIERS.get(code, 'ally')}" for code in countries),
        "regions": "\n".join(f"    {name}: {plain(list(members))}" for name, members in REGIONS.items()),
        "japan_stock": plain(number(stock, 4)),
    }
    for name, share in licence_shares().items():
        words[name] = plain(number(share / fact["qualification_room"], 4))
        words[f"{name}_share"] = plain(number(share, 3))
    text = (FOLDER / "sources" / "frame.yaml").read_text(encoding="utf-8")
    for name, word in words.items():
        text = text.replace(f"@{name}@", word)
    return files | {"instance.yaml": text}


def main(arguments: list[str]) -> int:
    """Write the files, or compare them."""
    return write(FOLDER, build(), check="--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
