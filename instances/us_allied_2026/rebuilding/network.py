"""Facilities, what they can run, and what can be funded there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .chemistry import baskets
from .process import Process
from .tables import Out, Row, by, cite, flow, joined, letter, number, read

FIRST, LAST = 2027, 2036

# Feeds of facilities whose row does not say it: LKAB works Malmberget tailings (basket of Per
# Geijer) into a mixed concentrate; the clays of southern China ship carbonate inside their group.
OWN_FEED = {"lkab_lulea": "carb_per_geijer", "south_china_clays": "carb_south_china_ionic"}
CARBONATE_FORMS = ("mixed_carbonate", "mixed_chloride")

# Opex that does not belong to rare earths alone: Brook Mine's 208 USD per kg carries scandium,
# gallium and germanium (59 pct of revenue is scandium). Own estimate, C.
OPEX_FIXES = {"brook_mine": 25.0}
# Integrated mines: share of the ore-to-oxide opex that falls on mining. Own estimate, C.
MINE_SHARE = 0.4

STAGES = {
    "mine": "mining",
    "integrated_mine_separation": "separation",
    "cracking": "cracking",
    "separation": "separation",
    "metal": "metal",
    "alloy": "alloy",
    "magnet": "magnet",
    "metal_alloy_magnet": "magnet",
    "recycling": "recycling",
}
LIFE = {"mining": 20, "recycling": 20}
LIFE_DEFAULT = 25
# Northern Minerals' feasibility study gives 11 years; Iluka's stock lasts about nine.
LIVES = {"browns_range": 11}
FIXED_SHARE = 0.03  # USD per year and USD of capex: maintenance, insurance, site staff; own estimate, C

EUROPE = {"DEU", "FRA", "EST", "FIN", "SVN", "SWE", "NOR", "GBR", "CHE", "GRL", "AUT", "BEL"}
COST_CLASS = {
    "USA": "usa",
    "CAN": "usa",
    "AUS": "usa",
    "JPN": "japan_korea",
    "KOR": "japan_korea",
    "CHN": "china",
    "MMR": "china",
    "LAO": "china",
}


@dataclass(frozen=True)
class Plant:
    """A facility: its row of plants.csv and the dossier row behind it."""

    id: str
    plan: Row
    row: Row

    @property
    def country(self) -> str:
        """ISO alpha-3."""
        return self.plan["country"] or self.row["country"]

    @property
    def stage(self) -> str:
        """Step of the chain."""
        return self.plan["stage"] or STAGES[self.row["stage"]]

    @property
    def place(self) -> tuple[float, float]:
        """Latitude and longitude."""
        row = self.plan if self.plan["lat"] else self.row
        return float(row["lat"]), float(row["lon"])

    @property
    def existing(self) -> dict[str, Any]:
        """Existing capacity by unit."""
        return flow(self.plan["existing"])

    @property
    def status(self) -> str:
        """Status in the dossier."""
        return self.row.get("status", "operating")

    @property
    def source(self) -> str:
        """What the row rests on."""
        if self.plan["table"] == "estimate":
            return f"sources/plants.csv {self.id} (own estimate)"
        said = f"{self.row['source']} ({self.row['source_year']})"
        return cite(f"{self.plan['table']}_facilities", self.plan["row"], said)

    @property
    def cost_class(self) -> str:
        """Column of stage_costs.csv."""
        return COST_CLASS.get(self.country, "europe" if self.country in EUROPE else "other")

    @property
    def opex(self) -> float | None:
        """USD per kg of REO, where the dossier gives it."""
        if self.id in OPEX_FIXES:
            return OPEX_FIXES[self.id]
        cell = self.row.get("opex_usd_per_kg_reo", "")
        return float(cell) if cell else None

    @property
    def mines(self) -> str:
        """The feed that its mine makes, or nothing."""
        if "mine" not in self.existing:
            return ""
        if self.id in OWN_FEED:
            return OWN_FEED[self.id]
        form = "carb" if self.row["product_form"] in CARBONATE_FORMS else "conc"
        return f"{form}_{self.row['basket_id']}"

    @property
    def basket_mineral(self) -> str:
        """The mineral of its basket."""
        return mineral_of(self.mines) if self.mines else ""


def plants() -> dict[str, Plant]:
    """All facilities of the instance."""
    dossier = {
        "upstream": by("upstream_facilities", "id"),
        "downstream": by("downstream_facilities", "id"),
    }
    found = {}
    for plan in read("plants"):
        row = dossier[plan["table"]][plan["row"]] if plan["table"] in dossier else {}
        found[plan["facility"]] = Plant(plan["facility"], plan, row)
    return found


def cracked_baskets(known: dict[str, Plant]) -> set[str]:
    """Baskets whose concentrate is cracked in a plant of its own."""
    found = set()
    for row in read("feed_lanes"):
        if row["feed"].startswith("conc_") and "crack" in known[row["to"]].existing:
            found.add(row["feed"].removeprefix("conc_"))
    for plant in known.values():
        if "crack" in plant.existing and plant.mines:
            found.add(plant.mines.removeprefix("conc_"))
    return found


def feed_recipes(plant: Plant) -> list[str]:
    """Mining, cracking and separation recipes of a facility."""
    units = plant.existing
    incoming = [row["feed"] for row in read("feed_lanes") if row["to"] == plant.id]
    found = [f"mine_{plant.mines}"] if plant.mines else []
    if plant.mines:
        incoming.insert(0, plant.mines)
    for feed in dict.fromkeys(incoming):
        basket = feed.split("_", 1)[1]
        if feed.startswith("carb_"):
            if "light" in units:
                found.append(f"sep_{basket}")
        elif "crack" in units:
            found.append(f"crack_{basket}")
            if "light" in units:
                found.append(f"sep_{basket}")
        elif "light" in units:
            found.append(f"open_{basket}")
    return list(dict.fromkeys(found))


def runs(plant: Plant, processes: list[Process], trusted: bool) -> list[str]:
    """The recipes a facility can run: by its units, and by what reaches it."""
    own = [
        process.id
        for process in processes
        if process.unit in plant.existing
        and process.unit not in ("mine", "crack", "light")
        and (trusted or "mdap" not in process.channels or "commercial" in process.channels)
    ]
    return feed_recipes(plant) + own


def recipe_cost(plant: Plant, process: Process, costs: dict[str, dict[str, float]], rank: int) -> int | float:
    """USD per unit of activity at this facility.

    Opex of the facility where the dossier has it, the costs of its class of country otherwise.
    Among magnet makers of a class, costs differ by 0.1 percent each, so that equal plants make no
    ties.
    """
    opex = plant.opex
    integrated = "mine" in plant.existing and "light" in plant.existing
    if process.unit == "mine" and opex is not None:
        return number(opex * 1000 * (MINE_SHARE if integrated else 1.0), 5)
    if process.unit == "light" and opex is not None:
        return number(opex * 1000 * process.use * (1 - MINE_SHARE if integrated else 1.0), 5)
    if process.unit == "crack" and opex is not None and plant.stage == "cracking":
        return number(opex * 1000, 5)
    factor = 1 + 0.001 * rank if process.unit in ("magnet", "loop", "smco") else 1.0
    return process.cost(costs[plant.cost_class], factor)


def facility_recipe_rows(
    known: dict[str, Plant],
    processes: list[Process],
    costs: dict[str, dict[str, float]],
    trusted: set[str],
) -> list[Out]:
    """The table of recipes by facility."""
    index = {process.id: process for process in processes}
    ranks: dict[str, int] = {}
    rows: list[Out] = []
    for plant in known.values():
        rank = ranks.get(plant.cost_class, 0)
        ranks[plant.cost_class] = rank + (plant.stage == "magnet")
        for name in runs(plant, processes, plant.id in trusted):
            process = index[name]
            cost = recipe_cost(plant, process, costs, rank)
            by_opex = (plant.opex is not None and process.unit in ("mine", "light")) or (
                process.unit == "crack" and plant.stage == "cracking" and plant.opex is not None
            )
            rows.append(
                {
                    "facility": plant.id,
                    "recipe": name,
                    "cost": cost if cost != process.cost(costs["usa"]) else None,
                    "source": plant.source.split(":")[0] + " opex"
                    if by_opex
                    else f"sources/stage_costs.csv {' '.join(process.items)} {plant.cost_class}",
                    "confidence": opex_letter(plant) if by_opex else "C",
                }
            )
    return rows


def opex_letter(plant: Plant) -> str:
    """Confidence of a facility's opex: C where the row calls it an own estimate."""
    confidence = plant.row["confidence"]
    estimated = "opex" in confidence or "all numbers" in confidence or plant.id in OPEX_FIXES
    return "C" if estimated else letter(confidence)


