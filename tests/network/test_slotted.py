"""Numbers that remember their slots: what they say at any slots is what plain numbers would have given."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import optimizer
from optimizer.network.calendar import calendar_of
from optimizer.network.slots import Probe, Slots
from optimizer.network.slotted import Slotted, largest, mean

STARTER = Path(__file__).resolve().parents[2] / "instances" / "starter"
VALUES = st.floats(0.5, 1.0)
NUMBERS = st.floats(-8, 8).map(lambda x: round(x, 3))
FORMULAS: list[Callable[[Any, Any, float], Any]] = [
    lambda v, w, c: c * v + w,
    lambda v, w, c: c + 2 * v - w,
    lambda v, w, c: v * c - 1 - w,
    lambda v, w, c: c - v / 4 + w * w,
    lambda v, w, c: -(v * w) * c,
    lambda v, w, c: v * w + c * v + w * 3 - c,
    lambda v, w, c: (v - c) * (w + 1),
    lambda v, w, c: mean([v, w, c]),
    lambda v, w, c: sum([v, c, w]) * 2,
]


def value(number: Any, slots: dict[int, float]) -> float:
    """A number at given slots."""
    if not isinstance(number, Slotted):
        return float(number)
    assert number.terms is not None
    return math.fsum(coef * math.prod(slots[i] for i in key) for key, coef in number.terms.items())


@given(v=VALUES, w=VALUES, c=NUMBERS)
@pytest.mark.parametrize("formula", FORMULAS)
def test_arithmetic(formula: Callable[[Any, Any, float], Any], v: float, w: float, c: float) -> None:
    """Sums and products are those of the values."""
    found = formula(Slotted.slot(0), Slotted.slot(1), c)
    for one, other in ((v, w), (1.0, 1.0), (0.5, 0.5)):
        assert value(found, {0: one, 1: other}) == pytest.approx(formula(one, other, c), abs=1e-12)
    if isinstance(found, Slotted):
        assert found.ones == pytest.approx(formula(1.0, 1.0, c), abs=1e-12)
        assert found.halves == pytest.approx(formula(0.5, 0.5, c), abs=1e-12)


def test_what_is_multiplied_by_nothing_depends_on_nothing() -> None:
    """It is a plain 0 then."""
    assert type(0.0 * Slotted.slot(3)) is float
    assert type(Slotted.slot(3) * 0) is float


@pytest.mark.parametrize(
    "loses",
    [
        float,
        lambda v: math.fsum([v, v]),
        lambda v: np.array([v], dtype=float),
        lambda v: v**2,
        lambda v: 1 / v,
        lambda v: v > Slotted.slot(1),
        lambda v: max(v, Slotted.slot(1)),
        lambda v: v > 0.7,
        lambda v: bool(v - 1),
        lambda v: v < 0.6,
        lambda v: v >= 0.5,
        lambda v: v < 1.1,
        lambda v: max(20, 100 * v),
        lambda v: min(v, 0.3),
        lambda v: v == 1,
        lambda v: v in (0.0, 1.0),
        lambda v: v * Slotted.slot(1) - v > 0,
    ],
)
def test_what_cannot_keep_track_of_slots_refuses_them(loses: Callable[[Any], Any]) -> None:
    """No number loses its slots without a word, and no index depends on them."""
    with pytest.raises(TypeError):
        loses(Slotted.slot(0))


def test_comparisons_that_hold_at_all_slots_are_answered() -> None:
    """A slot is positive; it may be small, and of costs and demands more than 1."""
    v, w = Slotted.slot(0), Slotted.slot(1)
    assert v > 0
    assert v >= 0
    assert v > -0.1
    assert bool(v)
    assert not v <= 0
    assert not v < 0
    assert 3 * v * w + v > 0
    assert -v - 1 < 0
    assert max(v, 0) is v
    assert max(0, v) is v
    assert not v - v
    assert v + 2 - v > 1
    assert v == v


def test_a_numpy_factor_is_a_factor() -> None:
    """An array's number on the left does not take a slot apart."""
    found = np.float64(3) * Slotted.slot(0)
    assert isinstance(found, Slotted)
    assert found.terms == {(0,): 3.0}


def test_the_largest_of_several_can_be_compared_and_not_written() -> None:
    """It depends on slots, and not as a sum of products."""
    v, w = Slotted.slot(0), Slotted.slot(1)
    assert largest([v]) is v
    assert largest([v, v]) is v
    assert largest([1.0, 2.0]) == 2.0
    assert largest([], default=0.0) == 0.0
    found = largest([v, 3 * w]) + 1
    assert found > 0
    assert found.terms is None
    assert (found.ones, found.halves) == (4.0, 2.5)
    assert (found * v).terms is None


def test_the_largest_of_slots_is_a_slot() -> None:
    """It is read off theirs; of multiples it is not known how it depends on them."""
    slots = Slots({("idle",): 0, ("busy",): 1})
    probe = Probe(calendar_of(optimizer.load(STARTER)), (), slots, Slotted.slot)  # type: ignore[arg-type]
    one, other = (Slotted.slot(number) for number in (0, 1))
    most: Callable[[list[Any]], Any] = probe.largest
    assert most([other, one, other]).terms == {(2,): 1.0}
    assert slots.most == {2: (0, 1)}
    assert most([other, Slotted.slot(1)]).terms == {(1,): 1.0}
    assert most([other, 2.0 * one]).terms is None
