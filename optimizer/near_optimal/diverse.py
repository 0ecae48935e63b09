"""Portfolios one after another, each as far as can be from all before it.

The distance of two portfolios is the number of options that one funds and the other does not, whatever the year. The
next one maximises the least distance to those before: min over them of sum |y - y'|, subject to cost <= best + U. For a
given distance d that is a question of least cost under linear rows, sum |y - y'| >= d for each, and d is found by
bisection: a plan within the tolerance raises what can be reached, a bound beyond it lowers what cannot be excluded.

A portfolio found so may fund things for nothing, only to be different. It is trimmed: the best portfolio within it is
what counts, and everything between the two is cut off, for it trims to the same. Sources: maximal distance in every
direction as in Brill, Chang and Hopkins (1982, modelling to generate alternatives), for yes-or-no decisions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from optimizer.near_optimal.ask import Desk, Interrupted, digest, named
from optimizer.near_optimal.facts import ALL, NONE, OPEN, SOME, Found
from optimizer.near_optimal.rows import Chosen, Row, apart, distance, outside, required, without
from optimizer.near_optimal.solves import SHARPER
from optimizer.solver.extensive import Solved

TRIMS = 4
"""Portfolios trimmed to something nearer, until the farthest of what is left of them is taken without proof."""
TRIMS_LAST = 60
"""The same where nothing is left of them that is new."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A portfolio of the list.

    Attributes:
        found: the portfolio.
        apart: least distance to those before it; 0 of the first.
        at_most: no other near-equal portfolio is farther from those before it, as far as is proved.
    """

    found: Found
    apart: int
    at_most: int


@dataclass(slots=True)
class Diverse:
    """The list as it grows.

    Attributes:
        desk: whom to ask.
        lean: whether what a portfolio funds for nothing is left out.
        kept: so far, the best first.
        most: no near-equal portfolio that is not known is farther than this from all that are kept.
        whole: whether nothing found was lost, and nothing cut off without proof: then `most` 0 means that there are no
            others.
        solved: what came out of the solver for candidates, where it was asked now.
    """

    desk: Desk
    lean: bool
    kept: list[Kept]
    most: int
    whole: bool = True
    solved: dict[Chosen, Solved] = field(default_factory=dict)
    _candidates: dict[Chosen, bool] = field(default_factory=dict)  # whether it is trimmed
    _cuts: list[Row] = field(default_factory=list)
    _cut: list[tuple[Chosen, Chosen]] = field(default_factory=list)

    def grow(self) -> bool:
        """Add the next portfolio; False where there is none, or none was found.

        Raises:
            Interrupted: it was asked to stop.
        """
        facts = self.desk.facts
        self.most = min(self.most, len(facts.with_verdict(SOME, OPEN)))  # near-equal portfolios differ in these alone
        for one in list(facts.near()):
            if not self._known(one.chosen):
                self._candidates.setdefault(one.chosen, False)
        trims, most = 0, self.most
        while True:
            picked = self._farthest(trimmed_only=trims >= TRIMS) or self._farthest(trimmed_only=False)
            reached = 0 if picked is None else self._apart(picked)
            enough = trims >= (TRIMS if picked is not None else TRIMS_LAST)
            if picked is not None and (most <= reached or enough):
                if self._candidates[picked]:
                    self._keep(picked, reached)
                    return True
                mine = self._trim(picked)
                trims += mine is None or self._apart(mine) < reached
            elif enough or most <= reached:
                return False
            else:
                asked = reached + (most - reached + 1) // 2
                found = self._far(asked)
                if found is None:
                    most = asked - 1

    def _far(self, least: int) -> Chosen | None:
        """A near-equal portfolio that is so far from all that are kept; None where none was found.

        Lowers `most` where it is proved that there is none.
        """
        facts = self.desk.facts
        every, never = facts.with_verdict(ALL), facts.with_verdict(NONE)
        rows = [apart(one.found.chosen, facts.options, least) for one in self.kept]
        rows += [*required(every), *without(never)]
        cut = (chosen for pair in self._cut for chosen in pair)
        state = digest(*(one.found.chosen for one in self.kept), *cut, every, never)
        words = f"{least} options apart from {len(self.kept)} found"
        limit = facts.target
        sharper = SHARPER if least == 1 else 1.0  # whether there is another at all is worth more than how far it is
        answer, _ = self.desk.ask(f"{words}, {state}", [*rows, *self._cuts], limit, words=words, sharper=sharper)
        if answer.objective is not None and answer.objective <= limit:
            self._candidates.setdefault(answer.chosen, False)
            return answer.chosen
        if answer.least > limit:
            # What is known and not yet kept is not excluded by that: it may lie between two that are cut off.
            self.most = max(least - 1, *(self._apart(chosen) for chosen in self._candidates), 0)
        return None

    def _trim(self, chosen: Chosen) -> Chosen | None:
        """Put the best portfolio within another in its place; None where it is not near-equal."""
        facts = self.desk.facts
        del self._candidates[chosen]
        rows = without([option for option in facts.options if option not in chosen])
        rows += [] if self.lean else required(chosen)
        words = f"the best {'within' if self.lean else 'of'} {len(chosen)} options"
        start = facts.found[chosen].funded
        answer, solved = self.desk.ask(f"{words}, {digest(named(chosen))}", rows, start=start, words=words)
        best = facts.found[chosen] if answer.objective is None else facts.found[answer.chosen]
        if self.lean:
            self._cuts.append(outside(best.chosen, chosen, facts.options))
            self._cut.append((best.chosen, chosen))
            if answer.status != "optimal" and best.chosen != chosen:  # what lies between may trim to something else
                self.whole = False
        if best.cost > facts.target:  # a solve that was cut short lost what was found
            self.whole = False
            return None
        if solved is not None and solved.values:
            self.solved[best.chosen] = solved
        self._candidates[best.chosen] = True
        return best.chosen

    def take(self, chosen: Chosen) -> bool:
        """Keep a portfolio that was found by another question; whether it is new once it is trimmed.

        Raises:
            Interrupted: it was asked to stop.
        """
        self._candidates[chosen] = False
        mine = self._trim(chosen)
        if mine is None or self._apart(mine) == 0:
            return False
        self._keep(mine, self._apart(mine))
        return True

    def again(self, chosen: Chosen) -> Solved:
        """What comes out of the solver for a portfolio, found anew.

        Raises:
            Interrupted: it was stopped before it had anything.
        """
        facts = self.desk.facts
        rows = required(chosen) + without([option for option in facts.options if option not in chosen])
        start = facts.found[chosen].funded
        solved = self.desk.solves.solve(f"the plan of {len(chosen)} options", rows, start=start)[1]
        if not solved.values:
            raise Interrupted
        return solved

    def _keep(self, chosen: Chosen, apart: int) -> None:
        del self._candidates[chosen]
        self.kept.append(Kept(self.desk.facts.found[chosen], apart, self.most))

    def _farthest(self, *, trimmed_only: bool) -> Chosen | None:
        """The candidate that is farthest from all that are kept, of those that are near-equal still."""
        limit = self.desk.facts.target
        there = [
            (self._apart(chosen), named(chosen), chosen)
            for chosen, trimmed in self._candidates.items()
            if self.desk.facts.found[chosen].cost <= limit and (trimmed or not trimmed_only)
        ]
        ranked = sorted((item for item in there if item[0] > 0), key=lambda item: (-item[0], item[1]))
        return ranked[0][2] if ranked else None

    def _known(self, chosen: Chosen) -> bool:
        """Whether it is kept, or trims to what is known."""
        between = any(small <= chosen <= large for small, large in self._cut)
        return between or any(chosen == one.found.chosen for one in self.kept)

    def _apart(self, chosen: Chosen) -> int:
        return min(distance(chosen, one.found.chosen) for one in self.kept)
