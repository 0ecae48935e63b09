"""Capacities, demand and trade of 2025."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from writing import Out, number

from .tables import Row, read

REGIONS = {
    "north_america": ("USA",),
    "south_america": ("BRA",),
    "europe": ("DEU", "EST", "GBR"),
    "africa": ("MDG",),
    "south_asia": ("IND",),
    "southeast_asia": ("LAO", "MMR", "MYS", "VNM"),
    "oceania": ("AUS",),
    "japan": ("JPN",),
    "korea": ("KOR",),
    "china": ("CHN",),
}
COST_CLASS = {
    "USA": "usa",
    "DEU": "europe",
    "EST": "europe",
    "GBR": "europe",
    "JPN": "japan_korea",
    "KOR": "japan_korea",
    "CHN": "china",
}
TRADING = ("north_america", "europe", "japan", "korea", "southeast_asia", "south_asia")
# Market, its region, and the region whose Chinese trade is known ("rest" is what is left).
MARKETS = {"usa": "north_america", "europe": "europe", "japan": "japan", "korea": "korea", "rest": "southeast_asia"}


def region_of(country: str) -> str:
    """Region of a country."""
    return next(name for name, members in REGIONS.items() if country in members)


def capacity(row: Row, fact: Mapping[str, float], used: Mapping[str, float]) -> float:
    """Capacity of a unit in 2025, by the rule that its row names."""

    def value(cell: str) -> float:
        return fact[cell] if cell in fact else float(cell)

    per = used[row["per"]] if row["per"] else 1.0
    if row["basis"] == "stands":
        return value(row["base"])
    if row["basis"] == "used_capacity":
        return value(row["base"]) * fact["use_of_capacity"]
    if row["basis"] == "quota":
        return value(row["base"]) * (1 + fact["quota_growth"] / 2)
    if row["basis"] == "half_of_guided":
        return (value(row["base"]) + (value(row["guided"]) - value(row["base"])) / 2) * per
    if row["basis"] == "ramp":
        record = {(item["plant"], item["year"]): float(item["share"]) for item in read("ramp_record")}
        shares = [record[plant, row["ramp_year"]] for plant in row["ramp"].split(";")]
        return value(row["nameplate"]) * sum(shares) / len(shares) * float(row["part_of_year"]) * per
    raise ValueError(f"plants.csv: {row['id']} {row['unit']}: no rule '{row['basis']}'")


def plant_rows(
    fact: Mapping[str, float], used: Mapping[str, float], recipes: Mapping[str, Out]
) -> tuple[list[Out], list[Out]]:
    """Facilities, and where each recipe runs at what cost."""
    costs = {row["item"]: row for row in read("stage_costs")}
    facilities: dict[str, Out] = {}
    uses = []
    for row in read("plants"):
        found = facilities.setdefault(
            row["id"],
            {
                "id": row["id"],
                "name": row["name"],
                "stage": row["stage"],
                "country": row["country"],
                "capacity": {},
                "source": "",
                "confidence": "A",
                "note": "",
            },
        )
        found["capacity"][row["unit"]] = number(capacity(row, fact, used))
        found["source"] += (
            "; " if found["source"] else ""
        ) + f"sources/plants.csv {row['id']} {row['unit']} (known {row['known']}): {row['source']}"
        found["confidence"] = max(found["confidence"], row["confidence"])
        found["note"] += ("; " if found["note"] and row["note"] else "") + row["note"]
        kind = COST_CLASS.get(row["country"], "other")
        for name in row["recipes"].split(";"):
            items = recipes[name]["items"].items()
            total = sum(float(costs[item][kind] or costs[item]["other"]) * 1000 * amount for item, amount in items)
            uses.append(
                {
                    "facility": row["id"],
                    "recipe": name,
                    "cost": number(total, 5),
                    "source": "sources/stage_costs.csv",
                    "confidence": "C",
                }
            )
    return list(facilities.values()), uses


def trade(fact: Mapping[str, float]) -> dict[str, float]:
    """Chinese magnets used in 2024, by market."""
    rows = {row["region"]: float(row["tonnes"]) * 12 / float(row["months"]) for row in read("trade_2024")}
    found = {market: rows[region] for market, region in MARKETS.items() if market != "rest"}
    return found | {"rest": fact["china_magnets_2024"] - sum(found.values())}


def makers(fact: Mapping[str, float], used: Mapping[str, float], *, new: bool) -> dict[str, float]:
    """Magnets that makers outside China can make, by region; without `new`, only by those that stood in 2024."""
    found: dict[str, float] = {}
    for row in read("plants"):
        if row["unit"] == "magnet" and row["country"] != "CHN" and (new or row["basis"] != "ramp"):
            region = region_of(row["country"])
            found[region] = found.get(region, 0.0) + capacity(row, fact, used)
    return found


def demand_rows(fact: Mapping[str, float], used: Mapping[str, float]) -> list[Out]:
    """Demand of 2025: what was used in 2024, grown."""
    use = trade(fact)
    by_region = {region: market for market, region in MARKETS.items()}
    made = makers(fact, used, new=False)
    for row in read("use_of_output"):
        market = "rest" if row["used_in"] == "rest" else by_region[row["used_in"]]
        use[market] += made[row["made_in"]] * float(row["share"])
    use["china"] = fact["china_blanks_2024"] * fact["blank_to_finished"] - fact["china_magnets_2024"]
    rows = []
    for market, tonnes in use.items():
        inside = market == "china"
        share = fact["china_heavy_share" if inside else "outside_heavy_share"]
        cost = 2 * fact["price_magnet_china" if inside else "price_magnet"]
        for product, part in (("magnet_light", 1 - share), ("magnet_heavy", share)):
            rows.append(
                {
                    "market": market,
                    "product": product,
                    "tonnes": number(tonnes * (1 + fact["growth"]) * part, 5),
                    "shortage_cost": number(cost),
                    "source": "sources/trade_2024.csv, use_of_output.csv, facts.csv",
                    "confidence": "C",
                    "note": "use of 2024 grown; shortage cost twice the price",
                }
            )
    return rows


def freight_rows(fact: Mapping[str, float], used: Mapping[str, float], segs: Sequence[str]) -> list[Out]:
    """Freight; what China ships is bounded by the reference trade and the room for a year's growth."""
    rows: list[Out] = []
    source = "sources/facts.csv"

    def add(
        start: str, end: str, material: str | None, extra: float = 0.0, cap: float | None = None, licensed: bool = False
    ) -> None:
        rows.append(
            {
                "from": start,
                "to": end,
                "material": material,
                "cost": number(fact["freight"] + extra, 5),
                "capacity": None if cap is None else number(cap, 5),
                "tags": ["licensed"] if licensed else None,
                "source": source,
                "confidence": "C",
            }
        )

    room, share = fact["qualification_room"], fact["outside_heavy_share"]
    made = makers(fact, used, new=True)
    for market, tonnes in trade(fact).items():
        end = MARKETS[market]
        add("china", end, "magnet_light", cap=tonnes * (1 - share) * room)
        add("china", end, "magnet_heavy", cap=tonnes * share * room, licensed=True)
        add("china", end, "ndpr_oxide", extra=fact["vat_china"] * fact["price_ndpr_oxide"])
        add("china", end, "ndpr_metal", extra=fact["vat_china"] * fact["price_ndpr_metal"])
        need = made[end] * share * fact["dytb_into_magnets"] * room
        add("china", end, "heavy_metal", extra=fact["vat_china"] * fact["price_dy_oxide"], cap=need / 2, licensed=True)
        add(
            "china",
            end,
            "dytb_oxide",
            extra=fact["vat_china"] * fact["price_dy_oxide"],
            cap=need / 2 * fact["heavy_from_oxide"],
            licensed=True,
        )
    for start in TRADING:
        for end in TRADING:
            if start != end:
                add(start, end, None)
        for material in ("ndpr_oxide", "ndpr_metal", "dytb_oxide"):
            add(start, "china", material)
    for start in ("southeast_asia", "north_america"):
        for seg in segs:
            add(start, "china", seg)
    return rows
