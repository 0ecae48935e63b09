"""Decision calendars against every way to fund plants over four years; what facts imply; what is told without proof."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.build import GAP, instance_of, solve

import optimizer
from optimizer.budgeting import work
from optimizer.budgeting.facts import NEVER, Facts
from optimizer.budgeting.milestones import missed
from optimizer.budgeting.work import Reply
from optimizer.errors import OptionsError, PlanError
from optimizer.network.network import network_of
from optimizer.plan.columns import rows_of
from optimizer.solver.options import Options

from .enumeration import YEARS, Timed, timed_data, waiting

EXACT = Options(gap=GAP, threads=1)
DEMAND = {2027: 40, 2028: 60, 2029: 80, 2030: 100}
PLANTS = (
    Timed(40, 900, 0),
    Timed(25, 1100, 1),
    Timed(25, 1150, 1, latest=2028),
    Timed(30, 1300, 2),
    Timed(20, 1400, 0, earliest=2028),
)
"""Of 40 t wanted in the first year and 100 in the last."""
CASES = {"growing": (PLANTS, DEMAND), "flat": (PLANTS, dict.fromkeys(YEARS, 105))}


@cache
def planned(case: str) -> optimizer.Plan:
    """The best plan of a case."""
    return solve(timed_data(*CASES[case]))


@cache
def dated(case: str, within: float) -> optimizer.DecisionCalendar:
    """Its calendar."""
    return optimizer.calendar(planned(case), within_usd=within, options=EXACT)


@pytest.mark.parametrize("case", sorted(CASES))
@pytest.mark.parametrize("within", [50.0, 400.0])
def test_last_years_and_waiting_as_by_enumeration(case: str, within: float) -> None:
    """Every line: the last year, what each year costs, and whether it is needed at all."""
    given, demand = CASES[case]
    plan, found = planned(case), dated(case, within)
    least = waiting(given, demand)
    assert found.info["status"] == "done"
    assert found.info["best"] == pytest.approx(least)
    assert len(found.lines) == len(plan.portfolio) >= 3
    for row in rows_of(found.lines):
        number = int(row.facility.removeprefix("plant"))
        never = waiting(given, demand, number) - least
        costs = {t: waiting(given, demand, number, t) - least for t in given[number].years}
        assert row.never_at_least <= never + 0.01
        assert row.never_at_most >= never - 0.01
        if never <= within:
            assert row.verdict == "never needed"
            assert pd.isna(row.last_year)
            continue
        assert row.never_at_least == pytest.approx(never, abs=0.01)
        last = max(t for t, usd in costs.items() if usd <= within)
        assert row.last_year == row.last_year_at_most == last, row
        assert row.verdict == ("now" if last == row.funded else "can wait")
        mine = found.waits[found.waits["facility"] == row.facility]
        for wait in rows_of(mine):
            usd = never if pd.isna(wait.not_before) else costs[wait.not_before]
            assert wait.costs_at_least - 0.01 <= usd <= wait.costs_at_most + 0.01
            assert wait.as_good == ("yes" if usd <= within else "no")
            assert pd.isna(wait.then_funded) or pd.isna(wait.not_before) or wait.then_funded >= wait.not_before
            if wait.status == "asked":
                assert wait.costs_at_least == pytest.approx(usd, abs=0.01)
                assert wait.costs_at_most == pytest.approx(usd, abs=0.01)
        later = [t for t in given[number].years if t > row.funded]
        if later and later[0] > last:
            assert (mine["status"] == "asked").any(), "a year of waiting is priced"


def test_the_cases_hold_every_verdict() -> None:
    """What can wait, what cannot, and what is not needed: else the test above says little."""
    verdicts = {word for case in CASES for within in (50.0, 400.0) for word in dated(case, within).lines["verdict"]}
    assert verdicts == {"now", "can wait", "never needed"}


def test_more_waits_are_priced_when_asked_for() -> None:
    """Every year that there is, each exactly."""
    given, demand = CASES["growing"]
    least = waiting(given, demand)
    found = optimizer.calendar(planned("growing"), within_usd=1.0, waits=4, options=EXACT)
    for row in rows_of(found.waits):
        number = int(row.facility.removeprefix("plant"))
        usd = waiting(given, demand, number, None if pd.isna(row.not_before) else int(row.not_before)) - least
        assert row.costs_at_least == pytest.approx(usd, abs=1.01)
        assert row.costs_at_most == pytest.approx(usd, abs=1.01)
    for line in rows_of(found.lines):
        mine = found.waits[found.waits["facility"] == line.facility]
        later = [t for t in given[int(line.facility.removeprefix("plant"))].years if t > line.funded]
        assert mine["not_before"].dropna().tolist() == later


def strict_data() -> Any:
    """A plant for each of two channels, both dear to miss; the stricter has a reserve maker from 2029 on."""
    data = timed_data([Timed(40, 500, 0), Timed(40, 500, 0)], dict.fromkeys(YEARS, 40))
    data["channels"] = {"mdap": {}, "open": {}}
    line = {"product": "magnet", "tonnes": 40, "shortage_cost": 50}
    data["markets"] = {
        "programs": {"channel": "mdap", "country": "USA", "demand": [line]},
        "industry": {"channel": "open", "country": "USA", "demand": [dict(line, shortage_cost=40)]},
    }
    return data


def test_service_of_the_strictest_channel_has_its_own_last_year() -> None:
    """With one plant late, what there is goes to programmes: cost is up at once, their service never worse."""
    found = optimizer.calendar(solve(strict_data()), within_usd=1.0, options=EXACT)
    assert found.info["strictest"] == "mdap"
    for row in rows_of(found.lines):
        assert row.verdict == "now"
        assert row.last_year == 2027
        assert pd.isna(row.last_year_served), "never: the other plant serves programmes"
        assert row.then_short.startswith("industry magnet 2027 40 t")
    alone = strict_data()
    alone["facilities"].pop("plant1")
    alone["markets"].pop("industry")
    (row,) = rows_of(optimizer.calendar(solve(alone), within_usd=1.0, options=EXACT).lines)
    assert row.last_year_served == 2027
    assert row.then_short.startswith("programs magnet 2027 40 t")


def test_what_must_be_met_leaves_no_plan_that_waits() -> None:
    """A hard demand from 2029 on, a lead of one year: funded by 2028, and no plan has it later."""
    data = timed_data([Timed(40, 500, 1)], {2027: 0, 2029: 40})
    data["markets"]["programs"]["demand"][0].pop("shortage_cost")
    found = optimizer.calendar(solve(data), within_usd=1.0, options=EXACT)
    row = found.lines.iloc[0]
    assert row.funded == row.last_year == 2028
    assert pd.isna(row.wait_1_at_least)
    assert pd.isna(row.never_at_least)
    assert "no plan waits longer" in row.dates
    assert found.waits["status"].tolist()[0] == "no plan"


def test_what_comes_in_its_place() -> None:
    """The next plant in price, in the same year."""
    given = (Timed(40, 500, 0), Timed(40, 600, 0))
    found = optimizer.calendar(solve(timed_data(given, dict.fromkeys(YEARS, 40))), within_usd=1.0, options=EXACT)
    row = found.lines.iloc[0]
    assert row.facility == "plant0"
    assert row.instead == "left out; with plant1:build 2027"
    assert row.wait_1_at_least == pytest.approx(100.0)


def test_dates_say_what_a_later_funding_misses() -> None:
    """A rule's year, an onset, and a channel that asks for a year on line first; not what it cannot do with."""
    data = timed_data([Timed(40, 500, 1), Timed(40, 500, 0)], dict.fromkeys(YEARS, 40))
    data["countries"] = {"USA": "domestic", "CAN": "ally"}
    data["facilities"]["mine"] = {"stage": "mining", "country": "CAN", "recipes": ["dig"], "capacity": 1}
    data["materials"]["ore"] = {"stage": "mining"}
    data["recipes"]["dig"] = {"stage": "mining", "outputs": {"ore": 1}, "cost": 1, "confidence": "A"}
    data["facilities"]["plant0"]["options"][0]["qualification"] = {"open": 1}
    data["policy"] = {"rules": [
        {"rule": "count", "stage": "magnet", "min": 1, "by": 2029},
        {"rule": "count", "stage": "mining", "min": 0, "by": 2029},
        {"rule": "require", "facility": "plant1", "by": 2029},
        {"rule": "domestic_content", "channel": "open", "stage": "magnet", "share": {2028: 0.0, 2030: 0.5}},
    ]}  # fmt: skip
    storm = [{"affects": "facilities", "where": {"id": "plant1"}, "available": 0.5}]
    data["scenarios"] = [{"id": "storm", "probability": 0.0, "onset": 2028, "duration": 1, "effects": storm}]
    network = network_of(instance_of(data))
    option = ("plant0", "build")
    later = "with what is qualified for open"
    assert missed(network, option, 2027, 2028) == ["2028: onset of storm", f"2029 {later}: rule 0 (count)"]
    assert missed(network, option, 2028, 2029) == [
        "2029: rule 0 (count)",
        f"2030 {later}: rule 3 (domestic_content)",
    ]
    assert missed(network, ("plant1", "build"), 2028, 2030)[-1] == "2029: rule 0 (count), rule 2 (require)"


