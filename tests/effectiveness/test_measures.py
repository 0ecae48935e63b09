"""What each measure of a plan costs and avoids, by hand; what is idle avoids nothing; what is wrong is refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from comparison.conftest import only
from finance.conftest import GRANT, LEFT, plant
from support.build import Data, solve
from support.generate import generate

import optimizer
from optimizer.effectiveness.measure import WHOLE, operable, without
from optimizer.effectiveness.operate import Operator
from optimizer.effectiveness.tables import COLUMNS
from optimizer.errors import OptionsError, PlanError
from optimizer.evaluation import Portfolio, evaluate
from optimizer.plan.columns import rows_of

from .conftest import P, mixed

NDS, BUILD, BETTER = "nds", "backup:build", "better for magnet"


def of(data: Data, **options: Any) -> optimizer.Measures:
    return optimizer.measures(solve(data), workers=1, **options)


def row(found: optimizer.Measures, measure: str) -> Any:
    return only(found.measures, measure=measure)


def test_the_plan_is_as_by_hand(plan: optimizer.Plan, found: optimizer.Measures) -> None:
    """1 t is short where the plant is gone: 0.3 on the mean, operated anew as in the plan's own tables."""
    assert list(found.measures["measure"]) == [NDS, BUILD, BETTER]
    assert list(found.measures["kind"]) == ["reserve", "option", "substitution"]
    assert found.info["short_planned"]["mixed"] == pytest.approx(P)
    assert found.info["short_operated"]["mixed"] == pytest.approx(P)
    assert plan.portfolio["facility"].tolist() == ["backup"]


@pytest.mark.parametrize(("measure", "tonnes"), [(NDS, 4.0), (BUILD, 3.0), (BETTER, 2.0)])
def test_tonnes_avoided_by_hand(found: optimizer.Measures, measure: str, tonnes: float) -> None:
    """Where the plant is gone each avoids what it brings, for all others are used up; undisturbed none avoids any."""
    mine = row(found, measure)
    assert mine.avoided == pytest.approx(P * tonnes)
    assert mine.avoided_open == pytest.approx(P * tonnes)
    assert (mine.worst, mine.worst_avoided, mine.worst_avoided_open) == ("gone", *[pytest.approx(tonnes)] * 2)
    there = only(found.futures, measure=measure, future="gone")
    assert (there.channel, there.material) == ("open", "magnet")
    assert (there.short, there.without, there.avoided) == pytest.approx((1, 1 + tonnes, tonnes))
    assert found.futures[(found.futures["measure"] == measure) & (found.futures["future"] == "base")].empty


def test_a_reserve_by_hand(found: optimizer.Measures) -> None:
    """4 t bought at 50 in 2027 and held at 1 for two years; the system makes them at 10 and does not hold them in 2028
    where they are released."""
    mine = row(found, NDS)
    public, system = 4 * 50 + 2 * 4, 4 * 10 + 4 + (1 - P) * 4
    assert (mine.outlay, mine.outlay_discounted) == pytest.approx((public, public))
    assert mine.system == pytest.approx(system)
    assert mine.saved == pytest.approx(P * 4 * 100 - system)
    assert (mine.capacity, mine.unit) == (pytest.approx(4), "t held")
    assert mine.public_per_capacity == pytest.approx(public / 4)
    assert mine.public_per_avoided == pytest.approx(public / (P * 4))
    assert mine.system_per_avoided == pytest.approx(system / (P * 4))


def test_an_option_by_hand(found: optimizer.Measures) -> None:
    """60 USD of capex, half of it public, and 3 t at 10 where the plant is gone; undisturbed the plant makes them."""
    mine = row(found, BUILD)
    assert (mine.outlay, mine.capex, mine.capacity) == pytest.approx((30, 60, 3))
    assert mine.unit == "t/yr magnet"
    assert mine.system == pytest.approx(60 + P * 3 * 10)
    assert mine.saved == pytest.approx(P * 3 * 100 - 60 - P * 3 * 10)
    assert (mine.public_per_capacity, mine.public_per_avoided) == pytest.approx((10, 30 / (P * 3)))
    added = only(found.capacity, measure=BUILD)
    assert (added.stage, added.materials, added.capacity, added.capex_per_capacity) == ("magnet", "magnet", 3, 20)


def test_a_substitution_by_hand(found: optimizer.Measures) -> None:
    """2 t at 20 where the plant is gone, and governments pay nothing."""
    mine = row(found, BETTER)
    assert (mine.outlay, mine.public_per_avoided) == pytest.approx((0, 0))
    assert mine.system == pytest.approx(P * 2 * 20)
    assert mine.system_per_avoided == pytest.approx(20)
    assert pd.isna(mine.capacity)


