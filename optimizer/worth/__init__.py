"""What knowing the future, planning for all of them, and being safe are worth."""

from optimizer.worth.study import MEASURES, Value, value

__all__ = ["MEASURES", "Value", "value"]
