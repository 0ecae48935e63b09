"""Shortfall gross and net of each measure in turn, by hand; and which market stops first."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from comparison.conftest import only
from rich.console import Console
from support.build import Data, solve
from support.generate import generate
from worth.conftest import backup, reserve

import optimizer
from optimizer.briefs.brief import Brief
from optimizer.briefs.shortfalls import say
from optimizer.errors import OptionsError, PlanError
from optimizer.evaluation import Evaluation, evaluate
from optimizer.ladder import study
from optimizer.plan.columns import rows_of


def short(found: optimizer.NetShortfall, future: str) -> dict[str, float]:
    """Measure -> t short in a future, over all else."""
    rows = found.shortfall[found.shortfall["future"] == future]
    return {str(name): float(tonnes) for name, tonnes in rows.groupby("measure", sort=False)["short"].sum().items()}


def of(data: Data, **options: Any) -> optimizer.NetShortfall:
    return optimizer.shortfall(solve(data), workers=1, **options)


def test_what_a_plant_takes_off_by_hand() -> None:
    """Without the backup 10 t are short where the plant is gone: 4 on the mean at p = 0.4; with it none."""
    found = of(backup(0.4))
    assert found.info["measures"] == ["standing", "funded plants"]
    assert short(found, "gone") == pytest.approx({"standing": 10, "funded plants": 0, "as planned": 0})
    assert short(found, "base") == pytest.approx({"standing": 0, "funded plants": 0, "as planned": 0})
    assert short(found, "expected") == pytest.approx({"standing": 4, "funded plants": 0, "as planned": 0})
    row = only(found.shortfall, measure="funded plants", future="expected")
    assert (row.channel, row.material, row.period, row.demand) == ("open", "magnet", 2027, pytest.approx(10))
    assert row.taken_off == pytest.approx(4)
    assert only(found.measures, measure="funded plants").taken_off == pytest.approx(4)


def test_what_a_reserve_takes_off_by_hand() -> None:
    """Nothing can be built: the 10 t held cover the year without the plant; a working stock is told apart."""
    assert short(of(reserve(0.3)), "gone") == pytest.approx({"standing": 10, "reserve": 0, "as planned": 0})
    data = reserve(0.3)
    data["stockpiles"]["nds"]["release"] = "always"
    assert short(of(data), "gone") == pytest.approx({"standing": 10, "working stock": 0, "as planned": 0})
    data = reserve(0.3)
    data["stockpiles"]["nds"]["initial"] = {"magnet": 4}
    data["facilities"]["plant"]["capacity"] = 10  # the initial stock is all there is
    assert short(of(data), "gone") == pytest.approx({"standing": 10, "reserve": 6, "as planned": 6})


def test_what_is_under_construction_comes_before_what_is_chosen() -> None:
    """A rule requires an expansion, and with it what must be on line before; the backup is the plan's choice."""
    data = backup(0.5)
    first = {"id": "first", "capacity": 1, "capex": 1}
    options = [first, {"id": "more", "capacity": 2, "capex": 1, "after": "first"}]
    data["facilities"]["yard"] = data["facilities"]["plant"] | {"capacity": 0, "options": options}
    data["policy"] = {"rules": [{"rule": "require", "facility": "yard", "option": "more"}]}
    found = of(data)
    assert found.info["measures"] == ["standing", "under construction", "funded plants"]
    assert short(found, "gone") == pytest.approx(
        {"standing": 10, "under construction": 7, "funded plants": 0, "as planned": 0}
    )


def test_what_must_be_met_is_short_too_and_last() -> None:
    """The plan meets the fort whatever happens; with what stands alone it is short by what is not there."""
    data = backup(0.4)
    line = {"product": "magnet", "tonnes": 4}
    data["markets"]["fort"] = {"channel": "open", "country": "USA", "demand": [line]}
    data["facilities"]["plant"]["capacity"] = 14
    data["scenarios"][0]["effects"][0]["available"] = 0.25  # 3.5 t are left, and go to the fort
    plan = solve(data)
    found = optimizer.shortfall(plan, workers=1)
    assert short(found, "gone")["standing"] == pytest.approx(14 - 3.5)
    stops = {row.market: row for row in rows_of(found.stops[found.stops["future"] == "gone"])}
    assert pd.isna(stops["fort"].weeks)


def test_reactions_are_a_measure_of_their_own() -> None:
    """A branch funds the backup once the plant is gone: nothing is funded ahead."""
    data = backup(0.3)
    data["facilities"]["backup"]["options"][0]["react"] = {"capex_factor": 1.2}
    assert short(of(data), "gone") == pytest.approx({"standing": 10, "reactions": 0, "as planned": 0})


