"""Numbers in messages: a few digits that count, never an exponent where a reader expects tonnes or dollars."""

from __future__ import annotations


def digits(value: float, count: int = 4, sign: str = "") -> str:
    """A number to some significant digits, thousands with commas: 12,350 where `%.4g` has 1.235e+04.

    Args:
        value: the number.
        count: digits that count.
        sign: `+` for one before what is not negative.
    """
    return f"{float(f'{value:.{count}g}'):{sign},.15g}"