def test_the_strictest_tier_has_its_own_price() -> None:
    """A fort asks for 1 t of the strict channel, which a tonne short costs more: the others go without first."""
    data = mixed()
    data["channels"] = {"strict": {}, "open": {}}
    fort = copy.deepcopy(data["markets"]["town"]) | {"channel": "strict"}
    fort["demand"][0] |= {"tonnes": 1, "shortage_cost": 500, "accepts": ["magnet"]}
    data["markets"] = {"fort": fort, "town": data["markets"]["town"]}
    data["stockpiles"]["nds"]["channel"] = "strict"
    found = of(data)
    mine = row(found, NDS)
    assert mine.strictest == "strict"
    assert mine.avoided_strict == pytest.approx(0)
    assert mine.avoided_open == pytest.approx(P * 4)
    assert pd.isna(mine.public_per_strictest)
    del data["facilities"]["backup"]
    mine = row(of(data), NDS)  # nothing else is of the strict channel then
    assert (mine.avoided_strict, mine.avoided_open) == pytest.approx((P, P * 3))
    assert mine.public_per_strictest == pytest.approx(mine.outlay_discounted / P)


def test_as_much_stock_is_kept_as_can_be_made() -> None:
    """The plant makes 3 t and an option 20 more. Without it 3 of the 4 t are stored in 2027, all that is made, and 4 in
    2028, of 3 t of the plant and 3 of the backup: the reserve is kept as planned, and the market goes without."""
    data = mixed()
    data["facilities"]["plant"] |= {"capacity": 3, "options": [{"id": "more", "capacity": 20, "capex": 1}]}
    data["facilities"]["other"]["capacity"] = 0
    found = of(data)
    assert row(found, "plant:more").stock_kept == pytest.approx((3 + 4) / 8)
    there = found.futures[found.futures["measure"] == "plant:more"].set_index("future")
    assert there.loc["gone", "short"] == pytest.approx(10 - 4 - 3)
    assert there.loc["gone", "without"] == pytest.approx(10 + (10 - 3 - 3))
    assert there.loc["base", "avoided"] == pytest.approx(10 + (10 - 5))


def test_what_is_built_on_an_option_goes_with_it_and_groups_go_together() -> None:
    """Without the backup its expansion cannot be; by stage and by facility both go at once."""
    data = mixed()
    data["facilities"]["backup"]["options"] += [
        {"id": "more", "capacity": 1, "capex": 2, "public_share": 0.5, "after": "build", "lead": 0, "earliest": 2028}
    ]
    found = of(data)
    assert row(found, BUILD).avoided == pytest.approx(P * 4)
    assert row(found, "backup:more").avoided == pytest.approx(P)
    assert row(found, BUILD).outlay == pytest.approx(30)  # what it costs is its own
    both = row(found, BUILD).outlay_discounted + row(found, "backup:more").outlay_discounted
    assert row(found, BUILD).public_per_avoided == pytest.approx(both / (P * 4))  # a tonne takes the money of both
    for by, name in (("stage", "magnet"), ("facility", "backup"), ("country", "USA"), ("tier", "domestic")):
        mine = only(of(data, by=by).measures, kind=by)
        assert (mine.measure, mine.options) == (name, 2)
        assert (mine.avoided, mine.capacity) == pytest.approx((P * 4, 4))


def test_reactions_are_a_measure() -> None:
    """The branch funds the backup itself once the plant is gone, for half of 60 times 1.2 of public money."""
    data = mixed()
    data["facilities"]["backup"]["options"][0] |= {
        "lead": 0, "earliest": 2028, "latest": 2028, "react": {"capex_factor": 1.2}
    }  # fmt: skip
    found = of(data)
    mine = only(found.measures, kind="reactions")
    assert mine.avoided == pytest.approx(P * 3)
    assert mine.outlay == pytest.approx(P * 0.5 * 60 * 1.2)


def test_what_is_idle_avoids_nothing() -> None:
    """An option that a rule requires and nobody uses; a stockpile of what nobody wants; a grade that is not made."""
    data = mixed()
    data["facilities"]["yard"] = data["facilities"]["backup"] | {
        "options": [{"id": "show", "capacity": 0, "capex": 7, "public_share": 1.0}]
    }
    data["policy"] = {"rules": [{"rule": "require", "facility": "yard"}]}
    data["stockpiles"]["spare"] = data["stockpiles"]["nds"] | {"capacity": {"magnet": 0}}
    data["facilities"]["other"]["capacity"] = 0
    found = of(data)
    for measure, cost in (("yard:show", 7.0), ("spare", 0.0), (BETTER, 0.0)):
        mine = row(found, measure)
        assert (mine.avoided, mine.worst_avoided) == (0, 0)
        assert (mine.outlay, mine.system, mine.saved) == pytest.approx((cost, cost, -cost))
        assert pd.isna(mine.public_per_avoided)


