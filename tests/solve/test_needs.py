"""Needs tighten the relaxation, cut off no plan, and have no share in prices."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.build import Data, network_from
from support.generate import generate

import optimizer
from optimizer.model import assemble
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT, NEEDS, TRUNK, Network
from optimizer.solver.compile import Problem, compile_block, join
from optimizer.solver.extensive import compile_all, problem_of
from optimizer.solver.first_plan import fundings_of, with_portfolio
from optimizer.solver.highs import Raw, run
from optimizer.solver.needs import needs_of
from optimizer.solver.options import Options
from optimizer.solver.solve import begin
from optimizer.synthetic.make import Synthetic

ONE = Options(threads=1, gap=1e-9)
LUMP: Data = {
    "schema": 1,
    "name": "lump",
    "base_year": 2027,
    "discount_rate": 0.0,
    "periods": [2027],
    "domestic": ["USA"],
    "countries": {"USA": "domestic"},
    "materials": {"oxide": {"stage": "separation"}, "magnet": {"stage": "magnet"}},
    "recipes": {
        "separate": {"stage": "separation", "outputs": {"oxide": 1}, "cost": 0},
        "make": {"stage": "magnet", "inputs": {"oxide": 0.5}, "outputs": {"magnet": 1}, "cost": 0},
    },
    "channels": {"mdap": {"tiers": ["domestic"]}, "commercial": {}},
    "facilities": {
        "refinery": {
            "stage": "separation",
            "country": "USA",
            "recipes": ["separate"],
            "capacity": 2,
            "options": [{"id": "build", "capacity": 15, "capex": 300, "lead": 0}],
        },
        "plant": {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 100},
    },
    "markets": {
        "town": {
            "channel": "mdap",
            "country": "USA",
            "demand": [{"product": "magnet", "tonnes": 10, "shortage_cost": 1000}],
        }
    },
}


def both(network: Network) -> tuple[Problem, Problem]:
    """The problem without needs, and with all that are found."""
    blocks, tables = compile_all(network)
    found = needs_of(tables[TRUNK])
    assert found
    needs = compile_block(*assemble.needs(tables[TRUNK], found))
    return problem_of(network, blocks, {}), problem_of(network, blocks | {NEEDS: needs}, {})


def relaxed(problem: Problem) -> float:
    """Least cost of fractions of fundings."""
    found = run(replace(problem, integer=np.zeros_like(problem.integer)), ONE)
    assert found.objective is not None
    return found.objective


def held(problem: Problem, portfolio: np.ndarray) -> Raw:
    """Least cost with a portfolio, its needs in force."""
    lower, upper = problem.lower.copy(), problem.upper.copy()
    lower[fundings_of(problem)] = upper[fundings_of(problem)] = portfolio
    return run(replace(problem, lower=lower, upper=upper, integer=np.zeros_like(problem.integer)), ONE)


def test_a_lump_is_funded_whole() -> None:
    """10 t of magnets take 5 t of oxide, and 2 stand: the relaxation funds a fifth of 15 t, the need asks for all."""
    plain, tight = both(network_from(LUMP))
    assert relaxed(plain) == pytest.approx(60.0)
    assert relaxed(tight) == pytest.approx(300.0)
    best = run(plain, ONE)
    assert best.objective == pytest.approx(300.0)


def test_what_must_not_be_short_has_no_way_out() -> None:
    """Demand that must be met stands in its need without a term for what is short."""
    town = LUMP["markets"]["town"] | {"demand": [{"product": "magnet", "tonnes": 10}]}
    data = LUMP | {"markets": {"town": town}}
    _, tight = both(network_from(data))
    assert relaxed(tight) == pytest.approx(300.0)
    (row,) = tight.matrix[[tight.row_start[NEEDS]]].toarray()
    assert set(row[row != 0]) == {1.0}
    assert tight.blocks[NEEDS].matrix.nnz == 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_portfolio_loses_a_plan(seed: int) -> None:
    """Any portfolio, good or bad, costs the same with needs as without, and what cannot be had cannot."""
    made = optimizer.generate(facilities=30, periods=4, futures=2, seed=seed, channels=3)
    plain, tight = both(_network(made))
    random = np.random.default_rng(seed)
    count = len(fundings_of(plain))
    held_plans = 0
    for _ in range(6):
        wish = random.random(count)
        near = _near(plain, np.where(wish > random.random(), 1.0, -1.0) * wish)
        one, other = held(plain, near), held(tight, near)
        assert one.ended == other.ended
        if one.objective is not None:
            held_plans += 1
            assert other.objective == pytest.approx(one.objective, rel=1e-7)
    assert held_plans
    assert relaxed(tight) > relaxed(plain) * (1 + 1e-5)


def _network(made: Synthetic) -> Network:
    with tempfile.TemporaryDirectory() as folder:
        return network_of(optimizer.load(made.save(Path(folder) / "made")))


def _near(problem: Problem, worth: np.ndarray) -> np.ndarray:
    """The portfolio that the rows over fundings allow and that is worth most."""
    alone = join([problem.blocks[INVESTMENT]])
    objective = np.zeros(alone.columns)
    objective[alone.integer] = -worth
    found = run(replace(alone, objective=objective), ONE, clean=False)
    assert found.values is not None
    return np.round(found.values[alone.integer])


@pytest.mark.parametrize("seed", range(4))
def test_rows_hold_on_generated_instances(seed: int) -> None:
    """The optimum of small instances of every feature is the same with needs and without."""
    network = network_from(generate(seed, scenarios=2))
    blocks, tables = compile_all(network)
    found = needs_of(tables[TRUNK])
    needs = compile_block(*assemble.needs(tables[TRUNK], found))
    plain, tight = problem_of(network, blocks, {}), problem_of(network, blocks | {NEEDS: needs}, {})
    one, other = run(plain, ONE), run(tight, ONE)
    assert one.ended == other.ended
    if one.objective is not None:
        assert other.objective == pytest.approx(one.objective, rel=1e-7, abs=1e-3)


def test_only_needs_that_bite_have_rows() -> None:
    """The relaxation that breaks none is left as it was; fixed fundings leave no needs to share prices with."""
    begun = begin(network_from(LUMP), ONE)
    assert len(begun.blocks[NEEDS].rows) == 1
    slack = LUMP | {"facilities": LUMP["facilities"] | {"refinery": LUMP["facilities"]["refinery"] | {"capacity": 6}}}
    assert NEEDS not in begin(network_from(slack), ONE).blocks
    problem = problem_of(begun.out.network, begun.blocks, {})
    fixed = with_portfolio(problem, np.ones(1))
    assert np.isinf(fixed.row_lower[problem.row_start[NEEDS]])
    solved = run(fixed, ONE)
    assert solved.duals is not None
    assert solved.duals[problem.row_start[NEEDS]] == 0.0
