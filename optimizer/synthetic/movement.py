"""Markets, freight, lanes and the reserve."""

from __future__ import annotations

from typing import Any

from optimizer.synthetic.core import Core
from optimizer.synthetic.draw import Draw, rounded
from optimizer.synthetic.places import HEAVY_SHARE, REGIONS, TIERS, TONNES_PER_FACILITY, Places
from optimizer.synthetic.sizes import Sizes

Row = dict[str, Any]

ROUTES: tuple[tuple[str, str, float, tuple[str, ...]], ...] = (
    ("north_america", "europe", 260, ("atlantic",)),
    ("north_america", "east_asia", 300, ("pacific",)),
    ("europe", "east_asia", 420, ("suez", "malacca")),
    ("oceania", "east_asia", 220, ("south_china_sea",)),
    ("oceania", "south_asia", 200, ("indian_ocean",)),
    ("oceania", "north_america", 380, ("pacific",)),
    ("south_america", "north_america", 250, ("caribbean",)),
    ("south_america", "europe", 330, ("atlantic",)),
    ("south_asia", "europe", 330, ("suez",)),
    ("south_asia", "east_asia", 180, ("malacca", "south_china_sea")),
    ("china", "east_asia", 120, ("east_china_sea",)),
    ("china", "south_asia", 150, ("south_china_sea",)),
    ("china", "north_america", 350, ("pacific",)),
)
"""Pairs of regions joined by freight, both ways: USD per t, and the waters crossed."""

REACH = 4
"""Light plants that a mine has lanes to."""


def freight(sizes: Sizes) -> list[Row]:
    """Freight between hubs, both ways."""
    draw = Draw(sizes.seed, "freight")
    rows = []
    for a, b, cost, tags in ROUTES:
        for start, end in ((a, b), (b, a)):
            rows.append({"from": start, "to": end, "cost": rounded(cost * draw.within(0.9, 1.1)), "tags": list(tags)})
    return rows


def lanes(sizes: Sizes, made: Places, distance: dict[tuple[str, str], float]) -> list[Row]:
    """Lanes for ore, from each mine to a few plants that take its ore, near ones first."""
    draw = Draw(sizes.seed, "lanes")
    rows: list[Row] = []
    takers: dict[str, list[str]] = {}
    for plant in made.by_kind["light"]:
        for ore in made.ores[plant]:
            takers.setdefault(ore, []).append(plant)
    for mine in made.by_kind["mine"]:
        (ore,) = made.ores[mine]
        region = region_of(made.facilities[mine]["country"])

        def far(plant: str, region: str = region) -> float:
            other = region_of(made.facilities[plant]["country"])
            return distance[region, other]

        ranked = sorted(takers.get(ore, []), key=lambda plant: (far(plant), draw.within(0, 1)))
        # The first plant of all takes every ore and is trusted: no mine is without a lane.
        plants = dict.fromkeys([*ranked[:REACH], first_trusted(made)])
        rows += [
            {
                "from": mine,
                "to": plant,
                "material": ore,
                "cost": rounded((40 + far(plant)) * draw.within(0.8, 1.2)),
                "tags": ["ore", "sea" if far(plant) else "land"],
            }
            for plant in plants
        ]
    return rows


def first_trusted(made: Places) -> str:
    """The first light plant that stands in a domestic country."""
    return next(f for f in made.by_kind["light"] if TIERS[made.facilities[f]["country"]] == "domestic")


def region_of(country: str) -> str:
    """The region a country lies in."""
    return next(region for region, members in REGIONS.items() if country in members)


def distances() -> dict[tuple[str, str], float]:
    """USD per t between any two regions, over as many links as it takes (Floyd and Warshall)."""
    far = {(a, b): 0.0 if a == b else float("inf") for a in REGIONS for b in REGIONS}
    for a, b, cost, _ in ROUTES:
        far[a, b] = far[b, a] = cost
    for via in REGIONS:
        for a in REGIONS:
            for b in REGIONS:
                far[a, b] = min(far[a, b], far[a, via] + far[via, b])
    return far