@pytest.mark.parametrize("seed", range(4))
def test_operated_hot_is_operated_as_evaluate_does(seed: int) -> None:
    """One after another from the last basis, each portfolio costs in each future what `evaluate` finds; a use that is
    forbidden saves nothing."""
    plan = solve(generate(seed, scenarios=2), gap=1e-6)
    instance, held = operable(plan.instance), Portfolio.of(plan)
    operator = Operator(instance)
    assert held.stock is not None
    for fundings in (held.fundings, held.fundings[1:], held.fundings):
        found = operator.operate(fundings, held.stock)
        if found.why or found.stock_kept < 1:
            continue
        table = evaluate(instance, Portfolio(fundings, held.stock, "test"), workers=1).futures.set_index("future")
        for future, usd in found.usd.items():
            assert usd == pytest.approx(table.loc[future, "cost"], rel=1e-6)
        for channel in instance.served_channels:
            mine = sum(tonnes for (future, k, _), tonnes in found.short.items() if (future, k) == ("base", channel))
            assert mine == pytest.approx(table.loc["base", f"short_{channel}"], abs=1e-3)
    swaps = optimizer.measures(plan, workers=1).measures.query("kind == 'substitution'")
    assert (swaps["saved"] >= -1.0).all()


def test_an_instrument_avoids_what_would_not_be_built_without_it() -> None:
    """The works lack LEFT without a grant: 100 t in each of three years. A credit on oxide that is made anyway moves
    nothing: all that it pays is windfall."""
    credit = {"id": "credit", "kind": "production_credit", "material": "oxide", "amount": 10.0}
    found = of(plant({"instruments": [GRANT, credit]}))
    aid = row(found, "aid")
    assert (aid.kind, aid.options, aid.capacity) == ("grant", 1, 100)
    assert aid.avoided == pytest.approx(300)
    assert (aid.outlay, aid.windfall) == (pytest.approx(-LEFT, rel=1e-4), 0)
    assert aid.public_per_avoided == pytest.approx(-LEFT / 300, rel=1e-4)
    idle = row(found, "credit")
    assert (idle.kind, idle.avoided, idle.saved, idle.system) == ("production_credit", 0, 0, 0)
    assert (idle.outlay, idle.windfall) == pytest.approx((300 * 10, 300 * 10))
    assert row(found, "works:build").outlay == pytest.approx(-LEFT, rel=1e-4)
    assert found.info["books"] == {"plant": True}


def test_of_two_instruments_each_may_be_needed_and_the_public_share_too() -> None:
    """A credit of 500 USD a tonne and a grant for what is still missing: without either the works do not pay their way.
    With a credit that is more than enough nothing is granted, and only the credit is needed."""
    credit = {"id": "credit", "kind": "production_credit", "material": "magnet", "amount": 500.0}
    both = of(plant({"instruments": [GRANT, credit]}))
    assert row(both, "credit").avoided == pytest.approx(300)
    assert row(both, "aid").avoided == pytest.approx(300)
    assert row(both, "credit").outlay + row(both, "aid").outlay == pytest.approx(row(both, "works:build").outlay)
    more = of(plant({"instruments": [GRANT, credit | {"amount": 2000.0}]}))
    assert row(more, "aid").avoided == 0
    assert row(more, "credit").avoided == pytest.approx(300)
    data = plant({"instruments": [GRANT]})
    data["facilities"]["works"]["options"][0]["public_share"] = 0.1
    share = only(of(data).measures, kind="public share")
    assert (share.avoided, share.outlay) == pytest.approx((300, 1e5))


def test_who_need_not_pay_its_way_depends_on_nothing() -> None:
    """Without `viability` the credit is paid and nobody is known to need it."""
    credit = {"id": "credit", "kind": "production_credit", "material": "magnet", "amount": 500.0}
    found = of(plant({"instruments": [credit], "viability": False}))
    mine = row(found, "credit")
    assert (mine.avoided, mine.outlay, mine.windfall) == pytest.approx((0, 150_000, 150_000))
    assert found.info["books"] == {"plant": False}


