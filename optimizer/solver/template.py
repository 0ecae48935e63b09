"""One compiled branch that serves every scenario of its shape.

Scenarios of one onset and length, with the same delays and changes of ownership, differ in factors only (`slots`). The
branch is compiled three times with factors chosen so that each number of the matrix tells on which slot it depends and
how: with all factors 1, with all one half, and with each slot at a value of its own. A scenario is then bound by
writing numbers, and HiGHS goes on from the last basis. The mathematics stays in the model: there is no formula here.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.errors import SolveError
from optimizer.instance.policy import FacilityEffect, OptionEffect
from optimizer.model import assemble
from optimizer.network.derive import tables_of
from optimizer.network.derive_flow import link_facts
from optimizer.network.effects import Disruption, Window
from optimizer.network.slots import Probe, Slots
from optimizer.network.tables import Network
from optimizer.solver.branch import Branch
from optimizer.solver.compile import Block, Indices, Vector, compile_block

HALF = 0.5
ARRAYS = ("row_lower", "row_upper", "lower", "upper")


@dataclass(frozen=True, slots=True)
class Sites:
    """Where slots stand in one array: entry = base + rate * (factor - 1).

    Attributes:
        entry: positions that depend on a slot.
        slot: the slot of each.
        rate: change per unit of its factor.
    """

    entry: Indices
    slot: Indices
    rate: Vector

    def moved(self, factors: Vector) -> Vector:
        """What the factors add to the entries."""
        return self.rate * (factors[self.slot] - 1.0)


def shape_of(window: Window) -> Hashable:
    """What scenarios must share to be served by one template: years, where they leave, delays, changes of ownership."""
    turn = {name: i for i, name in enumerate(dict.fromkeys(item.scenario for item in window.effects))}
    structural = tuple(
        sorted(
            (repr(effect.model_dump(mode="json")), years.start, years.stop, turn[scenario])
            for effect, years, scenario in window.effects
            if isinstance(effect, OptionEffect) or (isinstance(effect, FacilityEffect) and effect.exposure)
        )
    )
    active = frozenset(year for item in window.effects for year in item.years)
    return (window.onset, window.first, window.periods, window.restores, window.leaves is None, active, structural)


class Template(Branch):
    """A branch whose factors can be set."""

    def __init__(self, network: Network, course: str, *, threads: int = 1) -> None:
        """Compile the branch of a scenario for all scenarios of its shape.

        Args:
            network: what all courses share.
            course: one scenario of the shape; its own factors are set.
            threads: cores that HiGHS may use.

        Raises:
            SolveError: a number depends on more than one slot.
        """
        self._network = network
        self._slots = Slots()
        real = Disruption(network.calendar, network.windows[course].effects)
        plain = self._compiled(course, Probe.of(real, self._slots, lambda _: 1.0))
        count = len(self._slots.values)
        halved = self._compiled(course, Probe.of(real, self._slots, lambda _: HALF))
        apart = self._compiled(course, Probe.of(real, self._slots, lambda slot: 1.0 - HALF * (slot + 1) / (count + 1)))
        if len(self._slots.values) != count:
            raise SolveError(f"the branch of '{course}' has other slots under other factors")
        self._sites = {name: _sites(name, plain, halved, apart, count) for name in (*ARRAYS, "matrix", "cost")}
        self._plain = plain
        self._coordinates = plain.matrix.tocoo().coords
        tables = tables_of(network, course, Probe.of(real, self._slots, lambda _: 1.0))
        links = sorted({link for link in tables.flow.of_link if link.startswith(("lane:", "freight:"))})
        self._facts = {link: link_facts(network, link) for link in links}
        flows: list[tuple[int, Any]] = [(i, index) for i, (name, index) in enumerate(plain.columns) if name == "flow"]
        self._on_link: dict[tuple[str, int], list[int]] = {}
        for column, (arc, _, _, period) in flows:
            self._on_link.setdefault((tables.places.arcs[arc].link, period), []).append(column)
        self._closed: Indices = np.zeros(0, dtype=np.int64)
        super().__init__(plain, threads=threads)
        self._factors = np.ones(count)
        self.bind(course)

    def bind(self, course: str) -> None:
        """Set the factors of a scenario of this shape."""
        real = Disruption(self._network.calendar, self._network.windows[course].effects)
        factors = np.array(self._slots.read(real))
        changed = np.flatnonzero(factors != self._factors)
        self._factors = factors
        if len(changed):
            self._write(factors, changed)
        self._close(real)

    def _compiled(self, course: str, probe: Probe) -> Block:
        return compile_block(*assemble.operations(tables_of(self._network, course, probe)))

    def _write(self, factors: Vector, changed: Indices) -> None:
        """Write the entries of the slots that changed."""
        block, plain = self.block, self._plain
        matrix = self._sites["matrix"]
        touched = np.isin(matrix.slot, changed)
        value = plain.matrix.data[matrix.entry] + matrix.moved(factors)
        for position, number in zip(matrix.entry[touched], value[touched], strict=True):
            row, column = self._coordinates[0][position], self._coordinates[1][position]
            self._highs.changeCoeff(int(row), int(column), float(number))
        lower, upper = block.row_lower.copy(), block.row_upper.copy()
        for name, array in (("row_lower", lower), ("row_upper", upper)):
            sites = self._sites[name]
            array[sites.entry] = getattr(plain, name)[sites.entry] + sites.moved(factors)
        rows = np.flatnonzero((lower != self._row_lower) | (upper != self._row_upper))
        if len(rows):
            self._highs.changeRowsBounds(len(rows), rows.astype(np.int32), lower[rows], upper[rows])
        self._row_lower, self._row_upper = lower, upper
        cost = self._sites["cost"]
        data = plain.cost.data.copy()
        data[cost.entry] += cost.moved(factors)
        self.cost_by_period = plain.cost.copy()
        self.cost_by_period.data = data
        self.recost(np.asarray(self.cost_by_period.sum(axis=0), dtype=np.float64).ravel())

    def _close(self, real: Disruption) -> None:
        """Close the links that a scenario closes: a closed lane moves nothing, whether it has a capacity or not."""
        shut = [
            column
            for (link, period), columns in self._on_link.items()
            if link in self._facts and real.mean_factor("lanes", "available", self._facts[link], period) <= 0
            for column in columns
        ]
        closed = np.array(sorted(shut), dtype=np.int64)
        opened = np.setdiff1d(self._closed, closed)
        if len(opened):
            self.release(opened)
        fresh = np.setdiff1d(closed, self._closed)
        if len(fresh):
            self.limit(fresh, 0.0)
        self._closed = closed


def _sites(name: str, plain: Block, halved: Block, apart: Block, count: int) -> Sites:
    """Where and how an array depends on slots."""
    first, second, third = (_array(block, name) for block in (plain, halved, apart))
    finite = np.isfinite(first)
    same = first.shape == second.shape == third.shape and (
        name not in ("matrix", "cost")
        or all(
            np.array_equal(getattr(plain, name).indices, getattr(other, name).indices)
            and np.array_equal(getattr(plain, name).indptr, getattr(other, name).indptr)
            for other in (halved, apart)
        )
    )
    if not same or plain.columns != halved.columns or plain.columns != apart.columns or plain.rows != apart.rows:
        raise SolveError(f"the branch of '{plain.name}' has another shape under other factors")
    entry = np.flatnonzero(finite & ((second != first) | (third != first)))
    half, own = second[entry] - first[entry], third[entry] - first[entry]
    with np.errstate(divide="ignore", invalid="ignore"):
        place = own / half * (count + 1) - 1.0
    slot = np.round(place)
    wrong = ~np.isfinite(place) | (abs(place - slot) > 1e-3) | (slot < 0) | (slot >= count)
    if wrong.any():
        raise SolveError(f"in the branch of '{plain.name}' {int(wrong.sum())} numbers depend on more than one factor")
    return Sites(entry.astype(np.int64), slot.astype(np.int64), half / (HALF - 1.0))


def _array(block: Block, name: str) -> Vector:
    return np.asarray(getattr(block, name).data if name in ("matrix", "cost") else getattr(block, name), dtype=float)
