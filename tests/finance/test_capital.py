"""Loans and preferred shares, alone and beside a grant, against sheets of flows that are worked out here by hand."""

from __future__ import annotations

from typing import Any

import pytest
from support.build import solve

import optimizer
from finance.conftest import GRANT, LEFT, RESIDUAL, YEARS, Data, plant, worth
from optimizer.plan.columns import rows_of

BANK = {"id": "bank", "kind": "loan", "max_share": 1.0, "rate": 0.05, "term": 2}
SHARES = {"id": "shares", "kind": "equity", "max_share": 1.0, "dividend": 0.04, "redeemed": 2}
PRICE = 9500.0
NEED = -LEFT - 100 * 500 * sum(worth(year) for year in YEARS)
"""What is missing at a price of 9,500 USD/t: 61,648 USD at the hurdle rate."""
LEVEL = 1.05 * 0.05 / (1 - 1.05**-2)
"""The bank, 2 years: a dollar of 2027 is 1.05 in 2028, the first year on line; this much in 2029 and in 2030."""


def funded(*instruments: Data, spend: list[float] | None = None, **changes: Any) -> optimizer.Plan:
    """A plan that is funded and holds."""
    data = plant({"instruments": list(instruments)}, **({"price": PRICE} | changes))
    if spend is not None:
        data["facilities"]["works"]["options"][0]["spend"] = spend
    plan = solve(data)
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert len(plan.portfolio) == 1
    return plan


def given(plan: optimizer.Plan, instrument: str = "bank") -> float:
    found = plan.financing[plan.financing["instrument"] == instrument]
    return float(found["usd"].sum())


def by_year(plan: optimizer.Plan, instrument: str, table: str = "books") -> dict[int, float]:
    """What an instrument pays (and takes) in a year."""
    frame = plan.tables[table]
    frame = frame[frame["instrument"] == instrument]
    return dict(zip(frame["year"], frame["usd"], strict=True))


def test_a_loan_is_what_makes_the_books_even() -> None:
    """61,648 USD are missing; a dollar lent at 5 percent is worth 1 less 0.5647 in each of 2029 and 2030."""
    assert pytest.approx(0.564695, abs=1e-6) == LEVEL
    each = 1 - LEVEL * (worth(2029) + worth(2030))
    plan = funded(BANK)
    lent = given(plan)
    assert lent == pytest.approx(NEED / each, rel=1e-5)
    assert by_year(plan, "bank") == pytest.approx({2027: lent, 2029: -LEVEL * lent, 2030: -LEVEL * lent})
    owed = {2027: lent, 2028: 1.05 * lent, 2029: (1.05**2 - LEVEL) * lent}
    assert by_year(plan, "bank", "owed") == pytest.approx(owed)
    assert plan.owed["public"].tolist() == pytest.approx(plan.owed["usd"].tolist())
    assert plan.books["discounted"].sum() == pytest.approx(0.0, abs=10)


def test_what_is_owed_at_the_end_is_due_then() -> None:
    """Over ten years 0.136 a year: after two of them 0.879 are owed at the end of 2030, and 0.923 paid in 2031."""
    level = 1.05 * 0.05 / (1 - 1.05**-10)
    last = ((1.05**2 - level) * 1.05 - level) * 1.05
    assert last == pytest.approx(0.92281, abs=1e-5)
    plan = funded(BANK | {"term": 10})
    lent = given(plan)
    assert lent == pytest.approx(NEED / (1 - level * (worth(2029) + worth(2030)) - last * worth(2031)), rel=1e-5)
    assert by_year(plan, "bank") == pytest.approx(
        {2027: lent, 2029: -level * lent, 2030: -level * lent, 2031: -last * lent}
    )
    assert 2031 not in by_year(plan, "bank", "owed")


def test_a_loan_without_interest_is_paid_back_in_equal_parts() -> None:
    """A half in 2029 and a half in 2030."""
    plan = funded(BANK | {"rate": 0.0})
    lent = given(plan)
    assert lent == pytest.approx(NEED / (1 - 0.5 * (worth(2029) + worth(2030))), rel=1e-5)
    assert by_year(plan, "bank") == pytest.approx({2027: lent, 2029: -lent / 2, 2030: -lent / 2})


