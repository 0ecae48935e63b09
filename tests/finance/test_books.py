"""What pays its way is funded, what does not is not; every instrument by hand, alone and with a grant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.build import instance_of, solve

import optimizer
from finance.conftest import GRANT, LEFT, PER_YEAR, RESIDUAL, YEARS, Data, plant, worth
from optimizer.plan.columns import rows_of
from optimizer.solver import least_outlay
from optimizer.verifier import verify_tables


def granted(*instruments: Data, **changes: Any) -> float:
    """The least grant, USD, with other instruments beside it."""
    plan = solve(plant({"instruments": [GRANT, *instruments]}, **changes))
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert len(plan.portfolio) == 1
    return float(plan.grants["usd"].sum())


def test_what_does_not_pay_its_way_is_not_funded() -> None:
    """190,000 USD a year for three years and half the plant left do not bring a million back at 10 percent."""
    assert pytest.approx(-1e6 + 190e3 * (1.1**-1 + 1.1**-2 + 1.1**-3) + 5e5 * 1.1**-4) == LEFT
    assert LEFT < 0
    plan = solve(plant({}))
    assert plan.status == "optimal"
    assert plan.portfolio.empty
    free = solve(plant({"viability": False}))
    assert len(free.portfolio) == 1
    assert plan.objective is not None
    assert free.objective is not None
    assert free.objective < plan.objective
    assert free.objective == pytest.approx(solve(plant(None)).objective)


@pytest.mark.parametrize(("price", "funded"), [(9700.0, 0), (9800.0, 1)])
def test_it_is_funded_from_the_price_at_which_it_breaks_even(price: float, funded: int) -> None:
    """Break-even is where 100 t x price pays what is missing: 9,748 USD/t or so, by hand."""
    even = 9000 - LEFT / (100 * sum(worth(year) for year in YEARS))
    assert (price > even) == bool(funded)
    plan = solve(plant({}, price=price))
    assert len(plan.portfolio) == funded
    assert plan.info["verdict"]["ok"]


def test_the_books_add_up_to_what_they_do_by_hand() -> None:
    """Sales, inputs, activity, fixed cost, capex, residual; at break-even nothing is left but the grant's rounding."""
    plan = solve(plant({"instruments": [GRANT]}))
    books = plan.books.groupby("item")["usd"].sum()
    assert books["sales"] == pytest.approx(3 * 100 * 9000)
    assert books["inputs"] == pytest.approx(-3 * 100 * 5000)
    assert books["activity"] == pytest.approx(-3 * 100 * 2000)
    assert books["fixed"] == pytest.approx(-3 * 10000)
    assert books["capex"] == pytest.approx(-1e6)
    assert books["residual"] == pytest.approx(RESIDUAL)
    assert books["instrument"] == pytest.approx(-LEFT, rel=1e-5)
    assert plan.books["discounted"].sum() == pytest.approx(0.0, abs=10)
    outlay = {(row.account, row.instrument): row.usd for row in rows_of(plan.outlay)}
    assert outlay[("grant", "aid")] == pytest.approx(-LEFT, rel=1e-5)


@pytest.mark.parametrize(
    ("instrument", "a_year"),
    [
        ({"kind": "production_credit", "material": "magnet", "amount": 500.0}, 100 * 500.0),
        ({"kind": "production_credit", "material": "magnet", "amount": 100.0,
          "bonus": {"amount": 500.0, "channel": "trusted"}}, 100 * 500.0),
        ({"kind": "cost_credit", "stage": "magnet", "share": 0.1}, 0.1 * 100 * 2000.0),
        ({"kind": "cost_credit", "stage": ["magnet"], "share": 0.1, "counts": ["activity", "inputs"]},
         0.1 * 100 * 7000.0),
        ({"kind": "depletion", "stage": "magnet", "rate": 0.2, "tax_rate": 0.25}, 0.2 * 0.25 * 100 * 9000.0),
        ({"kind": "price_floor", "material": "magnet", "floor": 9400.0}, 100 * 400.0),
        ({"kind": "price_floor", "material": "magnet", "floor": 8000.0, "upside": 0.3}, -0.3 * 100 * 1000.0),
        ({"kind": "price_floor", "material": "magnet", "floor": 8000.0}, 0.0),
        ({"kind": "production_credit", "material": "magnet", "amount": 500.0, "where": {"tiers": ["domestic"]}},
         100 * 500.0),
    ],
)  # fmt: skip
def test_an_instrument_takes_off_the_grant_what_it_pays(instrument: Data, a_year: float) -> None:
    """By hand: what it pays in three years, discounted at the hurdle rate."""
    pays = a_year * sum(worth(year) for year in YEARS)
    assert granted({"id": "more", **instrument}) == pytest.approx(max(0.0, -LEFT - pays), rel=1e-4)


