"""What conditions cost, against every portfolio tried by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.build import GAP, Data, instance_of
from support.subsets import Plant, instance_data, least_cost

import optimizer
from optimizer.errors import OptionsError, PlanError
from optimizer.solver.options import Options
from optimizer.waiving.conditions import waivers_of
from optimizer.waiving.study import verdict

PLANTS = [Plant(50, 300, 0.0), Plant(50, 400, 0.3), Plant(40, 200, 0.6), Plant(30, 900, 0.0)]
LIMITS: dict[str, float] = {"budget": 700.0, "cap": 0.1, "least": 2, "most": 3}
KEYS = {"budget": "policy.budget.total", "cap": "channels.open.max_exposure.ownership", "least": "policy.rules.0",
        "most": "policy.rules.1"}  # fmt: skip


def limited(limits: dict[str, float] = LIMITS, **changes: float) -> Data:
    """The chain with a budget, a cap on ownership, and rules on how many plants are funded."""
    limits = limits | changes
    data = instance_data(PLANTS)
    data["channels"]["open"]["max_exposure"]["ownership"] = limits["cap"]
    data["policy"] = {
        "budget": {"total": limits["budget"]},
        "rules": [
            {"rule": "count", "stage": "magnet", "min": int(limits["least"])},
            {"rule": "starts", "max": limits["most"]},
        ],
    }
    return data


def by_key(found: optimizer.Waivers) -> dict[str, dict[str, Any]]:
    """Rows by key."""
    return {str(row["key"]): {str(k): v for k, v in row.items()} for row in found.table.to_dict("records")}


def test_each_condition_costs_what_enumeration_says() -> None:
    """The least cost with all conditions less that without one; what costs nothing is told as no more than the gap."""
    found = by_key(optimizer.waivers(instance_of(limited()), gap=GAP))
    base = least_cost(PLANTS, **LIMITS)
    assert base is not None
    saved = {}
    for name, key in KEYS.items():
        without = least_cost(PLANTS, **{k: v for k, v in LIMITS.items() if k != name})
        assert without is not None
        saved[name] = base - without
        row = found[key]
        assert row["saves_at_least"] == pytest.approx(saved[name], abs=0.01), row
        assert row["saves_at_most"] == pytest.approx(saved[name], abs=0.01), row
        assert row["verdict"] == ("saves" if saved[name] > 0 else "no more than the gap"), row
    assert any(usd > 0 for usd in saved.values())
    assert any(usd == 0 for usd in saved.values())


def test_single_waivers_save_what_enumeration_says() -> None:
    """A facility admitted whatever its owners; an adversary treated as trusted, which admits all."""
    found = by_key(optimizer.waivers(instance_of(limited(budget=1500.0)), gap=GAP, top=20))
    limits = LIMITS | {"budget": 1500.0}
    base = least_cost(PLANTS, **limits)
    assert base is not None
    for number, plant in enumerate(PLANTS):
        key = f"facilities.plant{number}"
        if plant.exposure <= 0.1:
            assert key not in found, "nothing shuts it out"
            continue
        moved = [Plant(p.capacity, p.capex, 0.0) if p is plant else p for p in PLANTS]
        best = least_cost(moved, **limits)
        assert best is not None
        assert found[key]["saves_at_least"] == pytest.approx(base - best, abs=0.01)
    best = least_cost(PLANTS, **limits | {"cap": 1.0})
    assert best is not None
    assert found["owners.foe"]["saves_at_least"] == pytest.approx(base - best, abs=0.01)
    assert found["owners.foe"]["saves_at_least"] > 0


def test_a_year_of_a_rule() -> None:
    """All is funded in 2027: to waive the limit of that year is to waive the rule; that of 2028 changes nothing."""
    limits = LIMITS | {"budget": 5000.0, "cap": 1.0, "least": 0, "most": 1}
    found = by_key(optimizer.waivers(instance_of(limited(limits)), gap=GAP, only=["policy.rules.1*"]))
    base, free = least_cost(PLANTS, **limits), least_cost(PLANTS, **limits | {"most": 99})
    assert base is not None
    assert free is not None
    assert found["policy.rules.1.max.2027"]["saves_at_least"] == pytest.approx(base - free, abs=0.01)
    assert found["policy.rules.1"]["saves_at_least"] == pytest.approx(base - free, abs=0.01)
    assert base > free
    assert found["policy.rules.1.max.2028"]["verdict"] in ("nothing", "no more than the gap")
    assert found["policy.rules.1.max.2028"]["saves_at_most"] == pytest.approx(0.0, abs=0.01)


def test_what_the_problem_does_not_depend_on_saves_nothing_proved() -> None:
    """A cap that shuts nobody out: the problem without it is the same, and is not solved again."""
    found = by_key(optimizer.waivers(instance_of(limited(cap=0.9)), gap=GAP, only=["channels.*"]))
    (row,) = found.values()
    assert (row["verdict"], row["saves_at_least"], row["saves_at_most"]) == ("nothing", 0.0, 0.0)
    assert pd.isna(row["objective"])


def test_a_waiver_that_restores_a_plan() -> None:
    """Two plants and no money: without the budget, or without the rule, there is a plan."""
    found = optimizer.waivers(instance_of(limited(budget=100.0)), gap=GAP, only=["policy.*"])
    rows = by_key(found)
    assert found.info["base"]["status"] == "infeasible"
    assert rows["policy.budget.total"]["verdict"] == "restores a plan"
    assert rows["policy.rules.0"]["verdict"] == "restores a plan"
    assert rows["policy.rules.1"]["verdict"] == "infeasible"


def test_what_the_relaxation_says_is_a_bound(tmp_path: Path) -> None:
    """Waivers that are not solved save at most what the relaxation leaves; a second call solves nothing again."""
    folder = tmp_path / "waivers"
    instance = instance_of(limited(budget=1500.0))
    first = optimizer.waivers(instance, folder, gap=GAP, top=0)
    lines = (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    screened = by_key(first)
    assert {row["verdict"] for row in first.single.to_dict("records")} <= {
        "screened",
        "nothing",
        "no more than the gap",
    }
    second = by_key(optimizer.waivers(instance, folder, gap=GAP, top=20))
    for key, row in second.items():
        assert row["saves_at_least"] <= screened[key]["saves_at_most"] + 0.01, row
        assert row["saves_at_most"] <= screened[key]["saves_at_most"] + 0.01, row
    after = (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    assert after[: len(lines)] == lines
    assert len(after) > len(lines)
    with pytest.raises(PlanError, match="another gap"):
        optimizer.waivers(instance, folder, gap=1e-3)


def test_the_gaps_bracket_what_is_saved() -> None:
    """At least the base's bound less the plan without it; at most the base's plan less the bound without it."""
    options = Options(gap=0.01)
    screened = {"status": "screened", "relaxed": 900.0}
    row = verdict(screened, {"objective": 960.0, "bound": 955.0}, 1000.0, 990.0, options)
    assert (row["saves_at_least"], row["saves_at_most"], row["verdict"]) == (30.0, 45.0, "saves")
    row = verdict(screened, {"objective": 995.0, "bound": 980.0}, 1000.0, 990.0, options)
    assert (row["saves_at_least"], row["saves_at_most"], row["verdict"]) == (0.0, 20.0, "within the gap")
    row = verdict(screened, {"objective": 1000.0, "bound": 991.0}, 1000.0, 990.0, options)
    assert (row["saves_at_least"], row["saves_at_most"], row["verdict"]) == (0.0, 9.0, "no more than the gap")
    row = verdict(screened, {"objective": 1000.0, "bound": 1000.0}, 1000.0, 1000.0 + 1e-6, options)
    assert (row["saves_at_least"], row["verdict"]) == (0.0, "no more than the gap"), "rounding saves nothing"
    row = verdict(screened, {}, 1000.0, 990.0, options)
    assert (row["verdict"], row["saves_at_most"]) == ("screened", pytest.approx(100.0, abs=0.01))


def test_only_what_is_proved_to_have_no_plan_is_restored() -> None:
    """A base that found none in time may have one: a waiver whose solve finds one does not restore it."""
    options, screened = Options(gap=0.01), {"status": "screened", "relaxed": 900.0}
    solved = {"status": "optimal", "objective": 960.0, "bound": 955.0}
    assert verdict(screened, solved, None, None, options, none=True)["verdict"] == "restores a plan"
    assert verdict(screened, solved, None, 890.0, options)["verdict"] == "finds a plan"
    late = {"status": "no_plan", "objective": None, "bound": None}
    assert verdict(screened, late, None, 890.0, options)["verdict"] == "no_plan"


def test_every_waiver_of_the_starter_makes_an_instance() -> None:
    """Each can be waived alone, changes the instance, and is named once."""
    instance = optimizer.load(Path(__file__).parents[2] / "instances" / "starter")
    found = waivers_of(instance)
    assert len({waiver.key for waiver in found}) == len(found)
    assert {w.kind for w in found} == {
        "rule", "budget", "target", "tiers", "exposure", "year", "facility", "owner", "source",
    }  # fmt: skip
    for waiver in found[::3]:
        assert waiver.instance(instance).plain() != instance.plain(), waiver.key


def test_what_makes_no_sense_is_refused_at_once() -> None:
    """Every fault in one message."""
    with pytest.raises(OptionsError, match=r"top is -1.*no condition matches 'polcy\.\*'; there is policy\.rules\.0"):
        optimizer.waivers(instance_of(limited()), top=-1, only=["polcy.*"])
