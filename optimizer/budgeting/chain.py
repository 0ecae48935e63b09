"""Portfolios for one cut after another, each a part of the one before, of least weighted cost together.

Let f(l, F, R) be the least cost at level l, with the money of that level, of a portfolio within the plan's options that
funds none of F and all of R. A chain is S(1) >= S(2) >= ..., and it costs at least the sum of w(l) f(l, 0, 0). Where
the portfolios behind that sum are nested, they are the best chain. Where an option o is in S(l + 1) and not in S(l), a
nested chain either leaves o out at l + 1, and at all deeper levels, or funds it at l, and at all shallower ones: two
branches that leave out no chain. Levels ask for money and options alone, so that a branch asks anew only the levels at
which it says something, and every answer is kept. The bound is that of branch and bound: the least, over the branches
that are open or were given up, of the weighted sum of what each level is proved to cost.

A first chain is made from each level: its best portfolio is kept, deeper levels choose within it, shallower ones
contain it. From the shallowest level this is the way from the top, from the deepest the way from the bottom.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from optimizer.budgeting.work import Reply
from optimizer.near_optimal.rows import Chosen, Option

NOTHING: Chosen = frozenset()


@dataclass(frozen=True, slots=True)
class At:
    """What is asked of a level.

    Attributes:
        level: number of the level, the shallowest 0.
        barred: options of the plan that it may not fund.
        needed: options that it must fund.
    """

    level: int
    barred: Chosen = NOTHING
    needed: Chosen = NOTHING


Node = tuple[At, ...]
"""A branch: what is asked of each level."""
AskAll = Callable[[str, Sequence[At]], Sequence[Reply]]
"""Asks what portfolios cost; told what for."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Nested portfolios.

    Attributes:
        sets: by level, the shallowest first.
        cost: weighted sum of what the plans found for them cost, USD.
        how: how it was found.
    """

    sets: tuple[Chosen, ...]
    cost: float
    how: str


@dataclass(slots=True)
class Search:
    """The search for the best chain.

    Attributes:
        options: of the plan.
        weights: of each level, all positive.
        ask_all: asks.
        size: of an option, to choose which conflict is settled first.
        within: USD by which a weighted cost may be off; the search ends when chain and bound are so near.
        chain: the best found; None before there is one.
        bound: no chain costs less, weighted USD.
        branches: how many were looked at.
    """

    options: Chosen
    weights: Sequence[float]
    ask_all: AskAll
    size: Callable[[Option], float]
    within: float = 0.0
    chain: Chain | None = None
    bound: float = -math.inf
    branches: int = 0
    firsts: list[Chain] = field(default_factory=list)
    _given_up: float = math.inf
    _answers: dict[At, Reply] = field(default_factory=dict)

    def run(self, most: int) -> None:
        """Find chains from every level, then branch.

        Args:
            most: branches that are looked at, at most.
        """
        levels = range(len(self.weights))
        root = tuple(At(level) for level in levels)
        self._look(root, "best cut at each level")
        self.bound = self._least(root)
        if self._settled() or any(self._answers[at].objective is None for at in root):
            return
        for pivot in levels:
            if (chain := self._from(pivot)) is not None:
                self.firsts.append(chain)
                self._take(chain)
        heap: list[tuple[float, int, Node]] = []
        count = itertools.count()
        self._open(heap, count, root)
        while heap and not self._settled() and self.branches < most:
            _, _, node = heapq.heappop(heap)
            for child in self._children(node):
                self._look(child, "nested another way")
                self._open(heap, count, child)
            self.branches += 1
            self._bounded(heap)

    def _open(self, heap: list[tuple[float, int, Node]], count: Iterator[int], node: Node) -> None:
        """Put a branch among the open ones, unless nothing better can be in it, or nothing is left to settle."""
        least = self._least(node)
        if least == math.inf:
            return
        hopeless = self.chain is not None and least >= self.chain.cost - self.within
        unknown = any(self._answers[at].objective is None for at in node)
        # Where its portfolios are nested they were taken in as a chain: what is left of the branch is the gap.
        if hopeless or unknown or conflict(self._sets(node), self.size) is None:
            self._given_up = min(self._given_up, least)
        else:
            heapq.heappush(heap, (least, next(count), node))

    def _bounded(self, heap: Sequence[tuple[float, int, Node]]) -> None:
        """What every chain costs at least: it is in an open branch, or in one that was given up."""
        least = min(self._given_up, min((item[0] for item in heap), default=math.inf))
        self.bound = max(self.bound, min(least, math.inf if self.chain is None else self.chain.cost))

    def _settled(self) -> bool:
        return self.chain is not None and self.chain.cost - self.bound <= self.within

    def _look(self, node: Node, what: str) -> None:
        """Ask what a branch costs at each level; where its portfolios are nested they are a chain."""
        self._asked(what, node)
        if any(self._answers[at].objective is None for at in node):
            return
        sets = self._sets(node)
        if conflict(sets, self.size) is None:
            self._take(Chain(sets, self._cost(node), "the best of each level are nested"))

    def _children(self, node: Node) -> list[Node]:
        """The two branches of a conflict."""
        found = conflict(self._sets(node), self.size)
        assert found is not None
        option, level = found
        out = tuple(At(at.level, at.barred | {option}, at.needed) if at.level > level else at for at in node)
        kept = tuple(At(at.level, at.barred, at.needed | {option}) if at.level <= level else at for at in node)
        return [child for child in (out, kept) if all(not at.barred & at.needed for at in child)]

    def _from(self, pivot: int) -> Chain | None:
        """A chain from the best portfolio of one level."""
        sets: dict[int, Chosen] = {pivot: self._answers[At(pivot)].chosen}
        asked = [At(pivot)]
        for level in range(pivot + 1, len(self.weights)):
            at = At(level, barred=self.options - sets[level - 1])
            self._asked(f"deeper within the best of level {pivot + 1}", [at])
            asked.append(at)
            if self._answers[at].objective is None:
                return None
            sets[level] = self._answers[at].chosen
        for level in range(pivot - 1, -1, -1):
            at = At(level, needed=sets[level + 1])
            self._asked(f"shallower around the best of level {pivot + 1}", [at])
            asked.append(at)
            if self._answers[at].objective is None:
                return None
            sets[level] = self._answers[at].chosen
        ordered = tuple(sets[level] for level in range(len(self.weights)))
        return Chain(ordered, self._cost(asked), f"from level {pivot + 1}")

    def _take(self, chain: Chain) -> None:
        if self.chain is None or chain.cost < self.chain.cost:
            self.chain = chain

    def _asked(self, what: str, ats: Sequence[At]) -> None:
        new = [at for at in dict.fromkeys(ats) if at not in self._answers]
        for at, reply in zip(new, self.ask_all(what, new), strict=True):
            self._answers[at] = reply

    def _sets(self, node: Iterable[At]) -> tuple[Chosen, ...]:
        return tuple(self._answers[at].chosen for at in node)

    def _cost(self, node: Collection[At]) -> float:
        return math.fsum(self.weights[at.level] * (self._answers[at].objective or 0.0) for at in node)

    def _least(self, node: Iterable[At]) -> float:
        found = [self.weights[at.level] * self._answers[at].least for at in node]
        return math.inf if math.inf in found else math.fsum(found) if -math.inf not in found else -math.inf


def conflict(sets: Sequence[Chosen], size: Callable[[Option], float]) -> tuple[Option, int] | None:
    """The largest option that a deeper level funds and the one before it does not: (option, the shallower level)."""
    found = [
        (size(option), option, level)
        for level, (shallow, deep) in enumerate(itertools.pairwise(sets))
        for option in deep - shallow
    ]
    return max(found)[1:] if found else None
