"""One plant, its prices halved: who closes without a floor, what a floor costs, and which is enough, by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from finance.conftest import GRANT, LEFT, PER_YEAR, RESIDUAL, YEARS, Data, plant, worth
from finance.test_purchase import BUY, bought
from support.build import solve

import optimizer
from optimizer.errors import OptionsError, PlanError
from optimizer.pages.kinds.viability import CONTENT

CRASH = "magnet=0.5:2029:2"
HALVED = f"crash:{CRASH}"
SLUMP = {
    "id": "slump", "probability": 0.25, "onset": 2029, "duration": 1, "recovery": 0,
    "effects": [{"affects": "prices", "where": {"material": "magnet"}, "factor": 0.5}],
}  # fmt: skip
A_TONNE = 5000 + 2000 + 100
"""USD that a tonne costs which closing avoids: oxide, activity, fixed cost of 10,000 on 100 t."""
LOSS = 100 * (4500 - A_TONNE)
"""What the plant earns in a year at half the price: -260,000."""


def sheet(found: optimizer.Viability, future: str, facility: str = "works") -> Any:
    """The row of a facility in a future."""
    table = found.viability
    [row] = table[(table["future"] == future) & (table["facility"] == facility)].to_dict("records")
    return row


def due(found: optimizer.Viability, instrument: str) -> Any:
    """The row of an instrument."""
    [row] = found.instruments[found.instruments["instrument"] == instrument].to_dict("records")
    return row


@pytest.fixture(scope="module")
def plan() -> optimizer.Plan:
    """Funded with a grant, with a slump of a year as a scenario."""
    found = solve(plant({"instruments": [GRANT]}, scenarios=[SLUMP]))
    assert len(found.portfolio) == 1
    assert found.info["verdict"]["ok"]
    return found


def test_it_closes_without_a_floor_and_stays_with_one(plan: optimizer.Plan) -> None:
    """Two years at -260,000: capex is sunk, and going on is worth -260,000 x (1 + 1/1.1)."""
    bare = optimizer.viability(plan, crashes=[CRASH])
    row = sheet(bare, HALVED)
    assert row["onset"] == 2029
    assert row["value_without"] == pytest.approx(LOSS * (1 + 1 / 1.1))
    assert row["value"] == row["value_without"]
    assert (row["verdict_without"], row["verdict"]) == ("closes", "closes")
    guarded = optimizer.viability(plan, crashes=[CRASH], floors={"magnet": 8000.0})
    row = sheet(guarded, HALVED)
    assert row["value_without"] == pytest.approx(LOSS * (1 + 1 / 1.1))
    assert row["value"] == pytest.approx(100 * (8000 - A_TONNE) * (1 + 1 / 1.1))
    assert (row["verdict_without"], row["verdict"]) == ("closes", "stays")
    [crashed] = guarded.futures[guarded.futures["future"] == HALVED].to_dict("records")
    assert (crashed["closes_without"], crashed["closes"], crashed["kept_open"]) == (1, 0, 1)


def test_a_slump_in_a_branch_is_followed_by_the_trunk(plan: optimizer.Plan) -> None:
    """-260,000 in 2029 on the branch, 190,000 a year later back on the trunk: worth -87,273 at the onset."""
    found = optimizer.viability(plan, floors={"magnet": 8000.0})
    row = sheet(found, "slump")
    assert row["value_without"] == pytest.approx(LOSS + PER_YEAR / 1.1)
    assert row["value"] == pytest.approx(100 * (8000 - A_TONNE) + PER_YEAR / 1.1)
    years = found.results[(found.results["facility"] == "works") & (found.results["future"] == "slump")]
    assert list(years["course"]) == ["trunk", "trunk", "slump", "trunk"]
    assert years["result"].tolist() == pytest.approx([0, PER_YEAR, 90_000, PER_YEAR])
    assert years["sales"].tolist() == pytest.approx([0, 9e5, 4.5e5, 9e5])


def test_what_a_floor_costs_in_expectation_and_at_worst(plan: optimizer.Plan) -> None:
    """350,000 in the slump of probability 0.25; 700,000 in the crash, which has no probability; nothing in the base."""
    row = due(optimizer.viability(plan, floors={"magnet": 8000.0}), "floor:magnet")
    assert row["expected"] == pytest.approx(0.25 * 350_000)
    assert (row["worst_future"], row["worst"]) == ("slump", pytest.approx(350_000))
    found = optimizer.viability(plan, crashes=[CRASH], floors={"magnet": 8000.0})
    row = due(found, "floor:magnet")
    assert row["expected"] == pytest.approx(0.25 * 350_000)
    assert (row["worst_future"], row["worst"]) == (HALVED, pytest.approx(700_000))
    assert (row["worst_year"], row["worst_year_usd"]) == (2029, pytest.approx(350_000))
    by_future = dict(zip(found.futures["future"], found.futures["pays"], strict=True))
    assert by_future == pytest.approx({"base": 0, "slump": 350_000, HALVED: 700_000})


def test_the_liability_is_discounted_at_the_rate_of_the_system() -> None:
    """350,000 in each of 2029 and 2030, at 3 percent from 2027."""
    plan = solve(plant({"instruments": [GRANT]}, discount_rate=0.03))
    row = due(optimizer.viability(plan, crashes=[CRASH], floors={"magnet": 8000.0}), "floor:magnet")
    assert row["worst_discounted"] == pytest.approx(350_000 * (1.03**-2 + 1.03**-3))


def test_the_least_floor(plan: optimizer.Plan) -> None:
    """Two years at half the price: what a tonne costs. One: what it costs less what the year after brings."""
    found = optimizer.viability(plan, crashes=[CRASH])
    assert sheet(found, HALVED)["least_floor"] == pytest.approx(A_TONNE)
    assert sheet(found, "slump")["least_floor"] == pytest.approx(A_TONNE - PER_YEAR / 1.1 / 100)
    assert pd.isna(sheet(found, "base")["least_floor"])
    told = found.floors[found.floors["plants"] == "all"].to_dict("records")
    assert [(row["material"], row["facility"], row["future"], row["closing"]) for row in told] == [
        ("magnet", "works", HALVED, 1)
    ]
    assert told[0]["usd"] == pytest.approx(A_TONNE)
    for above, verdict in ((1.0, "stays"), (-1.0, "closes")):
        again = optimizer.viability(plan, crashes=[CRASH], floors={"magnet": A_TONNE + above})
        assert sheet(again, HALVED)["verdict"] == verdict


def test_what_would_close_in_the_same_year_without_it_is_told_apart() -> None:
    """At 6,500 from 2029 on a tonne brings less than it costs: the crash of that year is not why the plant closes."""
    floor = {"id": "floor", "kind": "price_floor", "material": "magnet", "floor": 9000.0}
    plan = solve(plant({"instruments": [GRANT, floor]}, price={2027: 9000.0, 2029: 6500.0}))
    assert len(plan.portfolio) == 1
    found = optimizer.viability(plan, crashes=[CRASH, "magnet=0.1:2028:1"])
    row = sheet(found, HALVED)
    assert row["value_without"] == pytest.approx(100 * (3250 - A_TONNE) * (1 + 1 / 1.1))
    assert row["value_on_trunk"] == pytest.approx(100 * (6500 - A_TONNE) * (1 + 1 / 1.1))
    assert (row["verdict_on_trunk"], row["verdict"]) == ("closes", "stays")
    row = sheet(found, "crash:magnet=0.1:2028:1")
    assert row["value_on_trunk"] == pytest.approx(PER_YEAR - 60_000 / 1.1 - 60_000 / 1.1**2)
    assert (row["verdict_without"], row["verdict_on_trunk"]) == ("closes", "stays")
    counts = {one["future"]: (one["closes_without"], one["on_trunk_too"]) for one in found.futures.to_dict("records")}
    assert counts[HALVED] == (1, 1)
    assert counts["crash:magnet=0.1:2028:1"] == (1, 0)
    [plants] = found.plants[found.plants["facility"] == "works"].to_dict("records")
    assert plants["disturbed"] == 1


def test_losses_that_somebody_carries(plan: optimizer.Plan) -> None:
    """Two years in a row, 520,000 deep; one year in the slump; none with a floor."""
    found = optimizer.viability(plan, crashes=[CRASH])
    row = sheet(found, HALVED)
    assert (row["loss_years"], row["loss_from"], row["deepest_in"]) == (2, 2029, 2030)
    assert row["deepest"] == pytest.approx(2 * 260_000)
    row = sheet(found, "slump")
    assert (row["loss_years"], row["loss_from"], row["deepest_in"]) == (1, 2029, 2029)
    assert row["deepest"] == pytest.approx(260_000)
    row = sheet(optimizer.viability(plan, crashes=[CRASH], floors={"magnet": 8000.0}), HALVED)
    assert (row["loss_years_without"], row["loss_years"], row["deepest"]) == (2, 0, 0)


def test_break_even_over_the_whole_horizon(plan: optimizer.Plan) -> None:
    """The grant brings it to 0 on the trunk; at half the price two years' 450,000 are missing at the hurdle rate."""
    found = optimizer.viability(plan, crashes=[CRASH])
    assert sheet(found, "base")["left"] == pytest.approx(0, abs=10)
    assert sheet(found, "base")["break_even"] == "yes"
    row = sheet(found, HALVED)
    assert row["left"] == pytest.approx(-450_000 * (worth(2029) + worth(2030)), abs=10)
    assert row["break_even"] == "no"
    assert row["residual"] == pytest.approx(RESIDUAL / 1.1**2)


