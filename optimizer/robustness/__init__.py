"""What survives the data: verdicts on options over the ranges of numbers, and the number that flips an option."""

from optimizer.robustness.flips import Flips, flip
from optimizer.robustness.study import Verdicts, verdicts

__all__ = ["Flips", "Verdicts", "flip", "verdicts"]
