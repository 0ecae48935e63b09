"""A recipe, where it runs and what it costs."""

from __future__ import annotations

from dataclasses import dataclass, field

from .tables import Out, by, number, read

# Capacity and cost items of stage_costs.csv by unit.
UNIT_STAGE = {
    "mine": "mining",
    "crack": "cracking",
    "light": "separation",
    "heavy": "separation",
    "metal": "metal",
    "heavy_metal": "metal",
    "alloy": "alloy",
    "smco_alloy": "alloy",
    "magnet": "magnet",
    "smco": "magnet",
    "loop": "recycling",
    "powder": "recycling",
    "recycle": "recycling",
    "collect": "recycling",
}


@dataclass
class Process:
    """A recipe with the cost items that make up its cost."""

    id: str
    unit: str
    outputs: dict[str, float]
    source: str
    confidence: str
    inputs: dict[str, float] = field(default_factory=dict)
    items: dict[str, float] = field(default_factory=dict)
    use: float = 1.0
    channels: tuple[str, ...] = ()
    note: str = ""
    stage: str = ""

    def row(self, costs: dict[str, dict[str, float]]) -> Out:
        """Its row, at American costs."""
        return {
            "id": self.id,
            "stage": self.stage or UNIT_STAGE[self.unit],
            "unit": self.unit,
            "inputs": self.inputs or None,
            "outputs": self.outputs,
            "cost": self.cost(costs["usa"]),
            "capacity_use": number(self.use, 6),
            "channels": list(self.channels) or None,
            "source": self.source,
            "confidence": self.confidence,
            "note": self.note,
        }

    def cost(self, costs: dict[str, float], factor: float = 1.0) -> int | float:
        """USD per unit of activity."""
        total = sum(costs[item] * 1000 * amount for item, amount in self.items.items())
        return number(total * factor, 5)


def cost_classes() -> dict[str, dict[str, float]]:
    """Costs by class of country, USD per kg by item."""
    rows = by("stage_costs", "item")
    names = ("usa", "europe", "japan_korea", "china", "other")
    return {name: {item: float(row[name]) for item, row in rows.items()} for name in names}


def amounts() -> dict[tuple[str, str], float]:
    """Kg per kg of main output, by recipe and input."""
    return {
        (row["recipe_id"], row["item"]): float(row["kg_per_kg_main_output"])
        for row in read("recipes")
        if row["role"] in ("input", "output")
    }
