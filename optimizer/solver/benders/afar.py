"""Desks in workers of a dask cluster: the master stays here, and its parts live there.

What a part is goes to its worker once, without the names of its rows and columns. A round takes there what is given,
each number once however many parts look at it, and brings back what parts cost and their slopes. The values of their
own columns stay there, as long as an answer is held here that has them; they are fetched when a plan is written.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from optimizer.errors import SolveError
from optimizer.solver.benders.desk import Desk, Question, Said
from optimizer.solver.benders.recourse import Answer, Elsewhere, Impossible, Recourse
from optimizer.solver.benders.split import Part
from optimizer.solver.compile import Indices, Vector
from optimizer.solver.limit import Limit, Stopped
from optimizer.workers import EndedError, Heard, Residents

if TYPE_CHECKING:
    from distributed import Client


@dataclass(frozen=True, slots=True)
class _Needs:
    """What a desk is made of.

    Attributes:
        parts: what each part is, the master's columns that it looks at, and whether it gives its memory back.
        looks: by part, where these stand among all that is given.
        chance: by part, where they share a program.
    """

    parts: list[tuple[Part, Indices, bool]]
    looks: list[Indices]
    chance: Vector | None


@dataclass(frozen=True, slots=True)
class _Round:
    """What all desks are told: the number of the round, those whose values are still wanted, and what is given."""

    number: int
    wanted: tuple[int, ...]
    given: Vector


@dataclass(frozen=True, slots=True)
class _Ended:
    """A desk was stopped."""


@dataclass(frozen=True, slots=True)
class _Cannot:
    """A part cannot be had whatever the master gives."""

    number: int


@dataclass(frozen=True, slots=True)
class _Fetch:
    """The values that parts had in rounds before, by part."""

    rounds: dict[int, int]


class _HeardLimit(Limit):
    """The limit of a desk in a worker: what is heard from home."""

    heard: Heard | None = None

    def reached(self) -> str | None:
        """Once nobody waits any more."""
        return "limit" if self.heard is not None and self.heard.over() else None


class _Seat:
    """A desk in a worker, and values that were not sent home."""

    def __init__(self, needs: _Needs) -> None:
        self.limit = _HeardLimit()
        parts = [Recourse(part, columns, -1, self.limit, parks=parks) for part, columns, parks in needs.parts]
        self.desk = Desk(parts, needs.looks, needs.chance, self.limit)
        self._values: dict[int, dict[int, Vector]] = {}

    def ask(self, round_: _Round, question: Question | _Fetch) -> Any:
        """What is said, with the values of answers kept here."""
        self._values = {number: mine for number, mine in self._values.items() if number in round_.wanted}
        if how := self.limit.reached():
            raise Stopped(how)
        if isinstance(question, _Fetch):
            return {number: self._fetched(number, when, round_.given) for number, when in question.rounds.items()}
        said = question.put(self.desk, round_.given)
        if not isinstance(said, Said):
            return said
        mine = {number: one.values for number, one in said.answers.items() if isinstance(one.values, np.ndarray)}
        self._values[round_.number] = mine
        found = Elsewhere(round_.number)
        bare = {number: replace(one, values=found) if number in mine else one for number, one in said.answers.items()}
        return replace(said, answers=bare)

    def _fetched(self, number: int, when: int, given: Vector) -> Vector:
        """Values that were kept here; where the desk was begun anew since they are found again."""
        found = self._values.get(when, {}).get(number)
        if found is None:
            answer = self.desk.answers(given, [number])[number]
            if not isinstance(answer.values, np.ndarray):
                raise SolveError(f"'{self.desk.parts[number].part.block.name}' has no answer once it is begun anew")
            found = answer.values
        return found


def _ask(seat: _Seat, round_: _Round, question: Question | _Fetch, heard: Heard) -> Any:
    """Ask a desk in a worker."""
    seat.limit.heard = heard
    try:
        return seat.ask(round_, question)
    except Stopped:
        return _Ended()
    except Impossible as error:
        return _Cannot(next(i for i, part in enumerate(seat.desk.parts) if part.part is error.part))


class Afar:
    """Desks in workers of a cluster.

    Attributes:
        residents: how they are reached, and what was sent.
    """

    def __init__(
        self,
        client: Client,
        parts: Sequence[Recourse],
        looks: Sequence[Indices],
        desks: Sequence[Sequence[int]],
        chances: Sequence[Vector | None],
        limit: Limit,
    ) -> None:
        """Nothing is sent yet.

        Args:
            client: of the cluster.
            parts: all of them.
            looks: by part, where what it looks at stands among all that is given.
            desks: the parts of each.
            chances: by desk, how likely the courses of its parts are, where they share a program.
            limit: heard while a round is out.
        """
        self._parts, self._desks, self._limit = parts, desks, limit

        def needs(desk: int) -> _Needs:
            mine = desks[desk]
            bare = [(_bare(parts[i].part), parts[i].columns, parts[i].parks) for i in mine]
            return _Needs(bare, [looks[i] for i in mine], chances[desk])

        weights = [float(sum(len(parts[i].part.block.columns) for i in mine)) for mine in desks]
        self.residents = Residents(client, _Seat, needs, weights)
        self._held: weakref.WeakValueDictionary[int, Elsewhere] = weakref.WeakValueDictionary()
        self._round = 0

    def put(self, questions: Mapping[int, Question], given: Vector) -> dict[int, Any]:
        """As of `asking.Where`."""
        try:
            said = self._asked(questions, given, self._limit.reached, self._limit.left())
        except EndedError as error:
            raise Stopped(error.how) from error
        for desk, one in said.items():
            if isinstance(one, _Cannot):
                raise Impossible(self._parts[self._desks[desk][one.number]].part)
        if any(isinstance(one, _Ended) for one in said.values()):
            raise Stopped(self._limit.reached() or "limit")
        kept = self._held[self._round] = Elsewhere(self._round)
        return {
            desk: replace(said[desk], answers={i: _of(kept, one) for i, one in said[desk].answers.items()})
            if isinstance(said[desk], Said)
            else said[desk]
            for desk in questions
        }

    def fetched(self, given: Vector, answers: Sequence[Answer]) -> list[Answer]:
        """Answers with their values. It waits for them whatever the limit is: a plan without them is none."""
        asked: dict[int, _Fetch] = {}
        for desk, mine in enumerate(self._desks):
            where = {place: answers[i].values for place, i in enumerate(mine)}
            rounds = {place: one.number for place, one in where.items() if isinstance(one, Elsewhere)}
            if rounds:
                asked[desk] = _Fetch(rounds)
        found = list(answers)
        for desk, said in self._asked(asked, given, lambda: None, math.inf).items():
            for place, values in said.items():
                number = self._desks[desk][place]
                found[number] = replace(found[number], values=values)
        return found

    def told(self) -> dict[str, int]:
        """Workers, and what went to and from them: rounds, messages, bytes, and how often a desk was begun there."""
        there = self.residents
        return {
            "workers": there.workers,
            "desks": len(self._desks),
            "begun": there.begun,
            "rounds": there.rounds,
            "messages": there.messages,
            "bytes_of_parts": there.sent_first,
            "bytes_sent": there.sent,
            "bytes_received": there.received,
        }

    def close(self) -> None:
        """Let go of what workers keep."""
        self.residents.end()

    def _asked(
        self,
        questions: Mapping[int, Question | _Fetch],
        given: Vector,
        over: Callable[[], str | None],
        seconds: float,
    ) -> dict[int, Any]:
        self._round += 1
        round_ = _Round(self._round, tuple(sorted(self._held)), given)
        return self.residents.ask(_ask, round_, questions, over, seconds)


def _of(kept: Elsewhere, answer: Answer) -> Answer:
    return replace(answer, values=kept) if answer.values is not None else answer


def _bare(part: Part) -> Part:
    """A part without names, and with one cost for each column; what is answered is the same."""
    block = part.block
    cost, constant = block.cost_of(None)
    nothing: Any = ("", ())
    bare = replace(
        block,
        columns=[nothing] * len(block.columns),
        rows=[nothing] * len(block.rows),
        cost=sp.csr_array(cost[None, :]),
        cost_keys=[("", 0)],
        cost_constant=np.array([constant]),
        owners=dict.fromkeys(block.owners, ("", nothing)),
        objective=np.zeros(len(block.columns)),
    )
    return replace(part, block=bare, columns=np.zeros(0, dtype=np.int64), rows=np.zeros(0, dtype=np.int64))