def test_what_is_not_spent_yet_is_not_sunk() -> None:
    """Prices crash when half of capex is still to be spent: going on takes that, and has half of what is left of it."""
    data = plant({"instruments": [GRANT]})
    data["facilities"]["works"]["options"][0]["spend"] = [0.5, 0.5]
    plan = solve(data)
    [granted] = plan.grants["usd"]
    found = optimizer.viability(plan, crashes=["magnet=0.9:2028:1"])
    earns = PER_YEAR - 90_000 + PER_YEAR / 1.1 + PER_YEAR / 1.1**2
    capital = -5e5 + granted / 2 + 0.5 * RESIDUAL / 1.1**3
    assert sheet(found, "crash:magnet=0.9:2028:1")["value_without"] == pytest.approx(earns + capital)


def test_debt_taken_before_is_owed_either_way() -> None:
    """A loan's repayments are in the whole books, and not in what closing avoids."""
    loan = {"id": "bank", "kind": "loan", "max_share": 0.9, "rate": 0.02, "term": 3}
    plan = solve(plant({"instruments": [loan, GRANT]}))
    assert plan.financing["usd"].sum() > 0
    found = optimizer.viability(plan, crashes=["magnet=0.9:2029:1"])
    row = sheet(found, "crash:magnet=0.9:2029:1")
    assert row["value_without"] == pytest.approx(PER_YEAR - 90_000 + PER_YEAR / 1.1)
    base = sheet(found, "base")
    assert row["left"] == pytest.approx(base["left"] - 90_000 * worth(2029))
    assert base["left"] == pytest.approx(plan.books["discounted"].sum(), abs=1e-6)


