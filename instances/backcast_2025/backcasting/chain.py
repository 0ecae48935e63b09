"""Materials and recipes, from ore baskets to magnets."""

from __future__ import annotations

from collections.abc import Mapping

from writing import Out, number

from .tables import read


def splits(ndpr: float, dytb: float) -> dict[str, int | float] | None:
    """Content: Nd and Pr at 75 to 25, Dy and Tb at 84 to 16 everywhere."""
    found = {"Nd": 0.75 * ndpr, "Pr": 0.25 * ndpr, "Dy": 0.84 * dytb, "Tb": 0.16 * dytb}
    return {element: number(share, 5) for element, share in found.items() if share > 0} or None


def feed_rows(fact: Mapping[str, float]) -> tuple[list[Out], dict[str, Out], dict[str, float]]:
    """Materials and recipes of the feeds, and t of feed per t of NdPr oxide by recipe."""
    baskets = {row["basket_id"]: row for row in read("ore_baskets")}
    materials: dict[str, Out] = {}
    recipes: dict[str, Out] = {}
    used: dict[str, float] = {}

    def recipe(
        name: str, stage: str, unit: str, inputs: Out | None, outputs: Out, use: float, source: str, items: Out
    ) -> None:
        recipes[name] = {
            "id": name,
            "stage": stage,
            "unit": unit,
            "inputs": inputs,
            "outputs": outputs,
            "capacity_use": number(use),
            "source": source,
            "confidence": "C",
            "items": items,
        }

    for row in read("feeds"):
        basket, feed, seg = baskets[row["basket"]], row["feed"], row["heavy_left"]
        ndpr, dytb, heavy = (float(basket[key]) / 100 for key in ("ndpr", "dytb", "heavy"))
        source = f"sources/ore_baskets.csv {row['basket']}: {basket['source']}"
        mark = basket["confidence"][:1]
        content = splits(ndpr / fact["ndpr_oxide_factor"], dytb / fact["dytb_oxide_factor"])
        names = [feed] + ([feed.replace("conc_", "carb_")] if row["open_as"] == "crack" else [])
        for name in names:
            materials[name] = {
                "id": name,
                "name": f"{basket['deposit']}, t REO",
                "stage": "mining" if name == feed else "cracking",
                "content": content,
                "source": source,
                "confidence": mark,
                "note": "uniform splits of Nd to Pr and Dy to Tb",
            }
        clay = feed.startswith("carb_")
        recipe(f"mine_{feed}", "mining", "mine", None, {feed: 1}, 1, source, {"clay" if clay else "mining": 1.0})
        recovery, name = float(row["recovery"]), feed.split("_", 1)[1]
        cracked = row["open_as"] == "crack"
        if cracked:
            recipe(
                f"crack_{name}",
                "cracking",
                "crack",
                {feed: number(1 / recovery * 1.00001)},
                {names[1]: 1},
                1,
                row["source"],
                {"cracking": 1.0},
            )
        kind = "sep" if cracked or row["open_as"] == "sep" else "open"
        inside = 1.0 if cracked else recovery
        need = 1 / (ndpr * fact["light_recovery"] * inside) * (1 + 2e-5)
        outputs: Out = {"ndpr_oxide": 1}
        if seg == "dytb_oxide":
            outputs[seg] = number(
                need * inside * dytb * fact["light_recovery"] * fact["heavy_recovery"] * (1 - 1e-4), 5
            )
        elif seg:
            outputs[seg] = number(need * inside * heavy * fact["light_recovery"] * (1 - 1e-4), 5)
            share = dytb / heavy
            materials[seg] = {
                "id": seg,
                "name": f"{basket['deposit']}, heavy concentrate without Y, t REO",
                "stage": "separation",
                "content": splits(0, share / fact["dytb_oxide_factor"]),
                "source": source,
                "confidence": mark,
            }
            heavy_use = 1 / (share * fact["heavy_recovery"]) * 1.0002
            recipe(
                f"heavy_{seg}",
                "separation",
                "heavy",
                {seg: number(heavy_use)},
                {"dytb_oxide": 1},
                heavy_use,
                "sources/facts.csv heavy_recovery",
                {"heavy_separation": heavy_use},
            )
        items = {"light_separation": need} | ({"cracking": need} if kind == "open" else {})
        recipe(f"{kind}_{name}", "separation", "light", {names[-1]: number(need)}, outputs, need, source, items)
        used[f"{kind}_{name}"] = need
        if cracked:
            used[f"crack_and_sep_{name}"] = need / recovery
    return list(materials.values()), recipes, used


