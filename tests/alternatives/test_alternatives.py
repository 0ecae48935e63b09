"""What a planner gets: by hand, resumed, widened, and refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from support.build import instance_of, one_market

import optimizer
from optimizer.errors import OptionsError, PlanError
from optimizer.near_optimal import Alternatives
from optimizer.near_optimal.ledger import LIMIT
from optimizer.near_optimal.rows import without
from optimizer.near_optimal.solves import Solves
from optimizer.solver.highs import Stop
from optimizer.solver.options import Options

from .conftest import PRICES, plants

EXACT = Options(gap=1e-9, threads=1)


def of_plants(within: float, **more: Any) -> Alternatives:
    return optimizer.alternatives(instance_of(plants()), within_usd=within, options=EXACT, **more)


def verdict_of(found: Alternatives) -> dict[str, str]:
    return dict(zip(found.options["facility"], found.options["verdict"], strict=True))


def cell(found: Alternatives, plant: str, column: str) -> float:
    return float(found.options.set_index("facility")[column][plant])


def test_one_of_two_plants_by_hand() -> None:
    """Anna 300, bert 320, cora 700; both anna and bert 420, of which one is for nothing."""
    found = of_plants(50)
    assert verdict_of(found) == {"anna": "in some", "bert": "in some", "cora": "in none"}
    assert found.portfolios["costs_more"].tolist() == pytest.approx([0, 20])
    assert found.portfolios["capex"].tolist() == [100, 120]
    assert found.portfolios["leaves_out"].tolist() == ["", "anna:build"]
    assert found.portfolios["funds_instead"].tolist() == ["", "bert:build"]
    assert found.portfolios["apart"].tolist()[1] == 2
    assert found.info["no_others"]
    assert found.info["status"] == "optimal"
    # More than the tolerance for sure; how much more was not asked.
    assert 50 < cell(found, "cora", "forced_in_at_least") <= 400 + 1e-6
    assert cell(found, "bert", "forced_in_at_most") == pytest.approx(20)


def test_what_is_in_all_is_proved_by_forbidding_it() -> None:
    """Within 10 USD there is anna alone: without her 320 at least, with bert 320, with cora 700."""
    found = of_plants(10, price=True)
    assert verdict_of(found) == {"anna": "in all", "bert": "in none", "cora": "in none"}
    assert cell(found, "anna", "left_out_at_least") == pytest.approx(20)
    assert cell(found, "anna", "left_out_at_most") == pytest.approx(20)
    assert cell(found, "anna", "least_without") == pytest.approx(320)
    assert cell(found, "cora", "forced_in_at_least") == pytest.approx(400)
    assert cell(found, "bert", "forced_in_at_least") == pytest.approx(20)
    assert len(found.plans) == 1


def test_padded_portfolios_are_listed_when_asked_for() -> None:
    """Within 130 USD anna and bert together are near-equal, but bert is for nothing then."""
    assert found_sets(of_plants(130)) == {("anna",), ("bert",)}
    assert found_sets(of_plants(130, lean=False)) == {("anna",), ("bert",), ("anna", "bert")}


@pytest.mark.parametrize("question", ["the best within", "options apart"])
def test_a_list_is_not_told_complete_where_a_solve_was_cut_short(
    question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That nothing else lies between a portfolio and what it is trimmed to, or apart, only the end of a solve shows."""
    solve = Solves.solve

    def ended_early(self: Solves, what: str, *rest: Any, **more: Any) -> Any:
        answer, solved = solve(self, what, *rest, **more)
        if question in what:
            answer = dataclasses.replace(answer, status="feasible", why=LIMIT, bound=0.0)
        return answer, solved

    assert of_plants(1710, count=9).info["no_others"]
    monkeypatch.setattr(Solves, "solve", ended_early)
    found = of_plants(1710, count=9)
    assert not found.info["no_others"]


def found_sets(found: Alternatives) -> set[tuple[str, ...]]:
    return {tuple(sorted(plan.portfolio["facility"])) for plan in found.plans.values()}


def test_the_next_is_the_farthest() -> None:
    """Within 1700 USD nothing (2000) is one apart from anna, and bert with cora (820) three: that comes first."""
    found = of_plants(1710, lean=False, count=1)
    assert found.portfolios["apart"].tolist()[1] == 3
    assert found.portfolios["apart_at_most"].tolist()[1] == 3
    assert not found.info["no_others"]


def test_more_tolerance_never_settles_less_for() -> None:
    """As the tolerance grows, what is in all and in none shrinks, and what was found stays."""
    before: Alternatives | None = None
    for within in (0.0, 30.0, 450.0):
        found = of_plants(within, lean=False, count=20)
        if before is not None:
            for word in ("in all", "in none"):
                now, then = (
                    {name for name, verdict in verdict_of(one).items() if verdict == word} for one in (found, before)
                )
                assert now <= then
            assert found_sets(before) <= found_sets(found)
        before = found


def test_a_share_is_of_the_cost() -> None:
    found = optimizer.alternatives(instance_of(plants()), within=0.1, options=EXACT)
    assert found.info["within_usd"] == pytest.approx(30)
    assert verdict_of(found)["bert"] == "in some"


