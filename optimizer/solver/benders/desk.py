"""Parts that answer together, and what they can be asked: the same where they are here and in a worker of a cluster.

A desk has one part with a program of its own, or parts that are alike with the one they share.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.solver.benders.alike import Alike
from optimizer.solver.benders.recourse import Answer, Freed, Recourse
from optimizer.solver.compile import Indices, Vector, dot
from optimizer.solver.limit import Limit


class Desk:
    """Parts that answer together, by their number here.

    Attributes:
        parts: the parts.
        alike: the program that they share; None where there is one part with its own.
    """

    def __init__(
        self, parts: Sequence[Recourse], looks: Sequence[Indices], chance: Vector | None, limit: Limit
    ) -> None:
        """Sit down.

        Args:
            parts: one, or several that are alike.
            looks: by part, where what it looks at stands among all that is given.
            chance: by part, how likely its course is, where they share a program; None where there is one alone.
            limit: heard between answers.
        """
        self.parts, self._looks, self._limit = parts, looks, limit
        self.alike: Alike | None = None
        self._sample: tuple[int, _Sample] | None = None
        if chance is not None:
            self.alike = Alike(parts, limit)
            number_of = {id(part): number for number, part in enumerate(parts)}
            self._number = [number_of[id(part)] for part in self.alike.parts]
            self._table = np.array([looks[number] for number in self._number])
            self._chance = chance[self._number]

    def given(self, number: int, given: Vector) -> Vector:
        """What a part looks at, of all that is given."""
        found: Vector = given[self._looks[number]]
        return found

    def _every(self, given: Vector) -> Vector:
        """What all look at where they share a program: parts in their order there x linked columns."""
        found: Vector = given[self._table]
        return found

    def answers(self, given: Vector, which: Sequence[int]) -> dict[int, Answer]:
        """What some parts answer."""
        if self.alike is None:
            return {number: self.parts[number].answer(self.given(number, given)) for number in which}
        wanted = set(which)
        places = [place for place, number in enumerate(self._number) if number in wanted]
        return self._shared(self.alike, given, places)

    def sample(self, given: Vector, round_: int, turns: Sequence[int], batches: int) -> Said:
        """Answers of those whose turn it is, of parts that share a program.

        Args:
            given: what is given.
            round_: turns of one round are of one point.
            turns: of this round so far; where the last ones before were not heard here they are made up for.
            batches: in which parts are asked.
        """
        assert self.alike is not None
        done = 0
        if self._sample is not None and self._sample[0] == round_:
            done = self._sample[1].turns
        else:
            self._sample = (round_, _Sample(self.alike, self._every(given), self._chance))
        sample, found = self._sample[1], dict[int, Answer]()
        for turn in turns[done:]:
            places = sample.next(turn, batches)
            answers = self._shared(self.alike, given, places)
            sample.take(places, [answers[self._number[place]] for place in places])
            found |= answers
        return Said(found, sample.told(), bool(found))

    def rest(self, given: Vector, round_: int, turns: Sequence[int], batches: int) -> Said:
        """Of each part whose turn did not come what it costs at least; the round is over."""
        assert self.alike is not None
        said = self.sample(given, round_, turns, batches)  # nothing, unless it was begun anew
        assert self._sample is not None
        bounds = {self._number[place]: answer for place, answer in self._sample[1].bounds()}
        barred = {self._number[place]: answer for place, answer in self._sample[1].barred()}
        self.forget()
        return Said(said.answers | bounds, barred=barred)

    def forget(self) -> None:
        """A round is over."""
        self._sample = None
        if self.alike is not None:
            self.alike.forget()

    def least(self, upper: Vector, which: Sequence[int]) -> dict[int, tuple[float, Vector]]:
        """(constant, slope) of a cut of each of some parts that has an end between 0 and upper limits."""
        if self.alike is None:
            found = {number: self.parts[number].least(self.given(number, upper)) for number in which}
            return {number: (cost, np.zeros(len(self._looks[number]))) for number, cost in found.items()}
        most, wanted = self._every(upper), set(which)
        self.alike.begin(most)
        places = [(place, number) for place, number in enumerate(self._number) if number in wanted]
        return {number: self.alike.first(place, most[place]) for place, number in places}

    def prices(self, given: Vector, freed: Mapping[int, Freed | None]) -> dict[int, Vector]:
        """USD per unit of right side, by row, of some parts; each by a program of its own."""
        found = {}
        for number, free in freed.items():
            part = self.parts[number]
            found[number] = part.prices(self.given(number, given), free)
            if self.alike is not None:
                part.unload()
        return found

    def _shared(self, alike: Alike, given: Vector, places: Sequence[int]) -> dict[int, Answer]:
        answers = alike.answers(self._every(given), places)
        return {self._number[place]: answer for place, answer in zip(places, answers, strict=True)}


@dataclass(frozen=True, slots=True)
class Said:
    """What parts of a desk said.

    Attributes:
        answers: by part.
        told: expected USD that the last batch said anew, and its chance; that of what is left; USD learnt in all.
        any: whether somebody was asked.
        barred: by part that was not asked, what it would answer at least, where it is known that it is impossible.
    """

    answers: dict[int, Answer]
    told: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    any: bool = True
    barred: dict[int, Answer] = field(default_factory=dict)


class Question(ABC):
    """What a desk is asked."""

    @abstractmethod
    def put(self, desk: Desk, given: Vector) -> Any:
        """Ask it.

        Raises:
            Impossible: nothing that the master could give would do.
            Stopped: the limit was reached.
        """


@dataclass(frozen=True, slots=True)
class Every(Question):
    """What all parts answer."""

    def put(self, desk: Desk, given: Vector) -> Said:
        """Ask it."""
        found = Said(desk.answers(given, range(len(desk.parts))))
        desk.forget()
        return found


@dataclass(frozen=True, slots=True)
class Sampled(Question):
    """`Desk.sample`."""

    round_: int
    turns: tuple[int, ...]
    batches: int

    def put(self, desk: Desk, given: Vector) -> Said:
        """Ask it."""
        return desk.sample(given, self.round_, self.turns, self.batches)


@dataclass(frozen=True, slots=True)
class Rest(Question):
    """`Desk.rest`."""

    round_: int
    turns: tuple[int, ...]
    batches: int

    def put(self, desk: Desk, given: Vector) -> Said:
        """Ask it."""
        return desk.rest(given, self.round_, self.turns, self.batches)


@dataclass(frozen=True, slots=True)
class Least(Question):
    """`Desk.least`; what is given are upper limits."""

    which: tuple[int, ...]

    def put(self, desk: Desk, given: Vector) -> dict[int, tuple[float, Vector]]:
        """Ask it."""
        return desk.least(given, self.which)


@dataclass(frozen=True, slots=True)
class Prices(Question):
    """`Desk.prices`."""

    freed: dict[int, Freed | None] = field(default_factory=dict)

    def put(self, desk: Desk, given: Vector) -> dict[int, Vector]:
        """Ask it."""
        return desk.prices(given, self.freed)


class _Sample:
    """What is known of parts that are alike at one point, as more and more of them are asked."""

    def __init__(self, alike: Alike, given: Vector, chance: Vector) -> None:
        self._alike, self._chance, self._given = alike, chance, given
        self._value, self._price = alike.best(self._given)
        self._left = np.ones(len(alike.parts), dtype=bool)
        self._known = alike.known
        self._new = self._weight = self._learnt = 0.0
        self.turns = 0

    def next(self, turn: int, batches: int) -> list[int]:
        """Places that are asked next: those whose turn it is, and those of which no prices say anything."""
        turns = np.arange(len(self._left)) % batches == turn
        found: list[int] = np.flatnonzero(self._left & (turns | ~np.isfinite(self._value))).tolist()
        return found

    def take(self, places: list[int], said: list[Answer]) -> None:
        """Take what some places answered, and what their prices say of those that are left."""
        before = self._value[places]
        # Of what cannot be had the cost is not known.
        known = np.isfinite(before) & np.array([answer.possible for answer in said], dtype=bool)
        value = np.array([answer.value for answer in said], dtype=np.float64)
        self._new = dot(self._chance[places][known], (value - before)[known])
        self._weight = float(self._chance[places].sum())
        self._left[places] = False
        value, price = self._alike.best(self._given, self._known)
        self._known = self._alike.known
        better = self._left & (value > self._value)
        more = better & np.isfinite(self._value)
        self._learnt += self._new + dot(self._chance[more], value[more] - self._value[more])
        self._value[better], self._price[better] = value[better], price[better]
        self.turns += 1

    def told(self) -> tuple[float, float, float, float]:
        """Expected USD that the last batch said anew, and its chance; that of what is left; USD learnt in all."""
        return self._new, self._weight, float(self._chance[self._left].sum()), self._learnt

    def bounds(self) -> list[tuple[int, Answer]]:
        """Of each place that is left what it costs at least."""
        return [
            (place, self._alike.bound(place, float(self._value[place]), int(self._price[place])))
            for place in np.flatnonzero(self._left).tolist()
        ]

    def barred(self) -> list[tuple[int, Answer]]:
        """Of the places that are left those of which it is known that they are impossible."""
        return self._alike.barred(self._given, np.flatnonzero(self._left))
