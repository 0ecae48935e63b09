"""A change is told as one that restores a plan where a plan of it was found and passed the check, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from support.build import instance_of, with_changes
from support.planting import SMALL, Data, plant

import optimizer
from optimizer.conflict import check, study
from optimizer.conflict.change import with_channel
from optimizer.conflict.check import has_plan
from optimizer.errors import SolveError
from optimizer.run import solve_with
from optimizer.solver.highs import Stop
from optimizer.solver.options import Options

ONE = Options("extensive", 1e-4, None, None, 1, 0)


def test_yes_no_and_refused() -> None:
    """An instance with a plan, one without, and one that would be refused where it is read."""
    instance = instance_of(SMALL)
    assert has_plan(instance, ONE) == "yes"
    assert has_plan(instance_of(plant(SMALL, "whole_or_not_at_all", 1).data), ONE) == "no"
    laundering = with_channel(instance, "commercial", {"tiers": ("domestic",)})
    assert has_plan(laundering, ONE).startswith("refused: ")


def test_what_is_not_known_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solve without a plan, a solver that fails, a plan that does not pass the check."""
    instance = instance_of(SMALL)

    def answer(change: dict[str, Any], *, tables: bool = True) -> str:
        def solved(*args: Any, **kwargs: Any) -> optimizer.Plan:
            plan = solve_with(*args, **kwargs)
            return optimizer.Plan(plan.instance, plan.info | change, plan.tables if tables else {})

        monkeypatch.setattr(check, "solve_with", solved)
        return has_plan(instance, ONE)

    assert answer({"why": "the time limit was reached", "status": "unknown"}, tables=False) == (
        "the time limit was reached"
    )
    assert answer({"verdict": {"ok": False, "summary": "2 rows"}}) == "the checker found: 2 rows"

    def failing(*_args: Any, **_kwargs: Any) -> None:
        raise SolveError("it stumbled")

    monkeypatch.setattr(check, "solve_with", failing)
    assert has_plan(instance, ONE) == "the solver failed: it stumbled"


def two_fires() -> Data:
    """10 t a year that one plant makes, of which a fire leaves half and a flood less."""
    data = with_changes(SMALL)
    data["markets"]["army"]["demand"] = [{"product": "magnet", "tonnes": 10}]
    data["scenarios"] = [
        {"id": name, "probability": 0.1, "onset": 2029,
         "effects": [{"affects": "facilities", "where": {"id": "plant"}, "available": left}]}
        for name, left in (("fire", 0.5), ("flood", 0.3))
    ]  # fmt: skip
    return data


def test_a_change_that_is_not_enough_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sought with all branches a change holds in both; sought for the fire alone it leaves the flood without a plan."""
    instance = instance_of(two_fires())

    def lowered() -> Any:
        repairs = optimizer.explain(instance, threads=1).repairs
        return repairs[repairs["requirement"] == "demand:army:0"].iloc[0]

    whole = lowered()
    assert whole["restores"] == "yes"
    monkeypatch.setattr(study, "WIDE", 0)
    alone = lowered()
    assert alone["restores"] == "no"
    assert alone["amount"] < whole["amount"]


def test_a_limit_reached_in_the_last_check_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    """The change is told with what is not known of it, and the status is that of one that was stopped."""
    stop, seen = Stop(), []

    def interrupted(instance: optimizer.Instance, *_: Any) -> str:
        seen.append(instance)
        if len(seen) < 2:
            return "yes"
        stop.asked.set()
        return "it was interrupted"

    monkeypatch.setattr(study, "has_plan", interrupted)
    instance = instance_of(plant(SMALL, "required_and_forbidden", 1).data)
    explanation = optimizer.explain(instance, threads=1, stop=stop)
    assert len(seen) == 2, "there are two changes to check"
    assert explanation.repairs["restores"].tolist() == ["yes", "it was interrupted"]
    assert explanation.status == "stopped"
    assert "so the rest is not known" in explanation.info["why"]
