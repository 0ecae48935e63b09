"""Portfolios for one cut after another, each a part of the one before, of least weighted cost together.

A portfolio is a part of another if it funds no option that the other does not, and spends no more on public stockpiles.
Let f(l, F, R, a, b) be the least cost at level l, with the money of that level, of a portfolio within the plan's
options that funds none of F and all of R, and spends between a and b on stockpiles. A chain costs at least the sum of
w(l) f(l) without any such condition. Where the portfolios behind that sum are nested, they are the best chain. Where an
option o is funded at l + 1 and not at l, a nested chain either leaves o out at l + 1, and at all deeper levels, or
funds it at l, and at all shallower ones; where more goes to stockpiles at l + 1 than at l, and c lies between, a nested
chain either spends at most c at l + 1 and deeper, or at least c at l and shallower. Two branches that leave out no
chain. Levels share nothing else, so that a branch asks anew only the levels at which it says something, and every
answer is kept. The bound is that of branch and bound: the least, over the branches that are open or were given up, of
the weighted sum of what each level is proved to cost.

A first chain is made from each level: its best portfolio is kept, deeper levels choose within it, shallower ones
contain it. From the shallowest level this is the way from the top, from the deepest the way from the bottom.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

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
        least: USD that it spends on public stockpiles at least.
        most: and at most.
    """

    level: int
    barred: Chosen = NOTHING
    needed: Chosen = NOTHING
    least: float = 0.0
    most: float = math.inf


Node = tuple[At, ...]
"""A branch: what is asked of each level."""
AskAll = Callable[[str, Sequence[At]], Sequence[Reply]]
"""Asks what portfolios cost; told what for."""


@dataclass(frozen=True, slots=True)
class Part:
    """A portfolio of a chain.

    Attributes:
        chosen: what it funds.
        stock: USD that it spends on public stockpiles.
    """

    chosen: Chosen
    stock: float


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why two portfolios are not nested.

    Attributes:
        level: the shallower of the two levels.
        option: that only the deeper one funds; None where it spends more on stockpiles.
        stock: USD between what the two spend on stockpiles.
    """

    level: int
    option: Option | None
    stock: float = 0.0


@dataclass(frozen=True, slots=True)
class Chain:
    """Nested portfolios.

    Attributes:
        parts: by level, the shallowest first.
        cost: weighted sum of what the plans found for them cost, USD.
        how: how it was found.
    """

    parts: tuple[Part, ...]
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
        same: USD on stockpiles that count as nothing.
        chain: the best found; None before there is one.
        bound: no chain costs less, weighted USD.
        branches: how many were looked at.
        firsts: chains from each level.
    """

    options: Chosen
    weights: Sequence[float]
    ask_all: AskAll
    size: Callable[[Option], float]
    within: float = 0.0
    same: float = 0.0
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
        if hopeless or unknown or self._conflict(node) is None:
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
        if all(self._answers[at].objective is not None for at in node) and self._conflict(node) is None:
            self._take(self._chain(node, "the best of each level are nested"))

    def _children(self, node: Node) -> list[Node]:
        """The two branches of a conflict."""
        found = self._conflict(node)
        assert found is not None
        deeper, shallower = list(node), list(node)
        for number, at in enumerate(node):
            if found.option is not None:
                out = replace(at, barred=at.barred | {found.option})
                kept = replace(at, needed=at.needed | {found.option})
            else:
                out, kept = replace(at, most=min(at.most, found.stock)), replace(at, least=max(at.least, found.stock))
            if at.level > found.level:
                deeper[number] = out
            else:
                shallower[number] = kept
        both = (tuple(deeper), tuple(shallower))
        return [child for child in both if all(not at.barred & at.needed and at.least <= at.most for at in child)]

    def _from(self, pivot: int) -> Chain | None:
        """A chain from the best portfolio of one level; None where a limit ended a solve on the way."""
        node = {pivot: At(pivot)}
        for level in range(pivot + 1, len(self.weights)):
            above = self._part(node[level - 1])
            node[level] = At(level, barred=self.options - above.chosen, most=above.stock)
            self._asked(f"deeper within the best of level {pivot + 1}", [node[level]])
            if self._answers[node[level]].objective is None:
                return None
        for level in range(pivot - 1, -1, -1):
            below = self._part(node[level + 1])
            node[level] = At(level, needed=below.chosen, least=below.stock)
            self._asked(f"shallower around the best of level {pivot + 1}", [node[level]])
            if self._answers[node[level]].objective is None:
                return None
        return self._chain(tuple(node[level] for level in sorted(node)), f"from level {pivot + 1}")

    def _chain(self, node: Node, how: str) -> Chain:
        return Chain(tuple(map(self._part, node)), self._cost(node), how)

    def _take(self, chain: Chain) -> None:
        if self.chain is None or chain.cost < self.chain.cost:
            self.chain = chain

    def _asked(self, what: str, ats: Sequence[At]) -> None:
        new = [at for at in dict.fromkeys(ats) if at not in self._answers]
        for at, reply in zip(new, self.ask_all(what, new), strict=True):
            self._answers[at] = reply

    def _part(self, at: At) -> Part:
        return Part(self._answers[at].chosen, self._answers[at].stock)

    def _cost(self, node: Collection[At]) -> float:
        return math.fsum(self.weights[at.level] * (self._answers[at].objective or 0.0) for at in node)

    def _least(self, node: Iterable[At]) -> float:
        found = [self.weights[at.level] * self._answers[at].least for at in node]
        return math.inf if math.inf in found else math.fsum(found) if -math.inf not in found else -math.inf

    def _conflict(self, node: Node) -> Conflict | None:
        return conflict([self._part(at) for at in node], self.size, self.same)


def conflict(parts: Sequence[Part], size: Callable[[Option], float], same: float) -> Conflict | None:
    """The largest option that a deeper level funds and the one before it does not; else where stockpiles get more."""
    pairs = list(enumerate(itertools.pairwise(parts)))
    options = [
        (size(option), option, level) for level, (above, below) in pairs for option in below.chosen - above.chosen
    ]
    if options:
        _, option, level = max(options)
        return Conflict(level, option)
    stocks = [(below.stock - above.stock, level, (above.stock + below.stock) / 2) for level, (above, below) in pairs]
    if stocks and max(stocks)[0] > same:
        _, level, middle = max(stocks)
        return Conflict(level, None, middle)
    return None
