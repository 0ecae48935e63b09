"""Every row of the dossier that the instance does not use, and why."""

from __future__ import annotations

import re

from .chemistry import basket_of, feeds
from .demand import COMMERCIAL, PROGRAMMES
from .network import Plant
from .owners import Graph, upstream_key
from .tables import SOURCES, Out, Row, read

PLANT_REASONS = {
    "kvanefjeld": "blocked since 2021; claim pending; treated as unavailable",
    "saltend": "cancelled in 2025 in favour of the USA",
    "vital_saskatoon": "never commissioned; owner bankrupt in 2023",
    "lovozero_solikamsk": "Russian; no separator of the instance takes its loparite",
    "per_geijer": "nine years of lead: not on line within the horizon",
    "mp_maaden_saudi": "no tonnage published",
    "ls_korea": "no separation tonnage published",
    "reelement_marion": "no rare earth tonnage published (yttrium only)",
    "ngualla": "owned by Shenghe: adds to Chinese supply, which stands at export size",
    "dong_pao": "licence under re-auction; no buyer outside China known",
    "mp_recycling_apple": "no tonnage published",
    "vulcan_durham": "pilot; no tonnage found",
    "arnold_rochester": "finishing only: neither melts nor sinters",
    "tda_torrance": "finishing only",
    "niron_minneapolis": "iron nitride: no rare earths, not a drop-in for these grades",
    "niron_sartell": "iron nitride: no rare earths, not a drop-in for these grades",
    "niron_hvm": "iron nitride: no rare earths, not a drop-in for these grades",
    "aml_melbourne": "no tonnage published",
    "ls_chesapeake": "magnet tonnage not published; capex covers copper and wire too",
    "phoenix_freedom": "tonnage not found",
    "uscm_idaho": "process development; no capacity announced",
    "caremag_lacq": "same plant as caremag of the upstream table",
    "magnetfabrik_bonn": "mostly bonded magnets and machining",
    "gkn_radevormwald": "announced, not delivered",
    "neo_korat": "bonded-magnet powder, not sintered",
    "neo_china_powder": "bonded-magnet powder, not sintered",
    "proterial_philippines": "machining of blocks from Japan",
    "lseco_hcmc": "tonnage not published",
    "vrex_hanoi": "idle since the prosecutions of 2023",
    "irel_vizag": "3 t a year for Indian programmes",
    "sona_comstar": "participant of the Indian scheme, counted there",
    "cit_senai_itr": "pilot in Brazil, whose demand is not a market here",
}

USED_RECIPES = {
    "crack_bast_acid": ("rc009",),
    "crack_monazite_caustic": ("rc015",),
    "rec_collection_rates": ("rc279", "rc280"),
}
RARE = (
    "NdPr metal",
    "DyFe",
    "Sm metal",
    "NdPr oxide",
    "Dy2O3",
    "Tb4O7",
    "Sm2O3",
    "alloy",
    "coating source",
    "swarf",
    "magnets",
    "hydride",
    "before diffusion",
    "powder",
)
GRADES_USED = {"n", "m", "h", "sh", "uh", "eh", "smco15", "smco217"}


def _recipe_reason(row: Row) -> str:
    name, item = row["recipe_id"], row["item"]
    if name in USED_RECIPES:
        return "" if row["row_id"] in USED_RECIPES[name] else "reagent, residue or by-product: not modelled"
    if row["row_id"] in ("rc089", "rc106", "rc123", "rc141", "rc159", "rc132", "rc150", "rc168"):
        return ""
    if "_ah" in name or name == "alloy_m":
        return "grade not modelled (AH dropped, M counted as N)"
    if name.startswith(("flot_", "grav_", "leach_")):
        return "mines count REO shipped: their opex and recovery stand in the facility row"
    if name in (
        "sx_reagents",
        "sx_eu_gd",
        "sx_y",
        "met_nd",
        "met_la",
        "mag_lci_jin2018",
        "mag_large_block",
        "mag_nearnet",
    ):
        return {
            "mag_large_block": "one ordinary magnet route for all grades",
            "mag_nearnet": "one ordinary magnet route for all grades",
            "mag_lci_jin2018": "published inventory that does not balance; a check on UH only",
            "met_nd": "NdPr metal stands for it",
        }.get(name, "Eu, Gd, Y, La metal and reagents are not modelled")
    if row["role"] == "loss" or "reject" in item or "slag" in item:
        return "loss or internal return: follows from the yields used"
    if row["role"] == "output" and row["kg_per_kg_main_output"] in ("1", "1.0"):
        return ""
    if any(word in item for word in RARE) or name.startswith(("sx_", "gbd_")):
        return "" if "SmCo swarf" not in item else "SmCo swarf is not followed"
    return "input without rare earths: not modelled"


def _price_reason(row: Row) -> str:
    if row["date"] < "2024":
        return "history: not a reference price of 2026"
    if row["commodity"] in ("Y oxide", "Nd oxide", "Nd metal", "Cobalt metal"):
        return "not a material here, or NdPr stands for it"
    return "another quote of the same thing; a later or better based one is used"


