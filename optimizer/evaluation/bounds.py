"""What futures cost, at least or about: duals of branches that were answered, laid along the path of any other future.

The dual of a branch, cut by period, is a price for each row of each period. At these prices a period of another
future costs at least what its right sides are worth, for its rows and columns are the same, as long as no column pays
that was closed, or dearer, where the prices are from (weak duality). Prices of one branch may follow those of another
from period to period: what a store's prices leave over, at the most that it can hold, is taken off. The best such
sequence along a future's path is found by dynamic programming over the prices that are worth most in each period.

The cost of a future under what is known on the day is that of one feasible course along its path, so whatever bounds
the best course with foresight bounds it too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.errors import SolveError
from optimizer.evaluation.horizon import Happenings, Horizon, State, stock_of
from optimizer.network.effects import Window
from optimizer.network.places import Cell
from optimizer.solver.compile import Indices, Vector

PROMISING = 24
"""Prices that are tried in each period of a future."""
SLACK = 1e-3
"""USD per unit by which a column may pay: what HiGHS's dual tolerance leaves, of costs scaled by up to 1e-5."""

Prices = tuple[Indices, Vector]
"""Rows of the horizon's branch, and their duals in USD per unit; other rows have none."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Prices of one period, from several branches.

    Attributes:
        rows: prices x rows, USD per unit.
        pays: prices x columns, USD that the rows pay for a unit of a column, at whatever it costs.
        opening: prices x stores, USD per tonne of stock at the begin.
        over: prices x stores, USD that a tonne of stock at the end costs more than the period itself pays for it.
    """

    rows: Vector
    pays: Vector
    opening: Vector
    over: Vector


