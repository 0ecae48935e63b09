"""A plan that is asked to survive does, as cheaply as can be, and where it cannot be had that is said."""

from __future__ import annotations

import importlib
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from support.build import Data, instance_of, solve
from support.generate import generate
from support.params import first_fast

import optimizer
from optimizer.errors import PlanError
from optimizer.losses import survive
from optimizer.plan.plan import Plan
from optimizer.run import solve_with
from optimizer.solver.benders import search as searching
from optimizer.solver.highs import Progress, Stop
from optimizer.solver.options import Options

from .conftest import coast
from .enumeration import names_of, worst_of_all

EXACT = Options(gap=1e-9, threads=1)
PROGRAMS = {"programs": 1.0}
TO_VAULT = [{"from": name, "to": "vault", "material": "magnet", "cost": 1} for name in ("anna", "bert", "cora")]


def surviving(data: Data, losses: int, **asked: Any) -> Plan:
    return survive(instance_of(data), losses=losses, options=EXACT, **asked)


def by_scenarios(data: Data, of: str, losses: int, duration: int, market: str) -> Plan:
    """The same asked otherwise: each set of losses at each onset a scenario that never comes, its demand a must."""
    names = names_of(instance_of(data), of)
    years = [t if isinstance(t, int) else t["year"] for t in data["periods"]]
    scenarios: list[dict[str, Any]] = []
    for size in range(losses + 1):
        for lost in itertools.combinations(names, size):
            effects: list[dict[str, Any]] = [{"affects": "demand", "where": {"market": market}, "factor": 1.0}]
            effects += [effect for name in lost for effect in names[name]]
            for year in years:
                name = f"set_{len(scenarios)}"
                scenarios.append(
                    {"id": name, "probability": 0.0, "onset": year, "duration": duration, "effects": effects}
                )
    made = data | {"scenarios": scenarios}
    for line in made["markets"][market]["demand"]:
        line.pop("shortage_cost")
    return solve(made)


def test_benders_keeps_its_cuts_from_round_to_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of losses change no part: the same plan, and first cuts are asked for once, whatever the rounds."""
    asked: list[int] = []
    seed = searching.Search._seed

    def counting(search: searching.Search, *known: Any) -> None:
        asked.append(1)
        seed(search, *known)

    monkeypatch.setattr(searching.Search, "_seed", counting)
    whole = surviving(coast(), 2, duration=2)
    plan = survive(instance_of(coast()), losses=2, duration=2, options=Options(method="benders", gap=1e-9, threads=1))
    assert plan.info["survive"]["proved"]
    assert plan.info["survive"]["rounds"] > 1
    assert len(asked) == 1
    assert plan.objective == pytest.approx(whole.objective, rel=1e-8)


@pytest.mark.parametrize(("losses", "duration", "cost"), [(1, 1, 0.0), (2, 2, 9000.0)])
def test_the_cost_of_surviving(losses: int, duration: int, cost: float) -> None:
    """Dora is built where two makers lost for two years, or three for one, would leave programmes short."""
    plan = surviving(coast(), losses, duration=duration)
    assert plan.status == "optimal"
    assert plan.info["survive"]["proved"]
    assert plan.info["survive"]["costs_at_least_usd"] == pytest.approx(cost, abs=1e-3)
    assert plan.info["survive"]["costs_at_most_usd"] == pytest.approx(cost, abs=1e-3)
    assert plan.info["verdict"]["ok"]
    assert worst_of_all(plan, "facilities", losses, duration, PROGRAMS) == pytest.approx(0.0, abs=1e-4)


def test_a_round_without_a_plan_loses_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped while it sought its second plan, it has the first one and all rows; from there it goes on."""
    begun: list[Any] = []

    def stopped(instance: Any, options: Any, start: Any, *more: Any, **given: Any) -> Any:
        begun.append(start)
        plan = solve_with(instance, options, start, *more, **given)
        if len(begun) == 2:
            plan.tables.clear()
            plan.info |= {"status": "no_plan", "why": "the time limit was reached"}
        return plan

    monkeypatch.setattr(importlib.import_module("optimizer.losses.survive"), "solve_with", stopped)
    plan = surviving(coast(), 2, duration=2)
    info = plan.info["survive"]
    assert begun[0] is None
    assert begun[1] is plan
    assert plan.tables
    assert not info["proved"]
    assert info["rounds"] == 2
    assert info["rows"] == len(json.loads(info["kept"])) > 0
    assert "a plan that obeys all" in plan.info["why"]
    again = survive(instance_of(coast()), losses=2, duration=2, start=plan, options=Options(gap=1e-9, threads=1))
    assert again.info["survive"]["proved"]
    assert again.info["survive"]["costs_at_most_usd"] == pytest.approx(9000.0)


def test_stock_where_it_is_cheaper() -> None:
    """With a year to fill it, 5 t more in the vault serve as well as Dora: 10 to make and 1 to move each."""
    data = coast()
    data["lanes"] += TO_VAULT
    plan = surviving(data, 2, duration=2, onsets=[2028])
    assert plan.info["survive"]["proved"]
    assert plan.info["survive"]["costs_at_most_usd"] == pytest.approx(55.0)
    assert worst_of_all(plan, "facilities", 2, 2, PROGRAMS) == pytest.approx(5.0)  # from 2027, which was not asked


