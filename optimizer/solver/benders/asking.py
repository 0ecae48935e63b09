"""Who answers the master: every part, or of many that are alike a sample, with bounds for the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from optimizer.network.tables import TRUNK
from optimizer.solver.benders.afar import Afar
from optimizer.solver.benders.alike import kind_of
from optimizer.solver.benders.desk import Desk, Every, Least, Prices, Question, Rest, Said, Sampled
from optimizer.solver.benders.recourse import Answer, Freed, Recourse
from optimizer.solver.compile import Indices, Vector
from optimizer.solver.limit import Limit, Stopped

if TYPE_CHECKING:
    from distributed import Client

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


class Where(Protocol):
    """Where desks stand."""

    def put(self, questions: Mapping[int, Question], given: Vector) -> dict[int, Any]:
        """What desks answer, by desk.

        Raises:
            Impossible: nothing that the master could give would do.
            Stopped: the limit was reached.
        """

    def close(self) -> None:
        """End what was started."""


class Asking:
    """All parts, over the cores or a cluster.

    Attributes:
        parts: in the order of their numbers.
        shares: whether some share a program, as they do where there are very many.
        alike: the programs that they share, where they stand here.
        answered: times that a part was asked.
        barred: by part that was not asked the last time, what it would answer at least: it is impossible.
        afar: the desks in workers of a cluster; None where they stand here.
    """

    def __init__(
        self, parts: Sequence[Recourse], chance: Vector, limit: Limit, cores: int, client: Client | None = None
    ) -> None:
        """Load what parts share.

        Args:
            parts: with a program of their own each, until they share one.
            chance: by part, how likely it is that the future is on its course then.
            limit: heard between answers.
            cores: to ask over.
            client: of the cluster whose workers answer instead.
        """
        self.parts = parts
        kinds: dict[bytes, list[int]] = {}
        if len(parts) > MEMORY:
            for number, part in enumerate(parts):
                if part.part.course != TRUNK:
                    kinds.setdefault(kind_of(part), []).append(number)
        together = [numbers for numbers in kinds.values() if len(numbers) >= SHARED]
        shared = {number for numbers in together for number in numbers}
        self._desks = [[number] for number in range(len(parts)) if number not in shared] + together
        self._alone = len(self._desks) - len(together)
        self._desk_of = {number: desk for desk, mine in enumerate(self._desks) for number in mine}
        self.shares = bool(together)
        # Of all that parts look at each once: what is given to all of them.
        _, self._first, places = np.unique(self._columns(), return_index=True, return_inverse=True)
        looks: list[Indices] = np.split(places.ravel(), np.cumsum([len(part.columns) for part in parts])[:-1])
        self.afar: Afar | None = None
        if client is None:
            made = [
                Desk(
                    [parts[i] for i in mine],
                    [looks[i] for i in mine],
                    chance[mine] if desk >= self._alone else None,
                    limit,
                )
                for desk, mine in enumerate(self._desks)
            ]
            self.alike = [desk.alike for desk in made if desk.alike is not None]
            self._where: Where = _Here(made, limit, cores)
        else:
            self.alike = []
            chances = [chance[mine] if desk >= self._alone else None for desk, mine in enumerate(self._desks)]
            self._where = self.afar = Afar(client, parts, looks, self._desks, chances, limit)
        self._turn = self._rounds = 0
        self.answered = 0
        self.barred: dict[int, Answer] = {}

    def close(self) -> None:
        """End what was started."""
        self._where.close()

    def every(self, z: Vector) -> list[Answer]:
        """What all parts answer to what is given, by column of the master.

        Raises:
            Impossible: nothing that the master could give would do.
            Stopped: the limit was reached.
        """
        found, _ = self._answers(z, {desk: Every() for desk in range(len(self._desks))})
        self.answered += len(found)
        self.barred = {}
        return [found[number] for number in range(len(self.parts))]

    def some(self, z: Vector, gap: float) -> list[Answer]:
        """As `every`, but of parts that are alike only some answer; of the others it is what they cost at least.

        They are asked in batches, until what the last one said that prices had not told, taken for those not asked yet,
        is no more than what was learnt of this point; or little beside the gap. Which come first moves from round to
        round.

        Args:
            z: what is given, by column of the master.
            gap: asked for, USD.
        """
        self._rounds += 1
        kinds = range(self._alone, len(self._desks))
        found, _ = self._answers(z, {desk: Every() for desk in range(self._alone)})
        turns: tuple[int, ...] = ()
        for batch in range(BATCHES):
            turns = (*turns, (self._turn + batch) % BATCHES)
            answers, said = self._answers(z, {desk: Sampled(self._rounds, turns, BATCHES) for desk in kinds})
            found |= answers
            # With fewer parts than batches it may be nobody's turn: then nobody said that little is missing.
            if not any(one.any for one in said.values()):
                continue
            told = (one.told for one in said.values())
            new, weight, left, learnt = (sum(column) for column in zip(*told, strict=True))
            if new * left <= max(MISSING * learnt, LITTLE * gap) * weight:
                break
        self._turn += 1
        self.answered += len(found)
        bounds, said = self._answers(z, {desk: Rest(self._rounds, turns, BATCHES) for desk in kinds})
        found |= bounds
        self.barred = self._by_part({desk: one.barred for desk, one in said.items()})
        return [found[number] for number in range(len(self.parts))]

    def least(self, upper: Vector, which: Collection[int]) -> dict[int, tuple[float, Vector]]:
        """(constant, slope) of a cut of each of some parts that has an end between 0 and upper limits of the master.

        Raises:
            Impossible: nothing that the master could give would do.
            Stopped: the limit was reached.
        """
        asked = self._by_desk(which)
        said = self._where.put({desk: Least(tuple(mine)) for desk, mine in asked.items()}, self._given(upper))
        return self._by_part(said)

    def prices(self, z: Vector, freed: Mapping[int, Freed | None]) -> dict[int, Vector]:
        """USD per unit of right side, by row, of some parts at what is given, by column of the master.

        Args:
            z: what is given.
            freed: by part, the linked columns that are its own for once.

        Raises:
            Stopped: the limit was reached.
        """
        questions: dict[int, Question] = {
            desk: Prices({place: freed[self._desks[desk][place]] for place in mine})
            for desk, mine in self._by_desk(freed).items()
        }
        return self._by_part(self._where.put(questions, self._given(np.maximum(z, 0.0))))

    def fetched(self, z: Vector, answers: Sequence[Answer]) -> list[Answer]:
        """Answers with their values, where those are with workers of a cluster.

        Args:
            z: to what they were given.
            answers: of all parts, each exact.
        """
        if self.afar is None:
            return list(answers)
        return self.afar.fetched(self._given(np.maximum(z, 0.0)), answers)

    def is_shared(self, number: int) -> bool:
        """Whether a part shares a program; one of its own is loaded only to be asked for prices."""
        return self._desk_of[number] >= self._alone

    def _columns(self) -> Indices:
        return np.concatenate([np.zeros(0, dtype=np.int64), *(part.columns for part in self.parts)])

    def _given(self, z: Vector) -> Vector:
        found: Vector = z[self._columns()[self._first]]
        return found

    def _by_desk(self, which: Collection[int]) -> dict[int, list[int]]:
        """Desk -> places there of some parts."""
        wanted, found = set(which), dict[int, list[int]]()
        for desk, mine in enumerate(self._desks):
            places = [place for place, number in enumerate(mine) if number in wanted]
            if places:
                found[desk] = places
        return found

    def _by_part(self, said: Mapping[int, Mapping[int, Any]]) -> dict[int, Any]:
        found = {self._desks[desk][place]: one for desk, mine in said.items() for place, one in mine.items()}
        return dict(sorted(found.items()))

    def _answers(self, z: Vector, questions: Mapping[int, Question]) -> tuple[dict[int, Answer], dict[int, Said]]:
        """Answers by part, and all that was said, by desk."""
        said = self._where.put(questions, self._given(np.maximum(z, 0.0)))
        return self._by_part({desk: one.answers for desk, one in said.items()}), said


class _Here:
    """Desks in this process, over the cores."""

    def __init__(self, desks: Sequence[Desk], limit: Limit, cores: int) -> None:
        self._desks, self._limit = desks, limit
        # The largest first, so that no core waits long for the last.
        self._order = sorted(range(len(desks)), key=lambda desk: -_size(desks[desk]))
        self._pool = ThreadPoolExecutor(max(1, cores))

    def put(self, questions: Mapping[int, Question], given: Vector) -> dict[int, Any]:
        """As of `Where`."""

        def unless_over(desk: int) -> Any:
            if how := self._limit.reached():
                raise Stopped(how)
            return questions[desk].put(self._desks[desk], given)

        mine = [desk for desk in self._order if desk in questions]
        asked = [self._pool.submit(unless_over, desk) for desk in mine]
        # None is left running where one fails or is stopped: what is asked next may be the same part.
        wait(asked)
        found = {desk: one.result() for desk, one in zip(mine, asked, strict=True)}
        return {desk: found[desk] for desk in questions}

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _size(desk: Desk) -> int:
    return sum(len(part.part.block.columns) for part in desk.parts)
