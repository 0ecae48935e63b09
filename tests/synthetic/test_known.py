"""Instances with a known optimum: the solver comes to the number that arithmetic gave."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog
from support.build import GAP
from support.params import first_fast

import optimizer
from optimizer.errors import OptionsError
from optimizer.synthetic.known import Chain, Money, Offer, Plant, operating_cost


def check(folder: Path, **asked: int) -> None:
    """The plan found costs what is known, and funds it where nothing else is as good."""
    made = optimizer.generate(known=True, **asked)  # type: ignore[arg-type]
    made.save(folder)
    assert made.known is not None
    plan = optimizer.solve(optimizer.load(folder), gap=GAP, threads=1)
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"]
    assert plan.objective == pytest.approx(made.known.objective, rel=1e-9)
    funded = tuple(sorted((row.facility, row.option, row.funded) for row in plan.portfolio.itertuples()))
    assert funded == made.known.portfolio or made.known.margin <= GAP * made.known.objective


@pytest.mark.parametrize("seed", range(3))
def test_the_solver_comes_to_the_known_optimum(tmp_path: Path, seed: int) -> None:
    """Cost and portfolio."""
    check(tmp_path / "made", facilities=20, periods=3, futures=5, seed=seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", first_fast(range(8), 3))
def test_the_solver_comes_to_the_known_optimum_of_larger_ones(tmp_path: Path, seed: int) -> None:
    """Cost and portfolio, of more chains, years and futures; channels by turns."""
    check(tmp_path / "made", facilities=30 + 5 * seed, periods=4, futures=8, seed=seed, channels=1 + seed % 2)


def test_something_is_funded_and_not_all() -> None:
    """Over some seeds: the choice is one."""
    funded = offered = 0
    for seed in range(4):
        made = optimizer.generate(known=True, facilities=40, futures=4, seed=seed)
        assert made.known is not None
        funded += len(made.known.portfolio)
        offered += len({row["facility"] for row in made.tables["options"]})
        assert made.known.margin > 0
    assert 0 < funded < offered


def test_what_is_known_is_written(tmp_path: Path) -> None:
    """The optimum as JSON, and its portfolio as evaluate takes it."""
    made = optimizer.generate(known=True, facilities=60, futures=4, seed=0)
    made.save(tmp_path / "made")
    assert made.known is not None
    assert made.known.portfolio
    written = json.loads((tmp_path / "made" / "known.json").read_text(encoding="utf-8"))
    assert written == made.known.to_dict()
    found = optimizer.Portfolio.read(tmp_path / "made" / "known_portfolio.csv")
    assert sorted(found.fundings) == list(made.known.portfolio)


@pytest.mark.parametrize("seed", range(5))
def test_operating_cost_is_the_optimum_of_the_linear_program(seed: int) -> None:
    """Cheapest plants first, up to where a tonne costs more than its shortage: against a general solver."""
    rng = np.random.default_rng(seed)
    needs = (2.6, 1.3, 1.0)
    plants = tuple(
        Plant(f"p{i}", "USA", i % 3, float(rng.uniform(5, 40)), float(rng.uniform(0, 60)), True) for i in range(9)
    )
    chain = Chain("m", needs, plants, {2027: 50.0}, float(rng.uniform(40, 120)))
    size = np.array([[plant.capacity for plant in plants]]) * rng.uniform(0, 1, (6, 9))
    demand = rng.uniform(20, 80, 6)
    costs = operating_cost(chain, size, demand)
    for case in range(6):
        price = [*(plant.unit_cost for plant in plants), chain.shortage_cost]
        # Stage by stage: made >= need x delivered, and delivered + short = demand.
        rows = [[*(-1.0 if p.stage == stage else 0.0 for p in plants), -need] for stage, need in enumerate(needs)]
        right = [-need * demand[case] for need in needs]
        bounds = [*((0, limit) for limit in size[case]), (0, demand[case])]
        found = linprog(price, A_ub=rows, b_ub=right, bounds=bounds)
        assert costs[case] == pytest.approx(found.fun, rel=1e-9)


def test_money_of_a_funding() -> None:
    """Capex when funded, less credit for unexpired life, with fixed cost while on line; a ramp in the first year."""
    money = Money(range(2027, 2031), 2026, 0.1)
    choice = (Offer("build", 10.0, 1000.0, 30.0, 1, 0.5, 20, 1.0), 2028)
    credit = 1000 * (2029 + 20 - 2031) / 20 * 1.1**-5
    assert money.investment(choice) == pytest.approx(1000 * 1.1**-2 - credit + 30 * (1.1**-3 + 1.1**-4))
    assert [money.capacity(choice, year) for year in money.years] == [0.0, 0.0, 5.0, 10.0]


def test_more_candidates_than_can_be_tried_are_refused() -> None:
    """With the most that can be."""
    with pytest.raises(OptionsError, match=r"at most 0\.3$"):
        optimizer.generate(known=True, facilities=60, candidates=0.4)


def test_a_larger_set_of_futures_costs_no_less_where_they_are_likelier() -> None:
    """Disruptions only cost: more probability of them, a higher optimum of the same network."""
    costs = []
    for disrupted in (0.1, 0.4, 0.8):
        made = optimizer.generate(known=True, facilities=30, futures=6, disrupted=disrupted, seed=2)
        assert made.known is not None
        costs.append(made.known.objective)
    assert all(less < more for less, more in pairwise(costs))


@pytest.mark.parametrize("facilities", [20, 21, 25, 28, 39])
def test_chains_of_any_number_of_facilities(facilities: int) -> None:
    """The facilities asked for, with as many candidates as may be, and a plant of every stage in each chain."""
    made = optimizer.generate(known=True, facilities=facilities, periods=2, futures=2, candidates=0.3)
    rows = made.tables["facilities"]
    assert len(rows) == facilities
    assert sum(row["capacity"] == 0 for row in rows) == round(0.3 * facilities)
    stages = {(row["id"].split("_")[1], row["stage"]) for row in rows if row["capacity"] > 0}
    assert len(stages) == 4 * len(made.document["markets"])
