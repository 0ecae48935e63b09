"""Capital intensity of every option against published ranges, by what it builds and where.

The range of an option is that of its units put together: capacity times the range of each, in USD per annual
tonne. Plants that make magnets are judged per tonne of magnets, with their halls for metal and alloy, as
announcements count. Outliers stand in `sources/capex_outliers.csv` with a reason; the list must be exact.
"""

from __future__ import annotations

from collections.abc import Iterator

from .network import Plant, feed_recipes
from .tables import Out, number, read

FINAL = ("magnet", "smco", "loop")


def _kinds(plant: Plant, capacity: dict[str, float]) -> Iterator[tuple[str, float]]:
    """What an option builds, by kind of range, and how much of it."""
    final = next((unit for unit in FINAL if unit in capacity), "")
    if final:
        yield final, capacity[final]
        return
    opens = any(name.startswith("open_") for name in feed_recipes(plant))
    for unit, size in capacity.items():
        if unit == "mine":
            concentrate = plant.mines.startswith("conc_")
            clay = "clay" in plant.basket_mineral
            yield ("mine_concentrate" if concentrate else "mine_clay" if clay else "mine_carbonate"), size
        elif unit == "light":
            yield ("light_from_concentrate" if opens else "light"), size
        elif unit in ("metal", "heavy_metal", "alloy"):
            yield "metal_and_alloy", size
        else:
            yield unit, size


def intensity_rows(known: dict[str, Plant], options: list[Out]) -> list[Out]:
    """The table of capital intensities; raises where the list of outliers is not exact."""
    ranges = {(row["kind"], row["place"]): row for row in read("capex_ranges")}
    reasons = {(row["facility"], row["option"]): row["reason"] for row in read("capex_outliers")}
    found, faults = [], []
    for option in options:
        plant = known[option["facility"]]
        low = high = size = 0.0
        kinds = []
        for kind, amount in _kinds(plant, option["capacity"]):
            row = ranges.get((kind, plant.cost_class)) or ranges[kind, "any"]
            low += amount * float(row["low"])
            high += amount * float(row["high"])
            size = max(size, amount)
            kinds.append(kind)
        capex = option["capex"] / 1000
        side = "low" if capex < low * (1 - 1e-9) else "high" if capex > high * (1 + 1e-9) else ""
        key = option["facility"], option["id"]
        if bool(side) != (key in reasons):
            what = f"{capex / size:.0f} kUSD per t against {low / size:.0f}-{high / size:.0f}"
            faults.append(f"{key[0]} {key[1]}: {what}, {'not listed' if side else 'listed as outlier, but is none'}")
        found.append(
            {
                "facility": key[0],
                "option": key[1],
                "kinds": list(dict.fromkeys(kinds)),
                "tonnes": number(size),
                "usd_per_t": number(option["capex"] / size, 4),
                "low": number(low / size * 1000, 4),
                "high": number(high / size * 1000, 4),
                "outlier": side or None,
                "reason": reasons.pop(key, None),
            }
        )
    faults += [f"{facility} {option}: no such option in capex_outliers.csv" for facility, option in reasons]
    if faults:
        raise ValueError("capex_outliers.csv is not exact:\n" + "\n".join(faults))
    return found
