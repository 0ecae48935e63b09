"""What a part answers the master: its cost and slopes, or by how much what it is given cannot be had."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from optimizer.model.declare import Key
from optimizer.solver.benders.split import Part
from optimizer.solver.branch import Branch, Response, VagueError
from optimizer.solver.compile import Indices, Vector, dot
from optimizer.solver.limit import Limit
from optimizer.solver.widen import widened

MISSING = 1e-6
"""Units that must be missing for a program of which HiGHS cannot tell whether it has an answer to have none."""
SLIVER = 5e-7
"""Units by which a row that looks at the master may be off, for the master's own tolerance."""


class Elsewhere:
    """Values that a worker of a cluster has and that were not sent; they are kept there as long as this is kept here.

    Attributes:
        number: of the round in which they were found.
    """

    def __init__(self, number: int) -> None:
        self.number = number


@dataclass(frozen=True, slots=True)
class Freed:
    """Linked columns that are a part's own again, at their cost.

    Attributes:
        columns: of the part.
        cost: USD per unit, by column.
    """

    columns: Indices
    cost: Vector


@dataclass(frozen=True, slots=True)
class Answer:
    """A lower bound on what a part costs, exact where it was asked.

    Attributes:
        possible: whether what was given can be had. If not, the value is by how much it cannot, and a plan has 0 there.
        value: USD; or the least sum of what rows are off by, each in units of its largest linked coefficient.
        slope: by linked column.
        values: of the part's own columns; None where it is not possible.
    """

    possible: bool
    value: float
    slope: Vector
    values: Vector | Elsewhere | None

    def cut(self, given: Vector) -> tuple[float, Vector]:
        """(constant, slope): the value is at least constant + slope @ z for every z that the master may give."""
        return self.value - dot(self.slope, given), self.slope


class Recourse:
    """A part in memory, with its own last basis.

    Attributes:
        part: what it is of.
        columns: the master's column of each linked one.
        linked: those of the part's own columns that are the master's.
        theta: the master's column for its cost.
        parks: whether it keeps no more than its basis between answers.
    """

    def __init__(
        self, part: Part, columns: Indices, theta: int, limit: Limit | None = None, *, parks: bool = False
    ) -> None:
        """Name a part; it is loaded when it is asked first.

        Args:
            part: what to load.
            columns: the master's column of each linked one, in the order of the part's columns.
            theta: the master's column for its cost.
            limit: heard while it answers; whatever asks it something may raise `Stopped`.
            parks: whether it keeps no more than its basis between answers, which take a third longer then.
        """
        self.part, self.columns, self.theta = part, columns, theta
        self.linked: Indices = np.array(sorted(part.block.owners), dtype=np.int64)
        self._own = len(part.block.columns)
        self._limit = limit
        self.parks = parks
        self._loaded: Branch | None = None

    @property
    def branch(self) -> Branch:
        """Its program."""
        if self._loaded is None:
            extra, scale = _ways_out(self.part)
            self._loaded = Branch(widened(self.part.block, extra), limit=self._limit)
            self._out: Indices = np.arange(self._own, self._own + len(extra), dtype=np.int64)
            self._sliver = SLIVER / scale
            self._loaded.limit(self._out, self._sliver)
        return self._loaded

    def unload(self) -> None:
        """Give all memory back: it is loaded anew when it is asked again."""
        self._loaded = None

    def _rest(self) -> None:
        if self.parks:
            self.branch.park()

    def answer(self, given: Vector) -> Answer:
        """Answer what is given, by linked column.

        Raises:
            Impossible: nothing that the master could give would do.
        """
        found = self._answer(given)
        self._rest()
        return found

    def _answer(self, given: Vector) -> Answer:
        self.branch.give_values(given)
        found, vague = solved(self.branch)
        if found.value is not None:
            return self._possible(found)
        cost = np.zeros(self._own + len(self._out))
        cost[self._out] = 1.0
        self.branch.limit(self._out, np.inf)
        self.branch.charge(cost)
        try:
            found = self.branch.solve()
        finally:
            self.branch.limit(self._out, self._sliver)
            self.branch.charge(None)
        if found.value is None:
            raise Impossible(self.part)
        unless_missing(vague, found.value)
        return Answer(False, found.value, found.slope, None)

    def prices(self, given: Vector, freed: Freed | None = None) -> Vector:
        """USD per unit of right side, by row, at what is given; some linked columns may be free."""
        found = np.zeros(len(self.part.block.rows))
        if freed is None:
            if self._answer(given).possible:
                found = self.branch.row_duals()
        else:
            self.branch.give_values(given)
            nothing = np.zeros(len(freed.columns))
            self.branch.hold(freed.columns, nothing, np.full(len(nothing), np.inf))
            cost = self.branch.charged
            cost[freed.columns] = freed.cost
            self.branch.recost(cost)
            try:
                if self.branch.solve().value is not None:
                    found = self.branch.row_duals()
            finally:
                cost[freed.columns] = 0.0
                self.branch.recost(cost)
        self._rest()
        return found

    def seen(self) -> dict[int, int]:
        """Linked column -> the master's."""
        return dict(zip((int(i) for i in self.linked), (int(c) for c in self.columns), strict=True))

    def least(self, upper: Vector) -> float:
        """Least of the cost over all that the master may give, between 0 and `upper`, by linked column.

        Raises:
            Impossible: nothing that the master could give would do.
        """
        found = self._free(upper).value
        self._rest()
        if found is None:
            raise Impossible(self.part)
        return found

    def least_prices(self, upper: Vector) -> Vector:
        """USD per unit of right side, by row, where the cost is least; then gives its memory back.

        Raises:
            Impossible: nothing that the master could give would do.
        """
        try:
            if self._free(upper).value is None:
                raise Impossible(self.part)
            return self.branch.row_duals()
        finally:
            self.unload()

    def _free(self, upper: Vector) -> Response:
        """The best answer with what the master gives free between 0 and `upper`."""
        self.branch.hold(self.linked, np.zeros(len(self.linked)), upper)
        return self.branch.solve()

    def _possible(self, found: Response) -> Answer:
        assert found.value is not None
        assert found.values is not None
        return Answer(True, found.value, found.slope, found.values[: self._own])