def test_a_floor_of_the_instance_pays_and_takes_at_the_prices_of_a_future() -> None:
    """8,000 with a third of what is above: 100,000 owed in 2028, 350,000 paid in each year of the crash."""
    floor = {"id": "floor", "kind": "price_floor", "material": "magnet", "floor": 8000.0, "upside": 0.3}
    plan = solve(plant({"instruments": [GRANT, floor]}))
    found = optimizer.viability(plan, crashes=[CRASH])
    paid = found.payments[(found.payments["future"] == HALVED) & (found.payments["facility"] == "works")]
    by_year = dict(zip(paid["year"], paid["usd"], strict=True))
    assert by_year == pytest.approx({2028: -30_000, 2029: 350_000, 2030: 350_000})
    row = sheet(found, HALVED)
    assert (row["verdict_without"], row["verdict"]) == ("closes", "stays")
    [base] = found.liability[found.liability["future"] == "base"].to_dict("records")
    assert (base["pays"], base["earns"]) == (0, pytest.approx(90_000))
    more = optimizer.viability(plan, crashes=[CRASH], floors={"magnet": 8500.0})
    assert due(more, "floor:magnet")["worst"] == pytest.approx(2 * 100 * 500)  # what the other leaves


@pytest.mark.parametrize("cap", ["cap", "cap_per_recipient"])
def test_who_is_not_chosen_has_no_floor_and_who_is_has_it_up_to_its_cap(cap: str) -> None:
    """A decided floor above the price is paid in all years; in a crash it pays until its cap is reached."""
    floor = {"id": "floor", "kind": "price_floor", "material": "magnet", "floor": 9800.0, "decided": True}
    plan = solve(plant({"instruments": [floor | {cap: 6.0e5}]}))
    assert list(plan.recipients["facility"]) == ["works"]
    found = optimizer.viability(plan, crashes=[CRASH])
    row = due(found, "floor")
    assert row["worst"] == pytest.approx(6.0e5)
    paid = found.payments[(found.payments["future"] == HALVED) & (found.payments["instrument"] == "floor")]
    assert dict(zip(paid["year"], paid["usd"], strict=True)) == pytest.approx({2028: 80_000, 2029: 520_000})
    idle = solve(plant({"instruments": [floor | {"floor": 8000.0}, GRANT]}))
    assert idle.recipients.empty
    assert due(optimizer.viability(idle, crashes=[CRASH]), "floor")["worst"] == 0


