"""Conflicts of set systems that can be gone through by hand: none is told as irreducible or smallest that is not."""

from __future__ import annotations

import random
from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from typing import cast

import pytest

from optimizer.conflict.oracle import Answer, Names, Oracle
from optimizer.conflict.search import SEVERAL, Conflict, conflict_of, seek_smaller
from optimizer.solver.limit import Stopped

SEEDS = range(25)


@dataclass
class Sets:
    """Names that cannot hold together where one of `conflicts` is among them; it knows nothing but what it is asked.

    Attributes:
        names: all of them.
        conflicts: none is within another.
        most: questions after which the limit is reached.
    """

    names: list[str]
    conflicts: list[Names]
    most: int = 10_000
    asked: int = 0
    held: list[Names] = field(default_factory=list)

    def ask(self, names: Collection[Hashable]) -> Answer:
        """Whether some names can hold together."""
        self.asked += 1
        if self.asked > self.most:
            raise Stopped("limit")
        if not self.can(names):
            return Answer(False, frozenset(names))
        self.held.append(frozenset(names))
        return Answer(True)

    def can(self, names: Collection[Hashable]) -> bool:
        """The truth, which costs no question."""
        return not any(one <= frozenset(names) for one in self.conflicts)

    def ways_out(self) -> list[Names]:
        """What was left out of each set that holds."""
        return [frozenset(self.names) - one for one in self.held]

    def nearest(self, hard: Names) -> Answer:
        """As much as can comes with what was asked, in the order of the names."""
        if not self.ask(hard).feasible:
            return Answer(False, hard)
        for name in self.names:
            if self.can(hard | {name}):
                hard |= {name}
        return Answer(True, hard)


def drawn(seed: int) -> Sets:
    """A few conflicts of 1 to 7 names among 5 to 30, from which sets are halved on too."""
    draw = random.Random(seed)
    names = [f"name{i}" for i in range(draw.randint(5, 30))]
    found = [frozenset(draw.sample(names, draw.randint(1, min(7, len(names))))) for _ in range(draw.randint(1, 5))]
    return Sets(names, [one for one in found if not any(other < one for other in found)])


def found_in(sets: Sets) -> Conflict:
    found = conflict_of(cast("Oracle", sets), sets.names)
    assert found is not None
    return found


def check(sets: Sets, found: Conflict) -> None:
    """What is said of a conflict is so."""
    assert not sets.can(found.names)
    if found.irreducible:
        assert frozenset(found.names) in sets.conflicts
    smallest = min(map(len, sets.conflicts))
    assert found.least <= smallest
    if found.smallest:
        assert len(found.names) == smallest


@pytest.mark.parametrize("seed", SEEDS)
def test_a_conflict_is_irreducible_and_then_the_smallest(seed: int) -> None:
    """First one of the system's own, then one with the fewest names, which is proved."""
    sets = drawn(seed)
    found = found_in(sets)
    assert found.irreducible
    check(sets, found)
    seek_smaller(cast("Oracle", sets), found, sets.names, 10_000)
    assert found.smallest
    check(sets, found)


@pytest.mark.parametrize("most", [2, 3, 5, 8, 13, 21])
def test_stopped_early_no_more_is_said_than_is_proved(most: int) -> None:
    """Whatever the question at which the limit is reached."""
    stopped = 0
    for seed in SEEDS:
        sets = drawn(seed)
        sets.most = most
        found = found_in(sets)
        if not found.stopped:
            seek_smaller(cast("Oracle", sets), found, sets.names, 10_000)
        check(sets, found)
        stopped += bool(found.stopped)
    assert stopped > 2


def test_a_search_that_asks_few_sets_tells_a_bound() -> None:
    """With sets given up before the smallest is proved, it is not told as such."""
    open_ = 0
    for seed in SEEDS:
        sets = drawn(seed)
        found = found_in(sets)
        seek_smaller(cast("Oracle", sets), found, sets.names, 1)
        check(sets, found)
        open_ += not found.smallest
    assert open_ > 2


def test_halves_are_given_up_at_once_where_there_are_many() -> None:
    """A conflict of 3 among 200 takes far fewer questions than names."""
    names = [f"name{i}" for i in range(200)]
    sets = Sets(names, [frozenset(names[i] for i in (7, 90, 180))])
    assert found_in(sets).irreducible
    assert SEVERAL < sets.asked < 60


def test_what_can_hold_is_no_conflict() -> None:
    """There is nothing to tell."""
    assert conflict_of(cast("Oracle", Sets(["a", "b"], [frozenset("abc")])), ["a", "b"]) is None
