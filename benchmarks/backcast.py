"""The back-cast of 2025: what the instance says, beside what was published.

Usage: python benchmarks/backcast.py [-o FILE]

`modelled` is the branch `licences`, because a licence regime is what happened; the trunk and the two other regimes
stand beside it, and the trunk once more with more Chinese feed, which shows what rests on scarcity. The last
column was added after the result was seen: the forecast once more, with Mountain Pass and the makers of Europe and the
USA running as if by decision, at no avoidable cost. It is a diagnosis and is not judged.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

import optimizer

ROOT = Path(__file__).resolve().parents[1]
INSTANCE = ROOT / "instances" / "backcast_2025"
RESULT = ROOT / "benchmarks" / "results" / "2026-11-23-backcast.csv"
TRUNK = "trunk"
FORECAST = "licences"
OTHERS = ("licences_short", "licences_long")
MORE_FEED = 1.15
CHINESE_MINES = ("bayan_obo", "sichuan_shandong", "south_china_clays")
EUROPE = ("europe_magnets", "neo_narva")
AMERICA = ("mp_independence", "evac_sumter", "noveon")
COLUMNS = (
    "quantity",
    "unit",
    "published",
    "confidence",
    "band_low",
    "band_high",
    "modelled",
    "difference",
    "difference_share",
    "in_band",
    "no_controls",
    "short_regime",
    "long_regime",
    "no_controls_more_feed",
    "as_if_by_decision",
)


def observed() -> list[dict[str, str]]:
    """Published figures of 2025 with their bands."""
    with (INSTANCE / "observed.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def quantities(plan: optimizer.Plan, future: str) -> dict[str, float]:
    """What one future says of each quantity."""
    runs = plan.runs[plan.runs["scenario"] == future]
    flows = plan.flows[plan.flows["scenario"] == future]
    magnets = flows["material"].isin(["magnet_light", "magnet_heavy"]) & (flows["from"] == "hub:china")
    made = runs[runs["recipe"].isin(["make_magnet_light", "make_magnet_heavy"])]

    def run(facility: str, prefix: str) -> float:
        rows = runs[(runs["facility"] == facility) & runs["recipe"].str.startswith(prefix)]
        return float(rows["run"].sum())

    def magnets_of(*facilities: str) -> float:
        return float(made[made["facility"].isin(facilities)]["run"].sum())

    exports = float(flows[magnets]["tonnes"].sum())
    outside = float(made[made["facility"] != "china_magnets"]["run"].sum())
    to_china = (flows["from"] == "mountain_pass") & (flows["to"] == "china_separation")
    return {
        "mountain_pass_ndpr": run("mountain_pass", "open_"),
        "mountain_pass_reo": run("mountain_pass", "mine_"),
        "us_concentrate_to_china": float(flows[to_china]["tonnes"].sum()),
        "lynas_ndpr": run("lamp", "sep_"),
        "lynas_dytb": run("lamp", "heavy_"),
        "us_heavy_oxide": run("mountain_pass", "heavy_") + run("white_mesa", "heavy_"),
        "us_magnets": magnets_of(*AMERICA),
        "china_magnet_exports": exports,
        "china_magnets_to_usa": float(flows[magnets & (flows["to"] == "hub:north_america")]["tonnes"].sum()),
        "china_share_outside": exports / (exports + outside),
        "japan_magnets": magnets_of("japan_magnets"),
        "europe_magnets": magnets_of(*EUROPE),
    }


def more_feed() -> list[str]:
    """Overrides that raise Chinese mining."""
    facilities = optimizer.load(INSTANCE).facilities
    found = []
    for name in CHINESE_MINES:
        standing = facilities[name].capacity
        assert isinstance(standing, Mapping)
        tonnes = standing["mine"].at(2025, 2025)
        found.append(f"facilities.{name}.capacity.mine={tonnes * MORE_FEED:.0f}")
    return found


def by_decision() -> list[str]:
    """Overrides that take the avoidable cost from plants that owners or governments keep running."""
    magnets = ("make_magnet_light", "make_magnet_heavy")
    plants = {"mountain_pass": ("mine_conc_mountain_pass", "open_mountain_pass")} | dict.fromkeys(
        EUROPE + AMERICA, magnets
    )
    return [f"facilities.{name}.recipes.{recipe}.cost=0" for name, recipes in plants.items() for recipe in recipes]


def rows() -> list[dict[str, str]]:
    """The table: published, modelled, difference, in band."""
    plan = optimizer.solve(optimizer.load(INSTANCE), gap=1e-7)
    found = {name: quantities(plan, name) for name in (TRUNK, FORECAST, *OTHERS)}
    varied = quantities(optimizer.solve(optimizer.load(INSTANCE, more_feed()), gap=1e-7), TRUNK)
    decided = quantities(optimizer.solve(optimizer.load(INSTANCE, by_decision()), gap=1e-7), FORECAST)
    table = []
    for row in observed():
        name, published = row["quantity"], float(row["observed"])
        said = found[FORECAST][name]
        inside = float(row["band_low"]) <= said <= float(row["band_high"])
        numbers = [
            said,
            said - published,
            *(found[item][name] for item in (TRUNK, *OTHERS)),
            varied[name],
            decided[name],
        ]
        cells = [show(value, row["unit"]) for value in numbers]
        cells.insert(2, f"{(said - published) / published:+.2f}")
        cells.insert(3, "yes" if inside else "no")
        first = [row[key] for key in ("unit", "observed", "confidence", "band_low", "band_high")]
        table.append(dict(zip(COLUMNS, [name, *first, *cells], strict=True)))
    return table


def show(value: float, unit: str) -> str:
    """A share to three digits, tonnes to whole ones, small tonnes to a tenth."""
    if unit == "share":
        return f"{value:.3f}"
    cell = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}"
    return "0" if pd.isna(value) or float(cell) == 0 else cell


def text(table: list[dict[str, str]]) -> str:
    """The table as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


def main() -> None:
    """Solve and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    arguments = parser.parse_args()
    arguments.output.write_text(text(rows()), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
