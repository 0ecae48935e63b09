"""Intervals of shares, and the verdicts that follow from counts."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from scipy.stats import binomtest

from optimizer.robustness import work
from optimizer.robustness.tally import MUST, NEVER, TOSS_UP, UNDECIDED, Counts


@pytest.mark.parametrize(("count", "of"), [(0, 20), (1, 20), (7, 20), (19, 20), (20, 20), (3, 3), (40, 77)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_intervals_are_exact(count: int, of: int, level: float) -> None:
    """As scipy works them out by search."""
    exact = binomtest(count, of).proportion_ci(confidence_level=level, method="exact")
    assert Counts(in_all=count, in_none=of - count).limits(count, level) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        (Counts(20, 0, 0, 0), MUST),
        (Counts(0, 0, 20, 0), NEVER),
        (Counts(19, 1, 0, 0), UNDECIDED),
        (Counts(19, 0, 0, 1), UNDECIDED),  # the one that is not proved may be in some
        (Counts(10, 0, 10, 0), TOSS_UP),
        (Counts(0, 20, 0, 0), TOSS_UP),
        (Counts(10, 1, 2, 7), UNDECIDED),  # with the seven it may be in all of four fifths
        (Counts(11, 9, 0, 0), TOSS_UP),
        (Counts(12, 8, 0, 0), UNDECIDED),
        (Counts(2, 3, 15, 0), UNDECIDED),
        (Counts(0, 0, 0, 20), UNDECIDED),
        (Counts(), UNDECIDED),
    ],
)
def test_a_verdict_is_what_the_interval_proves(counts: Counts, verdict: str) -> None:
    """At four fifths and 95 percent; what is not proved is counted either way."""
    assert counts.verdict(0.8, 0.95) == verdict


def test_how_many_samples_would_tell() -> None:
    """Samples that go on as they are settle it at the number named, and not before."""
    assert Counts(20, 0, 0, 0).to_decide(0.8, 0.95) is None
    assert Counts(3, 0, 0, 0).to_decide(0.8, 0.95) == 17
    assert Counts(16, 0, 0, 0).verdict(0.8, 0.95) == UNDECIDED
    assert Counts(17, 0, 0, 0).verdict(0.8, 0.95) == MUST
    assert Counts(0, 0, 0, 5).to_decide(0.8, 0.95) is None


def test_the_capex_of_a_sample_is_the_same_in_any_order() -> None:
    """To the last digit: the options are a set, whose order is another in each process."""
    capex = {("a", "build"): 0.1, ("b", "build"): 0.2, ("c", "build"): 0.3}
    first = SimpleNamespace(status="optimal", why="")

    def record(chosen: tuple[tuple[str, str], ...]) -> work.Record:
        options = {option: SimpleNamespace(capex=usd) for option, usd in capex.items()}
        solves = SimpleNamespace(network=SimpleNamespace(starts=SimpleNamespace(options=options)))
        best = SimpleNamespace(cost=1.0, chosen=chosen, funded=())
        desk = SimpleNamespace(facts=SimpleNamespace(best=best, bound=1.0, options=()), solves=solves, asked={})
        return work._record(desk, first)  # type: ignore[arg-type]

    assert record(tuple(capex))["capex"] == record(tuple(reversed(capex)))["capex"]
