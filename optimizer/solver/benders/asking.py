"""Who answers the master: every part, or of many that are alike a sample, with bounds for the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import numpy as np

from optimizer.solver.benders.alike import Alike, kind_of
from optimizer.solver.benders.recourse import Answer, Recourse
from optimizer.solver.compile import Vector
from optimizer.solver.limit import Limit, Stopped

T = TypeVar("T")

MEMORY = 200
"""Parts that are all kept in the solver's memory; of more, those that are alike share a program, and each of the others
gives its memory back between answers."""
SHARED = 6
"""Parts that are alike from which they share a program."""
BATCHES = 16
"""Batches in which parts that are alike are asked, where not all need be."""
MISSING = 1.0
"""What the parts not asked would say and is not known, at most, beside what was learnt of a point."""
LITTLE = 0.1
"""The same beside the gap asked for: less does not matter."""


class Asking:
    """All parts, over the cores.

    Attributes:
        parts: in the order of their numbers.
        alike: those that share a program, where there are very many.
        answered: times that a part was asked.
    """

    def __init__(self, parts: Sequence[Recourse], chance: Vector, limit: Limit, cores: int) -> None:
        """Load what parts share.

        Args:
            parts: with a program of their own each, until they share one.
            chance: by part, how likely its course is.
            limit: heard between answers.
            cores: to ask over.
        """
        self.parts, self._limit, self._chance = parts, limit, chance
        kinds: dict[bytes, list[int]] = {}
        if len(parts) > MEMORY:
            for number, part in enumerate(parts):
                if not part.part.period:
                    kinds.setdefault(kind_of(part), []).append(number)
        together = [numbers for numbers in kinds.values() if len(numbers) >= SHARED]
        self.alike = [Alike([parts[i] for i in numbers], limit) for numbers in together]
        number_of = {id(part): i for i, part in enumerate(parts)}
        self._numbers = [[number_of[id(part)] for part in alike.parts] for alike in self.alike]
        self._shared = {i for numbers in together for i in numbers}
        self._alone = [i for i in range(len(parts)) if i not in self._shared]
        # The largest first, so that no core waits long for the last.
        self._order = sorted(range(len(parts)), key=lambda i: -len(parts[i].part.block.columns))
        self._pool = ThreadPoolExecutor(max(1, cores))
        self._turn = 0
        self.answered = 0

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def every(self, z: Vector) -> list[Answer]:
        """What all parts answer to what is given, by column of the master.

        Raises:
            Impossible: nothing that the master could give would do.
            Stopped: the limit was reached.
        """
        return self._listed(self._answers(z, self._alone, [range(len(alike.parts)) for alike in self.alike]))

    def some(self, z: Vector, gap: float) -> list[Answer]:
        """As `every`, but of parts that are alike only some answer; of the others it is what they cost at least.

        They are asked in batches, until what the last one said that prices had not told, taken for those not asked yet,
        is no more than what was learnt of this point; or little beside the gap. Which come first moves from round to
        round.

        Args:
            z: what is given, by column of the master.
            gap: asked for, USD.
        """
        given = np.maximum(z, 0.0)
        here = [
            _Sample(alike, given, self._chance[mine]) for alike, mine in zip(self.alike, self._numbers, strict=True)
        ]
        found = self._answers(z, self._alone, [() for _ in here])
        for batch in range(BATCHES):
            asked = [sample.next((self._turn + batch) % BATCHES) for sample in here]
            if not any(asked):  # fewer parts than batches: nobody said that little is missing
                continue
            answers = self._answers(z, (), asked)
            found |= answers
            for sample, places, mine in zip(here, asked, self._numbers, strict=True):
                sample.take(places, [answers[mine[place]].value for place in places])
            new, weight, left, learnt = (sum(column) for column in zip(*(s.told() for s in here), strict=True))
            if new * left <= max(MISSING * learnt, LITTLE * gap) * weight:
                break
        self._turn += 1
        for sample, mine in zip(here, self._numbers, strict=True):
            found |= {mine[place]: answer for place, answer in sample.bounds()}
        return self._listed(found)

    def least(self, upper: Vector, which: set[int]) -> dict[int, tuple[float, Vector]]:
        """(constant, slope) of a cut of each of some parts that has an end between 0 and upper limits of the master.

        Raises:
            Impossible: nothing that the master could give would do.
            Stopped: the limit was reached.
        """
        alone = [i for i in self._alone if i in which]
        costs = self.each(lambda i: self.parts[i].least(upper[self.parts[i].columns]), alone)
        found = {i: (cost, np.zeros(len(self.parts[i].columns))) for i, cost in zip(alone, costs, strict=True)}

        def of_alike(kind: int) -> dict[int, tuple[float, Vector]]:
            alike, mine = self.alike[kind], self._numbers[kind]
            most = upper[alike.parts[0].columns]
            alike.begin(most)
            return {i: alike.first(place, most) for place, i in enumerate(mine) if i in which}

        kinds = [kind for kind, mine in enumerate(self._numbers) if which.intersection(mine)]
        for some in self._over_cores(of_alike, kinds):
            found |= some
        return found

    def each(self, do: Callable[[int], T], which: Collection[int] | None = None) -> list[T]:
        """Something for every part, or some of them, over the cores; in the order of the parts.

        Raises:
            Stopped: the limit was reached.
        """
        mine = [i for i in self._order if which is None or i in which]
        found = dict(zip(mine, self._over_cores(do, mine), strict=True))
        return [found[i] for i in sorted(found)]

    def is_shared(self, number: int) -> bool:
        """Whether a part shares a program; one of its own is loaded only to be asked for prices."""
        return number in self._shared

    def _listed(self, found: dict[int, Answer]) -> list[Answer]:
        for alike in self.alike:
            alike.forget()
        return [found[i] for i in range(len(self.parts))]

    def _answers(self, z: Vector, alone: Collection[int], shared: Sequence[Collection[int]]) -> dict[int, Answer]:
        """Answers by part: of some that have a program of their own, and of places in those that share one."""
        given = np.maximum(z, 0.0)
        count = len(self.parts)

        def of(job: int) -> dict[int, Answer]:
            if job < count:
                return {job: self.parts[job].answer(given[self.parts[job].columns])}
            alike, mine, places = self.alike[job - count], self._numbers[job - count], shared[job - count]
            answers = alike.answers(given[alike.parts[0].columns], places)
            return dict(zip((mine[place] for place in places), answers, strict=True))

        jobs = [kind + count for kind, places in enumerate(shared) if places]
        jobs.sort(key=lambda job: -len(shared[job - count]) * self.alike[job - count].width)
        found: dict[int, Answer] = {}
        for answers in self._over_cores(of, [*jobs, *(i for i in self._order if i in alone)]):
            found |= answers
        self.answered += len(found)
        return found

    def _over_cores(self, do: Callable[[int], T], which: Iterable[int]) -> list[T]:
        def unless_over(number: int) -> T:
            if how := self._limit.reached():
                raise Stopped(how)
            return do(number)

        asked = [self._pool.submit(unless_over, i) for i in which]
        # None is left running where one fails or is stopped: what is asked next may be the same part.
        wait(asked)
        return [one.result() for one in asked]


class _Sample:
    """What is known of parts that are alike at one point, as more and more of them are asked."""

    def __init__(self, alike: Alike, given: Vector, chance: Vector) -> None:
        self._alike, self._chance = alike, chance
        self._given = given[alike.parts[0].columns]
        self._value, self._price = alike.best(self._given)
        self._left = np.ones(len(alike.parts), dtype=bool)
        self._known = alike.known
        self._new = self._weight = self._learnt = 0.0

    def next(self, turn: int) -> list[int]:
        """Places that are asked next: those whose turn it is, and those of which no prices say anything."""
        turns = np.arange(len(self._left)) % BATCHES == turn
        found: list[int] = np.flatnonzero(self._left & (turns | ~np.isfinite(self._value))).tolist()
        return found

    def take(self, places: list[int], said: list[float]) -> None:
        """Take what some places answered, and what their prices say of those that are left."""
        before = self._value[places]
        known = np.isfinite(before)
        self._new = float(self._chance[places][known] @ (np.array(said) - before)[known])
        self._weight = float(self._chance[places].sum())
        self._left[places] = False
        value, price = self._alike.best(self._given, self._known)
        self._known = self._alike.known
        better = self._left & (value > self._value)
        more = better & np.isfinite(self._value)
        self._learnt += self._new + float(self._chance[more] @ (value[more] - self._value[more]))
        self._value[better], self._price[better] = value[better], price[better]

    def told(self) -> tuple[float, float, float, float]:
        """Expected USD that the last batch said anew, and its chance; that of what is left; USD learnt in all."""
        return self._new, self._weight, float(self._chance[self._left].sum()), self._learnt

    def bounds(self) -> Iterable[tuple[int, Answer]]:
        """Of each place that is left what it costs at least."""
        for place in np.flatnonzero(self._left).tolist():
            yield place, self._alike.bound(place, float(self._value[place]), int(self._price[place]))
