"""Public outlay dollar by dollar: every dollar of the plan's table stands in one line, and no other does."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
import pytest
from finance.conftest import Data, plant
from finance.test_appropriations import aided, plant_with, reserve
from finance.test_decided import PLANTS, three
from finance.test_price_steps import FEW, stepped
from finance.test_purchase import BUY, bought
from finance.test_random import PERIODS, SPENDS, instruments
from support.build import solve
from support.params import first_fast

import optimizer
from optimizer.errors import PlanError
from optimizer.plan.plan import Plan


def summed(table: pd.DataFrame) -> dict[tuple[int, str, str], float]:
    """USD by year, account and instrument, of those that are not nothing."""
    found: dict[tuple[int, str, str], float] = {}
    for year, account, instrument, usd in table[["year", "account", "instrument", "usd"]].itertuples(index=False):
        found[int(year), account, instrument] = found.get((int(year), account, instrument), 0.0) + float(usd)
    return {key: usd for key, usd in found.items() if abs(usd) > 0.01}


def measured(plan: Plan) -> optimizer.Measures:
    found = optimizer.measures(plan, workers=1)
    assert summed(found.outlay) == pytest.approx(summed(plan.outlay), abs=0.01)
    return found


@pytest.mark.parametrize("seed", first_fast(range(10), 4))
def test_every_dollar_appears_once(seed: int) -> None:
    """Random menus of grants, loans, shares, credits and floors, random periods and spending; read back as solved."""
    dice = random.Random(seed)
    finance: Data = {"hurdle_rate": 0.1, "instruments": instruments(dice)}
    data = three(finance, stands=30.0, price=9400.0)
    data |= {"discount_rate": 0.03, "periods": dice.choice(PERIODS)}
    for name in PLANTS:
        option = data["facilities"][name]["options"][0]
        option = option | {"spend": dice.choice(SPENDS), "lead": 1, "latest": 2030, "public_share": 0.1}
        data["facilities"][name]["options"] = [option]
    plan = solve(data)
    if plan.tables:
        found = measured(plan)
        recipients = set(found.outlay["recipient"])
        assert recipients <= set(plan.instance.facilities)
        by_measure = found.measures.set_index(["kind", "measure"])["outlay"]
        for account, instrument in {(key[1], key[2]) for key in summed(plan.outlay)} - {("capex", "grant")}:
            mine = sum(usd for key, usd in summed(plan.outlay).items() if key[1:] == (account, instrument))
            assert by_measure[account, instrument] == pytest.approx(mine, abs=0.1)


def test_what_price_steps_add_is_the_reserves() -> None:
    """120 t a year: 50 at 9,000, 50 at half as much again, 20 at two and a half times."""
    plan = solve(stepped(FEW, 120))
    found = measured(plan)
    steps = found.outlay[found.outlay["instrument"] == "price_step"]
    assert set(steps["recipient"]) == {"nds"}
    assert steps["usd"].sum() == pytest.approx(plan.outlay.query("instrument == 'price_step'")["usd"].sum())
    assert steps["usd"].sum() > 400_000
    assert found.measures.set_index("measure").loc["nds", "outlay"] == pytest.approx(plan.outlay["usd"].sum())


def test_a_stakes_money_is_its_options_and_its_losses_the_facilitys() -> None:
    """400,000 paid in before the plant is on line, 3,000 borne in a bad year: the option's row has both."""
    stake = {"id": "joint", "kind": "stake", "share": 0.15, "pays": 0.4}
    plan = solve(plant({"instruments": [stake]}, price={2027: 6900.0, 2029: 11_000.0}))
    found = measured(plan)
    by_measure = found.measures.set_index("measure")["outlay"]
    assert by_measure["works:build"] == by_measure["joint"] == pytest.approx(403_000.0)


def test_a_stake_is_paid_in_dollars_of_its_years() -> None:
    """90 percent in 2027 and 10 in 2028 at a tenth more, in a period of both: 315,000 and 35,000 x 1.1."""
    purse = {"id": "fund", "usd": {2027: 500_000.0}, "available_for": 9, "instruments": ["joint"]}
    budget = {"appropriations": [purse], "deflator": {"start": 1.0, "growth": 0.1}}
    data = plant({"instruments": [{"id": "joint", "kind": "stake", "share": 0.15, "pays": 0.35}]},
                 policy={"budget": budget})  # fmt: skip
    data["facilities"]["works"]["options"][0]["spend"] = [0.9, 0.1]
    data["periods"] = [{"year": 2027, "years": 2}, 2029, 2030]
    plan = solve(data)
    found = measured(plan)
    assert found.outlay["nominal"].sum() == pytest.approx(353_500.0)
    assert found.outlay["nominal"].sum() == pytest.approx(plan.appropriations["spent"].sum())


