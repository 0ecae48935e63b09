"""Plans side by side: who is in, what it costs and serves otherwise, and what is a tie."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.build import solve
from support.generate import generate
from worth.conftest import backup, reserve

import optimizer
from optimizer.comparison.columns import COLUMNS
from optimizer.comparison.verdicts import between
from optimizer.errors import OptionsError, PlanError
from optimizer.plan.columns import rows_of

from .conftest import gapped, only

DIFFERENCES = ("costs", "outlay", "service", "short", "futures", "exposure", "stock")


def test_identical_plans_compare_equal() -> None:
    """Nothing differs, in any table, of a plan set beside itself; everything that it funds is in all."""
    plan = solve(generate(3, scenarios=2), gap=1e-3)
    found = optimizer.compare(plan, plan, names=["one", "two"])
    assert found.plans["verdict"].tolist() == ["baseline", "the same"]
    for name in DIFFERENCES:
        table = getattr(found, name)
        assert table.empty or (table["difference"].fillna(0.0) == 0).all(), name
    assert set(found.fundings["change"]) <= {"the same"}
    assert set(found.options["funded_in"]) <= {"all", "none"}
    assert int((found.options["funded_in"] == "all").sum()) == len(plan.portfolio)
    assert (found.rules["changed"] == "no").all()
    assert found.edits.empty
    for name, columns in COLUMNS.items():
        assert list(getattr(found, name).columns) == list(columns), name


def test_what_differs_is_found_by_hand(without: optimizer.Plan, funded: optimizer.Plan) -> None:
    """The backup comes; capex +300, and in the future without the plant 10 t are served that were short."""
    found = optimizer.compare(without, funded, names=["no", "yes"], different_instances=True)
    row = only(found.plans, plan="yes")
    assert (row.difference, row.verdict) == (pytest.approx(30), "costs more")
    option = only(found.options)
    assert (option.facility, option.funded_in, option.plans, option.first_year) == ("backup", "some", "yes", 2027)
    change = only(found.fundings)
    assert (change.change, change.funded, change.capex) == ("comes", 2027, 300)
    assert pd.isna(change.baseline_funded)
    capex = only(found.costs, category="capex")
    assert (capex.usd, capex.baseline, capex.difference) == pytest.approx((300, 0, 300))
    assert only(found.costs, category="shortage").difference == pytest.approx(-0.3 * 1000)
    assert only(found.costs, category="total").difference == pytest.approx(30)
    gone = only(found.service, future="gone")
    assert (gone.short, gone.baseline_short, gone.service, gone.baseline_service) == (0, 10, 1, 0)
    mean = only(found.service, future="expected")
    assert (mean.demand, mean.baseline_short) == pytest.approx((10, 3))
    assert only(found.service, future="base").difference == 0
    shorts = {row.future: (row.short, row.baseline) for row in rows_of(found.short)}
    assert shorts == {"gone": (0, 10), "expected": (0, pytest.approx(3))}
    future = only(found.futures, future="gone")
    assert future.difference == pytest.approx(400 - 1000)
    assert (future.probability, future.baseline_probability) == (0.4, 0.3)
    # The other way round it goes.
    back = optimizer.compare(funded, without, different_instances=True)
    assert back.fundings["change"].tolist() == ["goes"]
    assert back.plans["verdict"].tolist()[1] == "costs less"


def test_stock_outlay_exposure_and_rules_by_hand() -> None:
    """A target on the reserve asks for 4 t: stock, its public outlay, and a row that binds in one plan only."""
    data = reserve(0.0)
    data["facilities"]["plant"]["exposure"] = {"equipment": 0.25}
    held = copy.deepcopy(data)
    held["stockpiles"]["nds"]["targets"] = [{"material": "magnet", "tonnes": {2028: 4}}]
    held["facilities"]["plant"]["exposure"]["equipment"] = 0.5
    found = optimizer.compare(solve(data), solve(held), different_instances=True)
    assert only(found.stock, period=2028).difference == pytest.approx(4)
    assert only(found.outlay, year=2028, account="stockpile purchase").usd == pytest.approx(4 * 50)
    rule = only(found.rules)
    assert (rule.kind, rule.baseline_status, rule.status, rule.changed) == ("target", "not there", "binding", "yes")
    row = only(found.exposure, kind="equipment", period=2028)
    assert (row.exposure, row.baseline) == (0.5, 0.25)
    assert (row.tonnes, row.baseline_tonnes) == pytest.approx((14, 10))


def test_a_difference_within_the_gaps_is_a_tie(without: optimizer.Plan) -> None:
    """5 USD more, where the dearer plan may be 6 USD off its optimum; not where it may be 4 off."""
    loose = gapped(without, objective=375.0, bound=369.0, gap_usd=6.0)
    tight = gapped(without, objective=375.0, bound=371.0, gap_usd=4.0)
    found = optimizer.compare(without, loose, tight, names=["base", "loose", "tight"])
    assert found.plans["verdict"].tolist() == ["baseline", "a tie", "costs more"]
    assert found.plans["difference"].tolist()[1:] == pytest.approx([5, 5])
    assert found.plans["difference_at_least"].tolist()[1:] == pytest.approx([-1, 1])
    assert found.plans["difference_at_most"].tolist()[1:] == pytest.approx([5, 5])
    # From the other side, and where nothing is proved.
    assert between((370.0, 370.0), (375.0, 371.0)).verdict == "costs less"
    assert between((370.0, 370.0), (375.0, 369.0)).verdict == "a tie"
    assert between((375.0, None), (370.0, None)).verdict == "a tie"
    assert between((370.2, 0.0), (370.0, 0.0)).verdict == "the same"


def test_parts_of_cost_within_both_gaps_are_ties(without: optimizer.Plan) -> None:
    """Shortage moves by 8 USD: a tie where the two gaps come to 10, none where they come to 5."""
    cost = without.info["cost"]
    moved = cost | {"shortage": cost["shortage"] + 8}
    for gaps, word in (((4.0, 6.0), "yes"), ((2.0, 3.0), "no")):
        plans = [gapped(without, gap_usd=gaps[0]), gapped(without, gap_usd=gaps[1], cost=moved)]
        row = only(optimizer.compare(*plans).costs, category="shortage")
        assert (row.difference, row.tie) == (pytest.approx(8), word)


def test_timing_and_size_are_told(funded: optimizer.Plan) -> None:
    """A year later is later; another capex in the same year is another price."""
    later = optimizer.Plan(funded.instance, funded.info, dict(funded.tables))
    later.tables["portfolio"] = funded.portfolio.assign(funded=2029, online=2030)
    dearer = optimizer.Plan(funded.instance, funded.info, dict(funded.tables))
    dearer.tables["portfolio"] = funded.portfolio.assign(capex=310.0)
    found = optimizer.compare(funded, later, dearer, names=["base", "later", "dearer"])
    assert found.fundings["change"].tolist() == ["later", "another size or price"]
    assert found.fundings["years_later"].tolist() == [2, 0]
    option = only(found.options)
    assert (option.funded_in, option.first_year, option.last_year) == ("all", 2027, 2029)


def test_another_instance_is_refused_and_named(without: optimizer.Plan, funded: optimizer.Plan) -> None:
    """Both hashes, the table, the row, the key, what it was and is, and the way out; words alone are not refused."""
    with pytest.raises(PlanError) as refused:
        optimizer.compare(without, funded, names=["last", "next"])
    text = str(refused.value)
    for plan in (without, funded):
        assert str(plan.info["instance_sha256"])[:16] in text
    for words in (
        "next is of another instance than last",
        "scenarios gone probability: 0.3 -> 0.4",
        "different_instances",
    ):
        assert words in text, words
    noted = solve(backup(0.3) | {"title": "The same, with a title"})
    found = optimizer.compare(without, noted)
    assert found.info["edits_of_words"] == {"plan_2": 1}
    assert found.info["edits_that_count"] == {"plan_2": 0}
    assert found.info["instances"] == {"plan_1": "plan_1", "plan_2": "plan_1"}


def test_measures_that_differ_are_not_compared_by_objective(without: optimizer.Plan) -> None:
    """The cost of the mean beside that of the worst case is no difference."""
    worst = solve(backup(0.3) | {"risk": {"measure": "worst_case"}})
    found = optimizer.compare(without, worst, different_instances=True)
    assert found.plans["verdict"].tolist()[1] == "not comparable"
    assert pd.isna(found.plans["difference"][1])
    assert only(found.costs, category="total").difference == pytest.approx(30)


def test_regret_by_hand(without: optimizer.Plan, funded: optimizer.Plan) -> None:
    """Each portfolio in the other's instance: 400 - 370 where p = 0.3, 460 - 400 where it is 0.4."""
    found = optimizer.compare(without, funded, names=["no", "yes"], different_instances=True, regret=True, workers=1)
    rows = {(row.instance_of, row.plan): row for row in rows_of(found.regret)}
    wanted = {("no", "no"): (370, 0), ("no", "yes"): (400, 30), ("yes", "no"): (460, 60), ("yes", "yes"): (400, 0)}
    for key, (cost, regret) in wanted.items():
        assert (rows[key].cost, rows[key].regret) == pytest.approx((cost, regret)), key
        assert rows[key].regret_at_most == pytest.approx(regret), key
        assert rows[key].best == key[0]
    assert (rows["yes", "no"].largest_regret, rows["yes", "no"].largest_regret_in) == (pytest.approx(600), "gone")
    here = only(found.regret_by_future, instance_of="no", plan="yes", future="base")
    assert here.regret == pytest.approx(300)
    here = only(found.regret_by_future, instance_of="no", plan="no", future="gone")
    assert (here.regret, here.short_open) == pytest.approx((600, 10))