def test_what_cannot_be_survived() -> None:
    """Dora and the reserve give 25 t in two years, 30 are asked for: 5 t are missing, in a year that is named."""
    plan = surviving(coast(), 3, duration=2)
    assert plan.status == "infeasible"
    assert plan.info["start"] == ""  # a round begins with the plan of the one before; none was given
    first = plan.info["survive"]["cannot"][0]
    assert first["losses"] == ["anna", "bert", "cora"]
    assert first["tonnes_short_at_least"] == pytest.approx(5.0, abs=1e-4)
    assert sum(row["tonnes"] for row in first["short"]) == pytest.approx(5.0, abs=1e-4)
    assert {row["product"] for row in first["short"]} == {"magnet"}


def test_demand_that_must_be_met_is_met_after_losses_too() -> None:
    """Hard demand of the markets asks for Dora as well."""
    data = coast()
    del data["markets"]["programs"]["demand"][0]["shortage_cost"]
    plan = surviving(data, 3)
    assert plan.info["survive"]["costs_at_most_usd"] == pytest.approx(9000.0)
    assert worst_of_all(plan, "facilities", 3, 1, PROGRAMS) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("duration", [1, 2])
def test_as_cheap_as_with_every_set_written_out(duration: int) -> None:
    """All sets as scenarios of one problem with hard demand: the same cost."""
    data = coast()
    data["lanes"] += TO_VAULT
    for losses, of in ((1, "countries"), (2, "owners")):
        plan = surviving(data, losses, of=of, duration=duration)
        other = by_scenarios(coast() | {"lanes": data["lanes"]}, of, losses, duration, "programs")
        assert plan.status == other.status
        if plan.objective is not None:
            assert plan.objective == pytest.approx(other.objective, rel=1e-6)


def open_to_choice(seed: int) -> Data:
    """A generated network in which most losses can be survived, for a price: no exposures, options on line at once."""
    data = generate(seed, scenarios=0, regions=False) | {"periods": [2027, 2028]}
    data.pop("lanes", None)
    for facility in data["facilities"].values():
        facility["exposure"] = {}
        facility["options"] = [
            {key: value for key, value in option.items() if key not in ("ramp", "qualification", "spend")} | {"lead": 0}
            for option in facility.get("options", [])
        ]
    for line in data["markets"]["army"]["demand"]:
        line["shortage_cost"] = 1e8
    return data


@pytest.mark.slow
@pytest.mark.parametrize("seed", first_fast(range(1, 13), 4))
@pytest.mark.parametrize(("of", "losses"), [("facilities", 1), ("countries", 1), ("countries", 2)])
def test_generated_networks_too(seed: int, of: str, losses: int) -> None:
    """Where every set can be survived the cost is that of the problem with all sets in it, and nothing is short."""
    plan = surviving(open_to_choice(seed), losses, of=of)
    other = by_scenarios(open_to_choice(seed), of, losses, 1, "army")
    assert plan.status == other.status
    if plan.objective is None:
        assert all(item["tonnes_short_at_least"] > 0 for item in plan.info["survive"]["cannot"] if item["onset"])
        return
    assert plan.info["survive"]["proved"]
    assert plan.objective == pytest.approx(other.objective, rel=1e-6, abs=1.0)
    assert worst_of_all(plan, of, losses, 1, {"army": 1.0}) == pytest.approx(0.0, abs=1e-3)


def test_what_makes_no_sense() -> None:
    """It is refused before anything is solved."""
    with pytest.raises(optimizer.OptionsError, match="losses is 7; it is 1 to 4"):
        surviving(coast(), 7)
    data = coast() | {"risk": {"measure": "regret"}}
    with pytest.raises(optimizer.OptionsError, match="regret"):
        surviving(data, 1)


def test_a_stopped_search_goes_on(tmp_path: Path) -> None:
    """Stopped once some losses are found, its folder has their rows; the next run needs fewer rounds and agrees."""
    whole = surviving(coast(), 2, duration=2)
    assert whole.info["survive"]["rounds"] > 1
    stop = Stop()

    def stopping(progress: Progress) -> None:
        if "losses not survived" in progress.phase and ", 0 losses" not in progress.phase:
            stop.asked.set()

    part = surviving(coast(), 2, duration=2, report=stopping, stop=stop)
    assert not part.info["survive"]["proved"]
    part.save(tmp_path / "part")
    part = Plan.read(tmp_path / "part")
    again = surviving(coast(), 2, duration=2, start=part)
    assert again.info["survive"]["proved"]
    assert again.objective == pytest.approx(whole.objective)
    assert again.info["survive"]["rounds"] < whole.info["survive"]["rounds"]
    for key in ("without_usd", "costs_at_least_usd", "costs_at_most_usd"):
        assert again.info["survive"][key] == pytest.approx(whole.info["survive"][key], abs=1e-3)
    with pytest.raises(PlanError, match="of another search: duration is 1, there 2"):
        surviving(coast(), 2, duration=1, start=part)
    with pytest.raises(PlanError, match="not made by solve --survive"):
        surviving(coast(), 2, duration=2, start=solve(coast()))