def test_credits_and_depletion_follow_the_prices_of_a_future() -> None:
    """Depletion on half the sales, a credit on the cost of dearer oxide, a credit by the tonne as before."""
    given = [
        GRANT,
        {"id": "rock", "kind": "depletion", "stage": "magnet", "rate": 0.2, "tax_rate": 0.25},
        {"id": "cost", "kind": "cost_credit", "stage": "magnet", "share": 0.1, "counts": ["activity", "inputs"]},
        {"id": "tonne", "kind": "production_credit", "material": "magnet", "amount": 50.0},
    ]
    plan = solve(plant({"instruments": given}))
    found = optimizer.viability(plan, crashes=[CRASH, "oxide=1.5:2029:1"])
    paid = found.payments[(found.payments["year"] == 2029) & (found.payments["facility"] == "works")]
    by = {(row["future"], row["instrument"]): row["usd"] for row in paid.to_dict("records")}
    dear = "crash:oxide=1.5:2029:1"
    assert by["base", "rock"] == pytest.approx(0.05 * 9e5)
    assert by[HALVED, "rock"] == pytest.approx(0.05 * 4.5e5)
    assert by[HALVED, "cost"] == pytest.approx(0.1 * 7e5)
    assert by[dear, "cost"] == pytest.approx(0.1 * (2e5 + 7.5e5))
    assert [by[name, "tonne"] for name in ("base", HALVED, dear)] == pytest.approx([5000] * 3)
    # They are no guards of a price: the test without floors has them.
    assert sheet(found, HALVED)["value_without"] == sheet(found, HALVED)["value"]


def test_a_floor_as_a_multiple_of_the_reference_price(plan: optimizer.Plan) -> None:
    """Nine tenths of 9,000 by the trunk's price, on the plant; the mine is no funded plant and gets nothing."""
    found = optimizer.viability(plan, crashes=["all=0.5:2029:2"], floors={"all": "0.9*reference"})
    assert due(found, "floor:magnet")["worst"] == pytest.approx(2 * 100 * (8100 - 4500))
    assert due(found, "floor:oxide")["worst"] == 0
    everybody = optimizer.viability(
        plan, crashes=["all=0.5:2029:2"], floors={"all": "0.9*reference"}, floor_for=["domestic"]
    )
    assert due(everybody, "floor:oxide")["worst"] == pytest.approx(2 * 100 * (4500 - 2500))
    assert everybody.info["floors_asked"] == {"oxide": "0.9*reference", "magnet": "0.9*reference"}


def test_it_needs_no_finance_but_a_hurdle_rate() -> None:
    """The books of any plan: the mine earns 4,000 a tonne, the plant has no grant and does not break even."""
    plan = solve(plant(None))
    with pytest.raises(OptionsError, match=r"no finance section.*--hurdle-rate"):
        optimizer.viability(plan)
    found = optimizer.viability(plan, hurdle_rate=0.10)
    assert sheet(found, "base")["left"] == pytest.approx(
        sum(PER_YEAR * worth(year) for year in YEARS) + RESIDUAL * worth(2031) - 1e6
    )
    assert sheet(found, "base")["verdict"] == "closes"  # at its first year nothing is sunk
    assert sheet(found, "base", "mine")["value"] == pytest.approx(400_000 * sum(worth(year) for year in YEARS))
    assert found.instruments.empty


def test_what_lacks_a_price_is_named() -> None:
    """Without a price of oxide neither mine nor plant is tested, and both are told apart by what is funded."""
    data = plant(None)
    del data["materials"]["oxide"]["price"]
    found = optimizer.viability(solve(data), hurdle_rate=0.1)
    assert found.viability.empty
    told = {(row["facility"], row["funded"], row["material"], row["use"]) for row in found.lacking.to_dict("records")}
    assert told == {("mine", "no", "oxide", "makes"), ("works", "yes", "oxide", "uses")}
    assert found.info["not_tested"] == 2


def test_what_makes_nothing_is_idle() -> None:
    """A second mine that nobody needs has fixed cost and no price that keeps it."""
    data = plant(None)
    data["facilities"]["spare"] = data["facilities"]["mine"] | {
        "recipes": {"separate": {"cost": 9e3}},
        "fixed_cost": 7e3,
    }
    found = optimizer.viability(solve(data), hurdle_rate=0.1, crashes=[CRASH])
    row = sheet(found, HALVED, "spare")
    assert row["verdict"] == "idle"
    assert row["value"] == pytest.approx(-7000 * (1 + 1 / 1.1))
    assert pd.isna(row["least_floor"])