def test_it_is_lent_as_the_capex_is_spent() -> None:
    """0.4 in 2027 and 0.6 in 2028, the first year on line: 0.4 x 1.05 + 0.6 are owed when it is paid back."""
    missing = NEED - 0.6e6 * (1 - worth(2028))
    level = (0.4 * 1.05 + 0.6) * 0.05 / (1 - 1.05**-2)
    each = 0.4 + 0.6 * worth(2028) - level * (worth(2029) + worth(2030))
    plan = funded(BANK, spend=[0.4, 0.6])
    lent = given(plan)
    assert lent == pytest.approx(missing / each, rel=1e-4)
    flows = {2027: 0.4 * lent, 2028: 0.6 * lent, 2029: -level * lent, 2030: -level * lent}
    assert by_year(plan, "bank") == pytest.approx(flows)


def test_a_loan_that_is_spent_later_than_the_plant_is_on_line_waits_for_it() -> None:
    """A third each in 2027, 2028 and 2029: the first repayment is in 2030, the rest a year later, after the horizon."""
    third = 1 / 3
    owed = third * (1.05**2 + 1.05 + 1)
    level = owed * 0.05 / (1 - 1.05**-2)
    plan = funded(BANK, spend=[third, third, third], price=9000.0)
    lent = given(plan)
    flows = {2027: third, 2028: third, 2029: third, 2030: -level, 2031: -level}
    assert by_year(plan, "bank") == pytest.approx({year: share * lent for year, share in flows.items()}, rel=1e-6)


@pytest.mark.parametrize(
    ("terms", "share"),
    [
        ({}, 1 - LEVEL * (1.07**-2 + 1.07**-3)),
        ({"expected_loss": 0.2}, 1 - 0.8 * LEVEL * (1.07**-2 + 1.07**-3)),
        ({"expected_loss": 1.0}, 1.0),
        ({"lender": "private", "guarantee": 0.8, "expected_loss": 0.2}, 0.8 * 0.2 * LEVEL * (1.07**-2 + 1.07**-3)),
        ({"lender": "private", "guarantee": 0.0, "expected_loss": 0.2}, 0.0),
        ({"lender": "private", "guarantee": 1.0}, 0.0),
    ],
)
def test_the_government_is_charged_what_is_not_expected_back(terms: Data, share: float) -> None:
    """At 7 percent, the rate of the system; what the plant is lent and pays back is the same for all lenders."""
    plan = funded(BANK | terms, discount_rate=0.07)
    lent = given(plan)
    assert lent == pytest.approx(NEED / (1 - LEVEL * (worth(2029) + worth(2030))), rel=1e-5)
    assert plan.financing["cost"].sum() == pytest.approx(share * lent, abs=1e-3)
    paid = {row.year: row.usd for row in rows_of(plan.outlay) if row.account == "loan"}
    assert paid == (pytest.approx({2027: share * lent}) if share else {})
    risk = terms.get("guarantee", 1.0)
    assert plan.owed["public"].tolist() == pytest.approx([risk * usd for usd in plan.owed["usd"]])


def test_the_charge_falls_due_as_it_is_lent() -> None:
    """In proportion, 0.4 and 0.6; by the worth of both payments, discounted at 7 percent."""
    plan = funded(BANK | {"expected_loss": 0.3}, spend=[0.4, 0.6], discount_rate=0.07)
    lent = given(plan)
    level = (0.4 * 1.05 + 0.6) * 0.05 / (1 - 1.05**-2)
    whole = 0.4 + 0.6 / 1.07
    share = (whole - 0.7 * level * (1.07**-2 + 1.07**-3)) / whole
    paid = {row.year: row.usd for row in rows_of(plan.outlay) if row.account == "loan"}
    assert paid == pytest.approx({2027: 0.4 * share * lent, 2028: 0.6 * share * lent})


