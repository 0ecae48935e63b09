"""Chinese export licences on heavies, as they work in 2026: what passes, and what it costs on top.

The base future is the present regime (policy.csv pol091). Since April 2025 whatever holds Sm, Tb or Dy needs
a licence; users in defence are refused, so trusted channels get none (their tiers exclude China anyhow). For
commercial users licences let magnets through at the level of the year before the regime (disruption_events.csv
2025-06-11), none to Japan since January 2026 (2026-01-06), and no samarium (pol091). Dysprosium and terbium
as oxide and metal: what the magnet plants of a region need. A shipment under licence pays the export price,
not the domestic one. Free trade would be these freight rows without capacity and at the freight cost alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from .chemistry import OXIDE
from .demand import level_2024
from .network import Plant
from .tables import Row, by, number, read

MAGNETS = ("magnet_sh", "magnet_uh", "magnet_eh", "smco")
METALS = ("dy_oxide", "dyfe", "tb_oxide", "tb_metal")

# Need of a plant for Dy + Tb, t per t of finished magnets: an SH magnet, diffused (magnet_grades.csv sh,
# 0.75 pct), over the alloy that it takes (recipes.csv rc196). Four fifths are Dy. Half comes as oxide,
# half as metal. Own estimates, C.
NEED = 0.0075 * 1.4763
DY_SHARE = 0.8
HALF = 0.5

# Offers for export less the domestic price, USD per kg of Dy oxide (prices.csv p147 291, p116 169.35).
# Terbium at the same ratio on its domestic price (p117 776.72). Own reading, C: average prices of 2025
# differ by 4 pct only (p139), quotes in Europe by a factor of five on under 1 pct of volume (p138).
DY_PREMIUM = (291 - 169.35) * 1000
TB_PREMIUM = 776.72 * (291 / 169.35 - 1) * 1000


@dataclass(frozen=True)
class Licence:
    """What passes to one region of one material."""

    tonnes: float
    premium: float
    source: str
    note: str


def _premiums() -> dict[str, float]:
    """USD per t on top of freight; magnets by the heavies of their diffused grade (magnet_grades.csv)."""
    grades = by("magnet_grades", "grade_id")
    found = {
        "dy_oxide": DY_PREMIUM,
        "dyfe": DY_PREMIUM * OXIDE["Dy"] * 0.80,
        "tb_oxide": TB_PREMIUM,
        "tb_metal": TB_PREMIUM * OXIDE["Tb"],
    }
    for name in ("sh", "uh", "eh"):
        share = float(grades[name]["dy_tb_wt_pct_total_gbd"]) / 100
        found[f"magnet_{name}"] = share * OXIDE["Dy"] * DY_PREMIUM
    return found


def _need(known: dict[str, Plant], region: tuple[str, ...]) -> dict[str, float]:
    """Dy and Tb that the magnet plants of a region need in their first year, in each form."""
    magnets = 0.0
    for plant in known.values():
        if plant.country in region and "magnet" in plant.existing:
            size = plant.existing["magnet"]
            magnets += float(size[min(size)] if isinstance(size, dict) else size)
    dy, tb = magnets * NEED * DY_SHARE, magnets * NEED * (1 - DY_SHARE)
    return {
        "dy_oxide": dy * HALF * OXIDE["Dy"],
        "dyfe": dy * HALF / 0.80,
        "tb_oxide": tb * HALF * OXIDE["Tb"],
        "tb_metal": tb * HALF,
    }


def licences(known: dict[str, Plant], regions: dict[str, tuple[str, ...]]) -> dict[tuple[str, str], Licence]:
    """What passes under licence, by region and material; a material without an entry does not pass."""
    level, premium = level_2024(), _premiums()
    found = {}
    for row in read("licences"):
        for name, tonnes in (_magnets(row, level) | _metals(row, known, regions)).items():
            found[row["region"], name] = Licence(
                float(number(tonnes, 3)),
                premium.get(name, 0.0),
                f"sources/licences.csv {row['region']}: {row['source']}; sources/policy.csv pol091; "
                "premium sources/prices.csv p116 p117 p147",
                "licence: level of 2024" if name in MAGNETS else "licence: need of the magnet plants there",
            )
    return found


def _magnets(row: Row, level: dict[tuple[str, str], float]) -> dict[str, float]:
    """Magnets at the level of 2024: the share of the region's use that came from China."""
    shares = {name: float(row["smco_share" if name == "smco" else "magnet_share"]) for name in MAGNETS}
    return {name: share * level.get((row["market"], name), 0.0) for name, share in shares.items()}


def _metals(row: Row, known: dict[str, Plant], regions: dict[str, tuple[str, ...]]) -> dict[str, float]:
    if row["halted"]:
        return dict.fromkeys(METALS, 0.0)
    return _need(known, regions[row["region"]])