def test_surplus_of_several_makers_is_dealt_out_and_told() -> None:
    """Two mines of 60 t, bound to make more than the plant takes: no table says whose the rest is."""
    data = plant(None, tonnes=50.0)
    recipe = data["recipes"]["separate"]
    recipe["outputs"] = {"oxide": 1.0, "tailings": 1.0}
    data["materials"]["tailings"] = {"stage": "separation", "price": 10.0, "disposal": 0.0}
    data["facilities"]["mine"]["capacity"] = 30
    data["facilities"]["other"] = data["facilities"]["mine"] | {"capacity": 20}
    found = optimizer.viability(solve(data), hurdle_rate=0.1)
    assert found.info["shared_surplus"]
    assert {one["material"] for one in found.info["shared_surplus"]} == {"tailings"}
    assert found.info["shared_surplus"][0]["makers"] == ["mine", "other"]
    year = found.results[(found.results["future"] == "base") & (found.results["year"] == 2028)]
    assert dict(zip(year["facility"], year["sales"], strict=True)) == pytest.approx(
        {"mine": 30 * 5000, "other": 20 * 5000, "works": 50 * 9000}
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"crashes": ["magnet"]}, "--crash magnet is not of the form MATERIAL"),
        ({"crashes": ["magnet=0.5:2029"]}, "not of the form"),
        ({"crashes": ["magnet=half:2029:2"]}, "not of the form"),
        ({"crashes": ["magent=0.5:2029:2"]}, "there is no material 'magent'"),
        ({"crashes": ["magnet=-1:2029:2"]}, "the factor is -1; it is 0 or more"),
        ({"crashes": ["magnet=0.5:2040:2"]}, "2040 is not in the horizon, 2027 to 2030"),
        ({"crashes": ["magnet=0.5:2029:0"]}, "it lasts 0 years; it lasts 1 or more"),
        ({"crashes": [CRASH, CRASH]}, "is given twice"),
        ({"floors": {"magent": 1.0}}, "there is no material 'magent'"),
        ({"floors": {"magnet": "cheap"}}, "'cheap' is no floor"),
        ({"floors": {"magnet": 0.0}}, "the floor is 0.0; it is more than 0"),
        (
            {"floors": {"oxide": 100.0}},
            r"--floor on oxide pays nobody: none of those whom --floor-for names \(funded\) makes it",
        ),
        ({"floors": {"magnet": 1.0}, "floor_for": ["allies"]}, "--floor-for allies: there is funded, all, domestic"),
        ({"hurdle_rate": 8.0}, "--hurdle-rate is 8; it is a share per year"),
    ],
)
def test_what_makes_no_sense_is_refused(plan: optimizer.Plan, asked: dict[str, Any], said: str) -> None:
    """With the option, what is wrong and what would be right."""
    with pytest.raises(OptionsError, match=said):
        optimizer.viability(plan, **asked)


def test_all_faults_are_told_in_one_pass(plan: optimizer.Plan) -> None:
    """Two crashes with three faults."""
    with pytest.raises(OptionsError) as raised:
        optimizer.viability(plan, crashes=["magent=-1:2029:2", "oxide=1:1999:1"])
    assert len(str(raised.value).splitlines()) == 3


def test_a_material_without_a_price_has_neither_crash_nor_floor() -> None:
    """It is named."""
    data = plant(None)
    del data["materials"]["oxide"]["price"]
    plan = solve(data)
    for asked in ({"crashes": ["oxide=0.5:2029:1"]}, {"floors": {"oxide": 5.0}}):
        with pytest.raises(OptionsError, match="oxide has no price"):
            optimizer.viability(plan, hurdle_rate=0.1, **asked)


def test_the_folder_holds_every_table(plan: optimizer.Plan, tmp_path: Path) -> None:
    """Written whole; written over; not over something else."""
    found = optimizer.viability(plan, crashes=[CRASH], folder=tmp_path / "made")
    optimizer.viability(plan, crashes=[CRASH], folder=tmp_path / "made")
    read = pd.read_csv(tmp_path / "made" / "viability.csv")
    assert read["value_without"].tolist() == pytest.approx(found.viability["value_without"].tolist())
    assert json.loads((tmp_path / "made" / "viability.json").read_text(encoding="utf-8"))["hurdle_rate"] == 0.1
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x", encoding="utf-8")
    with pytest.raises(PlanError, match="is there already and holds no test of viability"):
        optimizer.viability(plan, folder=tmp_path / "mine")


def test_what_has_no_weight_is_not_told() -> None:
    """A plan may idle a plant for nothing where nothing that it does has a probability."""
    plan = solve(plant({"instruments": [GRANT]}, scenarios=[SLUMP | {"probability": 0.0}]))
    found = optimizer.viability(plan, floors={"magnet": 8000.0})
    assert found.info["weightless"] == ["slump"]
    assert list(found.futures["future"]) == ["base"]
    assert "slump" not in set(found.viability["future"])