def markets(sizes: Sizes) -> tuple[dict[str, Row], list[Row]]:
    """Programmes, which draw on the strictest channels, and industry."""
    draw = Draw(sizes.seed, "demand")
    tonnes = TONNES_PER_FACILITY * sizes.facilities
    strictest = channels(sizes)
    found: dict[str, Row] = {}
    lines: list[Row] = []

    def market(
        name: str, channel: str, country: str, share: float, shortage: tuple[float, float], growth: float
    ) -> None:
        found[name] = {"channel": channel, "country": country}
        for product, part in (("magnet_n", 1 - HEAVY_SHARE), ("magnet_h", HEAVY_SHARE)):
            line = {
                "market": name,
                "product": product,
                "tonnes": {"start": rounded(tonnes * share * part * draw.within(0.8, 1.2)), "growth": growth},
                "shortage_cost": rounded(draw.within(*shortage) * (1.3 if product == "magnet_h" else 1.0)),
            }
            if product == "magnet_n":
                line["accepts"] = ["magnet_n", "magnet_h"]
            lines.append(line)

    programmes = strictest[-2] if len(strictest) > 1 else strictest[-1]
    market("programmes", programmes, "USA", 0.5, (400e3, 600e3), 0.05)
    market("allied_programmes", programmes, "GBR", 0.2, (300e3, 500e3), 0.04)
    if len(strictest) == 3:
        market("domestic_programmes", strictest[0], "USA", 0.15, (400e3, 600e3), 0.05)
    market("us_industry", "commercial", "USA", 1.2, (120e3, 180e3), 0.04)
    market("europe_industry", "commercial", "DEU", 1.2, (120e3, 180e3), 0.03)
    market("japan_industry", "commercial", "JPN", 1.4, (120e3, 180e3), 0.02)
    return found, lines


def channels(sizes: Sizes) -> list[str]:
    """Names of the channels, strictest first."""
    return ["domestic_chain", "mdap", "commercial"][3 - sizes.channels :]


def channel_records(sizes: Sizes) -> dict[str, Row]:
    """What each channel asks for."""
    caps = {"ownership": 0.25, "equipment": 0.25, "finance": 0.25}
    records: dict[str, Row] = {
        "domestic_chain": {"tiers": ["domestic"], "max_exposure": {**caps, "ownership": 0.1}, "custody_cost": 75},
        "mdap": {"tiers": ["domestic", "ally"], "max_exposure": caps, "custody_cost": 50},
        "commercial": {},
    }
    return {name: records[name] for name in channels(sizes)}


def reserve(sizes: Sizes) -> tuple[dict[str, Row], list[Row]]:
    """A reserve of magnets and oxides, and its targets; all of them soft."""
    draw = Draw(sizes.seed, "reserve")
    names = channels(sizes)
    channel = names[-2] if len(names) > 1 else names[-1]
    tonnes = TONNES_PER_FACILITY * sizes.facilities
    held = ["magnet_n", "magnet_h", "ndpr_oxide", "heavy_oxide"]
    start = {"magnet_n": rounded(0.01 * tonnes), "heavy_oxide": rounded(0.0005 * tonnes)}
    stockpile = {"country": "USA", "channel": channel, "materials": held, "initial": start, "release": "disruption"}
    last = sizes.years[-1]
    share = {sizes.years[0]: 0.2, last: draw.within(0.5, 0.8)} if sizes.periods > 1 else {last: 0.3}
    targets = [
        {"stockpile": "reserve", "material": product, "years_of_demand": 1, "of": ["programmes"], "share": share,
         "shortage_cost": rounded(draw.within(8e3, 15e3))}
        for product in ("magnet_n", "magnet_h")
    ]  # fmt: skip
    return {"reserve": stockpile}, targets


def policy(sizes: Sizes, made: Places, planted: Core | None) -> dict[str, Any]:
    """A budget and rules that hold where nothing is funded and nothing is made, and with what is planted."""
    names = channels(sizes)
    outlays = [option["capex"] * option["public_share"] for option in made.options]
    least, starts = (planted.outlay, len(planted.portfolio)) if planted else (0.0, 0)
    tonnes = TONNES_PER_FACILITY * sizes.facilities
    # The reserve's first stock costs 0.01 x 2,000 + 0.0005 x 4,000 = 22 USD a year for each t of `tonnes`: room for it.
    rules: list[Row] = [
        {"rule": "exposure_cap", "channel": "commercial", "stage": "separation", "kind": "location", "share": 0.95}
    ]
    if len(names) > 1:
        from_third = sizes.years[min(2, sizes.periods - 1)]
        rules.append({"rule": "domestic_content", "channel": "mdap", "stage": "magnet", "share": {from_third: 0.25}})
    rules.append({"rule": "starts", "max": max(2, round(len(made.options) / 8), starts)})
    return {
        "budget": {
            "annual": rounded(max(0.2 * sum(outlays), 1.05 * max(outlays, default=0), 1.05 * least) + 5000 * tonnes)
        },
        "rules": rules,
    }