def test_what_cannot_come_is_not_regretted_and_other_searches_bound_nothing(funded: optimizer.Plan) -> None:
    """At p = 0 the plan without the backup is best and its 900 without the plant count for nothing.

    The bound of a plan for which losses were to be survived, or made for the worst case, is none of the expected cost.
    """
    never = solve(backup(0.0))
    for changes, bounded in (({}, True), ({"survive": {"losses": 1, "of": "facilities", "duration": 1}}, False),
                             ({"risk": {"measure": "worst_case"}}, False)):  # fmt: skip
        plans = gapped(never, **changes), funded
        found = optimizer.compare(*plans, names=["never", "yes"], different_instances=True, regret=True, workers=1)
        row = only(found.regret, instance_of="never", plan="never")
        assert (row.regret, row.largest_regret, row.largest_regret_in) == (pytest.approx(0), pytest.approx(0), "base")
        assert pd.isna(row.regret_at_most) != bounded


def test_a_stopped_regret_names_no_best(without: optimizer.Plan, funded: optimizer.Plan, tmp_path: Path) -> None:
    """Ctrl-C in the second plan's futures: the first is not the best of those that there would be; then it goes on."""

    def interrupt(what: str, done: int, _of: int) -> None:
        if what.startswith("yes in the instance of no") and what.endswith("branches") and done:
            raise KeyboardInterrupt

    def asked(tell: Any = None) -> optimizer.Comparison:
        names, folder = ["no", "yes"], tmp_path / "out"
        plans = without, funded
        return optimizer.compare(
            *plans, names=names, folder=folder, different_instances=True, regret=True, workers=1, tell=tell
        )

    found = asked(interrupt)
    assert found.info["status"] == "stopped"
    row = only(found.regret, plan="no")
    assert row.cost == pytest.approx(370)
    assert pd.isna(row.regret)
    assert row.best is None
    assert pd.isna(row.largest_regret)
    assert found.regret_by_future["cost"].notna().any()
    assert found.regret_by_future["regret"].isna().all()
    again = asked()
    assert again.info["status"] == "done"
    assert only(again.regret, instance_of="no", plan="no").regret == pytest.approx(0)


