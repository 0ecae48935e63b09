"""Blocks apart from finished magnets: the overlay `blocks`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import network, tables
from .overlay import Overlay
from .process import amounts
from .processes import GRADES
from .tables import Out, by, number

PRESS_YIELD = 0.95  # powder to block, recipes.csv rc196
BLOCK_SHARE = 0.5
"""Share of the cost of making a magnet that falls before it is cut. Own estimate (C): no source divides the cost.

The one block plant with a published cost, Narva, took 38 000 USD per t beside 80 000 planned for a European plant that
sinters and finishes (downstream_costs.md)."""
STORAGE_SHARE = 0.0125  # of value a year: block in dry nitrogen 1 to 1.5 percent, downstream_costs.md
SAYS = {"source": "sources/recipes.csv rc196; sources/stage_costs.csv magnet; half of the cost: own estimate (2026)"}
COLUMNS = ("facility", "recipe", "cost", "source", "confidence")


def cut_yield() -> float:
    """Finished magnet from a tonne of block."""
    return 1 / (amounts()["mag_traction", "NdFeB strip-cast alloy"] * PRESS_YIELD)


def block(alloy: str) -> str:
    """The block pressed of an alloy."""
    return alloy.replace("alloy_", "block_")


def materials(rows: Mapping[str, Out], making: Mapping[str, float]) -> dict[str, Out]:
    """Blocks: what their alloy holds, priced at alloy and pressing.

    Args:
        rows: the rows of materials.csv by id.
        making: USD per t of pressing, in China and outside.
    """
    found = {}
    for grade in GRADES:
        alloy = rows[f"alloy_{grade}"]
        price = {
            region: number(value / PRESS_YIELD + making["china" if region == "china" else "outside"], 3)
            for region, value in alloy["price"].items()
        }
        found[f"block_{grade}"] = {
            "name": f"Sintered NdFeB block of alloy {grade.upper()}, not cut",
            "stage": "block",
            "content": alloy["content"],
            "price": price,
            "storage": {"cost": number(STORAGE_SHARE * max(price.values()), 2), "loss": 0},
            "source": "sources/recipes.csv rc196; downstream storage table; price: alloy and pressing (2026)",
            "confidence": "C",
            "note": "price: sources/price_basis.csv of the alloy, and half of the cost of making a magnet",
        }
    return found


def sizes(existing: Mapping[str, Any], plan: Mapping[str, str] | None, more: float = 0.0) -> dict[str, Any]:
    """Units of a plant with a press of its own; `magnet` is the hall that cuts, in finished tonnes.

    Args:
        existing: units as in the base.
        plan: its row of block_plants.csv; none where the published figure counts finished magnets.
        more: finished tonnes that it cuts besides its own blocks.
    """

    def times(value: Any, factor: float, plus: float = 0.0) -> Any:
        if isinstance(value, Mapping):
            return {year: number(size * factor + plus, 6) for year, size in value.items()}
        return number(value * factor + plus, 6)

    given = existing["magnet"]
    if plan is None:
        halls = {"press": times(given, 1 / cut_yield()), "magnet": times(given, 1.0, more)}
    else:
        halls = {"press": times(given, 1.0), "magnet": times(given, cut_yield() * float(plan["finished_here"]))}
    return {unit: size for unit, size in existing.items() if unit != "magnet"} | halls


def plants(known: Mapping[str, network.Plant], options: list[Out]) -> tuple[dict[str, Any], list[Out]]:
    """Facilities and options with presses."""
    plans = by("block_plants", "facility")
    for name, row in plans.items():
        if row["counts"] != "blocks" or (row["finished_at"] and "magnet" not in known[row["finished_at"]].existing):
            raise ValueError(f"block_plants.csv {name}: counts blocks, and is cut where there is a hall")
    guests = {row["finished_at"]: known[name].existing["magnet"] for name, row in plans.items() if row["finished_at"]}
    facilities = {
        name: {"capacity": sizes(plant.existing, plans.get(name), guests.get(name, 0.0) * cut_yield())}
        for name, plant in known.items()
        if "magnet" in plant.existing
    }
    changed = [
        {"facility": row["facility"], "id": row["id"], "capacity": sizes(row["capacity"], plans.get(row["facility"]))}
        for row in options
        if "magnet" in row["capacity"]
    ]
    return facilities, changed


def recipes(rows: list[Out]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Pressing, to be added; and cutting, the base's recipes fed with blocks."""
    pressing = {
        f"press_{grade}": {
            "stage": "block",
            "unit": "press",
            "inputs": {f"alloy_{grade}": number(1 / PRESS_YIELD, 6)},
            "outputs": {f"block_{grade}": 1},
            "cost": pressed(_cost(rows, "n_conventional")),
            **SAYS,
            "confidence": "C",
        }
        for grade in GRADES
    }
    cutting = {}
    for row in rows:
        if row["unit"] == "magnet":
            inputs = {
                block(name): number(amount * (PRESS_YIELD if name.startswith("alloy_") else 1.0), 6)
                for name, amount in row["inputs"].items()
            }
            cutting[row["id"]] = {"inputs": inputs, "cost": cut(row["cost"], _cost(rows, "n_conventional"), inputs)}
    return pressing, cutting


