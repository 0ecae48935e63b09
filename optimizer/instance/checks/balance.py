"""Recipes make no elements, and no more is owed than is made."""

from __future__ import annotations

import math

from optimizer.instance.checks.base import lost, whole
from optimizer.instance.instance import Instance
from optimizer.instance.source import Source

TOLERANCE = 1e-6
SUM_TOLERANCE = 1e-9
NAMES = {
    "Sc": "scandium",
    "Y": "yttrium",
    "La": "lanthanum",
    "Ce": "cerium",
    "Pr": "praseodymium",
    "Nd": "neodymium",
    "Pm": "promethium",
    "Sm": "samarium",
    "Eu": "europium",
    "Gd": "gadolinium",
    "Tb": "terbium",
    "Dy": "dysprosium",
    "Ho": "holmium",
    "Er": "erbium",
    "Tm": "thulium",
    "Yb": "ytterbium",
    "Lu": "lutetium",
}
"""The rare earths."""


def elements_balance(source: Source, instance: Instance) -> None:
    """A recipe with inputs puts out no more of an element than it takes in."""
    materials = instance.materials
    for name, recipe in instance.recipes.items():
        if not recipe.inputs or any(item not in materials for item in (*recipe.inputs, *recipe.outputs)):
            continue
        if lost(source, "recipes", name) or any(
            lost(source, "materials", item, "content") for item in (*recipe.inputs, *recipe.outputs)
        ):
            continue
        elements = dict.fromkeys(element for item in recipe.outputs for element in materials[item].content)
        for element in elements:
            out = math.fsum(t * materials[item].content.get(element, 0.0) for item, t in recipe.outputs.items())
            taken = math.fsum(t * materials[item].content.get(element, 0.0) for item, t in recipe.inputs.items())
            if out > taken * (1 + TOLERANCE):
                wrong = f"recipe '{name}' puts out {out:.6g} t of {element} and takes in {taken:.6g} t"
                right = (
                    f"a recipe cannot make {NAMES.get(element, element)}: fewer outputs, more inputs, or other content"
                )
                source.fault(("recipes", name, "outputs"), wrong, right)


def claims_add_up(source: Source, instance: Instance) -> None:
    """The claims on what a facility makes of a material add up to 1 at most."""
    if not whole(source, "periods", "recipes"):
        return
    for name, facility in instance.facilities.items():
        made = {item for use in facility.recipes if use in instance.recipes for item in instance.recipes[use].outputs}
        claims = [claim for claim in facility.claims if claim.until is None or claim.until >= instance.first_year]
        for material in sorted(made):
            shares = [claim.share for claim in claims if claim.materials is None or material in claim.materials]
            if math.fsum(shares) > 1 + SUM_TOLERANCE:
                wrong = f"{math.fsum(shares):.10g} of the '{material}' that {name} makes is owed"
                source.fault(("facilities", name, "claims"), wrong, "shares of claims add up to 1 or less")


CHECKS = (elements_balance, claims_add_up)