def test_a_plan_found_for_one_option_counts_for_all_that_it_funds_late() -> None:
    """And a bound on waiting is one on waiting longer, never one on waiting less."""
    one, other = ("a", "build"), ("b", "build")
    facts = Facts(10.0)
    facts.plan(100.0, [("a", "build", 2027), ("b", "build", 2027)], {})
    facts.note(None, NEVER, Reply("optimal", "", 100.0, 99.0, (("a", "build", 2027), ("b", "build", 2027))))
    facts.note(one, 2029, Reply("optimal", "", 130.0, 120.0, (("b", "build", 2030),)))
    assert facts.waiting(one, NEVER) is facts.waiting(other, 2030)
    assert facts.waiting(other, NEVER) is None
    assert facts.costs(one, 2029) == facts.costs(one, NEVER) == (20.0, 31.0)
    assert facts.costs(one, 2028) == (0.0, 31.0)
    assert facts.costs(other, 2028) == (0.0, 31.0)
    assert facts.costs(other, NEVER) == (0.0, None)
    assert facts.too_late(one, NEVER)
    assert not facts.too_late(one, 2028)
    assert not facts.good(one, 2028)
    facts.note(other, NEVER, Reply("infeasible", "proved", None, None))
    assert facts.costs(other, NEVER) == (None, None)
    assert facts.costs(other, 2028) == (0.0, 31.0)


