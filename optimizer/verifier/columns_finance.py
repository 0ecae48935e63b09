"""The columns of the result tables of finance and appropriations, as typed rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from optimizer.verifier.cells import cell


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant to what is funded."""

    key: ClassVar[tuple[str, ...]] = ("instrument", "facility", "option")
    instrument: str = cell("text")
    facility: str = cell("facility")
    option: str = cell("text")
    funded: int = cell("whole")
    usd: float = cell("amount")


@dataclass(frozen=True, slots=True)
class FinancingRow:
    """What is lent to what is funded, or paid in for shares."""

    key: ClassVar[tuple[str, ...]] = ("instrument", "facility", "option")
    instrument: str = cell("text")
    facility: str = cell("facility")
    option: str = cell("text")
    funded: int = cell("whole")
    usd: float = cell("amount")
    cost: float = cell("amount")


@dataclass(frozen=True, slots=True)
class OwedRow:
    """What is owed at the end of a year."""

    key: ClassVar[tuple[str, ...]] = ("year", "instrument", "facility", "option")
    year: int = cell("whole")
    instrument: str = cell("text")
    facility: str = cell("facility")
    option: str = cell("text")
    usd: float = cell("amount")
    public: float = cell("amount")


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """Who is chosen by an instrument that chooses who is paid."""

    key: ClassVar[tuple[str, ...]] = ("instrument", "facility")
    instrument: str = cell("text")
    facility: str = cell("facility")


@dataclass(frozen=True, slots=True)
class PurchaseRow:
    """What is bought of a facility for a stockpile, and what is paid for it above the reference price."""

    key: ClassVar[tuple[str, ...]] = ("instrument", "period", "facility", "state", "material", "channel")
    instrument: str = cell("text")
    period: int = cell("period")
    facility: str = cell("facility")
    state: str = cell("text")
    material: str = cell("material")
    channel: str = cell("channel")
    tonnes: float = cell("amount")
    usd: float = cell("amount")


@dataclass(frozen=True, slots=True)
class StakeRow:
    """What is paid in for a stake in a year, what the facility earns, and what the government has or bears of it."""

    key: ClassVar[tuple[str, ...]] = ("instrument", "facility", "year")
    instrument: str = cell("text")
    facility: str = cell("facility")
    year: int = cell("whole")
    paid_in: float = cell("amount")
    result: float = cell("money")
    earned: float = cell("amount")
    borne: float = cell("amount")


@dataclass(frozen=True, slots=True)
class Sale:
    """What a facility makes, and what of it is sold."""

    key: ClassVar[tuple[str, ...]] = ("period", "facility", "state", "material", "channel")
    period: int = cell("period")
    facility: str = cell("facility")
    state: str = cell("text")
    material: str = cell("material")
    channel: str = cell("channel")
    made: float = cell("amount")
    sold: float = cell("amount")
    price: float | None = cell("money?")


@dataclass(frozen=True, slots=True)
class PremiumRow:
    """What of a sale is sold at the price of which channel, and what is paid for it above the reference price."""

    key: ClassVar[tuple[str, ...]] = ("period", "facility", "state", "material", "channel", "users")
    period: int = cell("period")
    facility: str = cell("facility")
    state: str = cell("text")
    material: str = cell("material")
    channel: str = cell("channel")
    users: str = cell("channel")
    tonnes: float = cell("amount")
    usd: float = cell("amount")


@dataclass(frozen=True, slots=True)
class StrictRun:
    """Activity that is for users of a channel, by the product that these take."""

    key: ClassVar[tuple[str, ...]] = ("period", "recipe", "material", "users")
    period: int = cell("period")
    recipe: str = cell("recipe")
    material: str = cell("material")
    users: str = cell("channel")
    run: float = cell("amount")


@dataclass(frozen=True, slots=True)
class Book:
    """An amount in the books of a facility."""

    key: ClassVar[tuple[str, ...]] = ("facility", "year", "item", "instrument")
    facility: str = cell("facility")
    year: int = cell("whole")
    item: str = cell("text")
    instrument: str = cell("text")
    usd: float = cell("money")
    discounted: float = cell("money")


@dataclass(frozen=True, slots=True)
class StockPayerRow:
    """What a stockpile costs governments, or whoever holds it, in a period, and what it gives out of theirs."""

    key: ClassVar[tuple[str, ...]] = ("period", "stockpile", "material", "payer")
    period: int = cell("period")
    stockpile: str = cell("stockpile")
    material: str = cell("material")
    payer: str = cell("text")
    purchase: float = cell("amount")
    price_step: float = cell("amount")
    holding: float = cell("amount")
    given_out: float = cell("amount")


@dataclass(frozen=True, slots=True)
class AppropriationRow:
    """What an appropriation gives, pays, loses and has left in a period."""

    key: ClassVar[tuple[str, ...]] = ("year", "appropriation")
    year: int = cell("period")
    appropriation: str = cell("text")
    given: float = cell("amount")
    spent: float = cell("amount")
    expired: float = cell("amount")
    left: float = cell("amount")
