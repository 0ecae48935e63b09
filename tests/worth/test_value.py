"""What knowing, planning for all futures and being safe are worth: by hand, and in every instance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.build import instance_of
from support.generate import generate

import optimizer
from optimizer.errors import OptionsError, PlanError
from optimizer.solver import methods
from optimizer.solver.hindsight import hindsight_of
from optimizer.worth import Value, figures, solves
from optimizer.worth.kept import Hindsight
from optimizer.worth.solves import Solves

from .conftest import backup, reserve


def value_of(data: Any, **options: Any) -> Value:
    return optimizer.value(instance_of(data), **{"gap": 1e-9, "threads": 1, "workers": 1, **options})


def cell(found: Value, plan: str, measure: str) -> float:
    return float(found.measures.set_index("plan")[measure][plan])


def test_a_backup_worth_its_price_by_hand() -> None:
    """With p = 0.4 the backup is funded: 400; base alone would not: 0.6*100 + 0.4*1000 = 460; hindsight 220."""
    found = value_of(backup(0.4), alpha=0.5)
    info = found.info
    assert info["status"] == "optimal"
    assert info["wait_and_see"]["value"] == pytest.approx(0.6 * 100 + 0.4 * 400)
    for name, usd in {"evpi": 180, "vss": 60, "vss_fundings": 60, "vss_stock": 0}.items():
        figure = info[name]
        assert figure["value"] == pytest.approx(usd, abs=1e-4), name
        assert figure["low"] == pytest.approx(usd, abs=1e-4)
        assert figure["high"] == pytest.approx(usd, abs=1e-4)
    # The worst half of base alone: all of gone and 0.1 of the base future.
    rows = {"base": (460, (0.4 * 1000 + 0.1 * 100) / 0.5, 1000, 600), "expected": (400, 400, 400, 300)}
    for plan, values in rows.items():
        for measure, wanted in zip(("expected", "cvar", "worst_case", "regret"), values, strict=True):
            assert cell(found, plan, measure) == pytest.approx(wanted), (plan, measure)
    assert found.funded["with_hindsight"].tolist() == ["gone"]
    assert found.funded["base"].isna().tolist() == [True]


def test_the_price_of_robustness_by_hand() -> None:
    """With p = 0.3 the mean does not fund: 370; the worst case does: 400 on average, 600 less in the worst future."""
    found = value_of(backup(0.3), measures=["worst_case", "regret"])
    assert found.info["vss"]["value"] == pytest.approx(0, abs=1e-6)
    (worst, regret) = found.info["robustness"]
    assert (worst["measure"], regret["measure"]) == ("worst_case", "regret")
    assert worst["price"]["value"] == pytest.approx(30)
    assert worst["takes_off"]["value"] == pytest.approx(600)
    assert regret["takes_off"]["value"] == pytest.approx(600 - 300)
    table = found.regret.set_index(["plan", "future"])["regret"]
    assert table["expected", "gone"] == pytest.approx(600)
    assert table["worst_case", "base"] == pytest.approx(300)
    assert table["worst_case", "gone"] == pytest.approx(0, abs=1e-6)


def test_the_value_of_stock_by_hand() -> None:
    """With p = 0.3: stored 0.7*320 + 0.3*210 = 287, nothing 470, hindsight 203; all of the value is the stock's."""
    info = value_of(reserve(0.3), measures=["expected"]).info
    assert info["best"]["expected"]["value"] == pytest.approx(287)
    assert info["evpi"]["value"] == pytest.approx(84)
    assert info["vss"]["value"] == pytest.approx(183)
    assert info["vss_fundings"]["value"] == pytest.approx(0, abs=1e-6)
    assert info["vss_stock"]["value"] == pytest.approx(183)