def test_without_proof_the_last_year_is_an_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that prove nothing leave the last year open, and it is said so."""
    real = work.do

    def blunt(home: Any, question: Any) -> Any:
        done = real(home, question)
        return [(q, replace(r, bound=None), plan) for q, r, plan in done]

    monkeypatch.setattr(work, "do", blunt)
    plan = planned("growing")
    found = optimizer.calendar(plan, within_usd=50.0, options=EXACT)
    assert found.info["status"] == "partial"
    open_ = found.lines[found.lines["verdict"] == "not proved"]
    assert not open_.empty
    assert open_["last_year_at_most"].isna().all(), "as far as is proved, they might never be needed"
    assert set(found.lines["verdict"]) <= {"not proved", "never needed"}


def test_a_stopped_calendar_goes_on_and_asks_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after three answers; then the rest, and it says what a run says that was not stopped."""
    plan = planned("growing")
    whole = dated("growing", 50.0)
    real, count = work.do, iter(range(3))

    def three(home: Any, question: Any) -> Any:
        if next(count, None) is None:
            raise KeyboardInterrupt
        return real(home, question)

    monkeypatch.setattr(work, "do", three)
    half = optimizer.calendar(plan, within_usd=50.0, options=EXACT, folder=tmp_path / "cal")
    assert half.info["status"] == "stopped"
    assert half.info["solved_now"] == 3
    monkeypatch.setattr(work, "do", real)
    rest = optimizer.calendar(plan, within_usd=50.0, options=EXACT, folder=tmp_path / "cal")
    assert rest.info["solved_now"] == whole.info["solved_now"] - 3
    pd.testing.assert_frame_equal(rest.lines, whole.lines)
    pd.testing.assert_frame_equal(rest.waits, whole.waits)
    unpriced = optimizer.calendar(plan, within_usd=50.0, price=False, options=EXACT, folder=tmp_path / "cal")
    assert unpriced.info["solved_now"] == 0, "what is solved to the gap says when it is too late"
    wider = optimizer.calendar(plan, within_usd=400.0, options=EXACT, folder=tmp_path / "cal")
    assert wider.info["solved_now"] < whole.info["solved_now"], "answers hold whatever the tolerance is"
    assert json.loads((tmp_path / "cal" / "calendar.json").read_text(encoding="utf-8"))["within_usd"] == 400.0
    with pytest.raises(PlanError, match="another plan"):
        optimizer.calendar(
            instance_of(timed_data(*CASES["growing"])), within_usd=50.0, options=EXACT, folder=tmp_path / "cal"
        )


