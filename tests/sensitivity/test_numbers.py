"""The numbers that are swept: which there are, and what moves when one is moved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.build import Data, instance_of, solve

from optimizer.instance.instance import Instance
from optimizer.sweep.numbers import Number, numbers_of, scaled
from optimizer.sweep.relaxation import Relaxation, beyond, moved, problem_from

from .conftest import rivals


def number(instance: Instance, key: str) -> Number:
    """The number with a key."""
    return next(found for found in numbers_of(instance) if found.key == key)


def test_numbers_of_a_small_instance(data: Data) -> None:
    """Each amount that is not zero is there once, by the key that --set takes, with its row's confidence."""
    found = {item.key: item.confidence for item in numbers_of(instance_of(data))}
    assert found["facilities.alpha.options.build.capex"] == "C"
    assert found["facilities.beta.options.build.capex"] == "A"
    assert found["markets.programs.demand.magnet.tonnes"] == "none"
    assert "facilities.alpha.capacity" not in found, "nothing stands there"
    assert len(found) == len(numbers_of(instance_of(data)))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (100, 130.0),
        ({2027: 50, 2028: 100}, {2027: 65.0, 2028: 130.0}),
        ({"start": 50, "growth": 0.1}, {"start": 65.0, "growth": 0.1}),
    ],
)
def test_a_series_is_moved_as_a_whole(data: Data, written: Any, expected: Any) -> None:
    """Every amount of a series is moved by the factor; years and growth are not."""
    data["markets"]["programs"]["demand"][0]["tonnes"] = written
    instance = instance_of(data)
    after = scaled(instance, number(instance, "markets.programs.demand.magnet.tonnes"), 1.3)
    assert after.plain()["markets"]["programs"]["demand"][0]["tonnes"] == pytest.approx(expected)


def test_nothing_else_moves(data: Data) -> None:
    """One number is moved; the instance is the same otherwise."""
    instance = instance_of(data)
    after = scaled(instance, number(instance, "facilities.alpha.options.build.capex"), 1.3).plain()
    option = after["facilities"]["alpha"]["options"][0]
    assert option["capex"] == pytest.approx(1300.0)
    option["capex"] = 1000.0
    assert after == instance.plain()


def test_probabilities_stay_within_one(data: Data) -> None:
    """A probability grows at most to what the others leave."""
    data["scenarios"] = [
        {"id": name, "probability": share, "onset": 2028, "duration": 1,
         "effects": [{"affects": "facilities", "where": {"id": "alpha"}, "available": 0.5}]}
        for name, share in (("one", 0.5), ("two", 0.45))
    ]  # fmt: skip
    instance = instance_of(data)
    after = scaled(instance, number(instance, "scenarios.one.probability"), 1.3)
    assert [scenario.probability for scenario in after.scenarios] == pytest.approx([0.55, 0.45])


def test_a_hot_relaxation_is_a_cold_one() -> None:
    """Solving on from the basis of the first gives what solving anew gives, whatever was moved."""
    instance = instance_of(rivals())
    hot = Relaxation()
    hot.solve(problem_from(instance))
    for item in numbers_of(instance):
        for factor in (0.7, 1.3):
            problem = problem_from(scaled(instance, item, factor))
            assert hot.solve(problem).objective == pytest.approx(Relaxation().solve(problem).objective, rel=1e-9), item


def test_the_other_end_follows_from_one(data: Data) -> None:
    """Every number enters in the first power: the problem at one end follows from the other end and the base."""
    data["facilities"]["alpha"]["capacity"] = 20
    data["facilities"]["alpha"]["fixed_cost"] = 300
    data["facilities"]["beta"]["options"][0] |= {"fixed_cost": 40, "ramp": [0.5], "life": 1, "public_share": 0.5}
    data["materials"]["magnet"] |= {"price": 90, "storage": {"cost": 2}}
    data["stockpiles"] = {
        "reserve": {
            "country": "USA", "channel": "open", "materials": ["magnet"],
            "targets": [{"material": "magnet", "tonnes": {2028: 5}, "shortage_cost": 30}],
        }
    }  # fmt: skip
    data["policy"] = {"budget": {"annual": 5000}}
    data["scenarios"] = [
        {"id": "loss", "probability": 0.3, "onset": 2028, "duration": 1,
         "effects": [{"affects": "facilities", "where": {"id": "alpha"}, "available": 0.5}]}
    ]  # fmt: skip
    instance = instance_of(data)
    base = problem_from(instance)
    fields = set()
    for item in numbers_of(instance):
        high, low = (problem_from(scaled(instance, item, factor)) for factor in (1.3, 0.7))
        made = beyond(base, high, -1.0)
        assert made is not None, item.key
        for name in ("row_lower", "row_upper", "lower", "upper", "objective", "offset"):
            np.testing.assert_allclose(getattr(made, name), getattr(low, name), rtol=1e-9, atol=1e-12, err_msg=item.key)
        assert abs(made.matrix - low.matrix).max() < 1e-9, item.key
        fields.add((item.kind, item.field))
    assert len(fields) >= 11, fields


def test_problems_that_differ_in_more_than_numbers_are_told_apart(data: Data) -> None:
    """Where columns come or go, arithmetic does not lead to the other end."""
    base = problem_from(instance_of(data))
    data["facilities"]["alpha"]["options"] = []
    assert beyond(base, problem_from(instance_of(data)), -1.0) is None


def test_the_relaxation_is_a_bound() -> None:
    """The relaxation costs no more than the plan."""
    instance = instance_of(rivals())
    plan = solve(instance)
    relaxed = Relaxation().solve(problem_from(instance)).objective
    assert plan.objective is not None
    assert relaxed is not None
    assert relaxed <= plan.objective * (1 + 1e-9)


def test_what_moves_between_two_portfolios() -> None:
    """Coming, going, and being funded at another time all count, each by its own measure."""
    a, b, c = ("plant", "a"), ("plant", "b"), ("plant", "c")
    before = {a: {2027: 1.0}, b: {2027: 1.0}, c: {2028: 0.5}}
    after = {a: {2029: 1.0}, c: {2028: 0.5}, ("plant", "d"): {2030: 0.25}}
    assert moved(before, after) == {a: (1.0, 0.0), b: (1.0, -1.0), ("plant", "d"): (0.25, 0.25)}
