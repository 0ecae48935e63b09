"""Survival as a criterion: how many losses a plan survives, and the rows of losses that points share.

A plan that survives K losses survives fewer. A row says of some losses that who survives them obeys it, so it holds at
every point at which as many losses may come and whose operator is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from optimizer.digits import digits
from optimizer.errors import OptionsError
from optimizer.fronts.sweeps import OPTION, SURVIVE, At, Sweep, instance_at, points_of
from optimizer.instance.instance import Instance
from optimizer.instance.write import sha256
from optimizer.losses.ask import Asked, Scope, check
from optimizer.losses.operators import Operators
from optimizer.losses.rounds import Rounds, Solve, words_of
from optimizer.losses.rows import Row, plain, row_of
from optimizer.losses.search import FULL
from optimizer.plan.plan import Plan
from optimizer.solver.options import Options

KEPT = 4
"""Instances whose operators a process keeps; each is some megabytes large."""
SHOWN = 2
"""Sets of losses that are told by name."""

Found = tuple[str, Row]
"""A row, and the fingerprint of the operator that it is of."""


@dataclass(frozen=True, slots=True)
class Survival:
    """What is to be survived at the points of a front.

    Attributes:
        place: which sweep says how many losses.
        asked: losses of which kind, from when and for how long.
        scope: markets to be served, and onsets.
    """

    place: int
    asked: Asked
    scope: Scope

    def losses(self, at: At) -> int:
        """How many losses are survived at a point; 0 asks for nothing."""
        return int(at[self.place])

    def settings(self) -> dict[str, Any]:
        """What a folder depends on."""
        markets = list(self.scope.weights)
        asked = self.asked
        return {"of": asked.of, "duration": asked.duration, "onsets": list(self.scope.onsets), "markets": markets}


def asked_of(of: str | None, duration: int | None, onsets: Sequence[int], markets: Sequence[str]) -> Asked | None:
    """What is asked, with defaults as `survive` has them; None where nothing is said of it."""
    if of is None and duration is None and not onsets and not markets:
        return None
    return Asked(1, of or "facilities", 1 if duration is None else duration, tuple(onsets), tuple(markets))


def survival_of(instance: Instance, sweeps: Sequence[Sweep], asked: Asked | None) -> Survival | None:
    """What is to be survived; None where that is not swept.

    Args:
        instance: before any sweep.
        sweeps: from `sweeps_of`.
        asked: what was said of the losses.

    Raises:
        OptionsError: losses are spoken of and not swept, or the years in which they begin are not those of all points.
    """
    place = next((i for i, sweep in enumerate(sweeps) if sweep.survives), None)
    if place is None:
        if asked is not None:
            raise OptionsError(
                "of, duration, onset and markets say which losses are survived, and no sweep asks for any; add "
                f"{OPTION} {SURVIVE}=0:2:3"
            )
        return None
    asked = asked or Asked()
    scope = check(instance, asked)
    for at in points_of(sweeps):
        if at[place] == sweeps[place].values[0] and check(instance_at(instance, sweeps, at), asked) != scope:
            raise OptionsError(
                f"a sweep moves the years in which losses begin, or the markets to be served; leave it or {SURVIVE} out"
            )
    return Survival(place, asked, scope)


@dataclass(slots=True)
class Losses:
    """What a process knows of losses.

    Attributes:
        survival: what is to be survived.
        options: how to solve.
    """

    survival: Survival
    options: Options
    _made: dict[str, Operators] = field(default_factory=dict)

    def operators(self, instance: Instance) -> Operators:
        """The operators of an instance."""
        name = sha256(instance)
        if name not in self._made:
            while len(self._made) >= KEPT:
                del self._made[next(iter(self._made))]
            asked = self.survival.asked
            self._made[name] = Operators(instance, asked.of, asked.duration, self.survival.scope)
        return self._made[name]

    def plan(
        self, instance: Instance, losses: int, known: Sequence[Found], solve: Solve
    ) -> tuple[Plan, list[Found], str]:
        """The cheapest plan that survives so many losses, rows that are new, and in words which losses bind.

        Args:
            instance: at the point.
            losses: K.
            known: rows of this and other points.
            solve: finds a plan that obeys rows.
        """
        began, limit = monotonic(), self.options.time_limit
        operators = self.operators(instance)
        rows = self._valid(operators, losses, known)
        asked = replace(self.survival.asked, losses=losses)

        def over() -> bool:
            return limit is not None and monotonic() - began >= limit

        rounds = Rounds(asked, operators, rows, solve, self.options, over, lambda _what: None)
        plan = rounds.plan()
        new = [(operators.mark(row.lost[0]), row) for row in rounds.rows[len(rows) :]]
        return plan, new, self._binding(operators, plan, rounds.rows) if plan.tables else ""

    def survives(self, instance: Instance, losses: int, known: Sequence[Found], plan: Plan) -> tuple[bool, list[Found]]:
        """Whether a plan survives so many losses, and rows that are new where it does not.

        Args:
            instance: at the point; the plan holds there.
            losses: K.
            known: rows of this and other points.
            plan: with tables.
        """
        operators = self.operators(instance)
        if any(room < -FULL for room in operators.held(plan, self._valid(operators, losses, known))):
            return False, []
        found, _ = operators.short(plan, losses, lambda: False, lambda _what: None)
        return not found, [(operators.mark(row.lost[0]), row) for row in found]

    def alike(self, one: Instance, other: Instance) -> bool:
        """Whether what survives in one instance survives in the other."""
        here, there = self.operators(one), self.operators(other)
        return here is there or all(here.mark(onset) == there.mark(onset) for onset in self.survival.scope.onsets)

    def _valid(self, operators: Operators, losses: int, known: Sequence[Found]) -> list[Row]:
        return [row for mark, row in known if len(row.lost[1]) <= losses and operators.mark(row.lost[0]) == mark]

    def _binding(self, operators: Operators, plan: Plan, rows: Sequence[Row]) -> str:
        """The losses that leave the plan nothing to spare, or how little any leaves."""
        rooms = operators.held(plan, rows)
        sets: dict[str, set[int]] = {}
        for row, room in zip(rows, rooms, strict=True):
            if room <= FULL:
                sets.setdefault(" + ".join(sorted(row.lost[1])) or "nothing", set()).add(row.lost[0])
        if not sets:
            return f"slack by {digits(min(rooms), 3)} t" if rooms else "inactive"
        words = [f"{names} from {' or '.join(map(str, sorted(onsets)))}" for names, onsets in sets.items()]
        more = [f"{len(words) - SHOWN} more sets"] if len(words) > SHOWN else []
        return f"binding: {', '.join([*words[:SHOWN], *more])}"


def written(found: Sequence[Found]) -> tuple[Any, ...]:
    """Rows as JSON has them, each after its fingerprint."""
    return tuple([mark, *plain(row)] for mark, row in found)


def read(items: Sequence[Any]) -> list[Found]:
    """Rows from JSON."""
    return [(mark, row_of(row)) for mark, *row in items]


def in_words(cannot: Mapping[str, Any]) -> str:
    """What cannot be survived, in short."""
    if cannot["onset"] is None:
        return f"no loss alone, but these together, or with the scenarios: {' and '.join(cannot['losses'])}"
    lost = words_of((cannot["onset"], frozenset(cannot["losses"])))
    return f"{lost}: at least {digits(cannot['tonnes_short_at_least'])} t short"


def none_from(at: At, survival: Survival, cannot: Sequence[dict[str, Any]]) -> At:
    """The loosest point without a plan for the same reason: as few losses as a set has that cannot be survived."""
    sizes = [len(item["losses"]) for item in cannot if item["onset"] is not None]
    fewest = max(1, min(sizes, default=survival.losses(at)))
    return tuple(min(value, float(fewest)) if i == survival.place else value for i, value in enumerate(at))
