"""The search for the best chain, against every chain of small tables of costs."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import pytest

from optimizer.budgeting.chain import At, Chain, Search
from optimizer.budgeting.work import Reply
from optimizer.near_optimal.rows import Chosen

OPTIONS = [(name, "build") for name in "abcdef"]
ALL: Chosen = frozenset(OPTIONS)
MOST = (17, 11, 6)


Held = tuple[Chosen, float]
"""Options, USD on stockpiles."""


class Table:
    """What every portfolio costs, and how often it was asked."""

    def __init__(self, seed: int, gap: float = 0.0, stocks: Sequence[float] = (0.0,)) -> None:
        draw = random.Random(seed)
        self.money = {option: draw.randint(2, 7) for option in OPTIONS}
        sets = [frozenset(s) for n in range(7) for s in itertools.combinations(OPTIONS, n)]
        self.cost: dict[Held, float] = {
            (s, stock): 100.0 - 2.0 * sum(self.money[o] for o in s) - 2.5 * stock + draw.randint(0, 8)
            for s in sets
            for stock in stocks
        }
        self.gap = gap
        self.asked: list[At] = []

    def at(self, level: int) -> list[Held]:
        """Portfolios that the money of a level allows."""
        return [held for held in self.cost if sum(self.money[o] for o in held[0]) + held[1] <= MOST[level]]

    def ask(self, _: str, ats: Sequence[At]) -> list[Reply]:
        """The best at a level, or with a gap the worst within it; the bound is the best."""
        self.asked += ats
        found = []
        for at in ats:
            allowed = [
                held
                for held in self.at(at.level)
                if not held[0] & at.barred and held[0] >= at.needed and at.least <= held[1] <= at.most
            ]
            if not allowed:
                found.append(Reply("infeasible", "proved", None, None))
                continue
            least = min(self.cost[held] for held in allowed)
            near = [held for held in allowed if self.cost[held] <= least + self.gap]
            some = max(near, key=lambda held: (self.cost[held], sorted(held[0]), held[1]))
            funded = tuple((f, o, 2027) for f, o in sorted(some[0]))
            found.append(Reply("optimal", "", self.cost[some], least, funded, stock=some[1]))
        return found

    def least(self, weights: Sequence[float]) -> float:
        """Least weighted cost of all chains."""
        deeper: dict[Held, float] | None = None
        for level in reversed(range(len(MOST))):
            here = {}
            for held in self.at(level):
                below = 0.0 if deeper is None else min(usd for part, usd in deeper.items() if within(part, held))
                here[held] = weights[level] * self.cost[held] + below
            deeper = here
        assert deeper is not None
        return min(deeper.values())


def within(part: Held, whole: Held) -> bool:
    """Whether a portfolio is a part of another."""
    return part[0] <= whole[0] and part[1] <= whole[1]


def search(table: Table, weights: Sequence[float], within: float = 0.0, most: int = 10_000) -> Search:
    """A search run to its end, or to so many branches."""
    found = Search(ALL, weights, table.ask, lambda option: float(table.money[option]), within)
    found.run(most)
    return found


@pytest.mark.parametrize("weights", [(1.0, 1.0, 1.0), (1.0, 5.0, 0.2)])
def test_the_best_chain_and_its_bound_as_by_enumeration(weights: Sequence[float]) -> None:
    """Over thirty tables, some of which no chain from one level alone answers."""
    branched = 0
    for seed in range(30):
        table = Table(seed)
        found = search(table, weights)
        assert found.chain is not None
        assert nested(found.chain)
        assert found.chain.cost == pytest.approx(table.least(weights)), seed
        assert found.bound == pytest.approx(found.chain.cost), seed
        assert len(table.asked) == len(set(table.asked)), "nothing is asked twice"
        branched += bool(found.firsts) and min(one.cost for one in found.firsts) > found.chain.cost + 1e-9
    if len(set(weights)) == 1:
        assert branched >= 3, "some chains are found by branching alone"


def nested(chain: Chain) -> bool:
    """Whether each portfolio is a part of the one before."""
    held = [(part.chosen, part.stock) for part in chain.parts]
    return all(within(deep, shallow) for shallow, deep in itertools.pairwise(held))


def test_stockpiles_are_nested_too() -> None:
    """No level spends more on them than the one before it, though that may be the better for it."""
    wild = 0
    for seed in range(20):
        table = Table(seed, stocks=(0.0, 1.0, 3.0, 6.0))
        found = search(table, (1.0, 1.0, 1.0))
        assert found.chain is not None
        assert nested(found.chain)
        assert found.chain.cost == pytest.approx(table.least((1.0, 1.0, 1.0))), seed
        assert found.bound == pytest.approx(found.chain.cost), seed
        alone = [reply.stock for reply in table.ask("", [At(level) for level in range(len(MOST))])]
        wild += sorted(alone, reverse=True) != alone
    assert wild >= 3, "of some, the best at each level are not"


def test_cut_short_the_bound_still_holds() -> None:
    """Without any branch, or with all, and with gaps in every answer, the best chain lies between bound and chain."""
    weights = (1.0, 1.0, 1.0)
    loose = 0
    for seed in range(30):
        table = Table(seed, gap=4.0)
        for most in (0, 1, 3, 10_000):
            found = search(table, weights, most=most)
            assert found.chain is not None
            assert found.bound <= table.least(weights) + 1e-9 <= found.chain.cost + 2e-9, (seed, most)
            loose += found.chain.cost > table.least(weights) + 1e-9
    assert loose > 10, "some of them are not the best, for no answer was"


def test_it_ends_within_what_solves_can_tell() -> None:
    """With a tolerance it asks less, and its chain is that near to the best."""
    weights = (1.0, 1.0, 1.0)
    easy = 0
    for seed in range(20):
        table = Table(seed)
        found = search(table, weights, within=6.0)
        assert found.chain is not None
        assert found.chain.cost <= table.least(weights) + 6.0
        easy += len(table.asked)
    assert easy < sum(_asked(seed, weights) for seed in range(20))


def _asked(seed: int, weights: Sequence[float]) -> int:
    table = Table(seed)
    search(table, weights)
    return len(table.asked)
