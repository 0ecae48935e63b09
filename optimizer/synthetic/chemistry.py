"""Materials and recipes: ore baskets, heavy and light oxides, metals, alloy, magnets, and swarf that is recycled.

Contents are t of element per t of material; every recipe keeps the balance of each element.
"""

from __future__ import annotations

import math
from typing import Any

from optimizer.synthetic.draw import Draw, rounded

Rows = dict[str, dict[str, Any]]

RECOVERY = 0.92
"""Share of an element in the feed that separation brings out."""

KINDS = {
    "bastnaesite": {"Nd": (0.10, 0.13), "Dy": (0.0003, 0.0008), "cost": (1800, 3000)},
    "monazite": {"Nd": (0.14, 0.18), "Dy": (0.003, 0.006), "cost": (2500, 5000)},
    "clay": {"Nd": (0.12, 0.16), "Dy": (0.012, 0.025), "cost": (9000, 16000)},
}
"""Ores: content and cost of mining, USD per t of oxide."""

MATERIALS: Rows = {
    "heavy_concentrate": {"stage": "separation", "content": {"Dy": 0.10, "Tb": 0.014}, "freight_factor": 1.2},
    "ndpr_oxide": {"stage": "separation", "content": {"Nd": 0.64, "Pr": 0.21}, "price": 90000,
                   "storage": {"cost": 600}},
    "heavy_oxide": {"stage": "separation", "content": {"Dy": 0.76, "Tb": 0.11}, "price": 600000,
                    "storage": {"cost": 4000}},
    "ndpr_metal": {"stage": "metal", "content": {"Nd": 0.75, "Pr": 0.24}},
    "heavy_metal": {"stage": "metal", "content": {"Dy": 0.86, "Tb": 0.12}},
    "alloy": {"stage": "alloy", "content": {"Nd": 0.225, "Pr": 0.072}},
    "swarf": {"stage": "magnet", "content": {"Nd": 0.21, "Pr": 0.065}, "freight_factor": 1.1},
    "magnet_n": {"stage": "magnet", "content": {"Nd": 0.22, "Pr": 0.07}, "price": 80000, "storage": {"cost": 2000}},
    "magnet_h": {"stage": "magnet", "content": {"Nd": 0.22, "Pr": 0.07, "Dy": 0.014, "Tb": 0.002}, "price": 110000,
                 "storage": {"cost": 3000}},
}  # fmt: skip

RECIPES: Rows = {
    "separate_heavy": {"stage": "separation", "inputs": {"heavy_concentrate": 8.6}, "outputs": {"heavy_oxide": 1},
                       "cost": 130000},
    "reduce": {"stage": "metal", "inputs": {"ndpr_oxide": 1.2}, "outputs": {"ndpr_metal": 1}, "cost": 12000},
    "reduce_heavy": {"stage": "metal", "inputs": {"heavy_oxide": 1.2}, "outputs": {"heavy_metal": 1}, "cost": 40000},
    "cast": {"stage": "alloy", "inputs": {"ndpr_metal": 0.31}, "outputs": {"alloy": 1}, "cost": 7000},
    "sinter": {"stage": "magnet", "inputs": {"alloy": 1.25}, "outputs": {"magnet_n": 1, "swarf": 0.25},
               "cost": 25000},
    "diffuse": {"stage": "magnet", "inputs": {"alloy": 1.25, "heavy_metal": 0.02},
                "outputs": {"magnet_h": 1, "swarf": 0.25}, "cost": 32000},
    "recycle": {"stage": "recycling", "inputs": {"swarf": 4.2}, "outputs": {"ndpr_oxide": 1}, "cost": 24000},
}  # fmt: skip

OXIDE = 1.25 * 0.31 * 1.2
"""t of NdPr oxide in a magnet's making."""
HEAVY = 0.02 * 1.2
"""t of heavy oxide in a heavy magnet's making."""


def chemistry(draw: Draw, baskets: int) -> tuple[Rows, Rows, dict[str, float]]:
    """Materials, recipes, and t of ore for a t of NdPr oxide by ore."""
    materials: Rows = {}
    recipes: Rows = {}
    need: dict[str, float] = {}
    for number in range(baskets):
        kind = list(KINDS)[number % len(KINDS)]
        ore = f"{kind}_{number // len(KINDS) + 1}"
        ranges = KINDS[kind]
        neodymium, dysprosium = draw.within(*ranges["Nd"]), draw.within(*ranges["Dy"])
        content = {"Nd": neodymium, "Pr": rounded(0.3 * neodymium), "Dy": dysprosium, "Tb": rounded(0.16 * dysprosium)}
        materials[ore] = {"stage": "mining", "content": content, "freight_factor": draw.within(1.4, 2.2)}
        recipes[f"mine_{ore}"] = {"stage": "mining", "outputs": {ore: 1}, "cost": draw.within(*ranges["cost"])}
        light, heavy = MATERIALS["ndpr_oxide"]["content"], MATERIALS["heavy_concentrate"]["content"]
        feed = math.ceil(100 * max(light[e] / (content[e] * RECOVERY) for e in light)) / 100
        concentrate = math.floor(10000 * min(feed * content[e] * RECOVERY / heavy[e] for e in heavy)) / 10000
        recipes[f"separate_{ore}"] = {
            "stage": "separation",
            "inputs": {ore: feed},
            "outputs": {"ndpr_oxide": 1, "heavy_concentrate": concentrate},
            "cost": draw.within(18000, 32000),
        }
        need[ore] = feed
    materials |= MATERIALS
    return materials, recipes | RECIPES, need
