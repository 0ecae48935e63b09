"""Cut lists against every portfolio and every chain of them; what is told where there is no plan, or no time."""

from __future__ import annotations

import itertools
import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.build import GAP, Data, instance_of, solve, with_changes
from support.params import first_fast
from support.subsets import instance_data

import optimizer
from optimizer.budgeting import work
from optimizer.budgeting.cut_tables import Level, nesting
from optimizer.budgeting.order import ranked
from optimizer.budgeting.work import Reply
from optimizer.errors import OptionsError, PlanError
from optimizer.plan.columns import rows_of
from optimizer.solver.options import Options

from .enumeration import Set, best, best_chain, capex, cost, plants

AT = (15.0, 40.0, 65.0)
EXACT = Options(gap=GAP, threads=1)


def numbers(plan: optimizer.Plan) -> Set:
    """Numbers of the plants that a plan funds."""
    return frozenset(int(str(name).removeprefix("plant")) for name in plan.portfolio["facility"])


@cache
def planned(seed: int) -> optimizer.Plan:
    """The best plan of some plants."""
    return solve(instance_data(plants(seed)))


@cache
def listed(seed: int, weights: tuple[float, ...] | None = None) -> optimizer.CutList:
    """Its cut list."""
    return optimizer.cuts(planned(seed), at=AT, of="grants", weights=weights, options=EXACT)


@pytest.mark.parametrize("drawn", first_fast([(60, (1.0, 10.0, 1.0)), (76, (1.0, 1.0, 1.0)), (15, (1.0, 1.0, 1.0))], 1))
def test_nested_portfolios_and_what_nesting_costs_as_by_enumeration(drawn: tuple[int, tuple[float, ...]]) -> None:
    """Of instances of which neither the way from the top nor that from the bottom finds the best by itself."""
    seed, weights = drawn
    given = plants(seed)
    plan = planned(seed)
    whole = numbers(plan)
    most = [capex(given, whole) * (1 - percent / 100) for percent in AT]
    found = listed(seed, weights)
    sets = [numbers(found.plans[percent]) for percent in AT]
    assert all(deep <= shallow for shallow, deep in itertools.pairwise([whole, *sets]))
    total = sum(weight * usd for weight, usd in zip(weights, found.levels["cost"], strict=True))
    assert total == pytest.approx(best_chain(given, whole, most, weights))
    assert found.info["chain"]["cost"] == pytest.approx(total)
    assert found.info["chain"]["could_save_usd"] == pytest.approx(0.0, abs=0.01)
    priced = False
    for row, chosen, usd in zip(rows_of(found.levels), sets, most, strict=True):
        assert capex(given, chosen) == pytest.approx(row.grants)
        assert row.grants <= usd + 0.01
        nesting = cost(given, chosen) - best(given, range(len(given)), usd)
        assert row.nesting_at_least == pytest.approx(nesting, abs=0.01)
        assert row.nesting_at_most == pytest.approx(nesting, abs=0.01)
        assert row.cut_cost == pytest.approx(best(given, whole, usd))
        assert row.costs_more == pytest.approx(cost(given, chosen) - cost(given, whole))
        priced |= nesting > 1.0
    assert priced, "nesting costs something here"


@pytest.mark.slow
def test_the_order_within_a_cut_as_by_enumeration() -> None:
    """Each option alone, from the portfolio before the cut; the cheapest by dollar saved goes first."""
    given = plants(15)
    plan, found = planned(15), listed(15, (1.0, 1.0, 1.0))
    whole = numbers(plan)
    befores = [whole, *(numbers(found.plans[percent]) for percent in AT)]
    money = [capex(given, whole), *(capex(given, whole) * (1 - percent / 100) for percent in AT)]
    assert sorted(found.order["facility"]) == sorted(plan.portfolio["facility"])
    groups = [f"-{percent:g} %" for percent in AT] + ["kept"]
    assert [name for name, _ in itertools.groupby(found.order["goes"])] == [
        g for g in groups if g in set(found.order["goes"])
    ]
    for goes, before, usd, after in zip(groups, befores, money, [*befores[1:], frozenset()], strict=True):
        mine = found.order[found.order["goes"] == goes]
        assert {int(name.removeprefix("plant")) for name in mine["facility"]} == before - after
        assert mine["per_usd"].is_monotonic_increasing
        for row in rows_of(mine):
            number = int(str(row.facility).removeprefix("plant"))
            costs = best(given, before - {number}, usd) - cost(given, before)
            assert row.saves == given[number].capex
            assert row.costs_at_least == pytest.approx(costs, abs=0.01)
            assert row.costs_at_most == pytest.approx(costs, abs=0.01)
            assert row.per_usd == pytest.approx(costs / given[number].capex)