def test_what_is_not_lent_yet_is_not_owed() -> None:
    """A tenth is lent in 2027, nine tenths in 2028: of these what comes, and what is paid back, closing avoids."""
    loan = {"id": "bank", "kind": "loan", "max_share": 0.9, "rate": 0.0, "term": 3}
    data = plant({"instruments": [loan, GRANT]})
    data["facilities"]["works"]["options"][0]["spend"] = [0.1, 0.9]
    plan = solve(data)
    [lent] = plan.financing["usd"]
    assert plan.grants.empty
    assert lent > 100_000
    row = sheet(optimizer.viability(plan, crashes=["magnet=1:2028:1"]), "crash:magnet=1:2028:1")
    earns = PER_YEAR * (1 + 1 / 1.1 + 1 / 1.1**2)
    capital = 0.9 * (-1e6 + RESIDUAL / 1.1**3 + lent - lent / 3 * (1 / 1.1 + 1 / 1.1**2 + 1 / 1.1**3))
    assert row["value_without"] == pytest.approx(earns + capital, rel=1e-6)


def test_what_is_all_paid_for_by_governments_leaves_what_it_leaves() -> None:
    """At the first year nothing is sunk: going on is worth what the books leave, residual included."""
    for share in (0.99, 1.0):
        data = plant({"instruments": [GRANT]})
        data["facilities"]["works"]["options"][0]["public_share"] = share
        row = sheet(optimizer.viability(solve(data)), "base")
        assert row["value"] == pytest.approx(row["left"], rel=1e-6)


def test_an_asked_floor_pays_what_a_capped_one_no_longer_does() -> None:
    """The instance's floor is at its end in 2029; in 2030 the asked one pays all of 4,500 a tonne."""
    floor = {"id": "floor", "kind": "price_floor", "material": "magnet", "floor": 9800.0, "decided": True}
    plan = solve(plant({"instruments": [floor | {"cap": 6.0e5}]}))
    found = optimizer.viability(plan, crashes=[CRASH], floors={"magnet": 9000.0})
    paid = found.payments[(found.payments["future"] == HALVED) & (found.payments["instrument"] == "floor:magnet")]
    assert dict(zip(paid["year"], paid["usd"], strict=True)) == pytest.approx({2030: 450_000})


def test_nobody_is_paid_twice_for_what_is_bought() -> None:
    """The market takes 60 t, the rest is bought at its price: an asked floor has the 60."""
    plan = solve(bought(BUY | {"price": 10_900.0}, target=None))
    taken = plan.tables["purchases"].groupby("period")["tonnes"].sum()
    found = optimizer.viability(plan, crashes=[CRASH], floors={"magnet": 9000.0})
    paid = found.payments[(found.payments["future"] == HALVED) & (found.payments["instrument"] == "floor:magnet")]
    assert dict(zip(paid["year"], paid["usd"], strict=True)) == pytest.approx({2029: 270_000, 2030: 270_000}, rel=1e-4)
    assert taken.loc[[2029, 2030]].min() > 30


def test_a_purchase_pays_for_a_crash_in_the_years_in_which_it_buys() -> None:
    """Bought evenly in 2028 and 2029 of a period of three years: a crash in 2030 costs it nothing more."""
    data = bought(BUY | {"price": 10_900.0, "until": 2029}, target=None, periods=[2027, {"year": 2028, "years": 3}])
    plan = solve(data)
    [usd] = plan.tables["purchases"]["usd"]
    found = optimizer.viability(plan, crashes=["magnet=0.5:2030:1", "magnet=0.5:2029:1"])
    paid = {row["future"]: row["usd"] for row in found.payments.to_dict("records") if row["instrument"] == "offtake"}
    assert paid["base"] == paid["crash:magnet=0.5:2030:1"] == pytest.approx(usd)
    [tonnes] = plan.tables["purchases"]["tonnes"]
    assert paid["crash:magnet=0.5:2029:1"] == pytest.approx(usd + tonnes * 2250)


def test_crashes_that_differ_have_names_that_differ(plan: optimizer.Plan) -> None:
    """To the last digit; and the same materials in another order are the same."""
    found = optimizer.viability(plan, crashes=["magnet=0.5000001:2029:1", "magnet=0.5000002:2029:1"])
    assert found.futures["future"].is_unique
    with pytest.raises(OptionsError, match="given twice"):
        optimizer.viability(plan, crashes=["magnet,oxide=0.5:2029:1", "oxide, magnet=0.5:2029:1"])


def test_the_page_says_no_more_than_is_known() -> None:
    """Who closes with and without the crash is named; and where nothing that is funded was tested, that comes first."""
    data = plant(None, price={2027: 9000.0, 2029: 6500.0})
    data["facilities"]["works"] |= {"capacity": 100, "options": []}
    found = optimizer.viability(solve(data), hurdle_rate=0.1, crashes=["magnet=0.99:2029:2"])
    said = " ".join(CONTENT.answer(found))
    assert "No other of these closes that would not in the same year" in said
    assert "not from some later year on: works" in said
    data = plant(None)
    del data["materials"]["oxide"]["price"]
    untested = optimizer.viability(solve(data), hurdle_rate=0.1)
    assert (untested.info["funded"], untested.info["funded_tested"]) == (1, 0)
    assert next(iter(CONTENT.answer(untested))).startswith("Nothing is known of the plants that the plan funds")


