"""Parts that are alike: one program in memory answers them all, and what a row is worth to one bounds the others.

Branches of one shape have the same operations: they differ in limits, costs, what they look at of the master's and by
how much it counts. Each in turn writes its numbers into one program, whose last basis is that of a part near to it.
What is given to them is a table, parts x linked columns: two that leave the trunk together look at the same columns of
the master, two that leave other branches each at its own stock.

The duals of one part are a price for each row. At these prices another one costs at least what the limits of its rows
are worth, as long as none of its own columns pays more than it costs, or those that do have a limit (weak duality). So
a part that was not asked still has a cut at whatever the master gives: that of the best prices known. What shows that
one cannot be had (a ray, where own columns cost nothing) is put to the others in the same way.

Source: duals shared between scenarios of one recourse matrix: Higle and Sen (1991); Birge and Louveaux (2011), 5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from optimizer.model.declare import Key
from optimizer.solver.benders.recourse import SLIVER, Answer, Impossible, Recourse, sizes_of, solved, unless_missing
from optimizer.solver.branch import FLAT, Branch
from optimizer.solver.compile import Indices, Vector
from optimizer.solver.limit import Limit, Stopped
from optimizer.solver.widen import widened

PAYS = 1e-3
"""USD per unit by which a column without a limit may pay: what HiGHS's dual tolerance leaves."""
SURE = 1e-9
"""As `PAYS`, of rays, per unit of their largest price; what is cut off by one is cut off for good."""
BARS = 1e-5
"""Units by which a ray must show that something is missing to be believed."""
PRICES = 3
"""Prices that are remembered, as a multiple of the parts; the best known of each part is never forgotten."""


