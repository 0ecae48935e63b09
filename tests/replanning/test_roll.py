"""Re-planned from a year on: the best of all portfolios that keep the past, at the price of their changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.build import GAP, Data, instance_of, one_market, solve

import optimizer
from optimizer.errors import OptionsError, PlanError
from optimizer.instance.instance import Instance
from optimizer.plan.columns import rows_of
from optimizer.solver.highs import Stop
from optimizer.solver.options import Options

from .conftest import DEMAND, GROWN, PLANTS, Portfolio, chain, cost_of, now, portfolios, price_of

DEARER = {"bert": 1600.0, "cora": 900.0}


@pytest.fixture(scope="module")
def last() -> optimizer.Plan:
    """The plan of a year ago."""
    return solve(chain())


def funded_in(plan: optimizer.Plan) -> Portfolio:
    return {str(row.facility): int(row.funded) for row in rows_of(plan.portfolio)}


def rolled(last: optimizer.Plan, instance: Instance, method: str = "auto", **asked: Any) -> optimizer.Rolled:
    options = Options(method=method, gap=GAP, threads=1)
    return optimizer.roll(last, instance, **{"year": 2028, "options": options, **asked})


def frozen_of(last: optimizer.Plan, year: int = 2028) -> Portfolio:
    return {name: when for name, when in funded_in(last).items() if when < year}


@pytest.mark.parametrize("method", ["extensive", "benders"])
@pytest.mark.parametrize("demand", [DEMAND, GROWN])
@pytest.mark.parametrize(("change", "move"), [(0.0, 0.0), (60.0, 60.0), (250.0, 40.0), (500.0, 1e6), (1e7, 1e7)])
def test_it_is_the_best_of_all_portfolios_that_keep_the_past(
    last: optimizer.Plan, change: float, move: float, demand: dict[int, float], method: str
) -> None:
    """Cost and price of change together are least; each is told apart, and the checker finds the same."""
    before, frozen = funded_in(last), frozen_of(last)
    assert 0 < len(frozen) < len(before)

    def together(one: Portfolio) -> float:
        return cost_of(one, DEARER, demand) + price_of(one, before, frozen, change, move)

    best = min(together(one) for one in portfolios(frozen, 2028))
    found = rolled(last, now(DEARER, demand), method, change_usd=change, move_usd=move)
    mine = funded_in(found.plan)
    assert found.plan.status == "optimal"
    assert found.plan.info["method"] == method
    assert found.info["minimised"] == pytest.approx(best)
    assert found.plan.objective == pytest.approx(cost_of(mine, DEARER, demand))
    assert found.info["change"] == pytest.approx(price_of(mine, before, frozen, change, move))
    assert {name: year for name, year in mine.items() if year < 2028} == frozen
    assert found.plan.info["verdict"]["ok"], found.plan.info["verdict"]["summary"]


def test_a_price_of_nothing_is_the_optimum_with_the_past_and_a_huge_one_keeps_the_plan(last: optimizer.Plan) -> None:
    """In between some changes are worth their price, and fewer than of those that are free."""
    before, frozen = funded_in(last), frozen_of(last)
    free = rolled(last, now(DEARER), change_usd=0.0)
    some = rolled(last, now(DEARER), change_usd=60.0, bracket=True)
    none = rolled(last, now(DEARER), change_usd=1e7)
    assert free.plan.objective == pytest.approx(min(cost_of(one, DEARER) for one in portfolios(frozen, 2028)))
    assert funded_in(none.plan) == before
    assert none.changes.empty
    assert 0 < len(some.changes) <= len(free.changes)
    costs = some.bracket.set_index("plan")["cost"]
    assert costs["no change"] == pytest.approx(cost_of(before, DEARER))
    assert costs["free"] == pytest.approx(free.plan.objective)
    assert costs["free"] <= costs["re-planned"] <= costs["no change"]


def test_each_change_says_what_it_saves_alone(last: optimizer.Plan) -> None:
    """Undone alone, with all others as they are."""
    found = rolled(last, now(DEARER), change_usd=60.0, each=True)
    mine = funded_in(found.plan)
    for row in rows_of(found.changes):
        other = {name: year for name, year in mine.items() if name != row.facility}
        if row.change != "added":
            other[row.facility] = int(row.was)
        assert row.without == pytest.approx(cost_of(other, DEARER))
        assert row.without - (found.plan.objective or 0.0) >= row.usd - 1e-3


def test_what_was_really_funded_goes_before_the_plan(last: optimizer.Plan, tmp_path: Path) -> None:
    """What slipped is expected in the first year that is planned; what came instead is a fact, and no change."""
    before = funded_in(last)
    slipped = next(name for name, year in before.items() if year == 2027)
    other = next(name for name in PLANTS if name not in before)
    file = tmp_path / "funded.csv"
    file.write_text(f"facility,option,year\n{other},build,2027\n")
    found = rolled(last, now(), change_usd=1e7, funded=file)
    assert found.info["frozen"] == [[other, "build", 2027]]
    assert [slipped, "build", 2027] in found.info["slipped"]
    mine = funded_in(found.plan)
    assert mine[slipped] == 2028
    assert mine[other] == 2027
    assert found.changes.empty
    same = rolled(last, now(), change_usd=1e7, funded=[(other, "build", 2027)])
    assert same.info["frozen"] == found.info["frozen"]


def stored(wanted: float) -> Data:
    """A plant that stands in 2027 alone, and a store from which 2028 lives."""
    plant = {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": {2027: 10, 2028: 0}}
    data = one_market("stored", {"plant": plant}, tonnes={2027: 0, 2028: wanted}, shortage_cost=100)
    data["materials"]["magnet"]["storage"] = {"cost": 1}
    data["stockpiles"] = {"shed": {"country": "USA", "channel": "open", "materials": ["magnet"], "release": "always"}}
    return data


def test_stock_that_the_year_begins_with_is_what_was_put_by() -> None:
    """Nobody puts by more in the past for what is known now, unless told to."""
    last, now_ = solve(stored(5)), instance_of(stored(8))
    kept = rolled(last, now_, change_usd=1.0)
    free = rolled(last, now_, change_usd=1.0, stock="free")
    assert kept.plan.demand["short"].sum() == pytest.approx(3, abs=1e-4)
    assert free.plan.demand["short"].sum() == pytest.approx(0, abs=1e-4)
    assert kept.info["stock"] == [["shed", "magnet", "open", 2027, pytest.approx(5)]]
    assert free.info["stock"] is None


def test_stock_that_cannot_be_had_any_more_is_named() -> None:
    """The plant was never there: the stock of the plan is not."""
    data = stored(5)
    data["facilities"]["plant"]["capacity"] = {2027: 2, 2028: 0}
    found = rolled(solve(stored(5)), instance_of(data), change_usd=1.0)
    assert found.plan.status == "infeasible"
    assert found.plan.info["why"].endswith("with stock planned again there is: --stock free")
    assert not found.plan.tables


def with_rule(rule: Data) -> Instance:
    data = chain()
    data["policy"] = {"rules": [rule]}
    return instance_of(data)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"rule": "forbid", "facility": "anna"}, "forbid (facility: anna)"),
        ({"rule": "count", "stage": "magnet", "max": 0}, "count (stage: magnet, max: 0)"),
        ({"rule": "starts", "max": {2027: 0, 2028: 9}}, "starts (max: {2027: 0.0, 2028: 9.0})"),
        ({"rule": "require", "facility": "dora", "by": 2027}, "require (facility: dora, by: 2027)"),
    ],
)
def test_a_rule_that_the_past_breaks_is_named(last: optimizer.Plan, rule: Data, words: str) -> None:
    """With the fundings that break it, and no others."""
    assert "anna" in frozen_of(last)
    found = rolled(last, with_rule(rule), change_usd=1.0)
    assert found.plan.status == "infeasible"
    why = str(found.plan.info["why"])
    assert f"breaks: rule 0, {words}" in why, why
    assert ("dora:build not funded in 2027" if rule["rule"] == "require" else "anna:build funded in 2027") in why


def test_an_instance_without_any_plan_is_told_apart(last: optimizer.Plan) -> None:
    """What is frozen is not to blame."""
    data = chain()
    data["markets"]["programs"]["demand"][0] |= {"tonnes": 1000, "shortage_cost": None}
    found = rolled(last, instance_of(data), change_usd=1.0)
    assert found.plan.info["why"] == "the instance has no plan, whatever is frozen; optimizer explain says why"


def test_a_plan_that_cannot_go_on_as_it_was_is_told(last: optimizer.Plan) -> None:
    """A forbidden plant is dropped at its price, and the plan without change does not exist."""
    later = next(name for name, year in funded_in(last).items() if year >= 2028)
    found = rolled(last, with_rule({"rule": "forbid", "facility": later}), change_usd=10.0)
    assert found.bracket.set_index("plan").loc["no change", "status"] == "infeasible"
    assert (later, "dropped") in {(row.facility, row.change) for row in rows_of(found.changes)}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"year": 2040}, "year is 2040; the horizon of chain has periods that begin in 2027, 2028, 2029"),
        ({"change_usd": -1.0}, "change_usd is -1; it is 0 or more"),
        ({"change_usd": 1.0, "move_usd": float("inf")}, "move_usd is inf"),
        ({"stock": "some"}, "stock is 'some'; there is plan, free"),
        ({"options": Options(method="hedging")}, "hedging"),
    ],
)
def test_what_makes_no_sense_is_refused(last: optimizer.Plan, asked: Data, words: str) -> None:
    """With what would be right."""
    with pytest.raises(OptionsError, match=words):
        rolled(last, now(), **{"change_usd": 1.0, **asked})


def test_all_that_does_not_fit_the_instance_is_named_at_once(last: optimizer.Plan) -> None:
    """An option that is gone, a year that cannot be, and what lies in the future."""
    gone = dict(PLANTS)
    later = next(name for name, year in funded_in(last).items() if year >= 2028)
    del gone[later]
    data = chain(gone)
    data["facilities"]["anna"]["options"][0]["earliest"] = 2028
    with pytest.raises(PlanError) as caught:
        rolled(last, instance_of(data), change_usd=1.0, funded=[("anna", "build", 2027), ("dora", "build", 2029)])
    text = str(caught.value)
    assert f"funds {later}:build, which chain does not have" in text
    assert "rule: forbid" in text
    assert "anna:build was funded in 2027, and in chain it can be funded 2028 to 2029" in text
    assert "dora:build funded in 2029, which is not before 2028" in text


def test_a_run_that_is_stopped_is_no_success(last: optimizer.Plan) -> None:
    """Nothing is called a plan that was not found."""
    stop = Stop()
    stop.asked.set()
    found = rolled(last, now(), change_usd=1.0, stop=stop)
    assert found.plan.status == "no_plan"
    assert not found.plan.tables


def test_the_result_is_the_next_year_s_last_plan(last: optimizer.Plan, tmp_path: Path) -> None:
    """From the folder alone: it verifies, and can be rolled on."""
    folder = rolled(last, now(DEARER), change_usd=60.0).save(tmp_path / "rolled")
    assert optimizer.verify(folder).ok
    again = optimizer.roll(folder, now(DEARER), year=2029, change_usd=60.0)
    kept = funded_in(optimizer.Plan.read(folder))
    assert {tuple(item[:1] + item[2:]) for item in again.info["frozen"]} == {
        (name, year) for name, year in kept.items() if year < 2029
    }


def test_service_first_makes_changes_at_any_price(last: optimizer.Plan) -> None:
    """Where service comes before cost no price of change stands before it; the cost level is told without the price."""
    data = chain() | {"lexicographic": ["service", "cost"]}
    priced, first = (rolled(last, instance_of(one), change_usd=1e7) for one in (chain(), data))
    assert priced.changes.empty
    assert not first.changes.empty
    assert first.plan.demand["short"].sum() < priced.plan.demand["short"].sum()
    assert first.plan.info["levels"][-1]["value"] == pytest.approx(first.plan.objective)
    assert first.info["minimised"] == pytest.approx((first.plan.objective or 0) + first.info["change"])
    assert first.plan.info["verdict"]["ok"], first.plan.info["verdict"]["summary"]


def test_under_another_measure_the_price_stands_beside_it(last: optimizer.Plan) -> None:
    """The price is the same in every future: the measure and it add up, by both methods."""
    data = chain({name: (size, DEARER.get(name, usd)) for name, (size, usd) in PLANTS.items()})
    data["scenarios"] = [
        {"id": "surge", "probability": 0.3, "onset": 2029,
         "effects": [{"affects": "demand", "where": {"market": "programs"}, "factor": 1.5}]},
    ]  # fmt: skip
    data["risk"] = {"measure": "worst_case"}
    found = [rolled(last, instance_of(data), method, change_usd=60.0) for method in ("extensive", "benders")]
    assert found[0].info["minimised"] == pytest.approx(found[1].info["minimised"])
    for one in found:
        assert one.plan.info["verdict"]["ok"], one.plan.info["verdict"]["summary"]
