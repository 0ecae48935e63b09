"""Numbers in messages."""

from __future__ import annotations

import pytest

from optimizer.digits import digits


@pytest.mark.parametrize(
    ("value", "count", "words"),
    [
        (12_345.6, 4, "12,350"),
        (12_800_000_000.0, 3, "12,800,000,000"),
        (8_034.0, 3, "8,030"),
        (0.0, 4, "0"),
        (0.012345, 3, "0.0123"),
        (999.96, 4, "1,000"),
        (-57_680.0, 3, "-57,700"),
    ],
)
def test_few_digits_and_no_exponent(value: float, count: int, words: str) -> None:
    """What is large keeps its zeros, with commas."""
    assert digits(value, count) == words


def test_a_difference_says_its_sign() -> None:
    """A plus before what is not negative."""
    assert digits(1_234.5, 3, "+") == "+1,230"
    assert digits(-0.5, 3, "+") == "-0.5"
