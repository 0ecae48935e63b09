"""Why there is no plan."""

from optimizer.explain.shortfall import Shortfall, why_infeasible

__all__ = ["Shortfall", "why_infeasible"]
