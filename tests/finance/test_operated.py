"""A plan in which what is funded pays its way, operated: as it stands, and nobody asks for its books again."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.build import instance_of, solve

import optimizer
from optimizer.briefs.comparisons import say
from optimizer.cli.output import show
from optimizer.errors import OptionsError
from optimizer.plan.columns import rows_of

from .conftest import GRANT, Data, plant


def financed() -> Data:
    """The plant with a grant, and a ban that takes the mine for a year."""
    ban = {"id": "ban", "probability": 0.25, "onset": 2029, "duration": 1,
           "effects": [{"affects": "facilities", "where": {"id": "mine"}, "available": 0.5}]}  # fmt: skip
    data = plant({"instruments": [GRANT]}, scenarios=[ban])
    data["facilities"]["mine"]["capacity"] = 150
    return data


def test_a_financed_plan_costs_in_each_future_what_it_does_in_the_plan() -> None:
    """Grants are transfers, so operations cost the same without books; and it is said that they are left out."""
    plan = solve(financed())
    assert len(plan.grants) == 1
    found = optimizer.evaluate(plan.instance, plan, workers=1)
    assert "left out" in found.info["books"]
    assert found.info["instance_sha256"] == plan.info["instance_sha256"]
    costs = {row.scenario: row.cost for row in rows_of(plan.scenarios)}
    assert dict(zip(found.futures["future"], found.futures["cost"], strict=True)) == pytest.approx(costs)


def test_fundings_that_would_not_pay_their_way_are_operated_too(tmp_path: Path) -> None:
    """Without an instrument nobody would build the plant; who asks what it would do is told."""
    data = financed()
    data["finance"] = {"hurdle_rate": 0.1, "viability": True}
    instance = instance_of(data)
    assert optimizer.solve(instance).portfolio.empty
    chosen = tmp_path / "chosen.csv"
    chosen.write_text("facility,option,year\nworks,build,2027\n", encoding="utf-8")
    found = optimizer.evaluate(instance, chosen, workers=1)
    assert set(found.futures["status"]) == {"met"}


def test_without_books_nothing_is_said_of_them() -> None:
    data = financed()
    data["finance"]["viability"] = False
    plan = solve(data)
    assert "books" not in optimizer.evaluate(plan.instance, plan, workers=1).info


def test_losses_shortfall_and_regret_operate_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each as of the same plan of an instance in which nothing must pay its way."""
    plan = solve(financed())
    plan.save(tmp_path / "with")
    data = financed()
    data["finance"]["viability"] = False
    free = solve(data, start=plan)
    assert free.objective == pytest.approx(plan.objective)
    free.save(tmp_path / "free")
    hit = [optimizer.stress(one, tmp_path / name, workers=1) for one, name in ((plan, "a"), (free, "b"))]
    assert len(hit[0].losses) > 0
    assert hit[0].losses.equals(hit[1].losses)
    short = [optimizer.shortfall(one, workers=1).shortfall for one in (plan, free)]
    assert short[0].equals(short[1])
    assert "left out" in optimizer.shortfall(plan, workers=1).info["books"]
    crossed = optimizer.compare(tmp_path / "with", tmp_path / "free", different_instances=True, regret=True, workers=1)
    assert crossed.regret["cost"].notna().all()
    show(say, crossed)
    assert "books of the instances left out" in capsys.readouterr().out


def test_so_does_a_plan_of_least_outlay() -> None:
    """Demand that must be met is no outlay to weigh: operations are at least cost, and nothing is short."""
    data = plant({"instruments": [GRANT], "perspective": "public"})
    data["markets"]["programs"]["demand"][0] |= {"shortage_cost": None, "tonnes": {2027: 0, 2028: 100}}
    plan = solve(data)
    assert plan.info["levels"][0]["level"] == "outlay"
    found = optimizer.evaluate(plan.instance, plan, workers=1)
    assert "least cost" in found.info["books"]
    assert found.futures["cost"].tolist() == pytest.approx([plan.objective])
    steps = optimizer.shortfall(plan, workers=1).measures
    short = dict(zip(steps["measure"], steps["short"], strict=True))
    assert short == pytest.approx({"standing": 300.0, "funded plants": 0.0, "as planned": 0.0})


def test_the_value_of_plans_that_are_held_to_books_is_not_told() -> None:
    """Operated without, another plan might cost less than the best with them: planning would be worth less than 0."""
    with pytest.raises(OptionsError, match=r"must pay its way.*finance\.viability=false"):
        optimizer.value(instance_of(financed()))