@pytest.mark.parametrize(("data", "evpi"), [(backup(0.4), 180), (reserve(0.3), 84)], ids=["backup", "reserve"])
def test_futures_dealt_out_are_worth_the_same(data: Any, evpi: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large futures go by Benders, as large plans do; what knowing them is worth does not depend on it."""
    dealt = []
    decompose = methods.decompose  # type: ignore[attr-defined]

    def noted(begun: Any, *more: Any) -> Any:
        dealt.append(list(begun.out.network.windows))
        return decompose(begun, *more)

    monkeypatch.setattr(methods, "DEALT", 1)
    monkeypatch.setattr(methods, "TRUNK_DEALT", 1)
    monkeypatch.setattr(methods, "decompose", noted)
    found = value_of(data, measures=["expected"])
    assert found.info["evpi"]["value"] == pytest.approx(evpi)
    assert dealt == [["gone"], [], ["gone"]]  # the plan for both futures, the base's, and what gone costs who knows it
    assert found.regret.set_index(["plan", "future"])["hindsight"]["base", "gone"] == pytest.approx(
        {180: 400, 84: 210}[round(evpi)]
    )


def test_what_must_be_met_and_is_not() -> None:
    """Demand without a price is not met by the base future's plan: VSS is not a number, and says where."""
    data = backup(0.3)
    data["markets"]["town"]["demand"][0]["shortage_cost"] = None
    found = value_of(data, measures=["expected"])
    assert found.info["vss"]["value"] is None
    assert "gone" in found.info["vss"]["why"]
    assert found.info["vss_fundings"]["value"] is None
    assert found.measures.set_index("plan")["expected"].isna()["base"]
    assert found.info["evpi"]["value"] == pytest.approx(400 - (0.7 * 100 + 0.3 * 400))


@pytest.mark.parametrize(
    ("seed", "children"),
    [(2, 0), pytest.param(5, 0, marks=pytest.mark.slow), pytest.param(2, 1, marks=pytest.mark.slow)],
)
def test_what_holds_of_every_instance(seed: int, children: int) -> None:
    """No figure is negative; each measure's own plan is best by it; no cost is below its future's optimum."""
    data = generate(seed, scenarios=2, children=children)
    found = value_of(data, alpha=0.6)
    assert found.info["status"] == "optimal"
    scale = found.info["best"]["expected"]["value"]
    for name in ("evpi", "vss", "vss_fundings", "vss_stock"):
        assert 0 <= found.info[name]["low"] <= found.info[name]["value"] <= found.info[name]["high"] + 1e-6 * scale
    for measure in found.info["measures"]:
        own = cell(found, measure, measure)
        assert own == pytest.approx(found.info["plans"][measure]["objective"], rel=1e-6, abs=1e-6 * scale)
        assert (found.measures[measure] >= own - 1e-6 * scale).all(), measure
    assert (found.regret["cost"] >= found.regret["hindsight"] - 1e-6 * scale).all()
    largest = found.regret.groupby("plan")["regret"].max()
    assert largest["regret"] <= largest.min() + 1e-6 * scale


@pytest.mark.slow
def test_bounds_of_a_wide_gap_hold_the_true_figures() -> None:
    """Solved to 30 percent only, the bounds of every figure hold what a whole solve finds."""
    data = generate(14, scenarios=2)
    true, rough = value_of(data, measures=["expected"]).info, value_of(data, measures=["expected"], gap=0.3).info
    for name in ("wait_and_see", "evpi"):
        assert rough[name]["low"] - 1e-3 <= true[name]["value"] <= rough[name]["high"] + 1e-3
    best = true["best"]["expected"]["value"]
    assert rough["best"]["expected"]["low"] <= best * (1 + 1e-9)
    assert rough["best"]["expected"]["high"] >= best * (1 - 1e-9)


def test_gaps_are_carried() -> None:
    """A plan between 90 and 100 and a future between 50 and 60 leave EVPI and VSS between bounds."""
    here = {"value": 100.0, "low": 90.0, "high": 100.0}
    known = {"base": Hindsight("base", "feasible", "the time limit was reached", 60.0, 50.0, (), 1.0)}
    see, evpi = figures.perfect_information(here, known, {"base": 1.0})
    assert (see["low"], see["high"]) == (50.0, 60.0)
    assert evpi == {"value": 40.0, "low": 30.0, "high": 50.0}
    assert figures.over(105.0, here) == {"value": 5.0, "low": 5.0, "high": 15.0}
    assert figures.over(95.0, here) == {"value": 0.0, "low": 0.0, "high": 5.0}
    unbounded = {"base": Hindsight("base", "feasible", "the time limit was reached", 60.0, None, (), 1.0)}
    assert figures.perfect_information(here, unbounded, {"base": 1.0})[1]["high"] is None
    none = {"base": Hindsight("base", "no_plan", "the time limit was reached", None, 50.0, (), 1.0)}
    assert figures.perfect_information(here, none, {"base": 1.0})[1]["value"] is None


@pytest.mark.slow
def test_goes_on_from_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped at the first hindsight it keeps its plans; called again it solves only what is missing."""
    folder = tmp_path / "v"

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Solves, "hindsight", interrupt)
        first = value_of(backup(0.4), folder=folder, measures=["regret"])
    assert first.info["status"] == "stopped"
    assert first.info["vss"]["value"] == pytest.approx(60)
    assert first.info["evpi"]["value"] is None
    assert set(first.plans) == {"expected", "base"}
    before = (folder / "plans" / "expected" / "plan.json").read_bytes()
    second = value_of(backup(0.4), folder=folder, measures=["regret"])
    assert second.info["status"] == "optimal"
    assert second.info["evpi"]["value"] == pytest.approx(180)
    assert (folder / "plans" / "expected" / "plan.json").read_bytes() == before
    note = json.loads((folder / "value.json").read_text(encoding="utf-8"))
    assert note["best"]["regret"]["value"] == pytest.approx(300)
    assert {"measures.csv", "regret.csv", "funded.csv", "hindsight.jsonl"} <= {file.name for file in folder.iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr(Solves, "hindsight", interrupt)  # not called again
        third = value_of(backup(0.4), folder=folder, measures=["regret"])
    assert third.info["status"] == "optimal"
    other = value_of(backup(0.3), folder=folder, measures=["expected"])  # another instance begins anew
    assert other.info["best"]["expected"]["value"] == pytest.approx(370)


@pytest.mark.parametrize("least", [1, 10**9], ids=["benders", "extensive"])
def test_ctrl_c_in_a_future_is_heard(least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped while a future is solved: the plans are kept, that future is not called known, and is solved again."""
    monkeypatch.setattr(methods, "DEALT", least)
    with monkeypatch.context() as patch:

        def asked(begun: Any, *more: Any) -> Any:
            begun.stop.asked.set()
            return hindsight_of(begun, *more)

        patch.setattr(solves, "hindsight_of", asked)
        first = value_of(backup(0.4), folder=tmp_path / "v", measures=["expected"])
    assert first.info["status"] == "stopped"
    assert first.info["evpi"]["value"] is None
    assert set(first.plans) == {"expected", "base"}
    second = value_of(backup(0.4), folder=tmp_path / "v", measures=["expected"])
    assert second.info["status"] == "optimal"
    assert second.info["evpi"]["value"] == pytest.approx(180)


def test_refusals(tmp_path: Path) -> None:
    """Options without sense, an instance without futures, and a folder of something else are named."""
    with pytest.raises(OptionsError, match=r"measure 'mean' is none of .*; alpha is 1"):
        value_of(backup(0.4), measures=["mean"], alpha=1.0)
    with pytest.raises(OptionsError, match="no scenario with effects"):
        value_of(backup(0.4) | {"scenarios": []})
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(PlanError, match="holds no study of value"):
        value_of(backup(0.4), folder=tmp_path)


def test_an_instance_without_a_plan_says_so() -> None:
    """Demand that must be met and cannot be: infeasible, and no figure."""
    data = backup(0.4)
    data["markets"]["town"]["demand"][0] |= {"tonnes": 100, "shortage_cost": None}
    found = value_of(data)
    assert found.info["status"] == "infeasible"
    assert found.info["evpi"]["value"] is None
    assert not found.plans


def respond(p: float) -> Any:
    """As `backup`, but the backup can be funded once the plant is gone too, at 360: gone then costs 460."""
    data = backup(p)
    data["facilities"]["backup"]["options"][0]["react"] = {"capex_factor": 1.2}
    return data


@pytest.mark.parametrize(
    ("p", "expected", "figures_"),
    [
        # Who cannot respond builds ahead, for 400; who can does not, for 0.6*100 + 0.4*460.
        (0.4, 244.0, {"response": 156.0, "response_alone": 0.0, "response_planning": 156.0}),
        # Who cannot respond builds nothing, for 370; no more does who can, for 0.7*100 + 0.3*460.
        (0.3, 208.0, {"response": 162.0, "response_alone": 162.0, "response_planning": 0.0}),
    ],
)
def test_being_able_to_respond_by_hand(p: float, expected: float, figures_: dict[str, float]) -> None:
    """Less what it costs who cannot; in part saved by branches alone, in part by building less ahead."""
    found = value_of(respond(p), measures=["expected"])
    assert found.info["status"] == "optimal"
    assert found.info["best"]["expected"]["value"] == pytest.approx(expected)
    for name, usd in figures_.items():
        figure = found.info[name]
        assert figure["value"] == pytest.approx(usd, abs=1e-4), name
        assert figure["low"] == pytest.approx(usd, abs=1e-4), name
        assert figure["high"] == pytest.approx(usd, abs=1e-4), name
    assert "response" not in value_of(backup(p), measures=["expected"]).info


def test_what_only_a_response_makes_possible_has_no_value() -> None:
    """Where demand must be met and only a branch can meet it, there is no plan without."""
    data = respond(0.4)
    data["facilities"]["backup"]["options"][0] |= {"lead": 1, "react": {"lead": 0}}
    data["markets"]["town"]["demand"][0]["shortage_cost"] = None
    found = value_of(data, measures=["expected"])
    assert found.info["response"]["value"] is None
    assert found.info["response"]["why"] == "without it there is no plan at all"


@pytest.mark.slow
@pytest.mark.parametrize("children", [pytest.param(0, marks=pytest.mark.slow), 1])
def test_reactions_relaxed_bound_what_a_plan_does_not_prove(children: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the plan's own bound says nothing, that of the relaxed problem bounds the value from above."""
    data = generate(14, scenarios=2, children=children)
    for record in data["facilities"].values():
        for option in record.get("options", ()):
            option.update({} if "sets" in option else {"react": {"lead": 0}})
    exact = value_of(data, measures=["expected"]).info
    plan_of = Solves.plan

    def unproved(self: Solves, name: str, *args: Any) -> Any:
        plan = plan_of(self, name, *args)
        if name == "expected":
            plan.info |= {"status": "feasible", "bound": 0.0}
        return plan

    monkeypatch.setattr(Solves, "plan", unproved)
    info = value_of(data, measures=["expected"]).info
    assert info["status"] == "feasible"
    assert info["response"]["low"] <= exact["response"]["value"] * (1 + 1e-6) + 1e-3
    assert exact["response"]["value"] <= info["response"]["high"] * (1 + 1e-6) + 1e-3
    assert info["response"]["high"] < 0.5 * info["plans"]["no_reaction"]["objective"]
    assert info["best"]["expected"]["low"] > 0.0