@pytest.mark.parametrize("life", [None, 1])
def test_what_is_paid_for_output_is_all_in_the_rows_of_options(life: int | None) -> None:
    """A plant that comes on line within a period of two years; or one that stands for a year, and its heir after it."""
    credit = {"id": "credit", "kind": "production_credit", "material": "magnet", "amount": 1000.0}
    data = plant({"instruments": [credit], "viability": False}, price=15_000.0)
    options = data["facilities"]["works"]["options"]
    if life is None:
        data["periods"] = [{"year": 2027, "years": 2}, 2029, 2030]
        expected = {"works:build": 300_000.0}
    else:
        options[0]["life"] = life
        options.append({"id": "heir", "after": "build", "capacity": 100, "capex": 1.0e6, "lead": 1, "earliest": 2028,
                        "latest": 2028, "life": 6, "public_share": 0.0})  # fmt: skip
        expected = {"works:build": 100_000.0, "works:heir": 200_000.0}
    found = measured(solve(data))
    mine = found.measures[found.measures["kind"] == "option"].set_index("measure")["outlay"]
    assert mine.to_dict() == pytest.approx(expected, rel=1e-4)


def test_a_purchase_names_who_sold_and_for_which_reserve() -> None:
    """Above the reference price it is the seller's, at that price the stockpile's; the reserve's row has both."""
    plan = solve(bought(BUY | {"price": 10_900.0}, target=None))
    found = measured(plan)
    above = found.outlay[found.outlay["account"] == "purchase"]
    assert above["usd"].sum() == pytest.approx(plan.purchases["usd"].sum())
    assert set(above["recipient"]) == set(plan.purchases["facility"])
    store = next(iter(plan.instance.stockpiles))
    row = found.measures[found.measures["measure"] == store].iloc[0]
    assert row["outlay"] == pytest.approx(plan.outlay.query("account in ('stockpile', 'purchase')")["usd"].sum())


def spent(plan: Plan) -> dict[tuple[int, str], float]:
    """Dollars of the time that each appropriation pays by period, as the plan's own table has it."""
    rows = plan.appropriations[["year", "appropriation", "spent"]].itertuples(index=False)
    return {(int(year), name): float(usd) for year, name, usd in rows if usd > 1}


@pytest.mark.parametrize(
    "case",
    [
        lambda: solve(plant_with({"usd": {2027: 900_000}}, deflator={"start": 1, "growth": 0.1})),
        lambda: aided({"id": "fund", "usd": {2027: 900_000}, "instruments": ["aid"]}),
        lambda: solve(reserve({2027: 2_000_000})),
    ],
)  # fmt: skip
def test_an_appropriation_pays_what_its_table_says(case: Any) -> None:
    """By the lines, in dollars of the time: capex in calendar years, an instrument, a reserve."""
    plan: Plan = case()
    found = measured(plan)
    lines = found.outlay[found.outlay["appropriation"] != ""]
    assert len(lines)
    mine: dict[tuple[int, str], float] = {}
    for _, line in lines.iterrows():
        key = (int(line["year"]), str(line["appropriation"]))
        mine[key] = mine.get(key, 0.0) + line["nominal"]
    assert {key: usd for key, usd in mine.items() if usd > 1} == pytest.approx(spent(plan))
    parts = found.authorities[found.authorities["kind"] != "option"]
    options = found.authorities[(found.authorities["kind"] == "option") & (found.authorities["appropriation"] != "")]
    assert len(options) + len(parts[parts["appropriation"] != ""])


def test_the_law_is_named() -> None:
    """With the appropriation, in outlay and by measure."""
    found = measured(solve(plant_with({"usd": {2027: 900_000}, "authority": "P.L. 1"})))
    assert set(found.outlay["authority"]) == {"P.L. 1"}
    row = found.authorities[found.authorities["measure"] == "works:build"].iloc[0]
    assert (row["appropriation"], row["authority"], row["usd"]) == ("fund", "P.L. 1", pytest.approx(500_000))


def test_outlay_that_no_table_explains_is_refused() -> None:
    """A thousand dollars more in a year, and a grant that is in no other table: both are named."""
    plan = solve(plant({"instruments": [{"id": "aid", "kind": "grant", "max_share": 1.0}]}))
    columns = ["year", "account", "instrument", "usd"]
    more = pd.DataFrame([(2027, "grant", "aid", 1000.0), (2029, "capex", "grant", 5000.0)], columns=columns)
    table = pd.concat([plan.outlay, more])
    wrong = Plan(plan.instance, plan.info, plan.tables | {"outlay": table})
    with pytest.raises(PlanError) as told:
        optimizer.measures(wrong, workers=1)
    assert "grant aid in 2027: 1,000.00 USD are in no line" in str(told.value)
    assert "capex grant in 2029: 5,000.00 USD are in no line" in str(told.value)
    table = plan.outlay[plan.outlay["account"] != "grant"]
    with pytest.raises(PlanError, match="does not follow from its other tables"):
        optimizer.measures(Plan(plan.instance, plan.info, plan.tables | {"outlay": table}), workers=1)


def test_what_is_owed_is_told_by_year() -> None:
    """What is owed at each year's end of a loan, all of it at the government's risk; by a guarantee of half, half."""
    loan: Data = {"id": "bank", "kind": "loan", "max_share": 1.0, "rate": 0.0, "term": 10, "expected_loss": 0.1}
    for changes, share in (({}, 1.0), ({"lender": "private", "guarantee": 0.5}, 0.5)):
        plan = solve(plant({"instruments": [loan | changes]}))
        found = measured(plan)
        assert found.owed["usd"].tolist() == pytest.approx(plan.owed["usd"].tolist())
        assert found.owed["public"].tolist() == pytest.approx([share * usd for usd in plan.owed["usd"]])
        assert set(found.owed["kind"]) == {"loan"}