def test_a_portfolio_that_does_not_fit_says_why(funded: optimizer.Plan) -> None:
    """An option that an instance does not have is named; stock that cannot be kept is chosen anew, and that is said."""
    data = backup(0.4)
    data["facilities"]["backup"]["options"][0]["id"] = "other"
    other = solve(data)
    found = optimizer.compare(other, funded, names=["other", "yes"], different_instances=True, regret=True, workers=1)
    row = only(found.regret, instance_of="other", plan="yes")
    assert "'backup' has no option 'build'" in row.why
    assert pd.isna(row.cost)
    small = reserve(0.3)
    small["facilities"]["plant"]["capacity"] = 5
    both = optimizer.compare(
        solve(reserve(0.3)), solve(small), names=["large", "small"], different_instances=True, regret=True, workers=1
    )
    moved = only(both.regret, instance_of="small", plan="large")
    assert moved.held == "fundings; stock chosen anew"
    assert "cannot be operated" in moved.why
    assert moved.regret == pytest.approx(0, abs=1e-6)


def test_stress_tests_of_other_onsets_are_another_question(tmp_path: Path) -> None:
    """Losses from any year are not set beside losses from 2028; of the same test twice the proved one counts."""
    plan = solve(reserve(0.3))
    for name, onsets in (("one", ()), ("two", (2028,))):
        plan.save(tmp_path / name)
        optimizer.stress(plan, tmp_path / f"{name}_stress", markets=["town"], onsets=onsets, workers=1)
    note = json.loads((tmp_path / "two_stress" / "stress.json").read_text(encoding="utf-8"))
    (tmp_path / "two_stress_z").mkdir()
    (tmp_path / "two_stress_z" / "stress.json").write_text(json.dumps(note | {"status": "stopped"}), encoding="utf-8")
    found = optimizer.compare(tmp_path / "one", tmp_path / "two").survival
    rows = {row.onsets: (row.baseline_status, row.status) for row in rows_of(found)}
    assert rows == {"any": ("proved", "not asked"), "2028": ("not asked", "proved")}
    assert found["difference"].isna().all()