def solved(branch: Branch) -> tuple[Response, VagueError | None]:
    """The best answer to what is given; where HiGHS cannot tell whether there is one, none, and what it said."""
    try:
        return branch.solve(), None
    except VagueError as vague:
        return Response(None, None, np.zeros(len(branch.linked))), vague


def unless_missing(vague: VagueError | None, value: float) -> None:
    """Once it is known by how much something is missing: where nothing is, what HiGHS could not tell is no answer.

    Raises:
        VagueError: it is that.
    """
    if vague is not None and value <= MISSING:
        raise vague


class Impossible(Exception):  # noqa: N818
    """A part cannot be had whatever the master gives."""

    def __init__(self, part: Part) -> None:
        """Name the part."""
        super().__init__(part.block.name)
        self.part = part


def _ways_out(part: Part) -> tuple[list[tuple[Key, int, float]], Vector]:
    """Columns that let each row which looks at the master be off, by its largest linked coefficient; and those."""
    block = part.block
    linked = np.zeros(len(block.columns), dtype=bool)
    linked[sorted(block.owners)] = True
    largest = sizes_of(sp.csr_array(block.matrix[:, linked]))
    found: list[tuple[Key, int, float]] = []
    scale: list[float] = []
    for row in np.flatnonzero(largest > 0):
        size = float(largest[row])
        for sign, limit in ((1.0, block.row_lower[row]), (-1.0, block.row_upper[row])):
            if np.isfinite(limit):
                found.append((("off", (int(row), sign)), int(row), sign * size))
                scale.append(max(1.0, size))
    return found, np.array(scale)


def sizes_of(outer: sp.csr_array) -> Vector:
    """The largest linked coefficient of each row; 0 where it has none.

    Args:
        outer: rows x linked columns.
    """
    if not outer.shape[1]:
        return np.zeros(outer.shape[0])
    found: Vector = abs(outer).max(axis=1).toarray().ravel()
    return found
