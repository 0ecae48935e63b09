"""One branch that gives the block of every scenario of its shape.

Scenarios of one onset and length differ in numbers only (`slots`). The branch is built once with numbers that remember
on which slots they depend (`slotted`), and so does each number of the matrix. A scenario is then bound by writing
numbers. The mathematics stays in the model: there is no formula here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from pyomo.common.gc_manager import PauseGC

from optimizer.errors import SolveError
from optimizer.instance.policy import ExposureCap, FacilityEffect, OptionEffect
from optimizer.model import assemble
from optimizer.model.sheet import Sheet
from optimizer.network.derive import tables_of
from optimizer.network.derive_adjust import limits_of
from optimizer.network.derive_flow import link_facts
from optimizer.network.derive_requalification import waits_of
from optimizer.network.effects import Disruption, Window, matches
from optimizer.network.network import changed_exposures, option_facts
from optimizer.network.reading import Factors, Reader
from optimizer.network.slots import Ask, Probe, Slots
from optimizer.network.slotted import Slotted
from optimizer.network.starts import Start
from optimizer.network.tables import TRUNK, Network, Tables
from optimizer.solver.compile import Block, Indices, Vector
from optimizer.solver.written import written

WORTH = 6
"""Branches of one shape from which a mould is made. Its blocks have other columns than branches built by themselves,
and a checkpoint knows blocks by what they hold: few should change when another branch does."""
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
    return shapes_of(network, [window])[0]


def shapes_of(network: Network, windows: Iterable[Window]) -> list[Hashable]:
    """As `shape_of`, of several branches."""
    instance = network.instance
    options = [option_facts(instance, *key) for key in apart(network)]
    moves = _exposures_count(network)
    # The first blow counts only where something is tied to the trunk by the years since.
    since = bool(limits_of(instance) or waits_of(instance))

    def structural(effect: Any) -> bool:
        if isinstance(effect, OptionEffect):
            return any(matches(effect.where, facts) for facts in options)
        return moves and isinstance(effect, FacilityEffect) and bool(effect.exposure)

    found: list[Hashable] = []
    for window in windows:
        turn = {name: i for i, name in enumerate(dict.fromkeys(item.scenario for item in window.effects))}
        changes = tuple(
            sorted(
                (repr(effect.model_dump(mode="json", exclude={"marking"})), years.start, years.stop, turn[scenario])
                for effect, years, scenario in window.effects
                if structural(effect)
            )
        )
        first = window.first if since else None
        found.append((window.onset, first, window.periods, window.restores, window.leaves is None, changes))
    return found


class Mould:
    """A branch, and where a scenario's numbers stand in it.

    Attributes:
        plain: the block with all slots at 1; it has the columns and rows of every scenario of the shape.
        tables: of the plain block.
        sites: where slots stand, by array of the block; positions in `matrix` and `cost` are those of their data.
        slots: how many there are, which is also the number of the one that is always 1.
    """

    def __init__(self, network: Network, course: str, taken: Collection[Start]) -> None:
        """Build the branch of a scenario for all scenarios of its shape.

        Args:
            network: what all courses share.
            course: one scenario of the shape.
            taken: the starts that have capacity; the others are left out.

        Raises:
            SolveError: a number depends on slots in another way than the first power, or branches may fund something:
                then what comes on line when is more than numbers.
        """
        if network.reactions:
            raise SolveError(f"the branch of '{course}' may fund something, and serves no other scenario")
        self._network, self._course = network, course
        self._moves, self._apart = _exposures_count(network), apart(network)
        self._taken = frozenset(taken)
        slots = Slots()
        try:
            with PauseGC():
                self.tables = self._derived(slots)
                self.plain, found = written(*assemble.operations(self.tables, new=Sheet))
        except (AttributeError, TypeError) as error:
            raise SolveError(f"the branch of '{course}' serves no other scenario: {error}") from error
        self.slots = len(slots.number)
        self.sites = {name: _sites(found[name], self.slots, course) for name in ARRAYS}
        self._index(self.plain, self.tables)
        self._reader = Reader(network, slots)
        self._moved: dict[Hashable, list[int]] = {}

    def numbers(self, course: str) -> tuple[Vector, Indices]:
        """As `read`, of a scenario of this shape."""
        return self.read(Disruption(self._network.calendar, self._network.windows[course].effects))

    def array(self, name: str, slots: Vector) -> Vector:
        """One of the arrays at given slots."""
        found = _array(self.plain, name).copy()
        sites = self.sites[name]
        found[sites.entry] = sites.values(slots)
        return found

    def block(self, course: str) -> Block:
        """The block of a scenario of this shape; what it closes is a column of at most 0.

        What does not depend on the scenario is shared between blocks.

        Raises:
            SolveError: the scenario lets a facility run a channel that it could not run before.
        """
        values, closed = self.numbers(course)
        plain = self.plain
        arrays = {name: self.array(name, values) for name in ARRAYS}
        arrays["upper"][closed] = 0.0
        arrays["lower"][closed] = np.minimum(arrays["lower"][closed], 0.0)
        matrix, cost = plain.matrix, plain.cost
        leaves = self._network.windows[course].leaves
        parent = self._network.windows[self._course].leaves
        owners = plain.owners
        if leaves != parent:
            owners = {i: (leaves or TRUNK if owner == parent else owner, key) for i, (owner, key) in owners.items()}
        return replace(
            plain,
            name=course,
            matrix=sp.csr_array((arrays["matrix"], matrix.indices, matrix.indptr), shape=matrix.shape),
            cost=sp.csr_array((arrays["cost"], cost.indices, cost.indptr), shape=cost.shape),
            owners=owners,
            lower=arrays["lower"],
            upper=arrays["upper"],
            row_lower=arrays["row_lower"],
            row_upper=arrays["row_upper"],
        )

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

    def _derived(self, slots: Slots) -> Tables:
        network, known = self._network, dict[int, Slotted]()
        happening = network.windows[self._course].effects

        def given(number: int) -> Any:
            return known.setdefault(number, Slotted.slot(number))

        probe = Probe(network.calendar, happening, slots, given, self._taken, self._apart, self._moves)
        return tables_of(network, self._course, probe)

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


def _sites(found: Sequence[tuple[int, Slotted]], none: int, course: str) -> Sites:
    """Where and how an array depends on slots.

    Args:
        found: position and number of each entry that does.
        none: the slot that is always 1.
        course: whose branch it is.

    Raises:
        SolveError: a number depends on slots in another way than the first power.
    """
    wrong = SolveError(f"in the branch of '{course}' a number is no plain product of slots")
    places: list[tuple[int, int, int]] = []
    numbers: list[tuple[float, float]] = []
    for place, number in found:
        if number.terms is None:
            raise wrong
        products = [slots for slots, coef in number.terms.items() if slots and coef]
        if not products:
            continue
        slots, constant = products[0], number.terms.get((), 0.0)
        if len(products) > 1 or len(slots) > 2 or (len(slots) == 2 and (constant or slots[0] == slots[1])):
            raise wrong
        two = len(slots) == 2
        places.append((place, slots[0], slots[1] if two else none))
        numbers.append((number.ones, np.nan if two else number.terms[slots]))
    where = np.array(places, dtype=np.int64).reshape(-1, 3)
    how = np.array(numbers, dtype=float).reshape(-1, 2)
    return Sites(where[:, 0], where[:, 1], where[:, 2], how[:, 0], how[:, 1])


def _array(block: Block, name: str) -> Vector:
    return np.asarray(getattr(block, name).data if name in ("matrix", "cost") else getattr(block, name), dtype=float)


class Moulds:
    """The moulds of an instance's branches, each made when the first branch of its shape is asked for."""

    def __init__(self, network: Network) -> None:
        """Tell which branches have enough of their shape beside them."""
        self._network = network
        self._shape = dict(zip(network.windows, shapes_of(network, network.windows.values()), strict=True))
        self._count = Counter(self._shape.values())
        self._starts = [start for paths in network.starts.paths.values() for start in paths]
        self._made: dict[Hashable, Mould | None] = {}

    def block(self, course: str) -> Block | None:
        """The block of a branch; None where it has to be compiled by itself.

        That is where too few have its shape, where branches may fund something, and where a number depends on a
        scenario in another way than a mould can tell.
        """
        if self._network.reactions or self._count[self._shape[course]] < WORTH:
            return None
        try:
            mould = self._mould(course)
            return None if mould is None else mould.block(course)
        except SolveError:
            return None

    def _mould(self, course: str) -> Mould | None:
        shape = self._shape[course]
        if shape not in self._made:
            self._made[shape] = None  # so that one that cannot be made is not tried again
            self._made[shape] = Mould(self._network, course, self._starts)
        return self._made[shape]