class Alike:
    """Parts with the same own columns and rows.

    Attributes:
        parts: in an order in which each is near the one before.
        width: columns of each.
    """

    def __init__(self, parts: Sequence[Recourse], limit: Limit | None = None) -> None:
        """Load the program.

        Args:
            parts: with equal `kind_of`.
            limit: heard while it answers.
        """
        first = parts[0].part.block
        linked = parts[0].linked
        self.width = len(first.columns)
        inside = np.ones(self.width, dtype=bool)
        inside[linked] = False
        self._own, self._linked = np.flatnonzero(inside), linked
        self._inner = sp.csr_array(first.matrix[:, self._own])
        self._across = sp.csr_array(self._inner.T)
        costs = [part.part.block.cost_of(None) for part in parts]
        kinds = [
            np.concatenate([cost[self._own], part.part.block.lower[self._own], part.part.block.upper[self._own]])
            for part, (cost, _) in zip(parts, costs, strict=True)
        ]
        self.parts = [parts[i] for i in _in_order(kinds, [_right(part) for part in parts])]
        self._limit = limit or Limit()
        self._numbers(dict(zip(map(id, parts), zip(kinds, costs, strict=True), strict=True)))
        self._load()
        rows = len(first.rows)
        self._rows = np.zeros((0, rows))
        self._fixed = np.zeros((0, len(self._cost)))
        self._used = np.zeros(0, dtype=np.int64)
        self._rays = np.zeros((0, rows))
        self._ray_fixed = np.zeros((0, len(self._cost)))
        self._clock = 0

    def _numbers(self, known: dict[int, tuple[Vector, tuple[Vector, float]]]) -> None:
        """What differs between the parts; rows that look at the master are off by a sliver at most."""
        count = len(self._own)
        blocks = [part.part.block for part in self.parts]
        found, self._class = np.unique(
            np.array([known[id(part)][0] for part in self.parts]), axis=0, return_inverse=True
        )
        self._class = self._class.ravel()
        self._cost, self._low, self._high = found[:, :count], found[:, count : 2 * count], found[:, 2 * count :]
        self._constant = np.array([known[id(part)][1][1] for part in self.parts])
        self._outer = [sp.csr_array(block.matrix[:, self._linked]) for block in blocks]
        self._brings = sp.csr_array(sp.block_diag(self._outer, format="csr"))
        self._back = [sp.csr_array(outer.T) for outer in self._outer]
        self._size = np.array([sizes_of(outer) for outer in self._outer])
        sliver = SLIVER * self._size / np.maximum(1.0, self._size)
        self._least = np.array([block.row_lower for block in blocks]) - sliver
        self._most = np.array([block.row_upper for block in blocks]) + sliver

    def _load(self) -> None:
        """One program, in which each row that looks at the master can be off when that is asked for."""
        block = self.parts[0].part.block
        count = len(self._own)
        ways: list[tuple[Key, int, float]] = [
            (("off", (int(row), sign)), int(row), sign)
            for row in np.flatnonzero(np.diff(self._outer[0].indptr))
            for sign, limit in ((1.0, self._least[0, row]), (-1.0, self._most[0, row]))
            if np.isfinite(limit)
        ]
        self._off = np.arange(count, count + len(ways), dtype=np.int64)
        self._off_row = np.array([row for _, row, _ in ways], dtype=np.int64)
        alone = replace(
            block,
            columns=[block.columns[i] for i in self._own],
            lower=self._low[0],
            upper=self._high[0],
            integer=block.integer[self._own],
            matrix=self._inner,
            cost=sp.csr_array(block.cost[:, self._own]),
            cost_constant=np.zeros(len(block.cost_keys)),  # each part's own is added to its answer
            objective=block.objective[self._own],
            owners={},
        )
        self._branch = Branch(widened(alone, ways), limit=self._limit)
        self._written = -1

    # Answers

    def answers(self, given: Vector, which: Iterable[int]) -> list[Answer]:
        """Answers of some parts, by their place in `parts`, to what is given, parts x linked columns.

        Raises:
            Impossible: nothing that the master could give would do.
            Stopped: the limit was reached.
        """
        found, learnt, rays = list[Answer](), list[Vector](), list[Vector]()
        for place in which:
            if how := self._limit.reached():
                raise Stopped(how)
            answer, duals = self._answer(place, given[place])
            found.append(answer)
            (learnt if answer.possible else rays).append(duals)
        if learnt:
            self.learn(np.array(learnt))
        if rays:
            self.learn_rays(np.array(rays))
        return found

    def _answer(self, place: int, given: Vector) -> tuple[Answer, Vector]:
        branch, count = self._branch, len(self._own)
        self._write(place)
        brought = self._outer[place] @ given
        branch.move(self._least[place] - brought, self._most[place] - brought)
        found, vague = solved(branch)
        possible = found.value is not None
        if not possible:
            size = self._size[place][self._off_row]
            ways = size > 0
            cost = np.zeros(count + len(self._off))
            cost[self._off[ways]] = 1.0 / size[ways]
            branch.limit(self._off[ways], np.inf)
            branch.charge(cost)
            try:
                found = branch.solve()
                duals = branch.row_duals()
            finally:
                branch.limit(self._off, 0.0)
                branch.charge(None)
            if found.value is None:
                raise Impossible(self.parts[place].part)
            unless_missing(vague, found.value)
        else:
            duals = branch.row_duals()
        assert found.value is not None
        assert found.values is not None
        slope = self._slope(place, duals)
        if not possible:
            return Answer(False, found.value, slope, None), duals
        values = np.zeros(self.width)
        values[self._own], values[self._linked] = found.values[:count], given
        return Answer(True, found.value + float(self._constant[place]), slope, values), duals

    def _write(self, place: int) -> None:
        """Write a part's costs and limits of columns."""
        kind = int(self._class[place])
        if kind == self._written:
            return
        count, before = len(self._own), self._written
        if before < 0 or not np.array_equal(self._cost[kind], self._cost[before]):
            self._branch.recost(np.append(self._cost[kind], np.zeros(len(self._off))))
        other = (
            np.arange(count)
            if before < 0
            else np.flatnonzero((self._low[kind] != self._low[before]) | (self._high[kind] != self._high[before]))
        )
        if len(other):
            self._branch.hold(other, self._low[kind][other], self._high[kind][other])
        self._written = kind

    def _slope(self, place: int, duals: Vector) -> Vector:
        slope = -(self._back[place] @ duals)
        found: Vector = np.where(abs(slope) < FLAT, 0.0, slope)
        return found

    # Prices

    def _rightly(self, rows: Vector) -> Vector:
        """Prices of rows without what the dual tolerance leaves."""
        rows = rows.copy()
        rows[(rows > 0) & ~np.isfinite(self._least[0])] = 0.0
        rows[(rows < 0) & ~np.isfinite(self._most[0])] = 0.0
        return rows

    def learn(self, rows: Vector) -> None:
        """Take prices: USD per unit of right side, prices x rows."""
        rows = self._rightly(rows)
        pays = np.ascontiguousarray((self._across @ rows.T).T)
        fixed = np.empty((len(rows), len(self._cost)))
        for kind, (cost, low, high) in enumerate(zip(self._cost, self._low, self._high, strict=True)):
            left = cost - pays
            ends = np.isfinite(high)
            fixed[:, kind] = np.maximum(left, 0.0) @ low + np.minimum(left[:, ends], 0.0) @ high[ends]
            fixed[(left[:, ~ends] < -PAYS).any(axis=1), kind] = -np.inf
        some = np.isfinite(fixed).any(axis=1)
        self._rows = np.concatenate([self._rows, rows[some]])
        self._fixed = np.concatenate([self._fixed, fixed[some]])
        self._used = np.concatenate([self._used, np.full(int(some.sum()), self._clock)])

    def learn_rays(self, rows: Vector) -> None:
        """Take rays: units missing per unit of right side, rays x rows."""
        rows = self._rightly(rows)
        left = -np.ascontiguousarray((self._across @ rows.T).T)
        fixed = np.empty((len(rows), len(self._cost)))
        sure = SURE * np.maximum(1.0, abs(rows).max(axis=1, initial=0.0))
        for kind, (low, high) in enumerate(zip(self._low, self._high, strict=True)):
            ends = np.isfinite(high)
            fixed[:, kind] = np.maximum(left, 0.0) @ low + np.minimum(left[:, ends], 0.0) @ high[ends]
            fixed[(left[:, ~ends] < -sure[:, None]).any(axis=1), kind] = -np.inf
        some = np.isfinite(fixed).any(axis=1)
        most = PRICES * len(self.parts)
        self._rays = np.concatenate([self._rays, rows[some]])[-most:]
        self._ray_fixed = np.concatenate([self._ray_fixed, fixed[some]])[-most:]

    def barred(self, given: Vector, which: Indices) -> list[tuple[int, Answer]]:
        """Of some parts those that rays show to be impossible at what is given, with what they would answer at least.

        Args:
            given: parts x linked columns.
            which: places.
        """
        if not len(self._rays) or not len(which):
            return []
        worth = self._worth(self._rays, given)[:, which] + self._ray_fixed[:, self._class[which]]
        picked = worth.argmax(axis=0)
        value = worth[picked, np.arange(len(which))]
        return [
            (int(place), Answer(False, float(value[i]), self._slope(int(place), self._rays[picked[i]]), None))
            for i, place in enumerate(which)
            if value[i] > BARS
        ]

    def _worth(self, rows: Vector, given: Vector) -> Vector:
        """What the limits of rows are worth beside what is given, prices x parts."""
        brought = (self._brings @ given.ravel()).reshape(len(self.parts), -1)
        least, most = (np.where(np.isfinite(side), side - brought, 0.0) for side in (self._least, self._most))
        found: Vector = np.maximum(rows, 0.0) @ least.T + np.minimum(rows, 0.0) @ most.T
        return found

    def best(self, given: Vector, since: int = 0) -> tuple[Vector, Indices]:
        """By part: what it costs at least at what is given, USD, and by which prices; minus infinity where by none.

        Args:
            given: parts x linked columns.
            since: prices before this number are not looked at.
        """
        count = len(self.parts)
        if since >= len(self._rows):
            return np.full(count, -np.inf), np.zeros(count, dtype=np.int64)
        worth = self._worth(self._rows[since:], given)
        worth += self._fixed[since:, self._class]
        picked = worth.argmax(axis=0)
        return worth[picked, np.arange(count)] + self._constant, picked + since

    @property
    def rays(self) -> int:
        """Rays that are known."""
        return len(self._rays)

    @property
    def known(self) -> int:
        """Prices that are known."""
        return len(self._rows)

    def bound(self, place: int, value: float, price: int) -> Answer:
        """What prices say of a part where they are worth a value: a cut as if it had answered that."""
        self._used[price] = self._clock
        return Answer(True, value, self._slope(place, self._rows[price]), None)

    def forget(self) -> None:
        """Forget the prices that were the best of no part for longest, where there are too many."""
        self._clock += 1
        most = PRICES * len(self.parts)
        if len(self._rows) > 2 * most:
            keep = np.sort(np.argsort(-self._used, kind="stable")[:most])
            self._rows, self._fixed, self._used = self._rows[keep], self._fixed[keep], self._used[keep]

    def begin(self, upper: Vector) -> None:
        """Learn prices until some hold for every part: of those of which none do, what costs least.

        Args:
            upper: of what the master may give, parts x linked columns.

        Raises:
            Impossible: nothing that the master could give would do.
        """
        # Prices of a part that is cheap and has all its columns hold for the dearer ones, and for those that lack some.
        order = np.lexsort((-np.minimum(self._high, 1.0).sum(axis=1), self._cost.sum(axis=1)))
        for kind in order:
            if not np.isfinite(self._fixed[:, kind]).any():
                place = int(np.flatnonzero(self._class == kind)[0])
                self.learn(self.parts[place].least_prices(upper[place])[None, :])

    def first(self, place: int, upper: Vector) -> tuple[float, Vector]:
        """(constant, slope) of the cut that says most of a part where it says least, between 0 and `upper` of its own.

        Raises:
            Impossible: nothing that the master could give would do.
        """
        if not np.isfinite(self._fixed[:, self._class[place]]).any():  # its own prices are off by too much
            try:
                return self.parts[place].least(upper), np.zeros(len(self._linked))
            finally:
                self.parts[place].unload()
        slopes = -(self._back[place] @ self._rows.T)
        least, most = (np.where(np.isfinite(side[place]), side[place], 0.0) for side in (self._least, self._most))
        constant = np.maximum(self._rows, 0.0) @ least + np.minimum(self._rows, 0.0) @ most
        constant += self._fixed[:, self._class[place]] + self._constant[place]
        pick = int((constant + np.minimum(slopes, 0.0).T @ upper).argmax())
        return float(constant[pick]), slopes[:, pick]


