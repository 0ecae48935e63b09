"""An instance, or an excerpt of a plan, without the rows that are marked, and all that had to go with them."""

from optimizer.unmarking.cut import Left
from optimizer.unmarking.study import Unmarked, unmarked

__all__ = ["Left", "Unmarked", "unmarked"]