@pytest.mark.parametrize(
    ("limits", "years"),
    [({"from": 2029}, (2029, 2030)), ({"until": 2028}, (2028,)), ({"from": 2029, "until": 2029}, (2029,))],
)
def test_an_instrument_pays_in_its_years(limits: Data, years: tuple[int, ...]) -> None:
    """From and until, both years included."""
    credit = {"id": "more", "kind": "production_credit", "material": "magnet", "amount": 500.0, **limits}
    assert granted(credit) == pytest.approx(-LEFT - 50_000 * sum(worth(year) for year in years), rel=1e-4)


def test_two_instruments_add_up() -> None:
    """A credit on tonnes and one on costs."""
    first = {"id": "one", "kind": "production_credit", "material": "magnet", "amount": 300.0}
    second = {"id": "two", "kind": "cost_credit", "stage": "magnet", "share": 0.1}
    pays = (30_000 + 20_000) * sum(worth(year) for year in YEARS)
    assert granted(first, second) == pytest.approx(-LEFT - pays, rel=1e-4)


def test_a_credit_is_paid_to_what_stands_too() -> None:
    """The mine has no option and keeps no books; its credit is outlay all the same."""
    credit = {"id": "more", "kind": "production_credit", "material": "oxide", "amount": 10.0}
    plan = solve(plant({"instruments": [GRANT, credit]}))
    paid = plan.outlay[plan.outlay["instrument"] == "more"]
    assert dict(zip(paid["year"], paid["usd"], strict=True)) == pytest.approx(dict.fromkeys(YEARS, 1000.0))
    assert set(plan.books["facility"]) == {"works"}
    assert plan.info["verdict"]["ok"]


def test_nobody_sells_what_is_thrown_away() -> None:
    """Half is wanted: making the rest would fill the plant's books, and nobody buys it."""
    half = PER_YEAR - 50 * (9000 - 7000)
    left = sum(half * worth(year) for year in YEARS) + RESIDUAL * worth(2031) - 1e6
    assert granted(tonnes=50.0) == pytest.approx(-left, rel=1e-4)
    sold_off = plant({"instruments": [GRANT]}, tonnes=50.0)
    sold_off["materials"]["magnet"]["sell"] = True
    plan = solve(sold_off)
    assert plan.grants["usd"].sum() == pytest.approx(-LEFT, rel=1e-4)
    assert plan.info["verdict"]["ok"]


def test_a_grant_is_limited_by_share_cap_and_budget() -> None:
    """What it cannot give is not given, and then the plant is not funded; with enough it is."""
    need = -LEFT
    for limit, enough in (
        ({"max_share": need / 1e6 * 0.99}, False), ({"max_share": need / 1e6 * 1.01}, True),
        ({"cap": need * 0.99}, False), ({"cap_per_recipient": need * 0.99}, False), ({"cap": need * 1.01}, True),
    ):  # fmt: skip
        plan = solve(plant({"instruments": [GRANT | limit]}))
        assert len(plan.portfolio) == enough, limit
        assert plan.info["verdict"]["ok"]
    for annual, enough in ((need * 0.99, False), (need * 1.01, True)):
        plan = solve(plant({"instruments": [GRANT]}, policy={"budget": {"annual": annual}}))
        assert len(plan.portfolio) == enough, annual
        outside = solve(plant({"instruments": [GRANT | {"budget": False}]}, policy={"budget": {"annual": annual}}))
        assert len(outside.portfolio) == 1


def test_credits_count_in_the_budget() -> None:
    """50,000 USD a year of credit within a budget of 49,000 leave less to make."""
    credit = {"id": "more", "kind": "production_credit", "material": "magnet", "amount": 500.0, "budget": True}
    data = plant({"viability": False, "instruments": [credit]}, policy={"budget": {"annual": 49_000.0}})
    plan = solve(data)
    assert plan.info["verdict"]["ok"]
    made = plan.runs[plan.runs["recipe"] == "press"].groupby("period")["run"].sum()
    assert made.to_dict() == pytest.approx(dict.fromkeys(YEARS, 98.0))
    data["finance"]["instruments"][0]["budget"] = False
    assert solve(data).runs.query("recipe == 'press'")["run"].tolist() == pytest.approx([100.0] * 3)


