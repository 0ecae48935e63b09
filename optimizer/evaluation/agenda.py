"""Which branches are answered next, and by which process.

Branches are dealt out in tasks of one shape, which share a template. Tasks are made before any is begun and each begins
from nothing, so answers are the same to the last digit whoever works on which when, also by another number of
processes. A task waits for the branches that its own leave and for no other, so processes need not wait for each other
at every onset.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from optimizer.evaluation.answer import Answer, Reacted, Stock
from optimizer.network.tables import Network
from optimizer.solver.mould import shapes_of

MOST = 20
"""Branches of a task at most: a task begins without a basis, which costs as much as some of them."""
MOULD = 4
"""Branches whose answers take as long as compiling what all of a shape share."""


@dataclass(frozen=True, slots=True)
class Task:
    """Branches of one shape, and what each takes along where it leaves another branch: stock, and what that funded.

    Attributes:
        shape: theirs.
        courses: the branches.
        like: the branch of this shape that is compiled for all of them, and how many they are in all tasks.
        priced: whether prices are asked for.
        openings: by branch, the stock that it begins with.
        reacted: by branch, what the one that it leaves has funded.
    """

    shape: Hashable
    courses: tuple[str, ...]
    like: tuple[str, int]
    priced: bool
    openings: Mapping[str, Stock]
    reacted: Mapping[str, Reacted]


@dataclass(slots=True)
class _Part:
    """A task that nobody has taken.

    Attributes:
        onset: of its branches.
        shape: theirs.
        courses: its branches.
        like: as in a task.
        waits: branches that must be answered before.
    """

    onset: int
    shape: Hashable
    courses: tuple[str, ...]
    like: tuple[str, int]
    waits: set[str]


class Agenda:
    """What is still to be answered."""

    def __init__(self, network: Network, answers: Mapping[str, Answer], *, priced: bool) -> None:
        """All branches that are not answered.

        Args:
            network: with these branches.
            answers: the trunk's, and of branches so far; it is looked at again as it grows.
            priced: whether prices are asked for.
        """
        self._windows, self._answers, self._priced = network.windows, answers, priced
        shapes: dict[Hashable, list[str]] = defaultdict(list)
        for course, shape in zip(network.windows, shapes_of(network, network.windows.values()), strict=True):
            shapes[shape].append(course)
        self._left: list[_Part] = []
        part_of = {"": -1}
        onsets = {shape: network.windows[found[0]].onset for shape, found in shapes.items()}
        for shape in sorted(shapes, key=lambda one: onsets[one]):  # what a branch leaves has an earlier onset
            # Those that leave branches of one part stand together, so that a part waits for few; names begin with what
            # strikes, so it has neighbours.
            courses = sorted(
                shapes[shape], key=lambda name: (part_of.get(network.windows[name].leaves or "", -1), name)
            )
            like = courses[0], len(courses)
            parts = -(-len(courses) // MOST)
            size = -(-len(courses) // parts)
            for first in range(0, len(courses), size):
                together = courses[first : first + size]
                part_of |= dict.fromkeys(together, len(part_of))
                mine = tuple(course for course in together if course not in answers)
                waits = {leaves for name in mine if (leaves := network.windows[name].leaves)} - answers.keys()
                if mine:
                    self._left.append(_Part(onsets[shape], shape, mine, like, waits))
        self._waiting: dict[str, list[_Part]] = defaultdict(list)
        for part in self._left:
            for course in part.waits:
                self._waiting[course].append(part)
        self._holders: dict[Hashable, set[Hashable]] = defaultdict(set)

    def answered(self, course: str) -> None:
        """A branch has its answer: nobody waits for it any more."""
        for part in self._waiting.pop(course, ()):
            part.waits.discard(course)

    def draw(self, place: Hashable) -> Task | None:
        """The next task for a process; None where all that are left wait for others, or none is left.

        The earliest onset comes first, and of one onset the largest task; one whose shape this process has compiled
        counts for more, one that only others have for less.
        """
        ready = [part for part in self._left if not part.waits]
        if not ready:
            return None
        part = min(ready, key=lambda one: (one.onset, -self._size(one, place)))
        self._left.remove(part)
        self._holders[part.shape].add(place)
        left = {name: self._answers[leaves] for name in part.courses if (leaves := self._windows[name].leaves)}
        openings = {name: found.stock for name, found in left.items()}
        reacted = {name: found.reacted for name, found in left.items()}
        return Task(part.shape, part.courses, part.like, self._priced, openings, reacted)

    def _size(self, part: _Part, place: Hashable) -> int:
        holders = self._holders[part.shape]
        return len(part.courses) + (MOULD if place in holders else -MOULD if holders else 0)