def test_weeks_until_a_market_stops_by_hand() -> None:
    """A quarter of the plant is left: 2.5 of 10 t are 13 weeks. Undisturbed it never stops."""
    data = backup(0.0)
    data["scenarios"][0]["effects"][0]["available"] = 0.25
    stops = of(data).stops
    row = only(stops, future="gone", market="town")
    assert (row.onset, row.weeks, row.product, row.period) == (2027, pytest.approx(13), "magnet", 2027)
    assert (row.short, row.demand) == pytest.approx((7.5, 10))
    assert pd.isna(only(stops, future="base").weeks)
    later = reserve(0.0)
    later["periods"] = [2027, 2028, 2029]
    later["scenarios"][0]["effects"][0] |= {"available": 0.5, "from": 2029}
    later["facilities"]["plant"]["capacity"] = 10
    row = only(of(later).stops, future="gone")
    assert (row.onset, row.weeks, row.period) == (2028, pytest.approx(52 + 26), 2029)


def test_a_future_that_was_not_operated_is_blank(tmp_path: Path) -> None:
    """Ctrl-C after the first of two branches: the other, and the mean, are blank; the same call goes on from there."""
    data = backup(0.3)
    data["scenarios"].append(copy.deepcopy(data["scenarios"][0]) | {"id": "worse", "probability": 0.2})
    plan = solve(data)

    def interrupt(what: str, done: int, _of: int) -> None:
        if what.endswith("branches") and done == 1:
            raise KeyboardInterrupt

    found = optimizer.shortfall(plan, folder=tmp_path / "out", workers=1, tell=interrupt)
    assert found.info["status"] == "stopped"
    rows = found.shortfall[found.shortfall["measure"] == "standing"].set_index("future")["short"]
    assert sorted(rows[["gone", "worse"]].isna()) == [False, True]
    assert rows[["gone", "worse"]].max() == pytest.approx(10)
    assert rows["base"] == pytest.approx(0)
    assert pd.isna(rows["expected"])
    row = only(found.measures, measure="standing")
    assert (row.status, pd.isna(row.short), found.info["stops_of"]) == ("stopped", True, "as planned")
    whole = optimizer.shortfall(plan, folder=tmp_path / "out", workers=1)
    assert short(whole, "expected")["standing"] == pytest.approx(5)
    assert only(whole.measures, measure="standing").short == pytest.approx(5)
    assert whole.info["stops_of"] == "funded plants"


def test_a_future_that_lacks_what_must_be_met_is_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `evaluate` tells of a branch that has no operations: no figure, the mean neither, and the measure says so."""

    def failing(*args: Any, **options: Any) -> Evaluation:
        found = evaluate(*args, **options)
        if not args[1].fundings:
            found.futures.loc[found.futures["future"] == "gone", "status"] = "not met"
            found.short = found.short[found.short["branch"] != "gone"]
        return found

    monkeypatch.setattr(study, "evaluate", failing)
    found = of(backup(0.4))
    for future, blank in (("gone", True), ("expected", True), ("base", False)):
        assert pd.isna(only(found.shortfall, measure="standing", future=future).short) == blank
        assert pd.isna(only(found.shortfall, measure="funded plants", future=future).taken_off) == blank
    row = only(found.measures, measure="standing")
    assert pd.isna(row.short)
    assert row.status == "something that must be met is not in gone; these are left out"
    assert only(found.measures, measure="funded plants").short == pytest.approx(0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_all_measures_together_are_the_plan(seed: int) -> None:
    """Operated anew with all of it, as much is short as in the plan itself, in each future; no step makes it worse."""
    plan = solve(generate(seed, scenarios=2), gap=1e-6)
    found = optimizer.shortfall(plan, workers=1)
    for future in found.shortfall["future"].unique():
        tonnes = list(short(found, future).values())
        assert tonnes[-2] == pytest.approx(tonnes[-1], abs=1e-3)


def test_a_folder_is_gone_on_with_and_bad_input_named(tmp_path: Path) -> None:
    """Three tables; the same again from what is kept; no plan, no workers, another folder are refused."""
    plan = solve(backup(0.4))
    first = optimizer.shortfall(plan, folder=tmp_path / "out", workers=1)
    again = optimizer.shortfall(plan, folder=tmp_path / "out", workers=1)
    assert again.shortfall.equals(first.shortfall)
    assert {file.name for file in (tmp_path / "out").glob("*.csv")} == {"shortfall.csv", "measures.csv", "stops.csv"}
    with pytest.raises(PlanError, match="without a plan: infeasible"):
        optimizer.shortfall(optimizer.Plan(plan.instance, {"status": "infeasible", "why": "none"}))
    with pytest.raises(OptionsError, match="workers is 0"):
        optimizer.shortfall(plan, workers=0)
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(PlanError, match="holds no shortfall"):
        optimizer.shortfall(plan, folder=tmp_path, workers=1)


def _tiers() -> Data:
    """The plant's 10 t are for the town, 4 t more for the clinic at half the shortage cost. Gone at 0.4."""
    data = backup(0.4)
    cheap = data["markets"]["town"]["demand"][0]["shortage_cost"]
    line = {"product": "magnet", "tonnes": 4, "shortage_cost": cheap / 2}
    data["markets"]["clinic"] = {"channel": "open", "country": "USA", "demand": [line]}
    data["facilities"]["plant"]["capacity"] = 14
    data["facilities"]["backup"]["options"][0]["capex"] = 1e9
    return data


