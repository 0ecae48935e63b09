"""The order of options within a level: what giving up each alone costs for a dollar that it saves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from optimizer.budgeting.work import Reply
from optimizer.near_optimal.rows import Option


@dataclass(frozen=True, slots=True)
class Ranked:
    """An option in its place.

    Attributes:
        option: which.
        goes: name of the level at which it is given up; `kept` where it never is.
        saves: money that it takes, USD.
        cost: of the best plan found without it, less that with it, USD; None where there is none.
        least: it costs at least this to give it up, alone and first, USD; infinite where no plan can do without it.
        most: and at most this, USD; None where no plan is known.
        note: why it has no figure, or what goes with it.
    """

    option: Option
    goes: str
    saves: float
    cost: float | None
    least: float
    most: float | None
    note: str = ""

    @property
    def price(self) -> float | None:
        """USD of cost for a USD saved; None where it is not known."""
        return None if self.cost is None or not self.saves else self.cost / self.saves


NO_MONEY = "takes no such money"
NO_PLAN = "no plan without it"
NOT_FOUND = "no plan without it was found"


def ranked(
    goes: str,
    base: Reply,
    without: Mapping[Option, Reply],
    sizes: Mapping[Option, float],
    bases: Mapping[Option, Option],
) -> list[Ranked]:
    """Options that are given up at one level, the first to go first.

    Args:
        goes: name of the level.
        base: the portfolio before any of them is given up.
        without: the best plans within it without each.
        sizes: money of each; those that take none have no answer and come last, for what gives them up is no saving.
        bases: option -> the one that must come before it: it goes no later.
    """
    found: dict[Option, Ranked] = {}
    for option, size in sizes.items():
        reply = without.get(option)
        if reply is None:
            found[option] = Ranked(option, goes, size, None, -math.inf, None, NO_MONEY)
            continue
        known = reply.objective is not None and base.objective is not None
        cost = reply.objective - base.objective if known else None  # type: ignore[operator]
        least = reply.least - base.objective if base.objective is not None else -math.inf
        most = None if reply.objective is None else reply.objective - base.least
        lost = sorted(":".join(item) for item, before in bases.items() if before == option and item in sizes)
        note = f"takes {', '.join(lost)} with it" if lost else ""
        if cost is None:
            note = NO_PLAN if reply.status == "infeasible" else NOT_FOUND
        found[option] = Ranked(option, goes, size, cost, least, most, note)
    order = sorted(found.values(), key=_key)
    placed: dict[Option, Ranked] = {}
    for item in order:
        _place(item, order, bases, placed)
    return list(placed.values())


def _key(item: Ranked) -> tuple[int, float, Option]:
    if item.price is not None:
        return 0, item.price, item.option
    return (2 if item.note == NO_MONEY else 1), 0.0, item.option


def _place(item: Ranked, order: list[Ranked], bases: Mapping[Option, Option], placed: dict[Option, Ranked]) -> None:
    """Place an option, after those that stand on it."""
    for other in order:
        if bases.get(other.option) == item.option and other.option not in placed:
            _place(other, order, bases, placed)
    placed.setdefault(item.option, item)