def product_rows(fact: Mapping[str, float]) -> tuple[list[Out], dict[str, Out]]:
    """Materials and recipes from oxide to magnet and back."""
    light, heavy, swarf = fact["ndpr_in_light"], fact["ndpr_in_heavy"], fact["swarf_per_magnet"]
    alloy = fact["alloy_per_magnet"] / fact["melt_yield"]
    specs = (
        ("ndpr_oxide", "NdPr oxide", "separation", splits(0.999 / fact["ndpr_oxide_factor"], 0), "price_ndpr_oxide"),
        ("dytb_oxide", "Dy and Tb oxide", "separation", splits(0, 0.999 / fact["dytb_oxide_factor"]), "price_dy_oxide"),
        ("ndpr_metal", "NdPr metal", "metal", splits(1, 0), "price_ndpr_metal"),
        ("heavy_metal", "Dy and Tb metal, contained", "metal", splits(0, 1), ""),
        ("magnet_light", "Magnets of grades N and M", "magnet", splits(light, 0), "price_magnet"),
        ("magnet_heavy", "Magnets of grades H to EH", "magnet", splits(heavy, fact["dytb_in_magnets"]), "price_magnet"),
        ("swarf", "Swarf", "recycling", splits(fact["ndpr_in_swarf"], 0), ""),
    )
    materials = [
        {
            "id": name,
            "name": label,
            "stage": stage,
            "content": content,
            "price": number(fact[price]) if price else None,
            "source": f"sources/facts.csv {price}".strip(),
            "confidence": "C",
        }
        for name, label, stage, content, price in specs
    ]
    lines: tuple[tuple[str, str, str, Out, Out, Out], ...] = (
        (
            "make_ndpr_metal",
            "metal",
            "metal",
            {"ndpr_oxide": fact["metal_from_oxide"]},
            {"ndpr_metal": 1},
            {"ndpr_metal": 1.0},
        ),
        (
            "make_heavy_metal",
            "metal",
            "heavy_metal",
            {"dytb_oxide": fact["heavy_from_oxide"]},
            {"heavy_metal": 1},
            {"heavy_metal": 1.0},
        ),
        (
            "make_magnet_light",
            "magnet",
            "magnet",
            {"ndpr_metal": number(alloy * light)},
            {"magnet_light": 1, "swarf": swarf},
            {"alloy_and_magnet": 1.0},
        ),
        (
            "make_magnet_heavy",
            "magnet",
            "magnet",
            {"ndpr_metal": number(alloy * heavy), "heavy_metal": fact["dytb_into_magnets"]},
            {"magnet_heavy": 1, "swarf": swarf},
            {"alloy_and_magnet": 1.0, "diffusion": 1.0},
        ),
        (
            "recycle_swarf",
            "recycling",
            "recycle",
            {"swarf": fact["swarf_per_oxide"]},
            {"ndpr_oxide": 1},
            {"recycling": 1.0},
        ),
    )
    recipes: dict[str, Out] = {}
    for name, stage, unit, inputs, outputs, items in lines:
        use = fact["swarf_per_oxide"] if unit == "recycle" else 1
        recipes[name] = {
            "id": name,
            "stage": stage,
            "unit": unit,
            "inputs": inputs,
            "outputs": outputs,
            "capacity_use": use,
            "source": "sources/facts.csv",
            "confidence": "C",
            "items": items,
        }
    return materials, recipes
