"""Asks the solver questions and takes in the answers; those that an earlier run has are not asked again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from optimizer.near_optimal.facts import OPEN, Facts
from optimizer.near_optimal.ledger import Ledger
from optimizer.near_optimal.rows import Chosen, Option, Row, required, without
from optimizer.near_optimal.solves import SHARPER, Answer, Solves
from optimizer.network.tables import Funding
from optimizer.solver.extensive import Solved


class Interrupted(Exception):  # noqa: N818
    """Ctrl-C: what was known before holds."""


class Desk:
    """Questions to one instance.

    Attributes:
        solves: the solver.
        ledger: answers so far.
        facts: what follows from them.
        asked: questions that this run or an earlier one has answered.
    """

    def __init__(self, solves: Solves, ledger: Ledger, facts: Facts) -> None:
        self.solves, self.ledger, self.facts = solves, ledger, facts
        self.asked: dict[str, Answer] = {}

    def ask(
        self,
        question: str,
        rows: Sequence[Row] = (),
        target: float | None = None,
        start: Sequence[Funding] | None = None,
        words: str = "",
        sharper: float = SHARPER,
    ) -> tuple[Answer, Solved | None]:
        """The answer to a question, and what came out of the solver if it was asked now.

        Args:
            question: names what is asked: alike in every run.
            rows: that the portfolio obeys.
            target: whether a plan costs at most this is all that is asked, USD.
            start: fundings that are tried first.
            words: what a reader of progress is told; by default the question.
            sharper: share of the gap to which it is gone on with where plan and bound lie on both sides of the target.

        Raises:
            Interrupted: it was asked to stop; what the answer tells is taken in.
            OptionsError: the method asked for cannot solve it.
            SolveError: the solver failed.
        """
        key = question if target is None else f"{question}, at most {target!r} USD"
        answer, solved = self.ledger.known(key), None
        if answer is None:
            if self.solves.stopped:
                raise Interrupted
            answer, solved = self.solves.solve(
                f"{len(self.asked) + 1}: {words or question}", rows, target, start, sharper
            )
            if not answer.interrupted:
                self.ledger.add(key, answer)
        self.asked[key] = answer
        self.facts.note(answer)
        if self.solves.stopped and answer.interrupted:
            raise Interrupted
        return answer, solved

    def flip(self, option: Option, *, to_the_gap: bool = False, sharper: float = SHARPER) -> bool:
        """Force an option in that the best portfolio lacks, or forbid one that it has; whether it was asked now.

        Args:
            option: which.
            to_the_gap: for what it costs, not only for whether that is more than the tolerance.
            sharper: as in `ask`.
        """
        facts, best = self.facts, self.facts.best
        funded = option not in best.chosen
        words = f"{'with' if funded else 'without'} {':'.join(option)}"
        target = None if to_the_gap else facts.target
        if (words if target is None else f"{words}, at most {target!r} USD") in self.asked:
            return False
        rows = required([option]) if funded else without([option])
        answer, _ = self.ask(words, rows, target, self._flipped(option, funded=funded), sharper=sharper)
        known = facts.least_with if funded else facts.least_without
        known[option] = max(known.get(option, answer.least), answer.least)
        return True

    def settle(self, sharper: float = SHARPER) -> None:
        """Prove, or find to be otherwise, what all or none of the portfolios found so far do.

        The dearest come first: they are the likeliest to be proved, and a plan that a proof fails with settles others.

        Args:
            sharper: as in `ask`.
        """
        options = self.solves.network.starts.options
        order = sorted(self.facts.options, key=lambda option: -options[option].capex)
        while True:
            flipped = [self.facts.verdict(option) == OPEN and self.flip(option, sharper=sharper) for option in order]
            if not any(flipped):
                return  # else a better plan found on the way may have opened a question anew

    def _flipped(self, option: Option, *, funded: bool) -> tuple[Funding, ...]:
        """The best portfolio with an option more, as early as it can be, or without it."""
        best = self.facts.best.funded
        if not funded:
            return tuple(item for item in best if item[:2] != option)
        return (*best, (*option, self.solves.years[option][0]))


def digest(*sets: Iterable[object]) -> str:
    """A short name for sets, in their order."""
    text = "|".join(";".join(sorted(map(str, one))) for one in sets)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def named(chosen: Chosen) -> list[str]:
    """Options as words."""
    return sorted(":".join(option) for option in chosen)
