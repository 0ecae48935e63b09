"""Which tonnes of stock cover which futures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.build import Data, solve
from support.generate import generate

import optimizer
from optimizer.errors import PlanError
from optimizer.plan.columns import rows_of

from .conftest import oxide_or_magnet, reserve


def used(data: Data) -> tuple[optimizer.Plan, optimizer.StockUse]:
    plan = solve(data)
    return plan, optimizer.stock_use(plan)


@pytest.mark.parametrize(("gone", "material", "cost"), [("mine", "oxide", 352), ("plant", "magnet", 456)])
def test_what_is_stored_depends_on_the_future(gone: str, material: str, cost: float) -> None:
    """Oxide is cheaper to hold and is chosen where only the mine is lost; where the plant is, only magnets help."""
    plan, found = used(oxide_or_magnet(gone))
    assert plan.objective == pytest.approx(cost)
    (row,) = rows_of(found.use)
    assert (row.stockpile, row.material, row.future, row.onset) == ("nds", material, "gone", 2028)
    assert (row.opening, row.released, row.used, row.share_used) == pytest.approx((10, 10, 10, 1))
    assert (row.taken_in, row.bought_back) == pytest.approx((0, 0))


def test_more_is_held_than_the_target_asks_for() -> None:
    """The target asks for 4 t, the future for 10: 6 t are held beyond the target, and none is idle."""
    data = reserve(0.3)
    data["stockpiles"]["nds"]["targets"] = [{"material": "magnet", "tonnes": 4}]
    plan = solve(data)
    base = solve(data | {"scenarios": []})
    found = optimizer.stock_use(plan, base)
    first = next(iter(rows_of(found.held)))
    assert first.against_futures == pytest.approx(6)
    with pytest.raises(PlanError, match="has scenarios"):
        optimizer.stock_use(plan, plan)
    with pytest.raises(PlanError, match="another instance"):
        optimizer.stock_use(plan, solve(reserve(0.3) | {"scenarios": []}))
    assert (first.period, first.held, first.next_used, first.next_used_by) == (2027, 10, 10, "gone")
    assert (first.for_targets, first.ahead_of_targets, first.beyond_targets) == pytest.approx((4, 0, 6))
    (store,) = rows_of(found.stores)
    assert (store.most_used, store.most_used_by, store.futures) == (pytest.approx(10), "gone", 1)
    assert store.used_on_average == pytest.approx(3)
    assert store.never_used == pytest.approx(0)


def test_what_only_the_target_holds() -> None:
    """The target asks for 15 t, no future uses more than 10: 2 t released to save their keep are no use."""
    data = reserve(0.3)
    data["facilities"]["plant"]["capacity"] = 30
    data["stockpiles"]["nds"]["targets"] = [{"material": "magnet", "tonnes": {2027: 12, 2028: 15}}]
    plan, found = used(data)
    (store,) = rows_of(found.stores)
    assert (store.held, store.held_in) == (pytest.approx(15), 2028)
    assert (store.most_used, store.never_used) == (pytest.approx(10), pytest.approx(5))
    (row,) = rows_of(found.use)
    assert (row.opening, row.released, row.surplus, row.used) == pytest.approx((12, 12, 2, 10))
    assert found.held["beyond_targets"].tolist() == pytest.approx([0, 0])
    (target,) = rows_of(found.targets)
    assert target.status == "binding"
    duals = [rule for rule in plan.info["rules"] if rule["kind"] == "target"]
    assert target.last_percent_usd == duals[0]["saved_by_1_percent_usd"]
    assert target.last_percent_usd > 0


def test_stock_bought_before_the_target_asks_for_it_is_told_apart() -> None:
    """With 12 t of capacity in 2028 a target of 8 t then is filled ahead: 6 t of it, and nothing is beyond."""
    data = reserve(0.0)
    data["facilities"]["plant"]["capacity"] = {2027: 20, 2028: 12}
    data["stockpiles"]["nds"]["targets"] = [{"material": "magnet", "tonnes": {2028: 8}}]
    _, found = used(data)
    first = next(iter(rows_of(found.held)))
    assert first.period == 2027
    assert (first.for_targets, first.ahead_of_targets, first.beyond_targets) == pytest.approx((0, 6, 0))


@pytest.mark.parametrize("children", [0, 1])
def test_rows_balance(children: int) -> None:
    """In any plan no future uses more than it opens with, and what is held is what it is held for."""
    plan = solve(generate(1, scenarios=2, children=children), gap=1e-3)
    found = optimizer.stock_use(plan)
    assert found.use["used"].max() > 1
    assert (found.use["used"] <= found.use["opening"] + 1e-9).all()
    parts = found.held[["for_targets", "ahead_of_targets", "beyond_targets"]]
    assert parts.sum(axis=1).tolist() == pytest.approx(found.held["held"].tolist())
    assert (parts >= -1e-9).all().all()


def test_tables_are_written_and_nothing_else_is_replaced(tmp_path: Path) -> None:
    """Four tables in a folder of their own."""
    _, found = used(reserve(0.3))
    folder = found.save(tmp_path / "s")
    names: set[Any] = {file.name for file in folder.glob("*.csv")}
    assert names == {"stock_use.csv", "stock_stores.csv", "stock_held.csv", "stock_targets.csv"}
    found.save(folder)
    with pytest.raises(PlanError, match="holds no use of stock"):
        found.save(tmp_path)