def test_a_plan_with_stakes_is_refused() -> None:
    """Its owners have less of what a plant earns than the plant does."""
    plan = solve(plant({"instruments": [{"id": "joint", "kind": "stake", "share": 0.15, "pays": 0.35}]}))
    assert set(plan.tables["stakes"]["facility"]) == {"works"}
    with pytest.raises(OptionsError, match="governments have stakes in works"):
        optimizer.viability(plan)


def test_a_run_without_a_plan_is_refused() -> None:
    """There is nothing to test."""
    data: Data = plant({})
    data["markets"]["programs"]["demand"][0]["shortage_cost"] = None
    with pytest.raises(PlanError, match="ended without a plan"):
        optimizer.viability(solve(data))


def remedy(found: optimizer.Viability, future: str = HALVED) -> Any:
    """The row of a future."""
    [row] = found.remedies[found.remedies["future"] == future].to_dict("records")
    return row


def test_grants_or_floors_that_make_a_plant_break_even(plan: optimizer.Plan) -> None:
    """450,000 are missing in each of two years: 709,992 of grant in 2027 whatever happens, or 900,000 in it."""
    missing = 450_000 * (worth(2029) + worth(2030))
    row = remedy(optimizer.viability(plan, crashes=[CRASH], floors={"magnet": "reference"}))
    assert (row["plants"], row["beyond"], row["still"]) == (1, 0, 0)
    assert row["grants"] == row["grants_discounted"] == pytest.approx(missing, abs=10)
    assert row["floors"] == row["floors_discounted"] == pytest.approx(900_000)
    assert row["even_at"] == pytest.approx(missing / 900_000, rel=1e-4)
    assert pd.isna(row["probability"])
    slump = remedy(optimizer.viability(plan, floors={"magnet": "reference"}), "slump")
    assert (slump["grants"], slump["floors"]) == (pytest.approx(450_000 * worth(2029), abs=10), pytest.approx(450_000))
    assert slump["probability"] == 0.25
    base = remedy(optimizer.viability(plan, crashes=[CRASH], floors={"magnet": "reference"}), "base")
    assert (base["plants"], base["grants"], base["floors"], base["still"]) == (0, 0, 0, 0)
    assert pd.isna(base["even_at"])


def test_the_least_floor_that_makes_a_plant_break_even(plan: optimizer.Plan) -> None:
    """It lacks all of what two years at half the price take: the floor is the whole price."""
    found = optimizer.viability(plan, crashes=[CRASH])
    [need] = found.needs[found.needs["future"] == HALVED].to_dict("records")
    assert (need["facility"], need["product"], need["met"]) == ("works", "magnet", "no")
    assert need["floor"] == pytest.approx(1.0, abs=1e-4)
    assert need["floor_usd"] == pytest.approx(900_000, abs=30)
    assert need["room"] == pytest.approx(1e6 - plan.grants["usd"].sum())
    assert remedy(found)["least_floors"] == need["floor_usd"]
    assert remedy(found)["unmet"] == 0


def test_a_floor_pays_no_more_than_is_missing() -> None:
    """Granted 200,000 more than it needs, it lacks that much less: the floor that just does is below the price."""
    data = plant({"instruments": [GRANT]})
    data["facilities"]["works"]["options"][0]["public_share"] = 0.4
    plan = solve(data)
    assert plan.grants.empty
    spare = LEFT + 400_000
    found = optimizer.viability(plan, crashes=[CRASH])
    missing = 450_000 * (worth(2029) + worth(2030)) - spare
    [need] = found.needs.to_dict("records")
    assert need["grant"] == pytest.approx(missing)
    # Of each year 100 t x (share x 9,000 - 4,500) are paid.
    share = (missing / (worth(2029) + worth(2030)) + 450_000) / 900_000
    assert need["floor"] == pytest.approx(share)
    assert need["floor_usd"] == pytest.approx(2 * (share * 900_000 - 450_000))
    again = optimizer.viability(plan, crashes=[CRASH], floors={"magnet": f"{share * 1.0001}*reference"})
    assert remedy(again)["still"] == 0
    assert remedy(again)["floors"] == pytest.approx(need["floor_usd"], rel=1e-3)
    short = optimizer.viability(plan, crashes=[CRASH], floors={"magnet": f"{share * 0.9999}*reference"})
    assert remedy(short)["still"] == 1


