"""What makes funded plants break even in a future: more grants, paid whatever happens, or floors, paid in it alone."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from optimizer.closures.books import Books, Funding, Result
from optimizer.closures.going_on import below_nothing, least_floor, whole
from optimizer.network.derive_markets import price_at

NEEDS = (
    "facility", "future", "product", "grant", "grant_discounted", "room", "floor", "floor_usd", "floor_discounted",
    "met",
)  # fmt: skip
COLUMNS = (
    "future", "probability", "plants", "grants", "grants_discounted", "beyond", "least_floors",
    "least_floors_discounted", "unmet", "floors", "floors_discounted", "still", "even_at",
)  # fmt: skip


ALL = "all"
"""In place of a product: all that a plant sells."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a funded plant lacks to break even over the whole horizon, without floors and purchases.

    Attributes:
        facility: which.
        product: what the floor is on: what it lives by, or all that it sells where that alone is not enough.
        grant: USD of a grant that makes up for it, paid as the capex is spent.
        discounted: the same at the rate of the system.
        room: USD of private capex that no grant pays yet: there is no larger grant.
        floor: the least floor that does, as a share of the trunk's price of the year; None where none up to that
            price is enough.
        floor_usd: what that floor pays it in the future.
        floor_discounted: the same at the rate of the system.
        met: whether it breaks even with the floors and purchases that there are.
    """

    facility: str
    product: str
    grant: float
    discounted: float
    room: float
    floor: float | None
    floor_usd: float
    floor_discounted: float
    met: bool


@dataclass(frozen=True, slots=True)
class Guard:
    """Floors for one plant in a future, as a share of the trunk's prices.

    Attributes:
        books: of the plan.
        facility: which.
        onset: from which on they pay.
        without: what is left without them, below 0, USD of the base year at the hurdle rate.
        size: of what passes through its books.
    """

    books: Books
    facility: str
    onset: int
    without: float
    size: float

    def least(
        self, results: Sequence[Result], materials: Collection[str] | None
    ) -> tuple[float, list[tuple[int, float]]] | None:
        """The least share at which floors make it break even, and what they pay, (period, USD).

        Args:
            results: by period.
            materials: that they are on; None for all that it sells.

        Returns:
            None where the trunk's whole prices are not enough.
        """
        network, worth = self.books.network, self.books.worth
        country = network.instance.facilities[self.facility].country
        sold: list[tuple[int, float, float]] = []  # period, what is sold at the trunk's price, price as a share of it
        for one in results:
            for material, (tonnes, price) in one.sold.items() if one.period >= self.onset else ():
                usual = price_at(network, material, country, one.period)
                if usual and (materials is None or material in materials):
                    sold.append((one.period, tonnes * usual, price / usual))
        share = least_floor(self.without, [(usd * worth(t), price) for t, usd, price in sold])
        most = math.fsum(usd * worth(t) * max(0.0, 1.0 - price) for t, usd, price in sold)
        if share is None or below_nothing(self.without + most, self.size):
            return None
        share = min(1.0, share)
        return share, [(t, usd * max(0.0, share - price)) for t, usd, price in sold]


def need_of(
    books: Books, facility: str, product: str, onset: int, results: Sequence[Result], fundings: Sequence[Funding]
) -> Need | None:
    """What a plant lacks in a future; None where nothing of it is funded, or where it breaks even without floors.

    Args:
        books: of the plan.
        facility: which.
        product: what it lives by.
        onset: from which on a floor would pay.
        results: by period.
        fundings: of the facility in that future.
    """
    left, size = whole(results, fundings, books.worth)
    without = left - math.fsum(one.guarded * books.worth(one.period) for one in results)
    spent = [flow for one in fundings for flow in one.shares]
    if not spent or not below_nothing(without, size):
        return None
    calendar = books.network.calendar
    all_ = math.fsum(usd for _, usd in spent)
    worth = math.fsum(usd * books.worth(year) for year, usd in spent) / all_
    discount = math.fsum(usd * calendar.discount_of(year) for year, usd in spent) / all_
    room = math.fsum(usd for one in fundings for _, usd in one.spend)
    room -= math.fsum(usd for one in fundings for _, usd in one.grants)
    grant = -without / worth
    guard = Guard(books, facility, onset, without, size)
    whole_product = guard.least(results, {product})
    on, least = (product, whole_product) if whole_product is not None else (ALL, guard.least(results, None))
    share, paid = least or (None, [])
    return Need(
        facility, on, grant, grant * discount, room, share, math.fsum(usd for _, usd in paid),
        math.fsum(usd * calendar.discount_of(t) for t, usd in paid), not below_nothing(left, size),
    )  # fmt: skip


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
        name, probability, len(found), grants, discounted, beyond, math.fsum(one.floor_usd for one in found),
        math.fsum(one.floor_discounted for one in found), sum(one.floor is None for one in found),
        *floors, still, min(1.0, discounted / floors[1]) if compared else None,
    )  # fmt: skip