def test_what_the_government_earns_by_a_loan_is_no_budget() -> None:
    """At 8 percent where the system has 2 it earns; it charges nothing, and a budget of nothing is no more for it."""
    dear = BANK | {"rate": 0.08}
    plan = funded(dear, price=9700.0, discount_rate=0.02, policy={"budget": {"annual": 0.0}})
    assert plan.outlay.empty
    assert plan.financing["cost"].tolist() == [0.0]


def test_the_charge_counts_in_the_budget() -> None:
    """And not what is lent: just enough, and a hundredth less."""
    lent = NEED / (1 - LEVEL * (worth(2029) + worth(2030)))
    charge = lent * (1 - LEVEL * (1.07**-2 + 1.07**-3))
    assert charge < lent / 10
    for annual, enough in ((charge * 1.001, True), (charge * 0.99, False)):
        data = plant({"instruments": [BANK]}, price=PRICE, discount_rate=0.07, policy={"budget": {"annual": annual}})
        plan = solve(data)
        assert len(plan.portfolio) == enough, annual
        assert plan.info["verdict"]["ok"]


def test_shares_pay_a_dividend_and_are_redeemed() -> None:
    """4 percent in 2029 and 2030, and par in 2030, the second year after coming on line."""
    each = 1 - 0.04 * (worth(2029) + worth(2030)) - worth(2030)
    plan = funded(SHARES)
    paid = given(plan, "shares")
    assert paid == pytest.approx(NEED / each, rel=1e-5)
    assert by_year(plan, "shares") == pytest.approx({2027: paid, 2029: -0.04 * paid, 2030: -1.04 * paid})
    assert by_year(plan, "shares", "owed") == pytest.approx({2027: paid, 2028: paid, 2029: paid})


def test_shares_are_redeemed_by_the_end() -> None:
    """Of twenty years the horizon has three: par and the last dividend in 2031."""
    each = 1 - 0.04 * (worth(2029) + worth(2030) + worth(2031)) - worth(2031)
    plan = funded(SHARES | {"redeemed": 20})
    paid = given(plan, "shares")
    assert paid == pytest.approx(NEED / each, rel=1e-5)
    flows = {2027: paid, 2029: -0.04 * paid, 2030: -0.04 * paid, 2031: -1.04 * paid}
    assert by_year(plan, "shares") == pytest.approx(flows)


@pytest.mark.parametrize("loss", [0.0, 0.25, 1.0])
def test_shares_cost_what_is_not_expected_back(loss: float) -> None:
    """At 7 percent: 4 of every 100 in 2029, 104 in 2030."""
    plan = funded(SHARES | {"expected_loss": loss}, discount_rate=0.07)
    share = 1 - (1 - loss) * (0.04 * 1.07**-2 + 1.04 * 1.07**-3)
    paid = {row.year: row.usd for row in rows_of(plan.outlay) if row.account == "equity"}
    assert paid == pytest.approx({2027: share * given(plan, "shares")})


def test_the_cheapest_is_taken_first_and_a_grant_makes_up_for_the_rest() -> None:
    """A dollar of help costs 1 as a grant, and 0.7 as a loan of which a fifth is lent at most."""
    each = 1 - LEVEL * (worth(2029) + worth(2030))
    charge = 1 - LEVEL * (1.07**-2 + 1.07**-3)
    assert charge / each < 0.9
    plan = funded(GRANT, BANK | {"max_share": 0.2}, discount_rate=0.07)
    assert given(plan) == pytest.approx(2e5, rel=1e-5)
    assert plan.grants["usd"].sum() == pytest.approx(NEED - 2e5 * each, rel=1e-4)


def test_a_loan_and_shares_add_up() -> None:
    """The loan gives a fifth, the shares what is missing then."""
    loan = 1 - LEVEL * (worth(2029) + worth(2030))
    share = 1 - 0.04 * (worth(2029) + worth(2030)) - worth(2030)
    cheap, dear = BANK | {"max_share": 0.2}, SHARES | {"expected_loss": 0.5}
    plan = funded(cheap, dear, discount_rate=0.07)
    assert given(plan) == pytest.approx(2e5, rel=1e-5)
    assert given(plan, "shares") == pytest.approx((NEED - 2e5 * loan) / share, rel=1e-4)


