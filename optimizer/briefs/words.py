"""Numbers as a reader is told them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

GRAM = 1e-6
"""Tonnes below which an amount is told as 0."""


class Money(str):
    """Words for an amount of USD that still know it, so that a page can set a whole column in one unit.

    Attributes:
        usd: the amount, unrounded.
    """

    __slots__ = ("usd",)
    usd: float

    def __new__(cls, words: str, usd: float) -> Money:
        """Words, and the amount that they stand for."""
        made = super().__new__(cls, words)
        made.usd = usd
        return made


class Span(str):
    """Words for what lies between two amounts of USD, that still know both.

    Attributes:
        least: lower end, unrounded; None where there is none to be told.
        most: upper end.
    """

    __slots__ = ("least", "most")
    least: float | None
    most: float | None

    def __new__(cls, words: str, least: float | None, most: float | None) -> Span:
        """Words, and the ends that they stand for."""
        made = super().__new__(cls, words)
        made.least, made.most = least, most
        return made


def number_of(value: Any) -> float | None:
    """A number of a table; None where its cell is blank."""
    return None if value is None or pd.isna(value) else float(value)


def usd(value: float | None) -> str:
    """Money for a reader: 1.24 bn USD, 310 M USD, 12,300 USD."""
    if value is None:
        return "-"
    size = abs(value)
    if size >= 1e9:
        return Money(f"{value / 1e9:,.3f} bn USD", value)
    if size >= 1e6:
        return Money(f"{value / 1e6:,.2f} M USD", value)
    return Money(f"{value:,.0f} USD", value)


def plan_beside(base: Mapping[str, Any]) -> str:
    """A plan to which something is the difference, by name and date."""
    return f"the plan of {base['instance']} made {str(base['made'])[:10]}"


def tonnes(value: float) -> str:
    """Tonnes for a reader; under a gram is 0."""
    if abs(value) < GRAM:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def plain(value: float) -> str:
    """A number of any kind: 0.05, 12.5, 200,000,000."""
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:,.6g}"


def rough(value: float) -> str:
    """Money in a sentence, to the three digits that it bears: 6,010 M USD, 44.8 M USD, 6,968 USD."""
    if abs(value) < 1e4:
        return f"{value:,.0f} USD"
    return f"{_three(value / 1e6)} M USD"


def rough_tonnes(value: float) -> str:
    """Tonnes in a sentence, to three digits: 342,000 t, 51.7 t."""
    return f"{_three(value)} t" if abs(value) >= GRAM else "0 t"


def rough_share(value: float) -> str:
    """A share in a sentence: 0.09%; one that is no more than rounding is told as less than that."""
    return "under 0.01%" if 0.0 < value < 5e-5 else f"{value:.2%}"


def _three(value: float) -> str:
    """A number that is not 0, to three digits."""
    digits = 2 - math.floor(math.log10(abs(value)))
    return f"{round(value, digits):,.{max(digits, 0)}f}"
