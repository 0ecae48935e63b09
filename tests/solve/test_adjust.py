"""A disruption that bites: branches tied to the trunk, in every road that answers them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.build import Data, network_from, optimum, solve
from support.generate import generate

from optimizer.evaluation import evaluate
from optimizer.evaluation.portfolio import Portfolio
from optimizer.losses import stress
from optimizer.model import assemble
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.plan.columns import rows_of
from optimizer.solver.branch import Branch
from optimizer.solver.given import given_by, starts_taken
from optimizer.solver.mould import Mould, shape_of
from optimizer.solver.template import Template
from optimizer.solver.written import build_block

STAGES = ("mining", "separation", "metal", "magnet")


def biting(seed: int, rise: float = 0.1, contracted: float = 0.8, **more: Any) -> Data:
    """A made network in which every stage raises slowly and is under contract."""
    data = generate(seed, **more)
    stages = dict.fromkeys(facility["stage"] for facility in data["facilities"].values())
    return data | {"frictions": {stage: {"raise": rise, "contracted": contracted} for stage in stages}}


@pytest.mark.parametrize("seed", [2, 5, 14])
def test_no_limit_is_no_row(seed: int) -> None:
    """A raise of 1 and contracts of 0 leave every block as it is without the keys."""
    plain, free = network_from(generate(seed, scenarios=2)), network_from(biting(seed, 1.0, 0.0, scenarios=2))
    for course in ("trunk", *plain.windows):
        one, other = (build_block(assemble.operations, tables_of(network, course)) for network in (plain, free))
        assert (one.rows, one.columns, one.owners) == (other.rows, other.columns, other.owners)
        assert np.array_equal(one.matrix.toarray(), other.matrix.toarray())


@pytest.mark.slow
def test_frictions_cost_and_never_gain() -> None:
    """The optimum with limits is dearer or the same, somewhere dearer, and the check finds every row of it held."""
    dearer = [optimum(biting(s, scenarios=3)) - optimum(generate(s, scenarios=3)) for s in (2, 5)]
    assert min(dearer) >= -1e-3
    assert max(dearer) > 1.0


@pytest.mark.parametrize("seed", [2, 14])
def test_a_branch_alone_costs_what_it_costs_in_the_plan(seed: int) -> None:
    """Given fundings, stock and activity of a plan, each branch answers as in the plan."""
    plan = solve(biting(seed, scenarios=2), gap=0.0)
    network = network_of(plan.instance)
    given = given_by(network, plan)
    assert any(key[0] == "run" for _, key in given)
    costs = plan.costs.groupby("scenario").discounted.sum()
    for name in network.windows:
        branch = Branch(build_block(assemble.operations, tables_of(network, name)))
        branch.give(given)
        assert branch.solve().value == pytest.approx(float(costs[name]), rel=1e-6, abs=1e-2)


@pytest.mark.parametrize(("seed", "children"), [(2, 0), (3, 2)])
def test_a_plan_in_its_own_futures_costs_what_it_says(seed: int, children: int) -> None:
    """Evaluation holds what the trunk runs as the plan does, so that every future costs what the plan says."""
    plan = solve(biting(seed, scenarios=3, children=children), gap=0.0)
    found = evaluate(plan.instance, plan, workers=1)
    costs = {row.scenario: row.cost for row in rows_of(plan.scenarios)}
    for row in rows_of(found.futures):
        assert row.cost == pytest.approx(costs[row.future], rel=1e-5)


def test_fundings_alone_get_the_activity_that_suits_the_scenarios(tmp_path: Path) -> None:
    """A planner's own list of fundings is given the trunk's activity too."""
    plan = solve(biting(5, scenarios=2), gap=0.0)
    file = tmp_path / "mine.csv"
    lines = [f"{row.facility},{row.option},{row.funded}" for row in rows_of(plan.portfolio)]
    file.write_text("\n".join(["facility,option,year", *lines]) + "\n", encoding="utf-8")
    found = evaluate(plan.instance, Portfolio.read(file), workers=1)
    assert found.info["statistics"]["cost"]["mean"]["value"] == pytest.approx(plan.objective, rel=1e-5)


@pytest.mark.parametrize("seed", [8])
def test_a_template_answers_as_the_branch_itself(seed: int) -> None:
    """Limits follow the factors of the scenario that is bound."""
    data = biting(seed, scenarios=6, size=2)
    for market in data["markets"].values():
        for line in market["demand"]:
            line["shortage_cost"] = line.get("shortage_cost") or 9_000
    for number, scenario in enumerate(data["scenarios"]):
        effect = {"affects": "facilities", "where": {"stage": "magnet"}, "available": 0.1 + 0.15 * number}
        scenario |= {"onset": data["periods"][-2], "duration": 1, "recovery": 1, "probability": 0.1}
        scenario["effects"] = [effect]
    plan = solve(data, gap=1e-4)
    network = network_of(plan.instance)
    names = list(network.windows)
    assert len({shape_of(network, network.windows[name]) for name in names}) == 1
    fundings = [(row.facility, row.option, int(row.funded)) for row in rows_of(plan.portfolio)]
    template = Template(Mould(network, names[0], starts_taken(network.starts, fundings)), names[0])
    given = given_by(network, plan)
    for name in [*names, *reversed(names)]:
        own = Branch(build_block(assemble.operations, tables_of(network, name)))
        own.give(given)
        template.bind(name)
        template.give(given)
        assert template.solve().value == pytest.approx(own.solve().value, rel=1e-6, abs=1e-2)


def two_makers(**friction: float) -> Data:
    """Cheap makes all; dear stands idle beside it."""
    return {
        "schema": 1,
        "name": "two",
        "base_year": 2027,
        "discount_rate": 0.0,
        "periods": [2027, 2028],
        "domestic": ["USA"],
        "countries": {"USA": "domestic"},
        "materials": {"magnet": {"stage": "magnet", "price": 15, "storage": {"cost": 0}}},
        "recipes": {
            "make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 10},
            "make_dear": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 20},
        },
        "facilities": {
            "cheap": {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 100},
            "dear": {"stage": "magnet", "country": "USA", "recipes": ["make_dear"], "capacity": 100, **friction},
        },
        "channels": {"mdap": {}, "commercial": {}},
        "markets": {
            "army": {
                "channel": "mdap",
                "country": "USA",
                "demand": [{"product": "magnet", "tonnes": 100, "shortage_cost": 1000}],
            }
        },
    }


def test_a_loss_that_bites(tmp_path: Path) -> None:
    """Idle capacity takes the place of what is lost at once; where it rises by a tenth a year, 90 t are short."""
    for friction, short in (({}, 0.0), ({"raise": 0.1}, 90.0), ({"raise": 0.0}, 100.0)):
        found = stress(solve(two_makers(**friction)), losses=1, folder=tmp_path / str(short), workers=1)
        assert found.proved
        assert found.info["lower"] == pytest.approx(short, abs=1e-6)


def test_a_working_stock_is_drawn_down(tmp_path: Path) -> None:
    """With 40 t in a working stock, the loss that leaves 90 t short leaves 50; what is drawn is bought back."""
    data = two_makers(**{"raise": 0.1})
    data["stockpiles"] = {
        "shelf": {
            "country": "USA",
            "channel": "mdap",
            "materials": ["magnet"],
            "initial": {"magnet": 40},
            "release": "always",
            "targets": [{"material": "magnet", "tonnes": 40}],
        }
    }
    found = stress(solve(data), losses=1, folder=tmp_path / "shelf", workers=1)
    assert found.info["lower"] == pytest.approx(50.0, abs=1e-6)


def test_activity_that_is_rounding_is_under_no_contract(tmp_path: Path) -> None:
    """A plan may run a facility without capacity by what its solve tolerates; a loss is answered all the same."""
    data = two_makers(contracted=0.6)
    data["facilities"]["dear"] |= {"capacity": 0, "options": [{"id": "build", "capacity": 10, "capex": 1e9}]}
    plan = solve(data, gap=0.0)
    runs = plan.tables["runs"]
    rounding = runs[runs["scenario"] == "trunk"].assign(facility="dear", recipe="make_dear", run=5e-7)
    plan.tables["runs"] = pd.concat([runs, rounding], ignore_index=True)
    found = stress(plan, tmp_path / "stress", losses=1, markets=["army"], workers=1)
    assert all(onset["without_loss"] == 0 for onset in found.info["onsets"])
    assert found.info["worst"]["losses"] == ["cheap"]
