"""Conflicts: sets of requirements that cannot be met together while all but any one of them can.

Irreducible: by proofs of the relaxation and by divide and conquer (QuickXplain, Junker 2004). Smallest: sets that hit
every known way out are asked in order of size (implicit hitting sets; Ignatiev and others 2015).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from optimizer.conflict.oracle import Names, Oracle
from optimizer.errors import SolveError
from optimizer.solver.limit import Stopped

SEVERAL = 16
"""From so many requirements on, halves are given up at once, not one by one."""


@dataclass(slots=True)
class Conflict:
    """A set of units that cannot hold together.

    Attributes:
        names: what a planner wants first.
        irreducible: whether all but any one of them can: proved.
        relaxed: whether the linear relaxation proves that they cannot.
        least: no conflict has fewer.
        ways_out: sets of units without which the rest can hold.
        stopped: why the search ended early; empty otherwise.
    """

    names: tuple[Hashable, ...]
    irreducible: bool = False
    relaxed: bool = False
    least: int = 1
    ways_out: list[Names] = field(default_factory=list)
    stopped: str = ""

    @property
    def smallest(self) -> bool:
        """Whether it is proved that no conflict has fewer."""
        return self.irreducible and len(self.names) == self.least


def conflict_of(oracle: Oracle, names: Sequence[Hashable]) -> Conflict | None:
    """An irreducible conflict among some units; None where they can all hold.

    Args:
        oracle: answers.
        names: what a planner wants first: where a choice is left, what comes later is given up.

    Raises:
        Stopped: the limit was reached before it was known whether there is one.
    """
    answer = oracle.ask(names)
    if answer.feasible:
        return None
    found = Conflict(_ordered(names, answer.core), relaxed=answer.relaxed)
    try:
        if len(found.names) >= SEVERAL:
            kept = _quick(oracle, [], [], list(found.names))
            found.names = _ordered(names, frozenset(kept))
            found.relaxed = oracle.ask(found.names).relaxed
            found.irreducible = True  # by the algorithm; told again below, where nothing is asked twice
        _give_up_one_by_one(oracle, found, names)
    except Stopped as stopped:
        found.stopped, found.irreducible = stopped.how, False
    return found


def _give_up_one_by_one(oracle: Oracle, found: Conflict, names: Sequence[Hashable]) -> None:
    needed: set[Hashable] = set()
    while rest := [name for name in found.names if name not in needed]:
        name = rest[-1]
        answer = oracle.ask([other for other in found.names if other != name])
        if answer.feasible:
            needed.add(name)
        else:
            found.names = _ordered(names, answer.core)
            found.relaxed = answer.relaxed
    found.irreducible = True


def _quick(oracle: Oracle, base: list[Hashable], added: list[Hashable], among: list[Hashable]) -> list[Hashable]:
    """QuickXplain: the least of `among`, first ones preferred, that cannot hold with `base`."""
    if added and not oracle.ask(base).feasible:
        return []
    if len(among) == 1:
        return among
    half = len(among) // 2
    first, second = among[:half], among[half:]
    late = _quick(oracle, base + first, first, second)
    early = _quick(oracle, base + late, late, first)
    return early + late


def _ordered(names: Sequence[Hashable], chosen: Names) -> tuple[Hashable, ...]:
    return tuple(name for name in names if name in chosen)


def seek_smaller(oracle: Oracle, found: Conflict, names: Sequence[Hashable], most: int) -> None:
    """Seek a conflict with fewer requirements, or prove that there is none.

    Every conflict hits every way out, for the rest can hold without it; so none is smaller than the smallest set that
    hits all that are known, and such a set is a conflict or shows another way out.

    Args:
        oracle: answers.
        found: the conflict known; what is found is noted in it.
        names: all units, what a planner wants first.
        most: sets asked at most.
    """
    everything = frozenset(names)
    ways = found.ways_out
    ways.extend(oracle.ways_out())
    try:
        for _ in range(most):
            trial = _hitting(names, ways)
            found.least = max(found.least, len(trial))
            if found.irreducible and found.least >= len(found.names):
                return
            beyond = oracle.nearest(trial)
            if beyond.feasible:
                ways.append(everything - _grown(oracle, beyond.core, names))
                continue
            answer = oracle.ask(trial)
            if not answer.feasible:
                found.names, found.relaxed, found.irreducible = _ordered(names, trial), answer.relaxed, True
            return  # feasible here and not there: the two differ by a tolerance, and nothing more can be told
    except Stopped as stopped:
        found.stopped = stopped.how


def _grown(oracle: Oracle, holding: Names, names: Sequence[Hashable]) -> Names:
    """More units that can hold with some, as long as few are left to be tried."""
    left = [name for name in names if name not in holding]
    if len(left) > SEVERAL:
        return holding
    for name in left:
        if name not in holding and oracle.ask(holding | {name}).feasible:
            holding |= {name}
    return holding


def _hitting(names: Sequence[Hashable], ways: Sequence[Names]) -> Names:
    """The smallest set that hits every way out, first ones preferred.

    Raises:
        SolveError: it was not found.
    """
    if not ways:
        return frozenset()
    among = [name for name in names if any(name in way for way in ways)]
    rows = np.array([[name in way for name in among] for way in ways], dtype=float)
    cost = 1.0 + 1e-4 * np.arange(len(among)) / max(1, len(among)) ** 2
    answer = milp(
        cost,
        constraints=LinearConstraint(rows, lb=1.0),
        integrality=np.ones(len(among), dtype=int),
        bounds=Bounds(0, 1),
    )
    if answer.x is None:
        raise SolveError(f"the smallest set that hits every way out was not found: {answer.message}")
    return frozenset(name for name, value in zip(among, answer.x, strict=True) if value > 0.5)
