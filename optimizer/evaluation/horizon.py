"""The operations of every period of the horizon, as all branches of all futures have them.

Branches of whatever onset and length have the same rows and columns in a period; what they have of their own is
where they begin and how they end. So a branch of the whole horizon, cut by period, says what any future looks like in
any period: its right sides, its costs, and which columns it closes. Only stock ties a period to the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.errors import SolveError
from optimizer.instance.instance import Instance
from optimizer.instance.policy import Effect, FacilityEffect, OptionEffect, Scenario
from optimizer.network.derive import tables_of
from optimizer.network.derive_adjust import limits_of
from optimizer.network.derive_requalification import waits_of
from optimizer.network.effects import Disruption, Window
from optimizer.network.network import network_of
from optimizer.network.places import Cell
from optimizer.solver.compile import Indices, Vector
from optimizer.solver.given import given_fundings, starts_taken
from optimizer.solver.mould import Mould, Sites, shape_of

WHOLE = "whole_horizon"
"""Scenario whose branch is cut by period."""
STOCK = "stock"

Bools = npt.NDArray[np.bool_]
State = tuple[Vector, int, int]
"""Slots of right sides and of what is given; number of the state of costs; number of what is closed."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A period: what is the same in all branches.

    Attributes:
        period: its first year.
        rows: rows of the horizon's branch.
        columns: columns of the period.
        matrix: rows x columns.
        slots: the slots that its right sides and what is given depend on, in order.
        priced: the slots that costs of its columns depend on, in order.
        stock: which of the columns are stock at the end of the period, by store.
        before: rows x stores: coefficients of the stock at the end of the period before.
        most: no stock is more than this, by store; infinite where nothing says so.
        buy_back: discounted USD for a tonne bought back at the end of the period, by store; infinite where none can be.
    """

    period: int
    rows: Indices
    columns: Indices
    matrix: sp.csr_array
    slots: Indices
    priced: Indices
    stock: Indices
    before: sp.csr_array
    most: Vector
    buy_back: Vector


@dataclass(frozen=True, slots=True)
class Happenings:
    """What happens in one period in several branches.

    Attributes:
        lower: branches x rows, least activity, what is given on the right side.
        upper: branches x rows, highest activity.
        fixed: discounted USD of what is given, by branch.
        cost: states x columns, discounted USD.
        cost_of: state of the costs, by branch.
        closed: states x columns, whether it is closed.
        closed_of: state of what is closed, by branch.
    """

    lower: Vector
    upper: Vector
    fixed: Vector
    cost: Vector
    cost_of: Indices
    closed: Bools
    closed_of: Indices


class Horizon:
    """A branch of the whole horizon, cut by period.

    Attributes:
        stores: (stockpile, material, channel), in the order of all arrays by store.
        moments: by period.
        rows: key of each row of the branch.
    """

    def __init__(
        self,
        instance: Instance,
        effects: Sequence[Effect],
        fundings: Sequence[tuple[str, str, int]],
    ) -> None:
        """Compile it.

        Args:
            instance: its scenarios play no part.
            effects: everything that may happen in some future, at any severity.
            fundings: what is funded.

        Raises:
            SolveError: its periods are tied by more than stock, or scenarios change more than numbers.
        """
        if limits_of(instance) or waits_of(instance):
            raise SolveError("branches are tied to the trunk by more than stock")
        if any(stockpile.residual > 0 for stockpile in instance.stockpiles.values()):
            raise SolveError("stock at the horizon's end counts, and of branches that restore it the trunk's")
        alone = instance.model_copy(update={"scenarios": _scenarios(instance, effects)})
        network = self._network = network_of(alone)
        shapes: list[Any] = [shape_of(network, window) for window in network.windows.values()]
        if any(shape[-1] for shape in shapes):
            raise SolveError("what happens changes more than numbers")
        self._mould = Mould(network, WHOLE, starts_taken(network.starts, fundings))
        block = self._block = self._mould.plain
        if any(len(self._mould.sites[name].entry) for name in ("lower", "upper")):
            raise SolveError("limits of columns change with what happens")
        own = np.setdiff1d(np.arange(len(block.columns)), list(block.owners))
        stock = [i for i in own if block.columns[i][0] == STOCK]
        if (
            block.lower[own].any()
            or np.isin(sp.coo_array(block.cost).coords[1][self._mould.sites["cost"].entry], stock).any()
        ):
            raise SolveError("a column has a least value, or what stock costs changes with what happens")
        given = given_fundings(network.starts, fundings)
        self._given = np.zeros(len(block.columns))
        for column, owner in block.owners.items():
            self._given[column] = given.get(owner, 0.0)
        self.rows = block.rows
        self.stores: list[Cell] = list(tables_of(network, WHOLE).stock.stores)
        self._own = np.ones(len(block.columns), dtype=bool)
        self._own[list(block.owners)] = False
        self.moments = self._cut()
        self._states: dict[int, dict[bytes, tuple[int, Vector]]] = {t: {} for t in self.moments}
        self._closed: dict[int, dict[bytes, tuple[int, Indices]]] = {t: {} for t in self.moments}
        self._place: dict[int, Indices] = {}
        for t, moment in self.moments.items():
            self._place[t] = np.full(len(block.columns), -1, dtype=np.int64)
            self._place[t][moment.columns] = np.arange(len(moment.columns))

    def _cut(self) -> dict[int, Moment]:
        block, periods = self._block, self._network.calendar.periods
        place = {t: i for i, t in enumerate(periods)}
        matrix = sp.csr_array(block.matrix)
        coo = sp.coo_array(block.matrix)
        row, column = coo.coords
        site = self._mould.sites["matrix"]
        if self._own[column[site.entry]].any():
            raise SolveError("coefficients of operations change with what happens")
        when = np.array([place[key[1][-1]] if self._own[i] else -1 for i, key in enumerate(block.columns)])  # type: ignore[index]
        is_stock = np.array([key[0] == STOCK for key in block.columns])
        latest = np.full(len(block.rows), -1)
        inner = self._own[column]
        np.maximum.at(latest, row[inner], when[column[inner]])
        early = inner & (when[column] < latest[row])
        if (early & ~(is_stock[column] & (when[column] == latest[row] - 1))).any():
            raise SolveError("periods are tied by more than stock")
        tables = tables_of(self._network, WHOLE)
        number = {store: i for i, store in enumerate(self.stores)}
        found = {}
        for t, i in place.items():
            rows, columns = np.flatnonzero(latest == i), np.flatnonzero(when == i)
            stock = np.full(len(self.stores), -1)
            for at, j in enumerate(columns):
                if is_stock[j]:
                    stock[number[block.columns[j][1][:3]]] = at  # type: ignore[index]
            earlier = np.array([j for j in np.flatnonzero(is_stock) if when[j] == i - 1], dtype=np.int64)
            before = sp.lil_array((len(rows), len(self.stores)))
            for j in earlier:
                mine = matrix[rows][:, [j]].tocoo()
                before[mine.coords[0], number[block.columns[j][1][:3]]] = mine.data
            limit = [tables.stock.capacity.get(store[:2], np.inf) for store in self.stores]
            bought = [tables.discount(t) * tables.stock.buy_back.get((*store[:2], t), np.inf) for store in self.stores]
            found[t] = Moment(
                t,
                rows,
                columns,
                sp.csr_array(matrix[rows][:, columns]),
                *self._slots(rows, columns, t),
                stock,
                sp.csr_array(before),
                np.minimum(limit, block.upper[columns[stock]]),
                np.array(bought),
            )
        return found

    def _slots(self, rows: Indices, columns: Indices, period: int) -> tuple[Indices, Indices]:
        """The slots of right sides and of what is given, and of costs; with each the one that is always 1."""
        block, sites = self._block, self._mould.sites
        row = sp.coo_array(block.matrix).coords[0]
        key, column = sp.coo_array(block.cost).coords
        when = np.array([t for _, t in block.cost_keys])
        cost = sites["cost"].entry
        given = {
            "matrix": np.isin(row[sites["matrix"].entry], rows),
            "row_lower": np.isin(sites["row_lower"].entry, rows),
            "row_upper": np.isin(sites["row_upper"].entry, rows),
            "cost": ~self._own[column[cost]] & (when[key[cost]] == period),
        }
        found = []
        for here in (given, {"cost": np.isin(column[cost], columns)}):
            used = [at for name, which in here.items() for at in (sites[name].factor[which], sites[name].timed[which])]
            found.append(np.unique(np.concatenate([*used, [self._mould.slots]])))
        return found[0], found[1]

    def read(self, window: Window) -> tuple[Vector, Indices]:
        """What a branch puts on the slots, and what it closes.

        Raises:
            SolveError: it lets a facility run a channel that it could not run before.
        """
        return self._mould.read(Disruption(self._network.calendar, window.effects))

    def limits(self, moment: Moment) -> Vector:
        """The most of each column of a period, but for what is closed; the least is 0."""
        return self._block.upper[moment.columns]

    def open_rows(self, moment: Moment) -> tuple[Bools, Bools]:
        """Rows of a period without a least activity, and without a highest."""
        return np.isneginf(self._block.row_lower[moment.rows]), np.isposinf(self._block.row_upper[moment.rows])

    def least_storage(self, moment: Moment) -> Vector:
        """Discounted USD of a tonne in stock at the end of a period, by store, whatever happens."""
        usd: Vector = self._costs(moment, np.ones((1, len(moment.priced))))[0, moment.stock]
        return usd

    def state(self, period: int, slots: Vector, closed: Indices) -> State:
        """What a branch is like in a period.

        Args:
            period: its first year.
            slots: all that the branch puts on slots.
            closed: columns of the horizon's branch.
        """
        moment = self.moments[period]
        cost, here = slots[moment.priced], self._place[period][closed]
        here = here[here >= 0]
        costs, shut = self._states[period], self._closed[period]
        return (
            slots[moment.slots],
            costs.setdefault(cost.tobytes(), (len(costs), cost))[0],
            shut.setdefault(here.tobytes(), (len(shut), here))[0],
        )

    def happenings(self, period: int, states: Sequence[State]) -> Happenings:
        """What happens in a period.

        Args:
            period: its first year.
            states: by branch.
        """
        moment = self.moments[period]
        slots = np.array([state[0] for state in states])
        lower, upper = self._right(moment, slots)
        cost = self._costs(moment, np.array([found for _, found in self._states[period].values()]))
        closed = self._closed[period]
        shut = np.zeros((len(closed), len(moment.columns)), dtype=bool)
        for number, columns in closed.values():
            shut[number, columns] = True
        cost_of, closed_of = (np.array([state[at] for state in states], dtype=np.int64) for at in (1, 2))
        return Happenings(lower, upper, self._fixed(moment, slots), cost, cost_of, shut, closed_of)

    def _right(self, moment: Moment, slots: Vector) -> tuple[Vector, Vector]:
        """Least and highest activity by branch and row, less what is given."""
        block, sites = self._block, self._mould.sites
        at = np.full(len(block.rows), -1)
        at[moment.rows] = np.arange(len(moment.rows))
        coo = sp.coo_array(block.matrix)
        row, column = coo.coords
        site = sites["matrix"]
        plain = coo.data.copy()
        plain[site.entry] = 0.0
        plain[self._own[column]] = 0.0
        brought = np.bincount(row, plain * self._given[column], minlength=len(block.rows))[moment.rows]
        inside = _some(site, at[row[site.entry]] >= 0, moment.slots)
        rows, amount = at[row[inside.entry]], self._given[column[inside.entry]]
        add = sp.csr_array((amount, (np.arange(len(rows)), rows)), shape=(len(rows), len(moment.rows)))
        given = inside.values(slots) @ add + brought if len(rows) else np.tile(brought, (len(slots), 1))
        found = []
        for name in ("row_lower", "row_upper"):
            values = np.tile(getattr(block, name)[moment.rows], (len(slots), 1))
            some = _some(sites[name], at[sites[name].entry] >= 0, moment.slots)
            values[:, at[some.entry]] = some.values(slots)
            found.append(values - given)
        return found[0], found[1]

    def _fixed(self, moment: Moment, slots: Vector) -> Vector:
        """Cost of what is given, by branch."""
        block, site = self._block, self._mould.sites["cost"]
        coo = sp.coo_array(block.cost)
        key, column = coo.coords
        period = np.array([t for _, t in block.cost_keys])
        outer = ~self._own[column] & (period[key] == moment.period)
        plain = coo.data.copy()
        plain[site.entry] = 0.0
        level = block.cost_constant[period == moment.period].sum() + plain[outer] @ self._given[column[outer]]
        some = _some(site, outer[site.entry], moment.slots)
        fixed: Vector = level + some.values(slots) @ self._given[column[some.entry]]
        return fixed

    def _costs(self, moment: Moment, states: Vector) -> Vector:
        """Cost of columns by state."""
        block, site = self._block, self._mould.sites["cost"]
        coo = sp.coo_array(block.cost)
        key, column = coo.coords
        period = np.array([t for _, t in block.cost_keys])
        at = np.full(len(block.columns), -1)
        at[moment.columns] = np.arange(len(moment.columns))
        mine = at[column] >= 0
        if (period[key[mine]] != moment.period).any():
            raise SolveError("a column costs something in another period than its own")
        plain = coo.data.copy()
        plain[site.entry] = 0.0
        some = _some(site, mine[site.entry], moment.priced)
        base = np.bincount(at[column[mine]], plain[mine], minlength=len(moment.columns))
        add = sp.csr_array(
            (np.ones(len(some.entry)), (np.arange(len(some.entry)), at[column[some.entry]])),
            shape=(len(some.entry), len(moment.columns)),
        )
        usd: Vector = base + some.values(states) @ add
        return usd


def _some(sites: Sites, which: Bools, slots: Indices) -> Sites:
    """Some of the entries, by their places among some slots."""
    factor, timed = (np.searchsorted(slots, slot[which]) for slot in (sites.factor, sites.timed))
    return Sites(sites.entry[which], factor, timed, sites.base[which], sites.rate[which])


def _scenarios(instance: Instance, effects: Iterable[Effect]) -> tuple[Scenario, ...]:
    """One that lasts as long as the horizon, and one in which everything happens that ever may."""
    plain: list[Effect] = []
    every: dict[str, Effect] = {}
    for effect in effects:
        alone = effect.model_copy(update={"from_": None, "duration": None})
        every[repr((alone.affects, alone.where, getattr(alone, "exposure", None), getattr(alone, "delay", None)))] = (
            alone
        )
        if not isinstance(effect, OptionEffect) and not (isinstance(effect, FacilityEffect) and effect.exposure):
            plain.append(alone)
    if not plain:
        raise SolveError("nothing that happens is a number alone")
    onset = instance.periods[0].year
    first = Scenario(id=WHOLE, probability=0.0, onset=onset, effects=(plain[0],))
    return first, Scenario(id="everything_at_once", probability=0.0, onset=onset, effects=tuple(every.values()))


def stock_of(stock: Mapping[tuple[Cell, int], float], stores: Sequence[Cell], period: int | None) -> Vector:
    """Stock at the end of a period, by store."""
    return np.array([stock.get((store, period), 0.0) if period is not None else 0.0 for store in stores])
