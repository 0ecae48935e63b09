"""The tables of a budget morning: what to give up first, and until when each funding can wait."""

from optimizer.budgeting.cuts import CutList, cuts
from optimizer.budgeting.waiting import DecisionCalendar, calendar

__all__ = ["CutList", "DecisionCalendar", "calendar", "cuts"]
