"""Methods, algorithms and solvers that share little say the same of the same instance."""

from __future__ import annotations

from typing import Any

import pytest
from support import differential
from support.build import Data, instance_of
from support.generate import generate, under_limits
from support.params import first_fast

pytest.importorskip("pyscipopt", reason="SCIP is not installed")

RISKS: tuple[dict[str, Any], ...] = (
    {"measure": "expected"},
    {"measure": "cvar", "alpha": 0.8, "weight": 0.5},
    {"measure": "expected"},
    {"measure": "worst_case"},
)


def made(seed: int) -> Data:
    """An instance of a seed: measures in turn, every third under rules in amounts, every fifth with a tree."""
    data = generate(seed, scenarios=1 + seed % 3, children=seed % 5 == 4)
    if seed % 3 == 0:
        data = under_limits(data)
    return data | {"risk": RISKS[seed % len(RISKS)]}


@pytest.mark.parametrize("seed", first_fast(range(6), 1))
def test_all_roads_lead_to_one_optimum(seed: int) -> None:
    """By both methods, five ways of HiGHS, SCIP, and the scenarios of SMPS."""
    assert not differential.held(instance_of(made(seed))).apart


@pytest.mark.slow
def test_who_stands_apart_is_told_with_the_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    """A road that finds another optimum, as one with a fault would."""
    instance = instance_of(made(0))
    right = differential.by_scip
    monkeypatch.setattr(differential, "by_scip", lambda file: right(file) * (1 + 1e-5))
    told = differential.held(instance).apart
    assert told.startswith("{'SCIP': ")
    assert instance_of(told.split(":\n", 1)[1]) == instance