def test_what_makes_no_sense_is_refused() -> None:
    """A tolerance below nothing, a funding that the plan does not make, a plan that funds nothing."""
    plan = planned("growing")
    with pytest.raises(OptionsError, match="within_usd is -1"):
        optimizer.calendar(plan, within_usd=-1)
    with pytest.raises(OptionsError, match="does not fund plant9:build; it funds plant0:build"):
        optimizer.calendar(plan, within_usd=1.0, only=[("plant9", "build")])
    nothing = solve(timed_data([Timed(1, 10_000, 0)], DEMAND))
    with pytest.raises(OptionsError, match="funds nothing"):
        optimizer.calendar(nothing, within_usd=1.0)


def test_one_funding_can_be_asked_about_alone() -> None:
    """And the answer is the same."""
    plan = planned("growing")
    whole = dated("growing", 50.0)
    one = optimizer.calendar(plan, within_usd=50.0, only=[("plant0", "build")], options=EXACT)
    assert one.lines["facility"].tolist() == ["plant0"]
    columns = ["last_year", "never_at_least", "verdict"]
    expected = whole.lines[whole.lines["facility"] == "plant0"][columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(one.lines[columns], expected)


def test_a_baseline_stands_beside_it() -> None:
    """Last year's plan funded another plant, and this one a year before; what is asked is the same."""
    plan = planned("growing")
    last = solve(timed_data([Timed(1, 10_000, 0), *PLANTS[1:]], DEMAND))
    found = optimizer.calendar(plan, within_usd=50.0, options=EXACT, baseline=last)
    before = {row.facility: row.funded for row in rows_of(last.portfolio)}
    assert found.info["baseline"]["made"] == last.info["made"]
    gone = set(last.portfolio["facility"]) - set(plan.portfolio["facility"])
    assert found.info["baseline"]["no_longer_funded"] == [f"{name}:build" for name in sorted(gone)]
    for row in rows_of(found.lines):
        assert row.facility in before or pd.isna(row.baseline_funded)
        if row.facility in before:
            assert row.baseline_funded == before[row.facility]
            assert row.years_later == row.funded - before[row.facility]
    alone = dated("growing", 50.0)
    assert alone.lines["baseline_funded"].isna().all()
    assert alone.lines["last_year"].tolist() == found.lines["last_year"].tolist()


def test_without_prices_the_last_years_are_the_same() -> None:
    """Solves stop once it is known whether a year is too late; what waiting costs lies in wider intervals."""
    for case, (given, demand) in CASES.items():
        found = optimizer.calendar(planned(case), within_usd=50.0, price=False, options=EXACT)
        priced = dated(case, 50.0).lines.set_index("facility")
        least = waiting(given, demand)
        for row in rows_of(found.lines):
            same = priced.loc[row.facility]
            assert row.verdict == same["verdict"]
            assert pd.isna(row.last_year) if pd.isna(same["last_year"]) else row.last_year == same["last_year"]
            never = waiting(given, demand, int(row.facility.removeprefix("plant"))) - least
            assert row.never_at_least - 0.01 <= never
            assert pd.isna(row.never_at_most) or never <= row.never_at_most + 0.01