def test_tiers_of_demand_tell_markets_of_one_channel_apart() -> None:
    """Without a tier both are in one row; by tier each has its own tonnes, of the planning case or as given."""
    data = _tiers()
    plain = of(data)
    assert set(plain.shortfall["tier"]) == set(plain.stops["tier"]) == {""}
    assert plain.info["demand_tiers"] == []
    data["planning_case"] = {
        "demand_tiers": ["military", "industrial", "essential_civilian"],
        "tier_of": {"town": "industrial", "clinic": "essential_civilian"},
    }
    plan = solve(data)
    found = optimizer.shortfall(plan, workers=1)
    assert found.info["demand_tiers"] == ["industrial", "essential_civilian"]
    told = {row.tier: (row.demand, row.short) for row in rows_of(found.shortfall) if row.measure == "standing"
            and row.future == "expected"}  # fmt: skip
    assert told == {"industrial": (10, pytest.approx(4)), "essential_civilian": (4, pytest.approx(1.6))}
    assert only(found.stops, future="gone", market="clinic").tier == "essential_civilian"
    other = optimizer.shortfall(plan, workers=1, tiers={"urgent": ["cl*"]})
    assert other.info["demand_tiers"] == ["urgent"]
    short_of = other.shortfall[other.shortfall["future"] == "gone"].groupby("tier")["short"].first()
    assert dict(short_of) == {"urgent": pytest.approx(4), "": pytest.approx(10)}
    assert short(other, "gone") == short(plain, "gone")


def test_tiers_are_told_the_most_urgent_first(capsys: pytest.CaptureFixture[str]) -> None:
    """In tables and in words; what has none is last."""
    data = _tiers()
    found = optimizer.shortfall(solve(data), workers=1, tiers={"hospitals": ["clinic"]})
    text = said(found, capsys)
    assert "below 0" not in text
    assert "short, hospitals  short, no tier" in text
    assert "First to stop (hospitals)" in text
    assert [line.split()[0] for line in text.splitlines() if line.startswith(("hospitals", "no tier"))] == [
        "hospitals", "no", "hospitals", "no",
    ]  # fmt: skip


def said(found: optimizer.NetShortfall, capsys: pytest.CaptureFixture[str]) -> str:
    """What is on the screen."""
    brief = Brief()
    say(brief, found)
    brief.print_to(Console(width=160))
    return capsys.readouterr().out


def test_a_measure_that_leaves_more_short_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """A reserve of 4 t is filled from what trade would have had undisturbed: it takes off less than nothing there."""
    data = reserve(0.0)
    data["facilities"]["plant"]["capacity"] = 10
    data["stockpiles"]["nds"]["targets"] = [{"material": "magnet", "tonnes": 4}]
    found = of(data)
    assert short(found, "expected")["reserve"] > short(found, "expected")["standing"]
    assert "taken off, below 0: what fills a stock" in said(found, capsys)


@pytest.mark.parametrize(
    ("tiers", "words"),
    [
        ({"military": ["twon"]}, "tier military: there is no market 'twon'; did you mean 'town'?"),
        ({"military": ["town"], "civil": ["*"]}, "market 'town' is in two tiers, military and civil"),
    ],
)
def test_tiers_of_no_market_and_markets_of_two_tiers_are_refused(tiers: dict[str, list[str]], words: str) -> None:
    plan = solve(_tiers())
    with pytest.raises(OptionsError) as refused:
        optimizer.shortfall(plan, workers=1, tiers=tiers)
    assert words in str(refused.value)


def beside(found: optimizer.NetShortfall, future: str) -> dict[str, float]:
    """Measure -> t short less the baseline's in a future, over all else."""
    rows = found.differences[found.differences["future"] == future]
    sums = rows.groupby("measure", sort=False)["difference"].sum(min_count=1)
    return {str(name): float(tonnes) for name, tonnes in sums.items()}


