"""New makers wait: branches tied to whom users know, in every road that answers them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.build import Data, instance_of, network_from, optimum, solve
from support.generate import generate

import optimizer
from optimizer.evaluation import evaluate
from optimizer.evaluation.portfolio import Portfolio
from optimizer.losses import stress
from optimizer.model import assemble
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.solver.branch import Branch
from optimizer.solver.given import given_by, known_makers, starts_taken
from optimizer.solver.mould import Mould
from optimizer.solver.options import Options
from optimizer.solver.template import Template
from optimizer.solver.written import build_block


def asking(data: Data, years: float = 2.0, multiple: float = 1.2, lots: float = 0.0) -> Data:
    """The same data, with every magnet to be requalified for the strictest channel."""
    channel = next(iter(data["channels"]))
    for material in data["materials"].values():
        if material["stage"] == "magnet":
            material["requalification"] = {channel: {"years": years, "multiple": multiple, "lots": lots}}
    return data


def makers(cheap: float = 100.0, dear: float = 100.0, demand: float = 100.0, **row: Any) -> Data:
    """Cheap makes what it can of what the army asks for, dear the rest; 2027 and 2028."""
    magnet: Data = {"stage": "magnet", "price": 15, "storage": {"cost": 0}}
    if row:
        magnet["requalification"] = {"mdap": row}
    line = {"product": "magnet", "tonnes": demand, "shortage_cost": 1000}
    return {
        "schema": 1,
        "name": "makers",
        "base_year": 2027,
        "discount_rate": 0.0,
        "periods": [2027, 2028],
        "domestic": ["USA"],
        "countries": {"USA": "domestic"},
        "materials": {"magnet": magnet},
        "recipes": {
            "make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 10},
            "make_dear": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 20},
        },
        "facilities": {
            "cheap": {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": cheap},
            "dear": {"stage": "magnet", "country": "USA", "recipes": ["make_dear"], "capacity": dear},
        },
        "channels": {"mdap": {}, "commercial": {}},
        "markets": {"army": {"channel": "mdap", "country": "USA", "demand": [line]}},
    }


@pytest.mark.parametrize("seed", [2, 5])
def test_no_years_are_no_row(seed: int) -> None:
    """Years of 0 leave every block as it is without the key, trunk included."""
    plain, free = network_from(generate(seed, scenarios=2)), network_from(asking(generate(seed, scenarios=2), 0.0))
    for course in ("trunk", *plain.windows):
        one, other = (build_block(assemble.operations, tables_of(network, course)) for network in (plain, free))
        assert (one.rows, one.columns, one.owners) == (other.rows, other.columns, other.owners)
        assert np.array_equal(one.matrix.toarray(), other.matrix.toarray())
        assert np.array_equal(one.row_upper, other.row_upper)


def test_the_trunk_is_bound_by_nothing_new() -> None:
    """Without a branch the optimum is the same, and everything that users take is laid on makers."""
    data = generate(5, scenarios=0)
    plan = solve(asking(generate(5, scenarios=0)))
    assert plan.objective == pytest.approx(optimum(data), rel=1e-9)
    assert plan.info["verdict"]["ok"]
    assert len(plan.makers)


@pytest.mark.slow
def test_waiting_costs_and_never_gains() -> None:
    """The optimum is dearer or the same, somewhere dearer, and the check finds every row of it held."""
    dearer = [
        optimum(asking(generate(s, scenarios=3), 3.0, 1.0)) - optimum(generate(s, scenarios=3)) for s in (2, 5, 14)
    ]
    assert min(dearer) >= -1e-3
    assert max(dearer) > 1.0


@pytest.mark.parametrize(
    ("cheap", "row", "short"),
    [
        (100.0, {}, 0.0),
        (100.0, {"years": 1, "multiple": 5}, 100.0),  # dear makes nothing for the army
        (100.0, {"years": 1, "multiple": 1, "lots": 5}, 95.0),
        (100.0, {"years": 0.5, "multiple": 1}, 50.0),  # half a year at full capacity
        (60.0, {"years": 1, "multiple": 1}, 60.0),  # dear makes 40 of it
        (60.0, {"years": 1, "multiple": 2}, 40.0),  # 80 after the loss of cheap; that of dear leaves 60
        (60.0, {"years": 3, "multiple": 2.5}, 40.0),
    ],
)
def test_a_loss_that_no_new_source_makes_good(cheap: float, row: Data, short: float, tmp_path: Path) -> None:
    """One maker lost for a year: what the other may make is what the army has from it already."""
    found = stress(solve(makers(cheap, **row)), losses=1, folder=tmp_path / "stress", workers=1)
    assert found.proved
    assert found.info["lower"] == pytest.approx(short, abs=1e-6)


def test_a_maker_that_is_known_need_not_wait(tmp_path: Path) -> None:
    """Dear makes nothing for the army, but is known to it."""
    data = makers(years=2, multiple=1)
    data["facilities"]["dear"]["known_for"] = {"mdap": ["magnet"]}
    plan = solve(data)
    assert "dear" not in set(plan.makers["facility"])
    found = stress(plan, losses=1, folder=tmp_path / "stress", workers=1)
    assert found.info["lower"] == pytest.approx(0.0, abs=1e-6)


def test_the_cheapest_plan_that_survives_has_two_sources() -> None:
    """With a multiple of 2 either maker may make what both made: half of the army's tonnes each, for 500 a year."""
    plan = optimizer.survive(instance_of(makers(years=2, multiple=2)), losses=1, options=Options(gap=1e-9, threads=1))
    assert plan.info["survive"]["proved"]
    assert plan.objective == pytest.approx(2 * (50 * 10 + 50 * 20), rel=1e-6)
    had = {(row.facility, row.period): row.tonnes for row in rows_of(plan.makers)}
    assert had == pytest.approx(dict.fromkeys(had, 50.0), rel=1e-6)


