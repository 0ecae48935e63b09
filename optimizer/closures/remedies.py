"""What makes funded plants break even in a future: more grants, paid whatever happens, or floors, paid in it alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optimizer.closures.books import Books, Funding, Result
from optimizer.closures.going_on import below_nothing, whole

COLUMNS = (
    "future", "probability", "plants", "grants", "grants_discounted", "beyond", "floors", "floors_discounted", "still",
    "even_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Need:
    """What a funded plant lacks to break even over the whole horizon, without floors and purchases.

    Attributes:
        grant: USD of a grant that makes up for it, paid as the capex is spent.
        discounted: the same at the rate of the system.
        room: USD of private capex that no grant pays yet: there is no larger grant.
        met: whether it breaks even with floors and purchases.
    """

    grant: float
    discounted: float
    room: float
    met: bool


def need_of(books: Books, results: Sequence[Result], fundings: Sequence[Funding]) -> Need | None:
    """What a plant lacks in a future; None where nothing of it is funded, or where it breaks even without floors.

    Args:
        books: of the plan.
        results: by period.
        fundings: of the facility in that future.
    """
    left, size = whole(results, fundings, books.worth)
    without = left - math.fsum(one.guarded * books.worth(one.period) for one in results)
    spent = [flow for one in fundings for flow in one.shares]
    if not spent or not below_nothing(without, size):
        return None
    all_ = math.fsum(usd for _, usd in spent)
    worth = math.fsum(usd * books.worth(year) for year, usd in spent) / all_
    discount = math.fsum(usd * books.network.calendar.discount_of(year) for year, usd in spent) / all_
    room = math.fsum(usd for one in fundings for _, usd in one.spend)
    room -= math.fsum(usd for one in fundings for _, usd in one.grants)
    grant = -without / worth
    return Need(grant, grant * discount, room, not below_nothing(left, size))


def remedies_of(
    name: str, probability: float | None, needs: Iterable[Need], floors: tuple[float, float]
) -> tuple[object, ...]:
    """The row of a future.

    Args:
        name: of the future.
        probability: that it has.
        needs: of the funded plants that do not break even in it without floors.
        floors: what floors and purchases pay in it, of everybody together: USD, and discounted.
    """
    found = list(needs)
    grants, discounted = math.fsum(one.grant for one in found), math.fsum(one.discounted for one in found)
    still = sum(not one.met for one in found)
    beyond = sum(one.grant > one.room * (1 + 1e-9) for one in found)
    compared = bool(found) and not still and not beyond and floors[1] > 0
    return (
        name, probability, len(found), grants, discounted, beyond,
        *floors, still, min(1.0, discounted / floors[1]) if compared else None,
    )  # fmt: skip