def test_what_is_short_and_saved_adds_up() -> None:
    """Tonnes are those of the plants that go, money is that of the tables, year by year."""
    given = plants(60)
    plan, found = planned(60), listed(60, (1.0, 10.0, 1.0))
    made = {0.0: min(100, sum(given[n].capacity for n in numbers(plan)))}
    for row in rows_of(found.levels):
        chosen = numbers(found.plans[row.cut])
        made[row.cut] = min(100, sum(given[n].capacity for n in chosen))
        lost = 2 * (made[0.0] - made[row.cut])
        mine = found.short[(found.short["cut"] == row.cut) & (found.short["future"] == "expected")]
        assert mine["more"].sum() == pytest.approx(lost)
        assert row.more_open == pytest.approx(lost)
        assert row.loses_service == ("programs" if lost else "")
        saved = found.outlay[(found.outlay["cut"] == row.cut) & (found.outlay["account"] == "public capex")]
        assert saved["saved"].sum() == pytest.approx(capex(given, numbers(plan)) - capex(given, chosen))
        years = found.funded.set_index("facility")[f"{row.cut:g}"].dropna()
        assert {int(name.removeprefix("plant")) for name in years.index} == set(chosen)


def stocked() -> Data:
    """Two plants, one of them half public, and a public reserve to be filled to 40 t, at 100 USD a tonne missing."""
    data = instance_data(plants(60)[:2])
    data["materials"] = {"magnet": {"stage": "magnet", "price": 20, "storage": {"cost": 1}}}
    target = {"material": "magnet", "tonnes": {2028: 40}, "shortage_cost": 100}
    data["stockpiles"] = {"nds": {"country": "USA", "channel": "open", "materials": ["magnet"], "targets": [target]}}
    for facility in data["facilities"].values():
        facility["options"][0] |= {"capacity": 80, "capex": 800}
    data["facilities"]["plant1"]["options"][0]["public_share"] = 0.5
    data["markets"]["programs"]["demand"][0]["tonnes"] = 100
    return data


def test_which_money_is_cut() -> None:
    """Of all public outlay the reserve gives first where it is cheap; of capex it may not take what plants give up."""
    plan = solve(stocked())
    spends = plan.outlay.groupby("account")["usd"].sum()
    outlay = optimizer.cuts(plan, at=[20], options=EXACT)
    row = outlay.levels.iloc[0]
    assert outlay.info["of_which_counts"] == pytest.approx(spends.sum())
    assert row.spends <= 0.8 * spends.sum() + 0.01
    assert row.spends == pytest.approx(outlay.plans[20.0].outlay["usd"].sum())
    for of, usd in (("grants", spends["capex"]), ("capex", plan.portfolio["capex"].sum())):
        found = optimizer.cuts(plan, at=[20], of=of, options=EXACT)
        row = found.levels.iloc[0]
        assert found.info["of_which_counts"] == pytest.approx(usd)
        assert row[of] <= 0.8 * usd + 0.01
        assert row.stock <= spends["stockpile"] + 0.01
    assert found.plans[20.0].info["verdict"]["ok"]


def test_no_cut_spends_more_on_stockpiles_than_a_smaller_one() -> None:
    """A little less is best taken from the reserve; much less from a plant, and by itself that would fill it again."""
    data = stocked()
    data["stockpiles"]["nds"]["targets"][0]["shortage_cost"] = 400
    plan = solve(data)
    at = [5, 15]
    found = optimizer.cuts(plan, at=at, options=EXACT, order=False)
    stock = [plan.outlay[plan.outlay["account"] == "stockpile"]["usd"].sum(), *found.levels["stock"]]
    assert all(deep <= shallow + 0.01 for shallow, deep in itertools.pairwise(stock)), stock
    alone = [optimizer.cuts(plan, at=[share], options=EXACT, order=False).levels["stock"][0] for share in at]
    assert any(deep > shallow + 1.0 for shallow, deep in itertools.pairwise(alone)), "by themselves they would"


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_what_price_steps_add_is_cut_too(share: float) -> None:
    """Half of what the reserve takes in costs twice as much; money is saved by buying less, or more slowly.

    And where governments pay a share of it, that share is cut.
    """
    data = stocked()
    data["stockpiles"]["nds"]["public_share"] = share
    plan = solve(data)
    taken = plan.stock[plan.stock["scenario"] == "trunk"]["in"].max()
    data["stockpiles"]["nds"]["price_steps"] = {"magnet": [{"above": float(taken) / 2, "factor": 2.0}]}
    plan = solve(data)
    spends = plan.outlay.groupby("instrument")["usd"].sum()
    assert spends["price_step"] > 0
    found = optimizer.cuts(plan, at=[10, 30], options=EXACT, order=False)
    assert found.info["of_which_counts"] == pytest.approx(spends.sum())
    assert found.info["spends"]["price_steps"] == pytest.approx(spends["price_step"])
    for row in rows_of(found.levels):
        outlay = found.plans[row.cut].outlay["usd"].sum()
        assert found.plans[row.cut].info["verdict"]["ok"]
        assert row.spends == pytest.approx(outlay)
        assert outlay <= row.most + 0.01
        assert row.stock <= found.info["spends"]["stock"] + 0.01