def test_no_plan_survives_where_known_sources_make_no_more() -> None:
    """With a multiple of 1 the loss of the one or the other leaves half short at least."""
    plan = optimizer.survive(instance_of(makers(years=2, multiple=1)), losses=1, options=Options(gap=1e-9, threads=1))
    assert plan.status == "infeasible"
    assert plan.info["survive"]["cannot"]


@pytest.mark.parametrize("seed", [2, 14])
def test_benders_finds_the_same(seed: int) -> None:
    """Whom users know is decided by the master, and the parts of trunk and branches look at it."""
    data = asking(generate(seed, scenarios=2), 3.0, 1.0)
    whole, parted = solve(data), solve(data, gap=1e-6, method="benders")
    assert parted.info["verdict"]["ok"]
    assert parted.objective == pytest.approx(whole.objective, rel=2e-6)


@pytest.mark.parametrize("seed", [2, 14])
def test_a_branch_alone_costs_what_it_costs_in_the_plan(seed: int) -> None:
    """Given fundings, stock and sources of a plan, each branch answers as in the plan."""
    plan = solve(asking(generate(seed, scenarios=2)), gap=0.0)
    network = network_of(plan.instance)
    given = given_by(network, plan)
    assert any(key[0] == "known" for _, key in given)
    costs = plan.costs.groupby("scenario").discounted.sum()
    for name in network.windows:
        branch = Branch(build_block(assemble.operations, tables_of(network, name)))
        branch.give(given)
        assert branch.solve().value == pytest.approx(float(costs[name]), rel=1e-6, abs=1e-2)


@pytest.mark.parametrize(("seed", "children"), [(2, 0), (3, 2)])
def test_a_plan_in_its_own_futures_costs_what_it_says(seed: int, children: int, tmp_path: Path) -> None:
    """Evaluation keeps whom the plan's users know, so every future costs what the plan says; read from files too."""
    plan = solve(asking(generate(seed, scenarios=3, children=children)), gap=0.0)
    plan.save(tmp_path / "plan")
    costs = {row.scenario: row.cost for row in rows_of(plan.scenarios)}
    for held in (plan, Portfolio.read(tmp_path / "plan")):
        for row in rows_of(evaluate(plan.instance, held, workers=1).futures):
            assert row.cost == pytest.approx(costs[row.future], rel=1e-5)


def test_fundings_alone_get_the_sources_that_suit_the_scenarios(tmp_path: Path) -> None:
    """A planner's own list of fundings is given the sources that are best for the instance's scenarios."""
    plan = solve(asking(generate(5, scenarios=2)), gap=0.0)
    file = tmp_path / "mine.csv"
    lines = [f"{row.facility},{row.option},{row.funded}" for row in rows_of(plan.portfolio)]
    file.write_text("\n".join(["facility,option,year", *lines]) + "\n", encoding="utf-8")
    found = evaluate(plan.instance, Portfolio.read(file), workers=1)
    assert found.info["statistics"]["cost"]["mean"]["value"] == pytest.approx(plan.objective, rel=1e-5)


def test_a_plan_that_says_nothing_of_sources_has_those_that_it_makes() -> None:
    """Users of a plan made without the key have its makers' goods in proportion to what these make."""
    plain = solve(makers(60.0))
    asks = instance_of(makers(60.0, years=1, multiple=1))
    plan = Plan(asks, plain.info, plain.tables)
    known = known_makers(network_of(asks), plan)
    expected = {
        (name, "magnet", "mdap", y): tonnes for name, tonnes in (("cheap", 60.0), ("dear", 40.0)) for y in (2027, 2028)
    }
    assert known == pytest.approx(expected)


@pytest.mark.parametrize("seed", [8])
def test_a_template_answers_as_the_branch_itself(seed: int) -> None:
    """Waiting follows the scenario that is bound, delays of options in the part of a period that is free included."""
    data = asking(generate(seed, scenarios=6, size=2), 1.5)
    for market in data["markets"].values():
        for line in market["demand"]:
            line["shortage_cost"] = line.get("shortage_cost") or 9_000
    options = [(name, option["id"]) for name, f in data["facilities"].items() for option in f.get("options", [])]
    for number, scenario in enumerate(data["scenarios"]):
        effects: list[Data] = [
            {"affects": "facilities", "where": {"stage": "magnet"}, "available": 0.1 + 0.15 * number}
        ]
        if number % 2 and options:
            name, option = options[number % len(options)]
            effects.append({"affects": "options", "where": {"facility": name, "id": option}, "delay": 1})
        scenario |= {"onset": data["periods"][-2], "duration": 1, "recovery": 1, "probability": 0.1}
        scenario["effects"] = effects
    plan = solve(data, gap=1e-4)
    network = network_of(plan.instance)
    names = list(network.windows)
    fundings = [(row.facility, row.option, int(row.funded)) for row in rows_of(plan.portfolio)]
    template = Template(Mould(network, names[0], starts_taken(network.starts, fundings)), names[0])
    given = given_by(network, plan)
    for name in [*names, *reversed(names)]:
        own = Branch(build_block(assemble.operations, tables_of(network, name)))
        own.give(given)
        template.bind(name)
        template.give(given)
        assert template.solve().value == pytest.approx(own.solve().value, rel=1e-6, abs=1e-2)
