"""Which rows of a plan have a price that is told, and what it is."""

from __future__ import annotations

from optimizer.solver.compile import Problem, Vector

PRICED = frozenset(
    [
        "domestic_content",
        "exposure_cap",
        "heavy_content",
        "diversify",
        "delivered_content",
        "fill_rate",
        "released_within_cap",
        "goal_is_reached",
        "feed_is_recycled",
        "target_is_reached",
        "annual_budget",
        "total_budget",
        "appropriation_is_kept",
    ]
)
ZERO = 1e-9
"""Prices that are rounding."""


def row_prices(problem: Problem, duals: Vector) -> dict[tuple[str, str, object], float]:
    """(course, constraint, index) -> USD per unit of right-hand side, of rules, targets and the budget."""
    found: dict[tuple[str, str, object], float] = {}
    for name, block in problem.blocks.items():
        first = problem.row_start[name]
        for i, (component, index) in enumerate(block.rows):
            if component in PRICED and abs(duals[first + i]) > ZERO:
                found[name, component, index] = float(duals[first + i])
    return found
