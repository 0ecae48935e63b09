"""An instance, or an excerpt of a plan or a study, without the rows that are marked and all that went with them."""

from optimizer.unmarking.cut import Left
from optimizer.unmarking.studies import Excerpt
from optimizer.unmarking.study import Unmarked, unmarked

__all__ = ["Excerpt", "Left", "Unmarked", "unmarked"]
