"""One compiled branch that serves every scenario of its shape, for a given portfolio.

Scenarios of one onset and length differ in numbers only (`slots`). The branch is compiled four times with slots chosen
so that each number of the matrix tells on which slots it depends and how: all at 1; all at one half; each factor at a
value of its own; each timed slot at a value of its own. A scenario is then bound by writing numbers, and HiGHS goes on
from the last basis. The mathematics stays in the model: there is no formula here.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.errors import SolveError
from optimizer.instance.policy import ExposureCap, FacilityEffect, OptionEffect
from optimizer.model import assemble
from optimizer.network.derive import tables_of
from optimizer.network.derive_adjust import limits_of
from optimizer.network.derive_flow import link_facts
from optimizer.network.derive_requalification import waits_of
from optimizer.network.effects import Disruption, Window, matches
from optimizer.network.network import changed_exposures, option_facts
from optimizer.network.reading import Factors, Reader
from optimizer.network.slots import Ask, Probe, Slots
from optimizer.network.starts import Start
from optimizer.network.tables import Network, Tables
from optimizer.solver.branch import Branch
from optimizer.solver.compile import Block, Indices, Vector, compile_block

HALF = 0.5
ARRAYS = ("row_lower", "row_upper", "lower", "upper", "matrix", "cost")


@dataclass(frozen=True, slots=True)
class Sites:
    """Where slots stand in one array.

    An entry is base + rate (v - 1) for one slot of value v, and base v w for a factor v on a timed slot w. A slot that
    it does not depend on is the last one, whose value is always 1.

    Attributes:
        entry: positions that depend on a slot.
        factor: the factor of each.
        timed: the timed slot of each.
        base: the entry with all slots at 1.
        rate: change per unit of its one slot; not a number where it has two.
    """

    entry: Indices
    factor: Indices
    timed: Indices
    base: Vector
    rate: Vector

    def values(self, slots: Vector) -> Vector:
        """The entries at given slots, the last axis of which is the slot."""
        one, other = slots[..., self.factor], slots[..., self.timed]
        return np.where(np.isnan(self.rate), self.base * one * other, self.base + self.rate * (one + other - 2.0))


def apart(network: Network) -> frozenset[tuple[str, str]]:
    """Options whose delays change more than numbers: those of facilities that an option sets exposures of."""
    return frozenset(key for key in network.starts.options if len(network.trust.states[key[0]]) > 1)


def _exposures_count(network: Network) -> bool:
    """Whether a rule counts exposures in branches, so that setting one changes a row."""
    return any(isinstance(rule, ExposureCap) and rule.in_disruption for rule in network.instance.policy.rules)


def shape_of(network: Network, window: Window) -> Hashable:
    """What scenarios share that one template serves: years, what they leave, what changes more than numbers."""
    options = apart(network)
    turn = {name: i for i, name in enumerate(dict.fromkeys(item.scenario for item in window.effects))}
    moves = _exposures_count(network)

    def structural(effect: Any) -> bool:
        if isinstance(effect, OptionEffect):
            return any(matches(effect.where, option_facts(network.instance, *key)) for key in options)
        return moves and isinstance(effect, FacilityEffect) and bool(effect.exposure)

    changes = tuple(
        sorted(
            (repr(effect.model_dump(mode="json")), years.start, years.stop, turn[scenario])
            for effect, years, scenario in window.effects
            if structural(effect)
        )
    )
    # The first blow counts only where something is tied to the trunk by the years since.
    first = window.first if limits_of(network.instance) or waits_of(network.instance) else None
    return (window.onset, first, window.periods, window.restores, window.leaves is None, changes)


class Template(Branch):
    """A branch of a portfolio that can be bound to any scenario of its shape.

    Attributes:
        sites: where slots stand, by array of the block; positions in `matrix` and `cost` are those of their data.
        slots: how many there are, which is also the number of the one that is always 1.
    """

    def __init__(self, network: Network, course: str, taken: Collection[Start], *, threads: int = 1) -> None:
        """Compile the branch of a scenario for all scenarios of its shape.

        Args:
            network: what all courses share.
            course: one scenario of the shape; its own numbers are set.
            taken: the starts that are funded.
            threads: cores that HiGHS may use.

        Raises:
            SolveError: a number depends on slots in another way than the first power, or branches may fund something:
                then what comes on line when is more than numbers.
        """
        if network.reactions:
            raise SolveError(f"the branch of '{course}' may fund something, and serves no other scenario")
        self._network, self._course = network, course
        self._moves, self._apart = _exposures_count(network), apart(network)
        self._taken = frozenset(taken)
        slots = self._slots = Slots()
        plain, tables = self._compiled(lambda _number, _timed: 1.0)
        count = self.slots = len(slots.number)

        def own(number: int) -> float:
            return 1.0 - HALF * (number + 1) / (count + 1)

        others = [
            self._compiled(lambda _number, _timed: HALF)[0],
            self._compiled(lambda number, timed: 1.0 if timed else own(number))[0],
            self._compiled(lambda number, timed: own(number) if timed else 1.0)[0],
        ]
        if len(slots.number) != count or any(not _alike(plain, other) for other in others):
            raise SolveError(f"the branch of '{course}' has another shape under other numbers")
        self.sites = {name: _sites(name, plain, others, count) for name in ARRAYS}
        self._plain = plain
        self._coordinates = plain.matrix.tocoo().coords
        self._index(plain, tables)
        self._closed: Indices = np.zeros(0, dtype=np.int64)
        self._reader = Reader(network, slots)
        self._moved: dict[Hashable, list[int]] = {}
        super().__init__(plain, threads=threads, apart=True)
        self._linked_entry = np.flatnonzero(np.isin(self._coordinates[1], self.linked))
        self._values = np.ones(count + 1)
        self.bind(course)

    def bind(self, course: str) -> None:
        """Set the numbers of a scenario of this shape.

        Raises:
            SolveError: the scenario lets a facility run a channel that it could not run before.
        """
        values, closed = self.read(Disruption(self._network.calendar, self._network.windows[course].effects))
        changed = values != self._values
        self._values = values
        if changed.any():
            self._write(values, changed)
        self._close(closed)

    def by_nearness(self, courses: Sequence[str]) -> list[str]:
        """Scenarios of this shape in an order in which each is near the one before: its basis is then nearly right.

        The next is always the nearest that is left, by the sum of differences in slots.
        """
        windows = self._network.windows
        reals = [Disruption(self._network.calendar, windows[course].effects) for course in courses]
        slots = np.array([self._reader.read(real) for real in reals])
        order, left = [0], np.arange(1, len(courses))
        while len(left):
            nearest = int(np.abs(slots[left] - slots[order[-1]]).sum(axis=1).argmin())
            order.append(int(left[nearest]))
            left = np.delete(left, nearest)
        return [courses[i] for i in order]

    def read(self, real: Disruption) -> tuple[Vector, Indices]:
        """The value of every slot, the last of which is always 1, and the columns that are closed.

        Args:
            real: what happens, within this shape.

        Raises:
            SolveError: it lets a facility run a channel that it could not run before.
        """
        return np.append(self._reader.read(real), 1.0), self._shut(real)

    def _compiled(self, given: Any) -> tuple[Block, Tables]:
        network = self._network
        happening = network.windows[self._course].effects
        probe = Probe(network.calendar, happening, self._slots, given, self._taken, self._apart, self._moves)
        tables = tables_of(network, self._course, probe)
        return compile_block(*assemble.operations(tables)), tables

    def _index(self, plain: Block, tables: Tables) -> None:
        """Columns by what may close them."""
        self._on_link: dict[tuple[str, int], list[int]] = {}
        self._runs: dict[str, list[tuple[int, str, str, int]]] = {}
        self._releases: dict[int, list[int]] = {}
        always = {name for name, store in self._network.instance.stockpiles.items() if store.release == "always"}
        columns: list[tuple[int, str, Any]] = [(i, name, index) for i, (name, index) in enumerate(plain.columns)]
        for column, name, index in columns:
            if name == "flow":
                link = tables.places.arcs[index[0]].link
                if link.startswith(("lane:", "freight:")):
                    self._on_link.setdefault((link, index[3]), []).append(column)
            elif name == "run":
                facility, state, _, channel, period = index
                self._runs.setdefault(facility, []).append((column, state, channel, period))
            elif name in ("stock_out", "discarded") and index[0] not in always:
                self._releases.setdefault(index[3], []).append(column)
        self._links = list(self._on_link)
        facts = {link: link_facts(self._network, link) for link, _ in self._links}
        asks = [Ask("lanes", "available", lambda _, link=link: facts[link], None, t) for link, t in self._links]  # type: ignore[misc]
        self._link_factors = Factors(asks, self._network.calendar)

    def _write(self, values: Vector, changed: Any) -> None:
        """Write the entries of the slots that changed."""
        matrix = self.sites["matrix"]
        touched = changed[matrix.factor] | changed[matrix.timed]
        entry, numbers = matrix.entry[touched], matrix.values(values)[touched]
        given = np.isin(entry, self._linked_entry)
        assert self._outer is not None
        self._outer.data[np.searchsorted(self._linked_entry, entry[given])] = numbers[given]
        for position, number in zip(entry[~given], numbers[~given], strict=True):
            row, column = self._coordinates[0][position], self._coordinates[1][position]
            self._highs.changeCoeff(int(row), int(column), float(number))
        bounds = []
        for name in ("row_lower", "row_upper"):
            sites = self.sites[name]
            array = getattr(self._plain, name).copy()
            array[sites.entry] = sites.values(values)
            bounds.append(array)
        self._row_lower, self._row_upper = bounds  # the solver hears of them with what is given
        cost = self.sites["cost"]
        self.cost_by_period = self._plain.cost.copy()
        self.cost_by_period.data[cost.entry] = cost.values(values)
        self.recost(np.asarray(self.cost_by_period.sum(axis=0), dtype=np.float64).ravel())

    def _shut(self, real: Disruption) -> Indices:
        """Columns that a scenario closes: links, reserves while nothing is active, activity no longer trusted."""
        lost = np.flatnonzero(self._link_factors.read(real) <= 0)
        shut = [column for place in lost for column in self._on_link[self._links[int(place)]]]
        shut += [c for period, columns in self._releases.items() if not real.any_active(period) for c in columns]
        setting = tuple(i for i in real.happening if isinstance(i.effect, FacilityEffect) and i.effect.exposure)
        if setting and not self._moves:
            known = tuple((repr(item.effect), item.years) for item in setting)
            if known not in self._moved:
                self._moved[known] = self._no_longer_trusted(Disruption(real.calendar, setting))
            shut += self._moved[known]
        return np.array(sorted(shut), dtype=np.int64)

    def _no_longer_trusted(self, setting: Disruption) -> list[int]:
        """Activity that may not run once exposures are set."""
        network, shut = self._network, []
        for facility in network.instance.facilities:
            states = {state.id: state for state in network.trust.states[facility]}
            for column, state, channel, period in self._runs.get(facility, ()):
                changed = changed_exposures(network.trust, setting, facility, states[state], period)
                if not network.trust.may_run(facility, states[state], channel, period, changed):
                    shut.append(column)
            self._no_more_than_before(setting, facility)
        return shut

    def _no_more_than_before(self, real: Disruption, facility: str) -> None:
        """A scenario that lowers an exposure may let a facility run what the template has no column for."""
        trust = self._network.trust
        for state in trust.states[facility]:
            for period in self._network.windows[self._course].periods:
                changed = changed_exposures(trust, real, facility, state, period)
                for channel in self._network.instance.channels if changed else ():
                    now = trust.may_run(facility, state, channel, period, changed)
                    if now and not trust.may_run(facility, state, channel, period):
                        raise SolveError(f"a scenario lets '{facility}' run '{channel}' in {period}")

    def _close(self, closed: Indices) -> None:
        opened = np.setdiff1d(self._closed, closed)
        if len(opened):
            self.release(opened)
        fresh = np.setdiff1d(closed, self._closed)
        if len(fresh):
            self.limit(fresh, 0.0)
        self._closed = closed


def _alike(plain: Block, other: Block) -> bool:
    """Whether two compilations have the same columns, rows and pattern."""
    return (
        plain.columns == other.columns
        and plain.rows == other.rows
        and all(
            np.array_equal(getattr(plain, name).indices, getattr(other, name).indices)
            and np.array_equal(getattr(plain, name).indptr, getattr(other, name).indptr)
            for name in ("matrix", "cost")
        )
    )


def _sites(name: str, plain: Block, others: list[Block], count: int) -> Sites:
    """Where and how an array depends on slots."""
    first, half, factors, timed = (_array(block, name) for block in (plain, *others))
    with np.errstate(invalid="ignore"):
        moved = np.isfinite(first) & ((half != first) | (factors != first) | (timed != first))
    entry = np.flatnonzero(moved)
    base, by_half = first[entry], half[entry] - first[entry]
    by_factor, by_timed = factors[entry] - base, timed[entry] - base
    one, other = by_factor != 0, by_timed != 0
    two = one & other
    # Of two slots the entry is their product: its change at one half of both is three quarters of it.
    rate = np.where(two, np.nan, by_half / (HALF - 1.0))
    scale = np.where(two, base * (HALF - 1.0), by_half)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = [
            np.where(which, by / scale * (count + 1) - 1.0, count)
            for which, by in ((one, by_factor), (other, by_timed))
        ]
    slots = [np.where(np.isfinite(place), np.round(place), -1) for place in places]
    wrong = ~(one | other) | (two & (abs(half[entry] - base * HALF * HALF) > 1e-9 * abs(base)))
    for place, slot in zip(places, slots, strict=True):
        wrong |= ~np.isfinite(place) | (abs(place - slot) > 1e-3) | (slot < 0) | (slot > count)
    if wrong.any():
        raise SolveError(f"in the branch of '{plain.name}' {int(wrong.sum())} numbers are no plain product of slots")
    factor, at = (slot.astype(np.int64) for slot in slots)
    return Sites(entry.astype(np.int64), factor, at, base, rate)


def _array(block: Block, name: str) -> Vector:
    return np.asarray(getattr(block, name).data if name in ("matrix", "cost") else getattr(block, name), dtype=float)
