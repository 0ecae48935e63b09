"""What bounds and plans say of an option, as far as they do."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from support.build import instance_of

from optimizer.near_optimal.facts import ALL, NONE, OPEN, SOME, Facts
from optimizer.near_optimal.ledger import LIMIT, Ledger
from optimizer.near_optimal.solves import INTERRUPTED, Answer
from optimizer.network.network import network_of
from optimizer.solver.extensive import Solved, ended
from optimizer.solver.highs import Raw

from .conftest import plants

A, B = ("anna", "build"), ("bert", "build")


def known(*plans: tuple[float, set[tuple[str, str]]], within: float = 50.0, bound: float = 90.0) -> Facts:
    """Facts of plans: cost and what each funds."""
    facts = Facts((A, B), within, bound)
    for cost, chosen in plans:
        facts.note(Answer("feasible", "", cost, None, tuple((*option, 2027) for option in chosen), 0.0))
    return facts


def test_only_bounds_beyond_the_tolerance_prove() -> None:
    """The best costs 100, near-equal is 150: a bound up to that leaves open what all plans found agree on."""
    for bound, without, with_ in ((149.0, OPEN, OPEN), (150.0, OPEN, OPEN), (151.0, ALL, NONE)):
        facts = known((100.0, {A}))
        facts.least_without[A] = facts.least_with[B] = bound
        assert (facts.verdict(A), facts.verdict(B)) == (without, with_), bound


def test_what_only_a_dear_portfolio_does_is_not_in_some() -> None:
    """Bert is in a portfolio beyond the tolerance: that is no near-equal one, nor is it once a better one is found."""
    assert known((100.0, {A}), (151.0, {B})).verdict(B) == OPEN
    facts = known((100.0, {A}), (149.0, {B}))
    assert facts.verdict(B) == SOME
    facts.note(Answer("feasible", "", 98.0, None, ((*A, 2028),), 0.0))
    assert facts.verdict(B) == OPEN
    assert [one.cost for one in facts.near()] == [98.0]


def test_what_a_demand_costs_lies_between_the_bounds_of_both() -> None:
    """Bert costs 120 to 130, the best 90 to 100: to force him in costs 20 to 40."""
    facts = known((100.0, {A}), (130.0, {B}))
    facts.least_with[B] = 120.0
    assert facts.extra(B, funded=True) == pytest.approx((20.0, 40.0))
    assert known((100.0, {A})).extra(B, funded=True) == (0.0, None)


def test_a_solve_that_found_nothing_proves_no_more_than_its_bound() -> None:
    """Only infeasible is a proof that there is no plan at any cost."""
    ends = {"infeasible": math.inf, "no_plan": -math.inf, "feasible": -math.inf}
    for status, least in ends.items():
        assert Answer(status, "", None, None, (), 0.0).least == least
    assert Answer("no_plan", "", None, 70.0, (), 0.0).least == 70.0


def test_what_a_limit_cut_off_is_asked_again_with_a_longer_one(tmp_path: Path) -> None:
    """An answer that ended by itself holds with every limit; one that a limit ended, with no longer one."""
    before = Ledger(tmp_path, {}, 10.0)
    cut, whole = Answer("feasible", LIMIT, 9.0, 1.0, (), 10.0), Answer("optimal", "", 9.0, 9.0, (), 1.0)
    before.add("cut off", cut)
    before.add("whole", whole)
    for limit, known in ((5.0, cut), (10.0, cut), (20.0, None), (None, None)):
        now = Ledger(tmp_path, {}, limit)
        assert now.known("cut off") == known, limit
        assert now.known("whole") == whole, limit


def test_what_a_limit_ended_says_so_in_the_words_of_the_solver() -> None:
    """The ledger knows by these words that a limit ended a solve."""
    out = Solved(network_of(instance_of(plants())), {}, "no_plan", "")
    assert ended(out, Raw("limit", None, None, None, 0.0)).why.startswith(LIMIT)
    assert ended(out, Raw("interrupted", None, None, None, 0.0)).why.startswith(INTERRUPTED)