def hard(most: float) -> Data:
    """Half of the demand must be met, by two plants of which each makes that much; money for one or none."""
    data = instance_data(plants(60)[:2])
    data["markets"]["must"] = {"channel": "open", "country": "USA", "demand": [{"product": "magnet", "tonnes": 50}]}
    data["markets"]["programs"]["demand"][0]["tonnes"] = 50
    for facility in data["facilities"].values():
        facility["options"][0] |= {"capacity": 50, "capex": most}
    return data


def test_a_cut_without_a_plan_says_what_is_missing() -> None:
    """One plant of two can go, for half the money; with less there is none for what must be met."""
    plan = solve(hard(100.0))
    assert len(plan.portfolio) == 2
    found = optimizer.cuts(plan, at=[50, 60], options=EXACT)
    assert found.levels["status"].tolist() == ["nested", "no plan"]
    assert found.info["status"] == "partial"
    assert "must lacks 50 t of magnet" in found.levels["missing"][1]
    assert found.levels["missing"][0] == ""
    assert pd.isna(found.levels["cost"][1])
    assert set(found.order["goes"]) == {"-50 %", "kept"}
    kept = found.order[found.order["goes"] == "kept"].iloc[0]
    assert kept.note == "no plan without it"
    assert pd.isna(kept.costs_at_most)


def test_a_cut_that_only_other_options_can_meet() -> None:
    """The plan funds one dear plant; for half the money there is one that it does not fund."""
    data = hard(1000.0)
    cheap = {
        "id": "build",
        "capacity": 50,
        "capex": 400,
        "lead": 0,
        "earliest": 2027,
        "latest": 2027,
        "public_share": 1.0,
    }
    data["facilities"]["plant1"]["options"] = [cheap | {"fixed_cost": 5000}]
    data["markets"].pop("programs")
    plan = solve(data)
    assert plan.portfolio["facility"].tolist() == ["plant0"]
    found = optimizer.cuts(plan, at=[50], options=EXACT)
    assert found.levels["status"].tolist() == ["only with other options"]
    assert plan.objective is not None
    assert found.levels["best_cost"][0] == pytest.approx(plan.objective - 1000 + 400 + 2 * 5000)
    assert "must lacks" in found.levels["missing"][0]


def test_an_expansion_goes_before_what_it_stands_on() -> None:
    """Though the base is the cheaper to give up by the dollar."""
    base, more = ("plant", "base"), ("plant", "more")
    whole = Reply("optimal", "", 100.0, 100.0)
    answers = {base: Reply("optimal", "", 110.0, 110.0), more: Reply("optimal", "", 150.0, 150.0)}
    found = ranked("-10 %", whole, answers, {base: 100.0, more: 10.0}, {more: base})
    assert [item.option for item in found] == [more, base]
    assert found[1].note == "takes plant:more with it"
    assert (found[0].least, found[0].most) == (50.0, 50.0)


def test_what_gaps_leave_open_is_an_interval() -> None:
    """Bounds of both solves, and no more than they say."""
    whole = Reply("optimal", "", 100.0, 98.0)
    (found,) = ranked("kept", whole, {("a", "b"): Reply("optimal", "", 107.0, 103.0)}, {("a", "b"): 5.0}, {})
    assert (found.cost, found.least, found.most) == (7.0, 3.0, 9.0)


def test_what_nesting_costs_between_bounds() -> None:
    """At least its bound less the cheapest plan for the money, its own too; at most its plan less the best's bound."""
    level = Level(10.0, 1.0, best=Reply("optimal", "", 100.0, 95.0), cut=Reply("optimal", "", 103.0, 99.0))
    level.nested = Reply("optimal", "", 110.0, 106.0)
    assert nesting(level) == (6.0, 15.0)
    level.cut = Reply("optimal", "", 98.0, 97.0)
    assert nesting(level) == (8.0, 15.0)
    level.nested = Reply("optimal", "", 97.0, 96.0)
    assert nesting(level) == (0.0, 2.0)
    level.best = Reply("no_plan", "the time limit was reached", None, None)
    assert nesting(level) == (0.0, None)


