"""A solver that returns garbage, by a stand-in around HiGHS: an error, a plan that is refused, or no matter."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest
from cli.conftest import call
from support.build import instance_of
from support.generate import generate

import optimizer
from optimizer.errors import SolveError
from optimizer.instance.write import yaml_text

KINDS = highspy.HighsModelStatus
Values = Callable[[Any], Any]

_solution, _info = highspy.Highs.getSolution, highspy.Highs.getInfo


class Changed:
    """What HiGHS gave, with some of it changed."""

    def __init__(self, given: Any, changed: dict[str, Any]) -> None:
        self._given, self._changed = given, changed

    def __getattr__(self, name: str) -> Any:
        return self._changed[name] if name in self._changed else getattr(self._given, name)


def values(change: Values) -> dict[str, Any]:
    """Columns have other values."""

    def get(highs: Any) -> Any:
        given = _solution(highs)
        return Changed(given, {"col_value": list(change(np.array(given.col_value)))})

    return {"getSolution": get}


def told(**change: Values) -> dict[str, Any]:
    """What is told of the run is another."""

    def get(highs: Any) -> Any:
        given = _info(highs)
        return Changed(given, {name: how(getattr(given, name)) for name, how in change.items()})

    return {"getInfo": get}


def status(kind: Any) -> dict[str, Any]:
    """It ends with another status."""
    return {"getModelStatus": lambda _: kind}


def one(number: float) -> Values:
    """In the middle stands this."""
    return lambda v: np.where(np.arange(len(v)) == len(v) // 2, number, v)


def crash(_: Any) -> None:
    raise RuntimeError("out of its mind")


ERROR, REFUSED, RIGHT, NO_PLAN = "an error", "refused by the checker", "the right answer", "no plan"
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no number": (values(lambda v: v * math.nan), ERROR),
    "one that is no number": (values(one(math.nan)), ERROR),
    "an infinite one": (values(one(math.inf)), ERROR),
    "nothing": (values(lambda v: v * 0), ERROR),
    "half as much again": (values(lambda v: v * 1.5), ERROR),
    "all negative": (values(lambda v: -v), ERROR),
    "too few": (values(lambda v: v[:-1]), ERROR),
    "none at all": (values(lambda v: v[:0]), ERROR),
    "half the objective": (told(objective_function_value=lambda v: v / 2), RIGHT),
    "an objective that is no number": (told(objective_function_value=lambda _: math.nan), RIGHT),
    "a bound that is no number": (told(mip_dual_bound=lambda _: math.nan), REFUSED),
    "an infinite bound": (told(mip_dual_bound=lambda _: math.inf), REFUSED),
    "a bound above the plan": (told(mip_dual_bound=lambda v: 2 * v), ERROR),
    "a bound far below, called optimal": (told(mip_dual_bound=lambda v: v - 1e6), REFUSED),
    "infeasible": (status(KINDS.kInfeasible), NO_PLAN),
    "unknown": (status(KINDS.kUnknown), ERROR),
    "an error": (status(KINDS.kSolveError), ERROR),
    "unbounded": (status(KINDS.kUnbounded), ERROR),
    "it never ran": ({"run": lambda _: highspy.HighsStatus.kOk}, ERROR),
    "it failed": ({"run": lambda _: highspy.HighsStatus.kError}, ERROR),
    "an exception": ({"run": crash}, ERROR),
}
"""What is changed, and what the extensive form makes of it."""
BY_BENDERS = {
    "nothing": NO_PLAN,
    "half the objective": RIGHT,
    "an objective that is no number": RIGHT,
    "a bound that is no number": RIGHT,
    "an infinite bound": RIGHT,
    "a bound above the plan": RIGHT,
    "a bound far below, called optimal": RIGHT,
}
"""Where Benders, which takes bounds from linear programs, makes something else of it."""


@pytest.fixture(scope="module")
def sound() -> optimizer.Plan:
    """What is true of an instance with two disruptions."""
    plan = optimizer.solve(instance_of(generate(1, scenarios=2)), gap=1e-6, threads=1)
    assert plan.status == "optimal"
    return plan


def inject(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for method, fault in FAULTS[name][0].items():
        monkeypatch.setattr(highspy.Highs, method, fault)


def became_of(sound: optimizer.Plan, method: str) -> str:
    """What a solve ends in, with the fault."""
    try:
        plan = optimizer.solve(sound.instance, gap=1e-6, threads=1, method=method, time_limit=3)
    except SolveError:
        return ERROR
    if not plan.tables:
        return NO_PLAN
    if not plan.info["verdict"]["ok"]:
        return REFUSED
    assert plan.objective == pytest.approx(sound.objective, rel=1e-6), "a wrong answer that passes"
    assert plan.bound is None or sound.objective is None or plan.bound <= sound.objective * (1 + 1e-6)
    return RIGHT


@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_of_the_solver_passes_as_an_answer(
    name: str, sound: optimizer.Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the whole."""
    inject(monkeypatch, name)
    assert became_of(sound, "extensive") == FAULTS[name][1]


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_passes_by_benders(name: str, sound: optimizer.Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """By parts, where every linear program has the fault."""
    inject(monkeypatch, name)
    assert became_of(sound, "benders") == BY_BENDERS.get(name, FAULTS[name][1])


@pytest.mark.parametrize("name", ["one that is no number", "an infinite bound", "infeasible"])
def test_the_command_ends_with_1_and_nothing_half_written(
    name: str, sound: optimizer.Plan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A plan that the checker refused is kept, whole, and said to be refused; of an error nothing is left."""
    (tmp_path / "made.yaml").write_text(yaml_text(sound.instance), encoding="utf-8")
    inject(monkeypatch, name)
    called = call("solve", "made.yaml", "--threads", 1, "--method", "extensive", "-o", "out", "--json", folder=tmp_path)
    assert called.code == 1
    assert "status" in called.document
    monkeypatch.undo()
    left = {file.name for file in tmp_path.iterdir()}
    if FAULTS[name][1] == REFUSED:
        assert left == {"made.yaml", "out"}
        assert not optimizer.verify(tmp_path / "out").ok
    else:
        assert left == {"made.yaml"}