@pytest.mark.slow
def test_a_stopped_search_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C in the third solve the same call asks only what is left, and ends as one that ran through."""
    whole = of_plants(130, count=9)
    stop, asked = Stop(), list[str]()
    solve = Solves.solve

    def third_is_the_last(self: Solves, what: str, *rest: Any, **more: Any) -> Any:
        asked.append(what)
        if len(asked) == 3:
            stop.asked.set()
        return solve(self, what, *rest, **more)

    monkeypatch.setattr(Solves, "solve", third_is_the_last)
    part = of_plants(130, count=9, folder=tmp_path / "a", stop=stop)
    assert part.info["status"] == "stopped"
    assert len(part.portfolios) >= 1
    lines = (tmp_path / "a" / "solves.jsonl").read_text(encoding="utf-8")
    assert len(lines.splitlines()) == 2
    with (tmp_path / "a" / "solves.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"question": "half')  # killed while it wrote
    asked.clear()
    again = of_plants(130, count=9, folder=tmp_path / "a")
    assert len(asked) == again.info["solves"] - 2
    assert found_sets(again) == found_sets(whole)
    assert verdict_of(again) == verdict_of(whole)
    note = json.loads((tmp_path / "a" / "alternatives.json").read_text(encoding="utf-8"))
    assert note["status"] == "optimal"
    plan = optimizer.Plan.read(tmp_path / "a" / "plans" / "1")
    assert plan.info["verdict"]["ok"]
    asked.clear()
    of_plants(130, count=9, folder=tmp_path / "a")
    assert not asked


@pytest.mark.slow
def test_a_search_that_goes_on_otherwise_has_the_plans_of_its_own_list(tmp_path: Path) -> None:
    """With prices more portfolios are known, the list is another one, and a number may have been another's before."""
    first = of_plants(1710, count=2, lean=False, folder=tmp_path / "a")
    again = of_plants(1710, count=3, lean=False, price=True, folder=tmp_path / "a")
    assert any(found_in(first, number) != found_in(again, number) for number in first.plans)
    assert len(found_sets(again)) == len(again.plans) == 4
    for number, cost in zip(again.portfolios["portfolio"], again.portfolios["cost"], strict=True):
        assert again.plans[number].objective == pytest.approx(cost)
        kept = optimizer.Plan.read(tmp_path / "a" / "plans" / str(number))
        assert kept.objective == pytest.approx(cost)


def found_in(found: Alternatives, number: int) -> set[str]:
    return set(found.plans[number].portfolio["facility"])


def test_stopped_after_a_better_plan_than_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first solve ended at cora, 700; once anna is found, who costs 300, it is stopped: there is a list still."""
    stop, solve = Stop(), Solves.solve

    def worse_first(self: Solves, what: str, rows: Any = (), *rest: Any, **more: Any) -> Any:
        if "the best plan" not in what:
            found = solve(self, what, rows, *rest, **more)
            stop.asked.set()
            return found
        answer, solved = solve(self, what, [*without([("anna", "build"), ("bert", "build")])], *rest, **more)
        return dataclasses.replace(answer, status="feasible", why=LIMIT, bound=0.0), solved

    monkeypatch.setattr(Solves, "solve", worse_first)
    found = of_plants(0, stop=stop)
    assert (found.info["status"], found.info["best"]) == ("stopped", pytest.approx(300))
    assert found.portfolios["costs_more"].tolist() == pytest.approx([400])


def test_a_folder_of_another_search_is_refused(tmp_path: Path) -> None:
    of_plants(10, count=0, folder=tmp_path / "a")
    with pytest.raises(PlanError, match="another tolerance"):
        of_plants(20, count=0, folder=tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(PlanError, match="holds no alternatives"):
        of_plants(10, folder=tmp_path / "b")


def test_what_makes_no_sense_is_refused() -> None:
    instance = instance_of(plants())
    for asked, words in (
        ({}, "neither"),
        ({"within_usd": 1.0, "within": 0.1}, "both"),
        ({"within_usd": -1.0}, "0 or more"),
        ({"within_usd": float("nan")}, "0 or more"),
        ({"within": 1.5}, "share"),
        ({"within_usd": 1.0, "count": -1}, "count"),
    ):
        with pytest.raises(OptionsError, match=words):
            optimizer.alternatives(instance, **asked)  # type: ignore[arg-type]


def test_nothing_to_fund_is_refused() -> None:
    data = plants()
    for name in PRICES:
        data["facilities"][name].pop("options")
        data["facilities"][name]["capacity"] = 10
    with pytest.raises(OptionsError, match="plants has no option"):
        optimizer.alternatives(instance_of(data), within_usd=1.0)


def test_no_plan_at_all() -> None:
    facilities = {"anna": plants()["facilities"]["anna"]}
    found = optimizer.alternatives(
        instance_of(one_market("hungry", facilities, tonnes=100, shortage_cost=None)), within_usd=1.0
    )
    assert found.info["status"] == "infeasible"
    assert found.portfolios.empty
    assert found.options.empty