def test_where_its_product_alone_is_not_enough_a_floor_is_on_all_that_it_sells() -> None:
    """Swarf is sold too, at 1,000: it falls with magnets, which make up for 400,000 of 450,000 a year."""
    data = plant({"instruments": [GRANT]}, price=8000.0)
    data["materials"]["swarf"] = {"stage": "recycling", "price": 1000.0}
    data["recipes"]["press"]["outputs"]["swarf"] = 1.0
    data["markets"]["programs"]["demand"].append({"product": "swarf", "tonnes": 100.0, "shortage_cost": 1.0})
    found = optimizer.viability(solve(data), crashes=["all=0.5:2029:2", "magnet=0.5:2029:2"])
    by_future = {one["future"]: one for one in found.needs.to_dict("records")}
    oxide = 250_000
    assert by_future["crash:magnet=0.5:2029:2"]["product"] == "magnet"
    assert by_future["crash:magnet=0.5:2029:2"]["floor_usd"] == pytest.approx(800_000, abs=30)
    assert by_future["crash:all=0.5:2029:2"]["product"] == "magnet"
    assert by_future["crash:all=0.5:2029:2"]["floor_usd"] == pytest.approx(2 * (450_000 - oxide), abs=30)
    both = optimizer.viability(solve(data), crashes=["magnet,swarf=0.5:2029:2"])
    [need] = both.needs.to_dict("records")
    assert (need["product"], need["floor"]) == ("all", pytest.approx(1.0, abs=1e-4))
    assert need["floor_usd"] == pytest.approx(900_000, abs=30)


def test_dear_inputs_need_more_than_a_floor_on_the_product() -> None:
    """Oxide doubles where its price is the plant's cost: no floor up to the price of magnets makes up for it."""
    plan = solve(plant({"instruments": [GRANT]}))
    found = optimizer.viability(plan, crashes=["oxide=1.5:2029:2"])
    row = remedy(found, "crash:oxide=1.5:2029:2")
    assert (row["plants"], row["unmet"], row["least_floors"]) == (1, 1, 0)
    assert row["grants"] == pytest.approx(250_000 * (worth(2029) + worth(2030)), abs=10)


def test_that_grant_is_what_a_plan_gives_that_knows_of_the_crash(plan: optimizer.Plan) -> None:
    """Planned again with the prices of the crash, the plant is given that much more."""
    halved = {2027: 9000.0, 2029: 4500.0}
    again = solve(plant({"instruments": [GRANT]}, price=halved))
    more = float(again.grants["usd"].sum() - plan.grants["usd"].sum())
    assert remedy(optimizer.viability(plan, crashes=[CRASH]))["grants"] == pytest.approx(more, rel=1e-4)


def test_a_grant_is_paid_as_capex_is_spent_and_discounted_at_the_rate_of_the_system() -> None:
    """Half in 2027, half in 2028: a dollar of it is worth 0.9545 at the hurdle rate, and costs 0.9854 at 3 percent."""
    data = plant({"instruments": [GRANT]}, discount_rate=0.03)
    data["facilities"]["works"]["options"][0]["spend"] = [0.5, 0.5]
    row = remedy(optimizer.viability(solve(data), crashes=[CRASH], floors={"magnet": "reference"}))
    grant = 450_000 * (worth(2029) + worth(2030)) / (0.5 + 0.5 * worth(2028))
    assert row["grants"] == pytest.approx(grant, abs=10)
    assert row["grants_discounted"] == pytest.approx(grant * (0.5 + 0.5 / 1.03), abs=10)
    assert row["floors_discounted"] == pytest.approx(450_000 * (1.03**-2 + 1.03**-3))
    assert row["even_at"] == pytest.approx(row["grants_discounted"] / row["floors_discounted"])


def test_nothing_is_compared_where_one_of_them_does_not_do_it(plan: optimizer.Plan) -> None:
    """A floor too low leaves the plant short; capex is too small for the grant; without a floor nothing is paid."""
    low = remedy(optimizer.viability(plan, crashes=[CRASH], floors={"magnet": 8000.0}))
    assert (low["still"], low["floors"]) == (1, pytest.approx(700_000))
    assert pd.isna(low["even_at"])
    assert remedy(optimizer.viability(plan, crashes=[CRASH]))["still"] == 1
    deep = optimizer.viability(plan, crashes=["magnet=0.1:2029:2"], floors={"magnet": "reference"})
    row = remedy(deep, "crash:magnet=0.1:2029:2")
    assert row["grants"] == pytest.approx(810_000 * (worth(2029) + worth(2030)), abs=10)
    assert row["grants"] > 1e6 - plan.grants["usd"].sum()
    assert row["beyond"] == 1
    assert pd.isna(row["even_at"])
