"""Branch and bound over the master's whole numbers, kept from round to round.

HiGHS calls back for no lazy constraints: solved anew each round, it would build the same tree again and again. Here one
tree stands through the whole search. A node that proposes a whole point goes back among the open ones; when its turn
comes again the cuts that the parts have answered with are there, for they hold everywhere.

Source: branch and cut with Benders cuts in one tree: Geoffrion and Graves (1974), Fortz and Poss (2009); branching by
pseudo-costs that strong branching makes reliable: Achterberg, Koch and Martin (2005).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.solver.benders.master import Kept, Master, Point
from optimizer.solver.compile import Indices, Vector
from optimizer.solver.limit import Stopped

RELIABLE = 4
"""Times that both sides of a column must have been tried before its pseudo-cost is believed."""
LOOK_AHEAD = 8
"""Columns tried in vain after the best one until the best is taken."""
TRIAL = 100
"""Simplex iterations of a trial."""
FRACTION = 1e-6
"""Distance from a whole number that counts as whole."""
LEAST = 1e-6
"""Gain of a side that gains nothing, in the product of both."""
DIVE = 0.5
"""How far between the bound and what is given up a node may lie and still be followed down at once."""


@dataclass(order=True, slots=True)
class Node:
    """A box of whole numbers that is still open.

    Attributes:
        bound: least that a plan in it can cost, in the problem's money.
        number: of its making; of equal bounds the older comes first.
        lower: by whole column.
        upper: by whole column.
        basis: to begin with.
    """

    bound: float
    number: int
    lower: Vector = field(compare=False)
    upper: Vector = field(compare=False)
    basis: Kept | None = field(compare=False, default=None)


class Tree:
    """The tree over a master.

    Attributes:
        nodes: linear programs of nodes solved, trials apart.
    """

    def __init__(self, master: Master, known: Callable[[], tuple[float, float]]) -> None:
        """Begin with one node: all that the master allows now.

        Args:
            master: its whole columns may be fixed further while the tree stands, and cuts added or put aside.
            known: (cost of the best plan, gap asked for), in the problem's money: a node that cannot be better by more
                than the gap is given up.
        """
        self._master, self._known = master, known
        self._which: Indices = np.flatnonzero(master.problem.integer)
        lower, upper = master.limits(self._which)
        self._open = [Node(-math.inf, 0, lower, upper)]
        self._made = 1
        self._closed = math.inf  # least bound of the nodes that were given up
        count = len(self._which)
        self._gain, self._tried = np.zeros((2, count)), np.zeros((2, count))
        self._proposed: Node | None = None
        self._at: Node | None = None
        self.nodes = 0

    def kept(self) -> dict[str, npt.NDArray[Any]]:
        """What another run of the same problem goes on from: the open nodes, and what was learnt of the columns.

        Empty where a whole column is more than yes or no.
        """
        nodes = [*self._open, *([self._at] if self._at is not None else [])]
        shape = (len(nodes), len(self._which))
        lower = np.array([node.lower for node in nodes]).reshape(shape)
        upper = np.array([node.upper for node in nodes]).reshape(shape)
        if not (np.isin(lower, (0.0, 1.0)).all() and np.isin(upper, (0.0, 1.0)).all()):
            return {}
        return {
            "lower": np.packbits(lower > 0.5, axis=1),
            "upper": np.packbits(upper > 0.5, axis=1),
            "bound": np.array([node.bound for node in nodes], dtype=np.float64),
            "closed": np.array([self._closed]),
            "gain": self._gain.copy(),
            "tried": self._tried.copy(),
        }

    def take(self, kept: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from what `kept` told; as good a gap must have been asked for then."""
        count = len(self._which)
        lower, upper = (
            np.unpackbits(kept[name], axis=1, count=count).astype(np.float64) for name in ("lower", "upper")
        )
        self._open = [Node(float(bound), i, lower[i], upper[i]) for i, bound in enumerate(kept["bound"])]
        heapq.heapify(self._open)
        self._made = len(self._open)
        self._closed = float(kept["closed"][0])
        self._gain, self._tried = kept["gain"].copy(), kept["tried"].copy()

    def settled(self) -> None:
        """What was proposed last costs what the master says: its node is done with."""
        if self._proposed is not None and self._proposed in self._open:
            self._closed = min(self._closed, self._proposed.bound)
            self._open.remove(self._proposed)
            heapq.heapify(self._open)
        self._proposed = None

    @property
    def bound(self) -> float:
        """Proven on all plans, in the problem's money."""
        visited = self._at.bound if self._at is not None else math.inf
        return min(self._closed, visited, self._open[0].bound if self._open else math.inf)

    def next(self, over: Callable[[], bool]) -> Point | None:
        """Go on until a whole point is proposed.

        Args:
            over: whether to stop.

        Returns:
            The point, or one without columns when it was stopped; None where no node is open.

        Raises:
            SolveError: HiGHS failed.
        """
        try:
            while self._open:
                if over():
                    return Point(np.zeros(0), self.bound, math.inf)
                found: Node | Point | None = heapq.heappop(self._open)
                while isinstance(found, Node):
                    node = self._at = found
                    if over():
                        self._push(node)
                        break
                    try:
                        found = self._visit(node)
                    except Stopped:
                        self._push(node)
                        break
                self._at = None
                if isinstance(found, Point):
                    return Point(found.z, self.bound, found.value)
            return None
        finally:
            self._master.release(self._which)

    def _push(self, node: Node) -> None:
        node.number = self._made
        self._made += 1
        heapq.heappush(self._open, node)

    def _limit(self) -> float:
        """What a node must cost less than."""
        best, gap = self._known()
        return best - gap

    def _given_up(self, value: float) -> bool:
        if value < self._limit():
            return False
        self._closed = min(self._closed, value)
        return True

    def _visit(self, node: Node) -> Node | Point | None:
        """Solve a node: a proposal, a child to go on with, or nothing."""
        master, which = self._master, self._which
        lower, upper = master.limits(which)
        node.lower, node.upper = np.maximum(node.lower, lower), np.minimum(node.upper, upper)
        if (node.lower > node.upper).any():
            return None
        if self._given_up(node.bound):
            return None
        if node.basis is not None:
            master.begin_with(node.basis)
        while True:
            point = master.within(which, node.lower, node.upper)
            self.nodes += 1
            if point is None:
                return None
            if point.bound == -math.inf:  # stopped on the way
                self._push(node)
                return Point(np.zeros(0), self.bound, math.inf)
            node.bound = max(node.bound, point.bound)
            if self._given_up(node.bound):
                return None
            self._fix(node, point)
            x = point.z[which]
            fractional = np.flatnonzero(abs(x - np.round(x)) > FRACTION)
            if not len(fractional):
                point.z[which] = np.round(x)
                node.basis = master.basis()
                self._push(node)
                self._proposed = node
                return point
            basis = master.basis()
            pick = self._pick(node, point, fractional, basis)
            if pick is not None:
                break
            # A trial closed a side: the node is smaller now.
            if (node.lower > node.upper).any():
                return None
            master.begin_with(basis)
        return self._branch(node, pick, float(x[pick]), basis)

    def _branch(self, node: Node, pick: int, at: float, basis: Kept) -> Node | None:
        down, up = node.upper.copy(), node.lower.copy()
        down[pick], up[pick] = math.floor(at), math.ceil(at)
        children = [
            Node(node.bound, 0, node.lower, down, basis),
            Node(node.bound, 0, up, node.upper, basis),
        ]
        nearer = int(at - math.floor(at) > 0.5)
        self._push(children[1 - nearer])
        floor, limit = self.bound, self._limit()
        if math.isfinite(limit) and node.bound > floor + DIVE * max(0.0, limit - floor):
            self._push(children[nearer])
            return None
        return children[nearer]

    def _fix(self, node: Node, point: Point) -> None:
        """Fix what no better plan in the node can have otherwise. Source: reduced cost fixing."""
        left = self._limit() - point.bound
        if not math.isfinite(left):
            return
        price, x = self._master.reduced_costs()[self._which], point.z[self._which]
        none = (x <= node.lower + FRACTION) & (price > left) & (node.upper > node.lower)
        every = (x >= node.upper - FRACTION) & (-price > left) & (node.upper > node.lower)
        if none.any() or every.any():
            # What is left out costs at least so much.
            self._closed = min(self._closed, point.bound + float(abs(price[none | every]).min()))
            node.lower, node.upper = node.lower.copy(), node.upper.copy()
            node.upper[none], node.lower[every] = node.lower[none], node.upper[every]

    def _pick(self, node: Node, point: Point, fractional: Indices, basis: Kept) -> int | None:
        """The column to branch on; None where a trial closed a side of one, which then is the node's limit."""
        x = point.z[self._which]
        part = x[fractional] - np.floor(x[fractional])
        share = (part, 1.0 - part)
        guess = [self._guess(side, fractional) * share[side] for side in (0, 1)]
        score = np.maximum(guess[0], LEAST) * np.maximum(guess[1], LEAST)
        best_score, picked, vain = -1.0, int(fractional[0]), 0
        for at in np.argsort(-score, kind="stable"):
            column = int(fractional[at])
            mine = float(score[at])
            if min(self._tried[0, column], self._tried[1, column]) < RELIABLE:
                gains = []
                for side in (0, 1):
                    gain, closed = self._trial(node, point, column, side, basis)
                    if closed:
                        limit = (node.lower if side == 0 else node.upper).copy()
                        limit[column] = math.ceil(x[column]) if side == 0 else math.floor(x[column])
                        if side == 0:
                            node.lower = limit
                        else:
                            node.upper = limit
                        return None
                    gains.append(gain)
                    self._gain[side, column] += gain / float(share[side][at])
                    self._tried[side, column] += 1
                mine = max(gains[0], LEAST) * max(gains[1], LEAST)
            if mine > best_score:
                best_score, picked, vain = mine, column, 0
            else:
                vain += 1
                if vain >= LOOK_AHEAD:
                    break
        return picked

    def _guess(self, side: int, columns: Indices) -> Vector:
        """Gain per unit of each column; the mean of all that were tried where it was not."""
        tried, gain = self._tried[side], self._gain[side]
        known = tried > 0
        mean = float((gain[known] / tried[known]).mean()) if known.any() else 1.0
        return np.where(tried[columns] > 0, gain[columns] / np.maximum(tried[columns], 1.0), mean)

    def _trial(self, node: Node, point: Point, column: int, side: int, basis: Kept) -> tuple[float, bool]:
        """What a side of a column gains, and whether no better plan is there."""
        lower, upper, at = node.lower.copy(), node.upper.copy(), float(point.z[self._which[column]])
        if side == 0:
            upper[column] = math.floor(at)
        else:
            lower[column] = math.ceil(at)
        self._master.begin_with(basis)
        value, exact = self._master.tried(self._which, lower, upper, TRIAL)
        if exact and value == math.inf:
            most = self._limit()
            return max(0.0, most - point.value) if math.isfinite(most) else abs(point.value), True
        return max(0.0, value - point.value), exact and self._given_up(value)