def test_a_public_perspective_is_operated_at_least_cost() -> None:
    """Such plans have measures too; service before cost gives a tonne short no price, and is refused."""
    data = plant({"instruments": [GRANT], "perspective": "public"})
    data["markets"]["programs"]["demand"][0]["tonnes"] = {2027: 0, 2028: 100}
    del data["markets"]["programs"]["demand"][0]["shortage_cost"]
    assert row(of(data), "aid").avoided == pytest.approx(300)
    data = mixed(lexicographic=["service", "cost"])
    with pytest.raises(OptionsError, match="mixed is lexicographic"):
        of(data)


def test_a_study_is_gone_on_with(tmp_path: Path, plan: optimizer.Plan) -> None:
    """Stopped after two answers the rest is blank; the same call goes on; another plan in its folder is refused."""

    def interrupt(_what: str, done: int, _of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    first = optimizer.measures(plan, workers=1, folder=tmp_path / "out", tell=interrupt)
    assert first.info["status"] == "stopped"
    assert sorted(first.measures["status"]) == ["done", "not operated yet", "not operated yet"]
    told: list[int] = []
    whole = optimizer.measures(
        plan, workers=1, folder=tmp_path / "out", tell=lambda _what, done, _of: told.append(done)
    )
    assert told == [3, 4]
    assert (whole.measures["status"] == "done").all()
    assert {file.stem for file in (tmp_path / "out").glob("*.csv")} == set(COLUMNS)
    with pytest.raises(PlanError, match="another plans"):
        optimizer.measures(solve(mixed(discount_rate=0.05)), workers=1, folder=tmp_path / "out")
    with pytest.raises(PlanError, match="another by"):
        optimizer.measures(plan, by="stage", workers=1, folder=tmp_path / "out")
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(PlanError, match="holds no study of measures"):
        optimizer.measures(plan, workers=1, folder=tmp_path)


@pytest.mark.slow
def test_two_plans_stand_in_one_table(tmp_path: Path, plan: optimizer.Plan) -> None:
    """Each measure by its plan, in two processes; what the second lacks is not there."""
    data = mixed()
    del data["stockpiles"]
    plan.save(tmp_path / "one")
    solve(data).save(tmp_path / "two")
    found = optimizer.measures([tmp_path / "one", tmp_path / "two"], workers=2)
    counts = {Path(str(name)).name: len(mine) for name, mine in found.measures.groupby("plan")}
    assert counts == {"one": 3, "two": 2}
    assert only(found.measures, plan=str(tmp_path / "one"), measure=NDS).avoided == pytest.approx(P * 4)


def test_what_is_wrong_is_told(tmp_path: Path, plan: optimizer.Plan) -> None:
    """All that is wrong with plans in one pass; groups and workers by what they may be."""
    none = optimizer.Plan(plan.instance.model_copy(update={"name": "none"}), {"status": "infeasible", "why": "so"})
    with pytest.raises(PlanError) as told:
        optimizer.measures([plan, plan, none, tmp_path / "gone"], workers=1)
    for words in ("'mixed' is given twice", "none: the run ended without a plan: infeasible", "gone is no result"):
        assert words in str(told.value)
    with pytest.raises(OptionsError, match="there is no plan"):
        optimizer.measures([], workers=1)
    with pytest.raises(OptionsError, match="by is 'colour'; it is one of option, facility, stage"):
        optimizer.measures(plan, by="colour", workers=1)
    with pytest.raises(OptionsError, match="workers is 0"):
        optimizer.measures(plan, workers=0)


def test_a_future_that_cannot_be_operated_is_told(plan: optimizer.Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """No mean then, for it is not known; the futures that can be have their rows."""
    operate = Operator.operate

    def failing(self: Operator, fundings: Any, stock: Any) -> Any:
        out = operate(self, fundings, stock)
        if not fundings:
            out.lacking.append("gone")
            del out.usd["gone"], out.paid["gone"]
        return out

    monkeypatch.setattr(Operator, "operate", failing)
    found = optimizer.measures(plan, workers=1)
    mine = row(found, BUILD)
    assert mine.status == "without it: cannot be operated in gone"
    assert pd.isna(mine.avoided)
    assert pd.isna(mine.public_per_avoided)
    assert row(found, NDS).status == "done"


def test_what_is_not_taken_away_is_the_plan(plan: optimizer.Plan) -> None:
    """Nothing taken away is nothing changed: instance, fundings, stock."""
    instance, held = operable(plan.instance), Portfolio.of(plan)
    left = without(instance, held.fundings, held.stock or {}, WHOLE)
    assert left[0] is instance
    assert left[1:] == (held.fundings, held.stock)
    assert all(line.shortage_cost.values for market in instance.markets.values() for line in market.demand)
    assert [r.capacity for r in rows_of(plan.portfolio)] == [3]