def test_beside_a_baseline_by_hand(tmp_path: Path) -> None:
    """Last year's plan could build nothing and held 6 t; this one builds the backup: 6 t in stock are not missed."""
    last = reserve(0.5)
    last["facilities"]["plant"]["capacity"] = 10
    this = copy.deepcopy(last)
    last["stockpiles"]["nds"]["initial"] = {"magnet": 6}
    this["facilities"]["backup"] = backup(0.5)["facilities"]["backup"]
    before = solve(last)
    folder = tmp_path / "shortfall"
    found = of(this, baseline=before, folder=folder)
    assert found.info["baseline"]["instance"] == before.instance.name
    assert found.info["baseline"]["made"] == before.info["made"]
    assert beside(found, "gone") == pytest.approx(
        {"standing": 0, "funded plants": -10, "reserve": -4, "as planned": -4}
    )
    assert beside(found, "expected")["as planned"] == pytest.approx(0.5 * -4)
    row = only(found.differences, measure="reserve", future="gone", period=2028)
    assert (row.demand, row.baseline_demand) == (pytest.approx(10), pytest.approx(10))
    assert (row.short, row.baseline_short) == (pytest.approx(0), pytest.approx(4))
    stop = only(found.stop_differences, future="gone")
    assert stop.change == "stops no more"
    assert pd.isna(stop.weeks)
    assert stop.baseline_weeks == pytest.approx(52 * 0.6)
    kept = optimizer.shortfall(before, workers=1)
    pd.testing.assert_frame_equal(
        pd.read_csv(folder / "baseline" / "measures.csv"), kept.measures, check_dtype=False, check_like=True
    )
    turned = optimizer.shortfall(before, baseline=solve(this), workers=1)
    assert beside(turned, "gone") == pytest.approx({name: -tonnes for name, tonnes in beside(found, "gone").items()})
    assert only(turned.stop_differences, future="gone").change == "stops now"


def test_a_plan_beside_itself_differs_in_nothing() -> None:
    plan = solve(backup(0.4))
    found = optimizer.shortfall(plan, baseline=plan, workers=1)
    assert (found.differences["difference"] == 0).all()
    assert set(found.stop_differences["change"]) == {"the same"}


def test_a_baseline_of_other_futures_is_blank_where_it_knows_nothing(tmp_path: Path) -> None:
    """A future that last year did not have, and a market that it did not: named, and no difference is made up."""
    last = backup(0.4)
    last["scenarios"] = []
    found = of(backup(0.4), baseline=solve(last), folder=tmp_path / "found")
    gone = found.differences[found.differences["future"] == "gone"]
    assert gone["baseline_short"].isna().all()
    assert gone["difference"].isna().all()
    assert only(found.stop_differences, future="gone").change == "not in both"
    assert beside(found, "base")["as planned"] == pytest.approx(0)
    optimizer.shortfall(solve(backup(0.4)), folder=tmp_path / "found", workers=1)
    assert not (tmp_path / "found" / "differences.csv").exists()


def test_a_baseline_without_a_plan_or_with_other_markets_is_refused(tmp_path: Path) -> None:
    plan = solve(backup(0.4))
    tight = backup(0.4)
    tight["policy"] = {"budget": {"total": 0}, "rules": [{"rule": "require", "facility": "backup", "option": "build"}]}
    with pytest.raises(PlanError, match="the baseline ended without a plan: infeasible"):
        optimizer.shortfall(plan, baseline=solve(tight), workers=1, folder=tmp_path / "found")
    other = backup(0.4)
    other["markets"]["fort"] = other["markets"].pop("town")
    with pytest.raises(OptionsError, match=r"the baseline, of .*: tier military: there is no market 'town'"):
        optimizer.shortfall(plan, baseline=solve(other), tiers={"military": ["town"]}, workers=1)
    assert not (tmp_path / "found").exists()


def test_stopped_before_the_baseline_nothing_is_known_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same call goes on, and then has all; the screen says so in between."""

    def interrupt(what: str, done: int, _of: int) -> None:
        if what.endswith("branches") and done == 1:
            raise KeyboardInterrupt

    data = backup(0.3)
    data["scenarios"].append(copy.deepcopy(data["scenarios"][0]) | {"id": "worse", "probability": 0.2})
    plan, folder = solve(data), tmp_path / "found"
    found = optimizer.shortfall(plan, baseline=plan, workers=1, folder=folder, tell=interrupt)
    assert found.info["status"] == "stopped"
    assert found.differences.empty
    assert "not known, for it was stopped before" in said(found, capsys)
    again = optimizer.shortfall(plan, baseline=plan, workers=1, folder=folder)
    assert again.info["status"] == "done"
    assert (again.differences["difference"] == 0).all()
