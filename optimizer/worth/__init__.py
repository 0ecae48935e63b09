"""What knowing the future, planning for all of them, and being safe are worth."""

from optimizer.worth.stock import StockUse, stock_use
from optimizer.worth.study import MEASURES, Value, value

__all__ = ["MEASURES", "StockUse", "Value", "stock_use", "value"]
