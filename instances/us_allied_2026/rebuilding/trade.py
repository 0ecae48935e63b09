"""Regions, lanes for feeds, freight rows for everything else, prices by region."""

from __future__ import annotations

from typing import Any

from .licences import Licence, licences
from .network import Plant, distance, mineral_of
from .tables import Out, by, flow, joined, number, read

REGIONS: dict[str, tuple[str, ...]] = {
    "north_america": ("USA", "CAN", "MEX"),
    "south_america": ("BRA", "CHL"),
    "europe": ("BEL", "CHE", "DEU", "EST", "FIN", "FRA", "GBR", "GRL", "NOR", "SVN", "SWE"),
    "africa": ("AGO", "MDG", "MWI", "TZA", "UGA", "ZAF"),
    "south_asia": ("IND",),
    "russia": ("RUS",),
    "southeast_asia": ("LAO", "MMR", "MYS", "PHL", "THA", "VNM"),
    "oceania": ("AUS",),
    "japan": ("JPN",),
    "korea": ("KOR",),
    "china": ("CHN",),
}

# What leaves China in trade; ores, carbonates, concentrates, alloys with heavies and swarf do not.
CHINA_LIGHT = ("ndpr_oxide", "ndpr_metal", "alloy_n", "magnet_n", "magnet_h")
CHINA_HEAVY = (
    "dy_oxide",
    "tb_oxide",
    "sm_oxide",
    "dyfe",
    "tb_metal",
    "sm_metal",
    "magnet_sh",
    "magnet_uh",
    "magnet_eh",
    "smco",
)

# USD per gross tonne (upstream cost table, transport): both ports, two inland legs of 300 km by
# truck, sea freight per tonne-km; radioactive concentrates pay double. Own estimates, C.
PORTS, INLAND, SEA = 60.0, 90.0, 0.0075
TRUCK, RAIL, RAIL_LOADING = 0.15, 0.05, 40.0
DETOUR_LAND, DETOUR_SEA = 1.3, 1.4
CLASS_7 = 2.0
# Packing, insurance and drums for oxides, metals, alloys and magnets, USD per t: the downstream
# table puts ocean freight at 100-400 in all.
PACKING = 60.0


def region_of(country: str) -> str:
    """Region of a country."""
    return next(name for name, members in REGIONS.items() if country in members)


def route_tags() -> dict[tuple[str, str], list[str]]:
    """Tags of the way between two regions."""
    found = {}
    for row in read("routes"):
        tags = [tag for tag in row["tags"].split(";") if tag]
        found[row["from"], row["to"]] = tags
        if row["both"]:
            found[row["to"], row["from"]] = tags
    return found


def lane_rows(known: dict[str, Plant]) -> list[Out]:
    """The table of lanes: feeds between pairs that trade or could."""
    tags = route_tags()
    rows = []
    for lane in read("feed_lanes"):
        start, end = known[lane["from"]], known[lane["to"]]
        regions = region_of(start.country), region_of(end.country)
        km = distance(start.place, end.place)
        if regions[0] == regions[1]:
            land = km * DETOUR_LAND
            cost = min(20 + TRUCK * land, RAIL_LOADING + RAIL * land)
            way = ["overland"]
        else:
            cost = PORTS + INLAND + SEA * km * DETOUR_SEA
            way = tags[regions]
        radioactive = lane["feed"].startswith("conc_") and "monazite" in mineral_of(lane["feed"])
        rows.append(
            {
                "from": start.id,
                "to": end.id,
                "material": lane["feed"],
                "cost": number(cost * (CLASS_7 if radioactive else 1), 3),
                "capacity": int(lane["capacity"]) if lane["capacity"] else None,
                "tags": way,
                "source": "sources/feed_lanes.csv; cost from distance and the transport table",
                "confidence": "C",
                "note": joined(
                    lane["why"],
                    f"pair {lane['confidence']}, cost C",
                    "class 7 surcharge" if radioactive else "",
                ),
            }
        )
    return rows


def freight_rows(known: dict[str, Plant]) -> list[Out]:
    """The table of freight between hubs."""
    passing = licences(known, REGIONS)
    rows: list[Out] = []
    for row in read("routes"):
        if row["pooled"] == "lanes":
            continue
        cost = number(PORTS + INLAND + PACKING + SEA * float(row["km"]), 3)
        way = [tag for tag in row["tags"].split(";") if tag]
        base = {
            "cost": cost,
            "confidence": "C",
            "note": row["note"],
            "source": f"sources/routes.csv {row['from']} {row['to']}; cost from distance and the transport tables",
        }
        if row["pooled"] == "export":
            ends = {"from": row["from"], "to": row["to"]}
            rows.extend(
                ends | {"material": material, "tags": [*way, "china_export", "china_light"]} | base
                for material in CHINA_LIGHT
            )
            rows.extend(
                ends
                | {"material": material, "tags": [*way, "china_export", "china_heavy"]}
                | _licensed(base, passing.get((row["to"], material)))
                for material in CHINA_HEAVY
            )
            continue
        rows.append({"from": row["from"], "to": row["to"], "tags": way} | base)
        if row["both"]:
            rows.append({"from": row["to"], "to": row["from"], "tags": way} | base)
    return rows


def _licensed(base: Out, licence: Licence | None) -> Out:
    """A freight row under licence: capped, and dearer by the premium of export prices."""
    freight = f"freight alone {base['cost']} USD per t"
    if licence is None:
        return base | {
            "capacity": 0,
            "source": joined(base["source"], "sources/policy.csv pol091: no samarium licences seen"),
            "note": joined("no licences", freight, base["note"]),
        }
    return base | {
        "cost": number(base["cost"] + licence.premium, 4),
        "capacity": licence.tonnes,
        "source": joined(base["source"], licence.source),
        "note": joined(licence.note, freight, base["note"]),
    }


def prices() -> dict[str, dict[str, Any]]:
    """Reference price of each product by region: one in China, one outside."""
    found = {}
    for name, row in by("price_basis", "material").items():
        inside, outside = flow(row["china"]), flow(row["outside"])
        found[name] = {region: inside if region == "china" else outside for region in REGIONS}
    return found
