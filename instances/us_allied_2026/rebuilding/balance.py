"""Checks that no recipe makes an element, and that every material has a maker."""

from __future__ import annotations

from .tables import Out

TOLERANCE = 1e-9


def _mass(amounts: dict[str, float] | None, contents: dict[str, dict[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for material, amount in (amounts or {}).items():
        for element, share in contents[material].items():
            found[element] = found.get(element, 0.0) + share * amount
    return found


def check(materials: list[Out], recipes: list[Out], uses: list[Out]) -> None:
    """Raise an error that names every recipe at fault.

    Args:
        materials: rows of the materials.
        recipes: rows of the recipes.
        uses: rows of recipes by facility.
    """
    contents = {row["id"]: row.get("content") or {} for row in materials}
    faults = []
    for recipe in recipes:
        if not recipe["inputs"]:
            continue
        given, made = _mass(recipe["inputs"], contents), _mass(recipe["outputs"], contents)
        faults += [
            f"{recipe['id']}: {element} out {amount:.6g}, in {given.get(element, 0.0):.6g}"
            for element, amount in made.items()
            if amount > given.get(element, 0.0) + TOLERANCE
        ]
    index = {recipe["id"]: recipe for recipe in recipes}
    made = {name for use in uses for name in index[use["recipe"]]["outputs"]}
    needed = {name for use in uses for name in index[use["recipe"]]["inputs"] or {}}
    faults += [f"{name} is used but no facility makes it" for name in sorted(needed - made)]
    idle = sorted(set(index) - {use["recipe"] for use in uses})
    faults += [f"recipe {name} runs nowhere" for name in idle]
    if faults:
        raise ValueError("the tables do not hold together:\n" + "\n".join(faults))
