"""Who pays for stock: governments by their share, holders the rest; by hand, and against what outlay says."""

from __future__ import annotations

import pytest
from support.build import network_from

from optimizer.plan.plan import Plan
from optimizer.verifier import verify_tables

from .conftest import Data
from .test_appropriations import solved
from .test_price_steps import FEW, PRICE, outlay, paid, stepped, taken


def sums(plan: Plan, payer: str, year: int | None = None) -> dict[str, float]:
    """What one pays, and what is given out of theirs, USD: in a year, or in all."""
    rows = plan.stock_payers[plan.stock_payers.payer == payer]
    rows = rows if year is None else rows[rows.period == year]
    return {name: float(rows[name].sum()) for name in ("purchase", "price_step", "holding", "given_out")}


def kept(share: float, annual: float, steps: list[Data] | None = None) -> Data:
    """A public reserve of which governments pay a share, that lacks more than they can pay."""
    data = stepped(steps, {2027: 0, 2029: 1_000}, {"annual": annual}, shortage_cost=1.0e5)
    data["stockpiles"]["nds"] |= {"public_share": share}
    return data


@pytest.mark.parametrize(("share", "steps", "tonnes"), [(0.5, None, 100.0), (0.5, FEW, 80.0), (0.25, None, 200.0)])
def test_the_same_money_buys_more_where_holders_pay_a_part(
    share: float, steps: list[Data] | None, tonnes: float
) -> None:
    """450,000 USD a year buy 50 t at 9,000, and 100 t at half of it; with steps half of 855,000 buys 80."""
    annual = share * (paid(steps, tonnes) if steps else PRICE * tonnes)
    plan = solved(kept(share, annual, steps))
    assert taken(plan)[:3] == pytest.approx([tonnes] * 3)
    public, holder = (sums(plan, payer, year=2028) for payer in ("public", "holder"))
    assert public["purchase"] + public["price_step"] + public["holding"] == pytest.approx(annual)
    for what in ("purchase", "price_step", "holding"):
        assert share * holder[what] == pytest.approx((1.0 - share) * public[what])
    assert holder["purchase"] == pytest.approx((1.0 - share) * PRICE * tonnes)
    assert plan.stock_payers.attrs["units"]["purchase"] == "USD"


def working(public: bool, share: float) -> Data:
    """A working stock of 100 t from 2028 on that costs 3 USD a tonne and year to hold, and is emptied at the end."""
    data = stepped(None, {2027: 0, 2028: 100, 2030: 0})
    store = data["stockpiles"]["nds"]
    del store["price_steps"]
    store |= {"release": "always", "public": public, "holding_cost": {"magnet": 3.0}}
    if share < 1:
        store["public_share"] = share
    return data


@pytest.mark.parametrize(("public", "share", "governments"), [(False, 1.0, 0.0), (True, 0.3, 0.3), (True, 1.0, 1.0)])
def test_who_keeps_a_working_stock_pays_and_has_what_it_gives_out(
    public: bool, share: float, governments: float
) -> None:
    """100 t bought for 900,000, kept at 2028's and 2029's ends for 600; what is given out again is worth as much."""
    plan = solved(working(public, share))
    for payer, part in (("public", governments), ("holder", 1.0 - governments)):
        found = sums(plan, payer)
        assert found["holding"] == pytest.approx(part * 600.0)
        assert found["purchase"] >= part * 100 * PRICE - 1.0
        assert found["given_out"] == pytest.approx(found["purchase"], rel=1e-6)
    stock = plan.outlay[plan.outlay.account == "stockpile"]["usd"].sum()
    assert stock == pytest.approx(sums(plan, "public")["purchase"] + sums(plan, "public")["holding"])


def test_who_pays_changes_nobody_s_plan_where_no_budget_looks() -> None:
    """A transfer: the cost of the system is the same."""
    whole, half = (solved(working(True, share)) for share in (1.0, 0.5))
    assert half.objective == pytest.approx(whole.objective)
    assert outlay(half) == pytest.approx(0.5 * outlay(whole))


def test_the_least_outlay_counts_the_public_share_alone() -> None:
    """100 t by 2029 that must be there: 900,000 USD, or 40 percent of it."""
    for share in (1.0, 0.4):
        data = stepped(None, {2029: 100}) | {"finance": {"hurdle_rate": 0.1, "perspective": "public"}}
        data["stockpiles"]["nds"] |= {"public_share": share}
        level = next(one for one in solved(data, gap=1e-7).info["levels"] if one["level"] == "outlay")
        assert level["best"] == pytest.approx(share * 100 * PRICE / (1.0 + data["discount_rate"]) ** 2, rel=1e-5)


def test_an_appropriation_pays_the_public_share() -> None:
    """450,000 USD of one year buy 100 t, of which others pay the half."""
    fund = {"id": "dla", "usd": {2027: 450_000.0, 2028: 0.0}, "purchases": ["nds"]}
    data = stepped(None, {2027: 0, 2030: 500}, {"appropriations": [fund]}, shortage_cost=1.0e5)
    data["stockpiles"]["nds"] |= {"public_share": 0.5}
    plan = solved(data)
    assert taken(plan) == pytest.approx([100.0, 0.0, 0.0, 0.0], abs=1e-4)
    assert plan.appropriations.spent.tolist() == pytest.approx([450_000.0, 0.0, 0.0, 0.0])


def test_a_folder_of_an_earlier_version_has_no_such_table_and_stands() -> None:
    """Where governments pay all or nothing, `outlay` says it; where they pay a share, the table must be there."""
    for share, stands in ((1.0, True), (0.5, False)):
        plan = solved(kept(share, 450_000.0))
        tables = {name: frame for name, frame in plan.tables.items() if name != "stock_payers"}
        instance = network_from(kept(share, 450_000.0)).instance
        assert verify_tables(instance, plan.info, tables).ok is stands
        emptied = tables | {"stock_payers": plan.tables["stock_payers"][:0]}
        assert not verify_tables(instance, plan.info, emptied).ok, "a table that is there and says nothing is wrong"