def _ownership_reason(row: Row) -> str:
    kind = row["link_type"]
    if not kind.startswith("equity") and kind != "earn-in":
        claimed = {
            ("JOGMEC and Sojitz (Japan Australia Rare Earths)", "lamp"),
            ("REalloys", "src_saskatoon"),
        }
        if (row["owner"], row["owned"]) in claimed:
            return ""
        return f"{kind}: not a shareholding"
    if not row["pct"] or float(row["pct"]) == 0:
        return "share not published"
    return "leads to no facility of the instance"


def _used_ids(pattern: str) -> set[str]:
    """Ids that the frame and the tables of decisions cite."""
    names = (
        "frame.yaml",
        "projects.csv",
        "claims.csv",
        "price_basis.csv",
        "plants.csv",
        "storage.csv",
    )
    text = "\n".join((SOURCES / name).read_text(encoding="utf-8") for name in names)
    return set(re.findall(pattern, text))


def _spans(text: str) -> set[str]:
    """Policy ids in spans such as pol070-pol076."""
    found = set(re.findall(r"pol\d{3}", text))
    for low, high in re.findall(r"pol(\d{3})-pol(\d{3})", text):
        found |= {f"pol{index:03d}" for index in range(int(low), int(high) + 1)}
    return found


def left_out_rows(known: dict[str, Plant], links: Graph) -> list[Out]:
    """The table of what is left out."""
    rows: list[Out] = []

    def leave(file: str, row: str, reason: str) -> None:
        if reason:
            rows.append({"file": f"{file}.csv", "row": row, "reason": reason})

    plants = {(plant.plan["table"], plant.plan["row"]) for plant in known.values()}
    for table in ("upstream", "downstream"):
        for row in read(f"{table}_facilities"):
            merged = row["id"] == "src_saskatoon"
            if (table, row["id"]) not in plants and not merged:
                leave(f"{table}_facilities", row["id"], PLANT_REASONS[row["id"]])
    baskets = {basket_of(feed) for feed in feeds()}
    for row in read("ore_baskets"):
        if row["basket_id"] not in baskets:
            leave("ore_baskets", row["basket_id"], "no facility of the instance mines it")
    for row in read("recipes"):
        leave("recipes", row["row_id"], _recipe_reason(row))
    for row in read("magnet_grades"):
        if row["grade_id"] not in GRADES_USED:
            leave("magnet_grades", row["grade_id"], "grade or kind of magnet not modelled")
    quoted = _used_ids(r"\bp\d{3}\b")
    for row in read("prices"):
        if row["row_id"] not in quoted:
            leave("prices", row["row_id"], _price_reason(row))
    frame = "\n".join(
        (SOURCES / name).read_text(encoding="utf-8")
        for name in ("frame.yaml", "projects.csv", "claims.csv", "disruptions.csv", "project_record.csv")
    )
    policies = _spans(frame)
    for row in read("policy"):
        if row["row_id"] not in policies:
            leave("policy", row["row_id"], policy_reason(row))
    members = {name for names in PROGRAMMES.values() for name in names}
    for row in read("demand_mdap"):
        if row["row_id"] not in members:
            leave(
                "demand_mdap",
                row["row_id"],
                "outside DoD funding" if row["row_id"] == "f35_partner" else "total or reference row: not to be added",
            )
    leave("demand_mdap_long", "*", "the same figures as demand_mdap.csv in long form; not carried")
    for row in read("demand_commercial"):
        ours = row["region"] in COMMERCIAL.values() and row["basis"].startswith("direct use")
        if "total" in row["sector"] or not ours:
            used = row["row_id"] in ("smco_usa", "smco_world_ex_china", "rest_total") or (
                row["region"] == "REST_EX_CHINA"
            )
            if not used:
                leave(
                    "demand_commercial",
                    row["row_id"],
                    "total, other region or reference: not to be added",
                )
    for row in read("disruption_events"):
        if row["date"] not in frame:
            leave(
                "disruption_events",
                f"{row['date']} {row['event'][:60]}",
                "no scenario rests on it: past its effect, small, or of the same kind as one used",
            )
    for row in read("ownership_upstream"):
        if upstream_key(row) not in links.used.get("ownership_upstream", set()):
            leave("ownership_upstream", upstream_key(row), _ownership_reason(row))
    for row in read("ownership_downstream"):
        if row["row_id"] not in links.used.get("ownership_downstream", set()):
            leave(
                "ownership_downstream",
                row["row_id"],
                f"{row['relation']}: no share published, or leads to no facility of the instance",
            )
    return rows


def policy_reason(row: Row) -> str:
    """Why a policy row is not used."""
    name = row["parameter"]
    if name.startswith(("magnet_ptc", "45x", "48c", "depletion", "mp_price_floor", "mp_upside", "mp_10x_ebitda")):
        return "instrument: no finance section here; plans are judged by system cost"
    if name.startswith(("section", "mfn")):
        return "tariff: a transfer and not a cost of the system"
    if name.startswith(("award", "mp_", "us_", "osc", "obbba", "energy", "project_vault", "secure", "nds_")):
        return "past award or fund: context of budget and public shares"
    if name.startswith(("china", "dfars", "ndaa", "eu_", "forge")):
        return "law: stands behind channels and scenarios, not a number in the model"
    return "context: not a number in the model"