@pytest.mark.slow
def test_a_baseline_is_what_differences_are_to() -> None:
    """Named and dated; the money that is cut is still the plan's."""
    given = plants(60)
    plan = planned(60)
    last = solve(with_changes(instance_data(given), policy={"rules": [{"rule": "count", "stage": "magnet", "max": 1}]}))
    found = optimizer.cuts(plan, at=[15, 40, 65], of="grants", baseline=last, options=EXACT, order=False)
    own = listed(60)
    assert found.info["baseline"]["made"] == last.info["made"]
    assert found.levels["cost"][0] == own.levels["cost"][0]
    assert plan.objective is not None
    assert last.objective is not None
    assert found.levels["costs_more"][0] == pytest.approx(own.levels["costs_more"][0] + plan.objective - last.objective)


@pytest.mark.slow
def test_a_stopped_list_goes_on_and_asks_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after five answers; then the rest, and the list is that of a run that was not stopped."""
    plan = planned(60)
    settings: dict[str, Any] = {"at": [15.0, 40.0], "of": "grants", "options": EXACT}
    whole = optimizer.cuts(plan, folder=tmp_path / "whole", **settings)
    real, count = work.do, iter(range(5))

    def five(home: Any, question: Any) -> Any:
        if next(count, None) is None:
            raise KeyboardInterrupt
        return real(home, question)

    monkeypatch.setattr(work, "do", five)
    half = optimizer.cuts(plan, folder=tmp_path / "half", **settings)
    assert half.info["status"] == "stopped"
    assert half.info["solved_now"] == 5
    monkeypatch.setattr(work, "do", real)
    rest = optimizer.cuts(plan, folder=tmp_path / "half", **settings)
    assert rest.info["status"] == "done"
    assert rest.info["solved_now"] == whole.info["solved_now"] - 5
    left_out = ["plan"]
    pd.testing.assert_frame_equal(rest.levels.drop(columns=left_out), whole.levels.drop(columns=left_out))
    pd.testing.assert_frame_equal(rest.order, whole.order)
    note = json.loads((tmp_path / "half" / "cuts.json").read_text(encoding="utf-8"))
    assert note["status"] == "done"
    again = optimizer.Plan.read(tmp_path / "half" / rest.levels["plan"][0])
    assert numbers(again) == numbers(whole.plans[AT[0]])
    with pytest.raises(PlanError, match="another of"):
        optimizer.cuts(plan, folder=tmp_path / "half", at=[15.0], options=EXACT)


@pytest.mark.slow
def test_processes_come_to_the_same() -> None:
    """Two at once."""
    plan, one = planned(60), listed(60)
    two = optimizer.cuts(plan, at=AT, of="grants", options=EXACT, workers=2)
    pd.testing.assert_frame_equal(one.order, two.order)
    assert one.levels["gives_up"].tolist() == two.levels["gives_up"].tolist()


def test_an_instance_is_solved_first() -> None:
    """And its plan is the list's at no cut."""
    instance = instance_of(instance_data(plants(60)))
    found = optimizer.cuts(instance, at=[40], of="grants", options=EXACT, order=False)
    assert numbers(found.plans[0.0]) == numbers(planned(60))
    none = optimizer.cuts(instance_of(with_changes(hard(100.0), policy={"budget": {"total": 50}})), options=EXACT)
    assert none.info["status"] == "infeasible"
    assert none.levels.empty


def test_what_makes_no_sense_is_refused_all_at_once() -> None:
    """Every fault in one message."""
    plan = planned(60)
    with pytest.raises(OptionsError, match=r"of is 'gold'.*120 percent.*40 percent is given twice.*1 weights for 3"):
        optimizer.cuts(plan, at=[120, 40, 40], of="gold", weights=[1])
    with pytest.raises(OptionsError, match="no rows over fundings"):
        optimizer.cuts(plan, options=Options(method="hedging"))
    unpriced = instance_of(instance_data(plants(60)) | {"lexicographic": ["service", "cost"]})
    for asks in (optimizer.cuts, lambda instance: optimizer.calendar(instance, within_usd=1.0)):
        with pytest.raises(OptionsError, match="lexicographic=null"):
            asks(unpriced)
    free = instance_data(plants(60))
    for facility in free["facilities"].values():
        facility["options"][0]["public_share"] = 0.0
    with pytest.raises(OptionsError, match="spends nothing that counts as outlay"):
        optimizer.cuts(solve(free), options=EXACT)