class Bounds:
    """Bounds from prices."""

    def __init__(self, horizon: Horizon, stock: Mapping[tuple[Cell, int], float], periods: Sequence[int]) -> None:
        """Begin without prices.

        Args:
            horizon: the operations of every period.
            stock: of the trunk.
            periods: of the horizon.
        """
        self.horizon = horizon
        self._periods = list(periods)
        self._held = {t: stock_of(stock, horizon.stores, t) for t in periods}
        self._prices: dict[int, list[Vector]] = {t: [] for t in periods}

    def learn(self, window: Window, prices: Prices) -> None:
        """Take the prices of a branch, each of its periods apart."""
        rows, duals = prices
        whole = np.zeros(len(self.horizon.rows))
        whole[rows] = duals
        for t in window.periods:
            self._prices[t].append(whole[self.horizon.moments[t].rows])

    def of(self, paths: Mapping[str, Sequence[tuple[Window, Sequence[int]]]]) -> dict[str, tuple[float, float]]:
        """Least discounted USD of episodes, and a guess at what they cost.

        The guess is what each period costs at least with stock as on the trunk. It is no bound, but is there wherever
        some prices hold in every period; for a bound they have to agree on stock too.

        Args:
            paths: by episode, its branches in their order, each with the periods that the episode is on it.

        Returns:
            By episode; minus infinity where no prices hold.
        """
        names = list(paths)
        on: dict[int, list[int]] = {t: [] for t in self._periods}
        happens: dict[int, list[State]] = {t: [] for t in self._periods}
        for number, name in enumerate(names):
            try:
                reads = [(self.horizon.read(window), periods) for window, periods in paths[name]]
            except SolveError:
                continue  # it has columns that nobody has a price for
            for (slots, closed), periods in reads:
                for t in periods:
                    on[t].append(number)
                    happens[t].append(self.horizon.state(t, slots, closed))
        begin = np.array([paths[name][0][1][0] for name in names])
        end = np.array([paths[name][-1][1][-1] for name in names])
        restored = np.array([paths[name][-1][0].restores for name in names], dtype=bool)
        best = np.full((len(names), PROMISING), -np.inf)
        chosen = np.zeros((len(names), PROMISING), dtype=np.int64)
        found = np.full(len(names), -np.inf)
        guess = np.full(len(names), -np.inf)
        guess[sorted({number for numbers in on.values() for number in numbers})] = 0.0
        before: Piece | None = None
        for t in self._periods:
            here = np.array(on[t], dtype=np.int64)
            piece = self._piece(t) if self._prices[t] else None
            if piece is None or not len(here):
                best[here], guess[here], before = -np.inf, -np.inf, piece
                continue
            what = self.horizon.happenings(t, happens[t])
            happens[t] = []
            value = self._values(t, piece, what)
            level = self._level(t, piece)
            promise = value + level + piece.over @ self._held[t]
            guess[here] += promise.max(axis=1)
            best[here], chosen[here] = self._forward(
                t, piece, before, value, promise, best[here], chosen[here], begin[here] == t
            )
            for restores in (True, False):
                mine = here[(end[here] == t) & (restored[here] == restores)]
                rest = self._rest(t, piece, restores=restores)
                found[mine] = (best[mine] + rest[chosen[mine]]).max(axis=1)
            before = piece
        return dict(zip(names, zip(found.tolist(), guess.tolist(), strict=True), strict=True))

    def _level(self, t: int, piece: Piece) -> Vector:
        """What the trunk's stock at the begin of a period is worth at each of the prices."""
        place = self._periods.index(t)
        opening = self._held[self._periods[place - 1]] if place else np.zeros(len(self.horizon.stores))
        level: Vector = piece.opening @ opening
        return level

    def _piece(self, t: int) -> Piece:
        moment = self.horizon.moments[t]
        lower, upper = self.horizon.open_rows(moment)
        rows = np.array(self._prices[t])
        rows[(rows > 0) & lower] = 0.0  # what the dual tolerance leaves
        rows[(rows < 0) & upper] = 0.0
        rows = np.unique(rows, axis=0)
        pays = rows @ moment.matrix
        over = self.horizon.least_storage(moment) - pays[:, moment.stock]
        return Piece(rows, pays, -(rows @ moment.before), over)

    def _values(self, t: int, piece: Piece, what: Happenings) -> Vector:
        """What a period costs at least at each of the prices, but for stock: episodes x prices.

        Minus infinity where a column without a limit pays.
        """
        moment = self.horizon.moments[t]
        limit = self.horizon.limits(moment).copy()
        limit[moment.stock] = 0.0
        value = _worth(piece.rows, what) + what.fixed[:, None]
        for state in range(len(what.cost)):
            mine = np.flatnonzero(what.cost_of == state)
            short = np.minimum(0.0, what.cost[state] - piece.pays)
            finite = np.isfinite(limit)
            value[mine] += short[:, finite] @ limit[finite]
            pay = (short < -SLACK) & ~finite
            columns = np.flatnonzero(pay.any(axis=0))
            shut, which = np.unique(what.closed_of[mine], return_inverse=True)
            wrong = pay[:, columns].astype(np.float32) @ (~what.closed[shut][:, columns]).T.astype(np.float32)
            value[mine] += np.where(wrong > 0, -np.inf, 0.0).T[which.ravel()]
        return value

    def _forward(
        self,
        t: int,
        piece: Piece,
        before: Piece | None,
        value: Vector,
        promise: Vector,
        best: Vector,
        chosen: Indices,
        opens: npt.NDArray[np.bool_],
    ) -> tuple[Vector, Indices]:
        """The most promising prices of a period, and the best that comes of each with those before."""
        place, level = self._periods.index(t), self._level(t, piece)
        count = min(PROMISING, promise.shape[1])
        now = np.argpartition(-promise, count - 1, axis=1)[:, :count]
        mine = np.take_along_axis(value, now, axis=1)
        reached = np.full(mine.shape, -np.inf)
        reached[opens] = level[now[opens]]
        if before is not None and not opens.all():
            step = self._step(self._periods[place - 1], before, piece)
            on = np.flatnonzero(~opens)
            ways = best[on][:, :, None] + step[chosen[on][:, :, None], now[on][:, None, :]]
            reached[on] = ways.max(axis=1)
        pad = ((0, 0), (0, PROMISING - count))
        return np.pad(mine + reached, pad, constant_values=-np.inf), np.pad(now, pad)

    def _step(self, t: int, piece: Piece, after: Piece) -> Vector:
        """What stock at the end of a period takes off, where other prices follow: prices x prices."""
        most = self.horizon.moments[t].most
        found = np.zeros((len(piece.rows), len(after.rows)))
        for store in range(len(most)):
            found += _off(piece.over[:, store][:, None] + after.opening[:, store], most[store])
        return found

    def _rest(self, t: int, piece: Piece, *, restores: bool) -> Vector:
        """The same at the end of an episode, where stock must be at the trunk's level or is bought back."""
        moment, found = self.horizon.moments[t], np.zeros(len(piece.rows))
        for store, most in enumerate(moment.most):
            over = piece.over[:, store]
            back = np.minimum(moment.buy_back[store], np.maximum(0.0, over)) if restores else 0.0
            found += back * self._held[t][store] + _off(over - back, most)
        return found


def _worth(rows: Vector, what: Happenings) -> Vector:
    """What limits of rows are worth: branches x prices."""
    lower, upper = (np.where(np.isfinite(side), side, 0.0) for side in (what.lower, what.upper))
    some = (lower != 0).any(axis=0) | (upper != 0).any(axis=0)
    up, down = np.maximum(rows[:, some], 0.0), np.minimum(rows[:, some], 0.0)
    worth: Vector = lower[:, some] @ up.T + upper[:, some] @ down.T
    return worth


def _off(over: Vector, most: float) -> Vector:
    """A tonne that pays is held as much as can be."""
    if np.isfinite(most):
        return np.minimum(0.0, over) * most
    return np.where(over < -SLACK, -np.inf, 0.0)