def _cost(rows: list[Out], name: str) -> float:
    return float(next(row["cost"] for row in rows if row["id"] == name))


def pressed(making: float) -> int | float:
    """USD per t of block, where a finished magnet costs so much to make."""
    return number(BLOCK_SHARE * making * cut_yield(), 5)


def cut(cost: float, making: float, inputs: Mapping[str, float]) -> int | float:
    """USD per t of magnet for cutting: what the base charges, less the pressing of the blocks that go in."""
    blocks = sum(amount for name, amount in inputs.items() if name.startswith("block_"))
    return number(cost - blocks * pressed(making), 5)


def costs(uses: list[Out], rows: list[Out], cutting: Mapping[str, Any]) -> tuple[list[Out], list[Out]]:
    """Recipes by facility: those added for pressing, and those whose cost changes for cutting."""
    usual = {row["id"]: float(row["cost"]) for row in rows}
    own = {
        row["facility"]: float(row["cost"] or usual["n_conventional"])
        for row in uses
        if row["recipe"] == "n_conventional"
    }
    adds = [
        {"facility": name, "recipe": f"press_{grade}", "cost": pressed(making), **SAYS, "confidence": "C"}
        for name, making in own.items()
        for grade in GRADES
    ]
    changes = [
        {
            "facility": row["facility"],
            "recipe": row["recipe"],
            "cost": cut(row["cost"] or usual[row["recipe"]], own[row["facility"]], cutting[row["recipe"]]["inputs"]),
            **SAYS,
            "confidence": "C",
        }
        for row in uses
        if row["recipe"] in cutting
    ]
    return adds, changes


def reserve(document: dict[str, Any]) -> dict[str, Any]:
    """The reserve with blocks up to the ceiling of pol073, where the base has alloys stand for them."""
    nds = document["stockpiles"]["nds"]
    kept = [block(name) if name in ("alloy_h", "alloy_sh") else name for name in nds["materials"]]
    targets = [
        {"stockpile": "nds"} | target | {"material": block(target["material"])}
        for target in nds["targets"]
        if target["material"] in ("alloy_h", "alloy_sh")
    ]
    gone = [{"stockpile": "nds", "material": name} for name in ("alloy_h", "alloy_sh")]
    return {"materials": kept, "targets": targets, "gone": gone}


def overlay(
    known: Mapping[str, network.Plant], rows: Mapping[str, list[Out]], document: dict[str, Any]
) -> tuple[Overlay, dict[str, str]]:
    """The overlay, and the tables it names, by path.

    Args:
        known: the facilities.
        rows: the rows of materials.csv, recipes.csv, facility_recipes.csv and options.csv.
        document: instance.yaml.
    """
    stage = by("stage_costs", "item")["magnet"]
    making = {"china": pressed(1000 * float(stage["china"])), "outside": pressed(1000 * float(stage["usa"]))}
    facilities, options = plants(known, rows["options"])
    pressing, cutting = recipes(rows["recipes"])
    adds, changes = costs(rows["facility_recipes"], rows["recipes"], cutting)
    stock = reserve(document)
    about = (
        "Making a magnet in two steps: alloy is pressed and sintered to blocks (unit press, t of block), blocks are "
        "cut, ground, coated and, where a grade is diffused, diffused (unit magnet, t finished). A magnet takes the "
        "alloy and costs what it does in the base. What differs: plants that are known to count blocks "
        "(sources/block_plants.csv) give 0.713 t of magnets per t and are cut elsewhere in part; a hall may cut blocks "
        "of another maker, which move by freight; and the reserve holds blocks up to the ceiling of the Annual "
        "Materials Plans (pol073), for which alloys stand in the base. That pressing is half of the cost of making is "
        "an own estimate (C); so is that all other plants count finished magnets and press just what they cut. Chinese "
        "blocks do not leave China here. Plants that only finish (Rochester, Torrance, Philippines) publish no tonnage "
        "and stay out. Takes the plants of the base: not to be put together with operates.yaml."
    )
    body = {
        "recipes": cutting,
        "facilities": facilities,
        "facility_recipes": "blocks_cut.csv",
        "options": options,
        "stockpiles": {"nds": {"materials": stock["materials"]}},
        "remove": {"targets": stock["gone"]},
        "add": {
            "materials": materials({row["id"]: row for row in rows["materials"]}, making),
            "recipes": pressing,
            "facility_recipes": "blocks_press.csv",
            "targets": stock["targets"],
        },
    }
    texts = {
        "variants/blocks_press.csv": tables.table(adds, COLUMNS),
        "variants/blocks_cut.csv": tables.table(changes, COLUMNS),
    }
    return Overlay("blocks", "Blocks apart from finished magnets", about, body), texts