def test_all_together_pay_for_no_more_than_there_is() -> None:
    """A loan without interest is worth 0.211 a dollar: with a grant of a tenth at most 0.9 is lent."""
    each = 1 - 0.5 * (worth(2029) + worth(2030))
    grant, bank = GRANT | {"max_share": 0.1}, BANK | {"rate": 0.0}
    most = 0.1e6 + 0.9e6 * each
    for missing, enough in ((most * 0.99, True), (most * 1.01, False)):
        price = 9000 - (missing + LEFT) / (100 * sum(worth(year) for year in YEARS))
        plan = solve(plant({"instruments": [grant, bank]}, price=price))
        assert len(plan.portfolio) == enough, missing
        assert plan.info["verdict"]["ok"]


@pytest.mark.parametrize(("key", "of"), [("max_share", 1e-6), ("cap", 1.0), ("cap_per_recipient", 1.0)])
@pytest.mark.parametrize("kind", ["bank", "shares"])
def test_limits_hold_for_what_is_lent_and_paid_in(kind: str, key: str, of: float) -> None:
    """A hundredth less than needed, and nothing is funded."""
    one, each = (
        (BANK, 1 - LEVEL * (worth(2029) + worth(2030)))
        if kind == "bank"
        else (SHARES, 1 - 0.04 * (worth(2029) + worth(2030)) - worth(2030))
    )
    need = NEED / each
    for limit, enough in ((need * 0.99, False), (need * 1.01, True)):
        plan = solve(plant({"instruments": [one | {key: limit * of}]}, price=PRICE))
        assert len(plan.portfolio) == enough
        assert plan.info["verdict"]["ok"]


def test_nobody_is_lent_what_nobody_needs() -> None:
    """At a price at which it pays its way: a loan would cost the government nothing, and is not given."""
    plan = solve(plant({"instruments": [BANK | {"rate": 0.0}]}, price=9800.0))
    assert len(plan.portfolio) == 1
    assert plan.financing.empty
    assert plan.owed.empty


def test_a_loan_at_the_hurdle_rate_helps_nobody() -> None:
    """Its repayments are worth what was lent: nothing is funded by it."""
    assert solve(plant({"instruments": [BANK | {"rate": 0.1}]})).portfolio.empty


def test_a_longer_period_counts_from_its_first_year() -> None:
    """Periods of two years: interest runs by years, and what falls into a period counts from its first."""
    plan = funded(BANK, periods=[2027, {"year": 2028, "years": 2}, 2030])
    lent = given(plan)
    rows = plan.books[plan.books["instrument"] == "bank"]
    assert dict(zip(rows["year"], rows["usd"], strict=True)) == pytest.approx(
        {2027: lent, 2029: -LEVEL * lent, 2030: -LEVEL * lent}
    )
    assert dict(zip(rows["year"], rows["discounted"], strict=True)) == pytest.approx(
        {2027: lent, 2029: -LEVEL * lent * worth(2028), 2030: -LEVEL * lent * worth(2030)}
    )


def test_both_methods_agree() -> None:
    """Benders deals out what is lent like what is granted."""
    data = plant({"instruments": [BANK | {"not_with": ["aid"]}, GRANT | {"max_share": 0.01}]}, price=PRICE)
    one, other = solve(data, method="extensive"), solve(data, method="benders")
    assert one.objective == pytest.approx(other.objective)
    assert one.info["verdict"]["ok"]
    assert other.info["verdict"]["ok"]
    assert given(one) == pytest.approx(given(other), rel=1e-4)
    assert given(one) > 0


def test_what_is_left_at_the_end_is_as_before() -> None:
    """A loan changes what is owed, and not what the plant is worth."""
    plan = funded(BANK)
    books = plan.books.groupby("item")["usd"].sum()
    assert books["residual"] == pytest.approx(RESIDUAL)
    assert books["capex"] == pytest.approx(-1e6)