def test_the_report_of_budgets_counts_what_instruments_pay() -> None:
    """Slack is what the table of outlay leaves of the budget, what counts in none left out."""
    credit = {"id": "credit", "kind": "production_credit", "material": "magnet", "amount": 200.0}
    for counts in (True, False):
        budget = {"annual": 1.0e6, "total": 3.0e6}
        plan = solve(plant({"instruments": [GRANT, credit | {"budget": counts}]}, policy={"budget": budget}))
        outlay = plan.outlay if counts else plan.outlay[plan.outlay["instrument"] != "credit"]
        assert set(outlay["instrument"]) == ({"aid", "credit"} if counts else {"aid"})
        report = {row["label"]: row for row in plan.info["rules"]}
        by_year = outlay.groupby("year")["usd"].sum()
        assert report["annual budget"]["slack"] == pytest.approx(1.0e6 - by_year.max(), abs=1.0)
        assert report["total budget"]["slack"] == pytest.approx(3.0e6 - by_year.sum(), abs=1.0)


def test_it_is_said_where_what_is_paid_is_not_brought_to_its_least(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan's own amounts hold then; they are enough, and checked like any."""
    monkeypatch.setattr(least_outlay, "SLACK", -0.5)  # rows that nothing can satisfy
    plan = solve(plant({"instruments": [GRANT]}))
    assert "not brought to its least" in plan.info["why"]
    assert plan.info["verdict"]["ok"]
    assert plan.grants["usd"].sum() >= -LEFT - 1
    monkeypatch.undo()
    assert "least" not in solve(plant({"instruments": [GRANT]})).info["why"]


HOLDCO = {"holdco": {"country": "CHN"}}


def test_who_is_exposed_is_not_eligible() -> None:
    """A third is held by a Chinese company: over a cap of a quarter nothing is granted; a mine might be, for no use."""
    owners = {"holdco": {"country": "CHN"}, "other": {"country": "USA"}}
    data = plant({"instruments": [GRANT | {"max_exposure": {"ownership": 0.25}}]}, owners=owners)
    larger = {"id": "more", "capacity": 1, "capex": 1.0e6, "lead": 1, "life": 6}
    data["facilities"]["mine"] |= {"owners": {"other": 1.0}, "options": [larger]}
    data["facilities"]["works"]["owners"] = {"holdco": 0.33}
    assert solve(data).portfolio.empty
    data["facilities"]["works"]["owners"] = {"holdco": 0.2, "other": 0.8}
    assert len(solve(data).portfolio) == 1


def test_a_plant_of_which_nothing_is_funded_need_not_pay_its_way() -> None:
    """One that loses money runs on; only once it is expanded do its books count, its losses of old among them."""
    data = plant({"instruments": [GRANT]}, price=6000.0)
    data["facilities"]["works"]["capacity"] = 100
    data["facilities"]["works"]["fixed_cost"] = 1000.0
    plan = solve(data)
    assert plan.portfolio.empty
    assert plan.runs.query("recipe == 'press'")["run"].tolist() == pytest.approx([100.0] * 4)
    assert plan.info["verdict"]["ok"]
    data["markets"]["programs"]["demand"][0]["tonnes"] = 200.0
    plan = solve(data)
    assert plan.portfolio.empty  # 100 % of capex is not enough for what it loses
    data["materials"]["magnet"]["price"] = 8500.0
    plan = solve(data)
    assert len(plan.portfolio) == 1
    whole = [(2027, 100, 1000.0), *((year, 200, 11_000.0) for year in YEARS)]
    left = sum((tonnes * 1500 - fixed) * worth(year) for year, tonnes, fixed in whole) + RESIDUAL * worth(2031) - 1e6
    assert plan.grants["usd"].sum() == pytest.approx(max(0.0, -left), rel=1e-4)


def test_both_methods_agree() -> None:
    """Benders deals the books out among the periods and the master."""
    data = plant({"instruments": [GRANT | {"max_share": 0.5}]}, price=9500.0)
    data["scenarios"] = [
        {"id": "ban", "probability": 0.3, "onset": 2029, "duration": 1, "recovery": 1,
         "effects": [{"affects": "facilities", "where": {"id": "mine"}, "available": 0.5}]}
    ]  # fmt: skip
    one, other = solve(data, method="extensive"), solve(data, method="benders")
    assert one.objective == pytest.approx(other.objective)
    assert one.info["verdict"]["ok"]
    assert other.info["verdict"]["ok"]
    assert one.grants["usd"].sum() == pytest.approx(other.grants["usd"].sum(), rel=1e-4)


@pytest.fixture(scope="module")
def kept() -> optimizer.Plan:
    """A plan with a grant, a credit and books."""
    credit = {"id": "more", "kind": "production_credit", "material": "magnet", "amount": 500.0}
    return solve(plant({"instruments": [GRANT, credit]}))


@pytest.mark.parametrize(
    ("table", "column", "factor", "trips"),
    [
        ("grants", "usd", 0.5, {"viable", "books", "outlay"}),
        ("grants", "usd", 20.0, {"capital_share", "books", "outlay"}),
        ("sales", "sold", 0.5, {"sale_used", "books", "outlay"}),
        ("sales", "made", 2.0, {"sale_made"}),
        ("sales", "price", 2.0, {"sale_price"}),
        ("books", "usd", 2.0, {"books"}),
        ("books", "discounted", 2.0, {"books"}),
        ("outlay", "usd", 2.0, {"outlay"}),
    ],
)
def test_the_checker_sees_what_is_wrong(
    kept: optimizer.Plan, table: str, column: str, factor: float, trips: set[str]
) -> None:
    """A number that is changed in a table trips the checks that work it out again."""
    tables = {name: frame.copy() for name, frame in kept.tables.items()}
    tables[table][column] = tables[table][column] * factor
    found = {one.constraint for one in verify_tables(kept.instance, kept.info, tables).violations}
    assert trips <= found, found


@pytest.mark.parametrize(
    ("table", "row", "trips"),
    [
        ("grants", ("gift", "works", "build", 2027, 1.0), "known_ids"),
        ("grants", ("aid", "works", "extend", 2027, 1.0), "capital_funded"),
        ("sales", None, "sale_made"),
        ("books", None, "books"),
    ],
)
def test_the_checker_sees_what_is_too_much_or_missing(
    kept: optimizer.Plan, table: str, row: tuple[Any, ...] | None, trips: str
) -> None:
    """A row that belongs nowhere, or one that is not there."""
    tables = {name: frame.copy() for name, frame in kept.tables.items()}
    frame = tables[table]
    if row is None:
        tables[table] = frame.iloc[1:]
    else:
        tables[table] = pd.concat([frame, pd.DataFrame([row], columns=frame.columns)], ignore_index=True)
    found = {one.constraint for one in verify_tables(kept.instance, kept.info, tables).violations}
    assert trips in found, found


def test_what_is_granted_to_who_is_not_eligible_trips(kept: optimizer.Plan) -> None:
    """The same tables, and an instance that grants abroad only."""
    assert kept.instance.finance is not None
    aid, more = kept.instance.finance.instruments
    abroad = aid.model_copy(update={"where": {"country": "CHN"}})
    finance = kept.instance.finance.model_copy(update={"instruments": (abroad, more)})
    instance = kept.instance.model_copy(update={"finance": finance})
    found = {one.constraint for one in verify_tables(instance, kept.info, kept.tables).violations}
    assert "capital_eligible" in found


def test_what_is_written_of_a_grant_stays_as_it_was() -> None:
    """In that order: the hash of an instance rests on it, and with it plans of earlier versions."""
    written = instance_of(plant({"instruments": [GRANT | {"cap": 5.0}]})).plain()["finance"]["instruments"]
    assert [list(one) for one in written] == [["id", "kind", "max_share", "cap"]]


def test_a_saved_plan_reads_and_verifies(kept: optimizer.Plan, tmp_path: Path) -> None:
    """Tables of finance are files like the others."""
    folder = kept.save(tmp_path / "plan")
    assert optimizer.verify(folder).ok
    again = optimizer.Plan.read(folder)
    assert again.grants["usd"].tolist() == pytest.approx(kept.grants["usd"].tolist())
    assert again.instance.finance == kept.instance.finance


@pytest.mark.parametrize(("share", "lacks"), [(None, -LEFT), (0.1, -LEFT - 100_000.0)])
def test_what_a_required_plant_lacks_is_named(share: float | None, lacks: float) -> None:
    """A rule asks for the works, whose books end 185,991 short; a grant of a tenth of capex brings 100,000 of that."""
    instruments = [] if share is None else [GRANT | {"max_share": share}]
    plan = solve(plant({"instruments": instruments}, policy={"rules": [{"rule": "require", "facility": "works"}]}))
    assert plan.status == "infeasible"
    (found,) = plan.info["shortfall"]
    assert (found["kind"], found["subject"], found["unit"]) == ("books", "works", "USD")
    assert found["amount"] == pytest.approx(lacks, rel=1e-6)
    usd = f"{float(f'{lacks:.4g}'):,.0f} USD"
    assert found["text"] == f"works does not pay its way: {usd} are missing, discounted at the hurdle rate of 0.1"


def test_books_give_way_only_where_tonnes_cannot() -> None:
    """Demand without a price asks for more than pays its way: it is what is missing, for nobody must fund the works."""
    data = plant({"instruments": []})
    data["markets"]["programs"]["demand"][0] |= {"shortage_cost": None, "tonnes": {2027: 0, 2028: 1.0}}
    found = solve(data).info["shortfall"]
    assert {item["kind"] for item in found} == {"demand"}
