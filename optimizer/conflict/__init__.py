"""Why an instance has no plan, and what would restore one."""

from optimizer.conflict.report import Explanation
from optimizer.conflict.study import explain

__all__ = ["Explanation", "explain"]