def test_the_folder_is_whole_and_nothing_else_is_replaced(without: optimizer.Plan, tmp_path: Path) -> None:
    """Every table that has rows, read back; a folder of something else is left alone."""
    folder = tmp_path / "out"
    found = optimizer.compare(without, without, folder=folder)
    for name in DIFFERENCES:
        assert list(pd.read_csv(folder / f"{name}.csv").columns) == list(COLUMNS[name]), name
    assert not (folder / "edits.csv").exists()
    found.save(folder)
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(PlanError, match="holds no comparison"):
        found.save(tmp_path)


def test_what_makes_no_sense_is_refused(without: optimizer.Plan, tmp_path: Path) -> None:
    """One plan, a plan without a portfolio, names that do not fit, nothing to attribute."""
    with pytest.raises(OptionsError, match="two plans or more"):
        optimizer.compare(without)
    with pytest.raises(PlanError, match="has no plan: infeasible"):
        optimizer.compare(without, optimizer.Plan(without.instance, {"status": "infeasible", "why": "none"}))
    with pytest.raises(OptionsError, match="take as many names"):
        optimizer.compare(without, without, names=["one", "one"])
    with pytest.raises(OptionsError, match="nothing to attribute"):
        optimizer.compare(without, without, attribute=True, folder=tmp_path / "out")
    with pytest.raises(OptionsError, match="--attribute is missing"):
        optimizer.compare(without, without, by="row")
    assert not (tmp_path / "out").exists()
    with pytest.raises(PlanError, match="no result folder"):
        optimizer.compare(tmp_path, without)
    a, b = tmp_path / "a" / "plan", tmp_path / "b" / "plan"
    without.save(a)
    without.save(b)
    assert optimizer.compare(a, b, a).info["names"] == ["a_plan", "b_plan", "a_plan_3"]
