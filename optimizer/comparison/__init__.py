"""Plans side by side: what differs, by how much, whether that is a finding, and which edit it comes from."""

from optimizer.comparison.comparison import Comparison, compare

__all__ = ["Comparison", "compare"]