def exposure(
    plant: Plant, tiers: dict[str, str], overrides: dict[str, Row], defaults: list[Row]
) -> tuple[dict[str, Any], str]:
    """Given exposures of a facility, and why."""
    if plant.id in overrides:
        row = overrides[plant.id]
    elif tiers[plant.country] == "adversary":
        row = next(item for item in defaults if item["stage"] == "adversary")
    else:
        age = "operating" if plant.status == "operating" else "new"
        row = next(item for item in defaults if item["stage"] == plant.stage and item["status"] in ("any", age))
    kinds = ("equipment", "finance", "technology")
    values = {kind: row[kind] if row[kind] == "unknown" else float(row[kind]) for kind in kinds}
    return values, row["why"]


def facility_rows(known: dict[str, Plant], tiers: dict[str, str]) -> list[Out]:
    """The table of facilities."""
    overrides, defaults = by("exposures", "facility"), read("exposure_defaults")
    rows = []
    for plant in known.values():
        values, why = exposure(plant, tiers, overrides, defaults)
        lat, lon = plant.place
        rows.append(
            {
                "id": plant.id,
                "name": plant.plan["name"] or plant.row["name"],
                "stage": plant.stage,
                "country": plant.country,
                "location": [lat, lon],
                "capacity": plant.existing,
                "exposure": values,
                "source": plant.source,
                "confidence": plant.plan["confidence"],
                "note": joined(plant.plan["why"], f"exposure: {why} (own estimate)"),
            }
        )
    return rows


