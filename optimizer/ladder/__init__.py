"""Shortfall, gross and then net of each measure in turn; and which programme stops first."""

from optimizer.ladder.study import NetShortfall, shortfall

__all__ = ["NetShortfall", "shortfall"]
