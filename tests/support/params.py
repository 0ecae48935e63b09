"""Values of a parametrized test of which some are fast, and the others for CI."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def first_fast(values: Iterable[Any], count: int) -> list[Any]:
    """The values as parameters, marked slow from the given number on."""
    return [_param(value, fast=number < count) for number, value in enumerate(values)]


def some_fast(values: Iterable[Any], step: int) -> list[Any]:
    """The values as parameters: the first of every so many is fast, the others are slow."""
    return [_param(value, fast=number % step == 0) for number, value in enumerate(values)]


def _param(value: Any, *, fast: bool) -> Any:
    return pytest.param(value, marks=() if fast else pytest.mark.slow)
