"""A solve with a target ends once it is known whether a plan costs so little, and says nothing that is not proved."""

from __future__ import annotations

import pytest
from support.build import instance_of
from support.generate import generate

from optimizer.network.network import network_of
from optimizer.network.tables import Network
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.extensive import Solved
from optimizer.solver.options import Options
from optimizer.solver.solve import solve

DIGITS = 1e-7
"""Relative, what the tolerances of the solver leave open."""


@pytest.fixture(scope="module")
def network() -> Network:
    return network_of(instance_of(generate(5, size=2, scenarios=2)))


@pytest.fixture(scope="module")
def best(network: Network) -> float:
    found = solve(network, Options(method="extensive", gap=1e-9, threads=1)).objective
    assert found is not None
    return found


def asked(network: Network, method: str, target: float, checkpoint: Checkpoint | None = None) -> Solved:
    return solve(network, Options(method=method, gap=1e-9, threads=1, target=target), checkpoint=checkpoint)


@pytest.mark.parametrize("method", ["extensive", "benders"])
def test_what_is_told_of_a_target_is_true(network: Network, best: float, method: str) -> None:
    below, above = asked(network, method, 0.999 * best), asked(network, method, 1.001 * best)
    assert below.bound is not None
    assert 0.999 * best < below.bound <= best * (1 + DIGITS)
    assert below.status in ("feasible", "no_plan")
    assert above.objective is not None
    assert best * (1 - DIGITS) <= above.objective <= 1.001 * best
    assert above.bound is None or above.bound <= best * (1 + DIGITS)
    assert above.status in ("feasible", "optimal")


def test_a_tree_that_a_target_cut_short_is_not_gone_on_with(network: Network, best: float) -> None:
    """What was given up beyond a target counts again once there is none."""
    kept = Checkpoint(None, "")
    assert asked(network, "benders", 0.999 * best, kept).objective is None
    again = solve(network, Options(method="benders", gap=1e-6, threads=1), checkpoint=kept)
    assert again.status == "optimal"
    assert again.objective == pytest.approx(best, rel=1e-6)
