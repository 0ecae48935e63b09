"""Values of a parametrized test of which the first are fast, and the others for CI."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def first_fast(values: Iterable[Any], count: int) -> list[Any]:
    """The values as parameters, marked slow from the given number on."""
    return [
        pytest.param(value, marks=() if number < count else pytest.mark.slow) for number, value in enumerate(values)
    ]
