"""The table of materials: contents, prices, storage."""

from __future__ import annotations

from typing import Any

from .chemistry import CLASSES, OXIDE, Basket, Class, basket_of, feed_content, grade
from .process import Process, amounts
from .processes import (
    DYFE,
    EOL,
    METAL_NDPR,
    SMCO_MIX,
    SWARF_H,
    SWARF_L,
    Content,
    alloy_content,
    alloy_inputs,
)
from .tables import Out, Row, by, cite, flow, joined, letter, number

SMCO_MELT_YIELD = 0.96  # recipes.csv rc245: four percent of the samarium evaporates


def magnet_contents(processes: list[Process], contents: dict[str, Content]) -> dict[str, Content]:
    """Content of each magnet: the least, element by element, over its recipes' alloys."""
    found: dict[str, Content] = {}
    for process in processes:
        if process.unit != "magnet":
            continue
        product = next(name for name in process.outputs if name.startswith("magnet_"))
        alloys = {name: amount for name, amount in process.inputs.items() if name.startswith("alloy_")}
        total = sum(alloys.values())
        inside: Content = {}
        for name, amount in alloys.items():
            for element, share in contents[name].items():
                inside[element] = inside.get(element, 0.0) + share * amount / total
        if product in found:
            before = found[product]
            found[product] = {key: min(before[key], inside[key]) for key in before if key in inside}
        else:
            found[product] = inside
    return {
        name: {element: number(value * (1 - 1e-4), 4) for element, value in content.items()}
        for name, content in found.items()
    }


def material_rows(
    feeds: list[str],
    known: dict[str, Basket],
    kinds: dict[str, Class],
    processes: list[Process],
    prices: dict[str, Any],
) -> list[Out]:
    """The table of materials."""
    kg = amounts()
    rows: list[Out] = []
    for feed in feeds:
        basket = known[basket_of(feed)]
        conc = feed.startswith("conc_")
        form = "concentrate" if conc else "mixed carbonate"
        split = basket.oxide["nd"] / basket.ndpr
        rows.append(
            {
                "id": feed,
                "stage": "mining" if conc else "cracking",
                "name": f"{basket.row['deposit']} {form}, t REO",
                "content": feed_content(basket, kinds[basket.seg]),
                "price": feed_price(feed, basket),
                "freight_factor": number(1 / grade(feed, basket), 4),
                "source": cite("ore_baskets", basket.id, f"{basket.row['source']} ({basket.row['source_year']})"),
                "confidence": letter(basket.row["confidence"]),
                "note": joined(
                    f"Nd share of Nd + Pr {split:.2f} and Tb share of Dy + Tb "
                    f"{basket.oxide['tb'] / basket.dytb:.2f} in the basket; uniform splits here",
                    "price and grade shipped are own estimates (C)",
                ),
            }
        )
    for name, _ in CLASSES:
        kind = kinds[name]
        rows.append(
            {
                "id": name,
                "stage": "separation",
                "content": kind.content,
                "freight_factor": 1.1,
                "name": f"Heavy concentrate with {kind.dytb:.1%} Dy + Tb oxide, t REO",
                "price": number(11500 * kind.dytb / 0.075, 3),
                "disposal": 50,
                "source": "sources/ore_baskets.csv: " + ", ".join(kind.baskets) + "; price p154",
                "confidence": "C",
                "note": "class by Sm to Dy + Tb; Sm is the least ratio in the class",
            }
        )
    rows.extend(product_rows(kg, processes, prices))
    return rows


def feed_price(feed: str, basket: Basket) -> int | float:
    """Own estimate: 35 or 50 percent of NdPr at 95 and Dy + Tb at Chinese prices (C)."""
    payable = 0.35 if feed.startswith("conc_") else 0.5
    return number(payable * (basket.ndpr * 95000 + basket.dytb * 300000), 3)


def price_source(row: Row) -> str:
    """Where a price comes from: the quotes, or this estimate."""
    said = row["source"]
    return f"sources/price_basis.csv {row['material']}: {said}" if said.startswith("own") else f"sources/{said}"


def product_rows(kg: dict[tuple[str, str], float], processes: list[Process], prices: dict[str, Any]) -> list[Out]:
    """Oxides, metals, alloys, magnets and scrap."""
    contents: dict[str, Content] = {
        "ndpr_oxide": {key: number(share / OXIDE["NdPr"], 5) for key, share in METAL_NDPR.items()},
        "ndpr_metal": METAL_NDPR,
        "dyfe": DYFE,
        "tb_metal": {"Tb": 1.0},
        "sm_metal": {"Sm": 1.0},
        "swarf_l": SWARF_L,
        "swarf_h": SWARF_H,
        "eol_magnets": EOL,
    }
    for symbol in ("La", "Ce", "Sm", "Dy", "Tb"):
        contents[f"{symbol.lower()}_oxide"] = {symbol: number(1 / OXIDE[symbol], 5)}
    contents |= {name: alloy_content(inputs) for name, inputs in alloy_inputs(kg).items()}
    mixed = sum(kg[f"alloy_{name}", "Sm metal"] * share for name, share in SMCO_MIX.items())
    contents["smco_alloy"] = contents["smco"] = {"Sm": number(mixed * SMCO_MELT_YIELD, 5)}
    contents |= magnet_contents(processes, contents)
    keeping = by("storage", "material")
    rows = []
    for name, row in by("price_basis", "material").items():
        stage, label = keeping[name]["stage"], keeping[name]["name"]
        cell = keeping[name]["storage"]
        rows.append(
            {
                "id": name,
                "name": label,
                "stage": stage,
                "content": contents[name],
                "price": prices[name],
                "storage": flow(cell) if cell else None,
                "disposal": float(keeping[name]["disposal"]) if keeping[name]["disposal"] else None,
                "source": joined(keeping[name]["source"], f"price: {price_source(row)}"),
                "confidence": row["confidence"],
                "note": joined(row["why"], keeping[name]["why"]),
            }
        )
    return rows
