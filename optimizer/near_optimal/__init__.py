"""What else is nearly as good as the best plan, and why an option is not in it."""

from optimizer.near_optimal.study import Alternatives, alternatives
from optimizer.near_optimal.why import Why, why

__all__ = ["Alternatives", "Why", "alternatives", "why"]