def option_rows(known: dict[str, Plant], tiers: dict[str, str]) -> list[Out]:
    """The table of options."""
    ramps = {row["id"]: (flow(row["ramp"]), row["source"]) for row in read("ramps")}
    rows = []
    for project in read("projects"):
        plant = known[project["facility"]]
        own = bool(project["capex_musd"])
        base = float(project["capex_musd"] or plant.row["capex_musd"])
        capex = base * float(project["multiplier"]) * 1e6
        lead = int(project["lead"])
        planned = plant.row.get("first_year", "")
        start = FIRST
        if project["earliest"]:
            start = int(project["earliest"])
        elif planned and not project["after"] and plant.status != "operating":
            start = max(FIRST, int(planned) - lead)
        ramp, ramp_source = ramps[project["ramp"]]
        magnets = {"magnet", "loop", "smco"} & set(flow(project["capacity"]))
        rows.append(
            {
                "facility": plant.id,
                "id": project["id"],
                "capacity": flow(project["capacity"]),
                "capex": number(capex, 4),
                "fixed_cost": number((base * 1e6 if project["sunk"] else capex) * FIXED_SHARE, 3),
                "lead": lead,
                "ramp": ramp,
                "earliest": start,
                "latest": int(project["latest"] or LAST - max(1, lead)),
                "life": LIVES.get(plant.id, LIFE.get(plant.stage, LIFE_DEFAULT)),
                "public_share": public_share(project, plant, tiers),
                "after": project["after"] or None,
                "qualification": {"mdap": 1} if magnets else None,
                "spend": {0: None, 1: None, 2: [0.5, 0.5]}.get(lead, [0.3, 0.4, 0.3]),
                "source": joined(plant.source, f"ramp: {ramp_source}"),
                "confidence": project["confidence"],
                "note": joined(
                    project["why"],
                    ""
                    if own
                    else f"capex of {plant.row['capex_year']} not inflated"
                    if plant.row.get("capex_year")
                    else "",
                    "committed" if project["committed"] else "",
                ),
            }
        )
    return rows


def public_share(project: Row, plant: Plant, tiers: dict[str, str]) -> float:
    """Share of capex that the American programme would carry: an award cited, or own estimate.

    0.4 at home (awards so far run from 0.2 to 0.7 of cost), 0.15 in allied and 0.1 in exposed
    countries.
    """
    if project["public"]:
        return float(project["public"])
    return {"domestic": 0.4, "ally": 0.15}.get(tiers[plant.country], 0.1)


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance, km."""
    lat1, lon1, lat2, lon2 = (math.radians(value) for value in (*a, *b))
    chord = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(chord))


def mineral_of(feed: str) -> str:
    """The mineral in a feed."""
    return baskets()[feed.split("_", 1)[1]].row["mineral"]
