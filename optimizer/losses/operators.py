"""The operators of an instance's onsets: every plan is given to them in turn, and leaves rows where it is short."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from optimizer.instance.instance import Instance
from optimizer.losses.ask import Scope
from optimizer.losses.candidates import losses_of
from optimizer.losses.case import Case, case_of
from optimizer.losses.operator import Operator
from optimizer.losses.rows import Row
from optimizer.losses.search import EVERYTHING, FULL, Names, Onset, Search
from optimizer.model.declare import Key
from optimizer.plan.plan import Plan
from optimizer.solver.given import given_by

Over = Callable[[], bool]
"""Whether there is no time left."""
Say = Callable[[str], None]
"""Called with what is being done."""


class Operators:
    """The operators of an instance, one to an onset, compiled when they are asked for first.

    Attributes:
        instance: whose they are.
        of: kind of losses.
        duration: years of a loss.
        scope: markets to be served, and onsets.
        lps: linear programs solved.
    """

    def __init__(self, instance: Instance, of: str, duration: int, scope: Scope) -> None:
        """Compile nothing yet.

        Args:
            instance: whose they are.
            of: kind of losses.
            duration: years of a loss.
            scope: markets to be served, and onsets.
        """
        self.instance, self.of, self.duration, self.scope = instance, of, duration, scope
        self.lps = 0
        self._losses = losses_of(instance, of)
        self._made: dict[int, Operator] = {}
        self._marks: dict[int, str] = {}

    def at(self, onset: int) -> Operator:
        """The operator of an onset, with what was given to it last."""
        if onset not in self._made:
            bare = Case(Plan(self.instance, {}), self.scope.weights, self._losses)
            self._made[onset] = Operator(bare, onset, self.duration)
        return self._made[onset]

    def mark(self, onset: int) -> str:
        """A fingerprint of all but what is given: a row holds for each operator that has the same."""
        if onset not in self._marks:
            self._marks[onset] = _mark(self.at(onset))
        return self._marks[onset]

    def short(self, plan: Plan, losses: int, over: Over, say: Say) -> tuple[list[Row], bool]:
        """Rows of losses that leave a plan short, and whether all were tried.

        Args:
            plan: with tables.
            losses: how many may be lost at once.
            over: whether there is no time left; asked before each onset.
            say: called with what is being done.
        """
        case = case_of(plan, self.scope.weights, self._losses)
        found: list[Row] = []
        for number, onset in enumerate(self.scope.onsets):
            say(f"stress test {number + 1} of {len(self.scope.onsets)}, {len(found)} losses not survived")
            if over():
                return found, False
            operator = self.at(onset)
            operator.give(given_by(operator.network, case.plan))
            found += self._of_onset(operator, onset, losses)
        return found, True

    def held(self, plan: Plan, rows: Sequence[Row]) -> list[float]:
        """By how many tonnes a plan keeps within each row; below 0 where it breaks it, and then it does not survive."""
        case = case_of(plan, self.scope.weights, self._losses)
        given = {onset: given_by(self.at(onset).network, case.plan) for onset in {row.lost[0] for row in rows}}
        return [
            row.most - sum(slope * given[row.lost[0]].get(key, 0.0) for key, slope in row.slopes.items())
            for row in rows
        ]

    def row(self, onset: int, lost: Names) -> Row:
        """The row of some losses at what is given to their operator."""
        operator = self.at(onset)
        short, response = operator.shortfall(sorted(lost))
        self.lps += 1
        linked, owners = operator.branch.linked, operator.branch.block.owners
        slopes: dict[tuple[str, Key], float] = {}
        at = 0.0
        for column, slope in zip(linked, response.slope, strict=True):
            if slope:
                key = owners[int(column)]
                slopes[key] = slopes.get(key, 0.0) + float(slope)  # stock may open a branch and be its goal at once
                at += float(slope) * operator.given.get(key, 0.0)
        return Row((onset, lost), slopes, at - short)

    def _of_onset(self, operator: Operator, onset: int, losses: int) -> list[Row]:
        """Rows of one onset; sets of more than one loss are tried once no single one leaves the plan short."""
        state = Onset(onset, self.duration)
        asking = Search(state, self._losses, losses).run()
        found: list[Row] = []
        answer = None
        while True:
            try:
                ask = next(asking) if answer is None else asking.send(answer)
            except StopIteration:
                return found
            if state.single and found:
                return found
            everything = EVERYTHING in ask.lost
            lost = sorted(self._losses if everything else ask.lost)
            answer = operator.answer(lost, lean=ask.lean)
            self.lps += answer.lps
            if not everything and (answer.short is None or answer.short > FULL):
                found.append(self.row(onset, ask.lost))


def _mark(operator: Operator) -> str:
    block = operator.branch.block
    arrays = (
        block.matrix.indptr, block.matrix.indices, block.matrix.data, block.row_lower, block.row_upper, block.lower,
        block.upper, operator.tonnes_short, np.array([*operator.unmet.values(), *operator.unrestored.values()]),
    )  # fmt: skip
    found = hashlib.sha256()
    for array in arrays:
        plain = np.ascontiguousarray(array, dtype=np.float64 if array.dtype.kind == "f" else np.int64)
        found.update(f"{len(plain)};".encode())
        found.update(plain.tobytes())
    for column, owner in sorted(block.owners.items()):
        found.update(f"{column} {owner}\n".encode())
    for name, columns in operator.columns.items():
        found.update(f"{name} {columns.tolist()}\n".encode())
    return found.hexdigest()
