"""What else is nearly as good as the best plan."""

from optimizer.alternatives.study import Alternatives, alternatives

__all__ = ["Alternatives", "alternatives"]
