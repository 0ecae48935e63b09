"""The change of cost is followed to each edit, and comes to the whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.build import solve
from support.generate import generate
from worth.conftest import backup

import optimizer
from optimizer.comparison import attribution
from optimizer.run import solve_with

from .conftest import dearer, gapped, only


def attributed(*plans: optimizer.Plan, **options: Any) -> optimizer.Comparison:
    given: dict[str, Any] = {"different_instances": True, "attribute": True, "gap": 1e-9, "threads": 1}
    return optimizer.compare(*plans, **given | {"names": ["last", "next"]} | options)


def test_two_edits_that_hang_together_by_hand(without: optimizer.Plan) -> None:
    """A backup of 200 USD saves 70, then a likelier loss costs nothing; alone that loss costs 30: interaction -30."""
    found = attributed(without, solve(dearer(0.4, 200)))
    rows = found.attribution.set_index("group")
    assert list(rows.index) == ["options", "scenarios"]
    assert rows["in_order"].tolist() == pytest.approx([-70, 0])
    assert rows["alone"].tolist() == pytest.approx([-70, 30])
    assert rows["interaction"].tolist() == pytest.approx([0, -30])
    assert rows["in_order_verdict"].tolist() == ["costs less", "the same"]
    assert rows["comes"].tolist() == ["backup:build", ""]
    assert rows.loc["scenarios", "alone_comes"] == "backup:build"  # at p = 0.4 it pays at 300 USD too
    about = found.info["together"]["next"]
    assert (about["difference"], about["sum_in_order"], about["sum_alone"]) == pytest.approx((-70, -70, -40))
    assert about["interaction"] == pytest.approx(-30)
    assert about["order"] == ["options", "scenarios"]


def test_what_the_searches_left_open_widens_the_interaction(without: optimizer.Plan) -> None:
    """The same two edits: the baseline may be 10 USD off its optimum, and so may the plan; both count against it."""
    base = gapped(without, bound=360.0, gap_usd=10.0)
    plan = gapped(solve(dearer(0.4, 200)), bound=290.0, gap_usd=10.0)
    row = only(attributed(base, plan).attribution, group="scenarios")
    assert (row.in_order_at_least, row.in_order, row.in_order_at_most) == pytest.approx((-10, 0, 0))
    assert (row.alone_at_least, row.alone, row.alone_at_most) == pytest.approx((30, 30, 40))
    found = (row.interaction_at_least, row.interaction, row.interaction_at_most)
    assert found == pytest.approx((-10 - 40, -30, 0 - 30))


@pytest.mark.slow
@pytest.mark.parametrize(("one", "two"), [(1, 3), (2, 5)])
def test_what_is_attributed_comes_to_the_whole(one: int, two: int) -> None:
    """Two unlike instances with everything edited: the steps in order are the difference, whatever they are."""
    first, second = solve(generate(one, scenarios=1)), solve(generate(two, scenarios=1))
    found = attributed(first, second)
    about = found.info["together"]["next"]
    assert about["sum_in_order"] == pytest.approx(about["difference"], abs=1e-3)
    assert len(found.attribution) > 8
    low, high = found.attribution["in_order_at_least"], found.attribution["in_order_at_most"]
    value = found.attribution["in_order"]
    assert ((low <= value + 1e-9) & (value <= high + 1e-9)).all()


@pytest.mark.slow
def test_the_order_may_be_given_and_a_stopped_attribution_goes_on(
    without: optimizer.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The likelier loss first costs 30, then the cheaper backup saves 100. Stopped after one step of two, it says so.

    Then only what is missing is solved, and a narrower gap is asked anew.
    """
    plan = solve(dearer(0.4, 200))
    groups = {"odds": ["scenarios.*"]}
    solves: list[bool] = []

    def stopping(*args: Any, **options: Any) -> optimizer.Plan:
        solves.append(True)
        found = solve_with(*args, **options)
        if len(solves) == 1:
            args[4].asked.set()  # as the first Ctrl-C does
        return found

    monkeypatch.setattr(attribution, "solve_with", stopping)
    first = attributed(without, plan, folder=tmp_path / "out", gap=1e-6, groups=groups)
    assert first.info["status"] == "stopped"
    assert first.attribution["in_order"].tolist() == pytest.approx([30, -100])
    assert pd.isna(first.attribution["alone"][1])
    assert first.attribution["alone_why"][1] == "not solved yet"
    again = attributed(without, plan, folder=tmp_path / "out", gap=1e-6, groups=groups)
    assert (len(solves), again.info["status"]) == (2, "done")
    assert again.attribution["alone"].tolist() == pytest.approx([30, -70])
    attributed(without, plan, folder=tmp_path / "out", gap=1e-9, groups=groups)
    assert len(solves) == 4


def test_a_step_without_a_plan_is_told() -> None:
    """Demand that must be met and an affordable backup: with the first edit alone there is no plan."""
    data = dearer(0.4, 200)
    data["markets"]["town"]["demand"][0] |= {"shortage_cost": None}
    forbidden = backup(0.3) | {"policy": {"rules": [{"rule": "forbid", "facility": "backup"}]}}
    found = attributed(solve(forbidden), solve(data))
    rows = found.attribution.set_index("group")
    assert "demand" in rows.index
    assert rows.loc["demand", "status"] == "infeasible"
    assert found.info["together"]["next"]["sum_in_order"] is None
    assert found.info["together"]["next"]["difference"] is not None
