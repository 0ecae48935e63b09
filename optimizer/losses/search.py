r"""The adversary: finds the worst set of at most K losses of one onset without trying every set.

Let v(S) be the operator's least weighted tonnes short after the losses S. A loss only takes columns away, so v grows
with S. An answer of the operator *avoids* T if none of the columns that T stops is used in it.

*Lemma.* An answer with w tonnes short that avoids T is an answer to T too, so v(T) <= w.

*The search.* It keeps a best value L, that of a set that was solved, and all answers so far. It begins with no loss.
At each set S of fewer than K losses it takes an answer that avoids S and is short by at most L. Where there is none it
solves S, and L becomes v(S) if that is more, so that the answer to S is such an answer. It goes on to S with each one
loss that this answer uses. Sets of K losses are solved, unless an answer known avoids them and is short by at most L.

*It is exact.* Suppose some T of at most K losses has v(T) > L at the end. Claim: T is reached. The search begins at a
subset of T, the empty one. At a subset S of T other than T the answer taken is short by w <= L < v(T), so by the lemma
it does not avoid T; as it avoids S, it uses some c in T but not in S, and the search goes on to S + c, again a subset
of T. So it comes to T after |T| steps. There no answer that avoids T is short by at most L, by the lemma, so T is
solved and L is at least v(T): a contradiction. If S cannot be answered (demand that must be met cannot be), v(S) is
infinite, nothing is worse, and the search ends.

*Upper bound.* v of everything lost bounds v of any set, for v grows with S; so does all demand.

Values are compared within `FULL`, so the worst set found may be off the worst by that much.

Source: the answers are the columns and the sets the constraints of column-and-constraint generation (Zeng and Zhao
2013, Operations Research Letters 41); its master problem, to hit every answer with at most K losses, is solved by
branching on the losses that an answer uses.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field

from optimizer.losses.operator import Answer, Line

FULL = 1e-4
"""Weighted tonnes short beyond those without a loss up to which service counts as full, and two values as equal."""
EVERYTHING = "*"
"""Stands for the loss of everything of the kind."""

Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the operator: losses, and whether an answer of little use is sought."""

    lost: Names
    lean: bool


@dataclass(slots=True)
class Onset:
    """What is known of losses of one onset and duration.

    Attributes:
        onset: first year of the loss.
        duration: its years.
        without: weighted tonnes short without a loss; None while it is not known.
        ceiling: weighted tonnes short that no set exceeds; infinite where none is known.
        singles: loss -> weighted tonnes short, infinite where it cannot be answered; all of them once `single` is set.
        worst: the worst set found.
        short: weighted tonnes short after it.
        single: whether every single loss is known.
        done: whether no set of the size asked for is worse.
        solved: sets that were answered.
        lps: linear programs solved.
        lines: tonnes short without a loss, by line.
    """

    onset: int
    duration: int
    ceiling: float = math.inf
    without: float | None = None
    singles: dict[str, float] = field(default_factory=dict)
    worst: Names = frozenset()
    short: float = 0.0
    single: bool = False
    done: bool = False
    solved: int = 0
    lps: int = 0
    lines: Mapping[Line, float] = field(default_factory=dict)

    @property
    def lower(self) -> float | None:
        """Weighted tonnes short beyond those without a loss, after the worst set found."""
        return None if self.without is None else _beyond(self.short, self.without)

    @property
    def upper(self) -> float:
        """Weighted tonnes short beyond those without a loss that no set exceeds."""
        if self.done and self.without is not None:
            return _beyond(self.short, self.without)
        return max(0.0, self.ceiling - (self.without or 0.0))

    def harm_of(self, name: str) -> float | None:
        """Weighted tonnes short beyond those without a loss, after a single loss; None while it is not known."""
        if self.without is None or name not in self.singles:
            return None
        return _beyond(self.singles[name], self.without)


def _beyond(short: float, without: float) -> float:
    found = short - without if math.isfinite(without) else 0.0
    return found if found > FULL else 0.0


Asking = Generator[Ask, Answer, None]


class Search:
    """The search of one onset.

    Attributes:
        state: what is known so far; filled in as answers come.
    """

    def __init__(self, state: Onset, ids: Iterable[str], most: int) -> None:
        """Ask nothing yet.

        Args:
            state: of one onset.
            ids: names of what may be lost; all of them, unless `most` is 1.
            most: K.
        """
        self.state = state
        self._ids = tuple(ids)
        self._most = most
        self._pool: list[Answer] = []

    def run(self) -> Asking:
        """Find the worst set, and what each single loss does.

        Yields:
            Sets to be answered.
        """
        state = self.state
        base = yield from self._ask(frozenset(), lean=True)
        if base.short is None:
            state.single = state.done = True
            return
        all_lost = yield Ask(frozenset([EVERYTHING]), lean=False)
        state.lps += all_lost.lps
        if all_lost.short is not None:
            state.ceiling = min(state.ceiling, all_lost.short)
        singles = dict.fromkeys(self._ids, base.short)
        if state.ceiling > base.short + FULL:
            for name in sorted(base.used.intersection(self._ids)):
                answer = yield from self._ask(frozenset([name]), lean=False)
                singles[name] = state.singles[name] = value_of(answer)
        state.singles, state.single = singles, True
        if self._most > 1:
            yield from self._larger()
            yield from self._trim()
        state.done = True

    def _larger(self) -> Asking:
        """Sets of two losses and more, the smaller first."""
        sets: set[Names] = {frozenset()}
        for size in range(self._most + 1):
            grown: set[Names] = set()
            for names in sorted(sets, key=sorted):
                if self.state.short >= self.state.ceiling - FULL:
                    return
                answer = self._avoiding(names, lean=size < self._most)
                if answer is None:
                    answer = yield from self._ask(names, lean=size < self._most)
                if size < self._most:
                    grown.update(names | {name} for name in answer.used)
            sets = grown

    def _trim(self) -> Asking:
        """Leave out of the worst set what adds nothing."""
        for name in sorted(self.state.worst):
            less = self.state.worst - {name}
            if len(less) and value_of((yield from self._ask(less, lean=False))) >= self.state.short - FULL:
                self.state.worst = less

    def _ask(self, names: Names, *, lean: bool) -> Generator[Ask, Answer, Answer]:
        answer = yield Ask(names, lean)
        state, value = self.state, value_of(answer)
        state.solved += 1
        state.lps += answer.lps
        if state.without is None:
            state.without = state.short = value
            state.lines = answer.lines
        elif value > state.short + FULL:
            state.short, state.worst = value, names
        if answer.short is not None:
            self._pool.append(answer)
        return answer

    def _avoiding(self, names: Names, *, lean: bool) -> Answer | None:
        """An answer known that avoids a set and is short by at most the best value; of several that of least use."""
        found = [
            answer
            for answer in self._pool
            if (answer.lean or not lean) and value_of(answer) <= self.state.short + FULL and not answer.used & names
        ]
        return min(found, key=lambda answer: len(answer.used), default=None)


def value_of(answer: Answer) -> float:
    """Weighted tonnes short; infinite where demand that must be met cannot be."""
    return math.inf if answer.short is None else answer.short
