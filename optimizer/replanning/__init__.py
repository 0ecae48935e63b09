"""A year later: what has happened is frozen, the rest planned again, near the last plan at a price of change."""

from optimizer.replanning.study import Rolled, roll

__all__ = ["Rolled", "roll"]
