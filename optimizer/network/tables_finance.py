"""What the formulation reads of finance: books, and what instruments pay, for the trunk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizer.network.tables import RunIndex

SoldIndex = tuple[str, str, str, str, int]
"""(facility, state, material, channel, period)."""
PAYS, EARNS = "pays", "earns"
"""The two ways of money between a government and a recipient it has chosen."""
AwardIndex = tuple[str, str, str, int]
"""(instrument, facility, `pays` or `earns`, period)."""
BoughtIndex = tuple[str, str, str, str, str, int]
"""(instrument, facility, state, material, channel, period): a purchase of a sale."""
PremiumIndex = tuple[str, str, str, str, str, int]
"""(facility, state, material, channel, channel whose users pay their price, period): a part of a sale."""


@dataclass(slots=True)
class FinanceTables:
    """Books of facilities on the trunk, and what instruments pay; empty in branches, and where nothing is asked."""

    fundable: list[str] = field(default_factory=list)
    """Facilities with options, whose books are kept: they must pay their way once something of theirs is funded."""
    sold: dict[SoldIndex, list[tuple[RunIndex, float]]] = field(default_factory=dict)
    """Activity with t made per unit of it, of what can be sold, (f, s, m, k, t)."""
    pool: dict[tuple[str, str, int], list[SoldIndex]] = field(default_factory=dict)
    """Sales of all that is made at a place, (p, m, t)."""
    strict_pool: dict[tuple[str, str, str, int], list[SoldIndex]] = field(default_factory=dict)
    """Sales in a channel or a stricter one, where an instrument pays by the tonne, (p, m, k, t)."""
    price: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """Reference price where it is made, USD per t, (f, m, t)."""
    inputs: dict[RunIndex, float] = field(default_factory=dict)
    """USD of inputs at reference prices, per unit of activity."""
    per_tonne: dict[tuple[str, SoldIndex], float] = field(default_factory=dict)
    """What an instrument pays everybody, USD per t, (instrument, sale); negative where it shares in the price."""
    award: dict[tuple[str, SoldIndex], float] = field(default_factory=dict)
    """As `per_tonne`, of instruments that choose: to who is chosen."""
    awarded: dict[AwardIndex, list[tuple[SoldIndex, float]]] = field(default_factory=dict)
    """Sales with USD per t that the government pays, or earns, if the facility is chosen, (i, f, way, t)."""
    award_most: dict[AwardIndex, float] = field(default_factory=dict)
    """USD of that at most, from capacity."""
    bought: dict[BoughtIndex, float] = field(default_factory=dict)
    """What a purchase pays above the reference price, USD per t, (i, sale)."""
    bought_years: dict[BoughtIndex, frozenset[int]] = field(default_factory=dict)
    """Years of the period in which it buys, (i, sale)."""
    bought_most: dict[BoughtIndex, float] = field(default_factory=dict)
    """t that it buys at most, from capacity, (i, sale)."""
    seller_most: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """t that it buys of a facility at most, from capacity, (i, f, t)."""
    bought_in: dict[tuple[str, int], float] = field(default_factory=dict)
    """t that it may buy of all in a calendar year in which it buys; absent where it is not limited."""
    once: dict[tuple[str, str, str, str, int, int], list[BoughtIndex]] = field(default_factory=dict)
    """Purchases of a sale that buy in a calendar year, (sale, year)."""
    arrivals: dict[tuple[str, str, str, str, int], list[BoughtIndex]] = field(default_factory=dict)
    """What is bought in channel k or a looser one for a stockpile and comes by a place, (stockpile, p, m, k, t)."""
    premium: dict[PremiumIndex, float] = field(default_factory=dict)
    """What users of a channel pay above the reference price where it is made, USD per t, (sale, k')."""
    premium_of: dict[SoldIndex, list[PremiumIndex]] = field(default_factory=dict)
    """Those of a sale, (f, s, m, k, t)."""
    premium_users: dict[tuple[str, str, int], list[PremiumIndex]] = field(default_factory=dict)
    """Those of users of a channel, and of stricter ones, (m, k', t)."""
    depleted: dict[tuple[str, PremiumIndex], float] = field(default_factory=dict)
    """What depletion pays on what is sold so, USD per t, (instrument, part of a sale)."""
    strict: dict[tuple[str, str, str, int], float] = field(default_factory=dict)
    """t made per unit of activity for users of a channel, whose inputs count as taken by them, (r, m, k', t)."""
    strict_runs: dict[tuple[str, str, int], list[RunIndex]] = field(default_factory=dict)
    """Activity in a channel or a stricter one, (r, k', t)."""
    bought_as: dict[BoughtIndex, str] = field(default_factory=dict)
    """Strictest channel of the stockpile into which a purchase may come, (i, sale)."""
    at_price: dict[tuple[str, str, str, str, str, int, int], list[BoughtIndex]] = field(default_factory=dict)
    """Purchases of a sale in a calendar year for a stockpile that pays the price of a channel, (sale, k', year)."""
    per_activity: dict[tuple[str, RunIndex], float] = field(default_factory=dict)
    """What an instrument pays, USD per unit of activity, (instrument, activity)."""
    loss: dict[tuple[str, int], float] = field(default_factory=dict)
    """USD that a facility loses at most in a period, whatever it runs and has funded, (f, t)."""
    gain: dict[tuple[str, int], float] = field(default_factory=dict)
    """USD that it earns at most, (f, t)."""
    standing_loss: dict[str, float] = field(default_factory=dict)
    """USD, at the hurdle rate, that a facility loses at most with what stands already, f."""
    worth: dict[int, float] = field(default_factory=dict)
    """Worth of a dollar of a period at the hurdle rate, t."""

    @property
    def books(self) -> list[tuple[str, int]]:
        """(f, t) of the books that are kept."""
        return list(self.loss)
