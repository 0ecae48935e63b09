"""The check in exact arithmetic: the same rows, nothing rounded on the way, and no float unseen."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_verify_mutations import FIRST, MUTATIONS, Change
from verify_plans import PLANS, rejoin

from optimizer.errors import PlanError
from optimizer.verifier import Tolerance, verify
from optimizer.verifier.exact import Exact, exactly, standing_for_float, total

NONE = Tolerance(absolute=0.0, relative=0.0, money=0.0, exposure=0.0)
NUMBERS = st.floats(min_value=-1e12, max_value=1e12).map(lambda value: float(f"{value:.6g}"))


@pytest.mark.parametrize("name", PLANS)
def test_a_correct_folder_passes_with_the_same_rows(name: str, tmp_path: Path) -> None:
    """No row is left out, and no number on the way becomes a float, which would fail."""
    folder = PLANS[name]().write(tmp_path / name)
    usual, exact = verify(folder), verify(folder, exact=True)
    assert exact.ok, "\n".join(map(str, exact.violations))
    assert exact.checked == usual.checked
    assert any("exact arithmetic" in note for note in exact.notes)
    assert all(type(found.amount) is float for found in exact.residuals.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("constraint", "name", "mutate"),
    [MUTATIONS[number] for number in FIRST.values()],
    ids=[f"{number}-{constraint}" for constraint, number in FIRST.items()],
)
def test_a_broken_folder_is_caught_by_name(constraint: str, name: str, mutate: Change, tmp_path: Path) -> None:
    """As in floating point; tables go through their files, so what only memory can hold may be another fault."""
    plan = PLANS[name]()
    mutate(plan)
    folder = plan.write(tmp_path / "plan")
    try:
        verdict = verify(folder, exact=True)
    except PlanError:  # a folder that lacks a table, or says that it holds no plan, is not gone through at all
        assert constraint in ("table_present", "status")
        return
    assert not verdict.ok
    assert constraint in {violation.constraint for violation in verdict.violations}
    json.dumps(verdict.to_dict())


def test_tenths_add_up() -> None:
    """What floating point gets wrong by its rounding."""
    assert math.fsum([0.1, 0.2, -0.3]) != 0
    assert Exact("0.1") + Exact("0.2") == Exact("0.3")
    assert total([standing_for_float(Exact("0.1"))] * 3) == Exact("0.3")


@given(NUMBERS, NUMBERS)
def test_it_counts_as_fractions_do(a: float, b: float) -> None:
    """With floats of the code too, which are the decimals that they are written as."""
    x, y = Fraction(repr(a)), Fraction(repr(b))
    for mine, other in ((Exact(a), Exact(b)), (Exact(a), b), (a, Exact(b))):
        assert (mine + other, mine - other, mine * other) == (x + y, x - y, x * y)
        assert (mine < other, mine <= other, mine == other) == (x < y, x <= y, x == y)
        assert isinstance(mine + other, Exact)
        if b:
            assert mine / other == x / y
    assert abs(-Exact(a)) == abs(x)
    assert Exact("1.1") ** -3 == 1 / Fraction(11, 10) ** 3


def test_nothing_turns_it_into_a_float_unseen() -> None:
    """What would round it fails; what people read is near it."""
    third = Exact(1) / 3
    for careless in (float, math.isfinite, lambda value: math.fsum([value])):
        with pytest.raises(TypeError, match="must not become a float"):
            careless(third)
    with pytest.raises(TypeError, match="not rational"):
        third ** Exact("0.5")
    assert f"{third:.3g} {third}" == "0.333 0.3333333333333333"
    assert math.ceil(third) == 1
    assert max(math.inf, third) == math.inf
    assert math.isnan(math.nan - third)
    with pytest.raises(ValueError, match="no rational number"):
        Exact(math.inf)


def test_every_number_of_an_instance_is_exact() -> None:
    """Records, series and mappings, however deep; the instance that was given stays as it was."""
    instance = rejoin().instance
    made = exactly(instance)
    assert isinstance(made.discount_rate, Exact)
    assert isinstance(instance.discount_rate, float)
    floats = [value for value in _inside(made) if isinstance(value, float)]
    assert not floats
    assert any(isinstance(value, Exact) for value in _inside(made))


def _inside(value: object) -> list[object]:
    """Every value in an instance."""
    if hasattr(value, "__dict__") and not isinstance(value, type):
        return [one for inside in vars(value).values() for one in _inside(inside)]
    if hasattr(value, "__dataclass_fields__"):
        return [one for name in value.__dataclass_fields__ for one in _inside(getattr(value, name))]
    if isinstance(value, dict):
        return [one for inside in value.values() for one in _inside(inside)]
    if isinstance(value, (list, tuple)):
        return [one for inside in value for one in _inside(inside)]
    return [value]


def test_without_tolerance_only_rounding_of_the_tables_is_left(tmp_path: Path) -> None:
    """A plan by hand whose numbers are short decimals holds to the last digit in exact arithmetic."""
    folder = rejoin().write(tmp_path / "plan")
    assert verify(folder, exact=True, tolerance=NONE).ok