def kind_of(part: Recourse) -> bytes:
    """What parts must have in common to be alike: their own columns and rows, and which columns are the master's."""
    block = part.part.block
    inside = np.ones(len(block.columns), dtype=bool)
    inside[part.linked] = False
    own = sp.csr_array(block.matrix[:, np.flatnonzero(inside)])
    outer = sp.csr_array(block.matrix[:, part.linked])
    arrays = (
        own.indptr, own.indices, own.data, np.diff(outer.indptr) > 0, part.linked,
        np.isfinite(block.row_lower), np.isfinite(block.row_upper),
    )  # fmt: skip
    found = hashlib.sha256()
    for array in arrays:
        found.update(f"{len(array)};".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.digest()


def _right(part: Recourse) -> Vector:
    """The numbers of a part's rows: limits, and what weighs what it looks at."""
    block = part.part.block
    outer = sp.csr_array(block.matrix[:, part.linked])
    sides = [np.where(np.isfinite(side), side, 0.0) for side in (block.row_lower, block.row_upper)]
    return np.concatenate([*sides, outer.sum(axis=1)])


def _in_order(kinds: Sequence[Vector], rights: Sequence[Vector]) -> list[int]:
    """Parts of the same costs and limits of columns together; of those always the nearest that is left."""
    together: dict[bytes, list[int]] = {}
    for number, kind in enumerate(kinds):
        together.setdefault(kind.tobytes(), []).append(number)
    order: list[int] = []
    for numbers in together.values():
        left = np.array(numbers)
        numbers_of = np.array([rights[i] for i in numbers])
        scale = np.maximum(abs(numbers_of).max(axis=0, initial=0.0), 1e-9)
        at = np.zeros(numbers_of.shape[1]) if not order else rights[order[-1]]
        while len(left):
            far = (abs(numbers_of - at) / scale).sum(axis=1)
            pick = int(far.argmin())
            order.append(int(left[pick]))
            at = numbers_of[pick]
            left, numbers_of = np.delete(left, pick), np.delete(numbers_of, pick, axis=0)
    return order
